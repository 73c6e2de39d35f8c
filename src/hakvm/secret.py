"""Values and words that must not show: authkeys, passwords, fence credentials."""

import re

__all__ = ["MASK", "Secret", "mask"]

MASK = "***"

# Words after which a secret stands in the formats this library touches:
# drbd.conf (`shared-secret "x";`), fence agents and CIB (`passwd=x`,
# `name="password" value="x"`), libvirt (`passwd='x'`), corosync (`key: x`).
_WORDS = r"shared-secret|(?:[a-z0-9]+[_-])*pass(?:wd|word|phrase)|secret[_-]key|api[_-]key"
_SECRET = re.compile(
    rf"""(?ix)
    (?P<lead>
        \b name \s* = \s* ["'] (?:{_WORDS}) ["'] [^<>]*? \b value \s* = \s*
      | (?<![\w-]) (?:{_WORDS}) ["']? \s* (?: [=:] \s* | \s )
      | ^ \s* key \s* : \s*
    )
    (?P<value> " (?:[^"\\\n] | \\.)* (?: " | $ ) | ' [^'\n]* (?: ' | $ ) | [^\s;"'<>{{}}]+ )
    """,
    re.MULTILINE,
)


def mask(text: str) -> str:
    """Return `text` with the value behind each word that announces a secret replaced by `***`.

    Used wherever text from a file or a tool gets into an error, a log or a page.
    """
    return _SECRET.sub(lambda found: found["lead"] + MASK, text)


class Secret(str):
    """A text that shows as `***` in `repr`, and as itself only when it is rendered."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"
