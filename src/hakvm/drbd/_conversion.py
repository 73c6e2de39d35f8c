"""From one release to another: what is said in other words, and what cannot be said at all."""

from collections.abc import Callable
from typing import TypeVar

import attrs
from attrs import define, field, frozen

from hakvm.drbd._model import Common, Connection, Floating, Host, Resource, Stacked, Volume
from hakvm.drbd._release import Release
from hakvm.drbd._section import Options, problem_of, releases_of
from hakvm.drbd._specs import Section, spec_of

__all__ = ["Loss", "convert_common", "convert_resource"]

M = TypeVar("M", Host, Floating, Stacked)
_RENAMED = {"rate": "resync-rate", "after": "resync-after"}
# The scripts of drbd-utils that fence with Pacemaker: 8.4's name and 9's.
_SCRIPTS = (
    ("crm-fence-peer.sh", "crm-fence-peer.9.sh"),
    ("crm-unfence-peer.sh", "crm-unfence-peer.9.sh"),
)


@frozen(kw_only=True)
class Loss:
    """What a release cannot say.

    Attributes:
        what: the construct, with its value.
        where: its path.
        why: what is lost with it.
        known: the releases that can say it.
    """

    what: str
    where: str
    why: str
    known: tuple[Release, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.why}"


@define
class _Carrier:
    """Carries sections over, and notes what is lost."""

    release: Release
    losses: list[Loss] = field(factory=list)

    def lose(self, what: str, where: str, why: str, known: tuple[Release, ...] = ()) -> None:
        self.losses.append(Loss(what=what, where=where, why=why, known=known))

    def carry(self, options: Options, where: str) -> Options:
        """Return the options that the release knows; note the others."""
        gone = []
        for name, text in options.items():
            shown = name if name == "shared-secret" else f"{name} {text}"
            if spec_of(options.section, name, self.release) is None:
                why = f"{self.release} has no such option"
                self.lose(shown, where, why, releases_of(options.section, name))
            elif problem := problem_of(options.section, name, text, self.release):
                self.lose(shown, where, problem)
            else:
                continue
            gone.append(name)
        return options.without(*gone) if gone else options


def _moved(source: Options, target: Options, names: dict[str, str]) -> tuple[Options, Options]:
    """Move options from one section to another, under new names; what is there already stays."""
    moving = {
        names[name]: text
        for name, text in source.items()
        if name in names and names[name] not in target
    }
    if moving:
        target = target | moving
    there = [name for name in source if name in names]
    return (source.without(*there) if there else source), target


def _syncer(common: Common) -> Common:
    """Give 8.3's syncer options to the sections in which they stand since 8.4."""
    syncer = common.syncer
    sections = {"net": common.net, "disk_options": common.disk_options, "options": common.options}
    for key, options in sections.items():
        names = {
            name: _RENAMED.get(name, name)
            for name in syncer
            if spec_of(options.section, _RENAMED.get(name, name), Release.V8_4) is not None
        }
        syncer, sections[key] = _moved(syncer, options, names)
    if not syncer:  # an empty section may hold comments; with its options they have gone
        syncer = Options(Section.SYNCER)
    return attrs.evolve(common, syncer=syncer, **sections)  # type: ignore[arg-type]  # by name


def _handlers(handlers: Options, release: Release) -> Options:
    """Name the handlers and the scripts for fencing as the release does."""
    handlers, moved = _moved(handlers, Options(Section.HANDLERS), {"outdate-peer": "fence-peer"})
    handlers = handlers | moved if moved else handlers
    new = release is Release.V9_0
    for old, nine in _SCRIPTS:
        source, target = (old, nine) if new else (nine, old)
        changed = {
            name: text.replace(source, target) for name, text in handlers.items() if source in text
        }
        handlers = handlers | changed if changed else handlers
    # 9 lifts the constraint from the node that set it; 8.4 from the one that was synced.
    source, target = ("after-resync-target", "unfence-peer")
    if not new:
        source, target = target, source
    text = handlers.get(source, "")
    if "crm-unfence-peer" in text and target not in handlers:
        handlers = handlers.without(source) | {target: text}
    return handlers


def _sections(common: Common, release: Release) -> Common:
    """Say in the words of `release` what stands in resources and in common."""
    common = _syncer(common)
    net, disk = common.net, common.disk_options
    if common.protocol is not None:
        net = net if "protocol" in net else net | {"protocol": common.protocol}
    if release is Release.V9_0:
        disk, net = _moved(disk, net, {"fencing": "fencing"})
    else:
        net, disk = _moved(net, disk, {"fencing": "fencing"})
    handlers = _handlers(common.handlers, release)
    return attrs.evolve(common, protocol=None, net=net, disk_options=disk, handlers=handlers)


def _carried(common: Common, carrier: _Carrier, where: str) -> Common:
    """Leave out what the release does not know."""
    skipped = common.skipped
    if skipped and carrier.release is not Release.V9_0:
        carrier.lose("skip", where, "it is skipped anyway", (Release.V9_0,))
        skipped = ()
    return attrs.evolve(
        common,
        skipped=skipped,
        net=carrier.carry(common.net, f"{where}.net"),
        disk_options=carrier.carry(common.disk_options, f"{where}.disk"),
        options=carrier.carry(common.options, f"{where}.options"),
        startup=carrier.carry(common.startup, f"{where}.startup"),
        handlers=carrier.carry(common.handlers, f"{where}.handlers"),
    )


def convert_common(common: Common, release: Release) -> tuple[Common, list[Loss]]:
    """Say `common` in the words of a release."""
    carrier = _Carrier(release)
    return _carried(_sections(common, release), carrier, "common"), carrier.losses


def convert_resource(resource: Resource, release: Release) -> tuple[Resource, list[Loss]]:
    """Say a resource in the words of a release."""
    carrier = _Carrier(release)
    where = f'resources["{resource.name}"]'
    found = _sections(resource, release)
    assert isinstance(found, Resource)  # noqa: S101 - evolve keeps the class
    step: Callable[[Resource, _Carrier, str], Resource]
    step = _to_nine if release is Release.V9_0 else _to_eight
    found = step(found, carrier, where)
    carried = _carried(found, carrier, where)
    assert isinstance(carried, Resource)  # noqa: S101 - as above
    return attrs.evolve(
        carried,
        volumes=[_volume(one, carrier, where) for one in carried.volumes.values()],
        hosts=[
            _member(one, carrier, f'{where}.hosts["{one.name}"]') for one in carried.hosts.values()
        ],
        floating=[
            _member(one, carrier, f'{where}.floating["{one.address}"]')
            for one in carried.floating.values()
        ],
        stacked=[
            _member(one, carrier, f'{where}.stacked["{one.resource}"]')
            for one in carried.stacked.values()
        ],
    ), carrier.losses


def _member(one: M, carrier: _Carrier, where: str) -> M:
    if carrier.release is not Release.V9_0 and one.skipped:
        carrier.lose("skip", where, "it is skipped anyway", (Release.V9_0,))
        one = attrs.evolve(one, skipped=())
    node_id = one.node_id if carrier.release is Release.V9_0 else None
    return attrs.evolve(
        one,
        node_id=node_id,
        volumes=[_volume(volume, carrier, where) for volume in one.volumes.values()],
        options=carrier.carry(one.options, f"{where}.options"),
    )


def _volume(volume: Volume, carrier: _Carrier, where: str) -> Volume:
    path = f"{where}.volumes[{volume.number}].disk"
    disk = volume.disk_options
    if carrier.release is Release.V9_0 and "fencing" in disk:
        carrier.lose(
            f"fencing {disk['fencing']}", path, "9 has one policy for a whole resource, in net {}"
        )
        disk = disk.without("fencing")
    return attrs.evolve(volume, disk_options=carrier.carry(disk, path))


def _to_nine(resource: Resource, carrier: _Carrier, where: str) -> Resource:
    """Number the nodes, as they stand; a second address has no place in `on`."""
    hosts = []
    taken = {one.node_id for one in resource.hosts.values()}
    free = (number for number in range(32) if number not in taken)
    for host in resource.hosts.values():
        if host.alternate_link is not None:
            carrier.lose(
                f"alternate-link-address {host.alternate_link}",
                f'{where}.hosts["{host.name}"]',
                "9 has a path {} for each pair of addresses instead",
                (Release.V8_4,),
            )
        number = next(free) if host.node_id is None else host.node_id
        hosts.append(attrs.evolve(host, node_id=number, alternate_link=None))
    return attrs.evolve(resource, hosts=hosts)


def _to_eight(resource: Resource, carrier: _Carrier, where: str) -> Resource:
    """Give the one connection's addresses to the nodes, and its options to the resource."""
    hosts = [attrs.evolve(host, node_id=None) for host in resource.hosts.values()]
    changed = attrs.evolve(resource, hosts=hosts, connections=(), meshes=(), template_file=None)
    nine = (Release.V9_0,)
    if resource.template_file is not None:
        carrier.lose(
            f"template-file {resource.template_file}", where, "its options are not taken over", nine
        )
    for mesh in resource.meshes:
        if len(resource.hosts) > 2:  # noqa: PLR2004 - 8.4 connects two nodes
            carrier.lose("connection-mesh", where, "8.4 connects two nodes", nine)
        changed = attrs.evolve(changed, net=Options(Section.NET, {**changed.net, **mesh.net}))
    if len(resource.connections) > 1:
        carrier.lose("connection", where, "8.4 connects two nodes, by one path", nine)
    elif resource.connections:
        changed = _absorbed(changed, resource.connections[0], carrier, where)
    return changed


def _absorbed(
    resource: Resource, connection: Connection, carrier: _Carrier, where: str
) -> Resource:
    path = f"{where}.connections[0]"
    ends = connection.hosts or (connection.paths[0].hosts if connection.paths else ())
    if len(connection.paths) > 1:
        carrier.lose("path", path, "8.4 connects by one path: the first", (Release.V9_0,))
    hosts: dict[str, Host] = dict(resource.hosts)
    for end in ends:
        host = hosts.get(end.name or "")
        if host is None:
            continue
        address = end.address or host.address
        if end.port is not None and address is not None:
            address = type(address)(f"{str(address).rpartition(':')[0]}:{end.port}")
        if end.proxy is not None and host.proxy is None:
            host = attrs.evolve(host, proxy=end.proxy)
        hosts[host.name] = attrs.evolve(host, address=address)
    for number, options in connection.volumes.items():
        if options:
            carrier.lose(
                f"volume {number} disk",
                path,
                "8.4 has no rates for a volume of a connection",
                (Release.V9_0,),
            )
    return attrs.evolve(
        resource,
        hosts=hosts,
        net=Options(Section.NET, {**resource.net, **connection.net}),
        disk_options=Options(Section.DISK, {**resource.disk_options, **connection.disk_options}),
    )
