import pickle
from datetime import timedelta

import pytest
from hypothesis import given

from hakvm.errors import CommandError, InvalidError
from hakvm.strategies import completed_commands
from hakvm.transport import Command, Completed


def test_a_command_is_a_value():
    one = Command.of("drbdadm", "dump", stdin=b"x", env={"A": "1"})
    same = pickle.loads(pickle.dumps(one))
    assert same == one
    assert hash(same) == hash(one)
    assert len({one, same, Command.of("drbdadm")}) == 2


def test_a_completed_command_is_a_value():
    done = Completed(command=Command.of("true"), exit_status=0, stdout=b"x", host="node1")
    same = pickle.loads(pickle.dumps(done))
    assert same == done
    assert hash(same) == hash(done)


@given(completed_commands())
def test_any_of_them_is_a_value(done):
    same = pickle.loads(pickle.dumps(done))
    assert same == done
    assert hash(same) == hash(done)
    assert done.check(done.exit_status) is done
    assert repr(done) == repr(same)


@pytest.mark.parametrize(
    "argv", [(), ("",), ("a\0b",), ("echo", "\0"), ("echo", "\ud800")], ids=repr
)
def test_what_no_program_can_be_given_is_refused(argv):
    with pytest.raises(InvalidError) as caught:
        Command(argv=argv)
    assert caught.value.path == "argv"


def test_a_shell_s_line_is_refused():
    with pytest.raises(InvalidError, match="one text, not a list") as caught:
        Command(argv="rm -rf /")
    assert "('rm', '-rf', '/')" in caught.value.hint


@pytest.mark.parametrize("env", [{"": "x"}, {"A=B": "x"}, {"1A": "x"}, {"A": "x\0"}, {"A\n": "x"}])
def test_what_no_environment_can_hold_is_refused(env):
    with pytest.raises(InvalidError):
        Command.of("true", env=env)


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_time_limit_is_more_than_nothing(seconds):
    with pytest.raises(InvalidError, match="time limit"):
        Command.of("true", timeout=timedelta(seconds=seconds))


def test_neither_stdin_nor_output_nor_a_password_shows():
    command = Command.of(
        "fence_x", "--password", "hunter2", stdin=b"hunter2", env={"TOKEN": "hunter2"}
    )
    done = Completed(command=command, exit_status=1, stdout=b"hunter2", stderr=b"hunter2")
    assert "hunter2" not in repr(command) + repr(done)


def test_a_failure_is_raised_only_where_it_is_one():
    done = Completed(command=Command.of("systemctl", "is-active", "x"), exit_status=3, host="n")
    assert done.check(3) is done
    with pytest.raises(CommandError) as caught:
        done.check()
    assert (caught.value.exit_status, caught.value.host) == (3, "n")
    assert caught.value.may_have_run


def test_what_a_sensitive_command_prints_is_in_no_error():
    command = Command.of("cat", "/etc/corosync/authkey", sensitive=True)
    with pytest.raises(CommandError) as caught:
        Completed(command=command, exit_status=1, stdout=b"hunter2", stderr=b"cut off").check()
    assert "hunter2" not in str(caught.value)
    assert caught.value.stdout == b""
    assert "cut off" in str(caught.value)


def test_text_is_shown_whatever_the_bytes():
    done = Completed(command=Command.of("x"), exit_status=0, stdout=b"a\xffb", stderr=b"\xfe")
    assert done.ok
    assert done.text == "a\N{REPLACEMENT CHARACTER}b"
    assert done.error_text == "\N{REPLACEMENT CHARACTER}"
