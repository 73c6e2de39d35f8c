"""How the nodes see each other on each link: what corosync-cfgtool prints."""

import re
from typing import Self

from attrs import frozen

__all__ = ["Link", "LinkPeer", "Links", "Peer", "PeerLink", "Peers"]

_LOCAL = re.compile(r"Local node ID ([0-9]{1,10})(?:, transport (\S+))?\s*")
_LINK = re.compile(r"(?:LINK|RING) ID ([0-9]{1,3})(?:[ \t]+(\S+))?\s*")
_ADDRESS = re.compile(r"\s+(?:addr|id)\s*=\s*(.*?)\s*")
_STATUS = re.compile(r"\s+status\s*=\s*(.*?)\s*")
_PEER = re.compile(r"\s+nodeid:?\s*([0-9]{1,10}):\s*(.*?)\s*")
_PEER_30 = re.compile(r"\s+node ([0-9]{1,10}):\s*link enabled:([01])\s*link connected:([01])\s*")
_SKIP = re.compile(r"\s*|\s+status:\s*|Printing (?:ring|link) status\.")
_BRIEF = re.compile(r"[n0-3d?]+")
_NO_FAULTS = re.compile(r"ring [0-9]+ active with no faults|OK")


@frozen(kw_only=True)
class LinkPeer:
    """How the local node sees another on one link.

    Attributes:
        nodeid: the other's id; `None` where the tool counts places instead.
        place: its place in the nodelist, from 0 on; `None` where the tool gives ids.
        state: the tool's own word: localhost, connected, disconnected; or its digit.
        enabled: whether the link is up here.
        connected: whether it reaches the other; `None` where that was not said.
    """

    nodeid: int | None = None
    place: int | None = None
    state: str
    enabled: bool | None = None
    connected: bool | None = None

    @property
    def local(self) -> bool:
        """Whether it is the local node itself."""
        return self.state in {"localhost", "n"}


@frozen(kw_only=True)
class Link:
    """One link (corosync 3) or ring (corosync 2) of the local node.

    Attributes:
        number: from 0 on.
        protocol: udp or sctp with knet; empty otherwise.
        address: as the tool says it. With udpu corosync 3 gives another node's.
        status: the tool's own words, where it has one line for all.
        peers: the nodes on it.
    """

    number: int
    protocol: str = ""
    address: str = ""
    status: str = ""
    peers: tuple[LinkPeer, ...] = ()

    @property
    def faulty(self) -> bool | None:
        """Whether a node is not reached, or the ring is marked so; `None` where it is not said."""
        said = [one.connected for one in self.peers if not one.local]
        if any(connected is False for connected in said):
            return True
        if self.status and not _BRIEF.fullmatch(self.status):
            if _NO_FAULTS.fullmatch(self.status):
                return False
            return True if "FAULTY" in self.status else None
        return None if None in said or not self.peers else False


@frozen(kw_only=True)
class Links:
    """The links of one node: what `corosync-cfgtool -s` prints, brief or not.

    Attributes:
        node_id: the id of the node that was asked.
        transport: knet, udpu or udp; corosync 2 does not say it.
        links: in the order of their numbers.
        unparsed: the lines that are not understood.

    Source: tools/corosync-cfgtool.c of corosync 2.4, 3.0 and 3.1; exec/totemrrp.c.
    """

    node_id: int | None = None
    transport: str | None = None
    links: tuple[Link, ...] = ()
    unparsed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `corosync-cfgtool -s` or `-sb` prints, of corosync 2 or 3."""
        node_id: int | None = None
        transport: str | None = None
        found: list[_Draft] = []
        unparsed: list[str] = []
        for line in text.splitlines():
            if said := _LOCAL.fullmatch(line):
                node_id, transport = int(said[1]), said[2]
            elif said := _LINK.fullmatch(line):
                found.append(_Draft(int(said[1]), said[2] or ""))
            elif not _SKIP.fullmatch(line) and not (found and found[-1].take(line)):
                unparsed.append(line)
        return cls(
            node_id=node_id,
            transport=transport,
            links=tuple(one.done() for one in found),
            unparsed=tuple(unparsed),
        )

    @property
    def faulty(self) -> tuple[Link, ...]:
        """The links on which a node is not reached."""
        return tuple(one for one in self.links if one.faulty)


class _Draft:
    """A link while its lines come in."""

    def __init__(self, number: int, protocol: str) -> None:
        self.number = number
        self.protocol = protocol
        self.address = ""
        self.status = ""
        self.peers: list[LinkPeer] = []

    def take(self, line: str) -> bool:
        """Take a line that belongs to it; whether it does."""
        if said := _ADDRESS.fullmatch(line):
            self.address = said[1]
        elif said := _PEER.fullmatch(line):
            word = said[2]
            connected = {"connected": True, "disconnected": False}.get(word)
            self.peers.append(LinkPeer(nodeid=int(said[1]), state=word, connected=connected))
        elif said := _PEER_30.fullmatch(line):
            enabled, connected = said[2] == "1", said[3] == "1"
            state = str(enabled + 2 * connected)
            self.peers.append(
                LinkPeer(place=int(said[1]), state=state, enabled=enabled, connected=connected)
            )
        elif said := _STATUS.fullmatch(line):
            self.status = said[1]
            if _BRIEF.fullmatch(said[1]):
                self.peers += [_brief(place, digit) for place, digit in enumerate(said[1])]
        else:
            return False
        return True

    def done(self) -> Link:
        return Link(
            number=self.number,
            protocol=self.protocol,
            address=self.address,
            status=self.status,
            peers=tuple(self.peers),
        )


def _brief(place: int, digit: str) -> LinkPeer:
    """Read a digit of the brief form: 1 for enabled, 2 for connected, n for the node itself."""
    if not digit.isdigit():
        return LinkPeer(place=place, state=digit)
    bits = int(digit)
    return LinkPeer(place=place, state=digit, enabled=bool(bits & 1), connected=bool(bits & 2))


_NODE = re.compile(
    r"nodeid: ([0-9]{1,10}) reachable((?: remote| external)*)"
    r"(?:\s+onwire \(min/max/cur\): ([0-9]+), ([0-9]+), ([0-9]+))?\s*"
)
_PEER_LINK = re.compile(
    r"\s+LINK: ([0-9]{1,3})\s+(?:(\w+)\s+)?\(([^()>]*?)(?:->([^()]*))?\)"
    r"((?:\s+(?:enabled|connected|dynconnected))*)\s+mtu: ([0-9]{1,9})\s*"
)


@frozen(kw_only=True)
class PeerLink:
    """One link to another node.

    Attributes:
        link: its number.
        protocol: udp or sctp with knet; empty otherwise.
        source, destination: its addresses; with udp and udpu there is only one.
        enabled, connected: whether it is up, and whether it reaches the other.
        mtu: the size of its packets, in bytes.
    """

    link: int
    protocol: str = ""
    source: str = ""
    destination: str = ""
    enabled: bool = False
    connected: bool = False
    dynconnected: bool = False
    mtu: int = 0


@frozen(kw_only=True)
class Peer:
    """A node that can be reached.

    Attributes:
        nodeid: its id.
        remote, external: as the tool says it.
        onwire: the least, the greatest and the present version of what goes over the wire.
        links: the links to it.
    """

    nodeid: int
    remote: bool = False
    external: bool = False
    onwire: tuple[int, int, int] | None = None
    links: tuple[PeerLink, ...] = ()


@frozen(kw_only=True)
class Peers:
    """The other nodes that can be reached: what `corosync-cfgtool -n` prints (corosync 3.1).

    Attributes:
        node_id: the id of the node that was asked.
        transport: knet, udpu or udp.
        peers: the nodes that can be reached; those that cannot are not named.
        unparsed: the lines that are not understood.
    """

    node_id: int | None = None
    transport: str | None = None
    peers: tuple[Peer, ...] = ()
    unparsed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `corosync-cfgtool -n` prints."""
        node_id: int | None = None
        transport: str | None = None
        heads: list[re.Match[str]] = []
        links: list[list[PeerLink]] = []
        unparsed: list[str] = []
        for line in text.splitlines():
            if said := _LOCAL.fullmatch(line):
                node_id, transport = int(said[1]), said[2]
            elif said := _NODE.fullmatch(line):
                heads.append(said)
                links.append([])
            elif links and (said := _PEER_LINK.fullmatch(line)):
                links[-1].append(_peer_link(said))
            elif line.strip():
                unparsed.append(line)
        peers = [_peer(head, own) for head, own in zip(heads, links, strict=True)]
        return cls(
            node_id=node_id, transport=transport, peers=tuple(peers), unparsed=tuple(unparsed)
        )


def _peer_link(said: re.Match[str]) -> PeerLink:
    words = said[5].split()
    return PeerLink(
        link=int(said[1]),
        protocol=said[2] or "",
        source=said[3].strip(),
        destination=(said[4] or "").strip(),
        enabled="enabled" in words,
        connected="connected" in words,
        dynconnected="dynconnected" in words,
        mtu=int(said[6]),
    )


def _peer(head: re.Match[str], links: list[PeerLink]) -> Peer:
    words = head[2].split()
    wire = (int(head[3]), int(head[4]), int(head[5])) if head[3] and len(head[3]) < 10 else None  # noqa: PLR2004 - a small number
    return Peer(
        nodeid=int(head[1]),
        remote="remote" in words,
        external="external" in words,
        onwire=wire,
        links=tuple(links),
    )
