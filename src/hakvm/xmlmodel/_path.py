"""Paths in a document: changing one thing deep in it, and finding the words that are unknown."""

import difflib
import re
from collections.abc import Iterator
from typing import Any, TypeVar

import attrs
from attrs import frozen

from hakvm.errors import InvalidError

__all__ = ["UnknownWord", "evolve_at", "unknown_words"]

T = TypeVar("T")

_STEP = re.compile(r"(?P<field>[a-z]\w*)(?:\[(?P<key>[^\[\]]+)\])?(?:\.|$)", re.ASCII)


def evolve_at(root: T, path: str, **changes: object) -> T:
    """Return `root` with fields of one element deep in it changed.

        evolve_at(domain, "devices.disks[vda].driver", cache="none")
        evolve_at(cib, "configuration.resources.items[fs].operations.ops[0]", timeout="60s")

    A step is a field; in brackets stands the place in a tuple, or what an item is
    called: its `id`, `name`, `uname`, its alias or the device of its target.

    Raises:
        InvalidError: there is nothing at the path, or a new value cannot stand there.
    """
    steps: list[tuple[str, str | None]] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None or (path[found.end() - 1] == "." and found.end() == len(path)):
            raise InvalidError(
                f"{path[at:]!r} is no path",
                path=path,
                value=path,
                hint="fields with dots between them, and [0] or [name] behind a tuple",
            )
        steps.append((found["field"], found["key"]))
        at = found.end()
    return _evolve(root, steps, changes, "")  # type: ignore[no-any-return]


def _evolve(
    node: Any,  # noqa: ANN401 - any element
    steps: list[tuple[str, str | None]],
    changes: dict[str, object],
    path: str,
) -> Any:  # noqa: ANN401 - as it came
    if not steps:
        known = {field.alias for field in attrs.fields(type(node))}
        for name in changes.keys() - known:
            raise InvalidError(f"{type(node).__name__} has no {name}", path=path, value=name)
        return attrs.evolve(node, **changes)
    (field, key), *rest = steps
    here = f"{path}.{field}" if path else field
    if field not in {known.name for known in attrs.fields(type(node))}:
        raise InvalidError(f"{type(node).__name__} has no {field}", path=here)
    child = getattr(node, field)
    if isinstance(child, tuple):
        i = _find(child, key, here)
        here = f"{here}[{key}]"
        new = (*child[:i], _evolve(child[i], rest, changes, here), *child[i + 1 :])
        return attrs.evolve(node, **{field: new})
    if key is not None:
        raise InvalidError(f"{field} is no tuple, so nothing can be chosen in it", path=here)
    if not attrs.has(type(child)):
        raise InvalidError(f"there is no element at {here}", path=here, value=child)
    return attrs.evolve(node, **{field: _evolve(child, rest, changes, here)})


def _find(items: tuple[Any, ...], key: str | None, path: str) -> int:
    """Return the place of an item that is called `key`, or stands there."""
    if key is None:
        raise InvalidError(f"{path} is a tuple: say which, as {path}[0]", path=path)
    if re.fullmatch(r"-?[0-9]+", key, re.ASCII):
        if -len(items) <= int(key) < len(items):
            return int(key) % len(items)
    else:
        for i, item in enumerate(items):
            if key in _names(item):
                return i
    called = sorted(name for item in items for name in _names(item))
    raise InvalidError(
        f"there is no [{key}] among {len(items)} in {path}",
        path=path,
        value=key,
        hint=f"there are {', '.join(called)}" if called else "",
    )


def _names(item: object) -> set[str]:
    found = [getattr(item, name, None) for name in ("id", "name", "uname")]
    found.append(getattr(getattr(item, "alias", None), "name", None))
    found.append(getattr(getattr(item, "target", None), "dev", None))
    return {name for name in found if isinstance(name, str)}


@frozen(kw_only=True)
class UnknownWord:
    """A word that stands where an enumeration does and is none of it: newer, or misspelt.

    Attributes:
        path: where, as `evolve_at` takes it.
        word: what stands there.
        close: the known word that is most like it; empty where none is.
    """

    path: str
    word: str
    close: str = ""


def unknown_words(root: Any, path: str = "") -> Iterator[UnknownWord]:  # noqa: ANN401 - any element
    """Yield the words of open enumerations that are not known here."""
    plan = root.__xml_plan__.ready()
    for field in (*plan.attributes.values(), *plan.kids):
        codec = field.codec
        value = getattr(root, field.name)
        here = f"{path}.{field.name}" if path else field.name
        if codec is not None and codec.words and type(value) is str:
            close = difflib.get_close_matches(value, codec.words, n=1)
            yield UnknownWord(path=here, word=value, close=close[0] if close else "")
        elif isinstance(value, tuple):
            for i, item in enumerate(value):
                if hasattr(item, "__xml_plan__"):
                    yield from unknown_words(item, f"{here}[{i}]")
        elif hasattr(value, "__xml_plan__"):
            yield from unknown_words(value, here)
