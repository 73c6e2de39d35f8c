"""The stanzas of interfaces(5): what stands in a file, as values."""

import ipaddress
from collections.abc import Iterable
from typing import Literal, Self

import attrs
from attrs import field, frozen

from hakvm.errors import InvalidError
from hakvm.system._names import check_address, check_interface, check_line
from hakvm.system._weave import Line, Pairs

__all__ = [
    "KEYWORDS",
    "Auto",
    "Iface",
    "Layout",
    "MappingStanza",
    "OtherStanza",
    "Source",
    "Stanza",
]


KEYWORDS = frozenset(
    {"auto", "iface", "mapping", "source", "source-directory", "no-auto-down", "no-scripts"}
    | {"rename"}
)

#: The families and methods that ifupdown has (inet.defn, inet6.defn, ipx.defn, can.defn).
METHODS = {
    "inet": ("loopback", "static", "manual", "dhcp", "bootp", "tunnel", "ppp", "wvdial", "ipv4ll"),
    "inet6": ("auto", "loopback", "static", "manual", "dhcp", "v4tunnel", "6to4"),
    "ipx": ("static", "dynamic"),
    "can": ("static",),
}

#: Options that may stand several times (ifupdown, config.c); each is run.
REPEATED = frozenset({"pre-up", "up", "post-up", "down", "pre-down", "post-down"})


@frozen
class Layout:
    """The lines of a stanza: what stands before it, its first line, and what follows."""

    lead: tuple[Line, ...]
    head: Line
    body: tuple[Line, ...]
    head_words: tuple[str, ...]


def _words(found: str | Iterable[str]) -> tuple[str, ...]:
    return tuple(found.split()) if isinstance(found, str) else tuple(found)


def _pairs(found: Iterable[tuple[str, str]]) -> Pairs:
    return tuple((key, value) for key, value in found)


def _check_word(word: str, path: str) -> None:
    if not word or word.split() != [word] or "\0" in word or word.endswith("\\"):
        raise InvalidError(f"{word!r} is not one word", path=path, value=word)


def _check_options(instance: "Stanza", attribute: "attrs.Attribute[Pairs]", found: Pairs) -> None:
    path = f"{type(instance).__name__}.{attribute.name}"
    for key, value in found:
        _check_word(key, path)
        if key in KEYWORDS or key.startswith(("allow-", "#")):
            raise InvalidError(f"{key!r} begins a stanza of its own", path=path, value=key)
        check_line(value, f"{path}[{key!r}]")
        if not value or value != value.strip() or value.endswith("\\"):
            raise InvalidError(
                f"{value!r} is no value for {key}",
                path=f"{path}[{key!r}]",
                value=value,
                hint="a value begins and ends with a word, and not with a backslash",
            )


@frozen(kw_only=True)
class Stanza:
    """What all stanzas have: the lines they were read from, so that these can stay."""

    _layout: Layout | None = field(default=None, eq=False, repr=False)

    @property
    def layout(self) -> Layout | None:
        """The lines it was read from; `None` where it was made otherwise."""
        return self._layout

    def head(self) -> tuple[str, ...]:
        """Return the words of its first line."""
        raise NotImplementedError

    @property
    def body(self) -> Pairs:
        """The options in the lines that follow."""
        return ()


@frozen(kw_only=True)
class Auto(Stanza):
    """Interfaces to bring up at boot (`auto`), or for another reason (`allow-hotplug`).

    Attributes:
        names: the interfaces, or patterns as `/eth*`.
        reason: `auto`, or what stands behind `allow-`.
    """

    names: tuple[str, ...] = field(converter=_words)
    reason: str = "auto"

    def __attrs_post_init__(self) -> None:
        for name in self.names:
            _check_word(name, "Auto.names")
        _check_word(self.reason, "Auto.reason")

    def head(self) -> tuple[str, ...]:
        """Return the words of its first line."""
        return ("auto" if self.reason == "auto" else f"allow-{self.reason}", *self.names)


@frozen(kw_only=True)
class Iface(Stanza):
    """An interface and how it is configured.

    Attributes:
        name: the interface.
        family: inet, inet6, can …; empty where the stanza inherits.
        method: static, dhcp, manual, loopback …
        inherits: the stanza whose options it takes over.
        options: the rest, in order, as `("bridge_ports", "eth0")`.

    Source: interfaces(5), bridge-utils-interfaces(5).
    """

    name: str
    family: str = "inet"
    method: str = "static"
    inherits: tuple[str, ...] = field(default=(), converter=_words)
    options: Pairs = field(default=(), converter=_pairs, validator=_check_options)

    def __attrs_post_init__(self) -> None:
        _check_word(self.name, "Iface.name")
        for word in (self.family, self.method):
            if word:
                _check_word(word, "Iface.family")
        if self.family and self.method not in METHODS.get(self.family, ()):
            known = METHODS.get(self.family)
            raise InvalidError(
                f"{self.family} has no method {self.method!r}"
                if known
                else f"{self.family!r} is no address family",
                path="Iface.method" if known else "Iface.family",
                value=self.method if known else self.family,
                hint=f"ifup knows {', '.join(known or METHODS)}",
            )
        if self.method and not self.family:
            raise InvalidError("a method needs a family", path="Iface.family", value=self.method)
        if not self.family and not self.inherits:
            raise InvalidError(f"{self.name} needs a family and a method", path="Iface.family")
        for name in self.inherits:
            _check_word(name, "Iface.inherits")

    @classmethod
    def bridge(
        cls,
        name: str,
        *,
        ports: str | Iterable[str],
        address: str | None = None,
        gateway: str | None = None,
        nameservers: str | Iterable[str] = (),
        stp: bool = False,
    ) -> Self:
        """Make a bridge over `ports`, as the howto has it.

        Args:
            name: the bridge, as br0.
            ports: the interfaces it joins.
            address: its address with the prefix, as 192.168.2.170/24; `None` for none of its own.
            gateway: the default route.
            nameservers: the resolvers, for resolvconf.
            stp: whether the bridge takes part in the spanning tree protocol.

        Raises:
            InvalidError: no interface, no address, or a gateway that is not in its network.
        """
        check_interface(name, "name")
        joined = _words(ports)
        for port in joined:
            check_interface(port, "ports")
        options: list[tuple[str, str]] = []
        family = "inet"
        if address is not None:
            try:
                own = ipaddress.ip_interface(address)
            except ValueError:
                raise InvalidError(
                    f"{address!r} is no address",
                    path="address",
                    value=address,
                    hint="an address with its prefix, as 192.168.2.170/24",
                ) from None
            if "/" not in address:
                raise InvalidError(
                    f"{address} lacks its prefix", path="address", hint=f"as {address}/24"
                )
            family = "inet" if own.version == 4 else "inet6"  # noqa: PLR2004 - IPv4
            options += _addressed(own)
            if gateway is not None:
                check_address(gateway, "gateway")
                if ipaddress.ip_address(gateway) not in own.network:
                    raise InvalidError(
                        f"{gateway} is not in {own.network}", path="gateway", value=gateway
                    )
                options.append(("gateway", gateway))
        servers = _words(nameservers)
        for server in servers:
            check_address(server, "nameservers")
        if servers:
            options.append(("dns-nameservers", " ".join(servers)))
        options.append(("bridge_ports", " ".join(joined) or "none"))
        options.append(("bridge_stp", "on" if stp else "off"))
        return cls(
            name=name, family=family, method="static" if address else "manual", options=options
        )

    def head(self) -> tuple[str, ...]:
        """Return the words of its first line."""
        way = (self.family, self.method) if self.family else ()
        return ("iface", self.name, *way, *(("inherits", *self.inherits) if self.inherits else ()))

    @property
    def body(self) -> Pairs:
        """The options in the lines that follow."""
        return self.options

    def get(self, key: str, default: str = "") -> str:
        """Return the first value of an option; `_` and `-` in its name are the same."""
        wanted = key.replace("-", "_")
        return next((v for k, v in self.options if k.replace("-", "_") == wanted), default)

    def with_option(self, key: str, value: str | None) -> Self:
        """Return it with an option set anew, or without it where `value` is `None`."""
        wanted = key.replace("-", "_")
        kept: list[tuple[str, str]] = []
        done = value is None
        for name, old in self.options:
            if name.replace("-", "_") != wanted:
                kept.append((name, old))
            elif not done and value is not None:
                kept.append((name, value))
                done = True
        if not done and value is not None:
            kept.append((key, value))
        return attrs.evolve(self, options=kept)

    @property
    def address(self) -> str:
        """Its address, without a prefix; empty where it has none."""
        return self.get("address").partition("/")[0]

    @property
    def bridge_ports(self) -> tuple[str, ...]:
        """The interfaces that it joins, if it is a bridge."""
        return tuple(one for one in self.get("bridge_ports").split() if one != "none")

    @property
    def is_bridge(self) -> bool:
        """Whether it is a bridge."""
        return bool(self.get("bridge_ports"))


def _addressed(own: "ipaddress.IPv4Interface | ipaddress.IPv6Interface") -> list[tuple[str, str]]:
    if isinstance(own, ipaddress.IPv6Interface):
        return [("address", str(own.ip)), ("netmask", str(own.network.prefixlen))]
    return [("address", str(own.ip)), ("netmask", str(own.netmask))]


@frozen(kw_only=True)
class MappingStanza(Stanza):
    """Which configuration an interface gets; a script and its map decide."""

    names: tuple[str, ...] = field(converter=_words)
    options: Pairs = field(default=(), converter=_pairs, validator=_check_options)

    def __attrs_post_init__(self) -> None:
        for name in self.names:
            _check_word(name, "MappingStanza.names")
        for key, _ in self.options:
            if key not in {"script", "map"}:
                raise InvalidError(
                    f"a mapping has no option {key!r}",
                    path="MappingStanza.options",
                    value=key,
                    hint="script, and map for each of its lines",
                )

    def head(self) -> tuple[str, ...]:
        """Return the words of its first line."""
        return ("mapping", *self.names)

    @property
    def body(self) -> Pairs:
        """The options in the lines that follow."""
        return self.options


@frozen(kw_only=True)
class Source(Stanza):
    """Other files to read here.

    Attributes:
        pattern: a path, which may have wildcards.
        directory: whether it names folders (`source-directory`).
    """

    pattern: str
    directory: bool = False

    def __attrs_post_init__(self) -> None:
        check_line(self.pattern, "Source.pattern")
        if not self.pattern or self.pattern != " ".join(self.pattern.split()):
            raise InvalidError(f"{self.pattern!r} is no path", path="Source.pattern")

    def head(self) -> tuple[str, ...]:
        """Return the words of its first line."""
        return ("source-directory" if self.directory else "source", *self.pattern.split())


@frozen(kw_only=True)
class OtherStanza(Stanza):
    """A line of another kind: no-auto-down, no-scripts, rename."""

    keyword: Literal["no-auto-down", "no-scripts", "rename"]
    words: tuple[str, ...] = field(converter=_words)

    def __attrs_post_init__(self) -> None:
        for word in self.words:
            _check_word(word, "OtherStanza.words")

    def head(self) -> tuple[str, ...]:
        """Return the words of its first line."""
        return (self.keyword, *self.words)
