"""From one release to another: what is said in other words, and what cannot be said at all."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import attrs
from attrs import define, field, frozen

from hakvm.drbd._inherit import prevails
from hakvm.drbd._model import Common, Connection, Floating, Host, Resource, Stacked, Volume
from hakvm.drbd._node_ids import node_ids
from hakvm.drbd._release import Release
from hakvm.drbd._section import Options, problem_of, releases_of
from hakvm.drbd._skip import named_skip
from hakvm.drbd._specs import Section, spec_of, syncer_home
from hakvm.errors import ReleaseError

if TYPE_CHECKING:
    from hakvm.drbd._config import Config

__all__ = ["Loss", "convert"]

C = TypeVar("C", bound="Config")
M = TypeVar("M", Host, Floating, Stacked)
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
        source: the file that has it, where there are several.
    """

    what: str
    where: str
    why: str
    known: tuple[Release, ...] = ()
    source: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, [self.source, self.where, self.what, self.why]))


@define
class _Carrier:
    """Carries a file's sections over, and notes what is lost.

    Attributes:
        common: what its resources inherit, from whichever file.
    """

    release: Release
    common: Common
    source: str
    losses: list[Loss] = field(factory=list)

    def lose(self, what: str, where: str, why: str, known: tuple[Release, ...] = ()) -> None:
        loss = Loss(what=what, where=where, why=why, known=known, source=self.source)
        self.losses.append(loss)

    def carry(self, options: Options, where: str) -> Options:
        """Return the options that the release knows, each with what counts; note the others."""
        options = options.once()
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


def _moved(
    source: Options, target: Options, names: dict[str, str], *, over: bool = False
) -> tuple[Options, Options]:
    """Move options from one section to another, under new names.

    What is there already stays, unless what is moved comes `over` it.
    """
    moving = {
        names[name]: text
        for name, text in source.items()
        if name in names and (over or names[name] not in target)
    }
    if moving:
        target = target | moving
    there = [name for name in source if name in names]
    return (source.without(*there) if there else source), target


def _syncer(common: Common) -> Common:
    """Give 8.3's syncer options to the sections in which they stand since 8.4."""
    syncer = common.syncer
    homes = {name: home for name in syncer if (home := syncer_home(name)) is not None}
    sections = {"net": common.net, "disk_options": common.disk_options, "options": common.options}
    for key, options in sections.items():
        names = {name: new for name, (one, new) in homes.items() if one is options.section}
        over = prevails(common, "syncer", options.section)
        syncer, sections[key] = _moved(syncer, options, names, over=over)
    if not syncer:  # an empty section may hold comments; with its options they have gone
        syncer = Options(Section.SYNCER)
    return attrs.evolve(common, syncer=syncer, **sections)  # type: ignore[arg-type]  # by name


def _named(handlers: Options, release: Release) -> Options:
    """Name the handler and the scripts for fencing as the release does."""
    called = next((one for one in handlers if one in {"outdate-peer", "fence-peer"}), None)
    if called is not None and "outdate-peer" in handlers:  # two names of one: the first is called
        old = handlers[called]
        handlers = handlers.without("outdate-peer") | {"fence-peer": old}
    for eight, nine in _SCRIPTS:
        source, target = (eight, nine) if release is Release.V9_0 else (nine, eight)
        changed = {
            name: text.replace(source, target) for name, text in handlers.items() if source in text
        }
        handlers = handlers | changed if changed else handlers
    return handlers


def _unfencing(handlers: Options, release: Release) -> Options:
    """Lift the constraint from the node that set it in 9, in 8.4 from the one that was synced."""
    source, target = ("after-resync-target", "unfence-peer")
    if release is not Release.V9_0:
        source, target = target, source
    text = handlers.get(source, "")
    if "crm-unfence-peer" in text and target not in handlers:
        handlers = handlers.without(source) | {target: text}
    return handlers


def _own_handlers(handlers: Options, carrier: _Carrier, where: str) -> Options:
    """Give a resource those handlers that make, with the ones it inherits, what it had."""
    own = _named(handlers, carrier.release)
    shared = _named(carrier.common.handlers, carrier.release)
    whole = _unfencing(shared | own, carrier.release)
    inherited = _unfencing(shared, carrier.release)
    alone = _unfencing(own, carrier.release)
    for name, text in inherited.items():
        if name not in whole:
            why = "common {} brings it, beside the resource's own handlers"
            carrier.lose(f"{name} {text}", where, why)
    changed = {
        name: text
        for name, text in whole.items()
        if own.get(name) != text and (name in alone or inherited.get(name) != text)
    }
    gone = [name for name in own if name not in whole]
    own = own.without(*gone) if gone else own
    return own | changed if changed else own


def _sections(common: Common, release: Release) -> Common:
    """Say in the words of `release` what stands in resources and in common."""
    common = _syncer(common)
    net, disk = common.net, common.disk_options
    if common.protocol is not None:
        over = "protocol" not in net or prevails(common, "protocol", Section.NET)
        net = net | {"protocol": common.protocol} if over else net
    if release is Release.V9_0:
        disk, net = _moved(disk, net, {"fencing": "fencing"})
    else:
        net, disk = _moved(net, disk, {"fencing": "fencing"})
    return attrs.evolve(common, protocol=None, net=net, disk_options=disk)


def _carried(common: Common, carrier: _Carrier, where: str) -> Common:
    """Leave out what the release does not know."""
    skipped = common.skipped
    if skipped and carrier.release is not Release.V9_0:
        carrier.lose("skip", where, "it is skipped anyway", (Release.V9_0,))
        skipped = ()
    return attrs.evolve(
        common,
        skipped=skipped,
        proxy=common.proxy and attrs.evolve(common.proxy, options=common.proxy.options.once()),
        net=carrier.carry(common.net, f"{where}.net"),
        disk_options=carrier.carry(common.disk_options, f"{where}.disk"),
        options=carrier.carry(common.options, f"{where}.options"),
        startup=carrier.carry(common.startup, f"{where}.startup"),
        handlers=carrier.carry(common.handlers, f"{where}.handlers"),
    )


def convert(config: C, release: Release) -> tuple[C, tuple[Loss, ...]]:
    """Say a file, and all that it includes, in the words of a release.

    Raises:
        ReleaseError: the release is never written.
    """
    if release is Release.V8_3:
        raise ReleaseError(
            "being written: hakvm reads it only",
            release=str(release),
            known=[str(Release.V8_4), str(Release.V9_0)],
        )
    documents = tuple(config.documents())
    commons = (one.common for one in documents if one.common is not None)
    carrier = _Carrier(release, next(commons, Common()), "")
    return _document(config, carrier, named=len(documents) > 1), tuple(carrier.losses)


def _document(config: C, carrier: _Carrier, *, named: bool) -> C:
    """Convert a file, then those that it includes; `named` if losses are to say in which."""
    carrier.source = config.source if named else ""
    requirements = config.requirements
    if requirements and carrier.release is not Release.V9_0:
        for one in requirements:
            carrier.lose(str(one), "requirements", "8.4 has no such statement", (Release.V9_0,))
        requirements = ()
    changed = attrs.evolve(
        config,
        requirements=requirements,
        skipped=_skipped(config.skipped, carrier),
        global_options=carrier.carry(config.global_options, "global"),
        common=None if config.common is None else _common(config.common, carrier),
        resources=[_resource(one, carrier) for one in config.own_resources.values()],
    )
    includes = [
        attrs.evolve(one, documents=[_document(two, carrier, named=named) for two in one.documents])
        for one in config.includes
    ]
    return attrs.evolve(changed, includes=includes)


def _skipped(texts: Iterable[str], carrier: _Carrier) -> Iterator[str]:
    """Carry what is skipped, its words as one name where the release takes no more."""
    for text in texts:
        named = named_skip(text, carrier.release)
        if named:
            yield named
        else:
            why = "8.4 takes one name of at most 255 characters; it is skipped anyway"
            carrier.lose("skip", "skipped", why, (Release.V9_0,))


def _common(common: Common, carrier: _Carrier) -> Common:
    """Say `common` in the words of a release."""
    found = _sections(common, carrier.release)
    handlers = _unfencing(_named(found.handlers, carrier.release), carrier.release)
    return _carried(attrs.evolve(found, handlers=handlers), carrier, "common")


def _resource(resource: Resource, carrier: _Carrier) -> Resource:
    """Say a resource in the words of a release."""
    where = f'resources["{resource.name}"]'
    step: Callable[[Resource, _Carrier, str], Resource]
    step = _to_nine if carrier.release is Release.V9_0 else _to_eight
    found = _sections(step(resource, carrier, where), carrier.release)
    handlers = _own_handlers(found.handlers, carrier, f"{where}.handlers")
    carried = _carried(attrs.evolve(found, handlers=handlers), carrier, where)
    assert isinstance(carried, Resource)  # noqa: S101 - evolve keeps the class
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
    )


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
    if volume.skipped and carrier.release is not Release.V9_0:
        here = f"{where}.volumes[{volume.number}]"
        carrier.lose("skip", here, "it is skipped anyway", (Release.V9_0,))
        volume = attrs.evolve(volume, skipped=())
    if carrier.release is Release.V9_0 and "fencing" in disk:
        carrier.lose(
            f"fencing {disk['fencing']}", path, "9 has one policy for a whole resource, in net {}"
        )
        disk = disk.without("fencing")
    return attrs.evolve(volume, disk_options=carrier.carry(disk, path))


def _to_nine(resource: Resource, carrier: _Carrier, where: str) -> Resource:
    """Number the nodes; a second address has no place in `on`."""
    hosts = list(resource.hosts.values())
    floating = list(resource.floating.values())
    stacked = list(resource.stacked.values())
    numbers = iter(node_ids((*hosts, *floating, *stacked)))

    def changed(one: M, path: str) -> M:
        one = attrs.evolve(one, node_id=next(numbers))
        if isinstance(one, Floating) or one.alternate_link is None:
            return one
        what = f"alternate-link-address {one.alternate_link}"
        why = "9 has a path {} for each pair of addresses instead"
        carrier.lose(what, path, why, (Release.V8_4,))
        return attrs.evolve(one, alternate_link=None)

    return attrs.evolve(
        resource,
        hosts=[changed(one, f'{where}.hosts["{one.name}"]') for one in hosts],
        floating=[changed(one, where) for one in floating],
        stacked=[changed(one, f'{where}.stacked["{one.resource}"]') for one in stacked],
    )


def _to_eight(resource: Resource, carrier: _Carrier, where: str) -> Resource:
    """Give the one connection's addresses to the nodes, and its options to the resource."""
    hosts = [attrs.evolve(host, node_id=None) for host in resource.hosts.values()]
    changed = attrs.evolve(resource, hosts=hosts, connections=(), meshes=(), template_file=None)
    nine = (Release.V9_0,)
    if resource.template_file is not None:
        why = "its options are not taken over; those of common {} hold instead"
        carrier.lose(f"template-file {resource.template_file}", where, why, nine)
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
    if connection.skipped:
        carrier.lose("skip", path, "it is skipped anyway", (Release.V9_0,))
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
