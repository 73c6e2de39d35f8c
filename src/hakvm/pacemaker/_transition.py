"""What crm_simulate printed: actions, decisions, scores, and where everything runs.

Source: /usr/share/pacemaker/api/crm_simulate-*.rng.
"""

import enum
import re
from datetime import timedelta

from attrs import frozen
from lxml.etree import _Element as XmlElement

from hakvm.errors import InvalidError
from hakvm.pacemaker._score_card import ScoreCard, Scored, score_of
from hakvm.pacemaker._status import Status
from hakvm.pacemaker._status_xml import read_nodes, read_resources, role
from hakvm.pacemaker._words import Role
from hakvm.xmlmodel import read_xml

__all__ = ["Action", "ActionKind", "Decision", "Transition"]

_INSTANCE = re.compile(r":\d+$")


class ActionKind(enum.StrEnum):
    """What kind of step of a transition it is."""

    RESOURCE = "resource"
    FENCE = "fence"
    CLUSTER = "cluster"
    PSEUDO = "pseudo"
    """A point in the ordering: nothing runs."""


@frozen(kw_only=True)
class Action:
    """A step of a transition, as the executor would be told it.

    Attributes:
        task: start, stop, promote, demote, monitor, notify, migrate_to, off, reboot, …
        resource: the primitive, without its number.
        instance: the primitive as the scheduler names it, as `drbd:0`.
        interval: of a recurring monitor.
    """

    kind: ActionKind
    task: str
    resource: str | None = None
    instance: str | None = None
    node: str | None = None
    interval: timedelta = timedelta()

    def __str__(self) -> str:
        what = f"{self.task} {self.resource}" if self.resource else self.task
        return f"{what} on {self.node}" if self.node else what


@frozen(kw_only=True)
class Decision:
    """What the scheduler wants for a resource or a node, and why.

    Attributes:
        action: start, stop, promote, demote, move, migrate, recover, restart, reload, fence, …
        source, dest: from where to where, for a move.
        reason: in the scheduler's words; empty where it says none.
        blocked: it cannot be done.
    """

    action: str
    resource: str | None = None
    node: str | None = None
    source: str | None = None
    dest: str | None = None
    role: Role | str | None = None
    next_role: Role | str | None = None
    reason: str = ""
    blocked: bool = False


@frozen(kw_only=True)
class Transition:
    """One run of the scheduler, as it told it."""

    before: Status
    after: Status
    actions: tuple[Action, ...]
    decisions: tuple[Decision, ...]
    scores: ScoreCard

    @classmethod
    def parse(
        cls, text: str | bytes, *, after: str | bytes | None = None, source: str = "<string>"
    ) -> "Transition":
        """Read the output of `crm_simulate --simulate --show-scores --output-as=xml`.

        Args:
            text: the output.
            after: the output of a crm_simulate that only shows the CIB that came of it, where
                `text` does not say it itself (`says_its_end`).
            source: what errors name.

        Raises:
            ParseError: no well-formed XML.
            InvalidError: another tool's, or nothing says where everything runs afterwards.
        """
        root = read_xml(text, "pacemaker-result", source=source)
        end = root.find("revised_cluster_status")
        if end is None and after is not None:
            end = read_xml(after, "pacemaker-result", source=source).find("cluster_status")
        if end is None:
            raise InvalidError(
                "crm_simulate does not say where everything runs afterwards",
                path="/pacemaker-result/revised_cluster_status",
                source=source,
            )
        return cls(
            before=_status(root.find("cluster_status")),
            after=_status(end),
            actions=_actions(root),
            decisions=_decisions(root),
            scores=_scores(root),
        )

    @staticmethod
    def says_its_end(text: bytes) -> bool:
        """Whether it says where everything runs afterwards: 3.0.0 keeps it back after a failure."""
        return b"<revised_cluster_status" in text


def _status(section: XmlElement | None) -> Status:
    if section is None:
        return Status()
    nodes, resources = section.find("nodes"), section.find("resources")
    return Status(
        nodes=read_nodes(nodes) if nodes is not None else (),
        resources=read_resources(resources) if resources is not None else (),
    )


def _actions(root: XmlElement) -> tuple[Action, ...]:
    found: list[Action] = []
    for el in root.iterfind("transition/*"):
        get = el.get
        match el.tag:
            case "rsc_action":
                instance = get("resource") or ""
                found.append(
                    Action(
                        kind=ActionKind.RESOURCE,
                        task=get("op") or "",
                        resource=_INSTANCE.sub("", instance),
                        instance=instance,
                        node=get("node"),
                        interval=timedelta(milliseconds=int(get("interval") or 0)),
                    )
                )
            case "fencing_action":
                found.append(
                    Action(kind=ActionKind.FENCE, task=get("op") or "", node=get("target"))
                )
            case "cluster_action":
                found.append(
                    Action(
                        kind=ActionKind.CLUSTER,
                        task=get("task") or "",
                        resource=get("id"),
                        node=get("node"),
                    )
                )
            case "pseudo_action":
                found.append(
                    Action(kind=ActionKind.PSEUDO, task=get("task") or "", node=get("node"))
                )
            case _:
                pass
    return tuple(found)


def _decisions(root: XmlElement) -> tuple[Decision, ...]:
    found: list[Decision] = []
    for el in root.iterfind("actions/*"):
        get = el.get
        if el.tag == "node_action":
            found.append(
                Decision(action=get("task") or "", node=get("node"), reason=get("reason") or "")
            )
        elif el.tag == "rsc_action":
            found.append(
                Decision(
                    action=get("action") or "",
                    resource=get("resource"),
                    node=get("node") or get("dest") or get("source"),
                    source=get("source"),
                    dest=get("dest"),
                    role=role(get("role")),
                    next_role=role(get("next-role")),
                    reason=get("reason") or "",
                    blocked=get("blocked") == "true",
                )
            )
    return tuple(found)


def _scores(root: XmlElement) -> ScoreCard:
    return ScoreCard(
        Scored(
            resource=el.get("id") or "",
            node=el.get("node") or "",
            score=score_of(el.get("score")),
            step="promotion" if el.tag == "promotion_score" else el.get("function") or "",
        )
        for el in root.iter("node_weight", "promotion_score")
    )
