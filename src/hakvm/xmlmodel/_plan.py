"""What the annotations of a class say, compiled once, when the class is first used.

A `Plan` knows the attributes, the children and the text of one class of
elements. `read` and `write` are made of it by `_read` and `_write`, `settle`
(what a constructor checks) by `_settle`; until the first use they are the
function that makes them, so a wide model costs nothing before it is needed.
"""

import operator
import threading
import typing
from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union

import attrs

from hakvm.xmlmodel import _codecs, _read, _settle, _write
from hakvm.xmlmodel._form import LIMIT, Shape
from hakvm.xmlmodel._marks import Attr, By, Flag, Leaf, Text, check_name

__all__ = ["AttributeField", "Handler", "Kid", "Plan"]

_LOCK = threading.RLock()
_OWN = frozenset({"extra", "_form", "declaration"})  # the binding's own fields


@attrs.define(eq=False)
class AttributeField:
    """A field that is an attribute, or the element's text."""

    name: str
    key: str
    codec: _codecs.Codec[Any] | None
    set: Callable[[Any, Any], None]
    default: object
    is_text: bool = False

    @property
    def required(self) -> bool:
        """Whether there is no element of the class without it."""
        return self.default is attrs.NOTHING


@attrs.define(eq=False)
class Kid:
    """A field that is one child or, if `many`, a tuple of children."""

    index: int
    name: str
    many: bool
    set: Callable[[Any, Any], None]
    default: object
    codec: _codecs.Codec[Any] | None = None
    by: By | None = None
    classes: tuple[Any, ...] = ()
    tag: str = ""
    is_flag: bool = False

    @property
    def required(self) -> bool:
        """Whether there is no element of the class without it."""
        return self.default is attrs.NOTHING

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that can stand for the field."""
        return (self.tag,) if self.tag else tuple(cls.__xml_plan__.tag for cls in self.classes)


@attrs.define(eq=False)
class Handler:
    """What a child's tag leads to: the field, and the plan that reads the child.

    Attributes:
        kid: the field.
        plan: the one class for that tag; `None` where an attribute chooses, or for a scalar.
        variants: what the attribute says → the plan.
    """

    kid: Kid
    index: int
    many: bool
    plan: "Plan | None" = None
    variants: "dict[str | None, Plan]" = attrs.field(factory=dict)


class Plan:
    """How one class of elements is read, checked and written."""

    def __init__(
        self,
        cls: Any,  # noqa: ANN401 - any class of elements
        tag: str,
        *,
        when: tuple[str, ...] = (),
        prefix: str = "",
        names: Callable[[str], str],
    ) -> None:
        self.cls = cls
        self.tag = check_name(tag)
        self.namespace, _, self.local = tag.rpartition("}")
        self.namespace = self.namespace.removeprefix("{")
        self.prefix = prefix
        self.when = when
        self.naming = names
        self.constant: str | None = None
        self.attributes: dict[str, AttributeField] = {}
        self.kids: list[Kid] = []
        self.handlers: dict[str, Handler] = {}
        self.text: AttributeField | None = None
        self.shapes: dict[tuple[str, ...], Shape] = {}
        self.compiled = False
        self.read: _read.Reader = lambda el, ns: self.ready().read(el, ns)
        self.write: _write.Writer = lambda obj, out, ind, scope: self.ready().write(
            obj, out, ind, scope
        )
        self.settle: _settle.Settler = lambda obj: self.ready().settle(obj)

    def ready(self) -> "Plan":
        """Compile the plan unless that is done, and return it."""
        with _LOCK:
            if not self.compiled:
                self._compile()
                self.compiled = True
        return self

    def shape(self, keys: tuple[str, ...]) -> Shape:
        """Return the shape of an element with these attributes in this order."""
        found = self.shapes.get(keys)
        if found is None:
            found = Shape(self, keys)
            if len(self.shapes) < LIMIT:
                self.shapes[keys] = found
        return found

    def fetcher(self, names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
        """Return a function that gets the values of these fields."""
        if not names:
            return lambda _obj: ()
        get = operator.attrgetter(*names)
        return get if len(names) > 1 else lambda obj: (get(obj),)

    # -- compilation ---------------------------------------------------------

    def _compile(self) -> None:
        hints = typing.get_type_hints(self.cls, include_extras=True)
        for attribute in attrs.fields(self.cls):
            if attribute.name not in _OWN:
                self._add(attribute, hints[attribute.name])
        if self.text is not None and self.kids:
            raise TypeError(f"{self.cls.__name__}: an element with Text() has no typed children")
        self.read = _read.reader(self)
        self.write = _write.writer(self)
        self.settle = _settle.settler(self)

    def _add(self, attribute: "attrs.Attribute[Any]", hint: object) -> None:
        name = attribute.name
        many, members, marks = _take_apart(hint)
        mark = next((m for m in marks if isinstance(m, (Attr, By, Flag, Leaf, Text))), Attr())
        setter = getattr(self.cls, name).__set__
        if isinstance(attribute.default, attrs.Factory):  # type: ignore[arg-type]
            raise TypeError(f"{self.cls.__name__}.{name}: a default must be a value, no factory")
        classes = tuple(m for m in members if hasattr(m, "__xml_plan__"))
        if classes:
            if len(classes) != len(members) or isinstance(mark, (Leaf, Text, Flag)):
                raise TypeError(f"{self.cls.__name__}.{name}: {hint!r} mixes elements and scalars")
            by = mark if isinstance(mark, By) else None
            kid = Kid(len(self.kids), name, many, setter, attribute.default, by=by, classes=classes)
            self._add_elements(kid)
            return
        codec = _scalar(members, marks)
        tag = self._xml_name(name, mark)
        if isinstance(mark, (Leaf, Flag)):
            kid = Kid(len(self.kids), name, many, setter, attribute.default, codec=codec, tag=tag)
            kid.is_flag = isinstance(mark, Flag)
            self.kids.append(kid)
            self._handle(tag, Handler(kid, kid.index, many))
            return
        if many:
            raise TypeError(f"{self.cls.__name__}.{name}: a tuple of scalars needs Leaf()")
        is_text = codec is None or codec.textual
        found = AttributeField(name, tag, codec, setter, attribute.default, is_text)
        if isinstance(mark, Text):
            self.text = found
        elif self.attributes.setdefault(tag, found) is not found:
            raise TypeError(f"{self.cls.__name__}.{name}: the attribute {tag} has a field")

    def _xml_name(self, name: str, mark: object) -> str:
        given = getattr(mark, "name", None)
        return check_name(given or self.naming(name))

    def _add_elements(self, kid: Kid) -> None:
        self.kids.append(kid)
        for cls in kid.classes:
            plan: Plan = cls.__xml_plan__
            if plan.cls is not cls:
                raise TypeError(f"{cls.__name__} has no @element of its own")
            if kid.by is None:
                self._handle(plan.tag, Handler(kid, kid.index, kid.many, plan=plan))
                continue
            handler = self.handlers.get(plan.tag)
            if handler is None:
                handler = self.handlers[plan.tag] = Handler(kid, kid.index, kid.many)
            elif handler.kid is not kid:
                raise TypeError(f"{self.cls.__name__}.{kid.name}: <{plan.tag}> has a field")
            if not plan.when:
                raise TypeError(f"{cls.__name__}: @element(…, when=…) is missing")
            if not kid.by.parent:
                plan.discriminate(kid.by.attribute)
            handler.variants.update((word or None, plan) for word in plan.when)
            if (kid.by.default or self._default_of(kid.by)) in plan.when:
                handler.variants[None] = plan

    def _default_of(self, by: By) -> str | None:
        """Return the word that holds where the parent lacks the attribute."""
        found = self.attributes.get(by.attribute) if by.parent else None
        return found.default if found and isinstance(found.default, str) else None

    def discriminate(self, attribute: str) -> None:
        """Let that attribute always say `when`, unless the class has a field for it."""
        names = {self.naming(f.name) for f in attrs.fields(self.cls) if f.name not in _OWN}
        if len(self.when) == 1 and self.when[0] and attribute not in names:
            self.constant = attribute

    def _handle(self, tag: str, handler: Handler) -> None:
        if self.handlers.setdefault(tag, handler) is not handler:
            raise TypeError(f"{self.cls.__name__}.{handler.kid.name}: <{tag}> has a field")


def _take_apart(hint: object) -> tuple[bool, list[Any], list[object]]:
    """Return whether it is a tuple, the union's members, and all marks of an annotation."""
    marks: list[object] = []
    many = False
    members: list[Any] = []

    def walk(found: object) -> None:
        nonlocal many
        origin = typing.get_origin(found)
        if origin is Annotated:
            marks.extend(found.__metadata__)  # type: ignore[attr-defined]
            walk(found.__origin__)  # type: ignore[attr-defined]
        elif origin is Union or origin is UnionType:
            for member in typing.get_args(found):
                walk(member)
        elif origin is tuple:
            many = True
            walk(typing.get_args(found)[0])
        elif found is not NoneType:
            members.append(found)

    walk(hint)
    return many, members, marks


def _scalar(members: list[Any], marks: list[object]) -> _codecs.Codec[Any] | None:
    own = next((mark for mark in marks if isinstance(mark, _codecs.Codec)), None)
    kinds = [member for member in members if member is not str]
    is_open = bool(kinds) and len(kinds) < len(members)
    if own is not None:
        return _codecs.codec_for(own, is_open=is_open)
    if len(kinds) > 1:
        raise TypeError(f"{members!r}: one scalar type, and str where it is open")
    kind = kinds[0] if kinds else str
    if typing.get_origin(kind) is Literal:
        table: Mapping[str, str] = {word: word for word in typing.get_args(kind)}
        return _codecs.codec_for(_codecs.words(table), is_open=is_open)
    if kind is bool and any(isinstance(mark, Flag) for mark in marks):
        return None
    return _codecs.codec_for(kind, is_open=is_open)
