"""Generation identifiers: which data a copy holds, and what it comes from."""

import re
from collections.abc import Iterable
from typing import Self

from attrs import field, frozen

from hakvm.errors import ParseError

__all__ = ["GenerationIds"]

_LINE = re.compile(r"((?:[0-9A-Fa-f]{16}:){4,})((?:[01]:){6,}[01])")
_EMPTY = 0
_JUST_CREATED = 4
"""What create-md writes: a copy that has never held data."""

# The order in which drbdmeta prints the flags (shared_tool.c).
_FLAGS_8_4 = (
    "consistent",
    "up_to_date",
    "primary",
    "connected",
    "full_sync",
    "peer_outdated",
    "crashed_primary",
)
_FLAGS_9 = (
    "consistent",
    "up_to_date",
    "primary",
    "crashed_primary",
    "activity_log_clean",
    "activity_log_disabled",
    "lost_quorum",
    "connected",
    "peer_outdated",
    "fencing",
    "full_sync",
    "peer_seen",
)


def _names(found: Iterable[str]) -> frozenset[str]:
    return frozenset(found)


@frozen(kw_only=True)
class GenerationIds:
    """What `drbdadm get-gi` prints (man drbdmeta; DRBD User's Guide, Generation identifiers).

    Attributes:
        current: of the data here, a number of 64 bits. Its lowest bit says no more than that
            the node was primary; comparisons leave it out.
        bitmap: of the data since whose time changed blocks are counted; 0 for none.
        history: of older data, the youngest first; 0 for none.
        flags: the flags that are set, by name.
    """

    current: int
    bitmap: int = 0
    history: tuple[int, ...] = ()
    flags: frozenset[str] = field(default=frozenset(), converter=_names)

    @classmethod
    def parse(cls, text: str, *, source: str = "<string>") -> Self:
        """Read the first line of identifiers in what `get-gi` or `show-gi` prints.

        Raises:
            ParseError: there is none.
        """
        found = _LINE.search(text)
        if found is None:
            raise ParseError(
                f"no generation identifiers in {text[:80]!r}",
                source=source,
                hint="read what `drbdadm get-gi` prints",
            )
        ids = [int(word, 16) for word in found[1].rstrip(":").split(":")]
        letters = found[2].split(":")
        names = _FLAGS_8_4 if len(letters) <= len(_FLAGS_8_4) else _FLAGS_9
        flags = [name for name, letter in zip(names, letters, strict=False) if letter == "1"]
        return cls(current=ids[0], bitmap=ids[1], history=tuple(ids[2:]), flags=flags)

    @property
    def is_new(self) -> bool:
        """Whether the copy has never held data."""
        return self.current in {_EMPTY, _JUST_CREATED}

    def has_been(self, other: int) -> bool:
        """Tell whether this copy once held the data of this identifier, and holds later data."""
        return any(same(one, other) for one in (self.bitmap, *self.history))

    def ancestors(self) -> frozenset[int]:
        """Return the identifiers of older data."""
        return frozenset(one & ~1 for one in (self.bitmap, *self.history) if one & ~1)

    def __str__(self) -> str:
        return ":".join(f"{one:016X}" for one in (self.current, self.bitmap, *self.history))


def same(one: int, other: int) -> bool:
    """Tell whether two identifiers name the same data."""
    return one & ~1 == other & ~1 != 0
