"""Reading what a guest says on its serial console, over libvirt."""

import contextlib
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from hakvm.errors import WaitTimeout
from hakvm.libvirt._binding import Stream, translated

if TYPE_CHECKING:
    from hakvm.libvirt._hosted import HostDomain

__all__ = ["read"]

_BLOCK = 4096
_POLL = 0.02  # seconds between looks at a console that is silent
_NONBLOCK = 1  # VIR_STREAM_NONBLOCK: a reader that waits cannot be stopped
_FORCE = 1  # VIR_DOMAIN_CONSOLE_FORCE: a console that nobody left is taken over


def read(
    domain: "HostDomain",
    *,
    limit: timedelta,
    until: str,
    begin: Callable[[], None] = lambda: None,
) -> str:
    """Read a console until `until` has come, or for `limit` where that is empty.

    What a guest says while nobody listens is lost: `begin` is done once somebody does.

    Raises:
        WaitTimeout: the text did not come.
        LibvirtError: the guest has no console that can be opened.
    """
    connection = domain.host.connection()
    with translated(domain.host.uri, domain.name):
        stream = connection.newStream(_NONBLOCK)
    domain.call(lambda handle: handle.openConsole(None, stream, _FORCE))
    try:
        begin()
        with translated(domain.host.uri, domain.name):
            said = _listen(stream, time.monotonic() + limit.total_seconds(), until.encode())
    finally:
        with contextlib.suppress(Exception):  # it may have ended by itself
            stream.abort()
    text = said.decode(errors="replace")
    if until and until not in text:
        raise WaitTimeout(
            f"{domain.name} did not say {until!r}", waited=limit.total_seconds(), last=text[-500:]
        )
    return text


def _listen(stream: Stream, end: float, until: bytes) -> bytes:
    said = b""
    while time.monotonic() < end:
        part = stream.recv(_BLOCK)
        if isinstance(part, int):  # nothing to read, for now
            time.sleep(_POLL)
        elif not part:
            break
        else:
            said += part
            if until and until in said:
                break
    return said
