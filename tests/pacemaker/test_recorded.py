"""What a real Pacemaker said on the nights that were recorded, lived through again."""

import functools

import pytest
from recorded import replay

from hakvm.pacemaker import Pacemaker

GUEST, DRBD = "vm_debian9", "drbd_r0-clone"


@pytest.fixture(params=["bookworm", "trixie"])
def seen(request):
    """What a node's Pacemaker said at a moment, each time that it was asked: 2.1.5, and 3.0.0."""
    return functools.partial(statuses, request.param)


def statuses(suite, moment, node):
    transport = replay(moment, node, suite)
    times = sum(one.argv[:1] == ("crm_mon",) for one in transport.transcript.exchanges) // 4
    tool = Pacemaker(transport)
    return [tool.status() for _ in range(times)]


@pytest.mark.parametrize(
    ("moment", "node", "online", "guest"),
    [
        ("guest-running", "node1", ("node1", "node2"), "node1"),
        ("guest-running", "node2", ("node1", "node2"), "node1"),
        ("node1-power-cut", "node2", ("node2",), "node2"),
        ("node1-standby", "node1", ("node1", "node2"), "node2"),
    ],
)
def test_the_guest_is_where_drbd_is_promoted(seen, moment, node, online, guest):
    (status,) = seen(moment, node)
    assert status.online == online
    assert status.placement[GUEST] == status.placement.promoted(DRBD) == (guest,)
    assert status.failures == ()
    assert status.unparsed == ()
    assert status.daemon == "running"
    assert status.updated_on in {node, None}  # 2.1.5 does not say


def test_a_node_in_standby_is_online_and_runs_nothing(seen):
    (status,) = seen("node1-standby", "node1")
    assert status.standby == ("node1",)
    assert not any(
        one.node == "node1"
        for instances in status.placement.instances.values()
        for one in instances
        if one.role == "Started"
    )


def test_the_guest_stays_where_it_went_when_the_other_node_returns(seen):
    statuses = seen("node1-power-back", "node2")
    assert statuses[0].offline == ("node1",)
    assert statuses[-1].online == ("node1", "node2")
    assert {status.placement[GUEST] for status in statuses} == {("node2",)}


def test_without_a_power_switch_both_nodes_run_the_guest_when_all_links_are_cut(seen):
    last = [seen("links-cut", node)[-1] for node in ("node1", "node2")]
    assert [status.offline for status in last] == [("node2",), ("node1",)]
    assert [status.quorum for status in last] == [True, True]
    assert [status.placement[GUEST] for status in last] == [("node1",), ("node2",)]
