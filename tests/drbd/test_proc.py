"""/proc/drbd in every form that was ever seen."""

import pickle
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm import strategies
from hakvm.drbd import (
    Congestion,
    ConnectionState,
    Device,
    DiskState,
    ProcDrbd,
    Role,
    WriteOrder,
)
from hakvm.drbd import _proc_parser as parser
from hakvm.errors import InvalidError

HOWTO = (Path(__file__).parents[2] / "examples/howto/proc_drbd").read_text()
COUNTERS = "ns:1 nr:2 dw:3 dr:4 al:5 bm:6 lo:7 pe:8 ua:9 ap:10"
NEW = f"    {COUNTERS} ep:11 wo:b oos:12\n"


def one(text):
    proc = ProcDrbd.parse(text)
    assert proc.unparsed == ()
    (device,) = proc.devices
    return device


def test_the_howtos_sample():
    proc = ProcDrbd.parse(HOWTO)
    assert (proc.version, proc.api, proc.proto) == ("8.4.7", 1, (86, 101))
    assert str(proc.proto) == "86-101"
    assert proc.build == "srcversion: 0904DF2CCF7283ACE07D07A"
    assert proc.unparsed == ()
    device = proc.device(0)
    assert (device.connection, device.role, device.peer_role, device.disk, device.peer_disk) == (
        ConnectionState.SYNC_TARGET,
        Role.SECONDARY,
        Role.PRIMARY,
        DiskState.INCONSISTENT,
        DiskState.UP_TO_DATE,
    )
    assert (device.received, device.out_of_sync, device.write_order) == (
        11784,
        10472576,
        WriteOrder.FLUSH,
    )
    resync = device.resync
    assert (resync.kind, resync.percent) == ("sync", 0.2)
    assert (resync.left, resync.total) == (10224 * 1024, 10236 * 1024)
    assert resync.finish == timedelta(hours=1, minutes=12, seconds=43)
    assert (resync.speed, resync.average, resync.want, resync.stalled) == (2356, 2356, 4200, False)
    with pytest.raises(InvalidError, match="no device with the minor 1"):
        proc.device(1)


def test_every_counter():
    device = one(f" 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----\n{NEW}")
    names = """sent received written read activity_log bitmap local pending unacked application
    epochs""".split()  # noqa: SIM905 - words read best as words
    assert [getattr(device, name) for name in names] == list(range(1, 12))
    assert device.out_of_sync == 12
    assert device.write_order is WriteOrder.BARRIER
    assert device.protocol == "C"
    assert device.configured


def test_unconfigured_and_waiting():
    text = f""" 0: cs:WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown   r-----
{NEW}
 2: cs:Unconfigured
"""
    first, second = ProcDrbd.parse(text).devices
    assert first.connection.value == "WFConnection"
    assert first.protocol == ""
    assert not second.configured
    assert second.connection is ConnectionState.UNCONFIGURED
    assert (second.role, second.disk, second.sent) == (Role.SECONDARY, DiskState.DISKLESS, None)


def test_every_flag():
    device = one(f"10: cs:Connected ro:Primary/Primary ds:UpToDate/UpToDate C sapubs\n{NEW}")
    flags = device.flags
    assert flags.io_suspended
    assert flags.after_dependency
    assert flags.peer_paused
    assert flags.user_paused
    assert flags.congestion is Congestion.BACKING_DISK
    assert flags.activity_log_suspended
    calm = one(f"10: cs:Connected ro:Primary/Primary ds:UpToDate/UpToDate C r-----\n{NEW}").flags
    assert not (calm.io_suspended)
    assert not (calm.after_dependency)
    assert not (calm.peer_paused)
    assert not (calm.user_paused)
    assert not (calm.activity_log_suspended)
    assert calm.congestion is Congestion.NOTHING


HEAD = " 0: cs:SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent C r-----\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            (
                "\t[==>.................] sync'ed: 12.5% (700/800)K\n"
                "\tfinish: 0:00:10 speed: 70 (60) K/sec\n"
            ),
            {"percent": 12.5, "left": 700, "total": 800, "speed": 70, "average": 60},
        ),
        (
            (
                "\t[==================>.] sync'ed:100.0% (1/800)M\n"
                "\tfinish: 0:00:00 speed: 1,234,567 (1,000 -- 2,000) want: 4,000 K/sec (stalled)\n"
            ),
            {
                "percent": 100.0,
                "left": 1024,
                "speed": 1234567,
                "recent": 1000,
                "average": 2000,
                "want": 4000,
                "stalled": True,
            },
        ),
        (
            (
                "\t[>....................] verified:  0.1% (99/100)M\n"
                "\tfinish: 1:00:00 speed: 5 (5) K/sec\n"
                "\t  0% sector pos: 8/2048 stop sector: 1024\n"
            ),
            {
                "kind": "verify",
                "finish": timedelta(hours=1),
                "sector": 8,
                "sectors": 2048,
                "stop_sector": 1024,
            },
        ),
        (
            (
                "\t[>....................] sync'ed:  0.1% (9216/9216)Mfinish: 2:00:00 speed: 1 (1)"
                " K/sec\n"
            ),
            {"total": 9216 * 1024, "finish": timedelta(hours=2), "speed": 1},
        ),
        (
            (
                "\t[>....................] sync'ed:  0.1% (10/20)K\n"
                "\tfinish: ∞ speed: -5 (-7 -- 3) K/sec\n"
            ),
            {"finish": None, "speed": -5, "recent": -7, "average": 3},
        ),
        (
            "\t[>....................] sync'ed:  0.1% (10/20)K\n\tstalled\n",
            {"stalled": True, "speed": None},
        ),
        ("\t 25%      512/2048\n", {"kind": "verify", "percent": 25.0, "left": 768, "total": 1024}),
    ],
)
def test_every_progress_line(lines, expected):
    resync = one(HEAD + NEW + lines).resync
    assert {name: getattr(resync, name) for name in expected} == expected


def test_caches_and_the_blocked():
    device = one(
        HEAD
        + NEW
        + "\tresync: used:1/61 hits:2 misses:3 starving:4 locked:5 changed:6\n"
        + "\tact_log: used:7/1237 hits:8 misses:9 starving:10 dirty:11\n"
        + "\tblocked on activity log: 3\n"
    )
    assert attrs.astuple(device.resync_cache) == (1, 61, 2, 3, 4, 5, 6)
    assert attrs.astuple(device.activity_cache) == (7, 1237, 8, 9, 10, None, 11)
    assert device.blocked_on_activity_log == 3


def test_0_7_and_8_0():
    old = one(
        "version: 0.7.25 (api:79/proto:74)\nSVN Revision: 3154 build by root@node1\n"
        " 0: cs:Connected st:Primary/Secondary ld:Consistent\n"
        "    ns:1 nr:2 dw:3 dr:4 al:5 bm:6 lo:7 pe:8 ua:9 ap:10\n"
    )
    assert (old.role, old.disk, old.peer_disk) == (
        Role.PRIMARY,
        DiskState.CONSISTENT,
        DiskState.D_UNKNOWN,
    )
    assert (old.sent, old.application, old.epochs, old.out_of_sync) == (1, 10, None, None)
    eight = one(
        "version: 8.0.16 (api:86/proto:86)\n"
        " 0: cs:Connected st:Secondary/Primary ds:UpToDate/UpToDate C r---\n"
        f"    {COUNTERS}\n"
        "\tresync: used:0/31 hits:0 misses:0 starving:0 dirty:0 changed:0\n".replace(
            "dirty:0 changed:0", "dirty:0"
        )
    )
    assert (eight.role, eight.flags) == (Role.SECONDARY, "r---")
    assert eight.resync_cache.size == 31


def test_a_raw_nul_among_the_flags():
    device = one(f" 0: cs:Connected ro:Primary/Primary ds:UpToDate/UpToDate C r---\0-\n{NEW}")
    assert device.flags.congestion is Congestion.NOTHING


def test_9_and_its_compat_form():
    nine = ProcDrbd.parse(
        "version: 9.1.7 (api:2/proto:110-121)\nGIT-hash: 000 build by x@y\n"
        "Transports (api:17): tcp (9.1.7) rdma (9.1.7)\n"
    )
    assert (nine.transports, nine.devices, nine.unparsed) == (("tcp", "rdma"), (), ())
    compat = ProcDrbd.parse(
        f"version: 9.2.15 (api:2/proto:86-122) (compat 8.4)\nbuilt-in\n\n{HEAD}{NEW}"
    )
    assert (compat.compat, len(compat.devices), compat.unparsed) == ("8.4", 1, ())


def test_an_odd_device_is_neither_lost_nor_fatal():
    text = f"{HEAD}{NEW} 1: cs:Connected and then something new\n{NEW} 2: cs:Unconfigured\n"
    proc = ProcDrbd.parse(text + "queue_delay: 5.1 ms\n")
    assert [device.minor for device in proc.devices] == [0, 1, 2]
    assert proc.devices[1].connection is ConnectionState.CONNECTED
    assert proc.devices[1].sent == 1
    assert proc.unparsed == (" 1: cs:Connected and then something new", "queue_delay: 5.1 ms")


def test_words_of_a_later_kernel_are_kept():
    device = one(f" 0: cs:Dreaming ro:Tertiary/Primary ds:Shiny/UpToDate C r-----\n{NEW}")
    assert (device.connection.value, device.role.value, device.disk.value) == (
        "Dreaming",
        "Tertiary",
        "Shiny",
    )
    assert not device.connection.known
    assert device.peer_role.known
    assert pickle.loads(pickle.dumps(device)) == device


def test_a_device_is_a_value():
    first = one(HEAD + NEW)
    again = one(HEAD + NEW)
    assert first == again
    assert hash(first) == hash(again)
    assert attrs.evolve(first, minor=3).minor == 3
    assert first != attrs.evolve(again, sent=99)
    assert pickle.loads(pickle.dumps(ProcDrbd.parse(HOWTO))) == ProcDrbd.parse(HOWTO)
    assert Device(minor=1).configured
    with pytest.raises(AttributeError):
        _ = first.no_such_thing
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        first.minor = 2


@given(strategies.proc_drbd_texts())
def test_the_fast_way_and_the_slow_way_agree(text):
    fast = ProcDrbd.parse(text)
    proc, devices = {"unparsed": []}, []
    for line in text.splitlines():
        parser._line(line, proc, devices)
    slow = tuple(parser._finished(fields) for fields in devices)
    assert fast.devices == slow
    assert fast.unparsed == tuple(proc["unparsed"]) == ()


@given(st.text() | st.text(alphabet="0: cs:ro/ds\n \tns12M%()[>]finishspeed,K∞"))
def test_nothing_is_raised_whatever_the_text(text):
    proc = ProcDrbd.parse(f"{HEAD}{NEW}{text}")
    assert proc.devices[0].minor == 0
    assert isinstance(hash(proc), int)


@given(strategies.proc_drbd_texts(), st.data())
def test_a_broken_line_costs_no_device(text, data):
    lines = text.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    broken = [*lines[:at], data.draw(st.text(alphabet="abc:/% ")), *lines[at + 1 :]]
    before, after = ProcDrbd.parse(text), ProcDrbd.parse("\n".join(broken))
    lost = {one.minor for one in before.devices} - {one.minor for one in after.devices}
    assert len(lost) <= (" cs:" in lines[at])
