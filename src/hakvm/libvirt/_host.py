"""A host that runs guests: what libvirt there has, and what it is asked to do."""

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import TracebackType
from typing import Self, TypeVar

from attrs import frozen

from hakvm.errors import ConflictError, InvalidError
from hakvm.libvirt._binding import Connection, binding, start_events, translated
from hakvm.libvirt._capabilities import Capabilities, DomainCapabilities
from hakvm.libvirt._diff import Diff, Difference, DifferenceKind, diff
from hakvm.libvirt._domain import Domain
from hakvm.libvirt._errors import LibvirtError
from hakvm.libvirt._events import ConnectionEvent, Event, EventStream, register
from hakvm.libvirt._hosted import HostDomain
from hakvm.libvirt._probe import boots
from hakvm.libvirt._state import DomainInfo, info_of
from hakvm.libvirt._words import DomainType
from hakvm.units import Size

__all__ = ["Definition", "Host", "NetworkInfo", "PoolInfo", "define_on"]

T = TypeVar("T")

_STORED = 1 | 2  # VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE
_VALIDATE = 1  # VIR_DOMAIN_DEFINE_VALIDATE
_NO_DOMAIN = 42  # VIR_ERR_NO_DOMAIN
_RETRY = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds between attempts to reach a daemon again


@frozen(kw_only=True)
class Definition:
    """What came of defining a guest.

    Attributes:
        domain: the guest on the host.
        stored: what libvirt made of it.
        diff: how that differs from what it was given.
    """

    domain: HostDomain
    stored: Domain
    diff: Diff

    @property
    def dropped(self) -> tuple[Difference, ...]:
        """What was given and is not there: the driver does not know it, and said nothing."""
        return tuple(d for d in self.diff.changes if d.kind is DifferenceKind.REMOVED)


@frozen(kw_only=True)
class PoolInfo:
    """A storage pool: sizes, and the names of its volumes while it is active."""

    name: str
    active: bool
    capacity: Size
    available: Size
    volumes: tuple[str, ...] = ()


@frozen(kw_only=True)
class NetworkInfo:
    """A network of libvirt's."""

    name: str
    active: bool
    autostart: bool


class Host:
    """A host that runs guests, by the URI of its libvirt.

        with libvirt.Host("qemu:///system") as host:
            host.domains()                          # all of them: DomainInfo
            host.define(guest.domain(cluster="kvm-ha")).dropped
            host.domain("debian9").start()

    The connection is made when it is first needed, and again after it was lost: guests
    are looked up anew each time, so nothing grows stale when the daemon restarts.

    Args:
        uri: as `qemu:///system`, `qemu+ssh://root@node2/system`, `test:///default`.
        readonly: only look.

    Raises:
        ImportError: libvirt-python is not installed.
    """

    def __init__(self, uri: str = "qemu:///system", *, readonly: bool = False) -> None:
        self.uri = uri
        self._lib = binding()
        self._readonly = readonly
        self._lock = threading.RLock()
        self._found: Connection | None = None
        self._streams: list[EventStream] = []
        self._closing = threading.Event()
        self._listening = False

    def __repr__(self) -> str:
        return f"Host({self.uri!r})"

    # -- the connection ------------------------------------------------------

    def connection(self) -> Connection:
        """Return libvirt-python's own connection, for what is not covered here.

        Raises:
            LibvirtError: there is no libvirt to reach.
        """
        with self._lock:
            if self._found is not None and not self._alive(self._found):
                self._drop()
            if self._found is None:
                start_events()
                with translated(self.uri):
                    opener = self._lib.openReadOnly if self._readonly else self._lib.open
                    self._found = opener(self.uri)
                self._closing.clear()
                self._watch(self._found)
                self._listening = bool(self._streams)
                if self._listening:
                    register(self._found, self._deliver)
            return self._found

    def _alive(self, connection: Connection) -> bool:
        try:
            return connection.isAlive() == 1
        except self._lib.libvirtError:
            return False

    def _watch(self, connection: Connection) -> None:
        """Ask to be told when the daemon goes; the drivers without one cannot tell."""
        try:
            connection.registerCloseCallback(self._lost, None)
            connection.setKeepAlive(5, 3)
        except self._lib.libvirtError:
            return

    def _lost(self, _connection: object, _reason: int, _opaque: object) -> None:
        if self._closing.is_set():
            return
        self._deliver(ConnectionEvent(connected=False))
        if self._streams:
            threading.Thread(target=self._return, daemon=True).start()

    def _return(self) -> None:
        """Come back after a loss, so that the streams go on."""
        attempts = 0
        while self._streams and not self._closing.is_set():
            self._closing.wait(_RETRY[min(attempts, len(_RETRY) - 1)])
            attempts += 1
            try:
                self.connection()
            except LibvirtError:
                continue
            self._deliver(ConnectionEvent(connected=True))
            return

    def _drop(self) -> None:
        found, self._found = self._found, None
        if found is None:
            return
        with contextlib.suppress(self._lib.libvirtError):
            found.unregisterCloseCallback()
        with contextlib.suppress(self._lib.libvirtError):
            found.close()

    def close(self) -> None:
        """End the connection and the streams of events."""
        self._closing.set()
        for stream in list(self._streams):
            stream.close()
        with self._lock:
            self._drop()

    def __enter__(self) -> Self:
        self.connection()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def call(self, what: Callable[[Connection], T], *, domain: str = "") -> T:
        """Do something with the connection; libvirt's errors become ours.

        Raises:
            LibvirtError: what libvirt said.
        """
        connection = self.connection()
        with translated(self.uri, domain):
            return what(connection)

    # -- what is there -------------------------------------------------------

    @property
    def name(self) -> str:
        """The host's own name."""
        return self.call(lambda c: c.getHostname())

    @property
    def version(self) -> tuple[int, int, int]:
        """The release of libvirt there, as `(9, 0, 0)`."""
        number = self.call(lambda c: c.getLibVersion())
        return number // 1_000_000, number // 1000 % 1000, number % 1000

    def domains(self) -> tuple[DomainInfo, ...]:
        """Return all guests that libvirt has there, running or not: `virsh list --all`."""
        return self.call(lambda c: tuple(info_of(handle) for handle in c.listAllDomains(0)))

    def domain(self, name: str | uuid.UUID) -> HostDomain:
        """Return a guest by its name or UUID.

        Raises:
            LibvirtError: there is none (code 42).
        """

        def find(connection: Connection) -> HostDomain:
            handle = (
                connection.lookupByUUIDString(str(name))
                if isinstance(name, uuid.UUID)
                else connection.lookupByName(name)
            )
            return HostDomain(self, handle.name(), uuid.UUID(handle.UUIDString()))

        return self.call(find, domain=str(name))

    def find(self, name: str | uuid.UUID) -> HostDomain | None:
        """Return a guest by its name or UUID, or None where there is none."""
        try:
            return self.domain(name)
        except LibvirtError as error:
            if error.code == _NO_DOMAIN:
                return None
            raise

    def capabilities(self) -> Capabilities:
        """Return what the host can run."""
        return Capabilities.parse(self.call(lambda c: c.getCapabilities()), source=self.uri)

    def domain_capabilities(
        self, *, arch: str = "x86_64", machine: str | None = None, type_: str | None = None
    ) -> DomainCapabilities:
        """Return what the host has for one kind of guest."""
        text = self.call(lambda c: c.getDomainCapabilities(None, arch, machine, type_, 0))
        return DomainCapabilities.parse(text, source=self.uri)

    def pools(self) -> tuple[PoolInfo, ...]:
        """Return the storage pools."""

        def look(connection: Connection) -> tuple[PoolInfo, ...]:
            found = []
            for pool in connection.listAllStoragePools(0):
                active = pool.isActive() == 1
                _state, capacity, _used, available = pool.info()
                found.append(
                    PoolInfo(
                        name=pool.name(),
                        active=active,
                        capacity=Size(capacity),
                        available=Size(available),
                        volumes=tuple(pool.listVolumes()) if active else (),
                    )
                )
            return tuple(found)

        return self.call(look)

    def networks(self) -> tuple[NetworkInfo, ...]:
        """Return libvirt's networks."""
        return self.call(
            lambda c: tuple(
                NetworkInfo(
                    name=network.name(),
                    active=network.isActive() == 1,
                    autostart=network.autostart() == 1,
                )
                for network in c.listAllNetworks(0)
            )
        )

    # -- what is asked -------------------------------------------------------

    def define(self, domain: Domain, *, validate: bool = True) -> Definition:
        """Define a guest, or change the definition of the one that has its name and UUID.

        Args:
            domain: the whole guest.
            validate: let libvirt refuse what its schema does not know, instead of dropping it.

        Raises:
            InvalidError: the host lacks the accelerator or the machine type.
            LibvirtError: libvirt refuses it.
        """
        self.accepts(domain)
        xml = domain.render()

        def make(connection: Connection) -> tuple[str, uuid.UUID, str]:
            handle = connection.defineXMLFlags(xml, _VALIDATE if validate else 0)
            return handle.name(), uuid.UUID(handle.UUIDString()), handle.XMLDesc(_STORED)

        name, found, text = self.call(make, domain=domain.name)
        stored = Domain.parse(text, source=f"{self.uri}/{name}")
        return Definition(
            domain=HostDomain(self, name, found), stored=stored, diff=diff(domain, stored)
        )

    def accepts(self, domain: Domain) -> None:
        """Refuse a guest whose accelerator or machine type the host lacks.

        Raises:
            InvalidError: it lacks one; the error names the alternative.
        """
        arch = (domain.os.type.arch if domain.os else None) or "x86_64"
        capabilities = self.capabilities()
        offered = capabilities.accelerators(arch)
        if offered and domain.type not in offered:
            raise InvalidError(
                f"{self.uri} cannot run {domain.name}: it has no {domain.type} for {arch}",
                path="type",
                value=domain.type,
                hint=f"it has {' and '.join(offered)}: set the guest's type (accelerator)",
            )
        machine = domain.os.type.machine if domain.os else None
        machines = capabilities.machines(arch)
        if machines and machine is not None and machine not in machines:
            family = sorted(m for m in machines if m.startswith(machine.rpartition("-")[0] or "pc"))
            raise InvalidError(
                f"{self.uri} cannot run {domain.name}: it knows no machine type {machine}",
                path="os.type.machine",
                value=machine,
                hint=f"it knows {', '.join(family[-4:])}" if family else "",
            )

    def accelerator(
        self,
        arch: str = "x86_64",
        *,
        kernel: str | None = None,
        limit: timedelta = timedelta(seconds=20),
    ) -> DomainType:
        """Return the best accelerator that works there for an architecture.

        Args:
            arch: the guests' architecture.
            kernel: a Linux kernel on that host, as /boot/vmlinuz. kvm is then believed only
                if a guest boots it; else because libvirt offers it, which on some machines
                (virtual ones themselves) is not the truth.
            limit: how long that guest may take to its first words.
        """
        if DomainType.KVM not in self.capabilities().accelerators(arch):
            return DomainType.QEMU
        if kernel is not None and not boots(self, DomainType.KVM, kernel, arch=arch, limit=limit):
            return DomainType.QEMU
        return DomainType.KVM

    def events(self) -> EventStream:
        """Return the events of all guests from now on; close it when done."""
        stream = EventStream(self._forget)
        with self._lock:
            connection = self.connection()
            if not self._listening:
                register(connection, self._deliver)
                self._listening = True
            self._streams.append(stream)
        return stream

    def _deliver(self, event: Event) -> None:
        for stream in list(self._streams):
            stream.put(event)

    def _forget(self, stream: EventStream) -> None:
        if stream in self._streams:
            self._streams.remove(stream)


def define_on(domain: Domain, hosts: Iterable[Host]) -> tuple[Definition, ...]:
    """Define one guest on several hosts, and verify that they have the same.

    What the howto does with scp and `virsh define` on each node. Where one host refuses,
    the guest is undefined again on those that did not have it before.

    Raises:
        InvalidError: a host lacks the accelerator or the machine type; nothing is defined.
        LibvirtError: a host refuses it.
        ConflictError: the hosts made different guests of it.
    """
    everywhere = tuple(hosts)
    for host in everywhere:
        host.accepts(domain)
    made: list[tuple[bool, Definition]] = []
    try:
        for host in everywhere:
            fresh = host.find(domain.name) is None
            made.append((fresh, host.define(domain)))
        _compare([definition for _, definition in made])
    except Exception:
        for fresh, definition in made:
            if fresh:
                definition.domain.undefine()
        raise
    return tuple(definition for _, definition in made)


def _compare(made: list[Definition]) -> None:
    for other in made[1:]:
        first = made[0]
        difference = diff(first.stored, other.stored)
        # What each host numbers or places by itself is no other guest.
        if difference or any(found.path == "uuid" for found in difference.filled):
            raise ConflictError(
                f"{first.domain.name} is not the same on {other.domain.host.uri} as on"
                f" {first.domain.host.uri}",
                ours=first.stored.render(),
                theirs=str(difference),
                hint="give the guest a UUID and MAC addresses, and update both hosts alike",
            )
