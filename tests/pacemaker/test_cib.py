from datetime import timedelta

import attrs
import pytest
from lxml import etree

from hakvm.errors import HakvmError, InvalidError, ParseError
from hakvm.pacemaker import (
    INFINITY,
    OPTIONS,
    Cib,
    Colocation,
    Location,
    Node,
    Order,
    Primitive,
    Role,
    colocate,
    group,
    location,
    op,
    order,
    primitive,
    promotable,
    rule,
    ticket,
)
from hakvm.transport import Command, Local

TEXT = """\
<cib validate-with="pacemaker-2.6" epoch="7" num_updates="0" admin_epoch="0">
  <!-- made by hand -->
  <configuration>
    <crm_config>
      <cluster_property_set id="cib-bootstrap-options">
        <nvpair id="o-1" name="stonith-enabled" value="false"/>
      </cluster_property_set>
    </crm_config>
    <nodes>
      <node id="1" uname="node1"/>
    </nodes>
    <resources>
      <master id="ms">
        <primitive id="drbd" class="ocf" provider="linbit" type="drbd" odd="kept">
          <operations>
            <op id="m1" name="monitor" interval="29s" role="Master"/>
          </operations>
          <meta_attributes id="drbd-meta"/>
        </primitive>
      </master>
    </resources>
    <constraints>
      <rsc_colocation id="c" rsc="vm" with-rsc="ms" with-rsc-role="Master" score="+INFINITY"/>
      <rsc_location id="l" rsc="ms" node="node1" score="010"/>
    </constraints>
    <newer-section x="1"/>
  </configuration>
  <status/>
</cib>
"""


def test_views_by_name():
    cib = Cib.parse(TEXT)
    assert list(cib.resources) == ["ms", "drbd"]
    assert list(cib.constraints) == ["c", "l"]
    assert cib.properties == {"stonith-enabled": "false"}
    assert cib.nodes["node1"].id == "1"
    drbd = cib.resources["drbd"]
    assert isinstance(drbd, Primitive)
    assert drbd.agent == "ocf:linbit:drbd"
    assert drbd.ops[0].role is Role.MASTER
    assert cib.parent("drbd") is cib.resources["ms"]
    assert cib.parent("ms") is None
    assert cib.top("drbd") == "ms"


def test_what_is_parsed_is_written_as_it_was():
    cib = Cib.parse(TEXT)
    assert cib.render() == TEXT
    assert Cib.parse(cib.render()) == cib


def test_scores_are_numbers_and_keep_their_spelling():
    cib = Cib.parse(TEXT)
    colocation, place = cib.constraints["c"], cib.constraints["l"]
    assert isinstance(colocation, Colocation)
    assert isinstance(place, Location)
    assert colocation.score == INFINITY
    assert place.score == 10
    changed = cib.replace(attrs.evolve(place, node="node2"))
    assert 'node="node2" score="010"' in changed.render()
    changed = cib.replace(attrs.evolve(place, score=-INFINITY))
    assert 'score="-INFINITY"' in changed.render()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (TEXT.replace('"010"', '"abc"'), "/cib/configuration/constraints/rsc_location/@score"),
        (TEXT.replace('epoch="7"', 'epoch="seven"'), "/cib/@epoch"),
        (TEXT.replace("<cib ", "<bic ").replace("</cib>", "</bic>"), "/bic"),
    ],
)
def test_a_bad_value_is_named_with_its_place(text, path):
    with pytest.raises(InvalidError) as caught:
        Cib.parse(text, source="cib.xml")
    assert caught.value.path == path
    assert caught.value.line
    assert caught.value.source == "cib.xml"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<cib>",
        "<cib>\0</cib>",
        "\udc80",
        '<!DOCTYPE cib [<!ENTITY a "b">]><cib>&a;</cib>',
        '<!DOCTYPE cib [<!ENTITY a SYSTEM "file:///etc/passwd">]><cib>&a;</cib>',
        '<cib x="' + "a" * 100_000_000 + '"/>',
    ],
    ids=["empty", "open", "nul", "surrogate", "entity", "external", "100 MB attribute"],
)
def test_what_is_no_document_is_named(text):
    with pytest.raises(HakvmError):
        Cib.parse(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ParseError, match=r"none\.xml"):
        Cib.load(tmp_path / "none.xml")


def test_an_empty_cib_has_what_the_schema_asks_for():
    cib = Cib.new("node1", "node2")
    assert [node.id for node in cib.nodes.values()] == ["1", "2"]
    assert Cib.parse(cib.render()) == cib


def two_nodes() -> Cib:
    ms = promotable(
        "ms",
        primitive(
            "drbd",
            "ocf:linbit:drbd",
            op("monitor", interval="29s", role=Role.PROMOTED),
            op("monitor", interval="31s", role=Role.UNPROMOTED, timeout=20),
            drbd_resource="r0",
        ),
        notify=True,
        clone_max=2,
    )
    vm = group("vm", primitive("fs", "ocf:heartbeat:Filesystem", device="/dev/drbd0"))
    return Cib.new("node1", "node2").add(
        ms,
        vm,
        colocate(vm, with_=ms.promoted),
        order(ms.promote, vm.start),
        location(ms, rule("#uname eq node1", score=100, role=Role.PROMOTED)),
    )


def test_builders_read_as_they_are_meant():
    cib = two_nodes()
    assert list(cib.resources) == ["ms", "drbd", "vm", "fs"]
    follows = cib.constraints["vm-with-ms"]
    assert isinstance(follows, Colocation)
    assert (follows.rsc, follows.rsc_role) == ("vm", None)
    assert (follows.with_rsc, follows.with_rsc_role) == ("ms", Role.PROMOTED)
    assert follows.score == INFINITY
    waits = cib.constraints["ms-then-vm"]
    assert isinstance(waits, Order)
    assert (waits.first, waits.first_action) == ("ms", "promote")
    assert (waits.then, waits.then_action) == ("vm", "start")
    assert cib.resources["ms"].meta == {"promotable": "true", "notify": "true", "clone-max": "2"}


def test_ids_are_readable_and_unique():
    text = two_nodes().render()
    for id_ in (
        "drbd-instance_attributes-drbd_resource",
        "drbd-monitor-29s",
        "ms-meta_attributes-notify",
        "ms-on-rule-rule-expression",
    ):
        assert text.count(f'id="{id_}"') == 1


def test_ids_that_are_there_never_change():
    cib = Cib.parse(TEXT)
    # What is new would be called as something that is there already.
    taken = cib.add(primitive("m", "ocf:pacemaker:Dummy"), primitive("o", "ocf:pacemaker:Dummy"))
    again = taken.add(
        Primitive.parse(
            '<primitive id="p" class="ocf" provider="pacemaker" type="Dummy">'
            '<operations><op id="m1" name="monitor" interval="10s"/></operations></primitive>'
        )
    )
    ops = [one.ops for one in again.resources.values() if isinstance(one, Primitive)]
    assert [op.id for found in ops for op in found] == ["m1", "p-monitor-10s"]


def test_an_order_of_one_named_action_means_start_for_the_other():
    cib = two_nodes()
    one = order(cib.resources["ms"].promote, "vm")
    assert one.then_action == "start"


def test_an_order_of_three_goes_through_all():
    cib = two_nodes().add(primitive("ip", "ocf:heartbeat:IPaddr2", ip="10.0.0.1"))
    one = order(cib.resources["ms"].promote, cib.resources["vm"].start, "ip")
    assert [found.ids for found in one.sets] == [("ms",), ("vm",), ("ip",)]
    assert len({found.id for found in one.sets}) == 3


def test_a_ticket_over_several_resources():
    one = ticket("ticketA", "vm", "ms", id_="t")
    assert [found.ids for found in one.sets] == [("vm",), ("ms",)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: primitive("1st", "ocf:pacemaker:Dummy"),
        lambda: primitive("a\nb", "ocf:pacemaker:Dummy"),
        lambda: primitive("a", "ocf:Dummy"),
        lambda: primitive("a", "Dummy"),
        lambda: primitive("a", "ocf:pacemaker:Dummy", state="\0"),
        lambda: group("g"),
        lambda: order("a"),
        lambda: location("a"),
        lambda: location("a", node="node1"),
        lambda: location("a", node="node1", score="soon"),
        lambda: rule("#uname is node1"),
        lambda: rule(""),
        lambda: ticket("t"),
        lambda: two_nodes().add(primitive("drbd", "ocf:pacemaker:Dummy")),
        lambda: two_nodes().add(Node(id="3", uname="node1")),
        lambda: two_nodes().replace(primitive("new", "ocf:pacemaker:Dummy")),
        lambda: two_nodes().remove("new"),
    ],
)
def test_what_cannot_be_is_refused(make):
    with pytest.raises(HakvmError) as caught:
        make()
    assert str(caught.value)


def test_remove_takes_away_what_names_it():
    cib = two_nodes().remove("fs")
    assert list(cib.resources) == ["ms", "drbd"]
    assert list(cib.constraints) == ["ms-on-rule"]


def test_options_replace_in_place():
    cib = Cib.parse(TEXT).with_properties({"stonith-enabled": True, "cluster-name": "kvm"})
    assert cib.properties == {"stonith-enabled": "true", "cluster-name": "kvm"}
    assert '<nvpair id="o-1" name="stonith-enabled" value="true"/>' in cib.render()
    assert two_nodes().with_rsc_defaults({"resource-stickiness": 200}).rsc_defaults == {
        "resource-stickiness": "200"
    }
    assert two_nodes().with_op_defaults({"timeout": "60s"}).op_defaults == {"timeout": "60s"}


def test_options_are_typed():
    options = Cib.parse(TEXT.replace("stonith-enabled", "fencing-enabled")).options
    assert options["stonith-enabled"] is False
    assert options["fencing-enabled"] is False
    assert options["dc-deadtime"] == timedelta(seconds=20)
    assert options["node-health-red"] == -INFINITY
    assert options["load-threshold"] == 80
    assert options["no-quorum-policy"] == "stop"
    with pytest.raises(KeyError):
        _ = options["dc-version"]
    assert "cluster-name" not in options
    assert len(options) == len(set(options)) > 40
    odd = Cib.new("a").with_properties({"batch-limit": "many", "mine": "x"}).options
    assert odd["mine"] == "x"
    assert odd.unknown == ("mine",)
    with pytest.raises(InvalidError, match="batch-limit=many"):
        _ = odd["batch-limit"]


@pytest.mark.oracle("/usr/lib/pacemaker/pacemaker-schedulerd")
def test_the_options_are_pacemakers_own():
    known = {name for one in OPTIONS.values() for name in (one.name, *one.aliases)}
    for daemon in ("schedulerd", "controld", "based"):
        path = f"/usr/lib/pacemaker/pacemaker-{daemon}"
        text = Local().run(Command.of(path, "metadata")).check().stdout
        found = {el.get("name") for el in etree.fromstring(text).iter("parameter")}
        assert found
        assert found <= known
