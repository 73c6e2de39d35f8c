"""What all tests share: the marks that hold them against the real tools."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The administrator's programs are not on every user's PATH.
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])

settings.register_profile(
    "hakvm", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("hakvm")

REQUIRED = os.environ.get("HAKVM_REQUIRE") == "1"


def lack(reason: str) -> None:
    """Skip for want of something; where everything is required (CI), fail."""
    if REQUIRED:
        pytest.fail(f"required here: {reason}", pytrace=False)
    pytest.skip(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # A ratio is measured with nothing else on the processors.
        measures = "benchmark_ratio" in getattr(item, "fixturenames", ())
        if measures or "benchmarks" in item.path.parts:
            item.add_marker("speed")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("oracle"):
        for tool in mark.args:
            if shutil.which(tool) is None and not Path(tool).exists():
                lack(f"{tool} is not installed")
    if item.get_closest_marker("root") and os.geteuid() != 0:
        lack("takes root")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder with the files that others wrote."""
    where = os.environ.get("HAKVM_CORPUS")
    if not where or not Path(where).is_dir():
        # Without a corpus nothing is required of it: elsewhere than in CI it is not there.
        if where:
            lack(f"HAKVM_CORPUS={where} is no folder")
        pytest.skip("HAKVM_CORPUS does not say where the corpus is")
    return Path(where)


@pytest.fixture
def benchmark_ratio() -> Callable[..., float]:
    """Compare two calls in one run: the best CPU time of the first over that of the second."""

    def timed(call: Callable[[], object]) -> float:
        begin = time.process_time()
        kept = call()
        spent = time.process_time() - begin
        del kept
        return spent

    def ratio(ours: Callable[[], object], theirs: Callable[[], object], repeats: int = 7) -> float:
        # In turn, so that both meet the same weather.
        turns = [(timed(ours), timed(theirs)) for _ in range(repeats)]
        return min(one for one, _ in turns) / max(min(other for _, other in turns), 1e-6)

    return ratio
