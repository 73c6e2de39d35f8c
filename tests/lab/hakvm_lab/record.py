"""What the real tools print at each moment of a cluster's life, kept as transcripts for `Replay`.

`script/lab record FOLDER` writes FOLDER/SUITE/MOMENT/NODE.json, so that what
unit tests, documents and notebooks show was real.
"""

import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from attrs import frozen

from hakvm import drbd
from hakvm.errors import TransportError
from hakvm.transport import Command, Recorder
from hakvm_lab.errors import LabError
from hakvm_lab.lab import BOOTED, Lab
from hakvm_lab.machine import NODES
from hakvm_lab.replication import both_up, part, scribble, split_brain, tool, write_down
from hakvm_lab.stages import GUEST, await_guest, both, bring

__all__ = ["MOMENTS", "record"]

_SEEN = (
    ("cat", "/proc/drbd"),
    ("drbdsetup", "status", "--verbose", "--statistics"),
    ("drbdsetup", "events2", "--statistics", "--now"),
)
_DRBD = (
    *_SEEN,
    ("drbdadm", "status"),
    *(
        ("drbdadm", verb, "r0")
        for verb in ("dump", "sh-minor", "role", "cstate", "dstate", "get-gi")
    ),
)
_CLUSTER = (
    ("crm_mon", "--one-shot", "--output-as=xml"),
    (
        *("crm_mon", "--one-shot", "--output-as=xml", "--inactive"),
        *("--show-node-attributes", "--failcounts", "--operations", "--tickets"),
    ),
    ("crm_mon", "--one-shot"),
    ("crm_mon", "--one-shot", "--inactive"),
    ("cibadmin", "--query"),
    ("corosync-cfgtool", "-s"),
    ("corosync-cfgtool", "-n"),
    ("corosync-quorumtool", "-s"),
)
_GUEST = (
    ("virsh", "list", "--all"),
    ("virsh", "dominfo", GUEST),
    ("virsh", "dumpxml", GUEST),
    ("virsh", "dumpxml", "--inactive", GUEST),
)
_RELEASES = {
    "drbd": (("cat", "/proc/drbd"), r"version: ([0-9.]+)"),
    "drbd-utils": (("drbdadm", "--version"), r"DRBDADM_VERSION=([0-9.]+)"),
    "corosync": (("corosync", "-v"), r"version '([0-9.]+)'"),
    "pacemaker": (("crm_mon", "--version"), r"Pacemaker ([0-9.]+)"),
    "libvirt": (("virsh", "--version"), r"([0-9.]+)"),
}


@frozen
class Moment:
    """A moment, the saved state that it begins at, and what is done there to get to it."""

    state: str
    act: Callable[[Lab], None]
    commands: tuple[tuple[str, ...], ...]
    times: int = 1  # how often it is looked at, where it passes by
    pause: float = 0.0  # seconds between two looks


def _nothing(_lab: Lab) -> None:
    """Stay where the saved state is."""


def _both_are_up(lab: Lab) -> None:
    write_down(lab, rate="4M")
    both_up(lab)


def _one_is_up(lab: Lab) -> None:
    write_down(lab)
    tool(lab, "node1").create_md("r0")
    tool(lab, "node1").up("r0")


def _syncing(lab: Lab) -> None:
    _both_are_up(lab)
    tool(lab, "node1").primary("r0", force=True, confirm="r0")


def _stalling(lab: Lab) -> None:
    _syncing(lab)
    for snapshot in drbd.watch(lab.transport("node2"), limit=timedelta(minutes=2)):
        if any(one.percent > 20 for one in snapshot.progress):
            break
    lab.link("replication", cut=True)


def _disconnected(lab: Lab) -> None:
    tool(lab, "node1").disconnect("r0")


def _detached(lab: Lab) -> None:
    tool(lab, "node2").detach("r0")


def _outdated(lab: Lab) -> None:
    tool(lab, "node2").disconnect("r0")
    lab.run("node2", "drbdadm", "outdate", "r0")


def _paused(lab: Lab) -> None:
    tool(lab, "node2").invalidate("r0", confirm="r0")
    lab.run("node1", "drbdadm", "pause-sync", "r0")


def _verifying(lab: Lab) -> None:
    write_down(lab, rate="8M", verify="md5")
    for node in NODES:
        tool(lab, node).adjust("r0")
    scribble(lab, "node2", "/dev/sdb1", 1000, 3)
    tool(lab, "node1").verify("r0")


def _verified(lab: Lab) -> None:
    _verifying(lab)
    for _ in drbd.watch(lab.transport("node1"), until_done=True, limit=timedelta(minutes=3)):
        pass


def _filesystem_is_there(lab: Lab) -> None:
    write_down(lab)
    both(lab, "mkfs.ext4", "-q", "/dev/sdb1", "32M")


def _metadata_is_there(lab: Lab) -> None:
    write_down(lab)
    for node in NODES:
        tool(lab, node).create_md("r0")


def _waiting(lab: Lab) -> None:
    tool(lab, "node1").secondary("r0")
    part(lab)


def _power_cut(lab: Lab) -> None:
    lab.power("node1", "off")
    await_guest(lab, "node2")


def _power_back(lab: Lab) -> None:
    _power_cut(lab)
    lab.power("node1", "on")
    lab.await_answer("node1")
    lab.run("node1", "systemctl", "start", "corosync", "pacemaker", limit=240)


def _standby(lab: Lab) -> None:
    lab.run("node1", "crm_standby", "--node", "node1", "--update", "on")
    await_guest(lab, "node2")


def _links_cut(lab: Lab) -> None:
    lab.link(cut=True)


_VERSION = Command.of("drbdadm", "--version")  # once: by it a Drbdadm knows the release
_CREATE = (("drbdadm", "create-md", "r0"),)
_ALL = _DRBD + _CLUSTER + _GUEST
MOMENTS: Mapping[str, Moment] = {
    "drbd-unconfigured": Moment(BOOTED, _nothing, _SEEN[:1]),
    "drbd-over-filesystem": Moment(BOOTED, _filesystem_is_there, _CREATE),
    "drbd-over-metadata": Moment(BOOTED, _metadata_is_there, _CREATE),
    "drbd-one-up": Moment(BOOTED, _one_is_up, _DRBD),
    "drbd-both-up": Moment(BOOTED, _both_are_up, _DRBD),
    "drbd-syncing": Moment(BOOTED, _syncing, _SEEN, times=12),
    "drbd-stalling": Moment(BOOTED, _stalling, _SEEN, times=20, pause=1.0),
    "drbd-synced": Moment("drbd-synced", _nothing, _DRBD),
    "drbd-verifying": Moment("drbd-synced", _verifying, _SEEN, times=6),
    "drbd-verified": Moment("drbd-synced", _verified, _DRBD),
    "drbd-disconnected": Moment("drbd-synced", _disconnected, _DRBD),
    "drbd-waiting": Moment("drbd-synced", _waiting, _DRBD),
    "drbd-detached": Moment("drbd-synced", _detached, _DRBD),
    "drbd-outdated": Moment("drbd-synced", _outdated, _DRBD),
    "drbd-paused": Moment("drbd-synced", _paused, _DRBD),
    "drbd-split-brain": Moment("drbd-synced", split_brain, (*_DRBD, ("dmesg",))),
    "cluster-online": Moment("cluster-online", _nothing, _DRBD + _CLUSTER),
    "guest-running": Moment("guest-running", _nothing, _ALL),
    "node1-power-cut": Moment("guest-running", _power_cut, _ALL),
    "node1-power-back": Moment("guest-running", _power_back, _SEEN + _CLUSTER, times=6, pause=5.0),
    "node1-standby": Moment("guest-running", _standby, _ALL),
    "links-cut": Moment("guest-running", _links_cut, _SEEN + _CLUSTER, times=4, pause=10.0),
}


def record(lab: Lab, name: str, folder: Path) -> None:
    """Bring the lab to the moment of that name and write down what both nodes print there.

    Raises:
        LabError: there is no such moment, or the lab does not get there.
    """
    if name not in MOMENTS:
        raise LabError(f"{name!r} is no moment", hint=f"take of {', '.join(MOMENTS)}")
    moment = MOMENTS[name]
    bring(lab, moment.state)
    moment.act(lab)
    target = folder / lab.settings.suite / name
    target.mkdir(parents=True, exist_ok=True)

    def write_down(node: str) -> None:
        recorder = Recorder(lab.transport(node), releases=_releases(lab, node))
        recorder.run(_VERSION)
        for look in range(moment.times):
            time.sleep(moment.pause if look else 0)
            for argv in moment.commands:
                recorder.run(Command.of(*argv))
        text = recorder.transcript.render()
        (target / f"{node}.json").write_text(text, encoding="utf-8")

    on = [node for node in NODES if lab.power(node, "status") == "on"]
    with ThreadPoolExecutor(len(NODES)) as pool:
        list(pool.map(write_down, on))


def _releases(lab: Lab, node: str) -> dict[str, str]:
    """Return the releases that run in a node; what it does not have is not named."""
    found: dict[str, str] = {}
    for layer, (argv, pattern) in _RELEASES.items():
        try:
            said = lab.transport(node).run(Command.of(*argv)).text
        except TransportError:
            continue
        if release := re.search(pattern, said):
            found[layer] = release[1]
    return found
