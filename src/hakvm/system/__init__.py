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

`Hosts` and `Interfaces` are documents of which only what is asked for changes.
"""

from hakvm.system._hosts import HostEntry, Hosts
from hakvm.system._hosts_rules import HOSTS_RULES
from hakvm.system._interfaces import Interfaces
from hakvm.system._interfaces_rules import INTERFACES_RULES
from hakvm.system._stanzas import (
    Auto,
    Iface,
    MappingStanza,
    OtherStanza,
    Source,
    Stanza,
)

#: The books of rules, one for each document.
RULES = (HOSTS_RULES, INTERFACES_RULES)

__all__ = [
    "RULES",
    "Auto",
    "HostEntry",
    "Hosts",
    "Iface",
    "Interfaces",
    "MappingStanza",
    "OtherStanza",
    "Source",
    "Stanza",
]
