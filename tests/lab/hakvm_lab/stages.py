"""The howto's cluster, brought up in the lab moment by moment, each saved to be gone back to.

    booted          nothing configured
    drbd-synced     the resource is up, UpToDate on both; the guest's disk lies on it
    cluster-online  corosync and Pacemaker know each other, nothing is to run yet
    guest-running   the CIB is loaded, the guest counts on node1

All that is configured comes from `Cluster.two_node`.
"""

import inspect
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from attrs import evolve, frozen
from lxml import etree

from hakvm import Cluster, Node, Platform, drbd, libvirt
from hakvm.corosync import AuthKey
from hakvm.pacemaker import Cib, Pacemaker, Status
from hakvm.transport import Completed, Files
from hakvm_lab.cache import digest
from hakvm_lab.errors import LabError
from hakvm_lab.lab import BOOTED, Lab
from hakvm_lab.machine import NODES

__all__ = [
    "STAGES",
    "await_guest",
    "both",
    "bring",
    "configure",
    "counted",
    "describe",
    "proc_drbd",
    "status",
    "wait_for",
]

GUEST = "debian9"
SERIAL = f"/var/log/{GUEST}.serial"
_COUNTING = 3  # numbers that a guest has said which runs
_IMAGES = "/var/lib/libvirt/images"
_SLOWER = 8  # than real machines, as far as time limits are concerned
_PLATFORMS = {"bookworm": Platform.DEBIAN_12, "trixie": Platform.DEBIAN_13}


def describe(lab: Lab) -> Cluster:
    """Return the howto's cluster as it is to stand in this lab."""
    cluster = Cluster.two_node(
        "kvm-ha",
        nodes=[
            Node("node1", "192.168.2.170", second_address="192.168.3.170"),
            Node("node2", "192.168.2.171", second_address="192.168.3.171"),
        ],
        disk="/dev/sdb1",
        guest=libvirt.guest(
            GUEST,
            memory="16 MiB",
            disk="vm01.img",
            disk_size="1 MiB",
            accelerator="qemu",
            machine="pc",
        ),
        platform=_PLATFORMS[lab.settings.suite],
        # The same each time, as all else that the saved states are made of.
        authkey=AuthKey(data=bytes(range(256))),
    )
    return evolve(
        cluster,
        drbd=_quick(cluster.drbd),
        corosync=evolve(cluster.corosync, totem=evolve(cluster.corosync.totem, token=10000)),
        cib=_patient(cluster.cib),
        domains={path: _audible(domain) for path, domain in cluster.domains.items()},
    )


def _quick(config: drbd.Config) -> drbd.Config:
    """At once as fast as it goes: the lab's first sync is to take seconds."""
    faster = "disk {\n        c-plan-ahead 0;\n        resync-rate 100M;"
    return drbd.Config.parse(config.render().replace("disk {", faster, 1))


def _patient(cib: Cib) -> Cib:
    """Give every operation the time that it takes under emulation."""
    # The lab's guest has no ear for the power button: it would not shut down by itself.
    deaf = cib.render().replace('name="force_stop" value="false"', 'name="force_stop" value="true"')
    seconds = {"s": 1, "min": 60}

    def longer(found: re.Match[str]) -> str:
        return f'timeout="{int(found[1]) * seconds[found[2]] * _SLOWER}s"'

    return Cib.parse(re.sub(r'timeout="([0-9]+)(s|min)"', longer, deaf))


def _audible(domain: libvirt.Domain) -> libvirt.Domain:
    """Have what the guest says on its serial port kept in a file of the node."""
    port = '<serial type="pty">'
    heard = f'{port}\n      <log file="{SERIAL}" append="on"/>'
    return libvirt.Domain.parse(domain.render().replace(port, heard))


# --- what is done in the nodes, and looked at ------------------------------------


def both(lab: Lab, *argv: str, limit: float = 240) -> list[Completed]:
    """Run a command in both nodes at once."""
    with ThreadPoolExecutor(len(NODES)) as pool:
        return list(pool.map(lambda node: lab.run(node, *argv, limit=limit), NODES))


def configure(lab: Lab, cluster: Cluster) -> None:
    """Write the cluster's files to both nodes; what is only part of a file stands there already."""

    def write(node: str) -> None:
        files = Files(transport=lab.transport(node))
        for path, file in cluster.files(node).items():
            if not file.part:
                files.write(path, file.content, mode=file.mode, parents=True)

    with ThreadPoolExecutor(len(NODES)) as pool:
        list(pool.map(write, NODES))


def wait_for(what: Callable[[], bool], limit: float, said: Callable[[], object]) -> None:
    """Look every second until it is so.

    Raises:
        LabError: it is not within `limit` seconds; what is seen then is named.
    """
    end = time.monotonic() + limit
    while not what():
        if time.monotonic() > end:
            raise LabError(f"not so after {limit:g} s:\n{said()}")
        time.sleep(1)


def proc_drbd(lab: Lab, node: str) -> drbd.Device:
    """Return the node's one DRBD device, as its kernel tells it."""
    (device,) = drbd.ProcDrbd.parse(lab.run(node, "cat", "/proc/drbd").text).devices
    return device


def status(lab: Lab, node: str) -> Status:
    """Return what the node's Pacemaker says."""
    return Pacemaker(lab.transport(node)).status()


def counted(lab: Lab, node: str) -> list[int]:
    """Return the numbers that the guest has said in this node, oldest first."""
    done = lab.run(node, "sh", "-c", f"cat {SERIAL} 2>/dev/null || :")
    return [int(word, 16) for word in re.findall(r"^[0-9A-F]{8}\s*$", done.text, re.MULTILINE)]


def await_guest(lab: Lab, node: str, limit: float = 900) -> list[int]:
    """Wait until the guest counts in `node`, and return its numbers there.

    Raises:
        LabError: it does not within `limit` seconds; what Pacemaker says then is named.
    """
    wait_for(lambda: len(counted(lab, node)) >= _COUNTING, limit, lambda: status(lab, node))
    return counted(lab, node)


# --- the moments ------------------------------------------------------------------


def _drbd_synced(lab: Lab) -> None:
    configure(lab, describe(lab))
    both(lab, "drbdadm", "create-md", "--force", "r0")
    both(lab, "drbdadm", "up", "r0")
    lab.run("node1", "drbdadm", "primary", "--force", "r0")
    wait_for(
        lambda: {proc_drbd(lab, node).disk for node in NODES} == {drbd.DiskState.UP_TO_DATE},
        300,
        lambda: proc_drbd(lab, "node1"),
    )
    lab.run("node1", "mkfs.ext4", "-q", "/dev/drbd0")
    lab.run("node1", "mount", "/dev/drbd0", _IMAGES)
    lab.run("node1", "cp", "/usr/local/share/hakvm-lab/counter.img", f"{_IMAGES}/vm01.img")
    lab.run("node1", "umount", _IMAGES)


def _cluster_online(lab: Lab) -> None:
    lab.run("node1", "drbdadm", "secondary", "r0")  # from here on Pacemaker decides
    both(lab, "systemctl", "start", "corosync", "pacemaker")

    def said() -> str:
        # 102: not connected to the cluster, which is still starting.
        return lab.run("node1", "crm_mon", "--one-shot", allowed=102).text

    wait_for(lambda: "Online: [ node1 node2 ]" in said(), 400, said)


def _guest_running(lab: Lab) -> None:
    both(lab, "virsh", "define", f"/etc/hakvm/{GUEST}.xml")
    (wanted,) = etree.fromstring(describe(lab).cib.render()).findall("configuration")
    load = ("cibadmin", "--modify", "--allow-create", "--scope=configuration", "--xml-pipe")
    lab.run("node1", *load, stdin=etree.tostring(wanted))
    await_guest(lab, "node1")


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


def bring(lab: Lab, state: str) -> None:
    """Go back to `state`; make it first where it is not saved, or was made of something else."""
    wanted = _origin(lab, state)
    if all(saved.name != state or saved.origin != wanted for saved in lab.states):
        stage = STAGES[state]
        bring(lab, stage.before)
        begin = time.monotonic()
        lab.report(f"==> making {state}")
        stage.make(lab)
        lab.report(f"    done after {time.monotonic() - begin:.1f} s")
        lab.save(state, origin=wanted)
    else:
        lab.rewind(state)


def _origin(lab: Lab, state: str) -> str:
    """Return what a stage is made of, in short: the one before, its code, the documents."""
    if state not in STAGES:
        return ""
    stage, files = STAGES[state], describe(lab).files("node1")
    code = inspect.getsource(stage.make)
    return digest(_origin(lab, stage.before), code, *(file.content for file in files.values()))
