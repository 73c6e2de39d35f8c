"""File systems of the host that a guest shares."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._address import Boot, Device, VirtioDriver
from hakvm.libvirt._base import element
from hakvm.libvirt._words import FilesystemType, VirtioModel
from hakvm.xmlmodel import Element, Flag, OnOff

__all__ = ["Filesystem"]


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
