"""corosync's own view of its configuration and state: what corosync-cmapctl prints."""

import re
from collections.abc import Iterator, Mapping
from typing import Self

from attrs import field, frozen

from hakvm._frozen import FrozenMapping
from hakvm.secret import Secret

__all__ = ["Cmap", "CmapMember"]

_LINE = re.compile(r"(\S+) \((\w+)\)(?: = (.*))?", re.DOTALL)
_NUMBERS = re.compile(r"[iu](?:8|16|32|64)")
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_MEMBER = re.compile(r"runtime\.members\.([0-9]{1,10})\.(\w+)")
_ADDRESS = re.compile(r"r\(([0-9]{1,3})\) ip\(([^()]*)\)")

Value = int | float | str | None


def _frozen(found: Mapping[str, Value]) -> Mapping[str, Value]:
    return FrozenMapping(found)


@frozen(kw_only=True)
class CmapMember:
    """A node as corosync has met it.

    Attributes:
        nodeid: its id.
        status: `joined` or `left`.
        addresses: its addresses by the number of the link.
        joined: how often it has joined.
        config_version: of the file it had then; 0 for none.
    """

    nodeid: int
    status: str = ""
    addresses: Mapping[int, str] = field(factory=FrozenMapping[int, str])
    joined: int = 0
    config_version: int = 0


@frozen(kw_only=True)
class Cmap:
    """The map of keys and values in a running corosync: what `corosync-cmapctl` prints.

    Numbers are numbers, text is text, binary data is `None` (or text, where it was asked for).
    The key of the cluster, if it stands there, does not show.

    Attributes:
        values: by key, as `totem.token`.
        unparsed: the lines that are not understood.

    Source: cmap_keys(7); tools/corosync-cmapctl.c, print_key.
    """

    values: Mapping[str, Value] = field(factory=FrozenMapping[str, Value], converter=_frozen)
    unparsed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `corosync-cmapctl` prints, of any map and any prefix."""
        values: dict[str, Value] = {}
        unparsed: list[str] = []
        for line in text.splitlines():
            found = _LINE.fullmatch(line)
            if found is not None:
                known, value = _value(found[2], found[3])
                if known:
                    values[found[1]] = _hidden(found[1], value)
                    continue
            if line.strip():
                unparsed.append(line)
        return cls(values=values, unparsed=tuple(unparsed))

    def __getitem__(self, key: str) -> Value:
        return self.values[key]

    def __contains__(self, key: object) -> bool:
        return key in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def get(self, key: str, default: Value = None) -> Value:
        """Return the value of a key, or `default` where there is none."""
        return self.values.get(key, default)

    def under(self, prefix: str) -> Mapping[str, Value]:
        """Return what stands under a prefix, by the rest of the key."""
        lead = prefix.rstrip(".") + "."
        return {
            key.removeprefix(lead): value
            for key, value in self.values.items()
            if key.startswith(lead)
        }

    @property
    def members(self) -> Mapping[int, CmapMember]:
        """The nodes that corosync has met, by their ids: those that have left, too."""
        found: dict[int, dict[str, Value]] = {}
        for key, value in self.values.items():
            if said := _MEMBER.fullmatch(key):
                found.setdefault(int(said[1]), {})[said[2]] = value
        return {nodeid: _member(nodeid, said) for nodeid, said in found.items()}

    @property
    def token(self) -> int | None:
        """How long corosync really waits for the token, in ms: `token` with its coefficient."""
        value = self.values.get("runtime.config.totem.token")
        return value if isinstance(value, int) else None


def _hidden(key: str, value: Value) -> Value:
    return Secret(value) if key == "totem.key" and isinstance(value, str) else value


def _value(kind: str, text: str | None) -> tuple[bool, Value]:
    """Read a value by its kind; whether it is understood."""
    if _NUMBERS.fullmatch(kind):
        return (True, int(text)) if text and _WHOLE.fullmatch(text) else (False, None)
    if kind in {"flt", "dbl"}:
        try:
            return True, float(text or "")
        except ValueError:
            return False, None
    if kind == "str":
        return text is not None, text
    return kind == "bin", text


def _member(nodeid: int, said: Mapping[str, Value]) -> CmapMember:
    joined, version = said.get("join_count"), said.get("config_version")
    return CmapMember(
        nodeid=nodeid,
        status=str(said.get("status") or ""),
        addresses=FrozenMapping(
            {int(link): address for link, address in _ADDRESS.findall(str(said.get("ip") or ""))}
        ),
        joined=joined if isinstance(joined, int) else 0,
        config_version=version if isinstance(version, int) else 0,
    )
