"""Network interfaces: the card that the guest sees, and what it is connected to."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._address import AcpiIndex, BackendDomain, Boot, Device, VirtioDriver
from hakvm.libvirt._base import Mac, Uuid, element
from hakvm.libvirt._link import AnyLink, IpAddress, Route
from hakvm.libvirt._words import InterfaceType, NicModel
from hakvm.xmlmodel import Attr, Element, Leaf, OnOff, YesNo

__all__ = [
    "Bandwidth", "Interface", "InterfaceDriver", "InterfaceModel", "InterfaceTarget", "MacAddress",
    "VirtualPort", "Vlan",
]  # fmt: skip


@element("mac")
@frozen(kw_only=True)
class MacAddress(Element):
    """The card's address."""

    address: Mac
    type: str | None = None
    check: YesNo | None = None
    current_address: Mac | None = None


@element("parameters")
@frozen(kw_only=True)
class PortParameters(Element):
    """What a switch is told of the port."""

    managerid: int | None = None
    typeid: int | None = None
    typeidversion: int | None = None
    instanceid: Uuid | None = None
    interfaceid: Uuid | None = None
    profileid: str | None = None


@element("virtualport")
@frozen(kw_only=True)
class VirtualPort(Element):
    """The port of a switch: 802.1Qbg, 802.1Qbh, openvswitch, midonet."""

    type: str | None = None
    parameters: PortParameters | None = None


@element("tag")
@frozen(kw_only=True)
class VlanTag(Element):
    """A VLAN."""

    id: int
    native_mode: str | None = None


@element("vlan")
@frozen(kw_only=True)
class Vlan(Element):
    """The VLANs of the port."""

    trunk: YesNo | None = None
    tags: tuple[VlanTag, ...] = ()


@frozen(kw_only=True)
class _Rate(Element):
    """KiB a second; bursts in KiB."""

    average: int | None = None
    peak: int | None = None
    burst: int | None = None
    floor: int | None = None


@element("inbound")
@frozen(kw_only=True)
class Inbound(_Rate):
    """How much the guest may receive, in KiB a second; bursts in KiB."""


@element("outbound")
@frozen(kw_only=True)
class Outbound(_Rate):
    """How much the guest may send, in KiB a second; bursts in KiB."""


@element("bandwidth")
@frozen(kw_only=True)
class Bandwidth(Element):
    """How much the guest may receive and send."""

    inbound: Inbound | None = None
    outbound: Outbound | None = None


@frozen(kw_only=True)
class _Offloads(Element):
    """What the card does in the kernel's stead."""

    csum: OnOff | None = None
    gso: OnOff | None = None
    tso4: OnOff | None = None
    tso6: OnOff | None = None
    ecn: OnOff | None = None
    ufo: OnOff | None = None
    mrg_rxbuf: Annotated[OnOff | None, Attr("mrg_rxbuf")] = None


@element("host")
@frozen(kw_only=True)
class HostOffloads(_Offloads):
    """What the host's side of the card does."""


@element("guest")
@frozen(kw_only=True)
class GuestOffloads(_Offloads):
    """What the guest's side of the card does."""


@element("driver")
@frozen(kw_only=True)
class InterfaceDriver(VirtioDriver):
    """How the host serves the card."""

    name: str | None = None
    type: str | None = None
    txmode: str | None = None
    ioeventfd: OnOff | None = None
    event_idx: OnOff | None = None
    queues: int | None = None
    rx_queue_size: int | None = None
    tx_queue_size: int | None = None
    rss: OnOff | None = None
    rss_hash_report: OnOff | None = None
    host: HostOffloads | None = None
    guest: GuestOffloads | None = None


@element("model")
@frozen(kw_only=True)
class InterfaceModel(Element):
    """The card that the guest sees."""

    type: NicModel | str


@element("target")
@frozen(kw_only=True)
class InterfaceTarget(Element):
    """The device that the host makes for the card."""

    dev: str | None = None
    managed: YesNo | None = None


@element("guest")
@frozen(kw_only=True)
class GuestSide(Element):
    """The device in a container."""

    dev: str | None = None
    actual: str | None = None


@element("link")
@frozen(kw_only=True)
class LinkState(Element):
    """Whether the cable is in: `up` or `down`."""

    state: str


@element("mtu")
@frozen(kw_only=True)
class Mtu(Element):
    """The largest packet, in bytes."""

    size: int


@element("script")
@frozen(kw_only=True)
class Script(Element):
    """A program that connects, or takes away, the interface."""

    path: str


@element("downscript")
@frozen(kw_only=True)
class DownScript(Script):
    """A program that takes the interface away."""


@element("backend")
@frozen(kw_only=True)
class InterfaceBackend(Element):
    """What serves the interface on the host."""

    type: str | None = None
    tap: str | None = None
    vhost: str | None = None
    log_file: str | None = None
    hostname: str | None = None
    fqdn: str | None = None


@element("parameter")
@frozen(kw_only=True)
class FilterParameter(Element):
    """A variable of a network filter."""

    name: str
    value: str


@element("filterref")
@frozen(kw_only=True)
class FilterRef(Element):
    """The network filter that guards the interface."""

    filter: str
    parameters: tuple[FilterParameter, ...] = ()


@element("frames")
@frozen(kw_only=True)
class Frames(Element):
    """After how many packets the guest is interrupted."""

    max: int | None = None


@element("rx")
@frozen(kw_only=True)
class Receive(Element):
    """When the guest is interrupted for what comes in."""

    frames: Frames | None = None


@element("coalesce")
@frozen(kw_only=True)
class Coalesce(Element):
    """When the guest is interrupted."""

    rx: Receive | None = None


@element("teaming")
@frozen(kw_only=True)
class Teaming(Element):
    """Two cards that stand in for one another, so that the guest can be migrated."""

    type: str
    persistent: str | None = None


@element("tune")
@frozen(kw_only=True)
class Tune(Element):
    """Limits of the interface's buffers."""

    sndbuf: Annotated[int | None, Leaf()] = None


@element("rom")
@frozen(kw_only=True)
class Rom(Element):
    """The start-up program on a card."""

    bar: OnOff | None = None
    file: str | None = None
    enabled: YesNo | None = None


@element("range")
@frozen(kw_only=True)
class PortRange(Element):
    """Ports that are handed on, or with `exclude` are not."""

    start: int
    end: int | None = None
    to: int | None = None
    exclude: YesNo | None = None


@element("portForward")
@frozen(kw_only=True)
class PortForward(Element):
    """Ports of the host that lead to the guest."""

    proto: str
    address: str | None = None
    dev: str | None = None
    ranges: tuple[PortRange, ...] = ()


@element("port")
@frozen(kw_only=True)
class Isolation(Element):
    """Whether guests on a bridge cannot reach one another."""

    isolated: YesNo | None = None


@element("interface")
@frozen(kw_only=True)
class Interface(Device):
    """A network card, and its `source`: what it is connected to."""

    type: InterfaceType | str | None = None
    trust_guest_rx_filters: YesNo | None = None
    managed: YesNo | None = None
    mac: MacAddress | None = None
    source: AnyLink | None = None
    virtualport: VirtualPort | None = None
    ips: tuple[IpAddress, ...] = ()
    routes: tuple[Route, ...] = ()
    port_forwards: tuple[PortForward, ...] = ()
    script: Script | None = None
    downscript: DownScript | None = None
    backenddomain: BackendDomain | None = None
    target: InterfaceTarget | None = None
    guest: GuestSide | None = None
    model: InterfaceModel | None = None
    driver: InterfaceDriver | None = None
    backend: InterfaceBackend | None = None
    filterref: FilterRef | None = None
    boot: Boot | None = None
    rom: Rom | None = None
    bandwidth: Bandwidth | None = None
    vlan: Vlan | None = None
    port: Isolation | None = None
    tune: Tune | None = None
    link: LinkState | None = None
    mtu: Mtu | None = None
    coalesce: Coalesce | None = None
    teaming: Teaming | None = None
    acpi: AcpiIndex | None = None
