"""Read the text of `crm status` and `crm_mon -1`, from Pacemaker 1.1 to 3.0.

Each release words it a little differently: 1.1 `Master/Slave Set: ms [p]` with
`Masters: [ … ]`, 2.0 `Clone Set: ms [p] (promotable)`, 2.1 bullets and
`Promoted: [ … ]`. A line that fits none of them is kept in `unparsed`.
"""

import re
from typing import Any

from attrs import define, evolve, field

from hakvm.errors import ParseError
from hakvm.pacemaker._status import (
    BundleStatus,
    CloneStatus,
    Failure,
    GroupStatus,
    NodeStatus,
    ReplicaStatus,
    ResourceStatus,
)
from hakvm.pacemaker._words import Role

__all__ = ["parse_text"]

_LINE = re.compile(r"(?P<indent>[ \t]*)(?:\* )?(?P<text>.*?)\s*")
_DC = re.compile(
    r"Current DC: (?P<dc>\S+)(?: \((?:\d+|[\w-]+)\))?"
    r"(?: \(version (?P<version>[^)]*)\))?(?: - (?P<quorum>.*))?"
)
_COUNT = re.compile(r"(\d+) (nodes?|resources?|resource instances?) configured(.*)")
_LIST = re.compile(r"(?P<word>[A-Za-z]+)(?: \([^)]*\))?: \[(?P<nodes>[^\]]*)\]")
_NODE = re.compile(
    r"(?:(?P<kind>Remote|Guest)?Node|Node) (?P<name>\S+?)(?: \(\S+\))?: (?P<state>.+)"
)
_CLONE = re.compile(
    r"(?:Master/Slave|Clone) Set: (?P<id>\S+) \[(?P<resource>[^\]]+)\](?P<flags>.*?):?"
)
_GROUP = re.compile(r"Resource Group: (?P<id>\S+?)(?P<flags> \(.*\))?:?")
_BUNDLE = re.compile(
    r"(?:(?P<type>\w+) )?[Cc]ontainer(?: bundle)?(?: set)?: (?P<id>\S+) "
    r"\[(?P<image>[^\]]+)\](?P<flags>.*?):?"
)
_RESOURCE = re.compile(
    r"(?P<id>[^\s(]+)\s+\((?P<agent>[a-z][\w-]*:[^)]*)\):\s+(?P<orphaned>ORPHANED\s*)?(?P<state>.+)"
)
_REPLICA = re.compile(
    r"(?P<id>\S+-\d+) \([\d.:a-fA-F/]+\)\s+\((?P<agent>[^)]+)\):\s+"
    r"(?P<orphaned>ORPHANED\s*)?(?P<state>.+)"
)
_DAEMON = re.compile(r"Status of pacemakerd: '([^']*)'(?: \(last updated .*\))?")
_REPLICA_HEAD = re.compile(r"Replica\[\d+\]")
_IN_BRACKETS = re.compile(r"\[ ?([^\]]*)\]")
_IN_PARENTHESES = re.compile(r"\(([^)]*)\)")
_ROLE_WORDS = frozenset(
    [
        *("Started", "Stopped", "Starting", "Stopping", "Master", "Slave"),
        *("Promoted", "Unpromoted", "Promoting", "Demoting", "Migrating", "Monitoring"),
    ]
)
_FAILURES = (
    re.compile(
        r"(?P<operation>\S+) on (?P<node>\S+) '(?P<exit_status>[^']*)' "
        r"\((?P<exit_code>\d+)\): (?P<rest>.*)"
    ),
    re.compile(
        r"(?P<resource>\S+) (?:(?P<interval>\S+)-interval )?(?P<task>\w+) on (?P<node>\S+) "
        r"(?:returned|could not be executed|could not) ?'?(?P<exit_status>[^']*)'?(?P<rest>.*)"
    ),
)
_DETAIL = re.compile(r"([a-z-]+)='?([^',]*)'?")
_ROLES = {
    "Masters": Role.MASTER,
    "Slaves": Role.SLAVE,
    "Promoted": Role.PROMOTED,
    "Unpromoted": Role.UNPROMOTED,
    "Started": Role.STARTED,
    "Stopped": Role.STOPPED,
}
_HEADINGS = frozenset(
    [
        "cluster summary",
        "node list",
        "full list of resources",
        "active resources",
        "full list of active resources",
        "inactive resources",
        "no resources",
        "no active resources",
        "node attributes",
        "migration summary",
        "operations",
        "failed actions",
        "failed resource actions",
        "failed fencing actions",
        "fencing history",
        "tickets",
        "negative location constraints",
        "daemon status",
    ]
)


@define
class _Reader:
    """What has been read so far, and within what the next line stands."""

    fields: dict[str, Any] = field(factory=dict)
    nodes: dict[str, NodeStatus] = field(factory=dict)
    resources: list[Any] = field(factory=list)
    failures: list[Failure] = field(factory=list)
    attributes: dict[str, dict[str, str]] = field(factory=dict)
    unparsed: list[str] = field(factory=list)
    section: str = ""
    holders: list[tuple[int, list[Any]]] = field(factory=list)
    node: str = ""
    seen: bool = False

    def line(self, raw: str) -> None:
        """Read one line."""
        found = _LINE.fullmatch(raw)
        if found is None or not found["text"]:
            self.holders.clear()
            return
        text, indent = found["text"], len(found["indent"].expandtabs())
        heading = text.lower().rstrip(":")
        if heading in _HEADINGS:
            self.section, self.seen = heading, True
            self.holders.clear()
            return
        done = (
            self._summary(text)
            or self._section(text)
            or self._node_line(text, indent)
            or self._resource_line(text, indent)
        )
        if done:
            self.seen = True
        else:
            self.unparsed.append(raw.strip())

    def _summary(self, text: str) -> bool:
        word, colon, value = text.partition(": ")
        if found := _DAEMON.fullmatch(text):
            self.fields["daemon"] = found[1]
        elif colon and word == "Stack":
            self.fields |= _stack(value)
        elif colon and word == "Last updated":
            when, _, origin = value.partition(" on ")
            self.fields |= {"updated": when, "updated_on": origin or None}
        elif word.rstrip(":") == "Last change":
            when, by, who = value.partition(" by ")
            self.fields["changed"] = when.strip() or None
            self.fields["changed_by"] = who or None if by else None
        elif found := _DC.fullmatch(text):
            quorum = found["quorum"] or ""
            self.fields["dc"] = None if found["dc"] == "NONE" else found["dc"]
            self.fields["version"] = found["version"]
            if quorum:
                self.fields["quorum"] = "WITHOUT" not in quorum
                self.fields["mixed_version"] = "MIXED" in quorum
        elif found := _COUNT.fullmatch(text):
            kind = "nodes" if found[2].startswith("node") else "resources"
            self.fields[f"{kind}_configured"] = int(found[1])
            for word_, name in (("DISABLED", "disabled"), ("BLOCKED", "blocked")):
                if more := re.search(rf"(\d+) {word_}", found[3]):
                    self.fields[f"resources_{name}"] = int(more[1])
        else:
            return False
        return True

    def _section(self, text: str) -> bool:
        """Read a line that only its section explains."""
        match self.section:
            case "node attributes":
                if found := re.fullmatch(r"Node:? (\S+?)(?: \(\S+\))?:", text):
                    self.node = found[1]
                    self.attributes.setdefault(self.node, {})
                elif (found := re.fullmatch(r"(\S+)\s*: ?(.*)", text)) and self.node:
                    self.attributes[self.node][found[1]] = found[2].strip()
                else:
                    return False
            case "failed actions" | "failed resource actions":
                return self._failure(text)
            case _:
                return False
        return True

    def _failure(self, text: str) -> bool:
        if found := _FAILURES[0].fullmatch(text):
            details = dict(_DETAIL.findall(found["rest"]))
            call = details.get("call", "")
            self.failures.append(
                Failure(
                    operation=found["operation"],
                    node=found["node"],
                    exit_status=found["exit_status"],
                    exit_code=int(found["exit_code"]),
                    call=int(call) if call.isdigit() else None,
                    status=details.get("status", ""),
                    exit_reason=_reason(details.get("exitreason")),
                    last_rc_change=details.get("last-rc-change"),
                    queued=details.get("queued"),
                    exec=details.get("exec"),
                )
            )
        elif found := _FAILURES[1].fullmatch(text):
            reason = re.search(r"\((.*)\)|because (.*?)(?: at |$)", found["rest"])
            self.failures.append(
                Failure(
                    operation=f"{found['resource']} {found['task']}",
                    node=found["node"],
                    exit_status=found["exit_status"],
                    exit_reason=next((one for one in reason.groups() if one), "") if reason else "",
                    interval=found["interval"],
                    task=found["task"],
                )
            )
        elif self.failures and text.startswith(("last-rc-change", "queued", "exec")):
            details = dict(_DETAIL.findall(text))
            self.failures[-1] = evolve(
                self.failures[-1],
                last_rc_change=details.get("last-rc-change"),
                queued=details.get("queued"),
                exec=details.get("exec"),
            )
        else:
            return False
        return True

    # Nodes

    def _node_line(self, text: str, indent: int) -> bool:
        if found := _NODE.fullmatch(text):
            self._see(found["name"], found["state"], (found["kind"] or "").lower())
            return True
        lists = list(_LIST.finditer(text))
        inside = bool(self.holders) and indent > self.holders[-1][0]
        if not lists or inside or lists[0]["word"].lower() not in _NODE_LISTS:
            return False
        for one in lists:
            state, kind = _NODE_LISTS[one["word"].lower()]
            for name in one["nodes"].split():
                self._see(name.partition("@")[0], state, kind)
        return True

    def _see(self, name: str, state: str, kind: str) -> None:
        lower = state.lower()
        standby = "standby" in lower
        up = not re.search(r"\boffline\b|\bpending\b", lower)
        self.nodes[name] = NodeStatus(
            name=name,
            online=up,
            standby=standby and "on-fail" not in lower,
            standby_onfail=standby and "on-fail" in lower,
            maintenance="maintenance" in lower,
            pending="pending" in lower,
            unclean="unclean" in lower,
            is_dc=name == self.fields.get("dc"),
            type=kind or "member",
        )

    # Resources

    def _resource_line(self, text: str, indent: int) -> bool:
        # A line that nobody understands ends nothing: what it stands in goes on below it.
        before = self.holders
        self.holders = [one for one in before if one[0] < indent]
        if self._resource_in(text, indent):
            return True
        self.holders = before
        return False

    def _resource_in(self, text: str, indent: int) -> bool:
        if found := _CLONE.fullmatch(text):
            flags = found["flags"]
            members: list[Any] = []
            self._put(
                (
                    CloneStatus,
                    {
                        "id": found["id"],
                        "resource": found["resource"],
                        "promotable": text.startswith("Master") or "promotable" in flags,
                        "unique": "unique" in flags,
                        "managed": "unmanaged" not in flags,
                        "disabled": "disabled" in flags,
                    },
                    members,
                )
            )
        elif found := _GROUP.fullmatch(text):
            flags = found["flags"] or ""
            members = []
            self._put(
                (
                    GroupStatus,
                    {
                        "id": found["id"],
                        "managed": "unmanaged" not in flags,
                        "disabled": "disabled" in flags,
                    },
                    members,
                )
            )
        elif found := _BUNDLE.fullmatch(text):
            members = []
            fields = {
                "id": found["id"],
                "image": found["image"],
                "type": (found["type"] or "").lower(),
                "unique": "unique" in found["flags"],
                "managed": "unmanaged" not in found["flags"],
            }
            self._put((BundleStatus, fields, members))
        elif self.holders and _REPLICA_HEAD.fullmatch(text):
            return True  # what stands below it belongs to the bundle
        elif found := _RESOURCE.fullmatch(text) or _REPLICA.fullmatch(text):
            self._into(_resource(found), indent)
            return True
        elif self.holders and (lists := list(_LIST.finditer(text))):
            return self._instances(lists)
        else:
            return False
        self.holders.append((indent, members))
        return True

    def _put(self, item: tuple[Any, dict[str, Any], list[Any]]) -> None:
        self._into(item, None)

    def _into(self, item: Any, _indent: int | None) -> None:  # noqa: ANN401 - a resource, or one to be
        (self.holders[-1][1] if self.holders else self.resources).append(item)

    def _instances(self, lists: list[re.Match[str]]) -> bool:
        known = False
        for one in lists:
            role = _ROLES.get(one["word"])
            if role is None:
                continue
            known = True
            for node in one["nodes"].split():
                self.holders[-1][1].append((role, node))
        return known

    def finish(self) -> dict[str, Any]:
        """Return the fields of a `Status`."""
        return {
            **self.fields,
            "nodes": tuple(self.nodes.values()),
            "resources": tuple(_made(one) for one in self.resources),
            "failures": tuple(self.failures),
            "attributes": self.attributes,
            "unparsed": tuple(self.unparsed),
        }


_NODE_LISTS = {
    "online": ("online", ""),
    "offline": ("offline", ""),
    "remoteonline": ("online", "remote"),
    "remoteoffline": ("offline", "remote"),
    "guestonline": ("online", "remote"),
    "guestoffline": ("offline", "remote"),
}


def _stack(text: str) -> dict[str, str]:
    """Read `corosync (Pacemaker is running)`: 2.1 has a line of its own for what 3.0 adds."""
    stack, _, state = text.rstrip(")").partition(" (")
    said = {"daemon": state} if state.startswith("Pacemaker ") else {}
    return {"stack": stack, **said}


def _reason(text: str | None) -> str:
    return "" if text in {None, "none"} else text or ""


def _resource(found: re.Match[str]) -> ResourceStatus:
    text = found["state"]
    flags = ", ".join(_IN_PARENTHESES.findall(text)).lower()
    several = _IN_BRACKETS.findall(text)
    words = _IN_BRACKETS.sub("", _IN_PARENTHESES.sub("", text)).split()
    failed = words[:1] == ["FAILED"]
    words = words[1:] if failed else words
    # What failed is shown without its role, unless it can be promoted.
    word = words.pop(0) if words and (not failed or words[0] in _ROLE_WORDS) else None
    nodes = tuple(" ".join([*words, *several]).split())
    role: Role | str | None = _ROLES.get(word or "")
    if role is None and word:
        role = next((one for one in Role if one.value == word), word)
    if role is None and nodes:
        role = Role.STARTED
    return ResourceStatus(
        id=found["id"],
        agent=_agent(found["agent"]),
        role=role,
        nodes=() if role == Role.STOPPED else nodes,
        active=role != Role.STOPPED,
        orphaned=bool(found["orphaned"]),
        failed=failed,
        blocked="blocked" in flags,
        managed="unmanaged" not in flags,
        disabled="disabled" in flags,
        failure_ignored="failure ignored" in flags,
        target_role=Role.STOPPED if "disabled" in flags else None,
    )


def _agent(text: str) -> str:
    return text.replace("::", ":")


def _made(item: Any) -> Any:  # noqa: ANN401 - any resource, made of what its lines said
    """Make a resource of what has been read of it."""
    if not isinstance(item, tuple):
        return item
    kind, fields, inside = item
    members: list[Any] = []
    for one in inside:
        if isinstance(one, tuple) and isinstance(one[0], Role):
            role, node = one
            stopped = role == Role.STOPPED
            members.append(
                ResourceStatus(
                    id=fields.get("resource", fields["id"]),
                    role=role,
                    nodes=() if stopped else (node,),
                    active=not stopped,
                )
            )
        else:
            members.append(_made(one))
    if kind is BundleStatus:
        replicas = tuple(
            ReplicaStatus(id=str(number), members=(one,)) for number, one in enumerate(members)
        )
        return BundleStatus(**fields, replicas=replicas)
    return kind(**fields, members=tuple(members))


def parse_text(text: str, *, source: str) -> dict[str, Any]:
    """Return the fields of a `Status`.

    Raises:
        ParseError: not one line of it is crm_mon's.
    """
    reader = _Reader()
    for line in text.replace("\N{NO-BREAK SPACE}", " ").splitlines():
        reader.line(line)
    if not reader.seen:
        raise ParseError.at(
            "this is not what crm_mon writes",
            text,
            0,
            source=source,
            hint="crm_mon -1 --output-as=xml, or the text of crm status",
        )
    return reader.finish()
