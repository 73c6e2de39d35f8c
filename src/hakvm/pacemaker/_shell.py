"""crmsh's interactive shell, for those who want to type at it."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from hakvm.errors import InvalidError
from hakvm.transport import Command

if TYPE_CHECKING:
    from hakvm.transport import Interactive

__all__ = ["CrmShell"]

# `crm(live)configure# ` of 2.x, `crm(live/node1)configure# ` from 4.x on, and `crm(x.xml)…`
# with a CIB_file.
_PROMPT = re.compile(rb"crm\([^)\r\n]*\)\w*# ?")
_SAYS_ERROR = re.compile(r"^(?:\x1b\[[0-9;]*m)*ERROR\b.*$", re.MULTILINE)


class CrmShell:
    """`crm configure`, typed at through a terminal.

        with CrmShell(Ssh(host="node1")) as shell:
            shell.run("primitive d ocf:pacemaker:Dummy op monitor interval=10s")
            shell.run("commit")

    Args:
        transport: where it runs: `Local`, `Ssh`, or any that can be typed at.
        cib_file: a file in the stead of the running cluster.
        timeout: how long a command may take.

    Raises:
        CommandNotFound, CommandTimeout, TransportError: it did not come up.
    """

    def __init__(
        self,
        transport: "Interactive",
        *,
        cib_file: str | None = None,
        timeout: timedelta = timedelta(seconds=60),
    ) -> None:
        from hakvm.transport import Console  # noqa: PLC0415 - pexpect is an extra

        self._console: Console
        env = {"CIB_file": cib_file} if cib_file else {}
        command = Command.of("crm", "--display=plain", "configure", env=env, timeout=timeout)
        self._console = Console(transport, command)
        self.greeting = self._console.expect(_PROMPT)

    def run(self, line: str) -> str:
        """Type a line, and return what the shell says to it.

        Raises:
            InvalidError: it is more than a line, or the shell calls it an error.
            CommandTimeout, TransportError: no prompt came back.
        """
        if "\n" in line or "\r" in line:
            raise InvalidError("one line at a time", path="line", value=line)
        self._console.send(line)
        said = self._console.expect(_PROMPT)
        answer = said.removeprefix(line).strip()
        found = _SAYS_ERROR.search(answer)
        if found is not None:
            raise InvalidError(found[0], path=line, value=answer, hint="as crm configure says")
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the shell; what was not committed is gone."""
        self._console.close()
