"""Rules over what constraints say together: rings that nobody can satisfy."""

from collections.abc import Iterator, Mapping

from hakvm.findings import Layer, Severity, Trouble
from hakvm.pacemaker._cib import Cib
from hakvm.pacemaker._constraints import Colocation, Order
from hakvm.pacemaker._words import INFINITY, Kind
from hakvm.pacemaker.checks._book import RULES, sample, varied

__all__: list[str] = []


def _ring(edges: Mapping[str, Mapping[str, str]]) -> tuple[list[str], str] | None:
    """Return the members of a ring, and the constraint that closes it."""
    state: dict[str, int] = {}
    for start in edges:
        if start in state:
            continue
        path: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(edges[start]))]
        state[start] = 1
        path.append(start)
        while stack:
            here, ahead = stack[-1]
            there = next(ahead, None)
            if there is None:
                state[here] = 2
                stack.pop()
                path.pop()
            elif state.get(there) == 1:
                return [*path[path.index(there) :], there], edges[here][there]
            elif there not in state:
                state[there] = 1
                path.append(there)
                stack.append((there, iter(edges.get(there, {}))))
    return None


@RULES.rule(
    "pacemaker.order-cycle",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="each waits for the next, and nothing starts",
    fix="remove one of the orders",
    source="neither crm_verify nor the schema says it",
    failing=varied(more="order back Mandatory: vm:start ms:promote"),
    passing=sample,
)
def order_cycle(cib: Cib) -> Iterator[Trouble]:
    """Find actions that wait for one another in a ring."""
    edges: dict[str, dict[str, str]] = {}
    for one in cib.constraints.values():
        if not isinstance(one, Order) or one.first is None or one.then is None:
            continue
        if one.kind not in {None, Kind.MANDATORY} or (one.kind is None and one.score == 0):
            continue
        first_action = one.first_action or "start"
        first = f"{one.first}:{first_action}"
        then = f"{one.then}:{one.then_action or first_action}"
        edges.setdefault(first, {}).setdefault(then, one.id)
    found = _ring(edges)
    if found is not None:
        yield Trouble(message=f"a ring: {' → '.join(found[0])}", where=f"constraints[{found[1]!r}]")


@RULES.rule(
    "pacemaker.colocation-cycle",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="each is to be placed after the next: Pacemaker breaks the ring where it likes",
    fix="let all but one follow that one",
    source="neither crm_verify nor the schema says it",
    failing=varied(more="colocation back inf: ms:Promoted vm"),
    passing=sample,
)
def colocation_cycle(cib: Cib) -> Iterator[Trouble]:
    """Find resources that follow one another in a ring."""
    edges: dict[str, dict[str, str]] = {}
    for one in cib.constraints.values():
        if (
            isinstance(one, Colocation)
            and one.rsc is not None
            and one.with_rsc not in {None, one.rsc}
            and (one.score is None or one.score >= INFINITY)
        ):
            edges.setdefault(one.rsc, {}).setdefault(str(one.with_rsc), one.id)
    found = _ring(edges)
    if found is not None:
        yield Trouble(message=f"a ring: {' → '.join(found[0])}", where=f"constraints[{found[1]!r}]")
