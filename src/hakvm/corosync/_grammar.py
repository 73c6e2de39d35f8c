r"""The text of a corosync.conf, cut into lines and blocks; nothing is lost.

    file    = { comment | option | block }
    block   = NAME "{" NEWLINE { comment | option | block } "}" NEWLINE
    option  = KEY ":" VALUE NEWLINE
    comment = [ "#" … ] NEWLINE

One item stands on a line, blanks and tabs around it do not count, a `#` is a
comment only as the first character, and nothing is quoted. corosync looks in
each line for `{`, then for `:`, then for `}`; so does this
(corosync, exec/coroparse.c, parse_section).
"""

import re
from typing import TypeAlias

from hakvm.errors import ParseError

__all__ = ["BLANK", "KEY", "Block", "Item", "read"]

# exec/icmap.c, icmap_is_valid_name_char; the colon is left out, since it ends a key.
_NAME = r"[A-Za-z0-9._/-]+"
# A no-break space comes with text that was copied out of a web page, as the howto's. Newer
# releases of corosync strip the Latin-1 one (corosync#723), none strips that of UTF-8: it reads
# as a blank here, and a rule of `Config.check` names it.
BLANK = " \t\N{NO-BREAK SPACE}"
KEY = re.compile(_NAME)

_LINE = re.compile(
    rf"""
    (?: [{BLANK}]* (?: \#[^\n]* )? \r?\n )*+             # comments and empty lines
    () [{BLANK}]* (?:                                    # 1: where the line begins
        (?: ({_NAME}) [{BLANK}]* : [{BLANK}]* ([^\n{{]*)     # 2, 3: an option
          | (\}}) [{BLANK}]*                             # 4: the end of a block
          | ({_NAME}) [{BLANK}]* \{{ [{BLANK}]*          # 5: the beginning of one
          | ([^\n]*)                                     # 6: none of these
        ) \r?\n
      | \Z )
    """,
    re.VERBOSE,
)
_START, _OPTION, _CLOSE, _OPEN, _ODD = 1, 3, 4, 5, 6

LINE_BYTES = 510  # fgets() into 512 bytes, less the newline and the NUL
PATH_BYTES = 253  # ICMAP_KEYNAME_MAXLEN, less the dot and the NUL
PATH_LEAST = 3  # ICMAP_KEYNAME_MINLEN


#: One option: its key and value, and the offsets of its line and of what follows it. A plain
#: tuple, which the garbage collector leaves alone. What no entry covers is comments.
Item: TypeAlias = tuple[str, str, int, int]


class Block:
    """A section as it stands in the text.

    Attributes:
        name: its name; empty for the whole file.
        text: the whole file, with a newline at its end.
        entries: the options and blocks that stand in it, in order.
        start, inner: the offsets of its first line and of what it encloses.
        outer, end: the offsets of its last line and of what follows it; for the whole file
            both are the end of what was read, the newline that it lacked not counted.
    """

    __slots__ = ("end", "entries", "inner", "name", "outer", "start", "text")

    def __init__(self, name: str, text: str, start: int, inner: int) -> None:
        self.name = name
        self.text = text
        self.entries: list[Entry] = []
        self.start = start
        self.inner = inner
        self.outer = self.end = len(text)


Entry: TypeAlias = Item | Block


def read(text: str, *, source: str = "<string>") -> Block:
    """Cut `text` into the block that is the whole file.

    Raises:
        ParseError: what corosync itself refuses, and where.
    """
    if (nul := text.find("\0")) >= 0:
        raise ParseError.at("NUL in a text file", text, nul, source=source)
    return _Reader(text, source).read()


class _Reader:
    """Reads one text; holds what its errors need."""

    def __init__(self, text: str, source: str) -> None:
        self.original = text
        self.source = source
        self.text = text if text.endswith("\n") else text + "\n"
        self.returns = "\r" in text

    def read(self) -> Block:  # noqa: C901 - one loop over the lines; calls would double its time
        """Read the grammar's `file`."""
        text = self.text
        self.fits()
        block = Block("", text, 0, 0)
        block.outer = block.end = len(self.original)
        add = block.entries.append
        stack: list[tuple[Block, int]] = []
        room = PATH_BYTES  # what the path to here leaves for a key
        for found in _LINE.finditer(text):
            kind = found.lastindex
            if kind == _OPTION:
                key, value = found.group(2, 3)
                if self.returns and "\r" in value:
                    value = self.unreturned(value, found.start(3))
                if len(key) > room or (not stack and len(key) < PATH_LEAST):
                    raise self.bad_path(key, found.start(2), stack)
                add((key, value.rstrip(BLANK), found.start(1), found.end()))
            elif kind == _CLOSE:
                if not stack:
                    raise self.error("a closing brace, but no section is open", found.start(4))
                block.outer, block.end = found.start(1), found.end()
                block, room = stack.pop()
                add = block.entries.append
            elif kind != _START:
                name, start = found[5], found.start(1)
                if kind == _ODD:
                    odd = self.odd(start, found.end(), stack, room)
                    if isinstance(odd, tuple):
                        add(odd)
                        continue
                    name = odd
                if len(name) > room:
                    raise self.bad_path(name, start, stack)
                inside = Block(name, text, start, found.end())
                add(inside)
                stack.append((block, room))
                room -= len(name) + (len(stack) > 1)
                block = inside
                add = block.entries.append
        if stack:
            raise self.unclosed(block)
        return block

    def odd(self, start: int, end: int, stack: list[tuple[Block, int]], room: int) -> "Item | str":
        """Read a line of unusual form: an option, or the name of a section that it opens.

        Looks for the brace first, then for the colon, then for the closing brace.
        """
        line = self.text[start : end - 1]
        if self.returns:
            line = self.unreturned(line, start)
        head, brace, rest = line.partition("{")
        if brace:
            # corosync takes `totem: {` for `totem {`.
            name = head.strip(BLANK).rstrip(BLANK + ":{")
            after = start + len(line) - len(rest)
            if rest.strip(BLANK):
                raise self.error(
                    "after an opening brace the line must end",
                    after + len(rest) - len(rest.lstrip(BLANK)),
                    "put what follows it on a line of its own",
                )
            self.named(name, start + head.index(name), after - 1, "a section", "an opening brace")
            return name
        head, colon, value = line.partition(":")
        if colon:
            key = head.strip(BLANK)
            at = start + head.index(key)
            self.named(key, at, start + len(head), "an option", "a colon")
            if len(key) > room or (not stack and len(key) < PATH_LEAST):
                raise self.bad_path(key, at, stack)
            return key, value.strip(BLANK), start, end
        first = start + len(line) - len(line.lstrip(BLANK))
        if "}" in line:
            raise self.error(
                "a closing brace stands alone on its line",
                first,
                "put each brace and each option on a line of its own",
            )
        raise self.error(
            f"{line.strip(BLANK)[:40]!r} is neither an option nor a section nor a comment",
            first,
            "write `key: value`, `section {`, `}` or `# comment`",
        )

    def named(self, name: str, at: int, mark: int, what: str, sign: str) -> None:
        """Refuse what is no name of an option or a section."""
        if not name:
            raise self.error(f"{sign} needs the name of {what} before it", mark)
        good = KEY.match(name)
        end = good.end() if good else 0
        if end < len(name):
            raise self.error(
                f"{name[end]!r} cannot stand in the name of {what}",
                at + end,
                "allowed are a-z A-Z 0-9 . _ - /",
            )

    def unclosed(self, block: Block) -> ParseError:
        """Name the section that is never closed, or the brace that was to close it."""
        for entry in block.entries:
            if isinstance(entry, tuple) and entry[1].endswith("}"):
                return self.error(
                    f"{block.name!r} is never closed: the brace here belongs to the value",
                    self.text.index("}", entry[2]),
                    "put the closing brace on a line of its own",
                )
        return self.error(
            f"the section {block.name!r} is never closed",
            block.start,
            "a line with nothing but a closing brace ends a section",
        )

    def unreturned(self, line: str, start: int) -> str:
        """Drop the carriage return at a line's end; refuse any other."""
        line = line.removesuffix("\r")
        if "\r" in line:
            raise self.error(
                "a carriage return within a line",
                start + line.index("\r"),
                "convert the file to Unix line ends",
            )
        return line

    def fits(self) -> None:
        """Refuse a line that corosync's buffer does not hold."""
        lines = self.text.split("\n")
        if len(max(lines, key=len)) <= LINE_BYTES // 4:  # a character has 4 bytes at most
            return
        start = 0
        for line in lines:
            size = len(line.encode(errors="surrogatepass"))
            if size > LINE_BYTES:
                raise self.error(
                    f"a line of {size} bytes: corosync reads {LINE_BYTES} at most",
                    start + LINE_BYTES,
                )
            start += len(line) + 1

    def bad_path(self, key: str, offset: int, stack: list[tuple[Block, int]]) -> ParseError:
        if not stack and len(key) < PATH_LEAST:
            return self.error(
                f"{key!r} is too short: outside of a section corosync wants {PATH_LEAST} letters",
                offset,
            )
        return self.error(
            f"the path to {key[:40]!r} is longer than {PATH_BYTES} characters",
            offset,
            "nest less deep, or use shorter names",
        )

    def error(self, message: str, offset: int, hint: str = "") -> ParseError:
        return ParseError.at(message, self.original, offset, source=self.source, hint=hint)
