"""A command as a process of this machine: what `Local` and `Ssh` stand on."""

import contextlib
import math
import os
import select
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Self

from hakvm.errors import CommandCancelled, CommandNotFound, CommandTimeout, TransportError
from hakvm.transport._base import Command, Completed

__all__ = ["Process"]

_CHUNK = 1 << 16
_LONGEST = 86_400.0  # seconds of one select; poll(2) refuses much longer ones
# A daemon that the command started may hold its output open for ever. What the
# command itself wrote is in the pipe when it has ended; its children get this.
_LINGER = 0.5
_GENTLE = 1.0  # seconds between SIGTERM and SIGKILL, for a program to tidy up
_REAP = 5.0  # seconds a killed process may take to go: one stuck in the kernel is left


def _as_it_is(process: "Process", exit_status: int) -> tuple[int, bytes]:
    return exit_status, process.said


def _nothing() -> None: ...


class Process:
    """A command under way in a process of this machine, in a process group of its own.

    For transports of your own: `Process(command, host=…, argv=("podman", "exec", …))`
    is their `start`, and `start(command).wait()` their `run`. One thread reads
    or waits; any thread may cancel.

    Args:
        command: what was asked for.
        host: the name that errors show.
        argv: what runs here for it.
        env: the environment that this gets; ours if `None`.
        finish: makes exit status and standard error from how this ended, or raises
            a `TransportError`.
        stop: called once this has been stopped, to stop what it has driven elsewhere.

    Raises:
        CommandNotFound, TransportError: it could not be started.
    """

    def __init__(
        self,
        command: Command,
        *,
        host: str,
        argv: tuple[str, ...],
        env: Mapping[str, str] | None = None,
        finish: Callable[["Process", int], tuple[int, bytes]] = _as_it_is,
        stop: Callable[[], None] = _nothing,
    ) -> None:
        self._command = command
        self._host = host
        self._finish = finish
        self._stop = stop
        self._begin = time.monotonic()
        limit = command.timeout
        self._deadline = math.inf if limit is None else self._begin + limit.total_seconds()
        self._ended = False
        self._unsent = memoryview(command.stdin)
        self._said = bytearray()
        self._rest: list[bytes] = []  # of the standard output: what nobody has read as lines
        self._completed: Completed | None = None
        self._failure: TransportError | None = None
        self._cancelled = threading.Event()
        self._ending = threading.Lock()
        self._popen = self._spawn(argv, env)
        for stream in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
        try:
            self._pidfd = os.pidfd_open(self._popen.pid)
            self._wake, self._waker = os.pipe()
        except OSError as error:  # too many open files
            self._popen.kill()
            self._popen.communicate()
            raise TransportError(
                f"{argv[0]}: {error.strerror}", host=host, may_have_run=True
            ) from None
        self._chunks = self._pump()

    def _spawn(
        self, argv: tuple[str, ...], env: Mapping[str, str] | None
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                argv,
                stdin=subprocess.PIPE if self._command.stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=env,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise CommandNotFound(
                f"{argv[0]}: there is no such program",
                host=self._host,
                hint="install the package that brings it, or put it on the PATH",
            ) from None
        except OSError as error:
            raise TransportError(
                f"{argv[0]}: {error.strerror}",
                host=self._host,
                hint="the program must be executable for this user",
            ) from None

    @property
    def command(self) -> Command:
        """The command that runs."""
        return self._command

    @property
    def said(self) -> bytes:
        """What it has written to its standard error so far."""
        return bytes(self._said)

    def lines(self) -> Iterator[str]:
        """Yield each line of the standard output as it comes, as `Running.lines` says."""
        held = b"".join(self._rest)
        self._rest.clear()
        for chunk in self._chunks:
            *whole, held = (held + chunk).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace")
        if held:
            yield held.decode(errors="replace")
        self.wait()

    def wait(self) -> Completed:
        """Wait for the end, as `Running.wait` says."""
        if self._failure is not None:
            raise self._failure
        if self._completed is None:
            self._rest += self._chunks
            try:
                status, stderr = self._finish(self, self._popen.returncode)
            except TransportError as failure:
                self._failure = failure
                raise
            self._completed = Completed(
                command=self._command,
                exit_status=status,
                stdout=b"".join(self._rest),
                stderr=stderr,
                duration=timedelta(seconds=time.monotonic() - self._begin),
                host=self._host,
            )
        return self._completed

    def cancel(self) -> None:
        """Stop it with all that it has started, as `Running.cancel` says."""
        if self._popen.returncode is None:
            self._cancelled.set()
            self._kill()
            with self._ending:
                if self._waker >= 0:
                    os.write(self._waker, b"\0")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()
        self._chunks.close()
        self._close()

    # --- reading: by the one thread that asks -------------------------------------------

    def _pump(self) -> Generator[bytes, None, None]:
        """Yield the standard output as it comes; feed the input and keep the errors meanwhile."""
        try:
            yield from self._read()
        except TransportError as failure:
            self._failure = failure
            self._kill()
            raise
        except BaseException:  # interrupted, or nobody reads on: it must not run on either
            self._kill()
            raise
        finally:
            self._close()

    def _read(self) -> Generator[bytes, None, None]:
        with selectors.DefaultSelector() as selector:
            self._register(selector)
            while len(selector.get_map()) > 1:  # the last one, `_wake`, never ends
                left = self._deadline - time.monotonic()
                if left <= 0:
                    if self._ended:
                        break
                    raise self._took_too_long()
                for key, _ in selector.select(min(left, _LONGEST)):
                    if data := key.data(selector, key):
                        yield data
        if self._cancelled.is_set():
            raise self._was_cancelled()

    def _register(self, selector: selectors.BaseSelector) -> None:
        popen = self._popen
        selector.register(self._wake, selectors.EVENT_READ, self._woken)
        selector.register(self._pidfd, selectors.EVENT_READ, self._note_end)
        if popen.stdout and popen.stderr:
            selector.register(popen.stdout, selectors.EVENT_READ, _take)
            selector.register(popen.stderr, selectors.EVENT_READ, self._keep)
        if popen.stdin:
            selector.register(popen.stdin, selectors.EVENT_WRITE, self._feed)

    def _woken(self, _: selectors.BaseSelector, __: selectors.SelectorKey) -> bytes:
        raise self._was_cancelled()

    def _note_end(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> bytes:
        self._ended = True
        self._deadline = time.monotonic() + _LINGER
        selector.unregister(key.fileobj)
        return b""

    def _keep(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> bytes:
        self._said += _take(selector, key)
        return b""

    def _feed(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> bytes:
        try:
            self._unsent = self._unsent[os.write(key.fd, self._unsent[:_CHUNK]) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # it reads no more: that is its own affair
            self._unsent = self._unsent[:0]
        if not self._unsent and self._popen.stdin:
            selector.unregister(key.fileobj)
            self._popen.stdin.close()
        return b""

    def _took_too_long(self) -> CommandTimeout:
        limit = self._command.timeout or timedelta()
        return CommandTimeout(
            f"{self._command}: not done after {limit.total_seconds():g} s, so it was stopped",
            host=self._host,
            may_have_run=True,
        )

    def _was_cancelled(self) -> CommandCancelled:
        return CommandCancelled(
            f"{self._command}: stopped by its caller", host=self._host, may_have_run=True
        )

    # --- the end: from any thread -------------------------------------------------------

    def _kill(self) -> None:
        """End the whole process group: first with the chance to tidy up, then without."""
        with self._ending:
            # Until it is reaped, its number can be no other's.
            if self._popen.returncode is not None:
                return
            ended = select.poll()
            ended.register(self._pidfd, select.POLLIN)
            for number, patience in ((signal.SIGTERM, _GENTLE), (signal.SIGKILL, _REAP)):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._popen.pid, number)
                ended.poll(patience * 1000)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(_REAP)
            self._wait_for_group()
            self._stop()

    def _wait_for_group(self) -> None:
        """Wait for the rest of the group, which the signal has reached but not yet ended."""
        end = time.monotonic() + _REAP
        while _is_alive(self._popen.pid) and time.monotonic() < end:
            time.sleep(0.005)

    def _close(self) -> None:
        with self._ending:
            if self._waker < 0:
                return
            for descriptor in (self._pidfd, self._wake, self._waker):
                os.close(descriptor)
            self._waker = -1
            for stream in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
                if stream is not None:
                    stream.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(_REAP)


def _take(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> bytes:
    """Read what is there; at the end look no more."""
    data = os.read(key.fd, _CHUNK)
    if not data:
        selector.unregister(key.fileobj)
    return data


def _is_alive(group: int) -> bool:
    """Whether a process of the group runs; dead ones may wait long for whoever buries orphans."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] not in (b"Z", b"X"):
            return True
    return False
