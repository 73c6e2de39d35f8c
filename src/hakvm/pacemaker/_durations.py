"""Durations as Pacemaker writes them: `90s`, `5min`, `PT1H30M`."""

import re

from hakvm.errors import InvalidError
from hakvm.units import parse_duration

__all__ = ["milliseconds"]

_ISO = re.compile(
    r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?",
)


def milliseconds(text: str | None) -> int | None:
    """Return the whole milliseconds of a duration; `None` for what is none."""
    if text is None:
        return None
    if text.startswith("P") and (iso := _ISO.fullmatch(text)) and len(text) > 2:  # noqa: PLR2004 - P, PT
        days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
    try:
        return round(parse_duration(text).total_seconds() * 1000)
    except InvalidError:
        return None
