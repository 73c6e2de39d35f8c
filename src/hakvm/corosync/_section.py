"""A section of corosync.conf as a value, bound to the lines it was read from.

What corosync acts upon stands in typed fields. All else that a section may
hold (options that are unknown or not understood, or that a later line
overrides) stands in `extra`, unknown sections in `sections`. The lines
themselves, with their comments, are kept aside: rendering writes those that
still hold as they stood, and only what has changed anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

import attrs
from attrs import field, frozen

from hakvm.corosync._grammar import KEY, Block
from hakvm.corosync._option import Option, option_of, safe
from hakvm.errors import InvalidError
from hakvm.secret import MASK

__all__ = ["OtherSection", "Section", "child", "children", "schema"]

T = TypeVar("T")


@frozen
class Child:
    """A field that holds a section, or several of the same name."""

    name: str
    attribute: str
    kind: "type[Section]"
    many: bool


@frozen
class Schema:
    """What a section's class may hold."""

    options: Mapping[str, tuple[str, Option]]  # key → the attribute and its option
    listed: tuple[tuple[str, Option], ...]
    values: Callable[["Section"], tuple[Any, ...]]  # of these options, all at once
    children: Mapping[str, Child]


_schemas: dict[type, Schema] = {}


def schema(kind: "type[Section]") -> Schema:
    """Return what sections of this class may hold."""
    if (known := _schemas.get(kind)) is not None:
        return known
    options = {}
    inside = {}
    for attribute in attrs.fields(kind):
        if (option := option_of(attribute)) is not None:
            options[option.key] = (attribute.name, option)
        elif (found := attribute.metadata.get("child")) is not None:
            name, section, many = found
            inside[name] = Child(name, attribute.name, section, many)
    listed = tuple(options.values())
    names = [name for name, _ in listed]
    # attrgetter() of one name gives no tuple; the same name twice does no harm.
    values = attrgetter(*names, *names[:1]) if names else _no_values
    return _schemas.setdefault(kind, Schema(options, listed, values, inside))


def _no_values(_: "Section") -> tuple[Any, ...]:
    return ()


def _only(kind: type) -> Callable[[object, "attrs.Attribute[Any]", object], None]:
    """Hold a field to sections of one class."""

    def check(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        for one in value if isinstance(value, tuple) else (value,):
            if not isinstance(one, kind):
                raise InvalidError(
                    f"{type(one).__name__} is no {kind.__name__}",
                    path=f"{type(instance).__name__}.{attribute.name}",
                    value=one,
                )

    return check


def child(kind: type[T], name: str) -> T:
    """Declare a section that stands here once; where it is not given, it is empty."""
    found: T = field(
        factory=kind,
        validator=_only(kind),
        metadata={"child": (name, kind, False)},
    )
    return found


def children(kind: type[T], name: str) -> tuple[T, ...]:
    """Declare a section that may stand here any number of times."""
    found: tuple[T, ...] = field(
        default=(),
        converter=tuple,
        validator=_only(kind),
        metadata={"child": (name, kind, True)},
    )
    return found


Pairs = tuple[tuple[str, str], ...]


def pairs(found: "Mapping[str, str] | Iterable[tuple[str, str]]") -> Pairs:
    """Return options as pairs, ordered by key; what has the same key keeps its order."""
    if not found:
        return ()
    listed = found.items() if isinstance(found, Mapping) else found
    return tuple(sorted(((key, value) for key, value in listed), key=lambda pair: pair[0]))


def _check_extra(section: "Section", attribute: "attrs.Attribute[Pairs]", found: Pairs) -> None:
    for key, value in found:
        path = f"{type(section).__name__}.{attribute.name}"
        if not KEY.fullmatch(key):
            raise InvalidError(
                f"{key!r} is no option's name", path=path, value=key, hint="a-z A-Z 0-9 . _ - /"
            )
        try:
            safe(value)
        except ValueError as error:
            raise InvalidError(str(error), path=f"{path}[{key!r}]", value=value) from None


def _by_name(found: "Iterable[OtherSection]") -> "tuple[OtherSection, ...]":
    return tuple(sorted(found, key=lambda section: section.name)) if found else ()


@frozen(kw_only=True, repr=False)
class Section:
    """What all sections have.

    Attributes:
        extra: options that corosync does not act upon here: unknown ones, values that it ignores,
            lines that a later one overrides; ordered by key.
        sections: the sections within that are not known, ordered by name.
    """

    extra: Pairs = field(default=(), converter=pairs, validator=_check_extra)
    sections: "tuple[OtherSection, ...]" = field(default=(), converter=_by_name)
    _layout: tuple[Block, ...] = field(default=(), eq=False, repr=False)

    #: The beginning of keys that are names of the user's own, kept in `extra`.
    own_keys: ClassVar[str] = ""
    #: Whether corosync refuses options here that it does not know.
    closed: ClassVar[bool] = False
    #: The option that corosync demands here.
    needs: ClassVar[str] = ""

    def __attrs_post_init__(self) -> None:
        plan = schema(type(self))
        if self.needs and getattr(self, self.needs) is None:
            raise self._wrong(f"corosync demands {self.needs} here", self.needs)
        for (name, option), value in zip(plan.listed, plan.values(self), strict=False):
            if value is None:
                continue
            try:
                for one in value if option.many else (value,):
                    option.check(one)
            except ValueError as error:
                raise self._wrong(str(error), name) from None
        if self.extra or self.sections:
            self._check_rest(plan)

    def _check_rest(self, plan: Schema) -> None:
        """Refuse under `extra` and `sections` what has a field of its own."""
        for other in self.sections:
            if (one := plan.children.get(other.name)) is not None:
                raise self._wrong(
                    f"{other.name} is a section of its own", "sections", f"{one.attribute}=…"
                )
        for key, value in self.extra:
            if key in plan.options:
                name, option = plan.options[key]
                unset = getattr(self, name) in {None, ()}
                if unset and _understood(option, value):
                    raise self._wrong(f"{key} is an option of its own", "extra", f"{name}=…")
            elif self.closed:
                raise self._wrong(f"corosync does not take {key} here", "extra")

    def _wrong(self, message: str, name: str, give: str = "") -> InvalidError:
        return InvalidError(
            message,
            path=f"{type(self).__name__}.{name}",
            hint=f"give it as {give}" if give else "",
        )

    def __repr__(self) -> str:
        """Show what is set; the key never."""
        known = schema(type(self)).options
        shown = []
        for one in attrs.fields(type(self)):
            value = getattr(self, one.name)
            if (
                not one.repr
                or value is None
                or value == ()
                or (isinstance(value, Section) and not value)
            ):
                continue
            if one.name == "extra":
                value = tuple(
                    (key, MASK if key in known and known[key][1].secret else text)
                    for key, text in self.extra
                )
            shown.append(f"{one.alias}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    @property
    def layout(self) -> tuple[Block, ...]:
        """The lines that it was read from; none where it was made otherwise."""
        return self._layout

    @classmethod
    def option(cls, key: str) -> Option:
        """Return what is known of an option: its releases, default and unit.

        Raises:
            InvalidError: it is not known.
        """
        try:
            return schema(cls).options[key][1]
        except KeyError:
            raise InvalidError(f"{cls.__name__} has no option {key!r}", path="key") from None

    def options(self) -> Iterator[tuple[Option, str]]:
        """Yield each option that is set, with its value as corosync.conf has it."""
        for name, option in schema(type(self)).options.values():
            value = getattr(self, name)
            for one in value if option.many else () if value is None else (value,):
                yield option, option.write(one)

    def inside(self) -> "Iterator[tuple[str, Section]]":
        """Yield the sections within, each with its name; those that are empty, too."""
        for one in schema(type(self)).children.values():
            found = getattr(self, one.attribute)
            for section in found if one.many else (found,):
                yield one.name, section
        for other in self.sections:
            yield other.name, other

    def __bool__(self) -> bool:
        """Whether anything stands in it."""
        return bool(self.needs) or self != type(self)()


def _check_name(_: Section, attribute: "attrs.Attribute[str]", name: str) -> None:
    if not KEY.fullmatch(name):
        raise InvalidError(
            f"{name!r} is no section's name",
            path=f"OtherSection.{attribute.name}",
            value=name,
            hint="a-z A-Z 0-9 . _ - /",
        )


@frozen(kw_only=True, repr=False)
class OtherSection(Section):
    """A section that is not known; all its options are in `extra`."""

    name: str = field(validator=_check_name)

    def __bool__(self) -> bool:
        return True


def _understood(option: Option, value: str) -> bool:
    try:
        option.read(value)
    except ValueError:
        return False
    return True
