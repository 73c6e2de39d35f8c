"""Names with values, as they stand behind `params`, `meta`, `attributes` and the like.

    list  = [ "$id-ref=" id | "$id=" id ] [ score ":" ] { rule } { pair }
    pair  = name "=" value | name | "$" id [ ":" name ] "=" value | "@" id [ ":" name ]

Source: crm(8), "Attribute lists with rule expressions".
"""

import re
from collections.abc import Sequence
from typing import TypeVar

from hakvm.pacemaker._nvpairs import (
    AttributeSet,
    InstanceAttributes,
    MetaAttributes,
    Nvpair,
    Utilization,
)
from hakvm.pacemaker.crm._lexer import Statement, quote
from hakvm.pacemaker.crm._rules import SCORE, read_rules, score_of, write_rule, write_score

__all__ = ["IDSPEC", "KINDS", "read_pairs", "read_set", "read_sets", "write_pairs", "write_set"]

S = TypeVar("S", bound=AttributeSet)

IDSPEC = re.compile(r"\$(id|id-ref)=(.*)", re.IGNORECASE)
_PAIR = re.compile(r"([^=@$][^=]*)=(.*)", re.DOTALL)
_PAIR_WITH_ID = re.compile(r"\$([^:=]+)(?::([^=]+))?=(.*)", re.DOTALL)
_PAIR_BY_REF = re.compile(r"@([^:=]+)(?::(.+))?")
_NAME = re.compile(r"[^:=]+")

KINDS: dict[str, type[AttributeSet]] = {
    "params": InstanceAttributes,
    "attributes": InstanceAttributes,
    "op_params": InstanceAttributes,
    "meta": MetaAttributes,
    "op_meta": MetaAttributes,
    "utilization": Utilization,
}
_STOP = frozenset(
    [
        "params",
        "meta",
        "utilization",
        "operations",
        "op",
        "op_params",
        "op_meta",
        "rule",
        "attributes",
    ]
)


def read_pairs(words: Statement, stop: frozenset[str] = _STOP) -> tuple[Nvpair, ...]:
    """Read pairs up to a word of `stop`, or to what is no pair."""
    found: list[Nvpair] = []
    while (word := words.peek()) is not None and word.lower() not in stop:
        if ref := words.match(_PAIR_BY_REF):
            found.append(Nvpair(id_ref=ref[1], name=ref[2]))
        elif pair := words.match(_PAIR_WITH_ID):
            found.append(Nvpair(id=pair[1], name=pair[2] or pair[1], value=pair[3]))
        elif pair := words.match(_PAIR):
            found.append(Nvpair(id="", name=pair[1], value=pair[2]))
        elif stop and (name := words.match(_NAME)):
            found.append(Nvpair(id="", name=name[0]))
        else:
            break
    return tuple(found)


def read_set(words: Statement, kind: type[S], stop: frozenset[str] = _STOP) -> S:
    """Read one list of pairs."""
    id_ = ""
    if spec := words.match(IDSPEC):
        if spec[1].lower() == "id-ref":
            return kind(id_ref=spec[2])
        id_ = spec[2]
    score = None
    if found := words.match(SCORE):
        score = score_of(found[1])
        if score is None:
            words.fail(f"{found[1]!r} is no score", back=1, hint="a number, inf or -inf")
    rules = read_rules(words)
    return kind(id=id_, score=score, rules=rules, nvpairs=read_pairs(words, stop))


def read_sets(
    words: Statement, allowed: Sequence[str], *, first: str, stop: frozenset[str] = _STOP
) -> dict[str, tuple[AttributeSet, ...]]:
    """Read lists behind the words of `allowed`; pairs without a word are `first`'s."""
    found: dict[str, tuple[AttributeSet, ...]] = {}
    word = words.peek()
    if word is not None and word.lower() not in allowed and word.lower() not in stop:
        before = words.at
        one = read_set(words, KINDS[first], stop)
        if words.at > before:
            found[first] = (one,)
    while name := words.accept(*allowed):
        found[name] = (*found.get(name, ()), read_set(words, KINDS[name], stop))
    return found


def write_pairs(pairs: Sequence[Nvpair], referenced: frozenset[str]) -> str | None:
    """Write pairs, those that are `referenced` with their ids; `None` where one cannot be said."""
    out: list[str] = []
    for pair in pairs:
        if pair.id_ref is not None:
            out.append(f"@{pair.id_ref}" + (f":{pair.name}" if pair.name else ""))
        elif pair.name is None or not _plain_name(pair.name):
            return None
        elif pair.value is None:
            out.append(quote(pair.name))
        elif pair.id in referenced:
            out.append(f"${pair.id}:{quote(pair.name)}={_quote_value(pair.value)}")
        else:
            out.append(f"{quote(pair.name)}={_quote_value(pair.value)}")
    return " ".join(out)


def _plain_name(name: str) -> bool:
    return bool(_PAIR.fullmatch(f"{name}=")) and ":" not in name and name.lower() not in _STOP


def _quote_value(value: str) -> str:
    return quote(value) if value else '""'


def write_set(
    word: str,
    one: AttributeSet,
    *,
    default_id: str = "",
    referenced: frozenset[str] = frozenset(),
) -> str | None:
    """Write a list behind its word; `None` where crmsh's language has no words for it."""
    if one.id_ref is not None:
        return f"{word} $id-ref={quote(one.id_ref)}".lstrip()
    parts = [word] if word else []
    if one.id and one.id != default_id:
        parts.append(f"$id={quote(one.id)}")
    if one.score is not None:
        parts.append(f"{write_score(one.score)}:")
    for index, rule in enumerate(one.rules):
        stem = f"{one.id}-rule" + (f"-{index}" if index else "")
        text = write_rule(rule, default_id="" if rule.id in referenced else stem)
        if text is None:
            return None
        parts.append(text)
    pairs = write_pairs(one.nvpairs, referenced)
    if pairs is None:
        return None
    return " ".join(filter(None, [*parts, pairs]))
