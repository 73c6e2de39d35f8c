"""hakvm: a two-node KVM high-availability cluster in typed form.

The names below are loaded when they are first used, so `import hakvm` costs
next to nothing and an extra that is not installed hurts only who asks for it.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hakvm import corosync, drbd, errors, libvirt, pacemaker, system, transport, units
    from hakvm.cluster import Cluster, Node, Platform
    from hakvm.errors import HakvmError
    from hakvm.findings import Finding, Severity
    from hakvm.units import Size

_HOMES = {
    "Cluster": "hakvm.cluster",
    "Finding": "hakvm.findings",
    "HakvmError": "hakvm.errors",
    "Node": "hakvm.cluster",
    "Platform": "hakvm.cluster",
    "Severity": "hakvm.findings",
    "Size": "hakvm.units",
}
_MODULES = frozenset(
    {"corosync", "drbd", "errors", "libvirt", "pacemaker", "system", "transport", "units"}
)

__all__ = [
    "Cluster",
    "Finding",
    "HakvmError",
    "Node",
    "Platform",
    "Severity",
    "Size",
    "corosync",
    "drbd",
    "errors",
    "libvirt",
    "pacemaker",
    "system",
    "transport",
    "units",
]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return importlib.import_module(f"hakvm.{name}")
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'hakvm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
