"""/etc/hosts: the names that the nodes know each other by."""

import os
import re
from collections.abc import Iterable, Mapping
from typing import Self

from attrs import field, frozen

from hakvm._reading import read_text
from hakvm.errors import InvalidError, ParseError
from hakvm.findings import Finding
from hakvm.system._names import check_address, check_host, check_line, is_address

__all__ = ["HostEntry", "Hosts"]

_BEGIN = "# BEGIN hakvm: what stands here is kept by hakvm"
_END = "# END hakvm"
_BEGINS = re.compile(r"#\s*BEGIN hakvm\b.*")
_ENDS = re.compile(r"#\s*END hakvm\b.*")
_FIELDS = re.compile(r"[ \t]*([^\s#]+)[ \t]+([^#]*[^\s#])[ \t]*(?:#[ \t]*(.*?))?[ \t]*\r?")


def _names(found: str | Iterable[str]) -> tuple[str, ...]:
    return (found,) if isinstance(found, str) else tuple(found)


@frozen(kw_only=True)
class HostEntry:
    """An address and its names.

    Attributes:
        address: IPv4 or IPv6.
        names: the canonical name first, then the aliases.
        comment: what stands behind them, without the `#`.

    Source: hosts(5).
    """

    address: str
    names: tuple[str, ...] = field(converter=_names)
    comment: str = ""
    _raw: str = field(default="", eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_address(self.address, "HostEntry.address")
        if not self.names:
            raise InvalidError(f"{self.address} needs a name", path="HostEntry.names")
        for place, name in enumerate(self.names):
            check_host(name, f"HostEntry.names[{place}]")
        check_line(self.comment, "HostEntry.comment")
        if self.comment != self.comment.strip() or self.comment.startswith("#"):
            raise InvalidError(
                "a comment begins and ends with a word",
                path="HostEntry.comment",
                value=self.comment,
            )

    def render(self) -> str:
        """Write it as a line, as it stood if it was read."""
        if self._raw and _entry(self._raw) == self:
            return self._raw
        line = " ".join((self.address, *self.names))
        return f"{line}  # {self.comment}" if self.comment else line


def _entry(line: str) -> HostEntry | None:
    """Read a line; None where it is no entry."""
    found = _FIELDS.fullmatch(line)
    if found is None or not is_address(found[1]):
        return None
    comment = (found[3] or "").lstrip("# \t")
    try:
        return HostEntry(address=found[1], names=tuple(found[2].split()), comment=comment, raw=line)
    except InvalidError:
        return None


def _lines(found: "Iterable[HostEntry | str]") -> "tuple[HostEntry | str, ...]":
    return tuple(found)


@frozen(kw_only=True)
class Hosts:
    r"""A hosts file: a document of which hakvm keeps one block and leaves the rest as it is.

    Attributes:
        lines: the file line by line: entries, and as text what is none (comments, empty lines,
            and what no resolver would understand).

    Example:
        >>> hosts = Hosts.parse("127.0.0.1 localhost\n")
        >>> hosts = hosts.with_managed([HostEntry(address="10.0.0.1", names="node1")])
        >>> hosts.addresses("node1")
        ('10.0.0.1',)
    """

    lines: tuple[HostEntry | str, ...] = field(default=(), converter=_lines)
    _ended: bool = field(default=True, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for place, line in enumerate(self.lines):
            if isinstance(line, str):
                path = f"Hosts.lines[{place}]"
                if "\n" in line or "\0" in line:
                    raise InvalidError("a line is one line", path=path, value=line)
                if _entry(line) is not None:
                    raise InvalidError(
                        f"{line!r} is an entry", path=path, hint="give it as a HostEntry"
                    )
        _block(self.lines)

    @classmethod
    def parse(cls, text: str, *, source: str = "<string>") -> Self:
        """Read a hosts file; what is no entry is kept as it came.

        Raises:
            ParseError: a NUL, or a block of hakvm's that does not end, or ends twice.
        """
        if (nul := text.find("\0")) >= 0:
            raise ParseError.at("NUL in a text file", text, nul, source=source)
        ended = text.endswith("\n") or not text
        listed = text.removesuffix("\n").split("\n") if text else []
        try:
            return cls(lines=[_entry(line) or line for line in listed], ended=ended)
        except InvalidError as error:
            line = error.line or 1
            raise ParseError(
                error.message, source=source, line=line, excerpt=listed[line - 1], hint=error.hint
            ) from None

    @classmethod
    def load(cls, path: str | os.PathLike[str] = "/etc/hosts") -> Self:
        """Read the hosts file at `path`.

        Raises:
            ParseError: it cannot be read, or as `parse` says.
        """
        return cls.parse(read_text(path), source=os.fspath(path))

    def render(self) -> str:
        """Write it; what was read and still holds stays as it stood."""
        listed = [line if isinstance(line, str) else line.render() for line in self.lines]
        return "\n".join(listed) + ("\n" if self._ended and listed else "")

    def check(self) -> tuple[Finding, ...]:
        """Return what would bite, the worst first: the rules over hosts in `system.RULES`."""
        from hakvm.system._hosts_rules import HOSTS_RULES  # noqa: PLC0415 - they are over this class

        return HOSTS_RULES.check(self)

    @property
    def entries(self) -> tuple[HostEntry, ...]:
        """All entries, in the order in which a resolver sees them."""
        return tuple(line for line in self.lines if isinstance(line, HostEntry))

    @property
    def managed(self) -> tuple[HostEntry, ...] | None:
        """The entries in hakvm's block; `None` where there is no such block."""
        block = _block(self.lines)
        if block is None:
            return None
        first, last = block
        return tuple(one for one in self.lines[first:last] if isinstance(one, HostEntry))

    def addresses(self, name: str) -> tuple[str, ...]:
        """Return the addresses of a name, in order; case does not count."""
        wanted = name.lower()
        return tuple(
            one.address for one in self.entries if wanted in {each.lower() for each in one.names}
        )

    @property
    def names(self) -> Mapping[str, str]:
        """Each name with the first of its addresses."""
        found: dict[str, str] = {}
        for one in self.entries:
            for name in one.names:
                found.setdefault(name, one.address)
        return found

    def with_managed(self, entries: Iterable[HostEntry]) -> Self:
        """Return the file with `entries` in hakvm's block; the rest stays as it is."""
        inner = tuple(entries)
        block = _block(self.lines)
        if block is not None:
            first, last = block
            lines = (*self.lines[: first + 1], *inner, *self.lines[last:])
        else:
            gap = ("",) if self.lines and self.lines[-1] != "" else ()
            lines = (*self.lines, *gap, _BEGIN, *inner, _END)
        return type(self)(lines=lines)

    def without_managed(self) -> Self:
        """Return the file without hakvm's block."""
        block = _block(self.lines)
        if block is None:
            return self
        first, last = block
        return type(self)(lines=(*self.lines[:first], *self.lines[last + 1 :]), ended=self._ended)


def _block(lines: tuple[HostEntry | str, ...]) -> tuple[int, int] | None:
    """Return where hakvm's block begins and ends."""
    first: int | None = None
    found: tuple[int, int] | None = None
    for place, line in enumerate(lines):
        if not isinstance(line, str):
            continue
        text = line.strip()
        if _BEGINS.fullmatch(text):
            if first is not None or found is not None:
                raise _odd_block("a second block of hakvm's begins", place)
            first = place
        elif _ENDS.fullmatch(text):
            if first is None:
                raise _odd_block("the end of a block of hakvm's that has not begun", place)
            found, first = (first, place), None
    if first is not None:
        raise _odd_block("a block of hakvm's begins and does not end", first)
    return found


def _odd_block(message: str, place: int) -> InvalidError:
    return InvalidError(
        message,
        path=f"Hosts.lines[{place}]",
        line=place + 1,
        hint="the block stands once, between `# BEGIN hakvm` and `# END hakvm`",
    )
