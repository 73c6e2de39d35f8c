"""Run a command on this machine."""

import os

from attrs import frozen

from hakvm.transport._base import Command, Completed
from hakvm.transport._process import Process

__all__ = ["Local"]

# Debian keeps the administrator's programs out of a user's PATH, and that is
# where all the tools of the cluster are.
ADMIN_PATH = ("/usr/local/sbin", "/usr/sbin", "/sbin")


@frozen(kw_only=True)
class Local:
    """Runs commands on this machine, each in a process group of its own.

    Attributes:
        host: the name that errors show.
    """

    host: str = "localhost"

    def start(self, command: Command) -> Process:
        """Start `command`; it runs until it ends, or `cancel` or its time limit end it.

        Raises:
            CommandNotFound, TransportError: it could not be started.
        """
        return Process(command, host=self.host, argv=command.argv, env=self.environment(command))

    def run(self, command: Command) -> Completed:
        """Run `command`; past its time limit the whole process group is stopped.

        Raises:
            CommandNotFound, CommandTimeout, TransportError: as `Transport.run` says.
        """
        with self.start(command) as running:
            return running.wait()

    def interactive(self, command: Command) -> tuple[str, ...]:
        """Return what runs `command` on a terminal of this machine."""
        if not command.env:
            return command.argv
        return ("env", *(f"{name}={value}" for name, value in command.env.items()), *command.argv)

    @staticmethod
    def environment(command: Command) -> dict[str, str]:
        """Return the variables that `command` gets: ours, its own, and a language we can read."""
        path = os.environ.get("PATH", os.defpath).split(os.pathsep)
        path += [folder for folder in ADMIN_PATH if folder not in path]
        return {**os.environ, "PATH": os.pathsep.join(path), "LC_ALL": "C.UTF-8", **command.env}
