"""How an element was written: what of a document is not its value.

A `Shape` is the attributes that an element carries, in their order; elements of
one class with the same attributes share it. A `Form` adds the order of the
children and the texts that say a value in another way than ours (`0x10`).
Every `Element` has a form that fits its values, so that writing needs no look
at what is absent.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hakvm.xmlmodel._extra import Extra
    from hakvm.xmlmodel._plan import Plan

__all__ = ["EXTRA", "LIMIT", "Form", "Lexical", "Modelled", "Shape"]

Lexical = dict[str, tuple[Any, Any]]
"""Field name → its value, and how that was written."""

EXTRA = -1
"""In the order of children: one that the class does not know."""

LIMIT = 2048  # shapes remembered for a class: a hostile document must not grow them for ever


@lru_cache
def _unrolled(count: int) -> Callable[..., Callable[[Any, Iterable[str]], None]]:
    """Make a maker of functions that set that many slots, without a loop: twice as fast."""
    setters = ", ".join(f"set{i}" for i in range(count))
    values = "".join(f"value{i}, " for i in range(count))
    calls = "; ".join(f"set{i}(obj, value{i})" for i in range(count)) or "pass"
    source = f"""
def make({setters}):
    def set_all(obj, values):
        {values or "_"} = values
        {calls}
    return set_all
"""
    made: dict[str, Any] = {}
    exec(source, made)  # noqa: S102 - of numbers alone
    return made["make"]  # type: ignore[no-any-return]


class Shape:
    """The attributes of an element in their order, and how to get at them.

    Attributes:
        keys: the names, as lxml gives them.
        set_all: sets all the slots, where all attributes are plain texts of the class; else `None`.
        reads: position, setter, codec, field for each attribute of the class.
        unknown: positions of the attributes that the class does not know.
        template: the start tag's inside, with a `%s` for each value; `None` where it varies.
        fetch: gets the values of the known ones, as a tuple.
        formats: position, function for values that are not texts.
        names: the fields' names, in the order of `fetch`.
    """

    __slots__ = (
        "fetch",
        "formats",
        "forms",
        "keys",
        "names",
        "plan",
        "reads",
        "set_all",
        "template",
        "unknown",
    )

    def __init__(self, plan: "Plan", keys: tuple[str, ...]) -> None:
        self.plan = plan
        self.keys = keys
        self.forms: dict[tuple[int, ...], Form] = {}
        known = [(i, plan.attributes[key]) for i, key in enumerate(keys) if key in plan.attributes]
        self.reads = tuple((i, f.set, f.codec, f.name) for i, f in known)
        self.names = tuple(f.name for _, f in known)
        self.unknown = tuple(
            i for i, key in enumerate(keys) if key not in plan.attributes and key != plan.constant
        )
        plain = len(known) == len(keys) and all(f.codec is None for _, f in known)
        self.set_all = _unrolled(len(known))(*(f.set for _, f in known)) if plain else None
        self.formats = tuple(
            (i, f.codec.format)
            for i, (_, f) in enumerate(known)
            if f.codec is not None and not f.is_text
        )
        self.fetch = plan.fetcher(self.names)
        # With unknown attributes or a namespace the start tag is put together anew each
        # time, since the prefixes hang on what stands around the element.
        self.template = (
            None
            if self.unknown or plan.namespace or any(key[0] == "{" for key in keys)
            else plan.local
            + "".join(
                f' {key}="%s"' if key in plan.attributes else f' {key}="{plan.when[0]}"'
                for key in keys
            )
        )

    def form(self, kids: tuple[int, ...]) -> "Form":
        """Return the form of these attributes and of children in these runs."""
        found = self.forms.get(kids)
        if found is None:
            found = Form(self, kids)
            if len(self.forms) < LIMIT:
                self.forms[kids] = found
        return found

    def __reduce__(self) -> tuple[Callable[..., "Shape"], tuple[Any, ...]]:
        return _shape_of, (self.plan.cls, self.keys)


def _shape_of(cls: Any, keys: tuple[str, ...]) -> Shape:  # noqa: ANN401 - any class of elements
    return cls.__xml_plan__.ready().shape(keys)  # type: ignore[no-any-return]


class Form:
    """A shape, the children's order, and the texts that are not ours.

    Attributes:
        kids: the children's fields, run by run; `EXTRA` for what the class does not know.
        order: the field of each single child, where one has several runs; else `None`.
        lexical: the texts that say a value in another way than ours.
    """

    __slots__ = ("kids", "lexical", "order", "shape")

    def __init__(
        self,
        shape: Shape,
        kids: tuple[int, ...] = (),
        order: tuple[int, ...] | None = None,
        lexical: Lexical | None = None,
    ) -> None:
        self.shape = shape
        self.kids = kids
        self.order = order
        self.lexical = lexical

    def __reduce__(self) -> tuple[type["Form"], tuple[Any, ...]]:
        return Form, (self.shape, self.kids, self.order, self.lexical)


class Modelled(Protocol):
    """An element, as the binding sees it."""

    __xml_plan__: "Plan"
    _form: Form
    extra: "Extra"
