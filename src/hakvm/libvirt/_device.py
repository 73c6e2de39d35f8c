"""The smaller devices: random numbers, balloon, watchdog, panic, TPM, memory, shared files."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._address import Boot, Device, VirtioDevice, VirtioDriver
from hakvm.libvirt._base import Scaled, Uuid, element
from hakvm.libvirt._character import AnyEndpoint, Character, Protocol
from hakvm.libvirt._words import (
    BalloonModel,
    CharType,
    FilesystemType,
    MemoryModel,
    PanicModel,
    RngBackendModel,
    TpmModel,
    VirtioModel,
    WatchdogAction,
    WatchdogModel,
)
from hakvm.xmlmodel import Attr, By, Element, Flag, Leaf, OnOff, Text, YesNo

__all__ = [
    "Balloon", "EgdBackend", "Filesystem", "Hub", "Iommu", "Lease", "MemoryModule", "NvramDevice",
    "Panic", "RandomBackend", "Rng", "SharedMemory", "Smartcard", "Tpm", "TpmBackend", "Vsock",
    "Watchdog",
]  # fmt: skip


@element("rate")
@frozen(kw_only=True)
class RngRate(Element):
    """How many bytes the guest may take in a period of milliseconds."""

    bytes: int
    period: int | None = None


@element("backend", when=("random", "builtin"))
@frozen(kw_only=True)
class RandomBackend(Element):
    """A device of the host, as /dev/urandom, or the hypervisor itself."""

    model: RngBackendModel | str
    path: Annotated[str | None, Text()] = None


@element("backend", when="egd")
@frozen(kw_only=True)
class EgdBackend(Element):
    """A daemon that gathers random numbers, over a socket."""

    type: CharType | str | None = None
    sources: AnyEndpoint = ()
    protocol: Protocol | None = None


@element("rng")
@frozen(kw_only=True)
class Rng(VirtioDevice):
    """The guest's source of random numbers."""

    model: VirtioModel | str
    rate: RngRate | None = None
    backend: Annotated[RandomBackend | EgdBackend | None, By("model")] = None


@element("stats")
@frozen(kw_only=True)
class BalloonStats(Element):
    """Every how many seconds the guest reports on its memory."""

    period: int


@element("memballoon")
@frozen(kw_only=True)
class Balloon(VirtioDevice):
    """The device through which memory is taken back from the guest."""

    model: BalloonModel | str
    autodeflate: OnOff | None = None
    free_page_reporting: OnOff | None = None
    stats: BalloonStats | None = None


@element("watchdog")
@frozen(kw_only=True)
class Watchdog(Device):
    """A watchdog: what happens when the guest no longer feeds it."""

    model: WatchdogModel | str
    action: WatchdogAction | str | None = None


@element("panic")
@frozen(kw_only=True)
class Panic(Device):
    """The device by which a guest tells that it has crashed."""

    model: PanicModel | str | None = None


@element("device")
@frozen(kw_only=True)
class TpmDevice(Element):
    """The TPM of the host."""

    path: str | None = None


@element("source")
@frozen(kw_only=True)
class TpmSource(Element):
    """The socket of a TPM that another process serves."""

    type: str | None = None
    mode: str | None = None
    path: str | None = None


@element("active_pcr_banks")
@frozen(kw_only=True)
class PcrBanks(Element):
    """The registers that are in use."""

    sha1: Annotated[bool, Flag()] = False
    sha256: Annotated[bool, Flag()] = False
    sha384: Annotated[bool, Flag()] = False
    sha512: Annotated[bool, Flag()] = False


@element("encryption")
@frozen(kw_only=True)
class TpmEncryption(Element):
    """The secret that guards the TPM's state."""

    secret: Uuid


@element("backend")
@frozen(kw_only=True)
class TpmBackend(Element):
    """What a TPM is made of: `emulator`, `passthrough`, `external`."""

    type: str
    version: str | None = None
    persistent_state: Annotated[YesNo | None, Attr("persistent_state")] = None
    device: TpmDevice | None = None
    source: TpmSource | None = None
    encryption: TpmEncryption | None = None
    active_pcr_banks: PcrBanks | None = None


@element("tpm")
@frozen(kw_only=True)
class Tpm(Device):
    """A TPM."""

    model: TpmModel | str | None = None
    backend: TpmBackend


@element("driver")
@frozen(kw_only=True)
class FilesystemDriver(VirtioDriver):
    """How the host serves a file system."""

    type: str | None = None
    format: str | None = None
    name: str | None = None
    wrpolicy: str | None = None
    queue: int | None = None


@element("source")
@frozen(kw_only=True)
class FilesystemSource(Element):
    """The directory, file or device of the host."""

    dir: str | None = None
    file: str | None = None
    dev: str | None = None
    name: str | None = None
    socket: str | None = None
    pool: str | None = None
    volume: str | None = None
    usage: int | None = None
    units: str | None = None


@element("target")
@frozen(kw_only=True)
class FilesystemTarget(Element):
    """The name by which the guest mounts it."""

    dir: str


@element("cache")
@frozen(kw_only=True)
class VirtiofsCache(Element):
    """How much virtiofs keeps in memory: `none`, `always`."""

    mode: str


@element("lock")
@frozen(kw_only=True)
class VirtiofsLock(Element):
    """The locks that virtiofs passes on."""

    posix: OnOff | None = None
    flock: OnOff | None = None


@element("sandbox")
@frozen(kw_only=True)
class VirtiofsSandbox(Element):
    """How virtiofs is shut in: `namespace`, `chroot`."""

    mode: str


@element("thread_pool")
@frozen(kw_only=True)
class VirtiofsThreads(Element):
    """How many threads serve virtiofs."""

    size: int


@element("binary")
@frozen(kw_only=True)
class VirtiofsBinary(Element):
    """The program that serves virtiofs."""

    path: str | None = None
    xattr: OnOff | None = None
    cache: VirtiofsCache | None = None
    sandbox: VirtiofsSandbox | None = None
    lock: VirtiofsLock | None = None
    thread_pool: VirtiofsThreads | None = None


@element("filesystem")
@frozen(kw_only=True)
class Filesystem(Device):
    """A file system of the host that the guest shares; it ties the guest to that host."""

    type: FilesystemType | str | None = None
    accessmode: str | None = None
    model: VirtioModel | str | None = None
    multidevs: str | None = None
    fmode: str | None = None
    dmode: str | None = None
    driver: FilesystemDriver | None = None
    binary: VirtiofsBinary | None = None
    source: FilesystemSource | None = None
    target: FilesystemTarget | None = None
    readonly: Annotated[bool, Flag()] = False
    boot: Boot | None = None


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


@element("cid")
@frozen(kw_only=True)
class Cid(Element):
    """The number by which the host reaches the guest; 3 or more."""

    auto: YesNo | None = None
    address: int | None = None


@element("vsock")
@frozen(kw_only=True)
class Vsock(VirtioDevice):
    """A socket between host and guest without a network."""

    model: VirtioModel | str | None = None
    cid: Cid | None = None


@element("driver")
@frozen(kw_only=True)
class IommuDriver(Element):
    """What the IOMMU does."""

    intremap: OnOff | None = None
    caching_mode: Annotated[OnOff | None, Attr("caching_mode")] = None
    eim: OnOff | None = None
    iotlb: OnOff | None = None
    aw_bits: Annotated[int | None, Attr("aw_bits")] = None
    dma_translation: Annotated[OnOff | None, Attr("dma_translation")] = None
    xtsup: OnOff | None = None
    pt: OnOff | None = None


@element("iommu")
@frozen(kw_only=True)
class Iommu(Device):
    """The unit that keeps devices to their own memory."""

    model: str
    driver: IommuDriver | None = None


@element("target")
@frozen(kw_only=True)
class LeaseTarget(Element):
    """Where a lease lies; the offset in bytes."""

    path: str
    offset: int | None = None


@element("lease")
@frozen(kw_only=True)
class Lease(Element):
    """A lease that keeps the guest from running twice."""

    lockspace: Annotated[str | None, Leaf()] = None
    key: Annotated[str | None, Leaf()] = None
    target: LeaseTarget | None = None


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


@element("smartcard")
@frozen(kw_only=True)
class Smartcard(Character):
    """A smart card reader."""

    mode: str
    certificates: Annotated[tuple[str, ...], Leaf("certificate")] = ()
    database: Annotated[str | None, Leaf()] = None


@element("hub")
@frozen(kw_only=True)
class Hub(Device):
    """A USB hub."""

    type: str


@element("nvram")
@frozen(kw_only=True)
class NvramDevice(Device):
    """The memory that a POWER guest keeps."""
