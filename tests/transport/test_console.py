"""What must be typed at, on a real terminal."""

import os
import re
import sys
import time
from datetime import timedelta

import pytest

from hakvm.errors import CommandNotFound, CommandTimeout, InvalidError, TransportError
from hakvm.secret import MASK
from hakvm.transport import Command, Console, Interactive, Local, Ssh

local = Local()
SHORT = timedelta(seconds=0.4)

ASKING = """\
import getpass
print("welcome")
name = input("name: ")
word = getpass.getpass("password for " + name + ": ")
print("you said", word)
raise SystemExit(len(word))
"""


def python(code, **options):
    return Command.of(sys.executable, "-u", "-c", code, **options)


def test_local_and_ssh_can_be_typed_at():
    assert isinstance(local, Interactive)
    assert isinstance(Ssh(host="node1"), Interactive)


def test_a_dialogue_is_led_and_its_secret_masked():
    with Console(local, python(ASKING)) as console:
        assert console.expect("name: ") == "welcome\n"
        console.send("alice")
        assert console.expect(re.compile(rb"password for \w+: ")) == "alice\n"
        console.send_secret("hunter2")
        assert console.wait() == 7
        assert "hunter2" not in console.transcript
        assert f"you said {MASK}" in console.transcript
        assert console.transcript.startswith("welcome\nname: alice\n")


def test_a_secret_is_not_typed_where_it_would_show():
    with Console(local, python("input('password: ')")) as console:
        console.expect("password: ")
        with pytest.raises(TransportError, match="would show the secret"):
            console.send_secret("hunter2")
        assert "hunter2" not in console.transcript


@pytest.mark.parametrize("line", ["a\nb", "\x03", "\x04", "a\x1b[A"])
def test_a_line_holds_no_control_character(line):
    with Console(local, Command.of("cat")) as console:
        with pytest.raises(InvalidError):
            console.send(line)
        with pytest.raises(InvalidError) as caught:
            console.send_secret(f"hunter2{line}")
        assert "hunter2" not in f"{caught.value} {caught.value.value!r}"


def test_words_inside_a_line_are_no_prompt():
    code = "print('say name: now'); print('name: x'); input('name: '); print('right')"
    with Console(local, python(code)) as console:
        assert console.expect("name: ") == "say name: now\nname: x\n"
        console.send("")
        assert console.wait() == 0
        assert console.transcript.endswith("right\n")


def test_a_prompt_that_more_follows_is_no_prompt():
    code = "print('go? not yet'); input('go? ')"
    with Console(local, python(code)) as console:
        assert console.expect("go? ") == "go? not yet\n"


def test_a_prompt_that_does_not_come_is_a_timeout_that_shows_the_end():
    with Console(local, python("print('busy'); input('other: ')", timeout=SHORT)) as console:
        begin = time.monotonic()
        # The interpreter itself takes a moment to start.
        console.expect("other: ", timedelta(seconds=20))
        with pytest.raises(CommandTimeout, match=r"(?s)'name: ' did not come within 0\.4 s.*"):
            console.expect("name: ")
        assert time.monotonic() - begin < 15
        assert "busy" in console.transcript


def test_an_end_where_a_prompt_was_expected_is_named():
    with (
        Console(local, python("print('sorry')")) as console,
        pytest.raises(TransportError, match=r"(?s)ended where 'name: '.*sorry"),
    ):
        console.expect("name: ")


def test_a_prompt_that_need_not_come():
    with Console(local, python("print('no question')")) as console:
        assert not console.expect_or_end("name: ")
        assert console.wait() == 0


def test_a_signal_is_a_negative_status():
    with Console(local, Command.of("sh", "-c", "kill -TERM $$")) as console:
        assert console.wait() == -15


def test_variables_are_set():
    with Console(local, Command.of("sh", "-c", 'echo "$MINE"', env={"MINE": "x y"})) as console:
        assert console.wait() == 0
        assert console.transcript == "x y\n"


def test_a_missing_program_is_named():
    with pytest.raises(CommandNotFound, match="no-such-tool"):
        Console(local, Command.of("no-such-tool"))


def test_leaving_the_block_ends_it(tmp_path):
    path = tmp_path / "pid"
    with Console(local, Command.of("sh", "-c", f"echo $$ >{path}; echo up; read x")) as console:
        console.expect("up\r\n")
    with pytest.raises(ProcessLookupError):
        os.kill(int(path.read_text()), 0)


@pytest.mark.root
@pytest.mark.oracle("ssh", "sshd", "timeout", "unshare", "openssl")
def test_it_works_over_ssh_too(sshd):
    with (
        Ssh(**sshd.settings()) as ssh,
        Console(ssh, Command.of("sh", "-c", "stty -echo; printf 'key? '; read x; exit 5")) as it,
    ):
        it.expect("key? ")
        it.send_secret("hunter2")
        assert it.wait() == 5
        assert "hunter2" not in it.transcript


@pytest.mark.root
@pytest.mark.oracle("ssh", "sshd", "timeout", "unshare", "openssl")
def test_an_interactive_shell_over_ssh_has_no_escape_codes(sshd):
    with (
        Ssh(**sshd.settings()) as ssh,
        Console(ssh, Command.of("sh", env={"MINE": "x y"})) as console,
    ):
        console.expect(re.compile(rb"[#$] "))
        console.send('echo "$MINE $TERM $PATH"')
        shown = console.expect(re.compile(rb"[#$] "))
        assert re.search(r"x y dumb \S*/usr/sbin\S*\n", shown)
        assert "\x1b" not in console.transcript
