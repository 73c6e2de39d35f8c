"""Where the lab keeps what is dear to make, and how several checkouts share it."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hakvm_lab.errors import LabError

__all__ = ["digest", "fresh", "locked", "need", "root"]

_GIB = 1 << 30


def root() -> Path:
    """Return the lab's folder in HAKVM_CACHE, or in XDG_CACHE_HOME/hakvm, or in ~/.cache/hakvm."""
    own = os.environ.get("HAKVM_CACHE")
    if own:
        base = Path(own)
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hakvm"
    folder = base.absolute() / "lab"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(
            f"{folder}: {error.strerror}", hint="point HAKVM_CACHE at a folder to write in"
        ) from None
    return folder


def digest(*parts: str | bytes) -> str:
    """Return a short name for what goes into something."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()[:12]


def need(folder: Path, gib: float, what: str) -> None:
    """Refuse to begin where the disk has less than `gib` GiB left.

    Raises:
        LabError: it has.
    """
    free = shutil.disk_usage(folder).free / _GIB
    if free < gib:
        raise LabError(
            f"{what} takes {gib:g} GiB of disk and {folder} has {free:.1f} GiB left",
            hint="make room, or point HAKVM_CACHE elsewhere",
        )


@contextmanager
def locked(path: Path, what: str, *, wait: bool) -> Iterator[None]:
    """Hold the lock at `path`, which ends with the process that holds it, however that ends.

    Raises:
        LabError: another process holds it, and `wait` is false.
    """
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            file.seek(0)
            raise LabError(
                f"another command is at work on the lab: {file.read().strip() or 'just begun'}",
                hint="wait until it is done, or end it",
            ) from None
        file.seek(0)
        file.truncate()
        file.write(f"{what}, process {os.getpid()}")
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()


@contextmanager
def fresh(target: Path) -> Iterator[Path]:
    """Give a folder to build in, which becomes `target` only once it is whole.

    Held under a lock by the caller, so what an earlier build left half done
    belongs to nobody and goes.
    """
    half = target.with_name(target.name + ".half")
    if half.exists():
        shutil.rmtree(half)
    half.mkdir(parents=True)
    try:
        yield half
        half.rename(target)
    finally:
        shutil.rmtree(half, ignore_errors=True)
