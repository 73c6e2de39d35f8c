"""A simulated failover, step by step: where everything runs, and what was done to get there."""

from collections.abc import Iterable, Iterator

from lxml import etree

from hakvm.cluster import Cluster, Failover, Step
from hakvm.notebook._markup import S, Svg, drawing, path, rect, svg_text
from hakvm.pacemaker import Placement, Primitive

__all__ = ["timeline"]

_COLUMN, _GUTTER, _LEFT = 232.0, 26.0, 78.0
_CELL, _CHIP = 104.0, 24.0
_TOP = 58.0
_ACTIONS = 9  # how many of a step's actions are shown


def timeline(cluster: Cluster, night: Failover, *, against: Failover | None = None) -> Svg:
    """Draw a simulated run as one column a step.

    Args:
        cluster: whose it is.
        night: the run.
        against: another run of the same events; what differs from it is marked.
    """
    watched = list(_watched(cluster))
    cell = max(_CELL, 16 + len(watched) * (_CHIP + 5))
    shown = max(min(len(step.actions), _ACTIONS + 1) for step in night)
    height = _TOP + 2 * (cell + 12) + 26 + shown * 16 + 14
    width = _LEFT + len(night) * (_COLUMN + _GUTTER)
    parts: list[etree._Element] = []
    for row, node in enumerate(cluster.nodes):
        y = _TOP + row * (cell + 12)
        parts.append(svg_text(8, y + cell / 2 + 5, node.name, "strong"))
    for number, step in enumerate(night):
        x = _LEFT + number * (_COLUMN + _GUTTER)
        other = against[number] if against is not None and number < len(against) else None
        parts.append(svg_text(x, 22, f"{number + 1}", "small"))
        parts.append(svg_text(x + 14, 22, step.event, "strong"))
        if number:
            y = _TOP + cell + 6
            parts.append(path(f"M{x - _GUTTER + 4} {y}h{_GUTTER - 10}m-5 -4l5 4l-5 4", "wire"))
        for row, node in enumerate(cluster.nodes):
            y = _TOP + row * (cell + 12)
            parts.append(_cell(step, other, node.name, watched, (x, y, cell)))
        parts.extend(_actions(step, x, _TOP + 2 * (cell + 12) + 14))
    return drawing(width, height, f"Simulated failover of {cluster.name}", parts)


def _watched(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Yield what is shown of each node, by id and kind: DRBD first, then what stands on it."""
    kinds = {"drbd": "drbd", "Filesystem": "plain", "VirtualDomain": "guest"}
    for type_, kind in kinds.items():
        for one in cluster.cib.resources.values():
            if isinstance(one, Primitive) and one.type == type_:
                yield one.id, kind


def _role(placement: Placement, resource: str, node: str) -> str:
    roles = [
        str(one.role or "") for one in placement.instances.get(resource, ()) if one.node == node
    ]
    return roles[0] if roles else ""


def _cell(
    step: Step,
    other: Step | None,
    node: str,
    watched: Iterable[tuple[str, str]],
    place: tuple[float, float, float],
) -> etree._Element:
    """Draw what is on a node after a step."""
    x, y, height = place
    group = S.g(rect(x, y, _COLUMN, height, "node", radius=9))
    if node in step.offline:
        group.append(svg_text(x + _COLUMN / 2, y + height / 2 + 5, "off", "mid t-bad strong"))
        return group
    at = y + 10
    for resource, kind in watched:
        role = _role(step.placement, resource, node)
        differs = other is not None and role != _role(other.placement, resource, node)
        if role:
            strong = kind != "drbd" or role in {"Promoted", "Master"}
            box = f"box {kind}" if strong else "box plain"
            group.append(rect(x + 10, at, _COLUMN - 20, _CHIP, box, radius=6))
            text = f"{resource} · {role}" if kind == "drbd" else resource
            group.append(svg_text(x + 20, at + 16.5, text, "code"))
        if differs:
            group.append(
                S.circle(
                    {
                        "cx": f"{x + _COLUMN - 20:g}",
                        "cy": f"{at + _CHIP / 2:g}",
                        "r": "5",
                        "class": "f-bad",
                    }
                )
            )
            if not role:
                group.append(svg_text(x + 20, at + 16.5, f"{resource} · not here", "code t-bad"))
        at += _CHIP + 5
    return group


def _actions(step: Step, x: float, y: float) -> Iterator[etree._Element]:
    """List what a step did, in order, as far as there is room."""
    actions = step.actions
    if not actions:
        yield svg_text(x, y, "nothing to do", "small")
    for number, action in enumerate(actions[:_ACTIONS]):
        yield svg_text(x, y + 16 * number, f"{number + 1}. {action}", "small code")
    if len(actions) > _ACTIONS:
        yield svg_text(x, y + 16 * _ACTIONS, f"… {len(actions) - _ACTIONS} more", "small")
