"""What bites about a guest when it is to run on either of two hosts.

Only what a domain alone can show; what hangs on the other layers, `Cluster.check`
looks at.
"""

import re
from collections import Counter
from collections.abc import Iterator

import attrs

from hakvm.findings import Layer, Severity, Trouble
from hakvm.libvirt._book import RULES
from hakvm.libvirt._character import Channel
from hakvm.libvirt._display import Graphics, Listen
from hakvm.libvirt._domain import Domain
from hakvm.libvirt._hostdev import Hostdev, PciHost
from hakvm.libvirt._link import NetworkLink
from hakvm.libvirt._sample import sample, with_devices
from hakvm.libvirt._security import Argument, Commandline
from hakvm.libvirt._words import (
    Action,
    CpuMode,
    DomainType,
    GraphicsType,
)
from hakvm.xmlmodel import evolve_at, unknown_words

_MIGRATION = "libvirt, qemuMigrationSrcIsSafe; the RHEL HA guide on VirtualDomain"
_DOC = "libvirt, formatdomain"
_PINNED = re.compile(r".*-(rhel)?[0-9]+(\.[0-9]+)*|none|rhel.*", re.ASCII)


@RULES.rule(
    "libvirt.cpu-passthrough",
    Severity.WARNING,
    Layer.LIBVIRT,
    why="the guest sees the very processor of its host: on the other node it meets another one,"
    " a migration fails or the guest crashes after it",
    fix="use host-model, or name a CPU that both nodes have",
    source=_DOC,
    failing=lambda: sample(cpu=CpuMode.HOST_PASSTHROUGH),
    passing=sample,
    mend=lambda domain: evolve_at(
        domain, "cpu", mode=CpuMode.HOST_MODEL, check=None, migratable=None
    ),
)
def _passthrough(domain: Domain) -> Iterator[Trouble]:
    if domain.cpu is not None and domain.cpu.mode == CpuMode.HOST_PASSTHROUGH:
        yield Trouble(message="the CPU is handed through from the host", where="cpu.mode")


@RULES.rule(
    "libvirt.machine-not-pinned",
    Severity.WARNING,
    Layer.LIBVIRT,
    why="each node's QEMU puts in the newest machine it knows, so after an update of one node"
    " the guest meets other hardware, and cannot be migrated",
    fix="name a version that both nodes know, as pc-q35-7.2",
    source=_DOC,
    failing=lambda: sample(machine="q35"),
    passing=sample,
)
def _machine(domain: Domain) -> Iterator[Trouble]:
    machine = domain.os.type.machine if domain.os is not None else None
    if domain.type in {DomainType.KVM, DomainType.QEMU} and not _PINNED.fullmatch(machine or ""):
        yield Trouble(
            message=f"the machine type has no version ({machine or 'none given'})",
            where="os.type.machine",
        )


@RULES.rule(
    "libvirt.no-uuid",
    Severity.WARNING,
    Layer.LIBVIRT,
    why="each node makes one up on define: the guest is another machine after a failover, and a"
    " later define fails with: domain already exists with uuid …",
    fix="give it a UUID, the same on both nodes",
    source="seen on two nodes; virsh(1), define",
    failing=lambda: attrs.evolve(sample(), uuid=None),
    passing=sample,
)
def _no_uuid(domain: Domain) -> Iterator[Trouble]:
    if domain.uuid is None:
        yield Trouble(message="the guest has no UUID", where="uuid")


@RULES.rule(
    "libvirt.no-mac",
    Severity.WARNING,
    Layer.LIBVIRT,
    why="each node makes one up on define: after a failover the guest has another card, and with"
    " it often no address",
    fix="give each network card a MAC address, the same on both nodes",
    source=_DOC,
    failing=lambda: evolve_at(sample(), "devices.interfaces[0]", mac=None),
    passing=sample,
)
def _no_mac(domain: Domain) -> Iterator[Trouble]:
    for i, card in enumerate(domain.devices.interfaces):
        if card.mac is None:
            yield Trouble(
                message="a network card has no MAC address", where=f"devices.interfaces[{i}].mac"
            )


@RULES.rule(
    "libvirt.host-device",
    Severity.ERROR,
    Layer.LIBVIRT,
    why="the device is the one node's: on the other the guest does not start, and it cannot be"
    " migrated",
    fix="take the device out, or use a virtual one",
    source=_MIGRATION,
    failing=lambda: with_devices(
        sample(), hostdevs=(Hostdev(mode="subsystem", type="pci", source=PciHost()),)
    ),
    passing=sample,
)
def _host_device(domain: Domain) -> Iterator[Trouble]:
    for i, device in enumerate(domain.devices.hostdevs):
        yield Trouble(
            message=f"a {device.type or 'host'} device of the node is handed through",
            where=f"devices.hostdevs[{i}]",
        )
    for i, _ in enumerate(domain.devices.filesystems):
        yield Trouble(
            message="a directory of the node is shared with the guest",
            where=f"devices.filesystems[{i}]",
        )


@RULES.rule(
    "libvirt.on-poweroff",
    Severity.ERROR,
    Layer.LIBVIRT,
    why="the guest comes up again when the cluster stops it: the stop never ends, and the node"
    " is fenced",
    fix="set on_poweroff to destroy",
    source="ocf:heartbeat:VirtualDomain, stop",
    failing=lambda: attrs.evolve(sample(), on_poweroff=Action.RESTART),
    passing=sample,
    mend=lambda domain: attrs.evolve(domain, on_poweroff=Action.DESTROY),
)
def _on_poweroff(domain: Domain) -> Iterator[Trouble]:
    if domain.on_poweroff not in {None, Action.DESTROY}:
        yield Trouble(message=f"on_poweroff is {domain.on_poweroff}", where="on_poweroff")


@RULES.rule(
    "libvirt.on-crash",
    Severity.WARNING,
    Layer.LIBVIRT,
    why="a crashed guest stays there, dead: the cluster's monitor finds a domain and is content",
    fix="set on_crash to restart or destroy",
    source="ocf:heartbeat:VirtualDomain, status",
    failing=lambda: attrs.evolve(sample(), on_crash=Action.PRESERVE),
    passing=sample,
    mend=lambda domain: attrs.evolve(domain, on_crash=Action.RESTART),
)
def _on_crash(domain: Domain) -> Iterator[Trouble]:
    if domain.on_crash == Action.PRESERVE:
        yield Trouble(message="on_crash is preserve", where="on_crash")


@RULES.rule(
    "libvirt.own-network",
    Severity.WARNING,
    Layer.LIBVIRT,
    why="each node has a network of its own behind that name, with its own addresses: after a"
    " failover nobody reaches the guest under its old one",
    fix="connect the card to a bridge that both nodes have, as br0",
    source="libvirt, formatnetwork; the howto, 4.1",
    failing=lambda: evolve_at(
        sample(), "devices.interfaces[0]", type="network", source=NetworkLink(network="default")
    ),
    passing=sample,
)
def _own_network(domain: Domain) -> Iterator[Trouble]:
    for i, card in enumerate(domain.devices.interfaces):
        network = card.source.network if isinstance(card.source, NetworkLink) else None
        if card.type == "user" or network == "default":
            yield Trouble(
                message=f"a network card is on the node's own network ({network or 'user'})",
                where=f"devices.interfaces[{i}].source",
            )


@RULES.rule(
    "libvirt.open-screen",
    Severity.WARNING,
    Layer.LIBVIRT,
    why="whoever reaches the node sees the guest's screen and types on its keyboard",
    fix="listen on 127.0.0.1 and come by ssh, or set a password and TLS",
    source=_DOC,
    failing=lambda: with_devices(
        sample(),
        graphics=(
            Graphics(
                type=GraphicsType.VNC,
                listens=(Listen(type="address", address="0.0.0.0"),),  # noqa: S104 - the mistake
            ),
        ),
    ),
    passing=lambda: sample(graphics=GraphicsType.VNC),
)
def _open_screen(domain: Domain) -> Iterator[Trouble]:
    for i, screen in enumerate(domain.devices.graphics):
        offered = {listen.address for listen in screen.listens} | {screen.listen}
        if offered & {"0.0.0.0", "::"} and not screen.passwd:  # noqa: S104 - the mistake
            yield Trouble(
                message=f"the {screen.type} screen is open to every network, without a password",
                where=f"devices.graphics[{i}]",
            )


@RULES.rule(
    "libvirt.twice",
    Severity.ERROR,
    Layer.LIBVIRT,
    why="libvirt refuses two disks in one place, and two cards with one address are none",
    fix="give each its own",
    source=_DOC,
    failing=lambda: with_devices(sample(), disks=sample().devices.disks * 2),
    passing=sample,
)
def _twice(domain: Domain) -> Iterator[Trouble]:
    targets = Counter(disk.target.dev for disk in domain.devices.disks)
    macs = Counter(card.mac.address for card in domain.devices.interfaces if card.mac)
    for name, n in [*targets.items(), *macs.items()]:
        if n > 1:
            yield Trouble(message=f"{name} is there {n} times", where="devices")


@RULES.rule(
    "libvirt.commandline",
    Severity.WARNING,
    Layer.LIBVIRT,
    why="libvirt does not know what QEMU is told there: it checks nothing, and a migration or an"
    " update may break it",
    fix="use what libvirt has for it",
    source="libvirt, drvqemu, pass-through of arbitrary qemu commands",
    failing=lambda: attrs.evolve(
        sample(), commandline=Commandline(items=(Argument(value="-no-hpet"),))
    ),
    passing=sample,
)
def _commandline(domain: Domain) -> Iterator[Trouble]:
    if domain.commandline is not None and domain.commandline.items:
        yield Trouble(message="QEMU is told things beside libvirt", where="commandline")


def _agent(channel: Channel) -> bool:
    return channel.target is not None and channel.target.name == "org.qemu.guest_agent.0"


@RULES.rule(
    "libvirt.no-agent",
    Severity.INFO,
    Layer.LIBVIRT,
    why="a shutdown has to be asked for by ACPI, which a busy or graphical guest may ignore until"
    " the cluster's stop times out",
    fix="add the channel org.qemu.guest_agent.0, and install qemu-guest-agent in the guest",
    source="ocf:heartbeat:VirtualDomain, shutdown_mode",
    failing=lambda: with_devices(sample(), channels=()),
    passing=sample,
)
def _no_agent(domain: Domain) -> Iterator[Trouble]:
    if not any(_agent(channel) for channel in domain.devices.channels):
        yield Trouble(message="there is no channel for the guest's agent", where="devices.channels")


@RULES.rule(
    "libvirt.no-watchdog",
    Severity.INFO,
    Layer.LIBVIRT,
    why="the cluster sees that the guest runs, not that it hangs: without a watchdog it hangs on",
    fix="add a watchdog (i6300esb, reset), and let the guest feed it",
    source=_DOC,
    failing=lambda: with_devices(sample(), watchdogs=()),
    passing=sample,
)
def _no_watchdog(domain: Domain) -> Iterator[Trouble]:
    if not domain.devices.watchdogs:
        yield Trouble(message="there is no watchdog", where="devices.watchdogs")


@RULES.rule(
    "libvirt.no-console",
    Severity.INFO,
    Layer.LIBVIRT,
    why="when the network is gone, `virsh console` is the way into the guest",
    fix="add a serial port and a console",
    source="virsh(1), console",
    failing=lambda: with_devices(sample(), consoles=(), serials=()),
    passing=sample,
)
def _no_console(domain: Domain) -> Iterator[Trouble]:
    if not domain.devices.consoles and not domain.devices.serials:
        yield Trouble(message="there is no serial console", where="devices.consoles")


@RULES.rule(
    "libvirt.software-emulation",
    Severity.INFO,
    Layer.LIBVIRT,
    why="the guest runs without the processor's help: about ten times slower, so timeouts of the"
    " cluster that fit kvm do not fit it",
    fix="use kvm where the processors can, else give the cluster's operations more time",
    source=_DOC,
    failing=lambda: sample(accelerator=DomainType.QEMU),
    passing=sample,
)
def _emulation(domain: Domain) -> Iterator[Trouble]:
    if domain.type == DomainType.QEMU:
        yield Trouble(message="the guest is emulated in software", where="type")


@RULES.rule(
    "libvirt.unknown-word",
    Severity.INFO,
    Layer.LIBVIRT,
    why="it is newer than what is known here, or misspelt: then libvirt refuses the guest",
    fix="compare it with libvirt's documentation",
    source=_DOC,
    failing=lambda: attrs.evolve(sample(), on_crash="restrat"),
    passing=sample,
)
def _unknown_word(domain: Domain) -> Iterator[Trouble]:
    for found in unknown_words(domain):
        like = f"; did you mean {found.close}?" if found.close else ""
        yield Trouble(message=f"{found.word} is not known here{like}", where=found.path)
