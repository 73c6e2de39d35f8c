"""What all of libvirt's elements share: how fields are named, scalars, sizes.

Sources throughout: libvirt's docs/formatdomain and the RelaxNG schemas that
are installed with it (/usr/share/libvirt/schemas/domain.rng).
"""

import re
import uuid
from collections.abc import Callable
from typing import Annotated, Self, TypeVar

from attrs import frozen

from hakvm.units import Size
from hakvm.xmlmodel import Codec, Element, Text
from hakvm.xmlmodel import element as _element

__all__ = ["Hex2", "Hex4", "Hex6", "HexNumber", "Mac", "Scaled", "Uuid", "element"]

E = TypeVar("E", bound=Element)

# libvirt writes most names in camel case; these are the others.
_UNDERSCORED = re.compile(
    r"on_\w+|\w+_sec(_max(_length)?)?|(rx_|tx_)?queue_size|(r?error)_policy|thread_pool_\w+"
    r"|(global|emulator|iothread)_(period|quota)|(logical|physical)_block_size"
    r"|discard_granularity|group_name|rotation_rate|copy_on_read|detect_zeroes"
    r"|discard_no_unref|event_idx|page_per_vq|cmd_per_lun|max_sectors|rss_hash_report"
)


def xml_name(field: str) -> str:
    """Return the name that libvirt gives a field: `startup_policy` is `startupPolicy`."""
    name = field.rstrip("_")
    if _UNDERSCORED.fullmatch(name):
        return name
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def element(
    tag: str, *, when: str | tuple[str, ...] = (), prefix: str = ""
) -> Callable[[type[E]], type[E]]:
    """Make a class stand for one of libvirt's elements; its fields are named as libvirt's."""
    return _element(tag, when=when, prefix=prefix, names=xml_name)


_NUMBER = re.compile(r"\s*(?:0[xX][0-9a-fA-F]+|[0-9]+)\s*", re.ASCII)


def _hexadecimal(digits: int) -> Codec[int]:
    def parse(text: str) -> int:
        if not _NUMBER.fullmatch(text):
            raise ValueError(text)
        return int(text, 16 if "x" in text.lower() else 10)

    return Codec(
        parse,
        lambda value: f"0x{value:0{digits}x}",
        expects="a number, as 0x1f or 31",
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
        examples=(0, 1, 31, 255),
    )


HexNumber = Annotated[int, _hexadecimal(1)]
"""A number that libvirt writes in hexadecimal, as `0x1`."""
Hex2 = Annotated[int, _hexadecimal(2)]
"""A number written with two hexadecimal digits, as `0x1f`."""
Hex4 = Annotated[int, _hexadecimal(4)]
"""A number written with four hexadecimal digits, as `0x046d`: PCI and USB ids."""
Hex6 = Annotated[int, _hexadecimal(6)]
"""A number written with six hexadecimal digits: PCI classes."""

_UUID = re.compile(r"\s*[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\s*", re.ASCII)


def _parse_uuid(text: str) -> uuid.UUID:
    if not _UUID.fullmatch(text):
        raise ValueError(text)
    return uuid.UUID(text.strip())


Uuid = Annotated[
    uuid.UUID,
    Codec(
        _parse_uuid,
        str,
        expects="a UUID, as c7a5fdbd-edaf-9455-926a-d65c16db1809",
        check=lambda value: isinstance(value, uuid.UUID),
        examples=(uuid.UUID("c7a5fdbd-edaf-9455-926a-d65c16db1809"), uuid.UUID(int=1)),
    ),
]
"""A UUID; with or without hyphens in a file."""

_MAC = re.compile(r"\s*[0-9a-fA-F]{1,2}(?::[0-9a-fA-F]{1,2}){5}\s*", re.ASCII)


def _parse_mac(text: str) -> str:
    if not _MAC.fullmatch(text):
        raise ValueError(text)
    return ":".join(part.zfill(2) for part in text.strip().lower().split(":"))


Mac = Annotated[
    str,
    Codec(
        _parse_mac,
        _parse_mac,
        expects="a MAC address, as 52:54:00:12:34:56",
        check=lambda value: isinstance(value, str),
        examples=("52:54:00:12:34:56", "02:00:00:00:00:01"),
    ),
]
"""A MAC address in lower case."""


@frozen(kw_only=True)
class Scaled(Element):
    """An amount of memory or storage: a number and its unit.

    Attributes:
        value: how many.
        unit: of what: `KiB`, `MiB`, `bytes`, …; where there is none, the class's `UNIT`.
    """

    value: Annotated[int, Text()]
    unit: str | None = None

    @property
    def size(self) -> Size:
        """The amount in bytes, whatever the unit.

        Raises:
            InvalidError: the unit is none of libvirt's.
        """
        return Size.of(f"{self.value} {self.unit or 'KiB'}")

    @classmethod
    def of(cls, size: Size | str | int) -> Self:
        """Make it of a size: `Memory.of("1 GiB")`; written in KiB, a bare number counts KiB.

        Raises:
            InvalidError: no size, or no whole number of KiB.
        """
        return cls(value=Size.of(size, unit="KiB").to("KiB"), unit="KiB")
