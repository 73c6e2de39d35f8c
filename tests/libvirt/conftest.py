"""libvirt's own test files, and what of a document lands in typed fields."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from lxml import etree

from hakvm.xmlmodel import Element

_PARSER = etree.XMLParser(remove_blank_text=True, remove_comments=True)


def members(archive: Path, folder: str) -> dict[str, bytes]:
    """Read the XML files of an archive below a folder."""
    with tarfile.open(archive) as tar:
        found = {}
        for member in tar:
            if member.isfile() and member.name.startswith(folder) and member.name.endswith(".xml"):
                data = tar.extractfile(member)
                assert data is not None
                found[member.name] = data.read()
    return found


@pytest.fixture(scope="session")
def valid(corpus: Path) -> dict[str, bytes]:
    found = members(corpus / "libvirt-9.0-domains.tar.xz", "valid/")
    assert len(found) == 2003
    return found


@pytest.fixture(scope="session")
def invalid(corpus: Path) -> dict[str, bytes]:
    found = members(corpus / "libvirt-9.0-domains.tar.xz", "invalid/")
    assert len(found) == 24
    return found


def untyped(node: Element, path: str = "") -> Iterator[str]:
    """Yield the path of each element and attribute that is only kept, not typed."""
    for name, _ in node.extra.attributes:
        yield f"{path}/@{name}"
    for child in node.extra.children:
        if child.startswith("<") and not child.startswith(("<!", "<?")):
            yield from _all(etree.fromstring(child, _PARSER), path)
    for field in attrs.fields(type(node)):
        value = getattr(node, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Element):
                yield from untyped(item, f"{path}/{item.__xml_plan__.local}")


def _all(el: etree._Element, path: str) -> Iterator[str]:
    path = f"{path}/{el.tag}"
    yield path
    yield from (f"{path}/@{name}" for name in el.keys())  # noqa: SIM118 - lxml's element is no dict
    for child in el:
        yield from _all(child, path)


def occurrences(text: bytes) -> int:
    """Count the elements and attributes of a document."""
    root = etree.fromstring(text, _PARSER)
    return sum(1 + len(el.keys()) for el in root.iter() if isinstance(el.tag, str))
