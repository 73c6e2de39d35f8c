"""Rules over values that the schema takes for any text: durations, numbers, names."""

import difflib
import re
from collections.abc import Iterator

from hakvm.errors import InvalidError
from hakvm.findings import Layer, Severity, Trouble
from hakvm.pacemaker._cib import Cib
from hakvm.pacemaker._durations import milliseconds
from hakvm.pacemaker._options import OPTIONS
from hakvm.pacemaker._resources import Primitive, Template
from hakvm.pacemaker.checks._book import RULES, sample, varied

__all__: list[str] = []

_NUMBER = re.compile(r"[+-]?[0-9]+|[+-]?INFINITY", re.IGNORECASE)
_NUMBERS = frozenset(
    [
        "clone-max",
        "clone-min",
        "clone-node-max",
        "master-max",
        "master-node-max",
        "promoted-max",
        "promoted-node-max",
        "priority",
        "resource-stickiness",
        "migration-threshold",
    ]
)
# Meta attributes of resources (Pacemaker Explained, "Resource Meta-Attributes" and the chapters
# on clones, remote nodes and bundles), of all releases.
_META = _NUMBERS | frozenset(
    [
        "target-role",
        "is-managed",
        "maintenance",
        "requires",
        "multiple-active",
        "failure-timeout",
        "allow-migrate",
        "allow-unhealthy-nodes",
        "container-attribute-target",
        "remote-node",
        "remote-port",
        "remote-addr",
        "remote-connect-timeout",
        "remote-allow-migrate",
        "critical",
        "notify",
        "interleave",
        "ordered",
        "globally-unique",
        "promotable",
        "provides",
        "description",
        "restart-type",
        "resource-discovery-enabled",
        "container",
        "is_managed",
        "target_role",
        "resource-failure-stickiness",
    ]
)


@RULES.rule(
    "pacemaker.bad-duration",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="Pacemaker takes a duration that it cannot read for none: no monitor, or no time at all",
    fix="write a number and a unit, as 20s, 5min, 100ms",
    source="crm_parse_interval_spec; neither crm_verify nor the schema says it",
    failing=varied(("interval=29s", "interval=20x")),
    passing=sample,
)
def bad_duration(cib: Cib) -> Iterator[Trouble]:
    """Find durations that are none."""
    for one in cib.resources.values():
        if not isinstance(one, Primitive | Template):
            continue
        for op in one.ops:
            for name, text in (("interval", op.interval), ("timeout", op.timeout)):
                if text is not None and milliseconds(text) is None:
                    yield Trouble(
                        message=f"{name}={text} of {op.name} of {one.id} is no duration",
                        where=f"resources[{one.id!r}]",
                    )


@RULES.rule(
    "pacemaker.bad-number",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="Pacemaker uses the default in the stead of a number that it cannot read",
    fix="write a whole number",
    source="Pacemaker Explained, meta attributes; neither crm_verify nor the schema says it",
    failing=varied(("promoted-max=1", "promoted-max=abc")),
    passing=sample,
)
def bad_number(cib: Cib) -> Iterator[Trouble]:
    """Find meta attributes that should be numbers and are none."""
    for one in cib.resources.values():
        for name, value in one.meta.items():
            if name in _NUMBERS and not _NUMBER.fullmatch(value.strip()):
                yield Trouble(
                    message=f"{name}={value} of {one.id} is no number",
                    where=f"resources[{one.id!r}].meta[{name!r}]",
                )


@RULES.rule(
    "pacemaker.unknown-option",
    Severity.WARNING,
    Layer.PACEMAKER,
    why="an option that Pacemaker does not know does nothing; most often it is misspelt",
    fix="use the name that is meant",
    source="crm_attribute --list-options=cluster --all",
    failing=varied(("stonith-enabled=true", "stonith_enabled=true")),
    passing=sample,
)
def unknown_option(cib: Cib) -> Iterator[Trouble]:
    """Find options of the cluster that nobody knows."""
    for name in cib.options.unknown:
        near = difflib.get_close_matches(name, OPTIONS, n=1)
        meant = f"; {near[0]} is meant?" if near else ""
        yield Trouble(
            message=f"the option {name!r} is not known{meant}", where=f"properties[{name!r}]"
        )


@RULES.rule(
    "pacemaker.bad-option",
    Severity.ERROR,
    Layer.PACEMAKER,
    why="Pacemaker uses the default in the stead of a value that it cannot read",
    fix="write a value that the option takes",
    source="crm_verify: cluster_option_value",
    failing=varied(("stonith-enabled=true", "stonith-enabled=maybe")),
    passing=sample,
)
def bad_option(cib: Cib) -> Iterator[Trouble]:
    """Find options of the cluster with a value that they do not take."""
    options = cib.options
    for name in options.said:
        try:
            _ = options[name]
        except InvalidError as error:
            yield Trouble(message=error.message, where=f"properties[{name!r}]")


@RULES.rule(
    "pacemaker.unknown-meta",
    Severity.WARNING,
    Layer.PACEMAKER,
    why="a meta attribute that Pacemaker does not know does nothing; most often it is misspelt",
    fix="use the name that is meant",
    source="Pacemaker Explained, meta attributes; neither crm_verify nor the schema says it",
    failing=varied(("promoted-max=1", "promoted_max=1")),
    passing=sample,
)
def unknown_meta(cib: Cib) -> Iterator[Trouble]:
    """Find meta attributes that nobody knows."""
    for one in cib.resources.values():
        for name in one.meta:
            if name in _META or name.startswith(("$", "#")):
                continue
            near = difflib.get_close_matches(name, _META, n=1)
            meant = f"; {near[0]} is meant?" if near else ""
            yield Trouble(
                message=f"{one.id} has the meta attribute {name!r}, which is not known{meant}",
                where=f"resources[{one.id!r}].meta[{name!r}]",
            )
