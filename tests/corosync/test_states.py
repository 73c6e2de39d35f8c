"""What the tools of a running corosync print: recorded, and as their source has it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.corosync import Cmap, DeviceVote, LinkPeer, Links, Member, Membership, Peers
from hakvm.transport import Transcript

RECORDED = {
    name: Transcript.load(Path(__file__).parent / "recorded" / f"{name}.json")
    for name in ("knet", "udpu")
}


def said(name, *argv):
    """Return all that a command was recorded to say, in order."""
    return [one.stdout.decode() for one in RECORDED[name].exchanges if one.argv == argv]


@pytest.mark.parametrize("name", RECORDED)
def test_the_recorded_membership(name):
    found = Membership.parse(said(name, "corosync-quorumtool", "-s")[0])
    assert found.quorate is True
    assert found.provider == "corosync_votequorum"
    assert (found.node_id, found.node_count, found.ring_id) == (1, 2, "1.9")
    assert found.ring == (1, 9)
    assert (found.expected_votes, found.highest_expected) == (2, 2)
    assert (found.total_votes, found.quorum, found.blocked) == (2, 1, False)
    assert found.flags == ("2Node", "Quorate", "WaitForAll")
    assert found.members == (
        Member(nodeid=1, name="node1", votes=1, local=True),
        Member(nodeid=2, name="node2", votes=1),
    )
    assert found.local.name == "node1"
    assert found.names == ("node1", "node2")
    assert found.unparsed == ()


@pytest.mark.parametrize("option", ["-s", "-sp", "-sH", "-l", "-lp", "-sa"])
def test_each_form_names_the_same_members(option):
    (text,) = said("knet", "corosync-quorumtool", option)[:1]
    found = Membership.parse(text)
    assert found.unparsed == ()
    assert [(one.nodeid, one.name, one.votes, one.local) for one in found.members] == [
        (1, "node1", 1, True),
        (2, "node2", 1, False),
    ]


BLOCKED = """\
Quorum information
------------------
Date:             Wed Aug 16 21:59:12 2017
Quorum provider:  corosync_votequorum
Nodes:            1
Node ID:          3232236202
Ring ID:          3232236202/1048
Quorate:          No

Votequorum information
----------------------
Expected votes:   2
Highest expected: 2
Total votes:      1
Quorum:           2 Activity blocked
Flags:            WaitForAll\x20

Membership information
----------------------
    Nodeid      Votes Name
3232236202          1 node1.myserver.tld (local)
"""


def test_corosync_2_without_quorum():
    found = Membership.parse(BLOCKED)
    assert found.quorate is False
    assert found.blocked is True
    assert found.quorum == 2
    assert found.ring == (3232236202, 1048)
    assert found.members == (
        Member(nodeid=3232236202, name="node1.myserver.tld", votes=1, local=True),
    )
    assert found.unparsed == ()


WITH_DEVICE = """\
Membership information
----------------------
    Nodeid      Votes    Qdevice Name
         1          1    A,V,NMW node1 (local)
         2          1  NA,NV,NMW node2
         3          1         NR node3
         0          0            Qdevice (votes 1)
"""


def test_a_quorum_device():
    found = Membership.parse(WITH_DEVICE)
    assert [one.device for one in found.members] == [
        DeviceVote(alive=True, casting=True, master_wins=False),
        DeviceVote(alive=False, casting=False, master_wins=False),
        None,
    ]
    assert found.device == Member(nodeid=0, name="Qdevice", votes=0)
    assert found.unparsed == ()


NAMELESS = """\
Membership information
----------------------
    Nodeid      Votes Name
 174260225          1  (local)
 174260226          1\x20
"""


def test_nodes_without_names_as_the_howto_has_them():
    found = Membership.parse(NAMELESS)
    assert found.members == (
        Member(nodeid=174260225, name="", votes=1, local=True),
        Member(nodeid=174260226, name="", votes=1),
    )
    assert found.unparsed == ()


def test_a_table_without_votes():
    found = Membership.parse("    Nodeid Name\n         1 12 (local)\n         2 b\n")
    assert found.members == (
        Member(nodeid=1, name="12", local=True),
        Member(nodeid=2, name="b"),
    )


def test_a_ring_in_hexadecimal_digits():
    assert Membership.parse("Ring ID:          2.4a46b\n").ring == (2, 0x4A46B)


def test_what_is_not_understood_is_kept():
    found = Membership.parse("Quorate:          Perhaps\nMood:  good\n" + BLOCKED)
    assert found.unparsed == ("Quorate:          Perhaps", "Mood:  good")
    assert found.node_count == 1
    assert Membership.parse("Flags:  2Node NewFlag\n").flags == ("2Node", "NewFlag")


def test_links_of_knet_while_they_are_cut_one_after_the_other():
    before, one_cut, both_cut = (
        Links.parse(text) for text in said("knet", "corosync-cfgtool", "-s")
    )
    assert before.transport == "knet"
    assert [(link.number, link.address) for link in before.links] == [
        (0, "10.99.0.1"),
        (1, "10.99.1.1"),
    ]
    assert before.links[0].protocol == "udp"
    assert before.links[0].peers == (
        LinkPeer(nodeid=1, state="localhost"),
        LinkPeer(nodeid=2, state="connected", connected=True),
    )
    assert before.faulty == ()
    assert [link.number for link in one_cut.faulty] == [1]
    assert [link.number for link in both_cut.faulty] == [0, 1]
    assert before.unparsed == one_cut.unparsed == both_cut.unparsed == ()


def test_the_brief_form_says_the_same():
    before, one_cut = (Links.parse(text) for text in said("knet", "corosync-cfgtool", "-sb"))
    assert before.faulty == ()
    assert [link.number for link in one_cut.faulty] == [1]
    assert one_cut.links[1].peers[1] == LinkPeer(place=1, state="1", enabled=True, connected=False)


def test_links_of_udpu():
    found = Links.parse(said("udpu", "corosync-cfgtool", "-s")[0])
    assert found.transport == "udpu"
    assert len(found.links) == 1
    assert found.faulty == ()
    assert found.unparsed == ()


RINGS = """\
Printing ring status.
Local node ID 3232236202
RING ID 0
\tid\t= 192.168.2.170
\tstatus\t= ring 0 active with no faults
RING ID 1
\tid\t= 10.0.0.1
\tstatus\t= Marking ringid 1 interface 10.0.0.1 FAULTY
RING ID 2
\tid\t= 10.0.1.1
\tstatus\t= Incrementing problem counter for seqid 4 iface 10.0.1.1 to [1 of 10]
"""


def test_rings_of_corosync_2():
    found = Links.parse(RINGS)
    assert found.node_id == 3232236202
    assert found.transport is None
    assert [link.address for link in found.links] == ["192.168.2.170", "10.0.0.1", "10.0.1.1"]
    assert [link.faulty for link in found.links] == [False, True, None]
    assert found.unparsed == ()


LINKS_30 = """\
Printing link status.
Local node ID 1
LINK ID 0
\taddr\t= 10.99.0.1
\tstatus:
\t\tnode 0:\tlink enabled:1\tlink connected:1
\t\tnode 1:\tlink enabled:1\tlink connected:0
"""


def test_links_of_corosync_30():
    found = Links.parse(LINKS_30)
    assert found.links[0].peers[1] == LinkPeer(place=1, state="1", enabled=True, connected=False)
    assert found.links[0].faulty is True
    assert found.unparsed == ()


def test_peers_while_the_links_are_cut():
    before, one_cut, both_cut = (
        Peers.parse(text) for text in said("knet", "corosync-cfgtool", "-n")
    )
    (peer,) = before.peers
    assert peer.nodeid == 2
    assert [(one.source, one.destination, one.mtu) for one in peer.links] == [
        ("10.99.0.1", "10.99.0.2", 1397),
        ("10.99.1.1", "10.99.1.2", 1397),
    ]
    assert [one.connected for one in one_cut.peers[0].links] == [True, False]
    assert all(one.enabled for one in one_cut.peers[0].links)
    assert both_cut.peers == ()
    assert before.unparsed == one_cut.unparsed == both_cut.unparsed == ()


def test_peers_as_the_manual_page_shows_them():
    found = Peers.parse(
        "Local node ID 1, transport knet\n"
        "nodeid: 2 reachable remote   onwire (min/max/cur): 0, 1, 1\n"
        "   LINK: 0 (192.168.1.101->192.168.1.102)  enabled connected mtu: 1397\n"
        "   LINK: 1 (192.168.4.1->192.168.4.2)  enabled mtu: 469\n"
        "   LINK: later\n"
    )
    assert found.peers[0].onwire == (0, 1, 1)
    assert found.peers[0].remote is True
    assert found.unparsed == ("   LINK: later",)
    assert [(one.source, one.mtu) for one in found.peers[0].links] == [
        ("192.168.1.101", 1397),
        ("192.168.4.1", 469),
    ]


def test_peers_of_udpu():
    (peer,) = Peers.parse(said("udpu", "corosync-cfgtool", "-n")[0]).peers
    assert peer.links[0].source == "10.99.0.2"
    assert peer.links[0].connected is True


def test_the_map():
    found = Cmap.parse(said("knet", "corosync-cmapctl")[0])
    assert found["totem.cluster_name"] == "cn"
    assert found["quorum.two_node"] == 1
    assert found["resources.system.load_15min.current"] == 0.0
    assert found.token == 3000
    assert found.members[2].status == "joined"
    assert found.members[2].addresses == {0: "10.99.0.2", 1: "10.99.1.2"}
    assert found.under("nodelist.node.1")["name"] == "node2"
    assert found.get("totem.nothing") is None
    assert "totem.version" in found
    assert len(found) == len(list(found))
    assert found.unparsed == ()


def test_the_map_keeps_what_it_does_not_understand():
    found = Cmap.parse(
        "a.b (str) = \na.c (bin)\na.d (u8) = x\na.e (odd) = 1\nhello\na.f (flt) = nan?\n"
    )
    assert dict(found.values) == {"a.b": "", "a.c": None}
    assert len(found.unparsed) == 4


def test_the_key_in_the_map_does_not_show():
    found = Cmap.parse("totem.key (str) = sesame\n")
    assert found["totem.key"] == "sesame"
    assert "sesame" not in repr(found)


LINES = st.sampled_from(
    [
        line
        for text in (
            *(BLOCKED, WITH_DEVICE, RINGS, LINKS_30),
            *(one.stdout.decode() for one in RECORDED["knet"].exchanges),
        )
        for line in text.splitlines()
    ]
)


@given(
    st.text() | st.lists(LINES).map("\n".join), st.sampled_from([Membership, Links, Peers, Cmap])
)
def test_a_state_is_read_of_anything(text, kind):
    found = kind.parse(text)
    hash(found)
    # Nothing is lost: each line is understood, or stands in unparsed.
    assert all(line in text for line in found.unparsed)
