"""Watching a resync: how far it is, how fast, and whether it moves at all."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from attrs import Factory, define, frozen

from hakvm.drbd._proc import ProcDrbd
from hakvm.drbd._release import Release
from hakvm.drbd._status import Status
from hakvm.drbd._tool import Drbdadm
from hakvm.drbd._words import APART, ConnectionState
from hakvm.errors import InvalidError, WaitTimeout
from hakvm.transport import Transport

__all__ = ["Progress", "Snapshot", "Tracker", "watch"]

_VERIFYING = frozenset({ConnectionState.VERIFY_S, ConnectionState.VERIFY_T})
_UNDER_WAY = _VERIFYING | {
    ConnectionState.STARTING_SYNC_S,
    ConnectionState.STARTING_SYNC_T,
    ConnectionState.WF_BITMAP_S,
    ConnectionState.WF_BITMAP_T,
    ConnectionState.WF_SYNC_UUID,
    ConnectionState.AHEAD,
    ConnectionState.BEHIND,
    ConnectionState.SYNC_SOURCE,
    ConnectionState.SYNC_TARGET,
    ConnectionState.PAUSED_SYNC_S,
    ConnectionState.PAUSED_SYNC_T,
}


@frozen(kw_only=True)
class Progress:
    """How far one resync or verification is.

    Attributes:
        name: the device: `minor 0`, or `r0/0 node2` where the resource is known.
        state: what goes on; that of the connection where it broke off and waits for the peer.
        kind: `sync` or `verify`.
        left, total: KiB; the total is what was left when it was first seen, where DRBD does not
            tell it.
        rate: KiB/s over our own last observations; `None` before there are two.
        stalled: nothing has moved for a while, by our own observations: a kernel that has lost
            its peer may go on telling the last rate.
        idle: for how long nothing has moved.
        kernel_rate, kernel_finish: what DRBD itself says: KiB/s, and when it will be done.
        kernel_stalled: DRBD's own word for it.
    """

    name: str
    state: ConnectionState
    kind: str
    left: int
    total: int
    rate: float | None = None
    stalled: bool = False
    idle: timedelta = timedelta()
    kernel_rate: float | None = None
    kernel_finish: timedelta | None = None
    kernel_stalled: bool = False

    @property
    def interrupted(self) -> bool:
        """Whether it broke off, since the peer is gone; it goes on when the peer is back."""
        return self.state in APART

    @property
    def percent(self) -> float:
        """How much is done, 0 to 100."""
        return 100.0 if self.total <= 0 else 100 * (1 - min(self.left, self.total) / self.total)

    @property
    def finish(self) -> timedelta | None:
        """When it will be done, by our own rate; `None` where it does not move."""
        if self.rate is None or self.rate <= 0 or self.stalled:
            return None
        seconds = self.left / self.rate
        return timedelta(seconds=round(seconds)) if seconds < timedelta.max.days * 86400 else None


@frozen(kw_only=True)
class Snapshot:
    """What was seen at one moment.

    Attributes:
        elapsed: since the watching began.
        progress: what is under way, and what was and broke off before its end; empty where all
            is in sync, or no resync was seen to begin.
        proc, status: the whole state: /proc/drbd on 8.4, drbdsetup's on 9.
    """

    elapsed: timedelta
    progress: tuple[Progress, ...] = ()
    proc: ProcDrbd | None = None
    status: Status | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self.progress


@define
class _Course:
    """What has been seen of one resync."""

    kind: str
    total: int
    moved_at: float
    seen: deque[tuple[float, int]] = Factory(deque)


@define
class Tracker:
    """Makes snapshots of states, from what it has seen before; touches no machine.

    Attributes:
        window: over how long the rate is taken.
        stall_after: how long nothing may move before it counts as stalled.
    """

    window: timedelta = timedelta(seconds=10)
    stall_after: timedelta = timedelta(seconds=10)
    _begin: float | None = None
    _courses: dict[str, _Course] = Factory(dict)

    def observe(self, state: ProcDrbd | Status, now: float) -> Snapshot:
        """Take a state as of `now`, in seconds of any clock that runs forward."""
        if self._begin is None:
            self._begin = now
        kinds = {name: course.kind for name, course in self._courses.items()}
        found = _of_proc(state, kinds) if isinstance(state, ProcDrbd) else _of_status(state, kinds)
        progress = tuple(self._progress(one, now) for one in found)
        names = {one.name for one in progress}
        self._courses = {name: one for name, one in self._courses.items() if name in names}
        return Snapshot(
            elapsed=timedelta(seconds=now - self._begin),
            progress=progress,
            proc=state if isinstance(state, ProcDrbd) else None,
            status=state if isinstance(state, Status) else None,
        )

    def _progress(self, one: Progress, now: float) -> Progress:
        course = self._courses.get(one.name)
        last = course.seen[-1][1] if course is not None else one.left
        grown = one.left > last and not one.interrupted  # apart, what is written adds to it
        if course is None or course.kind != one.kind or grown:  # another one has begun
            total = max(one.total, one.left)
            course = self._courses[one.name] = _Course(one.kind, total, now)
        elif one.left < last:
            course.moved_at = now
        course.seen.append((now, one.left))
        while len(course.seen) > 2 and now - course.seen[1][0] >= self.window.total_seconds():  # noqa: PLR2004 - a rate has two ends
            course.seen.popleft()
        then, before = course.seen[0]
        idle = timedelta(seconds=now - course.moved_at)
        return Progress(
            name=one.name,
            state=one.state,
            kind=one.kind,
            left=one.left,
            total=max(one.total, course.total),
            rate=(before - one.left) / (now - then) if now > then else None,
            stalled=idle >= self.stall_after,
            idle=idle,
            kernel_rate=one.kernel_rate,
            kernel_finish=one.kernel_finish,
            kernel_stalled=one.kernel_stalled,
        )


def _of_proc(proc: ProcDrbd, seen: Mapping[str, str]) -> Iterator[Progress]:
    for device in proc.devices:
        name = f"minor {device.minor}"
        kind = _kind(device.connection, device.connection, device.out_of_sync, seen.get(name))
        if kind is None:
            continue
        resync = device.resync
        told = resync.left if resync is not None else None
        # The progress line counts in MiB above 4 GiB; what is out of sync is exact.
        left = told if kind == "verify" else device.out_of_sync
        yield Progress(
            name=name,
            state=device.connection,
            kind=kind,
            left=left or 0,
            total=(resync.total if resync is not None else None) or left or 0,
            kernel_rate=resync.speed if resync is not None else None,
            kernel_finish=resync.finish if resync is not None else None,
            kernel_stalled=resync is not None and resync.stalled,
        )


def _of_status(status: Status, seen: Mapping[str, str]) -> Iterator[Progress]:
    for resource in status.resources.values():
        for connection in resource.connections.values():
            for volume in connection.volumes.values():
                name = f"{resource.name}/{volume.number} {connection.name}"
                state = volume.replication
                kind = _kind(state, connection.connection, volume.out_of_sync, seen.get(name))
                if kind is None:
                    continue
                sync = volume.sync
                told = sync.verify_left if sync is not None else None
                left = int(told or 0) if kind == "verify" else volume.out_of_sync or 0
                total = sync.total if sync is not None else None
                rate = sync.rate if sync is not None else None
                yield Progress(
                    name=name,
                    state=state if state in _UNDER_WAY else connection.connection,
                    kind=kind,
                    left=left,
                    total=int(total or left),
                    kernel_rate=None if rate is None else rate * 1024,
                    kernel_finish=sync.finish if sync is not None else None,
                )


def _kind(
    state: ConnectionState,
    connection: ConnectionState,
    out_of_sync: int | None,
    before: str | None,
) -> str | None:
    """Return what is under way, or was before the peer was gone; `None` for nothing."""
    if state in _UNDER_WAY:
        return "verify" if state in _VERIFYING else "sync"
    # A verification that breaks off is over: DRBD does not take it up again by itself.
    return "sync" if before == "sync" and connection in APART and out_of_sync else None


def watch(
    transport: Transport | Drbdadm,
    *,
    interval: timedelta = timedelta(seconds=1),
    until_done: bool = False,
    limit: timedelta | None = None,
    tracker: Tracker | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Snapshot]:
    """Yield a snapshot at each interval, the first at once.

        for snapshot in drbd.watch(transport, until_done=True):
            for one in snapshot.progress:
                print(one.name, f"{one.percent:.1f} %", one.finish, "stalled" * one.stalled)

    Args:
        transport: the host; or its `Drbdadm`, where its release is known.
        interval: between two looks; more than nothing.
        until_done: whether it ends once nothing is under way; without, it never ends. A resync
            that broke off is waited for.
        limit: how long it may take; without one, as long as it takes.
        tracker: with other limits for rates and stalls.
        sleep: waits for so many seconds.
        clock: tells seconds, running forward.

    Raises:
        InvalidError: no interval.
        WaitTimeout: it goes on after `limit`.
        TransportError: the host cannot be asked.
    """
    if interval <= timedelta():
        raise InvalidError(f"{interval}: the interval is more than 0", path="interval")
    tool = transport if isinstance(transport, Drbdadm) else Drbdadm(transport)
    tracker = tracker or Tracker()
    while True:
        begin = clock()
        state = tool.status() if tool.release is Release.V9_0 else tool.proc()
        snapshot = tracker.observe(state, clock())
        yield snapshot
        if until_done and snapshot.is_idle:
            return
        if limit is not None and snapshot.elapsed >= limit:
            raise WaitTimeout(
                f"{tool.transport.host} was watched for {limit}, and is not done",
                waited=snapshot.elapsed.total_seconds(),
                last=", ".join(
                    f"{one.name} {one.state} {one.percent:.1f} %" for one in snapshot.progress
                ),
                hint="look whether the peer is there, and whether anything moves",
            )
        sleep(max(0.0, interval.total_seconds() - (clock() - begin)))
