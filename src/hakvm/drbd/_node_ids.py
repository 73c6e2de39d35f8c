"""Which number a node has for DRBD 9, where nobody has given it one.

What 9 read in the words of 8.4 has the numbers that it was given then in its
meta-data: drbdadm_postparse.c, generate_implicit_node_id.
"""

from collections.abc import Iterator, Sequence

from hakvm.drbd._model import HIGHEST_NODE_ID, Floating, Host, Stacked
from hakvm.drbd._values import Address

__all__ = ["node_ids"]


def node_ids(members: Sequence[Host | Floating | Stacked]) -> list[int | None]:
    """Number two nodes as drbdadm does where they have no numbers, others as they stand."""
    given = [one.node_id for one in members]
    if given == [None, None]:
        first, second = ([_hash(part.ip) for part in _addresses(one)] for one in members)
        return [1, 0] if first < second else [0, 1]
    free = (number for number in range(HIGHEST_NODE_ID + 1) if number not in given)
    return [next(free, None) if number is None else number for number in given]


def _addresses(one: Host | Floating | Stacked) -> Iterator[Address]:
    """Yield where a node listens, and where its DRBD Proxy does, should that be the same."""
    if one.address is not None:
        yield one.address
    if one.proxy is not None:
        yield one.proxy.outside


def _hash(text: str) -> int:
    """Return a text's CRC-32C as drbdadm begins it, with its sign."""
    value = 0x1A656F21
    for byte in text.encode():
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value - (value >> 31 << 32)
