"""Make up the status that a simulation begins with."""

from collections.abc import Iterable, Mapping

import attrs

from hakvm.errors import InvalidError
from hakvm.pacemaker._cib import Cib
from hakvm.pacemaker._history import NodeState, StatusSection, TransientAttributes
from hakvm.pacemaker._nvpairs import InstanceAttributes, Nvpair
from hakvm.pacemaker._resources import Primitive
from hakvm.pacemaker._tree import transform
from hakvm.pacemaker._words import is_true
from hakvm.transport import Command, Transport
from hakvm.xmlmodel import Element, read_xml

__all__ = [
    "begin",
    "forget",
    "stamp",
    "with_fatal_failures",
    "with_node_attribute",
    "with_promotion",
]


def begin(cib: Cib) -> Cib:
    """Return the CIB of a cluster whose nodes have just come up: with quorum, nothing runs."""
    states = tuple(
        NodeState(
            id=node.id,
            uname=node.uname,
            in_ccm="true",
            crmd="online",
            join="member",
            expected="member",
        )
        for node in cib.nodes.values()
        if node.type not in {"remote", "ping"}
    )
    old = cib.status or StatusSection()
    return attrs.evolve(
        cib,
        have_quorum=True if cib.have_quorum is None else cib.have_quorum,
        status=attrs.evolve(old, node_states=states),
    )


def stamp(cib: Cib, transport: Transport) -> Cib:
    """Return the CIB as the tool there would have written it: with its own crm_feature_set.

    A greater one makes the scheduler abort, and none makes it ignore fail counts.
    """
    empty = transport.run(Command.of("cibadmin", "--empty")).check()
    root = read_xml(empty.stdout, "cib", source="cibadmin --empty")
    return attrs.evolve(
        cib,
        crm_feature_set=root.get("crm_feature_set"),
        validate_with=cib.validate_with or root.get("validate-with"),
        admin_epoch=cib.admin_epoch or 0,
        epoch=cib.epoch or 1,
        num_updates=cib.num_updates or 0,
    )


def _states(cib: Cib, change: Mapping[str, NodeState]) -> Cib:
    status = cib.status or StatusSection()
    states = tuple(change.get(one.uname or "", one) for one in status.node_states)
    return attrs.evolve(cib, status=attrs.evolve(status, node_states=states))


def forget(cib: Cib, nodes: Iterable[str]) -> Cib:
    """Return the CIB as it is when nodes come back: what they ran and scored is erased."""
    gone = set(nodes)
    states = cib.status.node_states if cib.status else ()
    return _states(
        cib,
        {
            one.uname or "": attrs.evolve(one, lrm=None, transient_attributes=())
            for one in states
            if one.uname in gone
        },
    )


def with_node_attribute(cib: Cib, node: str, name: str, value: str | None) -> Cib:
    """Return the CIB with a node's permanent attribute set, or gone with `None`."""
    found = cib.nodes[node]
    sets = found.instance_attributes or (InstanceAttributes(id=f"nodes-{found.id}"),)
    first = sets[0].with_value(name, value) if value is not None else sets[0].without(name)
    changed = attrs.evolve(found, instance_attributes=(first, *sets[1:]))
    section = cib.configuration.nodes
    if section is None:
        return cib
    nodes = tuple(changed if one.uname == node else one for one in section.nodes)
    config = attrs.evolve(cib.configuration, nodes=attrs.evolve(section, nodes=nodes))
    return attrs.evolve(cib, configuration=config)


def with_promotion(cib: Cib, promotion: Mapping[str, Mapping[str, int]]) -> Cib:
    """Return the CIB with promotion scores among the nodes' transient attributes.

    Raises:
        InvalidError: there is no such resource or node.
    """
    states = {one.uname or "": one for one in (cib.status.node_states if cib.status else ())}
    for resource, scores in promotion.items():
        for name in _primitives(cib, resource):
            for node, score in scores.items():
                if node not in states:
                    raise InvalidError(
                        f"there is no node {node!r} to score {resource!r} on",
                        path=f"promotion[{resource!r}]",
                        value=node,
                    )
                states[node] = _scored(states[node], f"master-{name}", score)
    return _states(cib, states)


def _scored(state: NodeState, name: str, score: int) -> NodeState:
    holders = state.transient_attributes or (TransientAttributes(id=state.id),)
    sets = holders[0].instance_attributes or (InstanceAttributes(id=f"status-{state.id}"),)
    # The attribute kept its name when the role was renamed.
    first = sets[0].with_value(name, str(score))
    holder = attrs.evolve(holders[0], instance_attributes=(first, *sets[1:]))
    return attrs.evolve(state, transient_attributes=(holder, *holders[1:]))


def with_fatal_failures(cib: Cib) -> Cib:
    """Return the CIB with failed starts and stops counted as the controller counts them.

    crm_simulate adds one to a fail count; a cluster's controller makes it
    INFINITY for a stop, and for a start unless start-failure-is-fatal=false
    (lib/controld: update_failcount).
    """
    fatal = ["#stop_0"]
    if is_true(cib.properties.get("start-failure-is-fatal", "true")):
        fatal.append("#start_0")

    def change(one: Element) -> Element:
        if not isinstance(one, Nvpair):
            return one
        name = one.name or ""
        if not name.startswith("fail-count-") or not name.endswith(tuple(fatal)):
            return one
        return attrs.evolve(one, value="INFINITY")

    if cib.status is None:
        return cib
    states = tuple(transform(one, change) for one in cib.status.node_states)
    return attrs.evolve(cib, status=attrs.evolve(cib.status, node_states=states))


def _primitives(cib: Cib, resource: str) -> list[str]:
    found = cib.resources.get(resource)
    if found is None:
        raise InvalidError(
            f"there is no resource {resource!r} to promote", path="promotion", value=resource
        )
    if isinstance(found, Primitive):
        return [resource]
    return [name for child in found.resources for name in _primitives(cib, child.id)]
