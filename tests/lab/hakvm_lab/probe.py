"""Whether KVM really works here: a kernel is booted by it, and says so, or it is not used.

A /dev/kvm that is there and opens proves nothing: there are machines on which
it runs a boot sector and hangs Linux.
"""

import os
import subprocess
from pathlib import Path

from hakvm_lab.cache import digest
from hakvm_lab.errors import Report
from hakvm_lab.image import Image

__all__ = ["acceleration", "boots"]

_SAYS = b"hakvm: the kernel runs"
_LIMIT = 20.0  # seconds; with KVM it takes one or two


def acceleration(image: Image, qemu: str, report: Report) -> str:
    """Return `kvm` where the image's kernel boots by it, else `tcg`.

    The answer is kept until the machine is booted again, or has another QEMU.
    """
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    kept = image.folder / f"acceleration-{digest(boot, qemu)}"
    if not kept.exists():
        report(f"==> probing KVM: does the kernel boot by it? (2 s, or {_LIMIT:g} s if it hangs)")
        found = "kvm" if boots(image, ["-accel", "kvm", "-cpu", "host"], _LIMIT) else "tcg"
        kept.write_text(found, encoding="ascii")
        report(f"    {'it does' if found == 'kvm' else 'it does not: software emulation (TCG)'}")
    return kept.read_text(encoding="ascii")


def boots(image: Image, acceleration: list[str], limit: float) -> bool:
    """Whether the image's kernel gets to its first program within `limit` seconds."""
    process = subprocess.Popen(
        [
            *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-machine", "q35"),
            *(*acceleration, "-m", "256", "-display", "none", "-no-reboot", "-serial", "stdio"),
            *("-kernel", str(image.folder / "kernel"), "-initrd", str(image.folder / "initrd")),
            *("-append", "console=ttyS0 quiet rdinit=/probe"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        said, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        said = b""
    finally:
        process.kill()
        process.communicate()
    return _SAYS in said
