"""What the model's fields are made of: how a value becomes one, and how it is shown."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import attrs
from attrs import AttrsInstance

from hakvm._frozen import FrozenMapping
from hakvm.drbd._layout import Layout
from hakvm.drbd._section import Options, as_section
from hakvm.drbd._specs import OptionValue, Section
from hakvm.drbd._values import Address, Device, MetaDisk, check_token
from hakvm.errors import InvalidError

__all__ = ["Brief", "keyed", "trusted"]

T = TypeVar("T")
K = TypeVar("K")
A = TypeVar("A", bound=AttrsInstance)


class Brief:
    """A section: shows what was given, and keeps the comments of what is there."""

    __slots__ = ()

    def __attrs_post_init__(self) -> None:
        # What is no longer there takes its comments along.
        layout = getattr(self, "layout", None)
        if isinstance(layout, Layout) and layout.has_comments:
            from hakvm.drbd._render import keys_of  # noqa: PLC0415 - it renders what is made here

            object.__setattr__(self, "layout", layout.kept(keys_of(self)))

    def __repr__(self) -> str:
        kind = type(self)
        assert attrs.has(kind)  # noqa: S101 - what it is a base of
        # What has no default first: it is what one looks for.
        fields = sorted(attrs.fields(kind), key=lambda one: one.default is not attrs.NOTHING)
        given = [
            f"{one.alias}={value!r}"
            for one in fields
            if one.repr and (value := getattr(self, one.name)) != default_of(one)
        ]
        return f"{kind.__name__}({', '.join(given)})"


def default_of(one: "attrs.Attribute[object]") -> object:
    return one.default.factory() if isinstance(one.default, attrs.Factory) else one.default  # type: ignore[arg-type, attr-defined]  # attrs types Factory as a function


def token(_: object, attribute: "attrs.Attribute[str]", value: str | None) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise InvalidError(
            f"{value!r} is no text", path=attribute.name.replace("_", "-"), value=value
        )
    check_token(value, attribute.name.replace("_", "-"))


def tokens(_: object, attribute: "attrs.Attribute[tuple[str, ...]]", words: Iterable[str]) -> None:
    for word in words:
        check_token(word, attribute.name)


def within(low: int, high: int) -> Callable[[object, "attrs.Attribute[T]", T], None]:
    def check(_: object, attribute: "attrs.Attribute[T]", value: T) -> None:
        if value is not None and not (isinstance(value, int) and low <= value <= high):
            path = attribute.name.replace("_", "-")
            raise InvalidError(f"{value!r}: {path} is {low} to {high}", path=path, value=value)

    return check


def keyed(found: Mapping[K, T] | Iterable[T], key: str) -> FrozenMapping[K, T]:
    """Return a mapping of items that bear their key themselves.

    Raises:
        InvalidError: two of them have the same.
    """
    if isinstance(found, FrozenMapping):
        return found
    items = list(found.values() if isinstance(found, Mapping) else found)
    made: FrozenMapping[K, T] = FrozenMapping((getattr(item, key), item) for item in items)
    if len(made) < len(items):
        names = [str(getattr(item, key)) for item in items]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidError(f"{twice} is there twice", path=key, value=twice)
    return made


def trusted(kind: type[A], **fields: object) -> A:
    """Make a value of fields that are what the constructor would have made of them.

    For the grammar, which has checked them word by word: a third of the time of reading would
    go into checking them again.
    """
    made = object.__new__(kind)
    for name, value in {**_defaults(kind), **fields}.items():
        object.__setattr__(made, name, value)
    return made


@functools.cache
def _defaults(kind: type[AttrsInstance]) -> dict[str, object]:
    return {one.name: default_of(one) for one in attrs.fields(kind)}


# One function a field: mypy takes named functions alone for converters, no partial ones.


def as_address(found: str | None) -> Address | None:
    """Read the text of a field."""
    return None if found is None else Address(found)


def as_device(found: str | None) -> Device | None:
    """Read the text of a field."""
    return None if found is None else Device(found)


def as_meta_disk(found: str | None) -> MetaDisk | None:
    """Read the text of a field."""
    return None if found is None else MetaDisk(found)


def as_net(found: Mapping[str, OptionValue]) -> Options:
    """Take a mapping for a section of options."""
    return as_section(Section.NET, found)


def as_disk(found: Mapping[str, OptionValue]) -> Options:
    """Take a mapping for a section of options."""
    return as_section(Section.DISK, found)


def as_peer_device(found: Mapping[str, OptionValue]) -> Options:
    """Take a mapping for a section of options."""
    return as_section(Section.PEER_DEVICE, found)


def as_options(found: Mapping[str, OptionValue]) -> Options:
    """Take a mapping for a section of options."""
    return as_section(Section.OPTIONS, found)


def as_syncer(found: Mapping[str, OptionValue]) -> Options:
    """Take a mapping for a section of options."""
    return as_section(Section.SYNCER, found)


def as_startup(found: Mapping[str, OptionValue]) -> Options:
    """Take a mapping for a section of options."""
    return as_section(Section.STARTUP, found)


def as_handlers(found: Mapping[str, OptionValue]) -> Options:
    """Take a mapping for a section of options."""
    return as_section(Section.HANDLERS, found)


def as_proxy(found: Mapping[str, OptionValue]) -> Options:
    """Take a mapping for a section of options."""
    return as_section(Section.PROXY, found)
