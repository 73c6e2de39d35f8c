"""Ids that a person can read and that no other element has."""

import re
from collections.abc import Iterable
from typing import Any, Self, TypeVar

import attrs

from hakvm.errors import InvalidError
from hakvm.pacemaker._constraints import ResourceRef
from hakvm.pacemaker._history import StatusSection
from hakvm.pacemaker._nvpairs import Nvpair
from hakvm.pacemaker._resources import Op, Operations
from hakvm.pacemaker._sections import AclRoleRef, LegacyRoleRef, Node, ObjRef
from hakvm.pacemaker._tree import child_fields, children
from hakvm.xmlmodel import Element

__all__ = ["Ids", "check_id", "defined_ids", "name_parts"]

E = TypeVar("E", bound=Element)

_REFERENCES = (ResourceRef, ObjRef, AclRoleRef, LegacyRoleRef)
_NAMELESS = (Operations,)  # the schema asks for no id of theirs
_NCNAME = re.compile(r"[^\W\d][\w.-]*")
_ODD = re.compile(r"[^\w.-]+")


def check_id(text: str, *, path: str = "id") -> str:
    """Return `text` if it may be an id: a letter or `_`, then letters, digits, `.`, `_`, `-`.

    Raises:
        InvalidError: it may not (XML 1.0, NCName: what the schema's ID demands).
    """
    if not _NCNAME.fullmatch(text):
        raise InvalidError(
            f"{text!r} cannot be an id",
            path=path,
            value=text,
            hint="a letter or _ first, then letters, digits, dots, dashes and underscores",
        )
    return text


def defined_ids(root: Element) -> Iterable[tuple[str, Element]]:
    """Yield each id that `root` and what is below it define, with the element that does.

    References are no definitions, and the status section and the nodes count
    ids of their own.
    """
    if isinstance(root, StatusSection):
        return
    if not isinstance(root, (*_REFERENCES, Node)):
        found = getattr(root, "id", None)
        if found:
            yield found, root
    for child in children(root):
        yield from defined_ids(child)


class Ids:
    """Makes ids that read well and are not taken; never changes one that is there."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    @classmethod
    def of(cls, root: Element) -> Self:
        """Begin with the ids that `root` and what is below it define."""
        return cls(found for found, _ in defined_ids(root))

    def __contains__(self, found: object) -> bool:
        return found in self._taken

    def new(self, *parts: str) -> str:
        """Return `parts` joined by dashes, with a number behind it where that is taken."""
        stem = _ODD.sub("_", "-".join(part for part in parts if part)) or "id"
        if not _NCNAME.match(stem):
            stem = f"_{stem}"
        found, number = stem, 0
        while found in self._taken:
            number += 1
            found = f"{stem}-{number}"
        self._taken.add(found)
        return found


def _stem(element: Element) -> str:
    if isinstance(element, Nvpair):
        return element.name or "nvpair"
    if isinstance(element, Op):
        return f"{element.name}-{element.interval}"
    return str(type(element).__xml_plan__.tag)


def _wants_id(element: Element) -> bool:
    if isinstance(element, (*_REFERENCES, *_NAMELESS)) or not hasattr(type(element), "id"):
        return False
    return not getattr(element, "id") and not getattr(element, "id_ref", None)  # noqa: B009 - only some elements have one


def name_parts(element: E, ids: Ids, *, owner: str = "", again: bool = False) -> E:
    """Return `element` with an id for all below it that want one, named after what they are in.

    With `again` the ids that are taken are made anew as well: for something
    that comes from elsewhere.
    """
    own = getattr(element, "id", None) or owner
    changes: dict[str, Any] = {}
    for name in child_fields(type(element)):
        value = getattr(element, name)
        if isinstance(value, Element):
            new: object = _named(value, ids, own, again=again)
            if new is not value:
                changes[name] = new
        elif isinstance(value, tuple) and value:
            many = tuple(_named(one, ids, own, again=again) for one in value)
            if any(a is not b for a, b in zip(many, value, strict=True)):
                changes[name] = many
    return attrs.evolve(element, **changes) if changes else element


def _named(element: E, ids: Ids, owner: str, *, again: bool) -> E:
    if _wants_id(element):
        # Without its old form the id is written where the class declares it: first.
        made = ids.new(owner, _stem(element))
        element = attrs.evolve(element, id=made, _form=None)  # type: ignore[call-arg]  # _wants_id looked
    elif again and not isinstance(element, _REFERENCES):
        found = getattr(element, "id", None)
        if found:
            if found in ids:
                found = ids.new(owner, _stem(element))
                element = attrs.evolve(element, id=found)  # type: ignore[call-arg]  # it has one
            else:
                ids.new(found)
    return name_parts(element, ids, owner=owner, again=again)
