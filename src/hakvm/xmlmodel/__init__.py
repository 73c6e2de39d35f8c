r"""Frozen attrs classes that are XML elements: typed, and nothing of a document is lost.

    @element("op")
    @frozen(kw_only=True)
    class Op(Element):
        id: str                                     # attribute
        interval: str | None = None

    @element("primitive")
    @frozen(kw_only=True)
    class Primitive(Element):
        id: str
        class_: Annotated[str, Attr("class")]       # another name than the field's
        operations: tuple[Op, ...] = ()             # children

    op = Op.parse('<op id="a" interval="10s" odd="1"/>')
    attrs.evolve(op, interval="20s").render()       # '<op id="a" interval="20s" odd="1"/>\n'

The annotations say everything; a plan is compiled of them when a class is first
used. What a class does not know is in `extra` (attributes, elements, comments,
namespaces), and how a known value was written (`0x10`, the order of attributes
and children) is remembered: rendering what was parsed gives an equal document,
and after `attrs.evolve` only what changed has changed.

- a scalar (`str`, `int`, `YesNo`, a StrEnum, a type with a `Codec`) is an attribute;
  with `Leaf()` a child `<name>text</name>`, with `Text()` the element's own text;
- `SomeEnum | str` is an open enumeration: a word of a newer release stays a `str`;
- `Annotated[bool, Flag()]` is the presence of an empty child;
- an element class is a child, a tuple of them children, a union is told apart by tag,
  or with `By("type")` by an attribute of the child, or of the parent.
"""

from hakvm.xmlmodel._codecs import Codec, OneZero, OnOff, TrueFalse, YesNo, words
from hakvm.xmlmodel._element import Document, Element, element
from hakvm.xmlmodel._extra import Extra
from hakvm.xmlmodel._marks import Attr, By, Flag, Leaf, Text
from hakvm.xmlmodel._path import UnknownWord, evolve_at, unknown_words
from hakvm.xmlmodel._source import read_xml

__all__ = [
    "Attr",
    "By",
    "Codec",
    "Document",
    "Element",
    "Extra",
    "Flag",
    "Leaf",
    "OnOff",
    "OneZero",
    "Text",
    "TrueFalse",
    "UnknownWord",
    "YesNo",
    "element",
    "evolve_at",
    "read_xml",
    "unknown_words",
    "words",
]
