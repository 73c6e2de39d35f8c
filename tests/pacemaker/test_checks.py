"""What the rules say of the howto's cluster, and of a good one."""

import pytest

from hakvm.findings import Severity
from hakvm.pacemaker import RULES, Cib, Release, crm, simulate


def rules(cib: Cib) -> set[str]:
    return {finding.rule.removeprefix("pacemaker.") for finding in cib.check()}


def test_the_howto_is_seen_through(howto):
    assert rules(howto) == {
        "colocation-reversed",
        "guest-config-of-libvirt",
        "no-monitor",
        "no-quorum-policy-ignore",
        "no-stickiness",
        "short-timeout",
        "stonith-disabled",
    }
    worst = howto.check()[0]
    assert worst.severity is Severity.ERROR
    assert worst.why
    assert worst.fix
    assert worst.source


def test_in_every_release_alike(howto):
    for release in (Release.V1_1, Release.V2_0):
        assert rules(howto.to_release(release)) == rules(howto)


def test_what_can_be_mended_is_and_only_that(howto):
    mended = RULES.mend(howto)
    assert rules(mended) == {"guest-config-of-libvirt", "no-monitor", "stonith-disabled"}
    follows = mended.constraints["apache-deps"]
    assert (follows.rsc, follows.with_rsc, follows.with_rsc_role) == (
        *("lvm_grp", "ms_drbd"),
        "Master",
    )
    assert mended.resources.keys() == howto.resources.keys()


@pytest.mark.oracle("crm_simulate")
def test_what_is_mended_still_runs(howto):
    night = simulate(RULES.mend(howto), fail=["node1"]).node_up("node1")
    assert night.placement["lvm_grp"] == ("node2",)


def test_a_good_cluster_has_no_finding():
    assert RULES.rules[0].passing().check() == ()


def test_a_location_without_nodes_in_the_cib_is_left_alone():
    cib = crm.parse("primitive p Dummy op monitor interval=9s\nlocation l p 5: anywhere")
    assert "unknown-node" not in rules(cib)


def test_guests_and_replicas_are_nodes():
    cib = crm.parse(
        "node node1\nprimitive vm ocf:heartbeat:VirtualDomain params config=/srv/a.xml "
        "meta remote-node=guest1\nprimitive far ocf:pacemaker:remote\n"
        "bundle web docker image=i replicas=2\n"
        "location a vm 1: guest1\nlocation b vm 1: far\nlocation c vm 1: web-1\n"
        "location d vm 1: web-2"
    )
    found = [one.where for one in cib.check() if one.rule == "pacemaker.unknown-node"]
    assert found == ["constraints['d']"]
