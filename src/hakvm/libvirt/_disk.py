"""Disks: the drive that the guest sees, and how the host serves it."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._address import AcpiIndex, BackendDomain, Boot, Device, VirtioDriver
from hakvm.libvirt._base import element
from hakvm.libvirt._source import AnySource, Auth, BackingStore, Encryption, MetadataCache, Mirror
from hakvm.libvirt._words import (
    Bus,
    Cache,
    DetectZeroes,
    Discard,
    DiskDevice,
    DiskType,
    ErrorPolicy,
    ImageFormat,
    Io,
)
from hakvm.xmlmodel import Element, Flag, Leaf, OnOff

__all__ = ["Disk", "DiskDriver", "DiskTarget", "Geometry", "IoTune"]


@element("driver")
@frozen(kw_only=True)
class DiskDriver(VirtioDriver):
    """How the host serves a disk."""

    name: str | None = None
    type: ImageFormat | str | None = None
    cache: Cache | str | None = None
    error_policy: ErrorPolicy | str | None = None
    rerror_policy: ErrorPolicy | str | None = None
    io: Io | str | None = None
    ioeventfd: OnOff | None = None
    event_idx: OnOff | None = None
    copy_on_read: OnOff | None = None
    discard: Discard | str | None = None
    discard_no_unref: OnOff | None = None
    iothread: int | None = None
    detect_zeroes: DetectZeroes | str | None = None
    queues: int | None = None
    queue_size: int | None = None
    metadata_cache: MetadataCache | None = None


@element("target")
@frozen(kw_only=True)
class DiskTarget(Element):
    """The drive that the guest sees: `vda` on the bus `virtio`.

    Attributes:
        rotation_rate: turns a minute; 1 for none at all.
    """

    dev: str
    bus: Bus | str | None = None
    tray: str | None = None
    removable: OnOff | None = None
    rotation_rate: int | None = None


@element("geometry")
@frozen(kw_only=True)
class Geometry(Element):
    """The cylinders, heads and sectors that the guest is told."""

    cyls: int
    heads: int
    secs: int
    trans: str | None = None


@element("blockio")
@frozen(kw_only=True)
class BlockIo(Element):
    """The sizes of blocks that the guest is told, in bytes."""

    logical_block_size: int | None = None
    physical_block_size: int | None = None
    discard_granularity: int | None = None


@element("iotune")
@frozen(kw_only=True)
class IoTune(Element):
    """The limits of a disk: bytes and requests a second; bursts in seconds."""

    total_bytes_sec: Annotated[int | None, Leaf()] = None
    read_bytes_sec: Annotated[int | None, Leaf()] = None
    write_bytes_sec: Annotated[int | None, Leaf()] = None
    total_iops_sec: Annotated[int | None, Leaf()] = None
    read_iops_sec: Annotated[int | None, Leaf()] = None
    write_iops_sec: Annotated[int | None, Leaf()] = None
    total_bytes_sec_max: Annotated[int | None, Leaf()] = None
    read_bytes_sec_max: Annotated[int | None, Leaf()] = None
    write_bytes_sec_max: Annotated[int | None, Leaf()] = None
    total_iops_sec_max: Annotated[int | None, Leaf()] = None
    read_iops_sec_max: Annotated[int | None, Leaf()] = None
    write_iops_sec_max: Annotated[int | None, Leaf()] = None
    size_iops_sec: Annotated[int | None, Leaf()] = None
    group_name: Annotated[str | None, Leaf()] = None
    total_bytes_sec_max_length: Annotated[int | None, Leaf()] = None
    read_bytes_sec_max_length: Annotated[int | None, Leaf()] = None
    write_bytes_sec_max_length: Annotated[int | None, Leaf()] = None
    total_iops_sec_max_length: Annotated[int | None, Leaf()] = None
    read_iops_sec_max_length: Annotated[int | None, Leaf()] = None
    write_iops_sec_max_length: Annotated[int | None, Leaf()] = None


@element("transient")
@frozen(kw_only=True)
class Transient(Element):
    """What the guest writes is thrown away when it stops."""

    share_backing: str | None = None


@element("disk")
@frozen(kw_only=True)
class Disk(Device):
    """A disk: its `source` on the host, its `target` in the guest.

    Attributes:
        type: what the source is; follows from the source where it is not given.
    """

    type: DiskType | str | None = None
    device: DiskDevice | str = DiskDevice.DISK
    model: str | None = None
    rawio: str | None = None
    sgio: str | None = None
    snapshot: str | None = None
    driver: DiskDriver | None = None
    auth: Auth | None = None
    source: AnySource | None = None
    backing_store: BackingStore | None = None
    backenddomain: BackendDomain | None = None
    geometry: Geometry | None = None
    blockio: BlockIo | None = None
    mirror: Mirror | None = None
    target: DiskTarget
    iotune: IoTune | None = None
    readonly: Annotated[bool, Flag()] = False
    shareable: Annotated[bool, Flag()] = False
    transient: Transient | None = None
    serial: Annotated[str | None, Leaf()] = None
    wwn: Annotated[str | None, Leaf()] = None
    vendor: Annotated[str | None, Leaf()] = None
    product: Annotated[str | None, Leaf()] = None
    encryption: Encryption | None = None
    boot: Boot | None = None
    acpi: AcpiIndex | None = None
