"""The grammar of drbd.conf, one function a section; each docstring is its rule.

    name     = WORD | QUOTED
    options  = { WORD ( name | ) ";" }          the section's options; `no-x;` and `x;` are booleans
    skip     = "skip" { name } "{" … "}"

Only the structure is read here; whether a release knows it is asked when a
release is named.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from hakvm.drbd._layout import CLOSE, OPEN, Layout, Note
from hakvm.drbd._lexer import (
    LONGEST_WORD,
    RESERVED_IN,
    Quoted,
    Scanner,
    is_address,
    is_number,
    too_long,
)
from hakvm.drbd._release import Release
from hakvm.drbd._section import Options, problem_of, shown
from hakvm.drbd._specs import Kind, Section, near, negatable, spec_of
from hakvm.drbd._values import Address, check_token, quote
from hakvm.errors import InvalidError, ParseError
from hakvm.secret import Secret

__all__ = ["Body", "Found", "Reader", "Statement"]

T = TypeVar("T")
Statement = tuple[str, list[str], bool]
"""A statement's word, its further words, and whether a block follows."""

# Statements of which there may be several, told apart by their first word.
_SEVERAL = frozenset({"include", "host", "hosts"})


def _key(word: str, args: list[str], end: str) -> str:
    """Return a statement's key in the layout, as the renderer makes it."""
    if end == "{":
        return f"{' '.join([word, *args])} {{"
    return f"{word} {args[0]}" if word in _SEVERAL and args else word


# What ends a plain word for the tools: an address has them.
_SIGNS = frozenset(":[]%")
_SINCE_9 = frozenset({"connection", "connection-mesh", "path", "node-id", "template-file"})
FOREIGN = {
    Release.V8_3: _SINCE_9 | {"volume", "options", "alternate-link-address", "skip"},
    Release.V8_4: _SINCE_9 | {"skip"},
    Release.V9_0: frozenset({"alternate-link-address"}),
}
"""The statements that a release does not know within a section."""


class Body:
    """Collects, while a section is read, how it was written.

    Attributes:
        key: the key of the statement at hand, where it is not what it looks like.
    """

    __slots__ = ("_after", "_before", "_notes", "_order", "_seen", "_top", "key")

    def __init__(self, *, top: bool = False) -> None:
        self.key = ""
        self._top = top
        self._order: list[str] = []
        self._notes: dict[str, Note] = {}
        self._before: list[str] = []
        self._after: dict[str, str] = {}
        self._seen: dict[str, int] = {}

    def gap(self, gap: str) -> None:
        """Take the comments and blank lines of the gap before a statement."""
        first, *lines = gap.split("\n")
        comment = first.strip(" \t\r")
        if comment:
            last = self._order[-1] if self._order else OPEN
            if last in self._after or (self._top and last == OPEN):
                self._before.append(comment)
            else:
                self._after[last] = comment
        # What follows the last line's end is the statement's own indentation.
        self._before += [line.strip(" \t\r") for line in lines[:-1]]
        if lines and (rest := lines[-1].strip(" \t\r")):
            self._before.append(rest)

    def place(self, key: str, comments: list[str]) -> None:
        """Note that a statement stood here, with the comments that stood in it."""
        number = self._seen[key] = self._seen.get(key, 0) + 1
        if number > 1:
            key = f"{key} #{number}"
        self._order.append(key)
        self._before += comments
        if self._before:
            self._notes[key] = Note(tuple(self._before))
            self._before = []

    def adopt(self, inner: "Body") -> None:
        """Take the comments of a block that keeps none of its own."""
        notes = inner.layout().notes.values()
        self._before += [line for note in notes for line in (*note.before, note.after) if line]

    def layout(self) -> Layout:
        """Return how the section was written, once it is read."""
        if any(self._before):
            self._notes[CLOSE] = Note(tuple(self._before))
        for key, comment in self._after.items():
            before = self._notes[key].before if key in self._notes else ()
            self._notes[key] = Note(before, comment)
        return Layout(tuple(self._order), self._notes)


class Found:
    """Collects the options of a section.

    Attributes:
        section: which one it is.
        first: whether the first counts of those that are there more than once, or the last.
        but: the names for which it is the other way round.
    """

    __slots__ = ("_items", "_repeated", "_style", "but", "first", "section")

    def __init__(self, section: Section, *, first: bool, but: frozenset[str] = frozenset()) -> None:
        self.section = section
        self.first = first
        self.but = but
        self._items: dict[str, str] = {}
        self._style: dict[str, str] = {}
        self._repeated: dict[str, list[tuple[str, str]]] = {}

    def add(self, name: str, text: str, style: str) -> None:
        """Take an option, and how it was written."""
        if name in self._items:
            there = self._repeated.setdefault(name, [])
            if not there:
                there.append((self._items[name], self._style.get(name, "")))
            there.append((text, style))
            if self.first != (name in self.but):
                return
        self._items[name] = text
        if style or name in self._style:
            self._style[name] = style

    def options(self, layout: Layout | None) -> Options:
        """Return what was read."""
        repeated = {name: tuple(every) for name, every in self._repeated.items()}
        return Options._parsed(self.section, self._items, self._style, layout, repeated)  # noqa: SLF001 - its other maker


class Reader:
    """Reads the sections' bodies from one text.

    Attributes:
        release: the dialect that it is held to; `None` for what any of them knows.
    """

    def __init__(self, text: str, source: str, release: Release | None) -> None:
        self.scanner = Scanner(text, source)
        self.release = release
        self._reserved = RESERVED_IN[release]
        self._foreign = FOREIGN[release] if release else frozenset()

    def body(self, body: Body, *, top: bool = False) -> Iterator[Statement]:
        """Yield the statements up to the closing brace, or the end of the text."""
        for gap, word, rest, end in self.scanner.rows:
            if "#" in gap or gap.count("\n") > 1:
                body.gap(gap)
            if not word:
                if end == ("" if top else "}"):
                    return
                raise self._stray(end, top=top)
            if end not in {";", "{"}:
                raise self.scanner.no_end()
            if word in self._foreign and not top:
                raise self.scanner.error(
                    f"{self.release} does not know {word}",
                    hint="parse without a release to read it",
                )
            args, comments = self._args(word, rest)
            body.key = ""
            yield word, args, end == "{"
            # What is skipped is kept as it stands, with the comments in it.
            body.place(body.key or _key(word, args, end), [] if word == "skip" else comments)

    def _args(self, word: str, rest: str) -> tuple[list[str], list[str]]:
        """Split the further words of a statement, and the comments among them."""
        if '"' in rest or "#" in rest:
            args, comments = self.scanner.words(rest)
        else:
            args, comments = rest.split(), []
        if len(rest) > LONGEST_WORD or len(word) > LONGEST_WORD:
            index = too_long([word, *args])
            if index is not None:
                raise self.scanner.error(
                    f"a word of more than {LONGEST_WORD} characters",
                    hint="quoted texts may have 255",
                    argument=index - 1 if index else None,
                )
        return args, comments

    def _stray(self, end: str, *, top: bool) -> ParseError:
        if not end:
            return self.scanner.at_end("'}' expected, found the end of the text")
        if end == "}" and top:
            return self.scanner.error("a '}' that closes nothing")
        if end in {";", "{"}:
            return self.scanner.error(f"a statement expected, found {end!r}")
        return self.scanner.no_end()

    # --- words --------------------------------------------------------------

    def unknown(self, word: str, known: str, where: str) -> ParseError:
        """Make the error for a statement that a section does not have."""
        words = known.split()
        if word in words:
            return self.scanner.error(
                f"{word} cannot stand in {where} in this form",
                hint="either it takes a block where there is none, or there is one too many",
            )
        guess = near(word, words)
        return self.scanner.error(
            f"{where} has no statement {word!r}" + (f": did you mean {guess}?" if guess else ""),
            hint=f"it has {', '.join(words)}",
        )

    def need(self, word: str, args: list[str], count: int, what: str) -> None:
        """See that a statement has so many words."""
        if len(args) != count:
            raise self.scanner.error(
                f"{word} takes {what}, found {' '.join(args)[:60] or 'nothing'}",
                argument=min(count, len(args)),
            )

    def leaf(self, word: str, args: list[str], *, block: bool) -> str:
        """Return the one word of a statement that has one and no block."""
        if block:
            raise self.scanner.error(f"{word} takes one word and a ';', found a block")
        self.need(word, args, 1, "one word")
        return self.name(args[0])

    def name(self, word: str, argument: int = 0) -> str:
        """Return a word that is a name; what the tools take for something else must be quoted."""
        if isinstance(word, Quoted):
            return self.value(check_token, str(word), self.scanner.row[1])
        if word in self._reserved or is_number(word) or not self._plain(word):
            raise self.scanner.error(
                f"{word!r} cannot be a name as it stands",
                argument=argument,
                hint=f'quote it: "{word}"' if self._plain(word) else "",
            )
        return word

    @staticmethod
    def _plain(word: str) -> bool:
        return _SIGNS.isdisjoint(word)

    def integer(self, word: str, text: str, highest: int) -> int:
        """Return a number of 1 to 8 digits, as the grammar has it, up to `highest`."""
        if not (text.isascii() and text.isdigit() and len(text) <= 8) or isinstance(text, Quoted):  # noqa: PLR2004 - see above
            raise self.scanner.error(f"{word} takes a number, found {text[:60]!r}", argument=0)
        if int(text) > highest:
            raise self.scanner.error(f"{text}: {word} is at most {highest}", argument=0)
        return int(text)

    def value(self, make: Callable[..., T], *args: object, **kwargs: object) -> T:
        """Return `make(*args)`; an InvalidError becomes this statement's ParseError."""
        try:
            return make(*args, **kwargs)
        except InvalidError as error:
            raise self.scanner.error(error.message, hint=error.hint, argument=0) from None

    def address(self, args: list[str]) -> Address:
        """Read `[ipv4|ipv6|ssocks|sdp] ip:port`."""
        return self.value(Address, " ".join(args))

    @staticmethod
    def joined(args: list[str]) -> str:
        """Return words as they stood, quoted ones quoted."""
        return " ".join(quote(arg) if isinstance(arg, Quoted) else arg for arg in args)

    def once(self, fields: dict[str, object], key: str, value: object) -> None:
        """Set a field that may be set once."""
        if key in fields:
            raise self.scanner.error(
                f"{self.scanner.row[1]} is there twice", hint="remove one of the two"
            )
        fields[key] = value

    # --- options ------------------------------------------------------------

    def options(
        self, section: Section, *, first: bool = False, but: frozenset[str] = frozenset()
    ) -> Options:
        """Read `options`, up to the closing brace; for `first` and `but`, see `Found`."""
        found = Found(section, first=first, but=but)
        body = Body()
        for word, args, block in self.body(body):
            if block:
                raise self.scanner.error(f"{section.word} {{}} has no section {word!r}")
            body.key = self.option(found, word, args)
        return found.options(body.layout())

    def option(self, found: "Found", word: str, args: list[str]) -> str:
        """Read one option; return its name."""
        section, name, style = found.section, word, ""
        if args:
            text = str(args[0]) if len(args) == 1 else self._many(section, word, args)
            spec = spec_of(section, word)
            if spec is not None and spec.kind is Kind.FLAG:
                raise self.scanner.error(f"{word} takes no value", argument=0)
            if isinstance(args[0], Quoted):
                style = "quoted"
                if section is Section.GLOBAL:
                    raise self.scanner.error(
                        f"{word} takes its value without quotes", argument=0, hint="leave them out"
                    )
        else:
            name, text = self._bare(section, word)
            style = "bare"
        if args and not isinstance(args[0], Quoted):
            self._check_plain(section, word, args[0])
        if self.release is Release.V8_3:
            self._check_switch(section, name, word, args)
        elif self.release is Release.V8_4 and name != word and not negatable(section, name):
            raise self.scanner.error(f"{self.release} takes {word} as '{name} no;' only")
        problem = problem_of(section, name, text, self.release)
        if problem:
            raise self.scanner.error(
                problem, argument=0 if args and spec_of(section, name, self.release) else None
            )
        found.add(name, Secret(text) if name == "shared-secret" else text, style)
        return name

    def _check_plain(self, section: Section, word: str, text: str) -> None:
        """See that an unquoted value is one word to the tools, and 8.4's none of their own."""
        spec = spec_of(section, word)
        own = self.release in {Release.V8_3, Release.V8_4} and (
            (text in self._reserved and text != "on") or is_address(text)
        )
        if not self._plain(text) or (own and spec and spec.kind in {Kind.TEXT, Kind.COMMAND}):
            raise self.scanner.error(
                f"{shown(word, text)} cannot be a value as it stands",
                argument=0,
                hint="put it into double quotes",
            )

    def _check_switch(self, section: Section, name: str, word: str, args: list[str]) -> None:
        """8.3's booleans take no value, and have but one of the two forms."""
        spec = spec_of(section, name, Release.V8_3)
        if spec is None or spec.kind is not Kind.BOOLEAN or name == "wait-after-sb":
            return
        if args or word.startswith("no-") is not spec.negated:
            form = f"no-{name};" if spec.negated else f"{name};"
            raise self.scanner.error(f"{Release.V8_3} takes {name} as {form!r} only")

    def _bare(self, section: Section, word: str) -> tuple[str, str]:
        """Read `x;` and `no-x;`."""
        positive = word.removeprefix("no-")
        spec = spec_of(section, positive)
        if spec is not None and spec.kind not in {Kind.BOOLEAN, Kind.FLAG}:
            raise self.scanner.error(f"{word} needs a value")
        if positive != word and (spec is None or spec.kind is Kind.FLAG):
            return word, "yes"
        return positive, "yes" if positive == word else "no"

    def _many(self, section: Section, word: str, args: list[str]) -> str:
        spec = spec_of(section, word)
        if spec is None or spec.kind is not Kind.WORDS:
            raise self.scanner.error(
                f"';' expected after {shown(word, args[0])}, found {shown(word, args[1])}",
                argument=1,
            )
        return " ".join(args)
