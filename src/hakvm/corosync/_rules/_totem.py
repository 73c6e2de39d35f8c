"""Rules over totem: transport, crypto, timeouts."""

import re
from collections.abc import Iterator
from typing import Any

import attrs

from hakvm.corosync._config import Config
from hakvm.corosync._release import Release
from hakvm.corosync._rules._book import RULES, good, good_v2, instead
from hakvm.findings import Layer, Severity, Trouble

_CRYPTO = "    crypto_cipher: aes256\n    crypto_hash: sha256\n"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
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
