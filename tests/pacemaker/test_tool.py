from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from hakvm.errors import (
    CommandError,
    CommandNotFound,
    ConflictError,
    InvalidError,
    ParseError,
    WaitTimeout,
)
from hakvm.pacemaker import Cib, Op, Pacemaker, Primitive, Release, Schemas, crm, primitive
from hakvm.transport import Command, Completed, Local

pytestmark = pytest.mark.oracle("cibadmin", "crm_diff", "crm_verify", "crm_resource")


@pytest.fixture
def running(howto, tmp_path):
    """A cluster in a file."""
    path = tmp_path / "cib.xml"
    path.write_text(howto.render(), encoding="utf-8")
    return Pacemaker(cib_file=str(path))


def test_the_cib_is_read(running, howto):
    assert running.cib().configuration == howto.configuration


def test_a_change_is_pushed_as_a_difference(running, howto):
    base = running.cib()
    now = running.push(base.with_properties({"stonith-enabled": True}), base=base)
    assert now.properties["stonith-enabled"] == "true"
    assert now == running.cib()
    assert (now.epoch or 0) > (base.epoch or 0)
    assert now.resources.keys() == howto.resources.keys()


def test_nothing_to_push_touches_nothing(running):
    base = running.cib()
    assert running.push(base, base=base) == base


def test_a_change_by_someone_else_is_a_conflict(running):
    base = running.cib()
    running.set_property("no-quorum-policy", "stop")
    new = base.add(primitive("p", "ocf:pacemaker:Dummy", passwd="geheim"))
    with pytest.raises(ConflictError) as caught:
        running.push(new, base=base)
    assert "+primitive p ocf:pacemaker:Dummy" in caught.value.ours
    assert "geheim" not in caught.value.ours
    assert "no-quorum-policy=stop" in caught.value.theirs
    assert "p" not in running.cib().resources


def test_a_change_of_the_status_alone_is_none(running):
    base = running.cib()
    # As it is when a monitor's result comes in: the version counts on.
    now = attrs.evolve(base, num_updates=17)
    Path(running.cib_file).write_text(now.render(), encoding="utf-8")
    pushed = running.push(base.with_properties({"dc-deadtime": "5s"}), base=base)
    assert pushed.properties["dc-deadtime"] == "5s"


class Racing:
    """A cluster whose status moves on just before a patch arrives."""

    host = "racing"

    def __init__(self, path, times):
        self.path, self.times = path, times

    def run(self, command: Command) -> Completed:
        if command.argv[:2] == ("cibadmin", "--patch") and self.times:
            self.times -= 1
            cib = Cib.load(self.path)
            again = attrs.evolve(cib, num_updates=(cib.num_updates or 0) + 1)
            Path(self.path).write_text(again.render(), encoding="utf-8")
        return Local().run(command)


def test_a_difference_is_made_anew_where_the_status_was_faster(running):
    racing = Pacemaker(Racing(running.cib_file, 2), cib_file=running.cib_file)
    base = racing.cib()
    assert racing.push(base.with_properties({"a": 1}), base=base).properties["a"] == "1"
    always = Pacemaker(Racing(running.cib_file, 99), cib_file=running.cib_file)
    base = always.cib()
    with pytest.raises(CommandError, match="older"):
        always.push(base.with_properties({"b": 1}), base=base)
    assert "b" not in running.cib().properties


def test_what_the_schema_forbids_is_not_sent(running):
    base = running.cib()
    bad = base.add(Primitive(id="p", class_="ocf", type="Dummy"))
    with pytest.raises(InvalidError, match=r"not valid by pacemaker-3\.7") as caught:
        running.push(bad, base=base)
    assert "nothing was sent" in caught.value.hint
    assert running.cib() == base


def test_verbs_change_what_they_say(running):
    running.standby("node1")
    assert running.cib().nodes["node1"].attributes["standby"] == "on"
    running.online("node1")
    assert "standby" not in running.cib().nodes["node1"].attributes
    running.maintenance()
    assert running.cib().properties["maintenance-mode"] == "true"
    running.maintenance(on=False)
    assert "maintenance-mode" not in running.cib().properties
    running.stop("lvm_grp")
    assert running.cib().resources["lvm_grp"].meta["target-role"] == "Stopped"
    running.start("lvm_grp")
    assert running.cib().resources["lvm_grp"].meta["target-role"] == "Started"
    running.manage("lvm_grp", on=False)
    assert running.cib().resources["lvm_grp"].meta["is-managed"] == "false"
    running.ban("lvm_grp", "node1")
    assert any(name.startswith("cli-ban-lvm_grp") for name in running.cib().constraints)
    running.clear("lvm_grp")
    assert not any(name.startswith("cli-") for name in running.cib().constraints)


def test_a_verb_that_is_refused_is_a_command_error(running):
    with pytest.raises(CommandError):
        running.stop("nothing")
    with pytest.raises(InvalidError):
        running.standby("node1\n--force")


def test_the_version_is_told(running):
    assert Release.of(running.version()) in Release


def test_crm_verify_says_what_it_finds(running, howto):
    assert running.verify(howto) == ()
    twice = howto.resources["drbd_res"]
    assert isinstance(twice, Primitive)
    assert twice.operations is not None
    second = Op(id="again", name="monitor", interval="29s")
    ops = attrs.evolve(twice.operations, ops=(*twice.ops, second))
    found = running.verify(howto.replace(attrs.evolve(twice, operations=ops)))
    assert [one.rule for one in found] == ["pacemaker.crm-verify"]
    assert "duplicate" in found[0].message
    assert running.verify(howto.with_properties({"stonith-enabled": "maybe"}))


class Busy:
    """A cluster that takes three looks to become idle."""

    host = "busy"

    def __init__(self, looks):
        self.looks = looks

    def run(self, command: Command) -> Completed:
        if command.argv[0] == "crm_mon":
            return Completed(command=command, exit_status=0, stdout=b"<crm_mon version='2.1.5'/>")
        self.looks -= 1
        status = 124 if self.looks >= 0 else 0
        return Completed(command=command, exit_status=status, stderr=b"Pending actions: start x")


def test_waiting_reports_and_has_a_limit():
    seen = []
    status = Pacemaker(Busy(2)).wait(progress=seen.append)
    assert len(seen) == 2
    assert status.version == "2.1.5"
    with pytest.raises(WaitTimeout) as caught:
        Pacemaker(Busy(10**9)).wait(timeout=timedelta(milliseconds=1))
    assert "start x" in caught.value.last


def test_the_shell_is_typed_at(running):
    with running.crm_shell() as shell:
        assert "primitive drbd_res" in shell.run("show drbd_res")
        with pytest.raises(InvalidError, match="ERROR"):
            shell.run("primitive")
        with pytest.raises(InvalidError, match="one line"):
            shell.run("a\nb")
        shell.run("property dc-deadtime=7s")
        shell.run("commit")
    assert running.cib().properties["dc-deadtime"] == "7s"


def test_a_transport_without_a_terminal_is_named():
    with pytest.raises(InvalidError, match="no terminal"):
        Pacemaker(Busy(0)).crm_shell()


class Nowhere:
    host = "nowhere"

    def run(self, command: Command) -> Completed:
        raise CommandNotFound(f"{command.argv[0]}: there is no such program", host=self.host)


def test_a_missing_tool_is_named():
    with pytest.raises(CommandNotFound, match="cibadmin"):
        Pacemaker(Nowhere()).cib()


GOOD = Cib.new("node1").add(primitive("p", "ocf:pacemaker:Dummy")).render()


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        (
            GOOD.replace('provider="pacemaker" ', ""),
            "/cib/configuration/resources",
            "pacemaker-3.7",
        ),
        (GOOD.replace('"p"', '"1p"'), "/cib/configuration/resources/primitive", ""),
        (GOOD.replace("pacemaker-3.7", "pacemaker-99.9"), "/cib/@validate-with", "not installed"),
        (
            GOOD.replace(
                "<constraints/>",
                "<constraints><rsc_location id='l' rsc='q' node='n' score='1'/></constraints>",
            ),
            "",
            "rsc names 'q', which is not there",
        ),
        (
            GOOD.replace(
                "<constraints/>",
                "<constraints><rsc_location id='p' rsc='p' node='n' score='1'/></constraints>",
            ),
            "",
            "the id 'p' is taken",
        ),
    ],
)
def test_the_schema_names_what_is_wrong(text, path, said):
    with pytest.raises(InvalidError) as caught:
        Schemas().validate(text, source="cib.xml")
    error = caught.value
    assert error.path.startswith(path)
    assert said in error.message + error.hint
    assert error.source == "cib.xml"


def test_the_schema_passes_what_is_right():
    Schemas().validate(GOOD)
    Schemas().validate(Cib.parse(GOOD), schema=Schemas().newest)
    with pytest.raises(ParseError):
        Schemas().validate("<cib")
    with pytest.raises(InvalidError, match="no schemas"):
        _ = Schemas(directory="/nowhere").newest


def test_what_crmsh_made_is_valid(howto):
    Schemas().validate(howto)
    assert crm.parse("").configuration == Cib.new().configuration
