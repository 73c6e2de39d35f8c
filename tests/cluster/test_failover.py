"""`Cluster.two_node` on real nodes: it starts, node1 loses its power, node2 takes over.

What the simulation says beforehand is held against what happens.
"""

import attrs
import pytest

from bench import DEBIAN, WITH_LIBVIRT, Node, until
from bench.howto import bring_up, serves
from hakvm.cluster import Cluster, Failover, Platform
from hakvm.pacemaker import Release

FOLDER = "/var/lib/libvirt/images"


def simulate(cluster: Cluster, node: Node) -> Failover:
    """Ask the scheduler of that node's own release, where its crm_simulate can tell."""
    if cluster.platform is Platform.DEBIAN_12:
        return cluster.simulate(transport=node.transport)
    # Pacemaker 2.0 tells people only, and 3.0.0 stops short after --node-fail: this machine's.
    here = attrs.evolve(cluster, cib=cluster.cib.to_release(Release.V2_1))
    return here.simulate()


@pytest.mark.parametrize("release", list(DEBIAN))
def test_it_starts_and_fails_over_as_predicted(make_bench, release):
    bench = make_bench(release)
    cluster = bring_up(bench)
    node1, node2 = bench.nodes.values()
    node1.run("sh", "-c", f"echo precious >{FOLDER}/data; sync").check()
    simulated = simulate(cluster, node2)
    assert simulated.placement["vm_debian9"] == ("node1",)
    predicted = simulated.power_off("node1").placement

    bench.power("node1", "off")
    until("node2 serves", lambda: serves(bench, "node2", seen_by="node2"), 60)
    assert node2.run("cat", f"{FOLDER}/data").text == "precious\n"
    found = bench.status("node2")
    for name in ("fs_r0", "vm_debian9"):
        assert found.placement[name] == predicted[name]
    assert found.placement.promoted("drbd_r0") == predicted.promoted("drbd_r0")
    assert found.unparsed == ()
    # It was fenced before anything was taken from it: the agent has switched it on again.
    assert bench.powered("node1")
    bench.close()


def test_a_real_guest_moves_with_its_disk(make_bench):
    bench = make_bench(WITH_LIBVIRT.name)
    bring_up(bench, guest=True)
    node1, node2 = bench.nodes.values()

    def guests(node):
        return node.run("virsh", "list", "--name", "--state-running").text.split()

    assert (guests(node1), guests(node2)) == (["debian9"], [])
    uuid = node1.run("virsh", "domuuid", "debian9").check().text
    bench.power("node1", "off")
    until("node2 serves", lambda: serves(bench, "node2", seen_by="node2"), 60)
    assert guests(node2) == ["debian9"]
    assert node2.run("virsh", "domuuid", "debian9").text == uuid
    bench.close()
