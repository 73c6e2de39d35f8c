"""What one node says of one resource: read, nothing touched."""

import re

from attrs import field, frozen

from hakvm.drbd._generation import GenerationIds
from hakvm.drbd._tool import Drbdadm
from hakvm.drbd._words import ConnectionState, DiskState, Role
from hakvm.errors import HakvmError, TransportError
from hakvm.transport import Command

__all__ = ["Evidence", "gather_evidence"]

_LOG = re.compile(r"split-brain|uuid_compare\(\)", re.IGNORECASE)
_MOST_LINES = 20


@frozen(kw_only=True)
class Evidence:
    """What one node says of one resource; all of it is read, nothing is touched.

    Attributes:
        node: the host.
        minor: of the device.
        connection, role, disk: as /proc/drbd or the status shows them.
        ids: the generation identifiers.
        changed: KiB that this copy has changed since the nodes parted (out of sync).
        log: the kernel's lines that speak of split brain, the last ones.
    """

    node: str
    connection: ConnectionState
    role: Role
    disk: DiskState
    ids: GenerationIds
    changed: int | None = None
    minor: int | None = None
    log: tuple[str, ...] = field(default=(), converter=tuple[str, ...])


def gather_evidence(tool: Drbdadm, resource: str, *, minor: int | None = None) -> Evidence:
    """Ask one node for its evidence.

    Args:
        tool: the node's.
        resource: which.
        minor: its device, where the resource has several; else its first one is found.

    Raises:
        TransportError: the node cannot be asked, or the resource is not up there.
    """
    ids = tool.show_gi(resource)
    if not ids:
        raise HakvmError(f"{tool.transport.host} tells no generation identifiers of {resource}")
    (disk, *_), *_ = tool.dstate(resource)
    states = tool.cstate(resource)
    if minor is None:
        minor = _minor(tool, resource)
    changed = None
    if minor is not None:
        shown = [one for one in tool.proc().devices if one.minor == minor]
        changed = shown[0].out_of_sync if shown else _changed(tool, resource)
    return Evidence(
        node=tool.transport.host,
        minor=minor,
        connection=states[0],
        role=tool.role(resource)[0],
        disk=disk,
        ids=ids[0],
        changed=changed,
        log=_log(tool, minor),
    )


def _minor(tool: Drbdadm, resource: str) -> int | None:
    found = tool.transport.run(Command(argv=tool.argv("sh-minor", resource), env=tool.env)).check()
    word = (found.text.split() or [""])[0]
    return int(word) if word.isascii() and word.isdigit() and len(word) < 8 else None  # noqa: PLR2004 - minors have 20 bits


def _changed(tool: Drbdadm, resource: str) -> int | None:
    shown = tool.status().resources.get(resource)
    volumes = [
        volume.out_of_sync
        for connection in (shown.connections.values() if shown else ())
        for volume in connection.volumes.values()
        if volume.out_of_sync is not None
    ]
    return max(volumes, default=None)


def _log(tool: Drbdadm, minor: int | None) -> tuple[str, ...]:
    try:
        done = tool.transport.run(Command.of("dmesg"))
    except TransportError:
        return ()  # not every user may read it, and the other signs are stronger
    device = re.compile(rf"drbd{minor}\b") if minor is not None else None
    lines = [line for line in done.text.splitlines() if _LOG.search(line)]
    own = [line for line in lines if device is None or device.search(line)]
    return tuple((own or lines)[-_MOST_LINES:])
