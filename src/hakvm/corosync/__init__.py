"""corosync: who is alive. Its configuration, its key, and what it says of its members.

    >>> from hakvm import corosync
    >>> config = corosync.Config.two_node(
    ...     [corosync.Node.of("node1", 1, "192.168.2.170", "10.0.0.1"),
    ...      corosync.Node.of("node2", 2, "192.168.2.171", "10.0.0.2")],
    ...     cluster_name="kvm-ha",
    ... )
    >>> config.totem.transport, config.quorum.two_node
    ('knet', True)
    >>> corosync.Config.parse(config.render()) == config
    True

`Config` is the document; its sections are values of their own (`Totem`, `Nodelist`, `Quorum`,
`Logging` …), in which `None` stands for "not given". `Release` names the two dialects, corosync
2.4 and 3.1. `AuthKey` is the key that the nodes share. `Membership`, `Links`, `Peers` and `Cmap`
are what the tools of a running corosync say, and `Corosync` runs these over a transport.
"""

from hakvm.corosync._authkey import AuthKey
from hakvm.corosync._cmap import Cmap, CmapMember
from hakvm.corosync._config import Config
from hakvm.corosync._convert import Conversion, Note, Outcome
from hakvm.corosync._links import Link, LinkPeer, Links, Peer, PeerLink, Peers
from hakvm.corosync._logging import LoggerSubsys, Logging, LoggingDaemon
from hakvm.corosync._membership import DeviceVote, Member, Membership
from hakvm.corosync._nodelist import Node, Nodelist
from hakvm.corosync._option import Option
from hakvm.corosync._others import (
    Nozzle,
    Pload,
    ProcessResources,
    Qb,
    Resources,
    System,
    SystemResources,
    Uidgid,
    Watch,
)
from hakvm.corosync._quorum import Device, DeviceNet, Heuristics, Quorum
from hakvm.corosync._release import Release
from hakvm.corosync._rules import RULES
from hakvm.corosync._section import OtherSection, Section
from hakvm.corosync._tool import Corosync
from hakvm.corosync._totem import Interface, RingMember, Totem

__all__ = [
    "RULES",
    "AuthKey",
    "Cmap",
    "CmapMember",
    "Config",
    "Conversion",
    "Corosync",
    "Device",
    "DeviceNet",
    "DeviceVote",
    "Heuristics",
    "Interface",
    "Link",
    "LinkPeer",
    "Links",
    "LoggerSubsys",
    "Logging",
    "LoggingDaemon",
    "Member",
    "Membership",
    "Node",
    "Nodelist",
    "Note",
    "Nozzle",
    "Option",
    "OtherSection",
    "Outcome",
    "Peer",
    "PeerLink",
    "Peers",
    "Pload",
    "ProcessResources",
    "Qb",
    "Quorum",
    "Release",
    "Resources",
    "RingMember",
    "Section",
    "System",
    "SystemResources",
    "Totem",
    "Uidgid",
    "Watch",
]
