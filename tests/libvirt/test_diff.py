"""The difference of two domains in meaning."""

import attrs
import pytest

from hakvm import libvirt
from hakvm.xmlmodel import evolve_at


@pytest.fixture
def domain() -> libvirt.Domain:
    made = libvirt.guest("vm", memory="1 GiB", bridge="br0", disk="/dev/drbd0")
    return made.domain(cluster="c")


def test_order_white_space_and_units_make_none(domain: libvirt.Domain) -> None:
    text = domain.render()
    other = libvirt.Domain.parse(
        text.replace('<memory unit="KiB">1048576<', '<memory unit="GiB">1<').replace("\n", "")
    )
    devices = other.devices
    shuffled = attrs.evolve(devices, controllers=devices.controllers[::-1])
    assert not libvirt.diff(domain, attrs.evolve(other, devices=shuffled))
    assert str(libvirt.diff(domain, other)) == "no difference"


def test_real_change(domain: libvirt.Domain) -> None:
    other = evolve_at(domain, "devices.disks[vda].driver", cache="writeback", io=None)
    other = attrs.evolve(other, title="a title", vcpu=libvirt.Vcpu(count=4))
    other = evolve_at(other, "devices", watchdogs=(), shmems=(libvirt.SharedMemory(name="s"),))
    found = libvirt.diff(domain, other)
    assert str(found).splitlines() == [
        "+ title: a title",
        "~ vcpu.count: 1 → 4",
        "~ devices.disks[vda].driver.cache: none → writeback",
        "- devices.disks[vda].driver.io: native",
        '- devices.watchdogs[0]: <watchdog model="i6300esb" action="reset"/>',
        '+ devices.shmems[s]: <shmem name="s"/>',
    ]
    assert bool(found)


def test_what_libvirt_fills_in_is_kept_apart(domain: libvirt.Domain) -> None:
    disk = domain.devices.disks[0]
    other = evolve_at(
        domain,
        "devices",
        disks=(
            attrs.evolve(
                disk, alias=libvirt.Alias(name="virtio-disk0"), address=libvirt.PciAddress(slot=1)
            ),
        ),
        emulator="/usr/bin/qemu-system-x86_64",
    )
    found = libvirt.diff(domain, attrs.evolve(other, id=7))
    assert not found
    assert [(d.path, d.kind) for d in found.filled] == [
        ("id", "filled"),
        ("devices.emulator", "filled"),
        ("devices.disks[vda].alias", "filled"),
        ("devices.disks[vda].address", "filled"),
    ]


def test_a_pinned_machine_for_an_alias(domain: libvirt.Domain) -> None:
    alias = evolve_at(domain, "os.type", machine="q35")
    assert not libvirt.diff(alias, domain)
    assert libvirt.diff(domain, alias)
    assert libvirt.diff(evolve_at(domain, "os.type", machine="pc"), domain)


def test_another_source_and_what_is_only_kept(domain: libvirt.Domain) -> None:
    other = evolve_at(domain, "devices.disks[0]", type="file", source=libvirt.FileSource(file="/a"))
    assert [d.path for d in libvirt.diff(domain, other).changes] == [
        "devices.disks[vda].type",
        "devices.disks[vda].source",
    ]
    text = domain.render().replace("<devices>", "<devices odd='1'><new/>")
    assert str(libvirt.diff(domain, libvirt.Domain.parse(text))).splitlines() == [
        "+ devices.extra.odd: 1",
        "+ devices.extra: <new/>",
    ]
