"""Rules over constraints: which follows which, and in which role."""

from collections.abc import Iterator

import attrs

from hakvm.findings import Layer, Severity, Trouble
from hakvm.pacemaker._bundle import Bundle
from hakvm.pacemaker._cib import Cib
from hakvm.pacemaker._constraints import Colocation, Location, Order
from hakvm.pacemaker._resources import Master
from hakvm.pacemaker._rules import Expression
from hakvm.pacemaker._tree import walk
from hakvm.pacemaker._words import INFINITY, ResourceAction, Role
from hakvm.pacemaker.checks._book import RULES, sample, varied

__all__: list[str] = []

_PROMOTED = (Role.PROMOTED, Role.MASTER)


def _promotable(cib: Cib, rsc: str | None) -> bool:
    return bool(getattr(cib.resources.get(rsc or ""), "promotable", False))


def _promoted_word(cib: Cib, rsc: str | None) -> Role:
    return Role.MASTER if isinstance(cib.resources.get(rsc or ""), Master) else Role.PROMOTED


def _colocations(cib: Cib) -> Iterator[Colocation]:
    for one in cib.constraints.values():
        if isinstance(one, Colocation) and (one.score is None or one.score > 0):
            yield one


def _is_reversed(cib: Cib, one: Colocation) -> bool:
    return (
        one.rsc_role in _PROMOTED
        and _promotable(cib, one.rsc)
        and one.with_rsc is not None
        and not _promotable(cib, one.with_rsc)
    )


def _turned(cib: Cib) -> Cib:
    turned = [
        attrs.evolve(
            one,
            rsc=one.with_rsc,
            rsc_role=one.with_rsc_role,
            with_rsc=one.rsc,
            with_rsc_role=one.rsc_role,
        )
        for one in _colocations(cib)
        if _is_reversed(cib, one)
    ]
    return cib.replace(*turned)


@RULES.rule(
    "pacemaker.colocation-reversed",
    Severity.ERROR,
    Layer.PACEMAKER,
    Layer.DRBD,
    why="the group is placed first and DRBD's promotion follows it, whatever the copies are worth: "
    "an outdated copy is promoted, or nothing starts at all",
    fix="turn it round: colocation … inf: group ms:Promoted",
    source="Pacemaker Explained, colocation: with-rsc is placed first",
    failing=varied(("inf: vm ms:Promoted", "inf: ms:Promoted vm")),
    passing=sample,
    mend=_turned,
)
def colocation_reversed(cib: Cib) -> Iterator[Trouble]:
    """Find a promoted role that follows what ought to follow it."""
    for one in _colocations(cib):
        if _is_reversed(cib, one):
            yield Trouble(
                message=f"{one.rsc} is promoted where {one.with_rsc} is, not the other way round",
                where=f"constraints[{one.id!r}]",
            )


def _lacks_role(cib: Cib, one: Colocation) -> bool:
    if one.with_rsc_role is not None or not _promotable(cib, one.with_rsc):
        return False
    return one.rsc is not None and not _promotable(cib, one.rsc)


def _with_role(cib: Cib) -> Cib:
    return cib.replace(
        *(
            attrs.evolve(one, with_rsc_role=_promoted_word(cib, one.with_rsc))
            for one in _colocations(cib)
            if _lacks_role(cib, one)
        )
    )


@RULES.rule(
    "pacemaker.colocation-without-role",
    Severity.ERROR,
    Layer.PACEMAKER,
    Layer.DRBD,
    why="the group may start beside a copy that is not promoted, whose device cannot be written",
    fix="name the role: inf: group ms:Promoted",
    source="Pacemaker Explained, colocation: with-rsc-role",
    failing=varied(("inf: vm ms:Promoted", "inf: vm ms")),
    passing=sample,
    mend=_with_role,
)
def colocation_without_role(cib: Cib) -> Iterator[Trouble]:
    """Find a resource that follows any instance of a promotable clone."""
    for one in _colocations(cib):
        if _lacks_role(cib, one):
            yield Trouble(
                message=f"{one.rsc} follows any instance of {one.with_rsc}, promoted or not",
                where=f"constraints[{one.id!r}]",
            )


def _orders(cib: Cib) -> Iterator[Order]:
    return (one for one in cib.constraints.values() if isinstance(one, Order))


def _lacks_then(cib: Cib, one: Order) -> bool:
    return (
        one.first_action in {ResourceAction.PROMOTE, ResourceAction.DEMOTE}
        and one.then_action is None
        and one.then is not None
        and not _promotable(cib, one.then)
    )


@RULES.rule(
    "pacemaker.order-without-then-action",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="then-action defaults to the first action: the order is about a promotion that never "
    "happens, and the filesystem starts before DRBD is promoted",
    fix="name both actions: ms:promote group:start",
    source="Pacemaker Explained, ordering: then-action",
    failing=varied(("ms:promote vm:start", "ms:promote vm")),
    passing=sample,
    mend=lambda cib: cib.replace(
        *(
            attrs.evolve(
                one,
                then_action=ResourceAction.START
                if one.first_action == "promote"
                else ResourceAction.STOP,
            )
            for one in _orders(cib)
            if _lacks_then(cib, one)
        )
    ),
)
def order_without_then_action(cib: Cib) -> Iterator[Trouble]:
    """Find an order whose second action is not what it seems."""
    for one in _orders(cib):
        if _lacks_then(cib, one):
            yield Trouble(
                message=f"{one.then} is ordered by its {one.first_action}, which it has not",
                where=f"constraints[{one.id!r}]",
            )


@RULES.rule(
    "pacemaker.promote-not-promotable",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="a resource that cannot be promoted never is: what waits for it never starts, or the order "
    "is ignored",
    fix="make the clone promotable=true, or order its start",
    source="Pacemaker Explained, promotable clones; neither crm_verify nor the schema says it",
    failing=varied(("promotable=true ", ""), ("inf: vm ms:Promoted", "inf: vm ms")),
    passing=sample,
)
def promote_not_promotable(cib: Cib) -> Iterator[Trouble]:
    """Find a promotion that cannot be."""
    for one in _orders(cib):
        for rsc, action in ((one.first, one.first_action), (one.then, one.then_action)):
            if (
                action in {ResourceAction.PROMOTE, ResourceAction.DEMOTE}
                and rsc in cib.resources
                and not _promotable(cib, rsc)
            ):
                yield Trouble(
                    message=f"{rsc} is to {action}, and is not promotable",
                    where=f"constraints[{one.id!r}]",
                )


@RULES.rule(
    "pacemaker.unknown-node",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="a location for a node that is not there does nothing; most often the name is misspelt",
    fix="use the name that `uname -n` gives there",
    source="neither crm_verify nor the schema says it",
    failing=varied(more="location wrong vm 50: nodeone"),
    passing=sample,
)
def unknown_node(cib: Cib) -> Iterator[Trouble]:
    """Find a location for a node that the CIB does not know."""
    if not cib.nodes:
        return  # a configuration from which the nodes were left out
    known = {name.lower() for name in cib.nodes} | _remote_nodes(cib)
    for id_, one in cib.constraints.items():
        if not isinstance(one, Location):
            continue
        named = [one.node] if one.node is not None else []
        named += [
            part.value
            for rule in one.rules
            for part in walk(rule)
            if isinstance(part, Expression)
            and part.attribute == "#uname"
            and part.operation == "eq"
            and part.value is not None
            and part.value_source in {None, "literal"}
        ]
        for name in named:
            if name.lower() not in known:
                yield Trouble(message=f"there is no node {name!r}", where=f"constraints[{id_!r}]")


def _remote_nodes(cib: Cib) -> set[str]:
    """Return the names of nodes that resources make: remote nodes, guests, bundles' replicas."""
    found: set[str] = set()
    for one in cib.resources.values():
        if getattr(one, "type", "") == "remote":
            found.add(one.id.lower())
        if isinstance(one, Bundle) and one.container is not None:
            count = one.container.replicas or one.container.promoted_max or 1
            found |= {f"{one.id}-{number}".lower() for number in range(count)}
        guest = getattr(one, "meta", {}).get("remote-node")
        if guest:
            found.add(guest.lower())
    return found


@RULES.rule(
    "pacemaker.self-colocation",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="a resource always runs where it runs: the constraint that was meant is missing",
    fix="name the other resource",
    source="neither crm_verify nor the schema says it",
    failing=varied(more="colocation self inf: vm vm"),
    passing=sample,
)
def self_colocation(cib: Cib) -> Iterator[Trouble]:
    """Find a resource that follows itself."""
    for one in cib.constraints.values():
        if isinstance(one, Colocation) and one.rsc is not None and one.rsc == one.with_rsc:
            yield Trouble(message=f"{one.rsc} follows itself", where=f"constraints[{one.id!r}]")


@RULES.rule(
    "pacemaker.location-contradiction",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="must and must not: -INFINITY wins, and the resource never runs there",
    fix="remove the one that is not meant",
    source="Pacemaker Explained, scores; neither crm_verify nor the schema says it",
    failing=varied(more="location must vm inf: node1\nlocation never vm -inf: node1"),
    passing=sample,
)
def location_contradiction(cib: Cib) -> Iterator[Trouble]:
    """Find a node on which a resource must run and must not."""
    said: dict[tuple[str, str], dict[int, str]] = {}
    for one in cib.constraints.values():
        if not isinstance(one, Location) or one.rsc is None or one.node is None:
            continue
        if one.score is not None and abs(one.score) >= INFINITY and one.role is None:
            found = said.setdefault((one.rsc, one.node.lower()), {})
            sign = 1 if one.score > 0 else -1
            if -sign in found:
                yield Trouble(
                    message=f"{one.rsc} must and must not run on {one.node}: "
                    f"{found[-sign]} says the contrary",
                    where=f"constraints[{one.id!r}]",
                )
            found[sign] = one.id
