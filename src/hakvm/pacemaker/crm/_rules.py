"""Rules in crmsh's words, both ways.

    rule       = "rule" [ "$id=" id | "$id-ref=" id ] [ "$role=" role ] [ score ":" ] expression
    expression = simple { ( "and" | "or" ) simple }        one of the two, not both
    simple     = "date" date
               | ( "defined" | "not_defined" ) attribute
               | attribute [ type ":" ] comparison value
    value      = literal | ( "param" | "meta" ) "{" name "}"
    date       = ( "lt" | "gt" ) when
               | ( "in" | "in_range" ) { name "=" value }
               | ( "spec" | "date_spec" ) { name "=" value }

Source: crm(8), "Rule expressions".
"""

import re
from typing import Any

from hakvm.errors import ParseError
from hakvm.pacemaker._rules import DateExpression, DateSpec, Duration, Expression, Rule
from hakvm.pacemaker._words import (
    INFINITY,
    BooleanOp,
    Comparison,
    DateOperation,
    ValueSource,
    ValueType,
    format_score,
)
from hakvm.pacemaker.crm._lexer import Statement, quote, statements

__all__ = ["SCORE", "parse_rule", "read_rules", "score_of", "write_rule"]

SCORE = re.compile(r"([^:]+):")
_IDSPEC = re.compile(r"\$(id|id-ref)=(.+)", re.IGNORECASE)
_ROLE = re.compile(r"\$?role=(.+)", re.IGNORECASE)
_INFINITE = re.compile(r"([+-]?)inf(?:inity)?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_UNARY = (Comparison.DEFINED.value, Comparison.NOT_DEFINED.value)
_BINARY = tuple(one.value for one in Comparison if one.value not in _UNARY)
_COMPARE = re.compile(rf"(?:([a-z]+):)?({'|'.join(_BINARY)})", re.IGNORECASE)
_SOURCED = re.compile(r"(param|meta|literal)\{(\S+)\}")
_PAIR = re.compile(r"([A-Za-z]+)=(.*)", re.DOTALL)
_CALENDAR = frozenset(
    [
        "years",
        "months",
        "monthdays",
        "hours",
        "minutes",
        "seconds",
        "yeardays",
        "yearsdays",
        "weekyears",
        "weeks",
        "weekdays",
        "days",
        "moon",
    ]
)
_DATES = {"in": "in_range", "spec": "date_spec", "lt": "lt", "gt": "gt"} | {
    "in_range": "in_range",
    "date_spec": "date_spec",
}


def score_of(text: str) -> int | None:
    """Read a score as crmsh takes it; `None` for what is none: the name of an attribute."""
    if text.lower() in {"mandatory", "advisory"}:
        return INFINITY if text.lower() == "mandatory" else 0
    found = _INFINITE.fullmatch(text)
    if found is not None:
        return -INFINITY if found[1] == "-" else INFINITY
    return int(text) if _NUMBER.fullmatch(text) else None


def read_rules(words: Statement) -> tuple[Rule, ...]:
    """Read `rule …` as long as there is one."""
    rules: list[Rule] = []
    while words.accept("rule"):
        rules.append(_rule(words))
    return tuple(rules)


def _rule(words: Statement) -> Rule:
    id_ = role = None
    if spec := words.match(_IDSPEC):
        if spec[1].lower() == "id-ref":
            found = words.match(_ROLE)
            return Rule(id_ref=spec[2], role=found[1] if found else None)
        id_ = spec[2]
    if found := words.match(_ROLE):
        role = found[1]
    score: int | None = INFINITY
    attribute = None
    if found := words.match(SCORE):
        score = score_of(found[1])
        attribute = None if score is not None else found[1]
    boolean_op, conditions = _expression(words)
    return Rule(
        id=id_ or "",
        role=role,
        score=score,
        score_attribute=attribute,
        boolean_op=boolean_op,
        conditions=conditions,
    )


def parse_rule(text: str, *, score: int, role: str | None) -> Rule:
    """Read a rule's expression by itself.

    Raises:
        ParseError: it is none.
    """
    found = list(statements(text, source="<rule>", remarks=False))
    if not found:
        raise ParseError.at("expected an expression, as #uname eq node1", text, 0, source="<rule>")
    words = found[-1]
    if len(found) > 1:
        words.fail("expected one expression on one line")
    boolean_op, conditions = _expression(words)
    words.end()
    return Rule(id="", score=score, role=role, boolean_op=boolean_op, conditions=conditions)


def _expression(
    words: Statement,
) -> tuple[BooleanOp | None, tuple[Expression | DateExpression, ...]]:
    conditions = [_simple(words)]
    joined: str | None = None
    while word := words.accept("and", "or"):
        if joined not in {None, word}:
            words.fail(
                f"{word!r} after {joined!r}: a rule joins all its conditions with one of them",
                back=1,
                hint="use two rules",
            )
        joined = word
        conditions.append(_simple(words))
    return (BooleanOp.OR if joined == "or" else None), tuple(conditions)


def _simple(words: Statement) -> Expression | DateExpression:
    if words.accept("date"):
        return _date(words)
    if unary := words.accept(*_UNARY):
        return Expression(
            id="", operation=Comparison(unary), attribute=words.take("an attribute's name")
        )
    attribute = words.take("an expression, as #uname eq node1")
    compared = words.match(_COMPARE)
    if compared is None:
        words.fail(
            f"expected a comparison after {attribute!r}", hint=f"one of {', '.join(_BINARY)}"
        )
    value = words.take("a value to compare with")
    sourced = _SOURCED.fullmatch(value)
    kind = compared[1].lower() if compared[1] else None
    return Expression(
        id="",
        attribute=attribute,
        operation=Comparison(compared[2].lower()),
        type=_type(kind, words),
        value=sourced[2] if sourced else value,
        value_source=ValueSource(sourced[1]) if sourced else None,
    )


def _type(kind: str | None, words: Statement) -> ValueType | None:
    if kind is None:
        return None
    if kind not in set(ValueType):
        words.fail(
            f"{kind!r} is no type to compare as", back=2, hint=f"one of {', '.join(ValueType)}"
        )
    return ValueType(kind)


def _date(words: Statement) -> DateExpression:
    word = words.take("a date operation")
    operation = _DATES.get(word.lower())
    if operation is None:
        words.fail(f"{word!r} is no date operation", back=1, hint="lt, gt, in_range or date_spec")
    if operation in {"lt", "gt"}:
        when = words.take("a date")
        if operation == "lt":
            return DateExpression(id="", operation=DateOperation.LT, end=when)
        return DateExpression(id="", operation=DateOperation.GT, start=when)
    known = _CALENDAR | ({"start", "end"} if operation == "in_range" else set())
    values: dict[str, Any] = {}
    while (word_ := words.peek()) is not None:
        pair = _PAIR.fullmatch(word_)
        if pair is None or pair[1] not in known:
            break
        words.take("")
        values[pair[1]] = pair[2]
    if not values:
        words.fail("expected a part of a date, as hours=9-16", hint=", ".join(sorted(known)))
    if operation == "date_spec":
        return DateExpression(
            id="", operation=DateOperation.DATE_SPEC, date_spec=DateSpec(id="", **values)
        )
    start, end = values.pop("start", None), values.pop("end", None)
    return DateExpression(
        id="",
        operation=DateOperation.IN_RANGE,
        start=start,
        end=end,
        duration=Duration(id="", **values) if values else None,
    )


def write_rule(rule: Rule, *, default_id: str = "") -> str | None:
    """Write a rule; `None` where crmsh's language has no words for it.

    An id that is `default_id` is left out: reading makes the same one.
    """
    if rule.id_ref is not None:
        return f"rule $id-ref={quote(rule.id_ref)}"
    parts = ["rule"]
    if rule.id and rule.id != default_id:
        parts.append(f"$id={quote(rule.id)}")
    if rule.role:
        parts.append(f"$role={quote(rule.role)}")
    if rule.score_attribute is not None:
        parts.append(quote(f"{rule.score_attribute}:"))
    elif rule.score is not None:
        parts.append(f"{write_score(rule.score)}:")
    else:
        return None
    conditions: list[str] = []
    for one in rule.conditions:
        text = _write_condition(one)
        if text is None:
            return None
        conditions.append(text)
    if not conditions:
        return None
    joint = " or " if rule.boolean_op == BooleanOp.OR else " and "
    return f"{' '.join(parts)} {joint.join(conditions)}"


def write_score(score: int) -> str:
    """Write a score as crmsh does: `inf` for INFINITY."""
    return format_score(score).replace("INFINITY", "inf")


def _write_condition(one: object) -> str | None:
    if isinstance(one, Expression):
        if one.operation in _UNARY:
            return f"{one.operation} {quote(one.attribute)}"
        if one.value is None:
            return None
        value = f"{one.value_source}{{{one.value}}}" if one.value_source else one.value
        operation = f"{one.type}:{one.operation}" if one.type else one.operation
        return f"{quote(one.attribute)} {operation} {quote(value)}"
    if isinstance(one, DateExpression):
        return _write_date(one)
    return None


def _write_date(one: DateExpression) -> str | None:
    if one.operation == DateOperation.LT and one.end is not None:
        return f"date lt {quote(one.end)}"
    if one.operation == DateOperation.GT and one.start is not None:
        return f"date gt {quote(one.start)}"
    pairs = [f"{name}={quote(v)}" for name, v in (("start", one.start), ("end", one.end)) if v]
    part = one.date_spec if one.operation == DateOperation.DATE_SPEC else one.duration
    if part is not None:
        pairs += [
            f"{name}={quote(value)}"
            for name in sorted(_CALENDAR)
            if (value := getattr(part, name)) is not None
        ]
    if not pairs or one.operation not in {DateOperation.DATE_SPEC, DateOperation.IN_RANGE}:
        return None
    return f"date {'spec' if one.operation == DateOperation.DATE_SPEC else 'in'} {' '.join(pairs)}"
