"""The lab test that CI runs: DRBD from nothing to the survivor of a power cut."""

import pytest

from hakvm.drbd import ConnectionState, DiskState, Role
from hakvm_lab import Lab
from hakvm_lab.machine import NODES
from hakvm_lab.stages import proc_drbd, wait_for


@pytest.mark.lab("drbd-synced")
@pytest.mark.lab_short
def test_the_survivor_of_a_power_cut_is_promoted_and_has_the_data(lab: Lab) -> None:
    for node in NODES:
        device = proc_drbd(lab, node)
        assert device.connection is ConnectionState.CONNECTED
        assert device.disk is device.peer_disk is DiskState.UP_TO_DATE
    lab.run("node1", "mount", "/dev/drbd0", "/mnt")
    lab.run("node1", "sh", "-c", "echo written before the cut >/mnt/proof; sync")

    assert lab.power("node1", "off") == "off"

    wait_for(
        lambda: proc_drbd(lab, "node2").connection is ConnectionState.WF_CONNECTION,
        60,
        lambda: proc_drbd(lab, "node2"),
    )
    # There is no Pacemaker yet whom DRBD could ask whether node1 is really off.
    lab.run("node2", "drbdadm", "primary", "--force", "r0")
    lab.run("node2", "mount", "/dev/drbd0", "/mnt")
    assert lab.run("node2", "cat", "/mnt/proof").text == "written before the cut\n"
    device = proc_drbd(lab, "node2")
    assert (device.role, device.peer_role) == (Role.PRIMARY, Role.UNKNOWN)
