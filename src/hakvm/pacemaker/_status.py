"""What crm_mon shows of a running cluster, as values.

Words that are not known are kept as they came: a role of a newer release is a
`str`, a line of text that nobody understands is in `unparsed`.
"""

from collections.abc import Iterator, Mapping
from typing import Self

from attrs import field, frozen

from hakvm._frozen import FrozenMapping
from hakvm.pacemaker._words import Role

__all__ = [
    "Ban",
    "BundleStatus",
    "CloneStatus",
    "Failure",
    "FenceEvent",
    "GroupStatus",
    "Instance",
    "NodeStatus",
    "OperationStatus",
    "Placement",
    "ReplicaStatus",
    "ResourceHistory",
    "ResourceStatus",
    "Status",
    "TicketStatus",
]


@frozen(kw_only=True)
class NodeStatus:
    """A node as the cluster sees it.

    Attributes:
        unclean: it must be fenced before its resources may run elsewhere.
        expected_up: whether it is a member that ought to be there.
        health: green, yellow or red.
    """

    name: str
    id: str = ""
    online: bool = False
    standby: bool = False
    standby_onfail: bool = False
    maintenance: bool = False
    pending: bool = False
    unclean: bool = False
    shutdown: bool = False
    expected_up: bool = False
    is_dc: bool = False
    type: str = "member"
    resources_running: int | None = None
    health: str | None = None
    feature_set: str | None = None


@frozen(kw_only=True)
class ResourceStatus:
    """A primitive, or one instance of it.

    Attributes:
        agent: as `ocf:heartbeat:Filesystem`.
        nodes: where it runs; several where it should not.
        orphaned: it runs, and the configuration does not know it.
        pending: the operation that is under way.
    """

    id: str
    agent: str = ""
    role: Role | str | None = None
    target_role: Role | str | None = None
    nodes: tuple[str, ...] = ()
    active: bool = False
    orphaned: bool = False
    blocked: bool = False
    managed: bool = True
    disabled: bool = False
    failed: bool = False
    failure_ignored: bool = False
    maintenance: bool = False
    pending: str | None = None
    locked_to: str | None = None
    description: str | None = None

    @property
    def primitives(self) -> "tuple[ResourceStatus, ...]":
        """Itself."""
        return (self,)


@frozen(kw_only=True)
class GroupStatus:
    """A group and its members."""

    id: str
    members: tuple[ResourceStatus, ...] = ()
    managed: bool = True
    disabled: bool = False
    maintenance: bool = False

    @property
    def primitives(self) -> tuple[ResourceStatus, ...]:
        """The members."""
        return self.members


@frozen(kw_only=True)
class CloneStatus:
    """A clone and its instances.

    Attributes:
        resource: the id of what is cloned.
        promotable: whether instances may be promoted.
    """

    id: str
    resource: str = ""
    promotable: bool = False
    unique: bool = False
    managed: bool = True
    disabled: bool = False
    failed: bool = False
    failure_ignored: bool = False
    maintenance: bool = False
    target_role: Role | str | None = None
    members: tuple[ResourceStatus | GroupStatus, ...] = ()

    @property
    def primitives(self) -> tuple[ResourceStatus, ...]:
        """The instances of the primitives within."""
        return tuple(one for member in self.members for one in member.primitives)


@frozen(kw_only=True)
class ReplicaStatus:
    """An instance of a bundle: its address, its container and what runs inside."""

    id: str
    members: tuple[ResourceStatus, ...] = ()


@frozen(kw_only=True)
class BundleStatus:
    """A bundle and its replicas."""

    id: str
    type: str = ""
    image: str = ""
    unique: bool = False
    managed: bool = True
    failed: bool = False
    maintenance: bool = False
    replicas: tuple[ReplicaStatus, ...] = ()

    @property
    def primitives(self) -> tuple[ResourceStatus, ...]:
        """What the replicas are made of."""
        return tuple(one for replica in self.replicas for one in replica.members)


@frozen(kw_only=True)
class OperationStatus:
    """An operation in a node's history; times and durations as crm_mon writes them."""

    call: int | None = None
    task: str = ""
    rc: int | None = None
    rc_text: str | None = None
    interval: str | None = None
    last_rc_change: str | None = None
    last_run: str | None = None
    exec_time: str | None = None
    queue_time: str | None = None


@frozen(kw_only=True)
class ResourceHistory:
    """What a node has run for a resource.

    Attributes:
        fail_count: how often it failed there; INFINITY is 1,000,000.
    """

    node: str
    resource: str
    orphan: bool = False
    migration_threshold: int | None = None
    fail_count: int = 0
    last_failure: str | None = None
    operations: tuple[OperationStatus, ...] = ()


@frozen(kw_only=True)
class Failure:
    """An operation that failed."""

    operation: str
    node: str
    exit_status: str = ""
    exit_reason: str = ""
    exit_code: int | None = None
    call: int | None = None
    status: str = ""
    last_rc_change: str | None = None
    queued: str | None = None
    exec: str | None = None
    interval: str | None = None
    task: str | None = None


@frozen(kw_only=True)
class Ban:
    """A location that keeps a resource from a node."""

    id: str
    resource: str
    node: str
    weight: int | None = None
    promoted_only: bool = False


@frozen(kw_only=True)
class TicketStatus:
    """A ticket as it stands here."""

    id: str
    granted: bool = False
    standby: bool = False
    last_granted: str | None = None


@frozen(kw_only=True)
class FenceEvent:
    """A node that was fenced, or that someone tried to fence.

    Attributes:
        status: success, failed or pending.
    """

    target: str
    action: str = ""
    status: str = ""
    extended_status: str | None = None
    exit_reason: str | None = None
    delegate: str | None = None
    client: str | None = None
    origin: str | None = None
    completed: str | None = None


@frozen
class Instance:
    """Where something runs, and in which role."""

    node: str
    role: Role | str | None = None


def _frozen_instances(
    found: Mapping[str, tuple[Instance, ...]],
) -> Mapping[str, tuple[Instance, ...]]:
    return FrozenMapping({name: tuple(sorted(set(v), key=str)) for name, v in found.items()})


@frozen(eq=False)
class Placement(Mapping[str, tuple[str, ...]]):
    """Where every resource runs: `placement["vm"] == ("node1",)`, `()` where it is stopped.

    Clones and groups are in it beside their primitives.
    """

    instances: Mapping[str, tuple[Instance, ...]] = field(
        factory=dict, converter=_frozen_instances, hash=False
    )

    def __getitem__(self, resource: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.node for one in self.instances[resource]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.instances)

    def __len__(self) -> int:
        return len(self.instances)

    def __eq__(self, other: object) -> bool:
        """Whether everything runs in the same places; of two placements, in the same roles too."""
        if isinstance(other, Placement):
            return self.instances == other.instances
        return Mapping.__eq__(self, other)

    def __hash__(self) -> int:
        return hash(frozenset(self.instances.items()))

    def promoted(self, resource: str) -> tuple[str, ...]:
        """Return the nodes on which an instance of a resource is promoted."""
        return self._in_role(resource, Role.PROMOTED, Role.MASTER)

    def unpromoted(self, resource: str) -> tuple[str, ...]:
        """Return the nodes on which an instance runs and is not promoted."""
        return self._in_role(resource, Role.UNPROMOTED, Role.SLAVE)

    def _in_role(self, resource: str, *roles: Role) -> tuple[str, ...]:
        found = self.instances.get(resource, ())
        return tuple(dict.fromkeys(one.node for one in found if one.role in roles))

    def on(self, node: str) -> tuple[str, ...]:
        """Return the resources that run on a node."""
        return tuple(name for name, nodes in self.items() if node in nodes)


StatusItem = ResourceStatus | GroupStatus | CloneStatus | BundleStatus


@frozen(kw_only=True)
class Status:
    """What crm_mon shows.

    Attributes:
        daemon: what pacemakerd says of itself: `running` in XML, `Pacemaker is running` in text.
        version: of the Pacemaker that the DC runs.
        dc: the node that decides.
        quorum: whether this partition has it; `None` where nothing is said.
        updated, changed, changed_by: when and by whom, as crm_mon writes it.
        updated_on: the node that tells it, where Pacemaker says so (3.0).
        options: of the cluster, as crm_mon's summary has them.
        attributes: of the nodes, as `attributes["node1"]["master-drbd"]`.
        unparsed: what nobody understood, line by line.
    """

    daemon: str | None = None
    stack: str | None = None
    version: str | None = None
    dc: str | None = None
    quorum: bool | None = None
    mixed_version: bool | None = None
    updated: str | None = None
    updated_on: str | None = None
    changed: str | None = None
    changed_by: str | None = None
    nodes_configured: int | None = None
    resources_configured: int | None = None
    resources_disabled: int | None = None
    resources_blocked: int | None = None
    options: Mapping[str, str] = field(factory=dict, converter=FrozenMapping[str, str], hash=False)
    nodes: tuple[NodeStatus, ...] = ()
    resources: tuple[StatusItem, ...] = ()
    attributes: Mapping[str, Mapping[str, str]] = field(
        factory=dict, converter=FrozenMapping[str, Mapping[str, str]], hash=False
    )
    history: tuple[ResourceHistory, ...] = ()
    failures: tuple[Failure, ...] = ()
    bans: tuple[Ban, ...] = ()
    tickets: tuple[TicketStatus, ...] = ()
    fence_history: tuple[FenceEvent, ...] = ()
    unparsed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str | bytes, *, source: str = "<string>") -> Self:
        """Read the output of `crm_mon --output-as=xml`, `crm_mon --as-xml` or `crm status`.

        Raises:
            ParseError: XML that is broken, or another tool's; or text without a status in it.
        """
        from hakvm.pacemaker._status_text import parse_text  # noqa: PLC0415 - it needs this module
        from hakvm.pacemaker._status_xml import parse_xml  # noqa: PLC0415 - it needs this module

        head = text.lstrip()[:1]
        if head in {"<", b"<"}:
            return cls(**parse_xml(text, source=source))
        if isinstance(text, bytes):
            text = text.decode(errors="replace")
        return cls(**parse_text(text, source=source))

    @property
    def placement(self) -> Placement:
        """Where every resource runs."""
        found: dict[str, tuple[Instance, ...]] = {}
        for item in self.resources:
            _place(item, found)
        return Placement(found)

    @property
    def online(self) -> tuple[str, ...]:
        """The names of the nodes that are members."""
        return tuple(node.name for node in self.nodes if node.online)

    @property
    def offline(self) -> tuple[str, ...]:
        """The names of the nodes that are not."""
        return tuple(node.name for node in self.nodes if not node.online)

    @property
    def unclean(self) -> tuple[str, ...]:
        """The names of the nodes that must be fenced."""
        return tuple(node.name for node in self.nodes if node.unclean)

    @property
    def standby(self) -> tuple[str, ...]:
        """The names of the nodes that may run nothing."""
        return tuple(node.name for node in self.nodes if node.standby or node.standby_onfail)

    def node(self, name: str) -> NodeStatus:
        """Return the node of that name.

        Raises:
            KeyError: there is none.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)


def _place(item: StatusItem, found: dict[str, tuple[Instance, ...]]) -> tuple[Instance, ...]:
    own: tuple[Instance, ...]
    if isinstance(item, ResourceStatus):
        # crm_mon names the node of what is known to be stopped, too.
        nodes = () if item.role == Role.STOPPED else item.nodes
        own = tuple(Instance(node, item.role) for node in nodes)
    elif isinstance(item, BundleStatus):
        own = tuple(i for one in item.primitives for i in _place(one, found))
    else:
        own = tuple(i for one in item.members for i in _place(one, found))
    found[item.id] = (*found.get(item.id, ()), *own)
    return own
