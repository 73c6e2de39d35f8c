"""The CIB: the cluster's configuration and status in one document."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Self, TypeVar

import attrs
from attrs import frozen

from hakvm.errors import InvalidError
from hakvm.findings import Finding
from hakvm.pacemaker._bundle import Bundle
from hakvm.pacemaker._constraints import Colocation, Constraint, Location, Order, Ticket
from hakvm.pacemaker._history import StatusSection
from hakvm.pacemaker._ids import Ids, check_id, name_parts
from hakvm.pacemaker._nvpairs import (
    AttributeSet,
    ClusterPropertySet,
    MetaAttributes,
    values_of,
)
from hakvm.pacemaker._options import Options
from hakvm.pacemaker._release import Release
from hakvm.pacemaker._resources import Clone, Group, Master, Primitive, Template
from hakvm.pacemaker._sections import (
    Acls,
    Alerts,
    CrmConfig,
    FencingTopology,
    Node,
    Nodes,
    OpDefaults,
    RscDefaults,
    Tags,
)
from hakvm.pacemaker._tree import transform
from hakvm.pacemaker._words import Boolean
from hakvm.xmlmodel import Attr, Document, Element, element

__all__ = ["Cib", "Configuration", "Constraints", "Resource", "Resources"]

Resource = Primitive | Template | Group | Clone | Master | Bundle
"""What may stand among the resources."""

S = TypeVar("S", bound=AttributeSet)


@element("resources")
@frozen(kw_only=True)
class Resources(Element):
    """The resources, in the order in which they stand."""

    items: tuple[Primitive | Template | Group | Clone | Master | Bundle, ...] = ()


@element("constraints")
@frozen(kw_only=True)
class Constraints(Element):
    """The constraints, in the order in which they stand."""

    items: tuple[Location | Colocation | Order | Ticket, ...] = ()


@element("configuration")
@frozen(kw_only=True)
class Configuration(Element):
    """What an administrator says: everything of a CIB but its status."""

    crm_config: CrmConfig | None = None
    nodes: Nodes | None = None
    resources: Resources | None = None
    constraints: Constraints | None = None
    rsc_defaults: RscDefaults | None = None
    op_defaults: OpDefaults | None = None
    fencing_topology: FencingTopology | None = None
    tags: Tags | None = None
    acls: Acls | None = None
    alerts: Alerts | None = None


@element("cib")
@frozen(kw_only=True)
class Cib(Document):
    """A cluster information base: `cibadmin -Q`, `/var/lib/pacemaker/cib/cib.xml`.

    `resources`, `constraints`, `properties` and `nodes` are views by name;
    the whole stands in `configuration` and `status`.

    Attributes:
        validate_with: the schema that it keeps to, as `pacemaker-3.9`.
        crm_feature_set: the features of the release that wrote it.
        admin_epoch, epoch, num_updates: its age; the greater one wins.
    """

    crm_feature_set: Annotated[str | None, Attr("crm_feature_set")] = None
    validate_with: str | None = None
    epoch: int | None = None
    num_updates: Annotated[int | None, Attr("num_updates")] = None
    admin_epoch: Annotated[int | None, Attr("admin_epoch")] = None
    cib_last_written: str | None = None
    update_origin: str | None = None
    update_client: str | None = None
    update_user: str | None = None
    have_quorum: Boolean | None = None
    dc_uuid: str | None = None
    execution_date: str | None = None
    no_quorum_panic: Boolean | None = None
    remote_tls_port: int | None = None
    remote_clear_port: int | None = None
    configuration: Configuration = Configuration()
    status: StatusSection | None = None

    @classmethod
    def new(cls, *nodes: str, release: Release = Release.V2_1) -> Self:
        """Make a CIB with nothing in it but `nodes`, numbered from 1, for a release."""
        return cls(
            crm_feature_set=release.feature_set,
            validate_with=release.schema,
            epoch=1,
            num_updates=0,
            admin_epoch=0,
            configuration=Configuration(
                crm_config=CrmConfig(),
                nodes=Nodes(
                    nodes=tuple(
                        Node(id=str(number), uname=name)
                        for number, name in enumerate(nodes, start=1)
                    )
                ),
                resources=Resources(),
                constraints=Constraints(),
            ),
            status=StatusSection(),
        )

    # Views

    @property
    def resources(self) -> Mapping[str, Resource]:
        """All resources by id, those within groups, clones and bundles too, in document order."""
        found: dict[str, Resource] = {}
        section = self.configuration.resources
        for item in section.items if section else ():
            _collect(item, found)
        return MappingProxyType(found)

    @property
    def constraints(self) -> Mapping[str, Constraint]:
        """All constraints by id, in document order."""
        section = self.configuration.constraints
        return MappingProxyType({item.id: item for item in (section.items if section else ())})

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by name."""
        section = self.configuration.nodes
        return MappingProxyType({node.uname: node for node in (section.nodes if section else ())})

    @property
    def properties(self) -> Mapping[str, str]:
        """The options of the cluster, as they hold without rules."""
        section = self.configuration.crm_config
        return MappingProxyType(dict(values_of(section.property_sets) if section else {}))

    @property
    def options(self) -> Options:
        """The options of the cluster with their values typed, defaults among them."""
        return Options(self.properties)

    @property
    def rsc_defaults(self) -> Mapping[str, str]:
        """The meta attributes that hold where a resource says nothing, without rules."""
        section = self.configuration.rsc_defaults
        return MappingProxyType(dict(values_of(section.meta_attributes) if section else {}))

    @property
    def op_defaults(self) -> Mapping[str, str]:
        """The values that hold where an operation says nothing, without rules."""
        section = self.configuration.op_defaults
        return MappingProxyType(dict(values_of(section.meta_attributes) if section else {}))

    def parent(self, id_: str) -> "Group | Clone | Master | Bundle | None":
        """Return what holds the resource `id_`, or `None` where it stands by itself."""
        for one in self.resources.values():
            if isinstance(one, Group | Clone | Master | Bundle) and any(
                child.id == id_ for child in one.resources
            ):
                return one
        return None

    def top(self, id_: str) -> str:
        """Return the id of the outermost resource that holds `id_`: the one to be constrained."""
        parent = self.parent(id_)
        return self.top(parent.id) if parent else id_

    # Changes: each returns another CIB

    def add(self, *items: Resource | Constraint | Node) -> Self:
        """Return the CIB with resources, constraints and nodes added, each in its section.

        What has no id of its own is given one; ids that are there never change.

        Raises:
            InvalidError: the id is taken, or cannot be one.
        """
        ids = Ids.of(self)
        resources: list[Resource] = []
        constraints: list[Constraint] = []
        nodes: list[Node] = []
        for item in items:
            if isinstance(item, Node):
                if item.uname in self.nodes:
                    raise InvalidError(f"node {item.uname!r} is there already", value=item.uname)
                nodes.append(item)
                continue
            check_id(item.id, path=type(item).__name__)
            if item.id in ids:
                raise InvalidError(
                    f"the id {item.id!r} is taken",
                    path=type(item).__name__,
                    value=item.id,
                    hint="give it another id, or replace() what is there",
                )
            ids.new(item.id)
            named = name_parts(item, ids, again=True)
            if isinstance(named, Location | Colocation | Order | Ticket):
                constraints.append(named)
            else:
                resources.append(named)
        config = self.configuration
        changes: dict[str, Any] = {}
        if resources:
            old = config.resources or Resources()
            changes["resources"] = attrs.evolve(old, items=(*old.items, *resources))
        if constraints:
            rules = config.constraints or Constraints()
            changes["constraints"] = attrs.evolve(rules, items=(*rules.items, *constraints))
        if nodes:
            there = config.nodes or Nodes()
            changes["nodes"] = attrs.evolve(there, nodes=(*there.nodes, *nodes))
        return self._configured(**changes)

    def replace(self, *items: Resource | Constraint) -> Self:
        """Return the CIB with each of `items` in the place of the one that has its id.

        Raises:
            InvalidError: there is none.
        """
        new = {item.id: item for item in items}
        missing = new.keys() - self.resources.keys() - self.constraints.keys()
        if missing:
            raise InvalidError(
                f"there is no {', '.join(sorted(missing))} to replace", hint="add() what is new"
            )
        ids = Ids.of(self)

        def change(one: Element) -> Element:
            item = new.get(getattr(one, "id", ""))
            if item is None or not isinstance(one, Resource | Constraint):
                return one
            return name_parts(item, ids)

        return transform(self, change)

    def remove(self, *ids: str) -> Self:
        """Return the CIB without these resources and constraints, and without what names them.

        A group, clone or bundle that has nothing left goes too.

        Raises:
            InvalidError: there is none of that id.
        """
        unknown = set(ids) - self.resources.keys() - self.constraints.keys()
        if unknown:
            raise InvalidError(f"there is no {', '.join(sorted(unknown))}")
        gone = set(ids)
        for one in self.resources.values():
            if one.id in gone:
                gone.update(child.id for child in _below(one))
        # From the inside out: what holds only what goes has no sense of its own.
        for one in reversed(list(self.resources.values())):
            held = [] if isinstance(one, Primitive | Template) else list(one.resources)
            if held and not isinstance(one, Bundle) and all(child.id in gone for child in held):
                gone.add(one.id)

        def change(one: Element) -> Element | None:
            if isinstance(one, Resource | Constraint) and one.id in gone:
                return None
            return None if _names_any(one, gone) else one

        return transform(self, change)

    def with_properties(self, values: Mapping[str, str | int | bool] | None = None) -> Self:
        """Return the CIB with these options of the cluster set, as `{"stonith-enabled": True}`."""
        section = self.configuration.crm_config or CrmConfig()
        sets = _set(section.property_sets, ClusterPropertySet, "cib-bootstrap-options", values)
        return self._configured(crm_config=attrs.evolve(section, property_sets=sets))

    def with_rsc_defaults(self, values: Mapping[str, str | int | bool]) -> Self:
        """Return the CIB with these defaults for resources set."""
        section = self.configuration.rsc_defaults or RscDefaults()
        sets = _set(section.meta_attributes, MetaAttributes, "rsc-options", values)
        return self._configured(rsc_defaults=attrs.evolve(section, meta_attributes=sets))

    def with_op_defaults(self, values: Mapping[str, str | int | bool]) -> Self:
        """Return the CIB with these defaults for operations set."""
        section = self.configuration.op_defaults or OpDefaults()
        sets = _set(section.meta_attributes, MetaAttributes, "op-options", values)
        return self._configured(op_defaults=attrs.evolve(section, meta_attributes=sets))

    def to_release(self, release: Release) -> Self:
        """Return the CIB as `release` reads it, equal in effect.

        Raises:
            ReleaseError: it holds something that this release does not know.
        """
        from hakvm.pacemaker._convert import to_release  # noqa: PLC0415 - it needs this module

        return to_release(self, release)

    def check(self) -> tuple[Finding, ...]:
        """Return what would bite: the rules of `hakvm.pacemaker.RULES`, the worst first."""
        from hakvm.pacemaker.checks import RULES  # noqa: PLC0415 - they need this module

        return RULES.check(self)

    def _configured(self, **changes: Any) -> Self:  # noqa: ANN401 - each section is of its own kind
        if not changes:
            return self
        return attrs.evolve(self, configuration=attrs.evolve(self.configuration, **changes))


def _collect(item: Resource, found: dict[str, Resource]) -> None:
    found[item.id] = item
    for child in item.resources:
        _collect(child, found)


def _below(item: Resource) -> list[Resource]:
    found: dict[str, Resource] = {}
    _collect(item, found)
    return list(found.values())


def _names_any(one: Element, gone: set[str]) -> bool:
    """Whether `one` is a constraint, or a part of one, that has no sense without `gone`."""
    match one:
        case Location() | Ticket():
            return one.rsc in gone
        case Colocation():
            return one.rsc in gone or one.with_rsc in gone
        case Order():
            return one.first in gone or one.then in gone
        case _:
            return False


def text_of(value: str | int | bool) -> str:
    """Write a value as a CIB does: true and false in small letters."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _set(
    sets: tuple[S, ...],
    kind: type[S],
    id_: str,
    values: Mapping[str, str | int | bool] | None,
) -> tuple[S, ...]:
    """Return `sets` with `values` set where they stand, or in the first set that holds always."""
    out = list(sets)
    for name, value in (values or {}).items():
        where = next((i for i, one in enumerate(out) if not one.rules and name in one), None)
        if where is None:
            where = next((i for i, one in enumerate(out) if not one.rules and not one.id_ref), None)
        if where is None:
            out.append(kind(id=id_))
            where = len(out) - 1
        out[where] = out[where].with_value(name, text_of(value))
    return tuple(out)
