"""The stream of `drbdsetup events2`, one event a line, and the state that it adds up to."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from attrs import Factory, define, field, frozen

from hakvm.drbd._status import Status
from hakvm.drbd._status_parser import COLOUR, SYNC_KEYS, RawConnection, RawResource, build

__all__ = ["Event", "EventFold", "parse_events"]

_ACTIONS: Final = frozenset({"exists", "create", "change", "destroy", "rename", "call", "response"})
_SYNCING: Final = frozenset(
    """StartingSyncS StartingSyncT WFBitMapS WFBitMapT WFSyncUUID SyncSource SyncTarget VerifyS
    VerifyT PausedSyncS PausedSyncT Ahead Behind""".split()  # noqa: SIM905 - words read best as words
)
# What names the object of an event; the rest is its state.
_KEYS: Final = frozenset({"name", "conn-name", "peer-node-id", "volume"})


@frozen
class Event:
    """One line of events2.

    Attributes:
        action: exists, create, change, destroy, rename, call or response; `skipped` where 8.4
            says that it lost some; empty for a line that is no event.
        kind: resource, device, connection, peer-device, path or helper; `-` for the end of the
            state that there was when the stream began.
        fields: its words, as they came.
        line: the line itself.
    """

    action: str
    kind: str
    fields: Mapping[str, str] = field(factory=dict)
    line: str = field(default="", repr=False)

    @property
    def timestamp(self) -> datetime | None:
        """When it happened, where the tool was asked to say it (`--timestamps`)."""
        word = self.line.partition(" ")[0]
        try:
            return datetime.fromisoformat(word)
        except ValueError:
            return None

    @property
    def resource(self) -> str:
        """The resource's name."""
        return self.fields.get("name", "")

    @property
    def is_complete(self) -> bool:
        """Whether all that was there when the stream began has now been told."""
        return self.action == "exists" and self.kind == "-"


def parse_events(lines: Iterable[str]) -> Iterator[Event]:
    """Yield the events of a stream, as they come; no line is held longer than it takes.

        for event in drbd.parse_events(process.stdout):
            ...

    A line that is no event is yielded with an empty action: nothing is raised.
    """
    for line in lines:
        text = line.rstrip("\r\n")
        if "\x1b" in text:  # --color=always
            text = COLOUR.sub("", text)
        words = text.split(" ")
        first = words[0]
        if first not in _ACTIONS:
            if first[:1].isdigit() and len(words) > 1 and words[1] in _ACTIONS:
                del words[0]  # the timestamp
            elif words[:2] == ["-", "skipped"]:
                yield Event("skipped", "-", {"count": words[-1]}, text)
                continue
            else:
                if text:
                    yield Event("", "", {}, text)
                continue
        fields: dict[str, str] = {}
        key = ""
        for word in words[2:]:
            before, colon, after = word.partition(":")
            if colon:
                key = before
                fields[key] = after
            elif key:  # a value with a space in it
                fields[key] += f" {word}"
        yield Event(words[0], words[1] if len(words) > 1 else "", fields, text)


@define
class EventFold:
    """Adds events up to a state, in place: a long stream costs no more memory than its state.

        fold = drbd.EventFold()
        for event in drbd.parse_events(lines):
            if fold.add(event).complete: ...
        fold.status

    Attributes:
        complete: whether all that was there at the beginning has been told.
        skipped: how many events the tool says that it lost; the state is not to be trusted then.
    """

    complete: bool = False
    skipped: int = 0
    _resources: dict[str, RawResource] = Factory(dict)
    _unparsed: list[str] = Factory(list)

    @property
    def status(self) -> Status:
        """The state so far."""
        return Status(resources=build(self._resources), unparsed=tuple(self._unparsed))

    def add(self, event: Event) -> "EventFold":
        """Take one event; return itself."""
        action, fields = event.action, event.fields
        if action in {"exists", "create", "change"}:
            if event.kind == "-":
                self.complete = True
            else:
                self._change(event.kind, fields)
        elif action == "destroy":
            self._destroy(event.kind, fields)
        elif action == "rename" and fields.get("name") in self._resources:
            found = self._resources.pop(fields["name"])
            self._resources[fields.get("new_name", fields["name"])] = found
        elif action == "skipped":
            self.skipped += int(fields["count"]) if fields["count"].isdecimal() else 1
        elif not action:
            self._unparsed.append(event.line)
            del self._unparsed[:-_MOST_UNPARSED]
        return self

    def _change(self, kind: str, fields: Mapping[str, str]) -> None:
        resource = self._resources.get(fields.get("name", ""))
        if resource is None:
            resource = self._resources[fields.get("name", "")] = RawResource()
        target = _target(resource, kind, fields)
        if target is None:
            return
        if kind == "peer-device" and _ends_a_sync(fields):
            for gone in SYNC_KEYS & target.keys():
                del target[gone]
        for key, value in fields.items():
            if key not in _KEYS:
                # With --diff: old->new.
                target[key] = value.rpartition("->")[2] if "->" in value else value

    def _destroy(self, kind: str, fields: Mapping[str, str]) -> None:
        name = fields.get("name", "")
        if kind == "resource":
            self._resources.pop(name, None)
            return
        resource = self._resources.get(name)
        if resource is None:
            return
        if kind == "device":
            resource.volumes.pop(_volume(fields), None)
            return
        if kind == "connection":
            resource.connections.pop(_peer(fields), None)
            return
        connection = resource.connections.get(_peer(fields))
        if connection is not None and kind == "peer-device":
            connection.volumes.pop(_volume(fields), None)
        elif connection is not None and kind == "path":
            connection.paths.pop(_path(fields), None)


_MOST_UNPARSED = 100


def _target(
    resource: RawResource, kind: str, fields: Mapping[str, str]
) -> dict[str, object] | None:
    """Return where the state of an event's object is kept."""
    if kind == "resource":
        return resource.fields
    if kind == "device":
        return resource.volumes.setdefault(_volume(fields), {})
    if kind not in {"connection", "peer-device", "path"}:
        return None
    connection = resource.connections.setdefault(_peer(fields), RawConnection())
    if kind == "peer-device":
        return connection.volumes.setdefault(_volume(fields), {})
    if kind == "path":
        return connection.paths.setdefault(_path(fields), {})
    if "peer-node-id" in fields:
        connection.fields["peer-node-id"] = fields["peer-node-id"]
    return connection.fields


def _ends_a_sync(fields: Mapping[str, str]) -> bool:
    """Tell whether an event says that nothing is synchronised any more."""
    replication = fields.get("replication")
    return replication is not None and replication.rpartition(">")[2] not in _SYNCING


def _volume(fields: Mapping[str, str]) -> int:
    text = fields.get("volume", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0  # noqa: PLR2004 - volumes end at 65535


def _peer(fields: Mapping[str, str]) -> str:
    return fields.get("conn-name") or f"node-id {fields.get('peer-node-id', '')}"


def _path(fields: Mapping[str, str]) -> str:
    return f"{fields.get('local', '')} {fields.get('peer', '')}"
