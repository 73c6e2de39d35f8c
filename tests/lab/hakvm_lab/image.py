"""The nodes' system: a Debian tree by mmdebstrap, and the disk that is made of it.

Both are kept, named by what goes into them: the tree by its packages (a minute
or two), the disk by the tree and by every file of ours that goes on top.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from attrs import frozen

from hakvm_lab import cache, initrd
from hakvm_lab.errors import LabError, Report, step

__all__ = ["SUITES", "Image"]

_HERE = Path(__file__).parent

SUITES = {"bookworm": "Debian 12", "trixie": "Debian 13"}

_LEFT_OUT = ("doc", "man", "locale", "info")  # of /usr/share; nobody reads them in a node
_DISK = 3 << 30  # of the system; sparse


@frozen(kw_only=True)
class Image:
    """What the nodes boot from.

    Attributes:
        folder: holds `disk.img`, `kernel`, `initrd`, `key` (SSH) and `known_host`.
        suite: Debian's name of the release.
    """

    folder: Path
    suite: str

    @property
    def key(self) -> str:
        """The short name of what went into it."""
        return self.folder.name

    @classmethod
    def make(cls, suite: str, report: Report) -> Self:
        """Find the image of `suite`, or build it; several processes may ask at once.

        Raises:
            LabError: an unknown suite, a missing program, too little disk, or the build failed.
        """
        if suite not in SUITES:
            raise LabError(f"{suite!r} is no suite", hint=f"take one of {', '.join(SUITES)}")
        name = f"{suite}-{_image_key(suite)}"
        folder = cache.root() / "images" / name
        folder.parent.mkdir(exist_ok=True)
        with cache.locked(folder.with_name(f"{name}.lock"), f"building {name}", wait=True):
            if not folder.exists():
                _programs("mmdebstrap", "nasm", "mke2fs", "ssh-keygen", "tar")
                if os.geteuid() != 0:  # the files in it belong to the node's own users
                    raise LabError(
                        "building the image takes root", hint="run script/lab up as root once"
                    )
                tree = _tree(suite, report)
                with (
                    step(report, f"image: {SUITES[suite]} and the lab's own files", "15-40 s"),
                    cache.fresh(folder) as half,
                ):
                    _build(tree, half, suite)
        return cls(folder=folder, suite=suite)


def _recipe(name: str) -> list[str]:
    """Return the words of one of our lists, without its comments."""
    text = (_HERE / "recipe" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def _tree_key(suite: str) -> str:
    return cache.digest(suite, *_recipe("packages"), *_LEFT_OUT)


def _image_key(suite: str) -> str:
    parts: list[str | bytes] = [_tree_key(suite)]
    folders = (_HERE / "guest", _HERE / "node", _HERE / "recipe")
    laid = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in [_HERE / "image.py", _HERE / "initrd.py", *laid]:
        parts += [str(path.relative_to(_HERE)), path.read_bytes()]
    return cache.digest(*parts)


def _programs(*names: str) -> None:
    for name in names:
        if shutil.which(name) is None:
            raise LabError(f"{name} is not installed", hint="script/bootstrap lab installs it")


def _run(argv: Sequence[str], log: Path, *, what: str) -> None:
    """Run a step of the build, all it says going to `log`."""
    with log.open("ab") as out:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            check=False,
            env={**os.environ, "INITRD": "No", "DEBIAN_FRONTEND": "noninteractive"},
        )
    if done.returncode:
        kept = cache.root() / "build-failed.log"
        shutil.copyfile(log, kept)
        last = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise LabError(
            f"{what} failed: {last[-1] if last else f'exit status {done.returncode}'}",
            hint=f"all it said is in {kept}",
        )


def _tree(suite: str, report: Report) -> Path:
    """Return the archive of the system with its packages, made now where it is not there."""
    folder = cache.root() / "trees" / f"{suite}-{_tree_key(suite)}"
    folder.parent.mkdir(exist_ok=True)
    if not folder.exists():
        cache.need(folder.parent, 4, "building the image")
        options = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _LEFT_OUT]
        with (
            step(report, f"packages: {SUITES[suite]} by mmdebstrap", "1-3 minutes"),
            cache.fresh(folder) as half,
        ):
            _run(
                [
                    "mmdebstrap",
                    "--variant=minbase",
                    f"--include={','.join(_recipe('packages'))}",
                    *options,
                    suite,
                    str(half / "tree.tar"),
                ],
                half / "log",
                what="mmdebstrap",
            )
    return folder / "tree.tar"


def _build(tree: Path, half: Path, suite: str) -> None:
    cache.need(half, 2, "building the image")
    with TemporaryDirectory(dir=half) as where:
        root = Path(where) / "root"
        root.mkdir()
        _run(["tar", "-C", str(root), "-xf", str(tree)], half / "log", what="unpacking the tree")
        _furnish(root, half)
        (half / "initrd").write_bytes(initrd.build(root))
        kernel = next((root / "boot").glob("vmlinuz-*"))
        shutil.copyfile(kernel, half / "kernel")
        for path in [*(root / "boot").iterdir(), root / "vmlinuz", root / "initrd.img"]:
            path.unlink(missing_ok=True)  # QEMU brings the kernel
        disk = half / "disk.img"
        with disk.open("wb") as file:
            file.truncate(_DISK)
        _run(
            ["mke2fs", "-q", "-t", "ext4", "-m", "0", "-d", str(root), str(disk)],
            half / "log",
            what="making the disk",
        )
    said = {"suite": suite, "kernel": kernel.name, "made": time.strftime("%F %T")}
    (half / "image.json").write_text(json.dumps(said), encoding="utf-8")


def _furnish(root: Path, half: Path) -> None:
    """Lay our files over the tree."""
    for path in sorted((_HERE / "node").rglob("*")):
        target = root / path.relative_to(_HERE / "node")
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            shutil.copyfile(path, target)
            # The modes of a checkout depend on its owner's umask; a node's do not.
            target.chmod(0o755 if target.parent.name == "sbin" else 0o644)
    guest = root / "usr/local/share/hakvm-lab/counter.img"
    guest.parent.mkdir(parents=True)
    _run(
        ["nasm", "-f", "bin", str(_HERE / "guest/counter.asm"), "-o", str(guest)],
        half / "log",
        what="assembling the guest",
    )
    os.truncate(guest, 1 << 20)  # no disk controller boots from 512 bytes
    units = root / "etc/systemd/system"
    masked = _recipe("masked")
    for link in units.glob("*.wants/*"):
        if link.name in {*masked, *_recipe("by-hand")}:
            link.unlink()
    for unit in masked:
        (units / unit).unlink(missing_ok=True)
        (units / unit).symlink_to("/dev/null")
    for unit in ("lab-net.service", "lab-agent.service"):
        wants = units / "multi-user.target.wants" / unit
        wants.symlink_to(f"../{unit}")
    (root / "etc/hostname").unlink(missing_ok=True)  # the kernel's command line says it
    _keys(root, half)


def _keys(root: Path, half: Path) -> None:
    """Make the keys of the lab's own: one to come in, one that the nodes show."""
    ssh = root / "etc/ssh"
    for stale in ssh.glob("ssh_host_*"):
        stale.unlink()
    node_key, key = ssh / "ssh_host_ed25519_key", half / "key"
    for path in (node_key, key):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "hakvm-lab", "-f", str(path)]
        _run(argv, half / "log", what="making a key")
    public = node_key.with_suffix(".pub").read_text(encoding="utf-8")
    (half / "known_host").write_text(public, encoding="utf-8")
    own = root / "root/.ssh"
    own.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(key.with_suffix(".pub"), own / "authorized_keys")
    # The howto copies files from node to node.
    shutil.copyfile(key, own / "id_ed25519")
    (own / "id_ed25519").chmod(0o600)
    (own / "known_hosts").write_text(f"node1,node2,192.168.* {public}", encoding="utf-8")
