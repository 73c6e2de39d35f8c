"""One direction of one link: what comes in at one end goes out at the other, or does not."""

import random
import socket
from collections import deque
from pathlib import Path
from time import monotonic

from attrs import define, field, frozen

__all__ = ["Fault", "Port", "Wire"]

_ROOM = 1024  # packets under way; beyond that the sender waits
_STUCK = 0.2  # seconds after which a receiver that takes nothing loses what waits for it
_LARGEST = 1 << 16


@frozen(kw_only=True)
class Fault:
    """What is wrong with one direction of a link.

    Attributes:
        cut: nothing gets through.
        loss: the share of packets that gets lost, 0 to 1.
        delay: the seconds that each packet is late.
    """

    cut: bool = False
    loss: float = 0.0
    delay: float = 0.0


class Port:
    """An end of a link at the switch; its other side is one node's network card.

    Packets go out by a socket of their own: one that is connected, so that it
    can be waited for, takes in nothing but from the card it is connected to,
    and a rewind brings new cards.
    """

    def __init__(self, sock: socket.socket, peer: Path) -> None:
        sock.settimeout(0)
        self.sock = sock
        self.out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.out.settimeout(0)
        self._peer = peer
        self._connected = False

    def close(self) -> None:
        """Give both sockets back."""
        self.sock.close()
        self.out.close()

    def _reach(self) -> bool:
        if not self._connected:
            try:
                # A short name: the switch runs in the lab's folder.
                self.out.connect(str(self._peer))
            except OSError:
                return False
            self._connected = True
        return True

    def receive(self) -> bytes | None:
        """Return the next packet; `None` where none waits."""
        try:
            return self.sock.recv(_LARGEST)
        except OSError:
            return None

    def send(self, packet: bytes) -> bool:
        """Send a packet, or lose it where nobody listens; return whether it is gone."""
        for _ in range(2):  # the card may be another one by now
            if not self._reach():
                break
            try:
                self.out.send(packet)
            except BlockingIOError:
                return False
            except OSError:
                self._connected = False
            else:
                break
        return True


@define
class Wire:
    """One direction of a link.

    Attributes:
        source, target: its ends.
        fault: what is wrong with it.
        passed, lost: how many packets came through, and how many did not.
    """

    source: Port
    target: Port
    fault: Fault = field(factory=Fault)
    passed: int = 0
    lost: int = 0
    _under_way: deque[tuple[float, bytes]] = field(factory=deque, init=False)
    _moved: float = field(factory=monotonic, init=False)
    _chance: random.Random = field(factory=lambda: random.Random(0), init=False)  # noqa: S311 - no secret

    def become(self, fault: Fault) -> None:
        """Have this wrong with it from now on; what is under way on a wire that is cut is lost."""
        self.fault = fault
        if fault.cut:
            self.clear()

    def clear(self) -> None:
        """Lose what is under way."""
        self.lost += len(self._under_way)
        self._under_way.clear()

    @property
    def full(self) -> bool:
        """Whether the sender must wait."""
        return len(self._under_way) >= _ROOM

    @property
    def blocked(self) -> bool:
        """Whether a packet is due which the receiver does not take yet."""
        return bool(self._under_way) and self._under_way[0][0] <= monotonic()

    def take_in(self) -> None:
        """Take what waits at the source."""
        while not self.full and (packet := self.source.receive()) is not None:
            if self.fault.cut or self._chance.random() < self.fault.loss:
                self.lost += 1
            else:
                self._under_way.append((monotonic() + self.fault.delay, packet))

    def let_out(self) -> float | None:
        """Send what is due; return the seconds until there is more to do, `None` for none."""
        now = monotonic()
        while self._under_way:
            due, packet = self._under_way[0]
            if due > now:
                self._moved = now
                return due - now
            if not self.target.send(packet):
                if now - self._moved > _STUCK:
                    self.clear()
                    break
                return _STUCK
            self._under_way.popleft()
            self._moved = now
            self.passed += 1
        self._moved = now
        return None
