import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.errors import HakvmError, InvalidError
from hakvm.units import Size, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("512", 512),
        ("10 GiB", 10 * 1024**3),
        ("40M", 40 * 1024**2),
        ("1500 MB", 1_500_000_000),
        ("1.5 KiB", 1536),
        ("0", 0),
        ("16 eib", 16 * 1024**6),
    ],
)
def test_a_size_is_read(text, count):
    assert Size.parse(text).bytes == count


def test_a_bare_number_counts_in_the_format_s_own_unit():
    assert Size.parse("4", unit="KiB").bytes == 4096
    assert Size.of(4, unit="KiB").bytes == 4096
    assert Size.of("4 B", unit="KiB").bytes == 4


@pytest.mark.parametrize(
    "text", ["", "GiB", "-1", "1 XB", "1e3", "1.5", "0.3 KiB", "٣", "9" * 5000]
)
def test_what_is_no_size_is_refused(text):
    with pytest.raises(InvalidError):
        Size.parse(text)


@pytest.mark.parametrize("value", [-1, 1.5, True, "3"])
def test_a_size_counts_whole_bytes(value):
    with pytest.raises(InvalidError):
        Size(value)


def test_an_unknown_unit_is_named():
    with pytest.raises(InvalidError, match="'furlong'"):
        Size(1).to("furlong")
    with pytest.raises(InvalidError, match="'furlong'"):
        Size.of(1, unit="furlong")


def test_to_refuses_to_round():
    assert Size(4096).to("KiB") == 4
    with pytest.raises(InvalidError, match="no whole number"):
        Size(4097).to("KiB")


@given(st.integers(0, 2**80))
def test_a_size_reads_back_what_it_writes(count):
    assert Size.parse(str(Size(count))) == Size(count)


@given(st.text())
def test_only_our_own_errors_leave_the_parsers(text):
    for parse in (Size.parse, parse_duration):
        with contextlib.suppress(HakvmError):
            parse(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5min", 300), ("2m", 120), ("100ms", 0.1), ("60", 60), ("1h", 3600), ("0", 0)],
)
def test_a_duration_is_read(text, seconds):
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "s", "-1s", "5 weeks", "9" * 40 + "h", "1" * 5000])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(InvalidError):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta()))
def test_a_duration_reads_back_what_it_writes(value):
    assert parse_duration(format_duration(value)) == value


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (0.1, "100ms"), (60, "60s"), (120, "2min"), (121, "121s")]
)
def test_durations_are_written_as_people_do(seconds, text):
    assert format_duration(timedelta(seconds=seconds)) == text


def test_no_duration_is_negative():
    with pytest.raises(InvalidError):
        format_duration(timedelta(seconds=-1))
