"""Controllers: what disks, ports and cards are plugged into."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._address import Device, VirtioDriver
from hakvm.libvirt._base import HexNumber, Scaled, element
from hakvm.libvirt._words import ControllerType
from hakvm.xmlmodel import Attr, Element, Leaf, OnOff

__all__ = ["Controller", "ControllerDriver", "ControllerTarget"]


@element("driver")
@frozen(kw_only=True)
class ControllerDriver(VirtioDriver):
    """How the host serves a controller."""

    queues: int | None = None
    cmd_per_lun: int | None = None
    max_sectors: int | None = None
    ioeventfd: OnOff | None = None
    iothread: int | None = None


@element("model")
@frozen(kw_only=True)
class ControllerModel(Element):
    """The chip behind a PCI controller."""

    name: str


@element("target")
@frozen(kw_only=True)
class ControllerTarget(Element):
    """What the guest is told of a PCI controller."""

    chassis_nr: int | None = None
    chassis: int | None = None
    port: HexNumber | None = None
    bus_nr: int | None = None
    index: int | None = None
    hotplug: OnOff | None = None
    mem_reserve: int | None = None
    node: Annotated[int | None, Leaf()] = None


@element("pcihole64")
@frozen(kw_only=True)
class PciHole(Scaled):
    """The room for large PCI devices."""


@element("master")
@frozen(kw_only=True)
class Master(Element):
    """The first port of a USB 1 controller beside a USB 2 one."""

    startport: int


@element("controller")
@frozen(kw_only=True)
class Controller(Device):
    """A controller of disks, ports or cards.

    Attributes:
        index: its number among those of its type.
        model: the chip: pcie-root, pcie-root-port, qemu-xhci, virtio-scsi, …
    """

    type: ControllerType | str
    index: int | None = None
    model: str | None = None
    ports: int | None = None
    vectors: int | None = None
    max_grant_frames: Annotated[int | None, Attr("maxGrantFrames")] = None
    max_event_channels: Annotated[int | None, Attr("maxEventChannels")] = None
    serial: Annotated[str | None, Leaf()] = None
    driver: ControllerDriver | None = None
    model_name: ControllerModel | None = None
    target: ControllerTarget | None = None
    pcihole64: PciHole | None = None
    master: Master | None = None
