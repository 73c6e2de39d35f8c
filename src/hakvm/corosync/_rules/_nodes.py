"""Rules over the nodes and their addresses."""

import ipaddress
from collections.abc import Iterable, Iterator

import attrs

from hakvm.corosync._config import Config
from hakvm.corosync._nodelist import MAX_KNET_NODEID, Node
from hakvm.corosync._release import Release
from hakvm.corosync._rules._book import GOOD_V2, RULES, good, good_v2, instead
from hakvm.findings import Layer, Severity, Trouble

_RINGS_V2 = 2
_QUORUM = "quorum {\n provider: corosync_votequorum\n expected_votes: 2\n}\n"


def _shown(place: int, node: Node) -> str:
    return node.name or next(iter(node.addresses.values()), f"node {place + 1}")


def _where(place: int, key: str) -> str:
    return f"nodelist.node[{place}].{key}"


def _numbered(config: Config) -> Config:
    """Give each node without an id the lowest that is free."""
    taken = {node.nodeid for node in config.nodelist}
    free = (n for n in range(1, 2**31) if n not in taken)
    nodes = tuple(
        node if node.nodeid else attrs.evolve(node, nodeid=next(free)) for node in config.nodelist
    )
    return attrs.evolve(config, nodelist=attrs.evolve(config.nodelist, node=nodes))


@RULES.rule(
    "corosync.no-nodes",
    Severity.ERROR,
    Layer.COROSYNC,
    why="without nodes corosync 3 does not start, and udpu and knet have nobody to talk to",
    fix="list the nodes, with a nodeid, a name and an address each",
    source="exec/totemconfig.c: No interfaces defined",
    failing=lambda: Config.parse(f"totem {{\n version: 2\n}}\n{_QUORUM}"),
    passing=good,
)
def no_nodes(config: Config) -> Iterator[Trouble]:
    """No nodelist, and no interface section that could do without."""
    bound = any(one.bindnetaddr for one in config.totem.interface)
    if not config.nodelist.node and not (bound and config.transport == "udp"):
        yield Trouble(message="there is no node in the nodelist", where="nodelist")


@RULES.rule(
    "corosync.nodeid-missing",
    Severity.WARNING,
    Layer.COROSYNC,
    why="corosync then makes the id of the address (with knet it refuses to start): it changes "
    "with the address, and membership and Pacemaker's records with it",
    fix="give each node a nodeid from 1 on",
    source="corosync.conf(5), nodeid; corosync#394, corosync#647",
    failing=lambda: instead(("        nodeid: 2\n", "")),
    passing=good,
    mend=_numbered,
)
def nodeid_missing(config: Config) -> Iterator[Trouble]:
    """A node without an id, or with 0."""
    for place, node in enumerate(config.nodelist):
        if not node.nodeid:
            yield Trouble(
                message=f"{_shown(place, node)} has no nodeid", where=_where(place, "nodeid")
            )


def _twice(values: Iterable[tuple[int, str, object]]) -> Iterator[tuple[int, str, object]]:
    seen: set[object] = set()
    for place, key, value in values:
        if value is not None and value in seen:
            yield place, key, value
        seen.add(value)


@RULES.rule(
    "corosync.nodeid-duplicate",
    Severity.ERROR,
    Layer.COROSYNC,
    why="two nodes with one id take each other for themselves; corosync refuses to start",
    fix="give each node an id of its own",
    source="exec/totemconfig.c, check_for_duplicate_nodeids",
    failing=lambda: instead(("nodeid: 2", "nodeid: 1")),
    passing=good,
)
def nodeid_duplicate(config: Config) -> Iterator[Trouble]:
    """Two nodes with the same id."""
    listed = ((place, "nodeid", node.nodeid or None) for place, node in enumerate(config.nodelist))
    for place, key, value in _twice(listed):
        yield Trouble(message=f"two nodes have the nodeid {value}", where=_where(place, key))


@RULES.rule(
    "corosync.nodeid-too-large",
    Severity.ERROR,
    Layer.COROSYNC,
    why="knet counts its hosts in 16 bits: corosync refuses to start",
    fix="give the nodes small ids, from 1 on",
    source="exec/totemconfig.c: Knet requires nodeid to be less than 65536",
    failing=lambda: instead(("nodeid: 2", "nodeid: 65536")),
    passing=good,
)
def nodeid_too_large(config: Config) -> Iterator[Trouble]:
    """An id that knet cannot use."""
    for place, node in enumerate(config.nodelist):
        if config.transport == "knet" and (node.nodeid or 0) > MAX_KNET_NODEID:
            yield Trouble(
                message=f"{_shown(place, node)} has the nodeid {node.nodeid}",
                where=_where(place, "nodeid"),
            )


@RULES.rule(
    "corosync.name-duplicate",
    Severity.ERROR,
    Layer.COROSYNC,
    why="Pacemaker knows nodes by their names: it would fence the wrong one",
    fix="give each node the name that `uname -n` says there",
    source="corosync.conf(5), name; pcs, lib/corosync/config_validators.py",
    failing=lambda: instead(("name: node2", "name: node1")),
    passing=good,
)
def name_duplicate(config: Config) -> Iterator[Trouble]:
    """Two nodes with the same name."""
    listed = ((place, "name", node.name) for place, node in enumerate(config.nodelist))
    for place, key, value in _twice(listed):
        yield Trouble(message=f"two nodes have the name {value}", where=_where(place, key))


@RULES.rule(
    "corosync.name-missing",
    Severity.WARNING,
    Layer.COROSYNC,
    why="with several links corosync finds itself by its name and refuses to start without; "
    "Pacemaker and pcs take their node names from here",
    fix="give each node the name that `uname -n` says there",
    source="corosync.conf(5), name; exec/totemconfig.c, totem_volatile_config_validate",
    releases="corosync 3",
    failing=lambda: instead(("        name: node2\n", "")),
    passing=good,
)
def name_missing(config: Config) -> Iterator[Trouble]:
    """A node without a name."""
    if config.dialect is Release.V3:
        for place, node in enumerate(config.nodelist):
            if not node.name:
                yield Trouble(
                    message=f"{_shown(place, node)} has no name", where=_where(place, "name")
                )


@RULES.rule(
    "corosync.address-duplicate",
    Severity.ERROR,
    Layer.COROSYNC,
    why="packets for one node go to the other: the membership never forms",
    fix="give each node, on each link, an address of its own",
    source="pcs, lib/corosync/config_validators.py: corosync -t accepts it",
    failing=lambda: instead(("192.168.2.171", "192.168.2.170")),
    passing=good,
)
def address_duplicate(config: Config) -> Iterator[Trouble]:
    """An address that stands twice."""
    listed = (
        (place, f"ring{link}_addr", address)
        for place, node in enumerate(config.nodelist)
        for link, address in node.addresses.items()
    )
    for place, key, value in _twice(listed):
        yield Trouble(message=f"the address {value} stands twice", where=_where(place, key))


@RULES.rule(
    "corosync.address-missing",
    Severity.ERROR,
    Layer.COROSYNC,
    why="a node without ring0_addr is no member, and nothing says so",
    fix="give the node its address on each link",
    source="corosync.conf(5): every node must have ring0_addr; corosync -t accepts it",
    failing=lambda: instead(("        ring0_addr: 192.168.2.171\n", "")),
    passing=good,
)
def address_missing(config: Config) -> Iterator[Trouble]:
    """A node without an address on the first link."""
    for place, node in enumerate(config.nodelist):
        if node.ring0_addr is None:
            yield Trouble(
                message=f"{_shown(place, node)} has no ring0_addr",
                where=_where(place, "ring0_addr"),
            )


@RULES.rule(
    "corosync.links-uneven",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync refuses to start when nodes have different links",
    fix="give each node one address on each link",
    source="exec/totemconfig.c: Not all nodes have the same number of links",
    failing=lambda: instead(("        ring1_addr: 10.0.0.2\n", "")),
    passing=good,
)
def links_uneven(config: Config) -> Iterator[Trouble]:
    """Nodes with addresses on different links."""
    links = {tuple(node.addresses) for node in config.nodelist}
    if len(links) > 1:
        said = " and ".join(", ".join(map(str, one)) or "none" for one in sorted(links))
        yield Trouble(message=f"nodes have addresses on the links {said}", where="nodelist")


@RULES.rule(
    "corosync.family-mixed",
    Severity.ERROR,
    Layer.COROSYNC,
    why="the nodes cannot reach each other on such a link; corosync refuses to start",
    fix="use either IPv4 or IPv6 on a link",
    source="exec/totemconfig.c: Nodes for link have different IP families",
    failing=lambda: instead(("10.0.0.2", "fd00::2")),
    passing=good,
)
def family_mixed(config: Config) -> Iterator[Trouble]:
    """A link with IPv4 and IPv6 addresses."""
    families: dict[int, set[int]] = {}
    for node in config.nodelist:
        for link, address in node.addresses.items():
            try:
                version = ipaddress.ip_address(address).version
            except ValueError:  # a name, which only a resolver knows
                continue
            families.setdefault(link, set()).add(version)
    for link, found in families.items():
        if len(found) > 1:
            yield Trouble(message=f"link {link} has IPv4 and IPv6 addresses", where=f"link {link}")


@RULES.rule(
    "corosync.too-many-links",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync refuses to start: only knet has several links, and corosync 2 at most two rings",
    fix="use knet, or leave one address for each node",
    source="exec/totemconfig.c: too many configured interfaces for non-Knet transport",
    failing=lambda: instead(
        ("transport: knet", "transport: udpu"),
        ("    crypto_cipher: aes256\n    crypto_hash: sha256\n", ""),
    ),
    passing=good_v2,
)
def too_many_links(config: Config) -> Iterator[Trouble]:
    """More links than the transport has."""
    count = max((len(node.addresses) for node in config.nodelist), default=0)
    if config.dialect is Release.V2:
        most, said = _RINGS_V2, "corosync 2"
    elif config.transport == "knet":
        return
    else:
        most, said = 1, f"the transport {config.transport}"
    if count > most:
        yield Trouble(message=f"{count} links: {said} has at most {most}", where="nodelist")


@RULES.rule(
    "corosync.single-link",
    Severity.WARNING,
    Layer.COROSYNC,
    why="one broken cable or switch parts the nodes, and each takes the other for dead",
    fix="add a second, independent network: ring1_addr for each node",
    source='LINBIT guide: two independent channels are "absolutely vital"',
    failing=good_v2,
    passing=good,
)
def single_link(config: Config) -> Iterator[Trouble]:
    """Nodes that see each other over one link only."""
    links = [len(node.addresses) for node in config.nodelist]
    if len(links) > 1 and max(links) == 1:
        yield Trouble(message="the nodes share one link only", where="nodelist")


@RULES.rule(
    "corosync.clear-high-bit-beside-nodeid",
    Severity.INFO,
    Layer.COROSYNC,
    why="it is for ids that corosync makes of addresses: beside a nodeid it means nothing",
    fix="take clear_node_high_bit out",
    source="corosync.conf(5), clear_node_high_bit",
    failing=lambda: instead(("    version: 2\n", "    version: 2\n    clear_node_high_bit: yes\n")),
    passing=lambda: instead(
        ("    version: 2\n", "    version: 2\n    clear_node_high_bit: yes\n"),
        ("        nodeid: 1\n", ""),
        ("        nodeid: 2\n", ""),
        text=GOOD_V2,
    ),
    mend=lambda config: attrs.evolve(
        config, totem=attrs.evolve(config.totem, clear_node_high_bit=None)
    ),
)
def clear_high_bit_beside_nodeid(config: Config) -> Iterator[Trouble]:
    """clear_node_high_bit where all nodes have an id."""
    nodes = config.nodelist.node
    if config.totem.clear_node_high_bit is not None and nodes and all(n.nodeid for n in nodes):
        yield Trouble(
            message="clear_node_high_bit beside a nodeid for each node",
            where="totem.clear_node_high_bit",
        )


@RULES.rule(
    "corosync.section-in-node",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync up to 3.1.7 takes the end of that section for the end of the node, and counts "
    "one node too many",
    fix="take the section out: a node has none",
    source="exec/coroparse.c, PARSER_CB_SECTION_END",
    failing=lambda: instead(("        nodeid: 2\n", "        nodeid: 2\n        x {\n        }\n")),
    passing=good,
)
def section_in_node(config: Config) -> Iterator[Trouble]:
    """A section within a node."""
    for place, node in enumerate(config.nodelist):
        for other in node.sections:
            yield Trouble(
                message=f"{_shown(place, node)} has a section {other.name}",
                where=_where(place, other.name),
            )
