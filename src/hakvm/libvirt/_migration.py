"""Moving a running guest to another host: checked first, watched, and stopped if need be."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from attrs import frozen

from hakvm.errors import InvalidError, UnsafeError, WaitTimeout
from hakvm.libvirt._domain import Domain
from hakvm.libvirt._errors import LibvirtError
from hakvm.libvirt._source import BlockSource, NetworkSource
from hakvm.libvirt._words import Cache, DiskDevice
from hakvm.units import Size

if TYPE_CHECKING:
    from hakvm.libvirt._host import Host
    from hakvm.libvirt._hosted import HostDomain

__all__ = ["Migration", "MigrationProgress", "MigrationSettings"]

_NOTHING = Size(0)
_POLL = 0.1  # seconds between looks at how far it is
_LIVE, _PEER2PEER, _PERSIST, _UNDEFINE = 1, 2, 8, 16  # VIR_MIGRATE_…
_UNSAFE, _AUTO_CONVERGE = 512, 8192


@frozen(kw_only=True)
class MigrationSettings:
    """How a guest is moved.

    Attributes:
        live: while it runs.
        peer_to_peer: the hosts talk to one another by themselves; else through us.
        uri: where the target takes the memory, as `tcp://192.168.2.171`.
        persistent: define it on the target, and undefine it on the source.
        unsafe: although a disk may not be the same on both hosts.
        auto_converge: slow the guest down until its memory is copied faster than it changes.
        bandwidth: in MiB a second.
    """

    live: bool = True
    peer_to_peer: bool = False
    uri: str | None = None
    persistent: bool = True
    unsafe: bool = False
    auto_converge: bool = False
    bandwidth: int | None = None

    @property
    def flags(self) -> int:
        """Libvirt's flags (virDomainMigrateFlags)."""
        return (
            (_LIVE if self.live else 0)
            | (_PEER2PEER if self.peer_to_peer else 0)
            | (_PERSIST | _UNDEFINE if self.persistent else 0)
            | (_UNSAFE if self.unsafe else 0)
            | (_AUTO_CONVERGE if self.auto_converge else 0)
        )

    @property
    def parameters(self) -> dict[str, Any]:
        """Libvirt's parameters (VIR_MIGRATE_PARAM_…)."""
        found: dict[str, Any] = {}
        if self.uri is not None:
            found["migrate_uri"] = self.uri
        if self.bandwidth is not None:
            found["bandwidth"] = self.bandwidth
        return found


@frozen(kw_only=True)
class MigrationProgress:
    """How far it is.

    Attributes:
        elapsed: since it began.
        total, done, left: of what has to be copied.
        rate: a second; 0 where it is not known.
        dirty: how much the guest changes a second.
        downtime: for how long the guest is expected to stand still.
    """

    elapsed: timedelta = timedelta()
    total: Size = _NOTHING
    done: Size = _NOTHING
    left: Size = _NOTHING
    rate: Size = _NOTHING
    dirty: Size = _NOTHING
    downtime: timedelta | None = None

    @property
    def percent(self) -> float:
        """How much of it is done, of 100."""
        whole = self.done.bytes + self.left.bytes
        return 100.0 * self.done.bytes / whole if whole else 0.0

    @property
    def eta(self) -> timedelta | None:
        """How long it will still take; None while memory changes faster than it is copied."""
        gain = self.rate.bytes - self.dirty.bytes
        return timedelta(seconds=self.left.bytes / gain) if gain > 0 else None

    @classmethod
    def of(cls, stats: dict[str, Any]) -> "MigrationProgress":
        """Read what virDomainGetJobStats gives."""
        page = int(stats.get("memory_page_size", 4096))
        downtime = stats.get("downtime")
        return cls(
            elapsed=timedelta(milliseconds=int(stats.get("time_elapsed", 0))),
            total=Size(int(stats.get("data_total", 0))),
            done=Size(int(stats.get("data_processed", 0))),
            left=Size(int(stats.get("data_remaining", 0))),
            rate=Size(int(stats.get("memory_bps", 0))),
            dirty=Size(int(stats.get("memory_dirty_rate", 0)) * page),
            downtime=None if downtime is None else timedelta(milliseconds=int(downtime)),
        )


def check(domain: Domain, target: "Host", settings: MigrationSettings) -> None:
    """Refuse what would fail half-way, or would have the guest read another disk.

    Raises:
        InvalidError: the target lacks the accelerator or the machine type, or the guest is
            tied to its host.
        UnsafeError: a disk may not be the same on both hosts.
    """
    target.accepts(domain)
    if domain.devices.hostdevs:
        raise InvalidError(
            f"{domain.name} has devices of its host, which cannot move",
            path="devices.hostdevs",
            hint="take them out first",
        )
    if settings.unsafe:
        return
    for disk in domain.devices.disks:
        if disk.readonly or disk.device not in {DiskDevice.DISK, DiskDevice.LUN}:
            continue
        cache = disk.driver.cache if disk.driver else None
        shared = isinstance(disk.source, (BlockSource, NetworkSource))
        if not shared or cache not in {Cache.NONE, Cache.DIRECTSYNC}:
            what = f"cached by the host (cache={cache or 'default'})" if shared else "a local file"
            raise UnsafeError(
                f"{domain.name}: the disk {disk.target.dev} is {what}: on {target.uri} the guest"
                " could read what is not there yet",
                confirm="migrate(…, unsafe=True), if both hosts see the same disk",
            )


class Migration:
    """A guest on its way; it goes on in a thread of its own.

    migration = guest.migrate(other)
    for progress in migration: print(f"{progress.percent:.0f} %", progress.eta)
    migration.result()
    """

    def __init__(self, domain: "HostDomain", target: "Host", settings: MigrationSettings) -> None:
        self.domain = domain
        self.target = target
        self.settings = settings
        self._done = threading.Event()
        self._error: BaseException | None = None
        self._last = MigrationProgress()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @classmethod
    def begin(
        cls, domain: "HostDomain", target: "Host", settings: MigrationSettings
    ) -> "Migration":
        """Check it, and set it going.

        Raises:
            InvalidError, UnsafeError: see `check`.
        """
        check(domain.domain(live=True), target, settings)
        found = cls(domain, target, settings)
        found._thread.start()
        return found

    def _run(self) -> None:
        settings = self.settings
        try:
            if settings.peer_to_peer:
                self.domain.call(
                    lambda handle: handle.migrateToURI3(
                        self.target.uri, settings.parameters, settings.flags
                    )
                )
            else:
                there = self.target.connection()
                self.domain.call(
                    lambda handle: handle.migrate3(there, settings.parameters, settings.flags)
                )
        except BaseException as error:  # noqa: BLE001 - it is raised again by `result`
            self._error = error
        finally:
            self._done.set()

    @property
    def done(self) -> bool:
        """Whether it has ended, well or not."""
        return self._done.is_set()

    def progress(self) -> MigrationProgress:
        """Return how far it is."""
        if not self.done:
            try:
                stats = self.domain.call(lambda handle: handle.jobStats(0))
            except LibvirtError:  # it has just ended, and the guest is gone from here
                return self._last
            if stats.get("type", 0):
                self._last = MigrationProgress.of(stats)
        return self._last

    def __iter__(self) -> Iterator[MigrationProgress]:
        while not self._done.wait(_POLL):
            yield self.progress()
        yield self._last

    def abort(self) -> None:
        """Stop it: the guest goes on where it was."""
        if not self.done:
            try:
                self.domain.call(lambda handle: handle.abortJob())
            except LibvirtError:
                if not self._done.wait(1):
                    raise

    def result(self, limit: timedelta = timedelta(minutes=30)) -> "HostDomain":
        """Wait for the end, and return the guest where it is now.

        Raises:
            LibvirtError: it failed, or was stopped: the guest goes on where it was.
            WaitTimeout: it still goes on when the limit has passed.
        """
        if not self._done.wait(limit.total_seconds()):
            raise WaitTimeout(
                f"{self.domain.name} is still on its way to {self.target.uri}",
                waited=limit.total_seconds(),
                last=f"{self._last.percent:.0f} %",
            )
        if self._error is not None:
            raise self._error
        return self.target.domain(self.domain.uuid)
