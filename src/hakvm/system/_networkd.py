"""Files in systemd's syntax, as systemd-networkd reads them: .netdev and .network."""

import os
import re
from collections.abc import Iterable
from typing import Self

import attrs
from attrs import field, frozen

from hakvm._reading import read_text
from hakvm.errors import InvalidError, ParseError
from hakvm.system._weave import Line, Pairs, woven

__all__ = ["NetworkUnit", "UnitSection"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]*")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_BREAK = re.compile(r"[\0\n\r]")
_HEAD = re.compile(r"\[([^\]\n]*)\][ \t\r]*")
# A line goes on behind a backslash; comments in between do not end it (systemd.syntax(7)).
_CONTINUED = re.compile(r"\\\n(?:[ \t]*[#;][^\n]*\n)*")
_LOGICAL = re.compile(r"(?:[^\n]*\\\n(?:[ \t]*[#;][^\n]*\n)*)*[^\n]*(?:\n|\Z)")


def _pairs(found: Iterable[tuple[str, str]]) -> Pairs:
    return tuple((key, value) for key, value in found)


@frozen(kw_only=True)
class UnitSection:
    """A section: its name, and its options in order; the same one may stand several times.

    Attributes:
        name: as Match, Network, NetDev, Bridge.
        options: as `("Name", "br0")`; an empty value takes back what was set before.
    """

    name: str
    options: Pairs = field(default=(), converter=_pairs)
    _lines: tuple[Line, ...] = field(default=(), eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidError(f"{self.name!r} is no section", path="UnitSection.name")
        for key, value in self.options:
            path = f"UnitSection.options[{key!r}]"
            if not _KEY.fullmatch(key):
                raise InvalidError(f"{key!r} is no option", path=path, value=key)
            if _BREAK.search(value) or value != value.strip() or value.endswith("\\"):
                raise InvalidError(f"{value!r} is no value", path=path, value=value)

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines it was read from, its own first, what stands before it, too."""
        return self._lines

    def get(self, key: str, default: str = "") -> str:
        """Return the last value of an option."""
        return next((v for k, v in reversed(self.options) if k == key), default)


def _sections(found: Iterable[UnitSection]) -> tuple[UnitSection, ...]:
    return tuple(found)


@frozen(kw_only=True)
class NetworkUnit:
    """A .netdev or .network file: a document.

    Attributes:
        sections: in order; the same one may stand several times.

    Source: systemd.syntax(7), systemd.network(5), systemd.netdev(5).
    """

    sections: tuple[UnitSection, ...] = field(default=(), converter=_sections)
    _lead: str = field(default="", eq=False, repr=False)

    @classmethod
    def parse(cls, text: str, *, source: str = "<string>") -> Self:
        """Read a file in systemd's syntax.

        Raises:
            ParseError: a line that is neither a section, nor an option of one, nor a comment;
                systemd passes over such a line with a warning.
        """
        if (nul := text.find("\0")) >= 0:
            raise ParseError.at("NUL in a text file", text, nul, source=source)
        lead = ""
        found: list[tuple[str, list[Line]]] = []
        at = 0
        while at < len(text):
            logical = _logical(text, at)
            said = _CONTINUED.sub(" ", logical).strip()
            if head := _HEAD.fullmatch(said):
                found.append((head[1], [Line(logical, "", head[1])]))
            elif not said or said[0] in "#;":
                if found:
                    found[-1][1].append(Line(logical))
                else:
                    lead += logical
            else:
                key, sign, value = said.partition("=")
                if not sign or not found:
                    raise ParseError.at(
                        "an option outside of a section" if sign else f"no option: {said[:40]!r}",
                        text,
                        at,
                        source=source,
                        hint="write [Section], and below it lines as Key=Value",
                    )
                found[-1][1].append(Line(logical, key.strip(), value.strip()))
            at += len(logical)
        try:
            return cls(sections=[_section(name, lines) for name, lines in found], lead=lead)
        except InvalidError as error:
            raise ParseError(error.message, source=source, hint=error.hint) from None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read the file at `path`.

        Raises:
            ParseError: it cannot be read, or as `parse` says.
        """
        return cls.parse(read_text(path), source=os.fspath(path))

    def render(self) -> str:
        """Write it; what was read and still holds stays as it stood."""
        out = self._lead
        for one in self.sections:
            if out and not out.endswith("\n"):
                out += "\n"
            if not one.lines:
                out += "\n" if out and not out.endswith("\n\n") else ""
                out += f"[{one.name}]\n" + "".join(_line(*pair) for pair in one.options)
                continue
            head = one.lines[0]
            out += head.text if head.value == one.name else f"[{one.name}]\n"
            if one.options and not out.endswith("\n"):
                out += "\n"
            out += "".join(woven(one.lines[1:], one.options, _line))
        return out

    def section(self, name: str) -> UnitSection | None:
        """Return the first section of a name, or `None`."""
        return next((one for one in self.sections if one.name == name), None)

    def with_option(self, section: str, key: str, value: str) -> Self:
        """Return the file with an option set, in place of all its former values."""
        there = self.section(section)
        if there is None:
            new = UnitSection(name=section, options=[(key, value)])
            return attrs.evolve(self, sections=(*self.sections, new))
        options = [pair for pair in there.options if pair[0] != key]
        place = next((n for n, pair in enumerate(there.options) if pair[0] == key), len(options))
        options.insert(place, (key, value))
        changed = attrs.evolve(there, options=options)
        return attrs.evolve(
            self, sections=[changed if one is there else one for one in self.sections]
        )


def _logical(text: str, at: int) -> str:
    end = text.find("\n", at) + 1 or len(text)
    line = text[at:end]
    if line.lstrip(" \t")[:1] in {"#", ";"}:  # a comment does not go on behind a backslash
        return line
    found = _LOGICAL.match(text, at)
    return found[0] if found else line


def _section(name: str, lines: list[Line]) -> UnitSection:
    options = [(line.key, line.value) for line in lines if line.key]
    return UnitSection(name=name, options=options, lines=tuple(lines))


def _line(key: str, value: str) -> str:
    return f"{key}={value}\n"
