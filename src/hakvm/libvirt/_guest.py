"""The recipe of a guest: what a person decides, and the domain that follows from it."""

import hashlib
import re
import uuid as uuids
from enum import StrEnum
from pathlib import PurePosixPath
from types import NoneType
from typing import TypeVar

from attrs import Factory, field, frozen

from hakvm.errors import InvalidError
from hakvm.libvirt import _layout
from hakvm.libvirt._boot import BootOrder, Os, OsType
from hakvm.libvirt._cpu import Cpu
from hakvm.libvirt._domain import Domain
from hakvm.libvirt._features import (
    Apic,
    Clock,
    Features,
    Pm,
    SuspendToDisk,
    SuspendToMem,
    Timer,
)
from hakvm.libvirt._osinfo import osinfo_id
from hakvm.libvirt._security import Libosinfo, LibosinfoOs, Metadata
from hakvm.libvirt._tuning import CurrentMemory, Memory, Vcpu
from hakvm.libvirt._words import (
    Action,
    BootDevice,
    ClockOffset,
    CpuMode,
    DomainType,
    GraphicsType,
    ImageFormat,
    TickPolicy,
    TimerName,
)
from hakvm.units import Size

__all__ = ["DEFAULT_MACHINE", "Guest", "guest"]

IMAGES = PurePosixPath("/var/lib/libvirt/images")
"""Where libvirt keeps images: what the howto mounts the replicated device on."""

DEFAULT_MACHINE = "pc-q35-7.2"
"""The newest machine type of Debian 12's QEMU: both nodes must know it, so it is pinned."""

# libvirt takes more; these need no quoting in any shell, path or CIB.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}", re.ASCII)
_BRIDGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,14}", re.ASCII)  # IFNAMSIZ - 1
_PATH = re.compile(r"[^\0-\x1f\x7f]+")
_MACHINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_MOST_VCPUS = 4096  # QEMU's own limit
_NAMESPACE = uuids.uuid5(uuids.NAMESPACE_URL, "urn:hakvm:guest")


W = TypeVar("W", bound=StrEnum)


def word(kind: type[W], value: str, name: str) -> W:
    """Return a word of an enumeration; here no newer release's word can stand."""
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise InvalidError(
            f"{value!r} is none of {known}", path=f"guest.{name}", value=value
        ) from None


def _memory(value: Size | str | int) -> Size:
    return Size.of(value, unit="MiB")


def _gibibytes(value: Size | str | int | None) -> Size | None:
    return None if value is None else Size.of(value, unit="GiB")


def _image(value: str) -> str:
    return str(IMAGES / value) if value else value


def _count(value: object) -> bool:
    return isinstance(value, int) and 1 <= value <= _MOST_VCPUS


@frozen(kw_only=True)
class Guest:
    """A guest as a person decides on it; `domain` makes the whole domain of it.

    Attributes:
        name: letters, digits, `.`, `_`, `+` and `-`.
        memory: at least 1 MiB; a bare number counts MiB.
        vcpus: how many processors.
        bridge: the bridge of both nodes that it is connected to; `None` for no network.
        disk: an image, below /var/lib/libvirt/images unless the path is absolute; a path
            below /dev is a block device.
        disk_size: how large the image is to become; a bare number counts GiB.
        disk_format: how the image is laid out; `raw` is the safest on DRBD.
        accelerator: `kvm`, or `qemu` where the processor cannot help.
        machine: the machine type; `None` for the one that the caller of `domain` pins.
        os_variant: what runs in it, in libosinfo's short form, as `debian9`.
        cdrom: an image to install from; it ties the guest to the node that has it.
        kernel, initrd, cmdline: a kernel to install from, instead.
        graphics: `vnc` or `spice`, on 127.0.0.1 only; `None` for the serial console alone.
        ha: what a cluster wants (no host cache, watchdog, panic device, restart on a crash);
            without it, what the howto's virt-install makes.
        on_crash: what happens when the guest's kernel crashes.
        uuid, mac: where they are given already; else they follow from the names.
    """

    name: str
    memory: Size = field(converter=_memory)
    vcpus: int = 1
    bridge: str | None = None
    disk: str = field(converter=_image)
    disk_size: Size | None = field(default=None, converter=_gibibytes)
    disk_format: ImageFormat = ImageFormat.RAW
    accelerator: DomainType = DomainType.KVM
    machine: str | None = None
    arch: str = "x86_64"
    os_variant: str | None = None
    cdrom: str | None = None
    kernel: str | None = None
    initrd: str | None = None
    cmdline: str | None = None
    graphics: GraphicsType | None = None
    ha: bool = True
    cpu: CpuMode | str | None = field(
        default=Factory(
            lambda self: CpuMode.HOST_MODEL if self.accelerator == "kvm" else None,
            takes_self=True,
        )
    )
    on_crash: Action = Action.RESTART
    uuid: uuids.UUID | None = None
    mac: str | None = None

    def __attrs_post_init__(self) -> None:
        for name, kind in _WORDS.items():
            if not isinstance(value := getattr(self, name), (kind, NoneType)):
                object.__setattr__(self, name, word(kind, value, name))
        for name, (pattern, what, hint) in _SHAPES.items():
            found: object = getattr(self, name)
            if found is not None and not (isinstance(found, str) and pattern.fullmatch(found)):
                raise InvalidError(
                    f"{found!r} is no {what}", path=f"guest.{name}", value=found, hint=hint
                )
        if not _count(self.vcpus):
            raise InvalidError(
                f"{self.vcpus!r} is no number of processors", path="guest.vcpus", value=self.vcpus
            )
        if self.memory < Size.parse("1 MiB") or self.memory.bytes % 1024:
            raise InvalidError(
                f"{self.memory} is no memory for a guest: at least 1 MiB, in whole KiB",
                path="guest.memory",
                value=self.memory,
            )
        if self.accelerator not in {DomainType.KVM, DomainType.QEMU}:
            raise InvalidError(
                f"the accelerator is kvm or qemu, not {self.accelerator}",
                path="guest.accelerator",
                value=self.accelerator,
            )
        if self.cdrom and self.kernel:
            raise InvalidError(
                "a guest is installed from a cdrom or from a kernel, not both",
                path="guest.kernel",
                value=self.kernel,
            )
        if (self.initrd or self.cmdline) and not self.kernel:
            raise InvalidError(
                "an initrd and a kernel's command line go with a kernel",
                path="guest.kernel",
                hint="give kernel=, or take the console's settings to the installer's menu",
            )

    @property
    def block(self) -> bool:
        """Whether the disk is a block device."""
        return self.disk.startswith("/dev/")

    def identity(self, cluster: str) -> tuple[uuids.UUID, str]:
        """Return its UUID and MAC address: the same on every node, another in every cluster."""
        made = uuids.uuid5(_NAMESPACE, f"{cluster}/{self.name}")
        digest = hashlib.sha256(f"{cluster}/{self.name}/nic0".encode()).hexdigest()
        # 52:54:00 is the prefix that QEMU and KVM guests have everywhere.
        mac = f"52:54:00:{digest[0:2]}:{digest[2:4]}:{digest[4:6]}"
        return self.uuid or made, self.mac or mac

    def domain(self, *, cluster: str = "", machine: str = DEFAULT_MACHINE) -> Domain:
        """Return the domain: the same value for every node of the cluster.

        Args:
            cluster: the cluster's name, from which UUID and MAC address follow.
            machine: the machine type, where the guest does not choose one.
        """
        return self._made(cluster, self.machine or machine, install=False)

    def install(self, *, cluster: str = "", machine: str = DEFAULT_MACHINE) -> Domain:
        """Return the domain that the guest is installed with: it ends where it would restart.

        Raises:
            InvalidError: there is neither a cdrom nor a kernel to install from.
        """
        if not self.cdrom and not self.kernel:
            raise InvalidError(
                f"there is nothing to install {self.name} from",
                path="guest.cdrom",
                hint="give cdrom=, or kernel= and initrd=",
            )
        return self._made(cluster, self.machine or machine, install=True)

    def _made(self, cluster: str, machine: str, *, install: bool) -> Domain:
        found, mac = self.identity(cluster)
        boots = [BootDevice.CDROM, BootDevice.HD] if install and self.cdrom else [BootDevice.HD]
        direct = install and self.kernel is not None
        return Domain(
            type=self.accelerator,
            name=self.name,
            uuid=found,
            metadata=self._metadata(),
            memory=Memory.of(self.memory),
            current_memory=CurrentMemory.of(self.memory),
            vcpu=Vcpu(count=self.vcpus),
            os=Os(
                type=OsType(arch=self.arch, machine=machine),
                kernel=self.kernel if direct else None,
                initrd=self.initrd if direct else None,
                cmdline=self.cmdline if direct else None,
                boots=() if direct else tuple(BootOrder(dev=dev) for dev in boots),
            ),
            features=Features(acpi=True, apic=Apic()),
            cpu=_cpu(self.cpu),
            clock=_CLOCK,
            on_poweroff=Action.DESTROY,
            on_reboot=Action.DESTROY if install else Action.RESTART,
            on_crash=Action.DESTROY if install else self.on_crash,
            pm=_PM,
            devices=_layout.devices(self, machine, mac, with_cdrom=install or not self.ha),
        )

    def _metadata(self) -> Metadata | None:
        found = osinfo_id(self.os_variant) if self.os_variant else None
        return Metadata(libosinfo=Libosinfo(os=LibosinfoOs(id=found))) if found else None


_SHAPES: dict[str, tuple[re.Pattern[str], str, str]] = {
    "name": (_NAME, "name of a guest", "letters, digits, . _ + and -, at most 64"),
    "bridge": (_BRIDGE, "bridge", "the name of a network device, as br0"),
    "machine": (_MACHINE, "machine type", "as pc-q35-7.2"),
    "arch": (_MACHINE, "architecture", "as x86_64"),
    "cmdline": (_PATH, "command line of a kernel", "a text without control characters"),
} | dict.fromkeys(
    ("disk", "cdrom", "kernel", "initrd"), (_PATH, "path", "a path without control characters")
)

_WORDS: dict[str, type[StrEnum]] = {
    "disk_format": ImageFormat,
    "accelerator": DomainType,
    "graphics": GraphicsType,
    "on_crash": Action,
}

# What virt-install sets for every Linux guest.
_CLOCK = Clock(
    offset=ClockOffset.UTC,
    timers=(
        Timer(name=TimerName.RTC, tickpolicy=TickPolicy.CATCHUP),
        Timer(name=TimerName.PIT, tickpolicy=TickPolicy.DELAY),
        Timer(name=TimerName.HPET, present=False),
    ),
)
_PM = Pm(suspend_to_mem=SuspendToMem(enabled=False), suspend_to_disk=SuspendToDisk(enabled=False))


def _cpu(mode: CpuMode | str | None) -> Cpu | None:
    """Return the CPU: one of libvirt's modes, or a model by its name."""
    if mode is None:
        return None
    if mode in set(CpuMode):
        return Cpu(mode=mode)
    return Cpu(mode=CpuMode.CUSTOM, match="exact", model=_layout.cpu_model(mode))


def guest(  # noqa: PLR0913 - what one decides about a guest
    name: str,
    *,
    memory: Size | str | int,
    disk: str,
    vcpus: int = 1,
    bridge: str | None = None,
    disk_size: Size | str | int | None = None,
    disk_format: ImageFormat | str = ImageFormat.RAW,
    accelerator: DomainType | str = DomainType.KVM,
    machine: str | None = None,
    os_variant: str | None = None,
    cdrom: str | None = None,
    kernel: str | None = None,
    initrd: str | None = None,
    cmdline: str | None = None,
    graphics: GraphicsType | str | None = None,
    ha: bool = True,
) -> Guest:
    """Describe a guest as virt-install's options do: `guest("debian9", memory="1 GiB", …)`.

    The arguments are `Guest`'s; what else it has, `attrs.evolve` sets.

    Raises:
        InvalidError: a value that no guest can have.
    """
    return Guest(
        name=name,
        memory=memory,
        disk=disk,
        vcpus=vcpus,
        bridge=bridge,
        disk_size=disk_size,
        disk_format=word(ImageFormat, disk_format, "disk_format"),
        accelerator=word(DomainType, accelerator, "accelerator"),
        machine=machine,
        os_variant=os_variant,
        cdrom=cdrom,
        kernel=kernel,
        initrd=initrd,
        cmdline=cmdline,
        graphics=None if graphics is None else word(GraphicsType, graphics, "graphics"),
        ha=ha,
    )
