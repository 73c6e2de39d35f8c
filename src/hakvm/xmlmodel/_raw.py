"""The text of what is kept as it is: elements and comments that a class does not know."""

from xml.sax.saxutils import escape

from lxml import etree
from lxml.etree import _Element as XmlElement

__all__ = ["Namespaces", "raw"]

Namespaces = dict[str | None, str]
"""What is in scope; None in its stead says that the document declares no namespace at all."""


def raw(el: XmlElement, ns: Namespaces | None) -> str:
    """Return the text of an element that is kept as it is: one element a line, from column 0."""
    compact = etree.tostring(el, encoding="unicode", with_tail=False)
    whole = compact
    # Where a line break is part of the content, no other can be added and told apart.
    if len(el) and not any(mark in compact for mark in ("\n", "<!", "<?")):
        pretty = etree.tostring(el, encoding="unicode", with_tail=False, pretty_print=True)
        whole = pretty.rstrip("\n")
    return _drop_declarations(whole, el, ns) if ns and isinstance(el.tag, str) else whole


def _drop_declarations(text: str, el: XmlElement, ns: Namespaces) -> str:
    """Drop the ancestors' declarations that lxml repeats and that the element does not use."""
    head, mark, rest = text.partition(">")
    for prefix, uri in el.nsmap.items():
        declaration = f' xmlns:{prefix}="{escape(uri, {chr(34): "&quot;"})}"'
        if prefix and ns.get(prefix) == uri and f"{prefix}:" not in text.replace(declaration, ""):
            head = head.replace(declaration, "", 1)
    return head + mark + rest
