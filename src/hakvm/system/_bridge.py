"""A bridge for the guests, in the words of whatever configures the host's network."""

import ipaddress
import json
from collections.abc import Iterable, Mapping

from attrs import field, frozen

from hakvm.errors import InvalidError
from hakvm.system._interfaces import Interfaces
from hakvm.system._names import check_address, check_interface
from hakvm.system._networkd import NetworkUnit, UnitSection
from hakvm.system._stanzas import Auto, Iface

__all__ = ["Bridge"]

_NETWORKD = "/etc/systemd/network"
_NETPLAN = "/etc/netplan"


def _words(found: str | Iterable[str]) -> tuple[str, ...]:
    return tuple(found.split()) if isinstance(found, str) else tuple(found)


@frozen(kw_only=True)
class Bridge:
    """A bridge over interfaces of the host, with the address that the host has on it.

    Attributes:
        name: as br0.
        ports: the interfaces it joins.
        address: with its prefix, as 192.168.2.170/24; `None` for none.
        gateway: the default route.
        nameservers: the resolvers.
        stp: whether it takes part in the spanning tree protocol.

    Example:
        >>> bridge = Bridge(name="br0", ports="eth0", address="192.168.2.170/24")
        >>> sorted(bridge.networkd())
        ['/etc/systemd/network/10-br0-eth0.network', '/etc/systemd/network/10-br0.netdev', \
'/etc/systemd/network/20-br0.network']
    """

    name: str
    ports: tuple[str, ...] = field(converter=_words)
    address: str | None = None
    gateway: str | None = None
    nameservers: tuple[str, ...] = field(default=(), converter=_words)
    stp: bool = False

    def __attrs_post_init__(self) -> None:
        check_interface(self.name, "Bridge.name")
        for port in self.ports:
            check_interface(port, "Bridge.ports")
        for server in self.nameservers:
            check_address(server, "Bridge.nameservers")
        if self.name in self.ports:
            raise InvalidError(f"{self.name} joins itself", path="Bridge.ports")
        if self.gateway is not None and self.address is None:
            raise InvalidError("a gateway needs an address", path="Bridge.gateway")
        self.iface()  # holds address and gateway to each other

    def iface(self) -> Iface:
        """Return its stanza of interfaces(5)."""
        return Iface.bridge(
            self.name,
            ports=self.ports,
            address=self.address,
            gateway=self.gateway,
            nameservers=self.nameservers,
            stp=self.stp,
        )

    def interfaces(self) -> Interfaces:
        """Return it as a file for ifupdown: its ports, and itself."""
        ports = [x for port in self.ports for x in (Auto(names=port), _manual(port))]
        return Interfaces(stanzas=[*ports, Auto(names=self.name), self.iface()])

    def networkd(self) -> Mapping[str, NetworkUnit]:
        """Return the files for systemd-networkd by their paths; readable by all (0644)."""
        device = NetworkUnit(
            sections=[
                UnitSection(name="NetDev", options=[("Name", self.name), ("Kind", "bridge")]),
                UnitSection(name="Bridge", options=[("STP", "yes" if self.stp else "no")]),
            ]
        )
        own: list[tuple[str, str]] = []
        if self.address is None:
            own.append(("LinkLocalAddressing", "no"))
        else:
            own.append(("Address", str(ipaddress.ip_interface(self.address))))
        if self.gateway is not None:
            own.append(("Gateway", self.gateway))
        own += [("DNS", server) for server in self.nameservers]
        files = {f"{_NETWORKD}/10-{self.name}.netdev": device}
        for port in self.ports:
            files[f"{_NETWORKD}/10-{self.name}-{port}.network"] = _network(
                port, [("LinkLocalAddressing", "no"), ("Bridge", self.name)]
            )
        files[f"{_NETWORKD}/20-{self.name}.network"] = _network(self.name, own)
        return files

    def netplan(self) -> Mapping[str, str]:
        """Return the file for netplan by its path; it wants to be readable by root alone (0600)."""
        bridge: list[str] = [f"interfaces: {_list(self.ports)}"]
        if self.address is None:
            bridge += ["dhcp4: false", "dhcp6: false", "link-local: []"]
        else:
            bridge.append(f"addresses: {_list([str(ipaddress.ip_interface(self.address))])}")
        if self.gateway is not None:
            bridge += ["routes:", '  - to: "default"', f"    via: {_word(self.gateway)}"]
        if self.nameservers:
            bridge += ["nameservers:", f"  addresses: {_list(self.nameservers)}"]
        bridge += ["parameters:", f"  stp: {'true' if self.stp else 'false'}"]
        lines = ["network:", "  version: 2"]
        if self.ports:
            lines.append("  ethernets:")
        for port in self.ports:
            lines += [f"    {_word(port)}:", "      dhcp4: false", "      dhcp6: false"]
        lines += ["  bridges:", f"    {_word(self.name)}:", *(f"      {line}" for line in bridge)]
        return {f"{_NETPLAN}/60-{self.name}.yaml": "\n".join(lines) + "\n"}


def _manual(port: str) -> Iface:
    return Iface(name=port, method="manual")


def _network(match: str, options: list[tuple[str, str]]) -> NetworkUnit:
    return NetworkUnit(
        sections=[
            UnitSection(name="Match", options=[("Name", match)]),
            UnitSection(name="Network", options=options),
        ]
    )


def _word(text: str) -> str:
    """Quote a text for YAML: in double quotes it knows the escapes of JSON."""
    return json.dumps(text)


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(_word(text) for text in texts)}]"
