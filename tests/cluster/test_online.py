"""hakvm's corosync.conf and authkey bring both nodes Online, on three Debian releases."""

import hashlib
import time

import pytest
from bench import DEBIAN, Bench

from hakvm import pacemaker
from hakvm.transport import Command, gather

AUTHKEY = "/etc/corosync/authkey"
CONF = "/etc/corosync/corosync.conf"
TOOK: dict[Bench, float] = {}


@pytest.fixture(scope="module", params=list(DEBIAN))
def release(request):
    return request.param


@pytest.fixture(scope="module", params=["knet", "udpu"])
def cluster(request, release, make_bench, authkey, configs):
    DEBIAN[release].unpacked()  # made once, and not part of what is timed
    begin = time.monotonic()
    bench = make_bench(release)
    bench.put(
        {
            CONF: (configs[request.param].render().encode(), 0o644),
            AUTHKEY: (bytes(authkey), 0o400),
        }
    )
    bench.start()
    bench.online()
    TOOK[bench] = time.monotonic() - begin
    yield bench
    bench.close()


def test_both_nodes_are_online_within_ten_seconds(cluster):
    assert TOOK[cluster] < 10


def test_each_node_sees_both(cluster):
    for node in cluster.nodes:
        status = cluster.status(node)
        assert status.online == ("node1", "node2")
        assert status.offline == status.unclean == ()
        assert status.quorum is True
        assert status.unparsed == ()
        assert status.version.startswith(cluster.tree.pacemaker)


def test_the_key_is_for_root_alone(cluster, authkey):
    for node in cluster.nodes.values():
        found = node.files.find(AUTHKEY)
        assert (found.mode, found.owner, found.group) == (0o400, "root", "root")
        assert found.checksum == hashlib.sha256(bytes(authkey)).hexdigest()


def test_the_file_is_what_corosync_itself_accepts(cluster):
    tested = gather(
        {name: node.transport for name, node in cluster.nodes.items()},
        Command.of("corosync", "-t", "-c", CONF),
    )
    assert tested.check()


def test_the_release_is_the_one_that_was_asked_for(cluster):
    tools = pacemaker.Pacemaker(transport=cluster.nodes["node1"].transport)
    assert tools.version() == cluster.tree.pacemaker


def test_it_works_over_real_ssh_too(cluster):
    with cluster.nodes["node2"].ssh() as ssh:
        status = pacemaker.Pacemaker(transport=ssh).status()
    assert status.online == ("node1", "node2")
