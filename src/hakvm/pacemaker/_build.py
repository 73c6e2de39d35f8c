"""Make resources and constraints in words that cannot be read the wrong way round.

ms = promotable("ms_drbd", primitive("drbd", "ocf:linbit:drbd", drbd_resource="r0"))
vm = group("vm", primitive("fs", "ocf:heartbeat:Filesystem", device="/dev/drbd0"))
colocate(vm, with_=ms.promoted)     # the group goes where the promoted instance is
order(ms.promote, vm.start)         # first, then
"""

from collections.abc import Mapping
from typing import Any

from hakvm.errors import InvalidError
from hakvm.pacemaker._cib import Resource, text_of
from hakvm.pacemaker._constraints import (
    Colocation,
    Location,
    Order,
    ResourceRef,
    ResourceSet,
    Ticket,
)
from hakvm.pacemaker._ids import Ids, check_id, name_parts
from hakvm.pacemaker._nvpairs import (
    InstanceAttributes,
    MetaAttributes,
    Nvpair,
    Utilization,
)
from hakvm.pacemaker._refs import ActionRef, RoleRef
from hakvm.pacemaker._resources import Clone, Group, Op, Operations, Primitive, Template
from hakvm.pacemaker._rules import Rule
from hakvm.pacemaker._words import INFINITY, Discovery, Kind, LossPolicy, OnFail, Role, parse_score

__all__ = [
    "clone",
    "colocate",
    "group",
    "location",
    "op",
    "order",
    "primitive",
    "promotable",
    "rule",
    "template",
    "ticket",
]

Value = str | int | bool
Target = Resource | RoleRef | str
"""A resource, a resource in a role, or an id."""


def _pairs(values: Mapping[str, Value]) -> tuple[Nvpair, ...]:
    return tuple(Nvpair(id="", name=name, value=text_of(value)) for name, value in values.items())


def _instance(values: Mapping[str, Value]) -> tuple[InstanceAttributes, ...]:
    return (InstanceAttributes(id="", nvpairs=_pairs(values)),) if values else ()


def _meta(values: Mapping[str, Value]) -> tuple[MetaAttributes, ...]:
    return (MetaAttributes(id="", nvpairs=_pairs(values)),) if values else ()


def _underscored(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return meta attributes given as keywords under their names: `clone_max` is clone-max."""
    return {name.replace("_", "-"): value for name, value in values.items()}


def op(
    name: str,
    *,
    interval: str | int = 0,
    timeout: str | int | None = None,
    role: Role | str | None = None,
    on_fail: OnFail | str | None = None,
    **params: Value,
) -> Op:
    """Make an operation: `op("monitor", interval="29s", role=Role.PROMOTED, timeout="20s")`.

    Durations are numbers of seconds, or texts with a unit. Further keywords
    become parameters of the agent for this operation.
    """
    return Op(
        name=name,
        interval=str(interval),
        timeout=None if timeout is None else str(timeout),
        role=role,
        on_fail=on_fail,
        instance_attributes=_instance(params),
    )


def _agent(text: str) -> dict[str, Any]:
    parts = text.split(":")
    if text.startswith("@"):
        return {"template": check_id(text[1:], path="template")}
    match parts:
        case ["ocf", provider, type_] if provider and type_:
            return {"class_": "ocf", "provider": provider, "type": type_}
        case [class_, type_] if class_ and class_ != "ocf" and type_:
            return {"class_": class_, "type": type_}
        case _:
            raise InvalidError(
                f"{text!r} is no agent",
                path="agent",
                value=text,
                hint="ocf:heartbeat:Filesystem, systemd:nginx, stonith:fence_ipmilan or @template",
            )


def primitive(
    id_: str,
    agent: str,
    *ops: Op,
    params: Mapping[str, Value] | None = None,
    meta: Mapping[str, Value] | None = None,
    utilization: Mapping[str, int] | None = None,
    **more: Value,
) -> Primitive:
    """Make a primitive: `primitive("fs", "ocf:heartbeat:Filesystem", device="/dev/drbd0")`.

    Further keywords are parameters of the agent, as `params` are.

    Raises:
        InvalidError: no id, or no agent.
    """
    values: dict[str, Value] = {**(params or {}), **more}
    one = Primitive(
        id=check_id(id_),
        **_agent(agent),
        instance_attributes=_instance(values),
        operations=Operations(ops=ops) if ops else None,
        meta_attributes=_meta(meta or {}),
        utilization=(Utilization(id="", nvpairs=_pairs(utilization)),) if utilization else (),
    )
    return name_parts(one, Ids([id_]))


def template(
    id_: str,
    agent: str,
    *ops: Op,
    params: Mapping[str, Value] | None = None,
    meta: Mapping[str, Value] | None = None,
    **more: Value,
) -> Template:
    """Make a template for primitives with the agent `@id`; the words are `primitive`'s.

    Raises:
        InvalidError: no id, or no agent.
    """
    one = Template(
        id=check_id(id_),
        **_agent(agent),
        instance_attributes=_instance({**(params or {}), **more}),
        operations=Operations(ops=ops) if ops else None,
        meta_attributes=_meta(meta or {}),
    )
    return name_parts(one, Ids([id_]))


def group(id_: str, *primitives: Primitive, meta: Mapping[str, Value] | None = None) -> Group:
    """Make a group: its members run together and start in the order given.

    Raises:
        InvalidError: no id, or no member.
    """
    if not primitives:
        raise InvalidError("a group needs a member", path=f"group {id_}", hint="give it primitives")
    one = Group(id=check_id(id_), meta_attributes=_meta(meta or {}), primitives=primitives)
    return name_parts(one, Ids([id_]))


def clone(
    id_: str,
    resource: Primitive | Group,
    *,
    meta: Mapping[str, Value] | None = None,
    **more: Value,
) -> Clone:
    """Make a clone: an instance on each node. Keywords are meta attributes: `interleave=True`.

    Raises:
        InvalidError: no id.
    """
    one = Clone(
        id=check_id(id_),
        meta_attributes=_meta({**_underscored(more), **(meta or {})}),
        primitive=resource if isinstance(resource, Primitive) else None,
        group=resource if isinstance(resource, Group) else None,
    )
    return name_parts(one, Ids([id_]))


def promotable(
    id_: str,
    resource: Primitive | Group,
    *,
    meta: Mapping[str, Value] | None = None,
    **more: Value,
) -> Clone:
    """Make a promotable clone. Keywords are meta attributes: `notify=True, promoted_max=1`.

    For Pacemaker 1.1 `cib.to_release` makes a `<master>` of it.

    Raises:
        InvalidError: no id.
    """
    return clone(id_, resource, meta=meta, **{"promotable": True, **more})


def _target(target: Target) -> tuple[str, Role | None]:
    if isinstance(target, str):
        return check_id(target, path="rsc"), None
    if isinstance(target, RoleRef):
        return target.rsc, target.role
    return target.id, None


def _score(score: int | str) -> int:
    return parse_score(score) if isinstance(score, str) else score


def colocate(
    resource: Target,
    *,
    with_: Target,
    score: int | str = INFINITY,
    id_: str = "",
) -> Colocation:
    """Let a resource run where `with_` runs: `with_` is placed first, the other follows it.

        colocate(group, with_=ms.promoted)

    Raises:
        InvalidError: no id, or no score.
    """
    rsc, role = _target(resource)
    after, after_role = _target(with_)
    return Colocation(
        id=check_id(id_) if id_ else Ids().new(rsc, "with", after),
        score=_score(score),
        rsc=rsc,
        rsc_role=role,
        with_rsc=after,
        with_rsc_role=after_role,
    )


def order(
    *actions: ActionRef | Resource | str,
    kind: Kind = Kind.MANDATORY,
    symmetrical: bool | None = None,
    id_: str = "",
) -> Order:
    """Let actions wait for one another, in the order given: `order(ms.promote, group.start)`.

    A resource by itself stands for its start.

    Raises:
        InvalidError: fewer than two actions.
    """
    ends = [
        one if isinstance(one, ActionRef) else ActionRef(rsc=_target(one)[0]) for one in actions
    ]
    if len(ends) < 2:  # noqa: PLR2004 - first, then
        raise InvalidError("an order needs two actions", path="order", hint="order(first, then)")
    own = check_id(id_) if id_ else Ids().new("-then-".join(end.rsc for end in ends))
    # Two actions of which only the first is named would mean the first one's twice.
    if len(ends) == 2:  # noqa: PLR2004 - first, then
        first, then = ends
        named = first.action is not None or then.action is not None
        return Order(
            id=own,
            kind=kind,
            symmetrical=symmetrical,
            first=first.rsc,
            first_action=first.action or ("start" if named else None),
            then=then.rsc,
            then_action=then.action or ("start" if named else None),
        )
    sets = tuple(
        ResourceSet(id="", action=end.action, refs=(ResourceRef(id=end.rsc),)) for end in ends
    )
    return name_parts(Order(id=own, kind=kind, symmetrical=symmetrical, sets=sets), Ids([own]))


def location(
    target: Target,
    *rules: Rule,
    node: str | None = None,
    score: int | str | None = None,
    discovery: Discovery | None = None,
    id_: str = "",
) -> Location:
    """Say where a resource may run: on a node with a score, or by rules.

        location(ms, node="node1", score=100)
        location(ms, rule("#uname eq node1", score=100, role=Role.PROMOTED))

    Raises:
        InvalidError: neither a node with a score nor rules, or both.
    """
    rsc, role = _target(target)
    if (node is None) != (score is None) or bool(rules) == (node is not None):
        raise InvalidError(
            "a location takes a node with a score, or rules",
            path=f"location {rsc}",
            hint='location(rsc, node="node1", score=100) or location(rsc, rule(…))',
        )
    own = check_id(id_) if id_ else Ids().new(rsc, "on", node or "rule")
    one = Location(
        id=own,
        rsc=rsc,
        role=role,
        node=node,
        score=None if score is None else _score(score),
        resource_discovery=discovery,
        rules=rules,
    )
    return name_parts(one, Ids([own]))


def rule(
    expression: str,
    *,
    score: int | str = INFINITY,
    role: Role | str | None = None,
) -> Rule:
    """Make a rule from conditions as crmsh writes them: `rule("#uname eq node1", score=100)`.

    Raises:
        ParseError: the text is no expression.
    """
    from hakvm.pacemaker.crm import parse_rule  # noqa: PLC0415 - the language needs this package

    return parse_rule(expression, score=_score(score), role=role)


def ticket(
    name: str, *resources: Target, loss_policy: LossPolicy | None = None, id_: str = ""
) -> Ticket:
    """Let resources run only while a ticket is granted here.

    Raises:
        InvalidError: no resource.
    """
    ends = [_target(one) for one in resources]
    if not ends:
        raise InvalidError("a ticket needs a resource", path=f"ticket {name}")
    own = check_id(id_) if id_ else Ids().new(name, "req", *(rsc for rsc, _ in ends))
    if len(ends) == 1:
        return Ticket(
            id=own, rsc=ends[0][0], rsc_role=ends[0][1], ticket=name, loss_policy=loss_policy
        )
    sets = tuple(ResourceSet(id="", role=role, refs=(ResourceRef(id=rsc),)) for rsc, role in ends)
    one = Ticket(id=own, ticket=name, loss_policy=loss_policy, sets=sets)
    return name_parts(one, Ids([own]))
