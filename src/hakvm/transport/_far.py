"""What stands between sshd and a command on the far side, so that its end is known.

ssh(1) reports 255 for a lost connection, for a command that a signal ended
and for one that exited with 255; it says nothing of a command that never
started; and a command does not end with its connection. So a few lines of
shell run the command: they name its process group first and its exit status
last, both on the standard error behind a tag that is made anew for each
command. timeout(1) ends what outlives a connection that broke off.
"""

import re
import secrets
import shlex
from datetime import timedelta

from attrs import field, frozen

from hakvm.transport._base import Command
from hakvm.transport._local import ADMIN_PATH

__all__ = ["Ends", "Far"]

_GRACE = 5  # seconds by which the far side's limit is longer than ours

# `( exec … )` looks for programs alone: a shell's own `exit` or `cd` is none.
_RUN = """\
tag=$1; shift
case $1 in
*/*) [ -f "$1" ] || { printf '%s missing\\n' "$tag" >&2; exit; }
     [ -x "$1" ] || { printf '%s denied\\n' "$tag" >&2; exit; } ;;
*) command -v -- "$1" >/dev/null 2>&1 || { printf '%s missing\\n' "$tag" >&2; exit; } ;;
esac
printf '%s group %s\\n' "$tag" "$PPID" >&2
( exec "$@" )
printf '%s status %s\\n' "$tag" "$?" >&2
"""

# What a group has left behind after the polite signal gets the other one.
_KILL = """\
kill -s TERM -- "-$1" 2>/dev/null || exit 0
for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -s 0 -- "-$1" 2>/dev/null || exit 0
    sleep 0.1
done
kill -s KILL -- "-$1" 2>/dev/null || :
"""


@frozen(kw_only=True)
class Ends:
    """What the standard error tells of a command: its own words, and what was said of it."""

    stderr: bytes
    group: int | None = None
    status: int | None = None
    trouble: str = ""


@frozen
class Far:
    """One command's way over a shell on the far side."""

    tag: str = field(factory=lambda: f"hakvm-{secrets.token_hex(8)}")

    def line(self, command: Command) -> str:
        """Return the line that the far shell runs `command` with."""
        limit = 0  # to timeout(1): no limit
        if command.timeout is not None:
            limit = -(-command.timeout // timedelta(seconds=1)) + _GRACE
        variables = {"LC_ALL": "C.UTF-8", **command.env}
        setting = "".join(
            f"{name}={shlex.quote(value)}; export {name}\n" for name, value in variables.items()
        )
        path = "" if "PATH" in command.env else f"PATH=$PATH:{':'.join(ADMIN_PATH)}; export PATH\n"
        # `exec`: timeout(1) takes the place of the login shell, which leads the
        # session, and so all that it starts is in one process group.
        words = ("timeout", "-s", "KILL", str(limit), "sh", "-c", path + setting + _RUN)
        return "exec " + shlex.join([*words, "hakvm", self.tag, *command.argv])

    def ends(self, stderr: bytes) -> Ends:
        """Take apart what came over the standard error."""
        tag = self.tag.encode()
        if (found := re.search(tag + rb" (missing|denied)\n", stderr)) is not None:
            return Ends(stderr=stderr[: found.start()], trouble=found[1].decode())
        head = re.search(tag + rb" group ([0-9]+)\n", stderr)
        if head is None:
            return Ends(stderr=stderr)
        # What the login shell's own files said before is none of the command's.
        own = stderr[head.end() :]
        group = int(head[1])
        tail = re.search(tag + rb" status ([0-9]+)\n", own)
        if tail is None:
            return Ends(stderr=own, group=group)
        return Ends(
            stderr=own[: tail.start()] + own[tail.end() :], group=group, status=int(tail[1])
        )

    @staticmethod
    def kill(group: int) -> str:
        """Return the line that ends a process group on the far side."""
        return "exec " + shlex.join(["sh", "-c", _KILL, "hakvm", str(group)])
