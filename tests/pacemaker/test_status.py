import contextlib
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.errors import HakvmError
from hakvm.pacemaker import (
    BundleStatus,
    Cib,
    CloneStatus,
    GroupStatus,
    Pacemaker,
    ResourceStatus,
    Role,
    Status,
    simulate,
)
from hakvm.transport import Command, Local

V2_0 = """\
Cluster Summary:
  * Stack: corosync
  * Current DC: node1 (version 2.0.5-ba59be7122) - partition with quorum
  * Last updated: Wed Mar  3 10:00:00 2021
  * Last change:  Wed Mar  3 09:59:00 2021 by root via cibadmin on node1
  * 2 nodes configured
  * 5 resource instances configured (1 DISABLED)

Node List:
  * Node node2: standby
  * Online: [ node1 ]

Full List of Resources:
  * Clone Set: ms [drbd] (promotable):
    * Masters: [ node1 ]
    * Stopped: [ node2 ]
  * Resource Group: vm:
    * fs\t(ocf::heartbeat:Filesystem):\t Started node1
    * guest\t(ocf::heartbeat:VirtualDomain):\t FAILED node1 (blocked)
  * off\t(ocf::pacemaker:Dummy):\t Stopped (disabled)
  * lost\t(ocf::pacemaker:Dummy):\t ORPHANED Started[ node1 node2 ] (unmanaged)

Failed Resource Actions:
  * guest_monitor_30000 on node1 'not running' (7): call=24, status='complete', \
exitreason='gone', last-rc-change='2021-03-03 09:59:30Z', queued=0ms, exec=12ms

Something newer: that nobody knows
"""

BY_2_1_5 = """\
Cluster Summary:
  * Stack: unknown
  * Current DC: NONE
  * Last updated: Sun Nov 22 09:58:49 2026
  * Last change:
  * 2 nodes configured
  * 4 resource instances configured

Node List:
  * Node node1: UNCLEAN (offline)
  * Online: [ node2 ]

Full List of Resources:
  * Clone Set: ms_drbd [drbd_res] (promotable):
    * drbd_res\t(ocf:linbit:drbd):\t Promoting node2
    * Unpromoted: [ node1 ]
  * Container bundle set: web [pcmk:http]:
    * web-0 (192.168.122.131)\t(ocf:heartbeat:apache):\t Started node2

Node Attributes:
  * Node: node2 (2):
    * master-drbd_res                 \t: 10000

Failed Resource Actions:
  * guest 30s-interval monitor on node2 returned 'not running' (gone) at Sun Nov 22 2026
"""


def test_the_howto_says_what_runs_where(howto_status):
    status = Status.parse(howto_status)
    assert status.unparsed == ()
    assert (status.stack, status.dc, status.version) == ("corosync", "server01", "1.1.16-94ff4df")
    assert status.quorum is True
    assert status.changed_by == "root via crm_resource on server01"
    assert (status.nodes_configured, status.resources_configured) == (2, 4)
    assert status.online == ("node1", "node2")
    assert status.placement == {
        "drbd_res": ("node1", "node2"),
        "ms_drbd": ("node1", "node2"),
        "fs_kvm_res": ("node1",),
        "res_virtdom_debian9": ("node1",),
        "lvm_grp": ("node1",),
    }
    assert status.placement.promoted("ms_drbd") == ("node1",)
    assert status.placement.unpromoted("ms_drbd") == ("node2",)
    clone, group = status.resources
    assert isinstance(clone, CloneStatus)
    assert isinstance(group, GroupStatus)
    assert clone.promotable
    assert group.members[1].agent == "ocf:heartbeat:VirtualDomain"


def test_the_howto_before_it_has_resources(howto_status_empty):
    status = Status.parse(howto_status_empty)
    assert status.unparsed == ()
    assert status.resources == ()
    assert status.node("node2").is_dc


def test_the_text_of_2_0():
    status = Status.parse(V2_0)
    assert status.unparsed == ("Something newer: that nobody knows",)
    assert (status.resources_configured, status.resources_disabled) == (5, 1)
    assert status.standby == ("node2",)
    clone, group, off, lost = status.resources
    assert isinstance(clone, CloneStatus)
    assert clone.members[0].role is Role.MASTER
    assert isinstance(group, GroupStatus)
    guest = group.members[1]
    assert guest.failed
    assert guest.blocked
    assert guest.nodes == ("node1",)
    assert isinstance(off, ResourceStatus)
    assert off.disabled
    assert isinstance(lost, ResourceStatus)
    assert lost.orphaned
    assert not lost.managed
    assert lost.nodes == ("node1", "node2")
    (failure,) = status.failures
    assert (failure.operation, failure.exit_code, failure.call) == ("guest_monitor_30000", 7, 24)
    assert (failure.exit_reason, failure.exec) == ("gone", "12ms")


def test_the_text_of_2_1():
    status = Status.parse(BY_2_1_5)
    assert status.unparsed == ()
    assert status.dc is None
    assert (status.unclean, status.offline) == (("node1",), ("node1",))
    clone, bundle = status.resources
    assert isinstance(clone, CloneStatus)
    assert clone.members[0].role == "Promoting"
    assert isinstance(bundle, BundleStatus)
    assert bundle.replicas[0].members[0].nodes == ("node2",)
    assert status.attributes == {"node2": {"master-drbd_res": "10000"}}
    (failure,) = status.failures
    assert (failure.task, failure.interval, failure.exit_status) == (
        *("monitor", "30s"),
        "not running",
    )


XML = """\
<pacemaker-result api-version="2.25" request="crm_mon">
  <summary>
    <stack type="corosync"/>
    <current_dc present="true" version="2.1.5" name="node1" id="1" with_quorum="true"/>
    <last_change time="now" user="root" client="cibadmin" origin="node1"/>
    <nodes_configured number="2"/>
    <resources_configured number="3" disabled="1" blocked="0"/>
    <cluster_options stonith-enabled="true"/>
  </summary>
  <nodes>
    <node name="node1" id="1" online="true" is_dc="true" type="member" health="green"/>
    <node name="node2" id="2" online="false" unclean="true" type="member"/>
  </nodes>
  <resources>
    <bundle id="web" type="podman" image="i" unique="true">
      <replica id="0"><resource id="web-podman-0" role="Started"><node name="node1"/></resource>
      </replica>
    </bundle>
    <clone id="c" multi_state="true"><group id="g:0" managed="false">
      <resource id="p" resource_agent="ocf::x:y" role="Newest"><node name="node1"/></resource>
    </group></clone>
  </resources>
  <node_history><node name="node1"><resource_history id="p" orphan="false"
    migration-threshold="1000000" fail-count="INFINITY" last-failure="then">
    <operation_history call="6" task="monitor" rc="7" rc_text="not running" interval="10ms"/>
  </resource_history></node></node_history>
  <failures><failure op_key="p_monitor_10" node="node1" exitstatus="not running" exitreason="r"
    exitcode="7" call="6" status="complete"/></failures>
  <fence_history status="0"><fence_event status="success" action="reboot" target="node2"
    client="c" origin="node1" completed="then"/></fence_history>
  <tickets><ticket id="t" status="granted" standby="true"/></tickets>
  <bans><ban id="b" resource="p" node="node2" weight="-1000000" promoted-only="true"/></bans>
  <later x="1"/>
  <status code="0" message="OK"/>
</pacemaker-result>
"""


def test_all_of_the_xml_is_typed():
    status = Status.parse(XML)
    assert (status.dc, status.quorum, status.version) == ("node1", True, "2.1.5")
    assert status.changed_by == "root via cibadmin on node1"
    assert status.options == {"stonith-enabled": "true"}
    assert status.unclean == ("node2",)
    assert status.placement["web"] == ("node1",)
    assert status.placement["c"] == ("node1",)
    clone = status.resources[1]
    assert isinstance(clone, CloneStatus)
    inner = clone.members[0]
    assert isinstance(inner, GroupStatus)
    assert (inner.managed, inner.members[0].role) == (False, "Newest")
    assert inner.members[0].agent == "ocf:x:y"
    (history,) = status.history
    assert (history.fail_count, history.operations[0].rc) == (1_000_000, 7)
    assert status.failures[0].exit_reason == "r"
    assert status.fence_history[0].target == "node2"
    assert status.tickets[0].granted
    assert status.tickets[0].standby
    assert status.bans[0].promoted_only
    assert status.unparsed == ('<later x="1"/>',)


def test_the_older_root_says_its_version():
    status = Status.parse(
        '<crm_mon version="2.0.5"><nodes><node name="a" online="true"/></nodes></crm_mon>'
    )
    assert (status.version, status.online) == ("2.0.5", ("a",))


@pytest.mark.parametrize(
    "text", ["", "   ", "hello\nworld", "<html/>", "<pacemaker-result>", b"\xff"]
)
def test_what_is_no_status_is_named(text):
    with pytest.raises(HakvmError):
        Status.parse(text)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(HakvmError):
        Status.parse(text)


@given(st.data())
def test_no_line_is_lost(data):
    lines = V2_0.splitlines()
    odd = data.draw(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1))
    at = data.draw(st.integers(0, len(lines)))
    status = Status.parse("\n".join([*lines[:at], f"odd {odd}", *lines[at:]]))
    assert f"odd {odd}" in status.unparsed
    assert len(status.resources) == 4


def mon(path, *more):
    done = Local().run(
        Command.of("crm_mon", "-1", "-r", *more, env={"CIB_file": str(path), "TZ": "UTC"})
    )
    return Status.parse(done.check().stdout)


@pytest.mark.corpus
@pytest.mark.oracle("crm_mon")
def test_text_and_xml_say_the_same(cibs, tmp_path):
    for name in random.Random(25).sample(sorted(cibs), 15):  # noqa: S311 - no secret
        path = tmp_path / f"{name}.xml"
        path.write_bytes(cibs[name])
        text, xml = mon(path), mon(path, "--output-as=xml")
        assert (text.unparsed, xml.unparsed) == ((), ()), name
        for item in text.resources:
            # The text leaves out what runs on a guest that it leaves out.
            if not isinstance(item, BundleStatus) and text.placement[item.id]:
                assert text.placement[item.id] == xml.placement[item.id], name
        for node in text.nodes:
            other = xml.node(node.name)
            assert (node.online or node.pending) == (other.online or node.pending), name


@pytest.mark.oracle("crm_mon", "crm_simulate")
def test_the_tool_reads_a_status(howto, tmp_path):
    path = tmp_path / "cib.xml"
    path.write_text(simulate(howto).cib.render(), encoding="utf-8")
    status = Pacemaker(cib_file=str(path)).status()
    assert status.placement.promoted("ms_drbd") == ("node1",)
    assert status.attributes["node1"]["master-drbd_res"] == "10000"
    assert status.history


def test_a_thousand_resources_take_no_time():
    one = (
        '<resource id="r{0}" resource_agent="ocf:heartbeat:Dummy" role="Started" active="true" '
        'orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" '
        'nodes_running_on="1"><node name="node1" id="1" cached="true"/></resource>'
    )
    text = (
        '<pacemaker-result api-version="2.25"><resources>'
        + "".join(one.format(i) for i in range(1000))
        + "</resources></pacemaker-result>"
    )

    def spent():
        begin = time.process_time()
        status = Status.parse(text)
        assert len(status.resources) == 1000
        return time.process_time() - begin

    assert min(spent() for _ in range(5)) < 0.050


def test_a_cib_of_no_cluster_has_no_status():
    assert Cib.new("a").status is not None
