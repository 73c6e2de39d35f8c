"""/etc/fstab: what is mounted at boot."""

import os
import re
from collections.abc import Iterable, Iterator
from typing import Self

import attrs
from attrs import field, frozen

from hakvm._reading import read_text
from hakvm.errors import InvalidError, ParseError
from hakvm.findings import Finding, Layer, RuleBook, Severity, Trouble
from hakvm.system._mounts import unescape

__all__ = ["FSTAB_RULES", "Fstab", "FstabEntry"]

_ODD = re.compile(r"[\0\n\r]")
_NUMBER = re.compile(r"[0-9]{1,4}")
_FIELDS = 6


def _escape(text: str) -> str:
    return (
        text.replace("\\", "\\134")
        .replace(" ", "\\040")
        .replace("\t", "\\011")
        .replace("#", "\\043")
    )


def _options(found: str | Iterable[str]) -> tuple[str, ...]:
    return tuple(found.split(",")) if isinstance(found, str) else tuple(found)


@frozen(kw_only=True)
class FstabEntry:
    """A filesystem and where it is mounted.

    Attributes:
        source: a device, or UUID=…, LABEL=….
        target: where; `none` for swap.
        fstype: ext4, xfs, swap, auto …
        options: as defaults, noauto, _netdev.
        dump: whether dump(8) saves it.
        check: the order in which fsck looks at it; 0 for never.

    Source: fstab(5).
    """

    source: str
    target: str
    fstype: str
    options: tuple[str, ...] = field(default=("defaults",), converter=_options)
    dump: int = 0
    check: int = 0
    _raw: str = field(default="", eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for name in ("source", "target", "fstype"):
            value = getattr(self, name)
            if not value or _ODD.search(value):
                raise InvalidError(
                    f"{value!r} cannot stand here", path=f"FstabEntry.{name}", value=value
                )
        for option in self.options:
            if not option or _ODD.search(option) or "," in option or option != option.strip():
                raise InvalidError(
                    f"{option!r} is no option", path="FstabEntry.options", value=option
                )
        if not self.options:
            raise InvalidError("options are at least `defaults`", path="FstabEntry.options")
        for name in ("dump", "check"):
            if not 0 <= getattr(self, name) <= 9999:  # noqa: PLR2004 - four digits
                raise InvalidError(
                    f"{getattr(self, name)} is no number of a pass", path=f"FstabEntry.{name}"
                )

    def render(self) -> str:
        """Write it as a line, as it stood if it was read."""
        if self._raw and _entry(self._raw) == self:
            return self._raw
        words = (self.source, self.target, self.fstype, ",".join(self.options))
        return " ".join((*(_escape(word) for word in words), str(self.dump), str(self.check)))


def _entry(line: str) -> FstabEntry | None:
    """Read a line; `None` where it is no entry."""
    words = line.strip(" \t\r").split()
    if not words or words[0].startswith("#"):
        return None
    behind = next((n for n, word in enumerate(words) if word.startswith("#") and n > 3), None)  # noqa: PLR2004 - of four fields
    words = words[:behind]
    if not 3 <= len(words) <= _FIELDS or not all(_NUMBER.fullmatch(word) for word in words[4:]):  # noqa: PLR2004 - options may be left out
        return None
    numbers = [int(word) for word in words[4:]] + [0, 0]
    try:
        return FstabEntry(
            source=unescape(words[0]),
            target=unescape(words[1]),
            fstype=unescape(words[2]),
            options=unescape(words[3]) if len(words) > 3 else "defaults",  # noqa: PLR2004 - as above
            dump=numbers[0],
            check=numbers[1],
            raw=line,
        )
    except InvalidError:
        return None


def _lines(found: "Iterable[FstabEntry | str]") -> "tuple[FstabEntry | str, ...]":
    return tuple(found)


@frozen(kw_only=True)
class Fstab:
    """An fstab(5): a document.

    Attributes:
        lines: the file line by line: entries, and as text what is none.
    """

    lines: tuple[FstabEntry | str, ...] = field(default=(), converter=_lines)
    _ended: bool = field(default=True, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for place, line in enumerate(self.lines):
            if isinstance(line, str) and ("\n" in line or "\0" in line or _entry(line) is not None):
                raise InvalidError(
                    f"{line[:40]!r} is an entry, or more than a line", path=f"Fstab.lines[{place}]"
                )

    @classmethod
    def parse(cls, text: str, *, source: str = "<string>") -> Self:
        """Read an fstab; what is no entry is kept as it came.

        Raises:
            ParseError: a NUL.
        """
        if (nul := text.find("\0")) >= 0:
            raise ParseError.at("NUL in a text file", text, nul, source=source)
        listed = text.removesuffix("\n").split("\n") if text else []
        ended = text.endswith("\n") or not text
        return cls(lines=[_entry(line) or line for line in listed], ended=ended)

    @classmethod
    def load(cls, path: str | os.PathLike[str] = "/etc/fstab") -> Self:
        """Read the fstab at `path`.

        Raises:
            ParseError: it cannot be read, or as `parse` says.
        """
        return cls.parse(read_text(path), source=os.fspath(path))

    def render(self) -> str:
        """Write it; what was read and still holds stays as it stood."""
        listed = [line if isinstance(line, str) else line.render() for line in self.lines]
        return "\n".join(listed) + ("\n" if self._ended and listed else "")

    def check(self) -> tuple[Finding, ...]:
        """Return what would bite, the worst first: the rules over fstab in `system.RULES`."""
        return FSTAB_RULES.check(self)

    @property
    def entries(self) -> tuple[FstabEntry, ...]:
        """The entries, in order."""
        return tuple(line for line in self.lines if isinstance(line, FstabEntry))

    def with_entry(self, entry: FstabEntry) -> Self:
        """Return the file with an entry in the place of the one for the same target, or added."""
        lines = list(self.lines)
        for place, line in enumerate(lines):
            if isinstance(line, FstabEntry) and line.target == entry.target != "none":
                lines[place] = entry
                return attrs.evolve(self, lines=lines)
        return attrs.evolve(self, lines=[*lines, entry], ended=True)

    def without(self, target: str) -> Self:
        """Return the file without what is mounted at `target`."""
        kept = [x for x in self.lines if not (isinstance(x, FstabEntry) and x.target == target)]
        return attrs.evolve(self, lines=kept)


FSTAB_RULES: RuleBook[Fstab] = RuleBook()

_GOOD = "UUID=8a1f / ext4 errors=remount-ro 0 1\n"


def _waiting(fstab: Fstab) -> Fstab:
    return attrs.evolve(
        fstab,
        lines=[
            attrs.evolve(line, options=(*(o for o in line.options if o != "auto"), "noauto"))
            if isinstance(line, FstabEntry) and _at_boot(line)
            else line
            for line in fstab.lines
        ],
    )


def _at_boot(entry: FstabEntry) -> bool:
    return entry.source.startswith("/dev/drbd") and "noauto" not in entry.options


@FSTAB_RULES.rule(
    "system.fstab-mounts-drbd",
    Severity.ERROR,
    Layer.SYSTEM,
    why="at boot the device is not primary: the mount fails and stops the boot, or a node that "
    "mounts it behind Pacemaker's back writes beside the other",
    fix="take the entry out, or give it noauto: Pacemaker mounts it where it belongs",
    source="fstab(5); ocf:heartbeat:Filesystem: must not be listed in /etc/fstab",
    failing=lambda: Fstab.parse(_GOOD + "/dev/drbd0 /var/lib/libvirt/images ext4 defaults 0 2\n"),
    passing=lambda: Fstab.parse(_GOOD + "/dev/drbd0 /var/lib/libvirt/images ext4 noauto 0 0\n"),
    mend=_waiting,
)
def fstab_mounts_drbd(fstab: Fstab) -> Iterator[Trouble]:
    """A replicated device that is mounted at boot."""
    for one in fstab.entries:
        if _at_boot(one):
            yield Trouble(
                message=f"{one.source} is mounted at {one.target} at boot",
                where=f"fstab[{one.target!r}]",
            )


@FSTAB_RULES.rule(
    "system.fstab-odd-line",
    Severity.WARNING,
    Layer.SYSTEM,
    why="mount passes over such a line, and what it was for is not mounted",
    fix="write the device, the path, the filesystem and its options; put a # before a comment",
    source="fstab(5)",
    failing=lambda: Fstab.parse(_GOOD + "/dev/sdb1\n"),
    passing=lambda: Fstab.parse("# a comment\n" + _GOOD),
)
def fstab_odd_line(fstab: Fstab) -> Iterator[Trouble]:
    """A line that is neither an entry nor a comment."""
    for place, line in enumerate(fstab.lines):
        if isinstance(line, str) and line.strip() and not line.lstrip().startswith("#"):
            yield Trouble(message=f"{line.strip()[:60]!r} is no entry", where=f"line {place + 1}")
