"""What is done to DRBD in both nodes, by hakvm's own tool: for tests and for what is recorded."""

from datetime import timedelta

import attrs

from hakvm import drbd
from hakvm.drbd import ConnectionState, DiskState, Drbdadm
from hakvm_lab.lab import Lab
from hakvm_lab.machine import NODES
from hakvm_lab.stages import configure, describe, proc_drbd, wait_for

__all__ = [
    "both_up",
    "part",
    "put_together",
    "scribble",
    "settle",
    "split_brain",
    "tool",
    "write_down",
]

_MINUTE = timedelta(minutes=1)


def tool(lab: Lab, node: str) -> Drbdadm:
    """Return the node's drbdadm."""
    return Drbdadm(lab.transport(node))


def write_down(lab: Lab, *, disk: str = "", rate: str = "", verify: str = "") -> None:
    """Configure both nodes as the howto does, but for these.

    Args:
        lab: whose nodes.
        disk: below DRBD, in place of the howto's.
        rate: of a resync.
        verify: the digest by which copies are compared.
    """
    cluster = describe(lab)
    r0 = cluster.drbd.resources["r0"]
    changed = attrs.evolve(
        r0,
        net=r0.net | ({"verify-alg": verify} if verify else {}),
        disk_options=r0.disk_options | ({"resync-rate": rate} if rate else {}),
        hosts={name: attrs.evolve(host, disk=disk or host.disk) for name, host in r0.hosts.items()},
    )
    configure(lab, attrs.evolve(cluster, drbd=cluster.drbd.with_resource(changed)))


def both_up(lab: Lab) -> None:
    """Give both nodes fresh meta-data, and connect them; neither copy is good yet."""
    for node in NODES:
        tool(lab, node).create_md("r0")
        tool(lab, node).up("r0")
    tool(lab, "node1").wait_connect("r0", limit=_MINUTE)


def part(lab: Lab) -> None:
    """Cut the replication link, and wait until both have noticed."""
    lab.link("replication", cut=True)
    wait_for(
        lambda: all(
            tool(lab, node).cstate("r0") == (ConnectionState.WF_CONNECTION,) for node in NODES
        ),
        90,
        lambda: _devices(lab),
    )


def scribble(lab: Lab, node: str, device: str, first: int, count: int) -> None:
    """Write random blocks of 4 KiB, of which DRBD notes each."""
    words = ("if=/dev/urandom", f"of={device}", "bs=4096", f"seek={first}", f"count={count}")
    lab.run(node, "dd", *words, "oflag=direct", "conv=notrunc,fsync")


def split_brain(lab: Lab) -> None:
    """Have both nodes written while they do not see each other, and then see each other again.

    node1, primary, writes 40 blocks; node2 writes 30, ten of them where node1 does.
    """
    part(lab)
    tool(lab, "node2").primary("r0", force=True, confirm="r0")
    scribble(lab, "node1", "/dev/drbd0", 2000, 40)
    scribble(lab, "node2", "/dev/drbd0", 2030, 25)
    scribble(lab, "node2", "/dev/drbd0", 9000, 5)
    put_together(lab)


def put_together(lab: Lab) -> None:
    """Heal the link between two copies that were written apart, and wait until one gives up."""
    lab.heal()
    wait_for(
        lambda: (
            ConnectionState.STANDALONE
            in {state for node in NODES for state in tool(lab, node).cstate("r0")}
        ),
        120,
        lambda: _devices(lab),
    )


def settle(lab: Lab) -> None:
    """Wait until both are connected, in sync and up to date.

    Raises:
        WaitTimeout, LabError: they are not within minutes.
    """
    for node in NODES:
        tool(lab, node).wait_connect("r0", limit=_MINUTE)
        for _ in drbd.watch(lab.transport(node), until_done=True, limit=2 * _MINUTE):
            pass

    def good() -> bool:
        return all(
            {one.disk, one.peer_disk} == {DiskState.UP_TO_DATE} and one.out_of_sync == 0
            for one in _devices(lab)
        )

    wait_for(good, 10, lambda: _devices(lab))


def _devices(lab: Lab) -> list[drbd.Device]:
    """Return what both nodes' kernels tell."""
    return [proc_drbd(lab, node) for node in NODES]
