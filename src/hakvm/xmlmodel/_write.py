# ruff: noqa: SLF001 - an element's form is the binding's own
"""From objects to XML text: one element a line, indented by two spaces, as libvirt does.

ocf:heartbeat:VirtualDomain greps `<name>…</name>` at the end of a line, so the
line breaks are more than looks.
"""

import re
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hakvm.xmlmodel._form import EXTRA, Form, Lexical, Modelled

if TYPE_CHECKING:
    from hakvm.xmlmodel._plan import AttributeField, Kid, Plan

__all__ = ["Scope", "Writer", "writer"]

Scope = dict[str, str]
"""Prefix → URI; None in its stead says that nothing around declares a namespace."""
Writer = Callable[[Any, list[str], str, Scope | None], None]

_XML = "http://www.w3.org/XML/1998/namespace"
_special = re.compile(r'[&<>"\n\t\r]').search
_ATTRIBUTE = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "\n": "&#10;",
        "\t": "&#9;",
        "\r": "&#13;",
    }
)
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# A line break that is content: beside text, in a comment, or all that an element holds.
_CONTENT_BREAK = re.compile(r"[^>]\n|\n(?! *<)|<[!?]|<[^/<>][^<>]*(?<!/)>\n *</")


def _values(obj: object, form: Form) -> tuple[str, ...]:
    """Return the texts of the known attributes, escaped, in the shape's order."""
    shape = form.shape
    values = shape.fetch(obj)
    lexical = form.lexical
    if shape.formats or lexical is not None:
        texts = list(values)
        for i, fmt in shape.formats:
            texts[i] = fmt(texts[i])
        if lexical is not None:
            for i, name in enumerate(shape.names):
                if name in lexical:
                    texts[i] = lexical[name][1]
        values = tuple(texts)
    if _special("".join(values)):
        return tuple(value.translate(_ATTRIBUTE) for value in values)
    return values


def _prefix(uri: str, scope: Scope, wanted: str, news: Scope, *, default: bool) -> str:
    """Return the prefix for a namespace, declaring one where there is none."""
    if uri == _XML:
        return "xml"
    for prefix, found in (*news.items(), (wanted, scope.get(wanted)), *scope.items()):
        if found == uri and (prefix or default):
            return prefix
    prefix, n = wanted, 0
    while not prefix or prefix in scope:
        prefix, n = f"ns{n}", n + 1
    scope[prefix] = news[prefix] = uri
    return prefix


def _start(plan: "Plan", obj: Modelled, scope: Scope | None) -> tuple[str, str, Scope | None]:
    """Return the name, the start tag's inside and the scope of an element with namespaces."""
    extra, form = obj.extra, obj._form
    scope = dict(scope or {})
    news = dict(extra.namespaces)
    scope.update(news)
    name = plan.local
    if plan.namespace:
        prefix = _prefix(plan.namespace, scope, plan.prefix, news, default=True)
        name = f"{prefix}:{name}" if prefix else name
    elif scope.get(""):
        scope[""] = news[""] = ""
    known = iter(_values(obj, form))
    unknown = dict(extra.attributes)
    attributes = []
    for key in form.shape.keys:
        if key in plan.attributes:
            value = next(known)
        elif key == plan.constant:
            value = plan.when[0]
        else:
            value = unknown[key].translate(_ATTRIBUTE)
        local = key
        if key.startswith("{"):
            uri, _, local = key[1:].partition("}")
            local = f"{_prefix(uri, scope, '', news, default=False)}:{local}"
        attributes.append(f' {local}="{value}"')
    declared = [
        f' xmlns{":" if prefix else ""}{prefix}="{uri.translate(_ATTRIBUTE)}"'
        for prefix, uri in news.items()
    ]
    return name, "".join([name, *declared, *attributes]), scope or None


def raw_lines(text: str, ind: str, scope: Scope | None) -> str:
    """Return a raw child at its depth, without the declarations that are in scope already."""
    if scope and " xmlns" in text:
        head, mark, rest = text.partition(">")
        for prefix, uri in scope.items():
            name = f"xmlns:{prefix}" if prefix else "xmlns"
            head = head.replace(f' {name}="{uri.translate(_ATTRIBUTE)}"', "", 1)
        text = head + mark + rest
    if "\n" in text and not _CONTENT_BREAK.search(text):
        text = text.replace("\n", f"\n{ind}")
    return f"{ind}{text}\n"


class _Kid:
    """Writes the values of one field that is children."""

    __slots__ = ("codec", "get", "is_flag", "many", "name", "put", "tag")

    def __init__(self, kid: "Kid") -> None:
        self.name = kid.name
        self.tag = kid.tag
        self.codec = kid.codec
        self.many = kid.many
        self.is_flag = kid.is_flag
        self.get = attrgetter(kid.name)
        self.put = _element if kid.classes else self._scalar

    def _scalar(
        self,
        value: Any,  # noqa: ANN401 - any scalar
        i: int,
        out: list[str],
        ind: str,
        scope: Scope | None,
        lexical: Lexical | None,
    ) -> None:
        if lexical is not None and self.name in lexical:
            written = lexical[self.name][1]
            written = written.get(i) if self.many else written
            if written is not None:
                out.append(raw_lines(written, ind, scope))
                return
        start = f'{self.tag} xmlns=""' if scope and scope.get("") else self.tag
        if self.is_flag:
            out.append(f"{ind}<{start}/>\n")
            return
        text = value if self.codec is None else self.codec.format(value)
        out.append(f"{ind}<{start}>{text.translate(_TEXT)}</{self.tag}>\n")


def _element(
    value: Modelled,
    _i: int,
    out: list[str],
    ind: str,
    scope: Scope | None,
    _lexical: Lexical | None,
) -> None:
    value.__xml_plan__.write(value, out, ind, scope)


def _one_by_one(
    kids: list[_Kid], obj: Modelled, out: list[str], ind: str, scope: Scope | None
) -> None:
    """Write children whose fields are interleaved."""
    form = obj._form
    places: dict[int, int] = {}
    for index in form.order or ():
        i = places[index] = places.get(index, -1) + 1
        if index == EXTRA:
            out.append(raw_lines(obj.extra.children[i], ind, scope))
        else:
            kid = kids[index]
            value = kid.get(obj)[i] if kid.many else kid.get(obj)
            kid.put(value, i, out, ind, scope, form.lexical)


def _run_by_run(
    kids: list[_Kid], obj: Modelled, out: list[str], ind: str, scope: Scope | None
) -> None:
    """Write children that stand together by field."""
    form = obj._form
    lexical = form.lexical
    for index in form.kids:
        if index == EXTRA:
            out.extend([raw_lines(child, ind, scope) for child in obj.extra.children])
            continue
        kid = kids[index]
        if not kid.many:
            kid.put(kid.get(obj), 0, out, ind, scope, lexical)
        elif lexical is None and kid.put is _element:
            for value in kid.get(obj):
                value.__xml_plan__.write(value, out, ind, scope)
        else:
            for i, value in enumerate(kid.get(obj)):
                kid.put(value, i, out, ind, scope, lexical)


def _content(field: "AttributeField | None", obj: Modelled) -> str:
    """Return an element's own text, as it stands between its tags."""
    lexical = obj._form.lexical
    if field is None:  # white space where children might have stood
        return "" if lexical is None or "extra" not in lexical else str(lexical["extra"][1])
    if lexical is not None and field.name in lexical:
        return str(lexical[field.name][1])
    value = getattr(obj, field.name)
    if value is None:
        return ""
    text = value if field.codec is None else field.codec.format(value)
    return str(text.translate(_TEXT))


def writer(plan: "Plan") -> Writer:
    """Make the function that writes an object of that plan's class."""
    kids = [_Kid(kid) for kid in plan.kids]
    text = plan.text
    local = plan.local

    def write(obj: Modelled, out: list[str], ind: str, scope: Scope | None) -> None:
        form = obj._form
        extra = obj.extra
        template = form.shape.template
        if scope is not None or template is None or extra.namespaces:
            name, head, scope = _start(plan, obj, scope)
        else:
            name = local
            head = template % _values(obj, form)
        if not form.kids:
            content = _content(text, obj)
            out.append(f"{ind}<{head}>{content}</{name}>\n" if content else f"{ind}<{head}/>\n")
            return
        children = _run_by_run if form.order is None else _one_by_one
        if extra.children and any(child[:1] != "<" for child in extra.children):
            inside: list[str] = []  # text among the elements: no white space may be added
            children(kids, obj, inside, "", scope)
            out.append(f"{ind}<{head}>{''.join(line[:-1] for line in inside)}</{name}>\n")
            return
        out.append(f"{ind}<{head}>\n")
        children(kids, obj, out, ind + "  ", scope)
        out.append(f"{ind}</{name}>\n")

    return write
