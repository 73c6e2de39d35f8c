"""The base classes of everything that is an XML element or document."""

import operator
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import attrs
from attrs import field, frozen

from hakvm.errors import InvalidError
from hakvm.findings import Finding
from hakvm.xmlmodel import _source
from hakvm.xmlmodel._extra import NOTHING, Extra
from hakvm.xmlmodel._form import Form
from hakvm.xmlmodel._plan import Plan

__all__ = ["Document", "Element", "element"]

E = TypeVar("E", bound="Element")


def _attribute_name(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def element(
    tag: str,
    *,
    when: str | tuple[str, ...] = (),
    prefix: str = "",
    names: Callable[[str], str] = _attribute_name,
) -> Callable[[type[E]], type[E]]:
    """Make a frozen attrs class, whose base is `Element`, stand for the elements of that tag.

    Args:
        tag: the element's name; `{uri}name` in a namespace.
        when: where several classes stand for one tag (`By`), the words that mean this one;
            an empty one stands for the attribute's absence.
        prefix: the prefix to declare for the tag's namespace where none is in scope.
        names: makes an XML name of a field's name where no mark gives one; as it is made
            unless told, `id_ref` becomes `id-ref` and `class_` becomes `class`.
    """

    def mark(cls: type[E]) -> type[E]:
        words = (when,) if isinstance(when, str) else when
        cls.__xml_plan__ = Plan(cls, tag, when=words, prefix=prefix, names=names)
        cls.__xml_defaults__ = {
            f.name: f.default for f in attrs.fields(cls) if f.default is not attrs.NOTHING
        }
        cls.__xml_values__ = operator.attrgetter(*(f.name for f in attrs.fields(cls) if f.eq))
        return cls

    return mark


@frozen(kw_only=True)
class Element:
    """An XML element as a value; the annotations of its fields say where each stands.

    Fields that the document does not have answer with the class's default. Change one
    with `attrs.evolve`: writing it changes that and nothing else.

    Attributes:
        extra: what the document has and the class does not know; it is written back.
    """

    __xml_plan__: ClassVar[Any]
    __xml_defaults__: ClassVar[dict[str, Any]] = {}
    __xml_values__: ClassVar[Callable[[Any], Any]]

    extra: Extra = NOTHING
    _form: Form | None = field(default=None, eq=False, repr=False, alias="_form")

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        # What stands in a class itself attrs does not generate: a model has hundreds of
        # classes, and most of the time of its import went into compiling these.
        for name in ("__eq__", "__hash__", "__repr__"):
            if "Element" in globals() and name not in vars(cls):
                setattr(cls, name, vars(Element)[name])

    def __attrs_post_init__(self) -> None:
        self.__xml_plan__.settle(self)

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        values = self.__class__.__xml_values__
        return bool(values(self) == values(other))

    def __hash__(self) -> int:
        return hash((self.__class__, self.__class__.__xml_values__(self)))

    if not TYPE_CHECKING:  # else every misspelt name would pass the type checker

        def __getattr__(self, name: str) -> object:
            # A slot that the document had nothing for is unset: that is cheap for wide classes.
            try:
                return type(self).__xml_defaults__[name]
            except KeyError:
                raise AttributeError(f"{type(self).__name__} has no {name}") from None

    @classmethod
    def parse(cls, text: str | bytes, *, source: str = "<string>") -> Self:
        """Read an element from XML.

        Raises:
            ParseError: no well-formed XML; or it declares entities.
            InvalidError: another root, or a value that cannot stand where it does.
        """
        try:
            with _source.uncollected(len(text)):
                return cls._of(_source.read(text, cls.__xml_plan__.tag, source=source))
        except InvalidError as error:
            error.source = source
            raise

    @classmethod
    def _of(cls, found: _source.Source) -> Self:
        made: Self = cls.__xml_plan__.read(found.root, found.scope)
        return made

    def render(self) -> str:
        """Write the element as XML: one element a line, indented by two spaces."""
        out: list[str] = []
        self.__xml_plan__.write(self, out, "", None)
        return "".join(out)

    def __repr__(self) -> str:
        shown = []
        for f in attrs.fields(type(self)):
            value = getattr(self, f.name)
            if f.repr and value != f.default:
                shown.append(f"{f.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


@frozen(kw_only=True)
class Document(Element):
    """An XML document as a value.

    Attributes:
        declaration: whether it begins with `<?xml …?>`; no part of its value.
    """

    declaration: bool = field(default=False, eq=False, repr=False)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file.

        Raises:
            ParseError: it cannot be read, or is no well-formed XML.
            InvalidError: another root, or a value that cannot stand where it does.
        """
        return cls.parse(_source.load(path), source=str(path))

    @classmethod
    def _of(cls, found: _source.Source) -> Self:
        made: Self = cls.__xml_plan__.read(found.root, found.scope)
        before, after = _source.around(found.root)
        put = object.__setattr__
        if before or after:
            put(made, "extra", attrs.evolve(made.extra, before=before, after=after))
        if found.declared:
            put(made, "declaration", found.declared)
        return made

    def render(self) -> str:
        """Write the document as XML: one element a line, indented by two spaces."""
        out = ['<?xml version="1.0" encoding="UTF-8"?>\n'] if self.declaration else []
        out += [f"{outside}\n" for outside in self.extra.before]
        self.__xml_plan__.write(self, out, "", None)
        out += [f"{outside}\n" for outside in self.extra.after]
        return "".join(out)

    def check(self) -> tuple[Finding, ...]:
        """Return what the rules of the document find in it, the worst first."""
        return ()
