"""The options of one section, as a mapping of texts that knows their types."""

import functools
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import NoReturn

from attrs.exceptions import FrozenInstanceError

from hakvm.drbd._layout import PLAIN, Layout
from hakvm.drbd._release import Release
from hakvm.drbd._specs import Kind, OptionSpec, OptionValue, Section, near, option_specs, spec_of
from hakvm.drbd._values import check_token
from hakvm.errors import InvalidError, ReleaseError
from hakvm.secret import Secret
from hakvm.units import Size

__all__ = ["Options", "as_section", "known_names", "releases_of"]

_SECRETS = frozenset({"shared-secret"})
_NONE: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType({})


class Options(Mapping[str, str]):
    """What a section such as `net { … }` says: an immutable mapping from name to text.

        net = drbd.Options("net", protocol="C", allow_two_primaries=True, ping_timeout="5")
        net["protocol"]                  # 'C'
        net.value("ping-timeout")        # timedelta(milliseconds=500)
        net | {"protocol": "A"}          # another section, with the comments of this one

    Underscores in keyword names are dashes. Values may be texts, numbers, bools, `Size`s (also
    for rates) and `timedelta`s; `timedelta`s and `Size`s are written in the option's own unit.

    Raises:
        InvalidError: a name that is most likely misspelt, or a value no release takes.
    """

    __slots__ = ("_items", "_repeated", "_style", "layout", "section")

    section: Section
    layout: Layout | None
    _items: dict[str, str]
    _style: Mapping[str, str]
    _repeated: Mapping[str, tuple[tuple[str, str], ...]]

    def __init__(
        self,
        section: Section | str,
        options: Mapping[str, OptionValue] = MappingProxyType({}),
        /,
        **more: OptionValue,
    ) -> None:
        section = _section(section)
        items = {
            name: _checked(section, name, value)
            for name, value in (
                *options.items(),
                *((name.replace("_", "-"), value) for name, value in more.items()),
            )
        }
        self._set(section, items, {}, None, _NONE)

    def _set(
        self,
        section: Section,
        items: dict[str, str],
        style: Mapping[str, str],
        layout: Layout | None,
        repeated: Mapping[str, tuple[tuple[str, str], ...]],
    ) -> None:
        put = object.__setattr__
        put(self, "section", section)
        put(self, "_items", items)
        put(self, "_style", style)
        put(self, "_repeated", repeated)
        put(self, "layout", layout)

    @classmethod
    def _parsed(
        cls,
        section: Section,
        items: dict[str, str],
        style: Mapping[str, str],
        layout: Layout | None,
        repeated: Mapping[str, tuple[tuple[str, str], ...]] = _NONE,
    ) -> "Options":
        """Take what the grammar has already checked."""
        self = cls.__new__(cls)
        self._set(section, items, style, layout, repeated)
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError

    def __reduce__(self) -> tuple[object, ...]:
        repeated = dict(self._repeated)
        return Options._parsed, (self.section, self._items, self._style, self.layout, repeated)

    def __getitem__(self, name: str) -> str:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __or__(self, other: Mapping[str, OptionValue]) -> "Options":
        changed = Options(self.section, other)
        style = {name: style for name, style in self._style.items() if name not in changed}
        return self._with({**self._items, **changed._items}, style, *changed)

    def without(self, *names: str) -> "Options":
        """Return the section without these options."""
        items = {name: text for name, text in self._items.items() if name not in names}
        return self._with(items, self._style, *names)

    def once(self) -> "Options":
        """Return the section with each option once, worth what counts."""
        return self._with(self._items, self._style, *self._repeated) if self._repeated else self

    def _with(self, items: dict[str, str], style: Mapping[str, str], *names: str) -> "Options":
        """Return the section with these items, those of `names` there once or no more."""
        repeated = {name: every for name, every in self._repeated.items() if name not in names}
        layout = self.layout
        if layout is not None:
            numbered = (
                f"{name} #{number}"
                for name, every in repeated.items()
                for number in range(2, len(every) + 1)
            )
            layout = layout.kept((*items, *numbered))
        return Options._parsed(self.section, items, style, layout, repeated)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Options):
            return (
                self.section is other.section
                and self._items == other._items
                and (self.layout or PLAIN) == (other.layout or PLAIN)
                and self.repeated == other.repeated
            )
        return self._items == other

    def __hash__(self) -> int:
        return hash((self.section, frozenset(self._items.items())))

    def __repr__(self) -> str:
        return f"Options({self.section.value!r}, {self._items!r})"

    @property
    def present(self) -> bool:
        """Whether the section is written at all: an empty one may hold comments."""
        return bool(self._items) or self.layout is not None

    @property
    def repeated(self) -> Mapping[str, tuple[str, ...]]:
        """The options that are there more than once: all that each is said to be, in order.

        One of the values counts, and is what the mapping has. The tools take the first in
        `handlers`, in `common` and in a resource's `disk`, the last in `net`, `options` and
        `startup`; DRBD 9's refuse to start a resource with most of those that differ.
        """
        return {name: tuple(text for text, _ in every) for name, every in self._repeated.items()}

    def written(self, name: str) -> Iterable[tuple[str, str]]:
        """Return each value of an option, and how it was written.

        That is `bare`, `quoted`, or empty for as it comes.
        """
        return self._repeated.get(name) or ((self._items[name], self._style.get(name, "")),)

    def spec(self, name: str, release: Release | None = None) -> OptionSpec | None:
        """Return what an option is; `None` for one that hakvm does not know."""
        return spec_of(self.section, name, release)

    def value(self, name: str, release: Release = Release.V9_0) -> OptionValue | None:
        """Return what an option is worth: given here, or else the release's default.

        A bool, a number, a `Size` (rates: a second), a `timedelta`, or a text; `None` where
        neither is known.
        """
        spec = spec_of(self.section, name, release) or spec_of(self.section, name)
        text = self._items.get(name, spec.default if spec else "")
        if not text:
            return None
        return spec.value(text) if spec else text

    def check_release(self, release: Release, path: str = "") -> None:
        """See that a release knows all of it.

        Raises:
            ReleaseError: an option that the release does not know.
            InvalidError: a value that it does not take.
        """
        specs = option_specs(release, self.section)
        values = ((name, text) for name in self for text, _ in self.written(name))
        for name, text in values:
            spec = specs.get(name)
            where = f"{path}.{name}" if path else name
            if spec is None:
                known = releases_of(self.section, name)
                raise ReleaseError(
                    f"the option {name} in {self.section.word} {{}}"
                    + (f" ({where})" if path else ""),
                    release=str(release),
                    known=[str(one) for one in known],
                    hint=_elsewhere(release, self.section, name),
                )
            problem = spec.problem(text)
            if problem:
                raise InvalidError(
                    f"{shown(name, text)}: {name} {problem} in {release}", path=where, value=text
                )


def _section(section: Section | str) -> Section:
    try:
        return Section(section)
    except ValueError:
        raise InvalidError(
            f"{section!r} is no section of options",
            path="section",
            value=section,
            hint="one of " + ", ".join(one.value for one in Section),
        ) from None


def shown(name: str, text: str) -> str:
    """Return a value as an error may show it: a secret never."""
    return repr(Secret(text)) if name in _SECRETS else repr(text[:60])


def releases_of(section: Section, name: str) -> tuple[Release, ...]:
    """Return the releases that know an option in a section."""
    return tuple(one for one in Release if name in option_specs(one, section))


def _elsewhere(release: Release, section: Section, name: str) -> str:
    for other in Section:
        if other is not section and name in option_specs(release, other):
            return f"in {release} it stands in {other.word} {{}}"
    guess = near(name, option_specs(release, section))
    return f"did you mean {guess}?" if guess else ""


@functools.cache
def known_names(section: Section) -> frozenset[str]:
    """Return the options that any release knows in a section."""
    return frozenset(name for one in Release for name in option_specs(one, section))


@functools.lru_cache(maxsize=4096)
def problem_of(section: Section, name: str, text: str, release: Release | None) -> str:
    """Say what is wrong with an option, as a whole sentence; empty where it may stand."""
    if release is not None:
        specs = [spec_of(section, name, release)]
    else:
        specs = [spec_of(section, name, one) for one in reversed(Release)]
    there = [spec for spec in specs if spec is not None]
    if there:
        problems = [spec.problem(text) for spec in there]
        return "" if "" in problems else f"{shown(name, text)}: {name} {problems[0]}"
    names = option_specs(release, section) if release else known_names(section)
    guess = near(name, names)
    if guess:
        return f"{section.word} {{}} has no option {name}: did you mean {guess}?"
    if release is not None:
        return f"{section.word} {{}} has no option {name} in {release}"
    return ""


def _checked(section: Section, name: str, value: OptionValue) -> str:
    path = f"{section.word}.{name}"
    spec = spec_of(section, name)
    if not isinstance(value, (str, int, bool, Size, timedelta)):
        raise InvalidError(
            f"{type(value).__name__} is nothing that an option can be worth", path=path, value=value
        )
    if spec is not None:
        text = spec.text(value)
    else:
        text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    if not plain_name(name):
        raise InvalidError(f"{name[:60]!r} is no name of an option", path=path, value=name)
    for word in text.split() if spec is not None and spec.kind is Kind.WORDS else [text]:
        check_token(word, path, secret=name in _SECRETS)
    problem = problem_of(section, name, text, None)
    if problem:
        raise InvalidError(problem, path=path, value=text)
    return Secret(text) if name in _SECRETS else text


def plain_name(name: str) -> bool:
    """Tell whether a text can be an option's name."""
    return 0 < len(name) <= 64 and name.replace("-", "").replace("_", "").isalnum()  # noqa: PLR2004 - longer than any


def as_section(section: Section, found: Mapping[str, OptionValue]) -> Options:
    """Return a plain mapping as the options of `section`.

    Raises:
        InvalidError: no mapping, or options that the section cannot have.
    """
    if isinstance(found, Options) and found.section is section:
        return found
    if not isinstance(found, Mapping):
        raise InvalidError(
            f"{section.word} is a mapping from names to values, not {type(found).__name__}",
            path=section.word,
            value=found,
            hint='as {"protocol": "C"}',
        )
    return Options(section, found)
