"""Resources: primitives, templates, and what is made of them.

Source: resources-*.rng; Pacemaker Explained, "Resources", "Collective Resources".
"""

from collections.abc import Mapping
from typing import Annotated

from attrs import frozen

from hakvm.pacemaker._nvpairs import (
    InstanceAttributes,
    MetaAttributes,
    Utilization,
    lookup,
    values_of,
)
from hakvm.pacemaker._refs import ActionRef, RoleRef
from hakvm.pacemaker._words import Boolean, OnFail, ResourceAction, Role, is_true
from hakvm.xmlmodel import Attr, Element, element

__all__ = [
    "Clone",
    "Group",
    "Master",
    "Op",
    "Operations",
    "Primitive",
    "Template",
]


@element("op")
@frozen(kw_only=True)
class Op(Element):
    """An operation of a resource; durations are texts as `90s`, `5min`, `PT1H`."""

    id: str = ""
    name: str
    interval: str
    description: str | None = None
    start_delay: str | None = None
    interval_origin: str | None = None
    timeout: str | None = None
    enabled: Boolean | None = None
    record_pending: Boolean | None = None
    role: Role | str | None = None
    requires: str | None = None
    on_fail: OnFail | str | None = None
    instance_attributes: tuple[InstanceAttributes, ...] = ()
    meta_attributes: tuple[MetaAttributes, ...] = ()


@element("operations")
@frozen(kw_only=True)
class Operations(Element):
    """The operations of a resource, or by `id_ref` those of another."""

    id: str | None = None
    id_ref: str | None = None
    ops: tuple[Op, ...] = ()

    def named(self, name: str) -> tuple[Op, ...]:
        """Return the operations of that name."""
        return tuple(op for op in self.ops if op.name == name)


@frozen(kw_only=True)
class _Resource(Element):
    """What all resources have: an id, meta attributes, and the ends of constraints."""

    id: str
    description: str | None = None

    @property
    def start(self) -> ActionRef:
        """Its start, for `order`."""
        return ActionRef(rsc=self.id, action=ResourceAction.START)

    @property
    def stop(self) -> ActionRef:
        """Its stop, for `order`."""
        return ActionRef(rsc=self.id, action=ResourceAction.STOP)

    @property
    def started(self) -> RoleRef:
        """Itself in the role Started, for `colocate` and `location`."""
        return RoleRef(rsc=self.id, role=Role.STARTED)


@frozen(kw_only=True)
class _Promotable(_Resource):
    """A resource whose instances may be promoted."""

    @property
    def promote(self) -> ActionRef:
        """Its promotion, for `order`."""
        return ActionRef(rsc=self.id, action=ResourceAction.PROMOTE)

    @property
    def demote(self) -> ActionRef:
        """Its demotion, for `order`."""
        return ActionRef(rsc=self.id, action=ResourceAction.DEMOTE)

    @property
    def promoted(self) -> RoleRef:
        """Its promoted instance, for `colocate` and `location`."""
        return RoleRef(rsc=self.id, role=Role.PROMOTED)

    @property
    def unpromoted(self) -> RoleRef:
        """Its instances that are not promoted, for `colocate` and `location`."""
        return RoleRef(rsc=self.id, role=Role.UNPROMOTED)


@frozen(kw_only=True)
class _Agent(_Resource):
    """What a primitive and a template have in common.

    Attributes:
        class_: the standard of the agent: ocf, systemd, stonith, …
        provider: whose agent it is; for ocf only.
        type: the agent's name.
    """

    class_: Annotated[str | None, Attr("class")] = None
    provider: str | None = None
    type: str | None = None
    template: str | None = None
    instance_attributes: tuple[InstanceAttributes, ...] = ()
    operations: Operations | None = None
    meta_attributes: tuple[MetaAttributes, ...] = ()
    utilization: tuple[Utilization, ...] = ()

    @property
    def agent(self) -> str:
        """The agent as crmsh writes it, `ocf:heartbeat:Filesystem`; `@name` for a template's."""
        if self.template is not None:
            return f"@{self.template}"
        return ":".join(part for part in (self.class_, self.provider, self.type) if part)

    @property
    def params(self) -> Mapping[str, str]:
        """The agent's parameters, as they hold without rules."""
        return values_of(self.instance_attributes)

    @property
    def meta(self) -> Mapping[str, str]:
        """The meta attributes, as they hold without rules."""
        return values_of(self.meta_attributes)

    @property
    def ops(self) -> tuple[Op, ...]:
        """The operations."""
        return self.operations.ops if self.operations else ()


@element("primitive")
@frozen(kw_only=True)
class Primitive(_Agent):
    """One resource, run by an agent or by a template's agent."""

    @property
    def resources(self) -> "tuple[Primitive, ...]":
        """Nothing: a primitive holds no resource."""
        return ()


@element("template")
@frozen(kw_only=True)
class Template(_Agent):
    """What several primitives have in common."""

    @property
    def resources(self) -> tuple[Primitive, ...]:
        """Nothing: a template holds no resource."""
        return ()


@element("group")
@frozen(kw_only=True)
class Group(_Resource):
    """Resources that run together and start in order."""

    instance_attributes: tuple[InstanceAttributes, ...] = ()
    meta_attributes: tuple[MetaAttributes, ...] = ()
    primitives: tuple[Primitive, ...] = ()

    @property
    def resources(self) -> tuple[Primitive, ...]:
        """The members, in their order."""
        return self.primitives

    @property
    def meta(self) -> Mapping[str, str]:
        """The meta attributes, as they hold without rules."""
        return values_of(self.meta_attributes)


@frozen(kw_only=True)
class _Cloned(_Promotable):
    """A resource that runs on several nodes at once."""

    instance_attributes: tuple[InstanceAttributes, ...] = ()
    meta_attributes: tuple[MetaAttributes, ...] = ()
    primitive: Primitive | None = None
    group: Group | None = None

    @property
    def resources(self) -> tuple[Primitive | Group, ...]:
        """What is cloned: one primitive or one group."""
        return tuple(one for one in (self.primitive, self.group) if one is not None)

    @property
    def meta(self) -> Mapping[str, str]:
        """The meta attributes, as they hold without rules."""
        return values_of(self.meta_attributes)


@element("clone")
@frozen(kw_only=True)
class Clone(_Cloned):
    """A clone; one with the meta attribute promotable=true has promoted instances."""

    @property
    def promotable(self) -> bool:
        """Whether its instances may be promoted."""
        return is_true(lookup(self.meta_attributes, "promotable"))


@element("master")
@frozen(kw_only=True)
class Master(_Cloned):
    """A promotable clone as Pacemaker wrote it before 2.0; gone with 3.0."""

    @property
    def promotable(self) -> bool:
        """True: that is what it is for."""
        return True
