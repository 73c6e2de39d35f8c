"""The recipe's CIB: DRBD promoted on one node, the filesystem and the guest where it is."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from hakvm.cluster._names import Names
from hakvm.cluster._node import Fence, Node
from hakvm.cluster._platform import Platform
from hakvm.pacemaker import (
    Cib,
    Op,
    Primitive,
    Role,
    colocate,
    group,
    location,
    op,
    order,
    primitive,
    promotable,
    rule,
)

__all__ = ["cib"]

# Operations are keyed by name and interval, so the two monitors of a
# promotable resource need different intervals (Pacemaker Explained, "Operations").
_MONITOR_PROMOTED = op("monitor", interval="29s", role=Role.PROMOTED)
_MONITOR_UNPROMOTED = op("monitor", interval="31s", role=Role.UNPROMOTED)


@frozen(kw_only=True)
class _Operations:
    """The operations of the three agents."""

    drbd: tuple[Op, ...]
    filesystem: tuple[Op, ...]
    guest: tuple[Op, ...]


_HOWTO = _Operations(
    drbd=(_MONITOR_PROMOTED, _MONITOR_UNPROMOTED),
    filesystem=(op("start", timeout=60), op("stop", timeout=120)),
    guest=(
        op("monitor", interval="30s", timeout="90s"),
        op("start", timeout="90s"),
        op("stop", timeout="5min"),
    ),
)
# What the agents' own metadata advises; a guest gets longer to shut down in,
# because a stop that fails means that the node is fenced.
_TODAY = _Operations(
    drbd=(
        op("start", timeout="240s"),
        op("promote", timeout="90s"),
        op("demote", timeout="90s"),
        op("notify", timeout="90s"),
        op("stop", timeout="100s"),
        op("monitor", interval="29s", timeout="20s", role=Role.PROMOTED),
        op("monitor", interval="31s", timeout="20s", role=Role.UNPROMOTED),
    ),
    filesystem=(
        op("start", timeout="60s"),
        op("stop", timeout="60s"),
        op("monitor", interval="20s", timeout="40s"),
    ),
    guest=(
        op("start", timeout="90s"),
        op("stop", timeout="5min"),
        op("monitor", interval="30s", timeout="30s"),
    ),
)

# Higher than what the preferred node is worth: a node that comes back gets
# its guest back when someone moves it, not in the middle of its resync.
_STICKINESS = 200
_PREFERENCE = 100
_FENCE_DELAY = "15s"


def cib(  # noqa: PLR0913 - a recipe takes its ingredients
    name: str,
    nodes: Sequence[Node],
    *,
    platform: Platform,
    names: Names,
    resource: str,
    device: str,
    mount: str,
    fstype: str,
    guest_config: str,
) -> Cib:
    """Return the CIB of the cluster `name`, in the words of the platform's Pacemaker.

    The guest and its filesystem follow the promoted DRBD instance, and start after its promotion.
    """
    operations = _TODAY if platform.today else _HOWTO
    fences = {node.name: node.fence for node in nodes if node.fence is not None}
    drbd = promotable(
        names.promotable,
        primitive(names.drbd, "ocf:linbit:drbd", *operations.drbd, drbd_resource=resource),
        meta=_promotable_meta(platform),
    )
    vm = group(
        names.group,
        primitive(
            names.filesystem,
            "ocf:heartbeat:Filesystem",
            *operations.filesystem,
            device=device,
            directory=mount,
            fstype=fstype,
        ),
        primitive(
            names.guest,
            "ocf:heartbeat:VirtualDomain",
            *operations.guest,
            config=guest_config,
            # the howto's own; Pacemaker fences a node whose guest does not stop
            force_stop="false",
        ),
        # with priority-fencing-delay the node that runs the guest survives a split
        meta={"priority": 10} if fences and platform.today else None,
    )
    first = nodes[0].name
    made = (
        Cib.new(*(node.name for node in nodes))
        .with_properties(_properties(name, fenced=bool(fences), platform=platform))
        .add(
            drbd,
            vm,
            location(
                drbd,
                rule(f"#uname eq {first}", score=_PREFERENCE, role=Role.PROMOTED),
                id_=names.location,
            ),
            colocate(vm, with_=drbd.promoted, id_=names.colocation),
            order(drbd.promote, vm.start, id_=names.order),
        )
    )
    for number, (node, fence) in enumerate(fences.items()):
        device_ = _fence(node, fence, delayed=number == 0 and not platform.today)
        made = made.add(device_, location(device_, node=node, score="-INFINITY"))
    if platform.today:
        made = made.with_rsc_defaults({"resource-stickiness": _STICKINESS})
    return made.to_release(platform.pacemaker)


def _promotable_meta(platform: Platform) -> Mapping[str, str | int | bool]:
    meta: dict[str, str | int | bool] = {
        "promoted-node-max": 1,
        "clone-max": 2,
        "clone-node-max": 1,
        "notify": True,
    }
    if platform.today:
        return {"promoted-max": 1, **meta}
    return {**meta, "globally-unique": False, "target-role": "Promoted"}


def _properties(name: str, *, fenced: bool, platform: Platform) -> Mapping[str, str | int | bool]:
    if not platform.today:
        return {"stonith-enabled": fenced, "no-quorum-policy": "ignore"}
    properties: dict[str, str | int | bool] = {"cluster-name": name, "stonith-enabled": fenced}
    if fenced:
        properties["priority-fencing-delay"] = _FENCE_DELAY
    return properties


def _fence(node: str, fence: Fence, *, delayed: bool) -> Primitive:
    """Return the fence device of `node`.

    Pacemaker 1.1.16 has no priority-fencing-delay: there the first node's device waits a
    while, so that the two do not shoot each other.
    """
    return primitive(
        f"fence_{node}",
        f"stonith:{fence.agent}",
        op("monitor", interval="60s", timeout="20s"),
        params={
            "pcmk_host_list": node,
            **({"pcmk_delay_max": _FENCE_DELAY} if delayed else {}),
            **fence.parameters,
        },
    )
