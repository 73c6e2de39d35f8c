"""What if node1 dies now? The howto's question, answered by its own cluster."""

import time

import pytest

from hakvm.drbd import DiskState, Role
from hakvm_lab import Lab
from hakvm_lab.machine import NODES
from hakvm_lab.stages import await_guest, both, counted, proc_drbd, status, wait_for

LIMIT = 900  # seconds, under emulation, from the fault to what it brings about


@pytest.mark.lab("guest-running")
def test_the_guest_goes_on_from_the_next_number_after_a_power_cut(lab: Lab) -> None:
    last = counted(lab, "node1")[-1]
    lab.power("node1", "off")
    begin = time.monotonic()
    numbers = await_guest(lab, "node2")
    lab.report(f"the guest counts on node2 {time.monotonic() - begin:.0f} s after the power cut")
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    # It counted on between the look and the cut, for a second or two.
    assert last < numbers[0] <= last + 5
    assert proc_drbd(lab, "node2").role is Role.PRIMARY


@pytest.mark.lab("guest-running")
def test_the_guest_goes_on_from_the_next_number_after_standby(lab: Lab) -> None:
    lab.run("node1", "crm_standby", "--node", "node1", "--update", "on")
    numbers = await_guest(lab, "node2")
    # The guest says a number once the disk has taken it: one more may have been taken.
    assert numbers[0] - counted(lab, "node1")[-1] in {1, 2}
    assert [proc_drbd(lab, "node2").disk, proc_drbd(lab, "node2").role] == [
        DiskState.UP_TO_DATE,
        Role.PRIMARY,
    ]


@pytest.mark.lab("guest-running")
def test_stonith_switches_a_node_off_that_is_cut_off_and_the_guest_goes_on(lab: Lab) -> None:
    commands = [
        "primitive fence_node1 stonith:fence_lab params port=node1 pcmk_host_list=node1",
        "location fence_node1_elsewhere fence_node1 -inf: node1",
        "property stonith-enabled=true stonith-action=off stonith-timeout=120s",
    ]
    crm = ("crm", "configure", "load", "update", "-")
    lab.run("node2", *crm, stdin="\n".join(commands).encode(), limit=240)
    wait_for(
        lambda: "fence_node1" in lab.run("node2", "stonith_admin", "--list-registered").text,
        180,
        lambda: status(lab, "node2"),
    )
    # node1 alone can be fenced, so that the cut has one outcome.
    lab.link(cut=True)
    wait_for(lambda: lab.power("node1", "status") == "off", LIMIT, lambda: status(lab, "node2"))
    await_guest(lab, "node2")


@pytest.mark.lab("cluster-online")
def test_after_each_of_twenty_rewinds_the_cluster_is_online(lab: Lab) -> None:
    both(lab, "true")
    for _ in range(20):
        lab.rewind("cluster-online")
        for node in NODES:
            said = lab.run(node, "crm_mon", "--one-shot").text
            assert "Online: [ node1 node2 ]" in said
        quorum = lab.run("node1", "corosync-quorumtool", "-s").text
        assert "Quorate:          Yes" in quorum
