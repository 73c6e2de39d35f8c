"""What a host can run: its own capabilities, and those for one kind of guest."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._base import Uuid, element
from hakvm.libvirt._words import DomainType
from hakvm.xmlmodel import Document, Element, Leaf, Text, YesNo

__all__ = ["Capabilities", "DomainCapabilities", "GuestArch", "GuestCapabilities", "MachineType"]


@element("machine")
@frozen(kw_only=True)
class MachineType(Element):
    """A machine type that the host knows; `canonical` is what an alias stands for."""

    canonical: str | None = None
    max_cpus: int | None = None
    deprecated: YesNo | None = None
    name: Annotated[str, Text()]


@element("domain")
@frozen(kw_only=True)
class Accelerated(Element):
    """An accelerator that the host offers."""

    type: DomainType | str
    emulator: Annotated[str | None, Leaf()] = None
    machines: tuple[MachineType, ...] = ()


@element("arch")
@frozen(kw_only=True)
class GuestArch(Element):
    """An architecture that guests can have."""

    name: str
    wordsize: Annotated[int | None, Leaf()] = None
    emulator: Annotated[str | None, Leaf()] = None
    machines: tuple[MachineType, ...] = ()
    domains: tuple[Accelerated, ...] = ()


@element("guest")
@frozen(kw_only=True)
class GuestCapabilities(Element):
    """A kind of guest that the host can run."""

    os_type: Annotated[str, Leaf("os_type")] = "hvm"
    arch: GuestArch


@element("cpu")
@frozen(kw_only=True)
class HostCpu(Element):
    """The host's processor."""

    arch: Annotated[str | None, Leaf()] = None
    model: Annotated[str | None, Leaf()] = None
    vendor: Annotated[str | None, Leaf()] = None


@element("host")
@frozen(kw_only=True)
class HostCapabilities(Element):
    """The host itself."""

    uuid: Annotated[Uuid | None, Leaf()] = None
    cpu: HostCpu | None = None


@element("capabilities")
@frozen(kw_only=True)
class Capabilities(Document):
    """What a host can run: what `virsh capabilities` prints."""

    host: HostCapabilities | None = None
    guests: tuple[GuestCapabilities, ...] = ()

    def accelerators(self, arch: str) -> tuple[str, ...]:
        """Return the accelerators for guests of that architecture, as `("qemu", "kvm")`."""
        return tuple(
            dict.fromkeys(
                str(domain.type)
                for guest in self.guests
                if guest.arch.name == arch
                for domain in guest.arch.domains
            )
        )

    def machines(self, arch: str) -> frozenset[str]:
        """Return the machine types for guests of that architecture, aliases too."""
        found: set[str] = set()
        for guest in self.guests:
            if guest.arch.name == arch:
                kinds = [guest.arch.machines, *(d.machines for d in guest.arch.domains)]
                found.update(machine.name for kind in kinds for machine in kind)
                found.update(m.canonical for kind in kinds for m in kind if m.canonical)
        return frozenset(found)


@element("domainCapabilities")
@frozen(kw_only=True)
class DomainCapabilities(Document):
    """What a host has for one kind of guest: what `virsh domcapabilities` prints."""

    path: Annotated[str | None, Leaf()] = None
    domain: Annotated[DomainType | str | None, Leaf()] = None
    machine: Annotated[str | None, Leaf()] = None
    arch: Annotated[str | None, Leaf()] = None
