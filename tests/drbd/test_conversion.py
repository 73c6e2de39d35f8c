"""From 8.3 to 8.4 to 9 and back: what is moved, what is lost, what drbdadm makes of it."""

import pytest
from hypothesis import given, settings

from hakvm import strategies
from hakvm.drbd import Config, Release
from hakvm.errors import ReleaseError

HOSTS = """
    on alice { device /dev/drbd0; disk /dev/vg/r0; address 10.0.0.1:7789; meta-disk internal; }
    on bob { device /dev/drbd0; disk /dev/vg/r0; address 10.0.0.2:7789; meta-disk internal; }
"""


def test_fencing_moves_with_its_handlers():
    text = f"""resource r0 {{
        disk {{ fencing resource-and-stonith; }}
        handlers {{
            fence-peer "/usr/lib/drbd/crm-fence-peer.sh";
            after-resync-target "/usr/lib/drbd/crm-unfence-peer.sh";
        }} {HOSTS}
    }}"""
    eight = Config.parse(text, release=Release.V8_4)
    nine = eight.to_release(Release.V9_0)
    resource = nine.resources["r0"]
    assert resource.net["fencing"] == "resource-and-stonith"
    assert "fencing" not in resource.disk_options
    assert resource.handlers == {
        "fence-peer": "/usr/lib/drbd/crm-fence-peer.9.sh",
        "unfence-peer": "/usr/lib/drbd/crm-unfence-peer.9.sh",
    }
    assert [host.node_id for host in resource.hosts.values()] == [0, 1]
    assert nine.render(release=Release.V9_0)
    back = nine.to_release(Release.V8_4).resources["r0"]
    assert back.disk_options == eight.resources["r0"].disk_options
    assert back.handlers == eight.resources["r0"].handlers


def test_syncer_and_protocol_are_said_in_new_words():
    text = f"""resource r0 {{ protocol C;
        syncer {{ rate 25M; verify-alg crc32c; cpu-mask 3; al-extents 379; }} {HOSTS} }}"""
    resource = Config.parse(text).to_release(Release.V9_0, lossy=True).resources["r0"]
    assert resource.net == {"verify-alg": "crc32c", "protocol": "C"}
    assert resource.disk_options == {"resync-rate": "25M", "al-extents": "379"}
    assert resource.options == {"cpu-mask": "3"}
    assert not resource.syncer.present


def test_the_one_connection_becomes_the_nodes_addresses():
    text = """resource r0 {
        volume 0 { device minor 0; disk /dev/vg/r0; meta-disk internal; }
        on alice { node-id 0; }
        on bob { node-id 1; }
        connection {
            path { host alice address 10.0.0.1:7789; host bob address 10.0.0.2:7789; }
            net { protocol C; }
            disk { resync-rate 10M; }
        }
    }"""
    eight = Config.parse(text, release=Release.V9_0).to_release(Release.V8_4)
    resource = eight.resources["r0"]
    assert resource.hosts["bob"].address == "10.0.0.2:7789"
    assert resource.hosts["bob"].node_id is None
    assert resource.net == {"protocol": "C"}
    assert resource.disk_options == {"resync-rate": "10M"}


def test_what_cannot_be_said_is_named():
    text = f"resource r0 {{ options {{ quorum majority; auto-promote no; }} {HOSTS} }}"
    nine = Config.parse(text, release=Release.V9_0)
    with pytest.raises(ReleaseError, match=r"quorum majority.*auto-promote no") as caught:
        nine.to_release(Release.V8_4)
    assert caught.value.known == ("DRBD 9.0",)
    assert len(nine.losses(Release.V8_4)) == 2
    assert not nine.to_release(Release.V8_4, lossy=True).resources["r0"].options


def test_8_3_is_never_written():
    with pytest.raises(ReleaseError, match="reads it only"):
        Config().to_release(Release.V8_3)


def test_comments_are_carried():
    text = f"""# about r0
    resource r0 {{
        # the policy
        net {{ # here
            timeout 60; # six seconds
        }} {HOSTS} }}"""
    rendered = Config.parse(text).to_release(Release.V9_0).render()
    for comment in ("# about r0", "# the policy", "# here", "timeout 60; # six seconds"):
        assert comment in rendered


@pytest.mark.oracle("drbdadm", "/lib/drbd/drbdadm-84")
@settings(max_examples=30)
@given(config=strategies.drbd_configs(release=Release.V9_0))
def test_drbdadm_takes_what_came_from_9(judge, config):
    converted = config.to_release(Release.V8_4, lossy=True)
    assert converted.losses(Release.V8_4) == ()
    judge.dump(converted.render(release=Release.V8_4), Release.V8_4)


@pytest.mark.oracle("drbdadm", "/lib/drbd/drbdadm-84")
@settings(max_examples=30)
@given(config=strategies.drbd_configs(release=Release.V8_4))
def test_drbdadm_takes_what_came_from_8_4(judge, config):
    converted = config.to_release(Release.V9_0, lossy=True)
    assert converted.losses(Release.V9_0) == ()
    judge.dump(converted.render(release=Release.V9_0), Release.V9_0)
