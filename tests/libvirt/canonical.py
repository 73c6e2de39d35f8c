"""Equality of XML documents: canonical XML, blank text stripped, the children's order kept."""

import io

from lxml import etree

_PARSER = etree.XMLParser(remove_blank_text=True)


def canonical(text: str | bytes) -> bytes:
    root = etree.fromstring(text.encode() if isinstance(text, str) else text, _PARSER)
    for node in root.iter():
        if isinstance(node.tag, str) and node.text is not None and not node.text.strip():
            node.text = None
        if node.tail is not None and not node.tail.strip():
            node.tail = None
    out = io.BytesIO()
    root.getroottree().write_c14n(out)
    return out.getvalue()
