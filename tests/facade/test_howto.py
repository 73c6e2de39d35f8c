"""On Debian 9 the recipe gives the howto's own files, less its faults."""

import attrs
import pytest
from described import HOWTO

from hakvm import corosync, drbd, pacemaker, system


def test_the_hosts_file_is_the_howtos(debian9):
    assert system.Hosts.load(HOWTO / "hosts").entries == debian9.hosts.entries


def test_the_resource_is_the_howtos(debian9):
    assert drbd.Config.load(HOWTO / "r0.res").resources == debian9.drbd.resources


def test_corosync_conf_is_the_howtos(debian9):
    assert corosync.Config.load(HOWTO / "corosync.conf") == debian9.corosync


@pytest.mark.parametrize("node", ["node1", "node2"])
def test_the_bridge_is_the_howtos(debian9, node):
    theirs = system.Interfaces.load(HOWTO / f"interfaces.{node}")
    ours = debian9.interfaces[node]
    assert ours.auto == theirs.auto
    assert [(one.name, one.method, dict(one.options)) for one in ours.ifaces] == [
        (one.name, one.method, dict(one.options)) for one in theirs.ifaces
    ]


def test_the_cib_is_the_howtos_less_its_two_faults(debian9):
    theirs = pacemaker.crm.parse((HOWTO / "pacemaker.crm").read_text())
    ours = debian9.cib
    assert ours.properties == theirs.properties
    assert ours.resources.keys() == theirs.resources.keys()
    for name, resource in theirs.resources.items():
        same = ours.resources[name]
        if isinstance(resource, pacemaker.Primitive):
            # libvirt deletes what the agent finds below /etc/libvirt/qemu
            moved = {"config": "/etc/hakvm/debian9.xml"} if "config" in resource.params else {}
            assert same.agent == resource.agent
            assert same.params == {**resource.params, **moved}
            assert [(op.name, op.interval, op.timeout, op.role) for op in same.ops] == [
                (op.name, op.interval, op.timeout, op.role) for op in resource.ops
            ]
        else:
            assert type(same) is type(resource)
            assert same.meta == resource.meta
            assert [one.id for one in same.resources] == [one.id for one in resource.resources]
    assert ours.constraints.keys() == theirs.constraints.keys()
    assert ours.constraints["app_on_drbd"] == theirs.constraints["app_on_drbd"]
    (rule,), (other,) = (one.constraints["drbd_on_node1"].rules for one in (ours, theirs))
    assert (rule.score, rule.conditions) == (other.score, other.conditions)
    wrong, right = (one.constraints["apache-deps"] for one in (theirs, ours))
    assert (wrong.rsc, wrong.with_rsc) == ("ms_drbd", "lvm_grp")
    assert (right.rsc, right.with_rsc) == ("lvm_grp", "ms_drbd")


def test_what_the_howto_leaves_open_is_said(debian9):
    found = {finding.rule for finding in debian9.check()}
    assert {
        "pacemaker.stonith-disabled",
        "pacemaker.no-quorum-policy-ignore",
        "pacemaker.short-timeout",
        "pacemaker.no-stickiness",
        "drbd.no-fencing",
        "corosync.no-crypto",
        "corosync.nodeid-missing",
        "corosync.single-link",
    } <= found
    assert "pacemaker.colocation-reversed" not in found


def test_the_howtos_own_colocation_is_found(debian9):
    cib = pacemaker.crm.parse((HOWTO / "pacemaker.crm").read_text())
    found = {finding.rule for finding in attrs.evolve(debian9, cib=cib).check()}
    assert {"pacemaker.colocation-reversed", "cluster.guest-definition"} <= found
