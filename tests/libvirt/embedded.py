"""Run by test_embedded: a guest of our own recipe, in a QEMU without any daemon.

libvirt's embedded driver has one root for a whole process, hence a process of
its own. Says on stdout what it saw, as JSON.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

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
        seen["boots"] = [
            libvirt.boots(host, libvirt.DomainType.QEMU, kernel, arch="x86_64", limit=limit)
            for kernel, limit in (
                (str(folder / "vmlinuz"), LIMIT),
                (str(folder / "guest.img"), timedelta(seconds=2)),
            )
        ]
        seen["machine"] = _refused(host, evolve_at(domain, "os.type", machine="pc-q35-99.0"))
    return seen


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
