"""The cluster of the howto, described for two platforms."""

from pathlib import Path

import pytest

from hakvm import Cluster, Node, Platform, corosync, libvirt
from hakvm.cluster import Bridge

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


@pytest.fixture
def howto() -> Path:
    """Where the howto's own listings are."""
    return HOWTO


@pytest.fixture
def debian9() -> Cluster:
    return two_node(Platform.DEBIAN_9)


@pytest.fixture
def debian12() -> Cluster:
    return two_node(Platform.DEBIAN_12)
