"""From 8.3 to 8.4 to 9 and back: what is moved, what is lost, what drbdadm makes of it."""

import re

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hakvm import strategies
from hakvm.drbd import Common, Config, Include, Release, Resource
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


def test_a_statement_that_only_9_has_is_named():
    text = "require-drbd-module-version-ge 9.0.0; # since May\nglobal { usage-count no; }\n"
    nine = Config.parse(text)
    assert [str(loss) for loss in nine.losses(Release.V8_4)] == [
        "requirements: require-drbd-module-version-ge 9.0.0: 8.4 has no such statement"
    ]
    eight = nine.to_release(Release.V8_4, lossy=True)
    assert eight.render(release=Release.V8_4) == "global {\n    usage-count no;\n}\n"
    assert nine.to_release(Release.V9_0) == nine


def test_of_two_handlers_for_fencing_the_first_to_be_called_stays():
    text = f"""resource r0 {{ handlers {{ outdate-peer "/bin/old"; fence-peer "/bin/new"; }}
        {HOSTS} }}"""
    resource = Config.parse(text).to_release(Release.V9_0).resources["r0"]
    assert resource.handlers == {"fence-peer": "/bin/old"}


def test_a_connections_own_fencing_moves_too():
    text = f"""resource r0 {{ {HOSTS}
        connection-mesh {{ hosts alice bob; net {{ fencing resource-only; protocol A; }} }} }}"""
    resource = Config.parse(text).to_release(Release.V8_4).resources["r0"]
    assert resource.disk_options == {"fencing": "resource-only"}
    assert resource.net == {"protocol": "A"}


# What Debian's /etc/drbd.conf is: nothing but includes.
FOLDER = {
    "drbd.conf": """# You can find an example elsewhere.
include "drbd.d/global_common.conf";
include "drbd.d/*.res"; # one each
""",
    "drbd.d/global_common.conf": """global {
    usage-count no;
    disable-ip-verification;
}
common {
    protocol A;
    syncer { rate 40M; }
    disk { fencing resource-only; on-io-error detach; } # the policy
    handlers {
        fence-peer "/usr/lib/drbd/crm-fence-peer.sh";
        after-resync-target "/usr/lib/drbd/crm-unfence-peer.sh";
    }
}
""",
    "drbd.d/mail.res": """# the mail
resource mail {
    disk { fencing resource-and-stonith; }
    net { protocol C; }
    device /dev/drbd0;
    meta-disk internal;
    on alice { disk /dev/vg/mail; address 10.0.0.2:7789; }
    on bob { disk /dev/vg/mail; address 10.0.0.1:7789; }
}
""",
    "drbd.d/web.res": """resource web {
    protocol B;
    handlers { fence-peer "/usr/local/sbin/fence"; }
    device /dev/drbd1;
    meta-disk internal;
    on alice { disk /dev/vg/web; address 10.0.0.1:7790; }
    on bob { disk /dev/vg/web; address 10.0.0.2:7790; }
}
""",
}


def loaded(folder, files):
    """Write files below a folder, and read the first of them."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Config.load(folder / next(iter(files)))


def texts(config, folder, release):
    """What each file says, by its name below the folder."""
    return {
        one.source.removeprefix(f"{folder}/"): one.render(release=release)
        for one in config.documents()
    }


def test_what_is_included_is_converted_where_it_stands(tmp_path):
    eight = loaded(tmp_path, FOLDER)
    nine = eight.to_release(Release.V9_0)
    assert [one.source for one in nine.documents()] == [one.source for one in eight.documents()]
    written = texts(nine, tmp_path, Release.V9_0)
    assert written["drbd.conf"] == FOLDER["drbd.conf"]
    assert "# the mail" in written["drbd.d/mail.res"]
    assert "crm-unfence-peer.9.sh" in written["drbd.d/global_common.conf"]
    assert nine.losses(Release.V9_0) == ()
    mail, web = map(nine.effective, ("mail", "web"))
    assert mail.net == {"protocol": "C", "fencing": "resource-and-stonith"}
    assert web.net == {"protocol": "B", "fencing": "resource-only"}
    assert web.handlers == {
        "fence-peer": "/usr/local/sbin/fence",
        "unfence-peer": "/usr/lib/drbd/crm-unfence-peer.9.sh",
    }
    assert mail.disk_options == {"on-io-error": "detach", "resync-rate": "40M"}
    assert not mail.syncer.present
    again = loaded(tmp_path / "nine", written)
    assert again == nine


def test_losses_are_those_of_all_files_each_with_its_own(tmp_path):
    files = FOLDER | {
        "drbd.d/global_common.conf": "common { options { quorum majority; } }",
        "drbd.d/web.res": f"resource web {{ net {{ transport rdma; }} {HOSTS} }}",
    }
    nine = loaded(tmp_path, files)
    common, web = tmp_path / "drbd.d/global_common.conf", tmp_path / "drbd.d/web.res"
    losses = nine.losses(Release.V8_4)
    assert [loss.source for loss in losses] == [str(common), str(web)]
    with pytest.raises(ReleaseError) as caught:
        nine.to_release(Release.V8_4)
    assert caught.value.construct == (
        f"{common}: common.options: quorum majority: DRBD 8.4 has no such option; "
        f'{web}: resources["web"].net: transport rdma: DRBD 8.4 has no such option'
    )
    eight = nine.to_release(Release.V8_4, lossy=True)
    assert eight.losses(Release.V8_4) == ()
    assert texts(eight, tmp_path, Release.V8_4)["drbd.conf"] == FOLDER["drbd.conf"]
    assert [loss.source for loss in Config.load(web).losses(Release.V8_4)] == [""]


def handling(release, shared, own):
    config = Config(
        common=Common(handlers=shared), resources=[Resource(name="r0", handlers=own)]
    ).to_release(release)
    return config.effective("r0").handlers


def test_a_handler_that_moves_hides_none_that_stays():
    lift, lift9, mine = "/l/crm-unfence-peer.sh", "/l/crm-unfence-peer.9.sh", "/bin/mine"
    both = {"unfence-peer": lift, "after-resync-target": mine}
    eight = Release.V8_4
    assert handling(eight, {"unfence-peer": lift9}, {"after-resync-target": mine}) == both
    assert handling(eight, {"after-resync-target": mine}, {"unfence-peer": lift9}) == both
    assert handling(eight, {"unfence-peer": lift9}, {}) == {"after-resync-target": lift}
    assert handling(Release.V9_0, {"after-resync-target": lift}, {}) == {"unfence-peer": lift9}


@pytest.mark.parametrize(
    ("shared", "own", "beside"),
    [
        ("/l/crm-unfence-peer.sh", "/bin/mine", "unfence-peer /l/crm-unfence-peer.9.sh"),
        ("/bin/mine", "/l/crm-unfence-peer.sh", "after-resync-target /bin/mine"),
    ],
)
def test_a_handler_that_would_no_longer_be_overridden_is_named(shared, own, beside):
    with pytest.raises(ReleaseError) as caught:
        handling(Release.V9_0, {"after-resync-target": shared}, {"after-resync-target": own})
    assert caught.value.construct == (
        f'resources["r0"].handlers: {beside}:'
        " common {} brings it, beside the resource's own handlers"
    )


def parted(config):
    """The same as a file that includes the others."""
    shared = Config(
        global_options=config.global_options, common=config.common, source="global_common.conf"
    )
    own = [Config(resources=[one], source=f"{name}.res") for name, one in config.resources.items()]
    return Config(
        includes=[
            Include(pattern="global_common.conf", documents=[shared]),
            Include(pattern="*.res", documents=own),
        ],
        source="drbd.conf",
    )


_SCRIPTS = st.sampled_from(
    ["/l/crm-fence-peer.sh", "/l/crm-unfence-peer.sh", "/l/crm-unfence-peer.9.sh", "/bin/mine"]
)
_FENCING = st.dictionaries(
    st.sampled_from(["fence-peer", "unfence-peer", "after-resync-target"]), _SCRIPTS
)


@given(
    config=strategies.drbd_configs(release=Release.V8_4)
    | strategies.drbd_configs(release=Release.V9_0),
    release=st.sampled_from([Release.V8_4, Release.V9_0]),
    shared=_FENCING,
    own=_FENCING,
)
def test_files_apart_come_out_as_they_do_in_one(config, release, shared, own):
    common = config.common or Common()
    config = attrs.evolve(
        config,
        common=attrs.evolve(common, handlers=common.handlers | shared),
        resources=[
            attrs.evolve(one, handlers=one.handlers | own) for one in config.resources.values()
        ],
    )
    joined, apart = config, parted(config)
    losses = apart.losses(release)
    assert [attrs.evolve(one, source="") for one in losses] == list(joined.losses(release))
    assert all(one.source for one in losses)
    joined, apart = (one.to_release(release, lossy=True) for one in (joined, apart))
    assert apart == parted(joined)
    assert apart.losses(release) == ()
    for name in config.resources:
        assert apart.effective(name) == joined.effective(name)
    for one in apart.documents():
        assert one.render(release=release)


@given(
    config=strategies.drbd_configs(release=Release.V8_4),
    shared=_FENCING,
    own=_FENCING,
    release=st.sampled_from([Release.V8_4, Release.V9_0]),
)
def test_what_is_inherited_is_the_same_before_and_after(config, shared, own, release):
    both = [Release.V9_0, Release.V8_4]
    for one in both if release is Release.V9_0 else reversed(both):
        config = config.to_release(one, lossy=True)  # what both can say
    common = attrs.evolve(config.common or Common(), handlers=shared)
    name, first = next(iter(config.resources.items()))
    config = parted(
        attrs.evolve(config, common=common, resources=[attrs.evolve(first, handlers=own)])
    )
    assume(not config.losses(release))
    alone = Config(resources=[config.effective(name)]).to_release(release).resources[name]
    found = config.to_release(release).effective(name)
    for section in ("net", "disk_options", "options", "startup", "handlers"):
        assert dict(getattr(found, section)) == dict(getattr(alone, section))


def told(judge, folder, release):
    """The options that drbdadm hands to the kernel, and the handlers, for each resource."""
    text = f'include "{folder}/drbd.conf";\n'
    handed = {}
    for name in ("mail", "web"):
        code, said = judge.run(text, release, "-d", "up", name)
        assert code == 0, said
        handed[name] = {one for one in re.findall(r"--\S+", said) if "--_name" not in one}
    return handed, Config.parse(judge.dump(text, release), release=release)


@pytest.mark.oracle("drbdadm", "/lib/drbd/drbdadm-84")
def test_drbdadm_hands_the_kernel_the_same_from_included_files(judge, tmp_path):
    eight = loaded(tmp_path / "8.4", FOLDER)
    nine = loaded(
        tmp_path / "9",
        texts(eight.to_release(Release.V9_0), tmp_path / "8.4", Release.V9_0),
    )
    back = loaded(
        tmp_path / "back", texts(nine.to_release(Release.V8_4), tmp_path / "9", Release.V8_4)
    )
    first, before = told(judge, tmp_path / "8.4", Release.V8_4)
    assert {"--protocol=C", "--fencing=resource-and-stonith", "--resync-rate=40M"} < first["mail"]
    assert {"--protocol=B", "--fencing=resource-only"} < first["web"]
    second, after = told(judge, tmp_path / "9", Release.V9_0)
    third, again = told(judge, tmp_path / "back", Release.V8_4)
    assert first == second == third
    for name in ("mail", "web"):
        assert after.effective(name).net == nine.effective(name).net
        assert after.effective(name).handlers == nine.effective(name).handlers
        assert again.effective(name) == before.effective(name)
        assert again.effective(name).handlers == back.effective(name).handlers


@pytest.mark.oracle("drbdadm", "/lib/drbd/drbdadm-84")
def test_nodes_get_the_numbers_that_drbdadm_gives_them(judge):
    """As DRBD 9 reads a configuration of 8.4, so are its meta-data numbered."""
    listening = [
        f"{first}.{last}.0.{last}" for first, last in ((10, 1), (10, 2), (172, 16), (192, 168))
    ]
    for number, one in enumerate(listening):
        for other in listening[:number] + listening[number + 1 :]:
            text = f"""global {{ disable-ip-verification; }}
            resource r0 {{ device minor 0; disk /dev/vg/r0; meta-disk internal;
                on alice {{ address {one}:7000; }} on bob {{ address {other}:7000; }} }}
            resource far {{
                stacked-on-top-of r0 {{ device minor 1; address {one}:7001; }}
                on carol {{ device minor 1; disk /dev/vg/far; meta-disk internal;
                    address ipv6 [fd00::{number}]:7001; }} }}
            resource mail {{ device minor 2; disk /dev/vg/mail; meta-disk internal;
                floating {one}:7002; floating {other}:7002; }}
            """
            nine = Config.parse(text).to_release(Release.V9_0).render(release=Release.V9_0)
            numbers = [
                re.findall(r"node-id\s+\d+", judge.dump(said, Release.V9_0))
                for said in (text, nine)
            ]
            assert numbers[0] == numbers[1]
            assert len(numbers[0]) == 6
            assert nine.count("node-id") == 6


@pytest.mark.oracle("drbdadm", "/lib/drbd/drbdadm-84")
def test_nodes_behind_a_proxy_get_the_numbers_that_drbdadm_gives_them(judge):
    for last in range(2, 8):
        hosts = "".join(
            f"""on {name} {{ address 127.0.0.1:{7000 + number};
                proxy on {name} {{ inside 127.0.0.1:{7100 + number}; outside 10.0.0.{end}:7200; }}
            }}"""
            for number, (name, end) in enumerate((("alice", 1), ("bob", last)))
        )
        text = f"""global {{ disable-ip-verification; }}
        resource r0 {{ device minor 0; disk /dev/vg/r0; meta-disk internal; {hosts} }}"""
        nine = Config.parse(text).to_release(Release.V9_0).render(release=Release.V9_0)
        told, ours = (
            re.findall(r"node-id\s+(\d+)", one) for one in (judge.dump(text, Release.V9_0), nine)
        )
        assert told == ours


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
