"""Split brain: what both nodes say, what it means, and how to get out of it.

Two copies have been written apart. DRBD refuses to connect them, since one
side's changes have to go, and only a person can say which. What is safe is
done without asking; what loses data is bound to the resource, the victim and
both generation identifiers, so that a plan that has grown stale is refused.
"""

import enum

from attrs import frozen

from hakvm.drbd._evidence import Evidence, gather_evidence
from hakvm.drbd._generation import same
from hakvm.drbd._tool import Drbdadm, arguments
from hakvm.drbd._words import APART, DiskState
from hakvm.errors import ConflictError, InvalidError, UnsafeError
from hakvm.transport import Command

__all__ = [
    "Evidence",
    "RecoveryPlan",
    "Situation",
    "Step",
    "Verdict",
    "diagnose",
    "gather_evidence",
    "plan_recovery",
    "recover",
]

_NO_CONNECTION = "unknown connection"  # what 8.4's module answers, with drbdsetup's status 10
_DETECTED = "Split-Brain detected"
_NO_DATA = frozenset(
    {DiskState.DISKLESS, DiskState.FAILED, DiskState.ATTACHING, DiskState.DETACHING}
)


class Situation(enum.Enum):
    """What two nodes' evidence adds up to."""

    CONNECTED = "connected"
    """There is nothing to do."""
    SAME_DATA = "same data"
    """Apart, but with the same data: reconnect."""
    ONE_IS_NEWER = "one is newer"
    """Apart, and one side has gone on alone: reconnect, and it is synchronised."""
    SPLIT_BRAIN = "split brain"
    """Both sides have gone on alone: one side's changes have to go."""
    UNRELATED = "unrelated"
    """The copies have nothing in common: they were never the same."""
    UNCLEAR = "unclear"
    """A side does not tell enough."""


@frozen(kw_only=True)
class Verdict:
    """What it means, and why.

    Attributes:
        resource: which.
        situation: what it is.
        reasons: the evidence for it, one sentence each.
        first, second: what both nodes said.
        newer: the node with the newer data, where only one has gone on.
    """

    resource: str
    situation: Situation
    reasons: tuple[str, ...]
    first: Evidence
    second: Evidence
    newer: str = ""

    def side(self, node: str) -> Evidence:
        """Return what this node said.

        Raises:
            InvalidError: it is neither of the two.
        """
        for one in (self.first, self.second):
            if one.node == node:
                return one
        raise InvalidError(
            f"{node} is neither of the two nodes",
            path="victim",
            value=node,
            hint=f"{self.first.node} or {self.second.node}",
        )


@frozen(kw_only=True)
class Step:
    """One command of a plan: where, what, and why."""

    node: str
    argv: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        return f"{self.node}: {' '.join(self.argv)}  # {self.why}"


@frozen(kw_only=True)
class RecoveryPlan:
    """How to get the two copies together again.

    Attributes:
        resource: which.
        victim: the node whose changes go; empty where nothing is lost.
        survivor: the other one.
        lost: KiB of the victim's changes that are lost; `None` where it is not told.
        steps: what is done, in order.
        confirmation: what `recover` wants to hear, bound to the resource, the victim and both
            generation identifiers; empty where nothing is lost.
        verdict: why.
    """

    resource: str
    victim: str
    survivor: str
    lost: int | None
    steps: tuple[Step, ...]
    confirmation: str
    verdict: Verdict


def diagnose(resource: str, first: Evidence, second: Evidence) -> Verdict:
    """Say what the evidence of both nodes adds up to.

    The order of the questions is the kernel's (drbd_uuid_compare). StandAlone alone is never
    taken for a split brain: an administrator's disconnect or a refused password look the same.
    """
    situation, reasons, newer = _compare(first, second)
    for one in (first, second):
        if one.connection in APART:
            reasons.append(f"{one.node} is {one.connection}")
        if one.log and situation is Situation.SPLIT_BRAIN:
            told = [line for line in one.log if _DETECTED in line] or one.log
            reasons.append(f"{one.node}'s kernel says: {told[-1].strip()}")
    return Verdict(
        resource=resource,
        situation=situation,
        reasons=tuple(reasons),
        first=first,
        second=second,
        newer=newer,
    )


def _unclear(one: Evidence, two: Evidence) -> list[str]:
    """Return why the two cannot be compared; nothing where they can."""
    reasons = [
        f"{side.node} has no disk to tell of: it is {side.disk}"
        for side in (one, two)
        if side.disk in _NO_DATA
    ]
    if (one.connection in APART) is not (two.connection in APART):
        reasons.append(
            f"{one.node} is {one.connection} and {two.node} {two.connection}:"
            " one of them has not noticed yet"
        )
    return reasons


def _compare(  # noqa: PLR0911 - one return a situation, in the kernel's order
    one: Evidence, two: Evidence
) -> tuple[Situation, list[str], str]:
    a, b = one.ids, two.ids
    if one.connection not in APART and two.connection not in APART:
        return Situation.CONNECTED, ["both nodes show a connection"], ""
    unclear = _unclear(one, two)
    if unclear:
        return Situation.UNCLEAR, unclear, ""
    new = [side.node for side, ids in ((one, a), (two, b)) if ids.is_new]
    if new:
        if len(new) > 1:
            return Situation.SAME_DATA, ["neither copy has ever held data"], ""
        newer = two.node if new == [one.node] else one.node
        return Situation.ONE_IS_NEWER, [f"the copy on {new[0]} has never held data"], newer
    if same(a.current, b.current):
        return Situation.SAME_DATA, ["both hold the same generation of data"], ""
    if b.has_been(a.current) and not a.has_been(b.current):
        reason = f"{two.node} went on from what {one.node} still holds"
        return Situation.ONE_IS_NEWER, [reason], two.node
    if a.has_been(b.current) and not b.has_been(a.current):
        reason = f"{one.node} went on from what {two.node} still holds"
        return Situation.ONE_IS_NEWER, [reason], one.node
    if a.ancestors() & b.ancestors():
        reason = "both went on from the same generation, each for itself"
        return Situation.SPLIT_BRAIN, [reason], ""
    return Situation.UNRELATED, ["the two copies have no generation in common"], ""


def plan_recovery(verdict: Verdict, *, tool: Drbdadm, victim: str = "") -> RecoveryPlan:
    """Plan how to get the copies together again.

    Args:
        verdict: what it is.
        tool: of either node; its release says how the commands are spelt.
        victim: the node whose changes go; only for a split brain, where a person has to say it.

    Raises:
        InvalidError: a split brain without a victim, a victim without a split brain, or a
            situation that no reconnecting mends.
    """
    release, resource = tool.release, verdict.resource
    nodes = (verdict.first.node, verdict.second.node)

    def step(node: str, why: str, verb: str, *options: str) -> Step:
        words = arguments(verb, resource, *options, release=release)
        return Step(node=node, argv=("drbdadm", *words), why=why)

    apart = [
        step(node, "a connection that still waits cannot be made anew", "disconnect")
        for node in nodes
    ]
    if verdict.situation in {Situation.SAME_DATA, Situation.ONE_IS_NEWER}:
        if victim:
            raise InvalidError("nothing has to be lost here", path="victim", value=victim)
        together = [step(node, "nothing is lost", "connect") for node in nodes]
        return RecoveryPlan(
            resource=resource,
            victim="",
            survivor=verdict.newer,
            lost=0,
            steps=(*apart, *together),
            confirmation="",
            verdict=verdict,
        )
    if verdict.situation is not Situation.SPLIT_BRAIN:
        raise InvalidError(
            f"{resource}: {verdict.situation.value}: {'; '.join(verdict.reasons)}",
            path="verdict",
            hint=_NO_PLAN[verdict.situation],
        )
    if not victim:
        raise InvalidError(
            f"{resource}: one side's changes have to go, and only a person can say which",
            path="victim",
            hint=" or ".join(f'victim="{node}"' for node in nodes),
        )
    lost = verdict.side(victim)
    (survivor,) = (node for node in nodes if node != victim)
    return RecoveryPlan(
        resource=resource,
        victim=victim,
        survivor=survivor,
        lost=lost.changed,
        steps=(
            *apart,
            step(victim, "its copy is no longer written", "secondary"),
            step(victim, "its changes go", "connect", "--discard-my-data"),
            step(survivor, "its changes stay", "connect"),
        ),
        confirmation=_confirmation(verdict, victim),
        verdict=verdict,
    )


_NO_PLAN = {
    Situation.CONNECTED: "there is nothing to recover",
    Situation.UNRELATED: "compare the two copies by hand, and make one of them anew",
    Situation.UNCLEAR: "wait, or attach the disk, and gather the evidence again",
}


def _confirmation(verdict: Verdict, victim: str) -> str:
    ids = {one.node: f"{one.ids.current:016X}" for one in (verdict.first, verdict.second)}
    (survivor,) = (node for node in ids if node != victim)
    return f"{verdict.resource}: lose {victim} {ids[victim]}, keep {survivor} {ids[survivor]}"


def recover(
    plan: RecoveryPlan, first: Drbdadm, second: Drbdadm, *, confirm: str = ""
) -> tuple[Step, ...]:
    """Carry a plan out, once both nodes still say what it was made for; return what was done.

    Raises:
        UnsafeError: it loses data, and `confirm` is not the plan's `confirmation`.
        ConflictError: the nodes say something else by now; nothing was done.
        CommandError: a step failed; those before it have been done.
    """
    if plan.confirmation and confirm != plan.confirmation:
        lost = "its changes" if plan.lost is None else f"{plan.lost} KiB of changes"
        raise UnsafeError(
            f"{plan.resource}: {plan.victim} loses {lost}",
            confirm=f"recover(…, confirm={plan.confirmation!r})",
        )
    tools = {tool.transport.host: tool for tool in (first, second)}
    if set(tools) != {plan.verdict.first.node, plan.verdict.second.node}:
        raise InvalidError(
            f"the plan is for {plan.verdict.first.node} and {plan.verdict.second.node}",
            path="plan",
            value=", ".join(tools),
        )
    now = diagnose(
        plan.resource,
        *(
            gather_evidence(tools[one.node], plan.resource, minor=one.minor)
            for one in (plan.verdict.first, plan.verdict.second)
        ),
    )
    _still_holds(plan, now)
    for one in plan.steps:
        tool = tools[one.node]
        argv = tool.argv(*one.argv[1:])
        done = tool.transport.run(Command(argv=argv, env=tool.env))
        # A connection that is gone already needs no disconnecting.
        if "disconnect" not in argv or _NO_CONNECTION not in done.error_text:
            done.check()
    return plan.steps


def _still_holds(plan: RecoveryPlan, now: Verdict) -> None:
    then = plan.verdict
    for before, after in ((then.first, now.first), (then.second, now.second)):
        if before.ids.current != after.ids.current:
            raise ConflictError(
                f"{plan.resource}: the data on {after.node} is no longer what the plan was made"
                " for; nothing was done",
                ours=f"{before.ids.current:016X}",
                theirs=f"{after.ids.current:016X}",
                hint="gather the evidence again, and plan anew",
            )
    if now.situation is not then.situation:
        raise ConflictError(
            f"{plan.resource}: {now.situation.value} by now; nothing was done",
            ours=then.situation.value,
            theirs=now.situation.value,
            hint="gather the evidence again, and plan anew",
        )
