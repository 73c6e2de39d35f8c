import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm import errors
from hakvm.errors import (
    CommandError,
    ConflictError,
    HakvmError,
    InvalidError,
    ParseError,
    ReleaseError,
    TransportError,
    UnsafeError,
    WaitTimeout,
)

SAMPLES = [
    HakvmError("broken", hint="mend it"),
    ParseError.at("odd", "a\nbc", 3, source="x.conf", hint="even"),
    InvalidError("too long", path="hosts['a']", value=(1,), source="f", line=3),
    ReleaseError("knet", release="corosync 2", known=["corosync 3"]),
    TransportError("gone", host="node1", may_have_run=True),
    CommandError(["crm_mon", "-1"], 1, stdout=b"", stderr=b"no", host="node1"),
    UnsafeError("would overwrite", confirm="overwrite=True"),
    ConflictError("changed", ours="a", theirs="b"),
    WaitTimeout("not online", waited=3.0, last="offline"),
]


def test_the_tree_in_the_docstring_is_the_tree_there_is():
    drawn = {word for word in errors.__doc__.split() if word in errors.__all__}
    assert drawn == set(errors.__all__)
    assert all(issubclass(getattr(errors, name), HakvmError) for name in errors.__all__)


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling(error):
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is type(error)
    assert found.__dict__ == error.__dict__
    assert (str(found), repr(found)) == (str(error), repr(error))


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_says_its_hint(error):
    assert not error.hint or error.hint in str(error)


def test_a_parse_error_points_at_the_character():
    error = ParseError.at("what is this", "totem {\n  version 2\n}\n", 12, source="c.conf")
    assert (error.line, error.column) == (2, 5)
    assert str(error) == "c.conf:2:5: what is this\n  2 |   version 2\n    |     ^"


def test_a_long_line_is_shortened_around_the_place():
    text = "x" * 500 + "!" + "y" * 500
    shown = str(ParseError.at("odd", text, 500)).splitlines()
    assert len(shown[1]) < 120
    assert shown[1][shown[2].index("^")] == "!"


@given(st.text(), st.integers(-3, 300))
def test_a_parse_error_can_be_made_and_shown_for_any_text(text, offset):
    error = ParseError.at("odd", text, offset)
    assert 1 <= error.line <= text.count("\n") + 1
    assert error.column >= 1
    assert all(line.isprintable() for line in str(error).splitlines())


@given(st.text(alphabet="ab{}\n", min_size=1), st.data())
def test_the_marker_stands_under_the_character(text, data):
    offset = data.draw(st.integers(0, len(text) - 1))
    shown = str(ParseError.at("odd", text, offset)).splitlines()
    if text[offset] != "\n":
        assert shown[-2][shown[-1].index("^")] == text[offset]


LEAKY = 'shared-secret "hunter2";'


@pytest.mark.parametrize(
    "error",
    [
        HakvmError(f"found {LEAKY}", hint=LEAKY),
        ParseError(f"found {LEAKY}", line=1, excerpt=LEAKY),
        ParseError.at("odd", f"net {{ {LEAKY} }}", 3),
        ParseError.at("odd", 'shared-secret\n  "hunter2";', 17),
        InvalidError(f"found {LEAKY}", path="net"),
        TransportError(f"found {LEAKY}"),
        CommandError(["fence_ipmilan", "--password", "hunter2"], 1, stderr=LEAKY.encode()),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_secret_shows_in_an_error(error):
    assert "hunter2" not in f"{error} {error!r} {error.message} {error.args}"


def test_a_command_error_says_how_it_ended():
    assert "exit status 5: no such unit" in str(
        CommandError(["systemctl", "start", "x"], 5, stderr=b"no such unit\n", host="node1")
    )
    assert "signal 9" in str(CommandError(["x"], -9))


def test_of_a_long_line_only_what_is_near_is_kept():
    text = "a" * 5_000_000 + "!" + "b" * 5_000_000
    error = ParseError.at("odd", text, 5_000_000)
    assert (error.line, error.column) == (1, 5_000_001)
    assert len(error.excerpt) < 10_000
    shown, marker = str(error).splitlines()[1:3]
    assert shown[marker.index("^")] == "!"
