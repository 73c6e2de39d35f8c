"""What happens to guests, as a stream: for a loop, or for an async loop."""

import asyncio
import contextlib
import queue
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from attrs import frozen

from hakvm.libvirt._binding import binding

if TYPE_CHECKING:
    from hakvm.libvirt._binding import Connection, Handle

__all__ = [
    "AgentEvent",
    "ConnectionEvent",
    "Event",
    "EventStream",
    "IoErrorEvent",
    "LifecycleEvent",
    "MigrationEvent",
    "RebootEvent",
    "WatchdogEvent",
]


@frozen(kw_only=True)
class Event:
    """Something that happened; `domain` is the guest's name, empty for the connection itself."""

    domain: str = ""
    uuid: UUID | None = None


@frozen(kw_only=True)
class LifecycleEvent(Event):
    """A guest was defined, started, stopped and so on.

    Attributes:
        event: `defined`, `undefined`, `started`, `suspended`, `resumed`, `stopped`,
            `shutdown`, `pmsuspended`, `crashed`; a number that is newer as a text.
        detail: libvirt's number for why (virDomainEvent…DetailType).
    """

    event: str
    detail: int = 0


@frozen(kw_only=True)
class RebootEvent(Event):
    """A guest has started anew by itself."""


@frozen(kw_only=True)
class WatchdogEvent(Event):
    """A guest no longer fed its watchdog.

    Attributes:
        action: what libvirt did: `none`, `pause`, `reset`, `poweroff`, `shutdown`, `debug`,
            `inject-nmi`.
    """

    action: str


@frozen(kw_only=True)
class IoErrorEvent(Event):
    """A guest's disk could not be read or written.

    Attributes:
        source: the file or device of the host.
        device: the guest's device, by its alias.
        action: what libvirt did: `none`, `pause`, `report`.
        reason: as `enospc`; often empty.
    """

    source: str
    device: str
    action: str
    reason: str = ""


@frozen(kw_only=True)
class AgentEvent(Event):
    """A guest's agent came or went.

    Attributes:
        connected: whether it is there now.
        reason: libvirt's number for why.
    """

    connected: bool
    reason: int = 0


@frozen(kw_only=True)
class MigrationEvent(Event):
    """A migration begins to copy the guest's memory again.

    Attributes:
        iteration: for which time; memory that changes faster than it is copied never ends.
    """

    iteration: int


@frozen(kw_only=True)
class ConnectionEvent(Event):
    """The connection to libvirt was lost, or made again: what happened between is not known."""

    connected: bool


_LIFECYCLE = (
    "defined", "undefined", "started", "suspended", "resumed", "stopped", "shutdown",
    "pmsuspended", "crashed",
)  # fmt: skip
_WATCHDOG = ("none", "pause", "reset", "poweroff", "shutdown", "debug", "inject-nmi")
_IO_ERROR = ("none", "pause", "report")


def _at(words: tuple[str, ...], number: int) -> str:
    return words[number] if 0 <= number < len(words) else str(number)


def _who(handle: "Handle") -> dict[str, Any]:
    return {"domain": handle.name(), "uuid": UUID(handle.UUIDString())}


def _readers() -> dict[int, Callable[..., Event]]:
    """Return a maker of events for each of libvirt's numbers (virDomainEventID)."""
    return {
        0: lambda who, event, detail: LifecycleEvent(
            **who, event=_at(_LIFECYCLE, event), detail=detail
        ),
        1: lambda who: RebootEvent(**who),
        3: lambda who, action: WatchdogEvent(**who, action=_at(_WATCHDOG, action)),
        6: lambda who, path, alias, action, reason: IoErrorEvent(
            **who,
            source=path or "",
            device=alias or "",
            action=_at(_IO_ERROR, action),
            reason=reason or "",
        ),
        18: lambda who, state, reason: AgentEvent(**who, connected=state == 1, reason=reason),
        20: lambda who, iteration: MigrationEvent(**who, iteration=iteration),
    }


def register(connection: "Connection", deliver: Callable[[Event], None]) -> None:
    """Have the events of a connection delivered, of each kind that its driver has.

    Once for a connection: libvirt takes a second callback of the same kind for the first.
    """
    refused = binding().libvirtError
    for number, make in _readers().items():
        with contextlib.suppress(refused):
            connection.domainEventRegisterAny(None, number, _callback(make, deliver), None)


def _callback(make: Callable[..., Event], deliver: Callable[[Event], None]) -> Callable[..., None]:
    def call(_connection: object, handle: "Handle", *details: Any) -> None:  # noqa: ANN401 - libvirt's
        deliver(make(_who(handle), *details[:-1]))

    return call


class EventStream:
    """The events of a host's guests from now on.

        with host.events() as events:
            for event in events: ...
            async for event in events: ...      # in an async function
            events.next(timedelta(seconds=5))   # or None

    Closing it ends the loops. Each event goes to one reader.
    """

    def __init__(self, closed: "Callable[[EventStream], None]") -> None:
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._closed = closed
        self._open = True

    def put(self, event: Event) -> None:
        """Add an event."""
        self._queue.put(event)

    def next(self, timeout: timedelta | None = None) -> Event | None:
        """Return the next event; None when none came in time, or the stream is closed."""
        if not self._open and self._queue.empty():
            return None
        try:
            return self._queue.get(timeout=None if timeout is None else timeout.total_seconds())
        except queue.Empty:
            return None

    def __iter__(self) -> Iterator[Event]:
        while (event := self.next()) is not None:
            yield event

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            event = await asyncio.to_thread(self.next, timedelta(milliseconds=200))
            if event is not None:
                yield event
            elif not self._open:
                return

    def close(self) -> None:
        """End the stream; who waits for an event gets none."""
        if self._open:
            self._open = False
            self._closed(self)
            self._queue.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
