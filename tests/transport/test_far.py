"""What the far shell tells of a command, taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.transport._far import Ends, Far

FAR = Far("hakvm-0123")


def test_a_command_that_ended():
    told = b"motd\nhakvm-0123 session 77\nits own\nhakvm-0123 status 3\nof a daemon\n"
    ends = FAR.ends(told)
    assert ends == Ends(stderr=b"its own\nof a daemon\n", session=77, status=3)


@pytest.mark.parametrize("trouble", ["missing", "denied"])
def test_a_command_that_did_not_start(trouble):
    ends = FAR.ends(f"hakvm-0123 {trouble}\n".encode())
    assert (ends.trouble, ends.session, ends.status) == (trouble, None, None)


@given(st.binary(), st.integers(1, 1 << 22), st.integers(0, 255), st.data())
def test_what_was_cut_off_is_never_taken_for_an_end(words, session, status, data):
    told = b"hakvm-0123 session %d\n%bhakvm-0123 status %d\n" % (session, words, status)
    whole = FAR.ends(told)
    assert (whole.session, whole.status, whole.stderr) == (session, status, words)
    ends = FAR.ends(told[: data.draw(st.integers(0, len(told) - 1))])
    assert ends.status is None
    assert ends.session in (None, session)


@given(st.binary())
def test_any_words_can_be_taken_apart(said):
    assert FAR.ends(said).stderr == said


def test_each_command_has_a_tag_of_its_own():
    assert Far().tag != Far().tag
