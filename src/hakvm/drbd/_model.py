"""What a configuration consists of: hosts, volumes, resources and what they share."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import attrs
from attrs import AttrsInstance, field, frozen

from hakvm._frozen import FrozenMapping
from hakvm.drbd._layout import PLAIN, Layout
from hakvm.drbd._section import Options, as_section
from hakvm.drbd._specs import OptionValue, Section
from hakvm.drbd._values import Address, Device, MetaDisk, check_token
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


def _token(_: object, attribute: "attrs.Attribute[str]", value: str | None) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise InvalidError(
            f"{value!r} is no text", path=attribute.name.replace("_", "-"), value=value
        )
    check_token(value, attribute.name.replace("_", "-"))


def _tokens(_: object, attribute: "attrs.Attribute[tuple[str, ...]]", words: Iterable[str]) -> None:
    for word in words:
        check_token(word, attribute.name)


def _within(low: int, high: int) -> Callable[[object, "attrs.Attribute[T]", T], None]:
    def check(_: object, attribute: "attrs.Attribute[T]", value: T) -> None:
        if value is not None and not (isinstance(value, int) and low <= value <= high):
            path = attribute.name.replace("_", "-")
            raise InvalidError(f"{value!r}: {path} is {low} to {high}", path=path, value=value)

    return check


def keyed(found: Mapping[K, T] | Iterable[T], key: str) -> FrozenMapping[K, T]:
    """Return a mapping of items that bear their key themselves.

    Raises:
        InvalidError: two of them have the same.
    """
    if isinstance(found, FrozenMapping):
        return found
    items = list(found.values() if isinstance(found, Mapping) else found)
    made: FrozenMapping[K, T] = FrozenMapping((getattr(item, key), item) for item in items)
    if len(made) < len(items):
        names = [str(getattr(item, key)) for item in items]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidError(f"{twice} is there twice", path=key, value=twice)
    return made


def trusted(kind: type[A], **fields: object) -> A:
    """Make a value of fields that are what the constructor would have made of them.

    For the grammar, which has checked them word by word: a third of the time of reading would
    go into checking them again.
    """
    made = object.__new__(kind)
    for name, value in {**_defaults(kind), **fields}.items():
        object.__setattr__(made, name, value)
    return made


@functools.cache
def _defaults(kind: type[AttrsInstance]) -> dict[str, object]:
    return {
        one.name: one.default.factory() if isinstance(one.default, attrs.Factory) else one.default  # type: ignore[arg-type]
        for one in attrs.fields(kind)
    }


def _address(found: str | None) -> Address | None:
    return None if found is None else Address(found)


def _device(found: str | None) -> Device | None:
    return None if found is None else Device(found)


def _meta_disk(found: str | None) -> MetaDisk | None:
    return None if found is None else MetaDisk(found)


def _net(found: Mapping[str, OptionValue]) -> Options:
    return as_section(Section.NET, found)


def _disk(found: Mapping[str, OptionValue]) -> Options:
    return as_section(Section.DISK, found)


def _peer_device(found: Mapping[str, OptionValue]) -> Options:
    return as_section(Section.PEER_DEVICE, found)


def _options(found: Mapping[str, OptionValue]) -> Options:
    return as_section(Section.OPTIONS, found)


def _syncer(found: Mapping[str, OptionValue]) -> Options:
    return as_section(Section.SYNCER, found)


def _startup(found: Mapping[str, OptionValue]) -> Options:
    return as_section(Section.STARTUP, found)


def _handlers(found: Mapping[str, OptionValue]) -> Options:
    return as_section(Section.HANDLERS, found)


def _proxy(found: Mapping[str, OptionValue]) -> Options:
    return as_section(Section.PROXY, found)


def _peer_devices(found: Mapping[int, Mapping[str, OptionValue]]) -> "FrozenMapping[int, Options]":
    return FrozenMapping((number, _peer_device(options)) for number, options in found.items())


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


@frozen(kw_only=True)
class Volume:
    """One replicated volume.

    Attributes:
        number: counted from 0.
        device: DRBD's own block device.
        disk: what lies below it, a block device's path; `none` for a node without a copy.
        meta_disk: where the meta-data is.
        disk_options: the section `disk { … }`.
    """

    number: int = field(default=0, validator=_within(0, HIGHEST_VOLUME))
    device: Device | None = field(default=None, converter=_device)
    disk: str | None = field(default=None, validator=_token)
    meta_disk: MetaDisk | None = field(default=None, converter=_meta_disk)
    disk_options: Options = field(default=Options(Section.DISK), converter=_disk)
    skipped: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True)
class Proxy:
    """DRBD Proxy's options.

    Attributes:
        options: memlimit and the buffers.
        plugins: the lines of `plugin { … }`, each without its semicolon.
    """

    options: Options = field(default=Options(Section.PROXY), converter=_proxy)
    plugins: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True)
class ProxySide:
    """Where a node's DRBD Proxy runs and listens: `proxy on alice { inside …; outside …; }`."""

    hosts: tuple[str, ...] = field(converter=tuple[str, ...], validator=_tokens)
    inside: Address = field(converter=Address)
    outside: Address = field(converter=Address)
    proxy: Proxy | None = None
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True)
class _Member:
    """What a node, an address or a lower resource brings to a resource."""

    node_id: int | None = field(default=None, validator=_within(0, HIGHEST_NODE_ID))
    device: Device | None = field(default=None, converter=_device)
    disk: str | None = field(default=None, validator=_token)
    meta_disk: MetaDisk | None = field(default=None, converter=_meta_disk)
    volumes: FrozenMapping[int, Volume] = field(factory=FrozenMapping, converter=_volumes)
    options: Options = field(default=Options(Section.OPTIONS), converter=_options)
    proxy: ProxySide | None = None
    skipped: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True)
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

    name: str = field(validator=_token)
    aliases: tuple[str, ...] = field(default=(), converter=tuple[str, ...], validator=_tokens)
    address: Address | None = field(default=None, converter=_address)
    alternate_link: Address | None = field(default=None, converter=_address)


@frozen(kw_only=True)
class Floating(_Member):
    """What a node brings that is known by its address alone: `floating 10.0.0.1:7789 { … }`."""

    address: Address = field(converter=Address)


@frozen(kw_only=True)
class Stacked(_Member):
    """What a lower resource brings to one on top of it: `stacked-on-top-of r0 { … }`."""

    resource: str = field(validator=_token)
    address: Address | None = field(default=None, converter=_address)
    alternate_link: Address | None = field(default=None, converter=_address)


@frozen(kw_only=True)
class PathHost:
    """One end of a path: `host node1 address 10.0.0.1:7789;`.

    Attributes:
        name: the node; `None` where only the address is given.
        address, port: where it listens; neither where the node's own address holds.
        proxy: the DRBD Proxy on the way: `via proxy on …`.
    """

    name: str | None = field(default=None, validator=_token)
    address: Address | None = field(default=None, converter=_address)
    port: int | None = field(default=None, validator=_within(1, 65535))
    proxy: ProxySide | None = None

    def __attrs_post_init__(self) -> None:
        if (self.name is None and self.address is None) or (self.address and self.port):
            raise InvalidError(
                "a path's end has a node, or an address, or a node with a port or an address",
                path="host",
            )


@frozen(kw_only=True)
class Path:
    """A pair of addresses over which two nodes are connected (DRBD 9)."""

    hosts: tuple[PathHost, ...] = field(default=(), converter=tuple[PathHost, ...])
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True)
class Connection:
    """How two nodes are connected (DRBD 9).

    Attributes:
        name: deprecated; DRBD 9 ignores it.
        hosts: both ends, where there is but one path.
        paths: the paths, where they are written out.
        net: the section `net { … }`.
        disk_options: the section `disk { … }`: resync rates of this connection.
        volumes: the same for one volume, by number.
    """

    name: str | None = field(default=None, validator=_token)
    hosts: tuple[PathHost, ...] = field(default=(), converter=tuple[PathHost, ...])
    paths: tuple[Path, ...] = field(default=(), converter=tuple[Path, ...])
    net: Options = field(default=Options(Section.NET), converter=_net)
    disk_options: Options = field(default=Options(Section.PEER_DEVICE), converter=_peer_device)
    volumes: FrozenMapping[int, Options] = field(factory=FrozenMapping, converter=_peer_devices)
    skipped: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True)
class Mesh:
    """Connections of all these nodes with one another: `connection-mesh { … }` (DRBD 9)."""

    hosts: tuple[str, ...] = field(converter=tuple[str, ...], validator=_tokens)
    net: Options = field(default=Options(Section.NET), converter=_net)
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True)
class Common:
    """What holds for all resources: `common { … }`; a resource's own options come first.

    Attributes:
        protocol: the statement `protocol C;` as 8.3 has it; in `net` since 8.4.
        net, disk_options, options, startup, handlers: the sections of these names.
        syncer: 8.3's section for the resync; since 8.4 its options stand in disk and net.
        proxy: DRBD Proxy's options.
    """

    protocol: str | None = field(default=None, validator=_token)
    net: Options = field(default=Options(Section.NET), converter=_net)
    disk_options: Options = field(default=Options(Section.DISK), converter=_disk)
    options: Options = field(default=Options(Section.OPTIONS), converter=_options)
    syncer: Options = field(default=Options(Section.SYNCER), converter=_syncer)
    startup: Options = field(default=Options(Section.STARTUP), converter=_startup)
    handlers: Options = field(default=Options(Section.HANDLERS), converter=_handlers)
    proxy: Proxy | None = None
    skipped: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    layout: Layout = field(default=PLAIN, repr=False)


@frozen(kw_only=True)
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

    name: str = field(validator=_token)
    device: Device | None = field(default=None, converter=_device)
    disk: str | None = field(default=None, validator=_token)
    meta_disk: MetaDisk | None = field(default=None, converter=_meta_disk)
    volumes: FrozenMapping[int, Volume] = field(factory=FrozenMapping, converter=_volumes)
    hosts: FrozenMapping[str, Host] = field(factory=FrozenMapping, converter=_hosts)
    floating: FrozenMapping[str, Floating] = field(factory=FrozenMapping, converter=_floating)
    stacked: FrozenMapping[str, Stacked] = field(factory=FrozenMapping, converter=_stacked)
    connections: tuple[Connection, ...] = field(default=(), converter=tuple[Connection, ...])
    meshes: tuple[Mesh, ...] = field(default=(), converter=tuple[Mesh, ...])
    template_file: str | None = field(default=None, validator=_token)

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
