from hakvm.findings import Layer, RuleBook, Severity, Trouble

BOOK: RuleBook[int] = RuleBook()


@BOOK.rule(
    "test.odd",
    Severity.WARNING,
    Layer.SYSTEM,
    why="odd numbers have no half",
    fix="add one",
    source="Euclid",
    failing=lambda: 3,
    passing=lambda: 4,
    mend=lambda number: number + 1,
)
def odd(number):
    if number % 2:
        yield Trouble(message=f"{number} is odd", where="number")


@BOOK.rule(
    "test.negative",
    Severity.ERROR,
    Layer.SYSTEM,
    Layer.DRBD,
    why="there are no negative things",
    fix="count again",
    source="common sense",
    failing=lambda: -2,
    passing=lambda: 2,
)
def negative(number):
    if number < 0:
        yield Trouble(message=f"{number} is negative")


def test_findings_come_worst_first():
    assert [finding.rule for finding in BOOK.check(-3)] == ["test.negative", "test.odd"]
    assert BOOK.check(2) == ()


def test_a_finding_carries_its_rule():
    (finding,) = BOOK.check(3)
    assert str(finding) == "warning: number: 3 is odd [test.odd]"
    assert (finding.why, finding.fix, finding.source) == (odd.why, odd.fix, "Euclid")
    assert finding.fixable
    assert finding.layers == (Layer.SYSTEM,)


def test_mend_applies_only_what_can_be_mended():
    assert BOOK.mend(3) == 4
    assert BOOK.mend(4) == 4
    assert BOOK.mend(-2) == -2


def test_severities_compare():
    assert Severity.INFO < Severity.WARNING < Severity.ERROR
    assert str(Severity.ERROR) == "error"
