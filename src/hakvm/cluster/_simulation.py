"""A night played through: what Pacemaker does, step by step."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self

import attrs
from attrs import field, frozen

from hakvm.pacemaker import Action, Cib, Placement, Simulation, simulate
from hakvm.pacemaker import Node as CibNode
from hakvm.transport import Transport

if TYPE_CHECKING:
    from hakvm.cluster._cluster import Cluster

__all__ = ["Failover", "Step"]


@frozen(kw_only=True)
class Step:
    """One thing that happens, and what Pacemaker makes of it.

    Attributes:
        event: what happens, as a person says it.
        simulation: what the scheduler decided, did and left behind.
        offline: the nodes that are off or out after it.
    """

    event: str
    simulation: Simulation
    offline: tuple[str, ...] = ()

    @property
    def actions(self) -> tuple[Action, ...]:
        """What is done, in order, without what only looks or tells."""
        return self.simulation.resource_actions

    @property
    def placement(self) -> Placement:
        """Where everything runs after it."""
        return self.simulation.placement


@frozen(kw_only=True)
class Failover(Sequence[Step]):
    r"""A simulated run of events, which always begins with the start of the cluster.

    Each of the verbs returns a longer one, so a whole night reads in one line:

        night = cluster.simulate().power_off("node1").power_on("node1")
        night.placement["vm_debian9"]       # ('node2',): no failback
        for step in night:
            print(step.event, *step.actions, sep="\n  ")

    Attributes:
        cluster: whose run it is.
        steps: what happened so far, oldest first.
    """

    cluster: "Cluster" = field(repr=False)
    steps: tuple[Step, ...] = field(converter=tuple[Step, ...])

    @classmethod
    def start(
        cls, cluster: "Cluster", *, promotion: Mapping[str, int] | None, transport: Transport
    ) -> Self:
        """Start `cluster` on both nodes at once."""
        scores = (
            None
            if promotion is None
            else {id_: dict(promotion) for id_ in _promotable(cluster.cib)}
        )
        return cls(
            cluster=cluster,
            steps=[
                Step(
                    event="both nodes start",
                    simulation=simulate(
                        _with_nodes(cluster), promotion=scores, transport=transport
                    ),
                )
            ],
        )

    def power_off(self, node: str) -> Self:
        """Cut a node's power."""
        return self._then(
            f"{node} loses power", self._state.node_fail(node), (*self._offline, node)
        )

    def power_on(self, node: str, *, promotion: int | None = None) -> Self:
        """Let a node come back; `promotion` is how fit its copy is by then, as in `simulate`."""
        state = self._state
        if promotion is not None:
            changed = {rsc: {**of, node: promotion} for rsc, of in state.promotion.items()}
            state = attrs.evolve(state, promotion=changed)
        return self._then(
            f"{node} comes back",
            state.node_up(node),
            tuple(name for name in self._offline if name != node),
        )

    def standby(self, node: str) -> Self:
        """Let a node run nothing, as before maintenance."""
        return self._then(f"{node} goes to standby", self._state.standby(node), self._offline)

    def online(self, node: str) -> Self:
        """Take a node back from standby."""
        return self._then(f"{node} is taken back", self._state.online(node), self._offline)

    def fail(self, resource: str, *, node: str | None = None) -> Self:
        """Let a resource be found failed where it runs."""
        return self._then(
            f"{resource} fails", self._state.resource_fail(resource, node=node), self._offline
        )

    def copies(self, promotion: Mapping[str, int]) -> Self:
        """Let DRBD's agent say anew how fit each node's copy is."""
        state = self._state
        scores = {id_: dict(promotion) for id_ in state.promotion}
        said = ", ".join(f"{node} {score}" for node, score in promotion.items())
        return self._then(
            f"promotion scores change: {said}", state.promote_with(scores), self._offline
        )

    @property
    def actions(self) -> tuple[Action, ...]:
        """What the last step did, in order."""
        return self.steps[-1].actions

    @property
    def placement(self) -> Placement:
        """Where everything runs after the last step."""
        return self.steps[-1].placement

    def why(self, resource: str) -> tuple[str, ...]:
        """Return, in sentences, why a resource is where it is after the last step."""
        return self._state.why(resource)

    @property
    def _state(self) -> Simulation:
        return self.steps[-1].simulation

    @property
    def _offline(self) -> tuple[str, ...]:
        return self.steps[-1].offline

    def _then(self, event: str, simulation: Simulation, offline: tuple[str, ...]) -> Self:
        step = Step(event=event, simulation=simulation, offline=offline)
        return attrs.evolve(self, steps=(*self.steps, step))

    def __getitem__(self, index: int) -> Step:  # type: ignore[override]  # no slices: a run begins with its start
        return self.steps[index]

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)


def _with_nodes(cluster: "Cluster") -> Cib:
    """Return the CIB with its nodes: Pacemaker itself adds those that corosync brings."""
    missing = [
        CibNode(id=str(number), uname=node.name)
        for number, node in enumerate(cluster.nodes, start=1)
        if node.name not in cluster.cib.nodes
    ]
    return cluster.cib.add(*missing)


def _promotable(cib: Cib) -> Iterator[str]:
    for id_, resource in cib.resources.items():
        if getattr(resource, "promotable", False):
            yield id_
