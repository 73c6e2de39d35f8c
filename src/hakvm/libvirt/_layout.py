"""The devices of a guest that follows a recipe: what is plugged in where."""

from typing import TYPE_CHECKING

from hakvm.libvirt._character import (
    Channel,
    ChannelTarget,
    Console,
    ConsoleTarget,
    Serial,
    SerialTarget,
)
from hakvm.libvirt._controller import Controller
from hakvm.libvirt._cpu import CpuModel
from hakvm.libvirt._device import Balloon, Panic, RandomBackend, Rng, Watchdog
from hakvm.libvirt._disk import Disk, DiskDriver, DiskTarget
from hakvm.libvirt._display import Graphics, Input, Listen, Video, VideoModel
from hakvm.libvirt._domain import Devices
from hakvm.libvirt._interface import Interface, InterfaceModel, MacAddress
from hakvm.libvirt._link import BridgeLink
from hakvm.libvirt._source import BlockSource, FileSource
from hakvm.libvirt._words import (
    BalloonModel,
    Bus,
    Cache,
    CharType,
    ControllerType,
    Discard,
    DiskDevice,
    ImageFormat,
    InputBus,
    InputType,
    Io,
    NicModel,
    PanicModel,
    RngBackendModel,
    VideoType,
    VirtioModel,
    WatchdogAction,
    WatchdogModel,
)

if TYPE_CHECKING:
    from hakvm.libvirt._guest import Guest

__all__ = ["cpu_model", "devices"]

_ROOT_PORTS = 14  # virt-install's number: room for what is plugged in later


def cpu_model(name: str) -> CpuModel:
    """Return a CPU by its name; a host that lacks it refuses the guest, none gives a lesser one."""
    return CpuModel(fallback="forbid", name=name)


def devices(guest: "Guest", machine: str, mac: str, *, with_cdrom: bool) -> Devices:
    """Return the devices of a guest on a machine type, q35 or i440fx."""
    q35 = machine == "q35" or "-q35-" in machine
    return Devices(
        disks=_disks(guest, q35=q35, with_cdrom=with_cdrom),
        controllers=_controllers(q35=q35),
        interfaces=_interfaces(guest, mac),
        serials=(Serial(type=CharType.PTY, target=SerialTarget(port=0)),),
        consoles=(Console(type=CharType.PTY, target=ConsoleTarget(type="serial", port=0)),),
        channels=(
            Channel(
                type=CharType.UNIX,
                target=ChannelTarget(type="virtio", name="org.qemu.guest_agent.0"),
            ),
        ),
        inputs=(Input(type=InputType.TABLET, bus=InputBus.USB),) if guest.graphics else (),
        graphics=(
            Graphics(
                type=guest.graphics,
                autoport=True,
                listens=(Listen(type="address", address="127.0.0.1"),),
            ),
        )
        if guest.graphics
        else (),
        videos=(Video(model=VideoModel(type=VideoType.VIRTIO)),) if guest.graphics else (),
        watchdogs=(Watchdog(model=WatchdogModel.I6300ESB, action=WatchdogAction.RESET),)
        if guest.ha
        else (),
        memballoon=Balloon(model=BalloonModel.VIRTIO),
        rngs=(
            Rng(
                model=VirtioModel.VIRTIO,
                backend=RandomBackend(model=RngBackendModel.RANDOM, path="/dev/urandom"),
            ),
        ),
        panics=(Panic(model=PanicModel.ISA),) if guest.ha else (),
    )


def _disks(guest: "Guest", *, q35: bool, with_cdrom: bool) -> tuple[Disk, ...]:
    image = ImageFormat.RAW if guest.block else guest.disk_format
    # A host's cache would be lost with the host, and the guest could not be migrated.
    driver = (
        DiskDriver(name="qemu", type=image, cache=Cache.NONE, io=Io.NATIVE)
        if guest.ha
        else DiskDriver(name="qemu", type=image, discard=Discard.UNMAP)
    )
    first = Disk(
        device=DiskDevice.DISK,
        driver=driver,
        source=BlockSource(dev=guest.disk) if guest.block else FileSource(file=guest.disk),
        target=DiskTarget(dev="vda", bus=Bus.VIRTIO),
    )
    if not guest.cdrom or not with_cdrom:
        return (first,)
    bus, dev = (Bus.SATA, "sda") if q35 else (Bus.IDE, "hda")
    cdrom = Disk(
        device=DiskDevice.CDROM,
        driver=DiskDriver(name="qemu", type=ImageFormat.RAW),
        source=FileSource(file=guest.cdrom),
        target=DiskTarget(dev=dev, bus=bus),
        readonly=True,
    )
    return first, cdrom


def _controllers(*, q35: bool) -> tuple[Controller, ...]:
    usb = Controller(type=ControllerType.USB, model="qemu-xhci", ports=15)
    if not q35:
        return (usb,)
    return (
        usb,
        Controller(type=ControllerType.PCI, model="pcie-root"),
        *[Controller(type=ControllerType.PCI, model="pcie-root-port")] * _ROOT_PORTS,
    )


def _interfaces(guest: "Guest", mac: str) -> tuple[Interface, ...]:
    if guest.bridge is None:
        return ()
    return (
        Interface(
            mac=MacAddress(address=mac),
            source=BridgeLink(bridge=guest.bridge),
            model=InterfaceModel(type=NicModel.VIRTIO),
        ),
    )
