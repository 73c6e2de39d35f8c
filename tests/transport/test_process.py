"""Streaming and cancellation, on this machine."""

import os
import threading
import time
from datetime import timedelta

import pytest
from processes import stays

from hakvm.errors import CommandCancelled, CommandNotFound, CommandTimeout
from hakvm.transport import Command, Local, Starter

local = Local()


def shell(script, **options):
    return Command.of("sh", "-c", script, **options)


def wait_for(path, limit=5):
    end = time.monotonic() + limit
    while not path.exists() or not path.read_text().endswith("\n"):
        assert time.monotonic() < end, f"{path.name} did not come"
        time.sleep(0.01)
    return [int(pid) for pid in path.read_text().split()]


def test_local_can_start():
    assert isinstance(local, Starter)


def test_lines_come_as_they_are_written(tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with local.start(shell(f"echo one; cat {gate}; printf 'two\\nthree'")) as running:
        lines = running.lines()
        assert next(lines) == "one"  # or this would hang: the command waits for us
        gate.write_text("")
        assert list(lines) == ["two", "three"]
        done = running.wait()
    assert (done.exit_status, done.stdout) == (0, b"")


def test_what_is_left_of_the_lines_is_in_the_end():
    with local.start(shell("echo one; echo two; echo oops >&2; exit 4")) as running:
        assert running.wait().stdout == b"one\ntwo\n"
        assert running.wait() is running.wait()
        assert (running.wait().exit_status, running.wait().stderr) == (4, b"oops\n")


def test_bytes_that_are_no_text_show_as_such():
    with local.start(shell(r"printf 'a\377b\r\n'")) as running:
        assert list(running.lines()) == ["a\N{REPLACEMENT CHARACTER}b\r"]


def test_many_lines_take_time_in_proportion(benchmark_ratio):
    def read(count):
        with local.start(Command.of("seq", str(count))) as running:
            assert sum(1 for _ in running.lines()) == count

    assert benchmark_ratio(lambda: read(400_000), lambda: read(40_000), 3) < 30


@pytest.mark.parametrize("how", ["wait", "lines"])
def test_cancelled_by_another_thread_it_leaves_nothing(tmp_path, how):
    pids = tmp_path / "pids"
    with local.start(shell(f"echo $$ >{pids}; sleep 60 & echo $! >>{pids}; wait")) as running:
        timer = threading.Timer(0.3, running.cancel)
        timer.start()
        with pytest.raises(CommandCancelled) as caught:
            running.wait() if how == "wait" else list(running.lines())
        timer.join()
        with pytest.raises(CommandCancelled):
            running.wait()
    assert caught.value.may_have_run
    assert not stays(*wait_for(pids))


def test_leaving_the_block_stops_it(tmp_path):
    pids = tmp_path / "pids"
    with local.start(shell(f"echo $$ >{pids}; echo ready; sleep 60")) as running:
        assert next(running.lines()) == "ready"
    assert not stays(*wait_for(pids))


def test_one_that_nobody_reads_is_stopped_too(tmp_path):
    pids = tmp_path / "pids"
    with local.start(shell(f"echo $$ >{pids}; sleep 60")):
        (pid,) = wait_for(pids)
    assert not stays(pid)


def test_a_program_may_tidy_up_before_it_is_killed(tmp_path):
    tidied, ready = tmp_path / "tidied", tmp_path / "ready"
    script = f"trap 'echo >{tidied}; exit' TERM; echo 1 >{ready}; while :; do sleep 0.05; done"
    with local.start(shell(script)):
        wait_for(ready)
    assert tidied.exists()


def test_one_that_ignores_the_polite_way_is_killed(tmp_path):
    pids = tmp_path / "pids"
    with local.start(shell(f"trap '' TERM; echo $$ >{pids}; while :; do sleep 0.05; done")):
        (pid,) = wait_for(pids)
    assert not stays(pid)


def test_an_interrupt_stops_it(tmp_path):
    pids = tmp_path / "pids"
    running = local.start(shell(f"echo $$ >{pids}; echo ready; sleep 60"))
    lines = running.lines()
    next(lines)
    with pytest.raises(KeyboardInterrupt), running:
        raise KeyboardInterrupt
    assert not stays(*wait_for(pids))


def test_a_stream_past_its_limit_is_a_timeout():
    command = shell("echo one; sleep 60", timeout=timedelta(seconds=0.3))
    with local.start(command) as running:
        lines = running.lines()
        assert next(lines) == "one"
        with pytest.raises(CommandTimeout):
            next(lines)
        with pytest.raises(CommandTimeout):
            running.wait()


def test_cancelling_what_has_ended_changes_nothing():
    with local.start(shell("exit 3")) as running:
        assert running.wait().exit_status == 3
        running.cancel()
        assert running.wait().exit_status == 3


def test_a_missing_program_is_named_at_the_start():
    with pytest.raises(CommandNotFound):
        local.start(Command.of("no-such-tool"))


def test_no_descriptor_is_left_open():
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count
    for _ in range(20):
        local.run(Command.of("true"))
        with local.start(shell("echo x; sleep 60")) as running:
            next(running.lines())
        with pytest.raises(CommandNotFound):
            local.run(Command.of("no-such-tool"))
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - a count
