"""The bench: two real nodes on one machine, each a set of namespaces over a Debian tree.

Real corosync, Pacemaker, sshd and a real fence agent; no DRBD, which wants a
kernel module. A node has its own processes, mounts, network, names and IPC;
its files are an overlay whose changes live in memory. Nothing is left behind,
whatever happens to the test: the kernel takes it all away with the rack,
which ends when the pipe to its maker does.

    with Bench(DEBIAN["debian-12"]) as bench:
        bench.put({"/etc/corosync/corosync.conf": ...})
        bench.start()
        bench.online()
        bench.power("node1", "off")
"""

from bench.node import Namespace, Node
from bench.stand import Bench, until
from bench.trees import DEBIAN, WITH_LIBVIRT, Tree, cache

__all__ = ["DEBIAN", "WITH_LIBVIRT", "Bench", "Namespace", "Node", "Tree", "cache", "until"]
