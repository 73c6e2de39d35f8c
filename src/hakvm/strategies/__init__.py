"""Hypothesis strategies for every public type, for your own tests."""

try:
    import hypothesis as _hypothesis  # noqa: F401 - asked for here, so that its absence is named
except ModuleNotFoundError as error:
    raise ImportError(
        "hakvm.strategies needs hypothesis: pip install 'hakvm[strategies]'"
    ) from error

from hakvm.strategies._cluster import cluster_nodes, clusters, platforms
from hakvm.strategies._corosync import (
    corosync_authkeys,
    corosync_configs,
    corosync_nodes,
    corosync_sections,
    corosync_two_node_configs,
)
from hakvm.strategies._drbd import (
    drbd_addresses,
    drbd_configs,
    drbd_options,
    drbd_resources,
    proc_drbd_texts,
)
from hakvm.strategies._drbd_status import drbd_statuses
from hakvm.strategies._elements import elements, extras
from hakvm.strategies._libvirt import domain_infos, domains, guests, libvirt_elements
from hakvm.strategies._pacemaker import (
    cibs,
    groups,
    operations,
    primitives,
    promotable_clones,
    resource_ids,
    scores,
)
from hakvm.strategies._system import (
    fstab_files,
    host_entries,
    hosts_files,
    interfaces_files,
    network_units,
)
from hakvm.strategies._transport import (
    commands,
    completed_commands,
    durations,
    sizes,
    transcripts,
)

__all__ = [
    "cibs",
    "cluster_nodes",
    "clusters",
    "commands",
    "completed_commands",
    "corosync_authkeys",
    "corosync_configs",
    "corosync_nodes",
    "corosync_sections",
    "corosync_two_node_configs",
    "domain_infos",
    "domains",
    "drbd_addresses",
    "drbd_configs",
    "drbd_options",
    "drbd_resources",
    "drbd_statuses",
    "durations",
    "elements",
    "extras",
    "fstab_files",
    "groups",
    "guests",
    "host_entries",
    "hosts_files",
    "interfaces_files",
    "libvirt_elements",
    "network_units",
    "operations",
    "platforms",
    "primitives",
    "proc_drbd_texts",
    "promotable_clones",
    "resource_ids",
    "scores",
    "sizes",
    "transcripts",
]
