"""Two copies apart, for real: what hakvm makes of it, and how they come together again."""

import re
from datetime import timedelta

import pytest

from hakvm import drbd
from hakvm.drbd import ConnectionState, Role, Situation
from hakvm.errors import ConflictError, InvalidError, UnsafeError, WaitTimeout
from hakvm_lab import Lab
from hakvm_lab.machine import NODES
from hakvm_lab.replication import part, put_together, scribble, settle, split_brain, tool
from hakvm_lab.stages import proc_drbd, wait_for

BLOCK = 4  # KiB; DRBD notes changes in blocks of this size


def diagnosed(*tools: drbd.Drbdadm) -> drbd.Verdict:
    return drbd.diagnose("r0", *(drbd.gather_evidence(tool, "r0") for tool in tools))


@pytest.mark.lab("drbd-synced")
def test_the_howtos_case_both_wait_and_reconnecting_brings_them_together(lab: Lab) -> None:
    first, second = (tool(lab, node) for node in NODES)
    first.secondary("r0")
    part(lab)
    with pytest.raises(WaitTimeout, match="did not connect") as caught:
        first.wait_connect("r0", limit=timedelta(seconds=2))
    assert caught.value.last == "WFConnection"
    verdict = diagnosed(first, second)
    assert verdict.situation is Situation.SAME_DATA
    plan = drbd.plan_recovery(verdict, tool=first)
    assert (plan.lost, plan.confirmation) == (0, "")
    drbd.recover(plan, first, second)  # the link is still cut: they wait anew
    assert {one.cstate("r0") for one in (first, second)} <= {
        (ConnectionState.WF_CONNECTION,),
        (ConnectionState.UNCONNECTED,),
    }
    lab.heal()
    settle(lab)


@pytest.mark.lab("drbd-synced")
def test_who_was_disconnected_by_hand_is_no_victim(lab: Lab) -> None:
    first, second = (tool(lab, node) for node in NODES)
    first.secondary("r0")
    second.disconnect("r0")
    wait_for(lambda: first.cstate("r0") == (ConnectionState.WF_CONNECTION,), 60, first.proc)
    assert second.cstate("r0") == (ConnectionState.STANDALONE,)
    verdict = diagnosed(first, second)
    assert verdict.situation is Situation.SAME_DATA
    with pytest.raises(InvalidError, match="nothing has to be lost"):
        drbd.plan_recovery(verdict, tool=first, victim="node2")
    drbd.recover(drbd.plan_recovery(verdict, tool=first), first, second)
    settle(lab)


@pytest.mark.lab("drbd-synced")
def test_one_that_went_on_alone_is_followed_after_a_reconnect(lab: Lab) -> None:
    first, second = (tool(lab, node) for node in NODES)
    second.disconnect("r0")
    scribble(lab, "node1", "/dev/drbd0", 500, 7)
    wait_for(lambda: proc_drbd(lab, "node1").out_of_sync == 7 * BLOCK, 30, first.proc)
    verdict = diagnosed(first, second)
    assert (verdict.situation, verdict.newer) == (Situation.ONE_IS_NEWER, "node1")
    drbd.recover(drbd.plan_recovery(verdict, tool=first), first, second)
    settle(lab)


def copy(lab: Lab, node: str, name: str) -> None:
    """Keep what the copy in `node` holds now, as /root/NAME."""
    words = ("if=/dev/sdb1", f"of=/root/{name}", "bs=1M", "iflag=direct")
    lab.run(node, "dd", *words, limit=240)


def differing(lab: Lab, node: str, one: str, other: str) -> set[int]:
    """Return the blocks of DRBD's device in which two kept copies differ."""
    size = int(lab.run(node, "cat", "/sys/block/drbd0/size").text) * 512
    script = f"cmp -l -n {size} /root/{one} /root/{other} | awk '{{print int(($1-1)/4096)}}' | uniq"
    return {int(word) for word in lab.run(node, "sh", "-c", script, limit=240).text.split()}


@pytest.mark.lab("drbd-synced")
def test_a_split_brain_is_recovered_and_loses_what_was_predicted(lab: Lab) -> None:
    first, second = (tool(lab, node) for node in NODES)
    copy(lab, "node2", "before")
    split_brain(lab)
    copy(lab, "node2", "split")

    verdict = diagnosed(first, second)
    assert verdict.situation is Situation.SPLIT_BRAIN
    assert any("split-brain" in reason.lower() for reason in verdict.reasons)
    plan = drbd.plan_recovery(verdict, tool=first, victim="node2")
    lost = differing(lab, "node2", "before", "split")
    assert plan.lost == len(lost) * BLOCK == 30 * BLOCK
    assert drbd.plan_recovery(verdict, tool=first, victim="node1").lost == 40 * BLOCK

    with pytest.raises(UnsafeError, match=f"{plan.lost} KiB"):
        drbd.recover(plan, first, second, confirm="r0")
    drbd.recover(plan, first, second, confirm=plan.confirmation)
    settle(lab)
    assert (first.role("r0"), second.role("r0")) == (
        (Role.PRIMARY, Role.SECONDARY),
        (Role.SECONDARY, Role.PRIMARY),
    )
    copy(lab, "node2", "after")
    copy(lab, "node1", "kept")
    # All that node2 had written is gone, and nothing else: it holds what node1 holds.
    assert differing(lab, "node2", "split", "after") >= lost
    assert differing(lab, "node2", "before", "after") == set(range(2000, 2040))
    sums = [
        lab.run(node, "sh", "-c", f"head -c 32M /root/{name} | md5sum").text
        for node, name in (("node1", "kept"), ("node2", "after"))
    ]
    assert sums[0] == sums[1]


@pytest.mark.lab("drbd-synced")
def test_a_plan_grows_stale_when_a_side_goes_on(lab: Lab) -> None:
    first, second = (tool(lab, node) for node in NODES)
    part(lab)
    for one in (first, second):
        one.primary("r0", force=True, confirm="r0")
    for node in NODES:
        scribble(lab, node, "/dev/drbd0", 100, 1)
    put_together(lab)
    verdict = diagnosed(first, second)
    plan = drbd.plan_recovery(verdict, tool=first, victim="node1")
    # Somebody else has been quicker, the other way round.
    other = drbd.plan_recovery(verdict, tool=first, victim="node2")
    drbd.recover(other, first, second, confirm=other.confirmation)
    settle(lab)
    with pytest.raises(ConflictError, match="nothing was done"):
        drbd.recover(plan, first, second, confirm=plan.confirmation)
    assert re.match("[0-9A-F]{16}", str(first.show_gi("r0")[0]))
    settle(lab)
