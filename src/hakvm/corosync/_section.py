"""A section of corosync.conf as a value, bound to the lines it was read from.

What corosync acts upon stands in typed fields. All else that a section may
hold (options that are unknown or not understood, or that a later line
overrides) stands in `extra`, unknown sections in `sections`. The lines
themselves, with their comments, are kept aside: rendering writes those that
still hold as they stood, and only what has changed anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar

import attrs
from attrs import field, frozen

from hakvm.corosync._grammar import KEY, Block
from hakvm.corosync._option import Option, option_of, safe
from hakvm.errors import InvalidError

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
    return _schemas.setdefault(kind, Schema(options, inside))


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
    return tuple(sorted(found, key=lambda section: section.name))


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
        if self.needs and getattr(self, self.needs) is None:
            raise InvalidError(
                f"corosync demands {self.needs} here", path=f"{type(self).__name__}.{self.needs}"
            )
        if not self.extra and not self.sections:
            return
        known = schema(type(self)).options
        for other in self.sections:
            if other.name in schema(type(self)).children:
                raise InvalidError(
                    f"{other.name} is a section of its own",
                    path=f"{type(self).__name__}.sections",
                    value=other.name,
                    hint=f"give it as {schema(type(self)).children[other.name].attribute}=…",
                )
        for key, value in self.extra:
            if key not in known:
                if self.closed:
                    raise InvalidError(
                        f"corosync refuses {key} here",
                        path=f"{type(self).__name__}.extra",
                        value=key,
                        hint=f"it takes {', '.join(known)}",
                    )
                continue
            name, option = known[key]
            if getattr(self, name) in {None, ()} and _understood(option, value) is not _NOT:
                raise InvalidError(
                    f"{key} is an option of its own",
                    path=f"{type(self).__name__}.extra",
                    value=key,
                    hint=f"give it as {name}={value!r}" if not option.secret else f"give {name}",
                )

    def __repr__(self) -> str:
        """Show what is set; the key never."""
        shown = [
            f"{one.alias}={getattr(self, one.name)!r}"
            for one in attrs.fields(type(self))
            if one.repr
            and getattr(self, one.name) not in {None, ()}
            and not (isinstance(found := getattr(self, one.name), Section) and not found)
        ]
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


_NOT = object()


def _understood(option: Option, value: str) -> object:
    try:
        return option.read(value)
    except ValueError:
        return _NOT
