"""The smaller devices: random numbers, balloon, watchdog, panic, TPM, smart card."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._address import Device, VirtioDevice
from hakvm.libvirt._base import Uuid, element
from hakvm.libvirt._character import AnyEndpoint, Character, Protocol
from hakvm.libvirt._words import (
    BalloonModel,
    CharType,
    PanicModel,
    RngBackendModel,
    TpmModel,
    VirtioModel,
    WatchdogAction,
    WatchdogModel,
)
from hakvm.xmlmodel import Attr, By, Element, Flag, Leaf, OnOff, Text, YesNo

__all__ = [
    "Balloon", "EgdBackend", "Hub", "Iommu", "Lease", "NvramDevice",
    "Panic", "RandomBackend", "Rng", "Smartcard", "Tpm", "TpmBackend", "Vsock",
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
