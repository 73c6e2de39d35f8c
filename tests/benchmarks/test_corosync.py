"""How long a corosync.conf of 30,000 lines takes, its comments kept."""

import re

import pytest

from hakvm.corosync import Config

NODES = 5000
TEXT = (
    "# a large cluster\ntotem {\n    version: 2\n    transport: knet\n}\nnodelist {\n"
    + "".join(
        f"    # node {n}\n    node {{\n        name: node{n}\n        nodeid: {n + 1}\n"
        f"        ring0_addr: 10.0.{n >> 8}.{n & 255}\n    }}\n"
        for n in range(NODES)
    )
    + "}\n"
)
UNKNOWN = "totem {\n" + "    # why\n    our_own: value # and more\n" * 15_000 + "}\n"

# What any reader must do at least: find the parts of each line, and where they stand.
TOKENS = re.compile(
    r"[ \t]*(?:(#[^\n]*)|([\w./-]+)[ \t]*:[ \t]*([^\n]*)|([\w./-]+)[ \t]*\{|(\})|)\n", re.ASCII
)


@pytest.mark.parametrize("text", [TEXT, UNKNOWN], ids=["nodes", "unknown"])
def test_a_large_file_costs_a_few_times_its_tokens(text, benchmark_ratio):
    assert text.count("\n") >= 30_000
    assert Config.parse(text).render() == text
    ratio = benchmark_ratio(
        lambda: Config.parse(text), lambda: [one.span() for one in TOKENS.finditer(text)]
    )
    assert ratio < 12
