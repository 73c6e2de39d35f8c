"""drbdadm reads the same in what we render as in what we read."""

import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from hakvm import strategies
from hakvm.drbd import Config, Release

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
    config = Config.parse(text)
    rendered = config.render()
    assert Config.parse(rendered) == config
    assert Config.parse(rendered).render() == rendered
    verified = "" if "disable-ip" in text else VERIFIED
    if name in REFUSED:
        assert not judge.takes(verified + text, release, node="undertest")
        return
    assert judge.dump(verified + rendered, release, node="undertest") == judge.dump(
        verified + text, release, node="undertest"
    )
