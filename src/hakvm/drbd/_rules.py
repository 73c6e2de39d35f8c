"""What a configuration of DRBD gets wrong, and what comes of it."""

import re
from collections.abc import Iterator

import attrs

from hakvm.drbd._config import Config
from hakvm.drbd._foreign import all_sections
from hakvm.drbd._model import Host, Resource
from hakvm.drbd._samples import sample
from hakvm.drbd._section import known_names
from hakvm.drbd._specs import near
from hakvm.findings import Layer, RuleBook, Severity, Trouble

__all__ = ["RULES"]

RULES: RuleBook[Config] = RuleBook()


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
    failing=sample(replace=("fencing resource-and-stonith;", "")),
    passing=sample(),
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
    failing=sample(handlers=""),
    passing=sample(),
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
    failing=sample(
        handlers='fence-peer "/usr/lib/drbd/crm-fence-peer.9.sh";'
        ' after-resync-target "/usr/lib/drbd/crm-unfence-peer.9.sh";'
    ),
    passing=sample(),
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
    failing=sample(options="quorum majority;"),
    passing=sample(),
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
    failing=sample(disk="/dev/sdb1"),
    passing=sample(),
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
    failing=sample(net="data-integrity-alg sha1;"),
    passing=sample(net="verify-alg sha1;"),
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
    failing=sample(net="after-sb-0pri discard-zero-changes; after-sb-1pri discard-secondary;"),
    passing=sample(net="after-sb-0pri disconnect;"),
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
    failing=sample(net="rr-conflict violently;"),
    passing=sample(net="rr-conflict disconnect;"),
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
    failing=sample(net="allow-two-primaries;", replace=("protocol C", "protocol A")),
    passing=sample(net="allow-two-primaries;"),
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
    failing=sample(replace=("protocol C", "protocol A")),
    passing=sample(),
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
    failing=sample(replace=("shared-secret s;", "")),
    passing=sample(),
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
    failing=sample(net="unheard-of 5;"),
    passing=sample(),
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
    failing=lambda: Config.parse(sample()().render().replace("    ", "\N{NO-BREAK SPACE} ")),
    passing=sample(),
    mend=lambda config: attrs.evolve(config, no_break_spaces=False),
)
def _no_break_space(config: Config) -> Iterator[Trouble]:
    for document in config.documents():
        if document.no_break_spaces:
            yield Trouble(
                message="it has no-break spaces, as text copied from a web page has",
                where=document.source,
            )
