"""The book, and the cluster that its samples vary."""

from collections.abc import Callable

from hakvm.findings import RuleBook
from hakvm.pacemaker._cib import Cib

__all__ = ["RULES", "sample", "varied"]

RULES: RuleBook[Cib] = RuleBook()
"""The rules over a CIB by itself; what takes a look at other layers is the cluster's."""

_GOOD = """\
node 1: node1
node 2: node2
primitive drbd ocf:linbit:drbd params drbd_resource=r0 \\
    op start timeout=240 op stop timeout=100 op promote timeout=90 op demote timeout=90 \\
    op monitor interval=29s role=Promoted timeout=20s \\
    op monitor interval=31s role=Unpromoted timeout=20s
primitive fs ocf:heartbeat:Filesystem \\
    params device=/dev/drbd0 directory=/srv/vm fstype=ext4 \\
    op start timeout=60 op stop timeout=60 op monitor interval=20s timeout=40s
primitive guest ocf:heartbeat:VirtualDomain params config=/srv/vm/guest.xml \\
    op start timeout=90 op stop timeout=90 op monitor interval=30s timeout=30s
primitive fence_node1 stonith:fence_ipmilan params pcmk_host_list=node1 \\
    op monitor interval=60s
primitive fence_node2 stonith:fence_ipmilan params pcmk_host_list=node2 \\
    op monitor interval=60s
group vm fs guest
clone ms drbd meta promotable=true notify=true clone-max=2 promoted-max=1
location prefer ms rule $role=Promoted 100: #uname eq node1
colocation vm-with-drbd inf: vm ms:Promoted
order drbd-then-vm Mandatory: ms:promote vm:start
location fence_node1-away fence_node1 -inf: node1
location fence_node2-away fence_node2 -inf: node2
property stonith-enabled=true priority-fencing-delay=15s
rsc_defaults resource-stickiness=200
"""


def sample(text: str = _GOOD) -> Cib:
    """Make a CIB of crmsh's lines."""
    from hakvm.pacemaker.crm import parse  # noqa: PLC0415 - only the samples need the language

    return parse(text)


def varied(*changes: tuple[str, str], more: str = "") -> Callable[[], Cib]:
    """Return a function that makes the good cluster with texts replaced, and more lines."""

    def make() -> Cib:
        text = _GOOD
        for old, new in changes:
            if old not in text:
                raise ValueError(f"{old!r} is not in the sample")
            text = text.replace(old, new)
        return sample(f"{text}{more}\n")

    return make
