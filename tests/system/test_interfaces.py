"""interfaces(5): a bridge, and all else as it stood."""

import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.errors import HakvmError, InvalidError, ParseError
from hakvm.strategies import interfaces_files
from hakvm.system import Auto, Iface, Interfaces, MappingStanza, Source

HOWTO = """\
# Auf Node1

auto eth0
iface eth0 inet manual

iface br0 inet static
address 192.168.2.170
network 192.168.2.0
netmask 255.255.255.0
broadcast 192.168.2.255
gateway 192.168.2.254
dns-nameservers 8.8.8.8
bridge_ports eth0
bridge_stp off
auto br0
"""
DEBIAN = """\
# This file describes the network interfaces available on your system

source /etc/network/interfaces.d/*
source-directory interfaces.d

# The loopback network interface
auto lo
iface lo inet loopback

mapping eth*
\tscript /bin/map
\tmap a b
\tmap c d

# The primary network interface
allow-hotplug ens3
iface ens3 inet static
\taddress 192.168.2.170/24
\t# the way out
\tgateway 192.168.2.254
\tdns-nameservers \\
    8.8.8.8
\tup   ip route add 10.0.0.0/8 via 192.168.2.1
\tup   true
iface ens3 inet6 auto
rename mac/52:54:00:00:00:01=lan0
no-scripts wlan0
iface vpn inherits ens3
# the end"""


def test_the_howtos_file_is_read():
    file = Interfaces.parse(HOWTO)
    bridge = file.iface("br0")
    assert bridge.bridge_ports == ("eth0",)
    assert bridge.address == "192.168.2.170"
    assert bridge.get("bridge-stp") == "off"
    assert file.iface("eth0").method == "manual"
    assert file.auto == {"eth0", "br0"}
    assert file.render() == HOWTO
    assert file.check() == ()


def test_the_howtos_bridge_is_made():
    bridge = Iface.bridge(
        "br0",
        ports="eth0",
        address="192.168.2.170/24",
        gateway="192.168.2.254",
        nameservers="8.8.8.8",
    )
    howto = dict(Interfaces.parse(HOWTO).iface("br0").options)
    # The network and broadcast addresses follow from the netmask (interfaces(5)).
    del howto["network"], howto["broadcast"]
    assert dict(bridge.options) == howto
    made = Interfaces(
        stanzas=[Auto(names="eth0"), Iface(name="eth0", method="manual"), Auto(names="br0"), bridge]
    )
    assert Interfaces.parse(made.render()) == made
    assert made.check() == ()


def test_what_is_read_is_written_as_it_stood():
    assert Interfaces.parse(DEBIAN).render() == DEBIAN
    assert Interfaces.parse("").render() == ""
    assert Interfaces.parse(DEBIAN).stanzas[0] == Source(pattern="/etc/network/interfaces.d/*")


def test_a_bridge_takes_the_address_over():
    file = Interfaces.parse(DEBIAN).bridged("ens3", "br0")
    assert file.render() == DEBIAN.replace(
        "iface ens3 inet static\n", "iface ens3 inet manual\n\nauto br0\niface br0 inet static\n"
    ).replace("\tup   true\n", "\tup   true\n\tbridge_ports ens3\n\tbridge_stp off\n")
    assert Interfaces.parse(file.render()) == file
    assert file.bridged("ens3", "br0") is file
    assert file.check() == ()


def test_one_option_changes_one_line():
    file = Interfaces.parse(DEBIAN)
    old = file.iface("ens3")
    changed = file.replaced(old, old.with_option("gateway", "192.168.2.1"))
    assert changed.render() == DEBIAN.replace("gateway 192.168.2.254", "gateway 192.168.2.1")
    gone = file.replaced(old, old.with_option("dns_nameservers", None))
    assert gone.render() == DEBIAN.replace("\tdns-nameservers \\\n    8.8.8.8\n", "")
    more = file.replaced(old, old.with_option("mtu", "9000"))
    assert more.render() == DEBIAN.replace("\tup   true\n", "\tup   true\n\tmtu 9000\n")


def test_a_stanza_is_added_behind_a_line_that_does_not_end():
    file = Interfaces.parse("auto lo\niface lo inet loopback").added(Auto(names="br0"))
    assert Interfaces.parse(file.render()) == file


@given(interfaces_files())
def test_what_is_written_is_read_again(file):
    text = file.render()
    assert Interfaces.parse(text) == file
    assert Interfaces.parse(text).render() == text
    assert pickle.loads(pickle.dumps(file)) == file


@given(interfaces_files(), interfaces_files())
def test_any_change_to_what_was_read_is_written(old, new):
    parsed = Interfaces.parse(old.render())
    stanzas = [
        attrs.evolve(fresh, layout=there.layout) if type(fresh) is type(there) else fresh
        for fresh, there in zip(new.stanzas, parsed.stanzas, strict=False)
    ]
    woven = attrs.evolve(parsed, stanzas=stanzas)
    assert Interfaces.parse(woven.render()) == woven


@given(
    st.text()
    | st.lists(st.sampled_from([*DEBIAN.split("\n"), "iface", "x", "x y", "\\", "auto"])).map(
        "\n".join
    )
)
def test_only_errors_of_ours_leave_the_parser(text):
    try:
        file = Interfaces.parse(text)
    except ParseError as error:
        if not error.line:
            raise
    else:
        assert file.render() == text
        file.check()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("address 10.0.0.1\n", 1, "outside of a stanza"),
        ("auto lo\n  mtu 1500\n", 2, "outside of a stanza"),
        ("iface br0\n", 1, "needs a family and a method"),
        ("iface br0 inet\n", 1, "needs a family and a method"),
        ("iface br0 inet bogus\n", 1, "inet has no method 'bogus'"),
        ("iface br0 bogus static\n", 1, "'bogus' is no address family"),
        ("mapping eth0\n  mtu 1\n", 1, "a mapping has no option"),
        ("source\n", 1, "needs a name"),
        ("iface br0 inet static\n  address\n", 2, "lacks its value"),
        ("iface br0 inherits\n", 1, "inherits needs a name"),
        ("# \0", 1, "NUL"),
    ],
)
def test_what_ifup_refuses_is_named_with_its_line(text, line, said):
    with pytest.raises(ParseError, match=said) as caught:
        Interfaces.parse(text, source="interfaces")
    assert caught.value.line == line


@pytest.mark.parametrize(
    "make",
    [
        lambda: Iface.bridge("br0 x", ports="eth0"),
        lambda: Iface.bridge("br0", ports="eth0; reboot"),
        lambda: Iface.bridge("br0", ports="a-name-that-is-far-too-long"),
        lambda: Iface.bridge("br0", ports="eth0", address="192.168.2.170"),
        lambda: Iface.bridge("br0", ports="eth0", address="192.168.2.999/24"),
        lambda: Iface.bridge("br0", ports="eth0", address="10.0.0.1/24", gateway="10.0.1.1"),
        lambda: Iface.bridge("br0", ports="eth0", nameservers="nobody"),
        lambda: Iface(name="br0\nauto x"),
        lambda: Iface(name="br0", options=[("address", "10.0.0.1\nup reboot")]),
        lambda: Iface(name="br0", options=[("address", "10.0.0.1 \\")]),
        lambda: Iface(name="br0", options=[("auto", "x")]),
        lambda: Iface(name="br0", method="dchp"),
        lambda: MappingStanza(names="eth0", options=[("mtu", "1")]),
        lambda: Iface(name="br0", family="", method=""),
        lambda: Auto(names="a\\"),
        lambda: Source(pattern="/etc/x\n/etc/y"),
        lambda: Interfaces(stanzas=["auto lo"]),
        lambda: Interfaces.parse(HOWTO).bridged("eth9", "br9"),
        lambda: Interfaces.parse(HOWTO).bridged("eth9", "br0"),
        lambda: Interfaces.parse(HOWTO).replaced(Auto(names="x")),
    ],
)
def test_a_value_that_cannot_stand_there_is_refused(make):
    with pytest.raises(InvalidError):
        make()


def test_a_bridge_over_ipv6():
    bridge = Iface.bridge("br0", ports=("eth0", "eth1"), address="fd00::1/64", gateway="fd00::2")
    assert bridge.family == "inet6"
    assert bridge.bridge_ports == ("eth0", "eth1")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(HakvmError, match="absent"):
        Interfaces.load(tmp_path / "absent")
    (tmp_path / "interfaces").write_text(DEBIAN)
    assert Interfaces.load(tmp_path / "interfaces").render() == DEBIAN
