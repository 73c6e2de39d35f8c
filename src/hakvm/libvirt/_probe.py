"""Whether a host can really run guests: one that boots a Linux kernel proves it.

That /dev/kvm is there and opens proves nothing: there are machines, virtual ones
themselves, where it runs a boot sector and not a Linux kernel.
"""

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from hakvm.errors import WaitTimeout
from hakvm.libvirt import _console, _hosted
from hakvm.libvirt._boot import Os, OsType
from hakvm.libvirt._character import Console, ConsoleTarget, Serial, SerialTarget
from hakvm.libvirt._device import Balloon
from hakvm.libvirt._domain import Devices, Domain
from hakvm.libvirt._errors import LibvirtError
from hakvm.libvirt._tuning import Memory, Vcpu
from hakvm.libvirt._words import Action, BalloonModel, CharType, DomainType

if TYPE_CHECKING:
    from hakvm.libvirt._host import Host

__all__ = ["boots"]

_PAUSED = 1  # VIR_DOMAIN_START_PAUSED
_FIRST_WORDS = "Linux version"


def _domain(accelerator: DomainType, kernel: str, arch: str) -> Domain:
    return Domain(
        type=accelerator,
        name=f"hakvm-probe-{uuid.uuid4()}",
        memory=Memory.of("256 MiB"),
        vcpu=Vcpu(count=1),
        os=Os(type=OsType(arch=arch), kernel=kernel, cmdline="console=ttyS0 panic=-1"),
        on_poweroff=Action.DESTROY,
        on_reboot=Action.DESTROY,
        on_crash=Action.DESTROY,
        devices=Devices(
            serials=(Serial(type=CharType.PTY, target=SerialTarget(port=0)),),
            consoles=(Console(type=CharType.PTY, target=ConsoleTarget(type="serial", port=0)),),
            memballoon=Balloon(model=BalloonModel.NONE),
        ),
    )


def boots(
    host: "Host", accelerator: DomainType, kernel: str, *, arch: str, limit: timedelta
) -> bool:
    """Boot a kernel of the host in a guest that is then gone, and return whether it spoke.

    Args:
        host: where.
        accelerator: kvm or qemu.
        kernel: a Linux kernel on that host, as /boot/vmlinuz-6.1.0-13-amd64.
        arch: its architecture.
        limit: how long it may take to its first words; some seconds even in software.

    Raises:
        LibvirtError: there is no such kernel.
    """
    domain = _domain(accelerator, kernel, arch)
    try:
        found = host.call(
            lambda connection: uuid.UUID(
                connection.createXML(domain.render(), _PAUSED).UUIDString()
            ),
            domain=domain.name,
        )
    except LibvirtError as error:
        if "could not open kernel" in error.message:  # says nothing about the accelerator
            raise
        return False
    guest = _hosted.HostDomain(host, domain.name, found)
    try:
        _console.read(guest, limit=limit, until=_FIRST_WORDS, begin=guest.resume)
    except (LibvirtError, WaitTimeout):
        return False
    finally:
        if guest.host.find(found) is not None:
            guest.destroy()
    return True
