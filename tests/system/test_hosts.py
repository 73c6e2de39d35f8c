"""The hosts file: hakvm's own block, and all else as it stood."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.errors import HakvmError, InvalidError, ParseError
from hakvm.strategies import host_entries, hosts_files
from hakvm.system import HostEntry, Hosts

DEBIAN = """\
127.0.0.1\tlocalhost
127.0.1.1\tnode1.myserver.tld\tnode1   # by the installer

# The following lines are desirable for IPv6 capable hosts
::1     localhost ip6-localhost ip6-loopback
garbage
"""
HOWTO = """\
# Hosts File
192.168.2.170 node1.myserver.tld node1
192.168.2.171 node2.myserver.tld node2
"""
NODES = (
    HostEntry(address="192.168.2.170", names=("node1.myserver.tld", "node1")),
    HostEntry(address="192.168.2.171", names=("node2.myserver.tld", "node2")),
)


def test_the_howtos_file_is_read():
    hosts = Hosts.parse(HOWTO)
    assert hosts.entries == NODES
    assert hosts.addresses("NODE1") == ("192.168.2.170",)
    assert hosts.render() == HOWTO


def test_what_is_read_is_written_as_it_stood():
    hosts = Hosts.parse(DEBIAN)
    assert hosts.render() == DEBIAN
    assert hosts.entries[1].comment == "by the installer"
    assert Hosts.parse(DEBIAN[:-1]).render() == DEBIAN[:-1]
    assert Hosts.parse("").render() == ""


def test_a_block_is_put_in_replaced_and_taken_out():
    hosts = Hosts.parse(DEBIAN).with_managed(NODES)
    assert hosts.render().startswith(DEBIAN)
    assert hosts.managed == NODES
    assert Hosts.parse(hosts.render()) == hosts
    changed = Hosts.parse(hosts.render() + "10.0.0.9 later\n").with_managed(NODES[:1])
    assert changed.managed == NODES[:1]
    assert changed.render().startswith(DEBIAN)
    assert changed.render().endswith("# END hakvm\n10.0.0.9 later\n")
    assert changed.with_managed(NODES[:1]).render() == changed.render()
    assert Hosts.parse(DEBIAN).managed is None
    assert changed.without_managed().managed is None
    assert "node2" not in changed.without_managed().render()


def test_the_installers_line_is_found_and_mended():
    hosts = Hosts.parse(DEBIAN)
    assert [one.rule for one in hosts.check()] == [
        "system.host-on-loopback",
        "system.host-on-loopback",
        "system.hosts-odd-line",
    ]


@given(hosts_files())
def test_what_is_written_is_read_again(hosts):
    text = hosts.render()
    assert Hosts.parse(text) == hosts
    assert Hosts.parse(text).render() == text
    assert pickle.loads(pickle.dumps(hosts)) == hosts


@given(hosts_files(), st.lists(host_entries(), max_size=3))
def test_the_rest_stays_whatever_the_block_holds(hosts, entries):
    outside = hosts.without_managed().lines
    changed = hosts.with_managed(entries)
    kept = [line for line in changed.without_managed().lines if line != ""]
    assert kept == [line for line in outside if line != ""]
    assert changed.managed == tuple(entries)


@given(
    st.text()
    | st.lists(st.sampled_from([*DEBIAN.split("\n"), "# BEGIN hakvm", "# END hakvm"])).map(
        "\n".join
    )
)
def test_only_errors_of_ours_leave_the_parser(text):
    try:
        hosts = Hosts.parse(text)
    except ParseError as error:
        if not error.line:
            raise
    else:
        assert hosts.render() == text
        hosts.check()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# BEGIN hakvm\n", 1),
        ("\n# END hakvm\n", 2),
        ("# BEGIN hakvm\n# BEGIN hakvm\n# END hakvm\n", 2),
        ("# BEGIN hakvm\n# END hakvm\n# BEGIN hakvm\n# END hakvm\n", 3),
        ("a\0b", 1),
    ],
)
def test_an_odd_block_is_refused(text, line):
    with pytest.raises(ParseError) as caught:
        Hosts.parse(text, source="/etc/hosts")
    assert caught.value.line == line
    assert str(caught.value).startswith(f"/etc/hosts:{line}:")


@pytest.mark.parametrize(
    "make",
    [
        lambda: HostEntry(address="192.168.2.999", names="node1"),
        lambda: HostEntry(address="192.168.2.1", names=()),
        lambda: HostEntry(address="192.168.2.1", names="node1\n10.0.0.1"),
        lambda: HostEntry(address="192.168.2.1", names="node 1"),
        lambda: HostEntry(address="192.168.2.1", names="node1 # x"),
        lambda: HostEntry(address="192.168.2.1", names="10.0.0.1"),
        lambda: HostEntry(address="192.168.2.1", names="node1", comment="a\nb"),
        lambda: Hosts(lines=["a\nb"]),
        lambda: Hosts(lines=["10.0.0.1 node1"]),
        lambda: Hosts(lines=["# END hakvm"]),
    ],
)
def test_a_value_that_cannot_stand_there_is_refused(make):
    with pytest.raises(InvalidError):
        make()


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(HakvmError, match="absent"):
        Hosts.load(tmp_path / "absent")
    (tmp_path / "hosts").write_text(DEBIAN)
    assert Hosts.load(tmp_path / "hosts").render() == DEBIAN
