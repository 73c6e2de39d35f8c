"""Every rule of every book is held to its own samples."""

import importlib
import inspect
import re

import pytest

from hakvm.findings import Layer, RuleBook, Severity

LAYERS = ("drbd", "corosync", "libvirt", "pacemaker", "system", "cluster")


def books():
    for layer in LAYERS:
        found = getattr(importlib.import_module(f"hakvm.{layer}"), "RULES", None)
        if found is None:
            continue
        # A layer with several documents has a book for each.
        for book in found if isinstance(found, tuple) else (found,):
            assert isinstance(book, RuleBook), f"hakvm.{layer}.RULES is no RuleBook"
            yield layer, book


BOOKS = list(books())
RULES = [pytest.param(rule, id=rule.id) for _, book in BOOKS for rule in book.rules]


def finds(rule, subject):
    return [finding for finding in rule.check(subject) if finding.rule == rule.id]


@pytest.mark.parametrize("rule", RULES)
def test_the_failing_sample_fails(rule):
    found = finds(rule, rule.failing())
    assert found
    assert all(finding.message and finding.why and finding.fix for finding in found)


@pytest.mark.parametrize("rule", RULES)
def test_the_passing_sample_passes(rule):
    assert finds(rule, rule.passing()) == []


@pytest.mark.parametrize("rule", [one for one in RULES if one.values[0].mend is not None])
def test_what_can_be_mended_is(rule):
    mended = rule.mend(rule.failing())
    assert finds(rule, mended) == []
    assert type(mended) is type(rule.failing())


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_says_what_a_person_needs(rule):
    assert re.fullmatch(r"[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*", rule.id)
    assert isinstance(rule.severity, Severity)
    assert rule.layers
    assert all(isinstance(layer, Layer) for layer in rule.layers)
    for text in (rule.why, rule.fix, rule.source):
        assert text == inspect.cleandoc(text)
        assert text


def test_every_layer_has_rules():
    assert {layer for layer, book in BOOKS if book.rules} == set(LAYERS)


def test_no_two_rules_share_an_id():
    ids = [rule.id for _, book in BOOKS for rule in book.rules]
    assert len(ids) == len(set(ids))
