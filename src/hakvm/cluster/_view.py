"""What the rules that look across the layers ask of a cluster's documents."""

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hakvm import libvirt
from hakvm.drbd import Host, Resource
from hakvm.pacemaker import Primitive

if TYPE_CHECKING:
    from hakvm.cluster._cluster import Cluster

__all__ = [
    "drbd_devices",
    "filesystems",
    "guest_paths",
    "guests",
    "host_of",
    "is_below",
    "primitives",
    "replicas",
]


def primitives(cluster: "Cluster", type_: str, *, class_: str = "ocf") -> Iterator[Primitive]:
    """Yield the primitives of an agent, as `drbd` or `VirtualDomain`."""
    for one in cluster.cib.resources.values():
        if isinstance(one, Primitive) and one.class_ == class_ and one.type == type_:
            yield one


def guests(cluster: "Cluster") -> Iterator[tuple[Primitive, str]]:
    """Yield the primitives that run guests, with the path of the definition they name."""
    for one in primitives(cluster, "VirtualDomain"):
        yield one, one.params.get("config", "")


def filesystems(cluster: "Cluster") -> Iterator[tuple[Primitive, str, str]]:
    """Yield the primitives that mount filesystems, with the device and the directory."""
    for one in primitives(cluster, "Filesystem"):
        yield one, one.params.get("device", ""), one.params.get("directory", "")


def replicas(cluster: "Cluster") -> Iterator[tuple[Primitive, str]]:
    """Yield the primitives that run DRBD, with the resource they name."""
    for one in primitives(cluster, "drbd"):
        yield one, one.params.get("drbd_resource", "")


def host_of(resource: Resource, name: str, attribute: str) -> str:
    """Return what a node, or the resource for all nodes, says of `device` or `disk`; or nothing."""
    host = resource.hosts.get(name)
    found = getattr(host, attribute, None) if host is not None else None
    return str(found or getattr(resource, attribute) or "")


def drbd_devices(cluster: "Cluster") -> Iterator[str]:
    """Yield the devices that DRBD makes, under both of their names."""
    for resource in cluster.drbd.resources.values():
        yield f"/dev/drbd/by-res/{resource.name}/0"
        holders: tuple[Resource | Host, ...] = (resource, *resource.hosts.values())
        for holder in holders:
            for one in (holder, *holder.volumes.values()):
                if one.device:
                    yield one.device.split()[0]


def guest_paths(domain: libvirt.Domain) -> Iterator[tuple[libvirt.Disk, str]]:
    """Yield a guest's disks that are files or block devices of the node, with their paths."""
    for disk in domain.devices.disks:
        if isinstance(disk.source, libvirt.FileSource) and disk.source.file:
            yield disk, disk.source.file
        elif isinstance(disk.source, libvirt.BlockSource) and disk.source.dev:
            yield disk, disk.source.dev


def is_below(path: str, folder: str) -> bool:
    """Whether `path` lies in `folder`, or is it."""
    path, folder = posixpath.normpath(path), posixpath.normpath(folder)
    return path == folder or path.startswith(folder.rstrip("/") + "/")
