"""The rules of DRBD against their samples; tests/test_rules.py walks those of all layers."""

import pytest

from hakvm.drbd import RULES, Config
from hakvm.findings import Severity


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_a_sample_breaks_its_own_rule_only_where_it_should(rule):
    assert list(rule.look(rule.failing()))
    assert not list(rule.look(rule.passing()))


def test_the_howto_lacks_fencing():
    text = """resource r0 {
        on node1 { device /dev/drbd0; disk /dev/sdb1; address 10.0.0.1:7789; meta-disk internal; }
        on node2 { device /dev/drbd0; disk /dev/sdb1; address 10.0.0.2:7789; meta-disk internal; }
    }"""
    found = Config.parse(text).check()
    assert {one.rule for one in found} == {
        "drbd.no-fencing",
        "drbd.unstable-disk-name",
        "drbd.no-peer-authentication",
    }
    assert found[0].severity is Severity.ERROR


def test_what_common_says_counts():
    text = """common { net { protocol A; } }
    resource r0 { net { data-integrity-alg md5; } }"""
    rules = {one.rule for one in Config.parse(text).check()}
    assert {"drbd.asynchronous", "drbd.data-integrity-alg"} <= rules


def test_mending_keeps_the_rest():
    config = Config.parse("resource r0 { net { data-integrity-alg md5; timeout 50; } }")
    assert dict(RULES.mend(config).resources["r0"].net) == {"timeout": "50"}


def test_two_volumes_cannot_share_a_minor():
    text = """resource r0 {
        volume 0 { device minor 1; disk /dev/vg/a; meta-disk internal; }
        volume 1 { device minor 1; disk /dev/vg/b; meta-disk internal; }
        on a { address 10.0.0.1:1; }
        on b { address 10.0.0.2:1; }
    }"""
    found = [one for one in Config.parse(text).check() if one.rule == "drbd.conflicting-use"]
    assert [one.message for one in found] == [
        "the minor 1 on a is used by volume 0 of r0 on a too",
        "the minor 1 on b is used by volume 0 of r0 on b too",
    ]
