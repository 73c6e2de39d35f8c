"""Run a command on a host: here (`Local`), or as it once ran (`Replay`, recorded by `Recorder`).

A transport is anything with a `host` and a `run(Command) -> Completed`; write
your own and every tool of hakvm runs over it.
"""

from hakvm.transport._base import Command, Completed, Transport
from hakvm.transport._local import Local
from hakvm.transport._replay import Exchange, Recorder, Replay, Transcript

__all__ = [
    "Command",
    "Completed",
    "Exchange",
    "Local",
    "Recorder",
    "Replay",
    "Transcript",
    "Transport",
]
