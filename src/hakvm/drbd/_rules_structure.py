"""What does not fit together in a configuration: no grammar sees it, drbdadm refuses it."""

from collections.abc import Iterator, Sequence

import attrs

from hakvm.drbd._config import Config
from hakvm.drbd._foreign import all_sections
from hakvm.drbd._inherit import contested
from hakvm.drbd._model import Common, Host, Resource
from hakvm.drbd._release import Release
from hakvm.drbd._rules import RULES
from hakvm.drbd._samples import sample
from hakvm.drbd._specs import Section, option_specs
from hakvm.findings import Layer, Severity, Trouble
from hakvm.secret import MASK, Secret

__all__ = ["RULES"]


def _hosts(config: Config) -> Iterator[tuple[str, Resource, Host]]:
    """Yield each node of each resource, with its path."""
    for name, resource in config.resources.items():
        for host in resource.hosts.values():
            yield f'resources["{name}"].hosts["{host.name}"]', resource, host


@RULES.rule(
    "drbd.no-address",
    Severity.ERROR,
    Layer.DRBD,
    why="drbdadm refuses a node that its peer cannot reach",
    fix="give each node an address, or the resource a connection with addresses (DRBD 9)",
    source="drbd.conf(5), address",
    failing=sample(second=""),
    passing=sample(),
)
def _no_address(config: Config) -> Iterator[Trouble]:
    for where, resource, host in _hosts(config):
        if host.address is None and len(resource.hosts) > 1 and not resource.connections:
            yield Trouble(message=f"{host.name} has no address", where=where)


@RULES.rule(
    "drbd.incomplete-volume",
    Severity.ERROR,
    Layer.DRBD,
    why="drbdadm refuses a volume without a device, a disk or a place for its meta-data",
    fix="give each volume device, disk and meta-disk, on the node or for the whole resource",
    source="drbd.conf(5), volume",
    failing=sample(replace=("meta-disk internal;", "")),
    passing=sample(),
)
def _incomplete(config: Config) -> Iterator[Trouble]:
    for where, resource, host in _hosts(config):
        volumes = resource.volumes_on(host.name)
        if not volumes:
            yield Trouble(message=f"{resource.name} has no volume on {host.name}", where=where)
        for number, volume in volumes.items():
            diskless = volume.disk == "none"
            lacks = [
                word
                for word, found in (
                    ("device", volume.device),
                    ("disk", volume.disk),
                    ("meta-disk", "internal" if diskless else volume.meta_disk),
                )
                if found is None
            ]
            if lacks:
                yield Trouble(
                    message=f"volume {number} on {host.name} has no {' and no '.join(lacks)}",
                    where=where,
                )
        for other in resource.hosts.values():
            for number in volumes.keys() - resource.volumes_on(other.name).keys():
                yield Trouble(
                    message=f"volume {number} is on {host.name} but not on {other.name}",
                    where=where,
                )


@RULES.rule(
    "drbd.unknown-node",
    Severity.ERROR,
    Layer.DRBD,
    releases="DRBD 9",
    why="drbdadm refuses a connection of a node that the resource is not on",
    fix="name the nodes as their sections on … {} do",
    source="drbd.conf(5), connection",
    failing=lambda: Config.parse(_meshed("node3")),
    passing=lambda: Config.parse(_meshed("node2")),
)
def _unknown_node(config: Config) -> Iterator[Trouble]:
    for name, resource in config.resources.items():
        known = {alias for one in resource.hosts.values() for alias in (one.name, *one.aliases)}
        named = [
            end.name
            for connection in resource.connections
            for ends in (connection.hosts, *(path.hosts for path in connection.paths))
            for end in ends
            if end.name is not None
        ]
        named += [host for mesh in resource.meshes for host in mesh.hosts]
        for host in dict.fromkeys(named):
            # The tools also take the first label of a node's full name.
            if host not in known and host not in {one.partition(".")[0] for one in known}:
                yield Trouble(
                    message=f"a connection names {host}, which {name} is not on",
                    where=f'resources["{name}"].connections',
                )


def _meshed(second: str) -> str:
    text = sample()().render()
    return text.rstrip().removesuffix("}") + f"connection-mesh {{ hosts node1 {second}; }} }}"


@RULES.rule(
    "drbd.node-id-missing",
    Severity.ERROR,
    Layer.DRBD,
    releases="DRBD 9",
    why="drbdadm refuses a resource in which some nodes have a node-id and others have none",
    fix="give each node its own node-id, the same in the file on every node",
    source="drbd.conf(5), node-id",
    failing=sample(second="node-id 1; address 192.168.2.171:7789;"),
    passing=sample(),
)
def _node_ids(config: Config) -> Iterator[Trouble]:
    for where, resource, host in _hosts(config):
        numbered = any(one.node_id is not None for one in resource.hosts.values())
        if host.node_id is None and numbered:
            yield Trouble(message=f"{host.name} has no node-id", where=where)


@RULES.rule(
    "drbd.said-twice",
    Severity.ERROR,
    Layer.DRBD,
    why="one of the values counts without a word, which may be the first or the last; where DRBD 9"
    " hands the option on to connections and volumes, its drbdadm does not start the resource",
    fix="leave the one that is meant",
    source="drbdadm_postparse.c, expand_opts: ambiguous inheritance for option",
    failing=sample(net="timeout 50; timeout 60;"),
    passing=sample(net="timeout 60; timeout 60;"),
)
def _said_twice(config: Config) -> Iterator[Trouble]:
    for document in config.documents():
        for where, options in all_sections(document):
            for name, texts in options.repeated.items():
                # An internal error of 9's drbdadm, even where both say the same.
                failing = where == "common.disk" and name in option_specs(
                    Release.V9_0, Section.PEER_DEVICE
                )
                if failing or len(set(texts)) > 1:
                    yield Trouble(message=_values(name, texts, options[name]), where=where)
        places: dict[str, Common] = {
            f'resources["{name}"]': one for name, one in document.own_resources.items()
        }
        if document.common is not None:
            places["common"] = document.common
        for where, of in places.items():
            for name, said, counting in contested(of):
                yield Trouble(message=_values(name, said, counting), where=where)


def _values(name: str, texts: Sequence[str], counting: str) -> str:
    *said, which = [
        repr(MASK if isinstance(one, Secret) else one[:60]) for one in (*texts, counting)
    ]
    return f"{name} is said to be {' and '.join(said)}, of which {which} counts"


def _doubled_port() -> Config:
    first = sample()().resources["r0"]
    second = attrs.evolve(first, name="r1", device="/dev/drbd1", disk="/dev/disk/by-id/ata-2")
    return Config(resources=[first, second])


@RULES.rule(
    "drbd.conflicting-use",
    Severity.ERROR,
    Layer.DRBD,
    why="two resources cannot share a minor, an address with its port, or a disk: the second one"
    " does not come up, or overwrites the first",
    fix="give each its own",
    source="drbdadm: conflicting use of …",
    failing=_doubled_port,
    passing=sample(),
)
def _conflicts(config: Config) -> Iterator[Trouble]:
    used: dict[tuple[str, str], str] = {}
    for where, resource, host in _hosts(config):
        here = f"{resource.name} on {host.name}"
        mine: list[tuple[str, str, str]] = []
        if host.node_id is not None:
            mine.append(("node-id", f"{host.node_id} in {resource.name}", here))
        if host.address is not None:
            mine.append(("address", str(host.address), here))
        for number, volume in resource.volumes_on(host.name).items():
            owner = f"volume {number} of {here}"
            if volume.device is not None:
                mine.append(("minor", f"{volume.device.minor} on {host.name}", owner))
            if volume.disk not in {None, "none"}:
                mine.append(("disk", f"{volume.disk} on {host.name}", owner))
        for what, value, owner in mine:
            first = used.setdefault((what, value), owner)
            if first != owner:
                yield Trouble(message=f"the {what} {value} is used by {first} too", where=where)
