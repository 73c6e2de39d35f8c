"""What is wrong is named, with its place, in bounded time."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm import strategies
from hakvm.drbd import Config, Release
from hakvm.errors import HakvmError, ParseError


def error(text, **kwargs):
    with pytest.raises(ParseError) as caught:
        Config.parse(text, source="r0.res", **kwargs)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("resource r0 {\n  disk /dev/sda\n}\n", 3, 1, "';' expected after 'disk'"),
        ("resource r0 {\n  on node1 {\n", 2, 13, "'}' expected"),
        ("resource r0 {}}\n", 1, 15, "closes nothing"),
        ("resource r0 {\n  net { protocl C; }\n}\n", 2, 9, "did you mean protocol"),
        ("resource r0 {\n  net { timeout 601; }\n}\n", 2, 17, "timeout is at most 600"),
        ("resource r0 {\n  net { protocol D; }\n}\n", 2, 18, "is one of A, B, C"),
        ("resource r0 {\n  net { fencing resource-onli; }\n}\n", 2, 17, "mean resource-only"),
        ("resource r0 {\n  net { timeout; }\n}\n", 2, 9, "needs a value"),
        ("resource r0 {\n  net { timeout 5 6; }\n}\n", 2, 19, "';' expected"),
        ("resource r0 {\n  net {} net {}\n}\n", 2, 10, "there twice"),
        ("resource r0 {\n  on a { options {} options {} }\n}\n", 2, 21, "there twice"),
        ("common { proxy { plugin { a; } plugin { b; } } }", 1, 32, "there twice"),
        ("resource r0 {\n  adress 10.0.0.1:7;\n}\n", 2, 3, "no statement 'adress'"),
        ("resource r0 {\n  on a { adress 1; }\n}\n", 2, 10, "did you mean address"),
        ("resource r0 {\n  on a { address 1; }\n}\n", 2, 18, "is no address"),
        ("resource r0 {\n  on a { address 10.0.0.1:70000; }\n}\n", 2, 18, "1 to 65535"),
        ("resource r0 {\n  on a {} on a {}\n}\n", 2, 17, "there twice"),
        ("resource r0 {\n  on a { device /dev/sda; }\n}\n", 2, 17, "no device of DRBD"),
        ("resource r0 {} resource r0 {}", 1, 25, "there twice"),
        ('resource "r0 {}\n', 1, 10, "does not end on its line"),
        ("resource r@0 {}\n", 1, 11, "'@' cannot stand here"),
        ("resource {}\n", 1, 10, "takes a name"),
        ("resource disk {}\n", 1, 10, "quote"),
        ("resource r0;\n", 1, 1, "cannot stand"),
        ("ressource r0 {}\n", 1, 1, "did you mean resource"),
        ("include;\n", 1, 8, "takes a pattern"),
        ("skip x {\n\n", 1, 1, "does not end"),
        ("require-drbd-module-version-ge 9;\n", 1, 1, "three numbers"),
        ("resource r0 { volume 0 {} disk /dev/x; volume 0 {} }", 1, 50, "there twice"),
        ("resource r0 { on a { volume 0 {} disk /dev/x; } }", 1, 47, "outside of them"),
        ("a\0b", 1, 2, "cannot stand here"),
        ("resource r0 { connection { host a; host b; host c; } }", 1, 52, "has 3"),
        ("resource r0 { connection { net {} } }", 1, 35, "has no path"),
    ],
)
def test_the_place_and_what_was_expected(text, line, column, message):
    found = error(text)
    assert message in str(found)
    assert (found.source, found.line, found.column) == ("r0.res", line, column)
    assert "^" in str(found)


def test_a_release_refuses_the_words_of_others():
    text = "resource r0 { on a { node-id 0; } }"
    assert "DRBD 8.4 does not know node-id" in str(error(text, release=Release.V8_4))
    assert Config.parse(text, release=Release.V9_0)
    syncer = "resource r0 { syncer { rate 10M; } }"
    assert Config.parse(syncer, release=Release.V8_4)
    assert "rate" in str(error(syncer, release=Release.V9_0))
    assert Config.parse("resource r0 { options { quorum majority; } }")
    assert "no option quorum in DRBD 8.4" in str(
        error("resource r0 { options { quorum majority; } }", release=Release.V8_4)
    )


def test_an_option_of_a_release_to_come_is_kept():
    text = "resource r0 {\n    net {\n        unheard-of 5;\n    }\n}\n"
    config = Config.parse(text)
    assert config.render() == text
    (finding,) = [one for one in config.check() if one.rule == "drbd.unknown-option"]
    assert "unheard-of" in finding.message


@given(st.text())
def test_only_our_errors_leave_the_parser(text):
    with contextlib.suppress(HakvmError):
        Config.parse(text)


@given(st.text(alphabet='ron{};"#\\ \n/5[]:-\0é\xa0', max_size=60))
def test_only_our_errors_leave_the_parser_near_the_grammar(text):
    try:
        config = Config.parse(f"resource r0 {{ {text}")
    except HakvmError:
        return
    assert Config.parse(config.render()) == config


@given(config=strategies.drbd_configs(), data=st.data())
def test_a_truncated_file_is_an_error_or_reads_the_same_again(config, data):
    text = config.render()
    cut = text[: data.draw(st.integers(0, len(text)))]
    try:
        parsed = Config.parse(cut)
    except ParseError:
        return
    assert Config.parse(parsed.render()) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "a " * 5_000_000,
        "resource r0 { " * 200,
        '"' * 1_000_000,
        "#" * 10_000_000,
        "skip {" * 300_000,
        "skip { } " * 20_000,
        "resource r0 { net { " + "timeout 5; " * 100_000,
        "\0" * 1_000_000,
        "resource r0 { on " + "x" * 1_000_000 + " {",
        "resource r0 { disk " + '"' + "x" * 1_000_000 + '"; }',
        "include x; " * 20_000,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_texts_end_in_bounded_time(text):
    begin = time.process_time()
    with contextlib.suppress(HakvmError):
        Config.parse(text)
    assert time.process_time() - begin < 5
