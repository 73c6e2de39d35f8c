"""The moments of the howto, each made once from the one before and then gone back to."""

import inspect
import os
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attrs import frozen

from hakvm.transport import Completed
from hakvm_lab.cache import digest
from hakvm_lab.errors import LabError
from hakvm_lab.lab import BOOTED, Lab
from hakvm_lab.machine import NODES

__all__ = [
    "HOWTO",
    "STAGES",
    "both",
    "bring",
    "counted",
    "crm_mon",
    "proc_drbd",
    "wait_for",
    "write",
]

HOWTO = Path(__file__).with_name("howto")
SERIAL = "/var/log/debian9.serial"


def both(lab: Lab, *argv: str, stdin: bytes = b"", limit: float = 120) -> list[Completed]:
    """Run a command in both nodes at once."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda node: lab.run(node, *argv, stdin=stdin, limit=limit), NODES))


def write(lab: Lab, path: str, content: bytes, mode: str = "644") -> None:
    """Write a file in both nodes, with its mode from the start."""
    script = 'mkdir -p "${1%/*}" && umask 077 && cat >"$1.new" && chmod "$2" "$1.new"'
    script += ' && mv "$1.new" "$1"'
    both(lab, "sh", "-c", script, "sh", path, mode, stdin=content)


def wait_for(what: Callable[[], bool], limit: float, said: Callable[[], str]) -> None:
    """Look every second until it is so.

    Raises:
        LabError: it is not within `limit` seconds; what is seen then is named.
    """
    end = time.monotonic() + limit
    while not what():
        if time.monotonic() > end:
            raise LabError(f"not so after {limit:g} s:\n{said()}")
        time.sleep(1)


def proc_drbd(lab: Lab, node: str) -> str:
    """Return what the node's DRBD says."""
    return lab.run(node, "cat", "/proc/drbd").text


def crm_mon(lab: Lab, node: str) -> str:
    """Return what the node's Pacemaker says; nothing while it is not up."""
    return lab.run(node, "crm_mon", "-1", allowed=102).text


def counted(lab: Lab, node: str) -> list[int]:
    """Return the numbers that the guest has said in this node, oldest first."""
    done = lab.run(node, "sh", "-c", f"cat {SERIAL} 2>/dev/null || :")
    return [int(word, 16) for word in re.findall(r"^[0-9A-F]{8}$", done.text, re.MULTILINE)]


def _drbd_synced(lab: Lab) -> None:
    """DRBD up, UpToDate on both, node1 primary; the guest's disk on its filesystem."""
    write(lab, "/etc/drbd.d/r0.res", (HOWTO / "r0.res").read_bytes())
    both(lab, "drbdadm", "create-md", "--force", "r0")
    both(lab, "drbdadm", "up", "r0")
    lab.run("node1", "drbdadm", "primary", "--force", "r0")
    wait_for(
        lambda: "ds:UpToDate/UpToDate" in proc_drbd(lab, "node1"),
        180,
        lambda: proc_drbd(lab, "node1"),
    )
    lab.run("node1", "mkfs.ext4", "-q", "-O", "^has_journal", "/dev/drbd0")
    lab.run("node1", "mount", "/dev/drbd0", "/var/lib/libvirt/images")
    images = "/var/lib/libvirt/images/vm01.img"
    lab.run("node1", "cp", "/usr/local/share/hakvm-lab/counter.img", images)
    lab.run("node1", "umount", "/var/lib/libvirt/images")


def _cluster_online(lab: Lab) -> None:
    """Corosync and Pacemaker on both nodes, Online; the CIB still empty."""
    lab.run("node1", "drbdadm", "secondary", "r0")
    write(lab, "/etc/corosync/corosync.conf", (HOWTO / "corosync.conf").read_bytes())
    write(lab, "/etc/corosync/authkey", os.urandom(256), "400")
    write(lab, "/etc/hakvm/debian9.xml", (HOWTO / "debian9.xml").read_bytes())
    both(lab, "systemctl", "start", "corosync", "pacemaker")
    wait_for(
        lambda: "Online: [ node1 node2 ]" in crm_mon(lab, "node1"),
        180,
        lambda: crm_mon(lab, "node1"),
    )


def _guest_running(lab: Lab) -> None:
    """The howto's CIB, and its guest counting on node1."""
    both(lab, "virsh", "define", "/etc/hakvm/debian9.xml")
    write(lab, "/root/cib.crm", (HOWTO / "cib.crm").read_bytes())
    lab.run("node1", "crm", "configure", "load", "update", "/root/cib.crm", limit=180)
    wait_for(lambda: len(counted(lab, "node1")) > 2, 300, lambda: crm_mon(lab, "node1"))


@frozen
class Stage:
    """A moment, the one before it, and how to get from there to here."""

    before: str
    make: Callable[[Lab], None]


STAGES = {
    "drbd-synced": Stage(BOOTED, _drbd_synced),
    "cluster-online": Stage("drbd-synced", _cluster_online),
    "guest-running": Stage("cluster-online", _guest_running),
}


def origin(state: str) -> str:
    """Return what a stage is made of, in short: its code, its files, and the stages before."""
    if state not in STAGES:
        return ""
    stage = STAGES[state]
    files = [path.read_bytes() for path in sorted(HOWTO.iterdir())]
    return digest(origin(stage.before), inspect.getsource(stage.make), *files)


def bring(lab: Lab, state: str) -> None:
    """Go back to `state`; make it first where it is not saved, or was made of something else."""
    wanted = origin(state)
    if all(saved.name != state or saved.origin != wanted for saved in lab.states):
        stage = STAGES[state]
        bring(lab, stage.before)
        stage.make(lab)
        lab.save(state, origin=wanted)
    else:
        lab.rewind(state)
