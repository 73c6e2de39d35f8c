"""The cluster of the howto, described for two platforms."""

from pathlib import Path

from hakvm import Cluster, Node, Platform, corosync, libvirt
from hakvm.cluster import Bridge, Fence

HOWTO = Path(__file__).parents[2] / "examples" / "howto"
KEY = corosync.AuthKey(data=bytes(range(256)))


def two_node(platform: Platform, **changes: object) -> Cluster:
    """Describe the howto's cluster, on `platform`."""
    words: dict[str, object] = {
        "nodes": [
            Node("node1", "192.168.2.170", domain="myserver.tld"),
            Node("node2", "192.168.2.171", domain="myserver.tld"),
        ],
        "disk": "/dev/sdb1",
        "guest": libvirt.guest(
            "debian9", memory="1 GiB", vcpus=2, bridge="br0", disk="vm01.img", disk_size="10 GiB"
        ),
        "bridge": Bridge("br0", port="eth0", gateway="192.168.2.254", dns=["8.8.8.8"]),
        "platform": platform,
        "authkey": KEY,
    }
    return Cluster.two_node("kvm-ha", **{**words, **changes})


FENCED = [
    Node(
        f"node{number}",
        f"192.168.2.17{number - 1}",
        second_address=f"10.0.0.{number}",
        fence=Fence(
            agent="fence_ipmilan",
            parameters={"ip": f"192.168.3.{number}", "username": "ha", "password": "s3same"},
        ),
    )
    for number in (1, 2)
]
PLATFORMS = [
    Platform.DEBIAN_9,
    Platform.DEBIAN_11,
    Platform.DEBIAN_12,
    Platform.DEBIAN_13,
    Platform.RHEL_9,
]
