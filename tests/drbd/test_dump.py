"""drbdadm reads the same in what we render as in what we read."""

import tarfile
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings

from hakvm import strategies
from hakvm.drbd import Config, Kind, Release, Section, option_specs
from hakvm.errors import ParseError

pytestmark = pytest.mark.oracle("drbdadm", "/lib/drbd/drbdadm-84", "/lib/drbd/drbdadm-83")

HOWTO = (Path(__file__).parents[2] / "examples/howto/r0.res").read_text()
VERIFIED = "global { disable-ip-verification; }\n"


@pytest.mark.parametrize("release", [Release.V8_4, Release.V9_0])
def test_the_howto_reads_the_same(judge, release):
    rendered = VERIFIED + Config.parse(HOWTO).render(release=release)
    # The listing comes from a web page: its no-break spaces are what drbdadm refuses.
    assert not judge.takes(VERIFIED + HOWTO, release, node="node1")
    mended = VERIFIED + HOWTO.replace("\N{NO-BREAK SPACE}", " ")
    assert judge.dump(rendered, release, node="node1") == judge.dump(mended, release, node="node1")


@settings(max_examples=40)
@given(config=strategies.drbd_configs(release=Release.V9_0))
def test_9_takes_what_we_make(judge, config):
    text = config.render(release=Release.V9_0)
    assert judge.dump(Config.parse(text).render(), Release.V9_0) == judge.dump(text, Release.V9_0)


@settings(max_examples=40)
@given(config=strategies.drbd_configs(release=Release.V8_4))
def test_8_4_takes_what_we_make(judge, config):
    text = config.render(release=Release.V8_4)
    assert judge.dump(Config.parse(text).render(), Release.V8_4) == judge.dump(text, Release.V8_4)


CORPUS = sorted(
    [
        "adjust_bitmap_disable",
        "adjust_bitmap_enable",
        "adjust_disk_opts_late",
        "adjust_order",
        "adjust_proxy",
        "adjust_set_option_connect",
        "adjust_switch_diskfull_r0",
        "adjust_switch_interface_r0",
        "adjust_tiebreaker_swap",
        "drbd_8.4",
        "man",
        "man-8.4",
    ]
)
# Files for other releases than the one they are read as: drbdadm refuses them, too.
REFUSED = {
    "adjust_switch_diskfull_r0": "load-balance-paths is later than 9.22",
    "adjust_switch_interface_r0": "block-size is later than 9.22",
}


@pytest.mark.corpus
@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_reads_the_same(judge, corpus, name):
    with tarfile.open(corpus / "drbd-utils-tests.tar.xz") as archive:
        text = archive.extractfile(f"res/{name}.res").read().decode()
    release = Release.V8_4 if "8.4" in name else Release.V9_0
    config = Config.parse(text, release=release)
    rendered = config.render(release=release)
    assert Config.parse(rendered) == config
    assert Config.parse(rendered).render() == rendered
    verified = "" if "disable-ip" in text else VERIFIED
    if name in REFUSED:
        assert not judge.takes(verified + text, release, node="undertest")
        return
    assert judge.dump(verified + rendered, release, node="undertest") == judge.dump(
        verified + text, release, node="undertest"
    )


# What hypothesis does not make: every other form of the grammar.
FORMS = {
    "floating": (
        Release.V9_0,
        """resource r0 {
            net { protocol C; }
            floating 10.0.0.1:7789 { device /dev/drbd0; disk /dev/vg/r0; meta-disk internal;
                node-id 0; }
            floating 10.0.0.2:7789 { device minor 0; disk "/dev/vg/r 0"; meta-disk internal;
                node-id 1; }
        }""",
    ),
    "several-names": (
        Release.V9_0,
        r"""resource "r 0" {
            handlers { fence-peer "/bin/x \"a b\" \\c;"; split-brain "/bin/y # no comment"; }
            on alice carol { device drbd0; disk /dev/vg/r0; meta-disk /dev/vg/md[3]; address
                ipv4 10.0.0.1:7789; }
            on bob { device /dev/drbd_mail minor 0; disk /dev/vg/r0; flexible-meta-disk
                /dev/vg/md; address 10.0.0.2:7789; }
        }""",
    ),
    "mesh": (
        Release.V9_0,
        """resource r0 {
            options { quorum majority; on-no-quorum io-error; auto-promote no; }
            volume 0 { device minor 1; disk /dev/vg/a; meta-disk internal; disk { al-extents
                3389; resync-rate 10M; } }
            volume 1 { device minor 2; disk /dev/vg/b; meta-disk internal; }
            on alice { address 10.0.0.1:1; node-id 0; }
            on bob { address 10.0.0.2:1; node-id 1; }
            on carol { address 10.0.0.3:1; node-id 2; volume 0 { disk none; } }
            connection-mesh { hosts alice bob carol; net { protocol A; ping-timeout 7; } }
            skip { what ever [is] here "; }"; }
        }""",
    ),
    "paths": (
        Release.V9_0,
        """resource r0 {
            device minor 1; disk /dev/vg/a; meta-disk internal;
            on alice { node-id 0; }
            on bob { node-id 1; }
            connection {
                path { host alice address 10.0.0.1:1; host bob address 10.0.0.2:1; }
                path { host alice address 10.1.0.1:1; host bob address 10.1.0.2:1; }
                net { transport tcp; no-tcp-cork; allow-two-primaries; }
                disk { c-max-rate 5M; }
                volume 0 { disk { resync-rate 2M; } }
            }
        }""",
    ),
    "proxy": (
        Release.V9_0,
        """resource r0 {
            proxy { memlimit 128M; plugin { zstd level 4; } }
            device minor 1; disk /dev/vg/a; meta-disk internal;
            on alice { node-id 0; }
            on bob { node-id 1; }
            connection {
                host alice address 10.0.0.1:7789 via proxy on alice { inside 127.0.0.1:7;
                    outside 10.2.0.1:7; }
                host bob address 10.0.0.2:7789 via proxy on bob { inside 127.0.0.1:7;
                    outside 10.2.0.2:7; }
                net { protocol A; }
            }
        }""",
    ),
    "stacked": (
        Release.V8_4,
        """resource r0 {
            on alice { device /dev/drbd0; disk /dev/vg/r0; meta-disk internal; address
                10.0.0.1:7789; }
            on bob { device /dev/drbd0; disk /dev/vg/r0; meta-disk internal; address
                10.0.0.2:7789; }
        }
        resource r0-U {
            startup { stacked-timeouts; become-primary-on alice carol; wait-after-sb; }
            net { allow-two-primaries; } stacked-on-top-of r0 { device /dev/drbd10; address
                10.9.0.1:7788; }
            on carol { device /dev/drbd10; disk /dev/vg/r0; meta-disk internal; address
                10.9.0.3:7788; }
        }""",
    ),
    "8.4-syncer": (
        Release.V8_4,
        """common { protocol C; syncer { rate 25M; al-extents 379; c-min-rate 20M;
            verify-alg crc32c; } }
        resource r0 {
            disk { no-disk-flushes; no-md-flushes; fencing resource-only; on-io-error detach; }
            net { csums-after-crash-only; allow-two-primaries no; shared-secret "disk"; }
            on alice { device /dev/drbd0; disk /dev/vg/r0; meta-disk internal; address
                10.0.0.1:7789; }
            on bob { device /dev/drbd0; disk /dev/vg/r0; meta-disk internal; address
                10.0.0.2:7789; }
        }""",
    ),
    "8.3": (
        Release.V8_3,
        """common { syncer { rate 10M; } handlers { outdate-peer "/bin/x"; } }
        resource r0 {
            protocol C;
            startup { degr-wfc-timeout 120; }
            disk { on-io-error detach; no-disk-flushes; use-bmbv; fencing dont-care; }
            net { cram-hmac-alg sha1; shared-secret "FooFunFactory"; no-tcp-cork;
                allow-two-primaries; }
            syncer { verify-alg md5; use-rle; csums-alg sha1; cpu-mask 3; }
            on alice { device /dev/drbd0; disk /dev/vg/r0; flexible-meta-disk internal;
                address 10.0.0.1:7789; }
            on bob { device /dev/drbd0; disk /dev/vg/r0; meta-disk /dev/vg/md[0]; address
                10.0.0.2:7789; }
        }""",
    ),
}


@pytest.mark.parametrize("form", list(FORMS))
def test_every_form_reads_the_same(judge, form):
    release, text = FORMS[form]
    node = "10.0.0.1" if form == "floating" else "alice"
    config = Config.parse(text, release=release)
    rendered = config.render()
    assert Config.parse(rendered, release=release) == config
    assert judge.dump(VERIFIED + rendered, release, node=node) == judge.dump(
        VERIFIED + text, release, node=node
    )


NODES = """
    on alice { device /dev/drbd0; disk /dev/vg/r0; meta-disk internal; address 10.0.0.1:7789; }
    on bob { device /dev/drbd0; disk /dev/vg/r0; meta-disk internal; address 10.0.0.2:7789; }
"""


# What the lexers take for words of their own, for numbers or addresses.
@pytest.mark.parametrize(
    "word", ["yes", "no", "ask", "on", "net", "timeout", "path", "1.2.3.4", "1.2.3", "64K", "a b"]
)
@pytest.mark.parametrize("release", [Release.V8_4, Release.V9_0])
def test_a_text_may_be_any_word(judge, release, word):
    text = f"""{VERIFIED} resource r0 {{ {NODES}
        net {{ verify-alg "{word}"; }} handlers {{ split-brain "{word}"; }} }}"""
    made = Config.parse(f"{VERIFIED} resource r0 {{ {NODES} }}")
    made = made.with_resource(
        attrs.evolve(made.resources["r0"], net={"verify-alg": word}, handlers={"split-brain": word})
    )
    rendered = made.render(release=release)
    assert judge.dump(rendered, release) == judge.dump(text, release)
    plain = text.replace(f'verify-alg "{word}"', f"verify-alg {word}")
    taken = judge.takes(plain, release)
    try:
        Config.parse(plain, release=release)
    except ParseError:
        assert not taken
    else:
        assert taken


BOOLEANS = [
    (section, name)
    for section in (Section.NET, Section.DISK, Section.STARTUP)
    for name, spec in option_specs(Release.V8_4, section).items()
    if spec.kind is Kind.BOOLEAN
]


@pytest.mark.parametrize(("section", "name"), BOOLEANS)
def test_a_boolean_may_be_said_in_every_form_that_drbdadm_takes(judge, section, name):
    for said in (f"{name};", f"no-{name};", f"{name} yes;", f"{name} no;"):
        text = f"{VERIFIED} resource r0 {{ {section.value} {{ {said} }} {NODES} }}"
        config = Config.parse(text)
        for release in (Release.V8_4, Release.V9_0):
            if name not in option_specs(release, section):
                continue
            rendered = config.render(release=release)
            dumped = judge.dump(rendered, release)
            same = Config.parse(dumped, release=release).resources["r0"]
            for one in ("net", "disk_options", "startup"):
                assert getattr(same, one) == getattr(config.resources["r0"], one)
            if judge.takes(text, release):
                assert Config.parse(text, release=release) == config
                assert judge.dump(text, release) == dumped
            else:
                with pytest.raises(ParseError, match=f"takes no-{name} as '{name} no;' only"):
                    Config.parse(text, release=release)


@pytest.mark.parametrize("release", list(Release))
def test_global_has_no_quotes(judge, release):
    plain = f"{VERIFIED} resource r0 {{ protocol C; {NODES} }}"
    for name, value in (("usage-count", "no"), ("minor-count", "5"), ("dialog-refresh", "1")):
        for said in (value, f'"{value}"'):
            text = plain.replace("global {", f"global {{ {name} {said};")
            if said == value:
                assert judge.takes(text, release)
                assert Config.parse(text, release=release).global_options[name] == value
                continue
            assert not judge.takes(text, release)
            for one in (None, release):
                with pytest.raises(ParseError, match="without quotes"):
                    Config.parse(text, release=one)
