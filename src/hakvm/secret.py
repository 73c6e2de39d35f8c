"""Values and words that must not show: authkeys, passwords, fence credentials."""

import re

__all__ = ["MASK", "Secret", "mask", "mask_part"]

MASK = "***"

# Words after which a secret stands in the formats this library touches:
# drbd.conf (`shared-secret "x";`), fence agents and CIB (`passwd=x`,
# `--password x`, `name="password" value="x"`), libvirt (`passwd='x'`),
# corosync (`key: x`). A bare blank announces one only where the word cannot be
# part of a sentence: behind `--`, before a quote, or where DRBD has it.
_WORDS = r"shared-secret|(?:[a-z0-9]{1,20}[_-]){0,4}pass(?:wd|word|phrase)|secret[_-]key|api[_-]key"
_SECRET = re.compile(
    rf"""(?ix)
    (?P<lead>
        \b name \s* = \s* ["'] (?:{_WORDS}) ["'] [^<>]{{0,200}}? \b value \s* = \s*
      | (?<!\w) (?:{_WORDS}) ["']? \s* [=:] \s*
      | (?<!\S) -- (?:{_WORDS}) \s+
      | (?<!\w) (?:{_WORDS}) \s+ (?= ["'] )
      | (?<![\w-]) shared-secret \s+
      | ^ [\ \t]* key [\ \t]* : [\ \t]*
    )
    (?P<value> " (?:[^"\\\n] | \\.)* (?: " | $ ) | ' [^'\n]* (?: ' | $ ) | [^\s;"'<>{{}}]+ )
    """,
    re.MULTILINE,
)
_REACH = 500  # characters between a word and its secret, at most, that `mask_part` looks back


def mask(text: str) -> str:
    """Return `text` with the value behind each word that announces a secret replaced by `***`.

    Used wherever text from a file or a tool gets into an error, a log or a page.
    """
    return _SECRET.sub(lambda found: found["lead"] + MASK, text)


def mask_part(text: str, start: int, end: int) -> str:
    """Return `text[start:end]` masked as `mask` does, even if the word stands before `start`."""
    parts: list[str] = []
    done = start
    for found in _SECRET.finditer(text, max(0, start - _REACH), min(len(text), end + _REACH)):
        begin, stop = found.span("value")
        if stop > done and begin < end:
            parts += [text[done : max(begin, done)], MASK]
            done = stop
    parts.append(text[done:end])
    return "".join(parts)


class Secret(str):
    """A text that shows as `***` in `repr`, and as itself only when it is rendered."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"
