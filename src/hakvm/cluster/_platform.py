"""What a distribution has: the release of each layer, its packages, its paths."""

from typing import ClassVar

from attrs import frozen

from hakvm import corosync, drbd, pacemaker

__all__ = ["Platform"]


@frozen(kw_only=True)
class Platform:
    """A distribution, as far as a cluster on it is concerned.

    `Platform.DEBIAN_9` is the howto's and gives what the howto has; on every
    later one the recipe follows today's practice.

    Attributes:
        name: as a person says it.
        drbd: the dialect of drbd.conf, which the kernel's module decides, not the tools.
        corosync: the release of corosync.
        pacemaker: the release of Pacemaker.
        packages: what to install, by the distribution's names.
        machine: the newest machine type of its QEMU, which guests are pinned to: both nodes
            know it, and it stays the same when QEMU is upgraded.
        fence_peer, unfence_peer: DRBD's handlers that keep an outdated copy from being promoted.
        unfence_on: the handler's name in drbd.conf; DRBD 9 has one made for it.
        today: whether the recipe follows today's practice on it, or gives the howto's own files.
    """

    name: str
    drbd: drbd.Release
    corosync: corosync.Release
    pacemaker: pacemaker.Release
    packages: tuple[str, ...]
    machine: str
    fence_peer: str = "/usr/lib/drbd/crm-fence-peer.sh"
    unfence_peer: str = "/usr/lib/drbd/crm-unfence-peer.sh"
    unfence_on: str = "after-resync-target"
    today: bool = True

    DEBIAN_9: ClassVar["Platform"]
    DEBIAN_11: ClassVar["Platform"]
    DEBIAN_12: ClassVar["Platform"]
    DEBIAN_13: ClassVar["Platform"]
    RHEL_9: ClassVar["Platform"]

    def __str__(self) -> str:
        return self.name


_DEBIAN = (
    "corosync",
    "crmsh",
    "fence-agents",
    "libvirt-clients",
    "libvirt-daemon-system",
    "pacemaker",
    "pacemaker-cli-utils",
    "qemu-system-x86",
    "resource-agents",
)

Platform.DEBIAN_9 = Platform(
    name="Debian 9",
    machine="pc-q35-2.8",
    drbd=drbd.Release.V8_4,
    corosync=corosync.Release.V2,
    pacemaker=pacemaker.Release.V1_1,
    packages=(
        "bridge-utils",
        "corosync",
        "crmsh",
        "drbd8-utils",
        "fence-agents",
        "libqb0",
        "libvirt-daemon",
        "libvirt-daemon-system",
        "pacemaker",
        "pacemaker-cli-utils",
        "qemu-kvm",
        "virtinst",
    ),
    today=False,
)
# Debian's kernels carry DRBD 8.4.11, so drbd-utils 9 reads the 8.4 dialect there.
Platform.DEBIAN_11 = Platform(
    name="Debian 11",
    machine="pc-q35-5.2",
    drbd=drbd.Release.V8_4,
    corosync=corosync.Release.V3,
    pacemaker=pacemaker.Release.V2_0,
    packages=(*_DEBIAN, "bridge-utils", "drbd-utils"),
)
Platform.DEBIAN_12 = Platform(
    name="Debian 12",
    machine="pc-q35-7.2",
    drbd=drbd.Release.V8_4,
    corosync=corosync.Release.V3,
    pacemaker=pacemaker.Release.V2_1,
    packages=(*_DEBIAN, "bridge-utils", "drbd-utils"),
)
Platform.DEBIAN_13 = Platform(
    name="Debian 13",
    machine="pc-q35-10.0",
    drbd=drbd.Release.V8_4,
    corosync=corosync.Release.V3,
    pacemaker=pacemaker.Release.V3_0,
    packages=(*_DEBIAN, "bridge-utils", "drbd-utils"),
)
# LINBIT's packages and module; RHEL itself ships neither.
Platform.RHEL_9 = Platform(
    name="RHEL 9",
    machine="pc-q35-rhel9.0.0",
    drbd=drbd.Release.V9_0,
    corosync=corosync.Release.V3,
    pacemaker=pacemaker.Release.V2_1,
    packages=(
        "corosync",
        "drbd-pacemaker",
        "drbd-utils",
        "fence-agents-all",
        "kmod-drbd",
        "libvirt",
        "pacemaker",
        "pcs",
        "qemu-kvm",
        "resource-agents",
    ),
    fence_peer="/usr/lib/drbd/crm-fence-peer.9.sh",
    unfence_peer="/usr/lib/drbd/crm-unfence-peer.9.sh",
    unfence_on="unfence-peer",
)
