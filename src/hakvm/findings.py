"""What a check reports, and the rules that report it.

A `Rule` knows one mistake: why it hurts, how to mend it, who says so, and a
sample of each kind. A `RuleBook` is the rules over one type, in order; its
`check` gives the `Finding`s. Each document's `check()` and `Cluster.check()`
are such books, so a test walks all rules of all books and holds each against
its own samples.
"""

import enum
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

import attrs
from attrs import field, frozen

__all__ = ["Finding", "Layer", "Rule", "RuleBook", "Severity", "Trouble"]

T = TypeVar("T")


class Severity(enum.IntEnum):
    """How bad it is; comparable, the worst being the greatest."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Layer(enum.StrEnum):
    """The layers of the cluster that a rule looks at."""

    SYSTEM = "system"
    DRBD = "drbd"
    LIBVIRT = "libvirt"
    COROSYNC = "corosync"
    PACEMAKER = "pacemaker"


@frozen(kw_only=True)
class Trouble:
    """One place where a rule is broken: what stands there, and where."""

    message: str
    where: str = ""


@frozen(kw_only=True)
class Finding:
    """One thing a check found.

    Attributes:
        rule: the rule's id, as `pacemaker.stonith-disabled`.
        message: what was found, here.
        why: what it leads to, in one sentence.
        fix: what to do, in one sentence.
        where: the path in the document or model.
        source: who says so: a man page, a guide, a schema.
        fixable: whether the book's `fix` can mend it.
    """

    rule: str
    severity: Severity
    message: str
    why: str
    fix: str
    where: str = ""
    source: str = ""
    layers: tuple[Layer, ...] = ()
    fixable: bool = False

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{self.severity}: {place}{self.message} [{self.rule}]"


@frozen(kw_only=True)
class Rule(Generic[T]):
    """One mistake that a check knows.

    Attributes:
        id: the layer, a dot and the mistake, as `corosync.no-crypto`.
        releases: the releases it holds for, as a person would say it; empty for all.
        look: yields the places where the rule is broken.
        mend: makes a model without the mistake; `None` where only a person can.
        failing, passing: make a sample of each kind; the tests hold the rule to them.
    """

    id: str
    severity: Severity
    layers: tuple[Layer, ...]
    why: str
    fix: str
    source: str
    releases: str = ""
    look: Callable[[T], Iterable[Trouble]]
    mend: Callable[[T], T] | None = None
    failing: Callable[[], T]
    passing: Callable[[], T]

    def check(self, subject: T) -> Iterator[Finding]:
        """Yield a finding for each place where `subject` breaks the rule."""
        for trouble in self.look(subject):
            yield Finding(
                rule=self.id,
                severity=self.severity,
                message=trouble.message,
                why=self.why,
                fix=self.fix,
                where=trouble.where,
                source=self.source,
                layers=self.layers,
                fixable=self.mend is not None,
            )


@attrs.define
class RuleBook(Generic[T]):
    """The rules over one type, in the order in which they report."""

    rules: list[Rule[T]] = field(factory=list)

    def rule(  # noqa: PLR0913 - a rule is all of these
        self,
        id_: str,
        severity: Severity,
        *layers: Layer,
        why: str,
        fix: str,
        source: str,
        failing: Callable[[], T],
        passing: Callable[[], T],
        releases: str = "",
        mend: Callable[[T], T] | None = None,
    ) -> Callable[[Callable[[T], Iterable[Trouble]]], Rule[T]]:
        """Make the decorated function, which yields `Trouble`s, a rule of this book."""

        def add(look: Callable[[T], Iterable[Trouble]]) -> Rule[T]:
            rule = Rule(
                id=id_,
                severity=severity,
                layers=layers,
                why=why,
                fix=fix,
                source=source,
                releases=releases,
                look=look,
                mend=mend,
                failing=failing,
                passing=passing,
            )
            self.rules.append(rule)
            return rule

        return add

    def check(self, subject: T) -> tuple[Finding, ...]:
        """Return what all rules find in `subject`, the worst first."""
        found = [finding for rule in self.rules for finding in rule.check(subject)]
        return tuple(sorted(found, key=lambda finding: -finding.severity))

    def mend(self, subject: T) -> T:
        """Return `subject` with every broken rule applied that can mend what it finds."""
        for rule in self.rules:
            if rule.mend is not None and any(rule.look(subject)):
                subject = rule.mend(subject)
        return subject
