"""The recipe's DRBD resource: the howto's, and today with what keeps an old copy from promotion."""

import ipaddress
from collections.abc import Mapping, Sequence

from hakvm.cluster._node import Node
from hakvm.cluster._platform import Platform
from hakvm.drbd import Config, Host, Release, Resource

__all__ = ["drbd_config"]

_PORT = 7789  # LINBIT's documentation uses 7788 and up; the howto this one


def drbd_config(
    resource: str,
    nodes: Sequence[Node],
    *,
    platform: Platform,
    device: str,
    disk: Mapping[str, str],
) -> Config:
    """Return the file for `resource`, the same on both nodes.

    Beyond the howto's it has DRBD's fencing policy and handlers: while the peer may be
    outdated, a constraint in the CIB keeps it from being promoted. With a power switch on both
    nodes, writing also stops until the peer is known to be down.
    """
    hosts = [
        Host(
            name=node.name,
            node_id=number if platform.drbd is Release.V9_0 else None,
            device=device,
            disk=disk[node.name],
            address=_socket(node, platform=platform),
            meta_disk="internal",
        )
        for number, node in enumerate(nodes)
    ]
    if not platform.today:
        return Config(resources=[Resource(name=resource, hosts=hosts)])
    fenced = all(node.fence is not None for node in nodes)
    fencing = {"fencing": "resource-and-stonith" if fenced else "resource-only"}
    new = platform.drbd is Release.V9_0
    return Config(
        resources=[
            Resource(
                name=resource,
                hosts=hosts,
                net={"protocol": "C", **(fencing if new else {})},
                disk_options={} if new else fencing,
                handlers={
                    "fence-peer": platform.fence_peer,
                    platform.unfence_on: platform.unfence_peer,
                },
            )
        ]
    )


def _socket(node: Node, *, platform: Platform) -> str:
    address = node.replication_address if platform.today else node.address
    if ipaddress.ip_address(address).version == 6:  # noqa: PLR2004 - IPv6
        return f"ipv6 [{address}]:{_PORT}"
    return f"{address}:{_PORT}"
