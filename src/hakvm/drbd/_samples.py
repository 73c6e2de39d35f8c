"""The sample that every rule of DRBD varies: it breaks none."""

from collections.abc import Callable

from hakvm.drbd._config import Config

__all__ = ["sample"]

_GOOD = """
resource r0 {{
    net {{ protocol C; fencing resource-and-stonith; cram-hmac-alg sha256; shared-secret s; {net} }}
    options {{ {options} }}
    handlers {{ {handlers} }}
    device /dev/drbd0;
    disk {disk};
    meta-disk internal;
    on node1 {{ address 192.168.2.170:{port}; }}
    on node2 {{ {second} }}
}}
"""
_HANDLERS = (
    'fence-peer "/usr/lib/drbd/crm-fence-peer.9.sh";'
    ' unfence-peer "/usr/lib/drbd/crm-unfence-peer.9.sh";'
)


def sample(
    *,
    net: str = "",
    options: str = "",
    handlers: str = _HANDLERS,
    disk: str = "/dev/disk/by-id/ata-1",
    second: str = "address 192.168.2.171:7789;",
    replace: tuple[str, str] = ("", ""),
) -> Callable[[], Config]:
    """Return what makes the good sample, with the one thing changed."""
    text = _GOOD.format(
        net=net, options=options, handlers=handlers, disk=disk, port=7789, second=second
    )
    return lambda: Config.parse(text.replace(*replace) if replace[0] else text)
