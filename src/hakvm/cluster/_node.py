"""A node, the bridge its guests are on, and the switch that cuts its power."""

import ipaddress
import re
from collections.abc import Mapping

from attrs import Attribute, field, frozen

from hakvm._frozen import FrozenMapping
from hakvm.errors import InvalidError
from hakvm.secret import MASK, Secret

__all__ = ["Bridge", "Fence", "Node"]

# RFC 1123: what `uname -n`, DRBD's `on`, corosync's `name` and Pacemaker's
# `uname` all take; a newline or a brace in it would write into their files.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_INTERFACE = re.compile(r"[A-Za-z0-9_.-]{1,15}", re.ASCII)  # IFNAMSIZ less the NUL


def _check_name(node: object, attribute: "Attribute[str]", name: str) -> None:
    del node
    if not _NAME.fullmatch(name):
        raise InvalidError(
            f"{name!r} is no host name",
            path=f"Node.{attribute.name}",
            value=name,
            hint="letters, digits and hyphens, as `uname -n` prints it",
        )


def _check_address(node: object, attribute: "Attribute[str]", address: str | None) -> None:
    if address is None:
        return
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise InvalidError(
            f"{address!r} is no IP address",
            path=f"{type(node).__name__}.{attribute.name}",
            value=address,
            hint="an address as 192.168.2.170 or fd00::1, without prefix length or port",
        ) from None


def _check_interface(bridge: object, attribute: "Attribute[str]", name: str) -> None:
    del bridge
    if not _INTERFACE.fullmatch(name):
        raise InvalidError(
            f"{name!r} is no name of a network interface",
            path=f"Bridge.{attribute.name}",
            value=name,
            hint="1 to 15 letters, digits, dots, hyphens or underscores, as br0 or eno1",
        )


def _parameters(found: Mapping[str, str]) -> Mapping[str, str]:
    return FrozenMapping(
        (key, Secret(text) if "pass" in key else text) for key, text in found.items()
    )


def _show_parameters(found: Mapping[str, str]) -> str:
    return repr({key: MASK if isinstance(text, Secret) else text for key, text in found.items()})


@frozen(kw_only=True)
class Fence:
    """The switch that can cut a node's power, and how to reach it.

    Attributes:
        agent: the fence agent, as `fence_ipmilan`.
        parameters: its parameters, as `{"ip": …, "username": …, "password": …}`.
    """

    agent: str
    parameters: Mapping[str, str] = field(
        factory=dict, converter=_parameters, repr=_show_parameters
    )


@frozen
class Node:
    """One of the two machines.

    Attributes:
        name: what `uname -n` prints there; DRBD, corosync and Pacemaker know it by that.
        address: its address, on the network that the bridge is on.
        second_address: its address on a second network, made for the two nodes alone: DRBD
            replicates over it, and corosync has it as its second link.
        domain: the DNS domain; with it /etc/hosts has the full name too.
        fence: the switch that cuts its power; without one a node that hangs is a node that
            may still write.
    """

    name: str = field(validator=_check_name)
    address: str = field(validator=_check_address)
    second_address: str | None = field(default=None, validator=_check_address, kw_only=True)
    domain: str = field(default="", kw_only=True)
    fence: Fence | None = field(default=None, kw_only=True)

    @property
    def replication_address(self) -> str:
        """The address that DRBD replicates over: the second network where there is one."""
        return self.second_address or self.address


@frozen
class Bridge:
    """The bridge that the guests' network cards and the node's own address are on.

    Attributes:
        name: as `br0`.
        port: the network card that leads out, as `eth0`.
        prefix: how many bits of the nodes' addresses are the network's.
        gateway: where everything else goes; must be on that network.
        dns: the name servers.
    """

    name: str = field(default="br0", validator=_check_interface)
    port: str = field(default="eth0", kw_only=True, validator=_check_interface)
    prefix: int = field(default=24, kw_only=True)
    gateway: str | None = field(default=None, kw_only=True, validator=_check_address)
    dns: tuple[str, ...] = field(default=(), kw_only=True, converter=tuple[str, ...])

    def network(self, node: Node) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        """Return the network that `node` is on.

        Raises:
            InvalidError: no address is that long.
        """
        try:
            return ipaddress.ip_interface(f"{node.address}/{self.prefix}").network
        except ValueError:
            raise InvalidError(
                f"/{self.prefix} is no prefix length for {node.address}",
                path="Bridge.prefix",
                value=self.prefix,
                hint="1 to 32 for IPv4, 1 to 128 for IPv6",
            ) from None
