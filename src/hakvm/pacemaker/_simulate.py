"""What Pacemaker would do: its own scheduler, asked offline (crm_simulate).

The result of a step is the beginning of the next, so a whole night can be
played through:

    start = simulate(cib)
    dead = start.node_fail("node1")
    back = dead.node_up("node1")
    back.placement["vm"]                    # ("node2",)

Source: crm_simulate(8).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta

import attrs
from attrs import field, frozen

from hakvm.errors import InvalidError, ReleaseError
from hakvm.pacemaker._cib import Cib
from hakvm.pacemaker._constraints import Location
from hakvm.pacemaker._push import scratch
from hakvm.pacemaker._score_card import ScoreCard
from hakvm.pacemaker._status import NodeStatus, Placement, Status
from hakvm.pacemaker._synthetic import (
    begin,
    forget,
    stamp,
    with_fatal_failures,
    with_node_attribute,
    with_promotion,
)
from hakvm.pacemaker._transition import Action, ActionKind, Decision, Transition
from hakvm.pacemaker._words import INFINITY, Role
from hakvm.transport import Command, Local, Transport

__all__ = [
    "Promotion",
    "Simulation",
    "simulate",
]

Promotion = Mapping[str, Mapping[str, int]]
"""Promotion scores: of a promotable clone (or its primitive), then of a node."""

HEALTHY = 10_000
"""What DRBD's agent gives a copy that is UpToDate and connected."""

_TIMEOUT = timedelta(seconds=120)
_SPEC = re.compile(r"[\w.:-]+_[a-z-]+_[0-9]+@[\w.-]+=[0-9]+")


@frozen(kw_only=True)
class Simulation:
    """What the scheduler made of a CIB, and the CIB that would come of it.

    Attributes:
        cib: the CIB after the transition, from which the next step begins.
        actions: what would be done, in order.
        decisions: what was decided, with reasons.
        placement: where every resource runs afterwards; `before` where it ran.
        status: nodes and resources afterwards.
        scores: how much each resource liked each node.
        messages: what the scheduler said, such as what it did not understand.
        fenced: the nodes that were fenced.
    """

    cib: Cib = field(repr=False)
    actions: tuple[Action, ...]
    decisions: tuple[Decision, ...] = ()
    placement: Placement
    before: Placement
    status: Status = field(repr=False)
    scores: ScoreCard = field(factory=ScoreCard, repr=False)
    messages: tuple[str, ...] = ()
    promotion: Promotion = field(factory=dict, repr=False)
    transport: Transport = field(factory=Local, repr=False, eq=False)

    @property
    def resource_actions(self) -> tuple[Action, ...]:
        """The actions that change something: no monitors, notifications or points of order."""
        quiet = {"monitor", "notify", "cancel", "meta-data"}
        return tuple(
            one
            for one in self.actions
            if one.kind in {ActionKind.RESOURCE, ActionKind.FENCE} and one.task not in quiet
        )

    @property
    def fenced(self) -> tuple[str, ...]:
        """The nodes that were fenced, in order."""
        return tuple(
            one.node
            for one in self.actions
            if one.kind is ActionKind.FENCE and one.node is not None
        )

    @property
    def nodes(self) -> tuple[NodeStatus, ...]:
        """The nodes afterwards."""
        return self.status.nodes

    # The next step

    def node_fail(self, *nodes: str) -> "Simulation":
        """Let nodes fail at once, as by a power cut: they are fenced where fencing is on."""
        return _step(self, fail=nodes)

    def node_down(self, *nodes: str) -> "Simulation":
        """Take nodes out of the cluster in good order: they are shut down and clean."""
        return _step(self, down=nodes)

    def node_up(self, *nodes: str) -> "Simulation":
        """Let nodes come back: with nothing running, then with their promotion scores.

        The scores come back second, as DRBD's agent sets them after it has started:
        what happens on both occasions is in `actions`.
        """
        _known(self.cib, nodes)
        joined = _step(attrs.evolve(self, cib=forget(self.cib, nodes)), up=nodes)
        scores = {
            rsc: {node: score for node, score in of.items() if node in nodes}
            for rsc, of in self.promotion.items()
        }
        if not any(scores.values()):
            return attrs.evolve(joined, promotion=self.promotion)
        settled = _step(joined, promotion=scores)
        return attrs.evolve(
            settled,
            actions=(*joined.actions, *settled.actions),
            decisions=(*joined.decisions, *settled.decisions),
            before=self.placement,
            messages=(*joined.messages, *settled.messages),
            promotion=self.promotion,
        )

    def standby(self, *nodes: str) -> "Simulation":
        """Let nodes run nothing, though they stay members."""
        return _step(self, standby=nodes)

    def online(self, *nodes: str) -> "Simulation":
        """Take back `standby`."""
        return _step(self, online=nodes)

    def resource_fail(
        self, resource: str, *, node: str | None = None, rc: int = 1, interval: int | None = None
    ) -> "Simulation":
        """Let a running resource be found failed by its monitor.

        Args:
            resource: a primitive.
            node: where; the node on which it runs unless told.
            rc: the agent's exit status: 1 an error, 7 not running, 9 failed while promoted.
            interval: of the monitor, in milliseconds; its own unless told.

        Raises:
            InvalidError: it does not run there.
        """
        return _step(self, inject=(failure(self, resource, node=node, rc=rc, interval=interval),))

    def move(self, resource: str, node: str) -> "Simulation":
        """Let an administrator move a resource (crm_resource --move)."""
        _known(self.cib, (node,))
        target = self.cib.top(resource)
        name = f"cli-prefer-{target}"
        gone = self.cib.remove(name) if name in self.cib.constraints else self.cib
        prefer = Location(id=name, rsc=target, role=Role.STARTED, node=node, score=INFINITY)
        return _step(attrs.evolve(self, cib=gone.add(prefer)))

    def promote_with(self, promotion: Promotion) -> "Simulation":
        """Change promotion scores, as DRBD's agent does when the state of a copy changes."""
        merged = {rsc: dict(of) for rsc, of in self.promotion.items()}
        for rsc, of in promotion.items():
            merged.setdefault(rsc, {}).update(of)
        return attrs.evolve(_step(self, promotion=promotion), promotion=merged)

    def ticket(
        self, name: str, *, granted: bool | None = None, standby: bool | None = None
    ) -> "Simulation":
        """Grant or revoke a ticket, or put it on standby or take it back."""
        flags: list[str] = []
        if granted is not None:
            flags += ["--ticket-grant" if granted else "--ticket-revoke", name]
        if standby is not None:
            flags += ["--ticket-standby" if standby else "--ticket-activate", name]
        return _step(self, flags=flags)

    def again(self) -> "Simulation":
        """Ask the scheduler once more: nothing to do means that the cluster is at rest."""
        return _step(self)

    # Explanations

    def why(self, resource: str) -> tuple[str, ...]:
        """Return, in sentences, why a resource is where it is, or why it is not running."""
        from hakvm.pacemaker._explain import explain  # noqa: PLC0415 - it needs this module

        return explain(self, resource)


def simulate(  # noqa: PLR0913 - the events that there are
    cib: Cib,
    *,
    fail: Iterable[str] = (),
    down: Iterable[str] = (),
    up: Iterable[str] = (),
    standby: Iterable[str] = (),
    online: Iterable[str] = (),
    inject: Iterable[str] = (),
    fail_operations: Iterable[str] = (),
    promotion: Promotion | None = None,
    quorum: bool | None = None,
    date: str | None = None,
    transport: Transport | None = None,
) -> Simulation:
    """Ask the scheduler what it would make of a CIB, and of what befalls it.

    A CIB without a status is a cluster whose nodes have all just come up: it is
    started first, and the events befall it then.

    Args:
        cib: what to simulate; it is stamped with the tool's own crm_feature_set.
        fail: nodes that fail at once.
        down: nodes that leave in good order.
        up: nodes that come back.
        standby: nodes that are put on standby.
        online: nodes that are taken back from it.
        inject: failures that have happened, as `RSC_monitor_INTERVAL@NODE=RC`.
        fail_operations: operations that will fail, as `RSC_start_0@NODE=RC`.
        promotion: promotion scores, as `{"ms_drbd": {"node1": 10000, "node2": 5}}`;
            without it every copy is taken for a healthy one. `{}` promotes nothing.
        quorum: whether the partition has quorum; as the CIB says unless told.
        date: the present, ISO 8601, for rules on dates.
        transport: where crm_simulate runs; here unless told.

    Raises:
        InvalidError: a node that the CIB does not know.
        CommandNotFound: there is no crm_simulate.
        CommandError: it refused the CIB.
        ReleaseError: it is older than 2.1, and writes no XML.
    """
    over = transport or Local()
    events = [tuple(one) for one in (fail, down, up, standby, online)]
    for names in events:
        _known(cib, names)
    specs = (tuple(inject), tuple(fail_operations))
    for spec in (*specs[0], *specs[1]):
        if not _SPEC.fullmatch(spec):
            raise InvalidError(
                f"{spec!r} is no operation",
                path="inject",
                value=spec,
                hint="RSC_TASK_INTERVAL@NODE=RC, as drbd_monitor_29000@node1=9",
            )
    flags: list[str] = []
    if quorum is not None:
        flags += ["--quorum", "1" if quorum else "0"]
    if date is not None:
        flags += ["--set-datetime", date]
    fresh = cib.status is None or not cib.status.node_states
    scores = _healthy(cib) if promotion is None and fresh else promotion
    carried = scores or {}
    if fresh:
        cib = begin(cib)
        if any(events) or specs[0]:
            first = _run(cib, promotion=scores, carried=carried, flags=flags, transport=over)
            cib, scores = first.cib, None
    return _run(
        cib,
        fail=events[0],
        down=events[1],
        up=events[2],
        standby=events[3],
        online=events[4],
        inject=specs[0],
        fail_operations=specs[1],
        promotion=scores,
        carried=carried,
        flags=flags,
        transport=over,
    )


def _step(  # noqa: PLR0913 - the events that there are
    before: Simulation,
    *,
    fail: Iterable[str] = (),
    down: Iterable[str] = (),
    up: Iterable[str] = (),
    standby: Iterable[str] = (),
    online: Iterable[str] = (),
    inject: Iterable[str] = (),
    promotion: Promotion | None = None,
    flags: Iterable[str] = (),
) -> Simulation:
    """Let something befall the cluster that a simulation left."""
    return _run(
        before.cib,
        fail=tuple(fail),
        down=tuple(down),
        up=tuple(up),
        standby=tuple(standby),
        online=tuple(online),
        inject=tuple(inject),
        promotion=promotion,
        carried=before.promotion,
        flags=tuple(flags),
        transport=before.transport,
    )


def _healthy(cib: Cib) -> Promotion:
    """Return scores that take every copy of every promotable resource for a healthy one."""
    return {
        id_: dict.fromkeys(cib.nodes, HEALTHY)
        for id_, item in cib.resources.items()
        if getattr(item, "promotable", False)
    }


def _known(cib: Cib, names: Iterable[str]) -> None:
    for name in names:
        if name not in cib.nodes:
            raise InvalidError(
                f"there is no node {name!r}",
                path="node",
                value=name,
                hint=f"the CIB knows {', '.join(cib.nodes) or 'none'}",
            )


def failure(
    state: Simulation, resource: str, *, node: str | None, rc: int, interval: int | None
) -> str:
    """Return crm_simulate's words for a failed monitor of a running resource."""
    where = state.placement.get(resource, ())
    if node is None and len(where) == 1:
        node = where[0]
    if node is None or node not in where:
        raise InvalidError(
            f"{resource!r} does not run on {node or 'any one node'}",
            path="resource",
            value=resource,
            hint=f"it runs on {', '.join(where) or 'none'}: say node=…",
        )
    if interval is None:
        found = state.cib.resources.get(resource)
        roles = {one.role for one in state.placement.instances[resource] if one.node == node}
        interval = monitor_interval(getattr(found, "ops", ()), roles)
    return f"{resource}_monitor_{interval}@{node}={rc}"


def monitor_interval(ops: Iterable[object], roles: set[Role | str | None]) -> int:
    """Return the interval, in milliseconds, of the monitor that watches one of `roles`."""
    from hakvm.pacemaker._durations import milliseconds  # noqa: PLC0415 - used here alone

    modern = {one.modern if isinstance(one, Role) else one for one in roles}
    fallback = 0
    for op in ops:
        if getattr(op, "name", "") != "monitor":
            continue
        found = milliseconds(getattr(op, "interval", "0")) or 0
        said = getattr(op, "role", None)
        said = said.modern if isinstance(said, Role) else said
        if said in modern:
            return found
        if said is None or not fallback:
            fallback = found
    return fallback


def _run(  # noqa: PLR0913 - the events that there are
    cib: Cib,
    *,
    fail: tuple[str, ...] = (),
    down: tuple[str, ...] = (),
    up: tuple[str, ...] = (),
    standby: tuple[str, ...] = (),
    online: tuple[str, ...] = (),
    inject: tuple[str, ...] = (),
    fail_operations: tuple[str, ...] = (),
    promotion: Promotion | None = None,
    carried: Promotion,
    flags: Iterable[str] = (),
    transport: Transport,
) -> Simulation:
    _known(cib, (*fail, *down, *up, *standby, *online))
    for node in standby:
        cib = with_node_attribute(cib, node, "standby", "on")
    for node in online:
        cib = with_node_attribute(cib, node, "standby", None)
    if promotion:
        cib = with_promotion(cib, promotion)
    cib = stamp(cib, transport)
    words = ["crm_simulate", "--xml-pipe", "--simulate", "--show-scores", "--verbose"]
    for flag, names in (
        ("--node-up", up),
        ("--node-down", down),
        ("--node-fail", fail),
        ("--op-inject", inject),
        ("--op-fail", fail_operations),
    ):
        for name in names:
            words += [flag, name]
    with scratch(transport) as path:
        done = transport.run(
            Command.of(
                *words,
                *flags,
                "--output-as=xml",
                f"--save-output={path}/out.xml",
                stdin=cib.render().encode(),
                env={"CIB_shadow_dir": path},
                timeout=_TIMEOUT,
            )
        )
        if b"nknown option" in done.stderr + done.stdout:
            raise ReleaseError(
                "crm_simulate --output-as=xml",
                release="the Pacemaker there",
                known=("2.1", "3.0"),
                hint="simulate over the transport of a newer one",
            )
        done.check(hint="crm_verify says what is wrong with the CIB")
        after = transport.run(Command.of("cat", f"{path}/out.xml")).check()
        shown = None
        if not Transition.says_its_end(done.stdout):
            look = ("crm_simulate", f"--xml-file={path}/out.xml", "--output-as=xml")
            shown = transport.run(Command.of(*look, env={"CIB_shadow_dir": path})).check().stdout
    told = Transition.parse(done.stdout, after=shown, source="crm_simulate")
    return Simulation(
        cib=with_fatal_failures(Cib.parse(after.stdout, source="crm_simulate --save-output")),
        actions=told.actions,
        decisions=told.decisions,
        placement=told.after.placement,
        before=told.before.placement,
        status=told.after,
        scores=told.scores,
        messages=tuple(line.strip() for line in done.error_text.splitlines() if line.strip()),
        promotion=carried,
        transport=transport,
    )
