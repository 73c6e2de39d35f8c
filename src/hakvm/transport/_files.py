"""Files on a host: read, write at once or not at all, compare, keep a copy."""

import hashlib
import re
from datetime import UTC, datetime
from pathlib import PurePosixPath

from attrs import frozen

from hakvm.errors import ConflictError, InvalidError, NoSuchFile, TransportError
from hakvm.transport._base import Command, Completed, Transport

__all__ = ["FileInfo", "Files"]

_OWNER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?", re.ASCII)
_MODES = 0o7777

# The statuses by which the scripts say what they found.
_MISSING = 66
_CONFLICT = 75
_CUT_OFF = 74

_STAT = """\
[ -e "$1" ] || exit 66
stat -L -c '%a %U %G %s' -- "$1" && sha256sum <"$1"
"""

_READ = '[ -e "$1" ] || exit 66; exec cat -- "$1"'

# Into a file of its own beside the target, for its owner alone from the start;
# it takes the target's place only when all of it has come and is on the disk.
# A link is followed: what it points to is replaced, not the link.
_WRITE = """\
set -eu
umask 077
path=$(readlink -m -- "$1") sum=$2 mode=$3 owner=$4 expected=$5 parents=$6
folder=$(dirname -- "$path")
if [ "$parents" = yes ]; then (umask 022; mkdir -p -- "$folder"); fi
[ -d "$folder" ] || exit 66
if [ -n "$expected" ]; then
    found=absent
    if [ -e "$path" ]; then found=$(sha256sum <"$path"); found=${found%% *}; fi
    if [ "$found" != "$expected" ]; then echo "$found"; exit 75; fi
fi
new=$(mktemp -- "$folder/.$(basename -- "$path").hakvm-XXXXXXXX")
trap 'rm -f -- "$new"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
cat >"$new"
found=$(sha256sum <"$new")
[ "${found%% *}" = "$sum" ] || exit 74
if [ -n "$owner" ]; then chown -- "$owner" "$new"
elif [ -e "$path" ]; then chown --reference="$path" -- "$new"; fi
if [ -n "$mode" ]; then chmod -- "$mode" "$new"
elif [ -e "$path" ]; then chmod --reference="$path" -- "$new"
else chmod 644 "$new"; fi
sync -- "$new"
mv -T -f -- "$new" "$path"
sync -- "$folder"
"""

_BACKUP = """\
set -eu
[ -e "$1" ] || exit 66
umask 077
mkdir -p -- "$(dirname -- "$2")"
cp -p -- "$1" "$2"
sync -- "$2"
"""


@frozen(kw_only=True)
class FileInfo:
    """What a host tells of a file.

    Attributes:
        mode: its permissions.
        owner, group: the names of those it belongs to.
        size: in bytes.
        checksum: the SHA-256 of its content, in hexadecimal digits.
    """

    mode: int
    owner: str
    group: str
    size: int
    checksum: str


@frozen
class Files:
    """The files of the host that a transport leads to; takes any transport.

    The host needs a POSIX shell and GNU coreutils. Contents go over standard
    input and output, never over a command line.
    """

    transport: Transport

    def read(self, path: str, *, sensitive: bool = False) -> bytes:
        """Return the content of a file.

        Args:
            path: an absolute path.
            sensitive: whether it is a secret: then it stands in no transcript.

        Raises:
            NoSuchFile: there is none.
            CommandError: it cannot be read.
        """
        return self._run(_READ, path, sensitive=sensitive).stdout

    def find(self, path: str) -> FileInfo | None:
        """Return what the host tells of a file, `None` if there is none.

        Raises:
            CommandError: it cannot be read, or is no file.
        """
        try:
            done = self._run(_STAT, path)
        except NoSuchFile:
            return None
        words = done.text.split()
        try:
            mode, owner, group, size, checksum, _ = words
            return FileInfo(
                mode=int(mode, 8), owner=owner, group=group, size=int(size), checksum=checksum
            )
        except ValueError:
            raise TransportError(
                f"stat and sha256sum of {path} said {done.text!r}",
                host=self.transport.host,
                hint="the host needs GNU coreutils",
            ) from None

    def checksum(self, path: str) -> str | None:
        """Return the SHA-256 of a file's content in hexadecimal digits, `None` if there is none.

        Raises:
            CommandError: it cannot be read, or is no file.
        """
        found = self.find(path)
        return None if found is None else found.checksum

    def write(
        self,
        path: str,
        content: bytes,
        *,
        mode: int | None = None,
        owner: str | None = None,
        replaces: str | None = None,
        parents: bool = False,
    ) -> None:
        """Write a file at once or not at all: nobody ever sees half of it.

        A connection that breaks off leaves what was there before; if it breaks
        off at the very end, the new file. It is on the disk when this returns.

        Args:
            path: an absolute path; where it is a link, what that points to is written.
            content: all of it.
            mode: its permissions, from the start; the old file's, or 0644, unless told.
            owner: `user` or `user:group`; the old file's, or who is logged in, unless told.
            replaces: the checksum of what may be replaced; `absent` where there must be
                nothing. Something else there is a conflict.
            parents: whether to make the folders that are missing, with mode 0755.

        Raises:
            InvalidError: the mode or the owner cannot be one.
            NoSuchFile: the folder is not there.
            ConflictError: something else is there than what was to be replaced.
            CommandError: it cannot be written; what was there still is.
            TransportError: the connection broke off; `may_have_run` says if it may be written.
        """
        if mode is not None and not 0 <= mode <= _MODES:
            raise InvalidError(f"{mode:#o} is no mode of a file", path="mode", value=mode)
        if owner is not None and not _OWNER.fullmatch(owner):
            raise InvalidError(
                f"{owner!r} is no owner", path="owner", value=owner, hint="user, or user:group"
            )
        self._run(
            _WRITE,
            path,
            hashlib.sha256(content).hexdigest(),
            "" if mode is None else f"{mode:o}",
            owner or "",
            replaces or "",
            "yes" if parents else "no",
            stdin=content,
        )

    def backup(self, path: str, *, folder: str = "/var/backups/hakvm") -> str:
        """Copy a file, with its mode, owner and times, and return the copy's path.

        It goes into a folder of its own, named by the time: beside the original
        some programs would read the copy too.

        Raises:
            NoSuchFile: there is none.
            CommandError: it cannot be copied.
        """
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        copy = str(PurePosixPath(_absolute(folder), moment, _absolute(path).lstrip("/")))
        self._run(_BACKUP, path, copy)
        return copy

    def _run(
        self, script: str, path: str, *words: str, stdin: bytes = b"", sensitive: bool = False
    ) -> Completed:
        command = Command.of(
            "sh", "-c", script, "hakvm", _absolute(path), *words, stdin=stdin, sensitive=sensitive
        )
        done = self.transport.run(command)
        host = self.transport.host
        if done.exit_status == _MISSING:
            missing = "folder of " if script is _WRITE else ""
            raise NoSuchFile(f"there is no {missing}{path}", host=host)
        if done.exit_status == _CONFLICT:
            raise ConflictError(
                f"{host}: {path} is not what was to be replaced",
                ours=words[3],
                theirs=done.text.strip(),
                hint="read it again and decide anew",
            )
        if done.exit_status == _CUT_OFF:
            raise TransportError(
                f"{path}: its content did not arrive whole, so it was not written", host=host
            )
        return done.check()


def _absolute(path: str) -> str:
    if not path.startswith("/") or path.endswith("/") or not path.isprintable():
        raise InvalidError(
            f"{path!r} is no absolute path of a file",
            path="path",
            value=path,
            hint="as /etc/corosync/corosync.conf",
        )
    return path
