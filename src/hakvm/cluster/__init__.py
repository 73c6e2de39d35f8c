"""The thin facade: a whole cluster as one description.

from hakvm import Cluster, Node, libvirt

cluster = Cluster.two_node(
    "kvm-ha",
    nodes=[Node("node1", "192.168.2.170"), Node("node2", "192.168.2.171")],
    disk="/dev/sdb1",
    guest=libvirt.guest("debian9", memory="1 GiB", vcpus=2, bridge="br0",
                        disk="vm01.img", disk_size="10 GiB"),
)
cluster.check()                         # what would bite at 3 a.m., and why
cluster.simulate().power_off("node1")   # what Pacemaker will do
cluster.files("node1")                  # every file for that node
"""

from hakvm.cluster._cluster import Cluster
from hakvm.cluster._file import File
from hakvm.cluster._node import Bridge, Fence, Node
from hakvm.cluster._platform import Platform
from hakvm.cluster._rules import RULES
from hakvm.cluster._simulation import Failover, Step

__all__ = [
    "RULES",
    "Bridge",
    "Cluster",
    "Failover",
    "Fence",
    "File",
    "Node",
    "Platform",
    "Step",
]
