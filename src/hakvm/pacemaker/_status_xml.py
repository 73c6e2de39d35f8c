"""Read crm_mon's XML: the `<pacemaker-result>` of 2.x and 3.x, and the older `<crm_mon>`.

Source: /usr/share/pacemaker/api/crm_mon-*.rng, crm_mon.rng.
"""

from collections.abc import Callable
from typing import Any

from lxml import etree
from lxml.etree import _Element as XmlElement

from hakvm.errors import InvalidError
from hakvm.pacemaker._status import (
    Ban,
    BundleStatus,
    CloneStatus,
    Failure,
    FenceEvent,
    GroupStatus,
    NodeStatus,
    OperationStatus,
    ReplicaStatus,
    ResourceHistory,
    ResourceStatus,
    TicketStatus,
)
from hakvm.pacemaker._words import Role, parse_score
from hakvm.xmlmodel import read_xml

__all__ = ["parse_xml", "read_nodes", "read_resources"]

_ROLES = {role.value: role for role in Role}
_ROOTS = ("pacemaker-result", "crm_mon")


def _true(el: XmlElement, name: str, default: bool = False) -> bool:
    said = el.get(name)
    return default if said is None else said in {"true", "1", "yes", "on"}


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_score(text)
    except InvalidError:
        return None


def role(text: str | None) -> Role | str | None:
    """Return the role that a word names; the word itself where it names none."""
    return None if text is None else _ROLES.get(text, text)


def parse_xml(text: str | bytes, *, source: str) -> dict[str, Any]:
    """Return the fields of a `Status`.

    Raises:
        ParseError: no well-formed XML.
        InvalidError: it is not crm_mon's.
    """
    root = read_xml(text, *_ROOTS, source=source)
    found: dict[str, Any] = {}
    unparsed: list[str] = []
    for section in root:
        if not isinstance(section.tag, str):
            continue
        reader = _SECTIONS.get(section.tag)
        if reader is not None:
            found.update(reader(section))
        elif section.tag == "pacemakerd":
            found["daemon"] = section.get("state")
        elif section.tag != "status":
            unparsed.append(etree.tostring(section, encoding="unicode", with_tail=False).strip())
    if root.tag == "crm_mon" and found.get("version") is None:
        found["version"] = root.get("version")
    return {**found, "unparsed": tuple(unparsed)}


def _summary(section: XmlElement) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for el in section:
        match el.tag:
            case "stack":
                found["stack"] = el.get("type")
                if state := el.get("pacemakerd-state"):  # 3.0; an element of its own in 2.1
                    found["daemon"] = state
            case "current_dc":
                found |= {
                    "dc": el.get("name"),
                    "version": el.get("version"),
                    "quorum": _true(el, "with_quorum") if el.get("with_quorum") else None,
                    "mixed_version": (
                        _true(el, "mixed_version") if el.get("mixed_version") else None
                    ),
                }
            case "last_update":
                found |= {"updated": el.get("time"), "updated_on": el.get("origin")}
            case "last_change":
                by = [
                    f"{word} {value}"
                    for word, name in (("by", "user"), ("via", "client"), ("on", "origin"))
                    if (value := el.get(name))
                ]
                found["changed"] = el.get("time") or None
                found["changed_by"] = " ".join(by).removeprefix("by ") or None
            case "nodes_configured":
                found["nodes_configured"] = _number(el.get("number"))
            case "resources_configured":
                found["resources_configured"] = _number(el.get("number"))
                found["resources_disabled"] = _number(el.get("disabled"))
                found["resources_blocked"] = _number(el.get("blocked"))
            case "cluster_options":
                found["options"] = dict(el.attrib)
            case _:
                pass
    return found


def read_nodes(section: XmlElement) -> tuple[NodeStatus, ...]:
    """Read `<nodes>`."""
    return tuple(
        NodeStatus(
            name=el.get("name") or "",
            id=el.get("id") or "",
            online=_true(el, "online"),
            standby=_true(el, "standby"),
            standby_onfail=_true(el, "standby_onfail"),
            maintenance=_true(el, "maintenance"),
            pending=_true(el, "pending"),
            unclean=_true(el, "unclean"),
            shutdown=_true(el, "shutdown"),
            expected_up=_true(el, "expected_up"),
            is_dc=_true(el, "is_dc"),
            type=el.get("type") or "member",
            resources_running=_number(el.get("resources_running")),
            health=el.get("health"),
            feature_set=el.get("feature_set"),
        )
        for el in section.iterchildren("node")
    )


def _resource(el: XmlElement) -> ResourceStatus:
    get = el.get
    return ResourceStatus(
        id=get("id") or "",
        agent=(get("resource_agent") or "").replace("::", ":"),
        role=role(get("role")),
        target_role=role(get("target_role")),
        nodes=tuple(node.get("name") or "" for node in el.iterchildren("node")),
        active=_true(el, "active"),
        orphaned=_true(el, "orphaned"),
        blocked=_true(el, "blocked"),
        managed=_true(el, "managed", default=True),
        disabled=get("target_role") == "Stopped",
        failed=_true(el, "failed"),
        failure_ignored=_true(el, "failure_ignored"),
        maintenance=_true(el, "maintenance"),
        pending=get("pending"),
        locked_to=get("locked_to"),
        description=get("description"),
    )


def _group(el: XmlElement) -> GroupStatus:
    return GroupStatus(
        id=el.get("id") or "",
        members=tuple(_resource(child) for child in el.iterchildren("resource")),
        managed=_true(el, "managed", default=True),
        disabled=_true(el, "disabled"),
        maintenance=_true(el, "maintenance"),
    )


def _clone(el: XmlElement) -> CloneStatus:
    members: list[ResourceStatus | GroupStatus] = []
    for child in el:
        if child.tag == "resource":
            members.append(_resource(child))
        elif child.tag == "group":
            members.append(_group(child))
    first = members[0].id if members else ""
    # An instance of a cloned group, or of a unique clone, is named with its number.
    return CloneStatus(
        id=el.get("id") or "",
        resource=first.partition(":")[0],
        promotable=_true(el, "multi_state"),
        unique=_true(el, "unique"),
        managed=_true(el, "managed", default=True),
        disabled=_true(el, "disabled"),
        failed=_true(el, "failed"),
        failure_ignored=_true(el, "failure_ignored"),
        maintenance=_true(el, "maintenance"),
        target_role=role(el.get("target_role")),
        members=tuple(members),
    )


def _bundle(el: XmlElement) -> BundleStatus:
    return BundleStatus(
        id=el.get("id") or "",
        type=el.get("type") or "",
        image=el.get("image") or "",
        unique=_true(el, "unique"),
        managed=_true(el, "managed", default=True),
        failed=_true(el, "failed"),
        maintenance=_true(el, "maintenance"),
        replicas=tuple(
            ReplicaStatus(
                id=replica.get("id") or "",
                members=tuple(_resource(child) for child in replica.iterchildren("resource")),
            )
            for replica in el.iterchildren("replica")
        ),
    )


_KINDS: dict[str, Callable[[XmlElement], Any]] = {
    "resource": _resource,
    "group": _group,
    "clone": _clone,
    "bundle": _bundle,
}


def read_resources(
    section: XmlElement,
) -> tuple[ResourceStatus | GroupStatus | CloneStatus | BundleStatus, ...]:
    """Read `<resources>`."""
    return tuple(_KINDS[el.tag](el) for el in section if el.tag in _KINDS)


def _attributes(section: XmlElement) -> dict[str, Any]:
    return {
        "attributes": {
            node.get("name") or "": {
                one.get("name") or "": one.get("value") or ""
                for one in node.iterchildren("attribute")
            }
            for node in section.iterchildren("node")
        }
    }


def _history(section: XmlElement) -> dict[str, Any]:
    return {
        "history": tuple(
            ResourceHistory(
                node=node.get("name") or "",
                resource=one.get("id") or "",
                orphan=_true(one, "orphan"),
                migration_threshold=_number(one.get("migration-threshold")),
                fail_count=_number(one.get("fail-count")) or 0,
                last_failure=one.get("last-failure"),
                operations=tuple(
                    OperationStatus(
                        call=_number(op.get("call")),
                        task=op.get("task") or "",
                        rc=_number(op.get("rc")),
                        rc_text=op.get("rc_text"),
                        interval=op.get("interval"),
                        last_rc_change=op.get("last-rc-change"),
                        last_run=op.get("last-run"),
                        exec_time=op.get("exec-time"),
                        queue_time=op.get("queue-time"),
                    )
                    for op in one.iterchildren("operation_history")
                ),
            )
            for node in section.iterchildren("node")
            for one in node.iterchildren("resource_history")
        )
    }


def _failures(section: XmlElement) -> dict[str, Any]:
    return {
        "failures": tuple(
            Failure(
                operation=el.get("op_key") or el.get("id") or "",
                node=el.get("node") or "",
                exit_status=el.get("exitstatus") or "",
                exit_reason=el.get("exitreason") or "",
                exit_code=_number(el.get("exitcode")),
                call=_number(el.get("call")),
                status=el.get("status") or "",
                last_rc_change=el.get("last-rc-change"),
                queued=el.get("queued"),
                exec=el.get("exec"),
                interval=el.get("interval"),
                task=el.get("task"),
            )
            for el in section.iterchildren("failure")
        )
    }


def _fencing(section: XmlElement) -> dict[str, Any]:
    return {
        "fence_history": tuple(
            FenceEvent(
                target=el.get("target") or "",
                action=el.get("action") or "",
                status=el.get("status") or "",
                extended_status=el.get("extended-status"),
                exit_reason=el.get("exit-reason"),
                delegate=el.get("delegate"),
                client=el.get("client"),
                origin=el.get("origin"),
                completed=el.get("completed"),
            )
            for el in section.iterchildren("fence_event")
        )
    }


def _tickets(section: XmlElement) -> dict[str, Any]:
    return {
        "tickets": tuple(
            TicketStatus(
                id=el.get("id") or "",
                granted=el.get("status") == "granted",
                standby=_true(el, "standby"),
                last_granted=el.get("last-granted"),
            )
            for el in section.iterchildren("ticket")
        )
    }


def _bans(section: XmlElement) -> dict[str, Any]:
    return {
        "bans": tuple(
            Ban(
                id=el.get("id") or "",
                resource=el.get("resource") or "",
                node=el.get("node") or "",
                weight=_number(el.get("weight")),
                promoted_only=_true(el, "promoted-only") or _true(el, "master_only"),
            )
            for el in section.iterchildren("ban")
        )
    }


_SECTIONS: dict[str, Callable[[XmlElement], dict[str, Any]]] = {
    "summary": _summary,
    "nodes": lambda section: {"nodes": read_nodes(section)},
    "resources": lambda section: {"resources": read_resources(section)},
    "node_attributes": _attributes,
    "node_history": _history,
    "failures": _failures,
    "fence_history": _fencing,
    "tickets": _tickets,
    "bans": _bans,
}
