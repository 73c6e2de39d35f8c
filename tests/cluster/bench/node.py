"""One node of the bench, and the ways into it."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from hakvm.errors import CommandNotFound, ConnectionLost, HostUnreachable
from hakvm.transport import Command, Completed, Files, Process, Ssh

if TYPE_CHECKING:
    from bench.stand import Bench

__all__ = ["Namespace", "Node"]

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NO_PROGRAM = 127


@frozen(kw_only=True)
class Namespace:
    """A transport into a node's namespaces: no network, no login, so it works when those do not.

    Attributes:
        host: the node's name.
        pid: tells the PID of the node's init, 0 where its power is off.
    """

    host: str
    pid: Callable[[], int] = field(repr=False, eq=False)

    def start(self, command: Command) -> Process:
        """Start `command` in the node and return at once."""
        argv = self.interactive(command)

        def finish(process: Process, exit_status: int) -> tuple[int, bytes]:
            if exit_status == _NO_PROGRAM and process.said.startswith(b"env: "):
                raise CommandNotFound(
                    f"{command.argv[0]}: there is no such program", host=self.host
                )
            if exit_status == -signal.SIGKILL and not self.pid():
                raise ConnectionLost(
                    f"{command}: the power was cut while it ran",
                    host=self.host,
                    may_have_run=True,
                )
            return exit_status, process.said

        return Process(command, host=self.host, argv=argv, finish=finish)

    def run(self, command: Command) -> Completed:
        """Run `command` in the node to its end."""
        with self.start(command) as running:
            return running.wait()

    def interactive(self, command: Command) -> tuple[str, ...]:
        """Return what runs `command` in the node, from this machine."""
        pid = self.pid()
        if not pid:
            raise HostUnreachable("its power is off", host=self.host)
        variables = {"HOME": "/root", "LC_ALL": "C.UTF-8", "PATH": _PATH, "TERM": "dumb"}
        told = [f"{name}={value}" for name, value in (variables | dict(command.env)).items()]
        namespaces = ("-m", "-u", "-i", "-n", "-p")
        return ("nsenter", "-t", str(pid), *namespaces, "--", "env", "-i", *told, *command.argv)


@define
class Node:
    """One node: its name, its addresses, the ways into it.

    Attributes:
        transport: straight into its namespaces.
        files: its files.
    """

    bench: "Bench"
    name: str
    addresses: tuple[str, ...]
    transport: Namespace
    files: Files

    def run(self, *argv: str, stdin: bytes = b"") -> Completed:
        """Run a command in the node, straight into its namespaces."""
        return self.transport.run(Command.of(*argv, stdin=stdin))

    def ssh(self) -> Ssh:
        """Return a real SSH connection to its sshd, over its network."""
        reach = (
            f"nsenter -t {self.bench.rack} -n {sys.executable} "
            f"{Path(__file__).with_name('connect.py')} %h %p"
        )
        folder = self.bench.folder
        return Ssh(
            host=self.name,
            address=self.addresses[0],
            user="root",
            identity=str(folder / "user"),
            config="none",
            options={
                "GlobalKnownHostsFile": "/dev/null",
                "HostKeyAlias": "bench",
                "ProxyCommand": reach,
                "ProxyUseFdpass": "yes",
                "UserKnownHostsFile": str(folder / "known"),
            },
        )
