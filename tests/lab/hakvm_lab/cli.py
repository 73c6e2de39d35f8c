"""The command on top of the lab: `script/lab`."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from hakvm.errors import HakvmError
from hakvm_lab import cache, present, rack
from hakvm_lab.errors import LabError
from hakvm_lab.image import SUITES
from hakvm_lab.lab import BOOTED, Lab
from hakvm_lab.machine import LINKS, NODES
from hakvm_lab.record import MOMENTS, record
from hakvm_lab.settings import Settings
from hakvm_lab.stages import STAGES, bring

__all__ = ["main"]

_MIB = 1 << 20
_MADE = f"{', '.join(STAGES)}, which are made if need be"
_TESTS = Path(__file__).parents[1]


def main(words: Sequence[str]) -> int:
    """Do what the words say; return the command's exit status."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # an end that still cleans up
        signal.signal(number, _interrupted)
    parser = _parser()
    given, rest = parser.parse_known_args(words)
    if rest and given.work is not _test:
        parser.error(f"unknown words: {' '.join(rest)}")
    given.rest = rest  # which are pytest's
    try:
        status: int = given.work(given)
    except LabError as error:
        _say_error(error.line())
    except HakvmError as error:
        _say_error(str(error))
    except KeyboardInterrupt:
        _say_error("interrupted")
        return 130
    else:
        return status
    return 1


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _say_error(text: str) -> None:
    sys.stderr.write(f"lab: {text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="script/lab",
        description="Two emulated Debian machines with DRBD, corosync, Pacemaker and libvirt, "
        "which can be cut, switched off, saved and rewound.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start both nodes in a saved state")
    up.add_argument(
        "state", nargs="?", default=BOOTED, help=f"{BOOTED} unless told; or one of {_MADE}"
    )
    up.add_argument("--suite", choices=list(SUITES), default=Settings().suite)
    up.add_argument("--memory", type=int, metavar="MIB", default=Settings().memory, help="a node's")
    up.add_argument(
        "--disk", type=int, metavar="MIB", default=Settings().disk, help="for DRBD, a node's"
    )
    up.set_defaults(work=_up)

    status = commands.add_parser("status", help="what runs, how it is wired, what is saved")
    status.set_defaults(work=_status)

    ssh = commands.add_parser("ssh", help="a shell in a node, or a command there")
    ssh.add_argument("node", choices=NODES)
    ssh.add_argument("words", nargs=argparse.REMAINDER, metavar="CMD")
    ssh.set_defaults(work=_ssh)

    power = commands.add_parser("power", help="switch a node off or on, or reset it")
    power.add_argument("to", choices=("off", "on", "reset"))
    power.add_argument("node", choices=NODES)
    power.set_defaults(work=_power)

    link = commands.add_parser("link", help="cut a link, make it bad, or heal it")
    link.add_argument("do", choices=("cut", "heal", "spoil"))
    link.add_argument("name", nargs="?", choices=LINKS, help="both links unless told")
    link.add_argument("--from", dest="sender", choices=NODES, help="only what this node sends")
    link.add_argument("--loss", type=float, metavar="SHARE", help="spoil: 0 to 1 of the packets")
    link.add_argument("--delay", type=float, metavar="S", help="spoil: each packet, by seconds")
    link.set_defaults(work=_link)

    for name, work, text in (
        ("save", _save, "save both nodes, memory and disks"),
        ("rewind", _rewind, f"go back to a saved state, or to one of {_MADE}"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("state", metavar="NAME")
        command.set_defaults(work=work)

    commands.add_parser("list", help="the saved states").set_defaults(work=_list)
    commands.add_parser("down", help="end both nodes").set_defaults(work=_down)
    clean = commands.add_parser("clean", help="end both nodes, remove states and images")
    clean.add_argument("--all", action="store_true", help="Debian's packages, too")
    clean.set_defaults(work=_clean)

    recording = commands.add_parser("record", help="keep what the tools print, for Replay")
    recording.add_argument("folder", type=Path)
    recording.add_argument("moments", nargs="*", metavar="MOMENT", help=f"of {', '.join(MOMENTS)}")
    recording.set_defaults(work=_record)

    test = commands.add_parser(
        "test", help="run the tests that take the lab; further words go to pytest"
    )
    test.set_defaults(work=_test)
    return parser


def _up(given: argparse.Namespace) -> int:
    settings = Settings(suite=given.suite, memory=given.memory, disk=given.disk)
    if given.state in STAGES:
        bring(Lab.up(settings, report=_say), given.state)
    else:
        Lab.up(settings, given.state, report=_say)
    _say(f"both nodes of {given.suite} answer, in state {given.state}: script/lab ssh node1")
    return 0


def _status(_given: argparse.Namespace) -> int:
    lab = Lab.running()
    set_up = lab.settings
    _say(f"{set_up.suite}, by {lab.accel}, {set_up.memory} MiB and {set_up.disk} MiB for DRBD")
    for machine in lab.machines:
        power = lab.power(machine.name, "status")
        process = machine.process
        _say(
            f"{machine.name}  {power:3}  ssh 127.0.0.1:{lab.ports[machine.name]}  "
            f"process {process.pid if process else '?'}, {machine.resident_bytes() // _MIB} MiB"
        )
    wires = rack.ask(lab.folder, status=True)["wires"]
    for wire in wires if isinstance(wires, list) else []:
        state = "cut" if wire["cut"] else f"loss {wire['loss']:g}, delay {wire['delay']:g} s"
        _say(
            f"{wire['link']} from {wire['from']}: {state}; "
            f"{wire['passed']} packets passed, {wire['lost']} lost"
        )
    _say(f"states: {', '.join(state.name for state in lab.states)}; files: {lab.folder}")
    return 0


def _ssh(given: argparse.Namespace) -> int:
    lab = Lab.running()
    if lab.power(given.node, "status") == "off":
        raise LabError(f"{given.node} is off", hint=f"script/lab power on {given.node}")
    words = lab.ssh(given.node, given.words)
    return subprocess.run(words, cwd=lab.folder, check=False).returncode


def _power(given: argparse.Namespace) -> int:
    _say(f"{given.node} is {Lab.running().power(given.node, given.to)}")
    return 0


def _link(given: argparse.Namespace) -> int:
    lab = Lab.running()
    if given.do == "heal":
        lab.link(given.name, sender=given.sender, cut=False, loss=0.0, delay=0.0)
    elif given.do == "cut":
        lab.link(given.name, sender=given.sender, cut=True)
    elif given.loss is None and given.delay is None:
        raise LabError("how is the link to be spoilt?", hint="give --loss or --delay")
    else:
        lab.link(given.name, sender=given.sender, loss=given.loss, delay=given.delay)
    return 0


def _save(given: argparse.Namespace) -> int:
    Lab.running(report=_say).save(given.state)
    return 0


def _rewind(given: argparse.Namespace) -> int:
    lab = Lab.running(report=_say)
    if given.state in STAGES:
        bring(lab, given.state)
    else:
        lab.rewind(given.state)
    return 0


def _list(_given: argparse.Namespace) -> int:
    for folder in present.folders():
        found = present.Description.load(folder)
        if found is None:
            continue
        _say(f"{found.suite}, {found.memory} MiB, {found.disk} MiB for DRBD")
        for state in present.states(folder):
            off = [name for name, on in state.on.items() if not on]
            power = f", {' and '.join(off)} off" if off else ""
            _say(f"  {state.name}: {state.saved}, {state.size // _MIB} MiB a node{power}")
    return 0


def _down(_given: argparse.Namespace) -> int:
    # Whatever runs goes, whether it came up whole or is somebody's remains.
    with cache.locked(cache.root() / "lock", "down", wait=False):
        count = sum(present.end_processes(folder) for folder in present.folders())
    _say("no lab was running" if count == 0 else "the lab is down; saved states are kept")
    return 0


def _clean(given: argparse.Namespace) -> int:
    _down(given)
    with cache.locked(cache.root() / "lock", "clean", wait=False):
        for name in ("labs", "images", *(["trees"] if given.all else [])):
            shutil.rmtree(cache.root() / name, ignore_errors=True)
    _say(f"{cache.root()} is clean")
    return 0


def _record(given: argparse.Namespace) -> int:
    lab = Lab.running(report=_say)
    for name in given.moments or MOMENTS:
        record(lab, name, given.folder)
        _say(f"recorded {name}")
    return 0


def _test(given: argparse.Namespace) -> int:
    words = given.rest or ["-m", "lab"]
    named = any(Path(word.partition("::")[0]).exists() for word in words)
    where = [] if named else [str(_TESTS)]
    argv = [sys.executable, "-m", "pytest", "-n0", "-v", "-s", *words, *where]
    # In place of this process, so that a signal reaches pytest.
    os.execve(sys.executable, argv, {**os.environ, "HAKVM_LAB": "1"})  # noqa: S606 - pytest needs no shell
