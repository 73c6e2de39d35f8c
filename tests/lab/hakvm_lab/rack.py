"""The rack that both nodes stand in: the switch of their links, and their power switch.

A process of its own, which lives as long as the lab does:
`Rack().serve()`, started in the lab's folder. Commands come in at
`rack.control`, one JSON object a connection; the nodes' own fence agents ask
at `rack.power`, a line `MARK off node1`, answered by `MARK ok off`.
"""

import json
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import asdict

from hakvm_lab.errors import LabError
from hakvm_lab.machine import LINKS, NODES, switch
from hakvm_lab.qmp import Qmp, connect, listener
from hakvm_lab.wire import Fault, Port, Wire

__all__ = ["Rack", "ask"]

_PATIENCE = 30.0
_LINE = 4096


def ask(folder: Path, **request: object) -> dict[str, object]:
    """Ask the rack of the lab in `folder` to do something, and return what it says.

    Raises:
        LabError: there is no rack, or it refuses.
    """
    try:
        with connect(folder / "rack.control", _PATIENCE) as sock, sock.makefile("rwb") as file:
            file.write(json.dumps(request).encode() + b"\n")
            file.flush()
            line = file.readline()
    except OSError as error:
        raise LabError(
            f"the lab's switch does not answer: {error.strerror or error}",
            hint="script/lab down, then script/lab up",
        ) from None
    if not line:
        raise LabError("the lab's switch ended", hint="script/lab down, then script/lab up")
    answer: dict[str, object] = json.loads(line)
    if "error" in answer:
        raise LabError(str(answer["error"]))
    return answer


class Rack:
    """Both switches, in the current folder."""

    def __init__(self) -> None:
        here = Path()
        self._selector = selectors.DefaultSelector()
        self._wires: dict[tuple[str, str], Wire] = {}  # by link, and the node it comes from
        for link in LINKS:
            ports = [
                Port(
                    listener(here / f"rack.{link}.{number}", socket.SOCK_DGRAM),
                    here / f"{node}.{link}",
                )
                for number, node in enumerate(NODES, start=1)
            ]
            for node, source, target in zip(NODES, ports, reversed(ports), strict=True):
                self._wires[link, node] = Wire(source, target)
        for name, accept in (("control", self._control), ("power", self._plug_in)):
            sock = listener(here / f"rack.{name}")
            self._selector.register(sock, selectors.EVENT_READ, accept)
        self._lines: dict[socket.socket, bytes] = {}

    def serve(self) -> None:
        """Work until ended by a signal."""
        while True:
            pause = self._move()
            for key, _ in self._selector.select(pause):
                if isinstance(key.fileobj, socket.socket) and callable(key.data):
                    work: Callable[[socket.socket], None] = key.data
                    work(key.fileobj)

    def _move(self) -> float | None:
        """Let out what is due, and listen where there is room and something to wait for."""
        pauses: list[float] = []
        for wire in self._wires.values():
            wire.take_in()
            pause = wire.let_out()
            if pause is not None:
                pauses.append(pause)
            self._listen(wire.target.out, selectors.EVENT_WRITE if wire.blocked else 0)
            self._listen(wire.source.sock, 0 if wire.full else selectors.EVENT_READ)
        return min(pauses, default=None)

    def _listen(self, sock: socket.socket, events: int) -> None:
        known = self._selector.get_map().get(sock)
        if known is None and events:
            self._selector.register(sock, events)
        elif known is not None and not events:
            self._selector.unregister(sock)

    # --- commands ---------------------------------------------------------

    def _control(self, sock: socket.socket) -> None:
        caller, _ = sock.accept()
        with caller, caller.makefile("rwb") as file:
            caller.settimeout(5)
            try:
                request = json.loads(file.readline(_LINE))
                answer = self._do(request)
            except LabError as error:
                answer = {"error": error.message}
            except (OSError, ValueError, TypeError, KeyError) as error:
                answer = {"error": f"no request: {type(error).__name__}: {error}"}
            try:
                file.write(json.dumps(answer).encode() + b"\n")
                file.flush()
            except OSError:
                return  # the caller has gone

    def _do(self, request: dict[str, object]) -> dict[str, object]:
        match request:
            case {"power": str(to), "node": str(node)}:
                return {"power": self._power(node, to)}
            case {"link": str() | None as link, "from": str() | None as node, "fault": dict(fault)}:
                for wire in self._chosen(link, node):
                    wire.become(Fault(**{**asdict(wire.fault), **fault}))
                return {}
            case {"clear": True}:
                for wire in self._wires.values():
                    wire.clear()
                return {}
            case {"status": True}:
                return {"wires": [self._said(*which) for which in self._wires]}
        raise LabError(f"the lab's switch does not know {request}")

    def _chosen(self, link: str | None, node: str | None) -> Iterator[Wire]:
        for (its_link, its_node), wire in self._wires.items():
            if link in {None, its_link} and node in {None, its_node}:
                yield wire

    def _said(self, link: str, node: str) -> dict[str, object]:
        wire = self._wires[link, node]
        return {
            "link": link,
            "from": node,
            **asdict(wire.fault),
            "passed": wire.passed,
            "lost": wire.lost,
        }

    # --- power ------------------------------------------------------------

    def _plug_in(self, sock: socket.socket) -> None:
        channel, _ = sock.accept()
        channel.settimeout(0)
        self._lines[channel] = b""
        self._selector.register(channel, selectors.EVENT_READ, self._asked)

    def _asked(self, channel: socket.socket) -> None:
        """Answer a node's fence agent."""
        try:
            data = channel.recv(_LINE)
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(channel)
            del self._lines[channel]
            channel.close()
            return
        *lines, self._lines[channel] = (self._lines[channel] + data)[-_LINE:].split(b"\n")
        for line in lines:
            words = line.decode(errors="replace").split()
            try:
                answer = self._answer(words)
            except LabError as error:
                answer = f"error {error.message}"
            mark = words[0] if words else "-"
            print(time.strftime("%T"), "asked:", *words, "-", answer, flush=True)  # noqa: T201 - its log
            try:
                channel.send(f"{mark} {answer}\n".encode())
            except OSError:
                continue  # whoever asked is switched off by now

    def _answer(self, words: list[str]) -> str:
        match words:
            case [_, "list", *_]:
                return f"ok {' '.join(NODES)}"
            case [_, "status", node]:
                return f"ok {self._power(node, 'status')}"
            case [_, "on" | "off" as to, node]:
                return f"ok {self._power(node, to)}"
        return "error this is no question"

    def _power(self, node: str, to: str) -> str:
        if node not in NODES or to not in {"on", "off", "reset", "status"}:
            raise LabError(f"{to} {node}: the switch knows on, off, reset of {', '.join(NODES)}")
        with Qmp(Path(f"{node}.rack-monitor"), timeout=20) as qmp:
            if to == "status":
                return "on" if qmp.state == "running" else "off"
            now = switch(qmp, to)
        if to != "on":
            # What it has sent and what was to reach it died with it.
            for wire in self._wires.values():
                wire.clear()
        return now
