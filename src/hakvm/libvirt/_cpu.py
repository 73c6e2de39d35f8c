"""The guest's CPU and NUMA cells."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._base import element
from hakvm.libvirt._words import CpuCheck, CpuMatch, CpuMode, FeaturePolicy
from hakvm.xmlmodel import Attr, Element, Leaf, OnOff, Text, YesNo

__all__ = ["Cpu", "CpuCache", "CpuFeature", "CpuModel", "Numa", "NumaCell", "Topology"]


@element("model")
@frozen(kw_only=True)
class CpuModel(Element):
    """A CPU by its name, as `Haswell`; `fallback` says whether a lesser one will do."""

    fallback: str | None = None
    vendor_id: Annotated[str | None, Attr("vendor_id")] = None
    name: Annotated[str | None, Text()] = None


@element("feature")
@frozen(kw_only=True)
class CpuFeature(Element):
    """A feature of the CPU, and whether the guest gets it."""

    policy: FeaturePolicy | str | None = None
    name: str
    removed: YesNo | None = None


@element("topology")
@frozen(kw_only=True)
class Topology(Element):
    """How many sockets, dies, cores and threads the guest sees."""

    sockets: int
    dies: int | None = None
    clusters: int | None = None
    cores: int
    threads: int


@element("cache")
@frozen(kw_only=True)
class CpuCache(Element):
    """What the guest sees of the CPU's cache."""

    level: int | None = None
    mode: str


@element("maxphysaddr")
@frozen(kw_only=True)
class AddressBits(Element):
    """How many bits a physical address has."""

    mode: str
    bits: int | None = None
    limit: int | None = None


@element("sibling")
@frozen(kw_only=True)
class Sibling(Element):
    """How far another cell is; 10 is the cell itself."""

    id: int
    value: int


@element("distances")
@frozen(kw_only=True)
class Distances(Element):
    """How far the other cells are."""

    siblings: tuple[Sibling, ...] = ()


@frozen(kw_only=True)
class _Measure(Element):
    value: int
    unit: str


@element("size")
@frozen(kw_only=True)
class CacheSize(_Measure):
    """How large a memory cache is."""


@element("line")
@frozen(kw_only=True)
class CacheLine(_Measure):
    """How long a line of a memory cache is."""


@element("cache")
@frozen(kw_only=True)
class CellCache(Element):
    """A cache beside the memory of a cell."""

    level: int
    associativity: str
    policy: str
    size: CacheSize | None = None
    line: CacheLine | None = None


@element("cell")
@frozen(kw_only=True)
class NumaCell(Element):
    """A cell: its CPUs as `0-3,^2`, and its memory in `unit`, KiB unless told."""

    id: int | None = None
    cpus: str | None = None
    memory: int
    unit: str | None = None
    mem_access: str | None = None
    discard: YesNo | None = None
    distances: Distances | None = None
    caches: tuple[CellCache, ...] = ()


@frozen(kw_only=True)
class _Interconnect(Element):
    initiator: int
    target: int
    cache: int | None = None
    type: str
    value: int


@element("latency")
@frozen(kw_only=True)
class Latency(_Interconnect):
    """How long one cell takes to reach another, in nanoseconds."""


@element("bandwidth")
@frozen(kw_only=True)
class InterconnectBandwidth(_Interconnect):
    """How much one cell can move to another a second, in `unit`."""

    unit: str


@element("interconnects")
@frozen(kw_only=True)
class Interconnects(Element):
    """How well the cells are connected."""

    items: tuple[Latency | InterconnectBandwidth, ...] = ()


@element("numa")
@frozen(kw_only=True)
class Numa(Element):
    """The guest's NUMA cells."""

    cells: tuple[NumaCell, ...] = ()
    interconnects: Interconnects | None = None


@element("cpu")
@frozen(kw_only=True)
class Cpu(Element):
    """The guest's CPU; `host-passthrough` ties the guest to one kind of host."""

    mode: CpuMode | str | None = None
    match: CpuMatch | str | None = None
    check: CpuCheck | str | None = None
    migratable: OnOff | None = None
    deprecated_features: str | None = None
    model: CpuModel | None = None
    vendor: Annotated[str | None, Leaf()] = None
    topology: Topology | None = None
    cache: CpuCache | None = None
    maxphysaddr: AddressBits | None = None
    features: tuple[CpuFeature, ...] = ()
    numa: Numa | None = None
