"""Walk a tree of elements, and make another one from it."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import attrs

from hakvm.xmlmodel import Element

__all__ = ["child_fields", "children", "transform", "walk"]

E = TypeVar("E", bound=Element)


_NAMES: dict[type[Element], tuple[str, ...]] = {}


def child_fields(cls: type[Element]) -> tuple[str, ...]:
    """Return the names of the fields of `cls` that may hold elements."""
    found = _NAMES.get(cls)
    if found is None:
        found = _NAMES[cls] = _holding(cls)
    return found


def _holding(cls: type[Element]) -> tuple[str, ...]:
    return tuple(kid.name for kid in cls.__xml_plan__.ready().kids if kid.classes)


def children(element: Element) -> Iterator[Element]:
    """Yield the elements directly below `element`."""
    for name in child_fields(type(element)):
        value = getattr(element, name)
        if isinstance(value, tuple):
            for one in value:
                if isinstance(one, Element):
                    yield one
        elif isinstance(value, Element):
            yield value


def walk(element: Element) -> Iterator[Element]:
    """Yield `element` and all below it, in order."""
    yield element
    for child in children(element):
        yield from walk(child)


def transform(element: E, change: Callable[[Element], Element | None]) -> E:
    """Return `element` with `change` applied to all that is below it, from the leaves up.

    What `change` returns takes the place of what it was given; `None` takes it
    away. What does not change is kept as it is, to the object.
    """
    changes: dict[str, Any] = {}
    for name in child_fields(type(element)):
        value = getattr(element, name)
        if isinstance(value, tuple):
            if value and isinstance(value[0], Element):
                new = tuple(
                    one for one in (_transformed(each, change) for each in value) if one is not None
                )
                if len(new) != len(value) or any(
                    a is not b for a, b in zip(new, value, strict=True)
                ):
                    changes[name] = new
        elif isinstance(value, Element):
            one = _transformed(value, change)
            if one is not value:
                changes[name] = one
    if changes:
        element = attrs.evolve(element, **changes)
    return element


def _transformed(element: Element, change: Callable[[Element], Element | None]) -> Element | None:
    return change(transform(element, change))
