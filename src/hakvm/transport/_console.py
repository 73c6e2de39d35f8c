"""A terminal for what must be typed at: prompts, passwords, interactive shells."""

import contextlib
import re
import time
import warnings
from datetime import timedelta
from typing import Protocol, Self, runtime_checkable

from hakvm.errors import CommandNotFound, CommandTimeout, InvalidError, TransportError
from hakvm.secret import MASK, Secret, mask
from hakvm.transport._base import Command
from hakvm.transport._local import Local

try:
    import pexpect
except ModuleNotFoundError as error:
    raise ImportError(
        "hakvm.transport.Console needs pexpect: pip install 'hakvm[console]'"
    ) from error

__all__ = ["Console", "Interactive"]

_CHUNK = 1 << 14
# A prompt is what the program waits behind: nothing may follow for this long.
_SETTLE = 0.05
_HIDING = 2.0  # seconds that a program may take to turn the echo off
_SHOWN = 5  # lines of the transcript that an error shows


@runtime_checkable
class Interactive(Protocol):
    """A transport that can give a command a terminal."""

    @property
    def host(self) -> str:
        """The host's name, as errors show it."""

    def interactive(self, command: Command) -> tuple[str, ...]:
        """Return the words that run `command` on a terminal of the host, from this machine."""


class Console:
    """A command on a terminal, to be typed at.

        with Console(transport, Command.of("passwd", "alice")) as console:
            console.expect("New password: ")
            console.send_secret(password)

    Args:
        transport: where it runs; `Local` and `Ssh` can.
        command: what runs; its time limit holds for each wait, its `stdin` for nothing.

    Raises:
        CommandNotFound, TransportError: it could not be started.
    """

    def __init__(self, transport: Interactive, command: Command) -> None:
        argv = transport.interactive(command)
        self.host = transport.host
        self._program = command.argv[0]
        self._limit = command.timeout
        self._secrets: list[str] = []
        self._seen = bytearray()  # all there was
        self._unread = bytearray()  # of that, what no prompt has ended yet
        environment = Local.environment(Command(argv=argv, env={"TERM": "dumb"}))
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of forkpty beside threads; the child execs at once.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._child: pexpect.spawn[bytes] = pexpect.spawn(
                    argv[0], list(argv[1:]), env=environment, dimensions=(50, 500), timeout=None
                )
        except pexpect.ExceptionPexpect:
            raise CommandNotFound(
                f"{argv[0]}: there is no such program",
                host=self.host,
                hint="install the package that brings it, or put it on the PATH",
            ) from None
        self._child.delaybeforesend = None

    @property
    def transcript(self) -> str:
        """All that stood on the terminal so far, secrets masked, lines ended by a newline."""
        return self._clean(bytes(self._seen))

    def expect(self, prompt: str | re.Pattern[bytes], timeout: timedelta | None = None) -> str:
        """Wait for a prompt, and return what stood before it.

        It must stand at the start of a line, and nothing behind it: a text that
        merely contains the words is no prompt.

        Args:
            prompt: its exact text, or a pattern for all of it.
            timeout: how long to wait; the command's own limit unless told.

        Raises:
            CommandTimeout: it did not come.
            TransportError: the program ended instead.
        """
        before = self._await(_anchored(prompt), prompt, timeout)
        if before is None:
            raise TransportError(
                f"{self._program} ended where {_shown(prompt)} was expected{self._last()}",
                host=self.host,
                may_have_run=True,
            )
        return before

    def expect_or_end(
        self, prompt: str | re.Pattern[bytes], timeout: timedelta | None = None
    ) -> bool:
        """Wait for a prompt that may not come: return whether it did before the end.

        Raises:
            CommandTimeout: neither came.
        """
        return self._await(_anchored(prompt), prompt, timeout) is not None

    def send(self, line: str) -> None:
        """Type a line and the return key.

        Raises:
            InvalidError: it holds a control character, which the terminal would obey.
            TransportError: the program has ended.
        """
        if not line.isprintable():
            raise InvalidError("a line to type holds printable characters only", value=line)
        self._type(line)

    def send_secret(self, secret: str) -> None:
        """Type a secret: it is masked in the transcript, and only typed where it is not echoed.

        Raises:
            InvalidError: it holds a control character, which the terminal would obey.
            TransportError: the terminal would show it, or the program has ended.
        """
        secret = Secret(secret)
        if not secret.isprintable():
            raise InvalidError("a secret to type holds printable characters only", value=MASK)
        if not self._is_hidden():
            raise TransportError(
                f"{self._program} would show the secret, so it was not typed{self._last()}",
                host=self.host,
                may_have_run=True,
            )
        if secret:
            self._secrets.append(str(secret))
        self._type(secret)

    def wait(self, timeout: timedelta | None = None) -> int:
        """Wait for the program's end and return its exit status, negative for a signal.

        Raises:
            CommandTimeout: it did not end.
        """
        self._await(None, "its end", timeout)
        self._child.close()
        if self._child.signalstatus is not None:
            return -int(self._child.signalstatus)
        return int(self._child.exitstatus or 0)

    def close(self) -> None:
        """Take the terminal away and end the program, if it has not ended."""
        with contextlib.suppress(pexpect.ExceptionPexpect, OSError):
            self._child.close(force=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _await(
        self,
        wanted: re.Pattern[bytes] | None,
        name: str | re.Pattern[bytes],
        timeout: timedelta | None,
    ) -> str | None:
        """Read until `wanted` is all that is left: return what stood before it, `None` at the end.

        Without `wanted`, read to the end.
        """
        limit = timeout if timeout is not None else self._limit
        end = None if limit is None else time.monotonic() + limit.total_seconds()
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            found = wanted.search(self._unread) if wanted is not None else None
            try:
                data = self._child.read_nonblocking(_CHUNK, _SETTLE if found else left)
            except pexpect.TIMEOUT:
                if found:
                    before = bytes(self._unread[: found.start()])
                    self._unread.clear()
                    return self._clean(before)
                raise CommandTimeout(
                    f"{self._program}: {_shown(name)} did not come within "
                    f"{limit.total_seconds() if limit else 0:g} s{self._last()}",
                    host=self.host,
                    may_have_run=True,
                ) from None
            except pexpect.EOF:
                return None
            self._seen += data
            self._unread += data

    def _is_hidden(self) -> bool:
        """Wait a moment for the program to turn the echo off; it may print its prompt first."""
        end = time.monotonic() + _HIDING
        while self._child.getecho():
            if time.monotonic() > end:
                return False
            time.sleep(_SETTLE)
        return True

    def _type(self, line: str) -> None:
        try:
            self._child.sendline(line)
        except OSError:
            raise TransportError(
                f"{self._program} has ended, so nothing can be typed{self._last()}",
                host=self.host,
                may_have_run=True,
            ) from None

    def _clean(self, data: bytes) -> str:
        text = data.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return mask(text)

    def _last(self) -> str:
        lines = self.transcript.strip().splitlines()[-_SHOWN:]
        return ", after:\n" + "\n".join(f"  {line}" for line in lines) if lines else ""


def _anchored(prompt: str | re.Pattern[bytes]) -> re.Pattern[bytes]:
    inner = re.escape(prompt.encode()) if isinstance(prompt, str) else prompt.pattern
    flags = 0 if isinstance(prompt, str) else prompt.flags
    return re.compile(rb"(?:\A|(?<=[\r\n]))(?:" + inner + rb")\Z", flags)


def _shown(prompt: str | re.Pattern[bytes]) -> str:
    if isinstance(prompt, str):
        return repr(prompt)
    return f"a prompt like {prompt.pattern.decode(errors='replace')!r}"
