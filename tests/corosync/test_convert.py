"""From corosync 2 to 3 and back, and what cannot come along."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.corosync import Config, Interface, Node, Outcome, Release, RingMember, Totem
from hakvm.errors import ReleaseError
from hakvm.findings import Severity
from hakvm.strategies import corosync_configs, corosync_two_node_configs

HOWTO = """\
totem {
    version: 2
    # as measured
    token: 3000
    clear_node_high_bit: yes
    crypto_cipher: none
    crypto_hash: none
    transport: udpu
    interface {
        ringnumber: 0
        bindnetaddr: 192.168.2.0
    }
}
quorum {
    provider: corosync_votequorum
    two_node: 1
}
nodelist {
    node {
        ring0_addr: 192.168.2.170
    }
    node {
        ring0_addr: 192.168.2.171
    }
}
"""


def notes(done):
    return {note.path: note.outcome for note in done.notes}


def test_the_howtos_file_becomes_one_for_corosync_3():
    done = Config.parse(HOWTO).convert(Release.V3)
    assert done.config.render() == HOWTO.replace("    clear_node_high_bit: yes\n", "").replace(
        "udpu", "knet"
    ).replace(
        "    interface {\n        ringnumber: 0\n        bindnetaddr: 192.168.2.0\n    }\n", ""
    ).replace("192.168.2.170\n", "192.168.2.170\n        nodeid: 1\n").replace(
        "192.168.2.171\n", "192.168.2.171\n        nodeid: 2\n"
    )
    assert notes(done) == {
        "totem.transport": Outcome.CHANGED,
        "totem.clear_node_high_bit": Outcome.CHANGED,
        "totem.interface[0].bindnetaddr": Outcome.CHANGED,
        "nodelist.node[0].nodeid": Outcome.CHANGED,
        "nodelist.node[1].nodeid": Outcome.CHANGED,
        "nodelist.node[0].name": Outcome.WANTED,
        "nodelist.node[1].name": Outcome.WANTED,
    }
    assert done.config.release is Release.V3
    assert done.config.render(release=Release.V3)
    with pytest.raises(ReleaseError, match=r"nodelist\.node\[0\]\.name"):
        Config.parse(HOWTO).to_release(Release.V3)


def test_with_names_all_of_it_can_be_carried_over():
    text = HOWTO.replace("192.168.2.170\n", "192.168.2.170\n        name: node1\n").replace(
        "192.168.2.171\n", "192.168.2.171\n        name: node2\n"
    )
    config = Config.parse(text).to_release(Release.V3)
    assert not [one for one in config.check() if one.severity is Severity.ERROR]


def test_two_rings_become_two_links_and_back():
    nodes = (Node.of("a", 1, "10.0.0.1", "10.0.1.1"), Node.of("b", 2, "10.0.0.2", "10.0.1.2"))
    old = Config.two_node(nodes, release=Release.V2, cluster_name="x", token=2000)
    new = old.to_release(Release.V3)
    assert new.totem.link_mode == "passive"
    assert new.totem.rrp_mode is None
    assert new.nodelist == old.nodelist
    back = new.convert(Release.V2)
    assert back.lost == ()
    assert back.config.totem.rrp_mode == "passive"
    assert back.config.nodelist == old.nodelist


def test_crypto_that_was_on_by_default_stays_on():
    config = Config(totem=Totem(version=2), release=Release.V2)
    totem = config.convert(Release.V3).config.totem
    assert (totem.crypto_cipher, totem.crypto_hash) == ("aes256", "sha1")
    config = Config(totem=Totem(version=2), release=Release.V3)
    totem = config.convert(Release.V2).config.totem
    assert (totem.crypto_cipher, totem.crypto_hash) == ("none", "none")


def test_a_default_that_differs_is_named():
    done = Config(totem=Totem(version=2), release=Release.V2).convert(Release.V3)
    (note,) = [one for one in done.notes if one.path == "totem.token"]
    assert str(note) == "changed: totem.token: 1000 ms by default before, 3000 ms now"


def test_members_of_rings_become_nodes():
    rings = tuple(
        Interface(
            ringnumber=ring,
            member=tuple(RingMember(memberaddr=f"10.0.{ring}.{n}") for n in (1, 2)),
        )
        for ring in (0, 1)
    )
    done = Config(totem=Totem(transport="udpu", interface=rings), release=Release.V2).convert(
        Release.V3
    )
    assert [node.addresses for node in done.config.nodelist] == [
        {0: "10.0.0.1", 1: "10.0.1.1"},
        {0: "10.0.0.2", 1: "10.0.1.2"},
    ]
    assert done.config.totem.interface == ()


def test_what_has_no_counterpart_is_lost_by_name():
    old = Config.parse(
        "totem {\n rrp_token_expired_timeout: 47\n crypto_cipher: 3des\n crypto_hash: sha1\n}\n"
        "qb {\n ipc_type: shm\n}\n"
    )
    done = old.convert(Release.V3)
    assert notes(done)["totem.rrp_token_expired_timeout"] is Outcome.LOST
    assert notes(done)["totem.crypto_cipher"] is Outcome.CHANGED
    assert notes(done)["nodelist"] is Outcome.WANTED
    assert done.config.system.qb_ipc_type == "shm"
    new = Config.parse(
        "totem {\n knet_mtu: 1400\n crypto_model: openssl\n interface {\n  linknumber: 1\n"
        "  knet_link_priority: 5\n }\n}\nsystem {\n qb_ipc_type: shm\n sched_rr: no\n}\n"
        "nodelist {\n node {\n  ring0_addr: 10.0.0.1\n  ring1_addr: 10.0.1.1\n"
        "  ring2_addr: 10.0.2.1\n }\n}\n"
    )
    done = new.convert(Release.V2)
    assert {path for path, outcome in notes(done).items() if outcome is Outcome.LOST} == {
        "totem.knet_mtu",
        "totem.crypto_model",
        "totem.interface[0].knet_link_priority",
        "system.sched_rr",
        "nodelist.node[0].ring2_addr",
    }
    assert done.config.qb.ipc_type == "shm"
    assert done.config.totem.interface[0].ringnumber == 1


def test_the_key_is_not_in_the_notes():
    config = Config(totem=Totem(key="sesame", transport="knet"))
    assert "sesame" not in str(config.convert(Release.V2))


@given(corosync_configs(), st.sampled_from(Release), st.sampled_from(Release))
def test_the_other_release_knows_all_that_it_gets(config, old, new):
    done = attrs.evolve(config, release=old).convert(new)
    assert done.config.dialect is new
    if old is not new:
        text = done.config.render(release=new)
        assert Config.parse(text) == done.config
        again = done.config.convert(new)
        assert again.config == done.config
        assert again.notes == ()


@given(corosync_two_node_configs(release=Release.V2))
def test_two_nodes_are_carried_over_whole(config):
    done = config.convert(Release.V3)
    assert done.lost == done.wanted == ()
    assert done.config.quorum == config.quorum
    assert not [one for one in done.config.check() if one.severity is Severity.ERROR]
