"""The document: drbd.conf and the files below drbd.d."""

import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Self, TypeVar

import attrs
from attrs import field, frozen

from hakvm._frozen import FrozenMapping
from hakvm._reading import read_text
from hakvm.drbd._conversion import Loss, convert
from hakvm.drbd._fields import Brief, keyed, trusted
from hakvm.drbd._foreign import check_release
from hakvm.drbd._grammar import Body, Reader
from hakvm.drbd._inherit import inherit
from hakvm.drbd._layout import PLAIN, Layout
from hakvm.drbd._model import Common, Resource
from hakvm.drbd._release import Release
from hakvm.drbd._render import (
    Part,
    arrange,
    common_part,
    keyed_parts,
    options_part,
    resource_part,
)
from hakvm.drbd._section import Options, as_section
from hakvm.drbd._sections import read_common, read_resource
from hakvm.drbd._skip import may_skip
from hakvm.drbd._specs import OptionValue, Section
from hakvm.drbd._values import quote
from hakvm.errors import InvalidError, ParseError, ReleaseError
from hakvm.findings import Finding

__all__ = ["Config", "Include", "Requirement"]

C = TypeVar("C", bound="Config")
_DEEPEST = 50
_COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
_REQUIRE = "require-drbd-module-version-"
_TOP_WORDS = "global common resource skip include " + " ".join(
    _REQUIRE + one for one in _COMPARISONS
)
# Outside of comments and quoted texts.
_NO_BREAK_SPACE = re.compile('("(?:[^"\\\\\n]|\\\\[^\n])*"|#[^\n]*)|\N{NO-BREAK SPACE}')
_MODULE_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+", re.ASCII)


def _global(found: Mapping[str, OptionValue]) -> Options:
    return as_section(Section.GLOBAL, found)


def _resources(found: Mapping[str, Resource] | Iterable[Resource]) -> FrozenMapping[str, Resource]:
    return keyed(found, "name")


def _documents(found: Iterable["Config"]) -> tuple["Config", ...]:
    return tuple(found)


@frozen(kw_only=True)
class Requirement:
    """What the module must be: `require-drbd-module-version-ge 9.1.0;`.

    Attributes:
        comparison: eq, ne, gt, ge, lt or le.
        version: three numbers.
    """

    comparison: str = field(validator=attrs.validators.in_(_COMPARISONS))
    version: str = field(validator=attrs.validators.matches_re(_MODULE_VERSION))

    def __str__(self) -> str:
        return f"{_REQUIRE}{self.comparison} {self.version}"


@frozen(kw_only=True)
class Include:
    """A pattern of files that are read in its place: `include "drbd.d/*.res";`.

    Attributes:
        pattern: relative to the folder of the file that has it.
        documents: the files that it was found to name, once they are read.
    """

    pattern: str
    documents: tuple["Config", ...] = field(default=(), converter=_documents, repr=False)


@frozen(kw_only=True, repr=False)
class Config(Brief):
    """A file in the language of drbd.conf(5).

        config = drbd.Config.parse(text)
        config.resources["r0"].hosts["node1"].address     # '192.168.2.170:7789'

    Attributes:
        global_options: the section `global { … }`.
        common: what holds for all resources.
        own_resources: this file's own, given as `resources`.
        includes: the files that are read in their place.
        requirements: what the module must be.
        skipped: blocks that are skipped, as they stood.
        source: the file it was read from; does not count when configurations are compared.
        no_break_spaces: whether the text had no-break spaces (U+00A0), as what is copied from a
            web page has; the tools refuse them, and `render` writes none.
    """

    global_options: Options = field(default=Options(Section.GLOBAL), converter=_global)
    common: Common | None = None
    own_resources: FrozenMapping[str, Resource] = field(
        factory=FrozenMapping, converter=_resources, alias="resources"
    )
    includes: tuple[Include, ...] = field(default=(), converter=tuple[Include, ...])
    requirements: tuple[Requirement, ...] = field(default=(), converter=tuple[Requirement, ...])
    skipped: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    layout: Layout = field(default=PLAIN, repr=False)
    source: str = field(default="", eq=False, repr=False)
    no_break_spaces: bool = field(default=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.layout.has_comments:
            object.__setattr__(self, "layout", self.layout.kept(keyed_parts(self._parts())))

    @classmethod
    def parse(cls, text: str, *, source: str = "<string>", release: Release | None = None) -> Self:
        """Read a configuration; files that it includes are not read.

        Without a release, what any release knows may stand. An option that none of them knows
        is refused where it is most likely misspelt, and else kept for releases to come; with a
        release it is refused. So are no-break spaces, which are read as spaces without one.

        Raises:
            ParseError: it is none.
        """
        copied = release is None and "\N{NO-BREAK SPACE}" in text
        if copied:
            text = _NO_BREAK_SPACE.sub(lambda found: found[1] or " ", text)
        reader = Reader(text, source, release)
        body = Body(top=True)
        fields: dict[str, object] = {}
        resources: dict[str, Resource] = {}
        includes: list[Include] = []
        requirements: list[Requirement] = []
        skipped: list[str] = []
        for word, args, block in reader.body(body, top=True):
            match word:
                case "resource" if block:
                    reader.need(word, args, 1, "a name")
                    name = reader.name(args[0])
                    if name in resources:
                        raise reader.scanner.error(f"resource {name} is there twice", argument=0)
                    resources[name] = read_resource(reader, name)
                case "global" if block and not args:
                    reader.once(fields, "global_options", None)
                    fields["global_options"] = reader.options(Section.GLOBAL)
                case "common" if block and not args:
                    reader.once(fields, "common", None)
                    fields["common"] = read_common(reader)
                case "include" if not block:
                    reader.need(word, args, 1, "a pattern of files")
                    includes.append(Include(pattern=str(args[0])))
                case "skip" if block:
                    skipped.append(_skip(reader, args))
                    body.key = "skip"
                case _ if word.startswith(_REQUIRE) and not block:
                    requirements.append(_requirement(reader, word, args))
                case _:
                    raise reader.unknown(word, _TOP_WORDS, "the top level")
        return trusted(
            cls,
            **fields,
            own_resources=FrozenMapping(resources),
            includes=tuple(includes),
            requirements=tuple(requirements),
            skipped=tuple(skipped),
            layout=body.layout(),
            source=source,
            no_break_spaces=copied,
        )

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        release: Release | None = None,
        follow: bool = True,
    ) -> Self:
        """Read the file at `path`, and with `follow` the files that it includes.

        As the tools do: patterns are relative to the file that has them, each file is read
        once, a pattern that matches nothing is fine, and a file named in full must be there.

        Raises:
            ParseError: a file is none, or cannot be read; or two of them have the same resource.
        """
        return _load(cls, Path(path), release, set() if follow else None)

    @property
    def resources(self) -> Mapping[str, Resource]:
        """The resources by name, in order: this file's, and those of the files it includes."""
        documents = [document for one in self.includes for document in one.documents]
        if not documents:
            return self.own_resources
        return FrozenMapping(
            (name, resource)
            for document in (self, *documents)
            for name, resource in (
                self.own_resources if document is self else document.resources
            ).items()
        )

    def documents(self) -> Iterator["Config"]:
        """Yield this file and all that it includes."""
        yield self
        for one in self.includes:
            for document in one.documents:
                yield from document.documents()

    def effective(self, name: str) -> Resource:
        """Return a resource with what it inherits from `common`, `protocol` moved into `net`.

        Each option is there once, worth what drbdadm makes of it, in the section in which that
        stood: of `rate` in syncer {} and `resync-rate` in disk {} only the one that counts. A
        resource with a `template_file` inherits from that, and nothing here. The handlers
        `outdate-peer` and `fence-peer` are two names of one, as before DRBD 9.

        Raises:
            InvalidError: there is no such resource.
        """
        resource = self.resources.get(name)
        if resource is None:
            raise InvalidError(
                f"there is no resource {name}",
                path="resources",
                value=name,
                hint=f"there are {', '.join(self.resources) or 'none'}",
            )
        commons = [one.common for one in self.documents() if one.common is not None]
        return inherit(resource, commons[0] if commons else Common())

    def with_resource(self, resource: Resource) -> Self:
        """Return the configuration with a resource changed where it stands, or added."""
        includes = tuple(
            attrs.evolve(
                one,
                documents=tuple(
                    document.with_resource(resource)
                    if resource.name in document.resources
                    else document
                    for document in one.documents
                ),
            )
            for one in self.includes
        )
        if resource.name in self.resources and resource.name not in self.own_resources:
            return attrs.evolve(self, includes=includes)
        return attrs.evolve(self, resources={**self.own_resources, resource.name: resource})

    def render(self, *, release: Release | None = None) -> str:
        """Write this one file; each of `documents()` writes itself.

        With a release, it is first seen that this file says nothing which that release does
        not know; `to_release` makes it so.

        Raises:
            ReleaseError: a construct that `release` does not know; it names the ones that do.
            InvalidError: a value that `release` does not take.
        """
        if release is not None:
            check_release(self, release)
        lines = arrange(self._parts(), self.layout, top=True)
        return "".join(f"{line}\n" for line in lines)

    def losses(self, release: Release) -> tuple[Loss, ...]:
        """Return what a release cannot say of this file and all it includes, with the reason.

        Raises:
            ReleaseError: the release is 8.3, which is never written.
        """
        return convert(self, release)[1]

    def to_release(self, release: Release, *, lossy: bool = False) -> Self:
        """Return this file, and all that it includes, in the words of another release.

        What the release says elsewhere or otherwise is moved: `fencing` between disk {} and
        net {}, 8.3's syncer options, `protocol`, the handlers that fence, the addresses of the
        one connection of two nodes, node-ids. Of what is said twice, only what counts is said.
        With `lossy`, what it cannot say is left out.
        Each of `documents()` keeps its source, each include its pattern.

        Raises:
            ReleaseError: something cannot be said; the message names all of it, in all files.
        """
        converted, losses = convert(self, release)
        if losses and not lossy:
            raise ReleaseError(
                "; ".join(map(str, losses)),
                release=str(release),
                known=sorted({str(one) for loss in losses for one in loss.known}),
                hint="lossy=True leaves it out",
            )
        return converted

    def _parts(self) -> Iterator[Part]:
        for one in self.requirements:
            yield Part(f"{_REQUIRE}{one.comparison}", [f"{one};"])
        yield from options_part(self.global_options)
        if self.common is not None:
            yield common_part(self.common)
        for include in self.includes:
            yield Part(
                f"include {include.pattern}", [f"include {quote(include.pattern, always=True)};"]
            )
        for resource in self.own_resources.values():
            yield resource_part(resource)
        for text in self.skipped:
            yield Part("skip", [text])

    def check(self) -> tuple[Finding, ...]:
        """Return what would bite, and why: `drbd.RULES`."""
        from hakvm.drbd._rules_structure import RULES  # noqa: PLC0415 - the rules know the document

        return RULES.check(self)


def _skip(reader: Reader, args: list[str]) -> str:
    if reader.release is not None and not may_skip(args, reader.release):
        raise reader.scanner.error(
            f"{reader.release} takes one name at most between skip and the brace",
            argument=1 if len(args) > 1 else 0,
            hint=f'quote it: skip "{" ".join(args)[:60]}" {{ … }}',
        )
    return reader.scanner.skip()


def _requirement(reader: Reader, word: str, args: list[str]) -> Requirement:
    comparison = word.removeprefix(_REQUIRE)
    if reader.release not in {None, Release.V9_0}:
        raise reader.scanner.error(
            f"{reader.release} does not know {word}", hint="parse without a release to read it"
        )
    if comparison not in _COMPARISONS:
        raise reader.unknown(word, _TOP_WORDS, "the top level")
    if len(args) != 1 or not _MODULE_VERSION.fullmatch(args[0]):
        raise reader.scanner.error(f"{word} takes a version of three numbers, as 9.1.0")
    return Requirement(comparison=comparison, version=args[0])


def _load(
    kind: type[C],
    path: Path,
    release: Release | None,
    seen: set[Path] | None,
    depth: int = 0,
) -> C:
    """Read a file; with `seen`, the files read so far, also those that it includes."""
    config = kind.parse(read_text(path), source=str(path), release=release)
    if seen is None or not config.includes:
        return config
    if depth == _DEEPEST:
        raise ParseError(f"files include one another more than {_DEEPEST} deep", source=str(path))
    seen.add(path.resolve())
    includes = tuple(
        attrs.evolve(
            one,
            documents=tuple(
                _load(kind, found, release, seen, depth + 1)
                for found in _unseen(_matches(path, one.pattern), seen)
            ),
        )
        for one in config.includes
    )
    config = attrs.evolve(config, includes=includes)
    _no_doubles(config)
    return config


def _unseen(paths: Iterable[Path], seen: set[Path]) -> Iterator[Path]:
    """Yield the files that have not been read yet, each once."""
    for path in paths:
        if path.resolve() not in seen:
            seen.add(path.resolve())
            yield path


def _matches(path: Path, pattern: str) -> list[Path]:
    """Return the files that an include names, sorted as glob(3) sorts them."""
    whole = os.path.join(path.parent, pattern)  # noqa: PTH118 - an absolute pattern stays one
    found = sorted(glob.glob(whole))  # noqa: PTH207 - Path.glob takes no absolute patterns
    if not found and not set(pattern) & set("*?["):
        raise ParseError(
            f"include {pattern!r}: there is no such file",
            source=str(path),
            hint="an include without * ? [ names a file that must be there",
        )
    return [Path(name) for name in found]


def _no_doubles(config: Config) -> None:
    homes: dict[str, str] = {}
    commons: list[str] = []
    for document in config.documents():
        if document.common is not None:
            commons.append(document.source)
        for name in document.own_resources:
            if name in homes:
                raise ParseError(
                    f"resource {name} is there twice: also in {homes[name]}", source=document.source
                )
            homes[name] = document.source
    if len(commons) > 1:
        raise ParseError(f"common {{}} is there twice: also in {commons[0]}", source=commons[1])
