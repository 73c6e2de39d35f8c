"""What of the host is handed through, or redirected, to the guest."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._address import Boot, Device, PciAddress
from hakvm.libvirt._base import Hex4, Uuid, element
from hakvm.libvirt._interface import Rom, Teaming
from hakvm.libvirt._source import Auth, HostAddress, Initiator
from hakvm.libvirt._words import HostdevType
from hakvm.xmlmodel import Attr, By, Element, Flag, Leaf, OnOff, YesNo

__all__ = [
    "Hostdev", "MdevHost", "PciHost", "RedirFilter", "ScsiHost", "ScsiTargetHost", "StorageHost",
    "UsbHost",
]  # fmt: skip


@element("source", when="pci")
@frozen(kw_only=True)
class PciHost(Element):
    """A PCI device of the host."""

    startup_policy: str | None = None
    write_filtering: YesNo | None = None
    address: Annotated[PciAddress | None, By("type", default="pci")] = None


@element("vendor")
@frozen(kw_only=True)
class UsbVendor(Element):
    """A maker of USB devices."""

    id: Hex4


@element("product")
@frozen(kw_only=True)
class UsbProduct(Element):
    """A USB device of that maker."""

    id: Hex4


@element("address")
@frozen(kw_only=True)
class HostUsbAddress(Element):
    """Where a USB device of the host is plugged in."""

    bus: int | None = None
    device: int | None = None
    port: str | None = None


@element("source", when="usb")
@frozen(kw_only=True)
class UsbHost(Element):
    """A USB device of the host."""

    startup_policy: str | None = None
    guest_reset: str | None = None
    vendor: UsbVendor | None = None
    product: UsbProduct | None = None
    address: HostUsbAddress | None = None


@element("adapter")
@frozen(kw_only=True)
class Adapter(Element):
    """A SCSI adapter of the host, as scsi_host0."""

    name: str


@element("address")
@frozen(kw_only=True)
class HostScsiAddress(Element):
    """A unit of a SCSI adapter of the host."""

    bus: int | None = None
    target: int | None = None
    unit: int | None = None


@element("source", when="scsi")
@frozen(kw_only=True)
class ScsiHost(Element):
    """A SCSI unit: of the host, or of an iSCSI server."""

    protocol: str | None = None
    name: str | None = None
    adapter: Adapter | None = None
    address: HostScsiAddress | None = None
    hosts: tuple[HostAddress, ...] = ()
    auth: Auth | None = None
    initiator: Initiator | None = None


@element("source", when="scsi_host")
@frozen(kw_only=True)
class ScsiTargetHost(Element):
    """A SCSI target of the host's kernel."""

    protocol: str | None = None
    wwpn: str | None = None


@element("address")
@frozen(kw_only=True)
class HostMdevAddress(Element):
    """A mediated device of the host."""

    uuid: Uuid


@element("source", when="mdev")
@frozen(kw_only=True)
class MdevHost(Element):
    """A mediated device of the host."""

    address: HostMdevAddress | None = None


@element("source", when="storage")
@frozen(kw_only=True)
class StorageHost(Element):
    """A block device that a container gets."""

    block: Annotated[str | None, Leaf()] = None


@element("driver")
@frozen(kw_only=True)
class HostdevDriver(Element):
    """What of the host's kernel hands the device through: vfio, kvm, xen."""

    name: str | None = None
    model: str | None = None
    iommufd: YesNo | None = None


@element("hostdev")
@frozen(kw_only=True)
class Hostdev(Device):
    """A device of the host that the guest has for itself: it ties the guest to that host."""

    mode: str | None = None
    type: HostdevType | str | None = None
    managed: YesNo | None = None
    model: str | None = None
    display: OnOff | None = None
    ramfb: OnOff | None = None
    rawio: YesNo | None = None
    sgio: str | None = None
    driver: HostdevDriver | None = None
    source: Annotated[
        PciHost | UsbHost | ScsiHost | ScsiTargetHost | MdevHost | StorageHost | None,
        By("type", parent=True),
    ] = None
    teaming: Teaming | None = None
    boot: Boot | None = None
    rom: Rom | None = None
    readonly: Annotated[bool, Flag()] = False
    shareable: Annotated[bool, Flag()] = False


@element("usbdev")
@frozen(kw_only=True)
class UsbFilter(Element):
    """Whether USB devices of that kind may be redirected; -1 for any."""

    class_: Annotated[str | None, Attr("class")] = None
    vendor: str | None = None
    product: str | None = None
    version: str | None = None
    allow: YesNo


@element("redirfilter")
@frozen(kw_only=True)
class RedirFilter(Element):
    """Which USB devices may be redirected: the first that fits decides."""

    devices: tuple[UsbFilter, ...] = ()
