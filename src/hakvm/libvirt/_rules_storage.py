"""What bites about a guest's disks when it is to run on either of two hosts."""

import re
from collections.abc import Iterator

import attrs

from hakvm.findings import Layer, Severity, Trouble
from hakvm.libvirt._book import RULES
from hakvm.libvirt._disk import Disk, DiskDriver
from hakvm.libvirt._domain import Domain
from hakvm.libvirt._sample import sample, with_devices, with_disk
from hakvm.libvirt._source import BlockSource, FileSource
from hakvm.libvirt._words import (
    Cache,
    DiskDevice,
    Io,
)
from hakvm.xmlmodel import evolve_at

_MIGRATION = "libvirt, qemuMigrationSrcIsSafe; the RHEL HA guide on VirtualDomain"
_DOC = "libvirt, formatdomain"
_MIGRATABLE = frozenset({Cache.NONE, Cache.DIRECTSYNC})


def _written(domain: Domain) -> Iterator[tuple[int, Disk]]:
    """Yield the disks that the guest can write, with their places."""
    for i, disk in enumerate(domain.devices.disks):
        if disk.device in {DiskDevice.DISK, DiskDevice.LUN} and not disk.readonly:
            yield i, disk


def _cache(disk: Disk) -> str:
    cache = disk.driver.cache if disk.driver else None
    return str(cache or Cache.DEFAULT)


def _no_host_cache(domain: Domain) -> Domain:
    """Return the domain with the host's cache off for every disk that the guest writes."""
    for i, disk in _written(domain):
        if _cache(disk) not in _MIGRATABLE:
            driver = attrs.evolve(disk.driver or DiskDriver(name="qemu"), cache=Cache.NONE)
            domain = evolve_at(domain, f"devices.disks[{i}]", driver=driver)
    return domain


@RULES.rule(
    "libvirt.cache-unsafe",
    Severity.ERROR,
    Layer.LIBVIRT,
    why="the guest is told that data is on the disk while it is not: a power cut loses what the"
    " guest had committed, and the other node starts from a damaged file system",
    fix="set the disk's cache to none",
    source=_DOC,
    failing=lambda: with_disk(sample(), driver=DiskDriver(type="raw", cache=Cache.UNSAFE)),
    passing=sample,
    mend=_no_host_cache,
)
def _cache_unsafe(domain: Domain) -> Iterator[Trouble]:
    for i, disk in _written(domain):
        if _cache(disk) == Cache.UNSAFE:
            yield Trouble(
                message=f"the disk {disk.target.dev} ignores the guest's flushes (cache=unsafe)",
                where=f"devices.disks[{i}].driver.cache",
            )


@RULES.rule(
    "libvirt.cache",
    Severity.WARNING,
    Layer.LIBVIRT,
    why="what is in the host's page cache is lost with the host, and libvirt refuses to migrate"
    " the guest: the other node would read what is not there yet",
    fix="set the disk's cache to none (and io to native)",
    source=_MIGRATION,
    failing=lambda: with_disk(sample(), driver=DiskDriver(type="raw", cache=Cache.WRITEBACK)),
    passing=sample,
    mend=_no_host_cache,
)
def _host_cache(domain: Domain) -> Iterator[Trouble]:
    for i, disk in _written(domain):
        if _cache(disk) not in _MIGRATABLE | {Cache.UNSAFE}:
            yield Trouble(
                message=f"the disk {disk.target.dev} is cached by the host (cache={_cache(disk)})",
                where=f"devices.disks[{i}].driver.cache",
            )


@RULES.rule(
    "libvirt.io-native",
    Severity.ERROR,
    Layer.LIBVIRT,
    why="libvirt refuses to start the guest: native I/O needs either no disk cache or directsync",
    fix="set the disk's cache to none",
    source="libvirt, qemuValidateDomainDeviceDefDiskBlkdeviotune; qemu(1), aio=native",
    failing=lambda: with_disk(
        sample(), driver=DiskDriver(type="raw", cache=Cache.WRITEBACK, io=Io.NATIVE)
    ),
    passing=sample,
    mend=_no_host_cache,
)
def _io_native(domain: Domain) -> Iterator[Trouble]:
    for i, disk in enumerate(domain.devices.disks):
        native = disk.driver is not None and disk.driver.io == Io.NATIVE
        if native and _cache(disk) not in _MIGRATABLE:
            yield Trouble(
                message=f"the disk {disk.target.dev} has io=native with cache={_cache(disk)}",
                where=f"devices.disks[{i}].driver.io",
            )


@RULES.rule(
    "libvirt.local-media",
    Severity.WARNING,
    Layer.LIBVIRT,
    why="the image lies on one node: on the other the guest does not start for want of it",
    fix="take the medium out once the guest is installed, or keep it on the replicated disk",
    source="the howto's /var/lib/libvirt/ISOs",
    failing=lambda: sample(cdrom="/var/lib/libvirt/ISOs/Debian9.iso", ha=False),
    passing=lambda: sample(ha=True, cdrom="/var/lib/libvirt/ISOs/Debian9.iso"),
    mend=lambda domain: with_devices(
        domain,
        disks=tuple(
            attrs.evolve(disk, source=None) if _media(disk) else disk
            for disk in domain.devices.disks
        ),
    ),
)
def _local_media(domain: Domain) -> Iterator[Trouble]:
    for i, disk in enumerate(domain.devices.disks):
        path = _media(disk)
        if path:
            yield Trouble(
                message=f"the {disk.device} {disk.target.dev} holds {path} of one node",
                where=f"devices.disks[{i}].source",
            )


def _media(disk: Disk) -> str | None:
    if disk.device not in {DiskDevice.CDROM, DiskDevice.FLOPPY}:
        return None
    if isinstance(disk.source, FileSource):
        return disk.source.file
    return disk.source.dev if isinstance(disk.source, BlockSource) else None


@RULES.rule(
    "libvirt.device-name",
    Severity.WARNING,
    Layer.LIBVIRT,
    why="the kernel numbers disks as it finds them: after a restart the name may be another disk",
    fix="name the device below /dev/disk/by-id, /dev/drbd or a volume group",
    source="LINBIT user's guide",
    failing=lambda: with_disk(sample(), source=BlockSource(dev="/dev/sdb1")),
    passing=sample,
)
def _device_name(domain: Domain) -> Iterator[Trouble]:
    for i, disk in _written(domain):
        dev = disk.source.dev if isinstance(disk.source, BlockSource) else None
        if dev is not None and re.fullmatch(r"/dev/[hsv]d[a-z]+[0-9]*", dev):
            yield Trouble(
                message=f"the disk {disk.target.dev} is {dev}",
                where=f"devices.disks[{i}].source.dev",
            )
