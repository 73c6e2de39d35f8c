"""The document: names, comments, includes, round trips."""

import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm import strategies
from hakvm.drbd import Config, Connection, Host, Options, Path, PathHost, Release, Resource
from hakvm.errors import HakvmError, InvalidError, ParseError, ReleaseError

COMMENTED = """# the file

# about global
global { # opened
    usage-count no; # never
    # before the end
} # closed

include "drbd.d/*.res"; # the others

resource r0 { # r0 opened
    net {
        # nothing yet
    }

    on node1 {
        device /dev/drbd0; # the device
        # the disk
        disk /dev/sdb1;
        address 192.168.2.170:7789;
        meta-disk internal;
        # node1 ends
    }
    on node2 node2b {
        address 192.168.2.171:7789;
        device minor 0;
        disk "/dev/by name/x";
        meta-disk /dev/sdc[3];
    }
    # r0 ends
}
# the end
"""


def test_comments_order_and_blank_lines_stay_where_they_are():
    assert Config.parse(COMMENTED).render() == COMMENTED


def test_a_changed_value_changes_its_line_only():
    config = Config.parse(COMMENTED)
    resource = config.resources["r0"]
    host = attrs.evolve(resource.hosts["node1"], disk="/dev/vg/r0")
    changed = config.with_resource(attrs.evolve(resource, hosts={**resource.hosts, "node1": host}))
    assert changed.render() == COMMENTED.replace("disk /dev/sdb1;", "disk /dev/vg/r0;")


def test_a_removed_statement_takes_its_comment_along():
    config = Config.parse(COMMENTED)
    resource = config.resources["r0"]
    host = attrs.evolve(resource.hosts["node1"], disk=None)
    changed = config.with_resource(attrs.evolve(resource, hosts={**resource.hosts, "node1": host}))
    assert "# the disk" not in changed.render()
    assert "# the device" in changed.render()
    assert Config.parse(changed.render()) == changed
    without = attrs.evolve(config, resources={}, common=None)
    assert Config.parse(without.render()) == without
    assert "# the others" in without.render()


def test_a_new_section_comes_last():
    config = Config.parse(COMMENTED)
    resource = attrs.evolve(config.resources["r0"], options={"cpu-mask": "3"})
    text = config.with_resource(resource).render()
    assert text.index("cpu-mask") > text.index("meta-disk /dev/sdc[3]")
    assert Config.parse(text).resources["r0"].options == {"cpu-mask": "3"}


def test_parts_know_themselves():
    resource = Config.parse(COMMENTED).resources["r0"]
    first, second = resource.hosts.values()
    assert first.address == "192.168.2.170:7789"
    assert (first.address.ip, first.address.port, first.address.family) == (
        "192.168.2.170",
        7789,
        "ipv4",
    )
    assert (first.device.minor, first.device.path) == (0, "/dev/drbd0")
    assert (second.device, second.device.path) == ("minor 0", "/dev/drbd0")
    assert (second.meta_disk.path, second.meta_disk.slot) == ("/dev/sdc", 3)
    assert second.disk == "/dev/by name/x"
    assert resource.host("node2b") is second
    assert list(resource.hosts) == ["node1", "node2"]


def test_volumes_are_inherited():
    text = """resource r0 {
        volume 0 { device minor 5; disk /dev/vg/a; meta-disk internal; disk { resync-rate 1M; } }
        on a { address 10.0.0.1:1; }
        on b { address 10.0.0.2:1; volume 0 { disk none; disk { al-extents 67; } } }
    }"""
    resource = Config.parse(text).resources["r0"]
    assert resource.volumes_on("a")[0].disk == "/dev/vg/a"
    volume = resource.volumes_on("b")[0]
    assert (volume.disk, volume.device.minor) == ("none", 5)
    assert volume.disk_options == {"resync-rate": "1M", "al-extents": "67"}
    with pytest.raises(InvalidError, match="not on c"):
        resource.volumes_on("c")


@given(config=strategies.drbd_configs())
def test_what_is_rendered_is_parsed_to_the_same(config):
    text = config.render()
    parsed = Config.parse(text)
    assert parsed == config
    assert hash(parsed) == hash(config)
    assert Config.parse(parsed.render()) == parsed
    assert pickle.loads(pickle.dumps(parsed)) == parsed


_NOISE = st.sampled_from(["# a comment\n", "\n\n", "  # indented \n", "\t", "#\n", " \n# x\n\n"])


@given(config=strategies.drbd_configs(), data=st.data())
def test_no_comment_is_lost_wherever_it_stands(config, data):
    tokens = config.render().split(" ")
    for number in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(tokens) - 1))
        before = " ".join(tokens[:at])
        if before.count('"') % 2 == 0 and "#" not in before.rpartition("\n")[2]:
            tokens.insert(at, f"# note {number};{{\n" + data.draw(_NOISE))
    text = " ".join(tokens)
    parsed = Config.parse(text)
    rendered = parsed.render()
    again = Config.parse(rendered)
    assert again == parsed
    assert again.render() == rendered
    for number in range(6):
        note = f"# note {number};{{"
        assert text.count(note) == rendered.count(note)


def test_everything_the_grammar_has_survives():
    text = """require-drbd-module-version-ge 9.0.16;
skip resource old { anything [at] all: "x; }" }
common {
    protocol C;
    proxy {
        memlimit 128M;
        plugin {
            zstd level 4;
            lz4;
        }
    }
}
resource r0 {
    template-file "t.conf";
    startup {
        become-primary-on both;
        stacked-timeouts;
    }
    disk {
        no-disk-flushes;
        disk-barrier no;
    }
    floating 10.0.0.1:7789 {
        device /dev/drbd_mail minor 4;
        disk /dev/sda;
        meta-disk internal;
    }
    floating ipv6 [fd00::1]:7789;
    stacked-on-top-of r1 {
        device /dev/drbd9;
        address 10.1.0.1:7;
    }
    connection {
        host a port 7000;
        host b address 10.0.0.2:7000 via proxy on b b2 {
            inside 127.0.0.1:7000;
            outside 10.9.0.1:7000;
            options {
                sndbuf-size 64K;
            }
        }
        net {
            protocol A;
        }
        disk {
            resync-rate 10M;
        }
        volume 0 {
            disk {
                c-max-rate 5M;
            }
        }
    }
    connection {
        path {
            host a address 10.0.0.1:1;
            host b address 10.0.0.2:1;
        }
        path {
            address 10.0.1.1:1;
            address 10.0.1.2:1;
        }
        skip {
            host c;
        }
    }
    connection-mesh {
        hosts a b c;
        net {
            ping-int 5;
        }
    }
}
"""
    config = Config.parse(text)
    assert config.render() == text
    connection, paths = config.resources["r0"].connections
    assert connection.hosts[1].proxy.hosts == ("b", "b2")
    assert connection.volumes[0] == {"c-max-rate": "5M"}
    assert len(paths.paths) == 2
    assert config.resources["r0"].disk_options == {"disk-flushes": "no", "disk-barrier": "no"}
    assert config.requirements[0].version == "9.0.16"


def test_includes_are_followed_once_and_written_back(tmp_path):
    (tmp_path / "drbd.d").mkdir()
    main = tmp_path / "drbd.conf"
    main.write_text('include "drbd.d/common.conf";\ninclude "drbd.d/*.res";\n')
    (tmp_path / "drbd.d/common.conf").write_text(
        'common { net { timeout 50; } }\ninclude "*.res";\ninclude "common.conf";\n'
    )
    (tmp_path / "drbd.d/b.res").write_text("resource b { # b\n}\n")
    (tmp_path / "drbd.d/a.res").write_text("resource a { net { protocol C; } }\n")
    config = Config.load(main)
    assert list(config.resources) == ["a", "b"]
    assert config.effective("a").net == {"timeout": "50", "protocol": "C"}
    assert config.render() == main.read_text()
    changed = config.with_resource(attrs.evolve(config.resources["b"], net={"timeout": 60}))
    written = {document.source: document.render() for document in changed.documents()}
    assert "timeout 60;" in written[str(tmp_path / "drbd.d/b.res")]
    assert "# b" in written[str(tmp_path / "drbd.d/b.res")]
    assert len(written) == 4
    assert Config.load(main, follow=False).resources == {}


def test_an_include_that_names_a_file_needs_it(tmp_path):
    main = tmp_path / "drbd.conf"
    main.write_text('include "none*.res";\n')
    assert not Config.load(main).resources
    main.write_text('include "none.res";\n')
    with pytest.raises(ParseError, match=r"none\.res.*no such file"):
        Config.load(main)


def test_files_that_include_one_another_end(tmp_path):
    for number in range(60):
        (tmp_path / f"{number}.conf").write_text(f'include "{number + 1}.conf";\n')
    with pytest.raises(ParseError, match="more than 50 deep"):
        Config.load(tmp_path / "0.conf")
    (tmp_path / "20.conf").write_text('include "*.conf";\n')
    assert len(list(Config.load(tmp_path / "20.conf", follow=False).documents())) == 1
    (tmp_path / "21.conf").write_text('include "20.conf";\n')
    for number in range(22, 60):
        (tmp_path / f"{number}.conf").unlink()
    assert len(list(Config.load(tmp_path / "0.conf").documents())) == 22


def test_two_files_may_not_have_the_same_resource(tmp_path):
    main = tmp_path / "drbd.conf"
    main.write_text('include "*.res";\nresource r0 { }\n')
    (tmp_path / "a.res").write_text("resource r0 { }\n")
    with pytest.raises(ParseError, match="there twice"):
        Config.load(main)


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"resource"])
def test_files_that_cannot_be_read_are_named(tmp_path, content):
    path = tmp_path / "r.res"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HakvmError, match=r"r\.res"):
        Config.load(path)


def test_built_in_python_it_reads_as_written():
    config = Config(
        resources=[
            Resource(
                name="r0",
                device="/dev/drbd0",
                disk="/dev/vg/r0",
                meta_disk="internal",
                hosts=[
                    Host(name="node1", address="10.0.0.1:7789"),
                    Host(name="disk", address="10.0.0.2:7789"),
                ],
                net={"protocol": "C", "allow-two-primaries": True, "timeout": 60},
                handlers={"fence-peer": '/bin/x "a b"'},
            )
        ]
    )
    assert (
        config.render()
        == """resource r0 {
    net {
        protocol C;
        allow-two-primaries yes;
        timeout 60;
    }
    handlers {
        fence-peer "/bin/x \\"a b\\"";
    }
    device /dev/drbd0;
    disk /dev/vg/r0;
    meta-disk internal;
    on node1 {
        address 10.0.0.1:7789;
    }
    on "disk" {
        address 10.0.0.2:7789;
    }
}
"""
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: Host(name="node1\n}"),
        lambda: Host(name=""),
        lambda: Host(name="n", address="nowhere"),
        lambda: Host(name="n", address="10.0.0.1:0"),
        lambda: Host(name="n", address="10.0.0.999:1"),
        lambda: Host(name="n", address="ipv6 [::g]:1"),
        lambda: Host(name="n", node_id=32),
        lambda: Host(name="n", device="/dev/sda"),
        lambda: Host(name="n", device="/dev/drbd1 minor 2"),
        lambda: Host(name="n", device="/dev/drbd_x"),
        lambda: Host(name="n", meta_disk="internal[0]"),
        lambda: Host(name="n", disk="/dev/\x00"),
        lambda: Resource(name="r0", hosts=[Host(name="n"), Host(name="n")]),
        lambda: Resource(name="r0", net={"shared-secret": "a\nb"}),
        lambda: Resource(name="r0", net={"protocl": "C"}),
        lambda: Resource(name="r0", net={"timeout": "9999"}),
        lambda: Resource(name="r0", net=["protocol"]),
        PathHost,
        lambda: Options("nett"),
    ],
)
def test_values_that_cannot_stand_are_refused(make):
    with pytest.raises(InvalidError) as caught:
        make()
    assert caught.value.path


def test_secrets_stay_hidden():
    config = Config.parse('resource r0 { net { shared-secret "gaeWoor7"; } }')
    net = config.resources["r0"].net
    assert net["shared-secret"] == "gaeWoor7"
    assert "gaeWoor7" not in repr(config)
    assert "gaeWoor7" in config.render()
    with pytest.raises(HakvmError) as caught:
        Config.parse('resource r0 { net { shared-secret "gaeWoor7 oops; } }')
    assert "gaeWoor7" not in str(caught.value)
    for secret in ("gaeWoor7" * 20, "gaeWoor7\n", 'gaeWoor7"' * 40):
        with pytest.raises(InvalidError) as refused:
            Options("net", shared_secret=secret)
        assert "gaeWoor7" not in str(refused.value)
        assert "gaeWoor7" not in repr(refused.value)
    for text in ("gaeWoor7 b", "gaeWoor7:1", "gaeWoor7" * 8, '"gaeWoor7'):
        with pytest.raises(ParseError) as unread:
            Config.parse(f"resource r0 {{ net {{ shared-secret {text}; }} }}")
        assert "gaeWoor7" not in str(unread.value)


def test_a_release_that_does_not_know_says_which_does():
    nine = Config(
        resources=[
            Resource(
                name="r0",
                connections=[
                    Connection(
                        paths=[Path(hosts=[PathHost(name="a"), PathHost(address="10.0.0.1:1")])]
                    )
                ],
            )
        ]
    )
    with pytest.raises(ReleaseError, match=r"DRBD 8\.4 does not know connection.*DRBD 9") as caught:
        nine.render(release=Release.V8_4)
    assert caught.value.known == ("DRBD 9.0",)
    fencing = Config(resources=[Resource(name="r0", net={"fencing": "resource-only"})])
    with pytest.raises(ReleaseError, match="disk"):
        fencing.render(release=Release.V8_4)
    assert fencing.render(release=Release.V9_0)
    slow = Config(resources=[Resource(name="r0", disk_options={"c-max-rate": 100})])
    with pytest.raises(InvalidError, match="at least 250k"):
        slow.render(release=Release.V8_4)
    assert slow.render(release=Release.V9_0)


def test_releases_compare():
    assert Release.V8_3 < Release.V8_4 <= Release.V9_0
    assert Release.V9_0 > Release.V8_4 >= Release.V8_4
    assert Release.of("8.4.11") is Release.V8_4
    assert Release.of("version: 9.2.14 (api:2)") is Release.V9_0
    assert Release.of("8.3.16") is Release.V8_3
    with pytest.raises(InvalidError):
        Release.of("seven")
