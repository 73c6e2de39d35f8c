"""corosync on a node: its tools, each of their verbs a method."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from attrs import frozen

from hakvm.corosync._authkey import AuthKey
from hakvm.corosync._cmap import Cmap
from hakvm.corosync._config import Config
from hakvm.corosync._links import Links, Peers
from hakvm.corosync._membership import Membership
from hakvm.corosync._release import Release
from hakvm.errors import (
    CommandError,
    ConflictError,
    HakvmError,
    InvalidError,
    NoSuchFile,
    ParseError,
    TransportError,
)
from hakvm.transport import Command, Completed, Files, Transport

if TYPE_CHECKING:
    from hakvm.transport import Interactive

__all__ = ["AUTHKEY", "CONFIG", "Corosync"]

CONFIG: Final = "/etc/corosync/corosync.conf"
AUTHKEY: Final = "/etc/corosync/authkey"

# The candidate goes over standard input, so that nothing is left on the node. Behind cat that is
# a pipe, which /dev/stdin can open again; over ssh it would be a socket, which it cannot.
_TEST = "cat | corosync -t -c /dev/stdin"
_REFUSED = re.compile(r"parser error: [^:]*:(?P<line>[0-9]+): (?P<said>.*)")
_LOGGED = re.compile(r"^\w{3} [ 0-9]\d [\d:.]+ (?P<level>\w+)\s+\[\w+\s*\] (?P<said>.*)")
_EXITING = "Corosync Cluster Engine exiting"
_DOWN = "corosync does not run there: start its service"

_NOT_QUORATE = 2  # corosync-quorumtool(8)
_NO_PROGRAM = 127  # sh(1)


@frozen
class Corosync:
    """corosync on the host that a transport leads to.

        corosync = Corosync(Ssh(host="node1"))
        corosync.test(config)           # would it start with this file?
        corosync.status().quorate
        corosync.links().faulty

    Every method raises a TransportError where the command did not run, and a CommandError where
    it failed, as `CommandNotFound` where corosync is not installed.
    """

    transport: Transport

    def version(self) -> str:
        """Return the version that is installed, as `3.1.7`.

        Raises:
            ParseError: it does not say one.
        """
        said = self._run("corosync", "-v").check().text
        found = re.search(r"version '([^']+)'", said)
        if found is None:
            raise ParseError(
                "corosync -v says no version", source=self.transport.host, excerpt=said[:100]
            )
        return found[1]

    def release(self) -> Release:
        """Return the dialect of the version that is installed."""
        return Release.of(self.version())

    def test(self, config: Config | str) -> tuple[str, ...]:
        """Have corosync on the node read a candidate; return its warnings.

        Nothing is written. The node must find itself in the candidate's nodelist, and the key
        where it says, as if corosync started with it.

        Raises:
            InvalidError: corosync refuses it; says why, and on which line.
        """
        text = config if isinstance(config, str) else config.render()
        done = self._run("sh", "-c", _TEST, stdin=text.encode())
        said = (done.text + done.error_text).splitlines()
        messages = [_message(line) for line in said if line.strip() and _EXITING not in line]
        if done.exit_status == 0:
            return tuple(message for _, _, message in messages)
        if done.exit_status == _NO_PROGRAM:
            done.check(hint="install corosync")
        wrong = [one for one in messages if one[0] != "warning"] or messages
        raise InvalidError(
            "; ".join(message for _, _, message in wrong) or "corosync refuses it and says not why",
            path="config",
            source=f"{self.transport.host}: corosync -t",
            line=next((line for _, line, _ in wrong if line is not None), None),
            hint="what is wrong stands in the file itself, or the node does not find itself in it",
        )

    def status(self) -> Membership:
        """Return who is in the cluster, and whether it may act, as this node sees it."""
        done = self._run("corosync-quorumtool", "-s")
        return Membership.parse(done.check(_NOT_QUORATE, hint=_DOWN).text)

    def quorate(self) -> bool:
        """Whether the part of the cluster that this node is in may act."""
        return bool(self.status().quorate)

    def links(self) -> Links:
        """Return the links of this node, and whom it sees on each."""
        done = self._run("corosync-cfgtool", "-s")
        found = Links.parse(done.text)
        # corosync 2 says with status 1 that a ring is faulty.
        return found if found.links else Links.parse(done.check(hint=_DOWN).text)

    def peers(self) -> Peers:
        """Return the other nodes that can be reached, and on which links (corosync 3.1)."""
        return Peers.parse(self._run("corosync-cfgtool", "-n").check(hint=_DOWN).text)

    def cmap(self, prefix: str = "", *, stats: bool = False) -> Cmap:
        """Return what corosync knows, or what stands under a prefix.

        Args:
            prefix: as `runtime.members`.
            stats: whether to ask the map of statistics (corosync 3).
        """
        words = [*(("-m", "stats") if stats else ()), *((prefix,) if prefix else ())]
        if prefix.startswith("-"):
            raise InvalidError(f"{prefix!r} is no prefix of a key", path="prefix", value=prefix)
        command = Command.of("corosync-cmapctl", *words, sensitive=True)  # the key may be in it
        return Cmap.parse(self.transport.run(command).check(hint=_DOWN).text)

    def reload(self) -> None:
        """Have all nodes of the cluster read their corosync.conf again.

        Raises:
            CommandError: it is refused; corosync goes on with what it had.
        """
        self._run("corosync-cfgtool", "-R").check(
            hint="the log says what is wrong with the file; corosync goes on with what it had"
        )

    def reopen_logs(self) -> None:
        """Have corosync open its log files again, after they were rotated (corosync 3)."""
        self._run("corosync-cfgtool", "-L").check(hint=_DOWN)

    def shutdown(self, *, force: bool = False) -> None:
        """Stop corosync on this node, unless a program that uses it says no; `force` asks none."""
        self._run("corosync-cfgtool", "-H", *(("--force",) if force else ())).check(hint=_DOWN)

    # --- its files ---

    def config(self, path: str = CONFIG) -> Config:
        """Read the node's corosync.conf.

        Raises:
            NoSuchFile: there is none.
            ParseError: corosync would refuse it.
        """
        data = Files(self.transport).read(path, sensitive=True)  # the key may stand in it
        source = f"{self.transport.host}:{path}"
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise ParseError(
                f"byte 0x{data[error.start]:02x} is no UTF-8",
                source=source,
                line=data.count(b"\n", 0, error.start) + 1,
            ) from None
        return Config.parse(text, source=source)

    def save_config(
        self, config: Config, path: str = CONFIG, *, replaces: str | None = None
    ) -> None:
        """Give the node a corosync.conf, at once or not at all, if corosync there would take it.

        Args:
            config: what to write.
            path: where to.
            replaces: the checksum (`Files.checksum`) of what may be replaced, `absent` for nothing.

        Raises:
            InvalidError: corosync refuses it; nothing is written.
            ConflictError: something else is there than what may be replaced.
        """
        self.test(config)
        # The manual has it readable by all; with the key in it, it must not be.
        mode = 0o600 if config.totem.key is not None else 0o644
        content = config.render().encode()
        Files(self.transport).write(path, content, mode=mode, replaces=replaces)

    def authkey(self, path: str = AUTHKEY) -> AuthKey:
        """Read the node's key.

        Raises:
            NoSuchFile: there is none.
            HakvmError: others can read it.
            InvalidError: it is too short or too long.
        """
        files = Files(self.transport)
        found = files.find(path)
        if found is not None and found.mode & 0o077:
            raise HakvmError(
                f"{self.transport.host}:{path}: others can read or change this key "
                f"(mode {found.mode:04o})",
                hint="make a new one on all nodes",
            )
        return AuthKey(data=files.read(path, sensitive=True))

    def save_authkey(self, key: AuthKey, path: str = AUTHKEY, *, replace: bool = False) -> None:
        """Give the node a key, readable by root alone; it goes over standard input.

        Raises:
            ConflictError: there is another one already, and `replace` is not given.
            HakvmError: there is one that others can read, and `replace` is not given.
        """
        files = Files(self.transport)
        try:
            if self.authkey(path) == key:
                return
        except (NoSuchFile, InvalidError):
            pass
        except TransportError:
            raise
        except HakvmError:  # others can read it: all the more reason to replace it
            if not replace:
                raise
        files.write(
            path, key.data, mode=0o400, owner="root:root", replaces=None if replace else "absent"
        )

    def keygen(
        self,
        path: str = AUTHKEY,
        *,
        replace: bool = False,
        timeout: timedelta = timedelta(minutes=10),
    ) -> str:
        """Make a key with corosync-keygen, on a terminal; return what that showed.

        corosync 2 may wait until enough has been typed on the node's own keyboard; `AuthKey` and
        `save_authkey` make as good a key at once.

        Args:
            path: where to; only root can write there.
            replace: whether a key may be replaced, which corosync-keygen does without a word.
            timeout: how long to wait.

        Raises:
            ConflictError: there is a key already, and `replace` is not given.
            CommandTimeout: it does not come to an end.
            CommandError: it fails.
            TransportError: this transport has no terminal.
        """
        from hakvm.transport import Console  # noqa: PLC0415 - it needs an extra

        found = Files(self.transport).find(path)
        if found is not None and not replace:
            raise ConflictError(
                f"{self.transport.host}: {path}: there is a key already",
                hint="replace=True replaces it; all nodes then need the new one",
            )
        command = Command.of("corosync-keygen", "-k", path, timeout=timeout)
        with Console(self._interactive(), command) as console:
            status = console.wait()
            said = console.transcript
        if status != 0:
            raise CommandError(command.argv, status, stdout=said.encode(), host=self.transport.host)
        return said

    def _interactive(self) -> "Interactive":
        from hakvm.transport import Interactive  # noqa: PLC0415 - it needs an extra

        if isinstance(self.transport, Interactive):
            return self.transport
        raise TransportError(
            f"{type(self.transport).__name__} has no terminal to type at",
            host=self.transport.host,
            hint="Local and Ssh have one; AuthKey.generate() needs none",
        )

    def _run(self, *argv: str, stdin: bytes = b"") -> Completed:
        return self.transport.run(Command.of(*argv, stdin=stdin))


def _message(line: str) -> tuple[str, int | None, str]:
    """Read a line of corosync -t: its level, the line of the file, and what it says."""
    if found := _REFUSED.fullmatch(line):
        return "error", int(found["line"]), found["said"]
    if found := _LOGGED.match(line):
        said = found["said"].removeprefix("parse error in config: ")
        return found["level"], None, said.strip()
    return "error", None, line.removeprefix("parse error in config: ").strip()
