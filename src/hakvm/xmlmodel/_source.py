"""From text or bytes to lxml's elements: no network, no DTD, no entities."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen
from lxml import etree
from lxml.etree import _Element as XmlElement

from hakvm.errors import InvalidError, ParseError
from hakvm.secret import mask_part

__all__ = ["Source", "XmlElement", "around", "load", "read", "read_xml"]

_LINE_END = re.compile(r",? line \d+, column \d+$|\s*\(<string>, line \d+\)$")
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml\s")
_LARGE = 1 << 17  # bytes; below that the collector has hardly a turn
_NEAR: Final = 200  # characters of an offending line that are kept, on each side of the column
_NO_ENTITIES: Final = "entities can read files and grow without end; write out what they stand for"


@contextmanager
def uncollected(size: int) -> Iterator[None]:
    """Keep Python's garbage collector out of the reading of a large document.

    What is made here holds no cycles, so there is nothing to be found; but looking
    through hundreds of thousands of new objects again and again takes a third of the time.
    """
    if size < _LARGE or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _parser(encoding: str | None) -> "etree.XMLParser[XmlElement]":
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_blank_text=True,
    )


def load(path: str | Path) -> bytes:
    """Return a file's content.

    Raises:
        ParseError: it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ParseError(f"cannot be read: {reason}", source=str(path)) from error


def _encode(text: str, source: str) -> bytes:
    nul = text.find("\0")
    if nul >= 0:
        raise ParseError.at("a NUL character cannot stand in XML", text, nul, source=source)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ParseError.at(
            "a lone surrogate cannot stand in XML", text, error.start, source=source
        ) from None


@frozen
class Source:
    """What a text is for lxml.

    Attributes:
        root: its root.
        scope: what is in scope around the root; `None` where no namespace is declared at all.
        declared: whether it begins with `<?xml …?>`.
    """

    root: XmlElement
    scope: dict[str | None, str] | None
    declared: bool


def read_xml(text: str | bytes, *roots: str, source: str = "<string>") -> XmlElement:
    """Read an XML text that no class stands for: what a tool printed.

    Args:
        text: the text; bytes in the encoding that they declare.
        roots: the tags that the root may have.
        source: the name that errors show.

    Raises:
        ParseError: no well-formed XML, or it declares entities.
        InvalidError: another root.
    """
    return read(text, *roots, source=source).root


def read(text: str | bytes, *tags: str, source: str) -> Source:
    """Read an XML text whose root is one of `tags`.

    Raises:
        ParseError: no well-formed XML, or it declares entities.
        InvalidError: another root.
    """
    expected = " or ".join(f"<{tag}>" for tag in tags)
    data = _encode(text, source) if isinstance(text, str) else bytes(text)
    if not data.strip():
        raise ParseError("the document is empty", source=source, hint=f"its root is {expected}")
    try:
        root = etree.fromstring(data, _parser("utf-8" if isinstance(text, str) else None))
    except etree.XMLSyntaxError as error:
        raise _syntax(error, data, source) from None
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        raise ParseError(str(error), source=source) from None
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise ParseError("entity declarations are refused", source=source, hint=_NO_ENTITIES)
    if root.tag not in tags:
        raise InvalidError(
            f"the root is <{root.tag!s}>; expected {expected}",
            path=f"/{root.tag!s}",
            value=root.tag,
            source=source,
            line=root.sourceline,
        )
    scope: dict[str | None, str] | None = {} if b"xmlns" in data or b"\0" in data else None
    return Source(root, scope, _DECLARATION.match(data) is not None)


def _syntax(error: etree.XMLSyntaxError, data: bytes, source: str) -> ParseError:
    if b"<!ENTITY" in data:
        return ParseError("entity declarations are refused", source=source, hint=_NO_ENTITIES)
    line, column = error.position
    lines = data.splitlines()
    # Of a line without end only what is near the column: all of it takes long to mask.
    first = max(0, column - 1 - _NEAR)
    text = lines[line - 1].decode(errors="replace") if 0 < line <= len(lines) else ""
    message = _LINE_END.sub("", (error.msg or "no XML").strip())
    return ParseError(
        _LINE_END.sub("", message).removesuffix(", try XML_PARSE_HUGE"),
        source=source,
        line=line or None,
        column=column or None,
        excerpt=mask_part(text, first, first + 2 * _NEAR),
        excerpt_column=first + 1,
    )


def around(root: XmlElement) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the document type and the comments before the root, and the comments after it."""
    before = [_text(found) for found in root.itersiblings(preceding=True)][::-1]
    doctype = root.getroottree().docinfo.doctype
    return (
        tuple([doctype, *before] if doctype else before),
        tuple(_text(found) for found in root.itersiblings()),
    )


def _text(found: XmlElement) -> str:
    return etree.tostring(found, encoding="unicode", with_tail=False)
