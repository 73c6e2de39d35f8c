r"""Words of crmsh's configure language, with their places.

    text      = { statement newline }
    statement = { word | "\" newline }
    word      = as in a POSIX shell: bare, "…" with \ escapes, '…' without

A line that begins with `#` is a comment; elsewhere `#` belongs to a word, as
in `#uname`. Behind `xml` all that is left is one word, quotes and all.
"""

import re
from collections.abc import Iterator
from typing import Never

from attrs import define, field, frozen

from hakvm.errors import ParseError

__all__ = ["Statement", "Word", "quote", "statements"]

_PIECE = re.compile(
    r"""
      (?P<join>   \\\r?\n )
    | (?P<end>    \r?\n )
    | (?P<blank>  [ \t\f\v]+ )
    | (?P<bare>   [^\s"'\\]+ )
    | (?P<double> "(?:[^"\\]|\\.)*" )
    | (?P<single> '[^']*' )
    | (?P<escape> \\. )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(
    r'\\(["\\])'
)  # all that POSIX lets a backslash escape here; the rest keeps it
_RAW = re.compile(r"(?:[^\n\\]|\\\r?\n|\\.)*")
_JOIN = re.compile(r"\\\r?\n")
_PLAIN = re.compile(r"[^\s\"'\\]+")


@frozen
class Word:
    """A word without its quotes, and where it begins."""

    text: str
    offset: int


@define
class Statement:
    """The words of a statement, and how far they have been read.

    Attributes:
        comments: the comment lines that stand above it, with their `#`.
    """

    text: str = field(repr=False)
    source: str
    words: list[Word]
    comments: tuple[str, ...] = ()
    at: int = 0

    def peek(self, ahead: int = 0) -> str | None:
        """Return the next word, or `None` at the end."""
        index = self.at + ahead
        return self.words[index].text if index < len(self.words) else None

    def take(self, expected: str) -> str:
        """Read the next word.

        Raises:
            ParseError: there is none; it says what was `expected`.
        """
        found = self.peek()
        if found is None:
            self.fail(f"expected {expected}, found the end of the line")
        self.at += 1
        return found

    def accept(self, *words: str) -> str | None:
        """Read the next word if it is one of `words`, in any case; else leave it."""
        found = self.peek()
        if found is not None and found.lower() in words:
            self.at += 1
            return found.lower()
        return None

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read the next word if all of it fits; else leave it."""
        word = self.peek()
        found = pattern.fullmatch(word) if word is not None else None
        if found is not None:
            self.at += 1
        return found

    def rest(self) -> list[Word]:
        """Read all words that are left."""
        found = self.words[self.at :]
        self.at = len(self.words)
        return found

    def drop_last(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Take the last word away if all of it fits."""
        if len(self.words) <= self.at:
            return None
        found = pattern.fullmatch(self.words[-1].text)
        if found is not None:
            self.words.pop()
        return found

    def fail(self, message: str, *, back: int = 0, hint: str = "") -> Never:
        """Raise a ParseError at the next word, or `back` words before it."""
        index = min(max(self.at - back, 0), len(self.words))
        if index < len(self.words):
            offset = self.words[index].offset
        else:  # behind the last word
            last = self.words[-1]
            offset = last.offset
            while offset < len(self.text) and not self.text[offset].isspace():
                offset += 1
        raise ParseError.at(message, self.text, offset, source=self.source, hint=hint)

    def end(self) -> None:
        """Refuse words that nobody has read."""
        if self.at < len(self.words):
            self.fail(f"{self.words[self.at].text!r} was not expected here")


def statements(text: str, *, source: str, remarks: bool = True) -> Iterator[Statement]:  # noqa: C901 - a lexer's loop
    """Yield the statements of `text`; without `remarks` a line may begin with a `#word`.

    Raises:
        ParseError: a quote is not closed, or a character cannot stand in a CIB.
    """
    comments: list[str] = []
    words: list[Word] = []
    current: list[str] | None = None  # the pieces of the word that is being read
    begin = position = 0
    while position < len(text):
        if remarks and not words and current is None and text[position] == "#":
            end = text.find("\n", position)
            end = len(text) if end < 0 else end
            comments.append(text[position:end].rstrip())
            position = end
            continue
        if current is None and (raw := _raw(text, position, words)):
            words.append(Word(_JOIN.sub(" ", raw).strip(), position))
            position += len(raw)
            continue
        found = _PIECE.match(text, position)
        if found is None:
            raise ParseError.at(
                "a quote is opened and never closed"
                if text[position] in "\"'"
                else f"{text[position]!r} cannot stand here",
                text,
                position,
                source=source,
                hint="close it on the same statement",
            )
        kind = found.lastgroup
        if kind in {"join", "end", "blank"}:
            if current is not None:
                words.append(Word("".join(current), begin))
                current = None
            if kind == "end" and words:
                yield Statement(text, source, words, tuple(comments))
                words, comments = [], []
        else:
            if current is None:
                current, begin = [], position
            current.append(_plain(kind or "", found[0]))
        position = found.end()
    if current is not None:
        words.append(Word("".join(current), begin))
    if words:
        yield Statement(text, source, words, tuple(comments))


def _raw(text: str, position: int, words: list[Word]) -> str:
    """Return what stands behind `xml`: XML has quotes of its own, so it is one word."""
    if not words or words[-1].text.lower() != "xml" or not _leads(words[:-1]):
        return ""
    found = _RAW.match(text, position)
    return found[0] if found else ""


def _leads(words: list[Word]) -> bool:
    """Whether only the words stand here with which a line in a shell begins."""
    return [word.text for word in words] in ([], ["crm"], ["configure"], ["crm", "configure"])


def _plain(kind: str, piece: str) -> str:
    if kind == "double":
        return _ESCAPED.sub(r"\1", piece[1:-1])
    if kind == "single":
        return piece[1:-1]
    return piece[1:] if kind == "escape" else piece


def quote(text: str) -> str:
    """Write a word so that it is read as one: bare where it can be, else in quotes."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
