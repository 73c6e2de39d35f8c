"""Where a device sits in the guest: the kinds of addresses, and what stands beside them."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._base import Hex2, Hex4, HexNumber, element
from hakvm.xmlmodel import By, Element, OnOff

__all__ = [
    "AcpiIndex", "Address", "Alias", "AnyAddress", "BackendDomain", "Boot", "CcidAddress",
    "CcwAddress", "Device", "DimmAddress", "DriveAddress", "IsaAddress",
    "PciAddress", "PlainVirtioDriver", "SpaprVioAddress", "UnassignedAddress", "UsbAddress",
    "VirtioDevice", "VirtioDriver", "VirtioMmioAddress", "VirtioS390Address",
    "VirtioSerialAddress", "Zpci",
]  # fmt: skip


@frozen(kw_only=True)
class Address(Element):
    """The base of all addresses."""


@element("zpci")
@frozen(kw_only=True)
class Zpci(Element):
    """The PCI identity of a device on IBM Z."""

    uid: Hex4 | None = None
    fid: HexNumber | None = None


@element("address", when="pci")
@frozen(kw_only=True)
class PciAddress(Address):
    """A place on a PCI bus; `str` gives it as lspci does."""

    domain: Hex4 | None = None
    bus: Hex2 | None = None
    slot: Hex2 | None = None
    function: HexNumber | None = None
    multifunction: OnOff | None = None
    zpci: Zpci | None = None

    def __str__(self) -> str:
        return (
            f"{self.domain or 0:04x}:{self.bus or 0:02x}:{self.slot or 0:02x}.{self.function or 0}"
        )


@element("address", when="drive")
@frozen(kw_only=True)
class DriveAddress(Address):
    """A place on a disk controller."""

    controller: int | None = None
    bus: int | None = None
    target: int | None = None
    unit: int | None = None


@element("address", when="virtio-serial")
@frozen(kw_only=True)
class VirtioSerialAddress(Address):
    """A port of a virtio-serial controller."""

    controller: int | None = None
    bus: int | None = None
    port: int | None = None


@element("address", when="ccid")
@frozen(kw_only=True)
class CcidAddress(Address):
    """A slot of a smart card controller."""

    controller: int | None = None
    slot: int | None = None


@element("address", when="usb")
@frozen(kw_only=True)
class UsbAddress(Address):
    """A USB port; dots lead through hubs: `1.2`."""

    bus: int | None = None
    port: str | None = None


@element("address", when="spapr-vio")
@frozen(kw_only=True)
class SpaprVioAddress(Address):
    """A register of a POWER guest's virtual I/O."""

    reg: HexNumber | None = None


@element("address", when="ccw")
@frozen(kw_only=True)
class CcwAddress(Address):
    """A channel device of IBM Z."""

    cssid: HexNumber | None = None
    ssid: HexNumber | None = None
    devno: Hex4 | None = None


@element("address", when="virtio-s390")
@frozen(kw_only=True)
class VirtioS390Address(Address):
    """A virtio device of IBM Z without a channel."""


@element("address", when="virtio-mmio")
@frozen(kw_only=True)
class VirtioMmioAddress(Address):
    """A virtio device in memory, as ARM has it."""


@element("address", when="isa")
@frozen(kw_only=True)
class IsaAddress(Address):
    """An ISA port."""

    iobase: HexNumber | None = None
    irq: HexNumber | None = None


@element("address", when="dimm")
@frozen(kw_only=True)
class DimmAddress(Address):
    """A slot for a memory module."""

    slot: int | None = None
    base: HexNumber | None = None


@element("address", when="unassigned")
@frozen(kw_only=True)
class UnassignedAddress(Address):
    """No place: the device is there and the guest cannot see it."""


AnyAddress = Annotated[
    PciAddress
    | DriveAddress
    | VirtioSerialAddress
    | CcidAddress
    | UsbAddress
    | SpaprVioAddress
    | CcwAddress
    | VirtioS390Address
    | VirtioMmioAddress
    | IsaAddress
    | DimmAddress
    | UnassignedAddress,
    By("type"),
]
"""Any of the addresses; their `type` chooses."""


@element("alias")
@frozen(kw_only=True)
class Alias(Element):
    """The name by which libvirt calls a device."""

    name: str


@element("boot")
@frozen(kw_only=True)
class Boot(Element):
    """The device's turn when the firmware looks for something to start.

    Attributes:
        order: 1 for the first.
    """

    order: int
    loadparm: str | None = None


@element("acpi")
@frozen(kw_only=True)
class AcpiIndex(Element):
    """The number that the guest's firmware gives the device."""

    index: int | None = None


@element("backenddomain")
@frozen(kw_only=True)
class BackendDomain(Element):
    """The Xen domain that serves a device."""

    name: str


@frozen(kw_only=True)
class Device(Element):
    """The base of all devices."""

    alias: Alias | None = None
    address: AnyAddress | None = None


@frozen(kw_only=True)
class VirtioDriver(Element):
    """The base of all drivers of virtio devices."""

    iommu: OnOff | None = None
    ats: OnOff | None = None
    packed: OnOff | None = None
    page_per_vq: OnOff | None = None


@element("driver")
@frozen(kw_only=True)
class PlainVirtioDriver(VirtioDriver):
    """The driver of a virtio device that has no settings of its own."""


@frozen(kw_only=True)
class VirtioDevice(Device):
    """The base of devices that have nothing but virtio's own settings."""

    driver: PlainVirtioDriver | None = None
