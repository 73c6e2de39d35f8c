"""Any element of a model that is bound to XML: what its class can hold, and what it only keeps."""

from typing import Any, TypeVar

from hypothesis import strategies as st

from hakvm.xmlmodel import Element, Extra

__all__ = ["elements", "extras"]

E = TypeVar("E", bound=Element)

_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="￾￿")
    | st.sampled_from("\n\t<>&'\""),
    max_size=12,
)
_NAMES = st.sampled_from(["odd", "newer", "x-y", "{urn:example:other}kept"])


def extras() -> st.SearchStrategy[Extra]:
    """Return what a class does not know: attributes, elements, comments."""
    children = st.sampled_from(
        ["<odd/>", '<odd a="1"><b>text</b></odd>', "<!-- said -->", '<q:x xmlns:q="urn:q"/>']
    )
    return st.builds(
        Extra,
        attributes=st.dictionaries(_NAMES, _TEXT, max_size=2).map(lambda d: tuple(d.items())),
        children=st.lists(children, max_size=2).map(tuple),
    )


@st.composite
def elements(draw: st.DrawFn, kind: type[E], *, depth: int = 3, most: int = 5) -> E:
    """Return any element of that class.

    Args:
        draw: given by hypothesis.
        kind: the class.
        depth: how far elements stand in elements.
        most: how many of the fields that can be left out are given at once.
    """
    made: E = _draw(draw, kind, depth, most, {})
    return made


def _draw(
    draw: st.DrawFn,
    kind: Any,  # noqa: ANN401 - any class
    depth: int,
    most: int,
    given: dict[str, object],
) -> Any:  # noqa: ANN401 - one of that class
    plan = kind.__xml_plan__.ready()
    fields = [*plan.attributes.values(), *([plan.text] if plan.text else []), *plan.kids]
    optional = [field.name for field in fields if not field.required]
    chosen = (
        set(draw(st.lists(st.sampled_from(optional), max_size=most, unique=True)))
        if optional
        else set()
    )
    values = dict(given)
    for field in plan.kids:
        if not field.required and (field.name not in chosen or (field.classes and depth <= 0)):
            continue
        values |= _chosen(draw, plan, field, depth, most, given)
    for field in fields:
        if field in plan.kids or field.name in values:
            continue
        if field.required or field.name in chosen:
            values[field.name] = _scalar(draw, field.codec)
    if draw(st.integers(0, 7)) == 0:
        extra = draw(extras())
        values["extra"] = extra if plan.text is None else Extra(attributes=extra.attributes)
    return kind(**values)


def _chosen(
    draw: st.DrawFn,
    plan: Any,  # noqa: ANN401 - the class's plan
    field: Any,  # noqa: ANN401 - any field of it
    depth: int,
    most: int,
    given: dict[str, object],
) -> dict[str, object]:
    """Return a child, and what the attribute says that chooses its class."""
    by = field.by if field.by is not None and field.by.parent else None
    deciding = plan.attributes.get(by.attribute) if by is not None else None
    word = None if deciding is None else given.get(deciding.name)
    fitting = [k for k in field.classes if word is None or word in k.__xml_plan__.when]
    if field.classes and not fitting:
        return {}
    value = _kid(draw, field, fitting, depth, most)
    if by is None or not value:
        return {field.name: value}
    first = value[0] if field.many else value
    if field.many:
        value = tuple(item for item in value if type(item) is type(first))
    if deciding is None or word is not None:
        return {field.name: value}
    return {field.name: value, deciding.name: type(first).__xml_plan__.when[0]}


def _kid(
    draw: st.DrawFn,
    field: Any,  # noqa: ANN401 - any field
    classes: list[Any],
    depth: int,
    most: int,
) -> Any:  # noqa: ANN401 - its value
    def one() -> Any:  # noqa: ANN401 - as above
        if field.is_flag:
            return True
        if not field.classes:
            return _scalar(draw, field.codec)
        kind = draw(st.sampled_from(classes))
        given = {}
        if field.by is not None and not field.by.parent:
            plan = kind.__xml_plan__.ready()
            deciding = plan.attributes.get(field.by.attribute)
            if deciding is not None:
                given[deciding.name] = draw(st.sampled_from(plan.when))
        return _draw(draw, kind, depth - 1, max(1, most - 1), given)

    if not field.many:
        return one()
    return tuple(one() for _ in range(draw(st.integers(int(field.required), 3))))


def _scalar(draw: st.DrawFn, codec: Any) -> object:  # noqa: ANN401 - any codec
    if codec is None:
        return draw(_TEXT)
    return draw(st.sampled_from(codec.examples))
