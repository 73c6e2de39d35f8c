"""One page that needs nothing but itself: style, drawings and text in one file."""

from collections.abc import Iterable, Sequence

from attrs import frozen
from lxml import etree, html

from hakvm.notebook._markup import PALETTE, H, Html, Svg, render_html

__all__ = ["Section", "page"]

_STYLE = """
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1060px;margin:0 auto;padding:40px 28px 80px}
h1{font-size:30px;letter-spacing:-.02em;margin:0 0 4px;line-height:1.2}
h2{font-size:20px;margin:52px 0 4px;letter-spacing:-.01em}
h3{font-size:15px;margin:22px 0 8px}
p{margin:6px 0 12px;max-width:76ch}.lead{color:var(--soft);font-size:16px}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{font-size:.9em}
pre{font-size:12.5px;line-height:1.5;background:var(--wash);border:1px solid var(--line);
border-radius:8px;padding:12px 14px;overflow:auto;margin:8px 0}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;color:var(--soft);font-weight:600;font-size:12.5px;padding:6px 12px 6px 0;
border-bottom:1px solid var(--line)}
td{padding:8px 12px 8px 0;border-bottom:1px solid var(--line);vertical-align:top}
.figure{overflow-x:auto;margin:14px 0 8px}
.chips{display:flex;flex-wrap:wrap;gap:8px;margin:16px 0 4px}
.chip{border-radius:999px;padding:3px 12px;font-size:13px;font-weight:600;background:var(--wash);
color:var(--soft);white-space:nowrap}
.chip.bad,.tag.error{background:var(--bad-wash);color:var(--bad)}
.chip.warn,.tag.warning{background:var(--warn-wash);color:var(--warn)}
.chip.good,.tag.good{background:var(--good-wash);color:var(--good)}
.tag.info{background:var(--wash);color:var(--soft)}
.tag{display:inline-block;border-radius:5px;padding:1px 7px;font-size:12px;font-weight:650;
white-space:nowrap}
.finding{border:1px solid var(--line);border-left-width:4px;border-radius:8px;
padding:11px 16px 12px;margin:9px 0}
.finding.error{border-left-color:var(--bad)}.finding.warning{border-left-color:var(--warn)}
.finding.info{border-left-color:var(--disk)}
.finding .head{display:flex;gap:10px;align-items:baseline;flex-wrap:wrap}
.finding .what{font-weight:600}.finding dl{display:grid;grid-template-columns:52px 1fr;
gap:2px 10px;margin:7px 0 0;font-size:14px}.finding dt{color:var(--soft)}.finding dd{margin:0}
.finding .where{color:var(--soft);font-size:12.5px;margin-left:auto}
details{border:1px solid var(--line);border-radius:8px;margin:7px 0;padding:0 14px}
details>summary{cursor:pointer;padding:8px 0;font-weight:600;font-size:14px}
details>summary .mode{color:var(--soft);font-weight:400;margin-left:8px}
details[open]{padding-bottom:8px}
.two{display:grid;grid-template-columns:1fr 1fr;gap:20px}
@media(max-width:760px){.two{grid-template-columns:1fr}}
footer{margin-top:60px;color:var(--soft);font-size:13px}
"""


@frozen(kw_only=True)
class Section:
    """A part of a page: a heading, a sentence that says what one sees, and the pieces."""

    title: str
    lead: str = ""
    parts: Sequence[Html | Svg] = ()


def _piece(part: Html | Svg) -> etree._Element:
    if isinstance(part, Svg):
        return H.div({"class": "figure"}, html.fragment_fromstring(part.text))
    return html.fragment_fromstring(part.text, create_parent="div")


def page(
    title: str, sections: Iterable[Section], *, lead: str = "", head: Sequence[Html] = ()
) -> Html:
    """Return a whole page, self-contained: no script, no font and no picture from elsewhere.

    Args:
        title: of the page.
        sections: its parts.
        lead: a sentence below the title.
        head: what stands between that and the first part.
    """
    main = H.main(H.h1(title))
    if lead:
        main.append(H.p({"class": "lead"}, lead))
    main.extend(_piece(part) for part in head)
    for section in sections:
        main.append(H.h2(section.title))
        if section.lead:
            main.append(H.p({"class": "lead"}, section.lead))
        main.extend(_piece(part) for part in section.parts)
    document = H.html(
        {"lang": "en"},
        H.head(
            H.meta({"charset": "utf-8"}),
            H.meta({"name": "viewport", "content": "width=device-width, initial-scale=1"}),
            H.title(title),
            H.style(PALETTE + _STYLE),
        ),
        H.body({"class": "hakvm"}, main),
    )
    return Html("<!DOCTYPE html>\n" + render_html(document) + "\n")
