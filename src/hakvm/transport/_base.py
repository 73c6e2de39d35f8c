"""What a command is, what comes of it, and what runs it."""

import shlex
from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Protocol, Self, runtime_checkable

from attrs import field, frozen

from hakvm.errors import CommandError, InvalidError

__all__ = ["Command", "Completed", "Transport"]

DEFAULT_TIMEOUT = timedelta(seconds=60)


def _count(data: bytes) -> str:
    return f"<{len(data)} bytes>"


def frozen_mapping(found: Mapping[str, str]) -> Mapping[str, str]:
    """Copy a mapping into one that nobody can change."""
    return MappingProxyType(dict(found))


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
        if "\0" in word:
            raise InvalidError(f"NUL in {word!r}: no program can be given that", path="argv")
    return argv


@frozen(kw_only=True)
class Command:
    """A program, its words and what it reads.

    Attributes:
        argv: the program and its arguments; never a shell's line.
        stdin: what it reads; never shown, since keys travel this way.
        timeout: how long it may take; 60 s unless told.
        env: variables to set beside those that it gets anyway.
    """

    argv: tuple[str, ...] = field(converter=_argv)
    stdin: bytes = field(default=b"", repr=_count)
    timeout: timedelta = DEFAULT_TIMEOUT
    env: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)

    @classmethod
    def of(
        cls,
        *argv: str,
        stdin: bytes = b"",
        timeout: timedelta = DEFAULT_TIMEOUT,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> Self:
        """Make a command from its words: `Command.of("drbdadm", "dump", "r0")`."""
        return cls(argv=argv, stdin=stdin, timeout=timeout, env=env)

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
            stdout=self.stdout,
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
