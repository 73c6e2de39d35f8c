"""What only some releases take at the top level: words after skip, demands on the module."""

import pytest

from hakvm.drbd import Config, Release
from hakvm.errors import ParseError, ReleaseError

GLOBAL = "global { disable-ip-verification; }\n"
R0 = """resource r0 { protocol C;
    on alice { device /dev/drbd0; disk /dev/vg/r0; meta-disk internal; address 10.0.0.1:7789; }
    on bob { device /dev/drbd0; disk /dev/vg/r0; meta-disk internal; address 10.0.0.2:7789; }
}
"""
BODY = '{ on alice { "}" # }\n [x] \' } }'
EVERYWHERE = ["", "this", "r0", '"a b"', '"resource"', '"5"', "# why }\n"]
ONLY_9 = [
    "resource r1",
    "resource",
    "common",
    "disk",
    "5",
    "10.0.0.1",
    "these words",
    '"two" words',
    'say "x\\"y"',
    "resource # the old one {\n r1 # since May\n",
    "ipv6 [fd00::1]:7",
]


@pytest.mark.oracle("drbdadm", "/lib/drbd/drbdadm-84", "/lib/drbd/drbdadm-83")
@pytest.mark.parametrize("words", EVERYWHERE + ONLY_9)
@pytest.mark.parametrize("release", list(Release))
def test_a_release_takes_the_words_of_a_skip_that_its_drbdadm_takes(judge, release, words):
    text = f"{GLOBAL}skip {words} {BODY}\n{R0}"
    taken = judge.takes(text, release)
    try:
        read = Config.parse(text)
    except ParseError:  # a quoted text without an end
        assert not taken
        return
    assert taken == (words in EVERYWHERE or release is Release.V9_0)
    if taken:
        assert Config.parse(text, release=release) == read
        assert judge.dump(read.render(release=release), release) == judge.dump(text, release)
        return
    with pytest.raises(ParseError, match="one name at most") as refused:
        Config.parse(text, release=release)
    assert (refused.value.line, refused.value.column > 5) == (2, True)
    with pytest.raises(ReleaseError, match=r"skip .*\(skipped\[0\]\); known to DRBD 9") as caught:
        read.render(release=release)
    assert caught.value.known == ("DRBD 9.0",)
    if release is Release.V8_4:
        eight = read.to_release(release)
        assert judge.takes(eight.render(release=release), release)
        assert Config.parse(eight.render(), release=release) == eight
        assert BODY[1:] in eight.skipped[0]


def test_the_words_of_a_skip_become_one_name():
    text = "# the old one\nskip resource # named\n r1 { # inside\n    disk; }\n"
    nine = Config.parse(text)
    assert nine.render() == text
    eight = nine.to_release(Release.V8_4)
    assert eight.render() == (
        '# the old one\nskip "resource r1" {\n# named\n # inside\n    disk; }\n'
    )
    assert eight.to_release(Release.V9_0) == eight


def test_a_name_that_is_too_long_is_named():
    nine = Config.parse(f'skip "{"x" * 200}" "{"y" * 200}" {{ }}')
    assert [loss.where for loss in nine.losses(Release.V8_4)] == ["skipped"]
    assert not nine.to_release(Release.V8_4, lossy=True).skipped


@pytest.mark.parametrize(
    "where",
    [
        "common { skip { x; } }",
        "resource r0 { skip { x; } }",
        "resource r0 { volume 0 { skip { x; } } }",
        "resource r0 { on a { skip { x; } } }",
        "resource r0 { on a { volume 0 { skip { x; } } } }",
        "resource r0 { connection { host a; host b; skip { x; } } }",
    ],
)
def test_a_skip_within_a_section_is_named(where):
    nine = Config.parse(where, release=Release.V9_0)
    with pytest.raises(ReleaseError, match=r"connection|skip within a section"):
        nine.render(release=Release.V8_4)
    assert [loss.what for loss in nine.losses(Release.V8_4)] == ["skip"]
    eight = nine.to_release(Release.V8_4, lossy=True)
    assert "skip" not in eight.render(release=Release.V8_4)


@pytest.mark.oracle("drbdadm", "/lib/drbd/drbdadm-84", "/lib/drbd/drbdadm-83")
@pytest.mark.parametrize("release", list(Release))
def test_only_9_knows_what_the_module_must_be(judge, release):
    text = f"require-drbd-module-version-ge 8.3.0;\n{GLOBAL}{R0}"
    read = Config.parse(text)
    if judge.takes(text, release):
        assert release is Release.V9_0
        assert judge.dump(read.render(release=release), release) == judge.dump(text, release)
        return
    with pytest.raises(ParseError, match="does not know require-drbd-module-version-ge"):
        Config.parse(text, release=release)
    with pytest.raises(
        ReleaseError, match=r"require-drbd-module-version-ge 8\.3\.0 \(requirements\[0\]\).*DRBD 9"
    ):
        read.render(release=release)
