"""Findings as a person reads them: what is wrong, why it hurts, what to do."""

from collections.abc import Iterable

from lxml import etree

from hakvm.findings import Finding, Severity
from hakvm.notebook._markup import H, Html, render_html
from hakvm.notebook._pieces import Pill
from hakvm.secret import mask

__all__ = ["findings", "tallies"]


def findings(found: Iterable[Finding]) -> Html:
    """Return the findings as cards, in the order given."""
    cards = [_card(finding) for finding in found]
    return Html(render_html(H.div(*(cards or [H.p("Nothing was found.")]))))


def _card(finding: Finding) -> etree._Element:
    severity = str(finding.severity)
    return H.div(
        {"class": f"finding {severity}"},
        H.div(
            {"class": "head"},
            H.span({"class": f"tag {severity}"}, severity),
            H.span({"class": "what"}, mask(finding.message)),
            H.span({"class": "where"}, H.code(mask(finding.where) or finding.rule)),
        ),
        H.dl(
            H.dt("why"),
            H.dd(finding.why),
            H.dt("fix"),
            H.dd(finding.fix),
            H.dt("source"),
            H.dd(f"{finding.source} · ", H.code(finding.rule)),
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
