"""In which order the statements of a section stood, and the comments beside them.

A section's fields say what it means; its layout says how it was written, so
that it can be written again. Statements that come later have their own place,
statements that go take their comments along.
"""

from collections.abc import Iterable, Mapping

from attrs import field, frozen

__all__ = ["CLOSE", "OPEN", "Layout", "Note"]

OPEN = "{"
"""The key of the comment behind a section's opening brace."""
CLOSE = "}"
"""The key of the comments before a section's closing brace, or the file's end."""


def _comments(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line for line in lines if line)


@frozen
class Note:
    """The comments of one statement.

    Attributes:
        before: the lines above it, each a comment with its `#`, or empty for a blank line.
        after: the comment behind it on its line, with its `#`.
    """

    before: tuple[str, ...] = field(default=(), eq=_comments)
    after: str = ""

    def __bool__(self) -> bool:
        return bool(self.after) or any(self.before)


@frozen
class Layout:
    """How a section was written.

    Two layouts are equal if they have the same comments at the same statements; order and
    blank lines do not count.

    Attributes:
        order: the keys of the statements, as they stood.
        notes: what stood beside them, by key.
    """

    order: tuple[str, ...] = field(default=(), eq=False)
    notes: Mapping[str, Note] = field(
        factory=dict, eq=lambda notes: {key: note for key, note in notes.items() if note}
    )

    def __hash__(self) -> int:
        return hash(frozenset((key, note.after) for key, note in self.notes.items() if note))

    @property
    def has_comments(self) -> bool:
        """Whether anything but order and blank lines is kept."""
        return any(self.notes.values())

    def kept(self, keys: Iterable[str]) -> "Layout":
        """Return the layout without the comments of statements that are no longer there."""
        there = {OPEN, CLOSE, *keys}
        if there >= self.notes.keys():
            return self
        return Layout(
            order=self.order,
            notes={key: note for key, note in self.notes.items() if key in there},
        )


PLAIN = Layout()
"""The layout of what was never written."""
