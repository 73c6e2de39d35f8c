"""Small classes that use everything the binding offers."""

import enum
from typing import Annotated

from attrs import frozen

from hakvm.xmlmodel import (
    Attr,
    By,
    Codec,
    Document,
    Element,
    Flag,
    Leaf,
    OnOff,
    Text,
    YesNo,
    element,
)

QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"


class Bus(enum.StrEnum):
    VIRTIO = "virtio"
    SATA = "sata"


@element("memory")
@frozen(kw_only=True)
class Memory(Element):
    value: Annotated[int, Text()]
    unit: str = "KiB"


@element("note")
@frozen(kw_only=True)
class Note(Element):
    text: Annotated[str | None, Text()] = None


@element("source", when="file")
@frozen(kw_only=True)
class FileSource(Element):
    file: str


@element("source", when=("block", "raw"))
@frozen(kw_only=True)
class BlockSource(Element):
    dev: str


@element("address", when="pci")
@frozen(kw_only=True)
class PciAddress(Element):
    slot: int
    function: int | str = 0


@element("address", when="usb")
@frozen(kw_only=True)
class UsbAddress(Element):
    port: str


@element("disk")
@frozen(kw_only=True)
class Disk(Element):
    type: str | None = None
    bus: Bus | None = None
    driver: Annotated[Bus | str | None, Attr("driver-name")] = None
    source: Annotated[FileSource | BlockSource | None, By("type", parent=True)] = None
    serial: Annotated[str | None, Leaf()] = None
    readonly: Annotated[bool, Flag()] = False
    address: Annotated[PciAddress | UsbAddress | None, By("type")] = None


@element("nic")
@frozen(kw_only=True)
class Nic(Element):
    mac: str
    trust: YesNo | None = None


@element("devices")
@frozen(kw_only=True)
class Devices(Element):
    emulator: Annotated[str | None, Leaf()] = None
    items: tuple[Disk | Nic, ...] = ()
    notes: tuple[Note, ...] = ()


@element(f"{{{QEMU}}}arg")
@frozen(kw_only=True)
class Argument(Element):
    value: str


@element(f"{{{QEMU}}}commandline", prefix="qemu")
@frozen(kw_only=True)
class Commandline(Element):
    arguments: tuple[Argument, ...] = ()


def _even(text: str) -> int:
    number = int(text)
    if number % 2:
        raise ValueError(text)
    return number


@element("machine")
@frozen(kw_only=True)
class Machine(Document):
    id_ref: str | None = None
    class_: str | None = None
    acpi: OnOff | None = None
    pairs: Annotated[int | None, Codec(_even, str, expects="an even number")] = None
    name: Annotated[str, Leaf()]
    memory: Memory | None = None
    features: Annotated[tuple[str, ...], Leaf("feature")] = ()
    limits: Annotated[tuple[int, ...], Leaf("limit")] = ()
    devices: Devices | None = None
    commandline: Commandline | None = None
