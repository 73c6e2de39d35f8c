"""Rules over what the agents of this cluster ask for: DRBD, Filesystem, VirtualDomain."""

from collections.abc import Iterator

import attrs

from hakvm.findings import Layer, Severity, Trouble
from hakvm.pacemaker._build import op as make_op
from hakvm.pacemaker._cib import Cib
from hakvm.pacemaker._constraints import Colocation
from hakvm.pacemaker._durations import milliseconds
from hakvm.pacemaker._nvpairs import MetaAttributes
from hakvm.pacemaker._resources import Clone, Master, Op, Operations, Primitive
from hakvm.pacemaker._tree import transform
from hakvm.pacemaker._words import is_true, role_of
from hakvm.pacemaker.checks._book import RULES, sample, varied
from hakvm.xmlmodel import Element

__all__: list[str] = []

# Seconds that the agents' metadata ask for (`crm_resource --show-metadata`, <actions>).
_TIMEOUTS = {
    "ocf:linbit:drbd": {"start": 240, "promote": 90, "demote": 90, "stop": 100},
    "ocf:heartbeat:VirtualDomain": {"start": 90, "stop": 90},
    "ocf:heartbeat:Filesystem": {"start": 60, "stop": 60},
}
_DEFAULT = 20  # seconds, where neither the operation nor op_defaults says anything
_DRBD = "ocf:linbit:drbd"
_VIRTUAL_DOMAIN = "ocf:heartbeat:VirtualDomain"
_LIBVIRT = "/etc/libvirt/qemu/"


def _primitives(cib: Cib, agent: str | None = None) -> Iterator[Primitive]:
    for one in cib.resources.values():
        if isinstance(one, Primitive) and (agent is None or one.agent == agent):
            yield one


def _short(cib: Cib, one: Primitive) -> Iterator[tuple[str, int, int | None]]:
    """Yield the operations whose timeout is too short: name, wanted, found (seconds)."""
    default = milliseconds(cib.op_defaults.get("timeout")) or _DEFAULT * 1000
    for name, wanted in _TIMEOUTS.get(one.agent, {}).items():
        ops = [op for op in one.ops if op.name == name]
        said = [milliseconds(op.timeout) for op in ops if op.timeout is not None]
        found = said[0] if said else default
        if found is not None and found < wanted * 1000:
            yield name, wanted, found // 1000 if said else None


def _lengthened(cib: Cib) -> Cib:
    def change(one: Element) -> Element:
        if not isinstance(one, Primitive):
            return one
        there = one.operations or Operations()
        ops = list(there.ops)
        for name, wanted, _ in _short(cib, one):
            where = next((i for i, each in enumerate(ops) if each.name == name), None)
            if where is None:
                new = attrs.evolve(make_op(name, timeout=f"{wanted}s"), id=f"{one.id}-{name}-0")
                ops.append(new)
            else:
                ops[where] = attrs.evolve(ops[where], timeout=f"{wanted}s")
        if tuple(ops) == there.ops:
            return one
        return attrs.evolve(one, operations=attrs.evolve(there, ops=tuple(ops)))

    return transform(cib, change)


@RULES.rule(
    "pacemaker.short-timeout",
    Severity.WARNING,
    Layer.PACEMAKER,
    why="an operation that takes longer counts as failed: a slow stop gets the node fenced, a slow "
    "promotion a restart. Without a timeout it is 20 s, whatever the agent asks for",
    fix="give each operation the timeout that its agent's metadata asks for",
    source="crm_resource --show-metadata; Pacemaker Explained, operations: timeout",
    failing=varied(("op start timeout=240 ", "")),
    passing=sample,
    mend=_lengthened,
)
def short_timeout(cib: Cib) -> Iterator[Trouble]:
    """Find operations with less time than their agents ask for."""
    for one in _primitives(cib):
        for name, wanted, found in _short(cib, one):
            has = f"has {found} s" if found is not None else "has no timeout"
            yield Trouble(
                message=f"{name} of {one.id} {has}; its agent asks for {wanted} s",
                where=f"resources[{one.id!r}]",
            )


def _twins(one: Primitive) -> Iterator[tuple[Op, Op]]:
    seen: dict[tuple[str, int | None], Op] = {}
    for op in one.ops:
        key = op.name, milliseconds(op.interval)
        if key in seen:
            yield seen[key], op
        else:
            seen[key] = op


def _apart(cib: Cib) -> Cib:
    def change(one: Element) -> Element:
        if not isinstance(one, Primitive) or one.operations is None:
            return one
        ops = list(one.ops)
        for _, twin in _twins(one):
            taken = {milliseconds(op.interval) for op in ops if op.name == twin.name}
            interval = milliseconds(twin.interval) or 0
            while interval in taken:
                interval += 1000
            where = next(i for i, op in enumerate(ops) if op is twin)
            ops[where] = attrs.evolve(twin, interval=f"{interval // 1000}s")
        if tuple(ops) == one.ops:
            return one
        return attrs.evolve(one, operations=attrs.evolve(one.operations, ops=tuple(ops)))

    return transform(cib, change)


@RULES.rule(
    "pacemaker.equal-intervals",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="operations are told apart by name and interval: of two monitors with the same one is "
    "ignored, and a role is not watched",
    fix="give the two monitors different intervals, as 29s and 31s",
    source="Pacemaker Explained, operations",
    failing=varied(("interval=31s", "interval=29s")),
    passing=sample,
    mend=_apart,
)
def equal_intervals(cib: Cib) -> Iterator[Trouble]:
    """Find operations that Pacemaker cannot tell apart."""
    for one in _primitives(cib):
        for first, twin in _twins(one):
            yield Trouble(
                message=f"{one.id} has two operations {first.name} every {twin.interval}",
                where=f"resources[{one.id!r}]",
            )


@RULES.rule(
    "pacemaker.no-monitor",
    Severity.WARNING,
    Layer.PACEMAKER,
    why="nobody looks whether it still runs: a failure goes unnoticed for ever",
    fix="add op monitor with an interval",
    source="Pacemaker Explained, operations: monitor",
    failing=varied((" op monitor interval=20s timeout=40s", "")),
    passing=sample,
)
def no_monitor(cib: Cib) -> Iterator[Trouble]:
    """Find resources that are not watched."""
    for one in _primitives(cib):
        inherits = one.template is not None or (one.operations and one.operations.id_ref)
        watched = any(op.name == "monitor" and milliseconds(op.interval) != 0 for op in one.ops)
        if not watched and not inherits:
            yield Trouble(message=f"{one.id} is not monitored", where=f"resources[{one.id!r}]")


def _drbd_clones(cib: Cib) -> Iterator[Clone | Master]:
    for one in cib.resources.values():
        if isinstance(one, Clone | Master) and any(
            isinstance(child, Primitive) and child.agent == _DRBD for child in one.resources
        ):
            yield one


def _notified(cib: Cib) -> Cib:
    changed: list[Clone | Master] = []
    for one in _drbd_clones(cib):
        if is_true(one.meta.get("notify")):
            continue
        sets = one.meta_attributes
        where = next((i for i, each in enumerate(sets) if not each.rules and not each.id_ref), None)
        if where is None:
            sets = (
                *sets,
                MetaAttributes(id=f"{one.id}-meta_attributes").with_value("notify", "true"),
            )
        else:
            sets = (
                *sets[:where],
                sets[where].with_value("notify", "true"),
                *sets[where + 1 :],
            )
        changed.append(attrs.evolve(one, meta_attributes=sets))
    return cib.replace(*changed)


@RULES.rule(
    "pacemaker.drbd-without-notify",
    Severity.ERROR,
    Layer.PACEMAKER,
    Layer.DRBD,
    why="DRBD's agent refuses to run without notifications (ERR_CONFIGURED)",
    fix="set the meta attribute notify=true on the clone",
    source="ocf:linbit:drbd",
    failing=varied((" notify=true", "")),
    passing=sample,
    mend=_notified,
)
def drbd_without_notify(cib: Cib) -> Iterator[Trouble]:
    """Find a clone of DRBD that is not notified."""
    for one in _drbd_clones(cib):
        if not is_true(one.meta.get("notify")):
            yield Trouble(
                message=f"{one.id} does not notify its instances", where=f"resources[{one.id!r}]"
            )


@RULES.rule(
    "pacemaker.guest-config-of-libvirt",
    Severity.ERROR,
    Layer.PACEMAKER,
    Layer.LIBVIRT,
    why="the agent undefines the guest and creates it anew: libvirt then deletes its own file "
    "below /etc/libvirt/qemu, and the next start finds no configuration",
    fix="keep the guest's XML elsewhere: on the replicated filesystem, or in /etc/hakvm",
    source="ocf:heartbeat:VirtualDomain; resource-agents#487, #364, #1920",
    failing=varied(("/srv/vm/guest.xml", "/etc/libvirt/qemu/guest.xml")),
    passing=sample,
)
def guest_config_of_libvirt(cib: Cib) -> Iterator[Trouble]:
    """Find a guest whose configuration libvirt thinks its own."""
    for one in _primitives(cib, _VIRTUAL_DOMAIN):
        config = one.params.get("config", "")
        if config.startswith(_LIBVIRT):
            yield Trouble(
                message=f"{one.id} uses libvirt's own {config}",
                where=f"resources[{one.id!r}].params['config']",
            )


@RULES.rule(
    "pacemaker.migrate-with-one-primary",
    Severity.WARNING,
    Layer.PACEMAKER,
    Layer.DRBD,
    why="a live migration needs the disk on both nodes at once; with one promoted copy it fails, "
    "and with a filesystem of one node it would be mounted twice",
    fix="leave allow-migrate out; or promote both copies (promoted-max=2, allow-two-primaries, "
    "resource-and-stonith) and give the guest the device itself",
    source="LINBIT guide, dual-primary mode",
    failing=varied(
        ("config=/srv/vm/guest.xml", "config=/srv/vm/guest.xml meta allow-migrate=true")
    ),
    passing=sample,
)
def migrate_with_one_primary(cib: Cib) -> Iterator[Trouble]:
    """Find a guest that is to migrate and follows a single promoted copy."""
    for one in _primitives(cib, _VIRTUAL_DOMAIN):
        if not is_true(one.meta.get("allow-migrate")):
            continue
        for other in cib.constraints.values():
            if not isinstance(other, Colocation) or other.rsc not in {one.id, cib.top(one.id)}:
                continue
            role = role_of(other.with_rsc_role)
            clone = cib.resources.get(other.with_rsc or "")
            if isinstance(clone, Clone | Master) and role is not None and role.legacy == "Master":
                most = clone.meta.get("promoted-max", clone.meta.get("master-max", "1"))
                if most == "1":
                    yield Trouble(
                        message=f"{one.id} may migrate, and {clone.id} has one promoted instance",
                        where=f"resources[{one.id!r}].meta['allow-migrate']",
                    )
