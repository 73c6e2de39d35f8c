"""The section logging: where corosync writes what it does."""

# ruff: noqa: RUF009 - these calls are attrs.field() under names of the format

from typing import ClassVar, Literal, TypeAlias

from attrs import frozen

from hakvm.corosync._option import choice, flag, text
from hakvm.corosync._section import Section, children

__all__ = ["LoggerSubsys", "Logging", "LoggingDaemon", "Priority"]

Priority: TypeAlias = Literal["alert", "crit", "debug", "emerg", "err", "info", "notice", "warning"]
_PRIORITIES = ("alert", "crit", "debug", "emerg", "err", "info", "notice", "warning")
_FACILITIES = (
    *("auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog"),
    *("user", "uucp", *(f"local{n}" for n in range(8))),
)
_ON = {"on": True, "off": False}


@frozen(kw_only=True, repr=False)
class _Destinations(Section):
    """What the whole and each part of corosync can be told.

    Attributes:
        to_stderr, to_logfile, to_syslog: where to.
        logfile: which file.
        logfile_priority, syslog_priority: from which priority on.
        syslog_facility: as syslog(3) names them: daemon, local0 to local7 ….
        debug: off, on, or trace.
    """

    to_stderr: bool | None = flag(also=_ON, default=True)
    to_logfile: bool | None = flag(also=_ON, default=False)
    to_syslog: bool | None = flag(also=_ON, default=True)
    to_file: bool | None = flag(also=_ON)
    logfile: str | None = text()
    logfile_priority: Priority | None = choice(*_PRIORITIES, default="info")
    syslog_facility: str | None = choice(*_FACILITIES, default="daemon")
    syslog_priority: Priority | None = choice(*_PRIORITIES, default="info")
    debug: Literal["off", "on", "trace"] | None = choice("off", "on", "trace", default="off")


@frozen(kw_only=True, repr=False)
class LoggerSubsys(_Destinations):
    """What one part of corosync, as QUORUM or TOTEM, is told otherwise.

    Attributes:
        subsys: which part; corosync demands it.
    """

    needs: ClassVar[str] = "subsys"

    subsys: str | None = text()


@frozen(kw_only=True, repr=False)
class LoggingDaemon(_Destinations):
    """What one program is told otherwise.

    Attributes:
        name: the program's name; corosync demands it.
        subsys: which part of it.
    """

    needs: ClassVar[str] = "name"

    name: str | None = text()
    subsys: str | None = text()


@frozen(kw_only=True, repr=False)
class Logging(_Destinations):
    """Where corosync writes what it does.

    Attributes:
        timestamp: off, on, or hires for milliseconds (corosync 3, and late 2.4).
        fileline, function_name: whether to write where in the source.
        blackbox: whether to keep the last messages in memory.
        logger_subsys, logging_daemon: what parts are told otherwise.

    Source: corosync.conf(5), "logging"; exec/logconfig.c.
    """

    timestamp: Literal["off", "on", "hires"] | None = choice(
        "off", "on", "hires", default=("off", "hires")
    )
    fileline: bool | None = flag("on", "off", default=False)
    function_name: bool | None = flag("on", "off", default=False)
    blackbox: bool | None = flag("on", "off", default=True)
    logger_subsys: tuple[LoggerSubsys, ...] = children(LoggerSubsys, "logger_subsys")
    logging_daemon: tuple[LoggingDaemon, ...] = children(LoggingDaemon, "logging_daemon")
