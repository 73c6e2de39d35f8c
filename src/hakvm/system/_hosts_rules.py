"""What bites in a hosts file."""

import ipaddress
from collections.abc import Iterator

from hakvm.findings import Layer, RuleBook, Severity, Trouble
from hakvm.system._hosts import HostEntry, Hosts

__all__ = ["HOSTS_RULES"]

HOSTS_RULES: RuleBook[Hosts] = RuleBook()

_LOCAL = ("localhost", "ip6-localhost", "ip6-loopback")
_GOOD = "127.0.0.1 localhost\n192.168.2.170 node1.myserver.tld node1\n"


def _is_local(name: str) -> bool:
    return name.lower().partition(".")[0] in _LOCAL


def _without_loopback(hosts: Hosts) -> Hosts:
    def kept(line: HostEntry | str) -> bool:
        return (
            isinstance(line, str)
            or not ipaddress.ip_address(line.address).is_loopback
            or all(_is_local(name) for name in line.names)
        )

    return Hosts(lines=[line for line in hosts.lines if kept(line)])


@HOSTS_RULES.rule(
    "system.host-on-loopback",
    Severity.ERROR,
    Layer.SYSTEM,
    why="corosync and DRBD bind to what the name resolves to, and there no other node is",
    fix="give the node's name the address that the other node reaches it by",
    source="hosts(5); Debian Reference, 5.1.1 (the installer writes 127.0.1.1)",
    failing=lambda: Hosts.parse("127.0.0.1 localhost\n127.0.1.1 node1\n"),
    passing=lambda: Hosts.parse(_GOOD),
    mend=_without_loopback,
)
def host_on_loopback(hosts: Hosts) -> Iterator[Trouble]:
    """A name other than localhost on an address that never leaves the machine."""
    for one in hosts.entries:
        if ipaddress.ip_address(one.address).is_loopback:
            for name in one.names:
                if not _is_local(name):
                    yield Trouble(
                        message=f"{name} has the address {one.address}", where=f"hosts[{name!r}]"
                    )


@HOSTS_RULES.rule(
    "system.host-with-two-addresses",
    Severity.WARNING,
    Layer.SYSTEM,
    why="which of them a program gets depends on its resolver, and nodes then disagree",
    fix="leave one address for each name and IP version",
    source="hosts(5); corosync.conf(5), ADDRESS RESOLUTION",
    failing=lambda: Hosts.parse(_GOOD + "10.0.0.1 node1\n"),
    passing=lambda: Hosts.parse(_GOOD + "fd00::1 node1\n"),
)
def host_with_two_addresses(hosts: Hosts) -> Iterator[Trouble]:
    """A name with two addresses of the same IP version."""
    found: dict[tuple[str, int], str] = {}
    for one in hosts.entries:
        version = ipaddress.ip_address(one.address).version
        for name in one.names:
            first = found.setdefault((name.lower(), version), one.address)
            if first != one.address and not _is_local(name):
                yield Trouble(
                    message=f"{name} has the addresses {first} and {one.address}",
                    where=f"hosts[{name!r}]",
                )


@HOSTS_RULES.rule(
    "system.hosts-odd-line",
    Severity.WARNING,
    Layer.SYSTEM,
    why="a resolver skips such a line without a word, and the name stays unknown",
    fix="write an address, a blank, and the names; put a # before a comment",
    source="hosts(5)",
    failing=lambda: Hosts.parse(_GOOD + "192.168.2.171: node2\n"),
    passing=lambda: Hosts.parse(_GOOD + "  # a comment\n"),
)
def hosts_odd_line(hosts: Hosts) -> Iterator[Trouble]:
    """A line that is neither an entry nor a comment."""
    for place, line in enumerate(hosts.lines):
        if isinstance(line, str) and line.strip() and not line.lstrip().startswith("#"):
            yield Trouble(message=f"{line.strip()[:60]!r} is no entry", where=f"line {place + 1}")
