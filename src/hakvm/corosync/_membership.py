"""Who is in the cluster, and whether it may act: what corosync-quorumtool prints."""

import re
from collections.abc import Callable
from typing import Any, Self

from attrs import frozen

__all__ = ["DeviceVote", "Member", "Membership"]

_FIELD = re.compile(
    r"(Date|Quorum provider|Nodes|Node ID|Ring ID|Quorate|Expected votes|"
    r"Highest expected|Total votes|Quorum|Flags):\s*(.*?)\s*"
)
_ID = re.compile(r"\s*(0x[0-9a-fA-F]{1,8}|[0-9]{1,10})(?=\s|$)")
_VOTES = re.compile(r"\s+([0-9]{1,10})(?=\s|$)")
_DEVICE = re.compile(r"\s+(NR|N?A,N?V,N?MW)(?=\s|$)")
_HEAD = re.compile(r"\s*Nodeid\s(.*)")
_DEVICE_VOTES = re.compile(r"(.*?)\s+\(votes ([0-9]{1,10})\)")
_SKIP = re.compile(r"\s*|-+|(?:Quorum|Votequorum|Membership) information")
_RING = re.compile(r"([0-9a-fA-F]{1,10})([./])([0-9a-fA-F]{1,20})")


@frozen(kw_only=True)
class DeviceVote:
    """What a node thinks of its quorum device.

    Attributes:
        alive: whether the device answers (A, else NA).
        casting: whether it gives its vote (V, else NV).
        master_wins: whether its master decides alone (MW, else NMW).
    """

    alive: bool
    casting: bool
    master_wins: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a field as `A,V,NMW`."""
        words = text.split(",")
        return cls(alive="A" in words, casting="V" in words, master_wins="MW" in words)


@frozen(kw_only=True)
class Member:
    """A node that is in the membership.

    Attributes:
        nodeid: its id; 0 is the quorum device.
        name: its name or its address, as the tool was asked for; empty where the nodelist has no
            names and no resolver knows one.
        votes: how many it has; `None` where no votes are counted.
        local: whether it is the node that was asked.
        device: what it thinks of the quorum device, if it has one.
    """

    nodeid: int
    name: str
    votes: int | None = None
    local: bool = False
    device: DeviceVote | None = None


@frozen(kw_only=True)
class Membership:
    """Who is in the cluster, and whether it may act, as one node sees it.

    What the tool did not say is `None`; lines that are not understood stand in `unparsed`.

    Attributes:
        provider: what counts the votes, as corosync_votequorum.
        date: when it was asked, as the tool wrote it.
        node_id: the id of the node that was asked.
        node_count: how many nodes are there.
        ring_id: which membership it is, a new one whenever it forms; `1.9`, or `1/9`.
        quorate: whether this part may act.
        expected_votes, highest_expected: how many votes there would be with all nodes.
        total_votes: how many there are.
        quorum: how many it takes.
        blocked: whether the tool says `Activity blocked`.
        flags: `2Node`, `Quorate`, `WaitForAll`, `LastManStanding`, `AutoTieBreaker`,
            `AllowDownscale`, `Qdevice`, and what else there may come.
        members: the nodes that are there.
        device: the quorum device with its votes, if there is one.
        unparsed: the lines that are not understood.

    Source: corosync, tools/corosync-quorumtool.c.
    """

    provider: str | None = None
    date: str | None = None
    node_id: int | None = None
    node_count: int | None = None
    ring_id: str | None = None
    quorate: bool | None = None
    expected_votes: int | None = None
    highest_expected: int | None = None
    total_votes: int | None = None
    quorum: int | None = None
    blocked: bool = False
    flags: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    device: Member | None = None
    unparsed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `corosync-quorumtool` prints with -s or -l, and any of -i, -p, -H, -a, -o."""
        fields: dict[str, Any] = {}
        members: list[Member] = []
        unparsed: list[str] = []
        columns = ("Votes", "Qdevice", "Name")
        for line in text.splitlines():
            if _SKIP.fullmatch(line):
                continue
            if found := _HEAD.fullmatch(line):
                columns = tuple(found[1].split())
            elif found := _FIELD.fullmatch(line):
                if not _read_field(fields, found[1], found[2]):
                    unparsed.append(line)
            elif (member := _member(line, columns)) is not None:
                if member.nodeid == 0:
                    fields["device"] = member
                else:
                    members.append(member)
            else:
                unparsed.append(line)
        return cls(members=tuple(members), unparsed=tuple(unparsed), **fields)

    @property
    def local(self) -> Member | None:
        """The node that was asked."""
        return next((one for one in self.members if one.local), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the nodes that are there."""
        return tuple(one.name for one in self.members)

    @property
    def ring(self) -> tuple[int, int] | None:
        """The node that leads the membership, and its sequence number."""
        found = _RING.fullmatch(self.ring_id or "")
        if found is None:
            return None
        base = 16 if found[2] == "." else 10  # corosync 3 writes both in hex, corosync 2 in decimal
        try:
            return int(found[1], base), int(found[3], base)
        except ValueError:
            return None


def _member(line: str, columns: tuple[str, ...]) -> Member | None:
    """Read a row of the table: the id, the columns that there are, and a name or none."""
    found = _ID.match(line)
    if found is None:
        return None
    nodeid = int(found[1], 16 if found[1].startswith("0x") else 10)
    rest = line[found.end() :]
    votes = device = None
    if "Votes" in columns and (found := _VOTES.match(rest)):
        votes, rest = int(found[1]), rest[found.end() :]
    if "Qdevice" in columns and (found := _DEVICE.match(rest)):
        device, rest = found[1], rest[found.end() :]
    name = rest.strip()
    local = name.endswith("(local)")
    if nodeid == 0 and (found := _DEVICE_VOTES.fullmatch(name)):
        name = found[1]
    return Member(
        nodeid=nodeid,
        # With -a the tool writes a comma behind each name, the last one too.
        name=name.removesuffix("(local)").strip().removesuffix(",").strip(),
        votes=votes,
        local=local,
        device=DeviceVote.parse(device) if device and device != "NR" else None,
    )


def _read_field(fields: dict[str, Any], name: str, value: str) -> bool:
    """Read a line with a name; whether it is understood."""
    if name == "Quorum":
        count, _, rest = value.partition(" ")
        fields["blocked"] = rest.strip() == "Activity blocked"
        value = count
    attribute, read = _FIELDS[name]
    try:
        fields[attribute] = read(value)
    except (ValueError, KeyError):
        return False
    return True


def _number(value: str) -> int:
    if len(value) > 20:  # noqa: PLR2004 - far over 64 bits
        raise ValueError(value)
    return int(value, 16) if value.startswith("0x") else int(value)


_FIELDS: dict[str, tuple[str, Callable[[str], object]]] = {
    "Date": ("date", str),
    "Quorum provider": ("provider", str),
    "Nodes": ("node_count", _number),
    "Node ID": ("node_id", _number),
    "Ring ID": ("ring_id", str),
    "Quorate": ("quorate", {"Yes": True, "No": False}.__getitem__),
    "Expected votes": ("expected_votes", _number),
    "Highest expected": ("highest_expected", _number),
    "Total votes": ("total_votes", _number),
    "Quorum": ("quorum", _number),
    "Flags": ("flags", lambda value: tuple(value.split())),
}
