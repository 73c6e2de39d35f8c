"""The recipe's part of /etc/hosts, and its bridge in /etc/network/interfaces."""

from collections.abc import Sequence

import attrs

from hakvm.cluster._node import Bridge, Node
from hakvm.cluster._platform import Platform
from hakvm.system import Auto, HostEntry, Hosts, Iface, Interfaces

__all__ = ["hosts", "interfaces"]


def hosts(nodes: Sequence[Node]) -> Hosts:
    """Return the block that tells each node the other's name."""
    return Hosts().with_managed(
        HostEntry(
            address=node.address,
            names=(f"{node.name}.{node.domain}", node.name) if node.domain else (node.name,),
        )
        for node in nodes
    )


def interfaces(node: Node, bridge: Bridge, platform: Platform) -> Interfaces:
    """Return the stanzas of the bridge, which takes the node's address over from its port."""
    own = Iface.bridge(
        bridge.name,
        ports=bridge.port,
        address=f"{node.address}/{bridge.network(node).prefixlen}",
        gateway=bridge.gateway,
        nameservers=bridge.dns,
    )
    if not platform.today:  # ifup works these two out itself; the howto writes them
        network = bridge.network(node)
        own = attrs.evolve(
            own,
            options=(
                *own.options,
                ("network", str(network.network_address)),
                ("broadcast", str(network.broadcast_address)),
            ),
        )
    return Interfaces(
        stanzas=(
            Auto(names=bridge.port),
            Iface(name=bridge.port, method="manual"),
            own,
            Auto(names=bridge.name),
        )
    )
