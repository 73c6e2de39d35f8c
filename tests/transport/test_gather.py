import os
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from hakvm.errors import (
    CommandError,
    CommandNotFound,
    HakvmError,
    InvalidError,
    TransportError,
)
from hakvm.transport import Command, Exchange, Local, Replay, Transcript, gather

NODES = {"node1": Local(host="node1"), "node2": Local(host="node2")}


def test_each_node_answers():
    found = gather(NODES, Command.of("echo", "x"))
    assert {node: done.text for node, done in found.items()} == {"node1": "x\n", "node2": "x\n"}
    assert [done.host for done in found.values()] == ["node1", "node2"]
    assert found.check() is found


def test_each_node_may_have_its_own_command():
    commands = {node: Command.of("echo", node) for node in NODES}
    assert gather(NODES, commands)["node2"].text == "node2\n"
    with pytest.raises(InvalidError, match="node2"):
        gather(NODES, {"node1": Command.of("true")})


def test_no_node_is_no_error():
    assert len(gather({}, Command.of("true")).check()) == 0


def test_a_node_that_fails_does_not_hide_the_other():
    nodes = {**NODES, "node2": Replay(Transcript(host="node2"))}
    found = gather(nodes, Command.of("true"))
    assert found["node1"].ok
    assert set(found) == {"node1", "node2"}
    assert "node2" in found
    with pytest.raises(TransportError, match="not in the transcript"):
        found["node2"]
    with pytest.raises(TransportError, match="not in the transcript"):
        found.check()


def test_check_raises_the_one_error_or_names_them_all():
    nodes = {**NODES, "node2": Replay(Transcript(exchanges=[Exchange(argv=("false",))]))}
    with pytest.raises(CommandError) as one:
        gather(nodes, Command.of("false")).check()
    assert one.value.host == "node1"
    with pytest.raises(TransportError, match=r"(?s)node1.*node2"):
        gather(NODES, Command.of("false")).check()
    assert gather(NODES, Command.of("false")).check(1)


def test_a_missing_program_is_an_error_of_the_node():
    found = gather(NODES, Command.of("no-such-tool"))
    assert all(isinstance(error, CommandNotFound) for error in found.failed.values())
    with pytest.raises(HakvmError):
        found["node1"]


def test_a_caller_s_executor_runs_them():
    with ThreadPoolExecutor(1) as executor:
        assert gather(NODES, Command.of("true"), executor=executor).check()
    # Transports and commands cross a process pool.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        found = gather(NODES, Command.of("echo", "x"), executor=executor)
    assert found["node2"].text == "x\n"


@pytest.fixture
def interruptible():
    """An interrupt raises, as in a terminal: whoever starts the tests may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_stops_all(tmp_path):
    # A real interrupt, as Ctrl-C gives it to the main thread while it waits.
    commands = {
        node: Command.of("sh", "-c", f"echo $$ >{tmp_path / node}; sleep 60") for node in NODES
    }

    def interrupt():
        end = time.monotonic() + 10
        while time.monotonic() < end and not all(
            (tmp_path / node).exists() and (tmp_path / node).read_text() for node in NODES
        ):
            time.sleep(0.02)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        gather(NODES, commands)
    assert time.monotonic() - begin < 15
    for node in NODES:
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / node).read_text()), 0)


@pytest.mark.speed
def test_two_nodes_take_as_long_as_the_slower_one():
    slower = Command.of("sleep", "0.5")
    commands = {"node1": Command.of("sleep", "0.3"), "node2": slower}

    def best(call):
        times = []
        for _ in range(3):
            begin = time.monotonic()
            call()
            times.append(time.monotonic() - begin)
        return min(times)

    assert best(lambda: gather(NODES, commands)) < 1.15 * best(lambda: NODES["node2"].run(slower))
