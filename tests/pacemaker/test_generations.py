"""Three generations of Pacemaker, each asked itself: Debian 11, 12 and 13 in their own trees."""

import random
import re
import shutil
from pathlib import Path

import pytest
from attrs import frozen

from bench.trees import DEBIAN
from hakvm.errors import ReleaseError
from hakvm.pacemaker import Cib, Release, Schemas, Status, simulate
from hakvm.transport import Command, Completed, Local

pytestmark = [pytest.mark.root, pytest.mark.oracle("mmdebstrap", "chroot")]

GENERATIONS = {
    "debian-11": Release.V2_0,
    "debian-12": Release.V2_1,
    "debian-13": Release.V3_0,
}


@frozen
class Chroot:
    """Runs commands within a tree."""

    root: Path

    @property
    def host(self) -> str:
        return self.root.name

    def run(self, command: Command) -> Completed:
        told = [f"{name}={value}" for name, value in command.env.items()]
        argv = ("chroot", str(self.root), "env", "LC_ALL=C.UTF-8", "TZ=UTC", *told, *command.argv)
        return Local().run(Command.of(*argv, stdin=command.stdin, timeout=command.timeout))


@pytest.fixture(
    scope="module",
    params=[pytest.param(one, marks=pytest.mark.xdist_group(one)) for one in GENERATIONS],
)
def generation(request):
    return Chroot(DEBIAN[request.param].unpacked()), GENERATIONS[request.param]


def feature_set(there: Chroot) -> str:
    found = re.search(
        rb'crm_feature_set="([^"]+)"', there.run(Command.of("cibadmin", "--empty")).stdout
    )
    assert found is not None
    return found[1].decode()


def scheduled(there: Chroot, text: str) -> tuple[int, str]:
    # Never above the tool's own, and always there.
    own = feature_set(there)
    head, mark, rest = re.sub(r' crm_feature_set="[^"]*"', "", text, count=1).partition("<cib ")
    stamped = f'{head}{mark}crm_feature_set="{own}" {rest}'
    done = there.run(
        Command.of(
            *("crm_simulate", "--xml-pipe", "--simulate"),
            stdin=stamped.encode(),
            env={"CIB_shadow_dir": "/tmp"},
        )
    )
    return done.exit_status, done.text


def ran(howto: Cib) -> Cib:
    """A CIB with a status: the howto's cluster after its first node died."""
    return simulate(howto, fail=["node1"]).cib


def test_what_is_made_for_a_release_is_accepted_there(generation, howto):
    there, release = generation
    cib = howto.to_release(release)
    Schemas(directory=there.root / "usr/share/pacemaker").validate(cib)
    done = there.run(Command.of("crm_verify", "--xml-pipe", stdin=cib.render().encode()))
    assert done.ok, done.error_text
    status, text = scheduled(there, ran(howto).to_release(release).render())
    assert status == 0
    assert re.search(r"(Masters|Promoted): \[ node2 \]", text)
    assert re.search(r"res_virtdom_debian9\s.*Started node2", text)


def test_it_simulates(generation, howto):
    there, release = generation
    cib = howto.to_release(release)
    if release is Release.V2_0:
        with pytest.raises(ReleaseError, match="--output-as=xml"):
            simulate(cib, transport=there)
        return
    night = simulate(cib, transport=there).node_fail("node1").node_up("node1")
    assert night.placement["ms_drbd"] == ("node1", "node2")


@pytest.mark.oracle("crm_simulate")
def test_its_status_is_read(generation, howto, tmp_path):
    there, release = generation
    folder = Path("/tmp") / tmp_path.name
    (there.root / "tmp" / tmp_path.name).mkdir()
    try:
        path = there.root / "tmp" / tmp_path.name / "cib.xml"
        path.write_text(ran(howto).to_release(release).render(), encoding="utf-8")

        def mon(*words: str) -> Status:
            done = there.run(
                Command.of("crm_mon", "-1", "-r", *words, env={"CIB_file": f"{folder}/cib.xml"})
            )
            return Status.parse(done.check().stdout)

        for status in (mon("--output-as=xml"), mon()):
            assert status.unparsed == ()
            assert status.offline == ("node1",)
            assert status.placement.promoted("ms_drbd") == ("node2",)
            assert status.placement["lvm_grp"] == ("node2",)
            assert status.placement["res_virtdom_debian9"] == ("node2",)
    finally:
        shutil.rmtree(there.root / "tmp" / tmp_path.name)


def alike(there: Chroot, release: Release, cibs, names) -> tuple[list[str], int]:
    wrong, compared = [], 0
    for name in names:
        cib = Cib.parse(cibs[name])
        status, text = scheduled(there, cib.render())
        if status != 0:
            continue  # that release does not read it as it stands
        try:
            found = scheduled(there, cib.to_release(release).render())
        except ReleaseError:
            continue
        compared += 1
        if found != (0, text):
            wrong.append(name)
    return wrong, compared


@pytest.mark.corpus
def test_it_schedules_the_same_before_and_after(generation, cibs):
    names = random.Random(3).sample(sorted(cibs), 12)  # noqa: S311 - no secret
    wrong, compared = alike(*generation, cibs, names)
    assert wrong == []
    assert compared > 3


@pytest.mark.slow
@pytest.mark.corpus
def test_it_schedules_all_the_same_before_and_after(generation, cibs):
    wrong, compared = alike(*generation, cibs, sorted(cibs))
    assert wrong == []
    assert compared > 250
