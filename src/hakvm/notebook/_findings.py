"""Findings as a person reads them: what is wrong, why it hurts, what to do."""

from collections.abc import Iterable

from lxml import etree

from hakvm.findings import Finding, Severity
from hakvm.notebook._markup import H, Html, render_html
from hakvm.secret import mask

__all__ = ["chip", "counts", "findings"]


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


def chip(text: str, kind: str = "") -> Html:
    """Return a short word in a coloured pill; `kind` is `good`, `warn`, `bad` or nothing."""
    return Html(render_html(H.span({"class": f"chip {kind}".strip()}, text)))


def counts(found: Iterable[Finding]) -> tuple[Html, ...]:
    """Return how many findings of each severity there are, as pills."""
    found = tuple(found)
    if not found:
        return (chip("nothing found", "good"),)
    kinds = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.INFO: ""}
    pills = []
    for severity, kind in kinds.items():
        number = sum(finding.severity is severity for finding in found)
        if number:
            pills.append(chip(f"{number} {severity}{'s' if number > 1 else ''}", kind))
    return tuple(pills)
