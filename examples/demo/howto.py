"""The howto's own listings, read with hakvm, and put together as the cluster they describe."""

from pathlib import Path

from hakvm import Cluster, Node, Platform, corosync, drbd, libvirt, pacemaker, system

LISTINGS = Path(__file__).parent.parent / "howto"

NODES = (
    Node("node1", "192.168.2.170", domain="myserver.tld"),
    Node("node2", "192.168.2.171", domain="myserver.tld"),
)


def read() -> Cluster:
    """Read what the howto has one write to both nodes."""
    domain = virt_install().guest.domain()
    return Cluster(
        name="howto",
        nodes=NODES,
        platform=Platform.DEBIAN_9,
        drbd=drbd.Config.load(LISTINGS / "r0.res"),
        corosync=corosync.Config.load(LISTINGS / "corosync.conf", release=corosync.Release.V2),
        cib=pacemaker.crm.parse((LISTINGS / "pacemaker.crm").read_text()),
        # where libvirt keeps what virt-install defines: by the name in the command line
        domains={f"/etc/libvirt/qemu/{domain.name}.xml": domain},
        hosts=system.Hosts.load(LISTINGS / "hosts"),
        interfaces={
            node.name: system.Interfaces.load(LISTINGS / f"interfaces.{node.name}")
            for node in NODES
        },
    )


def proc_drbd() -> drbd.ProcDrbd:
    """Read what the howto's `watch cat /proc/drbd` shows."""
    return drbd.ProcDrbd.parse((LISTINGS / "proc_drbd").read_text())


def status() -> pacemaker.Status:
    """Read what the howto's last `crm status` shows."""
    return pacemaker.Status.parse((LISTINGS / "crm_status").read_text())


def virt_install() -> libvirt.VirtInstall:
    """Read the howto's virt-install line, in the nearest form that is valid."""
    return libvirt.from_virt_install((LISTINGS / "virt-install").read_text(), strict=False)
