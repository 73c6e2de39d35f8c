"""What a configuration means, without what does not matter: ids of parts, order of attributes."""

import re

from lxml import etree

_NAMED = {
    *("primitive", "template", "group", "clone", "master", "bundle", "rsc_location"),
    *("rsc_colocation", "rsc_order", "rsc_ticket", "tag", "alert", "acl_role", "acl_target"),
    *("acl_group", "node", "resource_ref", "obj_ref", "role", "recipient", "cluster_property_set"),
}
_SCORES = {"inf": "INFINITY", "+INFINITY": "INFINITY", "+inf": "INFINITY"}
_DEFAULTS = {
    ("rule", "boolean-op", "and"),
    ("resource_set", "sequential", "true"),
    ("resource_set", "require-all", "true"),
    ("node", "type", "member"),
    ("node", "type", "normal"),
    ("expression", "value-source", "literal"),
}
_REFERRED = re.compile(r"\bid-ref=")


def canonical(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    root = etree.fromstring(data, etree.XMLParser(remove_blank_text=True))
    return etree.tostring(root.getroottree(), method="c14n")


def _tree(el, referred):
    attributes = {}
    for key, text in el.attrib.items():
        name, value = key, text
        if name == "id" and el.tag not in _NAMED and value not in referred:
            continue
        if (el.tag, name, value) in _DEFAULTS:
            continue
        if name == "score" and el.tag == "rsc_order":
            name, value = "kind", "Optional" if value == "0" else "Mandatory"
        attributes[name] = _SCORES.get(value, value) if name == "score" else value
    children = [_tree(child, referred) for child in el if isinstance(child.tag, str)]
    # What stands beside one another in any order (interleave in the schema) is sorted by kind.
    children = [one for one in children if one != ("operations", (), ())]
    if el.tag in {"crm_config", "nodes"}:
        children.sort(key=repr)
    elif el.tag not in {"resources", "constraints"}:
        children.sort(key=lambda one: one[0])
    return (el.tag, tuple(sorted(attributes.items())), tuple(children))


def configuration(cib, *, ordered=True):
    """Return the meaning of a CIB's configuration, to be compared; resources in their order."""
    root = etree.fromstring(cib.render().encode() if hasattr(cib, "render") else cib)
    config = root.find("configuration")
    referred = {el.get("id-ref") for el in config.iter() if el.get("id-ref")}
    sections = {}
    for section in config:
        if not isinstance(section.tag, str):
            continue
        found = _tree(section, referred)
        if not ordered:
            found = (*found[:2], tuple(sorted(found[2], key=repr)))
        if found[2]:
            sections[section.tag] = found
    return sections
