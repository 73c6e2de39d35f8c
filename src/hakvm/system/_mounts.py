"""What is mounted where: the kernel's /proc/self/mountinfo."""

import re
from typing import Self

from attrs import frozen

__all__ = ["Mount", "Mounts", "unescape"]

_OCTAL = re.compile(r"\\([0-7]{3})")
_NUMBER = re.compile(r"[0-9]{1,9}")
_LEAST = 10  # fields of a line: six, the separator, three


def unescape(text: str) -> str:
    r"""Return a field of mountinfo or fstab as it is meant: `\040` is a blank."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


@frozen(kw_only=True)
class Mount:
    """Something that is mounted.

    Attributes:
        id: the kernel's number for it.
        source: the device, as /dev/drbd0, or what else there is, as tmpfs.
        target: where it is mounted.
        root: the part of the filesystem that is mounted; `/` for all of it.
        fstype: the filesystem.
        options: of this mount, as rw and noatime.
        super_options: of the filesystem.
        device: its numbers, as (147, 0) for the first DRBD device.

    Source: proc(5), /proc/pid/mountinfo.
    """

    id: int
    source: str
    target: str
    root: str = "/"
    fstype: str
    options: tuple[str, ...] = ()
    super_options: tuple[str, ...] = ()
    device: tuple[int, int] = (0, 0)

    @property
    def writable(self) -> bool:
        """Whether it can be written to."""
        return "ro" not in self.options and "ro" not in self.super_options


@frozen(kw_only=True)
class Mounts:
    """What is mounted on a host, in the order in which it was.

    Attributes:
        mounts: one for each mount.
        unparsed: the lines that are not understood.
    """

    mounts: tuple[Mount, ...] = ()
    unparsed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read /proc/self/mountinfo."""
        found: list[Mount] = []
        unparsed: list[str] = []
        for line in text.split("\n"):
            mount = _mount(line)
            if mount is not None:
                found.append(mount)
            elif line.strip():
                unparsed.append(line)
        return cls(mounts=tuple(found), unparsed=tuple(unparsed))

    def at(self, target: str) -> Mount | None:
        """Return what is mounted at a path: the last one, which hides those below it."""
        wanted = target.rstrip("/") or "/"
        return next((one for one in reversed(self.mounts) if one.target == wanted), None)

    def of(self, source: str) -> tuple[Mount, ...]:
        """Return all mounts of a device."""
        return tuple(one for one in self.mounts if one.source == source)

    def find(self, where: str) -> Mount | None:
        """Return what is mounted at a path, or else the first mount of that device."""
        return self.at(where) or next(iter(self.of(where)), None)


def _mount(line: str) -> Mount | None:
    words = line.split(" ")
    if len(words) < _LEAST or "-" not in words[6:] or not _NUMBER.fullmatch(words[0]):
        return None
    dash = words.index("-", 6)
    major, _, minor = words[2].partition(":")
    rest = words[dash + 1 :]
    if len(rest) < 3 or not _NUMBER.fullmatch(major) or not _NUMBER.fullmatch(minor):  # noqa: PLR2004 - type, source, options
        return None
    return Mount(
        id=int(words[0]),
        device=(int(major), int(minor)),
        root=unescape(words[3]),
        target=unescape(words[4]),
        options=tuple(words[5].split(",")),
        fstype=unescape(rest[0]),
        source=unescape(rest[1]),
        super_options=tuple(rest[2].split(",")),
    )
