"""Resources in crmsh's words: read `primitive`, `rsc_template`, `group`, `clone`, `ms`, `bundle`.

    primitive  = "primitive" id ( agent | "@" template ) [ "description=" text ] { part }
    part       = ( "params" | "meta" | "utilization" ) list
               | "operations" ( "$id=" id | "$id-ref=" id )
               | "op" name { pair } { ( "op_params" | "op_meta" ) list }
    group      = "group" id id { id } [ "description=" text ] { ( "params" | "meta" ) list }
    clone      = ( "clone" | "ms" | "master" ) id id [ "description=" text ] { … }
    bundle     = "bundle" id { container | network | storage | "meta" list | "primitive" id }

Source: crm(8), "configure".
"""

import re
from collections.abc import Sequence
from typing import cast

from attrs import frozen

from hakvm.errors import InvalidError
from hakvm.pacemaker._bundle import (
    Bundle,
    BundleNetwork,
    BundleStorage,
    Container,
    Docker,
    Podman,
    PortMapping,
    Rkt,
    StorageMapping,
)
from hakvm.pacemaker._ids import check_id
from hakvm.pacemaker._nvpairs import InstanceAttributes, MetaAttributes, Nvpair, Utilization
from hakvm.pacemaker._resources import Clone, Group, Master, Op, Operations, Primitive, Template
from hakvm.pacemaker._words import parse_boolean, role_of
from hakvm.pacemaker.crm._lexer import Statement, Word
from hakvm.pacemaker.crm._sets import IDSPEC, read_pairs, read_set, read_sets

__all__ = ["Draft", "agent_of", "read_id", "read_resource"]

# Agents that only ClusterLabs' own provider has: a bare type means heartbeat's otherwise.
_PACEMAKER_AGENTS = frozenset(
    [
        "ClusterMon",
        "HealthCPU",
        "HealthIOWait",
        "HealthSMART",
        "NodeUtilization",
        "SysInfo",
        "SystemHealth",
        "attribute",
        "controld",
        "ifspeed",
        "o2cb",
        "ping",
        "pingd",
        "remote",
        "Stateful",
    ]
)
_STANDARDS = frozenset(
    ["ocf", "lsb", "heartbeat", "stonith", "upstart", "service", "systemd", "nagios"]
)
_DESCRIPTION = re.compile(r"description=(.+)", re.IGNORECASE | re.DOTALL)
_OP_ATTRIBUTES = {
    "id": "id",
    "name": "name",
    "interval": "interval",
    "description": "description",
    "start-delay": "start_delay",
    "interval-origin": "interval_origin",
    "timeout": "timeout",
    "enabled": "enabled",
    "record-pending": "record_pending",
    "role": "role",
    "requires": "requires",
    "on-fail": "on_fail",
}
_OP_BOOLEANS = {"enabled", "record-pending"}
_CONTAINERS: dict[str, type[Container]] = {"docker": Docker, "podman": Podman, "rkt": Rkt}
_NUMBERS = {
    "replicas",
    "replicas-per-host",
    "promoted-max",
    "masters",
    "control-port",
    "host-netmask",
    "port",
    "internal-port",
}


@frozen(kw_only=True)
class Draft:
    """A resource that has been read, and the names of those that belong into it."""

    item: Primitive | Template | Group | Clone | Master | Bundle
    members: tuple[Word, ...] = ()


def read_id(words: Statement, what: str = "an id", *, end: str = "") -> str:
    """Read a word that may be an id, without the `end` that may stand behind it."""
    word = words.take(what).removesuffix(end)
    try:
        return check_id(word)
    except InvalidError as error:
        words.fail(error.message, back=1, hint=error.hint)


def agent_of(text: str) -> tuple[str, str | None, str] | None:
    """Split `[class:[provider:]]type` as crmsh does; `None` where it is no agent."""
    parts = text.split(":")
    if not all(parts):
        return None
    match parts:
        case [class_, provider, type_]:
            return class_, provider, type_
        case [class_, type_] if class_ in _STANDARDS and class_ != "ocf":
            return class_, None, type_
        case ["ocf", type_] | [type_]:
            return "ocf", "pacemaker" if type_ in _PACEMAKER_AGENTS else "heartbeat", type_
        case _:
            return None


def _description(words: Statement) -> str | None:
    found = words.match(_DESCRIPTION)
    return found[1] if found else None


def read_resource(words: Statement, command: str) -> Draft:
    """Read what stands behind `command`."""
    match command:
        case "primitive" | "rsc_template":
            return Draft(item=_agent_resource(words, command))
        case "group":
            return _group(words)
        case "bundle":
            return _bundle(words)
        case _:
            return _clone(words, command)


def _agent_resource(words: Statement, command: str) -> Primitive | Template:
    id_ = read_id(words)
    kind: type[Primitive | Template] = Primitive if command == "primitive" else Template
    word = words.take("an agent, as ocf:heartbeat:Filesystem")
    template = class_ = provider = type_ = None
    if command == "primitive" and word.startswith("@") and len(word) > 1:
        template = word[1:]
    else:
        agent = agent_of(word)
        if agent is None:
            words.fail(
                f"{word!r} is no agent", back=1, hint="[class:[provider:]]type, or @template"
            )
        class_, provider, type_ = agent
    description = _description(words)
    sets: dict[str, list[object]] = {"params": [], "meta": [], "utilization": []}
    ops: list[Op] = []
    ops_id = ops_ref = None
    started = False
    while (word_ := words.peek()) is not None:
        lower = word_.lower()
        if lower == "operations":
            words.take("")
            ops_id, ops_ref = _idspec(words)
        elif lower == "op":
            ops.append(_op(words))
        elif lower in sets or not started:
            before = words.at
            for name, found in read_sets(words, tuple(sets), first="params").items():
                sets[name] += found
            if words.at == before:
                break
        else:
            break
        started = True
    operations = (
        Operations(id=ops_id, id_ref=ops_ref, ops=tuple(ops)) if ops or ops_id or ops_ref else None
    )
    return kind(
        id=id_,
        class_=class_,
        provider=provider,
        type=type_,
        template=template,
        description=description,
        instance_attributes=cast("tuple[InstanceAttributes, ...]", tuple(sets["params"])),
        meta_attributes=cast("tuple[MetaAttributes, ...]", tuple(sets["meta"])),
        utilization=cast("tuple[Utilization, ...]", tuple(sets["utilization"])),
        operations=operations,
    )


def _idspec(words: Statement) -> tuple[str | None, str | None]:
    spec = words.match(IDSPEC)
    if spec is None:
        words.fail("expected $id=… or $id-ref=…")
    return (None, spec[2]) if spec[1].lower() == "id-ref" else (spec[2], None)


def _op(words: Statement) -> Op:
    words.take("op")
    name = words.take("an operation's name")
    pairs = read_pairs(words)
    values: dict[str, str | bool] = {}
    params: list[Nvpair] = []
    for pair in pairs:
        if pair.name in _OP_ATTRIBUTES and pair.value is not None:
            if params:
                words.fail(
                    f"{pair.name!r} stands behind the agent's own parameters",
                    back=1,
                    hint="attributes of the operation come first",
                )
            values[_OP_ATTRIBUTES[pair.name]] = (
                _boolean(words, pair.value) if pair.name in _OP_BOOLEANS else pair.value
            )
        else:
            params.append(pair)
    sets = read_sets(words, ("op_params", "op_meta"), first="op_params")
    own = (InstanceAttributes(id="", nvpairs=tuple(params)),) if params else ()
    return make_op(
        {"name": name, "interval": "0", **values},
        (*own, *cast("tuple[InstanceAttributes, ...]", sets.get("op_params", ()))),
        cast("tuple[MetaAttributes, ...]", sets.get("op_meta", ())),
    )


def make_op(
    values: dict[str, str | bool],
    params: tuple[InstanceAttributes, ...] = (),
    meta: tuple[MetaAttributes, ...] = (),
) -> Op:
    """Make an operation of the attributes that were read."""
    role = values.get("role")
    if isinstance(role, str):
        values["role"] = role_of(role) or role
    return Op(**values, instance_attributes=params, meta_attributes=meta)  # type: ignore[arg-type]  # _OP_ATTRIBUTES names them


def _boolean(words: Statement, text: str) -> bool:
    try:
        return parse_boolean(text)
    except InvalidError as error:
        words.fail(error.message, back=1, hint=error.hint)


def _collected(
    words: Statement,
) -> tuple[tuple[InstanceAttributes, ...], tuple[MetaAttributes, ...]]:
    sets = read_sets(words, ("params", "meta"), first="params")
    return (
        cast("tuple[InstanceAttributes, ...]", sets.get("params", ())),
        cast("tuple[MetaAttributes, ...]", sets.get("meta", ())),
    )


def _group(words: Statement) -> Draft:
    id_ = read_id(words)
    members: list[Word] = []
    while (word := words.peek()) and "=" not in word and word.lower() not in {"params", "meta"}:
        if any(word == one.text for one in members):
            words.fail(f"{word!r} stands twice in group {id_!r}")
        members.append(words.words[words.at])
        words.take("")
    if not members:
        words.fail(f"group {id_!r} has no member")
    description = _description(words)
    params, meta = _collected(words)
    return Draft(
        item=Group(
            id=id_, description=description, instance_attributes=params, meta_attributes=meta
        ),
        members=tuple(members),
    )


def _clone(words: Statement, command: str) -> Draft:
    id_ = read_id(words)
    words.take("the resource to clone")
    member = words.words[words.at - 1]
    description = _description(words)
    params, meta = _collected(words)
    kind = Clone if command == "clone" else Master
    return Draft(
        item=kind(
            id=id_, description=description, instance_attributes=params, meta_attributes=meta
        ),
        members=(member,),
    )


_BUNDLE_WORDS = frozenset({"docker", "podman", "rkt", "network", "storage", "meta", "primitive"})


def _fields(words: Statement, pairs: Sequence[Nvpair]) -> dict[str, str | int | bool]:
    found: dict[str, str | int | bool] = {}
    for pair in pairs:
        name, value = pair.name or "", pair.value or ""
        field = name.replace("-", "_")
        if name in _NUMBERS:
            if not (value.isascii() and value.isdigit()):
                words.fail(f"{name}={value!r}: expected a number", back=1)
            found[field] = int(value)
        elif name == "add-host":
            found[field] = _boolean(words, value)
        else:
            found[field] = value
    return found


def _bundle(words: Statement) -> Draft:
    id_ = read_id(words)
    description = _description(words)
    parts: dict[str, object] = {}
    meta: list[MetaAttributes] = []
    members: tuple[Word, ...] = ()
    while word := words.accept(*_BUNDLE_WORDS):
        if word == "meta":
            meta.append(read_set(words, MetaAttributes, _BUNDLE_WORDS))
        elif word == "primitive":
            words.take("the primitive that runs inside")
            members = (words.words[words.at - 1],)
        elif word in parts:
            words.fail(f"{word!r} stands twice in bundle {id_!r}", back=1)
        else:
            parts[word] = _bundle_part(words, word)
    return Draft(
        item=Bundle(
            id=id_,
            description=description,
            meta_attributes=tuple(meta),
            **parts,  # type: ignore[arg-type]  # _bundle_part makes each of its kind
        ),
        members=members,
    )


def _bundle_part(words: Statement, word: str) -> object:
    mapping = {"network": "port-mapping", "storage": "storage-mapping"}.get(word)
    own: list[Nvpair] = []
    mapped: list[list[Nvpair]] = []
    for pair in read_pairs(words, _BUNDLE_WORDS):
        if mapping is not None and pair.name == mapping:
            mapped.append([])
        elif mapped:
            mapped[-1].append(pair)
        else:
            own.append(pair)
    try:
        if word in _CONTAINERS:
            return _CONTAINERS[word](**_fields(words, own))  # type: ignore[arg-type]  # checked there
        if word == "network":
            return BundleNetwork(
                **_fields(words, own),  # type: ignore[arg-type]  # checked there
                port_mappings=tuple(PortMapping(**_fields(words, one)) for one in mapped),  # type: ignore[arg-type]  # checked there
            )
        return BundleStorage(
            storage_mappings=tuple(StorageMapping(**_fields(words, one)) for one in mapped)  # type: ignore[arg-type]  # checked there
        )
    except TypeError as error:  # an attribute that the element has not, or lacks
        words.fail(f"{word}: {_said(error)}", back=1)


def _said(error: TypeError) -> str:
    found = re.search(r"'[a-z_]+'", str(error))
    name = found[0] if found else "something"
    return f"{name} is missing" if "missing" in str(error) else f"{name} is not known"
