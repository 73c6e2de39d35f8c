"""The first filesystem of the nodes: busybox, the disk's drivers and a few lines of shell.

Debian's own takes udev and half a minute under emulation; this one knows what
the lab's machines are made of.
"""

import lzma
import stat
from collections.abc import Iterator
from pathlib import Path

from hakvm_lab.errors import LabError

__all__ = ["build"]

# What a node's root disk hangs on, and what its network, its agent and its memory
# do; what is built into the kernel is passed over.
_MODULES = ("virtio_pci", "virtio_blk", "ext4", "virtio_net", "virtio_console", "virtio_balloon")

_INIT = """\
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
for module in {modules}; do /bin/busybox insmod "/lib/$module.ko"; done
tries=0
until [ -b /dev/vda ] || [ "$tries" -ge 100 ]; do
	/bin/busybox usleep 50000
	tries=$((tries + 1))
done
/bin/busybox mount -t ext4 -o noatime /dev/vda /root
/bin/busybox mount --move /dev /root/dev
exec /bin/busybox switch_root /root /sbin/init
"""

# Booted with rdinit=/probe, the kernel has shown all that a probe asks: that it runs.
_PROBE = """\
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
echo 'hakvm: the kernel runs' >/dev/console
/bin/busybox poweroff -f
"""


def build(tree: Path) -> bytes:
    """Return the initrd, as a cpio archive, for the one kernel in `tree`.

    Raises:
        LabError: the tree lacks a kernel or busybox.
    """
    kernels = sorted((tree / "usr/lib/modules").glob("*/modules.dep"))
    busybox = tree / "bin/busybox"
    if len(kernels) != 1 or not busybox.exists():
        raise LabError(f"the tree has {len(kernels)} kernels, or no busybox")
    modules = list(_in_order(kernels[0]))
    files = {"bin/busybox": (0o755, busybox.read_bytes())}
    for path in modules:
        data = path.read_bytes()
        name = path.name.removesuffix(".xz")
        files[f"lib/{name}"] = (0o644, lzma.decompress(data) if path.suffix == ".xz" else data)
    names = " ".join(path.name.removesuffix(".xz").removesuffix(".ko") for path in modules)
    files["init"] = (0o755, _INIT.format(modules=names).encode())
    files["probe"] = (0o755, _PROBE.encode())
    return _cpio(["dev", "root", "bin", "lib"], files)


def _in_order(dependencies: Path) -> Iterator[Path]:
    """Yield the files of the modules, each behind those which it needs."""
    needs: dict[str, list[str]] = {}
    for line in dependencies.read_text(encoding="utf-8").splitlines():
        path, _, others = line.partition(":")
        needs[path] = others.split()
    seen: set[str] = set()

    def visit(path: str) -> Iterator[Path]:
        if path in seen:
            return
        seen.add(path)
        # modules.dep names what is needed last first.
        for other in reversed(needs[path]):
            yield from visit(other)
        yield dependencies.parent / path

    for name in _MODULES:
        for path in needs:
            if path.rpartition("/")[2].split(".")[0] == name:
                yield from visit(path)


def _cpio(folders: list[str], files: dict[str, tuple[int, bytes]]) -> bytes:
    """Write an archive in the `newc` form (kernel: Documentation/driver-api/early-userspace)."""
    entries = [(name, stat.S_IFDIR | 0o755, b"") for name in folders]
    entries += [(name, stat.S_IFREG | mode, data) for name, (mode, data) in files.items()]
    out = bytearray()
    for number, (name, mode, data) in enumerate([*entries, ("TRAILER!!!", 0, b"")], start=1):
        path = name.encode() + b"\0"
        #         ino     mode  uid gid nlink mtime size    device numbers  name       checksum
        header = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        out += b"070701" + b"".join(b"%08X" % value for value in header) + path
        out += b"\0" * (-len(out) % 4) + data
        out += b"\0" * (-len(out) % 4)
    return bytes(out)
