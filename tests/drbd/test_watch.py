"""A resync as a watcher sees it: its own rate, its own word for a stall."""

from datetime import timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.drbd import Drbdadm, ProcDrbd, Release, Status, Tracker, watch
from hakvm.errors import InvalidError, WaitTimeout
from hakvm.transport import Exchange, Replay, Transcript


def proc(left, *, cs="SyncTarget", minor=0):
    return (
        "version: 8.4.11 (api:1/proto:86-101)\n"
        f"{minor:2d}: cs:{cs} ro:Secondary/Primary ds:Inconsistent/UpToDate C r-----\n"
        f"    ns:0 nr:1 dw:1 dr:0 al:0 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:{left}\n"
        f"\t[>...] sync'ed:  1.0% ({left}/10000)K\n"
        "\tfinish: 0:01:00 speed: 77 (77) K/sec\n"
    )


def observe(lefts, **kwargs):
    tracker = Tracker(**kwargs)
    return [
        tracker.observe(ProcDrbd.parse(proc(left)), float(second))
        for second, left in enumerate(lefts)
    ]


def test_rate_and_end_come_from_our_own_history():
    last = observe([10000, 9900, 9800, 9700])[-1]
    (one,) = last.progress
    assert (one.name, one.kind, one.left, one.total) == ("minor 0", "sync", 9700, 10000)
    assert one.rate == pytest.approx(100)
    assert one.percent == pytest.approx(3)
    assert one.finish == timedelta(seconds=97)
    assert (one.kernel_rate, one.kernel_finish) == (77, timedelta(minutes=1))
    assert not one.stalled
    assert last.elapsed == timedelta(seconds=3)


def test_a_stall_is_seen_though_the_kernel_tells_the_last_rate():
    seen = observe([10000, 9000, *[8000] * 12], stall_after=timedelta(seconds=10))
    (before,), (after,) = seen[-3].progress, seen[-1].progress
    assert not before.stalled
    assert after.stalled
    assert after.idle == timedelta(seconds=11)
    assert after.finish is None
    assert (after.kernel_rate, after.kernel_stalled) == (77, False)


def test_the_rate_forgets_what_was_long_ago():
    lefts = [100_000 - 1000 * second for second in range(10)]
    lefts += [lefts[-1] - 10 * second for second in range(1, 15)]
    last = observe(lefts, window=timedelta(seconds=5))[-1]
    assert last.progress[0].rate == pytest.approx(10)


def test_another_resync_begins_anew():
    seen = observe([500, 100, 29000, 28900])
    assert seen[-2].progress[0].rate is None
    assert seen[-1].progress[0].total == 29000
    assert seen[-1].progress[0].rate == pytest.approx(100)


def test_9_is_watched_by_its_status():
    text = """[{"name": "r0", "devices": [], "connections": [{"name": "bob", "peer_devices": [
        {"volume": 0, "replication-state": "SyncSource", "out-of-sync": 500, "rs-total": 2000,
         "db1/dt1 [MiB/s]": 1.5}]}]}]"""
    (one,) = Tracker().observe(Status.parse(text), 0.0).progress
    assert (one.name, one.left, one.total, one.kernel_rate) == ("r0/0 bob", 500, 1000, 1536)
    assert one.percent == 50


def replay(*texts):
    exchanges = [Exchange(argv=("cat", "/proc/drbd"), stdout=text.encode()) for text in texts]
    return Replay(Transcript(host="node1", exchanges=exchanges))


def test_watching_ends_when_nothing_is_under_way():
    transport = replay(proc(200), proc(100), proc(0, cs="Connected"))
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    tool = Drbdadm(transport, release=Release.V8_4)
    seen = list(
        watch(
            tool,
            interval=timedelta(seconds=2),
            until_done=True,
            sleep=sleep,
            clock=lambda: now[0],
        )
    )
    assert [len(one.progress) for one in seen] == [1, 1, 0]
    assert seen[1].progress[0].rate == 50
    assert seen[2].is_idle
    assert seen[2].proc.devices[0].connection == "Connected"
    endless = watch(Drbdadm(replay(proc(5)), release=Release.V8_4), sleep=sleep)
    assert len(list(islice(endless, 5))) == 5


def test_a_resync_that_breaks_off_is_not_done():
    tracker = Tracker(stall_after=timedelta(seconds=3))
    states = [
        proc(500, cs="WFBitMapT"),
        proc(500),
        proc(300),
        proc(300, cs="NetworkFailure"),
        proc(300, cs="WFConnection"),
        proc(340, cs="WFConnection"),  # the peer is not there, and the node is written
        proc(340, cs="WFConnection"),
        proc(310),
        proc(0, cs="Connected"),
    ]
    seen = [
        tracker.observe(ProcDrbd.parse(text), float(now)).progress
        for now, text in enumerate(states)
    ]
    assert [one[0].interrupted for one in seen[:-1]] == [False] * 3 + [True] * 4 + [False]
    assert [one[0].stalled for one in seen[:-1]] == [False] * 5 + [True] * 2 + [False]
    assert seen[-1] == ()


def test_a_verification_that_breaks_off_is_over():
    tracker = Tracker()
    assert (
        tracker.observe(ProcDrbd.parse(proc(500, cs="VerifyS")), 0.0).progress[0].kind == "verify"
    )
    assert tracker.observe(ProcDrbd.parse(proc(500, cs="WFConnection")), 1.0).is_idle


def test_what_was_parted_before_the_watching_began_is_no_resync():
    assert Tracker().observe(ProcDrbd.parse(proc(500, cs="StandAlone")), 0.0).is_idle


def test_watching_has_a_limit():
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    tool = Drbdadm(replay(proc(200)), release=Release.V8_4)
    seen = watch(
        tool, until_done=True, limit=timedelta(seconds=4), sleep=sleep, clock=lambda: now[0]
    )
    with pytest.raises(WaitTimeout, match="node1 was watched for 0:00:04") as caught:
        list(seen)
    assert caught.value.waited == 4
    assert "minor 0 SyncTarget" in caught.value.last


def test_there_is_no_watching_without_pause():
    with pytest.raises(InvalidError, match="more than 0"):
        next(watch(replay(), interval=timedelta()))


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=30))
def test_whatever_is_seen_makes_sense(lefts):
    for snapshot in observe(lefts):
        for one in snapshot.progress:
            assert 0 <= one.percent <= 100
            assert one.finish is None or one.finish >= timedelta()
