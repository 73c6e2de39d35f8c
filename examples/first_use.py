"""First use: the howto's cluster on two real machines, and what happens when one dies.

    script/lab up
    PYTHONPATH=tests/lab .venv/bin/python examples/first_use.py

The machines are emulated (tests/lab), so a minute of theirs takes several of
yours; each moment is saved and gone back to the next time.
"""

from hakvm_lab import Lab
from hakvm_lab.stages import await_guest, bring, counted, describe


def main() -> None:
    """Bring the cluster up, then lose node1 in two ways."""
    lab = Lab.running(report=print)
    for finding in describe(lab).check():
        print(finding)

    # Files to both nodes, DRBD created and synced; corosync and Pacemaker
    # started; the CIB loaded, the guest counting. Saved as they are reached.
    for state in ("drbd-synced", "cluster-online", "guest-running"):
        bring(lab, state)

    print("node1 has counted to", counted(lab, "node1")[-1])
    lab.power("node1", "off")
    print("node1 is off; node2 goes on from", await_guest(lab, "node2")[0])

    lab.rewind("guest-running")
    lab.run("node1", "crm_standby", "--node", "node1", "--update", "on")
    first = await_guest(lab, "node2")[0]
    print("node1 stands by at", counted(lab, "node1")[-1], "and node2 goes on from", first)

    lab.rewind("guest-running")


if __name__ == "__main__":
    main()
