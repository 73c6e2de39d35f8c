"""Promotion scores from the state of DRBD's copies, as its agent gives them.

Source: ocf:linbit:drbd, `drbd_update_master_score` and its parameter
`adjust_master_score`.
"""

from collections.abc import Mapping
from typing import Protocol

__all__ = ["AGENT_SCORES", "DrbdState", "drbd_score", "drbd_scores"]

AGENT_SCORES = (0, 10, 1000, 10_000)
"""The agent's default of `adjust_master_score`: for consistent data; for the peer's good data
alone; for good data while the peer is unknown; for good data. Before drbd-utils 9 the first was 5.
"""

_OUT_OF_TOUCH = frozenset({"DUnknown", "Unknown", ""})


class DrbdState(Protocol):
    """What is asked of a copy: words of the kernel, as `drbd.ProcDrbd`'s devices have them.

    Attributes:
        disk, peer_disk: as `UpToDate`, `Outdated`, `DUnknown`.
        role: `Primary` or `Secondary`.
    """

    @property
    def disk(self) -> object:
        """The state of the data here."""

    @property
    def peer_disk(self) -> object:
        """The state of the data there."""

    @property
    def role(self) -> object:
        """Whether it is written to here."""


def _word(value: object) -> str:
    """Return the word of an enumeration's member, or of a text."""
    return str(getattr(value, "value", value) or "")


def drbd_score(state: DrbdState, scores: tuple[int, int, int, int] = AGENT_SCORES) -> int:
    """Return the promotion score that DRBD's agent gives to a copy in that state; 0 for none.

    Args:
        state: of the copy.
        scores: the agent's `adjust_master_score`.
    """
    consistent, remote, alone, good = scores
    disk, peer, role = _word(state.disk), _word(state.peer_disk), _word(state.role)
    if disk == "UpToDate":
        return good if role == "Primary" or peer not in _OUT_OF_TOUCH else alone
    if peer == "UpToDate":
        return remote  # its own data is no good, and the peer's is in reach
    return consistent if disk == "Consistent" else 0


def drbd_scores(
    resource: str,
    states: Mapping[str, DrbdState],
    scores: tuple[int, int, int, int] = AGENT_SCORES,
) -> dict[str, dict[str, int]]:
    """Return promotion scores for `simulate` from the state of the copy on each node.

    simulate(cib, promotion=drbd_scores("ms_drbd", {"node1": device1, "node2": device2}))
    """
    return {resource: {node: drbd_score(state, scores) for node, state in states.items()}}
