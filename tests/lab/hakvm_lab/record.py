"""What the real tools print at each moment of a cluster's life, kept as transcripts for `Replay`.

`script/lab record FOLDER` writes FOLDER/SUITE/MOMENT/NODE.json, so that what
unit tests, documents and notebooks show was real.
"""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attrs import frozen

from hakvm.errors import TransportError
from hakvm.transport import Command, Recorder
from hakvm_lab.errors import LabError
from hakvm_lab.lab import BOOTED, Lab
from hakvm_lab.machine import NODES
from hakvm_lab.stages import (
    GUEST,
    await_guest,
    both,
    bring,
    configure,
    describe,
    proc_drbd,
    wait_for,
)

__all__ = ["MOMENTS", "record"]

_DRBD = (
    ("cat", "/proc/drbd"),
    ("drbdadm", "status"),
    ("drbdsetup", "events2", "--now"),
    ("drbdadm", "dump", "r0"),
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


def _nothing(_lab: Lab) -> None:
    """Stay where the saved state is."""


def _one_is_up(lab: Lab) -> None:
    configure(lab, describe(lab))
    both(lab, "drbdadm", "create-md", "--force", "r0")
    lab.run("node1", "drbdadm", "up", "r0", limit=240)


def _both_are_up(lab: Lab) -> None:
    _one_is_up(lab)
    lab.run("node2", "drbdadm", "up", "r0", limit=240)


def _syncing(lab: Lab) -> None:
    _both_are_up(lab)
    lab.run("node1", "drbdadm", "primary", "--force", "r0")


def _disconnected(lab: Lab) -> None:
    lab.run("node1", "drbdadm", "disconnect", "r0")


def _detached(lab: Lab) -> None:
    lab.run("node2", "drbdadm", "detach", "r0")


def _outdated(lab: Lab) -> None:
    lab.run("node2", "drbdadm", "disconnect", "r0")
    lab.run("node2", "drbdadm", "outdate", "r0")


def _paused(lab: Lab) -> None:
    lab.run("node2", "drbdadm", "invalidate", "r0")
    lab.run("node1", "drbdadm", "pause-sync", "r0")


def _split_brain(lab: Lab) -> None:
    """Both write while they do not see each other, then they do again."""
    lab.link("replication", cut=True)
    wait_for(lambda: _apart(lab), 90, lambda: proc_drbd(lab, "node2"))
    lab.run("node2", "drbdadm", "primary", "--force", "r0")
    both(lab, "dd", "if=/dev/urandom", "of=/dev/drbd0", "bs=4096", "count=1", "conv=fsync")
    lab.heal()
    wait_for(
        lambda: "StandAlone" in {proc_drbd(lab, node).connection.value for node in NODES},
        120,
        lambda: [proc_drbd(lab, node) for node in NODES],
    )


def _apart(lab: Lab) -> bool:
    return all(proc_drbd(lab, node).connection.value == "WFConnection" for node in NODES)


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
    wait_for(lambda: _apart(lab), 90, lambda: proc_drbd(lab, "node1"))


_ALL = _DRBD + _CLUSTER + _GUEST
MOMENTS: Mapping[str, Moment] = {
    "drbd-unconfigured": Moment(BOOTED, _nothing, _DRBD[:1]),
    "drbd-one-up": Moment(BOOTED, _one_is_up, _DRBD),
    "drbd-both-up": Moment(BOOTED, _both_are_up, _DRBD),
    "drbd-syncing": Moment(BOOTED, _syncing, _DRBD[:3], times=8),
    "drbd-synced": Moment("drbd-synced", _nothing, _DRBD),
    "drbd-disconnected": Moment("drbd-synced", _disconnected, _DRBD),
    "drbd-detached": Moment("drbd-synced", _detached, _DRBD),
    "drbd-outdated": Moment("drbd-synced", _outdated, _DRBD),
    "drbd-paused": Moment("drbd-synced", _paused, _DRBD),
    "drbd-split-brain": Moment("drbd-synced", _split_brain, _DRBD),
    "cluster-online": Moment("cluster-online", _nothing, _DRBD + _CLUSTER),
    "guest-running": Moment("guest-running", _nothing, _ALL),
    "node1-power-cut": Moment("guest-running", _power_cut, _ALL),
    "node1-power-back": Moment("guest-running", _power_back, _ALL, times=6),
    "node1-standby": Moment("guest-running", _standby, _ALL),
    "links-cut": Moment("guest-running", _links_cut, _ALL, times=3),
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
        for _ in range(moment.times):
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
