"""Which system a host runs, and its packages: apt and dnf."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final, Literal, Self

from attrs import field, frozen

from hakvm._frozen import FrozenMapping
from hakvm.errors import HakvmError, InvalidError
from hakvm.transport import Command, Completed, Transport

__all__ = ["OsRelease", "Packages"]

# Debian policy 5.6.1 and RPM's own names, with the architecture that both may carry.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]{0,126}(?::[a-z0-9-]{1,20})?")
_ASSIGNMENT = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
_ESCAPE = re.compile(r"\\(.)")
_INSTALL: Final = timedelta(minutes=30)
_LOCK: Final = 300  # seconds to wait for another apt


@frozen(kw_only=True)
class OsRelease:
    """What a system says of itself in /etc/os-release.

    Attributes:
        values: all of it, as `ID` and `VERSION_ID`.
        unparsed: the lines that are not understood.

    Source: os-release(5).
    """

    values: Mapping[str, str] = field(factory=FrozenMapping[str, str])
    unparsed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an os-release file."""
        values: dict[str, str] = {}
        unparsed: list[str] = []
        for line in text.splitlines():
            if found := _ASSIGNMENT.fullmatch(line.strip()):
                values[found[1]] = _unquoted(found[2])
            elif line.strip() and not line.lstrip().startswith("#"):
                unparsed.append(line)
        return cls(values=FrozenMapping(values), unparsed=tuple(unparsed))

    @property
    def id(self) -> str:
        """The distribution, as debian or rhel; `linux` where it is not said."""
        return self.values.get("ID", "linux")

    @property
    def version(self) -> str:
        """Its version, as 12 or 9.3."""
        return self.values.get("VERSION_ID", "")

    @property
    def family(self) -> frozenset[str]:
        """The distribution and those it is like."""
        return frozenset({self.id, *self.values.get("ID_LIKE", "").split()})


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        inner = text[1:-1]
        return inner if text[0] == "'" else _ESCAPE.sub(r"\1", inner)
    return text


@frozen
class Packages:
    """The packages of the host that a transport leads to.

    Attributes:
        transport: the way there.
        manager: apt (Debian, Ubuntu) or dnf (Fedora, RHEL and those like it).
    """

    transport: Transport
    manager: Literal["apt", "dnf"] = "apt"

    @classmethod
    def of(cls, transport: Transport) -> Self:
        """Find out which manager the host has, by its os-release.

        Raises:
            HakvmError: neither apt nor dnf.
        """
        command = Command.of("cat", "/etc/os-release")
        system = OsRelease.parse(transport.run(command).check().text)
        if system.family & {"debian", "ubuntu"}:
            return cls(transport, "apt")
        if system.family & {"fedora", "rhel", "centos"}:
            return cls(transport, "dnf")
        raise HakvmError(
            f"{transport.host}: {system.id} has neither apt nor dnf",
            hint="install the packages by hand",
        )

    def installed(self, names: Iterable[str]) -> Mapping[str, str]:
        """Return the versions of those packages that are installed."""
        wanted = _names(names)
        if not wanted:
            return {}
        if self.manager == "apt":
            form = "${db:Status-Status} ${Package} ${Version}\\n"
            done = self._run("dpkg-query", "-W", "-f", form, *wanted).check(1)
            rows = [line.split(" ") for line in done.text.splitlines()]
            return {row[1]: row[2] for row in rows if len(row) == 3 and row[0] == "installed"}  # noqa: PLR2004 - as asked for
        form = "installed %{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n"
        done = self._run("rpm", "-q", "--qf", form, *wanted)
        rows = [line.split(" ") for line in done.text.splitlines()]
        return {row[1]: row[2] for row in rows if len(row) == 3 and row[0] == "installed"}  # noqa: PLR2004 - as asked for

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those packages that are not installed, in their order."""
        wanted = _names(names)
        there = self.installed(wanted)
        return tuple(name for name in wanted if name.partition(":")[0] not in there)

    def install(self, names: Iterable[str], *, timeout: timedelta = _INSTALL) -> tuple[str, ...]:
        """Install what is missing, without a question; return what was.

        With apt a configuration file that was changed stays as it is.

        Raises:
            CommandError: the manager fails, as where a package does not exist.
        """
        wanted = self.missing(names)
        if not wanted:
            return ()
        if self.manager == "apt":
            command = Command.of(
                *("apt-get", "--yes", "--quiet"),
                *("-o", f"DPkg::Lock::Timeout={_LOCK}"),
                *("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"),
                *("install", "--", *wanted),
                env={"DEBIAN_FRONTEND": "noninteractive"},
                timeout=timeout,
            )
            hint = "does `apt-get update` have to run first?"
        else:
            command = Command.of(
                "dnf", "--assumeyes", "--quiet", "install", *wanted, timeout=timeout
            )
            hint = "is the repository enabled that has them, as highavailability?"
        self.transport.run(command).check(hint=hint)
        return wanted

    def refresh(self, *, timeout: timedelta = _INSTALL) -> None:
        """Learn anew which packages there are.

        Raises:
            CommandError: a repository does not answer.
        """
        words = ("apt-get", "--quiet", "update") if self.manager == "apt" else ("dnf", "makecache")
        self.transport.run(Command.of(*words, timeout=timeout)).check()

    def _run(self, *argv: str) -> Completed:
        return self.transport.run(Command.of(*argv))


def _names(names: Iterable[str]) -> tuple[str, ...]:
    found = (names,) if isinstance(names, str) else tuple(names)
    for name in found:
        if not _NAME.fullmatch(name):
            raise InvalidError(
                f"{name!r} is no package's name", path="names", value=name, hint="as drbd-utils"
            )
    return found
