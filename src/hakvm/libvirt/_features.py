"""The machine's features, its clocks and its power states."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._base import Scaled, element
from hakvm.libvirt._words import ClockOffset, TickPolicy, TimerName
from hakvm.xmlmodel import Element, Flag, OnOff, YesNo

__all__ = ["Clock", "Features", "HyperV", "Kvm", "Pm", "Switch", "Timer"]


@frozen(kw_only=True)
class Switch(Element):
    """The base of features that are on or off."""

    state: OnOff | None = None


@element("relaxed")
@frozen(kw_only=True)
class Relaxed(Switch):
    """Whether Windows waives its watchdogs."""


@element("vapic")
@frozen(kw_only=True)
class Vapic(Switch):
    """Whether Windows gets a faster interrupt controller."""


@element("spinlocks")
@frozen(kw_only=True)
class Spinlocks(Switch):
    """After how many tries Windows gives a lock up for a while."""

    retries: int | None = None


@element("vpindex")
@frozen(kw_only=True)
class Vpindex(Switch):
    """Whether Windows gets numbers for its processors."""


@element("runtime")
@frozen(kw_only=True)
class Runtime(Switch):
    """Whether Windows sees how long its processors ran."""


@element("synic")
@frozen(kw_only=True)
class Synic(Switch):
    """Whether Windows gets synthetic interrupts."""


@element("direct")
@frozen(kw_only=True)
class Direct(Switch):
    """Whether synthetic timers go straight to the processor."""


@element("stimer")
@frozen(kw_only=True)
class Stimer(Switch):
    """Whether Windows gets synthetic timers."""

    direct: Direct | None = None


@element("reset")
@frozen(kw_only=True)
class Reset(Switch):
    """Whether Windows can reset the hypervisor."""


@element("vendor_id")
@frozen(kw_only=True)
class VendorId(Switch):
    """What Windows takes the hypervisor for."""

    value: str | None = None


@element("frequencies")
@frozen(kw_only=True)
class Frequencies(Switch):
    """Whether Windows sees the frequencies of its clocks."""


@element("reenlightenment")
@frozen(kw_only=True)
class Reenlightenment(Switch):
    """Whether Windows learns of a migration."""


@element("tlbflush")
@frozen(kw_only=True)
class TlbFlush(Switch):
    """Whether Windows flushes address caches by the hypervisor."""


@element("ipi")
@frozen(kw_only=True)
class Ipi(Switch):
    """Whether Windows sends interrupts between processors by the hypervisor."""


@element("evmcs")
@frozen(kw_only=True)
class Evmcs(Switch):
    """Whether a hypervisor inside Windows gets a faster interface."""


@element("avic")
@frozen(kw_only=True)
class Avic(Switch):
    """Whether Windows uses the processor's own interrupt controller."""


@element("hidden")
@frozen(kw_only=True)
class Hidden(Switch):
    """Whether the guest cannot see that it runs on KVM."""


@element("hint-dedicated")
@frozen(kw_only=True)
class HintDedicated(Switch):
    """Whether the guest is told that its processors are its own."""


@element("poll-control")
@frozen(kw_only=True)
class PollControl(Switch):
    """Whether the guest can stop the host from polling."""


@element("pv-ipi")
@frozen(kw_only=True)
class PvIpi(Switch):
    """Whether interrupts between processors go by the hypervisor."""


@element("dirty-ring")
@frozen(kw_only=True)
class DirtyRing(Switch):
    """Whether changed memory is listed in a ring of that size."""

    size: int | None = None


@element("pvspinlock")
@frozen(kw_only=True)
class PvSpinlock(Switch):
    """Whether the guest gives locks up for a while."""


@element("pmu")
@frozen(kw_only=True)
class Pmu(Switch):
    """Whether the guest can count what its processor does."""


@element("vmport")
@frozen(kw_only=True)
class VmPort(Switch):
    """Whether VMware's port is there."""


@element("vmcoreinfo")
@frozen(kw_only=True)
class VmCoreInfo(Switch):
    """Whether the guest tells where its kernel lies."""


@element("htm")
@frozen(kw_only=True)
class Htm(Switch):
    """Whether POWER has transactional memory."""


@element("nested-hv")
@frozen(kw_only=True)
class NestedHv(Switch):
    """Whether a hypervisor can run inside."""


@element("ccf-assist")
@frozen(kw_only=True)
class CcfAssist(Switch):
    """Whether POWER helps to flush its count cache."""


@element("ras")
@frozen(kw_only=True)
class Ras(Switch):
    """Whether hardware errors reach the guest."""


@element("ps2")
@frozen(kw_only=True)
class Ps2(Switch):
    """Whether the PS/2 controller is there."""


@element("hyperv")
@frozen(kw_only=True)
class HyperV(Element):
    """What makes Windows at home."""

    mode: str | None = None
    relaxed: Relaxed | None = None
    vapic: Vapic | None = None
    spinlocks: Spinlocks | None = None
    vpindex: Vpindex | None = None
    runtime: Runtime | None = None
    synic: Synic | None = None
    stimer: Stimer | None = None
    reset: Reset | None = None
    vendor_id: VendorId | None = None
    frequencies: Frequencies | None = None
    reenlightenment: Reenlightenment | None = None
    tlbflush: TlbFlush | None = None
    ipi: Ipi | None = None
    evmcs: Evmcs | None = None
    avic: Avic | None = None


@element("kvm")
@frozen(kw_only=True)
class Kvm(Element):
    """What KVM does for, or hides from, the guest."""

    hidden: Hidden | None = None
    hint_dedicated: HintDedicated | None = None
    poll_control: PollControl | None = None
    pv_ipi: PvIpi | None = None
    dirty_ring: DirtyRing | None = None


@element("apic")
@frozen(kw_only=True)
class Apic(Element):
    """The interrupt controller."""

    eoi: OnOff | None = None


@element("gic")
@frozen(kw_only=True)
class Gic(Element):
    """The interrupt controller of ARM: 2, 3, 4 or host."""

    version: str | None = None


@element("ioapic")
@frozen(kw_only=True)
class IoApic(Element):
    """Who is the interrupt controller for devices: `kvm` or `qemu`."""

    driver: str


@element("maxpagesize")
@frozen(kw_only=True)
class MaxPageSize(Scaled):
    """The largest page of POWER."""


@element("hpt")
@frozen(kw_only=True)
class Hpt(Element):
    """The page table of POWER."""

    resizing: str | None = None
    maxpagesize: MaxPageSize | None = None


@element("tseg")
@frozen(kw_only=True)
class Tseg(Scaled):
    """The memory of system management mode; MiB unless told."""


@element("smm")
@frozen(kw_only=True)
class Smm(Switch):
    """Whether system management mode is there: secure boot needs it."""

    tseg: Tseg | None = None


@element("tb-cache")
@frozen(kw_only=True)
class TbCache(Scaled):
    """How much translated code is kept."""


@element("tcg")
@frozen(kw_only=True)
class Tcg(Element):
    """How QEMU translates code."""

    tb_cache: TbCache | None = None


@element("capabilities")
@frozen(kw_only=True)
class Capabilities(Element):
    """What a container's root may do."""

    policy: str | None = None


@frozen(kw_only=True)
class _Mitigation(Element):
    value: str


@element("cfpc")
@frozen(kw_only=True)
class CachePatch(_Mitigation):
    """How POWER guards its cache: broken, workaround, fixed."""


@element("sbbc")
@frozen(kw_only=True)
class BoundsPatch(_Mitigation):
    """How POWER guards its bounds checks: broken, workaround, fixed."""


@element("ibs")
@frozen(kw_only=True)
class BranchPatch(_Mitigation):
    """How POWER guards its indirect branches: broken, workaround, fixed-ibs and others."""


@element("features")
@frozen(kw_only=True)
class Features(Element):
    """The machine's features."""

    pae: Annotated[bool, Flag()] = False
    acpi: Annotated[bool, Flag()] = False
    apic: Apic | None = None
    hap: "Hap | None" = None
    viridian: Annotated[bool, Flag()] = False
    privnet: Annotated[bool, Flag()] = False
    hyperv: HyperV | None = None
    kvm: Kvm | None = None
    pvspinlock: PvSpinlock | None = None
    pmu: Pmu | None = None
    capabilities: Capabilities | None = None
    vmport: VmPort | None = None
    gic: Gic | None = None
    smm: Smm | None = None
    ioapic: IoApic | None = None
    hpt: Hpt | None = None
    vmcoreinfo: VmCoreInfo | None = None
    htm: Htm | None = None
    nested_hv: NestedHv | None = None
    ccf_assist: CcfAssist | None = None
    cfpc: CachePatch | None = None
    sbbc: BoundsPatch | None = None
    ibs: BranchPatch | None = None
    tcg: Tcg | None = None
    ras: Ras | None = None
    ps2: Ps2 | None = None


@element("hap")
@frozen(kw_only=True)
class Hap(Switch):
    """Whether the processor translates the guest's addresses, in Xen."""


@element("catchup")
@frozen(kw_only=True)
class Catchup(Element):
    """How fast a clock catches up."""

    threshold: int | None = None
    slew: int | None = None
    limit: int | None = None


@element("timer")
@frozen(kw_only=True)
class Timer(Element):
    """One of the guest's clocks; the frequency in Hz."""

    name: TimerName | str
    present: YesNo | None = None
    tickpolicy: TickPolicy | str | None = None
    track: str | None = None
    frequency: int | None = None
    mode: str | None = None
    catchup: Catchup | None = None


@element("clock")
@frozen(kw_only=True)
class Clock(Element):
    """What the guest's clock starts from; the adjustment in seconds, or `reset`."""

    offset: ClockOffset | str | None = None
    adjustment: int | str | None = None
    basis: str | None = None
    timezone: str | None = None
    start: int | None = None
    timers: tuple[Timer, ...] = ()


@frozen(kw_only=True)
class _Suspend(Element):
    enabled: YesNo | None = None


@element("suspend-to-mem")
@frozen(kw_only=True)
class SuspendToMem(_Suspend):
    """Whether the guest can sleep."""


@element("suspend-to-disk")
@frozen(kw_only=True)
class SuspendToDisk(_Suspend):
    """Whether the guest can hibernate."""


@element("pm")
@frozen(kw_only=True)
class Pm(Element):
    """How the guest can sleep."""

    suspend_to_mem: SuspendToMem | None = None
    suspend_to_disk: SuspendToDisk | None = None
