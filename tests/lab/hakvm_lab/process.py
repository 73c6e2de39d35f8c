"""Processes that outlive the command which started them, and are found again by identity.

A number alone does not say which process it is: numbers are used again. So
each process writes down, before it becomes the program it is to be, its
number, the moment it started and which boot of the machine that was. Only a
process that still answers to all three is ever signalled, through a pidfd,
which cannot change hands.
"""

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Self

from attrs import frozen

from hakvm_lab.errors import LabError

__all__ = ["Identity", "spawn"]

# A shell's number stays the same through exec, and so does its moment of start.
_RECORD_THEN_BECOME = (
    'cat /proc/$$/stat /proc/sys/kernel/random/boot_id >"$0.new" && mv "$0.new" "$0" && exec "$@"'
)
_BIRTH = 10.0  # seconds from spawn to the record
_GRACE = 3.0  # seconds from SIGTERM to SIGKILL


@frozen(kw_only=True)
class Identity:
    """One process, and no other that may get its number later.

    Attributes:
        pid: its number.
        started: when, in ticks since the machine's boot.
        boot: which boot that was.
    """

    pid: int
    started: int
    boot: str

    @classmethod
    def load(cls, record: Path) -> Self | None:
        """Read what a process wrote down about itself; `None` where there is no whole record."""
        try:
            text = record.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        stat, _, boot = text.strip().rpartition("\n")
        # The program's name stands in parentheses and may hold any character.
        head, _, tail = stat.rpartition(")")
        fields = tail.split()
        if len(fields) < 20 or not head.split()[0].isdigit():  # proc_pid_stat(5)
            return None
        return cls(pid=int(head.split()[0]), started=int(fields[19]), boot=boot)

    @contextlib.contextmanager
    def _held(self) -> Iterator[int | None]:
        """Hold the process by a pidfd while it is looked at; `None` where it is gone."""
        try:
            fd = os.pidfd_open(self.pid)
        except OSError:
            yield None
            return
        try:
            yield fd if self._is_it() else None
        finally:
            os.close(fd)

    def _is_it(self) -> bool:
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8", errors="replace")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        except OSError:
            return False
        fields = stat.rpartition(")")[2].split()
        return fields[0] not in "ZX" and int(fields[19]) == self.started and boot == self.boot

    def alive(self) -> bool:
        """Whether this very process still runs."""
        with self._held() as fd:
            return fd is not None

    def gone(self, limit: float) -> bool:
        """Whether it ends by itself within `limit` seconds."""
        with self._held() as fd:
            return fd is None or _ended(fd, limit)

    def end(self) -> bool:
        """End it, by SIGKILL if it does not go otherwise; return whether it ran at all."""
        with self._held() as fd:
            if fd is None:
                return False
            for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, 10.0)):
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(fd, number)
                if _ended(fd, patience):
                    return True
        return True


def _ended(fd: int, limit: float) -> bool:
    """Wait for the end of the process that is held by a pidfd, which turns readable by that."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(limit * 1000))


def spawn(
    argv: Sequence[str],
    *,
    record: Path,
    log: Path,
    cwd: Path,
    inherit: Sequence[int] = (),
    path: Path | None = None,
) -> Identity:
    """Start a process that is nobody's child and records itself, its output going to `log`.

    Of the descriptors that are open here it gets those in `inherit`; `path` is
    where its Python finds modules.

    Raises:
        LabError: it did not get as far as to record itself.
    """
    record.unlink(missing_ok=True)
    with log.open("ab") as out:
        subprocess.run(
            ["setsid", "--fork", "sh", "-c", _RECORD_THEN_BECOME, str(record), *argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=cwd,
            pass_fds=inherit,
            env={**os.environ, **({"PYTHONPATH": str(path)} if path else {})},
            check=True,
        )
    end = monotonic() + _BIRTH
    while (identity := Identity.load(record)) is None:
        if monotonic() > end:
            raise LabError(f"{argv[0]} did not start", hint=f"{log} may say why")
        sleep(0.002)
    return identity
