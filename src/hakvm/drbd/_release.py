"""The dialects of DRBD's configuration."""

import enum
import re

from hakvm.errors import InvalidError

__all__ = ["Release"]

_VERSION = re.compile(r"\s*(?:version:\s*)?v?([0-9]+)\.([0-9]+)")


class Release(enum.Enum):
    """A dialect: which words a configuration may hold, and what the tools are called with.

    What counts is the kernel's module, not the tools: drbd-utils 9 on the
    kernel's own DRBD 8.4 reads the configuration of 8.4. Comparable, the newest
    being the greatest.
    """

    V8_3 = "8.3"
    """Before 2011: read, never written."""
    V8_4 = "8.4"
    """The module in every mainline kernel."""
    V9_0 = "9.0"
    """LINBIT's module, 9.0 and later."""

    @classmethod
    def of(cls, version: str) -> "Release":
        """Return the dialect that a module of this version reads: `8.4.11`, `9.2.14`.

        Raises:
            InvalidError: no version, or one before 8.0.
        """
        found = _VERSION.match(version)
        number = (int(found[1]), int(found[2])) if found else (0, 0)
        if number >= (9, 0):
            return cls.V9_0
        if number >= (8, 4):
            return cls.V8_4
        if number >= (8, 0):
            return cls.V8_3
        raise InvalidError(
            f"{version!r} is no version of DRBD that hakvm knows",
            value=version,
            hint="the module's version, as 8.4.11 or 9.2.14",
        )

    @property
    def _order(self) -> int:
        return list(Release).index(self)

    def __lt__(self, other: "Release") -> bool:
        return self._order < other._order

    def __le__(self, other: "Release") -> bool:
        return self._order <= other._order

    def __gt__(self, other: "Release") -> bool:
        return self._order > other._order

    def __ge__(self, other: "Release") -> bool:
        return self._order >= other._order

    def __str__(self) -> str:
        return f"DRBD {self.value}"
