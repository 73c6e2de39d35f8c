"""What an option of corosync.conf may be: its key, its values, its releases.

A section's class declares its options as attrs fields, each with an `Option`
that knows the text and the value of it:

    token: int | None = number(low=30, zero=True, unit="ms", default=(1000, 3000))
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import attrs
from attrs import field, frozen

from hakvm.corosync._grammar import BLANK
from hakvm.corosync._release import Release
from hakvm.secret import Secret

__all__ = [
    "Option",
    "address",
    "choice",
    "flag",
    "host",
    "number",
    "option_of",
    "safe",
    "secret",
    "several",
    "text",
]

BOTH = (Release.V2, Release.V3)
_U32 = 2**32 - 1

_LONGEST = 24  # digits of a number, far more than 64 bits have
_NUMBER = re.compile(r"[+-]?[0-9]+")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\.(?!$)|$)){4}")
_HOST = re.compile(r"(?=.{1,253}\.?$)(?:(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!$)|\.?$))+")
_DIGITS = re.compile(r"[0-9.]+")
_UNSAFE = re.compile(r"[\0\n\r{]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@frozen(kw_only=True)
class Option:
    """One option: how its value is read and written, and who knows it.

    Attributes:
        key: its name in the file.
        form: what it is: number, flag, choice, text, secret, address or host.
        kind: the type of its values.
        low, high: the least and the greatest number.
        zero: whether 0 stands for the default beside them.
        choices: the words that it may be, if it is one of several.
        releases: the releases that know it.
        values: the releases that know each value, where they differ.
        default: what holds in corosync 2.4 and in 3.1 where it is not given.
        unit: what a number counts, as `ms`.
        strict: whether corosync refuses the file for a value it does not understand.
        many: whether it may stand several times, each time counting.
        secret: whether it must not show.
        read: makes the value of its text; a ValueError says what was expected.
        write: makes the text of its value.
    """

    key: str
    form: Literal["number", "flag", "choice", "text", "secret", "address", "host"]
    kind: type = str
    low: int = 0
    high: int = _U32
    zero: bool = False
    choices: tuple[str, ...] = ()
    read: Callable[[str], object]
    write: Callable[[Any], str]
    releases: tuple[Release, ...] = BOTH
    values: Mapping[str, tuple[Release, ...]] = field(factory=dict)
    default: tuple[object, object] = (None, None)
    unit: str = ""
    strict: bool = True
    many: bool = False
    secret: bool = False

    def check(self, value: object) -> None:
        """Raise a ValueError where a file cannot hold this value."""
        if not isinstance(value, self.kind) or isinstance(value, bool) is not (self.kind is bool):
            raise ValueError(f"{value!r} is no {self.kind.__name__}")
        if isinstance(value, int) and self.low <= value <= self.high:
            return
        self.read(self.write(value))

    def known(self, value: str) -> tuple[Release, ...]:
        """Return the releases that know this option with this value."""
        return tuple(
            one for one in self.releases if value not in self.values or one in self.values[value]
        )

    def default_in(self, release: Release) -> object:
        """Return what holds in `release` where the option is not given."""
        return self.default[0 if release is Release.V2 else 1]


def _only(only: Release | None) -> tuple[Release, ...]:
    return BOTH if only is None else (only,)


def _pair(default: object) -> tuple[object, object]:
    if isinstance(default, tuple):
        first, second = default
        return first, second
    return default, default


def _optional(option: Option) -> Any:  # noqa: ANN401 - the declaration says which
    return field(
        default=None,
        converter=_as_secret if option.secret else None,
        repr=not option.secret,
        metadata={"option": option},
    )


def number(
    *,
    low: int = 0,
    high: int = _U32,
    zero: bool = False,
    strict: bool = True,
    unit: str = "",
    default: int | tuple[int | None, int | None] | None = None,
    only: Release | None = None,
    key: str = "",
) -> int | None:
    """Declare a whole number from `low` to `high`; `zero` allows 0 for "the default"."""
    span = f"a whole number from {low} to {high}" + (", or 0 for the default" if zero else "")

    def read(value: str) -> int:
        if len(value) > _LONGEST or not _NUMBER.fullmatch(value):
            raise ValueError(f"{value[:40]!r} is not {span}")
        found = int(value)
        if low <= found <= high or (zero and found == 0):
            return found
        raise ValueError(f"{found} is not {span}")

    option = Option(
        key=key,
        form="number",
        kind=int,
        low=low,
        high=high,
        zero=zero,
        read=read,
        write=str,
        strict=strict,
        unit=unit,
        default=_pair(default),
        releases=_only(only),
    )
    return _optional(option)  # type: ignore[no-any-return]


def flag(
    yes: str = "yes",
    no: str = "no",
    *,
    also: Mapping[str, bool] | None = None,
    strict: bool = True,
    default: bool | tuple[bool | None, bool | None] | None = None,
    only: Release | None = None,
    key: str = "",
) -> bool | None:
    """Declare a yes or no, written as `yes` and `no` say; `also` are other words for them."""
    words = {yes: True, no: False, **(also or {})}

    def read(value: str) -> bool:
        found = words.get(value)
        if found is None:
            if yes == "1" and _NUMBER.fullmatch(value) and 0 <= int(value[:9]) <= 255:  # noqa: PLR2004 - a byte
                return int(value[:9]) > 0
            raise ValueError(f"{value!r} is neither {yes} nor {no}")
        return found

    option = Option(
        key=key,
        form="flag",
        kind=bool,
        read=read,
        write=lambda value: yes if value else no,
        strict=strict,
        default=_pair(default),
        releases=_only(only),
    )
    return _optional(option)  # type: ignore[no-any-return]


def choice(
    *values: str,
    v2: tuple[str, ...] = (),
    v3: tuple[str, ...] = (),
    strict: bool = True,
    default: str | tuple[str | None, str | None] | None = None,
    only: Release | None = None,
    key: str = "",
) -> Any:  # noqa: ANN401 - the field's own Literal says which values there are
    """Declare one word of several; `v2` and `v3` are those that only one release knows."""
    allowed = (*values, *v2, *v3)

    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
        return value

    option = Option(
        key=key,
        form="choice",
        choices=allowed,
        read=read,
        write=str,
        strict=strict,
        default=_pair(default),
        releases=_only(only),
        values=dict.fromkeys(v2, (Release.V2,)) | dict.fromkeys(v3, (Release.V3,)),
    )
    return _optional(option)


def safe(value: str) -> str:
    """Return a value that can stand on a line of its own, or raise a ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")  # noqa: TRY004 - as each reader
    if found := _UNSAFE.search(value):
        raise ValueError(
            f"{found[0]!r} in {value[:40]!r}: a value stands on one line, without an opening brace"
        )
    if value.strip(BLANK) != value:
        raise ValueError(f"{value[:40]!r} begins or ends with a blank, which corosync drops")
    if not value.isascii() and _SURROGATE.search(value):
        raise ValueError(f"{value[:40]!r} cannot be written as UTF-8")
    return value


def text(
    *,
    default: str | None = None,
    only: Release | None = None,
    key: str = "",
) -> str | None:
    """Declare a text: anything that stands on one line, without an opening brace."""
    option = Option(
        key=key, form="text", read=safe, write=str, default=_pair(default), releases=_only(only)
    )
    return _optional(option)  # type: ignore[no-any-return]


def secret(*, only: Release | None = None, key: str = "") -> Secret | None:
    """Declare a text that must not show."""

    def read(value: str) -> Secret:
        try:
            return Secret(safe(value))
        except ValueError:
            raise ValueError("a value stands on one line, without an opening brace") from None

    option = Option(
        key=key, form="secret", read=read, write=str.__str__, secret=True, releases=_only(only)
    )
    return _optional(option)  # type: ignore[no-any-return]


def _as_secret(value: str | None) -> Secret | None:
    return value if value is None or isinstance(value, Secret) else Secret(value)


def _address(value: str) -> str:
    if not _IPV4.fullmatch(value):
        try:
            ipaddress.ip_address(value)
        except ValueError:
            raise ValueError(f"{value[:80]!r} is no IP address") from None
    return value


def address(*, only: Release | None = None, key: str = "") -> str | None:
    """Declare an IPv4 or IPv6 address; corosync ignores what is none."""
    option = Option(
        key=key, form="address", read=_address, write=str, strict=False, releases=_only(only)
    )
    return _optional(option)  # type: ignore[no-any-return]


def _host(value: str) -> str:
    if _IPV4.fullmatch(value) or (":" not in value and _host_name(value)):
        return value
    try:
        return _address(value)
    except ValueError:
        raise ValueError(f"{value[:80]!r} is neither an IP address nor a host's name") from None


def _host_name(value: str) -> bool:
    return bool(_HOST.fullmatch(value)) and not _DIGITS.fullmatch(value)


def host(*, only: Release | None = None, key: str = "") -> str | None:
    """Declare an IP address or a host's name."""
    option = Option(key=key, form="host", read=_host, write=str, releases=_only(only))
    return _optional(option)  # type: ignore[no-any-return]


def several(*, key: str = "") -> tuple[str, ...]:
    """Declare texts that stand on a line each, and all count."""
    option = Option(key=key, form="text", read=safe, write=str, many=True)

    found: tuple[str, ...] = field(
        default=(),
        converter=_texts,
        metadata={"option": option},
    )
    return found


def _texts(value: "str | tuple[str, ...] | list[str]") -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def option_of(attribute: "attrs.Attribute[Any]") -> Option | None:
    """Return the option that a field stands for."""
    found: Option | None = attribute.metadata.get("option")
    if found is None or found.key:
        return found
    return attrs.evolve(found, key=attribute.name)
