"""The tables of options, and options as values."""

import pickle
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from hakvm import strategies
from hakvm.drbd import Kind, Options, Release, Section, option_specs
from hakvm.errors import InvalidError
from hakvm.units import Size

SCRIPT = Path(__file__).parents[2] / "script/drbd-options"


@pytest.mark.oracle("drbdsetup", "/lib/drbd/drbdsetup-84", "/lib/drbd/drbdsetup-83")
def test_the_tables_are_what_the_tools_say():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_option_moves_between_sections():
    assert "fencing" in option_specs(Release.V8_4, Section.DISK)
    assert "fencing" not in option_specs(Release.V8_4, Section.NET)
    assert "fencing" in option_specs(Release.V9_0, Section.NET)
    assert "fencing" not in option_specs(Release.V9_0, Section.DISK)


def test_defaults_move_between_releases():
    disk = Options("disk")
    syncer = Options("syncer")
    assert syncer.value("al-extents", Release.V8_3) == 127
    assert disk.value("al-extents", Release.V9_0) == 1237
    assert Options("net").value("ko-count", Release.V8_3) == 0
    assert Options("net").value("ko-count", Release.V9_0) == 7
    assert syncer.value("c-plan-ahead", Release.V8_3) == timedelta()
    assert disk.value("c-plan-ahead", Release.V9_0) == timedelta(seconds=2)


@pytest.mark.parametrize(
    ("section", "name", "text", "value"),
    [
        ("net", "timeout", "60", timedelta(seconds=6)),
        ("net", "ping-int", "10", timedelta(seconds=10)),
        ("net", "allow-two-primaries", "yes", True),
        ("net", "sndbuf-size", "1M", Size(1 << 20)),
        ("net", "protocol", "C", "C"),
        ("net", "ko-count", "7", 7),
        ("disk", "resync-rate", "40M", Size(40 << 20)),
        ("disk", "resync-rate", "250", Size(250 << 10)),
        ("disk", "size", "2048", Size(1 << 20)),
        ("options", "quorum", "majority", "majority"),
        ("options", "quorum", "2", 2),
        ("options", "peer-ack-delay", "100", timedelta(milliseconds=100)),
        ("startup", "wfc-timeout", "15", timedelta(seconds=15)),
    ],
)
def test_texts_have_values_and_values_texts(section, name, text, value):
    options = Options(section, {name: text})
    assert options.value(name) == value
    again = Options(section, {name: value})
    assert again.value(name) == value


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("net", "timeout", timedelta(milliseconds=150)),
        ("net", "timeout", Size(1)),
        ("net", "ko-count", timedelta(seconds=1)),
        ("disk", "resync-rate", Size(1)),
        ("net", "timeout", "0"),
        ("net", "timeout", "sixty"),
        ("net", "timeout", ""),
        ("net", "allow-two-primaries", "maybe"),
        ("net", "timeout", None),
        ("net", "shared-secret", "x" * 64),
        ("net", "no good", "x"),
        ("handlers", "fence-peer", "x\ny"),
        ("handlers", "fence-peer", 'x"' * 100),
        ("startup", "become-primary-on", "a b\x01"),
        ("options", "quorum", "33"),
    ],
)
def test_values_that_an_option_cannot_have(section, name, value):
    with pytest.raises(InvalidError) as caught:
        Options(section, {name: value})
    assert caught.value.path


def test_sections_are_changed_by_making_others():
    net = Options("net", protocol="C", ping_timeout=5)
    assert net | {"protocol": "A"} == {"protocol": "A", "ping-timeout": "5"}
    assert net == {"protocol": "C", "ping-timeout": "5"}
    assert net.without("protocol") == {"ping-timeout": "5"}
    assert repr(net) == "Options('net', {'protocol': 'C', 'ping-timeout': '5'})"
    assert net.value("ping-timeout") == timedelta(milliseconds=500)
    assert net.value("unheard-of") is None
    assert net.spec("ping-timeout", Release.V9_0).maximum == 300
    with pytest.raises(FrozenInstanceError):
        net.layout = None
    assert pickle.loads(pickle.dumps(net)) == net


@given(st.sampled_from(list(Release)), st.sampled_from(list(Section)), st.data())
def test_every_option_takes_its_bounds_and_no_more(release, section, data):
    specs = option_specs(release, section)
    numeric = [
        one
        for one in specs.values()
        if one.kind is Kind.NUMERIC and one.name not in {"al-extents", "resync-after", "after"}
    ]
    if not numeric:
        return
    spec = data.draw(st.sampled_from(numeric))
    if spec.minimum >= 0:
        assert not spec.problem(str(spec.minimum))
    if spec.minimum > 0:
        assert "at least" in spec.problem(str(spec.minimum - 1))
    if spec.maximum is not None:
        assert not spec.problem(str(spec.maximum))
        assert "at most" in spec.problem(str(spec.maximum + 1))


@given(st.data(), st.sampled_from([Release.V8_4, Release.V9_0]))
def test_what_is_read_can_be_written(data, release):
    section = data.draw(st.sampled_from([Section.NET, Section.DISK, Section.OPTIONS]))
    options = data.draw(strategies.drbd_options(section, release=release))
    values = {name: options.value(name, release) for name in options}
    again = Options(section, values)
    assert {name: again.value(name, release) for name in again} == values


def _bounds():
    for section in (Section.NET, Section.DISK, Section.OPTIONS, Section.STARTUP):
        for spec in option_specs(Release.V9_0, section).values():
            if spec.kind not in {Kind.NUMERIC, Kind.NUMBER_OR_WORD} or spec.name == "resync-after":
                continue
            for bound in (spec.minimum, spec.maximum):
                for number in (bound - 1, bound, bound + 1):
                    if number >= 0:
                        yield section, spec.name, str(number)


@pytest.mark.oracle("drbdadm")
def test_the_bounds_are_drbdadms(judge):
    differ = []
    for section, name, text in _bounds():
        config = (
            "global { disable-ip-verification; } resource r0 {"
            f" {section.word} {{ {name} {text}; }}"
            " device /dev/drbd0; disk /dev/vg/r0; meta-disk internal;"
            " on alice { address 10.0.0.1:1; } on bob { address 10.0.0.2:1; } }"
        )
        ours = not option_specs(Release.V9_0, section)[name].problem(text)
        if judge.takes(config, Release.V9_0) is not ours:
            differ.append((name, text))
    assert differ == []
