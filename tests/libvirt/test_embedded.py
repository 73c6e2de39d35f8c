"""A guest of our own recipe runs: libvirt's embedded driver, QEMU in software, no daemon."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytest.importorskip("libvirt")

HERE = Path(__file__).parent


def assemble(folder: Path, *defines: str, name: str = "guest.img") -> Path:
    """Make the disk of a guest that counts; a disk of less than 1 MiB does not boot."""
    image = folder / name
    options = [f"-D{name}" for name in defines or ("TICKS=4",)]
    subprocess.run(["nasm", "-f", "bin", *options, HERE / "guest.asm", "-o", image], check=True)
    with image.open("ab") as file:
        file.truncate(1 << 20)
    return image


@pytest.mark.root
@pytest.mark.oracle("nasm", "qemu-system-x86_64", "unshare")
def test_a_guest_runs_counts_and_goes_on() -> None:
    # The driver keeps sockets below its root, and the path of a socket is short.
    with tempfile.TemporaryDirectory(prefix="hakvm-") as folder:
        try:
            _counts(Path(folder))
        finally:
            for left in Path(folder).rglob("run/qemu/*.pid"):
                _end(int(left.read_text()), folder)


def _end(pid: int, folder: str) -> None:
    """End a QEMU that was left: one whose command line names our folder."""
    with contextlib.suppress(OSError):
        if folder.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)


def _counts(folder: Path) -> None:
    assemble(folder)
    assemble(folder, "TICKS=4", "WATCHDOG", name="watchdog.img")
    assemble(folder, "TICKS=4", "SECTOR=1024", name="full.img")
    subprocess.run(["nasm", "-f", "bin", HERE / "kernel.asm", "-o", folder / "vmlinuz"], check=True)
    ended = subprocess.run(
        # What it mounts is gone when it has ended.
        ["unshare", "--mount", sys.executable, HERE / "embedded.py", folder],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["dropped"] == []
    assert seen["first"] == "0001\r\n0002\r\n0003\r\n"
    assert seen["live"] == []
    assert seen["suspended"] == "paused"
    assert seen["refused"] == "undefine(running=True)"
    assert seen["saved"] is True
    # The saved guest goes on where it was: it neither counts anew nor skips much.
    assert 4 <= int(seen["second"].split()[0], 16) <= 40
    assert seen["by_itself"] is False
    assert seen["state"] == "shut off"
    assert seen["left"] == []
    assert "qemu" in seen["accelerators"]
    assert seen["boots"] == [True, False]
    assert "it knows no machine type pc-q35-99.0" in seen["machine"]
    assert "pc-q35-7" in seen["machine"]
    assert seen["watchdog"] == ["WatchdogEvent", "pause"]
    assert seen["full"] == ["IoErrorEvent", "pause", "enospc"]
    for event in ("defined", "started", "suspended", "resumed", "stopped", "undefined"):
        assert event in seen["events"]
