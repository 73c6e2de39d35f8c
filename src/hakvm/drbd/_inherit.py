"""What counts where the same is said in several places: what a resource inherits, and its own.

drbdadm makes one list of options of `net {}`, the statement `protocol` and, since 8.4, of what
`syncer {}` says of the network; so it does for disks and for resources. What a resource says
itself, in whichever of these places, hides what `common` says in any of them.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import attrs

from hakvm.drbd._model import Common, Proxy, Resource
from hakvm.drbd._section import Options
from hakvm.drbd._specs import Section, syncer_home

__all__ = ["contested", "inherit", "prevails"]

# The sections, by the key of the layout, in the order in which the renderer writes them.
_FIELDS = {
    "protocol": "protocol",
    "net {": "net",
    "disk {": "disk_options",
    "options {": "options",
    "syncer {": "syncer",
}
_SECTIONS = {"net": Section.NET, "disk_options": Section.DISK, "options": Section.OPTIONS}


class _Said(NamedTuple):
    """One option: the field that it stands in, its name there and its value."""

    field: str
    name: str
    text: str


_Slot = tuple[Section, str]
"""An option by what it means: its section since 8.4, and its name there."""


def _in_order(of: Common) -> list[str]:
    """Return the fields of `_FIELDS` in the order in which they stand."""
    place = {key: index for index, key in enumerate(of.layout.order)}
    return [_FIELDS[key] for key in sorted(_FIELDS, key=lambda key: place.get(key, len(place)))]


def _said(of: Common) -> dict[_Slot, list[_Said]]:
    """Return all that is said in these fields, by what it means, in order."""
    found: dict[_Slot, list[_Said]] = defaultdict(list)
    for field in _in_order(of):
        if field == "protocol":
            if of.protocol is not None:
                said = _Said("net", "protocol", of.protocol)
                found[Section.NET, "protocol"].append(said)
            continue
        for name, text in getattr(of, field).items():
            slot = (_SECTIONS[field], name) if field in _SECTIONS else syncer_home(name)
            found[slot or (Section.SYNCER, name)].append(_Said(field, name, text))
    return found


def _first_counts(of: Common, section: Section) -> bool:
    """Tell whether the first counts of what stands twice: it is what drbdadm hands on."""
    return section is Section.DISK or not isinstance(of, Resource)


def prevails(of: Common, field: str, section: Section) -> bool:
    """Tell whether what `protocol` or `syncer` says counts, where its section says it too."""
    order = _in_order(of)
    home = next(name for name, one in _SECTIONS.items() if one is section)
    return (order.index(field) < order.index(home)) == _first_counts(of, section)


def contested(of: Common) -> Iterator[tuple[str, list[str], str]]:
    """Yield what is said otherwise in two places: the option, its values, the one that counts."""
    for (section, name), said in _said(of).items():
        texts = [one.text for one in said]
        if len(set(texts)) > 1:
            yield name, texts, texts[0 if _first_counts(of, section) else -1]


def inherit(resource: Resource, common: Common) -> Resource:
    """Return a resource with what it inherits; its own options come first."""
    if resource.template_file is not None:  # it has a common {} of its own
        common = Common()
    counting: dict[_Slot, _Said] = {}
    for of in (common, resource):
        for slot, said in _said(of).items():
            counting[slot] = said[0 if _first_counts(of, slot[0]) else -1]
    found: dict[str, dict[str, str]] = {"net": {}, "disk_options": {}, "options": {}, "syncer": {}}
    for one in counting.values():
        found[one.field][one.name] = one.text
    handlers = dict(common.handlers)
    if {"outdate-peer", "fence-peer"} & resource.handlers.keys():  # two names of one, before 9
        handlers = dict(common.handlers.without("outdate-peer", "fence-peer"))
    return attrs.evolve(
        resource,
        protocol=None,
        proxy=_proxy(resource.proxy, common.proxy),
        net=found["net"],
        disk_options=found["disk_options"],
        options=found["options"],
        syncer=found["syncer"],
        startup=Options(Section.STARTUP, {**common.startup, **resource.startup}),
        handlers=Options(Section.HANDLERS, {**handlers, **resource.handlers}),
    )


def _proxy(own: Proxy | None, shared: Proxy | None) -> Proxy | None:
    if own is None or shared is None:
        return own or shared
    return Proxy(options={**shared.options, **own.options}, plugins=own.plugins or shared.plugins)
