"""Run by test_embedded: a guest of our own recipe, in a QEMU without any daemon.

libvirt's embedded driver has one root for a whole process, hence a process of
its own. Says on stdout what it saw, as JSON.
"""

import contextlib
import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs

from hakvm import libvirt
from hakvm.errors import UnsafeError
from hakvm.xmlmodel import evolve_at

LIMIT = timedelta(seconds=60)

CONF = """\
stdio_handler = "file"
user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
dynamic_ownership = 0
remember_owner = 0
"""


def main(folder: Path) -> dict[str, object]:
    etc = folder / "root" / "etc"
    etc.mkdir(parents=True)
    (etc / "qemu.conf").write_text(CONF)
    recipe = libvirt.guest(
        "tiny",
        memory="16 MiB",
        disk=str(folder / "guest.img"),
        accelerator="qemu",
        machine="pc-i440fx-7.2",
    )
    domain = recipe.domain(cluster="tests")
    seen: dict[str, object] = {}
    with libvirt.Host(f"qemu:///embed?root={folder / 'root'}") as host, host.events() as events:
        domain = attrs.evolve(domain, type=libvirt.DomainType.QEMU)
        made = host.define(domain)
        seen["dropped"] = [str(d) for d in made.diff.changes]
        guest = made.domain
        guest.start()
        seen["first"] = guest.console(limit=LIMIT, until="0003\r\n")
        # What libvirt adds while it runs is no real change.
        seen["live"] = [str(d) for d in libvirt.diff(domain, guest.domain(live=True)).changes]
        guest.suspend()
        seen["suspended"] = str(guest.state())
        guest.resume()
        try:
            guest.undefine()
        except UnsafeError as error:
            seen["refused"] = error.confirm
        guest.save()
        seen["saved"] = guest.saved
        guest.start()
        seen["second"] = guest.console(limit=LIMIT, until="\r\n")
        # It has no ACPI: it must be ended by force.
        seen["by_itself"] = guest.shutdown(limit=timedelta(seconds=1))
        seen["state"] = str(guest.state())
        guest.undefine()
        seen["left"] = [info.name for info in host.domains()]
        seen["events"] = [
            event.event
            for event in iter(lambda: events.next(timedelta(milliseconds=200)), None)
            if isinstance(event, libvirt.LifecycleEvent)
        ]
        seen["accelerators"] = host.capabilities().accelerators("x86_64")
        seen["watchdog"] = _bitten(host, domain, folder)
        seen["full"] = _full(host, domain, folder)
        seen["boots"] = [
            libvirt.boots(host, libvirt.DomainType.QEMU, kernel, arch="x86_64", limit=limit)
            for kernel, limit in (
                (str(folder / "vmlinuz"), LIMIT),
                (str(folder / "guest.img"), timedelta(seconds=2)),
            )
        ]
        seen["machine"] = _refused(host, evolve_at(domain, "os.type", machine="pc-q35-99.0"))
    return seen


def _bitten(host: libvirt.Host, domain: libvirt.Domain, folder: Path) -> list[str]:
    """Run a guest that does not feed its watchdog, and return what is said of it."""
    watchdog = libvirt.Watchdog(model="ib700", action="pause")
    made = evolve_at(domain, "devices", watchdogs=(watchdog,))
    source = libvirt.FileSource(file=str(folder / "watchdog.img"))
    made = evolve_at(made, "devices.disks[0]", source=source)
    event = _awaited(host, made, libvirt.WatchdogEvent)
    return [type(event).__name__, event.action]


def _full(host: libvirt.Host, domain: libvirt.Domain, folder: Path) -> list[str]:
    """Run a guest whose disk lies on a full file system, and return what is said of it."""
    small = folder / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small]
    subprocess.run(mount, check=True)
    with (folder / "full.img").open("rb") as image, (small / "full.img").open("wb") as file:
        file.write(image.read(4096))
        file.truncate(1 << 20)
    with contextlib.suppress(OSError), (small / "rest").open("wb") as file:
        file.write(bytes(1 << 20))
    driver = libvirt.DiskDriver(
        name="qemu", type="raw", cache="writeback", error_policy="stop", rerror_policy="report"
    )
    source = libvirt.FileSource(file=str(small / "full.img"))
    made = evolve_at(domain, "devices.disks[0]", driver=driver, source=source)
    event = _awaited(host, made, libvirt.IoErrorEvent)
    return [type(event).__name__, event.action, event.reason]


def _awaited(host: libvirt.Host, domain: libvirt.Domain, kind: type[libvirt.Event]) -> Any:
    with host.events() as events:
        guest = host.define(domain).domain
        guest.start()
        try:
            end = time.monotonic() + LIMIT.total_seconds()
            while time.monotonic() < end:
                event = events.next(timedelta(seconds=1))
                if isinstance(event, kind):
                    guest.wait(libvirt.DomainState.PAUSED, limit=LIMIT)
                    return event
        finally:
            guest.destroy()
            guest.undefine()
    raise TimeoutError(kind.__name__)


def _refused(host: libvirt.Host, domain: libvirt.Domain) -> str:
    try:
        host.define(domain)
    except libvirt.LibvirtError as error:
        return f"libvirt: {error.message}"
    except Exception as error:  # noqa: BLE001 - told as it is
        return f"{error} {getattr(error, 'hint', '')}"
    return "not refused"


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
