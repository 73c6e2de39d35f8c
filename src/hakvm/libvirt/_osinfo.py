"""libosinfo's short names of operating systems, and their addresses.

The rules follow osinfo-db's own naming (`osinfo-query os`).
"""

import re

__all__ = ["osinfo_id"]

_FAMILIES = {
    "debian": "http://debian.org/debian/",
    "ubuntu": "http://ubuntu.com/ubuntu/",
    "fedora": "http://fedoraproject.org/fedora/",
    "centos": "http://centos.org/centos/",
    "centos-stream": "http://centos.org/centos-stream/",
    "rhel": "http://redhat.com/rhel/",
    "rocky": "http://rockylinux.org/rocky/",
    "almalinux": "http://almalinux.org/almalinux/",
    "opensuse": "http://opensuse.org/opensuse/",
    "freebsd": "http://freebsd.org/freebsd/",
    "alpinelinux": "http://alpinelinux.org/alpinelinux/",
    "win": "http://microsoft.com/win/",
}
_SHORT = re.compile(r"([a-z][a-z-]*?)-?([0-9][0-9.]*|testing)", re.ASCII)


def osinfo_id(short: str) -> str | None:
    """Return the address of a short name: `debian9` is http://debian.org/debian/9.

    None where the family is not known: the guest is then made without it.
    """
    found = _SHORT.fullmatch(short)
    family = _FAMILIES.get(found[1]) if found else None
    return f"{family}{found[2]}" if found and family else None
