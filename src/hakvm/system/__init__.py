r"""What the cluster needs of the operating system: names, the bridge, filesystems, packages.

    >>> from hakvm import system
    >>> hosts = system.Hosts.parse("127.0.0.1 localhost\n")
    >>> print(hosts.with_managed([system.HostEntry(address="10.0.0.1", names="node1")]).render())
    127.0.0.1 localhost
    <BLANKLINE>
    # BEGIN hakvm: what stands here is kept by hakvm
    10.0.0.1 node1
    # END hakvm
    <BLANKLINE>
    >>> bridge = system.Iface.bridge("br0", ports="eth0", address="192.168.2.170/24")
    >>> print(system.Interfaces(stanzas=[system.Auto(names="br0"), bridge]).render())
    auto br0
    iface br0 inet static
        address 192.168.2.170
        netmask 255.255.255.0
        bridge_ports eth0
        bridge_stp off
    <BLANKLINE>

`Hosts`, `Interfaces`, `NetworkUnit` (systemd-networkd) and `Fstab` are documents of which only
what is asked for changes; a `Bridge` is written for ifupdown, systemd-networkd or netplan.
`Filesystems`, `Packages` and `Services` are what one runs on a host, over a transport.
"""

from hakvm.system._blockdev import Content, Filesystems
from hakvm.system._bridge import Bridge
from hakvm.system._fstab import FSTAB_RULES, Fstab, FstabEntry
from hakvm.system._hosts import HostEntry, Hosts
from hakvm.system._hosts_rules import HOSTS_RULES
from hakvm.system._interfaces import Interfaces
from hakvm.system._interfaces_rules import INTERFACES_RULES
from hakvm.system._mounts import Mount, Mounts
from hakvm.system._networkd import NetworkUnit, UnitSection
from hakvm.system._packages import OsRelease, Packages
from hakvm.system._services import Services, ServiceState
from hakvm.system._stanzas import (
    Auto,
    Iface,
    MappingStanza,
    OtherStanza,
    Source,
    Stanza,
)

#: The books of rules, one for each document.
RULES = (HOSTS_RULES, INTERFACES_RULES, FSTAB_RULES)

__all__ = [
    "RULES",
    "Auto",
    "Bridge",
    "Content",
    "Filesystems",
    "Fstab",
    "FstabEntry",
    "HostEntry",
    "Hosts",
    "Iface",
    "Interfaces",
    "MappingStanza",
    "Mount",
    "Mounts",
    "NetworkUnit",
    "OsRelease",
    "OtherStanza",
    "Packages",
    "ServiceState",
    "Services",
    "Source",
    "Stanza",
    "UnitSection",
]
