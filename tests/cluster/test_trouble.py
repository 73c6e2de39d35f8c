"""What goes wrong with corosync on real nodes is found, and named."""

import attrs
import pytest

from bench import until
from hakvm import corosync
from hakvm.corosync import Corosync
from hakvm.errors import CommandError, ConflictError, HakvmError, InvalidError

CONF = "/etc/corosync/corosync.conf"


@pytest.fixture(scope="module")
def bench(make_bench, configs, authkey):
    made = make_bench("debian-12")
    made.put({CONF: (configs["knet"].render().encode(), 0o644)})
    for node in made.nodes.values():
        Corosync(node.transport).save_authkey(authkey)
    return made


@pytest.fixture(autouse=True)
def whole(bench, configs, authkey):
    """After each test the files are right again, the cables are in and nothing runs."""
    yield
    for node in bench.nodes.values():
        bench.heal(node.name)
        node.run("systemctl", "stop", "corosync").check()
        Corosync(node.transport).save_authkey(authkey, replace=True)
        node.files.write(CONF, configs["knet"].render().encode())


@pytest.fixture
def node1(bench):
    return Corosync(bench.nodes["node1"].transport)


def start(bench):
    for node in bench.nodes.values():
        node.run("systemctl", "start", "corosync").check()


def both(tool):
    return lambda: tool.status().names == ("node1", "node2")


def ids(config):
    return {finding.rule for finding in config.check()}


# --- bad files ------------------------------------------------------------------------------


def test_the_howto_s_file_with_its_no_break_spaces(bench, node1, howto_as_copied):
    assert "corosync.no-break-space" in ids(corosync.Config.parse(howto_as_copied))
    with pytest.raises(InvalidError) as caught:
        node1.test(howto_as_copied)
    assert caught.value.line == 2
    assert "node1" in str(caught.value)
    node = bench.nodes["node1"]
    node.files.write(CONF, howto_as_copied.encode())
    with pytest.raises(CommandError, match=r"corosync\.service failed"):
        node.run("systemctl", "start", "corosync").check()


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("version: 2", "version: 3", "version"),
        ("crypto_hash: sha256", "crypto_hash: sha3", "crypto|hash"),
        ("nodeid: 2", "nodeid: 0", "nodeid"),
        ("quorum {", "quorum ", "bracket|line"),
    ],
)
def test_a_bad_file_is_refused_before_it_is_written(node1, configs, right, wrong, said):
    before = node1.config()
    text = configs["knet"].render()
    assert right in text
    with pytest.raises(InvalidError, match=f"(?i)corosync -t.*({said})"):
        node1.test(text.replace(right, wrong))
    assert node1.config() == before


def test_a_good_file_is_accepted_on_both_nodes(bench, configs):
    for node in bench.nodes.values():
        for config in configs.values():
            assert isinstance(Corosync(node.transport).test(config), tuple)


def test_a_duplicated_nodeid_is_found_here_and_there(node1, configs):
    good = configs["knet"]
    nodes = tuple(attrs.evolve(node, nodeid=1) for node in good.nodelist.node)
    twice = attrs.evolve(good, nodelist=attrs.evolve(good.nodelist, node=nodes))
    assert "corosync.nodeid-duplicate" in ids(twice)
    assert "corosync.nodeid-duplicate" not in ids(good)
    with pytest.raises(InvalidError, match=r"(?i)nodeid"):
        node1.test(twice.render())


def test_a_file_that_someone_changed_meanwhile_is_not_replaced(bench):
    files = bench.nodes["node1"].files
    read = files.checksum(CONF)
    files.write(CONF, files.read(CONF) + b"# by hand\n")
    with pytest.raises(ConflictError):
        files.write(CONF, b"", replaces=read)


# --- keys -----------------------------------------------------------------------------------


def test_a_wrong_key_keeps_the_nodes_apart_and_is_told_by_its_fingerprint(bench, node1, authkey):
    other = corosync.AuthKey.generate()
    node2 = Corosync(bench.nodes["node2"].transport)
    with pytest.raises(ConflictError):
        node2.save_authkey(other)
    node2.save_authkey(other, replace=True)
    assert node1.authkey().matches(authkey.fingerprint)
    assert not node2.authkey().matches(node1.authkey().fingerprint)
    start(bench)
    assert node1.status().names == ("node1",)
    assert node1.links().faulty
    # The right key on both, and they find each other.
    bench.nodes["node2"].run("systemctl", "stop", "corosync").check()
    node2.save_authkey(authkey, replace=True)
    bench.nodes["node2"].run("systemctl", "start", "corosync").check()
    until("both are there", both(node1))
    assert not node1.links().faulty


def test_a_key_that_others_can_read_is_refused(bench, node1, authkey):
    bench.nodes["node1"].run("chmod", "644", "/etc/corosync/authkey").check()
    with pytest.raises(HakvmError, match="others can read"):
        node1.authkey()
    node1.save_authkey(authkey, replace=True)
    assert node1.authkey() == authkey


def test_corosync_s_own_keygen(node1, authkey):
    with pytest.raises(ConflictError):
        node1.keygen()
    said = node1.keygen(replace=True)
    assert "corosync" in said.lower()
    made = node1.authkey()
    assert len(made) == 256
    assert made != authkey


# --- cables ---------------------------------------------------------------------------------


def test_a_cut_link_is_named_and_the_cluster_holds(bench, node1):
    start(bench)
    until("both are there", both(node1))
    until("both links stand", lambda: not node1.links().faulty)
    bench.cut("node1", 1)
    until("the cut link is faulty", lambda: [one.number for one in node1.links().faulty] == [1])
    assert node1.links().faulty[0].address == "10.0.0.1"
    assert both(node1)()
    assert node1.quorate()
    bench.heal("node1")
    until("the link is back", lambda: not node1.links().faulty)


def test_a_partition_shows_on_both_sides(bench, node1):
    node2 = Corosync(bench.nodes["node2"].transport)
    start(bench)
    until("both are there", both(node1))
    ring = node1.status().ring
    bench.cut("node1")
    until("node1 is alone", lambda: node1.status().names == ("node1",))
    until("node2 is alone", lambda: node2.status().names == ("node2",))
    # The trap of two_node: both sides think that they may act.
    assert node1.quorate()
    assert node2.quorate()
    bench.heal("node1")
    until("both are there again", both(node1))
    assert node1.status().ring != ring
