"""Write a CIB in crmsh's configure language."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from attrs import frozen

from hakvm.pacemaker._bundle import Bundle, Container
from hakvm.pacemaker._cib import Cib, Resource
from hakvm.pacemaker._constraints import Constraint
from hakvm.pacemaker._nvpairs import AttributeSet
from hakvm.pacemaker._resources import Clone, Group, Master, Op, Primitive, Template
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
from hakvm.pacemaker.crm._render_constraints import BREAK, Unsayable, flag, write_constraint
from hakvm.pacemaker.crm._sets import write_set
from hakvm.xmlmodel import Element

__all__ = ["render"]

E = TypeVar("E", bound=Element)

_PLAIN_ID = re.compile(r"[\w-]+")


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
        except Unsayable:
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
                raise Unsayable

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
                    raise Unsayable
                word = "clone" if isinstance(item, Clone) else "ms"
                head = f"{word} {item.id} {item.resources[0].id}"
            case Bundle():
                return self._bundle(item)
        if isinstance(item, Group) and not item.primitives:
            raise Unsayable
        sets = [
            *self._sets("params", item.instance_attributes, item.id),
            *self._sets("meta", item.meta_attributes, item.id),
        ]
        return BREAK.join([head + _description(item.description), *sets])

    def _agent(self, item: Primitive | Template) -> str:
        word = "primitive" if isinstance(item, Primitive) else "rsc_template"
        if not item.agent or (item.template is not None and item.class_ is not None):
            raise Unsayable
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
        return BREAK.join(parts)

    def _op(self, op: Op) -> str:
        values = {
            "interval": op.interval,
            "timeout": op.timeout,
            "role": op.role,
            "on-fail": op.on_fail,
            "start-delay": op.start_delay,
            "interval-origin": op.interval_origin,
            "enabled": flag(op.enabled),
            "record-pending": flag(op.record_pending),
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
            raise Unsayable
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
            raise Unsayable
        return text

    def _bundle(self, item: Bundle) -> str:
        container = item.container
        if container is None or item.instance_attributes:
            raise Unsayable
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
                    "add-host": flag(item.network.add_host),
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
        return BREAK.join([*parts, *self._sets("meta", item.meta_attributes, item.id)])

    def _constraint(self, item: Constraint) -> str:
        return write_constraint(item, self.referenced)

    # The rest

    def _node(self, node: Node) -> str:
        if node.score is not None:
            raise Unsayable
        kind = f":{node.type}" if node.type is not None else ""
        own = "" if node.id == node.uname else _own_id(node.id)
        parts = [f"node {own}{quote(node.uname + kind)}{_description(node.description)}"]
        default = f"nodes-{node.id}"
        for word, sets in (
            ("attributes", node.instance_attributes),
            ("utilization", node.utilization),
        ):
            parts += [self._set(word, one, default) for one in sets]
        return BREAK.join(parts)

    def _options(self, word: str, one: AttributeSet, section: str) -> str:
        try:
            self._plain(one)
            text = self._set("", one, one.id or "")
        except Unsayable:
            inner = one.render().replace("\n", "")
            return (
                f"xml {_one_line(f'<{section}>{inner}</{section}>')}"
                if section != "crm_config"
                else f"xml {_one_line(inner)}"
            )
        if one.id_ref is None and one.score is not None:
            return f"xml {_one_line(one.render())}"
        head = f"{word} {_own_id(one.id)}".rstrip()
        return BREAK.join([head, text]) if text else head

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
                raise Unsayable  # crmsh counts the levels itself
            parts.append(f"{quote(target)} {quote(level.devices)}")
        return BREAK.join(parts)

    def _acl(self, item: AclTarget | AclGroup | AclRole | AclUser) -> str:
        if isinstance(item, AclUser):
            raise Unsayable
        if isinstance(item, AclTarget | AclGroup):
            if item.name is not None:
                raise Unsayable
            word = "acl_target" if isinstance(item, AclTarget) else "acl_group"
            return f"{word} {quote(item.id)} {' '.join(role.id for role in item.roles)}"
        parts = [f"role {item.id}{_description(item.description)}"]
        for one in item.permissions:
            if not isinstance(one, AclPermission):
                raise Unsayable
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
        return BREAK.join(parts)

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
        return BREAK.join(parts)


def _own_id(id_: str | None) -> str:
    """Write the id that stands before what has it: `id: `, or `$id=id ` where that is no word."""
    if not id_:
        return ""
    return f"{id_}: " if _PLAIN_ID.fullmatch(id_) else f"$id={quote(id_)} "


def _xml(item: Element) -> str:
    return f"xml {_one_line(item.render())}"


def _one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines())


def _description(text: str | None) -> str:
    return f" description={quote(text)}" if text else ""


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
