"""Watch the resyncs of a host as progress bars: python examples/drbd_watch.py [HOST].

What the howto does with `watch cat /proc/drbd`. Without a host it watches this one. Ends when
nothing is left to synchronise.
"""

import sys

from rich.progress import BarColumn, Progress, TextColumn

from hakvm import HakvmError, drbd
from hakvm.transport import Local, Ssh


def main(arguments: list[str]) -> int:
    """Show the bars; return the exit status."""
    transport = Ssh(host=arguments[0]) if arguments else Local()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[says]}"))
    with Progress(*columns) as bars:
        tasks = {}
        try:
            for snapshot in drbd.watch(transport, until_done=True):
                for one in snapshot.progress:
                    if one.name not in tasks:
                        tasks[one.name] = bars.add_task(one.name, total=100, says="")
                    says = (
                        f"stalled for {one.idle}"
                        if one.stalled
                        else f"{one.percent:.1f} %, {one.rate or 0:,.0f} KiB/s, {one.finish or '?'}"
                    )
                    bars.update(tasks[one.name], completed=one.percent, says=says)
                for name in tasks.keys() - {one.name for one in snapshot.progress}:
                    bars.update(tasks[name], completed=100, says="done")
        except HakvmError as error:
            bars.console.print(str(error), markup=False)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
