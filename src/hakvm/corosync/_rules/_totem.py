"""Rules over totem: transport, crypto, timeouts, links."""

import re
from collections.abc import Iterator
from typing import Any

import attrs

from hakvm.corosync._config import Config
from hakvm.corosync._nodelist import MAX_LINKS
from hakvm.corosync._release import Release
from hakvm.corosync._rules._book import GOOD_V2, RULES, good, good_v2, instead
from hakvm.findings import Layer, Severity, Trouble

_CRYPTO = "    crypto_cipher: aes256\n    crypto_hash: sha256\n"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_PING_LEAST = 200  # ms; pcs, lib/corosync/config_validators.py
_MTU_LEAST = 576  # what IPv4 carries everywhere (RFC 791)


def _totem(config: Config, **changes: Any) -> Config:  # noqa: ANN401 - of any option
    return attrs.evolve(config, totem=attrs.evolve(config.totem, **changes))


def _crypto(config: Config) -> tuple[str, str]:
    """Return the cipher and hash in effect, as totem_get_crypto() finds them."""
    totem, release = config.totem, config.dialect
    secured = totem.secauth
    if secured is None:
        secured = release is Release.V2
    cipher, hashed = ("aes256", "sha1" if release is Release.V2 else "sha256")
    if not secured:
        cipher = hashed = "none"
    return totem.crypto_cipher or cipher, totem.crypto_hash or hashed


def _default(config: Config, key: str) -> int:
    value = getattr(config.totem, key) or type(config.totem).option(key).default_in(config.dialect)
    return value if isinstance(value, int) else 0


def _add(line: str) -> tuple[str, str]:
    return "    version: 2\n", f"    version: 2\n    {line}\n"


def _link(lines: str) -> tuple[str, str]:
    inside = "".join(f"        {line}\n" for line in lines.split("; "))
    return "    version: 2\n", f"    version: 2\n    interface {{\n{inside}    }}\n"


@RULES.rule(
    "corosync.version",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync refuses a file that does not say it is of version 2",
    fix="version: 2",
    source="exec/totemconfig.c: can only parse version 2 configurations",
    failing=lambda: instead(("    version: 2\n", "")),
    passing=good,
    mend=lambda config: _totem(config, version=2),
)
def version(config: Config) -> Iterator[Trouble]:
    """No version."""
    if config.totem.version is None:
        yield Trouble(message="totem: no version", where="totem.version")


@RULES.rule(
    "corosync.no-crypto",
    Severity.WARNING,
    Layer.COROSYNC,
    why="whoever reaches the network can read the cluster's messages, forge them and join",
    fix="crypto_cipher: aes256 and crypto_hash: sha256, and the same authkey on all nodes",
    source="corosync.conf(5), crypto_hash, crypto_cipher",
    failing=lambda: instead((_CRYPTO, "")),
    passing=good,
)
def no_crypto(config: Config) -> Iterator[Trouble]:
    """Messages that are neither encrypted nor signed."""
    cipher, hashed = _crypto(config)
    if "none" in {cipher, hashed}:
        yield Trouble(
            message=f"crypto_cipher is {cipher}, crypto_hash is {hashed}",
            where="totem.crypto_cipher" if cipher == "none" else "totem.crypto_hash",
        )


@RULES.rule(
    "corosync.weak-crypto",
    Severity.WARNING,
    Layer.COROSYNC,
    why="3des and md5 are broken, and newer releases and libraries no longer have them",
    fix="aes256 and sha256",
    source="corosync.conf(5), crypto_cipher (3.1 has no 3des); RFC 6151",
    failing=lambda: instead(("crypto_hash: sha256", "crypto_hash: md5")),
    passing=good,
)
def weak_crypto(config: Config) -> Iterator[Trouble]:
    """3des or md5."""
    for key, value, weak in (
        ("crypto_cipher", config.totem.crypto_cipher, "3des"),
        ("crypto_hash", config.totem.crypto_hash, "md5"),
    ):
        if value == weak:
            yield Trouble(message=f"{key}: {weak}", where=f"totem.{key}")


@RULES.rule(
    "corosync.cipher-without-hash",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync refuses to start: what is encrypted must be signed",
    fix="crypto_hash: sha256",
    source="exec/totemconfig.c, totem_get_crypto",
    failing=lambda: instead(("    crypto_hash: sha256\n", "    crypto_hash: none\n")),
    passing=good,
    mend=lambda config: _totem(config, crypto_hash="sha256"),
)
def cipher_without_hash(config: Config) -> Iterator[Trouble]:
    """A cipher without a hash."""
    cipher, hashed = _crypto(config)
    if cipher != "none" and hashed == "none":
        yield Trouble(message=f"crypto_cipher: {cipher} without a hash", where="totem.crypto_hash")


@RULES.rule(
    "corosync.crypto-without-knet",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync 3 refuses to start: only knet encrypts and signs",
    fix="transport: knet",
    source="exec/totemconfig.c: crypto_cipher & crypto_hash are only valid for the Knet transport",
    releases="corosync 3",
    failing=lambda: attrs.evolve(
        instead(("    transport: knet\n", "    transport: udpu\n")), release=Release.V3
    ),
    passing=good_v2,
    mend=lambda config: _totem(config, transport="knet"),
)
def crypto_without_knet(config: Config) -> Iterator[Trouble]:
    """Crypto on a transport that has none."""
    if (
        config.dialect is Release.V3
        and config.transport != "knet"
        and _crypto(config) != ("none",) * 2
    ):
        yield Trouble(
            message=f"crypto with the transport {config.transport}", where="totem.transport"
        )


@RULES.rule(
    "corosync.udp-on-3",
    Severity.WARNING,
    Layer.COROSYNC,
    why="udp and udpu are deprecated there, have one link, and neither encrypt nor sign",
    fix="transport: knet",
    source="corosync.conf(5) 3.1, transport",
    releases="corosync 3",
    failing=lambda: attrs.evolve(good_v2(), release=Release.V3),
    passing=good_v2,
)
def udp_on_3(config: Config) -> Iterator[Trouble]:
    """Udp or udpu where there is knet."""
    if config.dialect is Release.V3 and config.transport in {"udp", "udpu"}:
        yield Trouble(message=f"transport: {config.transport}", where="totem.transport")


@RULES.rule(
    "corosync.cluster-name",
    Severity.INFO,
    Layer.COROSYNC,
    why="GFS2 and DLM take no other names; pcs wants to be forced",
    fix="up to 32 letters, digits, hyphens and underscores",
    source="pcs, lib/corosync/config_validators.py; mkfs.gfs2(8)",
    failing=lambda: instead(("cluster_name: kvm-ha", "cluster_name: kvm ha")),
    passing=good,
)
def cluster_name(config: Config) -> Iterator[Trouble]:
    """A name that not everything takes."""
    name = config.totem.cluster_name
    if name is not None and not _NAME.fullmatch(name):
        yield Trouble(message=f"cluster_name: {name[:60]!r}", where="totem.cluster_name")


@RULES.rule(
    "corosync.consensus-below-join",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync refuses to start",
    fix="take consensus out: corosync makes it 1.2 times token",
    source="exec/totemconfig.c, totem_volatile_config_validate",
    failing=lambda: instead(_add("consensus: 40")),
    passing=good,
    mend=lambda config: _totem(config, consensus=None),
)
def consensus_below_join(config: Config) -> Iterator[Trouble]:
    """A consensus timeout shorter than join."""
    consensus, join = config.totem.consensus, _default(config, "join")
    if consensus and consensus < join:
        yield Trouble(
            message=f"consensus: {consensus} is below join, {join}", where="totem.consensus"
        )


@RULES.rule(
    "corosync.consensus-below-token",
    Severity.WARNING,
    Layer.COROSYNC,
    why="nodes give up agreeing before they have noticed who is lost, and form odd memberships",
    fix="take consensus out: corosync makes it 1.2 times token",
    source="corosync.conf(5), consensus: at least 1.2 * token; corosync -t accepts it",
    failing=lambda: instead(_add("consensus: 3100")),
    passing=lambda: instead(_add("consensus: 3600")),
    mend=lambda config: _totem(config, consensus=None),
)
def consensus_below_token(config: Config) -> Iterator[Trouble]:
    """A consensus timeout shorter than 1.2 times token."""
    consensus, token = config.totem.consensus, _default(config, "token")
    if consensus and consensus * 10 < token * 12:
        yield Trouble(
            message=f"consensus: {consensus} is below 1.2 times token, {token}",
            where="totem.consensus",
        )


@RULES.rule(
    "corosync.mtu-too-small",
    Severity.WARNING,
    Layer.COROSYNC,
    why="each message is cut into many packets, and the cluster crawls",
    fix="take netmtu out, or set what the network carries, as 1500",
    source="corosync.conf(5), netmtu; corosync -t accepts 100",
    failing=lambda: instead(_add("netmtu: 100")),
    passing=lambda: instead(_add("netmtu: 1400")),
    mend=lambda config: _totem(config, netmtu=None),
)
def mtu_too_small(config: Config) -> Iterator[Trouble]:
    """An MTU below what every network carries."""
    if config.totem.netmtu and config.totem.netmtu < _MTU_LEAST:
        yield Trouble(message=f"netmtu: {config.totem.netmtu}", where="totem.netmtu")


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
    mend=lambda config: _totem(
        config,
        interface=[attrs.evolve(one, bindnetaddr=None) for one in config.totem.interface],
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
    mend=lambda config: _totem(config, rrp_mode="passive"),
)
def rings_without_rrp(config: Config) -> Iterator[Trouble]:
    """Two rings without a mode for them."""
    rings = max((len(node.addresses) for node in config.nodelist), default=0)
    if config.dialect is Release.V2 and rings > 1 and config.totem.rrp_mode in {None, "none"}:
        yield Trouble(message="two rings with rrp_mode: none", where="totem.rrp_mode")
