"""Whether a process is still there."""

import time

__all__ = ["stays"]


def _runs(pid) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - read and gone at once
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def stays(*pids) -> bool:
    """Whether one still runs after a while: what was killed dies when it is scheduled."""
    limit = time.monotonic() + 5
    while any(_runs(pid) for pid in pids):
        if time.monotonic() > limit:
            return True
        time.sleep(0.02)
    return False
