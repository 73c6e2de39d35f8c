"""The sections of a CIB beside resources and constraints.

Nodes, options and defaults, fencing levels, tags, alerts and access rules.
Source: nodes-*.rng, options-*.rng, fencing-*.rng, tags-*.rng, alerts-*.rng, acls-*.rng.
"""

from collections.abc import Mapping

from attrs import frozen

from hakvm.pacemaker._nvpairs import (
    ClusterPropertySet,
    InstanceAttributes,
    MetaAttributes,
    Utilization,
    values_of,
)
from hakvm.pacemaker._words import NodeType, Permission, ScoreValue
from hakvm.xmlmodel import Element, element

__all__ = [
    "AclDeny",
    "AclGroup",
    "AclPermission",
    "AclRead",
    "AclRole",
    "AclRoleRef",
    "AclTarget",
    "AclUser",
    "AclWrite",
    "Acls",
    "Alert",
    "AlertSelect",
    "Alerts",
    "CrmConfig",
    "FencingLevel",
    "FencingTopology",
    "LegacyRoleRef",
    "Node",
    "Nodes",
    "ObjRef",
    "OpDefaults",
    "Recipient",
    "RscDefaults",
    "SelectAttributes",
    "SelectFencing",
    "SelectNodes",
    "SelectResources",
    "SelectedAttribute",
    "Tag",
    "Tags",
]


@element("crm_config")
@frozen(kw_only=True)
class CrmConfig(Element):
    """The options of the cluster."""

    property_sets: tuple[ClusterPropertySet, ...] = ()


@element("rsc_defaults")
@frozen(kw_only=True)
class RscDefaults(Element):
    """Meta attributes for every resource that says nothing else."""

    meta_attributes: tuple[MetaAttributes, ...] = ()


@element("op_defaults")
@frozen(kw_only=True)
class OpDefaults(Element):
    """Values for every operation that says nothing else."""

    meta_attributes: tuple[MetaAttributes, ...] = ()


@element("node")
@frozen(kw_only=True)
class Node(Element):
    """A member of the cluster.

    Attributes:
        id: corosync's nodeid, or a remote node's name.
        uname: the name that `uname -n` gives there.
    """

    id: str
    uname: str
    type: NodeType | str | None = None
    description: str | None = None
    score: ScoreValue | None = None
    instance_attributes: tuple[InstanceAttributes, ...] = ()
    utilization: tuple[Utilization, ...] = ()

    @property
    def attributes(self) -> Mapping[str, str]:
        """The node's attributes, as they hold without rules."""
        return values_of(self.instance_attributes)


@element("nodes")
@frozen(kw_only=True)
class Nodes(Element):
    """The members of the cluster."""

    nodes: tuple[Node, ...] = ()


@element("fencing-level")
@frozen(kw_only=True)
class FencingLevel(Element):
    """The devices that together fence a target, tried in the order of `index`.

    Attributes:
        devices: ids joined by commas.
    """

    id: str = ""
    target: str | None = None
    target_pattern: str | None = None
    target_attribute: str | None = None
    target_value: str | None = None
    index: int
    devices: str


@element("fencing-topology")
@frozen(kw_only=True)
class FencingTopology(Element):
    """Which devices fence whom, level by level."""

    levels: tuple[FencingLevel, ...] = ()


@element("obj_ref")
@frozen(kw_only=True)
class ObjRef(Element):
    """Something tagged, by its id."""

    id: str


@element("tag")
@frozen(kw_only=True)
class Tag(Element):
    """A name for several things at once."""

    id: str
    refs: tuple[ObjRef, ...] = ()


@element("tags")
@frozen(kw_only=True)
class Tags(Element):
    """The tags."""

    tags: tuple[Tag, ...] = ()


@element("attribute")
@frozen(kw_only=True)
class SelectedAttribute(Element):
    """A node attribute whose changes raise an alert."""

    id: str = ""
    name: str


@element("select_attributes")
@frozen(kw_only=True)
class SelectAttributes(Element):
    """Changes of node attributes: these, or all."""

    attributes: tuple[SelectedAttribute, ...] = ()


@element("select_fencing")
@frozen(kw_only=True)
class SelectFencing(Element):
    """Fencing events."""


@element("select_nodes")
@frozen(kw_only=True)
class SelectNodes(Element):
    """Events of nodes."""


@element("select_resources")
@frozen(kw_only=True)
class SelectResources(Element):
    """Events of resources."""


@element("select")
@frozen(kw_only=True)
class AlertSelect(Element):
    """The kinds of events that raise an alert."""

    attributes: SelectAttributes | None = None
    fencing: SelectFencing | None = None
    nodes: SelectNodes | None = None
    resources: SelectResources | None = None


@element("recipient")
@frozen(kw_only=True)
class Recipient(Element):
    """Whom an alert is for: a value that the alert's program understands."""

    id: str = ""
    description: str | None = None
    value: str
    meta_attributes: tuple[MetaAttributes, ...] = ()
    instance_attributes: tuple[InstanceAttributes, ...] = ()


@element("alert")
@frozen(kw_only=True)
class Alert(Element):
    """A program that is called on events."""

    id: str
    description: str | None = None
    path: str
    meta_attributes: tuple[MetaAttributes, ...] = ()
    instance_attributes: tuple[InstanceAttributes, ...] = ()
    select: AlertSelect | None = None
    recipients: tuple[Recipient, ...] = ()


@element("alerts")
@frozen(kw_only=True)
class Alerts(Element):
    """The alerts."""

    alerts: tuple[Alert, ...] = ()


@element("role")
@frozen(kw_only=True)
class AclRoleRef(Element):
    """A role by its id."""

    id: str


@element("role_ref")
@frozen(kw_only=True)
class LegacyRoleRef(Element):
    """A role by its id, as schemas before 2.0 wrote it."""

    id: str


@element("acl_permission")
@frozen(kw_only=True)
class AclPermission(Element):
    """What is granted on what: an XPath, an id (`reference`) or a kind of element."""

    id: str = ""
    kind: Permission | str
    xpath: str | None = None
    reference: str | None = None
    object_type: str | None = None
    attribute: str | None = None
    description: str | None = None


@frozen(kw_only=True)
class _LegacyPermission(Element):
    id: str = ""
    xpath: str | None = None
    ref: str | None = None
    tag: str | None = None
    attribute: str | None = None


@element("read")
@frozen(kw_only=True)
class AclRead(_LegacyPermission):
    """Leave to read, as schemas before 2.0 wrote it."""


@element("write")
@frozen(kw_only=True)
class AclWrite(_LegacyPermission):
    """Leave to write, as schemas before 2.0 wrote it."""


@element("deny")
@frozen(kw_only=True)
class AclDeny(_LegacyPermission):
    """No leave, as schemas before 2.0 wrote it."""


@element("acl_target")
@frozen(kw_only=True)
class AclTarget(Element):
    """A user and the roles he has."""

    id: str
    name: str | None = None
    roles: tuple[AclRoleRef, ...] = ()


@element("acl_group")
@frozen(kw_only=True)
class AclGroup(Element):
    """A Unix group and the roles it has."""

    id: str
    name: str | None = None
    roles: tuple[AclRoleRef, ...] = ()


@element("acl_role")
@frozen(kw_only=True)
class AclRole(Element):
    """Permissions under one name."""

    id: str
    description: str | None = None
    permissions: tuple[AclPermission | AclRead | AclWrite | AclDeny, ...] = ()


@element("acl_user")
@frozen(kw_only=True)
class AclUser(Element):
    """A user's roles and permissions, as schemas before 2.0 wrote it."""

    id: str
    items: tuple[LegacyRoleRef | AclRead | AclWrite | AclDeny, ...] = ()


@element("acls")
@frozen(kw_only=True)
class Acls(Element):
    """Who may read and change what in the CIB."""

    items: tuple[AclTarget | AclGroup | AclRole | AclUser, ...] = ()
