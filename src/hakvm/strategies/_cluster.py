"""Clusters, as `Cluster.two_node` makes them."""

from hypothesis import strategies as st

from hakvm import libvirt
from hakvm.cluster import Bridge, Cluster, Fence, Node, Platform
from hakvm.strategies._corosync import corosync_authkeys

__all__ = ["cluster_nodes", "clusters", "platforms"]

_LABEL = r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?"
_NAMES = st.from_regex(_LABEL, fullmatch=True)
_DISKS = st.from_regex(
    r"/dev/(sd[a-z][1-9]|vg[0-9]/[a-z]{1,6}|disk/by-id/wwn-0x[0-9a-f]{16})", fullmatch=True
)


def platforms() -> st.SearchStrategy[Platform]:
    """Choose a platform."""
    return st.sampled_from(
        [
            Platform.DEBIAN_9,
            Platform.DEBIAN_11,
            Platform.DEBIAN_12,
            Platform.DEBIAN_13,
            Platform.RHEL_9,
        ]
    )


@st.composite
def cluster_nodes(draw: st.DrawFn) -> tuple[Node, Node]:
    """Make the two nodes of a cluster, some with a second network and a power switch."""
    names = draw(st.lists(_NAMES, min_size=2, max_size=2, unique=True))
    network = draw(st.integers(0, 254))
    second, fenced = draw(st.booleans()), draw(st.booleans())
    domain = draw(st.sampled_from(["", "example", "ha.example"]))
    one, two = (
        Node(
            name,
            f"10.{network}.0.{number}",
            second_address=f"10.{network}.1.{number}" if second else None,
            domain=domain,
            fence=Fence(
                agent="fence_ipmilan",
                parameters={"ip": f"10.{network}.2.{number}", "password": draw(_NAMES)},
            )
            if fenced
            else None,
        )
        for number, name in enumerate(names, start=1)
    )
    return one, two


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """Make whole clusters, on any platform."""
    guest = libvirt.guest(
        draw(_NAMES),
        memory=f"{draw(st.integers(1, 64))} GiB",
        vcpus=draw(st.integers(1, 16)),
        bridge="br0",
        disk="guest.img",
        disk_size="10 GiB",
    )
    return Cluster.two_node(
        draw(_NAMES),
        nodes=draw(cluster_nodes()),
        disk=draw(_DISKS),
        guest=guest,
        platform=draw(platforms()),
        bridge=Bridge(prefix=draw(st.sampled_from([8, 16, 24]))),
        authkey=draw(corosync_authkeys()),
    )
