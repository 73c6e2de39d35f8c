"""HTML and SVG as elements: what is text stays text, whatever it holds."""

from collections.abc import Iterable

from attrs import field, frozen
from lxml import etree
from lxml.builder import ElementMaker

__all__ = ["H", "Html", "S", "Svg", "svg_text"]

_SVG = "http://www.w3.org/2000/svg"

H = ElementMaker()
S = ElementMaker(namespace=_SVG, nsmap={None: _SVG})

# One palette for the drawings and the page; a page in the dark has its own.
PALETTE = """
.hakvm{--ink:#1d2733;--soft:#5b6b7c;--line:#c9d3dd;--paper:#ffffff;--wash:#f4f7fa;
--drbd:#d97706;--guest:#2563eb;--ring:#0d9488;--disk:#64748b;--bad:#dc2626;--warn:#b45309;
--good:#15803d;--drbd-wash:#fef3e2;--guest-wash:#e8effd;--ring-wash:#e0f5f2;--bad-wash:#fdeaea;
--warn-wash:#fdf3e1;--good-wash:#e6f5ea}
@media (prefers-color-scheme:dark){.hakvm{--ink:#e3e9f0;--soft:#94a3b5;--line:#3a4655;
--paper:#161c24;--wash:#1e2630;--drbd:#f2a44b;--guest:#7aa5f8;--ring:#4bc8bb;--disk:#94a3b8;
--bad:#f47171;--warn:#f0b254;--good:#5fc57f;--drbd-wash:#3a2b14;--guest-wash:#1d2b4a;
--ring-wash:#123631;--bad-wash:#43201f;--warn-wash:#3b2c12;--good-wash:#17341f}}
"""

_DRAWING = """
.hakvm text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--ink)}
.hakvm .small{font-size:11px;fill:var(--soft)}.hakvm .big{font-size:16px;font-weight:650}
.hakvm .strong{font-weight:600}.hakvm .mid{text-anchor:middle}.hakvm .end{text-anchor:end}
.hakvm .code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:11.5px}
.hakvm .node{fill:var(--wash);stroke:var(--line)}.hakvm .off{opacity:.38}
.hakvm .box{stroke-width:1.3}.hakvm .drbd{fill:var(--drbd-wash);stroke:var(--drbd)}
.hakvm .guest{fill:var(--guest-wash);stroke:var(--guest)}
.hakvm .ring{fill:var(--ring-wash);stroke:var(--ring)}
.hakvm .plain{fill:var(--paper);stroke:var(--line)}
.hakvm .ghost{fill:none;stroke:var(--line);stroke-dasharray:4 4}
.hakvm .wire{fill:none;stroke:var(--soft);stroke-width:1.6}
.hakvm .wire-drbd{fill:none;stroke:var(--drbd);stroke-width:2.4}
.hakvm .wire-ring{fill:none;stroke:var(--ring);stroke-width:2}
.hakvm .wire-bad{fill:none;stroke:var(--bad);stroke-width:1.6;stroke-dasharray:5 4}
.hakvm .t-bad{fill:var(--bad)}.hakvm .t-drbd{fill:var(--drbd)}.hakvm .t-guest{fill:var(--guest)}
.hakvm .t-ring{fill:var(--ring)}.hakvm .t-good{fill:var(--good)}
.hakvm .f-drbd{fill:var(--drbd)}.hakvm .f-bad{fill:var(--bad)}.hakvm .halo{fill:var(--paper)}
"""


def _length(text: str) -> str:
    """Say how long it is: where nothing can be drawn, nobody wants to read it."""
    return f"<{len(text)} characters>"


@frozen
class Svg:
    """A drawing; a notebook shows it as it is.

    Attributes:
        text: the drawing as an SVG document.
    """

    text: str = field(repr=_length)

    def _repr_svg_(self) -> str:
        return self.text


@frozen
class Html:
    """A piece of a page; a notebook shows it as it is.

    Attributes:
        text: the piece as HTML.
    """

    text: str = field(repr=_length)

    def _repr_html_(self) -> str:
        return self.text


def render_html(element: etree._Element) -> str:
    """Write an element as HTML."""
    return etree.tostring(element, encoding="unicode", method="html")


def drawing(width: float, height: float, title: str, parts: Iterable[etree._Element]) -> Svg:
    """Return a drawing of `parts`, with the style and colours it needs."""
    svg = S.svg(
        {
            "class": "hakvm",
            "viewBox": f"0 0 {width:g} {height:g}",
            "width": f"{width:g}",
            "height": f"{height:g}",
            "role": "img",
            "style": "max-width:100%;height:auto",
        },
        S.title(title),
        S.style(PALETTE + _DRAWING),
        *parts,
    )
    return Svg(etree.tostring(svg, encoding="unicode"))


def svg_text(x: float, y: float, text: str, kind: str = "") -> etree._Element:
    """Return `text` with its baseline at `x`, `y`."""
    return S.text({"x": f"{x:g}", "y": f"{y:g}", "class": kind}, text)


def rect(
    x: float, y: float, width: float, height: float, kind: str, *, radius: float = 8
) -> etree._Element:
    """Return a rectangle with round corners."""
    return S.rect(
        {
            "x": f"{x:g}",
            "y": f"{y:g}",
            "width": f"{width:g}",
            "height": f"{height:g}",
            "rx": f"{radius:g}",
            "class": kind,
        }
    )


def path(shape: str, kind: str) -> etree._Element:
    """Return a line of the given SVG path."""
    return S.path({"d": shape, "class": kind})
