"""Write a CIB in crmsh's configure language."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from attrs import frozen

from hakvm.pacemaker._bundle import Bundle, Container
from hakvm.pacemaker._cib import Cib, Resource
from hakvm.pacemaker._constraints import (
    Colocation,
    Constraint,
    Location,
    Order,
    ResourceSet,
    Ticket,
)
from hakvm.pacemaker._nvpairs import AttributeSet
from hakvm.pacemaker._resources import Clone, Group, Master, Op, Primitive, Template
from hakvm.pacemaker._rules import Rule
from hakvm.pacemaker._sections import (
    AclGroup,
    AclPermission,
    AclRole,
    AclTarget,
    AclUser,
    Alert,
    FencingTopology,
    Node,
    Tag,
)
from hakvm.pacemaker._tree import walk
from hakvm.pacemaker.crm._lexer import quote
from hakvm.pacemaker.crm._rules import write_rule, write_score
from hakvm.pacemaker.crm._sets import write_set
from hakvm.xmlmodel import Element

__all__ = ["render"]

E = TypeVar("E", bound=Element)

_BREAK = " \\\n\t"
_PLAIN_ID = re.compile(r"[\w-]+")


class _Unsayable(Exception):  # noqa: N818 - not an error: the element is written as XML instead
    """Crmsh's language has no words for it."""


def render(cib: Cib) -> str:
    """Write a CIB as lines of `crm configure`, which `crm.parse` reads back.

    What that language has no words for stands behind its `xml`. The comments of
    resources and constraints stand above them; ids of single values are not kept.
    """
    return "".join(f"{line}\n" for line in _Writer.of(cib).lines(cib))


@frozen
class _Writer:
    """What a line needs to know beyond what it writes.

    Attributes:
        referenced: the ids that an `id-ref` names somewhere: those must be said.
    """

    referenced: frozenset[str]

    @classmethod
    def of(cls, cib: Cib) -> "_Writer":
        return cls(
            frozenset(
                found
                for one in walk(cib.configuration)
                if (found := getattr(one, "id_ref", None)) is not None
            )
        )

    def lines(self, cib: Cib) -> Iterator[str]:  # noqa: C901 - section by section
        config = cib.configuration
        for node in config.nodes.nodes if config.nodes else ():
            yield from self._said(node, self._node)
        items = config.resources.items if config.resources else ()
        for first in (True, False):  # what a primitive is made of stands before it
            for item in items:
                if isinstance(item, Template) is first:
                    yield from self._inside_out(item)
        for constraint in config.constraints.items if config.constraints else ():
            yield from self._said(constraint, self._constraint)
        for tag in config.tags.tags if config.tags else ():
            yield from self._said(tag, self._tag)
        if config.fencing_topology is not None and config.fencing_topology.levels:
            yield from self._said(config.fencing_topology, self._fencing)
        for acl in config.acls.items if config.acls else ():
            yield from self._said(acl, self._acl)
        for alert in config.alerts.alerts if config.alerts else ():
            yield from self._said(alert, self._alert)
        for one in config.crm_config.property_sets if config.crm_config else ():
            yield self._options("property", one, "crm_config")
        for meta in config.rsc_defaults.meta_attributes if config.rsc_defaults else ():
            yield self._options("rsc_defaults", meta, "rsc_defaults")
        for meta in config.op_defaults.meta_attributes if config.op_defaults else ():
            yield self._options("op_defaults", meta, "op_defaults")

    def _said(self, item: E, write: Callable[[E], str]) -> Iterator[str]:
        """Yield the comments of an element, and the element."""
        try:
            self._plain(item)
            line = write(item)
        except _Unsayable:
            yield _xml(item)
            return
        for child in item.extra.children:
            for text in child.removeprefix("<!--").removesuffix("-->").splitlines():
                yield f"# {text.strip().removeprefix('#').strip()}"
        yield line

    def _plain(self, item: Element) -> None:
        """Refuse what holds, anywhere within, something that only XML can say."""
        for one in walk(item):
            extra = one.extra
            if extra.attributes or any(not child.startswith("<!--") for child in extra.children):
                raise _Unsayable

    # Resources

    def _inside_out(self, item: Resource) -> Iterator[str]:
        """Yield the lines of a resource, after those of what it holds.

        What is written as XML is so with all that it holds.
        """
        lines = list(self._said(item, self._resource))
        if not lines[-1].startswith("xml "):
            for child in item.resources:
                yield from self._inside_out(child)
        yield from lines

    def _resource(self, item: Resource) -> str:
        match item:
            case Primitive() | Template():
                return self._agent(item)
            case Group():
                head = f"group {item.id} {' '.join(one.id for one in item.primitives)}"
            case Clone() | Master():
                if len(item.resources) != 1:
                    raise _Unsayable
                word = "clone" if isinstance(item, Clone) else "ms"
                head = f"{word} {item.id} {item.resources[0].id}"
            case Bundle():
                return self._bundle(item)
        if isinstance(item, Group) and not item.primitives:
            raise _Unsayable
        sets = [
            *self._sets("params", item.instance_attributes, item.id),
            *self._sets("meta", item.meta_attributes, item.id),
        ]
        return _BREAK.join([head + _description(item.description), *sets])

    def _agent(self, item: Primitive | Template) -> str:
        word = "primitive" if isinstance(item, Primitive) else "rsc_template"
        if not item.agent or (item.template is not None and item.class_ is not None):
            raise _Unsayable
        parts = [f"{word} {item.id} {quote(item.agent)}{_description(item.description)}"]
        parts += self._sets("params", item.instance_attributes, item.id)
        parts += self._sets("meta", item.meta_attributes, item.id)
        parts += self._sets("utilization", item.utilization, item.id)
        there = item.operations
        if there is not None:
            if there.id_ref is not None:
                parts.append(f"operations $id-ref={quote(there.id_ref)}")
            elif there.id is not None:
                parts.append(f"operations $id={quote(there.id)}")
            parts += [self._op(op) for op in there.ops]
        return _BREAK.join(parts)

    def _op(self, op: Op) -> str:
        values = {
            "interval": op.interval,
            "timeout": op.timeout,
            "role": op.role,
            "on-fail": op.on_fail,
            "start-delay": op.start_delay,
            "interval-origin": op.interval_origin,
            "enabled": _word(op.enabled),
            "record-pending": _word(op.record_pending),
            "requires": op.requires,
            "description": op.description,
        }
        if op.id in self.referenced:
            values["id"] = op.id
        pairs = [f"{name}={quote(value)}" for name, value in values.items() if value is not None]
        sets = [
            *self._sets("op_params", op.instance_attributes, op.id),
            *self._sets("op_meta", op.meta_attributes, op.id),
        ]
        if any(not value for value in values.values() if value is not None):
            raise _Unsayable
        return " ".join(["op", quote(op.name), *pairs, *sets])

    def _sets(self, word: str, sets: Iterable[AttributeSet], owner: str) -> Iterator[str]:
        for index, one in enumerate(sets):
            stem = f"{owner}-{one.__xml_plan__.tag}"
            default = stem if index == 0 else f"{stem}-{index}"
            yield self._set(word, one, default)

    def _set(self, word: str, one: AttributeSet, default: str) -> str:
        shown = "" if one.id in self.referenced else default
        text = write_set(word, one, default_id=shown, referenced=self.referenced)
        if text is None:
            raise _Unsayable
        return text

    def _bundle(self, item: Bundle) -> str:
        container = item.container
        if container is None or item.instance_attributes:
            raise _Unsayable
        parts = [f"bundle {item.id}{_description(item.description)}"]
        parts.append(_pairs(container.__xml_plan__.tag, _container(container)))
        if item.network is not None:
            text = _pairs(
                "network",
                {
                    "ip-range-start": item.network.ip_range_start,
                    "control-port": item.network.control_port,
                    "host-interface": item.network.host_interface,
                    "host-netmask": item.network.host_netmask,
                    "add-host": _word(item.network.add_host),
                },
            )
            for port in item.network.port_mappings:
                values = {
                    "id": port.id,
                    "port": port.port,
                    "internal-port": port.internal_port,
                    "range": port.range,
                }
                text += f" {_pairs('port-mapping', values)}"
            parts.append(text)
        if item.storage is not None:
            text = "storage"
            for one in item.storage.storage_mappings:
                values = {
                    "id": one.id,
                    "source-dir": one.source_dir,
                    "source-dir-root": one.source_dir_root,
                    "target-dir": one.target_dir,
                    "options": one.options,
                }
                text += f" {_pairs('storage-mapping', values)}"
            parts.append(text)
        if item.primitive is not None:
            parts.append(f"primitive {item.primitive.id}")
        return _BREAK.join([*parts, *self._sets("meta", item.meta_attributes, item.id)])

    # Constraints

    def _constraint(self, item: Constraint) -> str:
        match item:
            case Location():
                return self._location(item)
            case Colocation():
                return self._colocation(item)
            case Order():
                return self._order(item)
            case Ticket():
                tail = f" loss-policy={item.loss_policy}" if item.loss_policy else ""
                ends = _sets(item.sets, "role") if item.sets else [_end(item.rsc, item.rsc_role)]
                return f"rsc_ticket {item.id} {quote(item.ticket + ':')} {' '.join(ends)}{tail}"

    def _location(self, item: Location) -> str:
        if item.lifetime is not None:
            raise _Unsayable
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
            rules = [self._rule(rule, f"{item.id}-rule", i) for i, rule in enumerate(item.rules)]
            return _BREAK.join([head, *rules]) if len(rules) > 1 else f"{head}{_BREAK}{rules[0]}"
        if item.node is None or (item.score is None and item.score_attribute is None):
            raise _Unsayable
        return f"{head} {_score(item)} {quote(item.node)}"

    def _rule(self, rule: Rule, stem: str, index: int) -> str:
        default = stem if index == 0 else f"{stem}-{index}"
        text = write_rule(rule, default_id="" if rule.id in self.referenced else default)
        if text is None:
            raise _Unsayable
        return text

    def _colocation(self, item: Colocation) -> str:
        odd = (item.influence, item.rsc_instance, item.with_rsc_instance, item.lifetime)
        if any(one is not None for one in odd) or item.score_attribute_mangle is not None:
            raise _Unsayable
        ends = (
            _sets(item.sets, "role")
            if item.sets
            else [_end(item.rsc, item.rsc_role), _end(item.with_rsc, item.with_rsc_role)]
        )
        tail = f" node-attribute={quote(item.node_attribute)}" if item.node_attribute else ""
        return f"colocation {item.id} {_score(item)} {' '.join(ends)}{tail}"

    def _order(self, item: Order) -> str:
        odd = (item.require_all, item.first_instance, item.then_instance, item.lifetime)
        if any(one is not None for one in odd):
            raise _Unsayable
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
        tail = f" symmetrical={_word(item.symmetrical)}" if item.symmetrical is not None else ""
        return f"{head} {' '.join(ends)}{tail}"

    # The rest

    def _node(self, node: Node) -> str:
        if node.score is not None:
            raise _Unsayable
        kind = f":{node.type}" if node.type is not None else ""
        own = "" if node.id == node.uname else _own_id(node.id)
        parts = [f"node {own}{quote(node.uname + kind)}{_description(node.description)}"]
        default = f"nodes-{node.id}"
        for word, sets in (
            ("attributes", node.instance_attributes),
            ("utilization", node.utilization),
        ):
            parts += [self._set(word, one, default) for one in sets]
        return _BREAK.join(parts)

    def _options(self, word: str, one: AttributeSet, section: str) -> str:
        try:
            self._plain(one)
            text = self._set("", one, one.id or "")
        except _Unsayable:
            inner = one.render().replace("\n", "")
            return (
                f"xml {_one_line(f'<{section}>{inner}</{section}>')}"
                if section != "crm_config"
                else f"xml {_one_line(inner)}"
            )
        if one.id_ref is None and one.score is not None:
            return f"xml {_one_line(one.render())}"
        head = f"{word} {_own_id(one.id)}".rstrip()
        return _BREAK.join([head, text]) if text else head

    def _tag(self, tag: Tag) -> str:
        return f"tag {tag.id} {' '.join(quote(ref.id) for ref in tag.refs)}"

    def _fencing(self, item: FencingTopology) -> str:
        parts = ["fencing_topology"]
        counts: dict[str, int] = {}
        for level in item.levels:
            if level.target is not None:
                target = f"{level.target}:"
            elif level.target_pattern is not None:
                target = f"pattern:{level.target_pattern}"
            else:
                target = f"attr:{level.target_attribute}={level.target_value}"
            counts[target] = counts.get(target, 0) + 1
            if level.index != counts[target]:
                raise _Unsayable  # crmsh counts the levels itself
            parts.append(f"{quote(target)} {quote(level.devices)}")
        return _BREAK.join(parts)

    def _acl(self, item: AclTarget | AclGroup | AclRole | AclUser) -> str:
        if isinstance(item, AclUser):
            raise _Unsayable
        if isinstance(item, AclTarget | AclGroup):
            if item.name is not None:
                raise _Unsayable
            word = "acl_target" if isinstance(item, AclTarget) else "acl_group"
            return f"{word} {quote(item.id)} {' '.join(role.id for role in item.roles)}"
        parts = [f"role {item.id}{_description(item.description)}"]
        for one in item.permissions:
            if not isinstance(one, AclPermission):
                raise _Unsayable
            text = f"{one.kind}"
            text += _description(one.description)
            for name, value in (
                ("xpath", one.xpath),
                ("ref", one.reference),
                ("type", one.object_type),
                ("attribute", one.attribute),
            ):
                text += f" {quote(f'{name}:{value}')}" if value is not None else ""
            parts.append(text)
        return _BREAK.join(parts)

    def _alert(self, item: Alert) -> str:
        parts = [f"alert {item.id} {quote(item.path)}{_description(item.description)}"]
        parts += self._sets("attributes", item.instance_attributes, item.id)
        parts += self._sets("meta", item.meta_attributes, item.id)
        if item.select is not None:
            words = ["select"]
            if item.select.attributes is not None:
                names = [quote(one.name) for one in item.select.attributes.attributes]
                words += ["attributes", "{", *names, "}"]
            words += [
                word
                for word, one in (
                    ("fencing", item.select.fencing),
                    ("nodes", item.select.nodes),
                    ("resources", item.select.resources),
                )
                if one is not None
            ]
            parts.append(" ".join(words))
        for one in item.recipients:
            inside = [
                quote(one.value) + _description(one.description),
                *self._sets("attributes", one.instance_attributes, one.id),
                *self._sets("meta", one.meta_attributes, one.id),
            ]
            parts.append(f"to {{ {' '.join(inside)} }}")
        return _BREAK.join(parts)


def _own_id(id_: str | None) -> str:
    """Write the id that stands before what has it: `id: `, or `$id=id ` where that is no word."""
    if not id_:
        return ""
    return f"{id_}: " if _PLAIN_ID.fullmatch(id_) else f"$id={quote(id_)} "


def _xml(item: Element) -> str:
    return f"xml {_one_line(item.render())}"


def _one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines())


def _word(value: bool | None) -> str | None:
    return None if value is None else "true" if value else "false"


def _description(text: str | None) -> str:
    return f" description={quote(text)}" if text else ""


def _score(item: Location | Colocation) -> str:
    if item.score_attribute is not None:
        return quote(f"{item.score_attribute}:")
    if item.score is None:
        raise _Unsayable
    return f"{write_score(item.score)}:"


def _end(rsc: str | None, said: str | None) -> str:
    if rsc is None:
        raise _Unsayable
    return quote(f"{rsc}:{said}" if said else rsc)


def _sets(sets: Iterable[ResourceSet], what: str) -> list[str]:
    out: list[str] = []
    before: tuple[str | None] | None = None  # what the members of a plain set before this one do
    for one in sets:
        said = one.role if what == "role" else one.action
        other = one.action if what == "role" else one.role
        odd = (one.id_ref, one.ordering, one.score, one.kind, other)
        if any(value is not None for value in odd) or not one.refs:
            raise _Unsayable
        plain = one.sequential is not False and one.require_all is not False
        if plain and before == (said,):
            raise _Unsayable  # crmsh would read the two as one
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


def _container(one: Container) -> dict[str, str | int | None]:
    return {
        "image": one.image,
        "replicas": one.replicas,
        "replicas-per-host": one.replicas_per_host,
        "promoted-max": one.promoted_max,
        "masters": one.masters,
        "run-command": one.run_command,
        "network": one.network,
        "options": one.options,
    }


def _pairs(word: str, values: dict[str, str | int | None]) -> str:
    return " ".join(
        [
            word,
            *(f"{name}={quote(str(value))}" for name, value in values.items() if value is not None),
        ]
    )
