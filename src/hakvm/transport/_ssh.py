"""Run commands on another machine, over the system's own ssh(1)."""

import contextlib
import hashlib
import os
import re
import socket
import stat
import tempfile
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Self

import attrs
from attrs import field, frozen
from attrs.validators import optional

from hakvm.errors import (
    CommandNotFound,
    CommandTimeout,
    ConnectionLost,
    HostUnreachable,
    InvalidError,
    LoginRefused,
    TransportError,
    UnsafeError,
)
from hakvm.secret import Secret
from hakvm.transport._base import Command, Completed, frozen_mapping
from hakvm.transport._far import LOST, Far
from hakvm.transport._local import Local
from hakvm.transport._process import Process
from hakvm.transport._refusal import refusal

__all__ = ["Ssh"]

_LONGEST_PATH = 80  # bytes; sun_path takes 108, of which ssh(1) wants 17 for a suffix
_OPENING: dict[Path, threading.Lock] = {}  # by socket: two threads open one connection
_NAME = re.compile(r"[^\s\x00-\x20\x7f-]\S*")
_OPTION = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)
_NO_MASTER = b"Control socket connect("  # ssh(1), mux.c
_PORTS = 65535
_STOPPING = timedelta(seconds=3)

# Whatever the user's own configuration says: no words but the command's own.
_QUIET = {
    "BatchMode": "yes",
    "ClearAllForwardings": "yes",
    "EscapeChar": "none",
    "ForwardX11": "no",
    "LogLevel": "ERROR",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
    "RequestTTY": "no",
    "ServerAliveCountMax": "3",
    "ServerAliveInterval": "5",
    "StrictHostKeyChecking": "yes",
}


def _secret(value: str | None) -> Secret | None:
    return None if value is None else Secret(value)


def _named(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not _NAME.fullmatch(value):
        raise InvalidError(
            f"{value!r} cannot be given to ssh",
            path=attribute.name,
            value=value,
            hint="no blanks, and no - in front",
        )


def _port(_: object, __: object, value: int) -> None:
    if not 1 <= value <= _PORTS:
        raise InvalidError(f"{value} is no port", path="port", value=value, hint=f"1 to {_PORTS}")


def _options(_: object, __: object, value: Mapping[str, str]) -> None:
    for name, setting in value.items():
        if not _OPTION.fullmatch(name) or any(c in setting for c in "\0\r\n"):
            raise InvalidError(
                f"{name}={setting!r} is no option of ssh",
                path="options",
                value=setting,
                hint="a name and a value of one line, as ssh_config(5) has them",
            )
        if name.lower() == "stricthostkeychecking" and setting.lower() not in (
            "yes",
            "accept-new",
        ):
            raise UnsafeError(
                f"StrictHostKeyChecking={setting} would talk to anyone who answers",
                confirm="add the host's key to a file and name that in UserKnownHostsFile",
            )


@frozen(kw_only=True)
class Ssh:
    """Runs commands on another machine over ssh(1), whose connection stays open in between.

    The user's own configuration holds: aliases, jump hosts, agents, keys.
    Host keys are always checked. Nothing is ever asked for; a password is
    typed only where one is given (that takes `hakvm[console]`). Equal values in
    one process share one connection.

    The far side needs a POSIX login shell and timeout(1). A command that a
    signal ends there has the status 128 + its number, as shells say it. Words
    of a command can be seen by others on both machines: secrets belong in `stdin`.

    Attributes:
        host: the name that errors show, and that ssh(1) looks up in its configuration.
        address: where to connect, if that is not what `host` stands for.
        user, port: as in ssh(1); the configuration's unless told.
        identity: a private key to use, and no other.
        config: a configuration to use in place of the user's own.
        options: further options of ssh_config(5).
        password: the password to log in with.
        connect_timeout: how long opening the connection may take.
        keep: how long the connection stays open when nobody uses it.
    """

    host: str = field(validator=_named)
    address: str | None = field(default=None, validator=optional(_named))
    user: str | None = field(default=None, validator=optional(_named))
    port: int | None = field(default=None, validator=optional(_port))
    identity: str | None = None
    config: str | None = None
    options: Mapping[str, str] = field(factory=dict, converter=frozen_mapping, validator=_options)
    password: Secret | None = field(default=None, converter=_secret)
    connect_timeout: timedelta = timedelta(seconds=10)
    keep: timedelta = timedelta(seconds=60)

    def start(self, command: Command) -> Process:
        """Start `command` on the host and return at once, opening the connection if need be.

        Raises:
            HostUnreachable, UnknownHostKey, ChangedHostKey, LoginRefused: there is
                no connection, so the command has not run.
            TransportError: ssh(1) itself could not be started.
        """
        control = self.open()
        far = Far()

        def finish(process: Process, exit_status: int) -> tuple[int, bytes]:
            # Its ssh was killed, so there was a connection for this command alone.
            if process.said.startswith(_NO_MASTER) and not _answers(control):
                control.unlink(missing_ok=True)
            told, stderr = far.told(process.said)
            if told == "ended" or (not told and 0 <= exit_status < LOST):
                return exit_status, stderr
            raise self._no_end(command, told, process.said)

        def stop() -> None:
            if _answers(control):
                with contextlib.suppress(TransportError):
                    self._ssh(far.kill(), control).wait()

        return Process(
            command,
            host=self.host,
            argv=(*self._argv(control), far.line(command)),
            env=Local.environment(Command.of("ssh")),
            finish=finish,
            stop=stop,
        )

    def run(self, command: Command) -> Completed:
        """Run `command` on the host to its end.

        Raises:
            CommandNotFound, CommandTimeout, TransportError: as `Transport.run` says.
            HostUnreachable, UnknownHostKey, ChangedHostKey, LoginRefused: as `start` says.
            ConnectionLost: it broke off; `may_have_run` says what is known of the command.
        """
        with self.start(command) as running:
            return running.wait()

    def interactive(self, command: Command) -> tuple[str, ...]:
        """Return what runs `command` on a terminal of the host."""
        return (*self._argv(self.open(), terminal=True), Far.terminal(command))

    def open(self) -> Path:
        """Open the connection if it is not, and return its socket.

        Raises:
            HostUnreachable, UnknownHostKey, ChangedHostKey, LoginRefused, TransportError:
                there is none to be had.
        """
        control = self._control()
        if control.exists():  # one whose ssh was killed shows in what the next ssh says of it
            return control
        with _OPENING.setdefault(control, threading.Lock()):
            if not control.exists():
                self._connect(control)
        return control

    def close(self) -> None:
        """Close the connection, if it is open; what still runs over it is lost."""
        control = self._control()
        if _answers(control):
            with contextlib.suppress(TransportError):
                self._local(("ssh", *self._settings(), "-S", str(control), "-O", "exit"))
        control.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- ssh(1)'s words -----------------------------------------------------------------

    def _settings(self, **changed: str) -> list[str]:
        words = ["-F", self.config] if self.config is not None else []
        told = {
            "HostName": self.address,
            "User": self.user,
            "Port": None if self.port is None else str(self.port),
        }
        seconds = max(1, round(self.connect_timeout.total_seconds()))
        found = {"connecttimeout": str(seconds)}
        # ssh(1) reads their names in any case, and takes the first it meets.
        for layer in (_QUIET, self.options, changed, told):
            found |= {name.lower(): value for name, value in layer.items() if value is not None}
        for name, value in found.items():
            words += ["-o", f"{name}={value}"]
        if self.identity is not None:
            words += ["-i", self.identity, "-o", "IdentitiesOnly=yes"]
        return words

    def _argv(self, control: Path, *, terminal: bool = False) -> tuple[str, ...]:
        # Over the open connection; should that be gone, ssh(1) makes one for this command.
        changed = {"RequestTTY": "force"} if terminal else {}
        settings = self._settings(ControlMaster="no", **changed)
        return ("ssh", *settings, "-S", str(control), "--", self.host)

    def _ssh(self, line: str, control: Path) -> Process:
        words = (*self._argv(control), line)
        return Process(Command(argv=words, timeout=_STOPPING), host=self.host, argv=words)

    def _local(self, words: tuple[str, ...], limit: timedelta = _STOPPING) -> Completed:
        command = Command(argv=(*words, "--", self.host), timeout=limit)
        return Local(host=self.host).run(command)

    # --- the connection -----------------------------------------------------------------

    def _control(self) -> Path:
        """Return this connection's socket: of this process, this user and these settings."""
        told = repr((self._settings(), self.host, self.keep, str(self.password or "")))
        name = f"{os.getpid()}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"
        return _folder() / name

    def _connect(self, control: Path) -> None:
        # -N and -f: it opens the connection, and is in the background once that stands.
        keep = f"{max(1, round(self.keep.total_seconds()))}"
        told = {"ControlPersist": keep, "ControlMaster": "yes"}
        if self.password is not None:
            told |= {
                "BatchMode": "no",
                "NumberOfPasswordPrompts": "1",
                "PreferredAuthentications": "password,keyboard-interactive",
            }
        words = ("ssh", *self._settings(**told), "-S", str(control), "-N", "-f")
        limit = self.connect_timeout + timedelta(seconds=5)
        if self.password is not None:
            self._log_in((*words, "--", self.host), limit, self.password)
            return
        try:
            done = self._local(words, limit)
        except CommandTimeout:
            raise HostUnreachable(
                f"no connection within {limit.total_seconds():g} s",
                host=self.host,
                hint="the host answers, but does not get on: look at its load and its sshd",
            ) from None
        if not done.ok:
            raise refusal(done.error_text, host=self.host)

    def _log_in(self, words: tuple[str, ...], limit: timedelta, password: Secret) -> None:
        from hakvm.transport._console import Console  # noqa: PLC0415 - an extra, and rarely used

        asked = re.compile(rb"[^\r\n]*[Pp]assword[^\r\n:]*: ?")
        # ssh(1) leads the terminal's session: when it goes to the background, the kernel
        # hangs up on what it leaves behind, before that has a session of its own.
        hold = ("sh", "-c", "trap '' HUP; exec \"$@\"", "ssh")
        command = Command(argv=(*hold, *words), timeout=limit)
        with Console(Local(host=self.host), command) as console:
            if console.expect_or_end(asked):
                console.send_secret(password)
            if console.wait() != 0:
                failure = refusal(console.transcript, host=self.host)
                raise (
                    failure
                    if type(failure) is not TransportError
                    else LoginRefused(failure.message, host=self.host)
                )

    def _no_end(self, command: Command, told: str, said: bytes) -> TransportError:
        """Return the error for a command that did not run, or whose end did not come back."""
        program = command.argv[0]
        if told == "missing":
            return CommandNotFound(
                f"{program}: there is no such program",
                host=self.host,
                hint="install the package that brings it, or put it on the PATH",
            )
        if told == "denied":
            return TransportError(
                f"{program}: Permission denied",
                host=self.host,
                hint="the program must be executable for this user",
            )
        words = said.decode(errors="replace")
        if said.startswith(_NO_MASTER):
            # ssh(1) tried to connect anew; otherwise such words may be the command's own.
            failure = refusal(words.partition("\n")[2], host=self.host)
            if type(failure) is not TransportError:
                return failure
        return ConnectionLost(
            f"{command}: the connection broke off while it ran: {words.strip()[-400:]}",
            host=self.host,
            may_have_run=True,
            hint="look at what it should have changed before doing it again",
        )


def _folder() -> Path:
    """Return a folder of ours alone for the sockets, with a path short enough for one."""
    places = (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp")  # noqa: S108 - the folder made there is checked to be ours alone
    for place in filter(None, places):
        folder = Path(place) / f"hakvm-{os.getuid()}"
        if len(os.fsencode(folder)) + 1 + 30 > _LONGEST_PATH:
            continue
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
        except OSError:
            continue
        if (
            stat.S_ISDIR(found.st_mode)
            and found.st_uid == os.getuid()
            and stat.S_IMODE(found.st_mode) == stat.S_IRWXU
        ):
            return folder
    raise TransportError(
        "there is no folder for the sockets of ssh that is ours alone",
        hint="set XDG_RUNTIME_DIR to a folder with mode 0700",
    )


def _answers(control: Path) -> bool:
    """Whether a connection listens at the socket: one that was killed leaves it behind."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(control))
        except OSError:
            return False
    return True
