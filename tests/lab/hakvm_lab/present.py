"""What runs already, what was left behind, and what there is room for."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

from attrs import asdict, frozen

from hakvm_lab import cache
from hakvm_lab.errors import LabError
from hakvm_lab.machine import NODES
from hakvm_lab.process import Identity
from hakvm_lab.states import States

__all__ = [
    "Description",
    "end_processes",
    "folders",
    "free_ports",
    "processes",
    "refuse_a_second",
    "room",
    "states",
]

_OWN = 256  # MiB that a QEMU takes beside its node's memory


@frozen(kw_only=True)
class Description:
    """What a lab's folder says of the lab.

    Attributes:
        ready: whether it came up; one that did not is somebody's remains.
        suite, memory, disk: what it is made of, as in `Settings`.
        image: the folder of the image that its nodes boot from.
        accel: kvm or tcg.
        ports: where SSH of each node answers, on 127.0.0.1.
    """

    ready: bool
    suite: str
    memory: int
    disk: int
    image: str
    accel: str
    ports: dict[str, int]

    @classmethod
    def load(cls, folder: Path) -> "Description | None":
        """Read it; `None` where there is no whole one."""
        try:
            return cls(**json.loads((folder / "lab.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def save(self, folder: Path) -> None:
        """Write it, whole or not at all."""
        new = folder / "lab.json.new"
        new.write_text(json.dumps(asdict(self)), encoding="utf-8")
        new.rename(folder / "lab.json")


def folders() -> Iterator[Path]:
    """Yield the folders of all labs in the cache, running or not."""
    labs = cache.root() / "labs"
    yield from sorted(labs.iterdir()) if labs.is_dir() else ()


def processes(folder: Path) -> dict[str, bool]:
    """Return which of a lab's three processes run."""
    names = (*NODES, "rack")
    records = {name: Identity.load(folder / f"{name}.process") for name in names}
    return {name: record is not None and record.alive() for name, record in records.items()}


def end_processes(folder: Path) -> int:
    """End what runs of a lab; return how many processes did."""
    count = 0
    for name in (*NODES, "rack"):
        record = folder / f"{name}.process"
        process = Identity.load(record)
        count += process is not None and process.end()
        record.unlink(missing_ok=True)
    return count


def refuse_a_second() -> None:
    """End what a command that was killed left behind; refuse where a lab runs.

    Raises:
        LabError: one does.
    """
    for folder in folders():
        runs = processes(folder)
        found = Description.load(folder)
        if all(runs.values()) and found is not None and found.ready:
            raise LabError(
                f"a lab of {found.suite} is running already",
                hint="use it (script/lab rewind booted), or end it (script/lab down)",
            )
        if any(runs.values()):
            end_processes(folder)


def room(memory: int) -> None:
    """Refuse where this machine has not the memory for two nodes of `memory` MiB.

    Raises:
        LabError: it has not.
    """
    wanted = len(NODES) * (memory + _OWN)
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable" and (free := int(value.split()[0]) >> 10) < wanted:
            raise LabError(
                f"both nodes take {wanted} MiB of memory and {free} are free",
                hint="end something, or give less: --memory 768",
            )


def states(folder: Path) -> States:
    """Return the saved states of the lab in `folder`."""
    return States(folder / "states")


def free_ports() -> dict[str, int]:
    """Return a port of 127.0.0.1 for each node that nobody uses just now."""
    socks = [socket.create_server(("127.0.0.1", 0)) for _ in NODES]
    try:
        return {name: sock.getsockname()[1] for name, sock in zip(NODES, socks, strict=True)}
    finally:
        for sock in socks:
            sock.close()
