"""The whole of a corosync.conf."""

# ruff: noqa: RUF009 - these calls are attrs.field() under names of the format

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, Self

from attrs import field, frozen

from hakvm._reading import read_text
from hakvm.corosync import _grammar
from hakvm.corosync._bind import bind
from hakvm.corosync._logging import Logging
from hakvm.corosync._nodelist import Node, Nodelist
from hakvm.corosync._option import Option
from hakvm.corosync._others import Nozzle, Pload, Qb, Resources, System, Uidgid
from hakvm.corosync._quorum import Quorum
from hakvm.corosync._release import Release
from hakvm.corosync._render import render
from hakvm.corosync._section import Section, child, children
from hakvm.corosync._totem import Interface, Totem
from hakvm.errors import InvalidError, ParseError, ReleaseError
from hakvm.findings import Finding

if TYPE_CHECKING:
    from hakvm.corosync._convert import Conversion

__all__ = ["Config"]

_TWO = 2


@frozen(kw_only=True, repr=False)
class Config(Section):
    """A corosync.conf: a document that is read, checked, changed and written.

    A section that is not there is empty, so `config.quorum.two_node` can always be asked.
    Change it with `attrs.evolve`; what is not changed is written as it stood, comments included.

    Attributes:
        totem: how the nodes talk.
        nodelist: who they are.
        quorum: who may act when not all are there.
        logging: where corosync writes what it does.
        system, qb, resources, nozzle, uidgid, pload: the lesser sections.
        release: the release it is meant for, where that is known; no part of the text.

    Source: corosync.conf(5); exec/coroparse.c.
    """

    totem: Totem = child(Totem, "totem")
    nodelist: Nodelist = child(Nodelist, "nodelist")
    quorum: Quorum = child(Quorum, "quorum")
    logging: Logging = child(Logging, "logging")
    system: System = child(System, "system")
    qb: Qb = child(Qb, "qb")
    resources: Resources = child(Resources, "resources")
    nozzle: Nozzle = child(Nozzle, "nozzle")
    pload: Pload = child(Pload, "pload")
    uidgid: tuple[Uidgid, ...] = children(Uidgid, "uidgid")
    release: Release | None = field(default=None, eq=False)

    @classmethod
    def parse(cls, text: str, *, source: str = "<string>", release: Release | None = None) -> Self:
        """Read a corosync.conf, of either release unless `release` is told.

        Raises:
            ParseError: what corosync refuses: its line, its column, and what was expected.
        """
        try:
            return bind(cls, (_grammar.read(text, source=source),), source, release=release)
        except InvalidError as error:  # a value that only the section as a whole can judge
            raise ParseError(error.message, source=source, hint=error.hint) from None

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, release: Release | None = None) -> Self:
        """Read the corosync.conf at `path`.

        Raises:
            ParseError: it cannot be read, is no UTF-8, or as `parse` says.
        """
        return cls.parse(read_text(path), source=os.fspath(path), release=release)

    @classmethod
    def two_node(  # noqa: PLR0913 - what a cluster of two may differ in
        cls,
        nodes: Iterable[Node],
        *,
        release: Release = Release.V3,
        cluster_name: str | None = None,
        transport: Literal["udp", "udpu", "knet"] | None = None,
        cipher: Literal["none", "aes256", "aes192", "aes128"] | None = None,
        hash: Literal["none", "md5", "sha1", "sha256", "sha384", "sha512"] | None = None,  # noqa: A002 - the field's name
        token: int | None = None,
        link_mode: Literal["passive", "active", "rr"] | None = None,
        logging: Logging | None = None,
    ) -> Self:
        """Make the configuration of a cluster of two nodes, for corosync 2 or 3.

        For corosync 3 that is knet with aes256 and sha256, for corosync 2 udpu
        without crypto, unless told otherwise.

        Raises:
            InvalidError: there are not two nodes, or they do not fit each other.
        """
        listed = tuple(nodes)
        if len(listed) != _TWO:
            raise InvalidError(
                f"{len(listed)} nodes: a cluster of two has two",
                path="nodes",
                value=[node.name for node in listed],
                hint="for more nodes make a Config of its sections",
            )
        _fit(listed)
        knet = release is Release.V3 and transport in {None, "knet"}
        rings = len(listed[0].addresses)
        config = cls(
            totem=Totem(
                version=2,
                cluster_name=cluster_name,
                transport=transport or ("knet" if knet else "udpu"),
                crypto_cipher=cipher or ("aes256" if knet else "none"),
                crypto_hash=hash or ("sha256" if knet else "none"),
                token=token,
                link_mode=link_mode,
                rrp_mode="passive" if rings > 1 and release is Release.V2 else None,
                interface=tuple(Interface(ringnumber=n) for n in range(rings))
                if rings > 1 and not knet
                else (),
            ),
            nodelist=Nodelist(node=listed),
            quorum=Quorum(provider="corosync_votequorum", two_node=True, wait_for_all=True),
            logging=logging
            or Logging(
                to_logfile=True,
                logfile="/var/log/corosync/corosync.log",
                to_syslog=True,
                timestamp="on",
            ),
            release=release,
        )
        config.render(release=release)
        return config

    def render(self, *, release: Release | None = None) -> str:
        """Write it as a corosync.conf; what was read and still holds stays as it stood.

        Raises:
            ReleaseError: `release` is given, and does not know an option or a value.
        """
        if release is not None:
            for path, option, value in self.walk():
                known = option.known(value)
                if release not in known:
                    raise ReleaseError(
                        path if release not in option.releases else f"{path}: {value}",
                        release=str(release),
                        known=[str(one) for one in known],
                        hint="config.convert() says what takes its place",
                    )
        return render(self)

    def check(self) -> tuple[Finding, ...]:
        """Return what would bite, the worst first: the rules of `corosync.RULES`."""
        from hakvm.corosync._rules import RULES  # noqa: PLC0415 - the rules are over this class

        return RULES.check(self)

    def convert(self, release: Release) -> "Conversion":
        """Return the configuration for `release`, with what was lost or changed on the way."""
        from hakvm.corosync._convert import convert  # noqa: PLC0415 - it is over this class

        return convert(self, release)

    def to_release(self, release: Release) -> "Config":
        """Return the configuration for `release`, if all of it can be carried over.

        Raises:
            ReleaseError: something has no counterpart there, or is wanted there and not said
                here; names all of it. `convert` goes on without.
        """
        done = self.convert(release)
        missing = [str(note) for note in (*done.lost, *done.wanted)]
        if missing:
            raise ReleaseError(
                "; ".join(missing),
                release=str(release),
                hint=f"config.convert({release!r}) goes on without",
            )
        return done.config

    def walk(self) -> Iterator[tuple[str, Option, str]]:
        """Yield every option that is set: its path, what is known of it, its value as text."""
        yield from _walk(self, "")

    @property
    def dialect(self) -> Release:
        """The release it is meant for: as told, or the one that knows all of it.

        Where both know all of it, or neither does, it is the present one, corosync 3.
        """
        if self.release is not None:
            return self.release
        lacks = dict.fromkeys(Release, 0)
        for _, option, value in self.walk():
            known = option.known(value)
            for one in Release:
                lacks[one] += one not in known
        return Release.V2 if lacks[Release.V2] < lacks[Release.V3] else Release.V3

    @property
    def transport(self) -> str:
        """The transport in use: as told, or the dialect's default."""
        return self.totem.transport or str(Totem.option("transport").default_in(self.dialect))


def _walk(section: Section, path: str) -> Iterator[tuple[str, Option, str]]:
    lead = f"{path}." if path else ""
    for option, value in section.options():
        yield lead + option.key, option, value
    count: dict[str, int] = {}
    for name, inside in section.inside():
        place = count[name] = count.get(name, -1) + 1
        many = isinstance(getattr(section, name, None), tuple)
        yield from _walk(inside, f"{lead}{name}[{place}]" if many else lead + name)


def _fit(nodes: tuple[Node, ...]) -> None:
    """Refuse nodes that could never form a cluster."""
    links = [tuple(node.addresses) for node in nodes]
    if len(set(links)) > 1 or not links[0]:
        raise InvalidError(
            "the nodes have addresses on different links",
            path="nodes",
            hint="give each node one address for each link",
        )
    listed: tuple[tuple[str, list[object]], ...] = (
        ("name", [node.name for node in nodes if node.name is not None]),
        ("nodeid", [node.nodeid for node in nodes if node.nodeid is not None]),
        ("address", [one for node in nodes for one in node.addresses.values()]),
    )
    for what, found in listed:
        for one in found:
            if found.count(one) > 1:
                raise InvalidError(f"two nodes have the {what} {one!r}", path="nodes", value=one)
