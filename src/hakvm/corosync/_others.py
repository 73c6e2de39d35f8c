"""The lesser sections: system, qb, resources, nozzle, uidgid, pload."""

# ruff: noqa: RUF009 - these calls are attrs.field() under names of the format

from typing import ClassVar, Literal

from attrs import frozen

from hakvm.corosync._option import address, choice, flag, number, several, text
from hakvm.corosync._release import Release
from hakvm.corosync._section import Section, child

__all__ = [
    "Nozzle",
    "Pload",
    "ProcessResources",
    "Qb",
    "Resources",
    "System",
    "SystemResources",
    "Uidgid",
    "Watch",
]

_V2, _V3 = Release.V2, Release.V3


@frozen(kw_only=True, repr=False)
class System(Section):
    """How corosync runs on its host (corosync 3).

    Attributes:
        qb_ipc_type: how programs talk to it: native, shm or socket.
        sched_rr: whether it asks for realtime scheduling.
        priority: max, min, or a nice value; only without sched_rr.
        move_to_root_cgroup: yes, no, or auto.
        allow_knet_handle_fallback: whether knet may do with fewer rights.
        state_dir: where it keeps its state.
    """

    qb_ipc_type: Literal["native", "shm", "socket"] | None = choice(
        "native", "shm", "socket", default="native", only=_V3
    )
    sched_rr: bool | None = flag(default=True, only=_V3)
    priority: str | None = text(only=_V3)
    move_to_root_cgroup: Literal["yes", "no", "auto"] | None = choice("yes", "no", "auto", only=_V3)
    allow_knet_handle_fallback: bool | None = flag(default=False, only=_V3)
    state_dir: str | None = text(only=_V3)


@frozen(kw_only=True, repr=False)
class Qb(Section):
    """How programs talk to corosync 2; corosync 3 has it in `system`."""

    ipc_type: Literal["native", "shm", "socket"] | None = choice(
        "native", "shm", "socket", strict=False, default="native", only=_V2
    )


@frozen(kw_only=True, repr=False)
class Watch(Section):
    """A watch on a resource of the host, which acts when it is used up.

    Attributes:
        poll_period: how often to look, in ms.
        max: the limit: of memory a percentage, of the load a number.
        recovery: what to do beyond it: reboot, shutdown, watchdog, none.

    Source: exec/mon.c, exec/wd.c; cmap_keys(7), resources.
    """

    poll_period: int | None = number(high=2**64 - 1, unit="ms")
    max: str | None = text()
    recovery: str | None = text()


@frozen(kw_only=True, repr=False)
class SystemResources(Section):
    """Watches on the whole host."""

    memory_used: Watch = child(Watch, "memory_used")
    load_15min: Watch = child(Watch, "load_15min")


@frozen(kw_only=True, repr=False)
class ProcessResources(Section):
    """Watches on corosync itself."""

    memory_used: Watch = child(Watch, "memory_used")


@frozen(kw_only=True, repr=False)
class Resources(Section):
    """What corosync watches, and the watchdog it keeps quiet.

    Attributes:
        watchdog_device: the device's path; empty or off for none.
        watchdog_timeout: s.
    """

    watchdog_device: str | None = text()
    watchdog_timeout: int | None = number(unit="s")
    system: SystemResources = child(SystemResources, "system")
    process: ProcessResources = child(ProcessResources, "process")


@frozen(kw_only=True, repr=False)
class Nozzle(Section):
    """A network device whose packets go over knet (corosync 3).

    Attributes:
        name: of the device.
        ipaddr, ipprefix: its address, of which the lowest part becomes the nodeid.
        macaddr: likewise.
    """

    name: str | None = text(only=_V3)
    ipaddr: str | None = address(only=_V3)
    ipprefix: str | None = text(only=_V3)
    macaddr: str | None = text(only=_V3)


@frozen(kw_only=True, repr=False)
class Uidgid(Section):
    """Users and groups, by name or number, who may talk to corosync beside root."""

    closed: ClassVar[bool] = True

    uid: tuple[str, ...] = several()
    gid: tuple[str, ...] = several()


@frozen(kw_only=True, repr=False)
class Pload(Section):
    """The load generator that corosync's makers measure with."""

    count: int | None = number(strict=False)
    size: int | None = number(strict=False)
