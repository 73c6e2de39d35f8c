import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.errors import HakvmError, ParseError
from hakvm.pacemaker import (
    Cib,
    Clone,
    Colocation,
    Location,
    Master,
    Order,
    Primitive,
    Release,
    Schemas,
    crm,
)
from hakvm.transport import Command, Local

from .meaning import configuration

EMPTY = """\
<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0"
 admin_epoch="0"><configuration><crm_config/><nodes><node id="1" uname="node1"/><node id="2"
 uname="node2"/></nodes><resources/><constraints/></configuration><status/></cib>
"""


def test_the_howto_goes_in_as_it_stands(howto):
    assert list(howto.resources) == [
        *("ms_drbd", "drbd_res", "lvm_grp", "fs_kvm_res", "res_virtdom_debian9"),
    ]
    assert howto.properties == {"stonith-enabled": "false", "no-quorum-policy": "ignore"}
    ms = howto.resources["ms_drbd"]
    assert isinstance(ms, Master)
    assert ms.meta["target-role"] == "Master"
    drbd = howto.resources["drbd_res"]
    assert isinstance(drbd, Primitive)
    assert [(op.interval, op.role) for op in drbd.ops] == [("29s", "Master"), ("31s", "Slave")]
    follows = howto.constraints["apache-deps"]
    assert isinstance(follows, Colocation)
    assert (follows.rsc, follows.rsc_role, follows.with_rsc) == ("ms_drbd", "Master", "lvm_grp")
    place = howto.constraints["drbd_on_node1"]
    assert isinstance(place, Location)
    assert (place.rules[0].role, place.rules[0].score) == ("master", 100)
    waits = howto.constraints["app_on_drbd"]
    assert isinstance(waits, Order)
    assert (waits.first_action, waits.then_action) == ("promote", "start")


def test_what_is_written_reads_the_same(howto):
    assert crm.parse(crm.render(howto), into=Cib.new()).configuration == howto.configuration


@pytest.mark.oracle("crm")
def test_crmsh_makes_the_same_cib_of_the_howto(howto, howto_crm, tmp_path):
    path = tmp_path / "cib.xml"
    path.write_text(EMPTY, encoding="utf-8")
    lines = howto_crm.replace("commit", "")
    Local().run(
        Command.of(
            *("crm", "--force"),
            stdin=f"configure\n{lines}\nquit\n".encode(),
            env={"CIB_file": str(path)},
        )
    ).check(1)
    assert configuration(path.read_bytes()) == configuration(howto)


EVERYTHING = r"""
# what crmsh 4.4 knows
node 1: node1 attributes rack=a standby=off utilization cpu=4
node $id=n-2 node2:member description="the second"
node far:remote
rsc_template vmt ocf:heartbeat:VirtualDomain op monitor interval=30s timeout=30s \
    utilization memory=1024
primitive vm1 @vmt params config=/srv/vm1.xml meta priority=5
primitive ip IPaddr2 ip=10.0.0.1 cidr_netmask=24
primitive d ocf:pacemaker:Dummy description="with a space" \
    params $id=d-one 10: rule #uname eq node1 $d-ref:state=/tmp/1 \
    params rule date lt 2030-01-01 state="/tmp/a b" fake="it's"
primitive e ocf:pacemaker:Dummy params $id-ref=d-one \
    op monitor interval=10s OCF_CHECK_LEVEL=10 op start timeout=20 on-fail=block enabled=true
primitive f Dummy params @d-ref:state op monitor interval=5 op_meta rule defined a x=1
primitive g Dummy operations $id=g-ops op monitor interval=20s
primitive fence stonith:fence_ipmilan params pcmk_host_list="node1 node2"
primitive h systemd:nginx
primitive i lsb:apache2
primitive k Stateful
primitive m Dummy
primitive n Dummy
primitive inside ocf:heartbeat:apache
group grp ip vm1 description=both meta target-role=Started
clone cl grp meta interleave=true
clone ms k meta promotable=true promoted-max=1
ms old m
bundle web docker image=pcmk:http replicas=2 options="--log-driver=journald" \
    network ip-range-start=192.168.122.131 host-netmask=24 port-mapping id=web-port port=80 \
    storage storage-mapping id=web-root source-dir=/srv/html target-dir=/var/www options=rw \
    primitive inside
location l1 d 100: node1
location l2 ms role=Promoted -inf: node2
location l3 /^vm.*/ resource-discovery=never inf: node1
location l4 { d e } 50: node1
location l5 ms rule $id=l5-rule $role=Promoted 100: #uname eq node1 and defined ping \
    rule -inf: not_defined ping or ping number:lte 0
location l6 d rule pingd: defined pingd
location l7 d rule date in start=2025-01-01 end=2026-01-01 rule 5: date spec hours=9-16 weekdays=1-5
location l8 d rule date in start=2025-01-01 months=3
location l9 d rule x eq meta{priority}
colocation c1 inf: grp ms:Promoted
colocation c2 100: d e f
colocation c3 inf: ( d e ) f ms:Promoted
colocation c4 -inf: d e node-attribute=rack
order o1 Mandatory: ms:promote grp:start
order o2 Optional: d e symmetrical=false
order o3 Serialize: ( d e ) f:stop
order o4 inf: [ d e ] f
order o5 0: d e
rsc_ticket t1 ticketA: ms:Promoted loss-policy=demote
rsc_ticket t2 ticketB: d e
tag things: d e
fencing_topology node1: fence h,i node2: fence pattern:far.* fence attr:rack=a fence
role admin write xpath:/cib read type:primitive attribute:description
role short deny params:d:state read ref:ms
acl_target alice admin short
acl_group ops short
alert mail /usr/bin/mail description=d attributes a=b meta timeout=15s \
    select attributes { x y } nodes fencing to { root@localhost attributes c=d } to { other }
monitor h 60s:20s
property $id=more dc-deadtime=5s
property cluster-name=x stonith-enabled=true
rsc_defaults resource-stickiness=200
rsc_defaults $id=r2 rule date gt 2020-01-01 resource-stickiness=0
op_defaults timeout=60s
xml <primitive id="raw" class="ocf" provider="heartbeat" type="Dummy"/>
commit
"""


@pytest.mark.oracle("/usr/share/pacemaker/pacemaker-3.7.rng")
def test_the_whole_language_comes_back():
    cib = crm.parse(EVERYTHING)
    Schemas().validate(cib)
    text = crm.render(cib)
    assert "\nxml" not in text
    again = crm.parse(text)
    assert configuration(again) == configuration(cib)
    assert crm.render(again) == text


@pytest.mark.oracle("crm")
def test_crmsh_reads_what_we_write(tmp_path):
    # crmsh resolves references only to what the cluster has already.
    alone = EVERYTHING.replace("$id-ref=d-one", "x=1").replace("@d-ref:state", "x=1")
    cib = crm.parse(alone.replace("$d-ref:", ""))
    path, lines = tmp_path / "cib.xml", tmp_path / "in.crm"
    path.write_text(Cib.new().render(), encoding="utf-8")
    lines.write_text(crm.render(cib), encoding="utf-8")
    done = Local().run(
        Command.of(
            *("crm", "--force", "configure", "load", "update", str(lines)),
            env={"CIB_file": str(path)},
        )
    )
    # It also puts what holds other resources behind all others.
    found, wanted = (configuration(one, ordered=False) for one in (path.read_bytes(), cib))
    assert found == wanted, done.error_text


def test_lines_change_what_is_there(howto):
    cib = crm.parse("property stonith-enabled=true\nnode node3", into=howto)
    assert cib.properties["stonith-enabled"] == "true"
    assert list(cib.nodes) == ["node1", "node2", "node3"]
    assert cib.resources.keys() == howto.resources.keys()


def test_comments_stay_where_they_stand():
    text = "# the first -- of all\nprimitive a ocf:heartbeat:Dummy\n# why\nlocation l a 5: node1\n"
    cib = crm.parse(text)
    assert crm.render(cib) == text.replace("--", "- -")
    assert "<!--# why -->" in cib.render()


def test_words_of_a_shell_may_stand_before():
    cib = crm.parse("crm configure primitive a Dummy\nconfigure primitive b Dummy\nquit")
    assert list(cib.resources) == ["a", "b"]


def test_an_empty_text_is_an_empty_configuration():
    assert crm.parse("\n# nothing\n", release=Release.V1_1).validate_with == "pacemaker-2.6"


def test_a_clone_says_whether_it_is_promotable():
    cib = crm.parse("primitive a Dummy\nclone c a promotable=true")
    # Without `meta` they are parameters, as crmsh reads it.
    clone = cib.resources["c"]
    assert isinstance(clone, Clone)
    assert not clone.promotable


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("primitive", 1, 10, "expected an id, found the end"),
        ("primitive 1a Dummy", 1, 11, "cannot be an id"),
        ("primitive a", 1, 12, "expected an agent"),
        ("primitive a ocf::x", 1, 13, "no agent"),
        ("property a=b\nprimitiv a Dummy", 2, 1, "no command"),
        ('primitive a Dummy params x="y', 1, 28, "never closed"),
        ("group g a", 1, 9, "no resource that stands alone"),
        ("primitive a Dummy\nprimitive a Dummy", 2, 1, "defined twice"),
        ("primitive a Dummy\ngroup g a a", 2, 11, "stands twice"),
        ("location l a 100", 1, 14, "expected a score and a node"),
        ("location l a rule #uname is x", 1, 26, "expected a comparison"),
        ("location l a rule a eq b and c eq d or e eq f", 1, 37, "joins all its conditions"),
        ("colocation c a b", 1, 14, "expected a score"),
        ("colocation c inf: a:Boss b", 1, 19, "no role"),
        ("colocation c inf: ( a b", 1, 19, "is not closed"),
        ("order o Often: a b", 1, 9, "no kind"),
        ("order o Mandatory: a:begin b", 1, 20, "no action"),
        ("order o Mandatory: a b symmetrical=maybe", 1, 24, "no boolean"),
        ("primitive a Dummy op monitor depth=1 interval=5", 1, 38, "stands behind"),
        ("primitive a Dummy op monitor enabled=maybe", 1, 30, "no boolean"),
        ("xml <nothing/>", 1, 5, "expected an element"),
        ("xml <primitive id=>", 1, 5, "xml: "),
        ("tag t:", 1, 7, "nothing to tag"),
        ("monitor x 10s", 1, 9, "no primitive"),
        ("primitive a Dummy x\\", 1, 20, "cannot stand here"),
    ],
)
def test_what_is_not_the_language_is_named(text, line, column, said):
    with pytest.raises(ParseError) as caught:
        crm.parse(text, source="in.crm")
    error = caught.value
    assert said in error.message
    assert (error.source, error.line, error.column) == ("in.crm", line, column)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    try:
        cib = crm.parse(text)
    except HakvmError:
        return
    assert configuration(crm.parse(crm.render(cib))) == configuration(cib)


@given(st.data())
def test_a_spoilt_text_is_read_or_refused(data):
    lines = EVERYTHING.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    line = lines[at]
    begin = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(begin, len(line)))
    put = data.draw(
        st.sampled_from(["", '"', "'", "\\", "(", ")", "{", "$id=", "=", ":", "\0", "\n"])
    )
    with contextlib.suppress(HakvmError):
        crm.parse("".join([*lines[:at], line[:begin], put, line[end:], *lines[at + 1 :]]))
