"""The book of the rules over a corosync.conf, and the samples that hold them."""

from hakvm.corosync._config import Config
from hakvm.errors import InvalidError
from hakvm.findings import RuleBook

__all__ = ["GOOD", "GOOD_V2", "RULES", "good", "good_v2", "instead"]

RULES: RuleBook[Config] = RuleBook()

#: A configuration for corosync 3 that breaks no rule.
GOOD = """\
totem {
    version: 2
    cluster_name: kvm-ha
    transport: knet
    crypto_cipher: aes256
    crypto_hash: sha256
}
nodelist {
    node {
        name: node1
        nodeid: 1
        ring0_addr: 192.168.2.170
        ring1_addr: 10.0.0.1
    }
    node {
        name: node2
        nodeid: 2
        ring0_addr: 192.168.2.171
        ring1_addr: 10.0.0.2
    }
}
quorum {
    provider: corosync_votequorum
    two_node: 1
}
logging {
    to_logfile: yes
    logfile: /var/log/corosync/corosync.log
}
"""

#: The same for corosync 2: udpu has one ring, so that this one breaks the rule of two links.
GOOD_V2 = (
    GOOD.replace("    transport: knet\n", "    transport: udpu\n    rrp_mode: none\n")
    .replace("        ring1_addr: 10.0.0.1\n", "")
    .replace("        ring1_addr: 10.0.0.2\n", "")
)


def good() -> Config:
    """Return a configuration that breaks no rule."""
    return Config.parse(GOOD)


def good_v2() -> Config:
    """Return one for corosync 2 with one ring."""
    return Config.parse(GOOD_V2)


def instead(*changes: tuple[str, str], text: str = GOOD) -> Config:
    """Return the good configuration with texts replaced by others.

    Raises:
        InvalidError: such a text does not stand in it, so that the sample would prove nothing.
    """
    for old, new in changes:
        if old not in text:
            raise InvalidError(f"{old!r} does not stand in the sample", path="changes")
        text = text.replace(old, new)
    return Config.parse(text)
