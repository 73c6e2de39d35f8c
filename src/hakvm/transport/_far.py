"""What stands between sshd and a command on the far side, so that its end is known.

ssh(1) ends with 255 for a lost connection as for a command that ended with
255; it says nothing of a program that is not there; and a command does not
end with its connection. So a few lines for the login shell run the command.
They say something only where ssh(1) leaves it open, behind a tag that is made
anew for each command: a word more on every command would cost a tenth of it.
By the tag the command is found when it is to be stopped, and timeout(1) ends
what outlives a connection that broke off.
"""

import secrets
import shlex
from datetime import timedelta

from attrs import field, frozen

from hakvm.transport._base import Command
from hakvm.transport._local import ADMIN_PATH

__all__ = ["LOST", "Far"]

LOST = 255  # the status of ssh(1) for an error of its own
_GRACE = 5  # seconds by which the far side's limit is longer than ours

# `( exec … )` looks for programs alone: a shell's own `exit` or `cd` is none.
_RUN = """\
case $1 in
*/*) [ -f "$1" ] || {{ echo {tag} missing >&2; exit 127; }}
     [ -x "$1" ] || {{ echo {tag} denied >&2; exit 126; }} ;;
*) command -v -- "$1" >/dev/null 2>&1 || {{ echo {tag} missing >&2; exit 127; }} ;;
esac
( exec {limit}"$@" )
ended=$?
[ $ended -ne 255 ] || echo {tag} ended >&2
exit $ended
"""

# sshd(8) makes a session for each command, and its login shell has the tag in
# its words; all that is in the session goes, whatever groups it has made. What
# is left behind after the polite signal gets the other one. A shell that sshd
# has only just forked shows its words a moment later.
_KILL = """\
tag=$1
session() {
    read -r line <"$1" 2>/dev/null || return
    set -- ${line##*) }
    echo "$4"
}
sessions=
for try in 1 2 3; do
    for path in $(grep -alF -e "$tag" /proc/[0-9]*/cmdline 2>/dev/null); do
        found=$(session "${path%cmdline}stat")
        [ -z "$found" ] || [ "$found" = $$ ] || sessions="$sessions $found "
    done
    [ -z "$sessions" ] || break
    sleep 0.1
done
for signal in TERM TERM TERM TERM TERM TERM TERM TERM TERM TERM KILL; do
    found=
    for path in /proc/[0-9]*/stat; do
        case $sessions in
        *" $(session "$path") "*) path=${path%/stat} found="$found ${path#/proc/}" ;;
        esac
    done
    [ -n "$found" ] || exit 0
    kill -s $signal $found 2>/dev/null
    sleep 0.1
done
"""


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

    def kill(self) -> str:
        """Return the line that ends the command with all that it has started."""
        return "exec " + shlex.join(["sh", "-c", _KILL, "hakvm", self.tag])

    def told(self, stderr: bytes) -> tuple[str, bytes]:
        """Take out what the shell said: `missing`, `denied`, `ended` or nothing, and the rest."""
        for word in ("ended", "missing", "denied"):
            before, found, after = stderr.rpartition(f"{self.tag} {word}\n".encode())
            if found:
                return word, before + after
        return "", stderr


def _prepared(command: Command, **more: str) -> str:
    """Return the lines that set the variables of `command`, and its words as `$@`."""
    variables = {"LC_ALL": "C.UTF-8", **more, **command.env}
    lines = [f"{name}={shlex.quote(value)}; export {name}" for name, value in variables.items()]
    if "PATH" not in command.env:
        lines.append(f"PATH=$PATH:{':'.join(ADMIN_PATH)}; export PATH")
    return "\n".join([*lines, f"set -- {shlex.join(command.argv)}", ""])
