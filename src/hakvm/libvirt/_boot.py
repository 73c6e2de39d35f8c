"""How the guest starts: firmware, kernel, and what it is told of itself."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._base import element
from hakvm.libvirt._source import AnySource
from hakvm.libvirt._words import BootDevice, DiskType, Firmware, LoaderType
from hakvm.xmlmodel import By, Element, Leaf, Text, YesNo

__all__ = ["BootMenu", "BootOrder", "Loader", "Nvram", "Os", "OsType", "Sysinfo", "SysinfoEntry"]


@element("type")
@frozen(kw_only=True)
class OsType(Element):
    """What the guest runs on: `hvm`, the processor's architecture and the machine type."""

    arch: str | None = None
    machine: str | None = None
    value: Annotated[str, Text()] = "hvm"


@element("feature")
@frozen(kw_only=True)
class FirmwareFeature(Element):
    """A feature that the firmware has to have, or not."""

    enabled: YesNo
    name: str


@element("firmware")
@frozen(kw_only=True)
class FirmwareChoice(Element):
    """What the firmware that libvirt chooses has to be like."""

    features: tuple[FirmwareFeature, ...] = ()


@element("loader")
@frozen(kw_only=True)
class Loader(Element):
    """A firmware file."""

    readonly: YesNo | None = None
    type: LoaderType | str | None = None
    secure: YesNo | None = None
    stateless: YesNo | None = None
    format: str | None = None
    path: Annotated[str | None, Text()] = None


@element("nvram", when=("file", "block", "network"))
@frozen(kw_only=True)
class NvramSource(Element):
    """What the firmware remembers, in a file or on the network."""

    type: DiskType | str
    template: str | None = None
    template_format: str | None = None
    format: str | None = None
    source: AnySource | None = None


@element("boot")
@frozen(kw_only=True)
class BootOrder(Element):
    """What the firmware starts from, in turn."""

    dev: BootDevice | str


@element("bootmenu")
@frozen(kw_only=True)
class BootMenu(Element):
    """Whether the firmware shows a menu, and for how many milliseconds."""

    enable: YesNo
    timeout: int | None = None


@element("bios")
@frozen(kw_only=True)
class Bios(Element):
    """What the firmware does; -1 for never to start again."""

    useserial: YesNo | None = None
    reboot_timeout: int | None = None


@element("smbios")
@frozen(kw_only=True)
class Smbios(Element):
    """Where the guest's SMBIOS comes from: `emulate`, `host`, `sysinfo`."""

    mode: str


@element("table")
@frozen(kw_only=True)
class AcpiTable(Element):
    """An ACPI table from a file."""

    type: str
    path: Annotated[str, Text()]


@element("acpi")
@frozen(kw_only=True)
class AcpiTables(Element):
    """ACPI tables from files."""

    tables: tuple[AcpiTable, ...] = ()


@element("nvram", when="")
@frozen(kw_only=True)
class Nvram(Element):
    """What the firmware remembers: a file, made from a template."""

    template: str | None = None
    template_format: str | None = None
    format: str | None = None
    path: Annotated[str | None, Text()] = None


@element("os")
@frozen(kw_only=True)
class Os(Element):
    """How the guest starts."""

    firmware: Firmware | str | None = None
    type: OsType
    firmware_choice: FirmwareChoice | None = None
    loader: Loader | None = None
    nvram: Annotated[Nvram | NvramSource | None, By("type")] = None
    kernel: Annotated[str | None, Leaf()] = None
    initrd: Annotated[str | None, Leaf()] = None
    cmdline: Annotated[str | None, Leaf()] = None
    dtb: Annotated[str | None, Leaf()] = None
    shim: Annotated[str | None, Leaf()] = None
    init: Annotated[str | None, Leaf()] = None
    initargs: Annotated[tuple[str, ...], Leaf("initarg")] = ()
    acpi: AcpiTables | None = None
    boots: tuple[BootOrder, ...] = ()
    bootmenu: BootMenu | None = None
    bios: Bios | None = None
    smbios: Smbios | None = None


@element("entry")
@frozen(kw_only=True)
class SysinfoEntry(Element):
    """A thing that the guest is told of itself."""

    name: str | None = None
    file: str | None = None
    value: Annotated[str | None, Text()] = None


@frozen(kw_only=True)
class _Entries(Element):
    entries: tuple[SysinfoEntry, ...] = ()


@element("bios")
@frozen(kw_only=True)
class SysinfoBios(_Entries):
    """What the guest is told of its firmware."""


@element("system")
@frozen(kw_only=True)
class SysinfoSystem(_Entries):
    """What the guest is told of the whole machine."""


@element("baseBoard")
@frozen(kw_only=True)
class SysinfoBoard(_Entries):
    """What the guest is told of its board."""


@element("chassis")
@frozen(kw_only=True)
class SysinfoChassis(_Entries):
    """What the guest is told of its case."""


@element("oemStrings")
@frozen(kw_only=True)
class SysinfoStrings(_Entries):
    """Texts that the guest is told."""


@element("sysinfo")
@frozen(kw_only=True)
class Sysinfo(Element):
    """What the guest is told of itself: over SMBIOS, or QEMU's fwcfg."""

    type: str
    bios: SysinfoBios | None = None
    system: SysinfoSystem | None = None
    boards: tuple[SysinfoBoard, ...] = ()
    chassis: SysinfoChassis | None = None
    oem_strings: SysinfoStrings | None = None
    entries: tuple[SysinfoEntry, ...] = ()
