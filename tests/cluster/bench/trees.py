"""Debian trees that the nodes stand on: made once by mmdebstrap, kept in a cache."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

__all__ = ["DEBIAN", "WITH_LIBVIRT", "Tree", "cache"]

_PACKAGES = (
    "corosync",
    "crmsh",
    "e2fsprogs",
    "hostname",
    "iproute2",
    "iputils-ping",
    "kmod",
    "mount",
    "openssh-server",
    "pacemaker",
    "pacemaker-cli-utils",
    "pacemaker-resource-agents",
    "procps",
    "psmisc",
    "python3",
    "resource-agents",
    "sysvinit-utils",
    "util-linux",
)
_LIBVIRT = (
    "libvirt-clients",
    "libvirt-daemon-driver-qemu",
    "libvirt-daemon-system",
    "qemu-system-x86",
)
_WITHOUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
_MIRROR = "http://deb.debian.org/debian"
_KEPT = 30 * 86_400  # seconds
_LIMIT = 900  # seconds that making a tree may take on a slow line


@frozen(kw_only=True)
class Tree:
    """A Debian release with what a node of a cluster needs.

    Attributes:
        name: as `debian-12`.
        suite: Debian's name for it.
        pacemaker: the version that it has, as a person says it.
        packages: what is installed.
    """

    name: str
    suite: str
    pacemaker: str
    packages: tuple[str, ...] = _PACKAGES

    @property
    def argv(self) -> tuple[str, ...]:
        """The words that make it, but for the folder."""
        excludes = [f"--dpkgopt=path-exclude={path}" for path in _WITHOUT]
        return (
            "mmdebstrap",
            "--quiet",
            "--mode=root",
            "--variant=minbase",
            "--format=directory",
            f"--include={','.join(self.packages)}",
            *excludes,
            # A host key of the cache would be every bench's: each makes its own.
            '--customize-hook=rm -f "$1"/etc/ssh/ssh_host_*',
            self.suite,
        )

    @property
    def _source(self) -> str:
        # The release alone: what is in there stays, while updates of an old
        # release come and go, and nobody reaches these nodes.
        return f"deb {_MIRROR} {self.suite} main"

    @property
    def folder(self) -> Path:
        """Where it is kept: the name says what went into it."""
        key = hashlib.sha256(json.dumps([*self.argv, self._source]).encode()).hexdigest()[:12]
        return cache() / "trees" / f"{self.name}-{key}"

    def unpacked(self) -> Path:
        """Return the folder of the tree; made first, if it is not there.

        Raises:
            RuntimeError: mmdebstrap failed; says what it said.
        """
        folder = self.folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder.with_suffix(".lock")):
            if not folder.is_dir():
                self._make(folder)
                _forget(folder.parent)
            os.utime(folder)
        return folder

    def _make(self, folder: Path) -> None:
        new = Path(tempfile.mkdtemp(prefix=f".{self.name}-", dir=folder.parent))
        try:
            done = subprocess.run(
                ["nice", *self.argv, str(new), self._source],
                check=False,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                text=True,
                timeout=_LIMIT,
            )
            if done.returncode != 0:
                raise RuntimeError(f"mmdebstrap {self.suite}: {done.stderr[-2000:]}")
            new.chmod(0o755)
            new.rename(folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)


DEBIAN = {
    tree.name: tree
    for tree in (
        Tree(name="debian-11", suite="bullseye", pacemaker="2.0.5"),
        Tree(name="debian-12", suite="bookworm", pacemaker="2.1.5"),
        Tree(name="debian-13", suite="trixie", pacemaker="3.0.0"),
    )
}

# With a hypervisor, which makes it half as large again.
WITH_LIBVIRT = Tree(
    name="debian-12-libvirt",
    suite="bookworm",
    pacemaker="2.1.5",
    packages=_PACKAGES + _LIBVIRT,
)


def cache() -> Path:
    """Return where things are kept that take long to make: `HAKVM_CACHE` says it, or XDG."""
    told = os.environ.get("HAKVM_CACHE")
    if told:
        return Path(told)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hakvm"


def _forget(trees: Path) -> None:
    """Remove the trees that nobody has used for a month: those of other versions of this file."""
    for tree in trees.glob("*-*"):
        if tree.is_dir() and time.time() - tree.stat().st_mtime > _KEPT:
            shutil.rmtree(tree, ignore_errors=True)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process makes this tree."""
    with lock.open("w") as file:
        end = time.monotonic() + _LIMIT
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
        yield
