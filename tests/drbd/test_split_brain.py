"""What two nodes' evidence means, and that nothing is lost unasked."""

import attrs
import pytest

from hakvm.drbd import (
    ConnectionState,
    DiskState,
    Drbdadm,
    Evidence,
    GenerationIds,
    Release,
    Role,
    Situation,
    diagnose,
    gather_evidence,
    plan_recovery,
    recover,
)
from hakvm.errors import (
    CommandError,
    ConflictError,
    HakvmError,
    InvalidError,
    ParseError,
    UnsafeError,
)
from hakvm.transport import Command, Completed, Replay, Transcript

PARENT, MINE, YOURS, OLD = 0xA0, 0xB0, 0xC0, 0xD0
STANDALONE = ConnectionState.STANDALONE
WAITING = ConnectionState.WF_CONNECTION


def side(node, current, bitmap=0, *history, connection=STANDALONE, changed=0, log=()):
    return Evidence(
        node=node,
        connection=connection,
        role=Role.SECONDARY,
        disk=DiskState.UP_TO_DATE,
        ids=GenerationIds(current=current, bitmap=bitmap, history=history),
        changed=changed,
        minor=0,
        log=log,
    )


SPLIT = (
    side("node1", MINE | 1, PARENT, OLD, changed=4096),
    side("node2", YOURS, PARENT, OLD, connection=WAITING, changed=12),
)


@pytest.mark.parametrize(
    ("first", "second", "situation", "newer"),
    [
        (*SPLIT, Situation.SPLIT_BRAIN, ""),
        # One has lost its bitmap's identifier to the history.
        (
            side("node1", MINE, 0, PARENT),
            side("node2", YOURS, PARENT),
            Situation.SPLIT_BRAIN,
            "",
        ),
        # The howto's case: both wait, with the same data.
        (
            side("node1", MINE, 0, connection=WAITING),
            side("node2", MINE | 1, 0, connection=WAITING),
            Situation.SAME_DATA,
            "",
        ),
        # StandAlone alone is none: an administrator's disconnect.
        (side("node1", MINE), side("node2", MINE), Situation.SAME_DATA, ""),
        (side("node1", MINE, PARENT), side("node2", PARENT), Situation.ONE_IS_NEWER, "node1"),
        (side("node1", PARENT), side("node2", MINE, 0, PARENT), Situation.ONE_IS_NEWER, "node2"),
        (side("node1", 4), side("node2", MINE), Situation.ONE_IS_NEWER, "node2"),
        (side("node1", 4), side("node2", 4), Situation.SAME_DATA, ""),
        (side("node1", MINE, 1), side("node2", YOURS, 1), Situation.UNRELATED, ""),
        (
            side("node1", MINE, connection=ConnectionState.CONNECTED),
            side("node2", YOURS, connection=ConnectionState.SYNC_TARGET),
            Situation.CONNECTED,
            "",
        ),
        (
            side("node1", MINE, PARENT, connection=ConnectionState.CONNECTED),
            side("node2", YOURS, PARENT),
            Situation.UNCLEAR,
            "",
        ),
        # A moment on the way from connected to apart.
        (
            side("node1", MINE, PARENT, connection=ConnectionState.BROKEN_PIPE),
            side("node2", YOURS, PARENT, connection=ConnectionState.NETWORK_FAILURE),
            Situation.SPLIT_BRAIN,
            "",
        ),
        (
            attrs.evolve(SPLIT[0], disk=DiskState.DISKLESS),
            SPLIT[1],
            Situation.UNCLEAR,
            "",
        ),
    ],
)
def test_what_it_is(first, second, situation, newer):
    verdict = diagnose("r0", first, second)
    assert verdict.situation is situation
    assert verdict.newer == newer
    assert verdict.reasons
    turned = diagnose("r0", second, first)
    assert (turned.situation, turned.newer) == (situation, newer)


def test_the_kernels_words_are_among_the_reasons():
    log = ("[1.0] block drbd0: Split-Brain detected but unresolved, dropping connection!",)
    verdict = diagnose("r0", attrs.evolve(SPLIT[0], log=log), SPLIT[1])
    assert any("Split-Brain detected" in reason for reason in verdict.reasons)


TOOL = Drbdadm(Replay(Transcript(host="node1")), release=Release.V8_4)


def test_a_plan_says_what_is_lost_and_for_what_it_holds():
    plan = plan_recovery(diagnose("r0", *SPLIT), tool=TOOL, victim="node2")
    assert (plan.victim, plan.survivor, plan.lost) == ("node2", "node1", 12)
    assert [(step.node, " ".join(step.argv)) for step in plan.steps] == [
        ("node1", "drbdadm disconnect r0"),
        ("node2", "drbdadm disconnect r0"),
        ("node2", "drbdadm secondary r0"),
        ("node2", "drbdadm connect --discard-my-data r0"),
        ("node1", "drbdadm connect r0"),
    ]
    for part in ("r0", "node2", f"{YOURS:016X}", f"{MINE | 1:016X}"):
        assert part in plan.confirmation
    other = plan_recovery(diagnose("r0", *SPLIT), tool=TOOL, victim="node1")
    assert other.confirmation != plan.confirmation
    assert other.lost == 4096


def test_a_person_has_to_say_who_loses():
    verdict = diagnose("r0", *SPLIT)
    with pytest.raises(InvalidError, match="only a person") as caught:
        plan_recovery(verdict, tool=TOOL)
    assert 'victim="node1"' in caught.value.hint
    with pytest.raises(InvalidError, match="neither"):
        plan_recovery(verdict, tool=TOOL, victim="node3")


def test_reconnecting_loses_nothing():
    same = diagnose("r0", side("node1", MINE, connection=WAITING), side("node2", MINE))
    plan = plan_recovery(same, tool=TOOL)
    assert (plan.lost, plan.confirmation) == (0, "")
    assert [step.argv[1] for step in plan.steps] == ["disconnect"] * 2 + ["connect"] * 2
    with pytest.raises(InvalidError, match="nothing has to be lost"):
        plan_recovery(same, tool=TOOL, victim="node1")
    apart = diagnose("r0", side("node1", MINE), side("node2", YOURS))
    with pytest.raises(InvalidError, match="unrelated"):
        plan_recovery(apart, tool=TOOL)


class Node:
    """A node that answers from a state of its own, and keeps what it was told to do."""

    def __init__(self, evidence):
        self.evidence = evidence
        self.done = []
        # What drbdsetup-84 says of a node that is StandAlone already.
        self.refusal = (
            b"r0: Failure: (162) Invalid configuration request\n"
            b"additional info from kernel:\nunknown connection\n"
        )

    @property
    def host(self):
        return self.evidence.node

    def run(self, command):
        words = command.argv
        ids = self.evidence.ids
        shown = ":".join(f"{one:016X}" for one in (ids.current, ids.bitmap, *ids.history, 0, 0)[:4])
        answers = {
            "get-gi": f"{shown}:1:1:0:0:0:0:0\n",
            "dstate": f"{self.evidence.disk}/DUnknown\n",
            "cstate": f"{self.evidence.connection}\n",
            "role": f"{self.evidence.role}/Unknown\n",
            "sh-minor": "0\n",
        }
        if words[0] == "cat":
            text = (
                f" 0: cs:{self.evidence.connection} ro:Secondary/Unknown ds:UpToDate/DUnknown"
                "   r-----\n    ns:0 nr:0 dw:0 dr:0 al:0 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f"
                f" oos:{self.evidence.changed}\n"
            )
        elif words[0] == "dmesg":
            text = "[1] block drbd0: uuid_compare()=100 by rule 90\n[2] eth0: up\n"
        elif words[1] in answers:
            text = answers[words[1]]
        else:
            self.done.append(" ".join(words))
            text = ""
            if words[1] == "disconnect":
                return Completed(
                    command=command,
                    exit_status=10,
                    stderr=self.refusal,
                    host=self.host,
                )
        return Completed(command=command, exit_status=0, stdout=text.encode(), host=self.host)


def nodes():
    first, second = Node(SPLIT[0]), Node(SPLIT[1])
    tools = [Drbdadm(one, release=Release.V8_4) for one in (first, second)]
    return first, second, *tools


def test_evidence_is_gathered_without_touching_anything():
    first, _, tool, _ = nodes()
    found = gather_evidence(tool, "r0")
    assert first.done == []
    assert (found.node, found.minor, found.changed) == ("node1", 0, 4096)
    assert found.ids.current == MINE | 1
    assert found.log == ("[1] block drbd0: uuid_compare()=100 by rule 90",)


def recovery(tools):
    verdict = diagnose("r0", *(gather_evidence(tool, "r0") for tool in tools))
    return plan_recovery(verdict, tool=tools[0], victim="node2")


def test_nothing_is_done_unconfirmed():
    first, second, *tools = nodes()
    plan = recovery(tools)
    for confirm in ("", "r0", "yes", plan.confirmation + " "):
        with pytest.raises(UnsafeError, match="12 KiB") as caught:
            recover(plan, *tools, confirm=confirm)
        assert plan.confirmation in caught.value.confirm
    assert first.done == second.done == []
    assert recover(plan, *tools, confirm=plan.confirmation) == plan.steps
    assert first.done == ["drbdadm disconnect r0", "drbdadm connect r0"]
    assert second.done == [
        "drbdadm disconnect r0",
        "drbdadm secondary r0",
        "drbdadm connect --discard-my-data r0",
    ]


def test_a_step_that_fails_ends_it():
    first, second, *tools = nodes()
    plan = recovery(tools)
    first.refusal = b"r0: State change failed: (-14) Need a verify algorithm\n"
    with pytest.raises(CommandError, match="Need a verify"):
        recover(plan, *tools, confirm=plan.confirmation)
    assert first.done == ["drbdadm disconnect r0"]
    assert second.done == []


def test_a_stale_plan_is_refused():
    first, second, *tools = nodes()
    plan = recovery(tools)
    second.evidence = side("node2", 0xE0, YOURS, PARENT, changed=999)
    with pytest.raises(ConflictError, match="no longer what the plan was made for"):
        recover(plan, *tools, confirm=plan.confirmation)
    second.evidence = attrs.evolve(SPLIT[1], connection=ConnectionState.CONNECTED)
    first.evidence = attrs.evolve(SPLIT[0], connection=ConnectionState.CONNECTED)
    with pytest.raises(ConflictError, match="connected by now"):
        recover(plan, *tools, confirm=plan.confirmation)
    assert first.done == second.done == []


def test_a_plan_is_for_its_own_two_nodes():
    _, _, *tools = nodes()
    plan = recovery(tools)
    stranger = Drbdadm(Node(attrs.evolve(SPLIT[1], node="node3")), release=Release.V8_4)
    with pytest.raises(InvalidError, match="node1 and node2"):
        recover(plan, tools[0], stranger, confirm=plan.confirmation)


def test_identifiers_are_read_in_both_lengths():
    eight = "8F0A9C7B6D5E4F31:1:2:3"
    with pytest.raises(ParseError):
        GenerationIds.parse(eight)
    ids = ":".join(["000000000000000A", "000000000000000B", "0" * 16, "0" * 16])
    assert GenerationIds.parse(f"{ids}:1:0:1:0:0:0:1").flags == {
        "consistent",
        "primary",
        "crashed_primary",
    }
    nine = GenerationIds.parse(f"x\n{ids}:1:1:0:1:0:0:1:0:0:0:0:1")
    assert nine.flags == {
        "consistent",
        "up_to_date",
        "crashed_primary",
        "lost_quorum",
        "peer_seen",
    }
    assert str(nine) == ids
    assert isinstance(Command.of("true"), Command)
    assert issubclass(ParseError, HakvmError)
