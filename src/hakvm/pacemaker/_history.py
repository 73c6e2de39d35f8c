"""The status section: what the cluster has seen of its nodes and resources.

Source: lib/pengine/unpack.c and the status that Pacemaker itself writes; the
schema (status-1.0.rng) allows anything here, so all of it is optional.
"""

from typing import Annotated

from attrs import frozen

from hakvm.pacemaker._nvpairs import InstanceAttributes
from hakvm.xmlmodel import Attr, Element, element

__all__ = [
    "Lrm",
    "LrmOperation",
    "LrmResource",
    "LrmResources",
    "NodeState",
    "StatusSection",
    "TicketState",
    "Tickets",
    "TransientAttributes",
]


@element("lrm_rsc_op")
@frozen(kw_only=True)
class LrmOperation(Element):
    """An operation that a node has run.

    Attributes:
        interval: in milliseconds, as text.
        rc_code: the agent's exit status (OCF); `op_status` says how the run itself ended.
        last_rc_change, last_run: seconds since 1970; `exec_time`, `queue_time` milliseconds.
    """

    id: str | None = None
    operation_key: Annotated[str | None, Attr("operation_key")] = None
    operation: str | None = None
    crm_debug_origin: str | None = None
    crm_feature_set: Annotated[str | None, Attr("crm_feature_set")] = None
    transition_key: str | None = None
    transition_magic: str | None = None
    exit_reason: str | None = None
    on_node: Annotated[str | None, Attr("on_node")] = None
    call_id: int | None = None
    rc_code: int | None = None
    op_status: int | None = None
    interval: str | None = None
    last_rc_change: int | None = None
    last_run: int | None = None
    exec_time: int | None = None
    queue_time: int | None = None
    migrate_source: Annotated[str | None, Attr("migrate_source")] = None
    migrate_target: Annotated[str | None, Attr("migrate_target")] = None
    op_digest: str | None = None
    op_force_restart: str | None = None
    op_restart_digest: str | None = None
    op_secure_params: str | None = None
    op_secure_digest: str | None = None


@element("lrm_resource")
@frozen(kw_only=True)
class LrmResource(Element):
    """What a node has run for one resource."""

    id: str
    type: str | None = None
    class_: Annotated[str | None, Attr("class")] = None
    provider: str | None = None
    container: str | None = None
    operations: tuple[LrmOperation, ...] = ()


@element("lrm_resources")
@frozen(kw_only=True)
class LrmResources(Element):
    """What a node has run, resource by resource."""

    id: str | None = None
    resources: tuple[LrmResource, ...] = ()


@element("lrm")
@frozen(kw_only=True)
class Lrm(Element):
    """The history of one node's executor."""

    id: str | None = None
    lrm_resources: LrmResources | None = None


@element("transient_attributes")
@frozen(kw_only=True)
class TransientAttributes(Element):
    """Node attributes that last until the node leaves: promotion scores, fail counts."""

    id: str | None = None
    instance_attributes: tuple[InstanceAttributes, ...] = ()


@element("node_state")
@frozen(kw_only=True)
class NodeState(Element):
    """What is known of a node.

    Attributes:
        in_ccm, crmd: true/false and online/offline; from feature set 3.18 on
            the time since when, in seconds since 1970.
    """

    id: str | None = None
    uname: str | None = None
    in_ccm: Annotated[str | None, Attr("in_ccm")] = None
    crmd: str | None = None
    crm_debug_origin: str | None = None
    join: str | None = None
    expected: str | None = None
    ha: str | None = None
    shutdown: str | None = None
    clear_shutdown: Annotated[str | None, Attr("clear_shutdown")] = None
    remote_node: Annotated[str | None, Attr("remote_node")] = None
    node_fenced: Annotated[str | None, Attr("node_fenced")] = None
    node_in_maintenance: Annotated[str | None, Attr("node_in_maintenance")] = None
    transient_attributes: tuple[TransientAttributes, ...] = ()
    lrm: Lrm | None = None


@element("ticket_state")
@frozen(kw_only=True)
class TicketState(Element):
    """Whether a ticket is granted here."""

    id: str
    granted: str | None = None
    standby: str | None = None
    last_granted: str | None = None


@element("tickets")
@frozen(kw_only=True)
class Tickets(Element):
    """The tickets that are known here."""

    states: tuple[TicketState, ...] = ()


@element("status")
@frozen(kw_only=True)
class StatusSection(Element):
    """What the cluster has seen: written by Pacemaker, never by hand."""

    node_states: tuple[NodeState, ...] = ()
    tickets: tuple[Tickets, ...] = ()
