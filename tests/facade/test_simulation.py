"""What Pacemaker does with the cluster, by its own scheduler."""

import attrs
import pytest
from described import FENCED, HOWTO, two_node

from hakvm import Platform, pacemaker
from hakvm.errors import CommandNotFound, InvalidError
from hakvm.transport import Command

pytestmark = pytest.mark.oracle("crm_simulate")

GUEST, DRBD = "vm_debian9", "drbd_r0-clone"


def test_a_power_failure_and_the_return(debian12):
    night = debian12.simulate().power_off("node1").power_on("node1")
    assert [step.placement[GUEST] for step in night] == [("node1",), ("node2",), ("node2",)]
    assert [step.placement.promoted(DRBD) for step in night] == [
        ("node1",),
        ("node2",),
        ("node2",),
    ]
    assert [step.offline for step in night] == [(), ("node1",), ()]
    tasks = [(action.task, action.resource, action.node) for action in night[1].actions]
    assert tasks == [
        ("promote", "drbd_r0", "node2"),
        ("start", "fs_r0", "node2"),
        ("start", GUEST, "node2"),
    ]


def test_standby_moves_the_guest_in_order_and_back_again_on_demand_only(debian12):
    night = debian12.simulate().standby("node1")
    assert night.placement[GUEST] == ("node2",)
    tasks = [action.task for action in night.actions if action.resource == "drbd_r0"]
    assert tasks.index("demote") < tasks.index("promote")
    assert night.online("node1").placement[GUEST] == ("node2",)


def test_a_failed_guest_is_recovered_where_it_is(debian12):
    night = debian12.simulate().fail(GUEST)
    assert night.placement[GUEST] == ("node1",)
    assert [action.task for action in night.actions] == ["stop", "start"]


def test_an_outdated_copy_is_not_promoted(debian12):
    night = debian12.simulate(promotion={"node1": 5, "node2": 10000})
    assert night.placement.promoted(DRBD) == ("node2",)
    assert night.placement[GUEST] == ("node2",)


def test_the_howtos_colocation_promotes_the_outdated_copy(debian9):
    theirs = attrs.evolve(debian9, cib=pacemaker.crm.parse((HOWTO / "pacemaker.crm").read_text()))
    scores = {"node1": 5, "node2": 10000}
    assert theirs.simulate(promotion=scores).placement.promoted("ms_drbd") == ("node1",)
    assert debian9.simulate(promotion=scores).placement.promoted("ms_drbd") == ("node2",)
    # when all is well, the two are the same
    for cluster in (theirs, debian9):
        night = cluster.simulate().power_off("node1")
        assert night.placement.promoted("ms_drbd") == ("node2",)


def test_with_power_switches_the_lost_node_is_fenced_first():
    night = two_node(Platform.DEBIAN_12, nodes=FENCED).simulate().power_off("node1")
    assert night.steps[-1].simulation.fenced == ("node1",)
    assert night.actions[0].node == "node1"
    assert night.placement[GUEST] == ("node2",)


def test_the_copies_may_change_meanwhile(debian12):
    night = debian12.simulate().power_off("node1").power_on("node1", promotion=5)
    night = night.copies({"node1": 10000})
    assert night.placement[GUEST] == ("node2",)
    assert "10000" in night[-1].event


def test_it_says_why(debian12):
    night = debian12.simulate().power_off("node1").power_off("node2")
    assert night.placement[GUEST] == ()
    assert night.why(GUEST)


def test_an_unknown_node_or_resource_is_refused(debian12):
    night = debian12.simulate()
    with pytest.raises(InvalidError, match="node9"):
        night.power_off("node9")
    with pytest.raises(InvalidError, match="nosuch"):
        night.fail("nosuch")


def test_a_missing_simulator_is_named(debian12):
    class Bare:
        host = "bare"

        def run(self, command: Command):
            raise CommandNotFound(f"{command.argv[0]}: there is no such program", host="bare")

    with pytest.raises(CommandNotFound, match="bare"):
        debian12.simulate(transport=Bare())
