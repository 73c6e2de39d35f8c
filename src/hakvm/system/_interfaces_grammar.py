r"""The text of an interfaces(5) file, and back.

    file   = { blank | comment | stanza }
    stanza = KEYWORD words NEWLINE { blank | comment | OPTION value NEWLINE }

A line goes on where it ends with a backslash; a `#` is a comment only as the
first character that is no blank (ifupdown, config.c, get_line and read_interfaces).
"""

import re
from collections.abc import Iterator

import attrs

from hakvm.errors import InvalidError, ParseError
from hakvm.system._stanzas import (
    KEYWORDS,
    Auto,
    Iface,
    Layout,
    MappingStanza,
    OtherStanza,
    Source,
    Stanza,
)
from hakvm.system._weave import Line, indent_of, woven

__all__ = ["read", "render"]

_INDENT = "    "
# A logical line: physical lines that end with a backslash, and one that does not.
_LOGICAL = re.compile(r"(?:[^\n]*\\\n)*[^\n]*(?:\n|\Z)")
_BLANK = re.compile(r"[ \t\r]*(?:#[^\n]*)?(?:\n|\Z)")
_JOINT = re.compile(r"\\(?:\n|\Z)")


def read(text: str, source: str) -> tuple[tuple[Stanza, ...], str]:
    """Return the stanzas of a file, and what stands behind the last one."""
    if (nul := text.find("\0")) >= 0:
        raise ParseError.at("NUL in a text file", text, nul, source=source)
    return _Reader(text, source).read()


class _Reader:
    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source

    def lines(self) -> Iterator[tuple[int, Line]]:
        """Yield each logical line with its offset."""
        at = 0
        while at < len(self.text):
            blank = _BLANK.match(self.text, at)
            line = blank or _LOGICAL.match(self.text, at)
            found = line[0] if line else ""
            said = "" if blank else _JOINT.sub(" ", found).strip()
            key, value = [*said.split(None, 1), "", ""][:2]
            yield at, Line(found, key, value)
            at += len(found)

    def read(self) -> tuple[tuple[Stanza, ...], str]:
        stanzas: list[Stanza] = []
        lead: list[Line] = []
        head: tuple[int, Line] | None = None
        body: list[Line] = []
        trivia: list[Line] = []
        for at, line in self.lines():
            if not line.key:
                trivia.append(line)
            elif line.key in KEYWORDS or line.key.startswith("allow-"):
                if head is not None:
                    stanzas.append(self.stanza(head, lead, body))
                lead, trivia, body, head = trivia, [], [], (at, line)
            else:
                if head is None or head[1].key not in {"iface", "mapping"}:
                    raise self.error(
                        f"the option {line.key!r} stands outside of a stanza",
                        at,
                        "options follow an iface or mapping line",
                    )
                if not line.value:
                    raise self.error(f"{line.key} lacks its value", at, "ifup refuses it empty")
                body += [*trivia, line]
                trivia = []
        if head is not None:
            stanzas.append(self.stanza(head, lead, body))
        return tuple(stanzas), "".join(line.text for line in trivia)

    def stanza(self, head: tuple[int, Line], lead: list[Line], body: list[Line]) -> Stanza:
        at, line = head
        words = tuple(line.value.split())
        if not words and line.key != "auto":
            raise self.error(f"{line.key} needs a name behind it", at)
        options = [(one.key, one.value) for one in body if one.key]
        layout = Layout(tuple(lead), line, tuple(body), (line.key, *words))
        try:
            return self.make(line.key, words, options, layout)
        except InvalidError as error:
            raise self.error(error.message, at, error.hint) from None

    def make(
        self, keyword: str, words: tuple[str, ...], options: list[tuple[str, str]], layout: Layout
    ) -> Stanza:
        if keyword == "iface":
            return _iface(words, options, layout)
        if keyword == "auto":
            return Auto(names=words, layout=layout)
        if keyword.startswith("allow-"):
            return Auto(names=words, reason=keyword.removeprefix("allow-"), layout=layout)
        if keyword in {"source", "source-directory"}:
            directory = keyword == "source-directory"
            return Source(pattern=" ".join(words), directory=directory, layout=layout)
        if keyword == "mapping":
            return MappingStanza(names=words, options=options, layout=layout)
        return OtherStanza(keyword=keyword, words=words, layout=layout)  # type: ignore[arg-type]

    def error(self, message: str, at: int, hint: str = "") -> ParseError:
        while at < len(self.text) and self.text[at] in " \t":
            at += 1
        return ParseError.at(message, self.text, at, source=self.source, hint=hint)


def _iface(words: tuple[str, ...], options: list[tuple[str, str]], layout: Layout) -> Iface:
    name, *rest = words
    inherits: tuple[str, ...] = ()
    if "inherits" in rest:
        place = rest.index("inherits")
        rest, inherits = rest[:place], tuple(rest[place + 1 :])
        if not inherits:
            raise InvalidError(f"inherits needs a name behind it: {' '.join(words)}")
    if len(rest) < (0 if inherits else 2) or len(rest) == 1:
        raise InvalidError(
            f"iface {name} needs a family and a method", hint="as: iface br0 inet static"
        )
    # ifup ignores further words with a warning; a rule names them.
    family, method, *_ = rest or ("", "")
    found = Iface(name=name, family=family, method=method, inherits=inherits, options=options)
    return attrs.evolve(found, layout=attrs.evolve(layout, head_words=found.head()))


def render(stanzas: tuple[Stanza, ...], tail: str) -> str:
    """Write stanzas: the lines that still hold as they stood, the others anew."""
    out = ""
    for one in stanzas:
        text = "".join(_stanza(one, first=not out))
        if out and not out.endswith("\n"):
            out += "\n"
        out += text
    if tail and out and not out.endswith("\n"):
        out += "\n"
    return out + tail


def _stanza(one: Stanza, *, first: bool) -> Iterator[str]:
    layout = one.layout
    if layout is None:
        if not first and not isinstance(one, Iface):
            yield "\n"
        yield " ".join(one.head()) + "\n"
        for key, value in one.body:
            yield f"{_INDENT}{key} {value}\n"
        return
    yield from (line.text for line in layout.lead)
    yield layout.head.text if layout.head_words == one.head() else " ".join(one.head()) + "\n"
    indent = indent_of(layout.body)
    yield from woven(layout.body, one.body, lambda key, value: f"{indent}{key} {value}\n")
