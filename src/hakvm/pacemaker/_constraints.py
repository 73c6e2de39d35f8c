"""Constraints: where resources run, together with which, in which order, under which ticket.

Source: constraints-*.rng; Pacemaker Explained, "Resource Constraints".
"""

from attrs import frozen

from hakvm.pacemaker._rules import Rule
from hakvm.pacemaker._words import (
    Boolean,
    Discovery,
    Kind,
    LossPolicy,
    Ordering,
    ResourceAction,
    Role,
    ScoreValue,
)
from hakvm.xmlmodel import Element, element

__all__ = [
    "Colocation",
    "Constraint",
    "Lifetime",
    "Location",
    "Order",
    "ResourceRef",
    "ResourceSet",
    "Ticket",
]


@element("resource_ref")
@frozen(kw_only=True)
class ResourceRef(Element):
    """A resource by its id."""

    id: str


@element("resource_set")
@frozen(kw_only=True)
class ResourceSet(Element):
    """Several resources that a constraint treats alike."""

    id: str | None = None
    id_ref: str | None = None
    sequential: Boolean | None = None
    require_all: Boolean | None = None
    ordering: Ordering | str | None = None
    action: ResourceAction | str | None = None
    role: Role | str | None = None
    score: ScoreValue | None = None
    kind: Kind | str | None = None
    refs: tuple[ResourceRef, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its resources."""
        return tuple(ref.id for ref in self.refs)


@element("lifetime")
@frozen(kw_only=True)
class Lifetime(Element):
    """The rules under which a constraint holds at all; gone with Pacemaker 3.0."""

    rules: tuple[Rule, ...] = ()


@element("rsc_location")
@frozen(kw_only=True)
class Location(Element):
    """Where a resource may, should or must not run.

    Attributes:
        rsc: the resource; or `rsc_pattern`, a regular expression over ids; or `sets`.
        node, score: the node and how much it is liked; or `rules` that say both.
    """

    id: str = ""
    rsc: str | None = None
    rsc_pattern: str | None = None
    role: Role | str | None = None
    node: str | None = None
    score: ScoreValue | None = None
    score_attribute: str | None = None
    resource_discovery: Discovery | str | None = None
    sets: tuple[ResourceSet, ...] = ()
    rules: tuple[Rule, ...] = ()
    lifetime: Lifetime | None = None


@element("rsc_colocation")
@frozen(kw_only=True)
class Colocation(Element):
    """Which resource follows which: `with_rsc` is placed first, then `rsc` beside it."""

    id: str = ""
    score: ScoreValue | None = None
    score_attribute: str | None = None
    score_attribute_mangle: str | None = None
    influence: Boolean | str | None = None
    rsc: str | None = None
    rsc_role: Role | str | None = None
    rsc_instance: int | None = None
    with_rsc: str | None = None
    with_rsc_role: Role | str | None = None
    with_rsc_instance: int | None = None
    node_attribute: str | None = None
    sets: tuple[ResourceSet, ...] = ()
    lifetime: Lifetime | None = None


@element("rsc_order")
@frozen(kw_only=True)
class Order(Element):
    """Which action waits for which: `first`, and only then `then`."""

    id: str = ""
    kind: Kind | str | None = None
    score: ScoreValue | None = None
    symmetrical: Boolean | None = None
    require_all: Boolean | None = None
    first: str | None = None
    first_action: ResourceAction | str | None = None
    first_instance: int | None = None
    then: str | None = None
    then_action: ResourceAction | str | None = None
    then_instance: int | None = None
    sets: tuple[ResourceSet, ...] = ()
    lifetime: Lifetime | None = None


@element("rsc_ticket")
@frozen(kw_only=True)
class Ticket(Element):
    """A resource that runs only where a ticket is granted."""

    id: str = ""
    rsc: str | None = None
    rsc_role: Role | str | None = None
    ticket: str
    loss_policy: LossPolicy | str | None = None
    sets: tuple[ResourceSet, ...] = ()


Constraint = Location | Colocation | Order | Ticket
"""What may stand among the constraints."""
