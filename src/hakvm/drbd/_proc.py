"""The state that the kernel shows in /proc/drbd, of every release from 0.7 on."""

from datetime import timedelta
from typing import NamedTuple, Self

from attrs import field, frozen

from hakvm.drbd._words import Congestion, ConnectionState, DiskState, Role, WriteOrder
from hakvm.errors import InvalidError

__all__ = ["Device", "Flags", "LruCache", "ProcDrbd", "ProtocolRange", "Resync"]


class ProtocolRange(NamedTuple):
    """The versions of the network protocol that a module speaks."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.low}-{self.high}" if self.low != self.high else str(self.low)


class Flags(str):
    """The letters behind the protocol, `r-----`: a text that knows what its letters mean."""

    __slots__ = ()

    def _letter(self, index: int) -> str:
        return self[index : index + 1] or "-"

    @property
    def io_suspended(self) -> bool:
        """I/O is suspended (`s` for `r`)."""
        return self._letter(0) == "s"

    @property
    def after_dependency(self) -> bool:
        """The resync waits for another one (`resync-after`)."""
        return self._letter(1) == "a"

    @property
    def peer_paused(self) -> bool:
        """The peer has paused the resync."""
        return self._letter(2) == "p"

    @property
    def user_paused(self) -> bool:
        """A person has paused the resync (`drbdadm pause-sync`)."""
        return self._letter(3) == "u"

    @property
    def congestion(self) -> Congestion:
        """What a congested device waits for; since 8.3."""
        return Congestion(self._letter(4).replace("\0", "-"))

    @property
    def activity_log_suspended(self) -> bool:
        """Updates of the activity log are suspended; since 8.3.7."""
        return self._letter(5) == "s"


@frozen(kw_only=True)
class Resync:
    """A resync or a verification that is under way.

    Attributes:
        kind: `sync` or `verify`.
        percent: how much is done; `None` in the first line of some old forms.
        left, total: KiB.
        finish: when it will be done, by the kernel's guess; `None` where it has none.
        speed: KiB/s, now; may be negative.
        recent: KiB/s over the last 3 s, where the kernel tells it.
        average: KiB/s since the start.
        want: KiB/s, what the controller aims at.
        stalled: the kernel's own word for it.
        sector, sectors: how far it is; where proc_details ≥ 1.
        stop_sector: where a verification ends before the device does.
    """

    kind: str = "sync"
    percent: float | None = None
    left: int | None = None
    total: int | None = None
    finish: timedelta | None = None
    speed: int | None = None
    recent: int | None = None
    average: int | None = None
    want: int | None = None
    stalled: bool = False
    sector: int | None = None
    sectors: int | None = None
    stop_sector: int | None = None


@frozen(kw_only=True)
class LruCache:
    """How a cache of extents fares; shown where proc_details ≥ 1, and always by 8.0."""

    used: int | None = None
    size: int | None = None
    hits: int | None = None
    misses: int | None = None
    starving: int | None = None
    locked: int | None = None
    changed: int | None = None


@frozen(kw_only=True, slots=False)
class Device:
    """One device, by its minor.

    What was read is made into numbers and words when a device is first looked at: of a
    thousand devices a watcher looks at few.

    A number that this kernel does not tell is `None`.

    Attributes:
        configured: whether it has anything but a minor.
        connection: `cs`.
        role, peer_role: `ro` (`st` until 8.3).
        disk, peer_disk: `ds`; 0.7 has one word (`ld`) for the own disk.
        protocol: A, B or C; empty without a network configuration.
        flags: what is suspended, paused or congested.
        sent, received: `ns`, `nr`: KiB over the network, since the connection began.
        written, read: `dw`, `dr`: KiB to and from the disk below.
        activity_log, bitmap: `al`, `bm`: updates of the meta-data.
        local: `lo`: requests open at the disk below.
        pending: `pe`: requests sent to the peer and not answered.
        unacked: `ua`: requests from the peer and not answered.
        application: `ap`: requests from above and not answered.
        epochs: `ep`: epoch objects.
        write_order: `wo`: what keeps dependent writes in order.
        out_of_sync: `oos`: KiB.
        resync: what is under way.
        resync_cache, activity_cache: how the caches of extents fare.
        blocked_on_activity_log: requests that wait for an extent of the activity log.
    """

    minor: int
    configured: bool = True
    connection: ConnectionState = ConnectionState.UNCONFIGURED
    role: Role = Role.UNKNOWN
    peer_role: Role = Role.UNKNOWN
    disk: DiskState = DiskState.D_UNKNOWN
    peer_disk: DiskState = DiskState.D_UNKNOWN
    protocol: str = ""
    flags: Flags = Flags()  # noqa: RUF009 - a text, and as unchangeable as one
    sent: int | None = None
    received: int | None = None
    written: int | None = None
    read: int | None = None
    activity_log: int | None = None
    bitmap: int | None = None
    local: int | None = None
    pending: int | None = None
    unacked: int | None = None
    application: int | None = None
    epochs: int | None = None
    write_order: WriteOrder | None = None
    out_of_sync: int | None = None
    resync: Resync | None = None
    resync_cache: LruCache | None = None
    activity_cache: LruCache | None = None
    blocked_on_activity_log: int | None = None

    def __getattr__(self, name: str) -> object:
        # Called only for what is not there: the first time a device is looked at. Until then it
        # has but the words of its lines, from the parser.
        own = self.__dict__
        words = own.get("_words")
        if words is not None:
            from hakvm.drbd._proc_parser import unpack  # noqa: PLC0415 - it makes what stands here

            own.update(unpack(words))
            own.pop("_words", None)
        if name in own:
            return own[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


@frozen(kw_only=True)
class ProcDrbd:
    """What /proc/drbd says.

        proc = drbd.ProcDrbd.parse(text)
        proc.devices[0].connection.value       # 'SyncTarget'
        proc.devices[0].resync.finish          # timedelta(seconds=4363)

    Attributes:
        version: the module's, as `8.4.11`.
        compat: the older form that it shows, as `8.4` (DRBD 9 built for it).
        api: of the kernel's configuration interface.
        proto: the versions of the network protocol that it speaks.
        build: the rest of the header: the GIT-hash or srcversion line.
        transports: DRBD 9's, as `tcp`.
        devices: in the order in which they are shown.
        unparsed: the lines that hakvm made nothing of, as they came.
    """

    version: str = ""
    compat: str = ""
    api: int | None = None
    proto: ProtocolRange | None = None
    build: str = ""
    transports: tuple[str, ...] = ()
    devices: tuple[Device, ...] = field(default=(), converter=tuple)
    unparsed: tuple[str, ...] = field(default=(), converter=tuple)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the file; a line that is none of its own goes to `unparsed`, nothing is raised."""
        from hakvm.drbd._proc_parser import parse  # noqa: PLC0415 - it makes what stands here

        # What is copied from a web page has no-break spaces.
        return cls(**parse(text.replace("\N{NO-BREAK SPACE}", " ")))

    def device(self, minor: int) -> Device:
        """Return the device of this minor.

        Raises:
            InvalidError: there is none.
        """
        for device in self.devices:
            if device.minor == minor:
                return device
        raise InvalidError(
            f"/proc/drbd shows no device with the minor {minor}",
            path="devices",
            value=minor,
            hint="it shows " + (", ".join(str(one.minor) for one in self.devices) or "none"),
        )
