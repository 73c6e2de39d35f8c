"""Options on lines of their own, written again in the lines that they were read from."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from attrs import frozen

__all__ = ["Line", "Pairs", "indent_of", "woven"]

Pairs: TypeAlias = tuple[tuple[str, str], ...]

_INDENT = "    "


@frozen
class Line:
    """One logical line: its text with all physical lines, and what it says, if it says anything."""

    text: str
    key: str = ""
    value: str = ""


def woven(
    lines: tuple[Line, ...], wanted: Pairs, write: Callable[[str, str], str]
) -> Iterator[str]:
    """Write options in their order, each on the line it stood on where there is one.

    Args:
        lines: those that were read, with the comments among them.
        wanted: the options that there are to be.
        write: makes a new line of a key and a value.
    """
    old = [line for line in lines if line.key]
    if tuple((line.key, line.value) for line in old) == wanted:
        yield from (line.text for line in lines)
        return
    left = list(wanted)
    stood = {line.key for line in old}
    for line in lines:
        if not line.key:
            yield line.text
            continue
        place = next((n for n, (key, _) in enumerate(left) if key == line.key), None)
        if place is None:  # it is gone
            continue
        if any(key in stood for key, _ in left[:place]):  # the order has changed: all else is new
            break
        for key, value in left[:place]:
            yield write(key, value)
        key, value = left[place]
        yield _whole(line.text) if line.value == value else write(key, value)
        del left[: place + 1]
    for key, value in left:
        yield write(key, value)


def _whole(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def indent_of(lines: tuple[Line, ...]) -> str:
    """Return the blanks that the first of these options begins with."""
    for line in lines:
        if line.key:
            return line.text[: len(line.text) - len(line.text.lstrip(" \t"))]
    return _INDENT
