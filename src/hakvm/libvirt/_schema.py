"""libvirt's own schema, as it is installed, as a judge of domains."""

from functools import lru_cache
from pathlib import Path

from attrs import frozen
from lxml import etree

from hakvm.errors import InvalidError, ParseError
from hakvm.xmlmodel import Document, read_xml

__all__ = ["SCHEMA", "SchemaError", "validate"]

SCHEMA = Path("/usr/share/libvirt/schemas/domain.rng")
"""Where Debian's libvirt-daemon (libvirt0 on some) puts the schema of domains."""


@frozen(kw_only=True)
class SchemaError:
    """What a schema says against a document.

    Attributes:
        message: in libxml2's words.
        line: in the document as it was given, or as it renders.
    """

    message: str
    line: int

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


@lru_cache(maxsize=8)
def _load(path: Path, _changed: int) -> etree.RelaxNG:
    try:
        return etree.RelaxNG(etree.parse(path))
    except (etree.XMLSyntaxError, etree.RelaxNGParseError) as error:
        raise ParseError(f"no schema: {error}", source=str(path)) from None


def validate(document: Document | str | bytes, *, schema: Path = SCHEMA) -> tuple[SchemaError, ...]:
    """Return what the schema says against a domain; nothing where it is valid.

    A domain that a schema refuses may be right all the same: a newer libvirt knows more.

    Raises:
        InvalidError: the schema is not installed.
        ParseError: the document is no XML.
    """
    try:
        changed = schema.stat().st_mtime_ns
    except OSError as error:
        raise InvalidError(
            f"{schema}: {error.strerror}",
            path=str(schema),
            hint="it comes with libvirt-daemon-system; or give schema=",
        ) from None
    text = document.render() if isinstance(document, Document) else document
    judge = _load(schema, changed)
    root = read_xml(text, "domain")
    if judge.validate(root):
        return ()
    return tuple(SchemaError(message=e.message, line=e.line) for e in judge.error_log)
