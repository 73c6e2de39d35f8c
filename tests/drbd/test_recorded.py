"""The moments that were recorded of a real DRBD 8.4.11, lived through again."""

import functools
from datetime import timedelta
from itertools import islice

import attrs
import pytest
from recorded import replay

from hakvm import drbd
from hakvm.drbd import ConnectionState, Drbdadm, Role, Situation
from hakvm.errors import UnsafeError

NODES = ("node1", "node2")
IN_9 = {"WFConnection": "Connecting"}


@pytest.fixture(params=["bookworm", "trixie"])
def recorded(request):
    """A node at a moment, on Debian 12 and on Debian 13."""
    return functools.partial(replay, suite=request.param)


def tools(recorded, moment):
    return tuple(Drbdadm(recorded(moment, node)) for node in NODES)


def watched(transport, **limits):
    """Return what a watcher saw at each of the looks that were recorded."""
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    looks = sum(one.argv == ("cat", "/proc/drbd") for one in transport.transcript.exchanges)
    seen = drbd.watch(transport, sleep=sleep, clock=lambda: now[0], tracker=drbd.Tracker(**limits))
    return list(islice(seen, looks))


def verdict(recorded, moment):
    evidence = (drbd.gather_evidence(tool, "r0") for tool in tools(recorded, moment))
    return drbd.diagnose("r0", *evidence)


@pytest.mark.parametrize(
    ("moment", "connections", "disks", "roles"),
    [
        (
            "drbd-both-up",
            ("Connected", "Connected"),
            ("Inconsistent", "Inconsistent"),
            ("Secondary", "Secondary"),
        ),
        (
            "drbd-synced",
            ("Connected", "Connected"),
            ("UpToDate", "UpToDate"),
            ("Primary", "Secondary"),
        ),
        (
            "drbd-disconnected",
            ("StandAlone", "WFConnection"),
            ("UpToDate", "Outdated"),  # a primary that is told to part tells its peer
            ("Primary", "Secondary"),
        ),
        (
            "drbd-detached",
            ("Connected", "Connected"),
            ("UpToDate", "Diskless"),
            ("Primary", "Secondary"),
        ),
        (
            "drbd-outdated",
            ("WFConnection", "StandAlone"),
            ("UpToDate", "Outdated"),
            ("Primary", "Secondary"),
        ),
        (
            "drbd-waiting",
            ("WFConnection", "WFConnection"),
            ("UpToDate", "UpToDate"),
            ("Secondary", "Secondary"),
        ),
    ],
)
def test_each_way_of_asking_tells_the_same(recorded, moment, connections, disks, roles):
    for tool, connection, disk, role in zip(
        tools(recorded, moment), connections, disks, roles, strict=True
    ):
        assert tool.release is drbd.Release.V8_4
        assert tool.cstate("r0") == (connection,)
        assert tool.dstate("r0")[0][0] == disk
        assert tool.role("r0")[0] == role
        (device,) = tool.proc().devices
        assert (device.connection, device.disk, device.role) == (connection, disk, role)
        resource = tool.status().resource("r0")
        # drbdsetup has 9's words, and leaves a connection out that stands alone.
        words = [IN_9.get(connection, connection)] if connection != "StandAlone" else []
        assert [one.connection for one in resource.connections.values()] == words
        assert (resource.role, resource.volumes[0].disk) == (role, disk)


@pytest.mark.parametrize("moment", ["drbd-both-up", "drbd-synced", "drbd-detached"])
def test_events_add_up_to_the_status(recorded, moment):
    for tool in tools(recorded, moment):
        fold = drbd.EventFold()
        for event in tool.events(now=True):
            fold.add(event)
        assert fold.complete
        resource = fold.status.resource("r0")
        peers = {
            name: attrs.evolve(one, peer_node_id=None)  # 8.4 has none, and fills in 0
            for name, one in resource.connections.items()
        }
        assert attrs.evolve(resource, connections=peers) == tool.status().resource("r0")


def test_a_first_sync_goes_forward(recorded):
    seen = watched(recorded("drbd-syncing", "node2"))
    percent = [one.percent for snapshot in seen for one in snapshot.progress]
    assert percent == sorted(percent)
    assert percent[0] < percent[-1]


def test_a_stall_is_seen_before_and_after_the_kernel_knows(recorded):
    seen = watched(recorded("drbd-stalling", "node2"), stall_after=timedelta(seconds=4))
    states = [(one.state, one.stalled) for snapshot in seen for one in snapshot.progress]
    assert (ConnectionState.SYNC_TARGET, False) in states
    assert (ConnectionState.SYNC_TARGET, True) in states
    assert states[-1] == (ConnectionState.WF_CONNECTION, True)


def test_a_verification_tells_what_differs(recorded):
    kinds = {
        one.kind
        for snapshot in watched(recorded("drbd-verifying", "node1"))
        for one in snapshot.progress
    }
    assert kinds == {"verify"}
    assert [tool.proc().devices[0].out_of_sync for tool in tools(recorded, "drbd-verified")] == [
        12,
        12,
    ]


def test_what_lies_on_the_disk_is_told(recorded):
    for node in NODES:
        with pytest.raises(UnsafeError, match="ext3 filesystem") as caught:
            Drbdadm(recorded("drbd-over-filesystem", node)).create_md("r0")
        assert "Overwrite.DATA" in caught.value.confirm
        with pytest.raises(UnsafeError) as caught:
            Drbdadm(recorded("drbd-over-metadata", node)).create_md("r0")
        assert "Overwrite.META_DATA" in caught.value.confirm


def test_a_split_brain_is_known_and_its_loss_told(recorded):
    found = verdict(recorded, "drbd-split-brain")
    assert found.situation is Situation.SPLIT_BRAIN
    assert any("split-brain" in reason.lower() for reason in found.reasons)
    assert [one.role for one in (found.first, found.second)] == [Role.PRIMARY, Role.PRIMARY]
    (tool, _) = tools(recorded, "drbd-split-brain")
    # 40 blocks of 4 KiB were written on node1, 30 on node2.
    lost = {node: drbd.plan_recovery(found, tool=tool, victim=node).lost for node in NODES}
    assert lost == {"node1": 160, "node2": 120}


@pytest.mark.parametrize(
    ("moment", "situation"),
    [
        ("drbd-synced", Situation.CONNECTED),
        ("drbd-waiting", Situation.SAME_DATA),
        ("drbd-disconnected", Situation.ONE_IS_NEWER),
        ("drbd-both-up", Situation.CONNECTED),
        ("guest-running", Situation.CONNECTED),
    ],
)
def test_all_else_is_none(recorded, moment, situation):
    assert verdict(recorded, moment).situation is situation
