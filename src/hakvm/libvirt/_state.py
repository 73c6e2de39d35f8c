"""What a guest is doing: as the host says it, or `virsh dominfo` and `virsh list`."""

import re
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Self
from uuid import UUID

from attrs import frozen

from hakvm.errors import HakvmError
from hakvm.units import Size

if TYPE_CHECKING:
    from hakvm.libvirt._binding import Handle

__all__ = ["DomainInfo", "DomainState", "ListedDomain", "parse_list"]


class DomainState(StrEnum):
    """What a guest is doing, in virsh's words (virDomainState)."""

    NO_STATE = "no state"
    RUNNING = "running"
    BLOCKED = "idle"
    PAUSED = "paused"
    SHUTDOWN = "in shutdown"
    SHUTOFF = "shut off"
    CRASHED = "crashed"
    PMSUSPENDED = "pmsuspended"


STATES = tuple(DomainState)
"""In the order of libvirt's numbers."""


@frozen(kw_only=True)
class DomainInfo:
    """What a guest is doing.

    Attributes:
        state: a word that is not known here is kept as it came.
        id: its number while it runs.
        max_memory, memory: what it can have and what it has.
        cpu_time: how long its processors have run; `None` where that is not said.
        unparsed: lines of a text that were not understood.
    """

    name: str
    uuid: UUID | None = None
    id: int | None = None
    state: DomainState | str = DomainState.NO_STATE
    max_memory: Size | None = None
    memory: Size | None = None
    vcpus: int | None = None
    cpu_time: timedelta | None = None
    persistent: bool | None = None
    autostart: bool | None = None
    unparsed: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        """Whether the guest has a process on the host: running, paused, or on its way out."""
        return self.state not in {
            DomainState.SHUTOFF,
            DomainState.NO_STATE,
            DomainState.CRASHED,
        } or (self.state == DomainState.CRASHED and self.id is not None)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `virsh dominfo` prints (in the C locale)."""
        found: dict[str, object] = {}
        unparsed = []
        for line in text.splitlines():
            key, colon, value = line.partition(":")
            try:
                if not line.strip():
                    continue
                if not colon or key.strip() not in _READERS:
                    raise ValueError(line)  # noqa: TRY301 - kept below
                name, read = _READERS[key.strip()]
                found[name] = read(value.strip())
            except (KeyError, ValueError, OverflowError, HakvmError):
                unparsed.append(line)
        name = str(found.pop("name", ""))
        return cls(name=name, unparsed=tuple(unparsed), **found)  # type: ignore[arg-type]


def _state(word: str) -> DomainState | str:
    return DomainState(word) if word in set(DomainState) else word


def _yes(text: str) -> bool:
    return {"yes": True, "no": False}[text]


def _enabled(text: str) -> bool:
    return {"enable": True, "disable": False}[text]


def _number(text: str) -> int | None:
    return None if text == "-" else int(text)


_READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "Id": ("id", _number),
    "Name": ("name", str),
    "UUID": ("uuid", UUID),
    "State": ("state", _state),
    "CPU(s)": ("vcpus", int),
    "CPU time": ("cpu_time", lambda text: timedelta(seconds=float(text.removesuffix("s")))),
    "Max memory": ("max_memory", Size.parse),
    "Used memory": ("memory", Size.parse),
    "Persistent": ("persistent", _yes),
    "Autostart": ("autostart", _enabled),
}


@frozen(kw_only=True)
class ListedDomain:
    """A line of `virsh list --all`."""

    id: int | None
    name: str
    state: DomainState | str


_LINE = re.compile(r"\s*(?P<id>\d+|-)\s+(?P<name>\S.*?)\s{2,}(?P<state>\S.*?)\s*")


def parse_list(text: str) -> tuple[tuple[ListedDomain, ...], tuple[str, ...]]:
    """Read what `virsh list --all` prints: the guests, and the lines that are none."""
    found, unparsed = [], []
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match:
            number = None if match["id"] == "-" else int(match["id"])
            found.append(ListedDomain(id=number, name=match["name"], state=_state(match["state"])))
        elif line.strip() and not re.fullmatch(r"\s*(Id\s+Name\s+State|-+)\s*", line):
            unparsed.append(line)
    return tuple(found), tuple(unparsed)


def info_of(handle: "Handle") -> DomainInfo:
    """Return what libvirt says of a guest."""
    state, maximum, memory, vcpus, nanoseconds = handle.info()
    number = handle.ID()
    return DomainInfo(
        name=handle.name(),
        uuid=UUID(handle.UUIDString()),
        id=number if number >= 0 else None,
        state=STATES[state] if 0 <= state < len(STATES) else str(state),
        max_memory=Size(maximum * 1024),
        memory=Size(memory * 1024),
        vcpus=vcpus,
        cpu_time=timedelta(microseconds=min(nanoseconds // 1000, 10**15)),
        persistent=handle.isPersistent() == 1,
        autostart=handle.autostart() == 1,
    )
