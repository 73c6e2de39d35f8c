"""The switch's wires, over the sockets that QEMU's network cards use."""

import socket
import time
from pathlib import Path

import pytest

from hakvm_lab.qmp import connect, listener
from hakvm_lab.wire import Fault, Port, Wire


class Card:
    """A network card, as QEMU has it: a socket that sends to the switch's."""

    def __init__(self, name, switch):
        self.sock = listener(Path(name), socket.SOCK_DGRAM)
        self.sock.settimeout(0)
        self._switch = switch

    def close(self):
        self.sock.close()

    def send(self, packet):
        self.sock.sendto(packet, self._switch)

    def received(self):
        found = []
        while True:
            try:
                found.append(self.sock.recv(1 << 16))
            except BlockingIOError:
                return found


@pytest.fixture
def ends(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ports = [Port(listener(Path(f"s{n}"), socket.SOCK_DGRAM), Path(f"c{n}")) for n in (1, 2)]
    cards = [Card(f"c{n}", f"s{n}") for n in (1, 2)]
    yield cards, Wire(*ports), Wire(*reversed(ports))
    for end in (*cards, *ports):
        end.close()


def test_a_packet_gets_through_whole_and_only_in_its_direction(ends):
    (one, two), there, back = ends
    one.send(b"x" * 9000)
    there.take_in()
    back.take_in()
    assert there.let_out() is None
    back.let_out()
    assert (two.received(), one.received()) == ([b"x" * 9000], [])
    assert (there.passed, there.lost, back.passed) == (1, 0, 0)


def test_a_cut_loses_what_is_sent_and_what_was_under_way(ends):
    (one, two), there, _ = ends
    there.become(Fault(delay=60))
    one.send(b"under way")
    there.take_in()
    there.become(Fault(cut=True))
    one.send(b"sent")
    there.take_in()
    there.let_out()
    assert (two.received(), there.passed, there.lost) == ([], 0, 2)
    there.become(Fault())
    one.send(b"healed")
    there.take_in()
    there.let_out()
    assert two.received() == [b"healed"]


def test_a_cut_direction_leaves_the_other_whole(ends):
    (one, two), there, back = ends
    there.become(Fault(cut=True))
    one.send(b"lost")
    two.send(b"found")
    for wire in (there, back):
        wire.take_in()
        wire.let_out()
    assert (one.received(), two.received()) == ([b"found"], [])


def test_loss_is_about_the_share_that_was_asked_for(ends):
    (one, two), there, _ = ends
    there.become(Fault(loss=0.25))
    total = 1000
    for _ in range(total):
        one.send(b"p")
        there.take_in()
        there.let_out()
        two.received()
    assert there.passed + there.lost == total
    assert 0.18 < there.lost / total < 0.32


def test_a_late_packet_is_late_and_in_order(ends):
    (one, two), there, _ = ends
    there.become(Fault(delay=0.1))
    for number in range(5):
        one.send(bytes([number]))
        there.take_in()
    pause = there.let_out()
    assert pause is not None
    assert 0 < pause <= 0.1
    assert two.received() == []
    time.sleep(0.11)
    assert there.let_out() is None
    assert two.received() == [bytes([number]) for number in range(5)]


def test_one_that_takes_nothing_loses_its_packets_after_a_while(ends):
    (one, two), there, _ = ends
    end = time.monotonic() + 5
    while there.lost == 0:
        assert time.monotonic() < end
        try:
            one.send(b"p" * 1000)
        except BlockingIOError:
            time.sleep(0.01)
        there.take_in()
        there.let_out()
    kept = two.received()
    assert kept
    assert there.passed == len(kept)


def test_nobody_at_the_far_end_is_no_fault_of_the_switch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    near = Port(listener(Path("s1"), socket.SOCK_DGRAM), Path("c1"))
    far = Port(listener(Path("s2"), socket.SOCK_DGRAM), Path("c2"))
    wire = Wire(near, far)
    one = Card("c1", "s1")
    one.send(b"early")
    wire.take_in()
    assert wire.let_out() is None
    two = Card("c2", "s2")  # now it is plugged in
    one.send(b"late")
    wire.take_in()
    wire.let_out()
    assert two.received() == [b"late"]
    for end in (one, two, near, far):
        end.close()


def test_a_card_that_was_replaced_is_reached_and_heard(ends):
    (one, two), there, back = ends
    for sender, wire in ((one, there), (two, back)):
        sender.send(b"before")
        wire.take_in()
        wire.let_out()
    two.close()
    new = Card("c2", "s2")
    new.send(b"from the new one")
    one.send(b"to the new one")
    for wire in (there, back):
        wire.take_in()
        wire.let_out()
    assert new.received() == [b"to the new one"]
    assert one.received() == [b"before", b"from the new one"]
    new.close()


def test_a_socket_may_have_a_long_path_and_is_its_owners_alone(tmp_path):
    folder = tmp_path / ("d" * 100)
    folder.mkdir()
    path = folder / "monitor"
    with listener(path), connect(path, 5):
        assert path.stat().st_mode & 0o777 == 0o600
