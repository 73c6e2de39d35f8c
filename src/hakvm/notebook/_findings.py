"""Findings as a person reads them: what is wrong, why it hurts, what to do."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from lxml import etree

from hakvm.findings import Finding, Severity
from hakvm.notebook._markup import H, Html, render_html
from hakvm.notebook._pieces import Pill
from hakvm.secret import mask

__all__ = ["findings", "tallies"]


def findings(found: Iterable[Finding]) -> Html:
    """Return the findings as cards, in the order given; those of one rule share a card."""
    cards = [_card(list(alike)) for _, alike in groupby(found, key=lambda one: one.rule)]
    return Html(render_html(H.div(*(cards or [H.p("Nothing was found.")]))))


def _card(alike: Sequence[Finding]) -> etree._Element:
    first = alike[0]
    severity = str(first.severity)
    heads = (
        H.div(
            {"class": "head"},
            H.span({"class": f"tag {severity}"}, severity),
            H.span({"class": "what"}, mask(finding.message)),
            H.span({"class": "where"}, H.code(mask(finding.where) or finding.rule)),
        )
        for finding in alike
    )
    return H.div(
        {"class": f"finding {severity}"},
        *heads,
        H.dl(
            H.dt("why"),
            H.dd(first.why),
            H.dt("fix"),
            H.dd(first.fix),
            H.dt("source"),
            H.dd(f"{first.source} · ", H.code(first.rule)),
        ),
    )


def tallies(found: Iterable[Finding]) -> tuple[Pill, ...]:
    """Return how many findings of each severity there are, as pills for `chips`."""
    found = tuple(found)
    kinds = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.INFO: ""}
    numbers = {
        severity: sum(finding.severity is severity for finding in found) for severity in kinds
    }
    return tuple(
        (f"{number} {severity}{'s' if number > 1 else ''}", kinds[severity])
        for severity, number in numbers.items()
        if number
    ) or (("nothing found", "good"),)
