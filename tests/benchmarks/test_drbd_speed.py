"""DRBD's parsers against the least that could be done with the same text, in one run."""

import re
import time
import tracemalloc

import lark

from hakvm.drbd import Config, EventFold, ProcDrbd, parse_events

RESOURCE = """# resource {n}
resource r{n} {{
    on node1 {{
        device    /dev/drbd{n};
        disk      /dev/vg0/lv{n};
        address   192.168.2.170:{port};
        meta-disk internal;
    }}
    on node2 {{
        device    /dev/drbd{n};
        disk      /dev/vg0/lv{n}; # the same there
        address   192.168.2.171:{port};
        meta-disk internal;
    }}
}}
"""
CONFIG = "".join(RESOURCE.format(n=n, port=7000 + n) for n in range(1000))
TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)|(?P<comment>#[^\n]*)|(?P<sign>[{};\[\]:])"
    r'|(?P<quoted>"(?:[^"\\\n]|\\.)*")|(?P<word>[a-zA-Z0-9/._-]+)'
)
GRAMMAR = r"""
start: statement*
statement: word+ (";" | block)
block: "{" statement* "}"
word: WORD | QUOTED | "[" WORD "]" | ":" WORD
WORD: /[a-zA-Z0-9\/._-]+/
QUOTED: /"(?:[^"\\\n]|\\.)*"/
COMMENT: /#[^\n]*/
%ignore COMMENT
%ignore /[ \t\r\n]+/
"""
PROC = "version: 8.4.11 (api:1/proto:86-101)\nsrcversion: 0904DF2CCF7283ACE07D07A\n" + "".join(
    f"{n:2d}: cs:Connected ro:Secondary/Primary ds:UpToDate/UpToDate C r-----\n"
    f"    ns:{n} nr:{11784 * n} dw:{11784 * n} dr:{977 * n} al:8 bm:0 lo:0 pe:{n % 5} ua:0 ap:0"
    f" ep:1 wo:f oos:{n}\n"
    for n in range(1000)
)
DEVICE = re.compile(
    r" *(\d+): cs:(\w+) ro:(\w+)/(\w+) ds:(\w+)/(\w+) (.) (\S+)\n"
    r" +ns:(\d+) nr:(\d+) dw:(\d+) dr:(\d+) al:(\d+) bm:(\d+) lo:(\d+) pe:(\d+) ua:(\d+) ap:(\d+)"
    r" ep:(\d+) wo:(\w) oos:(\d+)\n"
)


def test_a_configuration_costs_little_more_than_its_tokens(benchmark_ratio):
    assert len(CONFIG) > 340_000
    assert len(Config.parse(CONFIG).resources) == 1000
    ratio = benchmark_ratio(
        lambda: Config.parse(CONFIG),
        lambda: [(m.lastgroup, m[0], m.start()) for m in TOKEN.finditer(CONFIG)],
    )
    assert ratio < 5


def test_a_configuration_costs_a_fifth_of_larks(benchmark_ratio):
    parser = lark.Lark(GRAMMAR, parser="lalr", propagate_positions=True)
    ratio = benchmark_ratio(lambda: Config.parse(CONFIG), lambda: parser.parse(CONFIG), repeats=3)
    assert ratio < 1 / 5


def test_a_thousand_devices_cost_at_most_twice_one_regex(benchmark_ratio):
    assert 140_000 < len(PROC) < 180_000
    assert len(DEVICE.findall(PROC)) == 1000
    ratio = benchmark_ratio(
        lambda: ProcDrbd.parse(PROC),
        lambda: [found.groups() for found in DEVICE.finditer(PROC)],
        repeats=25,
    )
    assert ratio < 2
    # Each number is made when its device is looked at; here are all of them.
    devices = ProcDrbd.parse(PROC).devices
    assert sum(one.sent for one in devices) == sum(range(1000))
    assert all(isinstance(one.out_of_sync, int) for one in devices)


def stream(count):
    for n in range(count):
        yield (
            f"change peer-device name:r{n % 100} peer-node-id:1 conn-name:node2 volume:0"
            f" replication:SyncTarget peer-disk:UpToDate done:{n % 100}.10 received:{n} sent:0"
            f" out-of-sync:{count - n} pending:0 unacked:0 dbdt1:20.10 eta:30\n"
        )


def fold(count):
    folded = EventFold()
    for event in parse_events(stream(count)):
        folded.add(event)
    return folded


def test_a_hundred_thousand_events_are_folded_in_time():
    times = []
    for _ in range(2):
        begin = time.process_time()
        fold(100_000)
        times.append(time.process_time() - begin)
    assert min(times) < 1.5
    volume = fold(1000).status.resource("r99").connections["node2"].volumes[0]
    assert volume.received == 999


def test_a_stream_is_never_held_whole():
    fold(100)
    tracemalloc.start()
    try:
        fold(20_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
