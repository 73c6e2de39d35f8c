"""From lxml's elements to objects."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Never
from xml.sax.saxutils import escape

from lxml.etree import _Element as XmlElement

from hakvm.errors import HakvmError, InvalidError
from hakvm.xmlmodel._codecs import Codec
from hakvm.xmlmodel._extra import NOTHING, Extra
from hakvm.xmlmodel._form import EXTRA, Form, Lexical, Shape
from hakvm.xmlmodel._raw import Namespaces, raw

if TYPE_CHECKING:
    from hakvm.xmlmodel._plan import AttributeField, Handler, Kid, Plan

__all__ = ["Reader", "reader", "refuse"]

Reader = Callable[[XmlElement, Namespaces | None], Any]

_SHOWN = 60  # characters of an offending value in an error


def refuse(
    el: XmlElement, message: str, *, key: str = "", value: object = None, hint: str = ""
) -> Never:
    """Raise the InvalidError for a place in a document: its XPath and line."""
    path = el.getroottree().getpath(el)
    path = f"{path}/@{key}" if key else path
    raise InvalidError(message, path=path, value=value, line=el.sourceline, hint=hint)


def _decode(el: XmlElement, codec: Codec[Any], text: str, key: str = "") -> tuple[Any, bool]:
    """Return the value of a text, and whether it is written as we would."""
    try:
        return codec.read(text)
    except HakvmError as error:
        refuse(el, error.message, key=key, value=text, hint=error.hint)
    except (ValueError, KeyError):
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        refuse(el, f"{shown!r} is not {codec.expects}", key=key, value=text)


def _inner(el: XmlElement) -> tuple[str, str]:
    """Return the text of an element that holds more than text: alone, and as it is written."""
    alone = [el.text or ""]
    written = [escape(el.text or "")]
    for child in el:
        alone.append(child.tail or "")
        written += raw(child, None), escape(child.tail or "")
    return "".join(alone), "".join(written)


def _check(plan: "Plan", el: XmlElement, shape: Shape, kids: Iterable[int]) -> None:
    """Refuse an element that lacks what its class demands."""
    for key, field in plan.attributes.items():
        if field.required and key not in shape.keys:
            refuse(el, f"the attribute {key} is missing", key=key)
    present = set(kids)
    for kid in plan.kids:
        if kid.required and kid.index not in present:
            names = " or ".join(sorted({f"<{tag}>" for tag in kid.tags}))
            refuse(el, f"the element {names} is missing")


def _attributes(
    obj: object, el: XmlElement, shape: Shape, keys: tuple[str, ...]
) -> tuple[Lexical | None, tuple[tuple[str, str], ...]]:
    """Read attributes that are not all plain texts of the class."""
    lexical: Lexical | None = None
    values = el.values()
    for i, setter, codec, name in shape.reads:
        text = values[i]
        if codec is None:
            setter(obj, text)
            continue
        found = codec.seen.get(text)
        value, own = _decode(el, codec, text, keys[i]) if found is None else found
        setter(obj, value)
        if not own:
            lexical = lexical or {}
            lexical[name] = (value, text)
    return lexical, tuple((keys[i], values[i]) for i in shape.unknown)


def _scalar_child(
    kid: "Kid", child: XmlElement, ns: Namespaces | None
) -> tuple[object, str | None]:
    """Read a leaf or a flag: the value, and its XML where ours would be another."""
    has_more = bool(child.keys()) or len(child) > 0
    if kid.is_flag:
        return True, raw(child, ns) if has_more or child.text else None
    text = _inner(child)[0] if len(child) else child.text or ""
    value, own = (text, True) if kid.codec is None else _decode(child, kid.codec, text)
    return value, None if own and not has_more else raw(child, ns)


def _choose(handler: "Handler", el: XmlElement, child: XmlElement) -> "Plan | None":
    """Return the plan that an attribute chooses for a child; None for an unknown word."""
    by = handler.kid.by
    if by is None:
        return None
    return handler.variants.get((el if by.parent else child).get(by.attribute))


def _declared(el: XmlElement, ns: Namespaces) -> tuple[Namespaces, tuple[tuple[str, str], ...]]:
    """Return what is in scope in the element, and what it declares itself."""
    own = dict(el.nsmap)
    return own, tuple((p or "", uri) for p, uri in own.items() if ns.get(p) != uri)


_BARE: tuple[tuple[int, ...], tuple[int, ...] | None, tuple[str, ...]] = ((), None, ())


def reader(plan: "Plan") -> Reader:
    """Make the function that reads an element of that plan's class."""
    contents = _tree_contents(plan) if plan.text is None else _text_contents(plan.text)
    may_be_bare = plan.text is None
    cls = plan.cls
    new = cls.__new__
    shapes_get = plan.shapes.get
    set_extra = cls.extra.__set__
    set_form = cls._form.__set__

    def read(el: XmlElement, ns: Namespaces | None) -> object:
        obj = new(cls)
        keys = tuple(el.keys())
        shape = shapes_get(keys) or plan.shape(keys)
        lexical: Lexical | None = None
        unknown: tuple[tuple[str, str], ...] = ()
        if shape.set_all is None:
            lexical, unknown = _attributes(obj, el, shape, keys)
        elif keys:
            shape.set_all(obj, el.values())
        declared: tuple[tuple[str, str], ...] = ()
        if ns is not None:
            ns, declared = _declared(el, ns)
        children = el[:]  # faster than an iterator
        if may_be_bare and not children and el.text is None:
            run, order, rest = _BARE
        else:
            run, order, lexical, rest = contents(obj, el, children, ns, lexical)
        form = shape.forms.get(run)
        if form is None:  # a form that is remembered has been checked
            _check(plan, el, shape, run)
            form = shape.form(run)
        if order is not None or lexical is not None:
            form = Form(shape, run, order, lexical)
        set_form(obj, form)
        if rest or unknown or declared:
            set_extra(obj, Extra.made(unknown, rest, declared))
        else:
            set_extra(obj, NOTHING)
        return obj

    return read


_Contents = Callable[
    [object, XmlElement, list[XmlElement], Namespaces | None, Lexical | None],
    tuple[tuple[int, ...], tuple[int, ...] | None, Lexical | None, tuple[str, ...]],
]
"""Reads what stands in an element: the children's runs, their order, texts, what is unknown."""


def _text_contents(field: "AttributeField") -> _Contents:
    codec = field.codec

    def read(
        obj: object,
        el: XmlElement,
        children: list[XmlElement],
        _ns: Namespaces | None,
        lexical: Lexical | None,
    ) -> tuple[tuple[int, ...], None, Lexical | None, tuple[str, ...]]:
        written = None
        text = el.text
        if children:
            text, written = _inner(el)
        if not text and not field.required:
            value = field.default
        else:
            value = text or ""
            if codec is not None:
                value, own = _decode(el, codec, text or "")
                if written is None and not own:
                    written = escape(text or "")
            field.set(obj, value)
        if written is not None:
            lexical = _remember(lexical, field.name, value, written)
        return (), None, lexical, ()

    return read


def _remember(lexical: Lexical | None, name: str, value: object, written: str) -> Lexical:
    """Remember how a value was written, where we would write it in another way."""
    return {**(lexical or {}), name: (value, written)}


def _tree_contents(plan: "Plan") -> _Contents:  # noqa: C901, PLR0915 - the hot path: few calls
    handler_of = {tag: (h, h.plan, h.index, h.many) for tag, h in plan.handlers.items()}.get

    def read(  # noqa: C901, PLR0912, PLR0915 - as above
        obj: object,
        el: XmlElement,
        children: list[XmlElement],
        ns: Namespaces | None,
        lexical: Lexical | None,
    ) -> tuple[tuple[int, ...], tuple[int, ...] | None, Lexical | None, tuple[str, ...]]:
        order: list[int] = []
        runs: list[int] = []
        rest: list[str] = []
        buckets: dict[int, tuple[list[Any], dict[int, str]]] = {}
        text = el.text
        if text is not None and text.strip():
            rest.append(escape(text))
            order.append(EXTRA)
            runs.append(EXTRA)
        elif text is not None and not children:
            # No value of its own; but canonical XML tells `<a> </a>` from `<a/>`.
            lexical = {**(lexical or {}), "extra": (NOTHING, escape(text))}
        last = runs[-1] if runs else -2
        for child in children:
            found = handler_of(child.tag)  # type: ignore[arg-type]  # a comment's tag is no text
            if found is None:
                index = EXTRA
            else:
                handler, child_plan, index, many = found
                written = None
                if child_plan is None and handler.variants:
                    child_plan = _choose(handler, el, child)
                if child_plan is not None:
                    value = child_plan.read(child, ns)
                elif handler.variants:
                    index = EXTRA
                else:
                    value, written = _scalar_child(handler.kid, child, ns)
            if index == EXTRA:
                rest.append(raw(child, ns))
            elif many:
                if index != last:
                    bucket = buckets.setdefault(index, ([], {}))
                if written is not None:
                    bucket[1][len(bucket[0])] = written
                bucket[0].append(value)
            else:
                if index in runs:
                    refuse(child, f"a second <{child.tag!s}>: only one can stand here")
                handler.kid.set(obj, value)
                if written is not None:
                    lexical = _remember(lexical, handler.kid.name, value, written)
            order.append(index)
            if index != last:
                runs.append(index)
                last = index
            tail = child.tail
            if tail is not None and tail.strip():
                rest.append(escape(tail))
                order.append(EXTRA)
                if last != EXTRA:
                    runs.append(last := EXTRA)
        for index, (values, texts) in buckets.items():
            kid = plan.kids[index]
            kid.set(obj, tuple(values))
            if texts:
                lexical = {**(lexical or {}), kid.name: (tuple(values), texts)}
        run = tuple(runs)
        whole = len(run) < 2 or len(set(run)) == len(run)  # noqa: PLR2004 - one run is in order
        return run, None if whole else tuple(order), lexical, tuple(rest)

    return read
