"""How scalar values are read from XML text and written to it."""

import enum
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Generic, TypeVar

from attrs import field, frozen

from hakvm.errors import HakvmError

__all__ = ["Codec", "OnOff", "OneZero", "TrueFalse", "YesNo", "words"]

T = TypeVar("T")

_REMEMBERED = 2048  # texts for each codec: a hostile document must not grow them for ever
_SHORT = 64


@frozen
class Codec(Generic[T]):
    """How a scalar is read and written; stands in `Annotated` beside its type.

    A value whose text is not what `format` would write keeps that text until it changes.

    Attributes:
        parse: makes the value of a text; raises ValueError or a HakvmError for what is none.
        format: makes the text of a value.
        expects: what `parse` takes, as an error says it: `yes or no`.
        check: whether a value given to a constructor is of the right type.
        textual: whether the value is a text itself, and `format` gives it as it is.
        examples: a few values, from which tests draw.
        words: the words of an open enumeration; a text that is none of them is newer, or wrong.
    """

    parse: Callable[[str], T]
    format: Callable[[T], str]
    expects: str = "another value"
    check: Callable[[object], bool] = field(default=lambda _value: True, repr=False)
    textual: bool = False
    examples: tuple[T, ...] = field(default=(), repr=False)
    words: tuple[str, ...] = field(default=(), repr=False)
    seen: dict[str, tuple[T, bool]] = field(factory=dict, init=False, eq=False, repr=False)

    def read(self, text: str) -> tuple[T, bool]:
        """Return the value of a text, and whether it is written as `format` would.

        The same few texts come again and again, so short ones are remembered.
        """
        found = self.seen.get(text)
        if found is None:
            value = self.parse(text)
            found = value, self.format(value) == text
            if len(self.seen) < _REMEMBERED and len(text) < _SHORT:
                self.seen[text] = found
        return found


def words(table: Mapping[str, T]) -> Codec[T]:
    """Make a codec of words: of several words for one value the first is written."""
    found = dict(table)
    written: dict[T, str] = {}
    for word, value in found.items():
        written.setdefault(value, word)
    kinds = tuple({type(value) for value in written})

    def parse(text: str) -> T:
        value = found.get(text)
        return value if value is not None else found[text.strip()]

    return Codec(
        parse,
        lambda value: written[value],
        expects=" or ".join(found),
        check=lambda value: type(value) in kinds,
        examples=tuple(written),
    )


YesNo = Annotated[bool, words({"yes": True, "no": False})]
"""`yes` or `no`."""
OnOff = Annotated[bool, words({"on": True, "off": False})]
"""`on` or `off`."""
TrueFalse = Annotated[bool, words({"true": True, "false": False, "1": True, "0": False})]
"""`true` or `false`; reads `1` and `0` as well, as xs:boolean does."""
OneZero = Annotated[bool, words({"1": True, "0": False})]
"""`1` or `0`."""


_INTEGER = re.compile(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)\s*", re.ASCII)


def _parse_int(text: str) -> int:
    found = _INTEGER.fullmatch(text)
    if found is None:
        raise ValueError(text)
    digits = found[2]
    value = int(digits, 16) if digits[:2] in {"0x", "0X"} else int(digits)
    return -value if found[1] == "-" else value


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


INTEGER: Codec[int] = Codec(
    _parse_int, str, expects="a whole number", check=_is_int, examples=(0, 1, 7, 4096, 2**40)
)


def _enumeration(kind: type[enum.StrEnum], *, is_open: bool) -> Codec[Any]:
    table = {member.value: member for member in kind}

    def parse(text: str) -> str:
        found = table.get(text) or table.get(text.strip())
        if found is None:
            if is_open:
                return text
            raise ValueError(text)
        return found

    return Codec(
        parse,
        str,
        expects=" or ".join(table),
        check=lambda value: isinstance(value, str),
        textual=True,
        examples=(*kind, "newer-word") if is_open else tuple(kind),
        words=tuple(table) if is_open else (),
    )


def _open(codec: Codec[Any]) -> Codec[Any]:
    """Let a text that `codec` cannot read stand for itself."""

    def parse(text: str) -> object:
        try:
            return codec.parse(text)
        except (ValueError, KeyError, HakvmError):
            return text

    return Codec(
        parse,
        lambda value: value if type(value) is str else codec.format(value),
        expects=codec.expects,
        check=lambda value: isinstance(value, str) or codec.check(value),
        examples=(*codec.examples, "newer-word"),
    )


def codec_for(kind: object, *, is_open: bool) -> Codec[Any] | None:
    """Return the codec of a scalar type; `None` for plain text.

    Raises:
        TypeError: no scalar that the binding knows.
    """
    if isinstance(kind, Codec):
        return _open(kind) if is_open else kind
    if kind is str:
        return None
    if kind is int:
        return _open(INTEGER) if is_open else INTEGER
    if isinstance(kind, type) and issubclass(kind, enum.StrEnum):
        return _enumeration(kind, is_open=is_open)
    if isinstance(kind, type) and issubclass(kind, str):
        return Codec(
            kind,
            str,
            expects="a text",
            check=lambda value: isinstance(value, str),
            textual=True,
            examples=(kind("hush"),),
        )
    raise TypeError(f"{kind!r} is no scalar: give it a Codec in Annotated")
