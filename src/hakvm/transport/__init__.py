"""Run commands on a host: this one (`Local`), or as they once ran (`Replay`).

A transport is anything with a `host` and a `run(Command) -> Completed`; write
your own and every tool of hakvm runs over it.
"""

from hakvm.transport._base import Command, Completed, Running, Starter, Transport
from hakvm.transport._gather import Gathered, gather
from hakvm.transport._local import Local
from hakvm.transport._process import Process
from hakvm.transport._replay import Exchange, Recorder, Replay, Transcript

__all__ = [
    "Command",
    "Completed",
    "Exchange",
    "Gathered",
    "Local",
    "Process",
    "Recorder",
    "Replay",
    "Running",
    "Starter",
    "Transcript",
    "Transport",
    "gather",
]
