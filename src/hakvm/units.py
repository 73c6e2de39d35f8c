"""Sizes as values, and durations from text.

Each layer writes them its own way: libvirt `<memory unit='MiB'>`, DRBD `40M`,
Pacemaker `5min`. Here they are one thing: a `Size` in bytes, and the standard
library's `timedelta`.
"""

import re
from datetime import timedelta
from fractions import Fraction
from typing import Self

from attrs import frozen

from hakvm.errors import InvalidError

__all__ = ["Size", "format_duration", "parse_duration"]

# libvirt's scaling (formatdomain, "memory"): KB is 1000, K and KiB are 1024.
_LETTERS = "KMGTPE"
_FACTORS: dict[str, int] = (
    {"": 1, "b": 1, "byte": 1, "bytes": 1}
    | {f"{x}b".lower(): 1000 ** (i + 1) for i, x in enumerate(_LETTERS)}
    | {f"{x}ib".lower(): 1024 ** (i + 1) for i, x in enumerate(_LETTERS)}
    | {x.lower(): 1024 ** (i + 1) for i, x in enumerate(_LETTERS)}
)
# The digits are bounded: what is longer is no size, and Python refuses to convert it.
_SIZE = re.compile(r"\s*([0-9]{1,40}(?:\.[0-9]{1,40})?)\s*([A-Za-z]*)\s*", re.ASCII)


def _factor(unit: str) -> int:
    try:
        return _FACTORS[unit.lower()]
    except KeyError:
        raise InvalidError(
            f"{unit!r} is no unit of size", value=unit, hint="B, KiB, MiB, GiB … or KB, MB, GB …"
        ) from None


@frozen(order=True)
class Size:
    """A number of bytes.

    Attributes:
        bytes: the whole number of bytes, 0 or more.
    """

    bytes: int

    def __attrs_post_init__(self) -> None:
        if type(self.bytes) is not int:
            raise InvalidError(
                f"{self.bytes!r} is no whole number of bytes",
                value=self.bytes,
                hint="Size.of reads a text or counts in a unit",
            )
        if self.bytes < 0:
            raise InvalidError(f"{self.bytes} bytes: a size is 0 or more", value=self.bytes)

    @classmethod
    def parse(cls, text: str, *, unit: str = "B") -> Self:
        """Read `10 GiB`, `40M`, `512`; a bare number counts in `unit`.

        KiB, MiB … and K, M … are powers of 1024; KB, MB … powers of 1000.

        Raises:
            InvalidError: no size, an unknown unit, or no whole number of bytes.
        """
        found = _SIZE.fullmatch(text)
        factor = _FACTORS.get((found[2] or unit).lower()) if found else None
        if found is None or factor is None:
            raise InvalidError(
                f"{text!r} is no size",
                value=text,
                hint="a number and a unit, as 10 GiB, 40M, 512 KiB or 1500 MB",
            )
        number = Fraction(found[1]) * factor
        if number.denominator != 1:
            raise InvalidError(f"{text!r} is no whole number of bytes", value=text)
        return cls(int(number))

    @classmethod
    def of(cls, value: "Size | int | str", *, unit: str = "B") -> "Size":
        """Return `value` as a size: a size as it is, a text parsed, a number counted in `unit`."""
        if isinstance(value, Size):
            return value
        if isinstance(value, str):
            return cls.parse(value, unit=unit)
        return cls(value * _factor(unit))

    def to(self, unit: str) -> int:
        """Return how many of `unit` it is.

        Raises:
            InvalidError: it is no whole number of them, or there is no such unit.
        """
        count, rest = divmod(self.bytes, _factor(unit))
        if rest:
            raise InvalidError(f"{self} is no whole number of {unit}", value=self)
        return count

    def __str__(self) -> str:
        for power in range(len(_LETTERS), 0, -1):
            count, rest = divmod(self.bytes, 1024**power)
            if count and not rest:
                return f"{count} {_LETTERS[power - 1]}iB"
        return f"{self.bytes} B"


_SECONDS = {
    "us": Fraction(1, 1_000_000),
    "usec": Fraction(1, 1_000_000),
    "ms": Fraction(1, 1000),
    "msec": Fraction(1, 1000),
    "s": Fraction(1),
    "sec": Fraction(1),
    "m": Fraction(60),
    "min": Fraction(60),
    "h": Fraction(3600),
    "hr": Fraction(3600),
}
_DURATION = re.compile(r"\s*([0-9]{1,40}(?:\.[0-9]{1,40})?)\s*([A-Za-z]*)\s*", re.ASCII)


def parse_duration(text: str, *, unit: str = "s") -> timedelta:
    """Read `90s`, `5min`, `100ms`, `60`; a bare number counts in `unit`.

    The units are Pacemaker's (crm_parse_interval_spec): us, ms, s, sec, m, min, h, hr.

    Raises:
        InvalidError: no duration, an unknown unit, or one that is too long to be meant.
    """
    found = _DURATION.fullmatch(text)
    factor = _SECONDS.get((found[2] or unit).lower()) if found else None
    if found is None or factor is None:
        raise InvalidError(
            f"{text!r} is no duration", value=text, hint="a number and a unit, as 90s, 5min, 100ms"
        )
    try:
        return timedelta(microseconds=int(Fraction(found[1]) * factor * 1_000_000))
    except OverflowError:
        raise InvalidError(f"{text!r} is too long a duration", value=text) from None


def format_duration(value: timedelta) -> str:
    """Write a duration with the largest of `min`, `s`, `ms` and `us` that keeps it whole.

    Whole minutes from two on become `min`; below that seconds read better.

    Raises:
        InvalidError: the duration is negative, which no format can write.
    """
    if value < timedelta():
        raise InvalidError(f"{value}: a duration is 0 or more", value=value)
    micros = value // timedelta(microseconds=1)
    if micros % 1000:
        return f"{micros}us"
    if micros % 1_000_000:
        return f"{micros // 1000}ms"
    seconds = micros // 1_000_000
    return f"{seconds // 60}min" if seconds >= 120 and seconds % 60 == 0 else f"{seconds}s"  # noqa: PLR2004
