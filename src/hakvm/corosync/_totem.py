"""The sections totem and totem.interface."""

# ruff: noqa: RUF009 - these calls are attrs.field() under names of the format

from typing import ClassVar, Literal

from attrs import frozen

from hakvm.corosync._option import address, choice, flag, number, secret, several, text
from hakvm.corosync._release import Release
from hakvm.corosync._section import Section, children
from hakvm.secret import Secret

__all__ = ["Interface", "RingMember", "Totem"]

_V2, _V3 = Release.V2, Release.V3


@frozen(kw_only=True, repr=False)
class RingMember(Section):
    """A member of a ring by its address (corosync 2, before there was a nodelist)."""

    closed: ClassVar[bool] = True

    memberaddr: tuple[str, ...] = several()


@frozen(kw_only=True, repr=False)
class Interface(Section):
    """One ring (corosync 2) or link (corosync 3) and how it is used.

    Attributes:
        ringnumber: which ring, from 0 on; corosync 2 only, at most two.
        linknumber: which link, from 0 to 7; corosync 3 only.
        bindnetaddr: the network to bind to, with udp.
        broadcast, mcastaddr: how all nodes are reached, with udp.
        mcastport: the UDP port; with udp the one below it is used, too.
        ttl: how many routers a multicast may pass, 0 to 255.
        knet_link_priority: the higher is used first, in link mode passive; 0 to 255.
        knet_ping_interval, knet_ping_timeout: ms; both or neither.
        knet_ping_precision: how many values the average latency is made of.
        knet_pong_count: how many answers make a link good.
        knet_transport: sctp is deprecated.
        member: the members of the ring (corosync 2).
    """

    ringnumber: int | None = number(high=255, only=_V2)
    linknumber: int | None = number(high=255, only=_V3)
    bindnetaddr: str | None = address()
    broadcast: bool | None = flag(strict=False, default=False)
    mcastaddr: str | None = address()
    mcastport: int | None = number(high=65535, default=5405)
    ttl: int | None = number(high=255, default=1)
    knet_link_priority: int | None = number(high=255, default=1, only=_V3)
    knet_ping_interval: int | None = number(unit="ms", only=_V3)
    knet_ping_timeout: int | None = number(unit="ms", only=_V3)
    knet_ping_precision: int | None = number(default=2048, only=_V3)
    knet_pong_count: int | None = number(default=2, only=_V3)
    knet_transport: Literal["udp", "sctp"] | None = choice("udp", "sctp", default="udp", only=_V3)
    member: tuple[RingMember, ...] = children(RingMember, "member")


@frozen(kw_only=True, repr=False)
class Totem(Section):
    """How the nodes talk: the totem protocol, its transport, its keys and its timeouts.

    Timeouts are milliseconds; `None` leaves an option to corosync's default,
    which `Totem.option("token").default_in(release)` tells.

    Attributes:
        version: of the file's format; corosync demands 2.
        cluster_name: multicast addresses are made of it.
        config_version: a counter that keeps a node with an older file out; 0 for none.
        transport: udp, udpu, iba (corosync 2), knet (corosync 3).
        crypto_cipher, crypto_hash: a cipher needs a hash, and both need knet on corosync 3.
        secauth: both of them by their defaults.
        keyfile, key: where the key is, if not in /etc/corosync/authkey; or the key itself.
        link_mode: how several links are used.
        rrp_mode: how two rings are used (corosync 2).
        token: how long without a token until a node is lost.
        consensus: how long to wait for agreement: at least 1.2 times token.
        interface: the rings or links.

    Source: corosync.conf(5), 2.4 and 3.1; exec/totemconfig.c.
    """

    version: int | None = number(low=2, high=2)
    cluster_name: str | None = text()
    config_version: int | None = number(high=2**64 - 1, default=0)
    nodeid: int | None = number()
    transport: Literal["udp", "udpu", "iba", "knet"] | None = choice(
        "udp", "udpu", v2=("iba",), v3=("knet",), default=("udp", "knet")
    )
    ip_version: Literal["ipv4", "ipv6", "ipv4-6", "ipv6-4"] | None = choice(
        "ipv4", "ipv6", v3=("ipv4-6", "ipv6-4"), default=("ipv4", "ipv6-4")
    )
    ip_dscp: str | None = text(only=_V3)
    secauth: bool | None = flag("on", "off", strict=False, default=(True, False))
    crypto_type: Literal["nss", "aes256", "aes192", "aes128", "3des"] | None = choice(
        "nss", "aes256", "aes192", "aes128", "3des", strict=False, only=_V2
    )
    crypto_model: Literal["nss", "openssl", "gcrypt"] | None = choice(
        "nss", "openssl", "gcrypt", default="nss", only=_V3
    )
    crypto_cipher: Literal["none", "aes256", "aes192", "aes128", "3des"] | None = choice(
        "none", "aes256", "aes192", "aes128", v2=("3des",), default=("aes256", "none")
    )
    crypto_hash: Literal["none", "md5", "sha1", "sha256", "sha384", "sha512"] | None = choice(
        "none", "md5", "sha1", "sha256", "sha384", "sha512", default=("sha1", "none")
    )
    keyfile: str | None = text(default="/etc/corosync/authkey")
    key: Secret | None = secret()
    clear_node_high_bit: bool | None = flag(strict=False, default=False)
    link_mode: Literal["passive", "active", "rr"] | None = choice(
        "passive", "active", "rr", default="passive", only=_V3
    )
    rrp_mode: Literal["none", "active", "passive"] | None = choice(
        "none", "active", "passive", strict=False, default="none", only=_V2
    )
    vsftype: str | None = text(only=_V2)
    threads: int | None = number(default=0)
    netmtu: int | None = number(default=(1500, None), unit="bytes")

    token: int | None = number(low=30, zero=True, unit="ms", default=(1000, 3000))
    token_warning: int | None = number(high=100, unit="%", default=75, only=_V3)
    token_coefficient: int | None = number(unit="ms", default=650)
    token_retransmit: int | None = number(low=30, zero=True, unit="ms")
    hold: int | None = number(low=14, zero=True, unit="ms")
    token_retransmits_before_loss_const: int | None = number(default=4)
    join: int | None = number(low=30, zero=True, unit="ms", default=50)
    send_join: int | None = number(unit="ms", default=0)
    consensus: int | None = number(low=30, zero=True, unit="ms")
    merge: int | None = number(low=30, zero=True, unit="ms", default=200)
    downcheck: int | None = number(low=30, zero=True, unit="ms", default=1000)
    fail_recv_const: int | None = number(default=2500)
    seqno_unchanged_const: int | None = number(default=30)
    heartbeat_failures_allowed: int | None = number(default=0)
    max_network_delay: int | None = number(low=30, zero=True, unit="ms", default=50)
    window_size: int | None = number(default=50)
    max_messages: int | None = number(default=17)
    miss_count_const: int | None = number(default=5)
    block_unlisted_ips: bool | None = flag(strict=False, default=True)
    cancel_token_hold_on_retransmit: bool | None = flag(strict=False, default=False)

    rrp_problem_count_timeout: int | None = number(unit="ms", default=2000, only=_V2)
    rrp_problem_count_threshold: int | None = number(default=10, only=_V2)
    rrp_problem_count_mcast_threshold: int | None = number(only=_V2)
    rrp_token_expired_timeout: int | None = number(unit="ms", only=_V2)
    rrp_autorecovery_check_timeout: int | None = number(unit="ms", default=1000, only=_V2)

    knet_pmtud_interval: int | None = number(unit="s", default=30, only=_V3)
    knet_mtu: int | None = number(unit="bytes", default=0, only=_V3)
    knet_compression_model: (
        Literal["none", "zlib", "lz4", "lz4hc", "lzo2", "lzma", "bzip2", "zstd"] | None
    ) = choice(
        *("none", "zlib", "lz4", "lz4hc", "lzo2", "lzma", "bzip2", "zstd"),
        default="none",
        only=_V3,
    )
    knet_compression_threshold: int | None = number(unit="bytes", default=100, only=_V3)
    knet_compression_level: int | None = number(low=-(2**31), high=2**31 - 1, default=0, only=_V3)

    interface: tuple[Interface, ...] = children(Interface, "interface")
