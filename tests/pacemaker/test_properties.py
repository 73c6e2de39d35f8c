"""What holds for every CIB."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakvm.errors import HakvmError
from hakvm.pacemaker import Cib, Release, Schemas, crm
from hakvm.strategies import cibs, groups, primitives, promotable_clones, scores

from .meaning import configuration


@settings(max_examples=20)
@given(cibs())
def test_what_is_rendered_parses_to_the_same(cib):
    text = cib.render()
    assert Cib.parse(text) == cib
    assert Cib.parse(text).render() == text


@settings(max_examples=20)
@given(cibs())
def test_in_crmsh_words_too(cib):
    assert configuration(crm.parse(crm.render(cib))) == configuration(cib)


@settings(max_examples=20)
@given(cibs())
def test_every_release_and_back(cib):
    for release in Release:
        there = cib.to_release(release)
        assert there.to_release(Release.V2_1).configuration == cib.configuration


@pytest.mark.oracle("/usr/share/pacemaker/pacemaker-3.7.rng")
@settings(max_examples=20)
@given(cibs())
def test_each_is_valid(cib):
    Schemas().validate(cib)
    Schemas().validate(cib.to_release(Release.V1_1))


@settings(max_examples=20)
@given(cibs())
def test_checks_never_fall_over(cib):
    for finding in cib.check():
        assert str(finding)


@settings(max_examples=20)
@given(primitives(), groups(), promotable_clones(), scores())
def test_parts_stand_by_themselves(primitive, group, clone, score):
    for one in (primitive, group, clone):
        assert type(one).parse(one.render()) == one
    assert -1_000_000 <= score <= 1_000_000


@settings(max_examples=30)
@given(cibs(), st.data())
def test_a_spoilt_document_is_read_or_refused(cib, data):
    text = cib.render()
    begin = data.draw(st.integers(0, len(text)))
    end = min(len(text), begin + data.draw(st.integers(0, 40)))
    put = data.draw(st.sampled_from(["", "<", ">", '"', "&", "\0", "x", "<!--", "]]>"]))
    spoilt = text[:begin] + put + text[end:]
    with contextlib.suppress(HakvmError):
        found = Cib.parse(spoilt)
        assert Cib.parse(found.render()) == found


@given(st.text())
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(HakvmError):
        Cib.parse(text)
