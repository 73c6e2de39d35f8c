"""Watch the resyncs of a host as progress bars: python examples/drbd_watch.py [HOST].

What the howto does with `watch cat /proc/drbd`. Without a host it watches this one. Ends when
nothing is left to synchronise.
"""

import sys

from rich.progress import BarColumn, Progress, TextColumn

from hakvm import HakvmError, drbd
from hakvm.transport import Local, Ssh, Transport


def show(transport: Transport) -> None:
    """Show the bars, until nothing is under way."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[says]}"))
    with Progress(*columns) as bars:
        tasks = {}
        for snapshot in drbd.watch(transport, until_done=True):
            for one in snapshot.progress:
                if one.name not in tasks:
                    tasks[one.name] = bars.add_task(one.name, total=100, says="")
                bars.update(tasks[one.name], completed=one.percent, says=says(one))
            for name in tasks.keys() - {one.name for one in snapshot.progress}:
                bars.update(tasks[name], completed=100, says="done")


def says(one: drbd.Progress) -> str:
    """Return how it goes, in a few words."""
    if one.interrupted:
        return f"{one.percent:.1f} %, the peer is gone: {one.state}"
    if one.stalled:
        return f"{one.percent:.1f} %, stalled for {one.idle.total_seconds():.0f} s"
    return f"{one.percent:.1f} %, {one.rate or 0:,.0f} KiB/s, {one.finish or '?'}"


def main(arguments: list[str]) -> int:
    """Watch the host that the arguments name; return the exit status."""
    try:
        show(Ssh(host=arguments[0]) if arguments else Local())
    except HakvmError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
