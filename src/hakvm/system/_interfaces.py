"""/etc/network/interfaces: the bridge that the guests' network goes over, on Debian."""

import os
from collections.abc import Iterable
from typing import Self

import attrs
from attrs import field, frozen

from hakvm._reading import read_text
from hakvm.errors import InvalidError
from hakvm.findings import Finding
from hakvm.system._interfaces_grammar import read, render
from hakvm.system._names import check_interface
from hakvm.system._stanzas import Auto, Iface, Stanza

__all__ = ["Interfaces"]


def _stanzas(found: Iterable[Stanza]) -> tuple[Stanza, ...]:
    return tuple(found)


@frozen(kw_only=True)
class Interfaces:
    r"""An interfaces(5) file: a document.

    Attributes:
        stanzas: what stands in it, in order.

    Example:
        >>> text = "auto eth0\niface eth0 inet static\n  address 10.0.0.1/24\n"
        >>> Interfaces.parse(text).bridged("eth0", "br0").iface("br0").bridge_ports
        ('eth0',)
    """

    stanzas: tuple[Stanza, ...] = field(default=(), converter=_stanzas)
    _tail: str = field(default="", eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for place, one in enumerate(self.stanzas):
            if not isinstance(one, Stanza):
                raise InvalidError(f"{one!r} is no stanza", path=f"Interfaces.stanzas[{place}]")

    @classmethod
    def parse(cls, text: str, *, source: str = "<string>") -> Self:
        """Read an interfaces file.

        Raises:
            ParseError: what ifup refuses: a stanza without its words, an option outside of a
                stanza, without a value, or twice.
        """
        stanzas, tail = read(text, source)
        return cls(stanzas=stanzas, tail=tail)

    @classmethod
    def load(cls, path: str | os.PathLike[str] = "/etc/network/interfaces") -> Self:
        """Read the interfaces file at `path`; the files it names as sources are not followed.

        Raises:
            ParseError: it cannot be read, or as `parse` says.
        """
        return cls.parse(read_text(path), source=os.fspath(path))

    def render(self) -> str:
        """Write it; what was read and still holds stays as it stood."""
        return render(self.stanzas, self._tail)

    def check(self) -> tuple[Finding, ...]:
        """Return what would bite, the worst first: the rules over interfaces in `system.RULES`."""
        from hakvm.system._interfaces_rules import INTERFACES_RULES  # noqa: PLC0415 - over this

        return INTERFACES_RULES.check(self)

    @property
    def ifaces(self) -> tuple[Iface, ...]:
        """The interfaces that are configured."""
        return tuple(one for one in self.stanzas if isinstance(one, Iface))

    def iface(self, name: str, family: str = "inet") -> Iface | None:
        """Return the stanza of an interface, or `None` where there is none."""
        return next((x for x in self.ifaces if x.name == name and x.family == family), None)

    @property
    def auto(self) -> frozenset[str]:
        """The interfaces that come up at boot."""
        return frozenset(
            name
            for one in self.stanzas
            if isinstance(one, Auto) and one.reason == "auto"
            for name in one.names
        )

    def replaced(self, old: Stanza, *new: Stanza) -> Self:
        """Return the file with a stanza replaced by others, or by none.

        Raises:
            InvalidError: it is not in there.
        """
        for place, one in enumerate(self.stanzas):
            if one is old:
                stanzas = (*self.stanzas[:place], *new, *self.stanzas[place + 1 :])
                return attrs.evolve(self, stanzas=stanzas)
        raise InvalidError(f"{old!r} does not stand in this file", path="stanzas")

    def added(self, *new: Stanza) -> Self:
        """Return the file with stanzas added at its end."""
        return attrs.evolve(self, stanzas=(*self.stanzas, *new))

    def bridged(self, interface: str, bridge: str, *, stp: bool = False) -> Self:
        """Return the file with a bridge over an interface, which hands its address over to it.

        The rest of the file stays as it is. Where the bridge is there already and joins the
        interface, nothing changes.

        Raises:
            InvalidError: the interface is not configured here, or the bridge joins others.
        """
        check_interface(bridge, "bridge")
        there = self.iface(bridge)
        if there is not None:
            if interface in there.bridge_ports:
                return self
            raise InvalidError(
                f"{bridge} is there already and does not join {interface}",
                path=f"Interfaces[{bridge!r}]",
                value=there.bridge_ports,
                hint="name another bridge, or add the port by hand",
            )
        own = self.iface(interface)
        if own is None:
            raise InvalidError(
                f"{interface} is not configured in this file",
                path=f"Interfaces[{interface!r}]",
                hint=f"known here: {', '.join(one.name for one in self.ifaces) or 'none'}",
            )
        options = (
            *own.options,
            ("bridge_ports", interface),
            ("bridge_stp", "on" if stp else "off"),
        )
        plain = attrs.evolve(own, method="manual", options=())
        over = attrs.evolve(own, name=bridge, options=options)
        if (old := own.layout) is not None:  # the comments among the options go with these
            plain = attrs.evolve(plain, layout=attrs.evolve(old, body=()))
            over = attrs.evolve(over, layout=attrs.evolve(old, lead=()))
        return self.replaced(own, plain, Auto(names=bridge), over)
