"""Run a command on this machine."""

import contextlib
import os
import signal
import subprocess
import time
from datetime import timedelta

from attrs import frozen

from hakvm.errors import CommandNotFound, CommandTimeout, TransportError
from hakvm.transport._base import Command, Completed

__all__ = ["Local"]

# Debian keeps the administrator's programs out of a user's PATH, and that is
# where all the tools of the cluster are.
_ADMIN_PATH = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def _environment(command: Command) -> dict[str, str]:
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    path += [folder for folder in _ADMIN_PATH if folder not in path]
    # The tools' messages are read: they must be in the language they were written in.
    return {**os.environ, "PATH": os.pathsep.join(path), "LC_ALL": "C.UTF-8", **command.env}


@frozen(kw_only=True)
class Local:
    """Runs commands on this machine, each in a process group of its own.

    Attributes:
        host: the name that errors show.
    """

    host: str = "localhost"

    def run(self, command: Command) -> Completed:
        """Run `command`; past its time limit the whole process group is killed.

        Raises:
            CommandNotFound, CommandTimeout, TransportError: as `Transport.run` says.
        """
        begin = time.monotonic()
        try:
            process = subprocess.Popen(
                command.argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(command),
                start_new_session=True,
            )
        except FileNotFoundError:
            raise CommandNotFound(
                f"{command.argv[0]}: there is no such program",
                host=self.host,
                hint="install the package that brings it, or put it on the PATH",
            ) from None
        except OSError as error:
            raise TransportError(
                f"{command.argv[0]}: {error.strerror}",
                host=self.host,
                hint="the program must be executable for this user",
            ) from None
        try:
            limit = None if command.timeout is None else command.timeout.total_seconds()
            stdout, stderr = process.communicate(command.stdin, timeout=limit)
        except subprocess.TimeoutExpired:
            raise CommandTimeout(
                f"{command}: not done after {limit:g} s, so it was killed",
                host=self.host,
                may_have_run=True,
            ) from None
        finally:
            if process.poll() is None:  # timed out, or interrupted by a signal of our own
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        return Completed(
            command=command,
            exit_status=process.returncode,
            stdout=stdout,
            stderr=stderr,
            duration=timedelta(seconds=time.monotonic() - begin),
            host=self.host,
        )
