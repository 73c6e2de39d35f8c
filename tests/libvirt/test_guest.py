"""Recipes: what follows from a few words is valid, and the same on every node."""

import contextlib

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm import libvirt
from hakvm.errors import HakvmError, InvalidError, ParseError
from hakvm.findings import Severity
from hakvm.units import Size

HOWTO = (
    "virt-install --name myvm01 --ram 1024 --disk path=/var/lib/libvirt/images/vm01.img,size=10"
    " --vcpus 2 --os-type linux --os-variant debian9 --network bridge=br0 --graphics none"
    " --console pty,target_type=serial --cdrom=/var/lib/libvirt/ISOs/Debian9.iso"
    " --extra-args 'console=ttyS0,115200n8 serial'"
)
SCHEMA = "/usr/share/libvirt/schemas/domain.rng"


def guest(**changes: object) -> libvirt.Guest:
    found = libvirt.guest(
        "debian9", memory="1 GiB", vcpus=2, bridge="br0", disk="vm01.img", disk_size="10 GiB"
    )
    return attrs.evolve(found, **changes)  # type: ignore[arg-type]


def test_what_one_decides() -> None:
    made = guest()
    assert made.memory == Size.parse("1 GiB")
    assert made.disk == "/var/lib/libvirt/images/vm01.img"
    assert made.disk_size == Size.parse("10 GiB")
    domain = made.domain(cluster="kvm-ha")
    assert domain.name == "debian9"
    assert domain.vcpu is not None
    assert domain.vcpu.count == 2
    driver = domain.devices.disks[0].driver
    assert driver is not None
    assert (driver.type, driver.cache, driver.io) == ("raw", "none", "native")
    assert domain.check() == ()


def test_the_same_names_give_the_same_machine() -> None:
    first, again = (guest().domain(cluster="kvm-ha") for _ in range(2))
    assert first == again
    assert first.render() == again.render()
    other = guest().domain(cluster="another")
    assert other.uuid != first.uuid
    assert other.devices.interfaces[0].mac != first.devices.interfaces[0].mac
    assert guest(name="b").domain(cluster="kvm-ha").uuid != first.uuid


def test_the_name_stands_at_the_end_of_a_line() -> None:
    # ocf:heartbeat:VirtualDomain looks for it there.
    lines = guest().domain(cluster="kvm-ha").render().splitlines()
    assert "  <name>debian9</name>" in lines


VARIANTS = [
    {},
    {"ha": False},
    {"ha": False, "disk_format": "qcow2", "cdrom": "/iso"},
    {"machine": "pc-i440fx-2.8"},
    {"machine": "pc-i440fx-7.2", "ha": False, "cdrom": "/iso"},
    {"machine": "q35"},
    {"accelerator": "qemu"},
    {"disk": "/dev/drbd0"},
    {"graphics": "vnc"},
    {"graphics": "spice"},
    {"cdrom": "/var/lib/libvirt/ISOs/Debian9.iso"},
    {"kernel": "/vmlinuz", "initrd": "/initrd", "cmdline": "console=ttyS0,115200n8"},
    {"os_variant": "debian9"},
    {"os_variant": "templeos"},
    {"bridge": None},
    {"cpu": "host-passthrough"},
    {"cpu": "Haswell"},
    {"on_crash": "destroy"},
]


def domains(made: libvirt.Guest) -> list[libvirt.Domain]:
    found = [made.domain(cluster="c")]
    if made.cdrom or made.kernel:
        found.append(made.install(cluster="c"))
    return found


@pytest.mark.oracle(SCHEMA)
@pytest.mark.parametrize("changes", VARIANTS, ids=str)
def test_libvirts_schema_accepts_every_variant(changes: dict[str, object]) -> None:
    for domain in domains(guest(**changes)):
        assert libvirt.validate(domain) == ()
        assert libvirt.Domain.parse(domain.render()) == domain


def test_installing_ends_where_it_would_restart() -> None:
    made = guest(cdrom="/iso")
    install = made.install(cluster="c")
    assert install.os is not None
    assert [boot.dev for boot in install.os.boots] == ["cdrom", "hd"]
    assert install.on_reboot == "destroy"
    assert len(install.devices.disks) == 2
    assert len(made.domain(cluster="c").devices.disks) == 1
    direct = guest(kernel="/vmlinuz", initrd="/initrd", cmdline="console=ttyS0").install()
    assert direct.os is not None
    assert (direct.os.kernel, direct.os.initrd, direct.os.cmdline) == (
        "/vmlinuz",
        "/initrd",
        "console=ttyS0",
    )
    with pytest.raises(InvalidError, match="nothing to install debian9 from"):
        guest().install()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "a b"},
        {"name": "a\nb"},
        {"name": "a/b"},
        {"name": ""},
        {"disk": "a\nb"},
        {"bridge": "much-too-long-a-name"},
        {"bridge": "br0\n"},
        {"vcpus": 0},
        {"vcpus": "2"},
        {"memory": "1 KiB"},
        {"memory": "1.5 parsecs"},
        {"accelerator": "xen"},
        {"accelerator": "warp"},
        {"machine": "pc q35"},
        {"graphics": "hologram"},
        {"kernel": "/k", "cdrom": "/iso"},
        {"cmdline": "console=ttyS0"},
        {"disk_format": "gif"},
        {"mac": "52:54"},
    ],
    ids=str,
)
def test_what_no_guest_can_have(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidError):
        guest(**changes).domain()


@given(st.text())
def test_a_name_cannot_smuggle_anything(name: str) -> None:
    try:
        made = guest(name=name)
    except InvalidError:
        return
    assert not set(name) & set("<>&'\"{}; \n\t\\")
    assert libvirt.Domain.parse(made.domain().render()).name == name


def test_the_howtos_line_is_refused_with_what_to_do() -> None:
    with pytest.raises(InvalidError) as caught:
        libvirt.from_virt_install(HOWTO)
    assert caught.value.path == "--extra-args"
    assert "--location" in caught.value.hint
    assert caught.value.value == HOWTO


def test_what_the_howtos_line_comes_to() -> None:
    read = libvirt.from_virt_install(HOWTO, strict=False)
    assert [(finding.severity, finding.where) for finding in read.findings] == [
        (Severity.ERROR, "--extra-args"),
        (Severity.WARNING, "--os-type"),
    ]
    made = read.guest
    assert (made.name, made.memory, made.vcpus, made.bridge) == (
        "myvm01",
        Size.parse("1 GiB"),
        2,
        "br0",
    )
    assert (made.disk, made.disk_size, made.disk_format) == (
        "/var/lib/libvirt/images/vm01.img",
        Size.parse("10 GiB"),
        "qcow2",
    )
    assert made.cdrom == "/var/lib/libvirt/ISOs/Debian9.iso"
    assert made.graphics is None
    domain = made.domain()
    assert domain.metadata is not None
    assert domain.metadata.libosinfo is not None
    assert domain.metadata.libosinfo.os is not None
    assert domain.metadata.libosinfo.os.id == "http://debian.org/debian/9"
    # What virt-install 4.1 makes of the nearest line that it accepts.
    kinds = [(c.type, c.model, c.ports) for c in domain.devices.controllers]
    assert kinds[:2] == [("usb", "qemu-xhci", 15), ("pci", "pcie-root", None)]
    assert len(kinds) == 16
    disk, cdrom = domain.devices.disks
    assert disk.driver is not None
    assert (disk.driver.type, disk.driver.discard) == ("qcow2", "unmap")
    assert (cdrom.target.dev, cdrom.target.bus, cdrom.readonly) == ("sda", "sata", True)


def test_the_same_line_for_a_cluster() -> None:
    read = libvirt.from_virt_install(HOWTO, strict=False, ha=True)
    assert read.guest.domain(cluster="kvm-ha", machine="pc-q35-7.2").check() == ()


def test_short_options_and_other_things() -> None:
    read = libvirt.from_virt_install(
        "-n vm -r 512 --vcpus=4,maxvcpus=8 -f /dev/drbd0 -w bridge=br1,mac=52:54:00:00:00:01 \\\n"
        " --import --virt-type qemu --machine pc --cpu Haswell --autostart --sound ich9"
    )
    assert read.guest.vcpus == 4
    assert read.guest.mac == "52:54:00:00:00:01"
    assert read.guest.block
    assert {finding.where for finding in read.findings} == {"--autostart", "--sound"}


@pytest.mark.parametrize(
    "line",
    [
        "virt-install --name 'a",
        "virt-install --name",
        "virt-install name",
        "virt-install --name a",
        "virt-install --name a --memory x --disk b",
        "virt-install --name a --memory 1 --disk b --vcpus x",
        "virt-install --name a --memory 512 --disk b --virt-type warp",
        "virt-install --name a --memory 512 --disk b --graphics hologram",
        "virt-install --name a --memory 512 --disk b,format=gif",
        "",
    ],
)
def test_lines_that_are_none(line: str) -> None:
    with pytest.raises((ParseError, InvalidError)):
        libvirt.from_virt_install(line)


@given(st.text(), st.booleans())
def test_nothing_but_our_errors_for_any_line(line: str, strict: bool) -> None:
    with contextlib.suppress(HakvmError):
        libvirt.from_virt_install(line, strict=strict)
