"""The bench itself: its nodes are two, real, and gone afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import DEBIAN, Bench, until
from hakvm.errors import CommandNotFound, ConnectionLost, HostUnreachable
from hakvm.transport import Command, Console, Interactive, Starter, gather

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def bench(make_bench):
    return make_bench("debian-12")


@pytest.fixture
def node1(bench):
    if not bench.powered("node1"):
        bench.power("node1", "on")
    return bench.nodes["node1"]


def machine():
    """What of this machine a bench could have changed."""
    return {
        "links": subprocess.run(["ip", "-br", "link"], capture_output=True, check=True).stdout,
        "mounts": Path("/proc/self/mounts").read_text(),
        "name": os.uname().nodename,
        "corosync": sorted(Path("/etc/corosync").glob("*")),
        "cib": sorted(Path("/var/lib/pacemaker/cib").glob("*")),
    }


def running(mark):
    """The processes of this machine whose command line holds `mark`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def test_each_node_has_its_own_name_network_and_processes(bench):
    found = gather(
        {name: node.transport for name, node in bench.nodes.items()},
        Command.of("sh", "-c", "hostname; ip -4 -br addr; ls /proc | grep -c '^[0-9]'"),
    ).check()
    for name, node in bench.nodes.items():
        text = found[name].text
        assert text.startswith(f"{name}\n")
        assert all(f"{address}/24" in text for address in node.addresses)
        assert int(text.split()[-1]) < 20


def test_the_nodes_reach_each_other_until_the_cable_is_pulled(bench, node1):
    def ping():
        return node1.run("ping", "-c1", "-W1", "192.168.2.171").ok

    assert ping()
    bench.cut("node1", 0)
    assert not ping()
    assert node1.run("ping", "-c1", "-W1", "10.0.0.2").ok
    bench.heal("node1")
    until("the cable is back", ping, 5)


def test_the_way_in_streams_and_can_be_typed_at(node1):
    assert isinstance(node1.transport, Starter)
    assert isinstance(node1.transport, Interactive)
    with node1.transport.start(Command.of("sh", "-c", "echo ready; sleep 60")) as running:
        assert next(running.lines()) == "ready"
    assert node1.run("pidof", "sleep").text.split() != []  # init's own, and that alone
    with Console(node1.transport, Command.of("sh", "-c", "printf 'yes? '; read x; exit 4")) as it:
        it.expect("yes? ")
        it.send("yes")
        assert it.wait() == 4


def test_a_missing_program_is_named(node1):
    with pytest.raises(CommandNotFound, match="no-such-tool"):
        node1.run("no-such-tool")


def test_ssh_is_real(node1):
    with node1.ssh() as ssh:
        assert ssh.run(Command.of("hostname")).text == "node1\n"
        assert ssh.run(Command.of("sh", "-c", 'echo "$SSH_CONNECTION"')).text.endswith(
            "192.168.2.170 22\n"
        )


def test_a_power_cut_ends_everything_at_once(bench, node1):
    node1.run("sh", "-c", "echo kept >/root/file; echo lost >/run/file").check()
    with node1.transport.start(Command.of("sleep", "60")) as running:
        until("it runs", lambda: len(node1.run("pidof", "sleep").text.split()) > 1, 5)
        bench.power("node1", "off")
        with pytest.raises(ConnectionLost) as caught:
            running.wait()
    assert caught.value.may_have_run
    assert not bench.powered("node1")
    with pytest.raises(HostUnreachable):
        node1.run("true")
    bench.power("node1", "on")
    assert node1.run("cat", "/root/file").text == "kept\n"
    assert not node1.run("test", "-e", "/run/file").ok


def test_a_node_that_resets_itself_boots_again(bench, node1):
    before = node1.transport.pid()
    # reboot(2), as Pacemaker calls it when a node must go at once.
    node1.run("python3", "-c", "import ctypes; ctypes.CDLL(None).reboot(0x1234567)")
    until("it is back", lambda: bench.powered("node1") and node1.transport.pid() != before)
    assert bench.powered("node2")


def test_the_fence_agent_is_a_real_one(bench, node1):
    agent = "fence_bench"
    assert "<resource-agent" in node1.run(agent, "-o", "metadata").check().text
    assert node1.run(agent, stdin=b"action=list\n").text.split() == ["node1", "node2"]
    assert node1.run(agent, stdin=b"action=monitor\npassword=hunter2\n").ok
    assert node1.run(agent, stdin=b"action=status\nport=node2\n").exit_status == 0
    assert node1.run(agent, stdin=b"action=off\nport=node2\n").ok
    assert not bench.powered("node2")
    assert node1.run(agent, stdin=b"action=status\nport=node2\n").exit_status == 2
    assert node1.run(agent, stdin=b"action=reboot\nport=node2\n").ok
    assert bench.powered("node2")
    assert not node1.run(agent, stdin=b"action=off\nport=no-such-node\n").ok


def test_services_answer_as_systemd_s_do(node1):
    assert node1.run("systemctl", "is-active", "ssh").text == "active\n"
    assert node1.run("systemctl", "is-active", "pacemaker").exit_status == 3
    assert node1.run("systemctl", "is-enabled", "pacemaker.service").exit_status == 1
    node1.run("systemctl", "enable", "pacemaker").check()
    assert node1.run("systemctl", "is-enabled", "pacemaker").text == "enabled\n"
    node1.run("systemctl", "disable", "pacemaker").check()
    assert "could not be found" in node1.run("systemctl", "start", "nonsense").error_text


def test_the_logs_of_all_nodes_are_there(bench):
    logs = dict(bench.logs())
    assert "systemctl: start ssh" in logs["node1 console.log"]
    assert {name.partition(" ")[0] for name in logs} == {"rack", "node1", "node2"}


def test_nothing_is_left_behind_and_nothing_was_changed():
    before = machine()
    with Bench(DEBIAN["debian-12"]) as bench:
        seed = str(bench.folder).encode()
        assert machine() == before
        assert running(seed)
        bench.nodes["node1"].run("touch", "/etc/touched").check()
    assert not running(seed)
    assert not bench.folder.exists()
    assert machine() == before
    assert not (bench.tree.folder / "etc" / "touched").exists()


def test_nothing_is_left_behind_when_its_maker_is_killed():
    before = machine()
    code = (
        f"import sys, time; sys.path.insert(0, {str(HERE)!r})\n"
        "from bench import DEBIAN, Bench\n"
        "bench = Bench(DEBIAN['debian-12'])\n"
        "print(bench.folder, bench.nodes['node1'].transport.pid(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as maker:
        folder, pid = maker.stdout.readline().split()
        assert Path(f"/proc/{int(pid)}").exists()
        maker.send_signal(signal.SIGKILL)
        maker.wait()
    end = time.monotonic() + 10
    while (running(folder) or Path(folder.decode()).exists()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not running(folder)
    assert not Path(folder.decode()).exists()
    assert not Path(f"/proc/{int(pid)}").exists()
    assert machine() == before
