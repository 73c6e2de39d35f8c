"""What guards the guest, and what QEMU is told beside libvirt."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._base import HexNumber, element
from hakvm.xmlmodel import Element, Leaf, OnOff, YesNo

__all__ = [
    "LIBOSINFO", "QEMU", "Argument", "Commandline", "Environment", "KeyWrap", "LaunchSecurity",
    "Libosinfo", "Metadata", "SecurityLabel",
]  # fmt: skip

QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"
LIBOSINFO = "http://libosinfo.org/xmlns/libvirt/domain/1.0"


@element("seclabel")
@frozen(kw_only=True)
class SecurityLabel(Element):
    """The label under which the guest runs on the host: selinux, apparmor, dac, none."""

    type: str | None = None
    model: str | None = None
    relabel: YesNo | None = None
    label: Annotated[str | None, Leaf()] = None
    imagelabel: Annotated[str | None, Leaf()] = None
    baselabel: Annotated[str | None, Leaf()] = None


@element("cipher")
@frozen(kw_only=True)
class Cipher(Element):
    """A key of IBM Z that the guest may have wrapped."""

    name: str
    state: OnOff


@element("keywrap")
@frozen(kw_only=True)
class KeyWrap(Element):
    """The keys of IBM Z that the guest may have wrapped."""

    ciphers: tuple[Cipher, ...] = ()


@element("launchSecurity")
@frozen(kw_only=True)
class LaunchSecurity(Element):
    """Memory that the host cannot read: sev, sev-snp, s390-pv, tdx."""

    type: str
    kernel_hashes: YesNo | None = None
    cbitpos: Annotated[int | None, Leaf()] = None
    reduced_phys_bits: Annotated[int | None, Leaf()] = None
    policy: Annotated[HexNumber | None, Leaf()] = None
    dh_cert: Annotated[str | None, Leaf()] = None
    session: Annotated[str | None, Leaf()] = None


@frozen(kw_only=True)
class _IdRange(Element):
    start: int
    target: int
    count: int


@element("uid")
@frozen(kw_only=True)
class UserIds(_IdRange):
    """The users of a container, and who they are on the host."""


@element("gid")
@frozen(kw_only=True)
class GroupIds(_IdRange):
    """The groups of a container, and what they are on the host."""


@element("idmap")
@frozen(kw_only=True)
class IdMap(Element):
    """The users and groups of a container."""

    ids: tuple[UserIds | GroupIds, ...] = ()


@element(f"{{{LIBOSINFO}}}os", prefix="libosinfo")
@frozen(kw_only=True)
class LibosinfoOs(Element):
    """An operating system by its address, as http://debian.org/debian/9."""

    id: str


@element(f"{{{LIBOSINFO}}}libosinfo", prefix="libosinfo")
@frozen(kw_only=True)
class Libosinfo(Element):
    """What runs in the guest, for tools that ask."""

    os: LibosinfoOs | None = None


@element("metadata")
@frozen(kw_only=True)
class Metadata(Element):
    """What tools keep with the guest, each in its own namespace; the others' is in `extra`."""

    libosinfo: Libosinfo | None = None


@element(f"{{{QEMU}}}arg", prefix="qemu")
@frozen(kw_only=True)
class Argument(Element):
    """A word of QEMU's command line."""

    value: str


@element(f"{{{QEMU}}}env", prefix="qemu")
@frozen(kw_only=True)
class Environment(Element):
    """A variable of QEMU's environment."""

    name: str
    value: str | None = None


@element(f"{{{QEMU}}}commandline", prefix="qemu")
@frozen(kw_only=True)
class Commandline(Element):
    """What QEMU is told beside libvirt: nobody checks it."""

    items: tuple[Argument | Environment, ...] = ()


@element(f"{{{QEMU}}}property", prefix="qemu")
@frozen(kw_only=True)
class Property(Element):
    """A property of a QEMU device."""

    name: str
    type: str
    value: str | None = None


@element(f"{{{QEMU}}}frontend", prefix="qemu")
@frozen(kw_only=True)
class Frontend(Element):
    """The properties of a QEMU device."""

    properties: tuple[Property, ...] = ()


@element(f"{{{QEMU}}}device", prefix="qemu")
@frozen(kw_only=True)
class OverriddenDevice(Element):
    """A device of libvirt's, by its alias, whose QEMU properties are others."""

    alias: str
    frontend: Frontend | None = None


@element(f"{{{QEMU}}}override", prefix="qemu")
@frozen(kw_only=True)
class Override(Element):
    """The devices whose QEMU properties are others."""

    devices: tuple[OverriddenDevice, ...] = ()


@element(f"{{{QEMU}}}add", prefix="qemu")
@frozen(kw_only=True)
class AddedCapability(Element):
    """A thing that libvirt takes QEMU to be able to do."""

    capability: str


@element(f"{{{QEMU}}}del", prefix="qemu")
@frozen(kw_only=True)
class RemovedCapability(Element):
    """A thing that libvirt takes QEMU not to be able to do."""

    capability: str


@element(f"{{{QEMU}}}capabilities", prefix="qemu")
@frozen(kw_only=True)
class QemuCapabilities(Element):
    """What libvirt takes QEMU to be able to do, against what it found."""

    items: tuple[AddedCapability | RemovedCapability, ...] = ()


@element(f"{{{QEMU}}}deprecation", prefix="qemu")
@frozen(kw_only=True)
class Deprecation(Element):
    """What QEMU does about a command that it will not know for long: `omit`, `reject`, `crash`."""

    behavior: str
