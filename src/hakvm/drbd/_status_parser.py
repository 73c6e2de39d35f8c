"""Makes a status of what the tools print, whichever way they print it.

JSON, text and events have one vocabulary but for a few words. So each is first
brought into one shape (`RawResource` and below), then typed by one set of tables.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from attrs import Factory, define

from hakvm._frozen import FrozenMapping
from hakvm.drbd._status import (
    ConnectionStatus,
    PathStatus,
    PeerVolumeStatus,
    ResourceStatus,
    SyncStatus,
    VolumeStatus,
)
from hakvm.drbd._words import ConnectionState, DiskState, Role
from hakvm.errors import ParseError

__all__ = ["COLOUR", "SYNC_KEYS", "RawConnection", "RawResource", "build", "parse"]

Fields = dict[str, object]
Table = Mapping[str, tuple[str, Callable[[object], object]]]
_UNKNOWN_SECONDS = 987654321  # what 9's JSON gives for a time that is not known


@define
class RawConnection:
    """A connection, as it was told."""

    fields: Fields = Factory(dict)
    volumes: dict[int, Fields] = Factory(dict)
    paths: dict[str, Fields] = Factory(dict)


@define
class RawResource:
    """A resource, as it was told."""

    fields: Fields = Factory(dict)
    volumes: dict[int, Fields] = Factory(dict)
    connections: dict[str, RawConnection] = Factory(dict)


def _int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)) or len(str(value)) > 20:  # noqa: PLR2004 - digits of 2⁶⁴
        raise ValueError(value)
    return int(value)


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    return {"yes": True, "no": False}[str(value)]


def _float(value: object) -> float:
    number = float(value) if isinstance(value, (int, float, str)) else math.nan
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _kib(value: object) -> float:
    """Sectors as KiB."""
    return _float(value) / 2


def _words(value: object) -> tuple[str, ...]:
    return tuple(word for word in str(value).split(",") if word not in {"", "no"})


def _seconds(value: object) -> timedelta | None:
    number = _float(value)
    return None if number >= _UNKNOWN_SECONDS else timedelta(seconds=number)


def _milliseconds(value: object) -> timedelta:
    return timedelta(milliseconds=_float(value))


def _connection_state(value: object) -> ConnectionState:
    return ConnectionState(str(value))


def _disk_state(value: object) -> DiskState:
    return DiskState(str(value))


def _role(value: object) -> Role:
    return Role(str(value))


_RESOURCE: Table = {
    "node-id": ("node_id", _int),
    "role": ("role", _role),
    "suspended": ("suspended", _words),
    "force-io-failures": ("force_io_failures", _bool),
    "write-ordering": ("write_ordering", str),
    "may_promote": ("may_promote", _bool),
    "promotion_score": ("promotion_score", _int),
}
_VOLUME: Table = {
    "minor": ("minor", _int),
    "disk": ("disk", _disk_state),
    "disk-state": ("disk", _disk_state),
    "backing_dev": ("backing_device", str),
    "client": ("client", _bool),
    "open": ("open", _bool),
    "quorum": ("quorum", _bool),
    "size": ("size", _int),
    "read": ("read", _int),
    "written": ("written", _int),
    "al-writes": ("activity_log_writes", _int),
    "bm-writes": ("bitmap_writes", _int),
    "upper-pending": ("upper_pending", _int),
    "lower-pending": ("lower_pending", _int),
    "al-suspended": ("activity_log_suspended", _bool),
    "blocked": ("blocked", str),
}
_CONNECTION: Table = {
    "peer-node-id": ("peer_node_id", _int),
    "node-id": ("peer_node_id", _int),
    "connection": ("connection", _connection_state),
    "connection-state": ("connection", _connection_state),
    "role": ("peer_role", _role),
    "peer-role": ("peer_role", _role),
    "congested": ("congested", _bool),
    "ap-in-flight": ("application_in_flight", _int),
    "rs-in-flight": ("resync_in_flight", _int),
    "tls": ("tls", _bool),
}
_PEER_VOLUME: Table = {
    "replication": ("replication", _connection_state),
    "replication-state": ("replication", _connection_state),
    "peer-disk": ("peer_disk", _disk_state),
    "peer-disk-state": ("peer_disk", _disk_state),
    "peer-client": ("peer_client", _bool),
    "resync-suspended": ("resync_suspended", _words),
    "received": ("received", _int),
    "sent": ("sent", _int),
    "out-of-sync": ("out_of_sync", _int),
    "pending": ("pending", _int),
    "unacked": ("unacked", _int),
    "percent-in-sync": ("percent_in_sync", _float),
}
_SYNC: Table = {
    "done": ("percent", _float),
    "percent-resync-done": ("percent", _float),
    "eta": ("finish", _seconds),
    "estimated-seconds-to-finish": ("finish", _seconds),
    "rs-total": ("total", _kib),
    "rs-failed": ("failed", _kib),
    "rs-same-csum": ("same_checksum", _kib),
    "ov-start-sector": ("verify_start", _kib),
    "ov-stop-sector": ("verify_stop", _kib),
    "ov-position": ("verify_position", _kib),
    "ov-left": ("verify_left", _kib),
    "ov-skipped": ("verify_skipped", _kib),
    "want": ("want", _float),
    "dbdt1": ("rate", _float),
    "db1/dt1 [MiB/s]": ("rate", _float),
    "dbdt0": ("recent_rate", _float),
    "db0/dt0 [MiB/s]": ("recent_rate", _float),
    "dbdt": ("average_rate", _float),
    "db/dt [MiB/s]": ("average_rate", _float),
    "rs-dt-start-ms": ("running", _milliseconds),
    "rs-paused-ms": ("paused", _milliseconds),
}
_MARKS = frozenset({"rs-dt0-ms", "rs-db0-sectors", "rs-dt1-ms", "rs-db1-sectors"})
# They say which of the others are there.
_IMPLIED = frozenset({"has-sync-details", "has-online-verify-details"})
SYNC_KEYS = frozenset(_SYNC) | _MARKS
"""What is told of a volume only while it is being synchronised."""
_PATH: Table = {"established": ("established", _bool)}


def _typed(fields: Fields, table: Table) -> tuple[Fields, Fields]:
    """Type what the table knows; the rest comes second, as texts."""
    known: Fields = {}
    more: Fields = {}
    for key, value in fields.items():
        spec = table.get(key)
        if spec is not None:
            try:
                known[spec[0]] = spec[1](value)
            except (ValueError, KeyError, OverflowError):
                pass
            else:
                continue
        more[key] = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return known, more


def _volume(number: int, fields: Fields) -> VolumeStatus:
    known, more = _typed(fields, _VOLUME)
    return VolumeStatus(number=number, **known, more=FrozenMapping(more))  # type: ignore[arg-type]  # typed by the table


def _peer_volume(number: int, fields: Fields) -> PeerVolumeStatus:
    known, rest = _typed({k: v for k, v in fields.items() if k not in _IMPLIED}, _PEER_VOLUME)
    sync, more = _typed(rest, _SYNC)
    marks = {key: int(str(more.pop(key))) for key in _MARKS & more.keys() if _whole(more[key])}
    if sync or marks:
        known["sync"] = SyncStatus(**sync, marks=FrozenMapping(marks))  # type: ignore[arg-type]  # as above
    return PeerVolumeStatus(number=number, **known, more=FrozenMapping(more))  # type: ignore[arg-type]  # as above


def _whole(value: object) -> bool:
    return re.fullmatch(r"-?[0-9]{1,20}", str(value), re.ASCII) is not None


def _connection(name: str, raw: RawConnection) -> ConnectionStatus:
    known, more = _typed(raw.fields, _CONNECTION)
    paths = {}
    for key, fields in raw.paths.items():
        typed, rest = _typed(fields, _PATH)
        local, peer = str(rest.pop("local", "")), str(rest.pop("peer", ""))
        paths[key] = PathStatus(local=local, peer=peer, **typed, more=FrozenMapping(rest))  # type: ignore[arg-type]  # as above
    return ConnectionStatus(
        name=name,
        **known,  # type: ignore[arg-type]  # as above
        volumes=FrozenMapping((n, _peer_volume(n, one)) for n, one in raw.volumes.items()),
        paths=FrozenMapping(paths),
        more=FrozenMapping(more),  # type: ignore[arg-type]  # as above
    )


def build(raw: Mapping[str, RawResource]) -> FrozenMapping[str, ResourceStatus]:
    """Type all resources."""
    return FrozenMapping((name, _resource(name, one)) for name, one in raw.items())


def _resource(name: str, raw: RawResource) -> ResourceStatus:
    known, more = _typed(raw.fields, _RESOURCE)
    return ResourceStatus(
        name=name,
        **known,  # type: ignore[arg-type]  # as above
        volumes=FrozenMapping((n, _volume(n, one)) for n, one in raw.volumes.items()),
        connections=FrozenMapping((n, _connection(n, one)) for n, one in raw.connections.items()),
        more=FrozenMapping(more),  # type: ignore[arg-type]  # as above
    )


def parse(text: str, source: str) -> tuple[FrozenMapping[str, ResourceStatus], tuple[str, ...]]:
    """Read JSON or text."""
    if text.lstrip().startswith("["):
        return build(_from_json(text, source)), ()
    raw, unparsed = _from_text(text)
    return build(raw), tuple(unparsed)


# --- JSON -----------------------------------------------------------------------

_STRING_LINE = re.compile(r'(?m)^(\s*"[^"\n]*":\s*")(.*)("\s*,?\s*)$')
_NOT_A_NUMBER = re.compile(r'(":\s*)-?(?:nan|inf)\b')


def _escape(found: re.Match[str]) -> str:
    return found[1] + json.dumps(found[2])[1:-1] + found[3]


def _from_json(text: str, source: str) -> dict[str, RawResource]:
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        # The tool does not escape names, and prints `nan` for a share of nothing.
        mended = _STRING_LINE.sub(_escape, _NOT_A_NUMBER.sub(r"\1null", text))
        try:
            found = json.loads(mended)
        except json.JSONDecodeError as error:
            at = error.pos if mended == text else 0
            raise ParseError.at(f"no JSON: {error.msg}", text, at, source=source) from None
        except RecursionError:
            raise ParseError("nested too deeply", source=source) from None
    except ValueError as error:  # a number of more than 4,300 digits
        raise ParseError(f"no status: {error}", source=source) from None
    try:
        return {str(one["name"]): _json_resource(one) for one in found}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ParseError(
            f"no status of drbdsetup: {type(error).__name__}: {error}",
            source=source,
            hint="read what `drbdsetup status --json` prints",
        ) from None


def _plain(found: dict[str, object], *but: str) -> Fields:
    return {key: value for key, value in found.items() if key not in but and value is not None}


_REASONS = ("user", "no-data", "fencing", "quorum")


def _json_resource(found: dict[str, object]) -> RawResource:
    fields = _plain(found, "name", "devices", "connections")
    if fields.get("node-id") == -1:  # its way to say that there is none
        del fields["node-id"]
    told = [reason for reason in _REASONS if fields.pop(f"suspended-{reason}", False) is True]
    if isinstance(fields.get("suspended"), bool):
        fields["suspended"] = ",".join(told)
    raw = RawResource(fields=fields)
    for device in _list(found, "devices"):
        raw.volumes[_int(device["volume"])] = _plain(device, "volume")
    for connection in _list(found, "connections"):
        one = RawConnection(fields=_plain(connection, "name", "peer_devices", "paths"))
        for volume in _list(connection, "peer_devices"):
            one.volumes[_int(volume["volume"])] = _plain(volume, "volume")
        for path in _list(connection, "paths"):
            local, peer = (_json_address(path.get(key)) for key in ("this_host", "remote_host"))
            one.paths[f"{local} {peer}"] = {
                **_plain(path, "this_host", "remote_host"),
                "local": local,
                "peer": peer,
            }
        name = str(connection.get("name") or f"node-id {connection.get('peer-node-id')}")
        raw.connections[name] = one
    return raw


def _list(found: dict[str, object], key: str) -> list[dict[str, object]]:
    value = found.get(key, [])
    if not isinstance(value, list):
        raise TypeError(f"{key} is no list")
    return value


def _json_address(found: object) -> str:
    if not isinstance(found, dict):
        return str(found)
    ip, family = str(found.get("address", "")), str(found.get("family", "ipv4"))
    return f"{family}:{f'[{ip}]' if ':' in ip else ip}:{found.get('port', '')}"


# --- text -----------------------------------------------------------------------

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_INDENTED = re.compile(r"( *)(.*)")


def _pairs(words: str) -> Fields:
    """Split `key:value` pairs."""
    pairs = (word.partition(":") for word in words.split(" "))
    return {key: value for key, colon, value in pairs if colon}


class _TextReader:
    """Reads the text of `status`: what a line belongs to shows in its indentation."""

    def __init__(self) -> None:
        self.resources: dict[str, RawResource] = {}
        self.unparsed: list[str] = []
        self._resource: RawResource | None = None
        self._connection: RawConnection | None = None
        self._last: Fields | None = None

    def line(self, line: str) -> None:
        """Take one line."""
        found = _INDENTED.match(COLOUR.sub("", line).rstrip())
        if found is None or not found[2]:
            return
        depth, words = len(found[1]), found[2]
        if words.startswith("#"):
            return
        if depth == 0:
            self._begin(words)
        elif self._resource is None or not self._below(self._resource, depth, words):
            self.unparsed.append(line)

    def _begin(self, words: str) -> None:
        name, _, rest = words.partition(" ")
        if not rest or ":" not in rest:
            self._resource = None
            self.unparsed.append(words)
            return
        self._resource = RawResource(fields=_pairs(rest))
        self.resources[name] = self._resource
        self._connection, self._last = None, self._resource.fields

    def _below(self, resource: RawResource, depth: int, words: str) -> bool:
        first = words.partition(" ")[0]
        key = first.partition(":")[0]
        if depth == 2 and key in {"volume", "disk"}:  # noqa: PLR2004 - drbdsetup's own
            fields = _pairs(words)
            self._last = resource.volumes.setdefault(_number(fields.pop("volume", 0)), fields)
            self._connection = None
        elif depth == 2 and (":" not in first or key == "node-id"):  # noqa: PLR2004 - as above
            name = first if ":" not in first else f"node-id {first.partition(':')[2]}"
            self._connection = resource.connections.setdefault(name, RawConnection())
            self._connection.fields |= _pairs(words)
            self._last = self._connection.fields
        elif depth == 4 and self._connection is not None and key in _BEGINS:  # noqa: PLR2004 - as above
            fields = _pairs(words)
            number = _number(fields.pop("volume", 0))
            self._last = self._connection.volumes.setdefault(number, fields)
        elif self._last is not None and ":" in first:
            self._last |= _pairs(words)
        else:
            return False
        return True


_BEGINS = frozenset({"volume", "replication", "peer-disk"})


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0  # noqa: PLR2004 - volumes end at 65535


def _from_text(text: str) -> tuple[dict[str, RawResource], list[str]]:
    reader = _TextReader()
    for line in text.splitlines():
        reader.line(line)
    return reader.resources, reader.unparsed
