"""systemd's services: whether they run, whether they come up at boot."""

import re
from datetime import timedelta
from typing import Final, Self

from attrs import frozen

from hakvm.errors import InvalidError, ParseError
from hakvm.transport import Command, Transport

__all__ = ["ServiceState", "Services"]

_UNIT = re.compile(r"[A-Za-z0-9@:_.\\-]{1,255}")
_SHOWN = ("Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "MainPID", "Result")
_START: Final = timedelta(minutes=5)


@frozen(kw_only=True)
class ServiceState:
    """A service, as systemd knows it; the words are systemd's own.

    Attributes:
        unit: its name, as corosync.service.
        load: loaded, not-found, masked, error …
        active: active, inactive, failed, activating, deactivating …
        sub: running, dead, exited …
        file: enabled, disabled, static, masked, indirect …; empty where there is none.
        pid: of its main process; `None` where none runs.
        result: success, exit-code, timeout …
        unparsed: the lines that are not understood.

    Source: systemctl(1), show.
    """

    unit: str
    load: str = ""
    active: str = ""
    sub: str = ""
    file: str = ""
    pid: int | None = None
    result: str = ""
    unparsed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str, *, unit: str = "") -> Self:
        """Read what `systemctl show` prints."""
        found: dict[str, str] = {}
        unparsed: list[str] = []
        for line in text.splitlines():
            key, sign, value = line.partition("=")
            if sign and key in _SHOWN:
                found[key] = value
            elif line.strip():
                unparsed.append(line)
        pid = found.get("MainPID", "")
        running = re.fullmatch("[1-9][0-9]{0,9}", pid) is not None
        return cls(
            unit=found.get("Id", unit),
            load=found.get("LoadState", ""),
            active=found.get("ActiveState", ""),
            sub=found.get("SubState", ""),
            file=found.get("UnitFileState", ""),
            pid=int(pid) if running else None,
            result=found.get("Result", ""),
            unparsed=tuple(unparsed),
        )

    @property
    def exists(self) -> bool:
        """Whether there is such a service."""
        return self.load not in {"", "not-found"}

    @property
    def running(self) -> bool:
        """Whether it is active."""
        return self.active == "active"

    @property
    def at_boot(self) -> bool:
        """Whether it comes up at boot by itself."""
        return self.file in {"enabled", "enabled-runtime"}


@frozen
class Services:
    """The services of the host that a transport leads to.

    Every change raises a CommandError where systemd refuses it.
    """

    transport: Transport

    def state(self, unit: str) -> ServiceState:
        """Return what systemd knows of a service; one that does not exist is a state, too.

        Raises:
            ParseError: systemd's answer says nothing of it.
            CommandError: systemd does not run there.
        """
        name = _unit(unit)
        command = Command.of("systemctl", "show", f"--property={','.join(_SHOWN)}", "--", name)
        text = self.transport.run(command).check().text
        found = ServiceState.parse(text, unit=name)
        if not found.load:
            raise ParseError(
                f"systemctl show says nothing of {name}",
                source=self.transport.host,
                excerpt=text[:100],
            )
        return found

    def start(self, unit: str, *, timeout: timedelta = _START) -> None:
        """Start a service, if it does not run."""
        self._do("start", unit, timeout)

    def stop(self, unit: str, *, timeout: timedelta = _START) -> None:
        """Stop a service, if it runs."""
        self._do("stop", unit, timeout)

    def restart(self, unit: str, *, timeout: timedelta = _START) -> None:
        """Stop a service if it runs, and start it."""
        self._do("restart", unit, timeout)

    def reload(self, unit: str, *, timeout: timedelta = _START) -> None:
        """Have a service read its configuration again."""
        self._do("reload", unit, timeout)

    def enable(self, unit: str) -> None:
        """Have a service come up at boot; it is not started now."""
        self._do("enable", unit)

    def disable(self, unit: str) -> None:
        """Have a service not come up at boot; it is not stopped now."""
        self._do("disable", unit)

    def _do(self, verb: str, unit: str, timeout: timedelta = _START) -> None:
        command = Command.of("systemctl", "--quiet", verb, "--", _unit(unit), timeout=timeout)
        self.transport.run(command).check(hint=f"journalctl -u {unit} says more")


def _unit(name: str) -> str:
    if not _UNIT.fullmatch(name) or name.startswith("-"):
        raise InvalidError(
            f"{name!r} is no unit's name", path="unit", value=name, hint="as corosync.service"
        )
    return name if "." in name else f"{name}.service"
