"""Recorded transcripts: run commands as they once ran on a real host.

A transcript is a JSON file, readable and byte exact: output that is UTF-8
stands as text, other output as base64.
"""

import base64
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Self

from attrs import define, evolve, field, frozen

from hakvm._reading import read_text
from hakvm.errors import ParseError, TransportError
from hakvm.secret import MASK, mask
from hakvm.transport._base import Command, Completed, Running, Starter, Transport, frozen_mapping

__all__ = ["Exchange", "Recorder", "Replay", "Transcript"]


def _masked(argv: Iterable[str]) -> tuple[str, ...]:
    """Return the words with their secrets masked: `--password` hides the word behind it."""
    words: list[str] = []
    for word in argv:
        pair = f"{words[-1]} {word}" if words else word
        words.append(MASK if words and mask(pair) == f"{words[-1]} {MASK}" else mask(word))
    return tuple(words)


def _without_secrets(data: bytes) -> bytes:
    try:
        return mask(data.decode()).encode()
    except UnicodeDecodeError:
        return data


def _to_json(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _from_json(value: str | dict[str, str]) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"])


@frozen(kw_only=True)
class Exchange:
    """One command and what came of it.

    What the command read is not kept, since keys travel that way; secrets in
    its words and its output are masked by the recorder.
    """

    argv: tuple[str, ...]
    exit_status: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    duration: timedelta = timedelta()


@frozen(kw_only=True)
class Transcript:
    """What a host answered, in order.

    Attributes:
        host: the host that answered.
        releases: what ran there, as `{"drbd": "8.4.11", "pacemaker": "2.1.5"}`.
        exchanges: the commands and their ends, oldest first.
    """

    host: str = ""
    releases: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)
    exchanges: tuple[Exchange, ...] = field(default=(), converter=tuple[Exchange, ...])

    @classmethod
    def parse(cls, text: str, *, source: str = "<string>") -> Self:
        """Read a transcript.

        Raises:
            ParseError: it is no JSON, or not of this form.
        """
        try:
            found = json.loads(text)
            return cls(
                host=found["host"],
                releases=found["releases"],
                exchanges=[_exchange(one) for one in found["exchanges"]],
            )
        except json.JSONDecodeError as error:
            raise ParseError.at(error.msg, text, error.pos, source=source) from None
        except RecursionError:
            raise ParseError("nested too deeply to be a transcript", source=source) from None
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise ParseError(
                f"no transcript: {type(error).__name__}: {error}",
                source=source,
                hint="write transcripts with transport.Recorder",
            ) from None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read the transcript in the file at `path`.

        Raises:
            ParseError: it cannot be read, or is no transcript.
        """
        return cls.parse(read_text(path), source=os.fspath(path))

    def render(self) -> str:
        """Write the transcript as JSON."""
        return (
            json.dumps(
                {
                    "host": self.host,
                    "releases": dict(self.releases),
                    "exchanges": [
                        {
                            "argv": list(one.argv),
                            "exit_status": one.exit_status,
                            "stdout": _to_json(one.stdout),
                            "stderr": _to_json(one.stderr),
                            "duration": one.duration.total_seconds(),
                        }
                        for one in self.exchanges
                    ],
                },
                indent=1,
                ensure_ascii=False,
            )
            + "\n"
        )


def _exchange(found: dict[str, Any]) -> Exchange:
    return Exchange(
        argv=tuple(found["argv"]),
        exit_status=int(found["exit_status"]),
        stdout=_from_json(found["stdout"]),
        stderr=_from_json(found["stderr"]),
        duration=timedelta(seconds=found.get("duration", 0)),
    )


@define
class Replay:
    """A transport that answers from a transcript.

    The same command asked for again gets its next recorded answer, and the
    last one from then on: a state that is polled stays where it ended.
    """

    transcript: Transcript
    _next: dict[tuple[str, ...], int] = field(factory=dict, init=False, repr=False)
    _answers: dict[tuple[str, ...], list[Exchange]] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._answers = {}
        for one in self.transcript.exchanges:
            self._answers.setdefault(one.argv, []).append(one)

    @property
    def host(self) -> str:
        """The host that was recorded."""
        return self.transcript.host

    def run(self, command: Command) -> Completed:
        """Answer `command` as it was answered when it was recorded.

        Raises:
            TransportError: this command was never recorded.
        """
        argv = _masked(command.argv)
        answers = self._answers.get(argv)
        if answers is None:
            raise TransportError(
                f"{mask(str(command))}: not in the transcript",
                host=self.host,
                hint="record it on a real host with transport.Recorder",
            )
        turn = self._next.get(argv, 0)
        self._next[argv] = turn + 1
        one = answers[min(turn, len(answers) - 1)]
        return Completed(
            command=command,
            exit_status=one.exit_status,
            stdout=one.stdout,
            stderr=one.stderr,
            duration=one.duration,
            host=self.host,
        )

    def start(self, command: Command) -> Running:
        """Answer `command` line by line, all at once.

        Raises:
            TransportError: this command was never recorded.
        """
        return _Replayed(done=self.run(command))


@define
class _Replayed:
    """A recorded command as one under way: it has long ended."""

    done: Completed
    _read: int = field(default=0, init=False)

    @property
    def command(self) -> Command:
        return self.done.command

    def lines(self) -> Iterator[str]:
        for line in io.BytesIO(self.done.stdout[self._read :]):
            self._read += len(line)
            yield line.removesuffix(b"\n").decode(errors="replace")

    def wait(self) -> Completed:
        return evolve(self.done, stdout=self.done.stdout[self._read :])

    def cancel(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


@define
class _Recorded:
    """A command under way whose lines and end are kept."""

    running: Running
    keep: Callable[[Completed, bytes], None]
    _lines: list[str] = field(factory=list, init=False, repr=False)
    _kept: bool = field(default=False, init=False)

    @property
    def command(self) -> Command:
        return self.running.command

    def lines(self) -> Iterator[str]:
        for line in self.running.lines():
            self._lines.append(f"{line}\n")
            yield line
        self.wait()

    def wait(self) -> Completed:
        done = self.running.wait()
        if not self._kept:
            self._kept = True
            self.keep(done, "".join(self._lines).encode() + done.stdout)
        return done

    def cancel(self) -> None:
        self.running.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.running.__exit__()


@define
class Recorder:
    """A transport that runs commands over another one and keeps what came of them.

    Byte for byte, but for secrets: those are masked, and the output of a
    command that is marked as sensitive is not kept.
    """

    transport: Transport
    releases: Mapping[str, str] = field(factory=dict)
    _seen: list[Exchange] = field(factory=list, init=False, repr=False)

    @property
    def host(self) -> str:
        """The host of the transport that is recorded."""
        return self.transport.host

    def run(self, command: Command) -> Completed:
        """Run `command` over the transport and keep its end; an error is not kept."""
        done = self.transport.run(command)
        self._keep(done, done.stdout)
        return done

    def start(self, command: Command) -> Running:
        """Start `command` over the transport; its lines are kept when it has ended.

        Raises:
            TransportError: it could not be started, or the transport cannot start.
        """
        if not isinstance(self.transport, Starter):
            raise TransportError("this transport cannot start a command", host=self.host)
        return _Recorded(running=self.transport.start(command), keep=self._keep)

    def _keep(self, done: Completed, stdout: bytes) -> None:
        sensitive = done.command.sensitive
        self._seen.append(
            Exchange(
                argv=_masked(done.command.argv),
                exit_status=done.exit_status,
                stdout=b"" if sensitive else _without_secrets(stdout),
                stderr=_without_secrets(done.stderr),
                duration=done.duration,
            )
        )

    @property
    def exchanges(self) -> Iterable[Exchange]:
        """What has been recorded so far."""
        return tuple(self._seen)

    @property
    def transcript(self) -> Transcript:
        """What has been recorded so far, as a transcript to render and keep."""
        return Transcript(host=self.host, releases=self.releases, exchanges=self._seen)
