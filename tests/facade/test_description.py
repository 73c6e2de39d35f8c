"""A cluster from a few words: what it holds, and what it refuses."""

import stat

import attrs
import pytest
from described import FENCED, KEY, PLATFORMS, two_node
from hypothesis import given
from hypothesis import strategies as st

from hakvm import Cluster, Node, Platform, corosync, drbd, libvirt, pacemaker
from hakvm.cluster import Bridge
from hakvm.errors import HakvmError, InvalidError


@pytest.mark.parametrize("platform", PLATFORMS, ids=str)
def test_every_file_of_the_howto_is_there(platform):
    files = two_node(platform).files("node1")
    assert set(files) == {
        "/etc/hosts",
        "/etc/drbd.d/r0.res",
        "/etc/network/interfaces",
        "/etc/corosync/corosync.conf",
        "/etc/corosync/authkey",
        "/etc/hakvm/debian9.xml",
        "/etc/hakvm/cib.xml",
    }
    assert (files["/etc/corosync/authkey"].mode, files["/etc/corosync/authkey"].owner) == (
        0o400,
        "root",
    )


@pytest.mark.parametrize("platform", PLATFORMS, ids=str)
def test_what_is_written_is_read_again(platform):
    cluster = two_node(platform)
    files = cluster.files("node1")
    assert drbd.Config.parse(files["/etc/drbd.d/r0.res"].text) == cluster.drbd
    assert corosync.Config.parse(files["/etc/corosync/corosync.conf"].text) == cluster.corosync
    assert pacemaker.Cib.parse(files["/etc/hakvm/cib.xml"].text) == cluster.cib
    (domain,) = cluster.domains.values()
    assert libvirt.Domain.parse(files["/etc/hakvm/debian9.xml"].text) == domain


def test_the_nodes_differ_only_in_their_addresses(debian12):
    one, other = debian12.files("node1"), debian12.files("node2")
    assert {path for path in one if one[path] != other[path]} == {"/etc/network/interfaces"}


def test_the_guest_is_the_same_guest_each_time():
    one, other = two_node(Platform.DEBIAN_12), two_node(Platform.DEBIAN_12)
    assert one == other
    (domain,) = one.domains.values()
    assert domain.uuid is not None
    assert domain.devices.interfaces[0].mac is not None


def test_the_key_is_new_unless_given():
    one, other = (two_node(Platform.DEBIAN_12, authkey=None) for _ in range(2))
    assert one.authkey != other.authkey
    assert one.authkey is not None
    assert len(one.authkey.data) >= 128


def test_files_are_written_with_their_modes(debian12, tmp_path):
    paths = debian12.write(tmp_path)
    assert len(paths) == 14
    assert (tmp_path / "node2/etc/corosync/authkey").read_bytes() == KEY.data
    for path in paths:
        relative = "/" + str(path.relative_to(tmp_path)).split("/", 1)[1]
        node = path.relative_to(tmp_path).parts[0]
        assert stat.S_IMODE(path.stat().st_mode) == debian12.files(node)[relative].mode
    assert debian12.write(tmp_path) == paths  # over what is there, the read-only key too


@pytest.mark.parametrize("platform", PLATFORMS[1:], ids=str)
def test_today_a_cluster_with_all_it_needs_has_nothing_to_be_said_of(platform):
    cluster = two_node(platform, nodes=FENCED, disk="/dev/vg0/r0")
    assert [str(one) for one in cluster.check() if one.severity > 1] == []


def test_today_a_cluster_has_what_keeps_its_data():
    cluster = two_node(Platform.DEBIAN_12, nodes=FENCED, disk="/dev/vg0/r0")
    assert cluster.drbd.resources["r0"].disk_options["fencing"] == "resource-and-stonith"
    assert cluster.drbd.resources["r0"].hosts["node2"].address == "10.0.0.2:7789"
    assert cluster.corosync.nodelist["node2"].addresses == {0: "192.168.2.171", 1: "10.0.0.2"}
    assert cluster.cib.properties["stonith-enabled"] == "true"
    assert cluster.cib.properties["priority-fencing-delay"] == "15s"
    assert cluster.cib.constraints["fence_node1-on-node1"].score == -pacemaker.INFINITY


def test_drbd_9_has_its_policy_and_handlers_elsewhere():
    resource = two_node(Platform.RHEL_9, nodes=FENCED).drbd.resources["r0"]
    assert resource.net["fencing"] == "resource-and-stonith"
    assert set(resource.handlers) == {"fence-peer", "unfence-peer"}
    assert [host.node_id for host in resource.hosts.values()] == [0, 1]


@pytest.mark.parametrize("platform", PLATFORMS, ids=str)
def test_no_secret_shows(platform):
    cluster = two_node(platform, nodes=FENCED)
    shown = repr(cluster) + repr(cluster.files("node1")) + "".join(map(str, cluster.check()))
    assert "s3same" not in shown
    assert KEY.data.hex() not in shown
    assert repr(KEY.data)[2:20] not in shown
    assert cluster.files("node1")["/etc/corosync/authkey"].text == "***"


NODES = [Node("node1", "192.168.2.170"), Node("node2", "192.168.2.171")]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: two_node(Platform.DEBIAN_12, nodes=NODES[:1]), "1 node: a two-node cluster has"),
        (
            lambda: two_node(Platform.DEBIAN_12, nodes=[*NODES, Node("node3", "192.168.2.172")]),
            "3 nodes: a two-node cluster has two",
        ),
        (lambda: two_node(Platform.DEBIAN_12, nodes=[]), "0 nodes"),
        (lambda: two_node(Platform.DEBIAN_12, nodes=[NODES[0]] * 2), "both nodes have the name"),
        (
            lambda: two_node(Platform.DEBIAN_12, nodes=[NODES[0], Node("node2", "192.168.2.170")]),
            "both nodes have the address",
        ),
        (
            lambda: two_node(
                Platform.DEBIAN_12,
                nodes=[NODES[0], attrs.evolve(NODES[1], second_address="10.0.0.2")],
            ),
            "node1 has none",
        ),
        (lambda: Node("node1\n    }", "192.168.2.170"), "is no host name"),
        (lambda: Node("node1", "192.168.2.300"), "is no IP address"),
        (lambda: Node("node1", "192.168.2.170:7789"), "is no IP address"),
        (lambda: Node("node1", ""), "is no IP address"),
        (lambda: Bridge("br0; reboot"), "is no name of a network interface"),
        (lambda: Bridge("br0", gateway="router"), "is no IP address"),
        (lambda: two_node(Platform.DEBIAN_12, bridge=Bridge(prefix=99)), "is no prefix length"),
        (
            lambda: two_node(Platform.DEBIAN_12, bridge=Bridge(gateway="10.9.9.9")),
            "10.9.9.9 is not in 192.168.2.0/24",
        ),
        (lambda: two_node(Platform.DEBIAN_12, disk={"node1": "/dev/sdb1"}), "no disk for node2"),
        (lambda: two_node(Platform.DEBIAN_12, disk="/dev/sdb1;\n}"), "/dev/sdb1"),
        (lambda: two_node(Platform.DEBIAN_12).files("node9"), "there is no node 'node9'"),
        (lambda: two_node(Platform.DEBIAN_12).node("node9"), "there is no node 'node9'"),
    ],
)
def test_bad_input_gets_a_clear_answer(make, says):
    with pytest.raises(InvalidError) as caught:
        make()
    assert says in str(caught.value)
    assert caught.value.path or caught.value.value is not None


def test_nothing_is_written_of_a_cluster_that_cannot_be_rendered(debian12, tmp_path):
    wrong = attrs.evolve(debian12, platform=Platform.DEBIAN_9)
    with pytest.raises(HakvmError):
        wrong.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_the_words_only_our_errors_come_of_them(name, address):
    try:
        Cluster.two_node(
            "c",
            nodes=[Node(name, address), Node("other", "10.0.0.2")],
            disk=name,
            guest=libvirt.guest("g", memory="1 GiB", vcpus=1, bridge="br0", disk="g.img"),
            authkey=KEY,
        )
    except HakvmError as error:
        assert str(error)  # noqa: PT017 - that it is one is the point
