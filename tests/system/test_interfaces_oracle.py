"""interfaces(5) held against ifupdown's own reader."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakvm.errors import ParseError
from hakvm.strategies import interfaces_files
from hakvm.system import Bridge, Interfaces

# script/bootstrap unpacks it beside the environment that runs these tests.
UNPACKED = Path(sys.prefix) / "oracles" / "ifupdown"
PLACES = (UNPACKED / "usr" / "sbin" / "ifquery", UNPACKED / "sbin" / "ifquery")
IFQUERY = next(
    (str(one) for one in PLACES if one.exists()), shutil.which("ifquery") or str(PLACES[1])
)

pytestmark = pytest.mark.oracle(IFQUERY)


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """Ask ifquery about a text: whether it reads it, and what it says."""
    folder = tmp_path_factory.mktemp("interfaces")

    def ask(text):
        file = folder / "interfaces"
        file.write_bytes(text.encode())
        command = [IFQUERY, "-i", str(file), "--state-dir", str(folder), "--list"]
        done = subprocess.run(command, capture_output=True, timeout=20, check=False)
        return done.returncode == 0, done.stderr.decode(errors="replace")

    return ask


def parsed(text):
    try:
        return Interfaces.parse(text)
    except ParseError:
        return None


# Of the whole, and no matter of the text: an interface that is named and nowhere configured.
ELSEWHERE = ("unknown interface", "unknown iface to inherit from")

LINES = [
    "auto eth0",
    "iface eth0 inet manual",
    "iface br0 inet static",
    "address 192.168.2.170",
    "netmask 255.255.255.0",
    "gateway 192.168.2.254",
    "bridge_ports eth0",
    *("iface eth1 inet dhcp", "iface eth2 inet6 auto", " up true", " mtu 9000", " mtu 1500"),
    *("mapping eth3", " script /x", " map a b", "# c \\", "", "\\", " address \\", "  1.1.1.1"),
    *("iface", "iface a", "iface a inet", "iface a inet static b", "iface a inet bogus"),
    *("iface a bogus static", "auto", "auto lo", "allow-x y", "rename a=b", "no-scripts eth0"),
    *("x", "x y", "iface b inet static inherits br0", "\t\t# x", "iface c inherits"),
]


@settings(max_examples=150)
@given(lines=st.lists(st.sampled_from(LINES), max_size=8))
def test_a_file_is_refused_where_ifup_refuses_it(judge, lines):
    text = "\n".join(lines)
    taken, said = judge(text)
    if not taken and any(one in said for one in ELSEWHERE):
        return
    assert (parsed(text) is not None) == taken, said


@settings(max_examples=60)
@given(file=interfaces_files())
def test_what_is_written_ifup_reads(judge, file):
    taken, said = judge(file.render())
    assert taken or any(one in said for one in ELSEWHERE), said


def test_the_bridge_is_read(judge):
    bridge = Bridge(name="br0", ports="eth0", address="192.168.2.170/24", gateway="192.168.2.254")
    assert judge(bridge.interfaces().render()) == (True, "")
