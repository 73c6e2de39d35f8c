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
