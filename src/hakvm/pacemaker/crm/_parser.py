"""Read crmsh's configure language into a CIB."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Never, TypeVar

import attrs
from attrs import define, field

from hakvm.errors import HakvmError, ParseError
from hakvm.pacemaker._bundle import Bundle
from hakvm.pacemaker._cib import Cib, Configuration, Constraints, Resource, Resources
from hakvm.pacemaker._constraints import Constraint
from hakvm.pacemaker._ids import Ids, name_parts
from hakvm.pacemaker._nvpairs import (
    AttributeSet,
    ClusterPropertySet,
    InstanceAttributes,
    MetaAttributes,
    Nvpair,
)
from hakvm.pacemaker._release import Release
from hakvm.pacemaker._resources import Clone, Group, Master, Op, Operations, Primitive, Template
from hakvm.pacemaker._sections import (
    AclGroup,
    AclRole,
    Acls,
    AclTarget,
    AclUser,
    Alert,
    Alerts,
    CrmConfig,
    FencingTopology,
    Node,
    Nodes,
    OpDefaults,
    RscDefaults,
    Tag,
    Tags,
)
from hakvm.pacemaker._tree import transform
from hakvm.pacemaker._words import role_of
from hakvm.pacemaker.crm._constraints import read_constraint
from hakvm.pacemaker.crm._lexer import Statement, Word, statements
from hakvm.pacemaker.crm._others import (
    read_acl,
    read_alert,
    read_fencing,
    read_node,
    read_options,
    read_role,
    read_tag,
)
from hakvm.pacemaker.crm._resources import read_resource
from hakvm.xmlmodel import Element

__all__ = ["parse"]

_RESOURCES = frozenset({"primitive", "rsc_template", "group", "clone", "ms", "master", "bundle"})
_CONSTRAINTS = frozenset({"location", "colocation", "collocation", "order", "rsc_ticket"})
# Words of the shell itself, which say nothing of the configuration.
_SHELL = frozenset({"commit", "configure", "verify", "end", "up", "cd", "quit", "exit", "bye"})
_COLON = re.compile(r"([^:]+)(?::([^:]+))?")
_TAG = re.compile(r"\s*<([A-Za-z_-]+)")

E = TypeVar("E", bound=Element)
S = TypeVar("S", bound=AttributeSet)


def parse(
    text: str, *, source: str = "<string>", into: Cib | None = None, release: Release | None = None
) -> Cib:
    """Read lines of `crm configure` into a CIB.

    Args:
        text: the lines; `commit`, `configure` and `quit` may stand among them.
        source: the name that errors show.
        into: the CIB that the lines change; without it an empty one for `release`.
        release: the Pacemaker that the lines are for; 2.1 unless told.

    Raises:
        ParseError: a line is none of crmsh's, or names what is not there.
    """
    cib = into if into is not None else Cib.new(release=release or Release.V2_1)
    draft = _Draft(cib, text=text, source=source)
    try:
        for statement in statements(text, source=source):
            _read(statement, draft)
        return draft.finish()
    except ParseError:
        raise
    except HakvmError as error:
        # A value that the CIB's own classes refuse: the line is where it was read last.
        place = draft.place
        if place is None:
            raise ParseError(str(error.message), source=source, hint=error.hint) from error
        raise ParseError.at(
            error.message, text, place.offset, source=source, hint=error.hint
        ) from error


def _read(words: Statement, draft: "_Draft") -> None:
    if words.peek() == "crm":  # as one writes it in a shell
        words.take("")
        words.accept("configure")
    if words.peek() is None:
        words.fail("expected a command")
    draft.place = words.words[words.at]
    command = words.take("a command").lower()
    if command == "configure" and words.peek() is not None:
        command = words.take("").lower()
    if command in _SHELL:
        words.rest()
        return
    if command in _RESOURCES:
        found = read_resource(words, command)
        draft.resource(_remarked(found.item, words), found.members)
    elif command in _CONSTRAINTS:
        draft.constraint(_remarked(read_constraint(words, command), words))
    else:
        _read_other(words, command, draft)
    words.end()


def _remarked(item: E, words: Statement) -> E:
    """Return the element with the comments that stand above its line, as crmsh keeps them."""
    if not words.comments:
        return item
    # A comment in XML holds no two dashes, and ends with none.
    texts = tuple(f"<!--{text.replace('--', '- -')} -->" for text in words.comments)
    extra = attrs.evolve(item.extra, children=(*item.extra.children, *texts))
    return attrs.evolve(item, extra=extra)


def _read_other(words: Statement, command: str, draft: "_Draft") -> None:  # noqa: C901, PLR0912 - a dispatch
    match command:
        case "property":
            draft.options(
                draft.properties,
                read_options(words, ClusterPropertySet),
                "cib-bootstrap-options",
            )
        case "rsc_defaults":
            draft.options(draft.rsc_defaults, read_options(words, MetaAttributes), "rsc-options")
        case "op_defaults":
            draft.options(draft.op_defaults, read_options(words, MetaAttributes), "op-options")
        case "node":
            draft.node(read_node(words))
        case "monitor":
            draft.monitor(words)
        case "fencing_topology" | "fencing-topology":
            draft.fencing = read_fencing(words, tuple(draft.nodes))
        case "tag":
            draft.tag(read_tag(words))
        case "alert":
            draft.alert(read_alert(words))
        case "role":
            draft.acls.append(read_role(words))
        case "acl_target" | "user":
            draft.acls.append(read_acl(words, AclTarget))
        case "acl_group":
            draft.acls.append(read_acl(words, AclGroup))
        case "xml":
            _read_xml(words, draft)
        case _:
            words.fail(
                f"{command!r} is no command of crm configure",
                back=1,
                hint="primitive, group, clone, ms, location, colocation, order, property, …",
            )


# The section in which each element stands.
_SECTIONS = {
    **dict.fromkeys(("primitive", "template", "group", "clone", "master", "bundle"), "resources"),
    **dict.fromkeys(("rsc_location", "rsc_colocation", "rsc_order", "rsc_ticket"), "constraints"),
    **dict.fromkeys(("acl_target", "acl_group", "acl_role", "acl_user"), "acls"),
    "alert": "alerts",
    "cluster_property_set": "crm_config",
    "node": "nodes",
    "tag": "tags",
    "fencing-topology": "",
    "op_defaults": "",
    "rsc_defaults": "",
}


def _read_xml(words: Statement, draft: "_Draft") -> None:
    begin = words.at
    text = words.take("XML")
    words.at = begin  # where an error is to point
    found = _TAG.match(text)
    if found is None or found[1] not in _SECTIONS:
        words.fail("expected an element of the configuration, as <primitive …/>")
    section = _SECTIONS[found[1]]
    inner = f"<{section}>{text}</{section}>" if section else text
    try:
        cib = Cib.parse(f"<cib><configuration>{inner}</configuration></cib>", source=words.source)
    except HakvmError as error:
        words.fail(f"xml: {error.message}", hint=error.hint)
    words.take("")
    draft.merge(cib.configuration)


@define
class _Draft:
    """What has been read so far: all parts of a CIB, by name, not yet put together."""

    base: Cib
    text: str
    source: str
    place: Word | None = None
    resources: dict[str, Resource] = field(factory=dict)
    members: dict[str, tuple[Word, ...]] = field(factory=dict)
    constraints: dict[str, Constraint] = field(factory=dict)
    tags: dict[str, Tag] = field(factory=dict)
    alerts: dict[str, Alert] = field(factory=dict)
    nodes: dict[str, Node] = field(factory=dict)
    properties: list[ClusterPropertySet] = field(factory=list)
    rsc_defaults: list[MetaAttributes] = field(factory=list)
    op_defaults: list[MetaAttributes] = field(factory=list)
    acls: list[AclRole | AclTarget | AclGroup | AclUser] = field(factory=list)
    fencing: FencingTopology | None = None
    _new: set[str] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self.merge(self.base.configuration)
        self._new.clear()

    def merge(self, config: Configuration) -> None:
        """Take over all that stands in a configuration."""
        for resource in config.resources.items if config.resources else ():
            self.resource(resource)
        for constraint in config.constraints.items if config.constraints else ():
            self.constraint(constraint)
        for tag in config.tags.tags if config.tags else ():
            self.tag(tag)
        for alert in config.alerts.alerts if config.alerts else ():
            self.alert(alert)
        for node in config.nodes.nodes if config.nodes else ():
            self.node(node)
        self.properties += config.crm_config.property_sets if config.crm_config else ()
        self.rsc_defaults += config.rsc_defaults.meta_attributes if config.rsc_defaults else ()
        self.op_defaults += config.op_defaults.meta_attributes if config.op_defaults else ()
        self.acls += config.acls.items if config.acls else ()
        self.fencing = config.fencing_topology or self.fencing

    def fail(self, message: str, word: Word | None = None, hint: str = "") -> Never:
        """Raise a ParseError at `word`, or at the statement that is being read."""
        place = word or self.place
        offset = place.offset if place is not None else 0
        raise ParseError.at(message, self.text, offset, source=self.source, hint=hint)

    def _once(self, id_: str) -> str:
        if id_ in self._new:
            self.fail(f"{id_!r} is defined twice", hint="each id stands once")
        self._new.add(id_)
        return id_

    def resource(self, item: Resource, members: tuple[Word, ...] = ()) -> None:
        """Take a resource, and the words that name what belongs into it."""
        self.resources.pop(item.id, None)
        self.resources[self._once(item.id)] = item
        if members:
            self.members[item.id] = members

    def constraint(self, item: Constraint) -> None:
        """Take a constraint."""
        self.constraints[self._once(item.id)] = item

    def tag(self, item: Tag) -> None:
        """Take a tag."""
        self.tags[self._once(item.id)] = item

    def alert(self, item: Alert) -> None:
        """Take an alert."""
        self.alerts[self._once(item.id)] = item

    def node(self, node: Node) -> None:
        """Take a node; one that is there keeps its number."""
        old = self.nodes.get(node.uname)
        if old is not None and node.id == node.uname:
            node = attrs.evolve(node, id=old.id)
        self.nodes[node.uname] = node

    def options(self, sets: list[S], one: S, id_: str) -> None:
        """Take options: each replaces the value that it has in the set of that id, or is added."""
        if one.id_ref or one.rules:
            sets.append(one)
            return
        wanted = one.id or id_
        for index, old in enumerate(sets):
            if (old.id == wanted or (not one.id and not old.rules)) and not old.id_ref:
                for pair in one.nvpairs:
                    old = _with_pair(old, pair)  # noqa: PLW2901 - grows pair by pair
                sets[index] = old
                return
        sets.append(attrs.evolve(one, id=wanted))

    def monitor(self, words: Statement) -> None:
        """Read `monitor rsc[:role] interval[:timeout]`: an operation of a primitive."""
        words.take("a resource")
        place = words.words[words.at - 1]
        rsc = _COLON.fullmatch(place.text)
        item = self.resources.get(rsc[1]) if rsc else None
        if rsc is None or not isinstance(item, Primitive | Template):
            self.fail(f"there is no primitive {place.text!r}", place)
        every = _COLON.fullmatch(words.take("an interval"))
        if every is None:
            words.fail("expected interval or interval:timeout", back=1)
        op = Op(
            id="",
            name="monitor",
            interval=every[1],
            timeout=every[2],
            role=role_of(rsc[2]) or rsc[2],
        )
        there = item.operations or Operations()
        self.resources[item.id] = attrs.evolve(
            item, operations=attrs.evolve(there, ops=(*there.ops, op))
        )

    def finish(self) -> Cib:
        """Put all parts together."""
        for kinds in ((Group,), (Clone, Master, Bundle)):
            for id_, item in list(self.resources.items()):
                if isinstance(item, kinds) and id_ in self.members:
                    self.resources[id_] = self._filled(item, self.members[id_])
        config = self.base.configuration
        changes: dict[str, Any] = {
            "crm_config": _evolved(config.crm_config, CrmConfig, property_sets=self.properties),
            "nodes": _evolved(config.nodes, Nodes, nodes=self.nodes.values()),
            "resources": _evolved(config.resources, Resources, items=self.resources.values()),
            "constraints": _evolved(
                config.constraints, Constraints, items=self.constraints.values()
            ),
            "rsc_defaults": _evolved(
                config.rsc_defaults, RscDefaults, meta_attributes=self.rsc_defaults
            ),
            "op_defaults": _evolved(
                config.op_defaults, OpDefaults, meta_attributes=self.op_defaults
            ),
            "tags": _evolved(config.tags, Tags, tags=self.tags.values()),
            "acls": _evolved(config.acls, Acls, items=self.acls),
            "alerts": _evolved(config.alerts, Alerts, alerts=self.alerts.values()),
            "fencing_topology": self.fencing,
        }
        configured = attrs.evolve(config, **changes)
        cib = attrs.evolve(self.base, configuration=configured)
        return _resolve(name_parts(cib, Ids.of(cib)))

    def _filled(self, item: Group | Clone | Master | Bundle, members: tuple[Word, ...]) -> Resource:
        found: list[Resource] = []
        for word in members:
            one = self.resources.pop(word.text, None)
            if one is None:
                self.fail(
                    f"{item.id!r} is to hold {word.text!r}, which is no resource that stands alone",
                    word,
                    hint="define it, and put it into one group or clone only",
                )
            found.append(one)
        if isinstance(item, Group):
            return attrs.evolve(item, primitives=tuple(_all_of(found, (Primitive,), self, members)))
        only = found[0]
        if isinstance(only, Primitive):
            return attrs.evolve(item, primitive=only)
        if isinstance(only, Group) and not isinstance(item, Bundle):
            return attrs.evolve(item, group=only)
        return self.fail(f"{item.id!r} cannot hold {only.id!r}", members[0])


def _all_of(
    found: list[Resource],
    kinds: tuple[type[Primitive]],
    draft: _Draft,
    members: tuple[Word, ...],
) -> Iterator[Primitive]:
    for one, word in zip(found, members, strict=True):
        if not isinstance(one, kinds):
            draft.fail(f"a group holds primitives, and {one.id!r} is none", word)
        yield one


def _with_pair(old: S, pair: Nvpair) -> S:
    if pair.name is None or pair.value is None:
        return attrs.evolve(old, nvpairs=(*old.nvpairs, pair))
    return old.with_value(pair.name, pair.value)


def _evolved(section: E | None, kind: type[E], **items: Iterable[Element]) -> E | None:
    """Return the section with these items; a section that is not there comes only with some."""
    changes: dict[str, Any] = {name: tuple(values) for name, values in items.items()}
    if section is None:
        return kind(**changes) if any(changes.values()) else None
    if all(getattr(section, name) == value for name, value in changes.items()):
        return section
    return attrs.evolve(section, **changes)


def _resolve(cib: Cib) -> Cib:
    """Let references that name a resource name the set or operations of that resource."""
    ids = Ids.of(cib)
    resources = cib.resources

    def target(one: AttributeSet | Operations) -> str | None:
        owner = resources.get(one.id_ref or "")
        if owner is None:
            return None
        if isinstance(one, Operations):
            there = owner.operations if isinstance(owner, Primitive | Template) else None
            return (there.id or owner.id) if there else None
        if isinstance(one, InstanceAttributes):
            return next((each.id for each in owner.instance_attributes if each.id), None)
        if isinstance(one, MetaAttributes):
            return next((each.id for each in owner.meta_attributes if each.id), None)
        return None

    def change(one: Element) -> Element:
        if isinstance(one, AttributeSet | Operations) and one.id_ref in resources:
            found = target(one)
            if found is not None and found in ids:
                return attrs.evolve(one, id_ref=found)
        return one

    return transform(cib, change)
