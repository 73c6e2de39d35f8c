import os
import signal
import sys
import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import stays

from hakvm.errors import CommandNotFound, CommandTimeout, TransportError
from hakvm.transport import Command, Local, Transport

local = Local()


def test_it_is_a_transport():
    assert isinstance(local, Transport)
    assert local.host == "localhost"


def test_streams_and_status_come_back():
    done = local.run(Command.of("sh", "-c", "cat; echo oops >&2; exit 7", stdin=b"in"))
    assert (done.stdout, done.stderr, done.exit_status) == (b"in", b"oops\n", 7)
    assert done.duration > timedelta()
    assert done.host == "localhost"


@given(st.binary(max_size=2000))
@settings(max_examples=20)
def test_any_bytes_pass_unharmed(data):
    assert local.run(Command.of("cat", stdin=data)).stdout == data


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\0", codec="utf-8"))))
@settings(max_examples=20)
def test_any_words_pass_unharmed(words):
    done = local.run(Command.of("printf", r"%s\0", *words))
    assert done.stdout == "".join(f"{word}\0" for word in words or [""]).encode()


def test_a_large_output_passes_both_ways():
    data = os.urandom(1 << 20) * 8
    assert local.run(Command.of("cat", stdin=data)).stdout == data


def test_what_reads_nothing_does_not_hurt():
    assert local.run(Command.of("true", stdin=b"x" * (1 << 20))).ok


def test_a_signal_shows_as_a_negative_status():
    done = local.run(Command.of("sh", "-c", "kill -TERM $$"))
    assert done.exit_status == -signal.SIGTERM


def test_the_language_is_the_one_that_is_parsed():
    done = local.run(Command.of("sh", "-c", 'echo "$LC_ALL $MINE"', env={"MINE": "x"}))
    assert done.text == "C.UTF-8 x\n"


def test_the_administrator_s_programs_are_found(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    found = local.run(Command.of("sh", "-c", 'echo "$PATH"')).text.strip().split(":")
    assert found[:2] == ["/usr/bin", "/bin"]
    assert {"/usr/sbin", "/sbin"} <= set(found)


def test_a_missing_program_is_named():
    with pytest.raises(CommandNotFound, match="no-such-tool") as caught:
        local.run(Command.of("no-such-tool"))
    assert not caught.value.may_have_run


@pytest.mark.parametrize("program", ["/etc/hosts", "/etc"])
def test_what_is_no_program_is_named(program):
    with pytest.raises(TransportError, match=program) as caught:
        local.run(Command.of(program))
    assert not caught.value.may_have_run


def test_too_many_words_are_an_error_of_ours():
    with pytest.raises(TransportError, match="too long"):
        local.run(Command.of("true", "x" * (1 << 22)))


def test_past_its_limit_the_whole_group_is_gone(tmp_path):
    pids = tmp_path / "pids"
    script = f"echo $$ >{pids}; sleep 60 & echo $! >>{pids}; wait"
    begin = time.monotonic()
    with pytest.raises(CommandTimeout, match=r"0\.4 s") as caught:
        local.run(Command.of("sh", "-c", script, timeout=timedelta(seconds=0.4)))
    assert time.monotonic() - begin < 5
    assert caught.value.may_have_run
    assert not stays(*pids.read_text().split())


def test_a_password_is_in_no_error():
    with pytest.raises(CommandTimeout) as caught:
        local.run(
            Command.of(
                "sh",
                "-c",
                "sleep 60",
                "--password",
                "hunter2",
                stdin=b"hunter3",
                timeout=timedelta(seconds=0.2),
            )
        )
    assert "hunter" not in f"{caught.value} {caught.value!r}"


def test_a_long_limit_is_no_error():
    assert local.run(Command.of("true", timeout=timedelta(days=100_000))).ok


def test_without_a_limit_it_ends_by_itself():
    assert local.run(Command.of("sleep", "0.1", timeout=None)).ok


def test_a_daemon_that_keeps_the_output_open_does_not_hold_us(tmp_path):
    # A service started by a command inherits its output and never closes it.
    pid = tmp_path / "pid"
    begin = time.monotonic()
    done = local.run(Command.of("sh", "-c", f"setsid sleep 30 & echo $! >{pid}; echo started"))
    try:
        assert done.stdout == b"started\n"
        assert time.monotonic() - begin < 10
    finally:
        os.kill(int(pid.read_text()), signal.SIGKILL)


def test_it_works_beside_threads_and_from_python():
    assert local.run(Command.of(sys.executable, "-c", "print(1)")).text == "1\n"
