"""A guest on a host: what it does, and what it is told to do."""

import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar
from xml.sax.saxutils import escape

from attrs import frozen

from hakvm.errors import InvalidError, UnsafeError, WaitTimeout
from hakvm.libvirt import _console, _migration
from hakvm.libvirt._binding import Handle
from hakvm.libvirt._domain import Domain
from hakvm.libvirt._errors import LibvirtError
from hakvm.libvirt._state import STATES, DomainInfo, DomainState, info_of

if TYPE_CHECKING:
    from hakvm.libvirt._host import Host

__all__ = ["METADATA_URI", "HostDomain", "Snapshot"]

T = TypeVar("T")

METADATA_URI = "urn:hakvm:domain:1"
"""The namespace in which hakvm keeps what it knows of a guest."""

_POLL = 0.1  # seconds between looks at a guest that is to change
_SECURE, _INACTIVE = 1, 2  # VIR_DOMAIN_XML_…
_START_PAUSED = 1  # VIR_DOMAIN_START_PAUSED
_NO_DOMAIN = 42  # VIR_ERR_NO_DOMAIN
_NOT_RUNNING = 55  # VIR_ERR_OPERATION_INVALID
_NO_METADATA = 80  # VIR_ERR_NO_DOMAIN_METADATA
_ELEMENT = 2  # VIR_DOMAIN_METADATA_ELEMENT
_UNDEFINE_MANAGED_SAVE, _UNDEFINE_SNAPSHOTS, _UNDEFINE_NVRAM, _KEEP_NVRAM = 1, 2, 4, 8


@frozen(kw_only=True)
class Snapshot:
    """A snapshot of a guest.

    Attributes:
        xml: what libvirt says of it.
    """

    name: str
    xml: str


class HostDomain:
    """A guest on a host; it is looked up anew for each thing that is done.

    Attributes:
        host: where.
        name, uuid: which.
    """

    def __init__(self, host: "Host", name: str, uuid_: uuid.UUID) -> None:
        self.host = host
        self.name = name
        self.uuid = uuid_

    def __repr__(self) -> str:
        return f"HostDomain({self.host.uri!r}, {self.name!r})"

    def call(self, what: Callable[[Handle], T]) -> T:
        """Do something with libvirt-python's own handle; its errors become ours.

        Raises:
            LibvirtError: what libvirt said; code 42 where the guest is gone.
        """
        return self.host.call(
            lambda connection: what(connection.lookupByUUIDString(str(self.uuid))),
            domain=self.name,
        )

    # -- what it is ----------------------------------------------------------

    def state(self) -> DomainState | str:
        """Return what the guest is doing."""
        number = self.call(lambda handle: handle.state(0))[0]
        return STATES[number] if 0 <= number < len(STATES) else str(number)

    def info(self) -> DomainInfo:
        """Return what the guest is doing, and what it has."""
        return self.call(info_of)

    def domain(self, *, live: bool = False, secrets: bool = False) -> Domain:
        """Return the guest's definition; with `live` what runs now, with `secrets` passwords."""
        flags = (0 if live else _INACTIVE) | (_SECURE if secrets else 0)
        text = self.call(lambda handle: handle.XMLDesc(flags))
        return Domain.parse(text, source=f"{self.host.uri}/{self.name}")

    def wait(self, *states: DomainState, limit: timedelta) -> DomainState | str:
        """Wait until the guest is in one of the states, and return it.

        Raises:
            WaitTimeout: it did not come in time.
        """
        end = time.monotonic() + limit.total_seconds()
        while True:
            state = self.state()
            if state in states:
                return state
            if time.monotonic() >= end:
                raise WaitTimeout(
                    f"{self.name} on {self.host.uri} is {state}, not {' or '.join(states)}",
                    waited=limit.total_seconds(),
                    last=str(state),
                )
            time.sleep(_POLL)

    # -- what it is told -----------------------------------------------------

    def start(self, *, paused: bool = False) -> None:
        """Start the guest.

        Raises:
            InvalidError: the host lacks its accelerator.
            LibvirtError: it runs already, or cannot start.
        """
        self.host.accepts(self.domain())
        self.call(lambda handle: handle.createWithFlags(_START_PAUSED if paused else 0))

    def shutdown(self, *, limit: timedelta = timedelta(seconds=90), destroy: bool = True) -> bool:
        """Ask the guest to end, and end it by force when the limit has passed.

        Returns:
            Whether it ended by itself.

        Raises:
            WaitTimeout: it did not end in time, and `destroy` is off.
        """
        self.call(lambda handle: handle.shutdownFlags(0))
        try:
            self.wait(DomainState.SHUTOFF, DomainState.CRASHED, limit=limit)
        except WaitTimeout:
            if not destroy:
                raise
            self.destroy()
            return False
        except LibvirtError as error:
            if error.code != _NO_DOMAIN:  # a transient guest is gone when it has ended
                raise
        return True

    def destroy(self, *, limit: timedelta = timedelta(seconds=30)) -> None:
        """End the guest by force, as by the power switch, and make sure that it has ended.

        Raises:
            LibvirtError: it does not run.
            WaitTimeout: its process is still there.
        """
        before = self.state()
        try:
            self.call(lambda handle: handle.destroyFlags(0))
        except LibvirtError as error:
            # A daemon that has just started anew may see the process die before it is done.
            if error.code != _NOT_RUNNING or before == DomainState.SHUTOFF:
                raise
        try:
            self.wait(DomainState.SHUTOFF, DomainState.CRASHED, limit=limit)
        except LibvirtError as error:
            if error.code != _NO_DOMAIN:
                raise

    def reboot(self) -> None:
        """Ask the guest to start anew."""
        self.call(lambda handle: handle.reboot(0))

    def reset(self) -> None:
        """Start the guest anew by force, as by the reset button."""
        self.call(lambda handle: handle.reset(0))

    def suspend(self) -> None:
        """Stop the guest's processors; its memory stays."""
        self.call(lambda handle: handle.suspend())

    def resume(self) -> None:
        """Let a suspended guest go on."""
        self.call(lambda handle: handle.resume())

    def set_autostart(self, on: bool) -> None:
        """Say whether libvirt starts the guest with the host; in a cluster it must not."""
        self.call(lambda handle: handle.setAutostart(int(on)))

    def save(self) -> None:
        """Write the guest's memory to the host's disk and end it; the next start goes on there."""
        self.call(lambda handle: handle.managedSave(0))

    @property
    def saved(self) -> bool:
        """Whether the next start goes on where `save` ended."""
        return self.call(lambda handle: handle.hasManagedSaveImage(0)) == 1

    def discard_saved(self) -> None:
        """Throw away what `save` wrote: the next start is a boot."""
        self.call(lambda handle: handle.managedSaveRemove(0))

    def undefine(
        self,
        *,
        running: bool = False,
        saved: bool = False,
        snapshots: bool = False,
        nvram: bool | None = None,
    ) -> None:
        """Take the definition away; the disks stay.

        Args:
            running: do it although the guest runs: it is gone for good when it ends.
            saved: throw away its saved memory.
            snapshots: throw away what libvirt knows of its snapshots.
            nvram: throw away (True) or keep (False) what its firmware remembers.

        Raises:
            UnsafeError: one of these is there and was not confirmed.
        """
        if self.info().running and not running:
            raise UnsafeError(
                f"{self.name} runs on {self.host.uri}: it would be gone for good when it ends",
                confirm="undefine(running=True)",
            )
        if self.saved and not saved:
            raise UnsafeError(
                f"{self.name} has saved memory on {self.host.uri}, which would be lost",
                confirm="undefine(saved=True)",
            )
        if not snapshots and self.snapshots():
            raise UnsafeError(
                f"{self.name} has snapshots on {self.host.uri}, which libvirt would forget",
                confirm="undefine(snapshots=True)",
            )
        flags = _UNDEFINE_MANAGED_SAVE if saved else 0
        flags |= _UNDEFINE_SNAPSHOTS if snapshots else 0
        flags |= 0 if nvram is None else _UNDEFINE_NVRAM if nvram else _KEEP_NVRAM
        self.call(lambda handle: handle.undefineFlags(flags))

    # -- snapshots, metadata, console, migration -----------------------------

    def snapshot(self, name: str, *, description: str = "") -> Snapshot:
        """Make a snapshot."""
        xml = (
            f"<domainsnapshot><name>{escape(name)}</name>"
            f"<description>{escape(description)}</description></domainsnapshot>"
        )

        def make(handle: Handle) -> Snapshot:
            found = handle.snapshotCreateXML(xml, 0)
            return Snapshot(name=found.getName(), xml=found.getXMLDesc(0))

        return self.call(make)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """Return the snapshots; none where the driver has no snapshots at all."""

        def look(handle: Handle) -> tuple[Snapshot, ...]:
            return tuple(
                Snapshot(name=found.getName(), xml=found.getXMLDesc(0))
                for found in handle.listAllSnapshots(0)
            )

        return self.call(look)

    def revert(self, name: str) -> None:
        """Go back to a snapshot: what the guest wrote since is lost."""
        self.call(lambda handle: handle.revertToSnapshot(handle.snapshotLookupByName(name, 0), 0))

    def delete_snapshot(self, name: str) -> None:
        """Throw a snapshot away."""
        self.call(lambda handle: handle.snapshotLookupByName(name, 0).delete(0))

    def metadata(self, uri: str = METADATA_URI) -> str | None:
        """Return what is kept with the guest in a namespace, as XML; None for nothing."""
        try:
            return self.call(lambda handle: handle.metadata(_ELEMENT, uri, 0))
        except LibvirtError as error:
            if error.code == _NO_METADATA:
                return None
            raise

    def set_metadata(
        self, xml: str | None, *, uri: str = METADATA_URI, prefix: str = "hakvm"
    ) -> None:
        """Keep an XML element with the guest, in place of what was there; None for nothing."""
        self.call(lambda handle: handle.setMetadata(_ELEMENT, xml, prefix if xml else None, uri, 0))

    def console(self, *, limit: timedelta, until: str = "") -> str:
        """Return what the guest says on its console, until a text comes or the limit is over.

        What it said before is not kept anywhere: a `log` on its serial port keeps it.

        Raises:
            WaitTimeout: the text did not come.
        """
        return _console.read(self, limit=limit, until=until)

    def migrate(
        self, target: "Host", settings: _migration.MigrationSettings | None = None
    ) -> _migration.Migration:
        """Move the guest to another host; it goes on in a thread of its own.

        Raises:
            InvalidError: the target lacks something, or the guest is tied to its host.
            UnsafeError: a disk may not be the same on both hosts.
        """
        if target is self.host:
            raise InvalidError(f"{self.name} is on {target.uri} already", path="target")
        chosen = settings or _migration.MigrationSettings()
        return _migration.Migration.begin(self, target, chosen)
