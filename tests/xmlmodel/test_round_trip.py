"""What is read is written back: all of it, and after a change only that is another."""

import copy
import pickle
from pathlib import Path

import attrs
import pytest
from lxml import etree

from hakvm.xmlmodel import Extra

from .models import (
    QEMU,
    Argument,
    BlockSource,
    Bus,
    Commandline,
    Devices,
    Disk,
    FileSource,
    Machine,
    Memory,
    Nic,
    Note,
    PciAddress,
)

WHOLE = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<machine class="big" id-ref="a" acpi="on" pairs=" 04 " odd="1" xmlns:q="{QEMU}"
  xmlns:o="urn:o" o:x="2">
  <name>vm &amp; &lt;one&gt;</name>
  <!-- how much -->
  <memory unit="MiB">0x400</memory>
  <feature>a</feature>
  <strange deep="yes">
    <o:child>text
over lines</o:child>
  </strange>
  <feature>b</feature>
  <limit>07</limit>
  <limit>8</limit>
  <devices>
    <disk driver-name="newer" type="file" bus="virtio">
      <address type="pci" slot="0x1f" function="0x0"/>
      <source file="/a b"/>
      <readonly/>
      <serial kind="x">7</serial>
    </disk>
    <nic mac="52:54:00:00:00:01" trust="yes"/>
    <disk type="network">
      <source protocol="nbd"/>
    </disk>
    <address type="isa"/>
    <note>kept <!-- really --> exactly  </note>
    <emulator>/usr/bin/qemu</emulator>
  </devices>
  <q:commandline>
    <q:arg value="-v"/>
  </q:commandline>
</machine>
<!-- the end -->
"""


def canonical(text: str) -> bytes:
    root = etree.fromstring(text.encode(), etree.XMLParser(remove_blank_text=True))
    return etree.tostring(root.getroottree(), method="c14n")


def test_everything_comes_back() -> None:
    machine = Machine.parse(WHOLE)
    assert canonical(machine.render()) == canonical(WHOLE)
    assert Machine.parse(machine.render()) == machine
    assert attrs.evolve(machine).render() == machine.render()


def test_values_are_typed() -> None:
    machine = Machine.parse(WHOLE)
    assert machine.name == "vm & <one>"
    assert machine.class_ == "big"
    assert machine.id_ref == "a"
    assert machine.acpi is True
    assert machine.pairs == 4
    assert machine.memory == Memory(value=1024, unit="MiB")
    assert machine.features == ("a", "b")
    assert machine.limits == (7, 8)
    assert machine.extra.attributes == (("odd", "1"), ("{urn:o}x", "2"))
    assert machine.declaration
    assert machine.extra.before == ("<!-- made by hand -->",)
    devices = machine.devices
    assert devices is not None
    first, nic, second = devices.items
    assert isinstance(first, Disk)
    assert first.bus is Bus.VIRTIO
    assert first.driver == "newer"
    assert first.source == FileSource(file="/a b")
    assert first.address == PciAddress(slot=31)
    assert first.serial == "7"
    assert first.readonly
    assert isinstance(nic, Nic)
    assert nic.trust is True
    assert isinstance(second, Disk)
    assert second.source is None
    assert second.extra.children == ('<source protocol="nbd"/>',)
    assert devices.notes[0].text == "kept  exactly  "


@pytest.mark.parametrize("again", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy])
def test_a_copy_writes_the_same(again: object) -> None:
    machine = Machine.parse(WHOLE)
    other = again(machine)  # type: ignore[operator]
    assert other == machine
    assert other.render() == machine.render()


def test_a_change_changes_only_that() -> None:
    machine = Machine.parse(WHOLE)
    assert machine.memory is not None
    changed = attrs.evolve(machine, memory=attrs.evolve(machine.memory, value=2048))
    assert changed.render() == machine.render().replace("0x400", "2048")
    assert attrs.evolve(machine, acpi=False).render() == machine.render().replace('"on"', '"off"')


def test_new_children_stand_after_the_last_of_their_kind() -> None:
    machine = Machine.parse(WHOLE)
    changed = attrs.evolve(machine, features=(*machine.features, "c"))
    before = machine.render()
    assert changed.render() == before.replace(
        "<feature>b</feature>\n", "<feature>b</feature>\n  <feature>c</feature>\n"
    )
    small = Machine.parse("<machine><name>a</name><devices/></machine>")
    grown = attrs.evolve(small, memory=Memory(value=1))
    assert grown.render() == (
        "<machine>\n  <name>a</name>\n  <memory>1</memory>\n  <devices/>\n</machine>\n"
    )


def test_what_is_taken_away_is_gone() -> None:
    machine = Machine.parse(WHOLE)
    assert "feature" not in attrs.evolve(machine, features=()).render()
    assert "0x400" not in attrs.evolve(machine, memory=None).render()
    assert "strange" not in attrs.evolve(machine, extra=Extra()).render()


def test_a_new_document_is_written_in_declared_order() -> None:
    machine = Machine(
        name="vm",
        memory=Memory(value=1, unit="GiB"),
        devices=Devices(
            items=(
                Disk(source=BlockSource(dev="/dev/drbd0"), bus=Bus.VIRTIO, readonly=True),
                Nic(mac='"<\n>"'),
            )
        ),
        commandline=Commandline(arguments=(Argument(value="-v"),)),
    )
    text = machine.render()
    assert text == (
        "<machine>\n"
        "  <name>vm</name>\n"
        '  <memory unit="GiB">1</memory>\n'
        "  <devices>\n"
        '    <disk type="block" bus="virtio">\n'
        '      <source dev="/dev/drbd0"/>\n'
        "      <readonly/>\n"
        "    </disk>\n"
        '    <nic mac="&quot;&lt;&#10;&gt;&quot;"/>\n'
        "  </devices>\n"
        f'  <qemu:commandline xmlns:qemu="{QEMU}">\n'
        '    <qemu:arg value="-v"/>\n'
        "  </qemu:commandline>\n"
        "</machine>\n"
    )
    assert Machine.parse(text) == machine


@pytest.mark.parametrize(
    "text",
    [
        "<machine><name>a</name>text<x/>more <y/></machine>",
        "<machine><name>a</name><x>\n\n</x></machine>",
        "<machine><name><b>1</b></name></machine>",
        '<machine xmlns:a="urn:a"><name>a</name><a:x a:y="1"><a:z/></a:x></machine>',
        '<machine><name>a</name><x xmlns="urn:d"><y/></x></machine>',
        "<machine><name>a</name><!-- <a>\n  <b/> --><x><y/><!-- a\n  b --></x></machine>",
        '<machine><name>a</name><commandline xmlns="'
        + QEMU
        + '"><arg value="1"/></commandline></machine>',
        "<machine><?pi x?><name>  </name></machine>",
        "<!DOCTYPE machine><machine><name>a</name></machine>",
        '<machine xml:lang="de"><name>a</name></machine>',
    ],
)
def test_odd_documents_come_back(text: str) -> None:
    machine = Machine.parse(text)
    again = Machine.parse(machine.render())
    assert again == machine
    plain = canonical(machine.render()).replace(b"\n", b"").replace(b" ", b"")
    assert plain == canonical(text).replace(b"\n", b"").replace(b" ", b"")


def test_white_space_in_an_empty_element_stays_and_is_no_value() -> None:
    text = "<machine><name>a</name><devices>\n  </devices></machine>"
    machine = Machine.parse(text)
    assert canonical(machine.render()) == canonical(text)
    assert machine == Machine.parse("<machine><name>a</name><devices/></machine>")
    nic = Devices(items=(Nic(mac="52:54:00:00:00:01"),))
    assert "\n  </devices>" in attrs.evolve(machine, devices=nic).render()


def test_a_file_in_any_encoding(tmp_path: Path) -> None:
    path = tmp_path / "m.xml"
    path.write_bytes(
        '<?xml version="1.0" encoding="ISO-8859-1"?><machine><name>ä</name></machine>'.encode(
            "latin-1"
        )
    )
    assert Machine.load(path).name == "ä"
    assert 'encoding="UTF-8"' in Machine.load(path).render()
    assert (
        Machine.parse(
            '<?xml version="1.0" encoding="UTF-16"?><machine><name>ä</name></machine>'
        ).name
        == "ä"
    )


def test_repr_shows_what_is_there() -> None:
    assert repr(Memory(value=1)) == "Memory(value=1)"
    assert repr(Note.parse("<note a='1'>x</note>")) == (
        "Note(extra=Extra(attributes=(('a', '1'),), children=(), namespaces=(), before=(), "
        "after=()), text='x')"
    )


def test_elements_hash_and_lack_no_default() -> None:
    disk = Disk.parse("<disk/>")
    assert disk == Disk()
    assert hash(disk) == hash(Disk())
    assert disk.readonly is False
    with pytest.raises(AttributeError, match="Disk has no color"):
        disk.color  # type: ignore[attr-defined]  # noqa: B018 - that is the test
