"""The releases of Pacemaker that differ in what they read."""

import enum
from typing import Self

from hakvm.errors import InvalidError

__all__ = ["Release"]


class Release(enum.Enum):
    """A generation of Pacemaker.

    Each is told by its value, `1.1` to `3.0`. Source: the schemas that the
    releases ship, and their release notes.
    """

    V1_1 = "1.1"
    """Debian 9: `<master>`, roles Master and Slave; schemas up to 2.10."""
    V2_0 = "2.0"
    """Debian 11: promotable clones; schemas up to 3.5."""
    V2_1 = "2.1"
    """Debian 12, RHEL 8 and 9: roles Promoted and Unpromoted; schemas up to 3.10."""
    V3_0 = "3.0"
    """Debian 13: what was deprecated is gone; schema 4.0."""

    @classmethod
    def of(cls, version: str) -> Self:
        """Return the generation of a version as `2.1.5` or `1.1.16-94ff4df`.

        Raises:
            InvalidError: it is of none that is known.
        """
        head = ".".join(version.split("-", maxsplit=1)[0].split(".")[:2])
        for one in cls:
            if one.value == head:
                return one
        raise InvalidError(
            f"Pacemaker {version!r} is of no generation that is known",
            value=version,
            hint=f"known are {', '.join(one.value for one in cls)}",
        )

    @property
    def schema(self) -> str:
        """The schema that CIBs for the generation are written for."""
        return _SCHEMAS[self]

    @property
    def feature_set(self) -> str:
        """The crm_feature_set that every release of the generation understands."""
        return _FEATURE_SETS[self]

    @property
    def promotable_clones(self) -> bool:
        """Whether a promotable resource is a clone with promotable=true, not a `<master>`."""
        return self is not Release.V1_1

    @property
    def modern_roles(self) -> bool:
        """Whether the roles are called Promoted and Unpromoted."""
        return self in {Release.V2_1, Release.V3_0}


# 1.1.16, 2.0.5, 2.1.0 and 3.0.0: what Debian 9 and 11, RHEL 8 and Debian 13 have.
_SCHEMAS = {
    Release.V1_1: "pacemaker-2.6",
    Release.V2_0: "pacemaker-3.5",
    Release.V2_1: "pacemaker-3.7",
    Release.V3_0: "pacemaker-4.0",
}
# Never above what the oldest of the generation has: a cluster that meets a
# greater one than its own stops working for good.
_FEATURE_SETS = {
    Release.V1_1: "3.0.10",
    Release.V2_0: "3.1.0",
    Release.V2_1: "3.11.0",
    Release.V3_0: "3.20.0",
}
