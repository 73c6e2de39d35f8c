"""Constraints in crmsh's words: read `location`, `colocation`, `order`, `rsc_ticket`.

    location   = "location" id ( id | "/" pattern "/" | "{" set "}" ) { name "=" value }
                 ( score ":" node | rule { rule } )
    colocation = "colocation" id score ":" ( end end | set ) [ "node-attribute=" name ]
    order      = "order" id [ ( kind | score ) ":" ] ( end end | set ) [ "symmetrical=" bool ]
    rsc_ticket = "rsc_ticket" id ticket ":" ( end | set ) [ "loss-policy=" policy ]
    end        = id [ ":" ( role | action ) ]
    set        = { end | "(" { end } ")" | "[" { end } "]" | name "=" bool }

Source: crm(8), "configure", "Resource sets".
"""

import re
from typing import Any, Never

from attrs import define, field

from hakvm.errors import InvalidError, ParseError
from hakvm.pacemaker._constraints import (
    Colocation,
    Constraint,
    Location,
    Order,
    ResourceRef,
    ResourceSet,
    Ticket,
)
from hakvm.pacemaker._words import Kind, LossPolicy, ResourceAction, Role, parse_boolean, role_of
from hakvm.pacemaker.crm._lexer import Statement, Word
from hakvm.pacemaker.crm._resources import read_id
from hakvm.pacemaker.crm._rules import SCORE, read_rules, score_of

__all__ = ["read_constraint"]

_PATTERN = re.compile(r"/(.+)/")
_ATTRIBUTE = re.compile(r"\$?([^=:]+)=(.*)")
_NODE_ATTRIBUTE = re.compile(r"node-attribute=(.+)", re.IGNORECASE)
_SYMMETRICAL = re.compile(r"symmetrical=(.+)", re.IGNORECASE)
_LOSS = re.compile(r"loss-policy=(stop|demote|fence|freeze)", re.IGNORECASE)
_OPEN = {"(": ")", "[": "]"}


def read_constraint(words: Statement, command: str) -> Constraint:
    """Read what stands behind `command`."""
    match command:
        case "location":
            return _location(words)
        case "order":
            return _order(words)
        case "rsc_ticket":
            return _ticket(words)
        case _:
            return _colocation(words)


def _location(words: Statement) -> Location:  # noqa: C901 - one branch for each part
    id_ = read_id(words)
    rsc = pattern = None
    sets: tuple[ResourceSet, ...] = ()
    if found := words.match(_PATTERN):
        pattern = found[1]
    elif words.accept("{"):
        inside: list[Word] = []
        while (word := words.peek()) not in {None, "}"}:
            inside.append(words.words[words.at])
            words.take("")
        if word is None or not inside:
            words.fail("expected resources and then }")
        words.take("}")
        sets = _Sets(words, "role").read(inside)
    else:
        rsc = words.take("a resource")
    role: Role | str | None = None
    discovery = None
    while pair := words.match(_ATTRIBUTE):
        if pair[1].lower() == "role":
            role = role_of(pair[2]) or pair[2]
        elif pair[1].lower() == "resource-discovery":
            discovery = pair[2]
        else:
            words.fail(f"a location has no {pair[1]!r}", back=1, hint="role or resource-discovery")
    if found := words.match(SCORE):
        score = score_of(found[1])
        node = words.take("a node")
        if (pair := words.match(_ATTRIBUTE)) and pair[1].lower() == "role":
            role = role_of(pair[2]) or pair[2]
        return Location(
            id=id_,
            rsc=rsc,
            rsc_pattern=pattern,
            sets=sets,
            role=role,
            resource_discovery=discovery,
            score=score,
            score_attribute=None if score is not None else found[1],
            node=node,
        )
    rules = read_rules(words)
    if not rules:
        words.fail("expected a score and a node, or rules", hint="100: node1, or rule …")
    return Location(
        id=id_,
        rsc=rsc,
        rsc_pattern=pattern,
        sets=sets,
        role=role,
        resource_discovery=discovery,
        rules=rules,
    )


def _colocation(words: Statement) -> Colocation:
    id_ = read_id(words)
    found = words.match(SCORE)
    if found is None:
        words.fail("expected a score, as inf:")
    score = score_of(found[1])
    tail = words.drop_last(_NODE_ATTRIBUTE)
    common: dict[str, Any] = {
        "id": id_,
        "node_attribute": tail[1].lower() if tail else None,
        "score_attribute": None if score is not None else found[1],
    }
    ends = words.rest()
    if len(ends) == 2 and not _bracketed(ends):  # noqa: PLR2004 - what follows, and what it follows
        (rsc, role), (with_rsc, with_role) = (_end(words, one, "role") for one in ends)
        return Colocation(
            **common,
            score=score,
            rsc=rsc,
            rsc_role=role,
            with_rsc=with_rsc,
            with_rsc_role=with_role,
        )
    return Colocation(**common, score=score, sets=_Sets(words, "role").read(ends))


def _order(words: Statement) -> Order:
    id_ = read_id(words)
    kind: Kind | None = None
    if found := words.match(SCORE):
        word = found[1].lower()
        kind = next((one for one in Kind if one.value.lower() == word), None)
        if kind is None:
            score = score_of(found[1])
            if score is None:
                words.fail(f"{found[1]!r} is no kind", back=1, hint=", ".join(Kind))
            kind = Kind.OPTIONAL if score == 0 else Kind.MANDATORY
    symmetrical = None
    last = words.words[-1]
    if tail := words.drop_last(_SYMMETRICAL):
        try:
            symmetrical = parse_boolean(tail[1])
        except InvalidError as error:
            _fail_at(words, last, error.message, error.hint)
    ends = words.rest()
    if len(ends) == 2 and not _bracketed(ends):  # noqa: PLR2004 - first, then
        (first, first_action), (then, then_action) = (_end(words, one, "action") for one in ends)
        return Order(
            id=id_,
            kind=kind,
            symmetrical=symmetrical,
            first=first,
            first_action=first_action,
            then=then,
            then_action=then_action,
        )
    return Order(id=id_, kind=kind, symmetrical=symmetrical, sets=_Sets(words, "action").read(ends))


def _ticket(words: Statement) -> Ticket:
    id_ = read_id(words)
    found = words.match(SCORE)
    if found is None:
        words.fail("expected a ticket, as ticketA:")
    tail = words.drop_last(_LOSS)
    loss = LossPolicy(tail[1].lower()) if tail else None
    ends = words.rest()
    if len(ends) == 1 and not _bracketed(ends):
        rsc, role = _end(words, ends[0], "role")
        return Ticket(id=id_, ticket=found[1], rsc=rsc, rsc_role=role, loss_policy=loss)
    return Ticket(id=id_, ticket=found[1], loss_policy=loss, sets=_Sets(words, "role").read(ends))


def _bracketed(ends: list[Word]) -> bool:
    return any(one.text[0] in "([" or one.text[-1] in ")]" or "=" in one.text for one in ends)


def _fail_at(words: Statement, word: Word, message: str, hint: str = "") -> Never:
    raise ParseError.at(message, words.text, word.offset, source=words.source, hint=hint)


def _end(words: Statement, word: Word, what: str) -> tuple[str, str | None]:
    """Split `rsc[:role]` or `rsc[:action]`."""
    rsc, colon, said = word.text.partition(":")
    if not rsc or ":" in said or (colon and not said):
        _fail_at(words, word, f"{word.text!r}: expected resource or resource:{what}")
    if not colon:
        return rsc, None
    if what == "action":
        if said.lower() not in set(ResourceAction):
            _fail_at(words, word, f"{said!r} is no action", hint=", ".join(ResourceAction))
        return rsc, ResourceAction(said.lower())
    role = role_of(said)
    if role is None:
        _fail_at(words, word, f"{said!r} is no role", hint=", ".join(Role))
    return rsc, role


@define
class _Sets:
    """Reads resource sets: a change of the role or action, or a bracket, begins another one."""

    words: Statement
    what: str
    done: list[ResourceSet] = field(factory=list)
    members: list[str] = field(factory=list)
    said: str | None = None
    sequential: bool = True
    require_all: bool = True

    def read(self, words: list[Word]) -> tuple[ResourceSet, ...]:  # noqa: C901 - a token loop
        """Read the words of the sets."""
        opened: Word | None = None
        for word in _pieces(words):
            text = word.text
            if text == "_rsc_set_":
                continue
            if text in _OPEN:
                if opened is not None:
                    _fail_at(self.words, word, "a set within a set")
                self._close()
                opened, self.sequential, self.require_all = word, False, text != "["
            elif text in _OPEN.values():
                if opened is None or _OPEN[opened.text] != text:
                    _fail_at(self.words, word, f"{text!r} closes nothing")
                if not self.members:
                    _fail_at(self.words, word, "a set needs a resource")
                self._close()
                opened, self.sequential, self.require_all = None, True, True
            elif "=" in text:
                self._attribute(word)
            else:
                self._member(word)
        if opened is not None:
            _fail_at(self.words, opened, f"{opened.text!r} is not closed")
        self._close()
        if not self.done:
            self.words.fail("expected resources")
        return tuple(self.done)

    def _member(self, word: Word) -> None:
        rsc, said = _end(self.words, word, self.what)
        if said != self.said:
            self._close()
            self.said = said
        self.members.append(rsc)

    def _attribute(self, word: Word) -> None:
        name, _, value = word.text.partition("=")
        try:
            flag = parse_boolean(value)
        except InvalidError as error:
            _fail_at(self.words, word, error.message, error.hint)
        if name == "sequential":
            self.sequential = flag
        elif name == "require-all":
            self.require_all = flag
        else:
            _fail_at(self.words, word, f"a set has no {name!r}", "sequential or require-all")

    def _close(self) -> None:
        if self.members:
            self.done.append(
                ResourceSet(
                    id="",
                    sequential=None if self.sequential else False,
                    require_all=None if self.require_all else False,
                    action=self.said if self.what == "action" else None,
                    role=self.said if self.what == "role" else None,
                    refs=tuple(ResourceRef(id=rsc) for rsc in self.members),
                )
            )
        self.members, self.said = [], None


def _pieces(words: list[Word]) -> list[Word]:
    """Split brackets off the words that they stand at."""
    out: list[Word] = []
    for word in words:
        text, offset = word.text, word.offset
        if text[0] in "([" and len(text) > 1:
            out.append(Word(text[0], offset))
            text, offset = text[1:], offset + 1
        if text[-1] in ")]" and len(text) > 1:
            out += [Word(text[:-1], offset), Word(text[-1], offset + len(text) - 1)]
        else:
            out.append(Word(text, offset))
    return out
