"""What a host, an interface and a line in a file may be called."""

import ipaddress
import re

from hakvm.errors import InvalidError

__all__ = ["check_address", "check_host", "check_interface", "check_line", "is_address"]

_HOST = re.compile(r"(?=.{1,253}\Z)(?:(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!\Z)|\Z))+")
_NUMERIC = re.compile(r"[0-9.]+")
# The kernel's IFNAMSIZ less the NUL. The kernel takes more characters, but these names stand in
# files that shells read; a colon begins an alias.
_INTERFACE = re.compile(r"[A-Za-z0-9._@-]{1,15}(?::[A-Za-z0-9]{1,8})?")
_BREAK = re.compile(r"[\0\n\r]")


def is_address(text: str) -> bool:
    """Whether `text` is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def check_address(text: str, path: str) -> None:
    """Refuse what is no IP address."""
    if not is_address(text):
        raise InvalidError(f"{text!r} is no IP address", path=path, value=text)


def check_host(text: str, path: str) -> None:
    """Refuse what is no host's name: letters, digits, hyphens, dots between them."""
    if not _HOST.fullmatch(text) or _NUMERIC.fullmatch(text):
        raise InvalidError(
            f"{text!r} is no host's name",
            path=path,
            value=text,
            hint="letters, digits and hyphens, with dots between the parts",
        )


def check_interface(text: str, path: str) -> None:
    """Refuse what the kernel takes for no name of a network interface."""
    if not _INTERFACE.fullmatch(text) or text in {".", ".."}:
        raise InvalidError(
            f"{text!r} is no name of a network interface",
            path=path,
            value=text,
            hint="at most 15 letters, digits and . _ - @",
        )


def check_line(text: str, path: str) -> None:
    """Refuse what would not stay on one line."""
    if found := _BREAK.search(text):
        raise InvalidError(f"{found[0]!r} in {text[:40]!r}", path=path, value=text)
