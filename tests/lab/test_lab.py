"""The lab does what it says: commands, rewinds, power, links, and nothing left behind."""

import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from hakvm.errors import CommandNotFound, CommandTimeout
from hakvm.transport import Command, Transport
from hakvm_lab import BOOTED, LabError, present, probe, rack
from hakvm_lab.machine import NODES, Machine

pytestmark = pytest.mark.lab


def test_the_transport_keeps_what_a_transport_promises(lab):
    agent = lab.transport("node1")
    assert isinstance(agent, Transport)
    done = agent.run(
        Command.of("sh", "-c", "cat; echo $X >&2; exit 3", stdin=b"\0\xff\n", env={"X": "x"})
    )
    assert (done.exit_status, done.stdout, done.stderr, done.host) == (
        3,
        b"\0\xff\n",
        b"x\n",
        "node1",
    )
    with pytest.raises(CommandNotFound, match="no-such-program"):
        agent.run(Command.of("no-such-program"))
    big = agent.run(Command.of("head", "-c", "1000000", "/dev/zero"))
    assert big.stdout == bytes(1_000_000)
    assert lab.run("node2", "uname", "-n").text == "node2\n"


def test_past_its_limit_a_command_is_killed_with_all_that_it_started(lab):
    agent = lab.transport("node1")
    begin = time.monotonic()
    with pytest.raises(CommandTimeout, match="not done after 1 s"):
        agent.run(Command.of("sh", "-c", "sleep 77 & sleep 78", timeout=timedelta(seconds=1)))
    assert time.monotonic() - begin < 12
    assert agent.run(Command.of("pgrep", "-f", "sleep 7[78]")).exit_status == 1


def test_commands_of_several_threads_do_not_mix(lab):
    agent = lab.transport("node1")
    found = {}

    def run(number):
        found[number] = agent.run(Command.of("sh", "-c", f"sleep 1; echo {number}")).text

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: f"{number}\n" for number in range(8)}
    assert time.monotonic() - begin < 8 * 1.0 + 6


def test_what_was_written_since_is_gone_after_a_rewind_and_time_is_back(lab):
    before = float(lab.run("node1", "cut", "-d ", "-f1", "/proc/uptime").text)
    lab.run("node1", "sh", "-c", "echo x >/root/new; sync")
    lab.run("node2", "dd", "if=/dev/urandom", "of=/dev/vdb1", "bs=4096", "count=16", "conv=fsync")
    time.sleep(3)
    lab.rewind()
    assert lab.transport("node1").run(Command.of("test", "-e", "/root/new")).exit_status == 1
    data = lab.run("node2", "head", "-c", "65536", "/dev/vdb1").stdout
    assert data == bytes(65536)
    assert float(lab.run("node1", "cut", "-d ", "-f1", "/proc/uptime").text) < before + 3


def test_a_state_holds_which_nodes_were_off(lab):
    lab.power("node2", "off")
    lab.save("half")
    lab.rewind(BOOTED)
    assert [lab.power(node, "status") for node in NODES] == ["on", "on"]
    lab.rewind("half")
    assert [lab.power(node, "status") for node in NODES] == ["on", "off"]
    assert lab.transport("node1").answers(10)
    lab.forget("half")
    with pytest.raises(LabError, match="no state 'half'"):
        lab.rewind("half")


def test_a_node_that_was_switched_off_boots_again_from_its_disk(lab):
    lab.run("node1", "sh", "-c", "echo kept >/root/kept; sync; echo lost >/dev/shm/lost")
    assert lab.power("node1", "off") == "off"
    assert not lab.transport("node1").answers(1)
    assert lab.power("node1", "off") == "off"
    assert lab.power("node1", "on") == "on"
    lab.await_answer("node1")
    assert lab.run("node1", "sh", "-c", "cat /root/kept; ls /dev/shm").text == "kept\n"
    assert float(lab.run("node1", "cut", "-d ", "-f1", "/proc/uptime").text) < 200


def lost(lab, sender, address, count=5):
    done = lab.transport(sender).run(
        Command.of("ping", "-c", str(count), "-i", "0.2", "-W", "2", address)
    )
    return float(re.search(r"([0-9.]+)% packet loss", done.text)[1])


def test_links_are_cut_and_healed_one_by_one(lab):
    assert lost(lab, "node1", "192.168.2.171") == 0
    assert lost(lab, "node1", "192.168.3.171") == 0
    lab.link("cluster", cut=True)
    assert lost(lab, "node1", "192.168.2.171") == 100
    assert lost(lab, "node1", "192.168.3.171") == 0
    lab.heal()
    assert lost(lab, "node1", "192.168.2.171") == 0


def heard(lab, node, sender):
    """Return how many packets of the other node's pings came to this one."""
    count = "cat /sys/class/net/eth1/statistics/rx_packets"
    before = int(lab.run(node, "sh", "-c", count).text)
    lost(lab, sender, {"node1": "192.168.3.171", "node2": "192.168.3.170"}[sender])
    return int(lab.run(node, "sh", "-c", count).text) - before


def test_a_link_may_be_cut_in_one_direction(lab):
    assert lost(lab, "node1", "192.168.3.171") == 0  # both know each other's addresses
    lab.link("replication", sender="node1", cut=True)
    assert heard(lab, "node1", "node2") >= 5  # node2's questions arrive; the answers do not
    assert heard(lab, "node2", "node1") == 0
    assert lost(lab, "node2", "192.168.3.170") == 100


def test_a_link_may_lose_and_be_late(lab):
    lab.link("replication", delay=0.5)
    lost(lab, "node1", "192.168.3.171", count=1)
    text = lab.run("node1", "ping", "-c", "3", "192.168.3.171").text
    fastest = float(re.search(r"= ([0-9.]+)/", text)[1])
    assert fastest >= 1000  # half a second there, half a second back
    lab.heal()
    lab.link("replication", loss=0.5)
    assert 10 < lost(lab, "node1", "192.168.3.171", count=40) < 100


@pytest.mark.parametrize(
    "wrong",
    [{"name": "third"}, {"sender": "node3"}, {"loss": 2.0}, {"delay": -1.0}],
)
def test_no_such_link_is_said(lab, wrong):
    with pytest.raises(LabError):
        lab.link(**wrong)


def test_the_switch_answers_nonsense_and_goes_on(lab):
    with pytest.raises(LabError, match="does not know"):
        rack.ask(lab.folder, nonsense=1)
    with pytest.raises(LabError, match="knows on, off, reset"):
        rack.ask(lab.folder, power="sideways", node="node1")
    assert rack.ask(lab.folder, status=True)["wires"]


def test_ssh_gets_in_with_the_labs_own_keys_and_nothing_of_the_users(lab):
    def ssh(*words):
        return subprocess.run(
            lab.ssh("node2", words),
            cwd=lab.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert ssh("uname", "-n").stdout == "node2\n"
    lab.rewind()
    done = ssh("uname", "-n")  # the connection of before is not taken for a living one
    assert (done.stdout, done.stderr) == ("node2\n", "")
    other = lab.secure_shell("node1")
    assert other.run(Command.of("uname", "-n")).check().text == "node1\n"
    # From node to node, as the howto copies its key.
    assert lab.run("node1", "ssh", "node2", "uname", "-n").text == "node2\n"


def test_the_fence_agent_switches_the_other_node_off_and_on(lab):
    def fence(action, node="node1"):
        return lab.transport("node2").run(
            Command.of("fence_lab", stdin=f"action={action}\nport={node}\n".encode())
        )

    assert fence("metadata").check().stdout.startswith(b"<?xml")
    assert fence("monitor").exit_status == 0
    assert fence("list").text.split() == ["node1,node1", "node2,node2"]
    assert fence("status").exit_status == 0
    assert fence("off").exit_status == 0
    assert lab.power("node1", "status") == "off"
    assert fence("status").exit_status == 2
    assert fence("on").exit_status == 0
    assert lab.power("node1", "status") == "on"
    assert fence("off", "node7").exit_status == 1
    assert fence("dance").exit_status == 1


@pytest.mark.usefixtures("lab")
def test_a_second_lab_is_refused():
    done = subprocess.run(
        [sys.executable, "-m", "hakvm_lab", "up"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "is running already" in done.stderr


def test_the_probe_boots_the_kernel_or_says_that_it_does_not(lab):
    assert probe.boots(lab.image, ["-accel", "tcg", "-cpu", "max"], 60)
    assert not probe.boots(lab.image, ["-accel", "tcg", "-cpu", "max"], 0.3)
    assert not probe.boots(lab.image, ["-accel", "no-such"], 5)


def test_a_port_in_use_is_said_and_nothing_left_running(lab, tmp_path):
    machine = Machine(name="node1", folder=tmp_path)
    machine.make_disks(lab.image, 16)
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(LabError, match=r"QEMU ended at once: .*hostfwd|host forwarding") as caught,
    ):
        machine.start(lab.image, accel="tcg", memory=256, port=taken.getsockname()[1])
    assert "node1.log" in caught.value.hint
    assert not machine.alive


def test_a_node_whose_kernel_gave_up_is_not_waited_for(lab):
    crash = (
        "echo 1 >/proc/sys/kernel/sysrq; (sleep 1; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 &"
    )
    lab.run("node1", "sh", "-c", crash)
    end = time.monotonic() + 60
    while not lab.machine("node1").panicked:
        assert time.monotonic() < end
        time.sleep(0.2)
    begin = time.monotonic()
    with pytest.raises(LabError, match=r"node1 does not answer .*Kernel panic") as caught:
        lab.await_answer("node1", 300)
    assert time.monotonic() - begin < 30
    assert "node1.console" in caught.value.hint


def test_rewinds_and_answers_are_quick(lab):
    rewinds, answers, commands = [], [], []
    for _ in range(5):
        begin = time.monotonic()
        lab.rewind()
        rewinds.append(time.monotonic() - begin)
        begin = time.monotonic()
        lab.run("node1", "true")
        answers.append(time.monotonic() - begin)
        begin = time.monotonic()
        lab.run("node1", "true")
        commands.append(time.monotonic() - begin)
    resident = sum(machine.resident_bytes() for machine in lab.machines)
    sizes = [state.size for state in lab.states]
    lab.report(
        f"medians of 5: rewind {statistics.median(rewinds):.2f} s, first answer "
        f"{statistics.median(answers):.2f} s, the next {statistics.median(commands):.2f} s; "
        f"both QEMUs {resident >> 20} MiB; states {[size >> 20 for size in sizes]} MiB a node"
    )
    assert statistics.median(rewinds) < 3 + 5
    assert resident < 2.5 * (1 << 30)
    assert all(size < 400 << 20 for size in sizes)


@pytest.mark.parametrize("killed", ["the command", "an emulator", "the switch"])
def test_whatever_is_killed_the_next_up_comes_up_and_down_leaves_nothing(lab, killed):
    """Kills what the lab is made of, then brings it up again for the tests to come."""
    command = [sys.executable, "-m", "hakvm_lab"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    lab.down()
    if killed == "the command":
        process = subprocess.Popen([*command, "up"], env=env, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while not any(present.processes(lab.folder).values()):
            assert time.monotonic() < end
            time.sleep(0.01)
        process.kill()
        process.wait()
    else:
        subprocess.run([*command, "up"], env=env, check=True, timeout=120)
        record = "node1" if killed == "an emulator" else "rack"
        pid = int((lab.folder / f"{record}.process").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
    subprocess.run([*command, "up"], env=env, check=True, timeout=120)
    assert all(present.processes(lab.folder).values())
    subprocess.run([*command, "down"], env=env, check=True, timeout=60)
    assert not any(present.processes(lab.folder).values())
    subprocess.run([*command, "up"], env=env, check=True, timeout=120)
