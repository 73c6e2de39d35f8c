"""Block devices and the filesystems on them: what is there, and making a new one."""

import re
from datetime import timedelta
from typing import Final, Self

from attrs import frozen

from hakvm.errors import HakvmError, InvalidError, UnsafeError
from hakvm.system._mounts import Mount, Mounts
from hakvm.transport import Command, Transport

__all__ = ["Content", "Filesystems"]

_PATH = re.compile(r"/[^\0\n\r]{1,4094}")
_TYPE = re.compile(r"[a-z][a-z0-9._-]{0,31}")
_ESCAPE = re.compile(r"\\(.)")
_MKFS: Final = timedelta(hours=1)

_NOTHING, _SEVERAL = 2, 8  # blkid(8), EXIT STATUS
_ABSENT = 66
_FULL = 65

# blkid says the same of an absent device and of an empty one. What it does not know may be data
# all the same (a disk image, a guest's own partitions), so that only zeros count as empty.
_PROBE = """\
[ -e "$1" ] || exit 66
blkid -p -o export -- "$1"
status=$?
[ $status -eq 2 ] || exit $status
[ -z "$(head -c 1048576 -- "$1" | tr -d '\\0' | head -c 1 | od -An -tx1)" ] || exit 65
exit 2
"""


@frozen(kw_only=True)
class Content:
    """What is on a device, as blkid finds it.

    Attributes:
        device: the device.
        type: ext4, xfs, swap, drbd, LVM2_member, crypto_LUKS …; empty where it is not known.
        uuid, label: its own.
        usage: filesystem, raid, crypto, other.
        partition_table: dos or gpt, if it is partitioned.
        others: what else blkid says.

    Source: blkid(8).
    """

    device: str
    type: str = ""
    uuid: str = ""
    label: str = ""
    usage: str = ""
    partition_table: str = ""
    others: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str, *, device: str = "") -> Self:
        """Read what `blkid -p -o export` prints."""
        fields: dict[str, str] = {}
        others: list[tuple[str, str]] = []
        for line in text.splitlines():
            key, sign, value = line.partition("=")
            if not sign:
                continue
            value = _ESCAPE.sub(r"\1", value)
            if key in _FIELDS:
                fields.setdefault(_FIELDS[key], value)
            else:
                others.append((key, value))
        return cls(**{"device": device, **fields}, others=tuple(others))

    def __str__(self) -> str:
        what = self.type or (self.partition_table and f"{self.partition_table} partitions")
        words = [what or "data", self.label and repr(self.label), self.uuid]
        return " ".join(word for word in words if word)


_FIELDS = {
    "DEVNAME": "device",
    "TYPE": "type",
    "UUID": "uuid",
    "LABEL": "label",
    "USAGE": "usage",
    "PTTYPE": "partition_table",
}


@frozen
class Filesystems:
    """The filesystems of the host that a transport leads to."""

    transport: Transport

    def content(self, device: str) -> Content | None:
        """Return what is on a device; `None` where nothing is.

        A device of which blkid knows nothing, and which does not begin with zeros, holds
        something unknown: a `Content` without a type.

        Raises:
            HakvmError: there is no such device.
            CommandError: it cannot be read.
        """
        command = Command.of("sh", "-c", _PROBE, "hakvm", _path(device, "device"))
        done = self.transport.run(command)
        if done.exit_status == _ABSENT:
            raise HakvmError(f"{self.transport.host}: there is no device {device}")
        if done.exit_status == _NOTHING:
            return None
        if done.exit_status in {_FULL, _SEVERAL}:
            return Content(device=device)
        return Content.parse(done.check().text, device=device)

    def mounts(self) -> Mounts:
        """Return what is mounted where."""
        command = Command.of("cat", "/proc/self/mountinfo")
        return Mounts.parse(self.transport.run(command).check().text)

    def mounted(self, where: str) -> Mount | None:
        """Return what is mounted at a path, or a device's own mount; `None` if there is none."""
        return self.mounts().find(where)

    def mkfs(
        self, device: str, fstype: str = "ext4", *, label: str = "", confirm: str | None = None
    ) -> None:
        """Make a filesystem on a device.

        Args:
            device: as /dev/drbd0.
            fstype: ext4, xfs, …
            label: its name.
            confirm: what is on the device and may be lost, word for word as the refusal says it.

        Raises:
            UnsafeError: something is on the device, and `confirm` does not say just that.
            HakvmError: it is mounted, or there is no such device.
            CommandError: mkfs fails.
        """
        if not _TYPE.fullmatch(fstype):
            raise InvalidError(f"{fstype!r} is no filesystem", path="fstype", value=fstype)
        if label.startswith("-") or not label.isprintable():
            raise InvalidError(f"{label!r} is no label", path="label", value=label)
        found = self.content(device)
        mount = self.mounted(self._real(device))
        if mount is not None:
            raise HakvmError(
                f"{self.transport.host}: {device} is mounted at {mount.target}",
                hint="unmount it first, if it really is the right device",
            )
        if found is not None:
            wanted = f"{self.transport.host}:{device}: {found}"
            if confirm != wanted:
                raise UnsafeError(
                    f"{self.transport.host}: on {device} is {found}, which mkfs would destroy",
                    confirm=f"confirm={wanted!r}",
                )
        # What there is has been seen and confirmed: mkfs must not ask a terminal that is not there.
        force = {"xfs": "-f", "btrfs": "-f"}.get(fstype, "-F") if found is not None else ""
        quiet = "-q" if fstype.startswith(("ext", "xfs")) else ""
        words = [word for word in (quiet, force) if word]
        if label:
            words += ["-L", label]
        command = Command.of(f"mkfs.{fstype}", *words, _path(device, "device"), timeout=_MKFS)
        self.transport.run(command).check()

    def mount(self, device: str, target: str, fstype: str = "", options: str = "") -> None:
        """Mount a device at a path; where it is mounted there already, nothing happens.

        Raises:
            HakvmError: something else is mounted there.
            CommandError: mount fails.
        """
        there = self.mounts().at(_path(target, "target"))
        if there is not None:
            if there.source in {device, self._real(device)}:
                return
            raise HakvmError(f"{self.transport.host}: {there.source} is mounted at {target}")
        if options.startswith("-") or not options.isprintable():
            raise InvalidError(f"{options!r} are no options", path="options", value=options)
        if fstype and not _TYPE.fullmatch(fstype):
            raise InvalidError(f"{fstype!r} is no filesystem", path="fstype", value=fstype)
        words = [*(("-t", fstype) if fstype else ()), *(("-o", options) if options else ())]
        command = Command.of("mount", *words, "--", _path(device, "device"), target)
        self.transport.run(command).check()

    def unmount(self, target: str) -> None:
        """Unmount what is mounted at a path; where nothing is, nothing happens.

        Raises:
            CommandError: it is in use.
        """
        if self.mounts().at(_path(target, "target")) is not None:
            self.transport.run(Command.of("umount", "--", target)).check(
                hint="`fuser -vm` says who uses it"
            )

    def _real(self, device: str) -> str:
        """Return the device that a name such as /dev/disk/by-id/… stands for."""
        done = self.transport.run(Command.of("readlink", "-f", "--", device))
        return done.text.removesuffix("\n") if done.ok else device


def _path(text: str, name: str) -> str:
    if not _PATH.fullmatch(text):
        raise InvalidError(
            f"{text!r} is no absolute path", path=name, value=text, hint="as /dev/drbd0"
        )
    return text
