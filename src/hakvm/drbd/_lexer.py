"""From text to statements: one compiled regex, with every position recoverable.

A configuration is a sequence of statements, each a word, further words and a
semicolon or an opening brace. `STATEMENT` matches one of them at a time, with
the white space and comments before it, so that its matches tile the text:
that is what makes reading fast, and a statement's place is the sum of what
came before it, worked out only when it is asked for.
"""

import re
from collections.abc import Iterator
from operator import length_hint

from hakvm.drbd._release import Release
from hakvm.drbd._specs import Section, option_specs
from hakvm.errors import ParseError

__all__ = [
    "LONGEST_WORD",
    "RESERVED",
    "RESERVED_IN",
    "Quoted",
    "Row",
    "Scanner",
    "is_address",
    "is_number",
    "too_long",
]

STATEMENT = re.compile(
    r"""
    ( (?: [ \t\r\n]++ | \#[^\n]*+ )*+ )              # the gap before it
    (?:
        ( [a-zA-Z0-9/._-]++ )                        # the word that it begins with
        ( (?: [a-zA-Z0-9/._\-:%\[\] \t\r\n]++        # the words that follow
            | "(?: [^"\\\n] | \\[^\n] )*+"
            | \#[^\n]*+
          )*+
        )
    )?+
    ( [;{}] | \Z | [\s\S]++ )                        # its end, or what can be none
    """,
    re.VERBOSE,
)
_WORD = re.compile(
    r"""[ \t\r\n]++ | (?P<comment>\#[^\n]*+) | "(?P<quoted>(?:[^"\\\n]|\\[^\n])*+)"
    | (?P<word>[^ \t\r\n"#]++)""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_SKIP = re.compile(r"""(?P<brace>[{}])|\#[^\n]*+|"(?:[^"\\\n]|\\[^\n])*+"|[^{}#"]++|["]""")
LONGEST_WORD = 128
_LONGEST_QUOTED = 255

Row = tuple[str, str, str, str]
"""The gap before a statement, its word, the text of its further words, and its end."""

# What drbdadm's lexers take for words of their own (drbdadm_scanner.fl): a name
# that is one of them has to be quoted.
_KEYWORDS = frozenset(
    """on stacked-on-top-of floating no net yes ask skip disk proxy minor inside volume
    cmd-timeout-short cmd-timeout-medium cmd-timeout-long syncer device global common options
    outside address startup include handlers minor-count disable-ip-verification
    udev-always-use-vnr dialog-refresh resource meta-disk flexible-meta-disk usage-count sci
    ssocks sdp ipv4 ipv6 _this_host _remote_host""".split()  # noqa: SIM905 - words read best as words
)
_ONLY_8_4 = {"ignore-on", "alternate-link-address", "plugin"} | {
    name for section in Section for name in option_specs(Release.V8_4, section)
}
_ONLY_9 = frozenset(
    """via host hosts port connection connection-mesh node-id template-file path _peer_node_id
    _is_standalone""".split()  # noqa: SIM905 - as above
)
RESERVED = _KEYWORDS | _ONLY_8_4 | _ONLY_9
"""What cannot be a name unquoted in every release."""
RESERVED_IN = {
    None: _KEYWORDS,
    Release.V8_3: RESERVED - _ONLY_9,
    Release.V8_4: RESERVED - _ONLY_9,
    Release.V9_0: _KEYWORDS | _ONLY_9,
}
"""What cannot be a name unquoted in a release; without one, in none."""
_IP = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_NO_NAME = re.compile(rf"[0-9]{{1,8}}[MKGs]?|[0-9]+(?:\.[0-9]+){{2}}|{_IP.pattern}")


def is_number(text: str) -> bool:
    """Tell whether the lexers take a word for a number, a version or an address."""
    return _NO_NAME.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """Tell whether the lexers take a word for an IP address, which 8.4 takes for no value."""
    return _IP.fullmatch(text) is not None


class Quoted(str):
    """A word that stood in double quotes, without them."""

    __slots__ = ()


class Scanner:
    """Reads statements one after the other, and knows where it is.

    Attributes:
        text, source: what is read, and its name in errors.
        rows: the statements to come; every section's reader takes its own from it.
    """

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source
        self._found: list[Row] = []
        self._row: Row = ("", "", "", "")
        self._next = 0
        # Where blocks can be skipped, what is in them need not be statements.
        self._stepwise = "skip" in text
        self.rows: Iterator[Row]
        if self._stepwise:
            self.rows = self._step()
        else:
            self._found = STATEMENT.findall(text)
            self.rows = iter(self._found)

    def _step(self) -> Iterator[Row]:
        while True:
            found = STATEMENT.match(self.text, self._next)
            if found is None:  # cannot be: the pattern matches everywhere
                return
            gap, word, rest, end = found.groups(default="")
            self._row = gap, word, rest, end
            self._next = found.end()
            yield self._row

    @property
    def _begin(self) -> int:
        """Where the statement that was read last begins, with its gap."""
        if self._stepwise:
            return self._next - sum(map(len, self._row))
        read = len(self._found) - length_hint(self.rows)
        return sum(len(part) for row in self._found[: read - 1] for part in row)

    @property
    def row(self) -> Row:
        """The statement that was read last."""
        if self._stepwise:
            return self._row
        return self._found[len(self._found) - length_hint(self.rows) - 1]

    def error(self, message: str, *, hint: str = "", argument: int | None = None) -> ParseError:
        """Make the error for the statement that was read last.

        It marks the statement's first word, or that of its further words with this index.
        """
        gap, word, rest, _ = self.row
        at = self._begin + len(gap)
        if argument is not None:
            places = [found.start() for found in _WORD.finditer(rest) if found.lastgroup]
            places.append(len(rest))
            at += len(word) + places[min(argument, len(places) - 1)]
        return ParseError.at(message, self.text, at, source=self.source, hint=hint)

    def at_end(self, message: str) -> ParseError:
        """Make the error for what lacks at the end of the text."""
        return ParseError.at(message, self.text, len(self.text.rstrip()), source=self.source)

    def no_end(self) -> ParseError:
        """Make the error for a statement that has no proper end."""
        gap, word, rest, end = self.row
        at = self._begin + len(gap) + len(word) + len(rest)
        if end == "}":
            message, hint = f"';' expected after {word!r}, found '}}'", "end the statement with ;"
        elif not end:
            return self.at_end(f"';' or '{{' expected after {word!r}, found the end of the text")
        elif end.startswith('"') and word:
            message = "a quoted text that does not end on its line"
            hint = "close it with a double quote; line ends cannot stand in it"
        elif end.startswith("\N{NO-BREAK SPACE}"):
            message = "a no-break space (U+00A0), which the tools take for no space"
            hint = "text that is copied from a web page has them: put plain spaces in their place"
        else:
            message = f"{end[:1]!r} cannot stand here"
            hint = (
                "words are letters, digits and /._- ; quote others"
                if word
                else ("a statement begins with a word")
            )
        return ParseError.at(message, self.text, at, source=self.source, hint=hint)

    def words(self, rest: str) -> tuple[list[str], list[str]]:
        """Split the further words of a statement: the words, and comments among them."""
        words: list[str] = []
        comments: list[str] = []
        for found in _WORD.finditer(rest):
            if found["comment"]:
                comments.append(found["comment"].rstrip())
            elif found["quoted"] is not None:
                if len(_ESCAPE.sub(".", found["quoted"])) > _LONGEST_QUOTED:
                    raise self.error(
                        f"a quoted text of more than {_LONGEST_QUOTED} characters",
                        argument=len(words),
                    )
                words.append(Quoted(_ESCAPE.sub(r"\1", found["quoted"])))
            elif found["word"]:
                words.append(found["word"])
        return words, comments

    def skip(self) -> str:
        """Read on to the end of a skipped block; return all of it, from `skip` to `}`."""
        gap = self._row[0]
        begin = self._begin + len(gap)
        at, depth = self._next, 1
        while depth:
            found = _SKIP.match(self.text, at)
            if found is None:
                raise ParseError.at(
                    "the skipped block that begins here does not end",
                    self.text,
                    begin,
                    source=self.source,
                    hint="close it with }",
                )
            depth += {"{": 1, "}": -1}.get(found["brace"] or "", 0)
            at = found.end()
        self._next = at
        return self.text[begin:at]


def too_long(words: list[str]) -> int | None:
    """Return the index of the first plain word that is too long, if there is one."""
    for index, word in enumerate(words):
        if len(word) > LONGEST_WORD and not isinstance(word, Quoted):
            return index
    return None
