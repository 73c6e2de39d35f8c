"""A simulated failover, step by step: where everything runs, and what was done to get there."""

from collections.abc import Iterator, Sequence

from attrs import frozen
from lxml import etree

from hakvm.cluster import Cluster, Failover, Step
from hakvm.notebook._markup import S, Svg, drawing, path, rect, svg_text
from hakvm.notebook._where import role_on
from hakvm.pacemaker import Primitive

__all__ = ["timeline"]

_COLUMN, _GUTTER, _LEFT = 268.0, 30.0, 64.0
_CHIP, _GAP = 24.0, 5.0
_TOP = 40.0
_ACTIONS = 9  # how many of a step's actions are shown
_KINDS = {"drbd": "drbd", "Filesystem": "plain", "VirtualDomain": "guest"}


@frozen(kw_only=True)
class _Chip:
    """What a resource is on a node, and whether it is something else in the other run."""

    resource: str
    kind: str
    role: str
    differs: bool


def timeline(run: Failover, *, against: Failover | None = None) -> Svg:
    """Draw a simulated run as one column a step.

    Args:
        run: the run.
        against: another run of the same events; what differs from it is marked.
    """
    chips = len(_watched(run.cluster))
    cell = 15 + chips * (_CHIP + _GAP)
    shown = max(min(len(step.actions), _ACTIONS + 1) for step in run)
    height = _TOP + 2 * (cell + 10) + 18 + max(shown, 1) * 16
    width = _LEFT + len(run) * (_COLUMN + _GUTTER) - _GUTTER + 2
    parts: list[etree._Element] = []
    for row, node in enumerate(run.cluster.nodes):
        parts.append(svg_text(2, _TOP + row * (cell + 10) + cell / 2 + 5, node.name, "strong"))
    for number, step in enumerate(run):
        x = _LEFT + number * (_COLUMN + _GUTTER)
        parts.append(svg_text(x, 24, str(number + 1), "small"))
        parts.append(svg_text(x + 14, 24, step.event, "strong"))
        if number:
            y = _TOP + cell + 5
            parts.append(path(f"M{x - _GUTTER + 6} {y}h{_GUTTER - 12}m-5 -4l5 4l-5 4", "wire"))
        for row, node in enumerate(run.cluster.nodes):
            y = _TOP + row * (cell + 10)
            if node.name in step.offline:
                parts.append(rect(x, y, _COLUMN, cell, "ghost", radius=9))
                parts.append(svg_text(x + _COLUMN / 2, y + cell / 2 + 5, "off", "mid t-bad strong"))
                continue
            parts.append(rect(x, y, _COLUMN, cell, "node", radius=9))
            for place, chip in enumerate(_chips(run, against, number, node.name)):
                parts.extend(_chip(chip, x + 9, y + 10 + place * (_CHIP + _GAP)))
        parts.extend(_actions(step, x + 2, _TOP + 2 * (cell + 10) + 14))
    return drawing(width, height, f"Simulated failover of {run.cluster.name}", parts)


def _watched(cluster: Cluster) -> Sequence[tuple[str, str]]:
    """Return what is shown of each node, by id and kind: DRBD first, then what stands on it."""
    return [
        (one.id, kind)
        for type_, kind in _KINDS.items()
        for one in cluster.cib.resources.values()
        if isinstance(one, Primitive) and one.type == type_
    ]


def _chips(run: Failover, against: Failover | None, step: int, node: str) -> Iterator[_Chip]:
    """Yield what is on a node after a step.

    Two clusters may call their resources otherwise; they are compared in their order.
    """
    other: list[str] = []
    if against is not None and step < len(against):
        placement = against[step].placement
        other = [role_on(placement, one, node) for one, _ in _watched(against.cluster)]
    for place, (resource, kind) in enumerate(_watched(run.cluster)):
        role = role_on(run[step].placement, resource, node)
        differs = place < len(other) and _modern(role) != _modern(other[place])
        yield _Chip(resource=resource, kind=kind, role=role, differs=differs)


def _modern(role: str) -> str:
    return {"Master": "Promoted", "Slave": "Unpromoted"}.get(role, role)


def _chip(chip: _Chip, x: float, y: float) -> Iterator[etree._Element]:
    """Draw a resource that is there, or leave its place empty."""
    width = _COLUMN - 18
    if chip.role:
        strong = chip.kind != "drbd" or _modern(chip.role) == "Promoted"
        yield rect(x, y, width, _CHIP, f"box {chip.kind if strong else 'plain'}", radius=6)
        text = f"{chip.resource} · {chip.role}" if chip.kind == "drbd" else chip.resource
        yield svg_text(x + 10, y + 16.5, text, "code")
    elif chip.differs:
        yield svg_text(x + 10, y + 16.5, f"{chip.resource} · not here", "code t-bad")
    if chip.differs:
        dot = {"cx": f"{x + width - 12:g}", "cy": f"{y + _CHIP / 2:g}", "r": "4.5"}
        yield S.circle({**dot, "class": "f-bad"})


def _actions(step: Step, x: float, y: float) -> Iterator[etree._Element]:
    """List what a step did, in order, as far as there is room."""
    actions = step.actions
    if not actions:
        yield svg_text(x, y, "nothing to do", "small")
    for number, action in enumerate(actions[:_ACTIONS]):
        yield svg_text(x, y + 16 * number, f"{number + 1}. {action}", "small code")
    if len(actions) > _ACTIONS:
        yield svg_text(x, y + 16 * _ACTIONS, f"… {len(actions) - _ACTIONS} more", "small")
