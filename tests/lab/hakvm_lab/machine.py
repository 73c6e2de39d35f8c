"""One node: the QEMU that is it, and what can be done to that from outside.

A node that is switched off is a QEMU that stands at the first instruction of
its firmware: its processor is reset, its network silent, and switching it on
is to let it go. So a QEMU runs as long as the lab does, and a saved state can
hold a node that is off.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from attrs import frozen

from hakvm_lab.errors import LabError
from hakvm_lab.image import Image
from hakvm_lab.process import Identity, spawn
from hakvm_lab.qmp import Qmp, listener

__all__ = ["LINKS", "NODES", "Machine"]

NODES = ("node1", "node2")
LINKS = ("cluster", "replication")  # eth0 and eth1; eth2 is the way in
_QEMU = "qemu-system-x86_64"
_OLDEST = (7, 2)  # has -netdev dgram
_TRANSLATIONS = 192  # MiB for code that the emulator has translated
_LIMIT = 120.0  # seconds to save or load a state
_DISKS = ("system", "data")


@frozen(kw_only=True)
class Machine:
    """One node of a lab.

    Attributes:
        name: node1 or node2.
        folder: the lab's; all files and sockets of the node are there.
    """

    name: str
    folder: Path

    @property
    def number(self) -> int:
        """Return 1 for node1, 2 for node2."""
        return NODES.index(self.name) + 1

    @property
    def process(self) -> Identity | None:
        """Its QEMU, as that wrote itself down; it may have ended since."""
        return Identity.load(self._file("process"))

    @property
    def alive(self) -> bool:
        """Whether its QEMU runs, the node being on or off."""
        process = self.process
        return process is not None and process.alive()

    @property
    def console(self) -> Path:
        """What the kernel said on the node's serial port."""
        return self._file("console")

    @property
    def panicked(self) -> bool:
        """Whether the last thing that its kernel said is that it gave up."""
        try:
            lines = self.console.read_bytes().rstrip().rsplit(b"\n", 1)
        except FileNotFoundError:
            return False
        return b"end Kernel panic" in lines[-1]

    def _file(self, ending: str) -> Path:
        return self.folder / f"{self.name}.{ending}"

    def make_disks(self, image: Image, size: int) -> None:
        """Make its system disk, as a layer on the image's, and its data disk of `size` MiB."""
        base = image.folder / "disk.img"
        _qemu_img("create", "-f", "qcow2", "-b", base, "-F", "raw", self._file("system.qcow2"))
        raw = self._file("data.raw")
        with raw.open("wb") as file:
            file.write(_partition_table(size))
            file.truncate(size << 20)
        _qemu_img("convert", "-f", "raw", "-O", "qcow2", raw, self._file("data.qcow2"))
        raw.unlink()

    def start(self, image: Image, *, accel: str, memory: int, port: int) -> None:
        """Start its QEMU, the node being off; `port` of 127.0.0.1 leads to SSH.

        Raises:
            LabError: QEMU ended at once; its own words say why.
        """
        log = self._file("log")
        log.unlink(missing_ok=True)
        # QEMU is given its monitors' sockets listening, so there is nothing to wait for.
        monitors = [listener(self._file(name)) for name in ("monitor", "rack-monitor")]
        self._file("agent").unlink(missing_ok=True)
        try:
            process = spawn(
                self._argv(image, accel, memory, port, [sock.fileno() for sock in monitors]),
                record=self._file("process"),
                log=log,
                cwd=self.folder,
                inherit=[sock.fileno() for sock in monitors],
            )
        finally:
            for sock in monitors:
                sock.close()
        try:
            with self.monitor():
                pass
        except LabError:
            process.gone(10)
            said = log.read_text(errors="replace").strip().splitlines()
            raise LabError(
                f"{self.name}: QEMU ended at once: {said[-1] if said else 'it said nothing'}",
                hint=f"all it said is in {log}",
            ) from None

    def _argv(
        self, image: Image, accel: str, memory: int, port: int, monitors: list[int]
    ) -> list[str]:
        name, number = self.name, self.number
        argv = [_QEMU, "-name", f"hakvm-lab-{name}", "-nodefaults", "-no-user-config"]
        argv += ["-machine", "q35,usb=off,vmport=off", "-display", "none", "-S"]
        argv += ["-action", "shutdown=pause,reboot=reset"]
        if accel == "kvm":
            argv += ["-accel", "kvm", "-cpu", "host"]
        else:
            # Not `max,svm=off`: with that QEMU 7.2 computes wrongly (mounts fail, names are lost).
            argv += ["-accel", f"tcg,thread=multi,tb-size={_TRANSLATIONS}", "-cpu", "max"]
        argv += ["-smp", "1", "-m", str(memory)]
        argv += ["-kernel", str(image.folder / "kernel"), "-initrd", str(image.folder / "initrd")]
        argv += ["-append", _kernel_line(name, number)]
        for disk in _DISKS:
            place = f"file.driver=file,file.filename={name}.{disk}.qcow2"
            argv += ["-drive", f"if=virtio,node-name={disk},driver=qcow2,cache=unsafe,{place}"]
        for slot, link in enumerate(LINKS, start=1):
            ends = f"local.type=unix,local.path={name}.{link},remote.type=unix"
            argv += ["-netdev", f"dgram,id={link},{ends},remote.path=rack.{link}.{number}"]
            argv += ["-device", _nic(link, f"52:54:00:00:0{slot}:0{number}")]
        way_in = f"restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22"
        argv += ["-netdev", f"user,id=outside,{way_in}"]
        argv += ["-device", _nic("outside", f"52:54:00:00:09:0{number}")]
        argv += ["-device", "virtio-serial-pci"]
        for channel, end, how in (
            ("agent", "org.qemu.guest_agent.0", f"path={name}.agent,server=on,wait=off"),
            ("power", "org.hakvm.power", "path=rack.power,reconnect=1"),
        ):
            argv += ["-chardev", f"socket,id={channel},{how}"]
            argv += ["-device", f"virtserialport,chardev={channel},name={end}"]
        # What the node's kernel frees is given back: less memory here, less to save.
        argv += ["-device", "virtio-balloon-pci,free-page-reporting=on"]
        argv += ["-device", "virtio-rng-pci"]
        argv += ["-chardev", f"file,id=console,path={name}.console,append=on"]
        argv += ["-serial", "chardev:console"]
        for fd in monitors:  # each talks to one at a time: the command, and the rack
            argv += ["-chardev", f"socket,id=monitor{fd},fd={fd},server=on,wait=off"]
            argv += ["-mon", f"chardev=monitor{fd},mode=control"]
        return argv

    def layout(self, image: Image, *, accel: str, memory: int) -> str:
        """Return what the machine is made of: a saved state fits that, and nothing else."""
        return "\n".join(self._argv(image, accel, memory, 0, [0, 0]))

    @contextmanager
    def monitor(self) -> Iterator[Qmp]:
        """Talk to its QEMU."""
        with Qmp(self._file("monitor")) as qmp:
            yield qmp

    def end(self) -> bool:
        """End its QEMU; return whether one ran."""
        process = self.process
        return process is not None and process.end()

    def save(self, state: str) -> None:
        """Save memory and disks as `state`, in place of an older one; the node stands still."""
        with self.monitor() as qmp:
            _drop(qmp, state)
            qmp.job("snapshot-save", limit=_LIMIT, tag=state, vmstate="system", devices=_DISKS)

    def load(self, state: str) -> None:
        """Go back to `state`; the node stands still afterwards."""
        with self.monitor() as qmp:
            qmp.job("snapshot-load", limit=_LIMIT, tag=state, vmstate="system", devices=_DISKS)

    def drop(self, state: str) -> None:
        """Forget `state`."""
        with self.monitor() as qmp:
            _drop(qmp, state)

    def saved_bytes(self, state: str) -> int:
        """Return how much memory and devices take in `state`, on the disk."""
        with self.monitor() as qmp:
            return _saved(qmp).get(state, 0)

    def resident_bytes(self) -> int:
        """Return how much memory its QEMU holds here."""
        process = self.process
        if process is None or not process.alive():
            return 0
        pages = Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def check_qemu() -> str:
    """Return QEMU's release.

    Raises:
        LabError: there is none, or it is too old.
    """
    if shutil.which(_QEMU) is None or shutil.which("qemu-img") is None:
        raise LabError(f"{_QEMU} is not installed", hint="script/bootstrap lab installs it")
    said = subprocess.run([_QEMU, "--version"], capture_output=True, text=True, check=True).stdout
    release = said.split("version", 1)[-1].split()[0]
    if tuple(int(part) for part in release.split(".")[:2]) < _OLDEST:
        raise LabError(f"QEMU {release} is too old", hint="the lab takes 7.2, as in Debian 12")
    return release


def switch(qmp: Qmp, to: str) -> str:
    """Switch a node off or on, or reset it, through its monitor; return what it is now.

    Raises:
        LabError: QEMU does not come to that state.
    """
    on = qmp.state == "running"
    if to == "reset" and on:
        qmp.run("system_reset")
        return "on"
    if to == "off" and on:
        qmp.run("stop")
    if to == "off" or not on:
        # Whatever stands still, stopped, shut down or loaded, is brought to its beginning.
        qmp.run("system_reset")
        _await(qmp, "prelaunch")
    if to in {"on", "reset"} and not on:
        qmp.run("cont")
    return "off" if to == "off" else "on"


def _await(qmp: Qmp, state: str) -> None:
    end = monotonic() + 10
    while qmp.state != state:
        if monotonic() > end:
            raise LabError(f"QEMU is {qmp.state} and does not become {state}")
        sleep(0.01)  # the reset is done by QEMU's next turn of its loop


def _drop(qmp: Qmp, state: str) -> None:
    if state in _saved(qmp):
        qmp.job("snapshot-delete", limit=_LIMIT, tag=state, devices=_DISKS)


def _saved(qmp: Qmp) -> dict[str, int]:
    """Return the states in the system's disk, and the bytes that each takes there."""
    found: dict[str, int] = {}
    nodes = qmp.run("query-named-block-nodes", flat=True)
    for node in nodes if isinstance(nodes, list) else []:
        if node.get("node-name") == "system":
            for one in node["image"].get("snapshots", ()):
                found[str(one["name"])] = int(one["vm-state-size"])
    return found


def _nic(netdev: str, mac: str) -> str:
    return f"virtio-net-pci,netdev={netdev},mac={mac},romfile="


def _kernel_line(name: str, number: int) -> str:
    return " ".join(
        [
            "console=ttyS0 quiet net.ifnames=0",
            f"systemd.hostname={name} systemd.machine_id={number:032x} systemd.show_status=0",
            # Under emulation what guards against neighbours guards against nobody.
            "mitigations=off audit=0 selinux=0 apparmor=0 nokaslr tsc=reliable nowatchdog",
        ]
    )


def _partition_table(size: int) -> bytes:
    """Return an MBR with one partition, from 1 MiB to the end of `size` MiB."""
    first = 2048
    entry = b"\0\xfe\xff\xff\x83\xfe\xff\xff"
    entry += first.to_bytes(4, "little") + (size * 2048 - first).to_bytes(4, "little")
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def _qemu_img(*words: str | Path) -> None:
    done = subprocess.run(
        ["qemu-img", words[0], "-q", *words[1:]], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LabError(f"qemu-img {words[0]} failed: {done.stderr.strip()}")
