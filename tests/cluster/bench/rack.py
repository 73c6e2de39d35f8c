"""The rack that the nodes stand in: their power supply, their network switch, their disks.

Runs as PID 1 of PID, mount and network namespaces of its own, and ends when
its standard input does: so the kernel takes all of it away with whoever
started it, however that ends. What the nodes write is in a tmpfs that nobody
else sees. Takes orders as JSON lines on its standard input, and from the
nodes' fence agents as words on a socket.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PLACE = Path("/mnt")  # covered by a tmpfs, in our mount namespace alone
SHARED = PLACE / "shared"  # what every node finds below /run/bench
LIMIT = 20.0  # seconds to boot a node


def run(*argv: str) -> None:
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)


def own_pid() -> int:
    """Our PID as the machine counts it: /proc still is the machine's own."""
    return int(Path("/proc/self").readlink().name)


def status_of(pid: int, key: str) -> list[str]:
    """The words behind `key` in /proc/PID/status."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, words = line.partition(":")
        if name == key:
            return words.split()
    return []


def children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


class Node:
    """One node: its supervisor is our child, and the node's PID 1 is that one's."""

    def __init__(self, name: str, addresses: list[str], tree: str, seed: str) -> None:
        self.name, self.addresses, self.tree, self.seed = name, addresses, tree, seed
        self.supervisor: subprocess.Popen[bytes] | None = None

    def init(self) -> tuple[int, int] | None:
        """Return the PIDs of the node's PID 1: the machine's for it, and ours."""
        if self.supervisor is None or self.supervisor.poll() is not None:
            return None
        for child in children(own_pid()):
            if status_of(child, "NSpid")[1:] != [str(self.supervisor.pid)]:
                continue
            for grandchild in children(child):
                with contextlib.suppress(OSError):
                    pids = status_of(grandchild, "NSpid")
                    if pids[2:] == ["1"]:  # on the machine, in the rack, in the node
                        return int(pids[0]), int(pids[1])
        return None

    def on(self) -> str:
        if self.init() is not None:
            return "on"
        self.off()
        console = (PLACE / self.name).with_suffix(".boot").open("ab")
        self.supervisor = subprocess.Popen(
            [
                *("unshare", "--mount", "--propagation", "private", "--uts", "--ipc", "--net"),
                *("sh", str(HERE / "boot.sh"), self.name, str(PLACE), self.tree, self.seed),
                *(str(own_pid()), *self.addresses),
            ],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            cwd="/",
        )
        console.close()
        end = time.monotonic() + LIMIT
        while time.monotonic() < end and self.supervisor.poll() is None:
            if self.init() is not None and (SHARED / f"{self.name}.up").exists():
                return "on"
            time.sleep(0.01)
        return "failed: " + self.console()[-2000:]

    def off(self) -> str:
        """Cut its power: the kernel ends all that runs in it, at once."""
        (SHARED / f"{self.name}.up").unlink(missing_ok=True)
        init = self.init()
        if init is not None:
            os.kill(init[1], signal.SIGKILL)
        if self.supervisor is not None:
            if init is None:
                self.supervisor.kill()
            self.supervisor.wait(LIMIT)  # it waits for the last process in there
            self.supervisor = None
        return "off"

    def reboot(self) -> str:
        self.off()
        return self.on()

    def look(self) -> None:
        """Notice a node that went down by itself; one that asked for a reset boots again."""
        if self.supervisor is not None and self.supervisor.poll() is not None:
            asked = self.supervisor.returncode
            self.off()
            if asked == -signal.SIGHUP:  # reboot(2) in a PID namespace shows as this
                self.on()

    def console(self) -> str:
        with contextlib.suppress(OSError):
            return (PLACE / self.name).with_suffix(".boot").read_text(errors="replace")
        return ""


class Rack:
    """The power supplies, the switches, and the ear for orders."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.nets: list[str] = told["nets"]
        self.nodes = {
            name: Node(name, addresses, told["tree"], f"{told['folder']}/seed")
            for name, addresses in told["nodes"].items()
        }

    def set_up(self) -> None:
        run("mount", "-t", "tmpfs", "-o", "mode=755,size=3g", "bench", str(PLACE))
        SHARED.mkdir()
        run("ip", "link", "set", "lo", "up")
        for number, address in enumerate(self.nets):
            run("ip", "link", "add", f"br{number}", "type", "bridge", "forward_delay", "0")
            run("ip", "addr", "add", address, "dev", f"br{number}")
            run("ip", "link", "set", f"br{number}", "up")

    def obey(self, words: Sequence[str]) -> str:
        """Do one thing and say what came of it."""
        order, *rest = words
        if order == "list":
            return " ".join(self.nodes)
        node = self.nodes[rest[0]]
        orders: dict[str, Callable[[], str]] = {
            "on": node.on,
            "off": node.off,
            "reboot": node.reboot,
            "status": lambda: "on" if node.init() else "off",
            "pid": lambda: str((node.init() or (0,))[0]),
            "console": node.console,
            "link": lambda: self.link(node, *rest[1:]),
        }
        return orders[order]()

    @staticmethod
    def link(node: Node, number: str, state: str) -> str:
        run("ip", "link", "set", f"{node.name}-{number}", state)
        return state

    def serve(self) -> None:
        agents = socket.socket(socket.AF_UNIX)
        agents.bind(str(SHARED / "power"))
        agents.listen(16)
        orders = sys.stdin.fileno()
        unread = b""
        print(json.dumps(own_pid()), flush=True)  # noqa: T201 - our answers
        while True:
            ready, _, _ = select.select([orders, agents], [], [], 0.2)
            for node in self.nodes.values():
                node.look()
            if agents in ready:
                self.answer_agent(agents)
            if orders in ready:
                data = os.read(orders, 1 << 16)
                if not data:
                    return
                *lines, unread = (unread + data).split(b"\n")
                for line in lines:
                    print(json.dumps(self.safely(json.loads(line))), flush=True)  # noqa: T201 - our answers

    def answer_agent(self, agents: socket.socket) -> None:
        with contextlib.suppress(OSError):
            agent, _ = agents.accept()
            with agent:
                agent.settimeout(5)
                words = agent.recv(200).decode().split()
                agent.sendall(f"{self.safely(words)}\n".encode())

    def safely(self, words: Sequence[str]) -> str:
        try:
            return self.obey(words)
        except (OSError, ValueError, LookupError, TypeError, subprocess.SubprocessError) as error:
            return f"failed: {type(error).__name__}: {error}"


if __name__ == "__main__":
    found = json.loads(sys.argv[1])
    rack = Rack(found)
    rack.set_up()
    rack.serve()
    # Whoever made us may be gone without having tidied up.
    shutil.rmtree(found["folder"], ignore_errors=True)
