"""Real clusters to test on: two nodes in namespaces, with their logs where a test fails."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench import DEBIAN, WITH_LIBVIRT, Bench
from hakvm import corosync

HOWTO = Path(__file__).parents[2] / "examples" / "howto" / "corosync.conf"
BENCHES: list[Bench] = []  # those that stand, for their logs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            # One module's tests share a bench for each release; the others run side by side.
            params = getattr(item, "callspec", None) and item.callspec.params.values()
            release = next((one for one in params or () if one in DEBIAN), "")
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem} {release}"))
            item.add_marker(pytest.mark.root)
            item.add_marker(pytest.mark.oracle("mmdebstrap", "unshare", "nsenter", "ip", "ssh"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    report = yield
    if report.failed:
        for bench in BENCHES:
            report.sections += [(f"{bench.tree.name}: {name}", text) for name, text in bench.logs()]
    return report


@pytest.fixture(scope="module")
def make_bench() -> Iterator[Callable[[str], Bench]]:
    """Make benches that stand until the module's last test is done."""
    made = []

    def make(release: str) -> Bench:
        bench = Bench(WITH_LIBVIRT if release == WITH_LIBVIRT.name else DEBIAN[release])
        made.append(bench)
        BENCHES.append(bench)
        return bench

    yield make
    for bench in made:
        BENCHES.remove(bench)
        bench.close()  # once more does no harm


@pytest.fixture(scope="session")
def authkey() -> corosync.AuthKey:
    return corosync.AuthKey.generate()


def knet() -> corosync.Config:
    """Today's way: two links, crypto."""
    return corosync.Config.two_node(
        [
            corosync.Node.of("node1", 1, "192.168.2.170", "10.0.0.1"),
            corosync.Node.of("node2", 2, "192.168.2.171", "10.0.0.2"),
        ],
        cluster_name="bench",
    )


def howto() -> corosync.Config:
    """The howto's way, udpu without crypto, as it stands but for its no-break spaces."""
    found = corosync.Config.load(HOWTO)
    (rule,) = (one for one in corosync.RULES.rules if one.id == "corosync.no-break-space")
    assert rule.mend is not None
    return rule.mend(found)


@pytest.fixture(scope="session")
def configs() -> dict[str, corosync.Config]:
    return {"knet": knet(), "udpu": howto()}


@pytest.fixture(scope="session")
def howto_as_copied() -> str:
    return HOWTO.read_text()
