"""libvirt's own test files: each survives, and nearly all of it is typed."""

from collections import Counter
from pathlib import Path

import attrs
import pytest

from hakvm.errors import HakvmError
from hakvm.libvirt import Domain
from hakvm.xmlmodel import Element

from .canonical import canonical
from .conftest import occurrences, untyped

pytestmark = pytest.mark.corpus


def test_every_file_survives(valid: dict[str, bytes]) -> None:
    lost = []
    for name, text in valid.items():
        domain = Domain.parse(text, source=name)
        rendered = domain.render()
        if (
            canonical(rendered) != canonical(text)
            or Domain.parse(rendered) != domain
            or attrs.evolve(domain).render() != rendered
        ):
            lost.append(name)
    assert lost == []


def test_invalid_files_are_named_or_survive(invalid: dict[str, bytes]) -> None:
    refused = {}
    for name, text in invalid.items():
        try:
            domain = Domain.parse(text, source=name)
        except HakvmError as error:
            refused[name] = str(error)
        else:
            assert canonical(domain.render()) == canonical(text)
    assert all(name in message for name, message in refused.items())


def test_nearly_everything_is_typed(valid: dict[str, bytes]) -> None:
    total, kept = 0, Counter[str]()
    for text in valid.values():
        domain = Domain.parse(text)
        if domain.type in {"qemu", "kvm"}:
            total += occurrences(text)
            kept.update(untyped(domain))
    share = 1 - kept.total() / total
    # The report: shown by pytest -s.
    print(f"{share:.3%} of {total} elements and attributes are typed; kept only:")  # noqa: T201 - as above
    for path, n in kept.most_common():
        print(f"{n:6} {path}")  # noqa: T201 - as above
    assert share > 0.999


def test_a_change_changes_one_line(valid: dict[str, bytes]) -> None:
    for name, text in valid.items():
        domain = Domain.parse(text, source=name)
        before = domain.render().splitlines()
        after = attrs.evolve(domain, name="another").render().splitlines()
        changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
        assert len(changed) <= 1, name


EVERYTHING = Path(__file__).with_name("everything.xml")


def test_no_field_is_there_for_nothing(valid: dict[str, bytes]) -> None:
    """Each field of each class is set by one of libvirt's files, or by ours."""
    touched: set[tuple[type, str]] = set()
    for text in [*valid.values(), *EVERYTHING.read_bytes().split(b"<!-- next -->\n")]:
        _touch(Domain.parse(text), touched)
    untouched = [
        f"{cls.__name__}.{field.name}"
        for cls in _reachable(Domain)
        for field in attrs.fields(cls)
        if field.name not in {"extra", "_form", "declaration"}
        and (_owner(cls, field.name), field.name) not in touched
    ]
    assert untouched == []


def _owner(cls: type, name: str) -> type:
    """Return the class that declares a field: what all devices share is one field."""
    return next(
        base for base in reversed(cls.__mro__) if name in vars(base).get("__annotations__", {})
    )


def _touch(node: Element, touched: set[tuple[type, str]]) -> None:
    for field in attrs.fields(type(node)):
        value = getattr(node, field.name)
        if value != field.default or field.name in _written(node):
            touched.add((_owner(type(node), field.name), field.name))
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Element):
                _touch(item, touched)


def _written(node: Element) -> tuple[str, ...]:
    return node._form.shape.names if node._form is not None else ()


def _reachable(cls: type) -> list[type]:
    found: dict[type, None] = {}
    todo = [cls]
    while todo:
        one = todo.pop()
        if one not in found:
            found[one] = None
            for kid in one.__xml_plan__.ready().kids:  # type: ignore[attr-defined]
                todo.extend(kid.classes)
    return list(found)
