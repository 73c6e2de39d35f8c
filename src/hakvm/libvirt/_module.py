"""Memory that is plugged in, and memory that guests share."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._address import Device
from hakvm.libvirt._base import Scaled, Uuid, element
from hakvm.libvirt._words import MemoryModel
from hakvm.xmlmodel import Element, Flag, Leaf, OnOff, YesNo

__all__ = ["MemoryModule", "SharedMemory"]


@element("size")
@frozen(kw_only=True)
class Amount(Scaled):
    """How large it is."""


@element("pagesize")
@frozen(kw_only=True)
class PageSize(Scaled):
    """How large its pages are."""


@element("requested")
@frozen(kw_only=True)
class Requested(Scaled):
    """How much of it the guest is asked to use."""


@element("current")
@frozen(kw_only=True)
class Current(Scaled):
    """How much of it the guest uses."""


@element("block")
@frozen(kw_only=True)
class BlockSize(Scaled):
    """In what steps it is used."""


@element("source")
@frozen(kw_only=True)
class ModuleSource(Element):
    """The host's memory behind a module."""

    path: Annotated[str | None, Leaf()] = None
    pagesize: PageSize | None = None
    nodemask: Annotated[str | None, Leaf()] = None
    alignsize: "AlignSize | None" = None
    pmem: Annotated[bool, Flag()] = False


@element("alignsize")
@frozen(kw_only=True)
class AlignSize(Scaled):
    """To what it is aligned."""


@element("label")
@frozen(kw_only=True)
class ModuleLabel(Element):
    """The label area of a persistent module."""

    size: Amount | None = None


@element("target")
@frozen(kw_only=True)
class ModuleTarget(Element):
    """The module that the guest sees."""

    size: Amount | None = None
    node: Annotated[int | None, Leaf()] = None
    label: ModuleLabel | None = None
    readonly: Annotated[bool, Flag()] = False
    block: BlockSize | None = None
    requested: Requested | None = None
    current: Current | None = None


@element("memory")
@frozen(kw_only=True)
class MemoryModule(Device):
    """A memory module."""

    model: MemoryModel | str
    access: str | None = None
    discard: YesNo | None = None
    uuid: Annotated[Uuid | None, Leaf()] = None
    source: ModuleSource | None = None
    target: ModuleTarget | None = None


@element("model")
@frozen(kw_only=True)
class SharedMemoryModel(Element):
    """ivshmem, ivshmem-plain, ivshmem-doorbell."""

    type: str


@element("server")
@frozen(kw_only=True)
class SharedMemoryServer(Element):
    """The process that shares the memory out."""

    path: str | None = None


@element("msi")
@frozen(kw_only=True)
class Msi(Element):
    """How guests interrupt one another."""

    enabled: OnOff | None = None
    vectors: int | None = None
    ioeventfd: OnOff | None = None


@element("shmem")
@frozen(kw_only=True)
class SharedMemory(Device):
    """Memory that guests share."""

    name: str
    role: str | None = None
    model: SharedMemoryModel | None = None
    size: Amount | None = None
    server: SharedMemoryServer | None = None
    msi: Msi | None = None
