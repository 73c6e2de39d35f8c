"""How fast the CIB is, held against what does the same: lxml, and crmsh."""

import resource
import subprocess
import sys
import time

import pytest
from lxml import etree

from hakvm.pacemaker import Cib, Schemas, crm
from hakvm.transport import Command, Local

HEAD = (
    '<cib crm_feature_set="3.10.0" validate-with="pacemaker-3.7" epoch="1" num_updates="0" '
    'admin_epoch="0"><configuration><crm_config/><nodes><node id="1" uname="node1"/>'
    '<node id="2" uname="node2"/></nodes><resources>'
)
PRIMITIVE = (
    '<primitive id="r{0}" class="ocf" provider="heartbeat" type="Dummy">'
    '<instance_attributes id="r{0}-params"><nvpair id="r{0}-state" name="state" '
    'value="/run/resource-agents/r{0}"/><nvpair id="r{0}-fake" name="fake" value="{0}"/>'
    '</instance_attributes><operations><op id="r{0}-monitor" name="monitor" interval="10s" '
    'timeout="20s"/><op id="r{0}-start" name="start" interval="0" timeout="20s"/></operations>'
    '<meta_attributes id="r{0}-meta"><nvpair id="r{0}-meta-migration-threshold" '
    'name="migration-threshold" value="3"/></meta_attributes></primitive>'
)
LOCATION = '<rsc_location id="l{0}" rsc="r{0}" node="node1" score="{0}"/>'


def made(count: int) -> bytes:
    text = [HEAD]
    text += [PRIMITIVE.format(i) for i in range(count)]
    text += ["</resources><constraints>"]
    text += [LOCATION.format(i) for i in range(count)]
    text += ["</constraints></configuration><status/></cib>"]
    return etree.tostring(etree.fromstring("".join(text)), pretty_print=True)


@pytest.fixture(scope="module")
def big() -> bytes:
    text = made(5000)
    assert len(text) > 3_000_000
    return text


# Each in a process of its own, as a program that reads one document meets it: where
# documents have been read before, how the allocator hands memory out again decides most of
# what lxml by itself takes.
PARSE = """
import sys, time
from lxml import etree
from hakvm.pacemaker import Cib
read = {"ours": Cib.parse, "lxml": etree.fromstring}[sys.argv[1]]
read('<cib><configuration/></cib>')
with open(sys.argv[2], "rb") as file:
    text = file.read()
begin = time.process_time()
kept = read(text)
print(time.process_time() - begin)
"""


def test_parsing_costs_few_times_what_lxml_costs(big, tmp_path):
    path = tmp_path / "cib.xml"
    path.write_bytes(big)
    spent: dict[str, list[float]] = {"ours": [], "lxml": []}
    for _ in range(5):
        for who, times in spent.items():
            said = subprocess.run(
                [sys.executable, "-c", PARSE, who, path], capture_output=True, check=True
            )
            times.append(float(said.stdout))
    assert min(spent["ours"]) < 6 * min(spent["lxml"])


def test_rendering_costs_less_than_lxml(big, benchmark_ratio):
    cib, root = Cib.parse(big), etree.fromstring(big)

    def build(old, parent):
        new = (
            etree.Element(old.tag, dict(old.attrib))
            if parent is None
            else etree.SubElement(parent, old.tag, dict(old.attrib))
        )
        for child in old:
            build(child, new)
        return new

    assert benchmark_ratio(cib.render, lambda: etree.tostring(build(root, None)), 3) < 5


MEASURE = """
import sys
from lxml import etree
from hakvm.pacemaker import Cib
data = open(sys.argv[1], "rb").read()
Cib.parse("<cib/>")
def peak():  # of this process alone, in KiB
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
before = peak()
kept = etree.fromstring(data) if sys.argv[2] == "lxml" else Cib.parse(data)
print(peak() - before)
"""


def test_memory_is_a_few_times_the_tree(big, tmp_path):
    path = tmp_path / "cib.xml"
    path.write_bytes(big)

    def peak(kind: str) -> int:
        argv = [sys.executable, "-c", MEASURE, str(path), kind]
        done = subprocess.run(argv, check=True, capture_output=True, timeout=60)
        return int(done.stdout)

    assert peak("ours") < 6 * peak("lxml")


@pytest.mark.oracle("crm")
def test_crmsh_takes_far_longer_to_show_it(tmp_path):
    text = made(500)
    path = tmp_path / "cib.xml"
    path.write_bytes(text)
    Schemas().validate(text)

    def best(call) -> float:
        times = []
        for _ in range(3):
            begin = time.process_time()
            call()
            times.append(time.process_time() - begin)
        return min(times)

    def theirs() -> float:
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        Local().run(Command.of("crm", "configure", "show", env={"CIB_file": str(path)})).check()
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        return end.ru_utime - begin.ru_utime

    spent = theirs()
    assert spent > 20 * best(lambda: Cib.load(path).render())
    assert spent > 10 * best(lambda: crm.render(Cib.load(path)))
