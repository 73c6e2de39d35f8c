"""Write constraints in crmsh's configure language."""

from collections.abc import Iterable

from hakvm.pacemaker._constraints import (
    Colocation,
    Constraint,
    Location,
    Order,
    ResourceSet,
    Ticket,
)
from hakvm.pacemaker._rules import Rule
from hakvm.pacemaker.crm._lexer import quote
from hakvm.pacemaker.crm._rules import write_rule, write_score

__all__ = ["BREAK", "Unsayable", "flag", "write_constraint"]

BREAK = " \\\n\t"
"""What stands between the parts of a statement that goes over several lines."""


class Unsayable(Exception):  # noqa: N818 - not an error: the element is written as XML instead
    """Crmsh's language has no words for it."""


def flag(value: bool | None) -> str | None:
    """Write a boolean as crmsh does."""
    return None if value is None else "true" if value else "false"


def write_constraint(item: Constraint, referenced: frozenset[str]) -> str:
    """Write a constraint; ids in `referenced` must be said.

    Raises:
        Unsayable: crmsh's language has no words for it.
    """
    match item:
        case Location():
            return _location(item, referenced)
        case Colocation():
            return _colocation(item)
        case Order():
            return _order(item)
        case Ticket():
            tail = f" loss-policy={item.loss_policy}" if item.loss_policy else ""
            ends = _sets(item.sets, "role") if item.sets else [_end(item.rsc, item.rsc_role)]
            return f"rsc_ticket {item.id} {quote(item.ticket + ':')} {' '.join(ends)}{tail}"


def _location(item: Location, referenced: frozenset[str]) -> str:
    if item.lifetime is not None:
        raise Unsayable
    if item.rsc is not None:
        target = quote(item.rsc)
    elif item.rsc_pattern is not None:
        target = quote(f"/{item.rsc_pattern}/")
    else:
        target = f"{{ {' '.join(_sets(item.sets, 'role'))} }}"
    head = f"location {item.id} {target}"
    if item.role is not None:
        head += f" role={quote(item.role)}"
    if item.resource_discovery is not None:
        head += f" resource-discovery={quote(item.resource_discovery)}"
    if item.rules:
        rules = [_rule(rule, f"{item.id}-rule", i, referenced) for i, rule in enumerate(item.rules)]
        return BREAK.join([head, *rules]) if len(rules) > 1 else f"{head}{BREAK}{rules[0]}"
    if item.node is None or (item.score is None and item.score_attribute is None):
        raise Unsayable
    return f"{head} {_score(item)} {quote(item.node)}"


def _rule(rule: Rule, stem: str, index: int, referenced: frozenset[str]) -> str:
    default = stem if index == 0 else f"{stem}-{index}"
    text = write_rule(rule, default_id="" if rule.id in referenced else default)
    if text is None:
        raise Unsayable
    return text


def _colocation(item: Colocation) -> str:
    odd = (item.influence, item.rsc_instance, item.with_rsc_instance, item.lifetime)
    if any(one is not None for one in odd) or item.score_attribute_mangle is not None:
        raise Unsayable
    if item.node_attribute != (item.node_attribute or "").lower() and item.node_attribute:
        raise Unsayable  # crmsh would write it small
    ends = (
        _sets(item.sets, "role")
        if item.sets
        else [_end(item.rsc, item.rsc_role), _end(item.with_rsc, item.with_rsc_role)]
    )
    tail = f" node-attribute={quote(item.node_attribute)}" if item.node_attribute else ""
    return f"colocation {item.id} {_score(item)} {' '.join(ends)}{tail}"


def _order(item: Order) -> str:
    odd = (item.require_all, item.first_instance, item.then_instance, item.lifetime)
    if any(one is not None for one in odd):
        raise Unsayable
    ends = (
        _sets(item.sets, "action")
        if item.sets
        else [_end(item.first, item.first_action), _end(item.then, item.then_action)]
    )
    head = f"order {item.id}"
    if item.kind is not None:
        head += f" {item.kind}:"
    elif item.score is not None:
        head += f" {write_score(item.score)}:"
    tail = f" symmetrical={flag(item.symmetrical)}" if item.symmetrical is not None else ""
    return f"{head} {' '.join(ends)}{tail}"


def _score(item: Location | Colocation) -> str:
    if item.score_attribute is not None:
        return quote(f"{item.score_attribute}:")
    if item.score is None:
        raise Unsayable
    return f"{write_score(item.score)}:"


def _end(rsc: str | None, said: str | None) -> str:
    if rsc is None:
        raise Unsayable
    return quote(f"{rsc}:{said}" if said else rsc)


def _sets(sets: Iterable[ResourceSet], what: str) -> list[str]:
    out: list[str] = []
    before: tuple[str | None] | None = None  # what the members of a plain set before this one do
    for one in sets:
        said = one.role if what == "role" else one.action
        other = one.action if what == "role" else one.role
        odd = (one.id_ref, one.ordering, one.score, one.kind, other)
        if any(value is not None for value in odd) or not one.refs:
            raise Unsayable
        plain = one.sequential is not False and one.require_all is not False
        if plain and before == (said,):
            raise Unsayable  # crmsh would read the two as one
        before = (said,) if plain else None
        words = [_end(rsc, said) for rsc in one.ids]
        if one.require_all is False and one.sequential is False:
            words = ["[", *words, "]"]
        elif one.sequential is False:
            words = ["(", *words, ")"]
        elif one.require_all is False:
            words = ["(", "sequential=true", "require-all=false", *words, ")"]
        out += words
    if len(out) == 1 or (len(out) == 2 and what != "location"):  # noqa: PLR2004
        out.append("_rsc_set_")
    return out
