"""The two dialects of corosync.conf."""

import enum
import re

from hakvm.errors import InvalidError

__all__ = ["Release"]


class Release(enum.Enum):
    """A line of corosync releases that read the same corosync.conf."""

    V2 = "corosync 2.4"
    V3 = "corosync 3.1"

    def __str__(self) -> str:
        return self.value

    @classmethod
    def of(cls, version: str) -> "Release":
        """Return the line that a version such as `3.1.7` belongs to.

        Raises:
            InvalidError: neither 2.x nor 3.x.
        """
        found = re.search(r"(?<![\d.])([23])\.[0-9]", version, re.ASCII)
        if found is None:
            raise InvalidError(
                f"{version!r} is no corosync release that is known here",
                path="release",
                value=version,
                hint="2.x or 3.x, as `corosync -v` says it",
            )
        return cls.V2 if found[1] == "2" else cls.V3
