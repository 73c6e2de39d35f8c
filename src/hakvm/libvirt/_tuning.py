"""Memory, processors and what of the host the guest may use."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._base import Scaled, element
from hakvm.xmlmodel import Element, Flag, Leaf, OnOff, Text, YesNo

__all__ = [
    "BlkioTune", "CpuTune", "CurrentMemory", "HugePage", "HugePages", "IoThread", "IoThreads",
    "MaxMemory", "Memory", "MemoryBacking", "MemoryTune", "NumaTune", "Vcpu", "VcpuState",
    "VcpuStates",
]  # fmt: skip


@element("memory")
@frozen(kw_only=True)
class Memory(Scaled):
    """The guest's memory; KiB unless told."""

    dump_core: OnOff | None = None


@element("currentMemory")
@frozen(kw_only=True)
class CurrentMemory(Scaled):
    """What the balloon leaves the guest of its memory; KiB unless told."""


@element("maxMemory")
@frozen(kw_only=True)
class MaxMemory(Scaled):
    """How far memory can grow by modules, of which `slots` fit in; KiB unless told."""

    slots: int | None = None


@element("page")
@frozen(kw_only=True)
class HugePage(Element):
    """Pages of that size for those NUMA cells; KiB unless told."""

    size: int
    unit: str | None = None
    nodeset: str | None = None


@element("hugepages")
@frozen(kw_only=True)
class HugePages(Element):
    """Large pages behind the guest's memory."""

    pages: tuple[HugePage, ...] = ()


@element("source")
@frozen(kw_only=True)
class MemorySource(Element):
    """What is behind the guest's memory: `file`, `anonymous`, `memfd`."""

    type: str


@element("access")
@frozen(kw_only=True)
class MemoryAccess(Element):
    """Whether the guest's memory is `shared` or `private`."""

    mode: str


@element("allocation")
@frozen(kw_only=True)
class MemoryAllocation(Element):
    """When the guest's memory is taken: `immediate` or `ondemand`."""

    mode: str | None = None
    threads: int | None = None


@element("memoryBacking")
@frozen(kw_only=True)
class MemoryBacking(Element):
    """What is behind the guest's memory."""

    hugepages: HugePages | None = None
    nosharepages: Annotated[bool, Flag()] = False
    locked: Annotated[bool, Flag()] = False
    source: MemorySource | None = None
    access: MemoryAccess | None = None
    allocation: MemoryAllocation | None = None
    discard: Annotated[bool, Flag()] = False


@element("hard_limit")
@frozen(kw_only=True)
class HardLimit(Scaled):
    """The most memory that the guest may take; KiB unless told."""


@element("soft_limit")
@frozen(kw_only=True)
class SoftLimit(Scaled):
    """The most memory that it may take while it is scarce; KiB unless told."""


@element("swap_hard_limit")
@frozen(kw_only=True)
class SwapHardLimit(Scaled):
    """The most memory and swap that it may take; KiB unless told."""


@element("min_guarantee")
@frozen(kw_only=True)
class MinGuarantee(Scaled):
    """The least memory that it gets; KiB unless told."""


@element("memtune")
@frozen(kw_only=True)
class MemoryTune(Element):
    """How much of the host's memory the guest may take."""

    hard_limit: HardLimit | None = None
    soft_limit: SoftLimit | None = None
    min_guarantee: MinGuarantee | None = None
    swap_hard_limit: SwapHardLimit | None = None


@element("vcpu")
@frozen(kw_only=True)
class Vcpu(Element):
    """How many processors the guest can have, and how many it starts with."""

    placement: str | None = None
    cpuset: str | None = None
    current: int | None = None
    count: Annotated[int, Text()]


@element("vcpu")
@frozen(kw_only=True)
class VcpuState(Element):
    """One of the guest's processors."""

    id: int
    enabled: YesNo | None = None
    hotpluggable: YesNo | None = None
    order: int | None = None


@element("vcpus")
@frozen(kw_only=True)
class VcpuStates(Element):
    """The guest's processors one by one."""

    vcpus: tuple[VcpuState, ...] = ()


@element("poll")
@frozen(kw_only=True)
class Poll(Element):
    """How long a thread waits for work before it sleeps, in nanoseconds."""

    max: int | None = None
    grow: int | None = None
    shrink: int | None = None


@element("iothread")
@frozen(kw_only=True)
class IoThread(Element):
    """A thread that serves disks."""

    id: int
    thread_pool_min: int | None = None
    thread_pool_max: int | None = None
    poll: Poll | None = None


@element("iothreadids")
@frozen(kw_only=True)
class IoThreads(Element):
    """The threads that serve disks."""

    iothreads: tuple[IoThread, ...] = ()


@element("defaultiothread")
@frozen(kw_only=True)
class DefaultIoThread(Element):
    """The thread that serves everything else."""

    thread_pool_min: int | None = None
    thread_pool_max: int | None = None


@element("vcpupin")
@frozen(kw_only=True)
class VcpuPin(Element):
    """The host's processors for one of the guest's."""

    vcpu: int
    cpuset: str


@element("emulatorpin")
@frozen(kw_only=True)
class EmulatorPin(Element):
    """The host's processors for the emulator itself."""

    cpuset: str


@element("iothreadpin")
@frozen(kw_only=True)
class IoThreadPin(Element):
    """The host's processors for a thread that serves disks."""

    iothread: int
    cpuset: str


@frozen(kw_only=True)
class _Schedule(Element):
    scheduler: str
    priority: int | None = None
    runtime: int | None = None
    deadline: int | None = None
    period: int | None = None


@element("vcpusched")
@frozen(kw_only=True)
class VcpuSchedule(_Schedule):
    """How processors are scheduled: `batch`, `idle`, `fifo`, `rr`."""

    vcpus: str


@element("iothreadsched")
@frozen(kw_only=True)
class IoThreadSchedule(_Schedule):
    """How threads that serve disks are scheduled."""

    iothreads: str


@element("emulatorsched")
@frozen(kw_only=True)
class EmulatorSchedule(_Schedule):
    """How the emulator is scheduled."""


@element("monitor")
@frozen(kw_only=True)
class CacheMonitor(Element):
    """Which processors' use is watched."""

    level: int | None = None
    vcpus: str


@element("cache")
@frozen(kw_only=True)
class CacheShare(Element):
    """A share of the processor's cache."""

    id: int
    level: int
    type: str
    size: int
    unit: str | None = None


@element("cachetune")
@frozen(kw_only=True)
class CacheTune(Element):
    """A share of the cache for some processors."""

    vcpus: str
    id: str | None = None
    items: tuple[CacheShare | CacheMonitor, ...] = ()


@element("node")
@frozen(kw_only=True)
class BandwidthShare(Element):
    """A share of a node's memory bandwidth, in per cent."""

    id: int
    bandwidth: int


@element("memorytune")
@frozen(kw_only=True)
class BandwidthTune(Element):
    """A share of the memory bandwidth for some processors."""

    vcpus: str
    items: tuple[BandwidthShare | CacheMonitor, ...] = ()


@element("cputune")
@frozen(kw_only=True)
class CpuTune(Element):
    """How much of the host's processors the guest may take; periods in microseconds."""

    shares: Annotated[int | None, Leaf()] = None
    period: Annotated[int | None, Leaf()] = None
    quota: Annotated[int | None, Leaf()] = None
    global_period: Annotated[int | None, Leaf()] = None
    global_quota: Annotated[int | None, Leaf()] = None
    emulator_period: Annotated[int | None, Leaf()] = None
    emulator_quota: Annotated[int | None, Leaf()] = None
    iothread_period: Annotated[int | None, Leaf()] = None
    iothread_quota: Annotated[int | None, Leaf()] = None
    vcpupins: tuple[VcpuPin, ...] = ()
    emulatorpin: EmulatorPin | None = None
    iothreadpins: tuple[IoThreadPin, ...] = ()
    vcpuscheds: tuple[VcpuSchedule, ...] = ()
    iothreadscheds: tuple[IoThreadSchedule, ...] = ()
    emulatorsched: EmulatorSchedule | None = None
    cachetunes: tuple[CacheTune, ...] = ()
    memorytunes: tuple[BandwidthTune, ...] = ()


@element("memory")
@frozen(kw_only=True)
class NumaMemory(Element):
    """The host's nodes from which memory comes."""

    mode: str | None = None
    nodeset: str | None = None
    placement: str | None = None


@element("memnode")
@frozen(kw_only=True)
class NumaCellMemory(Element):
    """The host's nodes from which a cell's memory comes."""

    cellid: int
    mode: str
    nodeset: str


@element("numatune")
@frozen(kw_only=True)
class NumaTune(Element):
    """The host's nodes from which memory comes."""

    memory: NumaMemory | None = None
    memnodes: tuple[NumaCellMemory, ...] = ()


@element("device")
@frozen(kw_only=True)
class BlkioDevice(Element):
    """Limits for a block device of the host."""

    path: Annotated[str, Leaf()]
    weight: Annotated[int | None, Leaf()] = None
    read_iops_sec: Annotated[int | None, Leaf()] = None
    write_iops_sec: Annotated[int | None, Leaf()] = None
    read_bytes_sec: Annotated[int | None, Leaf()] = None
    write_bytes_sec: Annotated[int | None, Leaf()] = None


@element("blkiotune")
@frozen(kw_only=True)
class BlkioTune(Element):
    """How much of the host's disks the guest may take; weights from 100 to 1000."""

    weight: Annotated[int | None, Leaf()] = None
    devices: tuple[BlkioDevice, ...] = ()


@element("fibrechannel")
@frozen(kw_only=True)
class FibreChannel(Element):
    """The name by which a storage network knows the guest."""

    appid: str


@element("resource")
@frozen(kw_only=True)
class Resource(Element):
    """The control group in which the guest runs."""

    partition: Annotated[str | None, Leaf()] = None
    fibrechannel: FibreChannel | None = None


@element("event")
@frozen(kw_only=True)
class PerfEvent(Element):
    """A thing that is counted."""

    name: str
    enabled: YesNo


@element("perf")
@frozen(kw_only=True)
class Perf(Element):
    """What is counted while the guest runs."""

    events: tuple[PerfEvent, ...] = ()
