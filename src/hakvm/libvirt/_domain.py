"""The domain: a guest as libvirt has it."""

from typing import Annotated

from attrs import frozen

from hakvm.findings import Finding
from hakvm.libvirt import _character, _device, _display
from hakvm.libvirt._base import Uuid, element
from hakvm.libvirt._book import RULES
from hakvm.libvirt._boot import Os, Sysinfo
from hakvm.libvirt._controller import Controller
from hakvm.libvirt._cpu import Cpu
from hakvm.libvirt._disk import Disk
from hakvm.libvirt._features import Clock, Features, Pm
from hakvm.libvirt._filesystem import Filesystem
from hakvm.libvirt._hostdev import Hostdev, RedirFilter
from hakvm.libvirt._interface import Interface
from hakvm.libvirt._module import MemoryModule, SharedMemory
from hakvm.libvirt._security import (
    Commandline,
    Deprecation,
    IdMap,
    KeyWrap,
    LaunchSecurity,
    Metadata,
    Override,
    QemuCapabilities,
    SecurityLabel,
)
from hakvm.libvirt._tuning import (
    BlkioTune,
    CpuTune,
    CurrentMemory,
    DefaultIoThread,
    IoThreads,
    MaxMemory,
    Memory,
    MemoryBacking,
    MemoryTune,
    NumaTune,
    Perf,
    Resource,
    Vcpu,
    VcpuStates,
)
from hakvm.libvirt._words import Action, DomainType
from hakvm.xmlmodel import Document, Element, Leaf

__all__ = ["Devices", "Domain"]


@element("devices")
@frozen(kw_only=True)
class Devices(Element):
    """The guest's devices, each kind in its own tuple."""

    emulator: Annotated[str | None, Leaf()] = None
    disks: tuple[Disk, ...] = ()
    controllers: tuple[Controller, ...] = ()
    leases: tuple[_device.Lease, ...] = ()
    filesystems: tuple[Filesystem, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    smartcards: tuple[_device.Smartcard, ...] = ()
    serials: tuple[_character.Serial, ...] = ()
    parallels: tuple[_character.Parallel, ...] = ()
    consoles: tuple[_character.Console, ...] = ()
    channels: tuple[_character.Channel, ...] = ()
    inputs: tuple[_display.Input, ...] = ()
    tpms: tuple[_device.Tpm, ...] = ()
    graphics: tuple[_display.Graphics, ...] = ()
    sounds: tuple[_display.Sound, ...] = ()
    audios: tuple[_display.Audio, ...] = ()
    videos: tuple[_display.Video, ...] = ()
    hostdevs: tuple[Hostdev, ...] = ()
    redirdevs: tuple[_character.RedirectedDevice, ...] = ()
    redirfilter: RedirFilter | None = None
    hubs: tuple[_device.Hub, ...] = ()
    watchdogs: tuple[_device.Watchdog, ...] = ()
    memballoon: _device.Balloon | None = None
    rngs: tuple[_device.Rng, ...] = ()
    nvram: _device.NvramDevice | None = None
    panics: tuple[_device.Panic, ...] = ()
    shmems: tuple[SharedMemory, ...] = ()
    memories: tuple[MemoryModule, ...] = ()
    iommus: tuple[_device.Iommu, ...] = ()
    vsocks: tuple[_device.Vsock, ...] = ()


@element("domain")
@frozen(kw_only=True)
class Domain(Document):
    """A guest, whole: what `virsh dumpxml` gives and `virsh define` takes.

    Attributes:
        type: the hypervisor.
        id: its number while it runs.
        devices: its disks, cards, ports; empty where the file has none.
    """

    type: DomainType | str
    id: int | None = None
    name: Annotated[str, Leaf()]
    uuid: Annotated[Uuid | None, Leaf()] = None
    genid: Annotated[Uuid | str | None, Leaf()] = None
    title: Annotated[str | None, Leaf()] = None
    description: Annotated[str | None, Leaf()] = None
    metadata: Metadata | None = None
    max_memory: MaxMemory | None = None
    memory: Memory | None = None
    current_memory: CurrentMemory | None = None
    blkiotune: BlkioTune | None = None
    memtune: MemoryTune | None = None
    memory_backing: MemoryBacking | None = None
    vcpu: Vcpu | None = None
    vcpus: VcpuStates | None = None
    iothreads: Annotated[int | None, Leaf()] = None
    iothreadids: IoThreads | None = None
    defaultiothread: DefaultIoThread | None = None
    cputune: CpuTune | None = None
    numatune: NumaTune | None = None
    resource: Resource | None = None
    sysinfos: tuple[Sysinfo, ...] = ()
    bootloader: Annotated[str | None, Leaf()] = None
    bootloader_args: Annotated[str | None, Leaf("bootloader_args")] = None
    os: Os | None = None
    idmap: IdMap | None = None
    features: Features | None = None
    cpu: Cpu | None = None
    clock: Clock | None = None
    on_poweroff: Annotated[Action | str | None, Leaf()] = None
    on_reboot: Annotated[Action | str | None, Leaf()] = None
    on_crash: Annotated[Action | str | None, Leaf()] = None
    on_lockfailure: Annotated[Action | str | None, Leaf()] = None
    pm: Pm | None = None
    perf: Perf | None = None
    devices: Devices = Devices()
    seclabels: tuple[SecurityLabel, ...] = ()
    keywrap: KeyWrap | None = None
    launch_security: LaunchSecurity | None = None
    commandline: Commandline | None = None
    override: Override | None = None
    qemu_capabilities: QemuCapabilities | None = None
    deprecation: Deprecation | None = None

    def check(self) -> tuple[Finding, ...]:
        """Return what bites when the guest is to move between hosts, the worst first."""
        return RULES.check(self)
