r"""The text of an interfaces(5) file, and back.

    file   = { blank | comment | stanza }
    stanza = KEYWORD words NEWLINE { blank | comment | OPTION value NEWLINE }

A line goes on where it ends with a backslash; a `#` is a comment only as the
first character that is no blank (ifupdown, config.c, get_line and read_interfaces).
"""

import re
from collections.abc import Iterator

from hakvm.errors import InvalidError, ParseError
from hakvm.system._stanzas import (
    KEYWORDS,
    Auto,
    Iface,
    Layout,
    Line,
    MappingStanza,
    OtherStanza,
    Pairs,
    Source,
    Stanza,
)

__all__ = ["read", "render"]

_INDENT = "    "
# A logical line: physical lines that end with a backslash, and one that does not.
_LOGICAL = re.compile(r"(?:[^\n]*\\\n)*[^\n]*(?:\n|\Z)")
_BLANK = re.compile(r"[ \t\r]*(?:#[^\n]*)?(?:\n|\Z)")
_JOINT = re.compile(r"\\\n")


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
                if head is None or head[1].key not in {"iface", "mapping", "template"}:
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
        if not words:
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
        return OtherStanza(keyword=keyword, words=words, options=options, layout=layout)  # type: ignore[arg-type]

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
    if len(rest) not in ({0, 2} if inherits else {2}):
        raise InvalidError(
            f"iface {name} needs a family and a method, and nothing behind them",
            hint="as: iface br0 inet static",
        )
    family, method = rest or ("", "")
    return Iface(
        name=name, family=family, method=method, inherits=inherits, options=options, layout=layout
    )


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
    yield from _body(layout, one.body)


def _body(layout: Layout, wanted: Pairs) -> Iterator[str]:
    """Write options in their order, each on the line it stood on where there is one."""
    old = [line for line in layout.body if line.key]
    if tuple((line.key, line.value) for line in old) == wanted:
        yield from (line.text for line in layout.body)
        return
    indent = _indent(old)
    left = list(wanted)
    for line in layout.body:
        if not line.key:
            yield line.text
            continue
        # What was put in before this line's option comes first; what it lost is left out.
        place = next((n for n, (key, _) in enumerate(left) if key == line.key), None)
        if place is None or any(_stood(old, pair[0]) for pair in left[:place]):
            if place is not None:
                break
            continue
        for key, value in left[:place]:
            yield f"{indent}{key} {value}\n"
        key, value = left[place]
        yield _whole(line.text) if line.value == value else f"{indent}{key} {value}\n"
        del left[: place + 1]
    for key, value in left:
        yield f"{indent}{key} {value}\n"


def _stood(old: list[Line], key: str) -> bool:
    return any(line.key == key for line in old)


def _whole(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _indent(old: list[Line]) -> str:
    for line in old:
        return line.text[: len(line.text) - len(line.text.lstrip(" \t"))]
    return _INDENT
