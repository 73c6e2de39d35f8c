"""Run commands on a host: this one (`Local`), another (`Ssh`), or as they once ran (`Replay`).

    from hakvm.transport import Command, Ssh, gather

    node1, node2 = Ssh(host="node1"), Ssh(host="node2")
    node1.run(Command.of("cat", "/proc/drbd")).check().text
    with node1.start(Command.of("drbdsetup", "events2", timeout=None)) as running:
        for line in running.lines():
            ...
    gather({"node1": node1, "node2": node2}, Command.of("crm_mon", "-1")).check()

A transport is anything with a `host` and a `run(Command) -> Completed`; write
your own and every tool of hakvm runs over it. One that also has `start` can
stream and be cancelled (`Starter`; `Process` makes one from any local
program), one that also has `interactive` can be typed at (`Console`).
"""

import importlib
from typing import TYPE_CHECKING

from hakvm.transport._base import Command, Completed, Running, Starter, Transport
from hakvm.transport._files import FileInfo, Files
from hakvm.transport._gather import Gathered, gather
from hakvm.transport._local import Local
from hakvm.transport._process import Process
from hakvm.transport._replay import Exchange, Recorder, Replay, Transcript
from hakvm.transport._ssh import Ssh

if TYPE_CHECKING:
    from hakvm.transport._console import Console, Interactive

__all__ = [
    "Command",
    "Completed",
    "Console",
    "Exchange",
    "FileInfo",
    "Files",
    "Gathered",
    "Interactive",
    "Local",
    "Process",
    "Recorder",
    "Replay",
    "Running",
    "Ssh",
    "Starter",
    "Transcript",
    "Transport",
    "gather",
]


def __getattr__(name: str) -> object:
    if name in ("Console", "Interactive"):  # pexpect is an extra
        return getattr(importlib.import_module("hakvm.transport._console"), name)
    raise AttributeError(f"module 'hakvm.transport' has no attribute {name!r}")
