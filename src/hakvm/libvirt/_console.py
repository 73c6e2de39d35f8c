"""Reading what a guest says on its serial console, over libvirt."""

import contextlib
import queue
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from hakvm.errors import WaitTimeout
from hakvm.libvirt._binding import Stream, translated

if TYPE_CHECKING:
    from hakvm.libvirt._hosted import HostDomain

__all__ = ["read"]

_BLOCK = 4096
_FORCE = 1  # VIR_DOMAIN_CONSOLE_FORCE: a console that nobody left is taken over


def read(domain: "HostDomain", *, limit: timedelta, until: str) -> str:
    """Read a console until `until` has come, or for `limit` where that is empty.

    Raises:
        WaitTimeout: the text did not come.
        LibvirtError: the guest has no console that can be opened.
    """
    connection = domain.host.connection()
    with translated(domain.host.uri, domain.name):
        stream = connection.newStream(0)
    domain.call(lambda handle: handle.openConsole(None, stream, _FORCE))
    parts: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_pump, args=(stream, parts), daemon=True).start()
    said = b""
    end = time.monotonic() + limit.total_seconds()
    try:
        while (left := end - time.monotonic()) > 0:
            try:
                part = parts.get(timeout=left)
            except queue.Empty:
                break
            if part is None:
                break
            said += part
            if until and until.encode() in said:
                break
    finally:
        with contextlib.suppress(Exception):  # it may have ended by itself
            stream.abort()
    text = said.decode(errors="replace")
    if until and until not in text:
        raise WaitTimeout(
            f"{domain.name} did not say {until!r}", waited=limit.total_seconds(), last=text[-500:]
        )
    return text


def _pump(stream: Stream, parts: "queue.SimpleQueue[bytes | None]") -> None:
    while True:
        try:
            part = stream.recv(_BLOCK)
        except Exception:  # noqa: BLE001 - libvirt's error for a stream that was ended, whatever its code
            part = b""
        if not isinstance(part, bytes) or not part:
            parts.put(None)
            return
        parts.put(part)
