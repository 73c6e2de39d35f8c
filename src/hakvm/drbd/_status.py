"""The state that drbdsetup and drbdadm show: as JSON (9), as text (8.4 and 9), as events."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Self

import attrs
from attrs import field, frozen

from hakvm._frozen import FrozenMapping
from hakvm.drbd._words import ConnectionState, DiskState, Role
from hakvm.errors import InvalidError

__all__ = [
    "ConnectionStatus",
    "PathStatus",
    "PeerVolumeStatus",
    "ResourceStatus",
    "Status",
    "SyncStatus",
    "VolumeStatus",
]


def _more() -> FrozenMapping[str, str]:
    return FrozenMapping()


@frozen(kw_only=True)
class VolumeStatus:
    """One volume of a resource on this node; `None` for what is not told.

    Attributes:
        size, read, written: KiB.
        client: without a disk on purpose.
        open: whether something has it open (9.1.17 and later).
        activity_log_writes, bitmap_writes: updates of the meta-data.
        upper_pending, lower_pending: requests from above and to the disk, not answered.
        blocked: who is congested: `no`, `upper`, `lower`.
        more: what hakvm does not know, as it came.
    """

    number: int
    minor: int | None = None
    disk: DiskState = DiskState.D_UNKNOWN
    backing_device: str | None = None
    client: bool | None = None
    open: bool | None = None
    quorum: bool | None = None
    size: int | None = None
    read: int | None = None
    written: int | None = None
    activity_log_writes: int | None = None
    bitmap_writes: int | None = None
    upper_pending: int | None = None
    lower_pending: int | None = None
    activity_log_suspended: bool | None = None
    blocked: str | None = None
    more: FrozenMapping[str, str] = field(factory=_more)


@frozen(kw_only=True)
class SyncStatus:
    """A resync or a verification that is under way.

    Attributes:
        percent: done.
        finish: when it will be done, by DRBD's guess.
        total, failed, same_checksum: KiB.
        verify_start, verify_stop, verify_position, verify_left, verify_skipped: KiB; a
            verification only.
        want: MiB/s, what the controller aims at.
        rate, recent_rate, average_rate: MiB/s: since the last mark but one, since the last one,
            and since it began.
        running, paused: how long.
        marks: the marks these rates are made of: milliseconds and sectors, by name.
    """

    percent: float | None = None
    finish: timedelta | None = None
    total: float | None = None
    failed: float | None = None
    same_checksum: float | None = None
    verify_start: float | None = None
    verify_stop: float | None = None
    verify_position: float | None = None
    verify_left: float | None = None
    verify_skipped: float | None = None
    want: float | None = None
    rate: float | None = None
    recent_rate: float | None = None
    average_rate: float | None = None
    running: timedelta | None = None
    paused: timedelta | None = None
    marks: FrozenMapping[str, int] = field(factory=FrozenMapping)


@frozen(kw_only=True)
class PeerVolumeStatus:
    """One volume of a resource, as it stands between this node and a peer.

    Attributes:
        replication: what goes on between the two copies.
        resync_suspended: why a resync waits: `user`, `peer`, `dependency`.
        received, sent, out_of_sync: KiB.
        pending, unacked: requests to and from the peer, not answered.
        percent_in_sync: how much of the volume is the same on both sides.
        sync: what is under way.
        more: what hakvm does not know, as it came.
    """

    number: int
    replication: ConnectionState = ConnectionState.OFF
    peer_disk: DiskState = DiskState.D_UNKNOWN
    peer_client: bool | None = None
    resync_suspended: tuple[str, ...] | None = None
    received: int | None = None
    sent: int | None = None
    out_of_sync: int | None = None
    pending: int | None = None
    unacked: int | None = None
    percent_in_sync: float | None = None
    sync: SyncStatus | None = None
    more: FrozenMapping[str, str] = field(factory=_more)


@frozen(kw_only=True)
class PathStatus:
    """One path of a connection (9): its addresses, and whether it is established."""

    local: str
    peer: str
    established: bool | None = None
    more: FrozenMapping[str, str] = field(factory=_more)


@frozen(kw_only=True)
class ConnectionStatus:
    """The connection to one peer.

    Attributes:
        name: the peer's; `peer` on 8.4, which has one.
        peer_node_id: 9 only.
        connection: whether it stands.
        congested: whether its buffers are full.
        application_in_flight, resync_in_flight: sectors on their way (9).
        tls: whether it is encrypted (9.2 and later).
        volumes: by number.
        paths: by their addresses.
        more: what hakvm does not know, as it came.
    """

    name: str
    peer_node_id: int | None = None
    connection: ConnectionState = ConnectionState.STANDALONE
    peer_role: Role = Role.UNKNOWN
    congested: bool | None = None
    application_in_flight: int | None = None
    resync_in_flight: int | None = None
    tls: bool | None = None
    volumes: FrozenMapping[int, PeerVolumeStatus] = field(factory=FrozenMapping)
    paths: FrozenMapping[str, PathStatus] = field(factory=FrozenMapping)
    more: FrozenMapping[str, str] = field(factory=_more)


@frozen(kw_only=True)
class ResourceStatus:
    """One resource on this node.

    Attributes:
        suspended: why I/O is suspended: `user`, `no-data`, `fencing`, `quorum`; empty for not.
        write_ordering: what keeps dependent writes in order: none, drain, flush, barrier.
        may_promote, promotion_score: told by events only.
        volumes: by number.
        connections: by the peer's name.
        more: what hakvm does not know, as it came.
    """

    name: str
    node_id: int | None = None
    role: Role = Role.UNKNOWN
    suspended: tuple[str, ...] = ()
    force_io_failures: bool | None = None
    write_ordering: str | None = None
    may_promote: bool | None = None
    promotion_score: int | None = None
    volumes: FrozenMapping[int, VolumeStatus] = field(factory=FrozenMapping)
    connections: FrozenMapping[str, ConnectionStatus] = field(factory=FrozenMapping)
    more: FrozenMapping[str, str] = field(factory=_more)


@frozen(kw_only=True)
class Status:
    """All resources of a node.

        status = drbd.Status.parse(text)     # drbdsetup status --json, or the text of status
        status.resources["r0"].connections["node2"].volumes[0].peer_disk

    Attributes:
        resources: by name, in order.
        unparsed: lines that hakvm made nothing of, as they came.
    """

    resources: FrozenMapping[str, ResourceStatus] = field(factory=FrozenMapping)
    unparsed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str, *, source: str = "<string>") -> Self:
        """Read what `drbdsetup status` prints: with `--json`, or the text of 8.4 and 9.

        Raises:
            ParseError: it begins as JSON and is none.
        """
        from hakvm.drbd._status_parser import parse  # noqa: PLC0415 - it makes what stands here

        resources, unparsed = parse(text, source)
        return cls(resources=resources, unparsed=unparsed)

    def resource(self, name: str) -> ResourceStatus:
        """Return the resource of this name.

        Raises:
            InvalidError: there is none.
        """
        found = self.resources.get(name)
        if found is None:
            raise InvalidError(
                f"the status shows no resource {name}",
                path="resources",
                value=name,
                hint=f"it shows {', '.join(self.resources) or 'none'}",
            )
        return found

    def differences(self, other: "Status") -> tuple[str, ...]:
        """Return the paths at which two states differ.

        What only one of them tells does not count: events, text and JSON tell different things.
        """
        return tuple(_differences(self.resources, other.resources, "resources"))


def _differences(mine: object, theirs: object, path: str) -> Iterator[str]:
    if mine is None or theirs is None or path.endswith(".more"):
        return
    if isinstance(mine, FrozenMapping) and isinstance(theirs, FrozenMapping):
        for key in {**mine, **theirs}:
            if (key in mine) is not (key in theirs):
                yield f"{path}[{key!r}]"
            else:
                yield from _differences(mine[key], theirs[key], f"{path}[{key!r}]")
    elif attrs.has(kind := type(mine)) and kind is type(theirs):
        for one in attrs.fields(kind):
            where = f"{path}.{one.name}"
            yield from _differences(getattr(mine, one.name), getattr(theirs, one.name), where)
    elif mine != theirs:
        yield path
