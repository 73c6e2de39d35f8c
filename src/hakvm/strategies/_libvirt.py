"""Guests: recipes, domains, and what a host says of them."""

from datetime import timedelta
from typing import TypeVar

from hypothesis import strategies as st

from hakvm import libvirt
from hakvm.strategies._elements import elements
from hakvm.units import Size
from hakvm.xmlmodel import Element

__all__ = ["domain_infos", "domains", "guests", "libvirt_elements"]

E = TypeVar("E", bound=Element)

_NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,20}", fullmatch=True)


def guests() -> st.SearchStrategy[libvirt.Guest]:
    """Return recipes of guests, for a cluster and not, installed from nothing or a cdrom."""
    return st.builds(
        libvirt.guest,
        _NAMES,
        memory=st.integers(1, 4096).map(lambda n: Size(n << 20)),
        disk=st.sampled_from(["vm01.img", "/srv/vm.qcow2", "/dev/drbd0", "/dev/vg/vm"]),
        vcpus=st.integers(1, 64),
        bridge=st.none() | st.sampled_from(["br0", "br-lan"]),
        disk_size=st.none() | st.integers(1, 1000),
        disk_format=st.sampled_from(["raw", "qcow2"]),
        accelerator=st.sampled_from(["kvm", "qemu"]),
        machine=st.none() | st.sampled_from(["pc-q35-7.2", "pc-i440fx-2.8", "q35", "pc"]),
        os_variant=st.none() | st.sampled_from(["debian9", "win10", "unheard-of"]),
        cdrom=st.none() | st.just("/var/lib/libvirt/ISOs/Debian9.iso"),
        graphics=st.none() | st.sampled_from(["vnc", "spice"]),
        ha=st.booleans(),
    )


def domains() -> st.SearchStrategy[libvirt.Domain]:
    """Return domains: what recipes give, and any that can be written at all."""
    recipes = st.builds(libvirt.Guest.domain, guests(), cluster=_NAMES)
    return recipes | elements(libvirt.Domain)


def libvirt_elements(kind: type[E]) -> st.SearchStrategy[E]:
    """Return any element of one of libvirt's classes, as `libvirt_elements(libvirt.Disk)`."""
    return elements(kind)


def domain_infos() -> st.SearchStrategy[libvirt.DomainInfo]:
    """Return what a host says of a guest."""
    sizes = st.integers(0, 1 << 40).map(lambda n: Size(n * 1024))
    return st.builds(
        libvirt.DomainInfo,
        name=_NAMES,
        uuid=st.none() | st.uuids(),
        id=st.none() | st.integers(1, 9999),
        state=st.sampled_from([*libvirt.DomainState, "dreaming"]),
        max_memory=sizes,
        memory=sizes,
        vcpus=st.integers(1, 4096),
        cpu_time=st.timedeltas(timedelta(), timedelta(days=999)),
        persistent=st.none() | st.booleans(),
        autostart=st.none() | st.booleans(),
    )
