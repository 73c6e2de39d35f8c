"""The lab test that CI runs: DRBD from nothing to the survivor of a power cut."""

import pytest

from hakvm import drbd
from hakvm_lab import Lab
from hakvm_lab.machine import NODES
from hakvm_lab.stages import proc_drbd, wait_for


@pytest.mark.lab("drbd-synced")
@pytest.mark.lab_short
def test_the_survivor_of_a_power_cut_is_promoted_and_has_the_data(lab: Lab) -> None:
    for node in NODES:
        (device,) = drbd.ProcDrbd.parse(proc_drbd(lab, node)).devices
        assert str(device.disk.value) == str(device.peer_disk.value) == "UpToDate"
    lab.run("node1", "mount", "/dev/drbd0", "/mnt")
    lab.run("node1", "sh", "-c", "echo written before the cut >/mnt/proof; sync")

    assert lab.power("node1", "off") == "off"

    wait_for(
        lambda: "cs:WFConnection" in proc_drbd(lab, "node2"), 60, lambda: proc_drbd(lab, "node2")
    )
    lab.run("node2", "drbdadm", "primary", "r0")
    lab.run("node2", "mount", "/dev/drbd0", "/mnt")
    assert lab.run("node2", "cat", "/mnt/proof").text == "written before the cut\n"
    (device,) = drbd.ProcDrbd.parse(proc_drbd(lab, "node2")).devices
    assert (device.role.value, device.peer_role.value) == ("Primary", "Unknown")
