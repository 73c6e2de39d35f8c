"""Pacemaker's own command line tools: read a cluster, change it, wait for it."""

import re
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from attrs import field, frozen

from hakvm.errors import InvalidError, WaitTimeout
from hakvm.findings import Finding, Layer, Severity
from hakvm.pacemaker._cib import Cib, text_of
from hakvm.pacemaker._push import push
from hakvm.pacemaker._shell import CrmShell
from hakvm.pacemaker._simulate import Promotion, Simulation, simulate
from hakvm.pacemaker._status import Status
from hakvm.pacemaker._words import Role
from hakvm.transport import Command, Completed, Local, Transport

__all__ = ["Pacemaker"]

_LEVEL = re.compile(r"\s*(?:\(([\w:]+)\)\s*)?(error|warning|notice|info)?:?\s*(.*)", re.IGNORECASE)
_TIMED_OUT = 124  # CRM_EX_TIMEOUT
_VERIFY_REFUSED = 78  # CRM_EX_CONFIG: there are errors in the configuration


@frozen
class Pacemaker:
    """The tools of a host that has Pacemaker.

        tool = pacemaker.Pacemaker(transport)
        tool.status().online

    Attributes:
        transport: how the host is reached; this machine unless told.
        cib_file: a file in the stead of a running cluster: everything works offline on it.
    """

    transport: Transport = field(factory=Local)
    cib_file: str | None = field(default=None, kw_only=True)

    def _run(
        self, *argv: str, stdin: bytes = b"", timeout: timedelta = timedelta(seconds=60)
    ) -> Completed:
        env: Mapping[str, str] = {"CIB_file": self.cib_file} if self.cib_file else {}
        return self.transport.run(Command.of(*argv, stdin=stdin, env=env, timeout=timeout))

    # What one reads

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

    # What one changes: each is refused by the cluster, or done when it returns

    def push(self, new: Cib, *, base: Cib) -> Cib:
        """Make the configuration of `new`, which was made from `base`, the cluster's.

        Only the difference is sent (crm_diff, cibadmin --patch), for the very
        version that it was made against: a change that someone else made
        meanwhile is never undone.

            base = pacemaker.cib()
            pacemaker.push(base.add(...), base=base)

        Returns:
            The CIB that the cluster has now.

        Raises:
            ConflictError: the configuration has changed since `base` was read; says both changes.
            InvalidError: the cluster's schema does not allow it; nothing was sent.
            CommandError: the cluster refused it.
        """
        return push(new, base=base, read=self.cib, run=self._run, transport=self.transport)

    def set_property(self, name: str, value: str | int | bool | None) -> None:
        """Set an option of the cluster, or take it away with `None` (crm_attribute)."""
        self._attribute("--type=crm_config", name, value)

    def set_node_attribute(self, node: str, name: str, value: str | int | bool | None) -> None:
        """Set a node's permanent attribute, or take it away with `None` (crm_attribute)."""
        self._attribute(f"--node={_word(node)}", name, value, "--type=nodes")

    def _attribute(self, where: str, name: str, value: str | int | bool | None, *more: str) -> None:
        change = "--delete" if value is None else f"--update={text_of(value)}"
        self._run("crm_attribute", where, *more, f"--name={_word(name)}", change).check()

    def standby(self, node: str) -> None:
        """Let a node run nothing, though it stays a member."""
        self.set_node_attribute(node, "standby", "on")

    def online(self, node: str) -> None:
        """Take back `standby`."""
        self.set_node_attribute(node, "standby", None)

    def maintenance(self, *, on: bool = True) -> None:
        """Let the cluster leave everything as it is, or take care of it again."""
        self.set_property("maintenance-mode", True if on else None)

    def move(self, resource: str, node: str) -> None:
        """Move a resource; what pins it there stays until `clear` (crm_resource --move)."""
        self._resource(resource, "--move", f"--node={_word(node)}")

    def ban(self, resource: str, node: str) -> None:
        """Keep a resource from a node until `clear` (crm_resource --ban)."""
        self._resource(resource, "--ban", f"--node={_word(node)}")

    def clear(self, resource: str) -> None:
        """Take away what `move` and `ban` left behind (crm_resource --clear)."""
        self._resource(resource, "--clear")

    def start(self, resource: str) -> None:
        """Let a resource run: its target-role is Started."""
        self._role(resource, Role.STARTED)

    def stop(self, resource: str) -> None:
        """Let a resource stop and stay so: its target-role is Stopped."""
        self._role(resource, Role.STOPPED)

    def manage(self, resource: str, *, on: bool = True) -> None:
        """Take care of a resource, or leave it as it is."""
        self._meta(resource, "is-managed", text_of(on))

    def cleanup(self, resource: str | None = None, *, node: str | None = None) -> None:
        """Forget failures, of one resource or all, on one node or all, and look anew.

        Raises:
            CommandError: there is no running cluster: a `cib_file` cannot be cleaned.
        """
        words = [f"--resource={_word(resource)}"] if resource else []
        words += [f"--node={_word(node)}"] if node else []
        self._run("crm_resource", "--cleanup", *words).check()

    def _role(self, resource: str, role: Role) -> None:
        self._meta(resource, "target-role", role.value)

    def _meta(self, resource: str, name: str, value: str) -> None:
        self._resource(resource, "--meta", f"--set-parameter={name}", f"--parameter-value={value}")

    def _resource(self, resource: str, *words: str) -> None:
        self._run("crm_resource", f"--resource={_word(resource)}", *words).check()

    # What takes a while

    def wait(
        self,
        timeout: timedelta = timedelta(minutes=5),
        *,
        progress: Callable[[Status], object] | None = None,
        every: timedelta = timedelta(seconds=5),
    ) -> Status:
        """Wait until the cluster has nothing left to do (crm_resource --wait).

        Args:
            timeout: how long to wait.
            progress: is called with the status as long as it is not idle.
            every: how often.

        Returns:
            The status, when it is idle.

        Raises:
            WaitTimeout: it was still busy; says with what.
        """
        end = time.monotonic() + timeout.total_seconds()
        while True:
            left = max(1, min(round(every.total_seconds()), round(end - time.monotonic())))
            done = self._run(
                *("crm_resource", "--wait", f"--timeout={left}s"),
                timeout=timedelta(seconds=left + 30),
            )
            if done.ok:
                return self.status()
            done.check(_TIMED_OUT)
            if time.monotonic() >= end:
                raise WaitTimeout(
                    f"the cluster is still busy after {timeout.total_seconds():g} s",
                    waited=timeout.total_seconds(),
                    last=done.error_text.strip() or done.text.strip(),
                    hint="crm_simulate --live-check says what it wants to do",
                )
            if progress is not None:
                progress(self.status())

    def crm_shell(self) -> CrmShell:
        """Open `crm configure` to be typed at; use it as a context manager.

        Raises:
            InvalidError: the transport cannot give a command a terminal.
        """
        from hakvm.transport import Interactive  # noqa: PLC0415 - pexpect is an extra

        if not isinstance(self.transport, Interactive):
            raise InvalidError(
                f"{type(self.transport).__name__} gives no terminal",
                path="transport",
                hint="Local and Ssh do",
            )
        return CrmShell(self.transport, cib_file=self.cib_file)


def _word(text: str) -> str:
    """Return a name as it may stand behind an option."""
    if not text or not text.isprintable():
        raise InvalidError(f"{text!r} is no name", value=text)
    return text


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
