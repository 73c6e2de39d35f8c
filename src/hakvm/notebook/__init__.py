"""What a person looks at: drawings and pages of a cluster, its findings and its failover.

Everything here is text that needs nothing but itself. In Jupyter an `Svg` or
`Html` shows itself; elsewhere its `text` goes into a file.
"""

from hakvm.notebook._findings import findings, tallies
from hakvm.notebook._markup import Html, Svg
from hakvm.notebook._page import Section, page
from hakvm.notebook._pieces import chips, files, heading, table, tag
from hakvm.notebook._timeline import timeline
from hakvm.notebook._topology import topology

__all__ = [
    "Html",
    "Section",
    "Svg",
    "chips",
    "files",
    "findings",
    "heading",
    "page",
    "table",
    "tag",
    "tallies",
    "timeline",
    "topology",
]
