"""A running cluster is changed without harm, on three generations of Pacemaker."""

from datetime import timedelta

import pytest

from bench import DEBIAN, until
from hakvm.errors import CommandError, ConflictError, InvalidError
from hakvm.pacemaker import Pacemaker, Primitive, Release, op, primitive

AUTHKEY = "/etc/corosync/authkey"
CONF = "/etc/corosync/corosync.conf"


@pytest.fixture(scope="module", params=list(DEBIAN))
def running(request, make_bench, authkey, configs):
    """Both nodes, Online, and a resource that runs."""
    bench = make_bench(request.param)
    bench.put(
        {
            CONF: (configs["knet"].render().encode(), 0o644),
            AUTHKEY: (bytes(authkey), 0o400),
        }
    )
    bench.start()
    bench.online()
    node1, node2 = (Pacemaker(node.transport) for node in bench.nodes.values())
    base = node1.cib()
    dummy = primitive("dummy", "ocf:pacemaker:Dummy", op("monitor", interval="10s", timeout="20s"))
    node1.push(base.with_properties({"stonith-enabled": False}).add(dummy), base=base)
    node1.wait(timedelta(seconds=60))
    yield node1, node2
    bench.close()


def where(pacemaker):
    return pacemaker.status().placement.get("dummy", ())


def test_what_is_pushed_runs_and_what_the_cluster_set_stays(running):
    node1, node2 = running
    cib = node2.cib()
    assert isinstance(cib.resources["dummy"], Primitive)
    assert cib.properties["cluster-infrastructure"] == "corosync"
    assert cib.properties["dc-version"]
    assert len(where(node1)) == 1
    assert Release.of(node1.version()) in Release


def test_a_change_by_the_other_node_is_a_conflict(running):
    node1, node2 = running
    base = node1.cib()
    node2.set_property("cluster-name", "theirs")
    with pytest.raises(ConflictError) as caught:
        node1.push(base.with_properties({"cluster-name": "ours"}), base=base)
    assert "theirs" in caught.value.theirs
    assert "ours" in caught.value.ours
    assert node1.cib().properties["cluster-name"] == "theirs"
    again = node1.cib()
    assert node1.push(again.with_properties({"cluster-name": "ours"}), base=again)
    assert node2.cib().properties["cluster-name"] == "ours"


def test_what_its_schema_forbids_is_not_pushed(running):
    node1, _ = running
    base = node1.cib()
    with pytest.raises((InvalidError, CommandError)):
        node1.push(base.add(Primitive(id="bad", class_="ocf", type="Dummy")), base=base)
    assert "bad" not in node1.cib().resources


def test_standby_moves_and_online_takes_back(running):
    node1, _ = running
    (here,) = where(node1)
    seen = []
    node1.standby(here)
    status = node1.wait(timedelta(seconds=60), progress=seen.append, every=timedelta(seconds=1))
    assert here in status.standby
    assert status.placement["dummy"] not in {(), (here,)}
    node1.online(here)
    node1.wait(timedelta(seconds=60))
    assert node1.status().standby == ()


def test_a_move_and_its_clearing(running):
    node1, _ = running
    (here,) = where(node1)
    there = "node2" if here == "node1" else "node1"
    node1.move("dummy", there)
    assert node1.wait(timedelta(seconds=60)).placement["dummy"] == (there,)
    assert any(name.startswith("cli-") for name in node1.cib().constraints)
    node1.clear("dummy")
    assert not any(name.startswith("cli-") for name in node1.cib().constraints)


def test_stop_start_maintenance_and_cleanup(running):
    node1, node2 = running
    node1.stop("dummy")
    assert node1.wait(timedelta(seconds=60)).placement["dummy"] == ()
    node1.start("dummy")
    assert node1.wait(timedelta(seconds=60)).placement["dummy"] != ()
    node1.maintenance()
    until("maintenance", lambda: node2.status().options.get("maintenance-mode") == "true", 20)
    node1.maintenance(on=False)
    node1.cleanup("dummy")
    node1.wait(timedelta(seconds=60))
    assert node1.status().failures == ()


def test_crmsh_is_typed_at(running):
    node1, node2 = running
    with node1.crm_shell() as shell:
        assert "primitive dummy" in shell.run("show dummy")
        shell.run("property dc-deadtime=9s")
        shell.run("commit")
    assert node2.cib().properties["dc-deadtime"] == "9s"
