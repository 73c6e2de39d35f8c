"""Pacemaker's own command line tools."""

import re
from collections.abc import Mapping
from datetime import timedelta

from attrs import field, frozen

from hakvm.errors import InvalidError
from hakvm.findings import Finding, Layer, Severity
from hakvm.pacemaker._cib import Cib
from hakvm.pacemaker._simulate import Promotion, Simulation, simulate
from hakvm.pacemaker._status import Status
from hakvm.transport import Command, Completed, Local, Transport

__all__ = ["Pacemaker"]

_LEVEL = re.compile(r"\s*(?:\(([\w:]+)\)\s*)?(error|warning|notice|info)?:?\s*(.*)", re.IGNORECASE)
_VERIFY_REFUSED = 78  # CRM_EX_CONFIG: there are errors in the configuration


@frozen(kw_only=True)
class Pacemaker:
    """The tools of a host that has Pacemaker.

    Attributes:
        transport: how the host is reached; this machine unless told.
        cib_file: a file in the stead of a running cluster: everything works offline on it.
    """

    transport: Transport = field(factory=Local)
    cib_file: str | None = None

    def _run(
        self, *argv: str, stdin: bytes = b"", timeout: timedelta = timedelta(seconds=60)
    ) -> Completed:
        env: Mapping[str, str] = {"CIB_file": self.cib_file} if self.cib_file else {}
        return self.transport.run(Command.of(*argv, stdin=stdin, env=env, timeout=timeout))

    def version(self) -> str:
        """Return the version of the tools, as `2.1.5`."""
        said = self._run("crm_mon", "--version").check().text
        found = re.search(r"Pacemaker (\S+)", said)
        if found is None:
            raise InvalidError(f"crm_mon --version said {said!r}", value=said)
        return found[1]

    def cib(self) -> Cib:
        """Read the CIB (cibadmin --query)."""
        return Cib.parse(self._run("cibadmin", "--query").check().stdout, source="cibadmin --query")

    def status(self) -> Status:
        """Read the status (crm_mon)."""
        done = self._run(
            *("crm_mon", "--one-shot", "--output-as=xml", "--inactive"),
            *("--show-node-attributes", "--failcounts", "--operations", "--tickets"),
        )
        return Status.parse(done.check().stdout, source="crm_mon")

    def verify(self, cib: Cib) -> tuple[Finding, ...]:
        """Return what crm_verify says of a CIB; nothing where it is content.

        Raises:
            CommandError: it could not judge it at all.
        """
        done = self._run("crm_verify", "--xml-pipe", "--verbose", stdin=cib.render().encode())
        done.check(_VERIFY_REFUSED, 1)
        # It says the same once for each place where it met it.
        lines = dict.fromkeys(done.error_text.splitlines())
        return tuple(_finding(line) for line in lines if _says(line))

    def simulate(self, cib: Cib | None = None, *, promotion: Promotion | None = None) -> Simulation:
        """Ask the scheduler of this host; of the running cluster's CIB unless one is given."""
        return simulate(cib or self.cib(), promotion=promotion, transport=self.transport)


def _says(line: str) -> bool:
    return bool(line.strip()) and "found during check: config" not in line


def _finding(line: str) -> Finding:
    found = _LEVEL.fullmatch(line)
    level = (found[2] or "error").lower() if found else "error"
    message = found[3] if found else line
    return Finding(
        rule="pacemaker.crm-verify",
        severity={"error": Severity.ERROR, "warning": Severity.WARNING}.get(level, Severity.INFO),
        message=message.strip(),
        why="Pacemaker's own check says so",
        fix="see the message",
        where=(found[1] or "") if found else "",
        source="crm_verify(8)",
        layers=(Layer.PACEMAKER,),
    )
