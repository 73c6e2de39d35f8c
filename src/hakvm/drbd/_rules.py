"""What a configuration of DRBD gets wrong, and what comes of it."""

import re
from collections.abc import Callable, Iterator

import attrs

from hakvm.drbd._config import Config
from hakvm.drbd._foreign import all_sections
from hakvm.drbd._model import Host, Resource
from hakvm.drbd._section import known_names
from hakvm.drbd._specs import near
from hakvm.findings import Layer, RuleBook, Severity, Trouble

__all__ = ["RULES"]

RULES: RuleBook[Config] = RuleBook()

_GOOD = """
resource r0 {{
    net {{ protocol C; fencing resource-and-stonith; cram-hmac-alg sha256; shared-secret s; {net} }}
    options {{ {options} }}
    handlers {{ {handlers} }}
    device /dev/drbd0;
    disk {disk};
    meta-disk internal;
    on node1 {{ address 192.168.2.170:{port}; }}
    on node2 {{ {second} }}
}}
"""
_HANDLERS = (
    'fence-peer "/usr/lib/drbd/crm-fence-peer.9.sh";'
    ' unfence-peer "/usr/lib/drbd/crm-unfence-peer.9.sh";'
)


def _sample(
    *,
    net: str = "",
    options: str = "",
    handlers: str = _HANDLERS,
    disk: str = "/dev/disk/by-id/ata-1",
    second: str = "address 192.168.2.171:7789;",
    replace: tuple[str, str] = ("", ""),
) -> Callable[[], Config]:
    text = _GOOD.format(
        net=net, options=options, handlers=handlers, disk=disk, port=7789, second=second
    )
    return lambda: Config.parse(text.replace(*replace) if replace[0] else text)


def _resources(config: Config) -> Iterator[tuple[str, Resource]]:
    for name in config.resources:
        yield f'resources["{name}"]', config.effective(name)


def _policy(resource: Resource) -> str:
    """Return the fencing policy, from disk {} as 8.4 has it or net {} as 9 has it."""
    return resource.net.get("fencing") or resource.disk_options.get("fencing") or "dont-care"


@RULES.rule(
    "drbd.no-fencing",
    Severity.ERROR,
    Layer.DRBD,
    why="a node that lost its peer can be promoted with an old copy, and what was written"
    " meanwhile is lost",
    fix="set fencing resource-and-stonith (disk {} in 8.4, net {} in 9) and the handlers"
    " fence-peer and unfence-peer",
    source="DRBD User's Guide 8.4 and 9, Using resource-level fencing in Pacemaker clusters",
    failing=_sample(replace=("fencing resource-and-stonith;", "")),
    passing=_sample(),
)
def _no_fencing(config: Config) -> Iterator[Trouble]:
    for where, resource in _resources(config):
        if _policy(resource) == "dont-care" and resource.options.get("quorum", "off") == "off":
            yield Trouble(message=f"{resource.name} has no fencing policy", where=where)


@RULES.rule(
    "drbd.no-fence-handler",
    Severity.ERROR,
    Layer.DRBD,
    why="with a fencing policy but no handler the peer counts as not fenced: I/O freezes or the"
    " promotion fails, just when the peer is lost",
    fix="set handlers { fence-peer …; unfence-peer …; } to the scripts below /usr/lib/drbd",
    source="drbd.conf(5), fencing and fence-peer",
    failing=_sample(handlers=""),
    passing=_sample(),
)
def _no_handler(config: Config) -> Iterator[Trouble]:
    for where, resource in _resources(config):
        handlers = resource.handlers
        if _policy(resource) == "dont-care":
            continue
        if "fence-peer" not in handlers and "outdate-peer" not in handlers:
            yield Trouble(message=f"{resource.name} has no handler fence-peer", where=where)
        elif not {"unfence-peer", "after-resync-target"} & handlers.keys():
            yield Trouble(message=f"{resource.name} has no handler unfence-peer", where=where)


@RULES.rule(
    "drbd.unfence-after-resync",
    Severity.WARNING,
    Layer.DRBD,
    releases="DRBD 9",
    why="DRBD 9 calls unfence-peer on the peer that lifts the constraint; after-resync-target"
    " runs on the wrong node, too early",
    fix="call crm-unfence-peer.9.sh from unfence-peer, not after-resync-target",
    source="DRBD User's Guide 9, Using resource-level fencing in Pacemaker clusters",
    failing=_sample(
        handlers='fence-peer "/usr/lib/drbd/crm-fence-peer.9.sh";'
        ' after-resync-target "/usr/lib/drbd/crm-unfence-peer.9.sh";'
    ),
    passing=_sample(),
)
def _unfence(config: Config) -> Iterator[Trouble]:
    for where, resource in _resources(config):
        if "crm-unfence-peer.9" in resource.handlers.get("after-resync-target", ""):
            yield Trouble(
                message=f"{resource.name} lifts DRBD 9's fencing in after-resync-target",
                where=f"{where}.handlers",
            )


@RULES.rule(
    "drbd.quorum-and-fencing",
    Severity.ERROR,
    Layer.DRBD,
    releases="DRBD 9",
    why="each of the two decides on its own when I/O may go on; together they block each other",
    fix="use quorum with three or more nodes, fencing with two, never both",
    source="DRBD User's Guide 9, Configuring quorum: use one, but not both",
    failing=_sample(options="quorum majority;"),
    passing=_sample(),
)
def _quorum_and_fencing(config: Config) -> Iterator[Trouble]:
    for where, resource in _resources(config):
        if resource.options.get("quorum", "off") != "off" and _policy(resource) != "dont-care":
            yield Trouble(message=f"{resource.name} has both quorum and fencing", where=where)


_UNSTABLE = re.compile(r"/dev/(?:sd|hd|vd|xvd)[a-z]+[0-9]*|/dev/nvme[0-9]+n[0-9]+(?:p[0-9]+)?")


@RULES.rule(
    "drbd.unstable-disk-name",
    Severity.WARNING,
    Layer.DRBD,
    why="such names are given in the order in which disks are found: after a reboot DRBD may"
    " overwrite another disk",
    fix="name the disk by /dev/disk/by-id/…, or use a logical volume",
    source="DRBD User's Guide, Preparing your lower-level storage",
    failing=_sample(disk="/dev/sdb1"),
    passing=_sample(),
)
def _unstable_disk(config: Config) -> Iterator[Trouble]:
    for name, resource in config.resources.items():
        where = f'resources["{name}"]'
        owners: tuple[tuple[str, Resource | Host], ...] = (
            (where, resource),
            *((f'{where}.hosts["{host}"]', one) for host, one in resource.hosts.items()),
        )
        for path, owner in owners:
            for disk in (owner.disk, *(volume.disk for volume in owner.volumes.values())):
                if disk is not None and _UNSTABLE.fullmatch(disk):
                    yield Trouble(message=f"the disk below is {disk}", where=path)


def _without_integrity(config: Config) -> Config:
    for resource in config.resources.values():
        config = config.with_resource(
            attrs.evolve(resource, net=resource.net.without("data-integrity-alg"))
        )
    if config.common is not None:
        net = config.common.net.without("data-integrity-alg")
        config = attrs.evolve(config, common=attrs.evolve(config.common, net=net))
    return config


@RULES.rule(
    "drbd.data-integrity-alg",
    Severity.WARNING,
    Layer.DRBD,
    why="buffers that change while they are sent count as corrupt, and the connection drops"
    " again and again",
    fix="remove data-integrity-alg; check with verify-alg and drbdadm verify instead",
    source="drbd.conf(5), data-integrity-alg",
    failing=_sample(net="data-integrity-alg sha1;"),
    passing=_sample(net="verify-alg sha1;"),
    mend=_without_integrity,
)
def _data_integrity(config: Config) -> Iterator[Trouble]:
    for where, resource in _resources(config):
        if "data-integrity-alg" in resource.net:
            yield Trouble(
                message=f"{resource.name} checks every packet in production", where=f"{where}.net"
            )


@RULES.rule(
    "drbd.automatic-split-brain-recovery",
    Severity.WARNING,
    Layer.DRBD,
    why="after a split brain one side's writes are thrown away without anyone being asked",
    fix="leave after-sb-0pri, after-sb-1pri and after-sb-2pri at disconnect",
    source="DRBD User's Guide, Automatic split brain recovery policies: automatic data loss",
    failing=_sample(net="after-sb-0pri discard-zero-changes; after-sb-1pri discard-secondary;"),
    passing=_sample(net="after-sb-0pri disconnect;"),
)
def _split_brain_policy(config: Config) -> Iterator[Trouble]:
    for where, resource in _resources(config):
        for name in ("after-sb-0pri", "after-sb-1pri", "after-sb-2pri"):
            policy = resource.net.get(name, "disconnect")
            if policy != "disconnect":
                yield Trouble(message=f"{name} is {policy}", where=f"{where}.net")


@RULES.rule(
    "drbd.violent-policy",
    Severity.ERROR,
    Layer.DRBD,
    why="data changes under a running primary: a mounted filesystem is corrupted",
    fix="leave rr-conflict and the after-sb-* policies at disconnect",
    source="drbd.conf(5), rr-conflict and after-sb-2pri: do not use it",
    failing=_sample(net="rr-conflict violently;"),
    passing=_sample(net="rr-conflict disconnect;"),
)
def _violent(config: Config) -> Iterator[Trouble]:
    for where, resource in _resources(config):
        for name, policy in resource.net.items():
            if policy in {"violently", "violently-as0p"}:
                yield Trouble(message=f"{name} is {policy}", where=f"{where}.net")


@RULES.rule(
    "drbd.two-primaries",
    Severity.ERROR,
    Layer.DRBD,
    why="two nodes may write at once: unless every write is on both (protocol C) and a lost peer"
    " is shot first, the copies diverge",
    fix="remove allow-two-primaries, or set protocol C and fencing resource-and-stonith",
    source="DRBD User's Guide, Enabling dual-primary mode",
    failing=_sample(net="allow-two-primaries;", replace=("protocol C", "protocol A")),
    passing=_sample(net="allow-two-primaries;"),
)
def _two_primaries(config: Config) -> Iterator[Trouble]:
    for where, resource in _resources(config):
        if resource.net.get("allow-two-primaries") != "yes":
            continue
        if resource.net.get("protocol", "C") != "C":
            yield Trouble(message="two primaries without protocol C", where=f"{where}.net")
        if _policy(resource) != "resource-and-stonith":
            yield Trouble(
                message="two primaries without fencing resource-and-stonith", where=f"{where}.net"
            )


@RULES.rule(
    "drbd.asynchronous",
    Severity.WARNING,
    Layer.DRBD,
    why="a write counts as done before it is on both disks: a failover loses the last ones",
    fix="set protocol C",
    source="drbd.conf(5), protocol",
    failing=_sample(replace=("protocol C", "protocol A")),
    passing=_sample(),
)
def _asynchronous(config: Config) -> Iterator[Trouble]:
    for where, resource in _resources(config):
        protocol = resource.net.get("protocol", "C")
        if protocol != "C":
            yield Trouble(message=f"{resource.name} uses protocol {protocol}", where=f"{where}.net")


@RULES.rule(
    "drbd.no-peer-authentication",
    Severity.INFO,
    Layer.DRBD,
    why="whoever reaches the port may pose as the peer and receive or send the data",
    fix="set cram-hmac-alg and shared-secret in net {}, or keep the link to itself",
    source="drbd.conf(5), cram-hmac-alg",
    failing=_sample(replace=("shared-secret s;", "")),
    passing=_sample(),
)
def _no_secret(config: Config) -> Iterator[Trouble]:
    for where, resource in _resources(config):
        if not {"cram-hmac-alg", "shared-secret"} <= resource.net.keys():
            yield Trouble(
                message=f"{resource.name} takes any peer for its own", where=f"{where}.net"
            )


@RULES.rule(
    "drbd.unknown-option",
    Severity.ERROR,
    Layer.DRBD,
    why="drbdadm refuses the whole configuration, so no resource comes up",
    fix="correct the name; it may also be one of a later release than hakvm knows",
    source="drbd.conf(5)",
    failing=_sample(net="unheard-of 5;"),
    passing=_sample(),
)
def _unknown(config: Config) -> Iterator[Trouble]:
    for document in config.documents():
        for where, options in all_sections(document):
            for name in options:
                if name not in known_names(options.section):
                    guess = near(name, known_names(options.section))
                    yield Trouble(
                        message=f"no release knows the option {name}"
                        + (f": did you mean {guess}?" if guess else ""),
                        where=where,
                    )


@RULES.rule(
    "drbd.no-break-space",
    Severity.ERROR,
    Layer.DRBD,
    why="drbdadm takes a no-break space for no space and refuses the whole configuration",
    fix="put plain spaces in their place, or write the file with render()",
    source="drbdadm_scanner.fl: white space is space, tab and carriage return",
    failing=lambda: Config.parse(_sample()().render().replace("    ", "\N{NO-BREAK SPACE} ")),
    passing=_sample(),
    mend=lambda config: attrs.evolve(config, no_break_spaces=False),
)
def _no_break_space(config: Config) -> Iterator[Trouble]:
    for document in config.documents():
        if document.no_break_spaces:
            yield Trouble(
                message="it has no-break spaces, as text copied from a web page has",
                where=document.source,
            )


@RULES.rule(
    "drbd.no-address",
    Severity.ERROR,
    Layer.DRBD,
    why="drbdadm refuses a node that its peer cannot reach",
    fix="give each node an address, or the resource a connection with addresses (DRBD 9)",
    source="drbd.conf(5), address",
    failing=_sample(second=""),
    passing=_sample(),
)
def _no_address(config: Config) -> Iterator[Trouble]:
    for name, resource in config.resources.items():
        if resource.connections:
            continue
        for host in resource.hosts.values():
            if host.address is None and len(resource.hosts) > 1:
                yield Trouble(
                    message=f"{host.name} has no address",
                    where=f'resources["{name}"].hosts["{host.name}"]',
                )


@RULES.rule(
    "drbd.incomplete-volume",
    Severity.ERROR,
    Layer.DRBD,
    why="drbdadm refuses a volume without a device, a disk or a place for its meta-data",
    fix="give each volume device, disk and meta-disk, on the node or for the whole resource",
    source="drbd.conf(5), volume",
    failing=_sample(replace=("meta-disk internal;", "")),
    passing=_sample(),
)
def _incomplete(config: Config) -> Iterator[Trouble]:
    for name, resource in config.resources.items():
        for host in resource.hosts.values():
            where = f'resources["{name}"].hosts["{host.name}"]'
            volumes = resource.volumes_on(host.name)
            if not volumes:
                yield Trouble(message=f"{name} has no volume on {host.name}", where=where)
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
    text = _sample()().render()
    return text.rstrip().removesuffix("}") + f"connection-mesh {{ hosts node1 {second}; }} }}"


@RULES.rule(
    "drbd.node-id-missing",
    Severity.ERROR,
    Layer.DRBD,
    releases="DRBD 9",
    why="drbdadm refuses a resource in which some nodes have a node-id and others have none",
    fix="give each node its own node-id, the same in the file on every node",
    source="drbd.conf(5), node-id",
    failing=_sample(second="node-id 1; address 192.168.2.171:7789;"),
    passing=_sample(),
)
def _node_ids(config: Config) -> Iterator[Trouble]:
    for name, resource in config.resources.items():
        without = [one.name for one in resource.hosts.values() if one.node_id is None]
        if without and len(without) < len(resource.hosts):
            for host in without:
                yield Trouble(
                    message=f"{host} has no node-id",
                    where=f'resources["{name}"].hosts["{host}"]',
                )


def _doubled_port() -> Config:
    first = _sample()().resources["r0"]
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
    passing=_sample(),
)
def _conflicts(config: Config) -> Iterator[Trouble]:
    used: dict[tuple[str, str], str] = {}
    for name, resource in config.resources.items():
        for host in resource.hosts.values():
            mine: list[tuple[str, str]] = []
            if host.node_id is not None:
                mine.append(("node-id", f"{host.node_id} in {name}"))
            if host.address is not None:
                mine.append(("address", str(host.address)))
            for volume in resource.volumes_on(host.name).values():
                if volume.device is not None:
                    mine.append(("minor", f"{volume.device.minor} on {host.name}"))
                if volume.disk not in {None, "none"}:
                    mine.append(("disk", f"{volume.disk} on {host.name}"))
            for what, value in mine:
                owner = used.setdefault((what, value), f"{name} on {host.name}")
                if owner != f"{name} on {host.name}":
                    yield Trouble(
                        message=f"the {what} {value} is used by {owner} too",
                        where=f'resources["{name}"].hosts["{host.name}"]',
                    )
