"""Drawings and pages: whole, self-contained, and with nothing in them that should not show."""

import re

import attrs
import pytest
from described import FENCED, PLATFORMS, two_node
from lxml import etree, html

from hakvm import Platform, notebook
from hakvm.findings import Finding, Severity

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return [one.text for one in etree.fromstring(svg.text).iter(f"{SVG}text")]


@pytest.mark.parametrize("platform", PLATFORMS, ids=str)
def test_the_topology_names_nodes_layers_and_links(platform):
    shown = texts(notebook.topology(two_node(platform, nodes=FENCED)))
    assert {"node1", "node2", "DRBD r0", "/dev/drbd0", "10.0.0.1:7789"} <= set(shown) or (
        platform is Platform.DEBIAN_9 and "192.168.2.170:7789" in shown
    )
    assert "power switch: fence_ipmilan" in shown
    links = 1 if platform is Platform.DEBIAN_9 else 2
    assert sum(text.startswith("link ") for text in shown) == links


def test_a_node_without_a_power_switch_is_marked():
    shown = texts(notebook.topology(two_node(Platform.DEBIAN_12)))
    assert shown.count("no power switch: cannot be fenced") == 2


@pytest.mark.oracle("crm_simulate")
def test_the_placement_is_drawn():
    cluster = two_node(Platform.DEBIAN_12)
    night = cluster.simulate().power_off("node1")
    shown = texts(notebook.topology(cluster, placement=night.placement, offline=["node1"]))
    assert "DRBD r0 · Promoted" in shown
    assert "off" in shown
    assert "vm_debian9 · not here" in shown


@pytest.mark.oracle("crm_simulate")
def test_a_run_is_drawn_step_by_step_and_marks_what_differs():
    cluster = two_node(Platform.DEBIAN_12)
    good = cluster.simulate()
    old = cluster.simulate(promotion={"node1": 5, "node2": 10000})
    assert {"node1 loses power", "off", "1. promote drbd_r0 on node2"} <= set(
        texts(notebook.timeline(good.power_off("node1")))
    )
    dots = [
        len(
            etree.fromstring(notebook.timeline(good, against=other).text).findall(f".//{SVG}circle")
        )
        for other in (good, old)
    ]
    assert dots == [0, 6]


def test_what_is_text_stays_text():
    finding = Finding(
        rule="cluster.x",
        severity=Severity.ERROR,
        message="<script>alert(1)</script> & more",
        why="passwd=s3same",
        fix="none",
    )
    page = notebook.page(
        "<b>x</b>",
        [notebook.Section(title="</style>", parts=[notebook.findings([finding])])],
        lead="a < b",
    )
    root = html.document_fromstring(page.text)
    assert root.findall(".//script") == []
    assert root.findall(".//b") == []
    assert "<script>alert(1)</script> & more" in root.text_content()


def test_findings_of_one_rule_share_a_card():
    found = two_node(Platform.DEBIAN_12).check()
    cards = html.fragment_fromstring(notebook.findings(found).text).findall("div")
    assert len(cards) == len({finding.rule for finding in found})
    assert notebook.tallies(()) == (("nothing found", "good"),)
    assert ("1 error", "bad") in notebook.tallies(found)


def test_a_page_needs_nothing_but_itself_and_shows_no_secret():
    cluster = two_node(Platform.DEBIAN_12, nodes=FENCED)
    page = notebook.page(
        "all of it",
        [
            notebook.Section(
                title="files",
                parts=[
                    notebook.topology(cluster),
                    notebook.files(cluster.files("node1")),
                    notebook.table(("a", "b"), [("x", notebook.tag("good"))]),
                    notebook.heading("h", "t"),
                    notebook.chips(*notebook.tallies(cluster.check())),
                ],
            )
        ],
    )
    root = html.document_fromstring(page.text)
    assert not root.xpath("//@src | //link | //script | //*[local-name()='image']")
    assert "url(" not in page.text
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page.text)
    assert "s3same" not in page.text
    assert attrs.asdict(page)["text"].startswith("<!DOCTYPE html>")


def test_a_notebook_shows_them_by_themselves():
    svg = notebook.topology(two_node(Platform.DEBIAN_12))
    assert svg._repr_svg_() == svg.text
    assert notebook.tag("good")._repr_html_().startswith("<span")
