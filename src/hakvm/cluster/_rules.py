"""What bites only where the layers meet: one says this, another that."""

from collections.abc import Callable, Iterator
from functools import cache

import attrs

from hakvm import corosync, libvirt, pacemaker, system
from hakvm.cluster._cluster import Cluster
from hakvm.cluster._node import Bridge, Fence, Node
from hakvm.cluster._platform import Platform
from hakvm.cluster._view import (
    drbd_devices,
    filesystems,
    guest_paths,
    guests,
    host_of,
    is_below,
    replicas,
)
from hakvm.errors import ReleaseError
from hakvm.findings import Layer, RuleBook, Severity, Trouble
from hakvm.pacemaker import Primitive, parse_boolean

__all__ = ["RULES"]

RULES: RuleBook[Cluster] = RuleBook()

_NO_BRIDGE = system.Interfaces.parse("auto eth0\niface eth0 inet manual\n")

_GUIDE = "LINBIT's User's Guide, 8.4 and 9"
_CDROM = {"cdrom", "floppy"}
_DISK = "/dev/disk/by-id/wwn-0x5000c500a0b1c2d3"


@cache
def _sound() -> Cluster:
    """Return a cluster with nothing to be said of it across the layers."""
    power = Fence(agent="fence_ipmilan", parameters={"ip": "192.0.2.1", "password": "x"})
    return Cluster.two_node(
        "sample",
        nodes=[
            Node("alice", "192.0.2.11", second_address="198.51.100.11", fence=power),
            Node("bob", "192.0.2.12", second_address="198.51.100.12", fence=power),
        ],
        disk=_DISK,
        guest=libvirt.guest(
            "web", memory="1 GiB", vcpus=1, bridge="br0", disk="web.img", disk_size="10 GiB"
        ),
        bridge=Bridge(gateway="192.0.2.1"),
        authkey=corosync.AuthKey(data=bytes(range(256))),
    )


def _sample(**changes: object) -> Cluster:
    return attrs.evolve(_sound(), **changes)  # type: ignore[arg-type]  # each sample names its own


def _rewritten(old: str, new: str) -> Cluster:
    """Return the sound cluster with a value in its CIB written otherwise."""
    text = _sound().cib.render()
    return _sample(cib=pacemaker.Cib.parse(text.replace(f'"{old}"', f'"{new}"')))


def _unknown_names(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Yield names that some layer knows and `nodes` does not, with where they stand."""
    known = {node.name for node in cluster.nodes}
    for resource in cluster.drbd.resources.values():
        for host in resource.hosts.values():
            if not known & {host.name, *host.aliases}:
                yield host.name, f'drbd.resources["{resource.name}"].hosts'
    for member in cluster.corosync.nodelist.nodes:
        if member.name is not None and member.name not in known:
            yield member.name, "corosync.nodelist"
    for name in cluster.cib.nodes:
        if name not in known:
            yield name, "cib.nodes"


@RULES.rule(
    "cluster.node-name",
    Severity.ERROR,
    *(Layer.DRBD, Layer.COROSYNC, Layer.PACEMAKER),
    why="DRBD, corosync and Pacemaker know a node by what `uname -n` prints there; where the names"
    " differ, DRBD does not find its section and fencing hits the wrong node",
    fix="give the node the same name in every layer, and on the machine",
    source="the linbit:drbd agent; drbd.conf(5), on",
    failing=lambda: _sample(
        nodes=(attrs.evolve(_sound().nodes[0], name="alicia"), _sound().nodes[1])
    ),
    passing=_sound,
)
def node_name(cluster: Cluster) -> Iterator[Trouble]:
    """Find names that only some layers know."""
    for name, where in _unknown_names(cluster):
        yield Trouble(
            message=f"{name} is none of the nodes"
            f" {' and '.join(node.name for node in cluster.nodes)}",
            where=where,
        )
    for resource in cluster.drbd.resources.values():
        names = {name for host in resource.hosts.values() for name in (host.name, *host.aliases)}
        for node in cluster.nodes:
            if resource.hosts and node.name not in names:
                yield Trouble(
                    message=f"{resource.name} is not on {node.name}",
                    where=f'drbd.resources["{resource.name}"].hosts',
                )


@RULES.rule(
    "cluster.node-address",
    Severity.ERROR,
    *(Layer.SYSTEM, Layer.DRBD, Layer.COROSYNC),
    why="a layer that has another address for a node talks to the wrong machine, or to none",
    fix="use the node's own addresses in every layer",
    source="corosync.conf(5), nodelist; drbd.conf(5), address",
    failing=lambda: _sample(
        hosts=system.Hosts().with_managed(
            [system.HostEntry(address="192.0.2.99", names=("alice",))]
        )
    ),
    passing=_sound,
)
def node_address(cluster: Cluster) -> Iterator[Trouble]:
    """Find addresses that are not the node's own."""
    for node in cluster.nodes:
        own = {node.address, node.second_address}
        for address in cluster.hosts.addresses(node.name):
            if address not in own:
                yield Trouble(
                    message=f"{node.name} is {address} here, and {node.address} by itself",
                    where="hosts",
                )
        for member in cluster.corosync.nodelist.nodes:
            if member.name != node.name:
                continue
            for link, address in member.addresses.items():
                if address not in own and address != node.name:
                    yield Trouble(
                        message=f"{node.name} is {address} on link {link},"
                        f" and {node.address} by itself",
                        where=f'corosync.nodelist["{node.name}"].ring{link}_addr',
                    )
        for resource in cluster.drbd.resources.values():
            host = resource.hosts.get(node.name)
            if host is not None and host.address and host.address.ip not in own:
                yield Trouble(
                    message=f"{node.name} listens on {host.address}, which is none of its own",
                    where=f'drbd.resources["{resource.name}"].hosts["{node.name}"].address',
                )


@RULES.rule(
    "cluster.unknown-drbd-resource",
    Severity.ERROR,
    *(Layer.DRBD, Layer.PACEMAKER),
    why="the agent cannot start what drbd.conf does not have, so nothing that needs it starts",
    fix="name a resource of drbd.conf in drbd_resource",
    source="the linbit:drbd agent, drbd_resource",
    failing=lambda: _rewritten("r0", "r1"),
    passing=_sound,
)
def unknown_drbd_resource(cluster: Cluster) -> Iterator[Trouble]:
    """Find DRBD primitives without a resource."""
    for one, resource in replicas(cluster):
        if resource not in cluster.drbd.resources:
            yield Trouble(
                message=f"{one.id} runs {resource or 'no resource'}, which drbd.conf does not have",
                where=f'cib.resources["{one.id}"]',
            )


@RULES.rule(
    "cluster.filesystem-beside-drbd",
    Severity.ERROR,
    *(Layer.DRBD, Layer.PACEMAKER),
    why="what is written to the backing disk itself is not replicated, and destroys what is",
    fix="mount DRBD's device, as /dev/drbd0",
    source=_GUIDE + ", working with DRBD",
    failing=lambda: _rewritten("/dev/drbd0", _DISK),
    passing=_sound,
)
def filesystem_beside_drbd(cluster: Cluster) -> Iterator[Trouble]:
    """Find filesystems on a backing disk of DRBD's."""
    backing = {
        host_of(resource, node.name, "disk")
        for resource in cluster.drbd.resources.values()
        for node in cluster.nodes
    }
    for one, device, _ in filesystems(cluster):
        if device in backing:
            yield Trouble(
                message=f"{one.id} mounts {device}, the disk below DRBD",
                where=f'cib.resources["{one.id}"]',
            )


@RULES.rule(
    "cluster.guest-not-replicated",
    Severity.ERROR,
    *(Layer.DRBD, Layer.LIBVIRT, Layer.PACEMAKER),
    why="the other node does not have this disk, so the guest cannot start there",
    fix="put it on the filesystem that the cluster mounts, or on DRBD's device",
    source="the howto, 4.2",
    failing=lambda: _rewritten("/var/lib/libvirt/images", "/srv/elsewhere"),
    passing=_sound,
)
def guest_not_replicated(cluster: Cluster) -> Iterator[Trouble]:
    """Find disks of guests that are on one node only."""
    devices = set(drbd_devices(cluster))
    mounted = [directory for _, device, directory in filesystems(cluster) if device in devices]
    for path, domain in cluster.domains.items():
        for disk, source in guest_paths(domain):
            if source in devices or any(is_below(source, folder) for folder in mounted):
                continue
            if str(disk.device) in _CDROM:
                continue  # libvirt.local-cdrom tells of these
            yield Trouble(
                message=f"the disk {disk.target.dev} of {domain.name} is {source},"
                " which is not replicated",
                where=f'domains["{path}"].devices.disks',
            )


@RULES.rule(
    "cluster.guest-definition",
    Severity.ERROR,
    *(Layer.LIBVIRT, Layer.PACEMAKER),
    why="the agent creates the guest from this file: on a node without it, the start fails",
    fix="put the same definition at the same path on both nodes",
    source="the heartbeat:VirtualDomain agent, config",
    failing=lambda: _rewritten("/etc/hakvm/web.xml", "/etc/hakvm/other.xml"),
    passing=_sound,
)
def guest_definition(cluster: Cluster) -> Iterator[Trouble]:
    """Find guests whose definition is nowhere."""
    for one, config in guests(cluster):
        if config not in cluster.domains:
            yield Trouble(
                message=f"{one.id} is defined by {config or 'no file'},"
                " which is not among the cluster's files",
                where=f'cib.resources["{one.id}"]',
            )


@RULES.rule(
    "cluster.guest-bridge",
    Severity.ERROR,
    *(Layer.SYSTEM, Layer.LIBVIRT),
    why="a guest does not start on a node that lacks its bridge",
    fix="make the bridge on both nodes, or name the one that is there",
    source="the howto, 4.2",
    failing=lambda: _sample(interfaces={"alice": _sound().interfaces["alice"], "bob": _NO_BRIDGE}),
    passing=_sound,
)
def guest_bridge(cluster: Cluster) -> Iterator[Trouble]:
    """Find bridges that a guest needs and a node lacks."""
    for path, domain in cluster.domains.items():
        for card in domain.devices.interfaces:
            bridge = getattr(card.source, "bridge", None)
            for name, interfaces in cluster.interfaces.items():
                if bridge and not any(one.name == bridge for one in interfaces.ifaces):
                    yield Trouble(
                        message=f"{domain.name} is on {bridge}, which {name} does not have",
                        where=f'domains["{path}"].devices.interfaces',
                    )


@RULES.rule(
    "cluster.shared-replication-link",
    Severity.WARNING,
    *(Layer.DRBD, Layer.COROSYNC),
    why="when that one network fails, both nodes lose the peer and its data at the same moment,"
    " and a resync takes the bandwidth that corosync's token needs",
    fix="give both nodes a second network: Node(…, second_address=…)",
    source=_GUIDE + ", preparing your network; the howto, 6",
    failing=lambda: Cluster.two_node(
        "sample",
        nodes=[Node("alice", "192.0.2.11"), Node("bob", "192.0.2.12")],
        disk="/dev/vg/r0",
        guest=libvirt.guest(
            "web", memory="1 GiB", vcpus=1, bridge="br0", disk="web.img", disk_size="10 GiB"
        ),
    ),
    passing=_sound,
)
def shared_replication_link(cluster: Cluster) -> Iterator[Trouble]:
    """Find replication over the only network that corosync has."""
    for resource in cluster.drbd.resources.values():
        for node in cluster.nodes:
            host = resource.hosts.get(node.name)
            members = [
                member.addresses
                for member in cluster.corosync.nodelist.nodes
                if node.address in member.addresses.values()
            ]
            if (
                host is not None
                and host.address
                and any(set(found.values()) == {host.address.ip} for found in members)
            ):
                yield Trouble(
                    message=f"{resource.name} replicates over the only network that corosync has",
                    where=f'drbd.resources["{resource.name}"]',
                )
                break


@RULES.rule(
    "cluster.fencing-policies",
    Severity.ERROR,
    *(Layer.DRBD, Layer.PACEMAKER),
    why="with resource-and-stonith DRBD stops all writing until Pacemaker has fenced the peer:"
    " where Pacemaker does not fence, the guest hangs when the peer is lost",
    fix="let Pacemaker fence, or use resource-only until it does",
    source="drbd.conf(5), fencing",
    failing=lambda: _sample(cib=_sound().cib.with_properties({"stonith-enabled": False})),
    passing=_sound,
)
def fencing_policies(cluster: Cluster) -> Iterator[Trouble]:
    """Find a DRBD that waits for a fencing that never comes."""
    if _fences(cluster):
        return
    for resource in cluster.drbd.resources.values():
        policy = resource.disk_options.get("fencing") or resource.net.get("fencing")
        if policy == "resource-and-stonith":
            yield Trouble(
                message=f"{resource.name} waits for fencing, and stonith-enabled is false",
                where=f'drbd.resources["{resource.name}"]',
            )


def _fences(cluster: Cluster) -> bool:
    properties = cluster.cib.properties
    # 3.0.2 adds the newer name beside the older one; what neither says is true.
    said = properties.get("fencing-enabled", properties.get("stonith-enabled"))
    return said is None or parse_boolean(said)


@RULES.rule(
    "cluster.no-fence-device",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="Pacemaker starts nothing while it is to fence and has no device, and cannot recover from a"
    " node that no device reaches",
    fix="give each node the switch that cuts its power: Node(…, fence=Fence(…))",
    source="Pacemaker Explained, Fencing",
    failing=lambda: _sample(cib=_sound().cib.remove("fence_alice", "fence_bob")),
    passing=_sound,
)
def no_fence_device(cluster: Cluster) -> Iterator[Trouble]:
    """Find nodes that nothing can fence though fencing is on."""
    if not _fences(cluster):
        return
    devices = [
        one
        for one in cluster.cib.resources.values()
        if isinstance(one, Primitive) and one.class_ == "stonith"
    ]
    for node in cluster.nodes:
        reached = any(
            ("pcmk_host_list" not in one.params and "pcmk_host_map" not in one.params)
            or node.name in one.params.get("pcmk_host_list", "").replace(",", " ").split()
            or node.name in one.params.get("pcmk_host_map", "").replace(":", " ").split()
            for one in devices
        )
        if not reached:
            yield Trouble(message=f"no device can fence {node.name}", where="cib.resources")


@RULES.rule(
    "cluster.no-authkey",
    Severity.ERROR,
    Layer.COROSYNC,
    why="with crypto on, corosync does not start without its key",
    fix="make one: corosync.AuthKey.generate()",
    source="corosync.conf(5), keyfile",
    failing=lambda: _sample(authkey=None),
    passing=_sound,
    mend=lambda cluster: attrs.evolve(cluster, authkey=corosync.AuthKey.generate()),
)
def no_authkey(cluster: Cluster) -> Iterator[Trouble]:
    """Find crypto without a key."""
    totem = cluster.corosync.totem
    crypto = totem.crypto_cipher not in {None, "none"} or totem.secauth
    if crypto and cluster.authkey is None and totem.key is None:
        yield Trouble(message="crypto is on and there is no key", where="authkey")


@RULES.rule(
    "cluster.unknown-to-release",
    Severity.ERROR,
    *(Layer.DRBD, Layer.COROSYNC, Layer.PACEMAKER),
    why="the platform's release does not read this document",
    fix="convert it, or choose the platform that has such a release",
    source="the releases' own schemas and man pages",
    failing=lambda: _sample(platform=Platform.DEBIAN_9),
    passing=_sound,
)
def unknown_to_release(cluster: Cluster) -> Iterator[Trouble]:
    """Find documents that the platform's releases do not read."""
    renders: dict[str, Callable[[], object]] = {
        "drbd": lambda: cluster.drbd.render(release=cluster.platform.drbd),
        "corosync": lambda: cluster.corosync.render(release=cluster.platform.corosync),
        "cib": lambda: cluster.cib.to_release(cluster.platform.pacemaker),
    }
    for where, render in renders.items():
        try:
            render()
        except ReleaseError as error:
            yield Trouble(message=error.message, where=where)
