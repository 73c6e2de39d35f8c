"""What a configuration consists of: hosts, volumes, resources and what they share."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import attrs
from attrs import AttrsInstance, field, frozen

from hakvm._frozen import FrozenMapping
from hakvm.drbd._fields import (
    Brief,
    as_address,
    as_device,
    as_disk,
    as_handlers,
    as_meta_disk,
    as_net,
    as_options,
    as_peer_device,
    as_proxy,
    as_startup,
    as_syncer,
    keyed,
    token,
    tokens,
    within,
)
from hakvm.drbd._layout import PLAIN, Layout
from hakvm.drbd._section import Options
from hakvm.drbd._specs import OptionValue, Section
from hakvm.drbd._values import Address, Device, MetaDisk
from hakvm.errors import InvalidError

__all__ = [
    "Common",
    "Connection",
    "Floating",
    "Host",
    "Mesh",
    "Path",
    "PathHost",
    "Proxy",
    "ProxySide",
    "Resource",
    "Stacked",
    "Volume",
]

T = TypeVar("T")
A = TypeVar("A", bound=AttrsInstance)
K = TypeVar("K")
HIGHEST_NODE_ID = 31
HIGHEST_VOLUME = 65535


def _peer_devices(found: Mapping[int, Mapping[str, OptionValue]]) -> "FrozenMapping[int, Options]":
    return FrozenMapping((number, as_peer_device(options)) for number, options in found.items())


def _volumes(found: "Mapping[int, Volume] | Iterable[Volume]") -> "FrozenMapping[int, Volume]":
    return keyed(found, "number")


def _hosts(found: "Mapping[str, Host] | Iterable[Host]") -> "FrozenMapping[str, Host]":
    return keyed(found, "name")


def _floating(
    found: "Mapping[str, Floating] | Iterable[Floating]",
) -> "FrozenMapping[str, Floating]":
    return keyed(found, "address")


def _stacked(found: "Mapping[str, Stacked] | Iterable[Stacked]") -> "FrozenMapping[str, Stacked]":
    return keyed(found, "resource")


@frozen(kw_only=True, repr=False)
class Volume(Brief):
    """One replicated volume.

    Attributes:
        number: counted from 0.
        device: DRBD's own block device.
        disk: what lies below it, a block device's path; `none` for a node without a copy.
        meta_disk: where the meta-data is.
        disk_options: the section `disk { … }`.
    """

    number: int = field(default=0, validator=within(0, HIGHEST_VOLUME))
    device: Device | None = field(default=None, converter=as_device)
    disk: str | None = field(default=None, validator=token)
    meta_disk: MetaDisk | None = field(default=None, converter=as_meta_disk)
    disk_options: Options = field(default=Options(Section.DISK), converter=as_disk)
    skipped: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True, repr=False)
class Proxy(Brief):
    """DRBD Proxy's options.

    Attributes:
        options: memlimit and the buffers.
        plugins: the lines of `plugin { … }`, each without its semicolon.
    """

    options: Options = field(default=Options(Section.PROXY), converter=as_proxy)
    plugins: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True, repr=False)
class ProxySide(Brief):
    """Where a node's DRBD Proxy runs and listens: `proxy on alice { inside …; outside …; }`."""

    hosts: tuple[str, ...] = field(converter=tuple[str, ...], validator=tokens)
    inside: Address = field(converter=Address)
    outside: Address = field(converter=Address)
    proxy: Proxy | None = None
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True, repr=False)
class _Member(Brief):
    """What a node, an address or a lower resource brings to a resource."""

    node_id: int | None = field(default=None, validator=within(0, HIGHEST_NODE_ID))
    device: Device | None = field(default=None, converter=as_device)
    disk: str | None = field(default=None, validator=token)
    meta_disk: MetaDisk | None = field(default=None, converter=as_meta_disk)
    volumes: FrozenMapping[int, Volume] = field(factory=FrozenMapping, converter=_volumes)
    options: Options = field(default=Options(Section.OPTIONS), converter=as_options)
    proxy: ProxySide | None = None
    skipped: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True, repr=False)
class Host(_Member):
    """What one node brings: `on node1 { … }`.

    Attributes:
        name: what `uname -n` says there.
        aliases: further names for which the section holds: `on node1 node1b { … }`.
        address: where it listens for its peer.
        alternate_link: a second address (`alternate-link-address`, DRBD 8.4 only).
        node_id: 0 to 31, DRBD 9 only.
        device, disk, meta_disk: of volume 0, where no volume is written out.
        volumes: the volumes that are written out, by number.
        options: the section `options { … }`.
    """

    name: str = field(validator=token)
    aliases: tuple[str, ...] = field(default=(), converter=tuple[str, ...], validator=tokens)
    address: Address | None = field(default=None, converter=as_address)
    alternate_link: Address | None = field(default=None, converter=as_address)


@frozen(kw_only=True, repr=False)
class Floating(_Member):
    """What a node brings that is known by its address alone: `floating 10.0.0.1:7789 { … }`."""

    address: Address = field(converter=Address)


@frozen(kw_only=True, repr=False)
class Stacked(_Member):
    """What a lower resource brings to one on top of it: `stacked-on-top-of r0 { … }`."""

    resource: str = field(validator=token)
    address: Address | None = field(default=None, converter=as_address)
    alternate_link: Address | None = field(default=None, converter=as_address)


@frozen(kw_only=True, repr=False)
class PathHost(Brief):
    """One end of a path: `host node1 address 10.0.0.1:7789;`.

    Attributes:
        name: the node; `None` where only the address is given.
        address, port: where it listens; neither where the node's own address holds.
        proxy: the DRBD Proxy on the way: `via proxy on …`.
    """

    name: str | None = field(default=None, validator=token)
    address: Address | None = field(default=None, converter=as_address)
    port: int | None = field(default=None, validator=within(1, 65535))
    proxy: ProxySide | None = None

    def __attrs_post_init__(self) -> None:
        if (self.name is None and self.address is None) or (self.address and self.port):
            raise InvalidError(
                "a path's end has a node, or an address, or a node with a port or an address",
                path="host",
            )


@frozen(kw_only=True, repr=False)
class Path(Brief):
    """A pair of addresses over which two nodes are connected (DRBD 9)."""

    hosts: tuple[PathHost, ...] = field(default=(), converter=tuple[PathHost, ...])
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True, repr=False)
class Connection(Brief):
    """How two nodes are connected (DRBD 9).

    Attributes:
        name: deprecated; DRBD 9 ignores it.
        hosts: both ends, where there is but one path.
        paths: the paths, where they are written out.
        net: the section `net { … }`.
        disk_options: the section `disk { … }`: resync rates of this connection.
        volumes: the same for one volume, by number.
    """

    name: str | None = field(default=None, validator=token)
    hosts: tuple[PathHost, ...] = field(default=(), converter=tuple[PathHost, ...])
    paths: tuple[Path, ...] = field(default=(), converter=tuple[Path, ...])
    net: Options = field(default=Options(Section.NET), converter=as_net)
    disk_options: Options = field(default=Options(Section.PEER_DEVICE), converter=as_peer_device)
    volumes: FrozenMapping[int, Options] = field(factory=FrozenMapping, converter=_peer_devices)
    skipped: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True, repr=False)
class Mesh(Brief):
    """Connections of all these nodes with one another: `connection-mesh { … }` (DRBD 9)."""

    hosts: tuple[str, ...] = field(converter=tuple[str, ...], validator=tokens)
    net: Options = field(default=Options(Section.NET), converter=as_net)
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True, repr=False)
class Common(Brief):
    """What holds for all resources: `common { … }`; a resource's own options come first.

    Attributes:
        protocol: the statement `protocol C;` as 8.3 has it; in `net` since 8.4.
        net, disk_options, options, startup, handlers: the sections of these names.
        syncer: 8.3's section for the resync; since 8.4 its options stand in disk and net.
        proxy: DRBD Proxy's options.
    """

    protocol: str | None = field(default=None, validator=token)
    net: Options = field(default=Options(Section.NET), converter=as_net)
    disk_options: Options = field(default=Options(Section.DISK), converter=as_disk)
    options: Options = field(default=Options(Section.OPTIONS), converter=as_options)
    syncer: Options = field(default=Options(Section.SYNCER), converter=as_syncer)
    startup: Options = field(default=Options(Section.STARTUP), converter=as_startup)
    handlers: Options = field(default=Options(Section.HANDLERS), converter=as_handlers)
    proxy: Proxy | None = None
    skipped: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True, repr=False)
class Resource(Common):
    """One replicated resource.

        drbd.Resource(
            name="r0",
            device="/dev/drbd0", disk="/dev/disk/by-id/…", meta_disk="internal",
            hosts=[drbd.Host(name="node1", address="192.168.2.170:7789"), …],
            net={"protocol": "C"},
        )

    Attributes:
        hosts: the nodes, by name, in order.
        floating: nodes known by their address alone, by address.
        stacked: lower resources, by name.
        device, disk, meta_disk: of volume 0 on all nodes, unless a node has its own.
        volumes: volumes on all nodes that are written out, by number.
        connections, meshes: who is connected with whom (DRBD 9).
        template_file: a file with a `common` section for this resource alone (DRBD 9).
    """

    name: str = field(validator=token)
    device: Device | None = field(default=None, converter=as_device)
    disk: str | None = field(default=None, validator=token)
    meta_disk: MetaDisk | None = field(default=None, converter=as_meta_disk)
    volumes: FrozenMapping[int, Volume] = field(factory=FrozenMapping, converter=_volumes)
    hosts: FrozenMapping[str, Host] = field(factory=FrozenMapping, converter=_hosts)
    floating: FrozenMapping[str, Floating] = field(factory=FrozenMapping, converter=_floating)
    stacked: FrozenMapping[str, Stacked] = field(factory=FrozenMapping, converter=_stacked)
    connections: tuple[Connection, ...] = field(default=(), converter=tuple[Connection, ...])
    meshes: tuple[Mesh, ...] = field(default=(), converter=tuple[Mesh, ...])
    template_file: str | None = field(default=None, validator=token)

    def host(self, name: str) -> Host:
        """Return the node of this name or alias.

        Raises:
            InvalidError: the resource has no such node.
        """
        for host in self.hosts.values():
            if name == host.name or name in host.aliases:
                return host
        raise InvalidError(
            f"{self.name} is not on {name}",
            path=f'resources["{self.name}"].hosts',
            value=name,
            hint=f"it is on {', '.join(self.hosts) or 'no named node'}",
        )

    def volumes_on(self, name: str) -> Mapping[int, Volume]:
        """Return the volumes that a node has, each with what it inherits from the resource."""
        host = self.host(name)
        shared, own = _written_volumes(self), _written_volumes(host)
        return FrozenMapping(
            (number, _inherit(own.get(number), shared.get(number)))
            for number in sorted({*shared, *own})
        )


def _written_volumes(of: Resource | Host) -> Mapping[int, Volume]:
    if of.volumes:
        return of.volumes
    if of.device is None and of.disk is None and of.meta_disk is None:
        return {}
    return {0: Volume(device=of.device, disk=of.disk, meta_disk=of.meta_disk)}


def _inherit(own: Volume | None, shared: Volume | None) -> Volume:
    if own is None or shared is None:
        found = own or shared
        assert found is not None  # noqa: S101 - one of the two has the number
        return attrs.evolve(found, layout=PLAIN, skipped=())
    return Volume(
        number=own.number,
        device=own.device or shared.device,
        disk=own.disk or shared.disk,
        meta_disk=own.meta_disk or shared.meta_disk,
        disk_options=Options(Section.DISK, {**shared.disk_options, **own.disk_options}),
    )
