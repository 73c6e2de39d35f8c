"""The howto's cluster as far as a bench can run it.

DRBD wants a kernel module, so Pacemaker's own Stateful agent is promoted in
its place; the filesystem is real, on a disk that both nodes see; the guest is
a dummy where there is no hypervisor.
"""

import attrs

from bench.stand import Bench, until
from hakvm import libvirt
from hakvm.cluster import Cluster, Fence, Node, Platform
from hakvm.pacemaker import Cib, Primitive, Role, primitive

__all__ = ["PLATFORMS", "bring_up", "describe", "serves"]

PLATFORMS = {
    "debian-11": Platform.DEBIAN_11,
    "debian-12": Platform.DEBIAN_12,
    "debian-12-libvirt": Platform.DEBIAN_12,
    "debian-13": Platform.DEBIAN_13,
}
_DISK = "/run/bench/disk.img"
_COROSYNC = ("/etc/corosync/corosync.conf", "/etc/corosync/authkey")


def describe(platform: Platform) -> Cluster:
    """Return the howto's cluster on the bench's network, with the bench's fence agent."""

    def node(name: str, address: str, second: str) -> Node:
        fence = Fence(agent="fence_bench", parameters={"port": name, "password": "hunter2"})
        return Node(name, address, second_address=second, fence=fence)

    return Cluster.two_node(
        "bench",
        nodes=[
            node("node1", "192.168.2.170", "10.0.0.1"),
            node("node2", "192.168.2.171", "10.0.0.2"),
        ],
        disk="/dev/sdb1",
        # No node has a processor to lend, so the guest's is emulated.
        guest=libvirt.guest("debian9", memory="32 MiB", disk="vm01.img", accelerator="qemu"),
        platform=platform,
    )


def bring_up(bench: Bench, *, guest: bool = False) -> Cluster:
    """Bring the cluster up on a bench until node1 serves; return it as it runs there.

    Args:
        bench: nodes that have not been started yet.
        guest: whether the guest is a real one.
    """
    cluster = describe(PLATFORMS[bench.tree.name])
    files = cluster.files("node1")
    wanted = (*_COROSYNC, *(cluster.domains if guest else ()))
    bench.put({path: (files[path].content, files[path].mode) for path in wanted})
    node1 = bench.nodes["node1"]
    node1.run("truncate", "-s", "16M", _DISK).check()
    node1.run("mkfs.ext4", "-q", _DISK).check()
    cluster = attrs.evolve(cluster, cib=_standing_in(cluster.cib, guest=guest))
    if guest:
        _give_it_a_disk(bench, cluster)
    bench.start()
    bench.online()
    # Newer than what the cluster has made for itself by now.
    newer = attrs.evolve(cluster.cib, admin_epoch=1)
    node1.run("cibadmin", "--replace", "--xml-pipe", stdin=newer.render().encode()).check()
    until("node1 serves", lambda: serves(bench, "node1", seen_by="node2"), 60)
    return cluster


def serves(bench: Bench, node: str, *, seen_by: str) -> bool:
    """Whether everything runs on that node, and on that one alone."""
    placement = bench.status(seen_by).placement
    return placement.promoted("drbd_r0") == (node,) and all(
        [(one.node, one.role) for one in placement.instances[name]] == [(node, Role.STARTED)]
        for name in ("fs_r0", "vm_debian9")
    )


def _standing_in(cib: Cib, *, guest: bool) -> Cib:
    """Put agents that need neither DRBD nor a hypervisor in the place of those that do."""
    drbd, filesystem, domain = (_primitive(cib, one) for one in ("drbd_r0", "fs_r0", "vm_debian9"))
    kept = primitive(
        filesystem.id,
        filesystem.agent,
        *filesystem.ops,
        device=_DISK,
        directory=filesystem.params["directory"],
        fstype=filesystem.params["fstype"],
        options="loop",
    )
    found = cib.replace(
        attrs.evolve(drbd, provider="pacemaker", type="Stateful", instance_attributes=()), kept
    )
    if guest:
        return found
    return found.replace(
        attrs.evolve(domain, provider="pacemaker", type="Dummy", instance_attributes=())
    )


def _primitive(cib: Cib, name: str) -> Primitive:
    found = cib.resources[name]
    assert isinstance(found, Primitive)
    return found


def _give_it_a_disk(bench: Bench, cluster: Cluster) -> None:
    """Put the guest's disk on the filesystem that the cluster is going to mount."""
    folder = _primitive(cluster.cib, "fs_r0").params["directory"]
    bench.nodes["node1"].run(
        "sh",
        "-ec",
        'mkdir -p "$1"; mount -o loop "$2" "$1"; truncate -s 1M "$1/vm01.img"; umount "$1"',
        "disk",
        folder,
        _DISK,
    ).check()
    for node in bench.nodes.values():
        node.run("systemctl", "start", "libvirtd").check()
