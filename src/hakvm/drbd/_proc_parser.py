"""Reads /proc/drbd: one regex for what nearly all devices look like, a line at a time for the rest.

The forms are those of `drbd_proc.c` (drbd 0.7 to 9.2). The fast way and the
slow way must agree: the tests hold one against the other.
"""

import re
from datetime import timedelta
from typing import Any

import attrs

from hakvm.drbd._proc import Device, Flags, LruCache, ProtocolRange, Resync
from hakvm.drbd._words import ConnectionState, DiskState, Role, WriteOrder

__all__ = ["parse", "unpack"]

# One whole device as 8.3.1 to 9.2 print it, without progress lines.
_N = "([0-9]{1,20})"
_Z = "(-?[0-9]{1,20})"
DEVICE = re.compile(
    rf"""[ ]*{_N}:[ ]cs:(\w+)[ ]ro:(\w+)/(\w+)[ ]ds:(\w+)/(\w+)[ ]([ABC ])[ ]
    ([rs][-a][-p][-u][-dcbna][-s])\n
    [ \t]+ns:{_N}[ ]nr:{_N}[ ]dw:{_N}[ ]dr:{_N}[ ]al:{_N}[ ]bm:{_N}
    [ ]lo:{_Z}[ ]pe:{_Z}[ ]ua:{_Z}[ ]ap:{_Z}[ ]ep:{_Z}
    [ ]wo:(\w)[ ]oos:{_N}\n(?=\n|[ ]*[0-9]+:[ ]cs:|\Z)""",
    re.VERBOSE | re.ASCII,
)
_VERSION = re.compile(
    r"version: (\S+)(?: \(compat (\S+)\))? "
    r"\(api:([0-9]{1,9})/proto:([0-9]{1,9})(?:-([0-9]{1,9}))?\)\s*(?:\(compat (\S+)\))?\s*",
    re.ASCII,
)
_BUILD = re.compile(r"(?:GIT-hash:|srcversion:|built-in|SVN Revision:).*")
_TRANSPORTS = re.compile(r"Transports \(api:[0-9]+\):(.*)")
_HEAD = re.compile(
    r"""[ ]*([0-9]{1,20}):[ ]cs:(\S+)
    (?:\s+(?:ro|st):([^/\s]*)/(\S*))?
    (?:\s+(?:ds:([^/\s]*)/(\S*)|ld:(\S+)))?
    (?:[ ](?:([ABC ])[ ])?([-a-zA-Z\0]{4,8}))?\s*""",
    re.VERBOSE | re.ASCII,
)
_COUNTERS = re.compile(r"\s+(?:[a-z]+:\S+\s*)+", re.ASCII)
_PAIR = re.compile(r"([a-z_]+):\s*(\S+)", re.ASCII)
_PROGRESS = re.compile(
    r"""\s*\[[=>.]*\]\s*(sync'ed|verified):\s*([0-9]+(?:\.[0-9]+)?)%\s*
    \(([0-9]{1,20})/([0-9]{1,20})\)([KM]?)\s*(.*)""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_OLD_VERIFY = re.compile(r"\s*([0-9]{1,3})%\s+([0-9]{1,20})/([0-9]{1,20})\s*", re.ASCII)
_NUMBER = r"(-?[0-9]+(?:,[0-9]+)*)"
_FINISH = re.compile(
    rf"""\s*M?finish:\s*(?:([0-9]+):([0-9]+):([0-9]+)|\S+)\s+speed:\s*{_NUMBER}
    (?:\s*\({_NUMBER}(?:\s*--\s*{_NUMBER})?\))?(?:\s*want:\s*{_NUMBER})?
    (?:\s*K/sec)?(?:\s*(\(stalled\)))?\s*""",
    re.VERBOSE | re.ASCII,
)
_SECTORS = re.compile(
    r"\s*[0-9]{1,3}%\s+sector pos:\s*([0-9]{1,20})/([0-9]{1,20})"
    r"(?:\s+stop sector:\s*([0-9]{1,20}))?\s*",
    re.ASCII,
)
_CACHE = re.compile(
    r"\s*(resync|act_log):\s*used:([0-9]+)/([0-9]+)\s+hits:([0-9]+)\s+misses:([0-9]+)"
    r"\s+starving:([0-9]+)(?:\s+locked:([0-9]+))?\s+(?:changed|dirty):([0-9]+)\s*",
    re.ASCII,
)
_BLOCKED = re.compile(r"\s*blocked on activity log: ([0-9]{1,20})\s*", re.ASCII)
_COUNTER_NAMES = {
    "ns": "sent",
    "nr": "received",
    "dw": "written",
    "dr": "read",
    "al": "activity_log",
    "bm": "bitmap",
    "lo": "local",
    "pe": "pending",
    "ua": "unacked",
    "ap": "application",
    "ep": "epochs",
    "oos": "out_of_sync",
}
_LONGEST_NUMBER = 20  # digits of 2⁶⁴: more are no number of the kernel's
Fields = dict[str, Any]

_COUNTERS_IN_ORDER = [name for name in _COUNTER_NAMES.values() if name != "out_of_sync"]
_ABSENT: Fields = {one.name: one.default for one in attrs.fields(Device)}


def parse(text: str) -> Fields:
    """Return the fields of a `ProcDrbd`."""
    proc: Fields = {"unparsed": []}
    devices: list[Device | Fields] = []
    at, end, match, new = 0, len(text), DEVICE.match, object.__new__
    while at < end:
        found = match(text, at)
        if found is not None:
            at = found.end()
            device = new(Device)
            device.__dict__["_words"] = found.groups()  # understood when it is looked at
            devices.append(device)
            continue
        stop = text.find("\n", at)
        stop = end if stop < 0 else stop
        _line(text[at:stop], proc, devices)
        at = stop + 1
    proc["devices"] = [one if isinstance(one, Device) else _finished(one) for one in devices]
    return proc


def unpack(words: tuple[str, ...]) -> Fields:
    """Return the fields of a device from what `DEVICE` captured."""
    minor, cs, role, peer_role, disk, peer_disk, protocol, letters = words[:8]
    return _ABSENT | {
        "minor": int(minor),
        "connection": ConnectionState.of(cs),
        "role": Role.of(role),
        "peer_role": Role.of(peer_role),
        "disk": DiskState.of(disk),
        "peer_disk": DiskState.of(peer_disk),
        "protocol": protocol.strip(),
        "flags": Flags(letters),
        **dict(zip(_COUNTERS_IN_ORDER, map(int, words[8:19]), strict=True)),
        "write_order": WriteOrder.of(words[19]),
        "out_of_sync": int(words[20]),
    }


def _finished(fields: Fields) -> Device:
    progress = fields.pop("progress", None)
    if progress is not None:
        fields["resync"] = Resync(**progress)
    return Device(**fields)


def _line(line: str, proc: Fields, devices: list[Device | Fields]) -> None:
    """Take one line, wherever it belongs; or leave it to `unparsed`."""
    if not line.strip():
        return
    head = _HEAD.fullmatch(line)
    if head is not None:
        devices.append(_head(head))
        return
    current: Fields | None = None
    if devices:
        last = devices[-1]
        current = last if not isinstance(last, Device) else None
    understood = (
        _detail(line, current) if current is not None else not devices and _header(line, proc)
    )
    if not understood:
        begun = re.match(r" *([0-9]{1,20}): cs:(\S*)", line)
        if begun is not None:
            # A device whose line has a form that is not known yet is a device all the same.
            devices.append({"minor": int(begun[1]), "connection": ConnectionState(begun[2])})
        proc["unparsed"].append(line)


def _header(line: str, proc: Fields) -> bool:
    version = _VERSION.fullmatch(line)
    if version is not None:
        low = int(version[4])
        proc |= {
            "version": version[1],
            "compat": version[2] or version[6] or "",
            "api": int(version[3]),
            "proto": ProtocolRange(low, int(version[5] or low)),
        }
        return True
    if _BUILD.fullmatch(line):
        proc["build"] = line.strip()
        return True
    transports = _TRANSPORTS.fullmatch(line)
    if transports is not None:
        proc["transports"] = tuple(re.findall(r"([\w-]+)(?:\s*\([^)]*\))?", transports[1]))
        return True
    return False


def _head(found: re.Match[str]) -> Fields:
    minor, cs, role, peer_role, disk, peer_disk, local_disk, protocol, letters = found.groups()
    if cs == "Unconfigured":
        # What the kernel says of a device that is StandAlone, Diskless and Secondary.
        return {
            "minor": int(minor),
            "configured": False,
            "connection": ConnectionState.UNCONFIGURED,
            "role": Role.SECONDARY,
            "disk": DiskState.DISKLESS,
        }
    fields: Fields = {"minor": int(minor), "connection": ConnectionState(cs)}
    if role is not None:
        fields |= {"role": Role(role), "peer_role": Role(peer_role)}
    if local_disk is not None:
        fields["disk"] = DiskState(local_disk)
    elif disk is not None:
        fields |= {"disk": DiskState(disk), "peer_disk": DiskState(peer_disk)}
    fields |= {"protocol": (protocol or "").strip(), "flags": Flags(letters or "")}
    return fields


def _detail(line: str, fields: Fields) -> bool:
    """Take a line below a device."""
    if _COUNTERS.fullmatch(line) and not _CACHE.fullmatch(line):
        return _counters(line, fields)
    progress = _PROGRESS.fullmatch(line)
    if progress is not None:
        scale = 1024 if progress[5] == "M" else 1
        fields["progress"] = {
            "kind": "sync" if progress[1] == "sync'ed" else "verify",
            "percent": float(progress[2]),
            "left": int(progress[3]) * scale,
            "total": int(progress[4]) * scale,
        }
        # Linux 2.6.39 to 3.15 forgot the line's end.
        return not progress[6].strip() or _detail(progress[6], fields)
    found = _OLD_VERIFY.fullmatch(line)
    if found is not None:
        done, total = int(found[2]), int(found[3])
        fields["progress"] = {"kind": "verify", "percent": float(found[1]), "total": total // 2}
        fields["progress"]["left"] = max(0, total - done) // 2
        return True
    return _progress_detail(line, fields) or _cache(line, fields)


def _counters(line: str, fields: Fields) -> bool:
    understood = True
    for name, text in _PAIR.findall(line):
        if name == "wo":
            fields["write_order"] = WriteOrder(text)
        elif name in _COUNTER_NAMES and re.fullmatch(r"-?[0-9]{1,20}", text, re.ASCII):
            fields[_COUNTER_NAMES[name]] = int(text)
        else:
            understood = False
    return understood


def _progress_detail(line: str, fields: Fields) -> bool:
    finish = _FINISH.fullmatch(line)
    if finish is not None:
        hours, minutes, seconds, speed, first, second, want, stalled = finish.groups()
        numbers = {
            "speed": speed,
            "recent": first if second is not None else None,
            "average": second if second is not None else first,
            "want": want,
        }
        progress = fields.setdefault("progress", {})
        progress |= {name: _number(text) for name, text in numbers.items() if text is not None}
        if hours is not None:
            progress["finish"] = _duration(hours, minutes, seconds)
        if stalled:
            progress["stalled"] = True
        return True
    if line.strip() == "stalled":
        fields.setdefault("progress", {})["stalled"] = True
        return True
    sectors = _SECTORS.fullmatch(line)
    if sectors is not None:
        progress = fields.setdefault("progress", {})
        progress |= {"sector": int(sectors[1]), "sectors": int(sectors[2])}
        if sectors[3] is not None:
            progress["stop_sector"] = int(sectors[3])
        return True
    return False


def _number(text: str) -> int:
    return int(text.replace(",", "")[:_LONGEST_NUMBER])


def _duration(hours: str, minutes: str, seconds: str) -> timedelta | None:
    try:
        return timedelta(
            hours=int(hours[:_LONGEST_NUMBER]),
            minutes=int(minutes[:_LONGEST_NUMBER]),
            seconds=int(seconds[:_LONGEST_NUMBER]),
        )
    except OverflowError:  # longer than anyone will wait: the kernel does not know either
        return None


def _cache(line: str, fields: Fields) -> bool:
    cache = _CACHE.fullmatch(line)
    if cache is not None:
        used, size, hits, misses, starving, locked, changed = (
            None if text is None else int(text[:_LONGEST_NUMBER]) for text in cache.groups()[1:]
        )
        name = "resync_cache" if cache[1] == "resync" else "activity_cache"
        fields[name] = LruCache(
            used=used,
            size=size,
            hits=hits,
            misses=misses,
            starving=starving,
            locked=locked,
            changed=changed,
        )
        return True
    blocked = _BLOCKED.fullmatch(line)
    if blocked is not None:
        fields["blocked_on_activity_log"] = int(blocked[1])
        return True
    return False
