"""What stands between sshd and a command on the far side, so that its end is known.

ssh(1) reports 255 for a lost connection, for a command that a signal ended
and for one that exited with 255; it says nothing of a command that never
started; and a command does not end with its connection. So a few lines for
the login shell run the command: they name its session first and its exit
status last, both on the standard error behind a tag that is made anew for
each command. timeout(1) ends what outlives a connection that broke off.

The login shell itself reads them: another sh(1) in between would cost a tenth
of all that a command over an open connection costs.
"""

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
case $1 in
*/*) [ -f "$1" ] || {{ echo {tag} missing >&2; exit; }}
     [ -x "$1" ] || {{ echo {tag} denied >&2; exit; }} ;;
*) command -v -- "$1" >/dev/null 2>&1 || {{ echo {tag} missing >&2; exit; }} ;;
esac
echo {tag} session $$ >&2
( exec {limit}"$@" )
echo {tag} status $? >&2
"""

# sshd(8) makes a session for each command; all that is in there goes. What is
# left behind after the polite signal gets the other one.
_KILL = """\
for signal in TERM TERM TERM TERM TERM TERM TERM TERM TERM TERM KILL; do
    found=
    for stat in /proc/[0-9]*/stat; do
        read -r line <"$stat" || continue
        set -- ${{line##*) }}
        [ "$4" != {session} ] || found="$found ${{line%% *}}"
    done 2>/dev/null
    [ -n "$found" ] || exit 0
    kill -s $signal $found 2>/dev/null
    sleep 0.1
done
"""


@frozen(kw_only=True)
class Ends:
    """What the standard error tells of a command: its own words, and what was said of it."""

    stderr: bytes
    session: int | None = None
    status: int | None = None
    trouble: str = ""


@frozen
class Far:
    """One command's way over a shell on the far side."""

    tag: str = field(factory=lambda: f"hakvm-{secrets.token_hex(8)}")

    def line(self, command: Command) -> str:
        """Return the lines that the far shell runs `command` with."""
        limit = ""
        if command.timeout is not None:
            seconds = -(-command.timeout // timedelta(seconds=1)) + _GRACE
            limit = f"timeout -s KILL {seconds} "
        return _prepared(command) + _RUN.format(tag=self.tag, limit=limit)

    @staticmethod
    def terminal(command: Command) -> str:
        """Return the lines that run `command` on a terminal, in the far shell's place."""
        return _prepared(command, TERM="dumb") + 'exec "$@"\n'

    def ends(self, stderr: bytes) -> Ends:
        """Take apart what came over the standard error."""
        for trouble in ("missing", "denied"):
            before, found, _ = stderr.partition(f"{self.tag} {trouble}\n".encode())
            if found:
                return Ends(stderr=before, trouble=trouble)
        # What the login shell's own files said before is none of the command's.
        _, session, own = self._told(stderr, "session")
        if session is None:
            return Ends(stderr=stderr)
        before, status, after = self._told(own, "status")
        return Ends(stderr=before + after, session=session, status=status)

    def _told(self, stderr: bytes, what: str) -> tuple[bytes, int | None, bytes]:
        """Find a number that the shell told: what stood before, the number, what stood behind."""
        before, found, rest = stderr.partition(f"{self.tag} {what} ".encode())
        number, newline, after = rest.partition(b"\n")
        if not (found and newline and number.isdigit()):
            return stderr, None, b""
        return before, int(number), after

    @staticmethod
    def kill(session: int) -> str:
        """Return the lines that end all of a session on the far side."""
        return _KILL.format(session=session)


def _prepared(command: Command, **more: str) -> str:
    """Return the lines that set the variables of `command`, and its words as `$@`."""
    variables = {"LC_ALL": "C.UTF-8", **more, **command.env}
    lines = [f"{name}={shlex.quote(value)}; export {name}" for name, value in variables.items()]
    if "PATH" not in command.env:
        lines.append(f"PATH=$PATH:{':'.join(ADMIN_PATH)}; export PATH")
    return "\n".join([*lines, f"set -- {shlex.join(command.argv)}", ""])
