"""The rest of crmsh's words: nodes, options, fencing levels, tags, alerts, access rules.

    node             = "node" [ "$id=" id | id ":" ] uname [ ":" type ] [ "description=" text ]
                       { ( "attributes" | "utilization" ) list }
    property         = "property" [ id ":" | "$id=" id | "$id-ref=" id ] { rule } { pair }
    rsc_defaults     = as property; op_defaults too
    fencing_topology = "fencing_topology" { target ":" | "attr:" name "=" value
                       | "pattern:" pattern | devices }
    tag              = "tag" id [ ":" ] id { id }
    alert            = "alert" id path { "attributes" list | "meta" list | "select" … | "to" … }
    role             = "role" id [ "description=" text ] { permission }
    acl_target       = "acl_target" id { role };  acl_group too

Source: crm(8), "configure".
"""

import re
from typing import Any, TypeVar, cast

from hakvm.pacemaker._nvpairs import (
    AttributeSet,
    InstanceAttributes,
    MetaAttributes,
    Utilization,
)
from hakvm.pacemaker._sections import (
    AclGroup,
    AclPermission,
    AclRole,
    AclRoleRef,
    AclTarget,
    Alert,
    AlertSelect,
    FencingLevel,
    FencingTopology,
    Node,
    ObjRef,
    Recipient,
    SelectAttributes,
    SelectedAttribute,
    SelectFencing,
    SelectNodes,
    SelectResources,
    Tag,
)
from hakvm.pacemaker._words import NodeType, Permission
from hakvm.pacemaker.crm._lexer import Statement
from hakvm.pacemaker.crm._resources import read_id
from hakvm.pacemaker.crm._rules import read_rules
from hakvm.pacemaker.crm._sets import IDSPEC, read_pairs, read_sets

__all__ = [
    "PERMISSION_WORDS",
    "read_acl",
    "read_alert",
    "read_fencing",
    "read_node",
    "read_options",
    "read_role",
    "read_tag",
]

S = TypeVar("S", bound=AttributeSet)

_INITIAL_ID = re.compile(r"([\w-]+):")
_UNAME = re.compile(r"([^:]+)(?::(normal|member|ping|remote))?", re.IGNORECASE)
_DESCRIPTION = re.compile(r"description=(.+)", re.IGNORECASE | re.DOTALL)
_BY_ATTRIBUTE = re.compile(r"attr:([\w-]+)=([\w-]+)", re.IGNORECASE)
_BY_PATTERN = re.compile(r"pattern:(.+)", re.IGNORECASE)
_BY_NAME = re.compile(r"([^:]+):")
_GRANT = re.compile(r"([^:]+)(?::(.+))?")

PERMISSION_WORDS = {
    "xpath": "xpath",
    "ref": "reference",
    "reference": "reference",
    "tag": "object_type",
    "type": "object_type",
    "attr": "attribute",
    "attribute": "attribute",
}
# Short forms of XPaths; {} is what stands behind the colon.
_SHORTCUTS = {
    "meta": ("//primitive[@id='{}']/meta_attributes", "/nvpair[@name='{}']"),
    "params": ("//primitive[@id='{}']/instance_attributes", "/nvpair[@name='{}']"),
    "utilization": ("//primitive[@id='{}']/utilization",),
    "location": ("//rsc_location[@id='cli-prefer-{}' and @rsc='{}']",),
    "property": ("//crm_config/cluster_property_set", "/nvpair[@name='{}']"),
    "nodeattr": ("//nodes/node/instance_attributes", "/nvpair[@name='{}']"),
    "nodeutil": ("//nodes/node/utilization", "[@uname='{}']"),
    "node": ("//nodes/node", "[@uname='{}']"),
    "status": ("/cib/status",),
    "cib": ("/cib",),
}


def read_node(words: Statement) -> Node:
    """Read what stands behind `node`."""
    id_ = None
    if found := words.match(IDSPEC):
        id_ = found[2]
    elif found := words.match(_INITIAL_ID):
        id_ = found[1]
    name = words.match(_UNAME)
    if name is None:
        words.fail("expected a node's name, as node1 or node1:member")
    description = words.match(_DESCRIPTION)
    sets = read_sets(words, ("attributes", "utilization"), first="attributes")
    return Node(
        id=id_ or name[1],
        uname=name[1],
        type=NodeType(name[2].lower()) if name[2] else None,
        description=description[1] if description else None,
        instance_attributes=cast("tuple[InstanceAttributes, ...]", sets.get("attributes", ())),
        utilization=cast("tuple[Utilization, ...]", sets.get("utilization", ())),
    )


def read_options(words: Statement, kind: type[S]) -> S:
    """Read what stands behind `property`, `rsc_defaults` and `op_defaults`."""
    id_ = ""
    if found := words.match(IDSPEC):
        if found[1].lower() == "id-ref":
            return kind(id_ref=found[2])
        id_ = found[2]
    elif found := words.match(_INITIAL_ID):
        id_ = found[1]
    rules = read_rules(words)
    return kind(id=id_, rules=rules, nvpairs=read_pairs(words))


def read_fencing(words: Statement, nodes: tuple[str, ...]) -> FencingTopology:
    """Read what stands behind `fencing_topology`; levels without a target are for all `nodes`."""
    levels: list[FencingLevel] = []
    target: dict[str, Any] | None = None
    counts: dict[tuple[str, ...], int] = {}
    while words.peek() is not None:
        if found := words.match(_BY_ATTRIBUTE):
            target = {"target_attribute": found[1], "target_value": found[2]}
        elif found := words.match(_BY_PATTERN):
            target = {"target_pattern": found[1]}
        elif found := words.match(_BY_NAME):
            target = {"target": found[1]}
        else:
            devices = words.take("devices")
            for one in [target] if target else [{"target": node} for node in nodes]:
                key = tuple(one.values())
                counts[key] = counts.get(key, 0) + 1
                levels.append(FencingLevel(id="", index=counts[key], devices=devices, **one))
    return FencingTopology(levels=tuple(levels))


def read_tag(words: Statement) -> Tag:
    """Read what stands behind `tag`."""
    id_ = read_id(words, "a tag's name", end=":")
    refs = tuple(ObjRef(id=one.text) for one in words.rest())
    if not refs:
        words.fail(f"tag {id_!r} has nothing to tag")
    return Tag(id=id_, refs=refs)


_ALERT_STOP = frozenset({"attributes", "meta", "to", "select", "}"})


def _alert_sets(
    words: Statement,
) -> tuple[tuple[InstanceAttributes, ...], tuple[MetaAttributes, ...]]:
    sets = read_sets(words, ("attributes", "meta"), first="attributes", stop=_ALERT_STOP)
    return (
        cast("tuple[InstanceAttributes, ...]", sets.get("attributes", ())),
        cast("tuple[MetaAttributes, ...]", sets.get("meta", ())),
    )


def read_alert(words: Statement) -> Alert:
    """Read what stands behind `alert`."""
    id_ = read_id(words)
    path = words.take("the path of a program")
    description = words.match(_DESCRIPTION)
    params: tuple[InstanceAttributes, ...] = ()
    meta: tuple[MetaAttributes, ...] = ()
    select: AlertSelect | None = None
    recipients: list[Recipient] = []
    while words.peek() is not None:
        if words.accept("to"):
            recipients.append(_recipient(words, f"{id_}-recipient-{len(recipients) + 1}"))
        elif words.accept("select"):
            select = _select(words)
        else:
            before = words.at
            more_params, more_meta = _alert_sets(words)
            params, meta = (*params, *more_params), (*meta, *more_meta)
            if words.at == before:
                words.fail(
                    f"{words.peek()!r} was not expected here",
                    hint="attributes, meta, select or to",
                )
    return Alert(
        id=id_,
        path=path,
        description=description[1] if description else None,
        instance_attributes=params,
        meta_attributes=meta,
        select=select,
        recipients=tuple(recipients),
    )


def _recipient(words: Statement, id_: str) -> Recipient:
    braced = words.accept("{")
    value = words.take("a recipient")
    description = words.match(_DESCRIPTION)
    params, meta = _alert_sets(words)
    if braced and not words.accept("}"):
        words.fail("expected }")
    return Recipient(
        id=id_,
        value=value,
        description=description[1] if description else None,
        instance_attributes=params,
        meta_attributes=meta,
    )


def _select(words: Statement) -> AlertSelect:
    attributes = fencing = nodes = resources = None
    while word := words.accept("attributes", "fencing", "nodes", "resources"):
        if word == "attributes":
            if not words.accept("{"):
                words.at -= 1
                break
            names: list[SelectedAttribute] = []
            while not words.accept("}"):
                names.append(SelectedAttribute(id="", name=words.take("an attribute, or }")))
            attributes = SelectAttributes(attributes=tuple(names))
        elif word == "fencing":
            fencing = SelectFencing()
        elif word == "nodes":
            nodes = SelectNodes()
        else:
            resources = SelectResources()
    return AlertSelect(attributes=attributes, fencing=fencing, nodes=nodes, resources=resources)


def read_acl(words: Statement, kind: type[AclTarget] | type[AclGroup]) -> AclTarget | AclGroup:
    """Read what stands behind `acl_target` and `acl_group`."""
    id_ = words.take("a name")
    return kind(id=id_, roles=tuple(AclRoleRef(id=one.text) for one in words.rest()))


def read_role(words: Statement) -> AclRole:
    """Read what stands behind `role`."""
    id_ = read_id(words)
    description = words.match(_DESCRIPTION)
    permissions: list[AclPermission] = []
    while (kind := words.accept(*Permission)) is not None:
        permissions += _permissions(words, Permission(kind))
    return AclRole(
        id=id_,
        description=description[1] if description else None,
        permissions=tuple(permissions),
    )


def _permissions(words: Statement, kind: Permission) -> list[AclPermission]:
    found = words.match(IDSPEC) or words.match(_INITIAL_ID)
    id_ = (found[found.lastindex or 1] if found else "") or ""
    description = words.match(_DESCRIPTION)
    said: dict[str, str] = {}
    while (word := words.peek()) is not None:
        grant = _GRANT.fullmatch(word)
        if grant is None or grant[1] not in PERMISSION_WORDS.keys() | _SHORTCUTS.keys():
            break
        words.take("")
        if grant[1] in _SHORTCUTS:
            said["xpath"] = _expanded(words, grant[1], grant[2])
        elif grant[2] is None:
            words.fail(f"expected {grant[1]}:…", back=1)
        else:
            said[PERMISSION_WORDS[grant[1]]] = grant[2]
    note = description[1] if description else None
    out = [
        AclPermission(id=id_, kind=kind, description=note, **{name: said[name]})  # type: ignore[arg-type]  # one of the two
        for name in ("xpath", "reference")
        if name in said
    ]
    if "object_type" in said:
        out.append(
            AclPermission(
                id=id_,
                kind=kind,
                description=note,
                object_type=said["object_type"],
                attribute=said.get("attribute"),
            )
        )
    if not out:
        words.fail(f"expected what to {kind}", hint="xpath:…, ref:… or type:…")
    return out


def _expanded(words: Statement, name: str, value: str | None) -> str:
    values = value.split(":") if value else []
    out = ""
    for piece in _SHORTCUTS[name]:
        if "{}" not in piece:
            out += piece
        elif values:
            out += piece.replace("{}", values.pop(0))
        elif out:
            break
        else:
            words.fail(f"expected {name}:…", back=1)
    return out
