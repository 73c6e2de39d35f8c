# ruff: noqa: SLF001 - an element's form is the binding's own
"""What a constructor checks, and how the object that it makes will be written."""

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Never

from hakvm.errors import HakvmError, InvalidError
from hakvm.xmlmodel._extra import Extra, illegal
from hakvm.xmlmodel._form import EXTRA, Form, Lexical

if TYPE_CHECKING:
    from hakvm.xmlmodel._codecs import Codec
    from hakvm.xmlmodel._plan import Kid, Plan

__all__ = ["Settler", "settler"]

Settler = Callable[[Any], None]


def _refuse(obj: object, name: str, message: str, value: object, hint: str = "") -> Never:
    raise InvalidError(message, path=f"{type(obj).__name__}.{name}", value=value, hint=hint)


def _scalar(obj: object, name: str, codec: "Codec[Any] | None", value: object) -> object:
    """Return the value as a parser would have made it, or refuse it."""
    if codec is None:
        if not isinstance(value, str):
            _refuse(obj, name, f"a text was expected, found {value!r}", value)
        _legal(obj, name, value)
        return value
    try:
        if not codec.check(value):
            raise ValueError  # noqa: TRY301 - said below, in the same words
        text = codec.format(value)
        _legal(obj, name, text)
        again = codec.parse(text)
    except HakvmError as error:
        _refuse(obj, name, error.message, value, error.hint)
    except (ValueError, KeyError, TypeError, AttributeError):
        close = difflib.get_close_matches(str(value), codec.expects.split(" or "), n=1)
        hint = f"did you mean {close[0]}?" if close else ""
        _refuse(obj, name, f"{value!r} is not {codec.expects}", value, hint)
    if again != value and not isinstance(value, str):
        _refuse(obj, name, f"{value!r} would be read back as {again!r}", value)
    return again


def _legal(obj: object, name: str, text: str) -> None:
    char = illegal(text)
    if char is not None:
        _refuse(obj, name, f"the character {char!r} cannot stand in XML", text)


def _element(obj: object, kid: "Kid", value: Any) -> None:  # noqa: ANN401 - whatever was given
    if type(value) not in kid.classes:
        allowed = " or ".join(cls.__name__ for cls in kid.classes)
        _refuse(obj, kid.name, f"{allowed} was expected, found {value!r}", value)
    if kid.by is None or kid.by.parent:
        return
    plan = type(value).__xml_plan__.ready()
    field = plan.attributes.get(kid.by.attribute)
    word = None if field is None else getattr(value, field.name)
    if field is not None and str(word or "") not in plan.when:
        _refuse(
            value,
            field.name,
            f"{word!r} is not {' or '.join(plan.when)}, which {type(value).__name__} stands for",
            word,
        )


def _kid(obj: object, kid: "Kid", value: Any) -> Any:  # noqa: ANN401 - any field's value
    """Return the value of a child field as a parser would have made it, or refuse it."""
    if kid.many:
        if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            _refuse(obj, kid.name, f"a tuple was expected, found {value!r}", value)
        value = tuple(value)
        if not value and kid.required:
            _refuse(obj, kid.name, "at least one was expected, found none", value)
        if not kid.classes:
            return tuple(_scalar(obj, kid.name, kid.codec, item) for item in value)
        for item in value:
            _element(obj, kid, item)
        return value
    if value is None and kid.default is None:
        return None
    if kid.is_flag:
        if not isinstance(value, bool):
            _refuse(obj, kid.name, f"True or False was expected, found {value!r}", value)
        return value
    if not kid.classes:
        return _scalar(obj, kid.name, kid.codec, value)
    _element(obj, kid, value)
    return value


def _agree(plan: "Plan", obj: Any) -> None:  # noqa: ANN401 - any element
    """Let the attribute that chooses a child's class say what the child is."""
    for kid in plan.kids:
        if kid.by is None or not kid.by.parent:
            continue
        field = plan.attributes.get(kid.by.attribute)
        found = getattr(obj, kid.name)
        if field is None or found is None:
            continue
        for child in found if kid.many else (found,):
            when = getattr(type(child), "__xml_plan__", plan).when
            word = getattr(obj, field.name)
            if word is None:
                field.set(obj, word := when[0] if when else None)
            if when and str(word) not in when and type(child) in kid.classes:
                _refuse(
                    obj,
                    kid.name,
                    f"{type(child).__name__} goes with {field.name} {' or '.join(when)}, "
                    f"found {str(word)!r}",
                    word,
                    f"pass {field.name}={when[0]!r} along with it",
                )


def _merge(old: Form | None, counts: dict[int, int]) -> list[int]:
    """Return the children's fields one by one: as they were, new ones after the last of a kind."""
    left = dict(counts)
    order: list[int] = []
    before = () if old is None else old.order or old.kids
    singly = old is not None and old.order is not None
    for index in before:
        n = left.get(index, 0)
        take = min(n, 1) if singly else n
        order.extend([index] * take)
        left[index] = n - take
    for index in sorted(left, key=lambda index: (index == EXTRA, index)):
        if not left[index]:
            continue
        if index in order:
            place = len(order) - order[::-1].index(index)
        elif index == EXTRA:
            place = len(order)
        else:
            later = (i for i, other in enumerate(order) if other > index)
            place = next(later, len(order))
        order[place:place] = [index] * left[index]
    return order


def _keys(plan: "Plan", present: set[str], old: Form | None, extra: Extra) -> tuple[str, ...]:
    """Return the attributes in order: as they were, then new ones as declared."""
    names = [name for name, _ in extra.attributes]
    constant = [plan.constant] if plan.constant else []
    wanted = [*constant, *(key for key in plan.attributes if key in present), *names]
    if old is None:
        return tuple(wanted)
    here = set(wanted)
    kept = [key for key in old.shape.keys if key in here]
    return tuple(kept + [key for key in wanted if key not in set(kept)])


def _lexical(old: Form | None, obj: object) -> Lexical | None:
    """Return the texts whose values are what they were."""
    if old is None or old.lexical is None:
        return None
    kept = {
        name: (value, text)
        for name, (value, text) in old.lexical.items()
        if (now := getattr(obj, name)) == value and type(now) is type(value)
    }
    return kept or None


def _present(kid: "Kid", value: object, old: Form | None) -> int:
    """Return 1 for a child that is written: a default that was not there is none."""
    if value is None or value is False:
        return 0
    return int(value != kid.default or (old is not None and kid.index in old.kids))


def settler(plan: "Plan") -> Settler:
    """Make the function that checks a new object of that plan's class and gives it its form."""

    def settle(obj: Any) -> None:  # noqa: ANN401 - any element
        old: Form | None = obj._form
        extra = obj.extra
        if not isinstance(extra, Extra):
            _refuse(obj, "extra", f"an Extra was expected, found {extra!r}", extra)
        _agree(plan, obj)
        present = set()
        fields = [*plan.attributes.items(), *([("", plan.text)] if plan.text else [])]
        for key, field in fields:
            value = getattr(obj, field.name)
            if value is None and field.default is None:
                continue
            value = _scalar(obj, field.name, field.codec, value)
            if not key and value == "" and not field.required:
                value = field.default  # `<x></x>` is `<x/>`
            field.set(obj, value)
            if value != field.default or (old is not None and key in old.shape.keys):
                present.add(key)
        counts: dict[int, int] = {}
        for kid in plan.kids:
            value = _kid(obj, kid, getattr(obj, kid.name))
            kid.set(obj, value)
            counts[kid.index] = len(value) if kid.many else _present(kid, value, old)
        counts[EXTRA] = len(extra.children)
        for name, value in extra.attributes:
            if name in plan.attributes:
                field = plan.attributes[name]
                _refuse(obj, "extra", f"{name} has a field of its own: {field.name}", value)
        order = _merge(old, counts)
        run = tuple(index for i, index in enumerate(order) if i == 0 or order[i - 1] != index)
        whole = len(set(run)) == len(run)
        shape = plan.shape(_keys(plan, present - {""}, old, extra))
        lexical = _lexical(old, obj)
        form = (
            shape.form(run)
            if whole and lexical is None
            else Form(shape, run, None if whole else tuple(order), lexical)
        )
        plan.cls._form.__set__(obj, form)

    return settle
