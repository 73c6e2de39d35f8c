"""A domain's values: typed as far as libvirt's words go, refused where they cannot be."""

import uuid
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm import libvirt
from hakvm.errors import HakvmError, InvalidError, ParseError
from hakvm.units import Size
from hakvm.xmlmodel import evolve_at

TINY = """\
<domain type='qemu' id='3'><name>tiny</name><uuid>C7A5FDBD-EDAF-9455-926A-D65C16DB1809</uuid>
<memory unit='MiB'>16</memory><vcpu placement='static'>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
<on_crash>destroy</on_crash>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'>
<driver name='qemu' type='raw' cache='some-new-mode'/><source file='/img'/>
<target dev='vda' bus='virtio'/><address type='pci' domain='0' bus='0x00' slot='0x1f' function='0x7'/></disk>
<disk type='network' device='cdrom'><source protocol='https' name='x.iso'><host name='node2' port='443'/></source>
<target dev='sda' bus='sata'/><readonly/></disk>
<disk type='tape'><source reel='1'/><target dev='vdb'/></disk>
<interface type='bridge'><mac address='52:54:0:AB:cd:1'/><source bridge='br0'/></interface>
<memballoon model='none'/><holodeck level='3'/></devices></domain>
"""  # noqa: E501 - as a file has it


@pytest.fixture
def tiny() -> libvirt.Domain:
    return libvirt.Domain.parse(TINY, source="tiny.xml")


def test_values(tiny: libvirt.Domain) -> None:
    assert tiny.type is libvirt.DomainType.QEMU
    assert tiny.id == 3
    assert tiny.uuid == uuid.UUID("c7a5fdbd-edaf-9455-926a-d65c16db1809")
    assert tiny.memory is not None
    assert tiny.memory.size == Size.parse("16 MiB")
    assert tiny.os is not None
    assert tiny.os.type.machine == "pc"
    assert tiny.on_crash is libvirt.Action.DESTROY
    disk, cdrom, tape = tiny.devices.disks
    assert disk.source == libvirt.FileSource(file="/img")
    assert disk.target.bus is libvirt.Bus.VIRTIO
    assert str(disk.address) == "0000:00:1f.7"
    assert disk.driver is not None
    assert disk.driver.cache == "some-new-mode"
    assert isinstance(cdrom.source, libvirt.NetworkSource)
    assert cdrom.source.hosts[0].port == 443
    assert cdrom.readonly
    assert tape.type == "tape"
    assert tape.source is None
    assert tape.extra.children == ('<source reel="1"/>',)
    card = tiny.devices.interfaces[0]
    assert card.mac is not None
    assert card.mac.address == "52:54:00:ab:cd:01"
    assert tiny.devices.extra.children == ('<holodeck level="3"/>',)


def test_a_change_deep_down(tiny: libvirt.Domain) -> None:
    before = tiny.render()
    changed = evolve_at(tiny, "devices.disks[vda].driver", cache=libvirt.Cache.NONE)
    assert changed.render() == before.replace("some-new-mode", "none")
    changed = evolve_at(tiny, "devices.disks[0]", source=libvirt.FileSource(file="/other"))
    assert changed.render() == before.replace("/img", "/other")
    changed = evolve_at(tiny, "memory", value=32)
    assert changed.render() == before.replace(">16<", ">32<")


@pytest.mark.parametrize(
    ("path", "changes", "message"),
    [
        ("devices.disks[vdz]", {}, "there is no [vdz] among 3 in devices.disks"),
        ("devices.disks[9]", {}, "there is no [9]"),
        ("devices.disks", {"x": 1}, "devices.disks is a tuple: say which"),
        ("devices.discs[0]", {}, "Devices has no discs"),
        ("devices.memballoon[0]", {}, "memballoon is no tuple"),
        ("clock", {"offset": "utc"}, "there is no element at clock"),
        ("name", {"x": "y"}, "there is no element at name"),
        ("devices..disks", {}, "'.disks' is no path"),
        ("devices.", {}, "is no path"),
        ("devices", {"discs": ()}, "Devices has no discs"),
    ],
)
def test_a_path_that_leads_nowhere(
    tiny: libvirt.Domain, path: str, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        evolve_at(tiny, path, **changes)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("change", "path", "line"),
    [
        (("'>16<", "'>lots<"), "/domain/memory", 2),
        (("id='3'", "id='three'"), "/domain/@id", 1),
        (("C7A5", "XXXX"), "/domain/uuid", 1),
        (("<readonly/>", "<readonly/><readonly/>"), "/domain/devices/disk[2]/readonly[2]", 10),
        (("<name>tiny</name>", ""), "/domain", 1),
        (("52:54:0:AB:cd:1", "52:54"), "/domain/devices/interface/mac/@address", 12),
        (
            ("<memballoon", "<memballoon model='none'/><memballoon"),
            "/domain/devices/memballoon[2]",
            13,
        ),
    ],
)
def test_what_cannot_stand_there(change: tuple[str, str], path: str, line: int) -> None:
    assert change[0] in TINY
    with pytest.raises(InvalidError) as caught:
        libvirt.Domain.parse(TINY.replace(*change, 1), source="tiny.xml")
    assert (caught.value.path, caught.value.line, caught.value.source) == (path, line, "tiny.xml")


def test_two_sources_are_one_too_many() -> None:
    text = TINY.replace("<source file='/img'/>", "<source file='/img'/><source file='/b'/>")
    with pytest.raises(InvalidError, match="a second <source>: only one can stand here"):
        libvirt.Domain.parse(text)


def test_a_source_that_does_not_fit_its_disk() -> None:
    with pytest.raises(InvalidError, match="BlockSource goes with type block, found 'file'"):
        libvirt.Disk(
            type=libvirt.DiskType.FILE,
            source=libvirt.BlockSource(dev="/dev/drbd0"),
            target=libvirt.DiskTarget(dev="vda"),
        )


@pytest.mark.parametrize(
    "make",
    [
        lambda: libvirt.MacAddress(address="52:54"),
        lambda: libvirt.PciAddress(slot=-1),
        lambda: libvirt.Domain(type="kvm", name="a\x00b"),
        lambda: libvirt.Domain(type="kvm", name="a", uuid="no-uuid"),  # type: ignore[arg-type]
        lambda: libvirt.Memory.of("1 parsec"),
        lambda: libvirt.Memory.of("1 B"),
    ],
)
def test_constructors_refuse(make: object) -> None:
    with pytest.raises(InvalidError):
        make()  # type: ignore[operator]


def test_addresses_are_written_as_libvirt_does() -> None:
    address = libvirt.PciAddress(domain=0, bus=0, slot=31, function=7)
    assert address.render() == (
        '<address type="pci" domain="0x0000" bus="0x00" slot="0x1f" function="0x7"/>\n'
    )


def test_a_password_shows_in_no_repr() -> None:
    domain = libvirt.Domain.parse(
        "<domain type='kvm'><name>a</name><devices>"
        "<graphics type='vnc' passwd='hush'/></devices></domain>"
    )
    assert "hush" not in repr(domain)
    assert 'passwd="hush"' in domain.render()
    assert domain.devices.graphics[0].passwd == "hush"


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(TINY)
    assert libvirt.Domain.load(path).name == "tiny"
    with pytest.raises(ParseError, match="cannot be read"):
        libvirt.Domain.load(tmp_path / "none.xml")


@given(st.data())
def test_nothing_but_our_errors(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(TINY)))
    end = data.draw(st.integers(start, min(start + 20, len(TINY))))
    put = data.draw(st.text("<>/='\"&;! abc0x-\n", max_size=8))
    try:
        domain = libvirt.Domain.parse(TINY[:start] + put + TINY[end:])
    except HakvmError:
        return
    assert libvirt.Domain.parse(domain.render()) == domain
    domain.check()


def test_check_reports_the_worst_first(tiny: libvirt.Domain) -> None:
    found = attrs.evolve(tiny, uuid=None, on_poweroff=libvirt.Action.RESTART).check()
    severities = [finding.severity for finding in found]
    assert severities == sorted(severities, reverse=True)
    assert {"libvirt.no-uuid", "libvirt.on-poweroff", "libvirt.machine-not-pinned"} <= {
        finding.rule for finding in found
    }
