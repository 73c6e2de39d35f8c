"""QEMU's machine protocol: one JSON object a line, over a socket in the lab's folder.

Source: QEMU, docs/interop/qmp-spec.rst; the commands in qapi/*.json.
"""

import json
import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from hakvm_lab.errors import LabError

__all__ = ["Qmp", "connect", "listener"]

Json = dict[str, object]


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Give a short name for `path`: a socket's address holds 107 characters, a path may more."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def connect(path: Path, timeout: float) -> socket.socket:
    """Connect to the socket at `path`."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(timeout)
    try:
        with _short(path) as name:
            sock.connect(name)
    except OSError:
        sock.close()
        raise
    return sock


def listener(path: Path, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """Make a socket at `path`, in place of what was there, that only its owner can reach."""
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, kind)
    with _short(path) as name:
        sock.bind(name)
    path.chmod(0o600)
    if kind == socket.SOCK_STREAM:
        sock.listen(16)
    return sock


class Qmp:
    """One conversation with one QEMU."""

    def __init__(self, path: Path, *, timeout: float = 60) -> None:
        self._name = path.stem
        try:
            self._sock = connect(path, timeout)
        except OSError as error:
            raise LabError(
                f"{self._name}: QEMU's monitor does not answer: {error.strerror or error}",
                hint="script/lab status says what runs; script/lab down ends it",
            ) from None
        self._lines = self._sock.makefile("rb")
        try:
            self._read()  # the greeting
            self.run("qmp_capabilities")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the conversation, so that another one may begin."""
        self._lines.close()
        self._sock.close()

    def _read(self) -> Json:
        try:
            line = self._lines.readline()
        except OSError as error:
            raise LabError(f"{self._name}: QEMU's monitor: {error.strerror or error}") from None
        if not line:
            raise LabError(
                f"{self._name}: QEMU ended", hint="its log says why: script/lab status names it"
            )
        found: Json = json.loads(line)
        return found

    def run(self, command: str, **arguments: object) -> object:
        """Run one command and return what it answers; events on the way are passed over.

        Raises:
            LabError: QEMU refused it, or ended.
        """
        request = {"execute": command, "arguments": arguments}
        self._sock.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = self._read()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise LabError(f"{self._name}: QEMU refused {command}: {_described(answer)}")

    def job(self, command: str, *, limit: float, **arguments: object) -> None:
        """Run a command that is a job, as snapshot-save, to its end.

        Raises:
            LabError: it failed, or did not end within `limit` seconds.
        """
        name = f"lab-{command}"
        self.run(command, **{"job-id": name}, **arguments)
        end = monotonic() + limit
        while (found := self._job(name)).get("status") != "concluded":
            if monotonic() > end:
                raise LabError(f"{self._name}: {command} is not done after {limit:g} s")
            # Events tell of a job's steps; whichever comes, look again.
            select.select([self._sock], [], [], 0.05)
        self.run("job-dismiss", id=name)
        if "error" in found:
            raise LabError(f"{self._name}: {command} failed: {found['error']}")

    def _job(self, name: str) -> Json:
        jobs = self.run("query-jobs")
        if not isinstance(jobs, list):
            raise LabError(f"{self._name}: QEMU's list of jobs is none: {jobs!r}")
        return next((job for job in jobs if job.get("id") == name), {})

    @property
    def state(self) -> str:
        """What the machine does: running, paused, prelaunch, shutdown …"""
        found = self.run("query-status")
        return str(found["status"]) if isinstance(found, dict) else "unknown"


def _described(answer: Json) -> str:
    error = answer["error"]
    return str(error.get("desc", error)) if isinstance(error, dict) else str(error)
