"""What an annotation says beyond its type: where in the XML the value stands."""

import re

from attrs import frozen

__all__ = ["Attr", "By", "Flag", "Leaf", "Text"]

_NAME = re.compile(r"(\{[^{}]*\})?[A-Za-z_][\w.-]*", re.ASCII)


def check_name(name: str) -> str:
    """Return an XML name, or raise TypeError: a class's declaration is wrong."""
    if not _NAME.fullmatch(name):
        raise TypeError(f"{name!r} is no XML name")
    return name


@frozen
class Attr:
    """The attribute of that name, where the field's own name is another."""

    name: str | None = None


@frozen
class Leaf:
    """A child element that holds a scalar as its text: `<name>text</name>`."""

    name: str | None = None


@frozen
class Text:
    """The element's own text."""


@frozen
class Flag:
    """A bool: whether an empty child element is there, as `<acpi/>`."""

    name: str | None = None


@frozen
class By:
    """Of several classes for one tag, an attribute chooses: each says `when`.

    Attributes:
        attribute: its name.
        parent: whether it is the parent's attribute, not the element's own.
        default: what holds where the attribute is absent.
    """

    attribute: str
    parent: bool = False
    default: str | None = None
