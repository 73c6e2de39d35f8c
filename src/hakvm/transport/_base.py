"""What a command is, what comes of it, and what runs it."""

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Protocol, Self, runtime_checkable

from attrs import field, frozen

from hakvm._frozen import FrozenMapping
from hakvm.errors import CommandError, InvalidError
from hakvm.secret import mask

__all__ = ["Command", "Completed", "Running", "Starter", "Transport"]

DEFAULT_TIMEOUT = timedelta(seconds=60)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_NO_VARIABLES: FrozenMapping[str, str] = FrozenMapping()


def _count(data: bytes) -> str:
    return f"<{len(data)} bytes>"


def _line(argv: tuple[str, ...]) -> str:
    return f"({mask(shlex.join(argv))})"


def _names(env: Mapping[str, str]) -> str:
    return f"<{', '.join(env)}>"  # the values may be secrets


def frozen_mapping(found: Mapping[str, str]) -> FrozenMapping[str, str]:
    """Copy a mapping into one that nobody can change."""
    return FrozenMapping(found)


def _passable(word: str, path: str) -> None:
    """Refuse what the kernel cannot hand to a program."""
    if "\0" in word:
        raise InvalidError(f"NUL in {word!r}: no program can be given that", path=path, value=word)
    try:
        os.fsencode(word)
    except UnicodeEncodeError:
        raise InvalidError(f"{word!r} cannot be encoded", path=path, value=word) from None


def _environment(found: Mapping[str, str]) -> FrozenMapping[str, str]:
    for key, value in found.items():
        if not _VARIABLE.fullmatch(key):
            raise InvalidError(
                f"{key!r} is no name of a variable",
                path="env",
                value=key,
                hint="letters, digits and _, no digit first",
            )
        _passable(value, f"env[{key!r}]")
    return FrozenMapping(found)


def _limit(_: object, __: object, value: timedelta | None) -> None:
    if value is not None and value <= timedelta():
        raise InvalidError(
            f"{value}: a time limit is more than nothing",
            path="timeout",
            value=value,
            hint="None stands for no limit",
        )


def _argv(words: Iterable[str]) -> tuple[str, ...]:
    if isinstance(words, str):
        raise InvalidError(
            f"{words!r} is one text, not a list of words",
            path="argv",
            value=words,
            hint=f"give the words: {tuple(words.split())!r}",
        )
    argv = tuple(str(word) for word in words)
    if not argv or not argv[0]:
        raise InvalidError("a command needs a program to run", path="argv", value=words)
    for word in argv:
        _passable(word, "argv")
    return argv


@frozen(kw_only=True)
class Command:
    """A program, its words and what it reads.

    Attributes:
        argv: the program and its arguments; never a shell's line.
        stdin: what it reads; never shown, since keys travel this way.
        timeout: how long it may take; 60 s unless told, without a limit if `None`.
        env: variables to set beside those that it gets anyway.
        sensitive: whether what it prints is a secret, to be kept out of errors and transcripts.
    """

    argv: tuple[str, ...] = field(converter=_argv, repr=_line)
    stdin: bytes = field(default=b"", repr=_count)
    timeout: timedelta | None = field(default=DEFAULT_TIMEOUT, validator=_limit)
    env: Mapping[str, str] = field(default=_NO_VARIABLES, converter=_environment, repr=_names)
    sensitive: bool = False

    @classmethod
    def of(
        cls,
        *argv: str,
        stdin: bytes = b"",
        timeout: timedelta | None = DEFAULT_TIMEOUT,
        env: Mapping[str, str] = _NO_VARIABLES,
        sensitive: bool = False,
    ) -> Self:
        """Make a command from its words: `Command.of("drbdadm", "dump", "r0")`."""
        return cls(argv=argv, stdin=stdin, timeout=timeout, env=env, sensitive=sensitive)

    def __str__(self) -> str:
        return shlex.join([*(f"{key}={value}" for key, value in self.env.items()), *self.argv])


@frozen(kw_only=True)
class Completed:
    """A command that has ended.

    Attributes:
        command: what ran.
        exit_status: the status it ended with; negative for the signal that ended it.
        stdout, stderr: what it said, byte for byte.
        duration: how long it took.
        host: where it ran.
    """

    command: Command
    exit_status: int
    stdout: bytes = field(default=b"", repr=_count)
    stderr: bytes = field(default=b"", repr=_count)
    duration: timedelta = timedelta()
    host: str = ""

    @property
    def ok(self) -> bool:
        """Whether it ended with status 0."""
        return self.exit_status == 0

    @property
    def text(self) -> str:
        """Its standard output as text; what is no UTF-8 shows as U+FFFD."""
        return self.stdout.decode(errors="replace")

    @property
    def error_text(self) -> str:
        """Its standard error as text; what is no UTF-8 shows as U+FFFD."""
        return self.stderr.decode(errors="replace")

    def check(self, *allowed: int, hint: str = "") -> Self:
        """Return itself if it ended with status 0, or with one of `allowed`.

        Raises:
            CommandError: it ended with another one.
        """
        if self.exit_status == 0 or self.exit_status in allowed:
            return self
        raise CommandError(
            self.command.argv,
            self.exit_status,
            stdout=b"" if self.command.sensitive else self.stdout,
            stderr=self.stderr,
            host=self.host,
            hint=hint,
        )


@runtime_checkable
class Transport(Protocol):
    """Runs commands on one host."""

    @property
    def host(self) -> str:
        """The host's name, as errors show it."""

    def run(self, command: Command) -> Completed:
        """Run `command` to its end, whatever its exit status.

        Raises:
            CommandNotFound: the host has no such program.
            CommandTimeout: it did not end within its limit, and was stopped.
            TransportError: it could not be run, or how it ended cannot be known.
        """


class Running(Protocol):
    """A command under way; leaving its `with` block stops what has not ended."""

    @property
    def command(self) -> Command:
        """The command that runs."""

    def lines(self) -> Iterator[str]:
        """Yield each line of the standard output as it comes, without its line end.

        What is no UTF-8 shows as U+FFFD. Lines that have been yielded are not
        kept: an event stream may run for months.

        Raises:
            CommandTimeout, CommandCancelled, TransportError: as `wait` does.
        """

    def wait(self) -> Completed:
        """Wait for its end; `stdout` is what `lines` has not yielded.

        Raises:
            CommandNotFound: the host has no such program.
            CommandTimeout: it did not end within its limit, and was stopped.
            CommandCancelled: `cancel` stopped it.
            TransportError: how it ended cannot be known.
        """

    def cancel(self) -> None:
        """Stop it, with all that it has started, here and on its host; from any thread."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@runtime_checkable
class Starter(Transport, Protocol):
    """A transport that can also start a command and let go: for streams and cancellation."""

    def start(self, command: Command) -> Running:
        """Start `command` and return at once.

        Raises:
            CommandNotFound, TransportError: it could not be started.
        """
