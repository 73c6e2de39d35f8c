"""Sets of names and values: parameters, meta attributes, utilization, cluster properties.

Source: nvset-*.rng.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Self

import attrs
from attrs import frozen

from hakvm.pacemaker._rules import Rule
from hakvm.pacemaker._words import ScoreValue
from hakvm.secret import mask
from hakvm.xmlmodel import Element, element

__all__ = [
    "AttributeSet",
    "ClusterPropertySet",
    "InstanceAttributes",
    "MetaAttributes",
    "Nvpair",
    "Utilization",
    "lookup",
    "values_of",
]


_ODD = re.compile(r"[^\w.-]+")  # what no id may hold


@element("nvpair")
@frozen(kw_only=True)
class Nvpair(Element):
    """A name and its value, or by `id_ref` the pair that stands elsewhere."""

    id: str | None = None
    id_ref: str | None = None
    name: str | None = None
    value: str | None = None

    def __repr__(self) -> str:
        # A fence device's password stands among its parameters.
        reference = f"id_ref={self.id_ref!r}, " if self.id_ref is not None else ""
        return mask(f"Nvpair(id={self.id!r}, {reference}name={self.name!r}, value={self.value!r})")


@frozen(kw_only=True)
class AttributeSet(Element):
    """Names and values in order, with the rule under which they hold.

    Attributes:
        id_ref: the set that stands for this one.
        score: which set wins where several name the same; the greatest does.
    """

    id: str | None = None
    id_ref: str | None = None
    score: ScoreValue | None = None
    rules: tuple[Rule, ...] = ()
    nvpairs: tuple[Nvpair, ...] = ()

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return any(pair.name == name for pair in self.nvpairs)

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the value of `name`; the first where it stands twice, as Pacemaker reads it."""
        for pair in self.nvpairs:
            if pair.name == name and pair.value is not None:
                return pair.value
        return default

    @property
    def values(self) -> dict[str, str]:
        """The names and values, without the pairs that stand elsewhere."""
        found: dict[str, str] = {}
        for pair in self.nvpairs:
            if pair.name is not None and pair.value is not None:
                found.setdefault(pair.name, pair.value)
        return found

    def with_value(self, name: str, value: str) -> Self:
        """Return the set with `name` set to `value`: in its place, or as the last pair."""
        pairs = list(self.nvpairs)
        for index, pair in enumerate(pairs):
            if pair.name == name:
                pairs[index] = attrs.evolve(pair, value=value)
                break
        else:
            own = _ODD.sub("_", f"{self.id}-{name}") if self.id else ""
            pairs.append(Nvpair(id=own, name=name, value=value))
        return attrs.evolve(self, nvpairs=tuple(pairs))

    def without(self, name: str) -> Self:
        """Return the set without `name`."""
        return attrs.evolve(self, nvpairs=tuple(p for p in self.nvpairs if p.name != name))


@element("instance_attributes")
@frozen(kw_only=True)
class InstanceAttributes(AttributeSet):
    """The parameters of an agent, or the attributes of a node."""


@element("meta_attributes")
@frozen(kw_only=True)
class MetaAttributes(AttributeSet):
    """What Pacemaker itself is to know of a resource or an operation."""


@element("utilization")
@frozen(kw_only=True)
class Utilization(AttributeSet):
    """What a node offers and a resource takes, in units of one's own."""


@element("cluster_property_set")
@frozen(kw_only=True)
class ClusterPropertySet(AttributeSet):
    """Options of the cluster as a whole."""


def values_of(sets: tuple[AttributeSet, ...]) -> Mapping[str, str]:
    """Return what `sets` say together, leaving aside those that hold only under a rule.

    Of several sets the one with the greatest score wins, then the first.
    """
    found: dict[str, str] = {}
    for one in sorted(sets, key=lambda each: -(each.score or 0)):
        if not one.rules:
            for name, value in one.values.items():
                found.setdefault(name, value)
    return found


def lookup(sets: tuple[AttributeSet, ...], name: str) -> str | None:
    """Return the value that `sets` give `name`, or `None`."""
    if len(sets) == 1:
        return None if sets[0].rules else sets[0].get(name)
    return values_of(sets).get(name)
