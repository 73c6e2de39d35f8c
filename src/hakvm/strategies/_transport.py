"""Values of `hakvm.transport` and `hakvm.units`."""

from datetime import timedelta

from hypothesis import strategies as st

from hakvm.transport import Command, Completed, Exchange, Transcript
from hakvm.units import Size

__all__ = ["commands", "completed_commands", "durations", "sizes", "transcripts"]

_WORD = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
_PROGRAM = _WORD.filter(bool)
_NAME = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)
_STATUS = st.integers(-64, 255)
_TOOK = st.timedeltas(min_value=timedelta(), max_value=timedelta(hours=1))


def sizes(max_bytes: int = 1 << 60) -> st.SearchStrategy[Size]:
    """Make sizes up to `max_bytes`."""
    return st.integers(0, max_bytes).map(Size)


def durations() -> st.SearchStrategy[timedelta]:
    """Make durations that every layer can write: whole milliseconds, up to a day."""
    return st.integers(0, 86_400_000).map(lambda number: timedelta(milliseconds=number))


def commands() -> st.SearchStrategy[Command]:
    """Make commands with any words, input, limit and variables."""
    return st.builds(
        Command,
        argv=st.builds(lambda program, words: (program, *words), _PROGRAM, st.lists(_WORD)),
        stdin=st.binary(max_size=100),
        timeout=st.none() | _TOOK.filter(bool),
        env=st.dictionaries(_NAME, _WORD, max_size=3),
        sensitive=st.booleans(),
    )


def completed_commands() -> st.SearchStrategy[Completed]:
    """Make ends of commands, with any output and exit status."""
    return st.builds(
        Completed,
        command=commands(),
        exit_status=_STATUS,
        stdout=st.binary(max_size=200),
        stderr=st.binary(max_size=200),
        duration=_TOOK,
        host=_NAME,
    )


def transcripts() -> st.SearchStrategy[Transcript]:
    """Make transcripts of hosts, with any words and any bytes."""
    exchanges = st.builds(
        Exchange,
        argv=st.lists(_WORD, min_size=1, max_size=4).map(tuple),
        exit_status=_STATUS,
        stdout=st.binary(max_size=200),
        stderr=st.binary(max_size=200),
        duration=_TOOK,
    )
    return st.builds(
        Transcript,
        host=_WORD,
        releases=st.dictionaries(_WORD, _WORD, max_size=3),
        exchanges=st.lists(exchanges, max_size=4),
    )
