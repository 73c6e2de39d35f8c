"""Character devices: serial ports, consoles, channels, and what they are connected to."""

from typing import Annotated

from attrs import frozen

from hakvm.libvirt._address import Boot, Device
from hakvm.libvirt._base import element
from hakvm.libvirt._source import Reconnect, SourceLabel
from hakvm.libvirt._words import CharType
from hakvm.xmlmodel import By, Element, OnOff, YesNo

__all__ = [
    "AnyEndpoint", "Channel", "ChannelTarget", "Character", "Console", "ConsoleTarget",
    "NmdmEndpoint", "Parallel", "PathEndpoint", "PortEndpoint", "RedirectedDevice", "Serial",
    "SerialModel", "SerialTarget", "SocketEndpoint", "UnixEndpoint", "VdagentEndpoint",
]  # fmt: skip


@frozen(kw_only=True)
class Endpoint(Element):
    """The base of what a character device can be connected to."""

    seclabels: tuple[SourceLabel, ...] = ()
    reconnect: Reconnect | None = None


@element("source", when=("pty", "file", "dev", "pipe", "stdio", "vc", "null"))
@frozen(kw_only=True)
class PathEndpoint(Endpoint):
    """A file, a device or a pipe of the host."""

    path: str | None = None
    append: OnOff | None = None
    tty: str | None = None


@element("source", when="unix")
@frozen(kw_only=True)
class UnixEndpoint(Endpoint):
    """A socket in the file system; `mode` says who makes it: bind or connect."""

    mode: str | None = None
    path: str | None = None
    tls: YesNo | None = None


@element("source", when=("tcp", "udp"))
@frozen(kw_only=True)
class SocketEndpoint(Endpoint):
    """A socket on the network; `mode` says who makes it: bind or connect."""

    mode: str | None = None
    host: str | None = None
    service: str | None = None
    tls: YesNo | None = None
    tls_from_config: int | None = None


@element("source", when=("spiceport", "dbus"))
@frozen(kw_only=True)
class PortEndpoint(Endpoint):
    """A named port of SPICE or D-Bus."""

    channel: str | None = None


@element("clipboard")
@frozen(kw_only=True)
class Clipboard(Element):
    """Whether the clipboard is shared."""

    copypaste: YesNo | None = None


@element("mouse")
@frozen(kw_only=True)
class Mouse(Element):
    """Who moves the pointer: `client` or `server`."""

    mode: str | None = None


@element("source", when="qemu-vdagent")
@frozen(kw_only=True)
class VdagentEndpoint(Endpoint):
    """QEMU's own part of SPICE's agent."""

    clipboard: Clipboard | None = None
    mouse: Mouse | None = None


@element("source", when="nmdm")
@frozen(kw_only=True)
class NmdmEndpoint(Endpoint):
    """A null modem of FreeBSD."""

    master: str | None = None
    slave: str | None = None


AnyEndpoint = Annotated[
    tuple[
        PathEndpoint
        | UnixEndpoint
        | SocketEndpoint
        | PortEndpoint
        | VdagentEndpoint
        | NmdmEndpoint,
        ...,
    ],
    By("type", parent=True),
]
"""Any of the endpoints, the device's `type` choosing; UDP alone has two."""


@element("protocol")
@frozen(kw_only=True)
class Protocol(Element):
    """What is spoken on a TCP socket: raw, telnet, telnets, tls."""

    type: str


@element("log")
@frozen(kw_only=True)
class Log(Element):
    """A file that keeps what the guest said."""

    file: str
    append: OnOff | None = None


@frozen(kw_only=True)
class Character(Device):
    """The base of all character devices."""

    type: CharType | str | None = None
    sources: AnyEndpoint = ()
    protocol: Protocol | None = None
    log: Log | None = None


@element("model")
@frozen(kw_only=True)
class SerialModel(Element):
    """The chip that the guest sees: isa-serial, pci-serial, pl011 and others."""

    name: str


@element("target")
@frozen(kw_only=True)
class SerialTarget(Element):
    """The guest's serial port."""

    type: str | None = None
    port: int | None = None
    model: SerialModel | None = None


@element("serial")
@frozen(kw_only=True)
class Serial(Character):
    """A serial port."""

    target: SerialTarget | None = None


@element("target")
@frozen(kw_only=True)
class ParallelTarget(Element):
    """The guest's parallel port."""

    type: str | None = None
    port: int | None = None


@element("parallel")
@frozen(kw_only=True)
class Parallel(Character):
    """A parallel port."""

    target: ParallelTarget | None = None


@element("target")
@frozen(kw_only=True)
class ConsoleTarget(Element):
    """What the guest's console is: serial, virtio, sclp and others."""

    type: str | None = None
    port: int | None = None


@element("console")
@frozen(kw_only=True)
class Console(Character):
    """The guest's console, as `virsh console` shows it."""

    tty: str | None = None
    target: ConsoleTarget | None = None


@element("target")
@frozen(kw_only=True)
class ChannelTarget(Element):
    """The guest's end of a channel, as org.qemu.guest_agent.0."""

    type: str
    name: str | None = None
    state: str | None = None
    address: str | None = None
    port: int | None = None


@element("channel")
@frozen(kw_only=True)
class Channel(Character):
    """A channel between the host and a program in the guest."""

    target: ChannelTarget | None = None


@element("redirdev")
@frozen(kw_only=True)
class RedirectedDevice(Character):
    """A device of the viewer's own machine."""

    bus: str | None = None
    boot: Boot | None = None
