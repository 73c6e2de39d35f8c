"""What bites in an interfaces file."""

import ipaddress
from collections.abc import Iterator

from hakvm.findings import Layer, RuleBook, Severity, Trouble
from hakvm.system._interfaces import Interfaces
from hakvm.system._stanzas import REPEATED, Auto, Iface, Source

__all__ = ["INTERFACES_RULES"]

INTERFACES_RULES: RuleBook[Interfaces] = RuleBook()

_GOOD = """\
auto eth0
iface eth0 inet manual

auto br0
iface br0 inet static
    address 192.168.2.170/24
    gateway 192.168.2.254
    bridge_ports eth0
    bridge_stp off
"""


def _sample(old: str = "", new: str = "") -> Interfaces:
    assert old in _GOOD  # noqa: S101 - a sample that does not change would prove nothing
    return Interfaces.parse(_GOOD.replace(old, new) if old else _GOOD)


@INTERFACES_RULES.rule(
    "system.bridge-port-with-address",
    Severity.ERROR,
    Layer.SYSTEM,
    why="an interface in a bridge no longer receives for itself: the host falls off the network",
    fix="set the interface to manual and give its address to the bridge: Interfaces.bridged()",
    source="bridge-utils-interfaces(5)",
    failing=lambda: _sample("eth0 inet manual", "eth0 inet dhcp"),
    passing=_sample,
)
def bridge_port_with_address(file: Interfaces) -> Iterator[Trouble]:
    """A port of a bridge that is configured on its own."""
    for bridge in file.ifaces:
        for port in bridge.bridge_ports:
            own = file.iface(port)
            if own is not None and own.method != "manual":
                yield Trouble(
                    message=f"{port}, a port of {bridge.name}, is {own.method} itself",
                    where=f"interfaces[{port!r}].method",
                )


@INTERFACES_RULES.rule(
    "system.bridge-not-at-boot",
    Severity.ERROR,
    Layer.SYSTEM,
    why="after a restart the node comes up without the bridge, and no guest starts on it",
    fix="add a line: auto, and the bridge's name",
    source="interfaces(5)",
    failing=lambda: _sample("auto br0\n", ""),
    passing=_sample,
    mend=lambda file: file.added(
        *(Auto(names=one.name) for one in file.ifaces if _not_at_boot(file, one))
    ),
)
def bridge_not_at_boot(file: Interfaces) -> Iterator[Trouble]:
    """A bridge that nothing brings up."""
    for bridge in file.ifaces:
        if _not_at_boot(file, bridge):
            yield Trouble(
                message=f"{bridge.name} is a bridge and not brought up at boot",
                where=f"interfaces[{bridge.name!r}]",
            )


def _not_at_boot(file: Interfaces, one: Iface) -> bool:
    listed = {name for each in file.stanzas if isinstance(each, Auto) for name in each.names}
    return one.is_bridge and one.name not in listed


@INTERFACES_RULES.rule(
    "system.gateway-elsewhere",
    Severity.ERROR,
    Layer.SYSTEM,
    why="the kernel refuses the route, ifup fails, and the interface stays down",
    fix="give a gateway of the interface's own network, or the right netmask",
    source="interfaces(5)",
    failing=lambda: _sample("192.168.2.254", "192.168.3.254"),
    passing=_sample,
)
def gateway_elsewhere(file: Interfaces) -> Iterator[Trouble]:
    """A gateway that is not in the interface's network."""
    for one in file.ifaces:
        address, gateway = one.get("address"), one.get("gateway")
        if not address or not gateway:
            continue
        mask = one.get("netmask")
        try:
            own = ipaddress.ip_interface(
                address if "/" in address or not mask else f"{address}/{mask}"
            )
            inside = ipaddress.ip_address(gateway) in own.network
        except ValueError:
            yield Trouble(
                message=f"{address} {mask} {gateway}: no address, netmask and gateway",
                where=f"interfaces[{one.name!r}]",
            )
            continue
        if ("/" in address or mask) and not inside:
            yield Trouble(
                message=f"the gateway {gateway} is not in {own.network}",
                where=f"interfaces[{one.name!r}].gateway",
            )


@INTERFACES_RULES.rule(
    "system.no-netmask",
    Severity.WARNING,
    Layer.SYSTEM,
    why="ifup then takes the address for a network of one host, or of an old class",
    fix="write the prefix behind the address, as 192.168.2.170/24",
    source="interfaces(5)",
    failing=lambda: _sample("/24", ""),
    passing=_sample,
)
def no_netmask(file: Interfaces) -> Iterator[Trouble]:
    """A static address without its network."""
    for one in file.ifaces:
        address = one.get("address")
        if one.method == "static" and address and "/" not in address and not one.get("netmask"):
            yield Trouble(
                message=f"{one.name} has the address {address} and no netmask",
                where=f"interfaces[{one.name!r}].netmask",
            )


@INTERFACES_RULES.rule(
    "system.two-gateways",
    Severity.WARNING,
    Layer.SYSTEM,
    why="two default routes of one IP version: which one holds depends on the order at boot",
    fix="leave one gateway for each IP version",
    source="interfaces(5)",
    failing=lambda: Interfaces.parse(
        _GOOD + "iface eth1 inet static\n address 10.0.0.1/24\n gateway 10.0.0.254\n"
    ),
    passing=_sample,
)
def two_gateways(file: Interfaces) -> Iterator[Trouble]:
    """More than one default route."""
    first: dict[str, str] = {}
    for one in file.ifaces:
        if not one.get("gateway"):
            continue
        known = first.setdefault(one.family, one.name)
        if known != one.name:
            yield Trouble(
                message=f"both {known} and {one.name} have a gateway",
                where=f"interfaces[{one.name!r}].gateway",
            )


@INTERFACES_RULES.rule(
    "system.inherits-unknown",
    Severity.ERROR,
    Layer.SYSTEM,
    why="ifup refuses the whole file, and no interface comes up",
    fix="configure the interface that it inherits from above it",
    source="ifupdown, config.c: unknown iface to inherit from",
    failing=lambda: Interfaces.parse(f"iface br1 inet static inherits br9\n{_GOOD}"),
    passing=lambda: Interfaces.parse(f"{_GOOD}iface br1 inet static inherits br0\n"),
)
def inherits_unknown(file: Interfaces) -> Iterator[Trouble]:
    """A stanza that inherits from one that does not stand above it."""
    above: set[str] = set()
    for one in file.stanzas:
        if isinstance(one, Source):  # another file may have it
            return
        if isinstance(one, Iface):
            for name in one.inherits:
                if name not in above:
                    yield Trouble(
                        message=f"{one.name} inherits from {name}, which does not stand above it",
                        where=f"interfaces[{one.name!r}].inherits",
                    )
            above.add(one.name)


@INTERFACES_RULES.rule(
    "system.option-twice",
    Severity.WARNING,
    Layer.SYSTEM,
    why="which of the two holds depends on the release of ifupdown; older ones refuse the file",
    fix="leave one of them",
    source="interfaces(5)",
    failing=lambda: _sample("    bridge_stp off\n", "    bridge_stp off\n    bridge_stp on\n"),
    passing=lambda: _sample("    bridge_stp off\n", "    bridge_stp off\n    up a\n    up b\n"),
)
def option_twice(file: Interfaces) -> Iterator[Trouble]:
    """An option other than a command that stands twice."""
    for one in file.ifaces:
        keys = [key for key, _ in one.options if key not in REPEATED]
        for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
            yield Trouble(
                message=f"{one.name}: {key} stands {keys.count(key)} times",
                where=f"interfaces[{one.name!r}].{key}",
            )


@INTERFACES_RULES.rule(
    "system.iface-odd-words",
    Severity.WARNING,
    Layer.SYSTEM,
    why="ifup ignores words behind the method, and has no comments behind a line",
    fix="take them out, or put the comment on a line of its own",
    source="ifupdown, config.c: extra parameter for the iface line not understood and ignored",
    failing=lambda: _sample("eth0 inet manual", "eth0 inet manual # the first"),
    passing=_sample,
)
def iface_odd_words(file: Interfaces) -> Iterator[Trouble]:
    """Words behind the method that mean nothing."""
    for one in file.ifaces:
        if one.layout is None:
            continue
        words = one.layout.head.value.split()
        if len(words) > len(one.layout.head_words) - 1:
            yield Trouble(
                message=f"iface {' '.join(words)}: words that mean nothing",
                where=f"interfaces[{one.name!r}]",
            )
