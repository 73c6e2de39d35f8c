"""Run commands in a node through QEMU's guest agent: a Transport that needs no network.

It goes over a serial channel, so that it works while links are cut, costs no
handshake, and after a rewind finds an agent that is where it was then.

Source: QEMU, qga/qapi-schema.json (guest-sync-delimited, guest-exec,
guest-exec-status).
"""

import base64
import fcntl
import json
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import inf
from pathlib import Path
from time import monotonic, sleep

from attrs import define, field

from hakvm.errors import CommandNotFound, CommandTimeout, TransportError
from hakvm.transport import Command, Completed
from hakvm_lab.qmp import connect

__all__ = ["Agent"]

_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "TERM": "dumb",
}
_TIMED_OUT, _NOT_EXECUTABLE, _NOT_FOUND, _KILLED = 124, 126, 127, 137  # timeout(1)
_GRACE = 10.0  # seconds that a node may be late itself
_LONGEST = 3600.0  # seconds that one question may take
_LOOKS = (0.02, 0.5)  # seconds between two looks at a running command: at first, and at most


@define
class Agent:
    """Runs commands in one node of the lab.

    Attributes:
        host: the node's name.
        channel: where QEMU offers the agent's channel.
    """

    host: str
    channel: Path
    _turn: threading.Lock = field(factory=threading.Lock, init=False, repr=False, eq=False)

    def run(self, command: Command) -> Completed:
        """Run `command` in the node; past its time limit its process group is killed there.

        Raises:
            CommandNotFound, CommandTimeout, TransportError: as `Transport.run` says.
        """
        begin = monotonic()
        limit = _seconds(command)
        end = begin + limit + _GRACE
        # timeout(1) keeps the limit in the node, where no rewind can lose it.
        argv = ["--kill-after=2", f"{0 if limit == inf else limit:g}", *command.argv]
        started = self._ask(
            "guest-exec",
            end,
            path="/usr/bin/timeout",
            arg=argv,
            env=[f"{key}={value}" for key, value in {**_ENVIRONMENT, **command.env}.items()],
            **{"input-data": base64.b64encode(command.stdin).decode(), "capture-output": True},
        )
        pause, longest = _LOOKS
        while not (status := self._ask("guest-exec-status", end, pid=started["pid"]))["exited"]:
            if monotonic() > end:
                raise self._late(command)
            sleep(pause)
            pause = min(pause * 1.5, longest)
        done = Completed(
            command=command,
            exit_status=_exit_status(status),
            stdout=base64.b64decode(str(status.get("out-data", ""))),
            stderr=base64.b64decode(str(status.get("err-data", ""))),
            duration=timedelta(seconds=monotonic() - begin),
            host=self.host,
        )
        if done.exit_status in {_TIMED_OUT, _KILLED} and monotonic() - begin >= limit:
            raise self._late(command)
        if done.exit_status in {_NOT_FOUND, _NOT_EXECUTABLE} and done.stderr.startswith(
            b"/usr/bin/timeout: failed to run command"
        ):
            raise CommandNotFound(
                f"{command.argv[0]}: {done.error_text.strip().rpartition(': ')[2]}",
                host=self.host,
            )
        return done

    def _late(self, command: Command) -> CommandTimeout:
        return CommandTimeout(
            f"{command}: not done after {_seconds(command):g} s, so it was killed",
            host=self.host,
            may_have_run=True,
        )

    def answers(self, limit: float) -> bool:
        """Whether the node's agent answers within `limit` seconds."""
        try:
            self._ask("guest-ping", monotonic() + limit)
        except TransportError:
            return False
        return True

    def _ask(self, what: str, end: float, **arguments: object) -> dict[str, object]:
        """Ask the agent one thing, in a conversation of its own."""
        with self._channel(end) as sock:
            # What an agent that was rewound or cut off left in the channel ends
            # at the byte 0xff and the number that we just made up.
            mark = random.getrandbits(31)
            request = {"execute": "guest-sync-delimited", "arguments": {"id": mark}}
            sock.sendall(b"\xff" + json.dumps(request).encode() + b"\n")
            while self._answer(sock, end).get("return") != mark:
                pass
            request = {"execute": what, "arguments": arguments}
            sock.sendall(json.dumps(request).encode() + b"\n")
            answer = self._answer(sock, end)
        if "return" not in answer:
            raise TransportError(
                f"the node's agent refused {what}: {answer.get('error')}", host=self.host
            )
        found = answer["return"]
        return found if isinstance(found, dict) else {}

    @contextmanager
    def _channel(self, end: float) -> Iterator[socket.socket]:
        """Hold the channel, which talks to one at a time, and turn what fails into our errors."""
        left = min(max(end - monotonic(), 0.01), _LONGEST)
        if not self._turn.acquire(timeout=left):
            raise TransportError("the node's agent is busy", host=self.host)
        try:
            with self.channel.with_name(f"{self.channel.name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                with connect(self.channel, left) as sock:
                    yield sock
        except TimeoutError:
            raise TransportError(
                "the node's agent does not answer",
                host=self.host,
                may_have_run=True,
                hint="script/lab status says whether the node is on",
            ) from None
        except OSError as error:
            raise TransportError(
                f"the node cannot be reached: {error.strerror or error}",
                host=self.host,
                hint="script/lab status says what runs",
            ) from None
        finally:
            self._turn.release()

    def _answer(self, sock: socket.socket, end: float) -> dict[str, object]:
        """Read one answer; what is no JSON object is left over from before, and passed over."""
        line = bytearray()
        while not line.endswith(b"\n"):
            sock.settimeout(min(max(end - monotonic(), 0.01), _LONGEST))
            data = sock.recv(1 << 16)
            if not data:
                raise TransportError("the node's agent hung up", host=self.host, may_have_run=True)
            line += data
        try:
            found = json.loads(line.rpartition(b"\xff")[2])
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def _seconds(command: Command) -> float:
    return inf if command.timeout is None else command.timeout.total_seconds()


def _exit_status(status: dict[str, object]) -> int:
    number = status.get("signal", 0)
    if isinstance(number, int) and number:
        return -number
    code = status.get("exitcode", 0)
    return code if isinstance(code, int) else 0
