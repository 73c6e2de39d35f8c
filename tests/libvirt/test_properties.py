"""Whatever a class can hold comes back from its XML."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakvm import libvirt
from hakvm.strategies import domain_infos, domains, guests, libvirt_elements
from hakvm.xmlmodel import Element


def reachable() -> list[type[Element]]:
    found: dict[type[Element], None] = {}
    todo: list[type[Element]] = [libvirt.Domain]
    while todo:
        one = todo.pop()
        if one not in found:
            found[one] = None
            for kid in one.__xml_plan__.ready().kids:
                todo.extend(kid.classes)
    return sorted(found, key=lambda cls: cls.__name__)


@settings(max_examples=5)
@pytest.mark.parametrize("kind", reachable(), ids=lambda cls: cls.__name__)
@given(data=st.data())
def test_every_class_comes_back(kind: type[Element], data: st.DataObject) -> None:
    made = data.draw(libvirt_elements(kind))
    text = made.render()
    again = kind.parse(text)
    assert again == made
    assert again.render() == text
    assert hash(again) == hash(made)


@given(domains(), st.text(st.characters(codec="ascii", exclude_categories=["Cc"])))
def test_a_change_is_the_only_change(domain: libvirt.Domain, title: str) -> None:
    parsed = libvirt.Domain.parse(domain.render())
    assert parsed == domain
    changed = attrs.evolve(parsed, title=title)
    assert libvirt.Domain.parse(changed.render()) == changed
    assert attrs.evolve(changed, title=parsed.title).render() == parsed.render()


@given(domains())
def test_no_difference_to_itself(domain: libvirt.Domain) -> None:
    again = libvirt.Domain.parse(domain.render())
    assert not libvirt.diff(domain, again)
    assert not libvirt.diff(domain, again).filled
    domain.check()


@given(guests())
def test_recipes_are_valid(guest: libvirt.Guest) -> None:
    domain = guest.domain(cluster="c")
    assert libvirt.Domain.parse(domain.render()) == domain
    assert domain.uuid == guest.domain(cluster="c").uuid


@given(domain_infos())
def test_a_state_is_running_or_not(info: libvirt.DomainInfo) -> None:
    assert isinstance(info.running, bool)
