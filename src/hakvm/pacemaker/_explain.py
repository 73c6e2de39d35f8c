"""Why a resource is where it is: the scheduler's scores and decisions, in sentences."""

from typing import TYPE_CHECKING

from hakvm.errors import InvalidError
from hakvm.pacemaker._constraints import Colocation, Location, Order
from hakvm.pacemaker._status import ResourceStatus, Status
from hakvm.pacemaker._words import INFINITY, Role, format_score, role_of

if TYPE_CHECKING:
    from hakvm.pacemaker._simulate import Simulation

__all__ = ["explain"]


def explain(simulation: "Simulation", resource: str) -> tuple[str, ...]:
    """Return, in sentences, why `resource` is where it is.

    Raises:
        InvalidError: the CIB has no such resource.
    """
    cib = simulation.cib
    item = cib.resources.get(resource)
    if item is None:
        raise InvalidError(f"there is no resource {resource!r}", path="resource", value=resource)
    out: list[str] = []
    where = simulation.placement.get(resource, ())
    out.append(f"{resource} runs on {', '.join(where)}" if where else f"{resource} does not run")
    out += _states(simulation.status, resource)
    for decision in simulation.decisions:
        if decision.resource is not None and decision.resource.split(":")[0] == resource:
            stopped = " and cannot" if decision.blocked else ""
            reason = f", because of {decision.reason}" if decision.reason else ""
            node = f" on {decision.node}" if decision.node else ""
            out.append(f"it is to {decision.action}{node}{stopped}{reason}")
    wanted = role_of(item.meta.get("target-role") or cib.rsc_defaults.get("target-role"))
    if wanted is Role.STOPPED:
        out.append("its target-role is Stopped")
    for node, score in simulation.scores.of(resource).items():
        if score <= -INFINITY:
            out.append(f"it may not run on {node}: its score there is {format_score(score)}")
        else:
            out.append(f"its score on {node} is {format_score(score)}")
    for node, score in simulation.scores.promotion_of(resource).items():
        out.append(f"its promotion score on {node} is {format_score(score)}")
    return (*out, *_constraints(simulation, resource))


def _states(status: Status, resource: str) -> list[str]:
    out: list[str] = []
    for node in status.nodes:
        if node.unclean:
            out.append(f"{node.name} is unclean: nothing moves from it before it is fenced")
        elif not node.online:
            out.append(f"{node.name} is offline")
        elif node.standby or node.standby_onfail:
            out.append(f"{node.name} is on standby")
        elif node.maintenance:
            out.append(f"{node.name} is in maintenance")
    for item in status.resources:
        for one in item.primitives:
            if one.id.split(":")[0] == resource:
                out += _flags(one)
    return out


def _flags(one: ResourceStatus) -> list[str]:
    words = {
        "blocked": one.blocked,
        "failed": one.failed,
        "not managed": not one.managed,
        "not in the configuration": one.orphaned,
    }
    return [f"it is {word}" for word, said in words.items() if said]


def _constraints(simulation: "Simulation", resource: str) -> list[str]:
    cib = simulation.cib
    names = {resource, cib.top(resource)}
    out: list[str] = []
    for one in cib.constraints.values():
        match one:
            case Colocation() if one.rsc in names and one.with_rsc is not None:
                role = f" {one.with_rsc_role}" if one.with_rsc_role else ""
                score = format_score(one.score if one.score is not None else INFINITY)
                out.append(f"{one.id}: it follows{role} {one.with_rsc} ({score})")
            case Order() if one.then in names and one.first is not None:
                out.append(f"{one.id}: it waits for {one.first_action or 'start'} of {one.first}")
            case Location() if one.rsc in names and one.node is not None and one.score is not None:
                out.append(f"{one.id}: {format_score(one.score)} on {one.node}")
            case _:
                pass
    return out
