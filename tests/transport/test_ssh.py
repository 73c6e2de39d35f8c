"""Against a real sshd on loopback."""

import os
import pickle
import subprocess
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hakvm.errors import (
    ChangedHostKey,
    CommandCancelled,
    CommandNotFound,
    CommandTimeout,
    ConnectionLost,
    HostUnreachable,
    InvalidError,
    LoginRefused,
    TransportError,
    UnknownHostKey,
    UnsafeError,
)
from hakvm.transport import Command, Recorder, Replay, Ssh, Starter, Transport, gather
from hakvm.transport._far import Far
from hakvm.transport._refusal import refusal

pytestmark = [
    pytest.mark.root,  # a password and a home of its own for the server
    pytest.mark.oracle("ssh", "sshd", "timeout", "unshare", "openssl"),
]


@pytest.fixture(scope="module")
def ssh(sshd):
    with Ssh(**sshd.settings()) as connection:
        yield connection


@pytest.fixture
def marked():
    """A command that sleeps on the far side, and how many of its processes there are."""
    mark = f"sleep 30.{os.getpid()}{time.monotonic_ns() % 1_000_000:06}"

    def count():
        found = 0
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                found += mark.replace(" ", "\0").encode() in path.read_bytes()
            except OSError:
                continue
        return found

    return mark, count


def gone(count, limit=8.0):
    end = time.monotonic() + limit
    while count() and time.monotonic() < end:
        time.sleep(0.05)
    return count() == 0


def shell(script, **options):
    return Command.of("sh", "-c", script, **options)


# --- running ------------------------------------------------------------------------------


def test_it_is_a_transport(ssh):
    assert isinstance(ssh, Transport)
    assert isinstance(ssh, Starter)


def test_streams_and_status_come_back(ssh):
    done = ssh.run(shell("cat; echo oops >&2; exit 7", stdin=b"in"))
    assert (done.stdout, done.stderr, done.exit_status) == (b"in", b"oops\n", 7)
    assert done.host == "node1"


@pytest.mark.parametrize("status", [0, 1, 126, 127, 254, 255])
def test_every_exit_status_is_the_command_s_own(ssh, status):
    assert ssh.run(shell(f"exit {status}")).exit_status == status


def test_a_signal_shows_as_shells_say_it(ssh):
    assert ssh.run(shell("kill -TERM $$")).exit_status == 128 + 15


@given(st.binary(max_size=5000))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_pass_unharmed(ssh, data):
    assert ssh.run(Command.of("cat", stdin=data)).stdout == data


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\0", codec="utf-8"))))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_pass_unharmed(ssh, words):
    done = ssh.run(Command.of("printf", r"%s\0", *words))
    assert done.stdout == "".join(f"{word}\0" for word in words or [""]).encode()


@pytest.mark.parametrize("word", ["$HOME", "`id`", "a;b", "*", "~", "-n", "'\"", "a\nb", "", "é"])
def test_no_shell_reads_the_words(ssh, word):
    assert ssh.run(Command.of("printf", "%s", word)).text == word


def test_a_large_output_passes_both_ways(ssh):
    data = os.urandom(1 << 20) * 8
    assert ssh.run(Command.of("cat", stdin=data)).stdout == data


def test_what_reads_nothing_does_not_hurt(ssh):
    assert ssh.run(Command.of("true", stdin=b"x" * (1 << 20))).ok


def test_variables_are_set_and_the_language_is_ours(ssh):
    done = ssh.run(shell('printf "%s|" "$LC_ALL" "$MINE" "$PATH"', env={"MINE": "a'b $x"}))
    language, mine, path, _ = done.text.split("|")
    assert (language, mine) == ("C.UTF-8", "a'b $x")
    assert {"/usr/sbin", "/sbin"} <= set(path.split(":"))


@pytest.mark.parametrize("program", ["no-such-tool", "/no/such/tool", "./no-such-tool", "/tmp"])
def test_a_missing_program_is_named(ssh, program):
    with pytest.raises(CommandNotFound, match=program) as caught:
        ssh.run(Command.of(program))
    assert (caught.value.host, caught.value.may_have_run) == ("node1", False)


def test_what_is_no_program_is_named(ssh, tmp_path):
    path = tmp_path / "text"
    path.write_text("x")
    path.chmod(0o644)
    with pytest.raises(TransportError, match="Permission denied") as caught:
        ssh.run(Command.of(str(path)))
    assert not caught.value.may_have_run


def test_a_shell_s_own_words_are_no_programs(ssh):
    assert ssh.run(Command.of("exit", "0")).exit_status == 127


# --- the connection -----------------------------------------------------------------------


def test_the_connection_is_opened_once(sshd):
    before = sshd.log.read_text().count("Accepted")
    with Ssh(**sshd.settings(options=sshd.settings()["options"] | {"TCPKeepAlive": "no"})) as one:
        gather({str(n): one for n in range(6)}, Command.of("true")).check()
        assert one.run(Command.of("true")).ok
    assert sshd.log.read_text().count("Accepted") == before + 1


def test_it_closes_when_told_and_opens_again(sshd):
    one = Ssh(**sshd.settings(keep=timedelta(seconds=33)))
    control = one.open()
    assert control.is_socket()
    assert control.parent.stat().st_mode & 0o777 == 0o700
    one.close()
    assert not control.exists()
    one.close()
    assert one.run(Command.of("true")).ok
    one.close()


def test_it_closes_by_itself_when_nobody_uses_it(sshd):
    one = Ssh(**sshd.settings(keep=timedelta(seconds=1)))
    control = one.open()
    end = time.monotonic() + 10
    while control.exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert not control.exists()


def test_one_whose_ssh_was_killed_is_opened_anew(sshd, cable):
    with Ssh(**sshd.settings(port=cable.port)) as one:
        control = one.open()
        found = subprocess.run(
            ["ssh", "-F", "none", "-S", control, "-O", "check", "x"],
            capture_output=True,
            check=True,
            text=True,
        )
        os.kill(int(found.stderr.partition("pid=")[2].partition(")")[0]), 9)
        end = time.monotonic() + 5
        while control.exists() and time.monotonic() < end:
            time.sleep(0.05)
            if one.open() == control:
                break
        assert one.run(Command.of("true")).ok


def test_more_commands_at_once_than_one_connection_takes(ssh):
    # OpenSSH takes ten sessions on a connection; the others get one of their own.
    nodes = {str(number): ssh for number in range(14)}
    assert len(gather(nodes, Command.of("sleep", "0.5")).check()) == 14


def test_it_is_a_value_that_crosses_processes(sshd):
    one = Ssh(**sshd.settings(password="hunter2"))
    assert pickle.loads(pickle.dumps(one)) == one
    assert hash(pickle.loads(pickle.dumps(one))) == hash(one)
    assert "hunter2" not in repr(one)


def test_aliases_and_jump_hosts_are_the_user_s_own(sshd, tmp_path):
    told = sshd.settings()
    common = "".join(f"  {name} {value}\n" for name, value in told["options"].items())
    (tmp_path / "config").write_text(
        f"Host jump behind\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User root\n"
        f"  IdentityFile {told['identity']}\n{common}"
        "Host behind\n  ProxyJump jump\n  RemoteForward 127.0.0.1:1 127.0.0.1:1\n"
        "  RequestTTY force\n  RemoteCommand false\n  StrictHostKeyChecking no\n"
    )
    before = sshd.log.read_text().count("Accepted")
    with Ssh(host="behind", config=str(tmp_path / "config")) as one:
        assert one.run(Command.of("cat", stdin=b"a\r\nb")).stdout == b"a\r\nb"
    assert sshd.log.read_text().count("Accepted") == before + 2


# --- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"port": 1}, HostUnreachable),
        ({"address": "no-such-host.invalid"}, HostUnreachable),
        ({"identity": "stranger"}, LoginRefused),
        ({"user": "nobody-here"}, LoginRefused),
        ({"identity": None, "password": "wrong"}, LoginRefused),
        ({"known": ""}, UnknownHostKey),
        ({"known": "stranger.pub"}, ChangedHostKey),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else next(iter(value)),
)
def test_each_refusal_is_an_error_of_its_own(sshd, tmp_path, changed, error):
    changed = dict(changed)
    if changed.get("identity"):
        changed["identity"] = str(sshd.folder / changed["identity"])
    if "known" in changed:
        key = changed.pop("known")
        known = tmp_path / "known"
        known.write_text(key and f"testhost {(sshd.folder / key).read_text()}")
        changed["options"] = sshd.settings()["options"] | {"UserKnownHostsFile": str(known)}
    one = Ssh(**sshd.settings(**changed))
    with pytest.raises(error) as caught:
        one.run(Command.of("touch", str(tmp_path / "ran")))
    assert type(caught.value) is error
    assert not caught.value.may_have_run
    assert caught.value.host == "node1"
    assert caught.value.hint
    assert not (tmp_path / "ran").exists()


def test_a_host_that_accepts_and_says_nothing_is_unreachable(sshd, cable):
    cable.dead.set()
    one = Ssh(**sshd.settings(port=cable.port, connect_timeout=timedelta(seconds=1)))
    begin = time.monotonic()
    with pytest.raises(HostUnreachable):
        one.run(Command.of("true"))
    assert time.monotonic() - begin < 8


def test_a_bad_option_is_what_ssh_says_of_it(sshd):
    with pytest.raises(TransportError, match=r"(?i)bad configuration option: nonsense"):
        Ssh(**sshd.settings(options={"Nonsense": "1"})).run(Command.of("true"))


def test_a_missing_configuration_is_named(sshd):
    with pytest.raises(TransportError, match="/no/such/config"):
        Ssh(**sshd.settings(config="/no/such/config")).run(Command.of("true"))


@pytest.mark.parametrize(
    "changed",
    [
        {"host": "-oProxyCommand=x"},
        {"host": ""},
        {"host": "a b"},
        {"user": "-x"},
        {"address": "a\nb"},
        {"port": 0},
        {"port": 65536},
        {"options": {"Bad Name": "x"}},
        {"options": {"ProxyJump": "a\nProxyCommand b"}},
    ],
    ids=repr,
)
def test_what_would_be_read_as_something_else_is_refused(changed):
    with pytest.raises(InvalidError):
        Ssh(**{"host": "node1"} | changed)


@pytest.mark.parametrize("value", ["no", "off", "ask"])
def test_host_keys_are_always_checked(value):
    with pytest.raises(UnsafeError, match="anyone who answers"):
        Ssh(host="node1", options={"StrictHostKeyChecking": value})


def test_an_option_s_name_is_read_in_any_case(sshd):
    with Ssh(
        **sshd.settings(
            port=None,
            options=sshd.settings()["options"]
            | {"PORT": str(sshd.port), "stricthostkeychecking": "accept-new"},
        )
    ) as one:
        assert one.run(Command.of("true")).ok


@given(st.text())
def test_any_words_of_ssh_make_an_error_of_ours(said):
    assert isinstance(refusal(said, host="node1"), TransportError)


# --- passwords ----------------------------------------------------------------------------


def test_a_password_is_typed_where_one_is_given(sshd):
    password = sshd.password
    one = Ssh(**sshd.settings(identity=None, password=password))
    with one:
        assert one.run(Command.of("id", "-un")).text == "root\n"


# --- cancellation and time limits -----------------------------------------------------------


def test_past_its_limit_nothing_runs_on_the_far_side(ssh, marked):
    mark, count = marked
    with pytest.raises(CommandTimeout) as caught:
        ssh.run(shell(f"{mark} & {mark}", timeout=timedelta(seconds=0.7)))
    assert caught.value.may_have_run
    assert gone(count)


def test_cancelled_by_another_thread_nothing_runs_on_the_far_side(ssh, marked):
    mark, count = marked
    with ssh.start(shell(f"{mark} & {mark}; true")) as running:
        end = time.monotonic() + 5
        while count() < 2 and time.monotonic() < end:
            time.sleep(0.02)
        assert count() >= 2
        threading.Timer(0.1, running.cancel).start()
        with pytest.raises(CommandCancelled):
            running.wait()
    assert gone(count)


def test_leaving_the_block_at_once_leaves_nothing(ssh, marked):
    mark, count = marked
    with ssh.start(shell(f"{mark}; true", timeout=None)):
        pass
    assert gone(count)


def test_one_that_ignores_the_polite_way_is_killed(ssh, marked):
    mark, count = marked
    script = f"trap '' TERM; {mark} & echo ready; while :; do sleep 0.1; done"
    with ssh.start(shell(script)) as running:
        assert next(running.lines()) == "ready"
    assert gone(count)


def test_a_stream_comes_line_by_line(ssh, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with ssh.start(shell(f"echo one; cat {gate}; printf 'two\\nthree'")) as running:
        lines = running.lines()
        assert next(lines) == "one"  # or this would hang: the command waits for us
        gate.write_text("")
        assert list(lines) == ["two", "three"]
        assert running.wait().ok


def test_what_outlives_a_lost_connection_has_a_limit_of_its_own():
    line = Far("tag").line(Command.of("x", timeout=timedelta(seconds=1.5)))
    assert '( exec timeout -s KILL 7 "$@" )' in line
    assert "timeout" not in Far("tag").line(Command.of("x", timeout=None))


# --- lost connections ---------------------------------------------------------------------


def test_a_connection_cut_while_it_runs_is_lost_and_may_have_run(sshd, cable):
    with Ssh(**sshd.settings(port=cable.port)) as one:
        with one.start(shell("echo ready; sleep 20")) as running:
            assert next(running.lines()) == "ready"
            cable.cut()
            with pytest.raises(ConnectionLost) as caught:
                running.wait()
        assert caught.value.may_have_run
        assert one.run(Command.of("true")).ok  # the next one opens it again


def test_a_connection_that_goes_dead_ends_at_the_time_limit(sshd, cable):
    with Ssh(**sshd.settings(port=cable.port)) as one:
        one.open()
        cable.dead.set()
        begin = time.monotonic()
        with pytest.raises(TransportError) as caught:
            one.run(Command.of("true", timeout=timedelta(seconds=1)))
        assert isinstance(caught.value, CommandTimeout | ConnectionLost)
        assert caught.value.may_have_run
        assert time.monotonic() - begin < 12
        cable.dead.clear()


# --- replay, secrets, speed -----------------------------------------------------------------


def test_what_ran_over_ssh_is_replayed(ssh):
    recorder = Recorder(ssh, releases={"drbd": "8.4.11"})
    command = shell("printf 'a\\377'; exit 3")
    done = recorder.run(command)
    again = Replay(recorder.transcript).run(command)
    assert (again.stdout, again.exit_status, again.host) == (done.stdout, 3, "node1")


def test_stdin_is_in_no_command_line(ssh):
    secret = b"hunter2-on-the-wire"
    with ssh.start(shell("echo ready; sleep 0.3; cat >/dev/null", stdin=secret)) as running:
        assert next(running.lines()) == "ready"
        seen = b""
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen += path.read_bytes() + (path.parent / "environ").read_bytes()
            except OSError:
                continue
        assert b"sshd" in seen
        assert secret not in seen
        assert running.wait().ok


@pytest.mark.speed
def test_a_command_costs_little_more_than_ssh_itself(ssh):
    control = ssh.open()
    plain = ["ssh", "-F", ssh.config, "-S", control, "node1", "true"]
    calls = {
        "plain": lambda: subprocess.run(plain, capture_output=True, check=True),
        "ours": lambda: ssh.run(Command.of("true")).check(),
    }
    best = dict.fromkeys(calls, 60.0)
    # Side by side, so that both meet the same weather; in bad weather it takes more to see it.
    for turn in range(400):
        if turn >= 60 and best["ours"] <= 1.5 * best["plain"]:
            break
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            best[name] = min(best[name], time.perf_counter() - begin)
    assert best["ours"] <= 1.5 * best["plain"]
