import pickle
from datetime import timedelta
from types import SimpleNamespace

import attrs
import pytest

from hakvm.errors import CommandError, CommandNotFound, InvalidError
from hakvm.pacemaker import (
    ActionKind,
    Cib,
    Colocation,
    Pacemaker,
    Role,
    crm,
    drbd_score,
    drbd_scores,
    location,
    primitive,
    simulate,
)
from hakvm.pacemaker._transition import Transition
from hakvm.transport import Command, Completed

pytestmark = pytest.mark.oracle("crm_simulate", "cibadmin")


@pytest.fixture
def right(howto):
    """The howto's cluster with its colocation the right way round."""
    follows = howto.constraints["apache-deps"]
    assert isinstance(follows, Colocation)
    return howto.replace(
        attrs.evolve(
            follows, rsc="lvm_grp", rsc_role=None, with_rsc="ms_drbd", with_rsc_role=Role.MASTER
        )
    )


def done(simulation):
    return [str(action) for action in simulation.resource_actions]


def test_a_night_of_the_howto(right):
    start = simulate(right)
    assert start.placement["lvm_grp"] == ("node1",)
    assert start.placement.promoted("ms_drbd") == ("node1",)
    assert done(start)[-3:] == [
        "promote drbd_res on node1",
        "start fs_kvm_res on node1",
        "start res_virtdom_debian9 on node1",
    ]
    dead = start.node_fail("node1")
    assert dead.before == start.placement
    assert done(dead) == [
        "promote drbd_res on node2",
        "start fs_kvm_res on node2",
        "start res_virtdom_debian9 on node2",
    ]
    assert [node.name for node in dead.nodes if not node.online] == ["node1"]
    back = dead.node_up("node1")
    assert "start drbd_res on node1" in done(back)
    # The location's 100 with nothing against it: the guest goes back at once.
    assert back.placement["lvm_grp"] == ("node1",)
    assert back.again().resource_actions == ()


def test_what_is_sticky_stays(right):
    sticky = right.with_rsc_defaults({"resource-stickiness": 200})
    back = simulate(sticky, fail=["node1"]).node_up("node1")
    assert done(back) == ["start drbd_res on node1"]
    assert back.placement["lvm_grp"] == ("node2",)
    assert back.placement.unpromoted("ms_drbd") == ("node1",)


def test_events_befall_a_cluster_that_runs(right):
    assert simulate(right, fail=["node1"]).placement == simulate(right).node_fail("node1").placement
    standby = simulate(right, standby=["node1"])
    assert standby.placement["lvm_grp"] == ("node2",)
    assert standby.placement["ms_drbd"] == ("node2",)
    assert standby.online("node1").placement["ms_drbd"] == ("node1", "node2")
    assert simulate(right, down=["node1"]).placement["lvm_grp"] == ("node2",)


def test_the_direction_of_the_colocation_tells_when_a_copy_is_bad(howto, right):
    """What the happy path hides: the howto promotes the outdated copy."""
    outdated = {"ms_drbd": {"node1": 5, "node2": 10_000}}
    assert simulate(right, promotion=outdated).placement.promoted("ms_drbd") == ("node2",)
    assert simulate(howto, promotion=outdated).placement.promoted("ms_drbd") == ("node1",)
    nothing = simulate(right.remove("drbd_on_node1"), promotion={})
    assert nothing.placement.promoted("ms_drbd") == ()
    assert nothing.placement["lvm_grp"] == ()


def test_scores_may_change(right):
    start = simulate(right)
    worse = start.promote_with({"ms_drbd": {"node1": 5}})
    assert worse.placement.promoted("ms_drbd") == ("node2",)


def test_a_resource_that_fails_is_recovered(right):
    failed = simulate(right).resource_fail("res_virtdom_debian9")
    assert done(failed) == [
        "stop res_virtdom_debian9 on node1",
        "start res_virtdom_debian9 on node1",
    ]
    assert failed.decisions[0].action == "recover"
    promoted = simulate(right).resource_fail("drbd_res", node="node1", rc=9)
    assert "demote drbd_res on node1" in done(promoted)


def test_an_operation_that_will_fail(right):
    failed = simulate(right, fail_operations=["fs_kvm_res_start_0@node1=1"])
    assert failed.placement["res_virtdom_debian9"] == ()
    assert failed.again().placement["fs_kvm_res"] == ("node2",)


def test_a_move_by_hand_pins(right):
    moved = simulate(right).move("res_virtdom_debian9", "node2")
    assert moved.placement["lvm_grp"] == ("node2",)
    assert "cli-prefer-lvm_grp" in moved.cib.constraints
    assert moved.move("lvm_grp", "node1").placement["lvm_grp"] == ("node1",)


def test_a_ticket_lets_run(right):
    cib = crm.parse("rsc_ticket t ticketA: lvm_grp loss-policy=stop", into=right)
    start = simulate(cib)
    assert start.placement["lvm_grp"] == ()
    granted = start.ticket("ticketA", granted=True)
    assert granted.placement["lvm_grp"] == ("node1",)
    assert granted.ticket("ticketA", standby=True).placement["lvm_grp"] == ()


FENCED = """
primitive fence1 stonith:fence_ipmilan params pcmk_host_list=node1 op monitor interval=60s
primitive fence2 stonith:fence_ipmilan params pcmk_host_list=node2 op monitor interval=60s
location f1 fence1 -inf: node1
location f2 fence2 -inf: node2
property stonith-enabled=true
"""


def test_a_dead_node_is_fenced_first(right):
    dead = simulate(crm.parse(FENCED, into=right), fail=["node1"])
    assert dead.fenced == ("node1",)
    actions = list(dead.actions)
    fence = next(i for i, one in enumerate(actions) if one.kind is ActionKind.FENCE)
    promote = next(i for i, one in enumerate(actions) if one.task == "promote")
    assert fence < promote
    assert dead.placement["lvm_grp"] == ("node2",)


def test_actions_are_typed(right):
    start = simulate(right)
    monitor = next(one for one in start.actions if one.interval)
    assert monitor.task == "monitor"
    assert monitor.interval in {timedelta(seconds=29), timedelta(seconds=31), timedelta(seconds=30)}
    assert {one.kind for one in start.actions} == {ActionKind.RESOURCE, ActionKind.PSEUDO}
    assert start.scores.promotion_of("drbd_res")["node1"] > 0
    assert start.scores.of("fs_kvm_res")["node1"] >= 0


def test_it_says_why(right):
    nothing = simulate(right.remove("drbd_on_node1"), promotion={})
    why = nothing.why("fs_kvm_res")
    assert why[0] == "fs_kvm_res does not run"
    assert "apache-deps: it follows Master ms_drbd (INFINITY)" in why
    assert "app_on_drbd: it waits for promote of ms_drbd" in why
    away = simulate(right.add(location("lvm_grp", node="node1", score="-INFINITY")))
    assert "it may not run on node1: its score there is -INFINITY" in away.why("lvm_grp")
    with pytest.raises(InvalidError, match="no resource 'x'"):
        nothing.why("x")


def test_what_the_scheduler_does_not_understand_is_told(howto):
    said = simulate(howto.with_properties({"stonith-enabled": "maybe"})).messages
    assert any("maybe" in line for line in said)


def test_a_feature_set_of_the_future_is_no_obstacle(right):
    future = attrs.evolve(right, crm_feature_set="9.9.9")
    assert simulate(future).placement == simulate(right).placement


def test_a_status_that_is_there_is_used(right):
    running = simulate(right, fail=["node1"]).cib
    assert simulate(running).placement["lvm_grp"] == ("node2",)
    assert Pacemaker().simulate(running).placement["lvm_grp"] == ("node2",)


@pytest.mark.parametrize(
    "call",
    [
        lambda cib: simulate(cib, fail=["node3"]),
        lambda cib: simulate(cib).node_up("node3"),
        lambda cib: simulate(cib, inject=["drbd"]),
        lambda cib: simulate(cib, promotion={"ms_drbd": {"node3": 1}}),
        lambda cib: simulate(cib, promotion={"nothing": {"node1": 1}}),
        lambda cib: simulate(cib).resource_fail("drbd_res"),
        lambda cib: simulate(cib).resource_fail("nothing"),
        lambda cib: simulate(cib).move("lvm_grp", "node3"),
    ],
)
def test_what_is_not_there_is_named(right, call):
    with pytest.raises(InvalidError) as caught:
        call(right)
    assert caught.value.hint or caught.value.path


def test_a_cib_that_is_refused_is_a_command_error(right):
    broken = attrs.evolve(right, validate_with="pacemaker-99.9")
    with pytest.raises(CommandError):
        simulate(broken)


class Nowhere:
    host = "nowhere"

    def run(self, command: Command) -> Completed:
        raise CommandNotFound(f"{command.argv[0]}: there is no such program", host=self.host)


def test_a_missing_tool_is_named(right):
    with pytest.raises(CommandNotFound, match="no such program"):
        simulate(right, transport=Nowhere())


def test_nothing_is_left_behind(right, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    simulate(right)
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_without_resources():
    assert simulate(Cib.new("a")).actions == ()
    assert simulate(Cib.new("a").add(primitive("p", "ocf:pacemaker:Dummy"))).placement == {"p": ()}


def copy(disk, peer, role="Secondary"):
    return SimpleNamespace(disk=disk, peer_disk=peer, role=role)


@pytest.mark.parametrize(
    ("state", "score"),
    [
        (copy("UpToDate", "UpToDate"), 10_000),
        (copy("UpToDate", "DUnknown"), 1000),
        (copy("UpToDate", "DUnknown", "Primary"), 10_000),
        (copy("Inconsistent", "UpToDate"), 10),
        (copy("Outdated", "DUnknown"), 0),
        (copy("Consistent", "DUnknown"), 0),
    ],
)
def test_a_copy_is_scored_as_its_agent_does(state, score):
    assert drbd_score(state) == score


def test_the_state_of_the_copies_decides(right):
    states = {"node1": copy("Inconsistent", "UpToDate"), "node2": copy("UpToDate", "Inconsistent")}
    start = simulate(right, promotion=drbd_scores("ms_drbd", states))
    assert start.placement.promoted("ms_drbd") == ("node2",)


def test_a_simulator_that_says_no_end_is_not_taken_for_an_empty_cluster():
    said = '<pacemaker-result api-version="2.38"><cluster_status/></pacemaker-result>'
    with pytest.raises(InvalidError, match="where everything runs afterwards"):
        Transition.parse(said)


def test_a_night_crosses_a_process_pool(right):
    night = simulate(right).node_fail("node1")
    again = pickle.loads(pickle.dumps(night))
    assert again == night
    assert again.placement == night.placement
