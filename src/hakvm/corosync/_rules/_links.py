"""Rules over the links, as the interface sections of totem describe them."""

from collections.abc import Iterator

import attrs

from hakvm.corosync._config import Config
from hakvm.corosync._nodelist import MAX_LINKS
from hakvm.corosync._release import Release
from hakvm.corosync._rules._book import GOOD_V2, RULES, good, good_v2, instead
from hakvm.findings import Layer, Severity, Trouble

_PING_LEAST = 200  # ms; pcs, lib/corosync/config_validators.py


def _link(lines: str) -> tuple[str, str]:
    inside = "".join(f"        {line}\n" for line in lines.split("; "))
    return "    version: 2\n", f"    version: 2\n    interface {{\n{inside}    }}\n"


@RULES.rule(
    "corosync.link-duplicate",
    Severity.ERROR,
    Layer.COROSYNC,
    why="the sections merge into one, the later overriding the earlier without a word",
    fix="give each interface section a number of its own",
    source="exec/coroparse.c; corosync -t accepts it",
    failing=lambda: instead(
        (
            "    version: 2\n",
            "    version: 2\n" + "    interface {\n        mcastport: 5405\n    }\n" * 2,
        )
    ),
    passing=lambda: instead(_link("linknumber: 1; knet_link_priority: 2")),
)
def link_duplicate(config: Config) -> Iterator[Trouble]:
    """Two interface sections for one link."""
    seen: set[int] = set()
    for place in range(len(config.totem.interface)):
        number = _number(config, place)
        if number in seen:
            yield Trouble(
                message=f"link {number} has two interface sections",
                where=f"totem.interface[{place}]",
            )
        seen.add(number)


def _number(config: Config, place: int) -> int:
    one = config.totem.interface[place]
    own = one.ringnumber if config.dialect is Release.V2 else one.linknumber
    return own or 0


@RULES.rule(
    "corosync.link-unused",
    Severity.WARNING,
    Layer.COROSYNC,
    why="the section is for a link on which no node has an address: it has no effect",
    fix="correct its linknumber, or give the nodes an address on that link",
    source="exec/totemconfig.c, get_interface_params; corosync -t accepts it",
    failing=lambda: instead(_link("linknumber: 5")),
    passing=lambda: instead(_link("linknumber: 1")),
)
def link_unused(config: Config) -> Iterator[Trouble]:
    """An interface section for a link that is not there."""
    links = {link for node in config.nodelist for link in node.addresses}
    for place in range(len(config.totem.interface)):
        number = _number(config, place)
        if links and (number not in links or number >= MAX_LINKS):
            yield Trouble(
                message=f"no node has an address on link {number}",
                where=f"totem.interface[{place}]",
            )


@RULES.rule(
    "corosync.ping-pair",
    Severity.WARNING,
    Layer.COROSYNC,
    why="the other one is made of the token timeout and need not fit",
    fix="give both, or neither",
    source="corosync.conf(5), knet_ping_interval; pcs",
    failing=lambda: instead(_link("linknumber: 0; knet_ping_interval: 500")),
    passing=lambda: instead(
        _link("linknumber: 0; knet_ping_interval: 500; knet_ping_timeout: 900")
    ),
)
def ping_pair(config: Config) -> Iterator[Trouble]:
    """One of ping interval and timeout without the other."""
    for place, one in enumerate(config.totem.interface):
        if (one.knet_ping_interval is None) != (one.knet_ping_timeout is None):
            yield Trouble(
                message="one of knet_ping_interval and knet_ping_timeout without the other",
                where=f"totem.interface[{place}]",
            )


@RULES.rule(
    "corosync.ping-too-fast",
    Severity.WARNING,
    Layer.COROSYNC,
    why="the links flap under load: a late answer counts as none",
    fix="200 ms or more",
    source="pcs, lib/corosync/config_validators.py",
    failing=lambda: instead(_link("linknumber: 0; knet_ping_interval: 50; knet_ping_timeout: 900")),
    passing=lambda: instead(
        _link("linknumber: 0; knet_ping_interval: 500; knet_ping_timeout: 900")
    ),
)
def ping_too_fast(config: Config) -> Iterator[Trouble]:
    """A ping interval or timeout below 200 ms."""
    for place, one in enumerate(config.totem.interface):
        for key in ("knet_ping_interval", "knet_ping_timeout"):
            value = getattr(one, key)
            if value is not None and value < _PING_LEAST:
                yield Trouble(message=f"{key}: {value}", where=f"totem.interface[{place}].{key}")


@RULES.rule(
    "corosync.sctp",
    Severity.WARNING,
    Layer.COROSYNC,
    why="knet's sctp transport is deprecated and goes away",
    fix="knet_transport: udp, or nothing",
    source="pcs, lib/corosync/config_validators.py",
    failing=lambda: instead(_link("linknumber: 0; knet_transport: sctp")),
    passing=lambda: instead(_link("linknumber: 0; knet_transport: udp")),
)
def sctp(config: Config) -> Iterator[Trouble]:
    """A link over SCTP."""
    for place, one in enumerate(config.totem.interface):
        if one.knet_transport == "sctp":
            yield Trouble(
                message="knet_transport: sctp", where=f"totem.interface[{place}].knet_transport"
            )


@RULES.rule(
    "corosync.bindnetaddr-beside-nodelist",
    Severity.INFO,
    Layer.COROSYNC,
    why="the nodelist is used, and bindnetaddr says something that nobody hears",
    fix="take bindnetaddr out",
    source="exec/totemconfig.c: Please migrate config file to nodelist",
    failing=lambda: instead(_link("ringnumber: 0; bindnetaddr: 192.168.2.0"), text=GOOD_V2),
    passing=good,
    mend=lambda config: attrs.evolve(
        config,
        totem=attrs.evolve(
            config.totem,
            interface=tuple(attrs.evolve(x, bindnetaddr=None) for x in config.totem.interface),
        ),
    ),
)
def bindnetaddr_beside_nodelist(config: Config) -> Iterator[Trouble]:
    """A network to bind to where the nodes are listed."""
    if config.nodelist.node:
        for place, one in enumerate(config.totem.interface):
            if one.bindnetaddr:
                yield Trouble(
                    message=f"bindnetaddr: {one.bindnetaddr} beside a nodelist",
                    where=f"totem.interface[{place}].bindnetaddr",
                )


@RULES.rule(
    "corosync.rings-without-rrp",
    Severity.ERROR,
    Layer.COROSYNC,
    why="the second ring is not used: corosync 2 refuses two rings with rrp_mode none",
    fix="rrp_mode: passive",
    source="corosync.conf(5) 2.4, rrp_mode",
    releases="corosync 2",
    failing=lambda: instead(
        (
            "    ring0_addr: 192.168.2.170\n",
            "    ring0_addr: 192.168.2.170\n        ring1_addr: 10.0.0.1\n",
        ),
        (
            "    ring0_addr: 192.168.2.171\n",
            "    ring0_addr: 192.168.2.171\n        ring1_addr: 10.0.0.2\n",
        ),
        text=GOOD_V2,
    ),
    passing=good_v2,
    mend=lambda config: attrs.evolve(config, totem=attrs.evolve(config.totem, rrp_mode="passive")),
)
def rings_without_rrp(config: Config) -> Iterator[Trouble]:
    """Two rings without a mode for them."""
    rings = max((len(node.addresses) for node in config.nodelist), default=0)
    if config.dialect is Release.V2 and rings > 1 and config.totem.rrp_mode in {None, "none"}:
        yield Trouble(message="two rings with rrp_mode: none", where="totem.rrp_mode")
