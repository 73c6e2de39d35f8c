"""A CIB in the words of another release, equal in effect.

Source: the upgrade stylesheets beside the schemas (upgrade-*.xsl), the release
notes of 2.0, 2.1 and 3.0.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from hakvm.errors import ReleaseError
from hakvm.pacemaker._bundle import Bundle, Container, Podman, Rkt
from hakvm.pacemaker._cib import Cib
from hakvm.pacemaker._constraints import Colocation, Location, Order, ResourceSet, Ticket
from hakvm.pacemaker._convert_3_0 import modernized
from hakvm.pacemaker._nvpairs import (
    AttributeSet,
    ClusterPropertySet,
    MetaAttributes,
    Nvpair,
)
from hakvm.pacemaker._release import Release
from hakvm.pacemaker._resources import Clone, Master, Op, Primitive, Template
from hakvm.pacemaker._rules import DateSpec, Duration, Expression, OpExpression, RscExpression, Rule
from hakvm.pacemaker._sections import FencingLevel, Node
from hakvm.pacemaker._tree import transform, walk
from hakvm.pacemaker._words import OnFail, ValueType, is_true, role_of
from hakvm.xmlmodel import Element

__all__ = ["to_release"]

C = TypeVar("C", bound=Cib)

_SINCE_2_0 = ("2.0", "2.1", "3.0")
_SINCE_2_1 = ("2.1", "3.0")
_BEFORE_3_0 = ("1.1", "2.0", "2.1")
_NEWEST_1_1 = "pacemaker-2.10"
_MOST_LEVELS = 9

# Meta attributes of a promotable clone: before 2.0, and from then on.
_META = {"master-max": "promoted-max", "master-node-max": "promoted-node-max"}
# Options of the cluster: before 2.0, and from then on.
_OPTIONS = {
    "crmd-finalization-timeout": "join-finalization-timeout",
    "crmd-integration-timeout": "join-integration-timeout",
    "crmd-transition-delay": "transition-delay",
}
# Options of 3.0.2 and the names that all releases know.
_FENCING = {
    "fencing-enabled": "stonith-enabled",
    "fencing-action": "stonith-action",
    "fencing-timeout": "stonith-timeout",
    "fencing-max-attempts": "stonith-max-attempts",
    "fencing-watchdog-timeout": "stonith-watchdog-timeout",
    "fencing-reaction": "fence-reaction",
}
_VERSION = re.compile(r"pacemaker-(\d+)\.(\d+)")
# The schemas that each generation reads without an upgrade.
_READS = {
    Release.V1_1: ((1, 0), (2, 10)),
    Release.V2_0: ((3, 0), (3, 5)),
    Release.V2_1: ((3, 7), (3, 9)),  # 3.7 brought the roles' new names
    Release.V3_0: ((4, 0), (4, 99)),
}


def to_release(cib: C, release: Release) -> C:
    """Return the CIB as `release` reads it.

    Raises:
        ReleaseError: it holds something that this release does not know, and
            that cannot be said in another way.
    """
    _refuse(cib, release)
    out = transform(cib, _changer(release))
    out = transform(out, _promotables(release))
    if release is Release.V3_0:
        out = modernized(out)
    return attrs.evolve(
        out, validate_with=_schema(cib, release), crm_feature_set=_feature_set(cib, release)
    )


def _feature_set(cib: Cib, release: Release) -> str | None:
    """Return the feature set that the release may read: never above its own.

    One that is not there, or is lower, stays: the scheduler reads the status by it.
    """
    found = cib.crm_feature_set
    if found is None:
        return None
    own = [int(part) for part in release.feature_set.split(".")]
    parts = found.split(".")
    if all(part.isdigit() for part in parts) and [int(part) for part in parts] <= own:
        return found
    return release.feature_set


def _schema(cib: Cib, release: Release) -> str:
    found = _VERSION.fullmatch(cib.validate_with or "")
    low, high = _READS[release]
    needed = _NEWEST_1_1 if release is Release.V1_1 and _is_late(cib) else release.schema
    if (
        needed == release.schema
        and found is not None
        and low <= (int(found[1]), int(found[2])) <= high
    ):
        return found[0]
    return needed


def _is_late(cib: Cib) -> bool:
    """Whether a CIB needs what came after Debian 9's 1.1.16, with 1.1.17 and 1.1.18."""
    return any(
        isinstance(one, Bundle) or (isinstance(one, Expression) and one.value_source is not None)
        for one in walk(cib.configuration)
    )


def _role(text: str, release: Release) -> str:
    """Return a role under the release's name for it; other words as they are."""
    known = role_of(text)
    if known is None:
        return text
    renamed = known.modern if release.modern_roles else known.legacy
    return text if renamed is known else renamed


def _changer(release: Release) -> Callable[[Element], Element]:
    """Return the change of every element by itself."""

    def roles(one: Element, *names: str) -> Element:
        changes: dict[str, Any] = {
            name: new
            for name in names
            if (old := getattr(one, name)) is not None and (new := _role(old, release)) != old
        }
        return attrs.evolve(one, **changes) if changes else one

    def change(one: Element) -> Element:  # noqa: PLR0911 - one for each kind
        match one:
            case Op() | Location() | ResourceSet() | Rule():
                return roles(one, "role")
            case Colocation():
                return roles(one, "rsc_role", "with_rsc_role")
            case Ticket():
                return roles(one, "rsc_role")
            case MetaAttributes():
                return _meta(one, release)
            case ClusterPropertySet():
                return _options(one, release)
            case Container():
                return _container(one, release)
            case Expression(type=ValueType.INTEGER) if release is Release.V1_1:
                # What a number was before there was another kind of it.
                return attrs.evolve(one, type=ValueType.NUMBER)
            case _:
                return one

    return change


def _renamed(one: AttributeSet, names: dict[str, str]) -> AttributeSet:
    """Return the set with names changed; one that is there under its new name already stays."""
    there = {pair.name for pair in one.nvpairs}
    pairs = tuple(
        attrs.evolve(pair, name=names[pair.name])
        if pair.name in names and names[pair.name] not in there
        else pair
        for pair in one.nvpairs
    )
    if all(a is b for a, b in zip(pairs, one.nvpairs, strict=True)):
        return one
    return attrs.evolve(one, nvpairs=pairs)


def _meta(one: MetaAttributes, release: Release) -> Element:
    names = _META if release.promotable_clones else {new: old for old, new in _META.items()}
    out = _renamed(one, names)
    pairs = tuple(
        attrs.evolve(pair, value=_role(pair.value, release))
        if pair.name == "target-role" and pair.value and _role(pair.value, release) != pair.value
        else pair
        for pair in out.nvpairs
    )
    if all(a is b for a, b in zip(pairs, out.nvpairs, strict=True)):
        return out
    return attrs.evolve(out, nvpairs=pairs)


def _options(one: ClusterPropertySet, release: Release) -> Element:
    names = _OPTIONS if release.promotable_clones else {new: old for old, new in _OPTIONS.items()}
    out = _renamed(_renamed(one, _FENCING), names)
    if release is not Release.V3_0:
        return out
    pairs = tuple(
        attrs.evolve(pair, value="off")
        if pair.name == "stonith-action" and pair.value == "poweroff"
        else pair
        for pair in out.nvpairs
        if not (pair.name == "remove-after-stop" and not is_true(pair.value))
    )
    return out if pairs == out.nvpairs else attrs.evolve(out, nvpairs=pairs)


def _container(one: Container, release: Release) -> Element:
    if release.promotable_clones and one.masters is not None:
        promoted = one.promoted_max if one.promoted_max is not None else one.masters
        return attrs.evolve(one, promoted_max=promoted, masters=None)
    if not release.promotable_clones and one.promoted_max is not None:
        return attrs.evolve(one, masters=one.promoted_max, promoted_max=None)
    return one


# Promotable clones: an element of their own before 2.0.


def _promotables(release: Release) -> Callable[[Element], Element]:
    def change(one: Element) -> Element:
        if release.promotable_clones and isinstance(one, Master):
            return _as_clone(one)
        if not release.promotable_clones and isinstance(one, Clone) and one.promotable:
            return _as_master(one)
        return one

    return change


def _as_clone(one: Master) -> Clone:
    sets = one.meta_attributes
    where = next((i for i, each in enumerate(sets) if not each.rules and not each.id_ref), None)
    pair = Nvpair(id=f"{one.id}-meta_attributes-promotable", name="promotable", value="true")
    if where is None:
        own = MetaAttributes(id=f"{one.id}-meta_attributes-promotable-set", nvpairs=(pair,))
        sets = (*sets, own)
    elif "promotable" not in sets[where]:
        first = attrs.evolve(sets[where], nvpairs=(pair, *sets[where].nvpairs))
        sets = (*sets[:where], first, *sets[where + 1 :])
    return Clone(
        id=one.id,
        description=one.description,
        instance_attributes=one.instance_attributes,
        meta_attributes=sets,
        primitive=one.primitive,
        group=one.group,
        extra=one.extra,
    )


def _as_master(one: Clone) -> Master:
    sets = tuple(each.without("promotable") for each in one.meta_attributes)
    return Master(
        id=one.id,
        description=one.description,
        instance_attributes=one.instance_attributes,
        meta_attributes=tuple(each for each in sets if each.nvpairs or each.rules or each.id_ref),
        primitive=one.primitive,
        group=one.group,
        extra=one.extra,
    )


# What cannot be said in another way


def _refuse(cib: Cib, release: Release) -> None:
    """Raise for what `release` does not know and cannot be told."""

    def look(one: Element) -> Element:
        for what, known, hint in _UNKNOWN[release](one):
            raise ReleaseError(what, release=f"Pacemaker {release.value}", known=known, hint=hint)
        return one

    transform(cib.configuration, look)


_Unknown = list[tuple[str, tuple[str, ...], str]]


def _unknown_1_1(one: Element) -> _Unknown:
    out = _unknown_2_0(one)
    match one:
        case RscExpression() | OpExpression():
            tag = one.__xml_plan__.tag
            out.append((f"<{tag}> {one.id!r}", _SINCE_2_0, "set the value where it is to hold"))
        case Podman():
            out.append(("bundles run by Podman", _SINCE_2_0, "use docker"))
        case Op(on_fail=OnFail.DEMOTE):
            out.append((f"on-fail=demote of {one.id!r}", _SINCE_2_0, "use restart"))
        case _:
            pass
    return out


def _unknown_2_0(one: Element) -> _Unknown:
    if isinstance(one, Colocation) and one.influence is False:
        return [(f"influence of {one.id!r}", _SINCE_2_1, "leave it out")]
    return []


def _unknown_3_0(one: Element) -> _Unknown:
    found: str | None = None
    hint = ""
    match one:
        case Colocation() | Order() if one.lifetime is not None:
            found, hint = f"<lifetime> of {one.id!r}", "put the dates into a location's rule"
        case Primitive(class_="nagios" | "upstart") | Template(class_="nagios" | "upstart"):
            found, hint = f"class {one.class_} of {one.id!r}", "use an ocf or systemd agent"
        case Rkt():
            found, hint = "bundles run by rkt", "use podman"
        case Node(type="ping"):
            found, hint = f"ping node {one.uname!r}", "use the agent ocf:pacemaker:ping"
        case DateSpec() | Duration() if one.moon is not None:
            found, hint = f"the moon in {one.id!r}", "use monthdays"
        case FencingLevel() if one.index > _MOST_LEVELS:
            found, hint = f"fencing level {one.index} of {one.id!r}", "use levels 1 to 9"
        case MetaAttributes() if one.get("restart-type", "ignore") != "ignore":
            found, hint = f"restart-type in {one.id!r}", "use kind=Optional in the order"
        case ClusterPropertySet() if is_true(one.get("remove-after-stop")):
            found, hint = "remove-after-stop=true", "leave it out"
        case _:
            pass
    return [(found, _BEFORE_3_0, hint)] if found else []


_UNKNOWN: dict[Release, Callable[[Element], _Unknown]] = {
    Release.V1_1: _unknown_1_1,
    Release.V2_0: _unknown_2_0,
    Release.V2_1: lambda _one: [],
    Release.V3_0: _unknown_3_0,
}
