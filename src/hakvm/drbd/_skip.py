"""Skipped blocks: which words may stand between `skip` and the brace.

DRBD 9's parser takes any: `skip resource r0 { … }` leaves out a whole resource. Before, it is
one name at most, quoted if it is one of the tools' own words.
"""

import re

from hakvm.drbd._lexer import RESERVED_IN, Quoted, Scanner, is_number, too_long
from hakvm.drbd._release import Release
from hakvm.drbd._values import check_token, quote
from hakvm.errors import InvalidError

__all__ = ["may_skip", "named_skip", "skips"]

_HEAD = re.compile(r'skip(?P<words>(?:"(?:[^"\\\n]|\\[^\n])*+"|#[^\n]*+|[^{}"#])*+)\{')


def _read(text: str) -> tuple[list[str], list[str], str]:
    """Return the words, the comments among them, and what follows the brace."""
    head = _HEAD.match(text)
    if head is None:
        return [], [], text
    return *Scanner(text, "").words(head["words"]), text[head.end() :]


def may_skip(words: list[str], release: Release) -> bool:
    """Tell whether a release takes these words between `skip` and the brace."""
    if release is Release.V9_0 or not words:
        return True
    first = words[0]
    plain = not (first in RESERVED_IN[release] or is_number(first) or set(first) & set(":[]%"))
    return len(words) == 1 and (isinstance(first, Quoted) or plain) and too_long(words) is None


def skips(text: str, release: Release) -> bool:
    """Tell whether a release takes a skipped block as it stands."""
    return may_skip(_read(text)[0], release)


def named_skip(text: str, release: Release) -> str:
    """Return a skipped block as a release takes it: its words as one name; empty if it cannot."""
    words, comments, body = _read(text)
    if may_skip(words, release):
        return text
    try:
        name = quote(check_token(" ".join(words), "skip"), always=True)
    except InvalidError:
        return ""
    said = "\n".join(["", *comments, ""]) if comments else ""
    return f"skip {name} {{{said}{body}"
