"""The difference of two domains in meaning: what libvirt fills in told apart from real change."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import attrs
from attrs import frozen

from hakvm.errors import HakvmError
from hakvm.libvirt._base import Scaled
from hakvm.libvirt._domain import Domain
from hakvm.xmlmodel import Element, Extra

__all__ = ["Diff", "Difference", "DifferenceKind", "diff"]


class DifferenceKind(StrEnum):
    """What kind of difference it is."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    FILLED = "filled"


@frozen(kw_only=True)
class Difference:
    """One thing in which two domains differ.

    Attributes:
        path: where, as `devices.disks[vda].driver.cache`.
        kind: `filled` is what libvirt adds itself when a domain is defined or started.
        old, new: the values; `None` where there is none.
    """

    path: str
    kind: DifferenceKind
    old: object = None
    new: object = None

    def __str__(self) -> str:
        sign = {"changed": "~", "added": "+", "removed": "-", "filled": "·"}[self.kind]
        if self.kind is DifferenceKind.CHANGED:
            return f"{sign} {self.path}: {_text(self.old)} → {_text(self.new)}"
        return f"{sign} {self.path}: {_text(self.new if self.old is None else self.old)}"


@frozen
class Diff:
    """The differences of two domains; false where nothing real has changed.

    Attributes:
        changes: what has really changed.
        filled: what libvirt filled in.
    """

    changes: tuple[Difference, ...] = ()
    filled: tuple[Difference, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __str__(self) -> str:
        return "\n".join(str(change) for change in self.changes) or "no difference"


# What libvirt and its drivers fill in on define and on start (virDomainDefPostParse,
# qemuDomainDefPostParse), by path without what stands in brackets.
_FILLED = re.compile(
    r"id|uuid|genid|current_memory(\..*)?|vcpu\.placement|on_\w+|resource(\..*)?|seclabels|pm(\..*)?"
    r"|os\.type\.(arch|machine)|os\.boots|os\.(loader|nvram|firmware_choice)(\..*)?|clock(\..*)?"
    r"|cpu(\..*)?|features(\..*)?|iothreadids|metadata|numatune(\..*)?"
    r"|devices\.(emulator|controllers|inputs|memballoon|audios|videos|consoles|hubs|sounds"
    r"|iommus|nvram|panics|serials)"
    r"|devices\..*\.(address|alias|index|model|model_name|target|mac|chassis\w*|port|name|type|tty"
    r"|vram|ram|vgamem|heads|primary|listens|listen|autoport|backing_store|portid|driver|state|path"
    r"|sources|source|blockio|edid|action|audio)(\..*)?"
)
_MACHINES = {"pc": "pc-i440fx-", "q35": "pc-q35-", "virt": "virt-", "pseries": "pseries-"}


def diff(old: Domain, new: Domain) -> Diff:
    """Return in what `new` differs from `old` in meaning.

    Order, white space, units (`1 GiB` and `1048576 KiB`), and values that are the default
    anyway make no difference. What the old one does not say and libvirt fills in
    (addresses, aliases, controllers, …) is kept apart.
    """
    found = list(_elements(old, new, ""))
    real = tuple(d for d in found if d.kind is not DifferenceKind.FILLED)
    return Diff(real, tuple(d for d in found if d.kind is DifferenceKind.FILLED))


def _text(value: object) -> str:
    if isinstance(value, Element):
        text = " ".join(line.strip() for line in value.render().splitlines())
        return text if len(text) <= 120 else f"{text[:117]}…"  # noqa: PLR2004 - fits a line
    return str(value)


def _added(path: str, new: object) -> Difference:
    bare = re.sub(r"\[[^\]]*\]", "", path)
    filled = _FILLED.fullmatch(bare) is not None
    kind = DifferenceKind.FILLED if filled else DifferenceKind.ADDED
    return Difference(path=path, kind=kind, new=new)


def _elements(old: Element, new: Element, path: str) -> Iterator[Difference]:
    if type(old) is not type(new):
        yield Difference(path=path, kind=DifferenceKind.CHANGED, old=old, new=new)
        return
    if isinstance(old, Scaled) and isinstance(new, Scaled) and _same_size(old, new):
        return
    for field in attrs.fields(type(old)):
        if field.eq:
            name = f"{path}.{field.name}" if path else field.name
            yield from _values(getattr(old, field.name), getattr(new, field.name), field, name)


def _same_size(old: Scaled, new: Scaled) -> bool:
    try:
        return old.size == new.size
    except HakvmError:
        return False


def _values(
    old: Any,  # noqa: ANN401 - any field's value
    new: Any,  # noqa: ANN401 - as above
    field: "attrs.Attribute[Any]",
    path: str,
) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, Extra):
        yield from _extras(old, new, path)
    elif isinstance(old, tuple) and isinstance(new, tuple):
        yield from _tuples(old, new, path)
    elif isinstance(old, Element) and isinstance(new, Element) and old != field.default:
        yield from _elements(old, new, path)
    elif old in (None, field.default):
        yield _added(path, new)
    elif new is None:
        yield Difference(path=path, kind=DifferenceKind.REMOVED, old=old)
    elif path == "os.type.machine" and str(new).startswith(_MACHINES.get(old, "\0")):
        yield Difference(path=path, kind=DifferenceKind.FILLED, old=old, new=new)
    else:
        yield Difference(path=path, kind=DifferenceKind.CHANGED, old=old, new=new)


def _extras(old: Extra, new: Extra, path: str) -> Iterator[Difference]:
    before, after = dict(old.attributes), dict(new.attributes)
    for name in before.keys() | after.keys():
        was, now = before.get(name), after.get(name)
        if was != now:
            kind = (
                DifferenceKind.ADDED
                if was is None
                else DifferenceKind.REMOVED
                if now is None
                else DifferenceKind.CHANGED
            )
            yield Difference(path=f"{path}.{name}", kind=kind, old=was, new=now)
    for child in old.children:
        if child not in new.children and not child.startswith("<!--"):
            yield Difference(path=path, kind=DifferenceKind.REMOVED, old=child)
    for child in new.children:
        if child not in old.children and not child.startswith("<!--"):
            yield Difference(path=path, kind=DifferenceKind.ADDED, new=child)


def _tuples(old: tuple[Any, ...], new: tuple[Any, ...], path: str) -> Iterator[Difference]:
    """Compare items that are the same thing: by what they are called, else by their place."""
    before, after = _named(old), _named(new)
    for name, item in before.items():
        here = f"{path}[{name}]"
        if name not in after:
            yield Difference(path=here, kind=DifferenceKind.REMOVED, old=item)
        elif isinstance(item, Element):
            yield from _elements(item, after[name], here)
        elif item != after[name]:
            yield Difference(path=here, kind=DifferenceKind.CHANGED, old=item, new=after[name])
    for name, item in after.items():
        if name not in before:
            yield _added(f"{path}[{name}]", item)


def _named(items: tuple[Any, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        name, n = _name(item), 0
        while f"{name}{n or ''}" in found or (not name and not n):
            if not name:
                name = str(len(found))
                break
            n += 1
        found[f"{name}{n or ''}"] = item
    return found


def _name(item: object) -> str:
    """Return what an item is called in its tuple: what stays when libvirt fills in the rest."""
    target = getattr(item, "target", None)
    for value in (
        getattr(target, "dev", None) if type(item).__name__ == "Disk" else None,
        getattr(target, "name", None),
        getattr(getattr(item, "mac", None), "address", None),
    ):
        if value:
            return str(value)
    if type(item).__name__ == "Controller":
        model = getattr(item, "model", None)
        return f"{getattr(item, 'type', '')} {model}" if model else str(getattr(item, "type", ""))
    for field in ("name", "id", "vcpu", "dev"):
        value = getattr(item, field, None)
        if value is not None:
            return str(value)
    return ""
