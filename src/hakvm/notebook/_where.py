"""Where a resource is, in the words that drawings need."""

from hakvm.pacemaker import Placement

__all__ = ["role_on"]


def role_on(placement: Placement, resource: str, node: str) -> str:
    """Return the role that a resource has on a node; empty where it does not run there."""
    found = (one for one in placement.instances.get(resource, ()) if one.node == node)
    one = next(found, None)
    return "" if one is None else str(one.role or "Started")
