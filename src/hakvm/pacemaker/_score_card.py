"""How much each resource likes each node, as the scheduler reckons it."""

from collections.abc import Iterator

from attrs import field, frozen

from hakvm.errors import InvalidError
from hakvm.pacemaker._words import format_score, parse_score

__all__ = ["ScoreCard", "Scored", "score_of"]


def score_of(text: str | None) -> int:
    """Read a score that the scheduler printed; 0 where it printed none."""
    try:
        return parse_score(text or "0")
    except InvalidError:
        return 0


@frozen(kw_only=True)
class Scored:
    """The score of a resource on a node.

    Attributes:
        step: the scheduler's function that reckoned it; `promotion` for a promotion score.
    """

    resource: str
    node: str
    score: int
    step: str = ""

    def __str__(self) -> str:
        return f"{self.resource} on {self.node or 'no node'}: {format_score(self.score)}"


@frozen
class ScoreCard:
    """All scores of a run of the scheduler, in the order in which it reckoned them."""

    entries: tuple[Scored, ...] = field(default=(), converter=tuple[Scored, ...])

    def __iter__(self) -> Iterator[Scored]:
        return iter(self.entries)

    def of(self, resource: str) -> dict[str, int]:
        """Return the last score that a resource, or any instance of it, had on each node."""
        found: dict[str, int] = {}
        for one in self.entries:
            if one.step != "promotion" and one.resource.split(":")[0] == resource and one.node:
                found[one.node] = one.score
        return found

    def promotion_of(self, resource: str) -> dict[str, int]:
        """Return the promotion scores of a resource's instances."""
        return {
            one.node: one.score
            for one in self.entries
            if one.step == "promotion" and one.resource.split(":")[0] == resource and one.node
        }
