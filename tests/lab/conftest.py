"""The lab as a fixture: both nodes as they were at a moment that the test names."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from hakvm.errors import HakvmError
from hakvm_lab import BOOTED, Lab, LabError, Settings, cache
from hakvm_lab.stages import bring

WANTED = os.environ.get("HAKVM_LAB") == "1"
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the lab's tests out unless script/lab asks for them; run them one after the other."""
    taking = [item for item in items if item.get_closest_marker("lab")]
    for item in taking:
        item.add_marker(pytest.mark.xdist_group("lab"))
    if taking and not WANTED:
        config.hook.pytest_deselected(items=taking)
        items[:] = [item for item in items if item not in taking]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def both_nodes() -> Iterator[None]:
    """Both nodes run: as they did before, or from here to the end of the tests."""
    # An end by a signal, as a time limit sends it, is an end that cleans up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        Lab.running()
    except LabError:
        Lab.up(Settings(suite=os.environ.get("HAKVM_LAB_SUITE", "bookworm")), report=print)
    else:
        yield
        return
    try:
        yield
    finally:
        Lab.running().down()


@pytest.fixture
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Both nodes rewound to the state that the test's mark names, `booted` unless it does."""
    request.getfixturevalue("both_nodes")
    found = Lab.running(report=print)
    mark = request.node.get_closest_marker("lab")
    try:
        bring(found, mark.args[0] if mark and mark.args else BOOTED)
        yield found
    finally:
        if request.node.stash.get(FAILED, False):
            keep(found, request.node.name)


def keep(lab: Lab, test: str) -> None:
    """Keep console, journal and logs of both nodes of a test that failed."""
    folder = cache.root() / "failed" / re.sub(r"[^A-Za-z0-9_.-]+", "_", test)
    folder.mkdir(parents=True, exist_ok=True)
    for machine in lab.machines:
        kept = folder / f"{machine.name}.console"
        kept.write_bytes(machine.console.read_bytes())
        with suppress(HakvmError):
            journal = lab.run(machine.name, "journalctl", "-b", "--no-pager", limit=30)
            kept.with_suffix(".journal").write_bytes(journal.stdout)
    for log in lab.folder.glob("*.log"):
        (folder / log.name).write_bytes(log.read_bytes())
    lab.report(f"console and journal of both nodes are in {folder}")
