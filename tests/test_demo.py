"""The demo, from one end to the other."""

import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html

ROOT = Path(__file__).parents[1]


@pytest.mark.oracle("drbdadm", "corosync", "crm_verify", "crm_simulate")
def test_the_demo_runs_and_its_page_needs_nothing_but_itself(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "demo", tmp_path / "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    for said in (
        "ms_drbd is promoted where lvm_grp is, not the other way round",
        "--extra-args goes with --location only",
        "drbdadm dump",
        "test:///default",
        "node1's copy is out of date",
    ):
        assert said in done.stdout
    page = html.document_fromstring((tmp_path / "out" / "index.html").read_text("utf-8"))
    assert len(page.findall(".//{http://www.w3.org/2000/svg}svg") or page.findall(".//svg")) == 7
    assert not page.xpath("//@src | //link | //script")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "index.html",
        "node1",
        "node2",
    ]
