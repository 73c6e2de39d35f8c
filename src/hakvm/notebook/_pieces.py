"""The small pieces that pages are made of: headings, tables, files."""

from collections.abc import Iterable, Mapping, Sequence

from lxml import html

from hakvm.cluster import File
from hakvm.notebook._markup import H, Html, render_html
from hakvm.secret import mask

__all__ = ["Pill", "chips", "files", "heading", "table", "tag"]

Pill = tuple[str, str]
"""A short text and its kind: good, warn, bad, or nothing."""


def chips(*pills: Pill) -> Html:
    """Return short words in coloured pills, side by side."""
    return Html(
        render_html(
            H.div(
                {"class": "chips"},
                *(H.span({"class": f"chip {kind}".strip()}, text) for text, kind in pills),
            )
        )
    )


def heading(title: str, text: str = "") -> Html:
    """Return a small heading, and a sentence below it; either may be empty."""
    parts = [H.h3(title)] if title else []
    if text:
        parts.append(H.p(text))
    return Html(render_html(H.div(*parts)))


def tag(kind: str) -> Html:
    """Return a word in a coloured box; the word is its kind: good, info, warning, error."""
    return Html(render_html(H.span({"class": f"tag {kind}"}, kind)))


def table(head: Sequence[str], rows: Iterable[Sequence[str | Html]]) -> Html:
    """Return a table; a cell is text, or a piece."""
    body = [
        H.tr(
            *(
                H.td(html.fragment_fromstring(cell.text) if isinstance(cell, Html) else mask(cell))
                for cell in row
            )
        )
        for row in rows
    ]
    return Html(render_html(H.table(H.tr(*(H.th(text) for text in head)), *body)))


def files(found: Mapping[str, File]) -> Html:
    """Return files to unfold, each with its mode; a secret's content does not show."""
    return Html(
        render_html(
            H.div(
                *(
                    H.details(
                        H.summary(
                            path,
                            H.span(
                                {"class": "mode"},
                                f"{file.mode:04o} {file.owner}:{file.group}"
                                + (", a part of the file" if file.part else ""),
                            ),
                        ),
                        H.pre(mask(file.text)),
                    )
                    for path, file in found.items()
                )
            )
        )
    )
