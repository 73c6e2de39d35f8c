"""What an element carries beyond what its class knows."""

import re
from typing import Self
from xml.sax.saxutils import escape

from attrs import field, frozen
from lxml import etree
from lxml.etree import _Element as XmlElement

from hakvm.errors import InvalidError
from hakvm.xmlmodel._raw import raw

__all__ = ["NOTHING", "Extra", "illegal"]

# XML 1.0, production 2 (Char): what may stand in a document at all.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def illegal(text: str) -> str | None:
    """Return the first character that no XML document may hold, or None."""
    found = _ILLEGAL.search(text)
    return found[0] if found else None


@frozen(kw_only=True)
class Extra:
    """What an element carries beyond what its class knows; written back as it came.

    Attributes:
        attributes: name and value; a name in a namespace is `{uri}name`.
        children: XML text of elements and comments, and escaped text that stands between them.
        namespaces: the prefixes (empty for the default) and URIs that the element declares;
            written back, and no part of the value.
        before, after: comments and processing instructions around a document's root.
    """

    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[str, ...] = ()
    namespaces: tuple[tuple[str, str], ...] = field(default=(), eq=False)
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        for name, value in self.attributes:
            try:
                etree.Element("x").set(name, value)
            except ValueError as error:
                raise InvalidError(str(error), path=f"extra/@{name!r}", value=value) from None
        children = tuple(_normal(child) for child in self.children)
        object.__setattr__(self, "children", children)
        for outside in self.before + self.after:
            _fragment(f"{outside}<x/>", outside)
            if not outside.startswith(("<!--", "<?", "<!DOCTYPE")):
                raise InvalidError("no comment", path="extra", value=outside)
        for prefix, uri in self.namespaces:
            try:
                etree.Element("x", nsmap={prefix or None: uri})
            except ValueError as error:
                raise InvalidError(str(error), path="extra", value=(prefix, uri)) from None

    @classmethod
    def made(
        cls,
        attributes: tuple[tuple[str, str], ...],
        children: tuple[str, ...],
        namespaces: tuple[tuple[str, str], ...],
    ) -> Self:
        """Make one of what a parser gave: known to be well-formed, so nothing is checked."""
        found = cls.__new__(cls)
        put = object.__setattr__
        put(found, "attributes", attributes)
        put(found, "children", children)
        put(found, "namespaces", namespaces)
        put(found, "before", ())
        put(found, "after", ())
        return found


def _normal(child: str) -> str:
    """Return a piece of XML as a parser would have kept it."""
    around = _fragment(f"<x>{child}</x>", child)
    if len(around) == 0:
        return escape(around.text or "")
    if len(around) > 1 or (around.text or "").strip() or (around[0].tail or "").strip():
        raise InvalidError(
            "more than one element", path="extra", value=child, hint="give each one for itself"
        )
    return raw(around[0], None)


def _fragment(text: str, shown: str) -> XmlElement:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True)
    try:
        return etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError, ValueError) as error:
        raise InvalidError(
            f"no well-formed piece of XML: {error}",
            path="extra",
            value=shown,
            hint="escape text with & as &amp; and < as &lt;, and close each element",
        ) from None


NOTHING = Extra()
