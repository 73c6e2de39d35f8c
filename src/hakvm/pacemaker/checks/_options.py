"""Rules over the options of the cluster: fencing, quorum, stickiness, what a move left behind."""

from collections.abc import Iterator

import attrs

from hakvm.findings import Layer, Severity, Trouble
from hakvm.pacemaker._cib import Cib
from hakvm.pacemaker._constraints import Location
from hakvm.pacemaker._resources import Primitive
from hakvm.pacemaker._words import INFINITY, is_true
from hakvm.pacemaker.checks._book import RULES, sample, varied

__all__: list[str] = []

_TWO = 2


def _fencing(cib: Cib) -> bool:
    """Whether fencing is on; it is, where nothing is said. 3.0.2 calls it fencing-enabled."""
    said = cib.properties.get("fencing-enabled", cib.properties.get("stonith-enabled"))
    return said is None or is_true(said)


def _devices(cib: Cib) -> list[Primitive]:
    return [
        one
        for one in cib.resources.values()
        if isinstance(one, Primitive) and one.class_ == "stonith"
    ]


@RULES.rule(
    "pacemaker.stonith-disabled",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="a node that does not answer is taken to run nothing: pull its network cable instead of "
    "its power, and the guest runs on both nodes and writes to both disks",
    fix="configure a fence device for each node and set stonith-enabled=true",
    source="Pacemaker Explained, cluster options: stonith-enabled",
    failing=varied(("stonith-enabled=true", "stonith-enabled=false")),
    passing=sample,
)
def stonith_disabled(cib: Cib) -> Iterator[Trouble]:
    """Find fencing that is switched off."""
    if not _fencing(cib):
        yield Trouble(message="fencing is switched off", where="properties['stonith-enabled']")


@RULES.rule(
    "pacemaker.no-fence-device",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="fencing is on and nothing can fence: Pacemaker starts no resource at all",
    fix="add a stonith primitive for each node",
    source="crm_verify: unpack_resources",
    failing=lambda: sample("primitive a Dummy op monitor interval=10s"),
    passing=sample,
)
def no_fence_device(cib: Cib) -> Iterator[Trouble]:
    """Find fencing without a device."""
    if cib.resources and _fencing(cib) and not _devices(cib):
        yield Trouble(message="fencing is on, and there is no fence device", where="resources")


@RULES.rule(
    "pacemaker.no-quorum-policy-ignore",
    Severity.WARNING,
    Layer.PACEMAKER,
    Layer.COROSYNC,
    why="a partition without quorum goes on as if it had it; with two_node: 1 in corosync two "
    "nodes have quorum anyway, so it only helps where it harms",
    fix="leave no-quorum-policy out and set two_node: 1 in corosync.conf",
    source="votequorum(5); Pacemaker Explained, cluster options: no-quorum-policy",
    releases="guides for corosync 1 recommended it",
    failing=varied(("stonith-enabled=true", "stonith-enabled=true no-quorum-policy=ignore")),
    passing=sample,
    mend=lambda cib: _without_property(cib, "no-quorum-policy"),
)
def no_quorum_policy_ignore(cib: Cib) -> Iterator[Trouble]:
    """Find a policy that ignores the loss of quorum."""
    if cib.properties.get("no-quorum-policy") == "ignore":
        yield Trouble(
            message="the loss of quorum is ignored", where="properties['no-quorum-policy']"
        )


def _without_property(cib: Cib, name: str) -> Cib:
    section = cib.configuration.crm_config
    if section is None:
        return cib
    sets = tuple(one.without(name) for one in section.property_sets)
    changed = attrs.evolve(section, property_sets=sets)
    return attrs.evolve(cib, configuration=attrs.evolve(cib.configuration, crm_config=changed))


@RULES.rule(
    "pacemaker.no-fence-delay",
    Severity.WARNING,
    Layer.PACEMAKER,
    why="when the link between two nodes breaks both fence at once, and both are off",
    fix="set priority-fencing-delay to at least twice the greatest pcmk_delay_*, and a priority "
    "on the guest's group; or pcmk_delay_base on one node's device",
    source="Pacemaker Explained, cluster options: priority-fencing-delay; pacemaker-fenced(7)",
    releases="priority-fencing-delay from 2.0.4 on",
    failing=varied((" priority-fencing-delay=15s", "")),
    passing=sample,
    mend=lambda cib: cib.with_properties({"priority-fencing-delay": "15s"}),
)
def no_fence_delay(cib: Cib) -> Iterator[Trouble]:
    """Find two nodes that would shoot each other."""
    devices = _devices(cib)
    delayed = any(
        name in device.params
        for device in devices
        for name in ("pcmk_delay_base", "pcmk_delay_max")
    )
    if (
        len(cib.nodes) == _TWO
        and _fencing(cib)
        and devices
        and not delayed
        and "priority-fencing-delay" not in cib.properties
    ):
        yield Trouble(message="neither node waits before it fences the other", where="properties")


@RULES.rule(
    "pacemaker.no-stickiness",
    Severity.WARNING,
    Layer.PACEMAKER,
    why="a node that comes back takes its guest back at once: a second outage, in the middle of "
    "DRBD's resync",
    fix="set resource-stickiness in rsc_defaults higher than the location's score",
    source="Pacemaker Explained, resource meta attributes: resource-stickiness",
    failing=varied(("rsc_defaults resource-stickiness=200\n", "")),
    passing=sample,
    mend=lambda cib: cib.with_rsc_defaults({"resource-stickiness": 2 * max(_liked(cib).values())}),
)
def no_stickiness(cib: Cib) -> Iterator[Trouble]:
    """Find a preference for a node that nothing holds against."""
    said = cib.rsc_defaults.get("resource-stickiness", "0")
    if said.strip("+-").isdigit() and int(said) == 0:
        constraints, resources = cib.constraints, cib.resources
        for id_, score in _liked(cib).items():
            rsc = getattr(constraints[id_], "rsc", None) or ""
            own = getattr(resources.get(rsc), "meta", {}).get("resource-stickiness", "0")
            if own in {"0", "+0", "-0"}:
                yield Trouble(
                    message=f"{rsc} prefers a node with {score}, and nothing makes it stay",
                    where=f"constraints[{id_!r}]",
                )


def _liked(cib: Cib) -> dict[str, int]:
    """Return the locations that prefer something, with their greatest finite score."""
    found: dict[str, int] = {}
    for id_, one in cib.constraints.items():
        if isinstance(one, Location) and not id_.startswith("cli-"):
            scores = [rule.score for rule in one.rules] if one.rules else [one.score]
            finite = [s for s in scores if s is not None and 0 < s < INFINITY]
            if finite:
                found[id_] = max(finite)
    return found


@RULES.rule(
    "pacemaker.leftover-move",
    Severity.WARNING,
    Layer.PACEMAKER,
    why="a manual move leaves a constraint that pins the resource for ever, or keeps it from a "
    "node for ever: the next failover finds nowhere to go",
    fix="crm_resource --clear, once the move is done",
    source="crm_resource(8): --move, --ban, --clear",
    failing=varied(more="location cli-prefer-vm vm inf: node1"),
    passing=sample,
    mend=lambda cib: cib.remove(*(id_ for id_ in cib.constraints if _is_leftover(id_))),
)
def leftover_move(cib: Cib) -> Iterator[Trouble]:
    """Find what crm_resource --move and --ban left behind."""
    for id_ in cib.constraints:
        if _is_leftover(id_):
            yield Trouble(
                message=f"{id_} is left from a move by hand", where=f"constraints[{id_!r}]"
            )


def _is_leftover(id_: str) -> bool:
    return id_.startswith(("cli-prefer-", "cli-ban-", "cli-standby-"))
