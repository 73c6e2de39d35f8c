"""Every bad input is named: what, where, and no other exception than ours."""

from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.errors import HakvmError, InvalidError, ParseError
from hakvm.xmlmodel import Attr, Element, Extra, element

from .models import BlockSource, Bus, Devices, Disk, FileSource, Machine, Memory, PciAddress

GOOD = """<machine>
<name>a</name>
<devices><disk type='file'><source file='/a'/></disk></devices></machine>"""


@pytest.mark.parametrize(
    ("text", "message", "path", "line"),
    [
        ("<machine/>", "the element <name> is missing", "/machine", 1),
        ("<other/>", "the root is <other>; expected <machine>", "/other", 1),
        (
            "<machine>\n<name>a</name><name>b</name></machine>",
            "a second <name>: only one can stand here",
            "/machine/name[2]",
            2,
        ),
        (
            "<machine><name>a</name>\n<memory>1k</memory></machine>",
            "'1k' is not a whole number",
            "/machine/memory",
            2,
        ),
        (
            "<machine acpi='maybe'><name>a</name></machine>",
            "'maybe' is not on or off",
            "/machine/@acpi",
            1,
        ),
        (
            "<machine pairs='3'><name>a</name></machine>",
            "'3' is not an even number",
            "/machine/@pairs",
            1,
        ),
        (
            "<machine><name>a</name><devices>\n<nic/></devices></machine>",
            "the attribute mac is missing",
            "/machine/devices/nic/@mac",
            2,
        ),
        (
            "<machine><name>a</name><devices><disk bus='x'/></devices></machine>",
            "'x' is not virtio or sata",
            "/machine/devices/disk/@bus",
            1,
        ),
        (
            "<machine><name>a</name><limit>1_0</limit></machine>",
            "'1_0' is not a whole number",
            "/machine/limit",
            1,
        ),
    ],
)
def test_invalid_values_have_a_place(text: str, message: str, path: str, line: int) -> None:
    with pytest.raises(InvalidError) as caught:
        Machine.parse(text, source="m.xml")
    error = caught.value
    assert (error.message, error.path, error.line, error.source) == (message, path, line, "m.xml")


BOMB = """<!DOCTYPE machine [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">
<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
<!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">
<!ENTITY g "&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;">]>
<machine odd="&g;"><name>&g;</name></machine>"""
EXTERNAL = """<!DOCTYPE machine [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<machine><name>&x;</name></machine>"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the document is empty"),
        (" \n ", "the document is empty"),
        (b"", "the document is empty"),
        ("<machine>\0</machine>", "a NUL character"),
        ("<machine>\ud800</machine>", "a lone surrogate"),
        ("<machine><name></machine>", "Opening and ending tag mismatch"),
        ("no xml", "Start tag expected"),
        (BOMB, "entity declarations are refused"),
        (EXTERNAL, "entity declarations are refused"),
        (f"<machine odd='{'x' * 11_000_000}'/>", "limit exceeded"),
        ("<a>" * 3000, "depth"),
        (b"<?xml version='1.0' encoding='EBCDIC-XX'?><machine/>", "ncoding"),
        (b"\xff\xfe\xfa<machine/>", ""),
        ("<machine><q:x/></machine>", "Namespace prefix q"),
    ],
)
def test_bad_xml_is_named(text: str | bytes, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        Machine.parse(text, source="m.xml")
    assert message.lower() in caught.value.message.lower()
    assert caught.value.source == "m.xml"
    assert len(str(caught.value)) < 600


def test_a_syntax_error_has_line_and_column() -> None:
    with pytest.raises(ParseError) as caught:
        Machine.parse("<machine>\n  <name>a</nam>\n</machine>")
    assert (caught.value.line, caught.value.column) == (2, 16)
    assert caught.value.excerpt == "  <name>a</nam>"


@pytest.mark.parametrize("name", ["missing.xml", ".", "nul\0"])
def test_an_unreadable_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ParseError, match="cannot be read"):
        Machine.load(f"{tmp_path}/{name}")


@given(st.one_of(st.text(), st.binary()))
def test_nothing_but_our_errors_for_any_text(text: str | bytes) -> None:
    with pytest.raises(HakvmError):
        Machine.parse(text)


@given(st.data())
def test_nothing_but_our_errors_for_a_damaged_document(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(start + 12, len(GOOD))))
    put = data.draw(st.text("<>/='\"&;! abc\0\n[]-?", max_size=6))
    try:
        machine = Machine.parse(GOOD[:start] + put + GOOD[end:])
    except HakvmError:
        return
    assert Machine.parse(machine.render()) == machine


@pytest.mark.parametrize(
    ("make", "message", "path"),
    [
        (lambda: Memory(value="1"), "'1' is not a whole number", "Memory.value"),
        (lambda: Memory(value=True), "True is not a whole number", "Memory.value"),
        (
            lambda: Memory(value=1, unit="a\x07"),
            "the character '\\x07' cannot stand in XML",
            "Memory.unit",
        ),
        (lambda: Memory(value=1, unit=3), "a text was expected, found 3", "Memory.unit"),
        (lambda: Disk(bus="virtoi"), "'virtoi' is not virtio or sata", "Disk.bus"),
        (lambda: Disk(readonly="yes"), "True or False was expected, found 'yes'", "Disk.readonly"),
        (
            lambda: Disk(address="x"),
            "PciAddress or UsbAddress was expected, found 'x'",
            "Disk.address",
        ),
        (lambda: Devices(items="ab"), "a tuple was expected, found 'ab'", "Devices.items"),
        (lambda: Devices(items=("a",)), "Disk or Nic was expected, found 'a'", "Devices.items"),
        (
            lambda: Machine(name="a", extra=Extra(attributes=(("acpi", "on"),))),
            "acpi has a field of its own: acpi",
            "Machine.extra",
        ),
        (lambda: Extra(children=("<a>",)), "no well-formed piece of XML", "extra"),
        (lambda: Extra(children=("</x><x>",)), "no well-formed piece of XML", "extra"),
        (lambda: Extra(attributes=(("a b", "1"),)), "Invalid attribute name", "extra/@'a b'"),
        (lambda: Extra(before=("<a/>",)), "no well-formed piece of XML", "extra"),
    ],
)
def test_constructors_refuse(make: object, message: str, path: str) -> None:
    with pytest.raises(InvalidError) as caught:
        make()  # type: ignore[operator]
    assert message in caught.value.message
    assert caught.value.path == path


def test_a_close_word_is_offered() -> None:
    with pytest.raises(InvalidError, match="did you mean virtio"):
        Disk(bus="virtoi")  # type: ignore[arg-type]


def test_the_deciding_attribute_agrees_with_its_child() -> None:
    assert Disk(source=FileSource(file="/a")).type == "file"
    assert Disk(type="raw", source=BlockSource(dev="/a")).type == "raw"
    with pytest.raises(InvalidError, match="BlockSource goes with type block or raw, found 'file'"):
        attrs.evolve(Disk(source=FileSource(file="/a")), source=BlockSource(dev="/b"))


def test_words_become_members() -> None:
    disk = Disk(bus="sata", driver="virtio")  # type: ignore[arg-type]
    assert disk.bus is Bus.SATA
    assert disk.driver is Bus.VIRTIO
    assert PciAddress(slot=1, function="5").function == 5


def test_a_wrong_declaration_is_a_type_error() -> None:
    @element("x")
    @attrs.frozen(kw_only=True)
    class Bad(Element):
        a: list[str] | None = None

    with pytest.raises(TypeError, match="no scalar"):
        Bad.parse("<x/>")
    with pytest.raises(TypeError, match="no XML name"):
        element("a b")(Bad)
    assert Attr("x").name == "x"
