"""What a network interface can be connected to: one class a kind."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._address import PciAddress
from hakvm.libvirt._base import Uuid, element
from hakvm.libvirt._source import Reconnect
from hakvm.xmlmodel import By, Element

__all__ = [
    "AnyLink",
    "BridgeLink",
    "DirectLink",
    "EthernetLink",
    "HostdevLink",
    "IpAddress",
    "NetworkLink",
    "Route",
    "SocketLink",
    "UserLink",
    "VdpaLink",
    "VhostUserLink",
]


@element("ip")
@frozen(kw_only=True)
class IpAddress(Element):
    """An address of the guest, or of its peer."""

    address: str
    family: str | None = None
    prefix: int | None = None
    peer: str | None = None


@element("route")
@frozen(kw_only=True)
class Route(Element):
    """A route of the guest."""

    family: str | None = None
    address: str
    netmask: str | None = None
    prefix: int | None = None
    gateway: str | None = None
    metric: int | None = None


@frozen(kw_only=True)
class Link(Element):
    """The base of what an interface can be connected to."""


@element("source", when="bridge")
@frozen(kw_only=True)
class BridgeLink(Link):
    """A bridge of the host, as br0."""

    bridge: str


@element("source", when="network")
@frozen(kw_only=True)
class NetworkLink(Link):
    """A network that libvirt manages."""

    network: str
    portgroup: str | None = None
    bridge: str | None = None
    portid: Uuid | None = None


@element("source", when="direct")
@frozen(kw_only=True)
class DirectLink(Link):
    """A card of the host, by macvtap."""

    dev: str
    mode: str | None = None


@element("source", when="ethernet")
@frozen(kw_only=True)
class EthernetLink(Link):
    """A device that someone else connects; addresses are the host's side of it."""

    dev: str | None = None
    ips: tuple[IpAddress, ...] = ()
    routes: tuple[Route, ...] = ()


@element("local")
@frozen(kw_only=True)
class Local(Element):
    """The near end of a tunnel."""

    address: str | None = None
    port: int | None = None


@element("source", when=("server", "client", "mcast", "udp"))
@frozen(kw_only=True)
class SocketLink(Link):
    """Another guest, over a socket."""

    address: str | None = None
    port: int | None = None
    local: Local | None = None


@element("source", when="vhostuser")
@frozen(kw_only=True)
class VhostUserLink(Link):
    """A switch in another process, over a socket."""

    type: str | None = None
    path: str | None = None
    mode: str | None = None
    reconnect: Reconnect | None = None


@element("source", when="vdpa")
@frozen(kw_only=True)
class VdpaLink(Link):
    """A vDPA device."""

    dev: str


@element("source", when="hostdev")
@frozen(kw_only=True)
class HostdevLink(Link):
    """A card of the host, handed through whole."""

    address: Annotated[PciAddress | None, By("type")] = None


@element("source", when=("user", "internal"))
@frozen(kw_only=True)
class UserLink(Link):
    """The host's network without privileges, or a network inside the hypervisor."""

    name: str | None = None
    dev: str | None = None
    ips: tuple[IpAddress, ...] = ()
    routes: tuple[Route, ...] = ()


AnyLink = Annotated[
    BridgeLink
    | NetworkLink
    | DirectLink
    | EthernetLink
    | SocketLink
    | VhostUserLink
    | VdpaLink
    | HostdevLink
    | UserLink,
    By("type", parent=True),
]
"""Any of the links; the `type` of the interface chooses."""
