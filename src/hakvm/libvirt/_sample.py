"""The guest that the rules' samples are made of."""

import attrs

from hakvm.libvirt._domain import Domain
from hakvm.libvirt._guest import Guest
from hakvm.units import Size
from hakvm.xmlmodel import evolve_at

__all__ = ["sample", "with_devices", "with_disk"]


def sample(**changes: object) -> Domain:
    """Return a guest that no rule says anything against, or with changes to its recipe."""
    recipe = Guest(name="vm", memory=Size.parse("1 GiB"), bridge="br0", disk="/dev/drbd0")
    return attrs.evolve(recipe, **changes).domain(cluster="sample")  # type: ignore[arg-type]


def with_disk(domain: Domain, **changes: object) -> Domain:
    """Return the domain with its first disk changed."""
    return evolve_at(domain, "devices.disks[0]", **changes)


def with_devices(domain: Domain, **changes: object) -> Domain:
    """Return the domain with its devices changed."""
    return evolve_at(domain, "devices", **changes)
