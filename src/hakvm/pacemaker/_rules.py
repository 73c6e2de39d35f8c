"""Rules: when a set of values or a location holds.

Source: rule-*.rng; Pacemaker Explained, "Rules".
"""

from typing import Annotated, Union

from attrs import frozen

from hakvm.pacemaker._words import (
    BooleanOp,
    Comparison,
    DateOperation,
    ScoreValue,
    ValueSource,
    ValueType,
)
from hakvm.xmlmodel import Attr, Element, element

__all__ = [
    "Condition",
    "DateExpression",
    "DateSpec",
    "Duration",
    "Expression",
    "OpExpression",
    "RscExpression",
    "Rule",
]


@element("expression")
@frozen(kw_only=True)
class Expression(Element):
    """A condition on a node attribute, as `#uname eq node1`."""

    id: str = ""
    attribute: str
    operation: Comparison | str
    value: str | None = None
    type: ValueType | str | None = None
    value_source: ValueSource | str | None = None


@frozen(kw_only=True)
class _Calendar(Element):
    """The parts of a calendar; each a number or, in a date_spec, a range as `9-16`."""

    id: str = ""
    years: str | None = None
    months: str | None = None
    monthdays: str | None = None
    hours: str | None = None
    minutes: str | None = None
    seconds: str | None = None
    yeardays: str | None = None
    yearsdays: str | None = None
    weekyears: str | None = None
    weeks: str | None = None
    weekdays: str | None = None
    days: str | None = None
    moon: str | None = None


@element("date_spec")
@frozen(kw_only=True)
class DateSpec(_Calendar):
    """A pattern of the calendar, as `hours="9-16" weekdays="1-5"`."""


@element("duration")
@frozen(kw_only=True)
class Duration(_Calendar):
    """A length of time from a start on."""


@element("date_expression")
@frozen(kw_only=True)
class DateExpression(Element):
    """A condition on the present; dates are ISO 8601 texts."""

    id: str = ""
    operation: DateOperation | str | None = None
    start: str | None = None
    end: str | None = None
    duration: Duration | None = None
    date_spec: DateSpec | None = None


@element("rsc_expression")
@frozen(kw_only=True)
class RscExpression(Element):
    """A condition on the agent of a resource, in rsc_defaults and op_defaults."""

    id: str = ""
    class_: Annotated[str | None, Attr("class")] = None
    provider: str | None = None
    type: str | None = None


@element("op_expression")
@frozen(kw_only=True)
class OpExpression(Element):
    """A condition on an operation, in op_defaults."""

    id: str = ""
    name: str
    interval: str | None = None


@element("rule")
@frozen(kw_only=True)
class Rule(Element):
    """Conditions joined by `boolean_op`, and the score that they bring.

    Attributes:
        role: the role to which a location's rule applies.
        score_attribute: the node attribute that holds the score.
        conditions: in order; a rule may hold rules.
    """

    id: str | None = None
    id_ref: str | None = None
    boolean_op: BooleanOp | str | None = None
    role: str | None = None
    score: ScoreValue | None = None
    score_attribute: str | None = None
    conditions: tuple[
        Union[Expression, DateExpression, RscExpression, OpExpression, "Rule"],
        ...,
    ] = ()


Condition = Expression | DateExpression | RscExpression | OpExpression | Rule
"""What may stand in a rule."""
