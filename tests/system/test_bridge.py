"""A bridge in the words of ifupdown, systemd-networkd and netplan; files in systemd's syntax."""

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hakvm.errors import HakvmError, InvalidError, ParseError
from hakvm.strategies import network_units
from hakvm.system import Bridge, NetworkUnit, UnitSection

BR0 = Bridge(
    name="br0",
    ports="eth0",
    address="192.168.2.170/24",
    gateway="192.168.2.254",
    nameservers="8.8.8.8",
)


def test_for_ifupdown():
    file = BR0.interfaces()
    assert file.iface("br0").bridge_ports == ("eth0",)
    assert file.iface("eth0").method == "manual"
    assert file.auto == {"br0", "eth0"}
    assert file.check() == ()


def test_for_networkd():
    files = {path: unit.render() for path, unit in BR0.networkd().items()}
    assert files == {
        "/etc/systemd/network/10-br0.netdev": (
            "[NetDev]\nName=br0\nKind=bridge\n\n[Bridge]\nSTP=no\n"
        ),
        "/etc/systemd/network/10-br0-eth0.network": (
            "[Match]\nName=eth0\n\n[Network]\nLinkLocalAddressing=no\nBridge=br0\n"
        ),
        "/etc/systemd/network/20-br0.network": (
            "[Match]\nName=br0\n\n[Network]\nAddress=192.168.2.170/24\n"
            "Gateway=192.168.2.254\nDNS=8.8.8.8\n"
        ),
    }
    assert all(NetworkUnit.parse(text).render() == text for text in files.values())


# netplan 0.106's own generator makes of this the files above, in its own order.
NETPLAN = """\
network:
  version: 2
  ethernets:
    "eth0":
      dhcp4: false
      dhcp6: false
  bridges:
    "br0":
      interfaces: ["eth0"]
      addresses: ["192.168.2.170/24"]
      routes:
        - to: "default"
          via: "192.168.2.254"
      nameservers:
        addresses: ["8.8.8.8"]
      parameters:
        stp: false
"""


def test_for_netplan():
    assert BR0.netplan() == {"/etc/netplan/60-br0.yaml": NETPLAN}


def test_without_an_address_and_with_several_ports():
    bridge = Bridge(name="br1", ports=("eth1", "eth2"), stp=True)
    assert len(bridge.networkd()) == 4
    assert (
        "LinkLocalAddressing=no"
        in bridge.networkd()["/etc/systemd/network/20-br1.network"].render()
    )
    assert "STP=yes" in bridge.networkd()["/etc/systemd/network/10-br1.netdev"].render()
    (text,) = bridge.netplan().values()
    assert 'interfaces: ["eth1", "eth2"]' in text
    assert "stp: true" in text
    assert bridge.interfaces().iface("br1").method == "manual"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "br0 x"},
        {"name": "br0\n"},
        {"ports": "eth0 br0"},
        {"ports": ("eth0\n[Network]",)},
        {"address": "192.168.2.170"},
        {"address": "nowhere/24"},
        {"gateway": "10.0.0.1"},
        {"address": None},
        {"nameservers": "8.8.8"},
    ],
)
def test_a_bridge_that_could_not_work_is_refused(changes):
    with pytest.raises(InvalidError):
        attrs.evolve(BR0, **changes)


UNIT = """\
# made by hand

[Match]
Name=eth0
; and so is this
[Network]
  DHCP = no
Address=10.0.0.1/24
Address=10.0.0.2/24
Description=a \\
# in between
  b
"""


def test_what_is_read_is_written_as_it_stood():
    unit = NetworkUnit.parse(UNIT)
    assert unit.render() == UNIT
    assert unit.section("Network").options == (
        ("DHCP", "no"),
        ("Address", "10.0.0.1/24"),
        ("Address", "10.0.0.2/24"),
        ("Description", "a    b"),
    )
    assert unit.section("Network").get("Address") == "10.0.0.2/24"
    assert unit.section("Route") is None


def test_one_option_changes_its_lines_alone():
    unit = NetworkUnit.parse(UNIT)
    assert unit.with_option("Network", "DHCP", "yes").render() == UNIT.replace(
        "  DHCP = no\n", "DHCP=yes\n"
    )
    assert unit.with_option("Network", "Address", "10.0.0.9/24").render() == UNIT.replace(
        "Address=10.0.0.1/24\nAddress=10.0.0.2/24\n", "Address=10.0.0.9/24\n"
    )
    assert unit.with_option("Link", "MTUBytes", "9000").render() == (
        UNIT + "\n[Link]\nMTUBytes=9000\n"
    )


@given(network_units())
def test_what_is_written_is_read_again(unit):
    assert NetworkUnit.parse(unit.render()) == unit


@given(network_units(), network_units())
def test_any_change_to_what_was_read_is_written(old, new):
    parsed = NetworkUnit.parse(old.render())
    sections = [
        attrs.evolve(fresh, lines=there.lines)
        for fresh, there in zip(new.sections, parsed.sections, strict=False)
    ]
    woven = attrs.evolve(parsed, sections=sections)
    assert NetworkUnit.parse(woven.render()) == woven


@given(
    st.text()
    | st.lists(st.sampled_from([*UNIT.split("\n"), "[", "]", "x", "=", "\\", "[a]b"])).map(
        "\n".join
    )
)
@example("\\\n[Match]")
def test_only_errors_of_ours_leave_the_parser(text):
    try:
        unit = NetworkUnit.parse(text)
    except ParseError as error:
        if not str(error):
            raise
    else:
        assert unit.render() == text


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("Name=eth0\n", 1, "outside of a section"),
        ("[Match]\nName\n", 2, "no option"),
        ("[Match]\n# \0\n", 2, "NUL"),
        ("[]\n", None, "no section"),
        ("[Match]\nA b=c\n", None, "no option"),
    ],
)
def test_what_systemd_passes_over_is_refused(text, line, said):
    with pytest.raises(ParseError, match=said) as caught:
        NetworkUnit.parse(text, source="x.network")
    assert caught.value.line == line
    assert str(caught.value).startswith("x.network")


@pytest.mark.parametrize(
    "make",
    [
        lambda: UnitSection(name="a]"),
        lambda: UnitSection(name="Match", options=[("Na me", "x")]),
        lambda: UnitSection(name="Match", options=[("Name", "x\n[Network]")]),
        lambda: UnitSection(name="Match", options=[("Name", "x\\")]),
    ],
)
def test_a_value_that_cannot_stand_there_is_refused(make):
    with pytest.raises(InvalidError):
        make()


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(HakvmError, match="absent"):
        NetworkUnit.load(tmp_path / "absent")
    (tmp_path / "x.network").write_text(UNIT)
    assert NetworkUnit.load(tmp_path / "x.network").render() == UNIT
