"""Addresses, devices and meta-disks: texts that know their parts, and how words are quoted."""

import ipaddress
import re
from typing import Self

from hakvm.errors import InvalidError
from hakvm.secret import MASK, Secret

__all__ = ["HIGHEST_PORT", "Address", "Device", "MetaDisk", "check_token", "plain", "quote"]

_PLAIN = re.compile(r"[a-zA-Z0-9/._-]{1,128}")
_LONGEST_QUOTED = 255


def plain(text: str) -> bool:
    """Tell whether a text can stand in a configuration without quotes."""
    return _PLAIN.fullmatch(text) is not None


def check_token(text: str, path: str, *, secret: bool = False) -> str:
    r"""Return `text` if it can stand in a configuration as one word, quoted if need be.

    Raises:
        InvalidError: it is empty, longer than 255 characters as it is written (a quote and a
            backslash count two), or holds a line's end or another control character.
    """
    if not text:
        raise InvalidError("an empty word", path=path, value=text, hint="give it a value")
    if not plain(text):
        value = Secret(text) if secret else text
        seen = MASK if secret else repr(text[:60])
        if any(ord(c) < 32 or ord(c) == 127 for c in text):  # noqa: PLR2004 - ASCII's controls
            raise InvalidError(
                f"{seen} holds a line's end or another control character",
                path=path,
                value=value,
                hint="a value of drbd.conf is one line of printable text",
            )
        if len(text) + text.count('"') + text.count("\\") > _LONGEST_QUOTED:
            raise InvalidError(
                f"{seen}… is longer than {_LONGEST_QUOTED} characters",
                path=path,
                value=value,
            )
    return text


def quote(text: str, *, always: bool = False) -> str:
    """Write one word: plain where that is possible, in double quotes where not."""
    if not always and plain(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_ADDRESS = re.compile(
    r"""\s*(?:
        (?:(?P<family>ipv4|ssocks|sdp|sci)\s+)?
        (?P<ip>[0-9]{1,3}(?:\.[0-9]{1,3}){3})
      | (?P<v6>ipv6)\s*\[\s*(?P<ip6>[0-9a-fA-F:.]+(?:%[a-zA-Z0-9/._-]+)?)\s*\]
    )\s*:\s*(?P<port>[0-9]{1,5})\s*""",
    re.VERBOSE | re.ASCII,
)
HIGHEST_PORT = 65535


class Address(str):
    """Where a node listens for its peer: `192.168.2.170:7789`, `ipv6 [fd00::1]:7789`.

    A text that knows its parts. The family is left out where it is ipv4.
    """

    __slots__ = ("family", "ip", "port")

    family: str
    """`ipv4`, `ipv6`, `ssocks` (once called sci) or `sdp`."""
    ip: str
    port: int

    def __new__(cls, text: str) -> Self:
        """Read an address.

        Raises:
            InvalidError: no address, or a port outside 1 to 65535.
        """
        if isinstance(text, cls):
            return text
        found = _ADDRESS.fullmatch(text)
        if found is None:
            raise InvalidError(
                f"{text[:80]!r} is no address",
                path="address",
                value=text,
                hint="an IP address and a port, as 192.168.2.170:7789 or ipv6 [fd00::1]:7789",
            )
        family = found["v6"] or found["family"] or "ipv4"
        ip, port = found["ip"] or found["ip6"], int(found["port"])
        if not 1 <= port <= HIGHEST_PORT:
            raise InvalidError(
                f"{text!r}: the port is 1 to {HIGHEST_PORT}", path="address", value=text
            )
        if family == "sci":
            family = "ssocks"
        if found["ip"]:
            if any(part > "255" if len(part) == 3 else False for part in ip.split(".")):  # noqa: PLR2004 - digits of a byte
                raise _no_ip(text)
            written = ip if family == "ipv4" else f"{family} {ip}"
        else:
            try:
                ipaddress.IPv6Address(ip)
            except ValueError:
                raise _no_ip(text) from None
            written = f"ipv6 [{ip}]"
        self = super().__new__(cls, f"{written}:{port}")
        self.family, self.ip, self.port = family, ip, port
        return self

    def __getnewargs__(self) -> tuple[str]:
        return (str(self),)


def _no_ip(text: str) -> InvalidError:
    return InvalidError(f"{text!r} holds no IP address", path="address", value=text)


_DEVICE = re.compile(
    r"""\s*(?:
        (?P<path>"(?:[^"\\\n]|\\[^\n])*"|[a-zA-Z0-9/._-]{1,128})(?:\s+minor\s+(?P<minor>[0-9]{1,8}))?
      | minor\s+(?P<only>[0-9]{1,8})
    )\s*""",
    re.VERBOSE | re.ASCII,
)
_DRBD_DEVICE = re.compile(r"/dev/drbd(?:(?P<minor>[0-9]+)|_.+)", re.ASCII)


class Device(str):
    """DRBD's own block device: `/dev/drbd0`, `minor 10`, `/dev/drbd_mail minor 3`.

    A text that knows its parts.
    """

    __slots__ = ("minor", "path")

    minor: int
    path: str
    """The device's file; `/dev/drbd<minor>` where only the minor is given."""

    def __new__(cls, text: str) -> Self:
        """Read a device.

        Raises:
            InvalidError: not below /dev/drbd, without a minor, or with two that differ.
        """
        if isinstance(text, cls):
            return text
        found = _DEVICE.fullmatch(text)
        if found is None:
            raise _no_device(text, "is no device of DRBD")
        if found["only"]:
            minor = int(found["only"])
            self = super().__new__(cls, f"minor {minor}")
            self.minor, self.path = minor, f"/dev/drbd{minor}"
            return self
        path = found["path"].strip('"')
        if path.startswith("drbd"):
            path = f"/dev/{path}"
        known = _DRBD_DEVICE.fullmatch(path)
        if known is None:
            raise _no_device(text, "is no device of DRBD")
        implied, given = known["minor"], found["minor"]
        if implied is None and given is None:
            raise _no_device(text, "has no minor")
        if implied and given and int(implied) != int(given):
            raise _no_device(text, f"has two minors, {int(implied)} and {int(given)}")
        self = super().__new__(cls, path if given is None else f"{path} minor {int(given)}")
        self.minor, self.path = int(given or implied), path
        return self

    def __getnewargs__(self) -> tuple[str]:
        return (str(self),)


def _no_device(text: str, what: str) -> InvalidError:
    return InvalidError(
        f"{text[:80]!r} {what}",
        path="device",
        value=text,
        hint="as /dev/drbd0, minor 10, or /dev/drbd_mail minor 3",
    )


_META_DISK = re.compile(
    r"""\s*(?P<path>"(?:[^"\\\n]|\\[^\n])*"|[a-zA-Z0-9/._-]{1,128})\s*
    (?:\[\s*(?P<slot>[0-9]{1,8})\s*\])?\s*""",
    re.VERBOSE | re.ASCII,
)


class MetaDisk(str):
    """Where DRBD keeps its meta-data: `internal`, `/dev/sdc`, `/dev/sdc[0]`.

    A text that knows its parts.
    """

    __slots__ = ("path", "slot")

    path: str
    """`internal` (at the end of the disk itself) or a block device."""
    slot: int | None
    """Which slot of 128 MiB of the device; `None` where the whole device is for one."""

    def __new__(cls, text: str) -> Self:
        """Read a meta-disk.

        Raises:
            InvalidError: no path, or an index behind `internal`.
        """
        if isinstance(text, cls):
            return text
        found = _META_DISK.fullmatch(text)
        path = found["path"].strip('"') if found else ""
        if found is None or not path or (path == "internal" and found["slot"]):
            raise InvalidError(
                f"{text[:80]!r} is no meta-disk",
                path="meta-disk",
                value=text,
                hint="internal, a block device, or one with an index as /dev/sdc[0]",
            )
        slot = int(found["slot"]) if found["slot"] else None
        self = super().__new__(cls, path if slot is None else f"{path}[{slot}]")
        self.path, self.slot = path, slot
        return self

    def __getnewargs__(self) -> tuple[str]:
        return (str(self),)
