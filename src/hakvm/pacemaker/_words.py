"""The scalars of a CIB: scores, roles, actions and the other words of its schema."""

import enum
import re
from typing import Annotated, Final

from hakvm.errors import InvalidError
from hakvm.xmlmodel import Codec

__all__ = [
    "INFINITY",
    "Boolean",
    "BooleanOp",
    "Comparison",
    "DateOperation",
    "Discovery",
    "Kind",
    "LossPolicy",
    "NodeType",
    "OnFail",
    "Ordering",
    "Permission",
    "ResourceAction",
    "Role",
    "ScoreValue",
    "ValueSource",
    "ValueType",
    "format_score",
    "is_true",
    "parse_boolean",
    "parse_score",
    "role_of",
]

INFINITY: Final = 1_000_000
"""The score that stands for must, and negated for never (Pacemaker Explained, "Scores")."""

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_WORDS = {
    "infinity": INFINITY,
    "+infinity": INFINITY,
    "inf": INFINITY,
    "+inf": INFINITY,
    "-infinity": -INFINITY,
    "-inf": -INFINITY,
    # The scores of node health (node-health-strategy) stand where any score may.
    "red": -INFINITY,
    "yellow": 0,
    "green": 0,
}


def parse_score(text: str) -> int:
    """Read a score: a whole number, or INFINITY with a sign.

    Raises:
        InvalidError: it is neither.
    """
    if _INTEGER.fullmatch(text) and len(text) <= 20:  # noqa: PLR2004 - more digits mean nothing
        return int(text)
    word = _WORDS.get(text.strip().lower())
    if word is None:
        raise InvalidError(
            f"{text!r} is no score",
            value=text,
            hint="a whole number from -1000000 to 1000000, INFINITY or -INFINITY",
        )
    return word


def format_score(score: int) -> str:
    """Write a score; from 1,000,000 on it is INFINITY."""
    if score >= INFINITY:
        return "INFINITY"
    return "-INFINITY" if score <= -INFINITY else str(int(score))


ScoreValue = Annotated[
    int, Codec(parse_score, format_score, expects="a score", check=lambda value: type(value) is int)
]
"""A score as a whole number; `INFINITY` (1,000,000) and beyond write as INFINITY."""

_TRUE = frozenset({"true", "on", "yes", "y", "1"})
_FALSE = frozenset({"false", "off", "no", "n", "0"})


def parse_boolean(text: str) -> bool:
    """Read a boolean as Pacemaker does (crm_str_to_boolean): true/false, yes/no, on/off, 1/0.

    Raises:
        InvalidError: it is none of them.
    """
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise InvalidError(f"{text!r} is no boolean", value=text, hint="true or false")


def is_true(text: str | None) -> bool:
    """Whether `text` is one of the words for true; what is no boolean is not."""
    return text is not None and text.lower() in _TRUE


def _format_boolean(value: bool) -> str:
    return "true" if value else "false"


Boolean = Annotated[
    bool,
    Codec(
        parse_boolean,
        _format_boolean,
        expects="true or false",
        check=lambda value: isinstance(value, bool),
    ),
]
"""A boolean in any of the words that Pacemaker knows; true or false when written anew."""


class Role(enum.StrEnum):
    """What an instance of a resource is to be, or is."""

    STOPPED = "Stopped"
    STARTED = "Started"
    PROMOTED = "Promoted"
    UNPROMOTED = "Unpromoted"
    MASTER = "Master"
    """The name of `PROMOTED` before Pacemaker 2.1."""
    SLAVE = "Slave"
    """The name of `UNPROMOTED` before Pacemaker 2.1."""

    @property
    def modern(self) -> "Role":
        """The role under the name that Pacemaker 2.1 gave it."""
        return {Role.MASTER: Role.PROMOTED, Role.SLAVE: Role.UNPROMOTED}.get(self, self)

    @property
    def legacy(self) -> "Role":
        """The role under the name that it had before Pacemaker 2.1."""
        return {Role.PROMOTED: Role.MASTER, Role.UNPROMOTED: Role.SLAVE}.get(self, self)


def role_of(text: str | None) -> Role | None:
    """Return the role that `text` names, whatever its case; `None` for any other word."""
    if text is None:
        return None
    word = text.lower()
    return next((role for role in Role if role.value.lower() == word), None)


class ResourceAction(enum.StrEnum):
    """What an ordering waits for, or lets happen."""

    START = "start"
    STOP = "stop"
    PROMOTE = "promote"
    DEMOTE = "demote"


class Kind(enum.StrEnum):
    """How strict an ordering is."""

    MANDATORY = "Mandatory"
    OPTIONAL = "Optional"
    SERIALIZE = "Serialize"


class Ordering(enum.StrEnum):
    """How the members of a resource set are placed among themselves."""

    GROUP = "group"
    LISTED = "listed"


class Discovery(enum.StrEnum):
    """Where a resource is looked for before it is placed."""

    ALWAYS = "always"
    NEVER = "never"
    EXCLUSIVE = "exclusive"


class LossPolicy(enum.StrEnum):
    """What happens to a resource whose ticket is revoked."""

    STOP = "stop"
    DEMOTE = "demote"
    FENCE = "fence"
    FREEZE = "freeze"


class OnFail(enum.StrEnum):
    """What follows when an operation fails."""

    IGNORE = "ignore"
    BLOCK = "block"
    DEMOTE = "demote"
    STOP = "stop"
    RESTART = "restart"
    STANDBY = "standby"
    FENCE = "fence"
    RESTART_CONTAINER = "restart-container"


class NodeType(enum.StrEnum):
    """What kind of node it is."""

    MEMBER = "member"
    REMOTE = "remote"
    PING = "ping"
    NORMAL = "normal"


class BooleanOp(enum.StrEnum):
    """How the conditions of a rule are joined; `AND` where nothing is said."""

    AND = "and"
    OR = "or"


class Comparison(enum.StrEnum):
    """What an expression asks of an attribute."""

    LT = "lt"
    GT = "gt"
    LTE = "lte"
    GTE = "gte"
    EQ = "eq"
    NE = "ne"
    DEFINED = "defined"
    NOT_DEFINED = "not_defined"


class DateOperation(enum.StrEnum):
    """What a date expression asks of the present."""

    GT = "gt"
    LT = "lt"
    IN_RANGE = "in_range"
    DATE_SPEC = "date_spec"


class ValueType(enum.StrEnum):
    """As what two values are compared."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    VERSION = "version"


class ValueSource(enum.StrEnum):
    """Where the value that an attribute is compared with comes from."""

    LITERAL = "literal"
    PARAM = "param"
    META = "meta"


class Permission(enum.StrEnum):
    """What an access rule grants."""

    READ = "read"
    WRITE = "write"
    DENY = "deny"
