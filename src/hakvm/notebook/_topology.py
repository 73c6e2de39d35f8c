"""The two nodes, layer upon layer, and what lies between them."""

from collections.abc import Collection, Iterator

from attrs import frozen
from lxml import etree

from hakvm.cluster import Cluster
from hakvm.notebook._markup import S, Svg, drawing, path, rect, svg_text
from hakvm.notebook._where import role_on
from hakvm.pacemaker import Placement, Primitive

__all__ = ["topology"]

_WIDTH, _NODE, _GAP = 980.0, 330.0, 270.0
_LEFT = (_WIDTH - 2 * _NODE - _GAP) / 2
_PAD = 16.0
_TOP = 24.0


@frozen(kw_only=True)
class _Layer:
    """A box within a node: its kind, what it is, and its small print."""

    kind: str
    title: str
    detail: str
    ghost: bool = False


def topology(
    cluster: Cluster,
    *,
    placement: Placement | None = None,
    offline: Collection[str] = (),
) -> Svg:
    """Draw the cluster: each node's layers, the links, the replication, the power switches.

    Args:
        cluster: what to draw.
        placement: where each resource is, as a simulation or a status gives it.
        offline: the nodes that are off.
    """
    layers = [list(_layers(cluster, node.name, placement)) for node in cluster.nodes]
    height = _TOP + 66 + max(len(one) for one in layers) * 62 + 62
    parts: list[etree._Element] = list(_between(cluster, offline, height - 34))
    for number, node in enumerate(cluster.nodes):
        x = _LEFT + number * (_NODE + _GAP)
        group = S.g({"class": "off"} if node.name in offline else {})
        group.append(rect(x, _TOP, _NODE, height - _TOP - 8, "node", radius=12))
        group.append(svg_text(x + _PAD, _TOP + 28, node.name, "big"))
        state = "off" if node.name in offline else node.address
        group.append(svg_text(x + _NODE - _PAD, _TOP + 28, state, "small end code"))
        y = _TOP + 44
        for layer in layers[number]:
            group.append(rect(x + _PAD, y, _NODE - 2 * _PAD, 52, _box(layer)))
            group.append(svg_text(x + 2 * _PAD, y + 22, layer.title, "strong"))
            group.append(svg_text(x + 2 * _PAD, y + 40, layer.detail, "small code"))
            y += 62
        fence = (
            f"power switch: {node.fence.agent}"
            if node.fence
            else "no power switch: cannot be fenced"
        )
        kind = "small" if node.fence else "small t-bad"
        group.append(svg_text(x + _PAD, height - 22, fence, kind))
        parts.append(group)
    return drawing(_WIDTH, height, f"The cluster {cluster.name}", parts)


def _box(layer: _Layer) -> str:
    return "box ghost" if layer.ghost else f"box {layer.kind}"


def _layers(cluster: Cluster, node: str, placement: Placement | None) -> Iterator[_Layer]:
    """Yield a node's layers, the guest on top."""
    yield _Layer(
        kind="ring",
        title="corosync + Pacemaker",
        detail=f"{cluster.platform.corosync} · Pacemaker {cluster.platform.pacemaker.value}",
    )
    for one in reversed(list(cluster.cib.resources.values())):
        if not isinstance(one, Primitive) or one.type not in {"VirtualDomain", "Filesystem"}:
            continue
        away = placement is not None and not role_on(placement, one.id, node)
        param = one.params.get("directory") or one.params.get("config") or ""
        title = one.id if one.type == "VirtualDomain" else "filesystem"
        yield _Layer(
            kind="guest" if one.type == "VirtualDomain" else "plain",
            title=f"{title}{' · not here' if away else ''}",
            detail=param,
            ghost=away,
        )
    for resource in cluster.drbd.resources.values():
        host = resource.host(node)
        role = _drbd_role(cluster, placement, node)
        yield _Layer(
            kind="drbd",
            title=f"DRBD {resource.name}{f' · {role}' if role else ''}",
            detail=f"{host.device or resource.device}",
        )
        yield _Layer(kind="plain", title="disk", detail=f"{host.disk or resource.disk}")


def _drbd_role(cluster: Cluster, placement: Placement | None, node: str) -> str:
    if placement is not None:
        for one in cluster.cib.resources.values():
            if isinstance(one, Primitive) and one.provider == "linbit" and one.type == "drbd":
                return role_on(placement, one.id, node)
    return ""


def _between(cluster: Cluster, offline: Collection[str], bottom: float) -> Iterator[etree._Element]:
    """Draw the links, the replication and the bridge between the nodes."""
    left, right = _LEFT + _NODE, _LEFT + _NODE + _GAP
    middle = (left + right) / 2
    totem = cluster.corosync.totem
    crypto = totem.crypto_cipher if totem.crypto_cipher not in {None, "none"} else "no crypto"
    members = cluster.corosync.nodelist.nodes
    links = range(max((len(member.addresses) for member in members), default=0))
    y = _TOP + 62.0
    for link in links:
        yield path(f"M{left} {y}H{right}", "wire-bad" if offline else "wire-ring")
        yield svg_text(
            middle,
            y - 7,
            f"link {link} · {cluster.corosync.transport} · {crypto}",
            "small mid" + (" t-bad" if crypto == "no crypto" else " t-ring"),
        )
        y += 24
    bridges = {
        name: " and ".join(one.bridge_ports)
        for interfaces in cluster.interfaces.values()
        for one in interfaces.ifaces
        for name in [one.name]
        if one.bridge_ports
    }
    y = bottom
    for name, ports in bridges.items():
        yield path(f"M{left} {y}H{right}", "wire")
        yield svg_text(middle, y - 7, f"{name} on {ports} · the guests' network", "small mid")
        y -= 24
    guests = sum(
        isinstance(one, Primitive) and one.type in {"VirtualDomain", "Filesystem"}
        for one in cluster.cib.resources.values()
    )
    for resource in cluster.drbd.resources.values():
        y = _TOP + 44 + (1 + guests) * 62 + 26
        protocol = resource.net.get("protocol") or resource.protocol or "C"
        yield path(f"M{left} {y}H{right}", "wire-bad" if offline else "wire-drbd")
        yield svg_text(middle, y - 8, f"replication · protocol {protocol}", "small mid t-drbd")
        addresses = [f"{resource.host(node.name).address}" for node in cluster.nodes]
        for number, address in enumerate(addresses):
            yield svg_text(middle, y + 16 + 14 * number, address, "small mid code")
