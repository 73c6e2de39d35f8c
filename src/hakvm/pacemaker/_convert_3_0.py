"""What Pacemaker 3.0 took away, said in the words that it kept.

Source: upgrade-3.10-*.xsl of Pacemaker 3.0.
"""

from typing import TypeVar

import attrs

from hakvm.pacemaker._cib import Cib, Constraints
from hakvm.pacemaker._constraints import Colocation, Location, Order, ResourceSet, Ticket
from hakvm.pacemaker._ids import Ids, name_parts
from hakvm.pacemaker._nvpairs import AttributeSet, MetaAttributes, Nvpair
from hakvm.pacemaker._rules import Expression, Rule
from hakvm.pacemaker._tree import transform, walk
from hakvm.pacemaker._words import BooleanOp, Comparison
from hakvm.xmlmodel import Element

__all__ = ["modernized"]

C = TypeVar("C", bound=Cib)

# Meta attributes that 3.0 knows no more; restart-type is gone with the default only.
_GONE = frozenset({"can_fail", "role_after_failure", "restart-type"})


def modernized(cib: C) -> C:
    """Return the CIB with every construct that 3.0 dropped in the form that it kept."""
    pairs = {
        one.id: one
        for one in walk(cib.configuration)
        if isinstance(one, Nvpair) and one.id is not None
    }
    ids = Ids.of(cib)

    def change(one: Element) -> Element:
        return _set(one, pairs) if isinstance(one, AttributeSet) else one

    config = transform(cib.configuration, change)
    section = config.constraints
    if section is not None:
        items = tuple(part for item in section.items for part in _constraint(item, ids))
        if items != section.items:
            config = attrs.evolve(config, constraints=Constraints(items=items))
    if config is cib.configuration:
        return cib
    return attrs.evolve(cib, configuration=config)


def _set(one: AttributeSet, known: dict[str, Nvpair]) -> AttributeSet:
    """Return the set without pairs that say nothing, and with those that stand elsewhere."""
    out: list[Nvpair] = []
    for pair in one.nvpairs:
        new = pair
        if pair.id_ref is not None and pair.name is not None and pair.id_ref in known:
            # Under another name than it has there: that must now be said in full.
            value = known[pair.id_ref].value
            new = Nvpair(id=f"{one.id}-{pair.name}", name=pair.name, value=value)
        if new.id_ref is None and new.value is None:
            continue  # without a value it never had any effect
        if isinstance(one, MetaAttributes) and new.name in _GONE:
            continue
        out.append(new)
    if len(out) == len(one.nvpairs) and all(a is b for a, b in zip(out, one.nvpairs, strict=True)):
        return one
    return attrs.evolve(one, nvpairs=tuple(out))


def _constraint(
    item: Location | Colocation | Order | Ticket, ids: Ids
) -> list[Location | Colocation | Order | Ticket]:
    """Return locations with one rule each, and none with a lifetime: their scores add up."""
    if not isinstance(item, Location):
        return [item]
    if item.lifetime is not None:
        item = _without_lifetime(item, ids)
    if len(item.rules) < 2:  # noqa: PLR2004 - one is allowed
        return [item]
    out: list[Location | Colocation | Order | Ticket] = []
    for number, rule in enumerate(item.rules):
        # The sets of a further location refer to those of the first.
        name = item.id if number == 0 else ids.new(item.id, str(number + 1))
        sets = item.sets if number == 0 else tuple(_referring(one) for one in item.sets)
        out.append(attrs.evolve(item, id=name, rules=(rule,), sets=sets))
    return out


def _referring(one: ResourceSet) -> ResourceSet:
    return one if one.id_ref else ResourceSet(id_ref=one.id)


def _without_lifetime(item: Location, ids: Ids) -> Location:
    """Return the location with its lifetime as a condition of its rules."""
    times = tuple(_plain(rule) for rule in item.lifetime.rules) if item.lifetime else ()
    if not times:
        return attrs.evolve(item, lifetime=None)
    when = times[0] if len(times) == 1 else Rule(id="", boolean_op=BooleanOp.OR, conditions=times)
    if item.rules:
        rules = tuple(
            Rule(
                id="",
                role=rule.role,
                score=rule.score,
                score_attribute=rule.score_attribute,
                conditions=(_plain(rule), when if number == 0 else _copied(when)),
            )
            for number, rule in enumerate(item.rules)
        )
    else:
        here = Expression(id="", attribute="#uname", operation=Comparison.EQ, value=item.node or "")
        rules = (Rule(id="", role=item.role, score=item.score, conditions=(here, when)),)
    made = attrs.evolve(item, node=None, score=None, role=None, rules=rules, lifetime=None)
    return name_parts(made, ids)


def _plain(rule: Rule) -> Rule:
    """Return a rule as it may stand within another: without a score of its own."""
    return attrs.evolve(rule, score=None, score_attribute=None, role=None)


def _copied(rule: Rule) -> Rule:
    """Return the rule with its ids to be made anew."""

    def nameless(one: Element) -> Element:
        return attrs.evolve(one, id="") if hasattr(type(one), "id") else one  # type: ignore[call-arg]  # it has one

    return attrs.evolve(transform(rule, nameless), id="")
