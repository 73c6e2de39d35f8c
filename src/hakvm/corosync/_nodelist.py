"""The section nodelist: who is a member, by which name and address."""

from collections.abc import Iterator, Mapping
from typing import Self

from attrs import frozen

from hakvm.corosync._option import host, number, text
from hakvm.corosync._section import Section, children
from hakvm.errors import InvalidError

__all__ = ["MAX_KNET_NODEID", "MAX_LINKS", "Node", "Nodelist"]

MAX_KNET_NODEID = 65535
MAX_LINKS = 8  # knet's; corosync 2 has two rings


@frozen(kw_only=True, repr=False)
class Node(Section):
    """A member of the cluster.

    Attributes:
        name: as `uname -n` on the node says it; Pacemaker takes it over.
        nodeid: from 1 on; knet wants one, up to 65535; corosync 2 makes one of the address.
        quorum_votes: how many votes it has; 1 where it is not given.
        ring0_addr … ring7_addr: its address or name on each link.

    Source: corosync.conf(5), "nodelist"; votequorum(5).
    """

    name: str | None = text()
    nodeid: int | None = number()
    quorum_votes: int | None = number(default=1)
    ring0_addr: str | None = host()
    ring1_addr: str | None = host()
    ring2_addr: str | None = host()
    ring3_addr: str | None = host()
    ring4_addr: str | None = host()
    ring5_addr: str | None = host()
    ring6_addr: str | None = host()
    ring7_addr: str | None = host()

    @classmethod
    def of(cls, name: str | None, nodeid: int | None, *addresses: str) -> Self:
        """Make a node from its addresses, link by link: `Node.of("node1", 1, "10.0.0.1")`.

        Raises:
            InvalidError: no address, more than eight, or one that is none.
        """
        if not 1 <= len(addresses) <= MAX_LINKS:
            raise InvalidError(
                f"{len(addresses)} addresses", path="addresses", hint="one for each link, 1 to 8"
            )
        named = {f"ring{link}_addr": one for link, one in enumerate(addresses)}
        return cls(name=name, nodeid=nodeid, **named)  # type: ignore[arg-type]

    @property
    def addresses(self) -> Mapping[int, str]:
        """Its addresses by the number of the link."""
        found = (
            self.ring0_addr,
            self.ring1_addr,
            self.ring2_addr,
            self.ring3_addr,
            self.ring4_addr,
            self.ring5_addr,
            self.ring6_addr,
            self.ring7_addr,
        )
        return {link: one for link, one in enumerate(found) if one is not None}


@frozen(kw_only=True, repr=False)
class Nodelist(Section):
    """The members of the cluster; iterates over them, and finds one by its name or place."""

    node: tuple[Node, ...] = children(Node, "node")

    @classmethod
    def of(cls, *nodes: Node) -> Self:
        """Make a list of these nodes."""
        return cls(node=nodes)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, in the order of the file."""
        return self.node

    def __len__(self) -> int:
        return len(self.node)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.node)

    def __getitem__(self, which: int | str) -> Node:
        if isinstance(which, int):
            return self.node[which]
        for one in self.node:
            if one.name == which:
                return one
        raise KeyError(which)
