"""A cluster as a description: the documents of all its layers, for both nodes."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import attrs
from attrs import Attribute, field, frozen

from hakvm._frozen import FrozenMapping
from hakvm.cluster._file import File
from hakvm.cluster._names import Names
from hakvm.cluster._node import Bridge, Node
from hakvm.cluster._platform import Platform
from hakvm.cluster._recipe_cib import cib
from hakvm.cluster._recipe_corosync import corosync_conf
from hakvm.cluster._recipe_drbd import drbd_config
from hakvm.cluster._recipe_system import hosts, interfaces
from hakvm.cluster._simulation import Failover
from hakvm.corosync import AuthKey
from hakvm.corosync import Config as CorosyncConfig
from hakvm.drbd import Config as DrbdConfig
from hakvm.errors import InvalidError
from hakvm.findings import Finding
from hakvm.libvirt import Domain, Guest
from hakvm.pacemaker import Cib
from hakvm.system import Hosts, Interfaces
from hakvm.transport import Local, Transport

__all__ = ["Cluster"]

_TWO = 2
# Not below /etc/libvirt/qemu: the agent undefines the domain before it
# creates it, and libvirt deletes its own file with the definition
# (ClusterLabs/resource-agents#487).
_OWN = "/etc/hakvm"


def _two(cluster: object, attribute: "Attribute[tuple[Node, ...]]", nodes: Sequence[Node]) -> None:
    del cluster, attribute
    if len(nodes) != _TWO:
        raise InvalidError(
            f"{len(nodes)} node{'s' if len(nodes) != 1 else ''}: a two-node cluster has two",
            path="nodes",
            value=[node.name for node in nodes],
            hint='nodes=[Node("node1", "192.168.2.170"), Node("node2", "192.168.2.171")]',
        )
    first, second = nodes
    for what in ("name", "address", "second_address"):
        ours, theirs = getattr(first, what), getattr(second, what)
        if ours is not None and ours == theirs:
            raise InvalidError(
                f"both nodes have the {what.replace('_', ' ')} {ours}",
                path=f"nodes[1].{what}",
                value=theirs,
                hint="each node needs its own",
            )
    if (first.second_address is None) != (second.second_address is None):
        lacking = nodes[first.second_address is not None]
        raise InvalidError(
            f"only one node has a second address; {lacking.name} has none",
            path="nodes",
            hint="a second link needs an address on both nodes",
        )


def _domains(found: Mapping[str, Domain]) -> Mapping[str, Domain]:
    return FrozenMapping(found)


def _networks(found: Mapping[str, Interfaces]) -> Mapping[str, Interfaces]:
    return FrozenMapping(found)


@frozen(kw_only=True)
class Cluster:
    """Two nodes, and every document that makes a cluster of them.

    `two_node` makes one from a few words. One can also be put together from documents that are
    there already: then `check` looks across them, and `simulate` says what Pacemaker will do.

    Attributes:
        name: of the cluster, and of its guests' identity.
        nodes: the two.
        platform: the releases of the layers on both.
        drbd: the DRBD resources.
        corosync: who is in the cluster, and how they talk.
        authkey: the key that they share.
        cib: what Pacemaker runs, where and in which order.
        domains: the guests by the path of their definition, which is the same on both nodes.
        hosts: what each must know of the other's name.
        interfaces: each node's network, by the node's name.
    """

    name: str
    nodes: tuple[Node, ...] = field(converter=tuple[Node, ...], validator=_two)
    platform: Platform = Platform.DEBIAN_12
    drbd: DrbdConfig
    corosync: CorosyncConfig
    authkey: AuthKey | None = None
    cib: Cib
    domains: Mapping[str, Domain] = field(factory=dict, converter=_domains)
    hosts: Hosts
    interfaces: Mapping[str, Interfaces] = field(factory=dict, converter=_networks)

    @classmethod
    def two_node(  # noqa: PLR0913 - what a cluster may differ in, each with its default
        cls,
        name: str,
        *,
        nodes: Sequence[Node],
        disk: str | Mapping[str, str],
        guest: Guest,
        platform: Platform = Platform.DEBIAN_12,
        bridge: Bridge | None = None,
        resource: str = "r0",
        device: str = "/dev/drbd0",
        mount: str = "/var/lib/libvirt/images",
        fstype: str = "ext4",
        authkey: AuthKey | None = None,
    ) -> Self:
        """Describe the howto's cluster: a guest on a filesystem on a disk that DRBD replicates.

        Args:
            name: of the cluster.
            nodes: the two machines.
            disk: the backing disk; by node where they differ. Its data is lost on creation.
            guest: what runs, as `libvirt.guest(...)` makes it.
            platform: the distribution on both; the recipe follows what it has.
            bridge: the bridge on both; `br0` on `eth0` unless told.
            resource: what DRBD calls the replicated disk.
            device: DRBD's own device.
            mount: where the filesystem is mounted, and the guest's disk lies.
            fstype: the filesystem.
            authkey: corosync's key; a new one unless given.

        Raises:
            InvalidError: not two nodes, or a value that cannot stand where it would.
        """
        nodes = tuple(nodes)
        _two(None, None, nodes)  # type: ignore[arg-type]  # before anything is made of them
        bridge = bridge or Bridge()
        names = Names.of(platform, resource=resource, guest=guest.name, first=nodes[0].name)
        path = f"{_OWN}/{guest.name}.xml"
        return cls(
            name=name,
            nodes=nodes,
            platform=platform,
            drbd=drbd_config(
                resource, nodes, platform=platform, device=device, disk=_disks(disk, nodes)
            ),
            corosync=corosync_conf(name, nodes, bridge=bridge, platform=platform),
            authkey=authkey or AuthKey.generate(),
            cib=cib(
                name,
                nodes,
                platform=platform,
                names=names,
                resource=resource,
                device=device,
                mount=mount,
                fstype=fstype,
                guest_config=path,
            ),
            domains={path: guest.domain(cluster=name, machine=platform.machine)},
            hosts=hosts(nodes),
            interfaces={node.name: interfaces(node, bridge, platform) for node in nodes},
        )

    def node(self, name: str) -> Node:
        """Return the node of that name.

        Raises:
            InvalidError: there is none.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise InvalidError(
            f"there is no node {name!r}",
            value=name,
            hint=f"the nodes are {' and '.join(node.name for node in self.nodes)}",
        )

    def files(self, node: str) -> Mapping[str, File]:
        """Return every file of the cluster as it is to stand on `node`, by its path.

        Raises:
            InvalidError: there is no such node, or the platform's release of a layer does not
                know what its document holds.
        """
        name = self.node(node).name
        found = {
            "/etc/hosts": File(content=self.hosts.render().encode(), part=True),
            **{
                f"/etc/drbd.d/{resource}.res": File(
                    content=DrbdConfig(resources=[one]).render(release=self.platform.drbd).encode()
                )
                for resource, one in self.drbd.resources.items()
            },
            "/etc/corosync/corosync.conf": File(
                content=self.corosync.render(release=self.platform.corosync).encode()
            ),
        }
        if name in self.interfaces:
            found["/etc/network/interfaces"] = File(
                content=self.interfaces[name].render().encode(), part=True
            )
        if self.authkey is not None:
            found["/etc/corosync/authkey"] = File(
                content=self.authkey.data, mode=0o400, secret=True
            )
        for path, domain in self.domains.items():
            found[path] = File(content=domain.render().encode())
        # Fence devices bring passwords, so nobody but root reads it.
        found[f"{_OWN}/cib.xml"] = File(content=self.cib.render().encode(), mode=0o600)
        return FrozenMapping(found)

    def write(self, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write both nodes' files below `folder`, each node in a folder of its name.

        A file gets its mode from the start; its owner is whoever writes.
        """
        written = []
        for node in self.nodes:
            for path, file in self.files(node.name).items():
                target = Path(folder) / node.name / path.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)
                with os.fdopen(
                    os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode), "wb"
                ) as out:
                    out.write(file.content)
                written.append(target)
        return tuple(written)

    def check(self) -> tuple[Finding, ...]:
        """Return what would bite at 3 a.m., and why: in each document, and across them."""
        from hakvm.cluster._rules import RULES  # noqa: PLC0415 - the rules are over this class

        found = [
            *RULES.check(self),
            *_within("cib", self.cib.check()),
            *_within("corosync", self.corosync.check()),
            *_within("drbd", self.drbd.check()),
            *_within("hosts", self.hosts.check()),
        ]
        for path, domain in self.domains.items():
            found += _within(f'domains["{path}"]', domain.check())
        for name, interfaces_ in self.interfaces.items():
            found += _within(f'interfaces["{name}"]', interfaces_.check())
        return tuple(sorted(found, key=lambda finding: -finding.severity))

    def simulate(
        self,
        *,
        promotion: Mapping[str, int] | None = None,
        transport: Transport | None = None,
    ) -> Failover:
        """Start the cluster in Pacemaker's own simulator, and return it there.

            cluster.simulate().power_off("node1").placement

        Args:
            promotion: how fit each node's copy is for promotion, as DRBD's agent says it: 10000
                for one that is up to date, 5 for one that is not. Both up to date unless told.
            transport: where crm_simulate runs; here unless told.

        Raises:
            CommandNotFound: there is no crm_simulate.
            CommandError: it refused the CIB.
        """
        return Failover.start(self, promotion=promotion, transport=transport or Local())


def _within(document: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield a document's findings with its place in the cluster before their own."""
    for finding in findings:
        yield attrs.evolve(finding, where=f"{document}.{finding.where}".rstrip("."))


def _disks(disk: str | Mapping[str, str], nodes: Sequence[Node]) -> Mapping[str, str]:
    if isinstance(disk, str):
        return {node.name: disk for node in nodes}
    missing = [node.name for node in nodes if node.name not in disk]
    if missing:
        raise InvalidError(
            f"no disk for {' and '.join(missing)}",
            path="disk",
            value=dict(disk),
            hint='one path for both nodes, or {"node1": "/dev/…", "node2": "/dev/…"}',
        )
    return disk
