"""Validation with the RelaxNG schemas that Pacemaker installs."""

import os
from functools import cache
from pathlib import Path
from typing import NoReturn

from attrs import field, frozen
from lxml import etree
from lxml.etree import _Element as XmlElement

from hakvm.errors import InvalidError
from hakvm.pacemaker._cib import Cib
from hakvm.xmlmodel import read_xml

__all__ = ["SCHEMA_DIR", "Schemas"]

SCHEMA_DIR = Path("/usr/share/pacemaker")
"""Where Debian and RHEL install the schemas; PCMK_schema_directory says another place."""

_MOST_ERRORS = 5


def _default() -> Path:
    return Path(
        os.environ.get("PCMK_schema_directory")  # noqa: SIM112 - Pacemaker spells it so
        or SCHEMA_DIR
    )


@cache
def _load(path: Path) -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(path))


@frozen(kw_only=True)
class Schemas:
    """The schemas of one installed Pacemaker.

    Attributes:
        directory: where they are.
    """

    directory: Path = field(factory=_default, converter=Path)

    def names(self) -> tuple[str, ...]:
        """Return the names that validate-with may have here, the oldest first."""
        found = [path.stem for path in self.directory.glob("pacemaker-*.rng")]
        return tuple(sorted((one for one in found if "next" not in one), key=_version))

    @property
    def newest(self) -> str:
        """The newest schema here.

        Raises:
            InvalidError: there is none.
        """
        names = self.names()
        if not names:
            raise InvalidError(
                f"no schemas in {self.directory}",
                path="directory",
                value=str(self.directory),
                hint="they come with pacemaker-common (Debian) or pacemaker-schemas (RHEL)",
            )
        return names[-1]

    def validate(
        self, cib: Cib | str | bytes, *, schema: str | None = None, source: str = ""
    ) -> None:
        """Hold a CIB against its schema.

        Args:
            cib: a CIB, or the text of one.
            schema: as `pacemaker-3.9`; the one that it names unless told.
            source: the name that errors show.

        Raises:
            ParseError: the text is no XML.
            InvalidError: the first fault with its XPath and line, the others in the hint; or
                the schema is not installed.
        """
        text = cib.render() if isinstance(cib, Cib) else cib
        source = source or ("<cib>" if isinstance(cib, Cib) else "<string>")
        root = read_xml(text, "cib", source=source)
        name = schema or root.get("validate-with") or self.newest
        if name == "none":
            return
        relaxng = self._schema(name, source)
        if relaxng.validate(root):
            return
        # RelaxNG says of an id that is wrong only that no form of the element fits.
        _check_ids(root, name, source)
        # libxml2 goes on after a fault, and reports its consequences too: the
        # last entry is about an outer element, the first about the cause.
        faults = list(relaxng.error_log)
        first = faults[0]
        others = [f"line {one.line}: {one.message}" for one in faults[1:_MOST_ERRORS]]
        raise InvalidError(
            f"not valid by {name}: {first.message}",
            path=first.path or "/cib",
            value=name,
            source=source,
            line=first.line,
            hint="; ".join(others),
        )

    def _schema(self, name: str, source: str) -> etree.RelaxNG:
        if name not in self.names():
            raise InvalidError(
                f"the schema {name!r} is not installed in {self.directory}",
                path="/cib/@validate-with",
                value=name,
                source=source,
                hint=f"known here: {', '.join(self.names()) or 'none'}",
            )
        return _load(self.directory / f"{name}.rng")


_REFERENCES = frozenset({"resource_ref", "obj_ref", "role", "role_ref"})
_OWN_NAMES = frozenset({"node", "acl_target", "acl_group", *_REFERENCES})
_REFERRING = ("rsc", "with-rsc", "first", "then", "template", "id-ref")


def _check_ids(root: XmlElement, schema: str, source: str) -> None:
    """Raise for an id that is defined twice, or that is named and not defined."""
    config = root.find("configuration")
    if config is None:
        return
    known: dict[str, XmlElement] = {}

    def refuse(el: XmlElement, message: str, value: str, hint: str) -> NoReturn:
        raise InvalidError(
            f"not valid by {schema}: {message}",
            path=el.getroottree().getpath(el),
            value=value,
            source=source,
            line=el.sourceline,
            hint=hint,
        )

    for el in config.iter("*"):
        found = el.get("id")
        if found is None or el.tag in _OWN_NAMES:
            continue
        if found in known:
            first = known[found].sourceline
            refuse(el, f"the id {found!r} is taken", found, f"it is defined on line {first}")
        known[found] = el
    for el in config.iter("*"):
        named = [(name, el.get(name)) for name in _REFERRING]
        if el.tag in _REFERENCES:
            named.append(("id", el.get("id")))
        for name, found in named:
            if found is not None and found not in known:
                refuse(el, f"{name} names {found!r}, which is not there", found, "define it first")


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.removeprefix("pacemaker-").split(".") if part.isdigit())
