"""The lines that run a command on the far side, tried in the shells that read them."""

import subprocess
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.transport import Command
from hakvm.transport._far import Far

SHELLS = ("sh", "bash")


def far(shell, command):
    one = Far()
    done = subprocess.run(
        [shell, "-c", one.line(command)], input=command.stdin, capture_output=True, check=False
    )
    return one.told(done.stderr), done


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("limit", [None, timedelta(seconds=9)])
@pytest.mark.parametrize("status", [0, 1, 127, 254])
def test_an_end_that_leaves_nothing_open_costs_no_word(shell, limit, status):
    script = f"cat; echo oops >&2; exit {status}"
    (told, stderr), done = far(shell, Command.of("sh", "-c", script, stdin=b"x", timeout=limit))
    assert (told, stderr, done.returncode, done.stdout) == ("", b"oops\n", status, b"x")


@pytest.mark.parametrize("shell", SHELLS)
def test_an_end_that_ssh_would_leave_open_is_told(shell):
    (told, stderr), done = far(shell, Command.of("sh", "-c", "echo oops >&2; exit 255"))
    assert (told, stderr, done.returncode) == ("ended", b"oops\n", 255)


@pytest.mark.parametrize("shell", SHELLS)
def test_what_cannot_run_is_told(shell, tmp_path):
    assert far(shell, Command.of("no-such-tool"))[0][0] == "missing"
    assert far(shell, Command.of(str(tmp_path)))[0][0] == "missing"
    (tmp_path / "text").touch(0o644)
    assert far(shell, Command.of(str(tmp_path / "text")))[0][0] == "denied"


@pytest.mark.parametrize("shell", SHELLS)
def test_words_and_variables_arrive(shell):
    words = ["a b", "$HOME", "", "'", "a\nb", "*"]
    command = Command.of("printf", r"%s\0", *words, env={"MINE": "x'y"})
    assert far(shell, command)[1].stdout.decode().split("\0")[:-1] == words
    command = Command.of("sh", "-c", 'printf %s "$MINE"', env={"MINE": "x' $y\n"})
    assert far(shell, command)[1].stdout == b"x' $y\n"


@given(st.binary())
def test_any_words_can_be_taken_apart(said):
    assert Far("hakvm-0123").told(said) == ("", said)


@given(st.binary(), st.binary(), st.sampled_from(["ended", "missing", "denied"]))
def test_the_command_s_own_words_stay(before, after, word):
    said = before + f"hakvm-0123 {word}\n".encode() + after
    assert Far("hakvm-0123").told(said) == (word, before + after)


def test_each_command_has_a_tag_of_its_own():
    assert Far().tag != Far().tag
