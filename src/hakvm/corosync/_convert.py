"""From one release's corosync.conf to the other's, naming what cannot be carried over."""

import enum
from collections.abc import Callable
from typing import Any, TypeVar

import attrs
from attrs import field, frozen

from hakvm.corosync._config import Config
from hakvm.corosync._nodelist import MAX_KNET_NODEID, Node
from hakvm.corosync._release import Release
from hakvm.corosync._section import OtherSection, Section, schema
from hakvm.corosync._totem import Interface
from hakvm.secret import MASK

__all__ = ["Conversion", "Note", "Outcome", "convert"]

S = TypeVar("S", bound=Section)

_RINGS_V2 = 2


class Outcome(enum.StrEnum):
    """What became of an option on the way to another release."""

    LOST = "lost"  # the other release has nothing like it
    CHANGED = "changed"  # something takes its place, or its default is another
    WANTED = "wanted"  # the other release needs what the file does not say


@frozen(kw_only=True)
class Note:
    """One thing that is not as it was.

    Attributes:
        path: the option, as `totem.rrp_mode`.
        outcome: what became of it.
        message: what it was, and what takes its place.
    """

    path: str
    outcome: Outcome
    message: str

    def __str__(self) -> str:
        return f"{self.outcome}: {self.path}: {self.message}"


@frozen(kw_only=True)
class Conversion:
    """A configuration for another release, and what is not as it was.

    Attributes:
        config: the configuration; the other release knows all that stands in it.
        notes: what was lost, what has changed, and what is still wanted.
    """

    config: Config
    notes: tuple[Note, ...] = field(default=(), converter=tuple[Note, ...])

    @property
    def lost(self) -> tuple[Note, ...]:
        """What the other release has nothing like."""
        return tuple(note for note in self.notes if note.outcome is Outcome.LOST)

    @property
    def wanted(self) -> tuple[Note, ...]:
        """What the other release needs and the file does not say."""
        return tuple(note for note in self.notes if note.outcome is Outcome.WANTED)


def convert(config: Config, release: Release) -> Conversion:
    """Return `config` for `release`: the same where it is of that release already."""
    if config.dialect is release:
        kept = attrs.evolve(config, release=release)
        return Conversion(config=kept, notes=[])
    work = _Conversion(config, release)
    for step in _TO_V3 if release is Release.V3 else _TO_V2:
        step(work)
    work.config = work.stripped(work.config, "")
    return Conversion(config=attrs.evolve(work.config, release=release), notes=work.notes)


class _Conversion:
    """A configuration under way, and the notes taken so far."""

    def __init__(self, config: Config, release: Release) -> None:
        self.config = config
        self.source = config.dialect
        self.release = release
        self.transport = config.transport
        self.notes: list[Note] = []

    def note(self, path: str, outcome: Outcome, message: str) -> None:
        self.notes.append(Note(path=path, outcome=outcome, message=message))

    def totem(self, **changes: Any) -> None:  # noqa: ANN401 - of any option
        self.config = attrs.evolve(self.config, totem=attrs.evolve(self.config.totem, **changes))

    def nodes(self, change: Callable[[int, Node], Node]) -> None:
        listed = self.config.nodelist
        nodes = tuple(change(place, node) for place, node in enumerate(listed))
        self.config = attrs.evolve(self.config, nodelist=attrs.evolve(listed, node=nodes))

    def interfaces(self, change: Callable[[int, Interface], Interface | None]) -> None:
        found = (change(place, one) for place, one in enumerate(self.config.totem.interface))
        self.totem(interface=tuple(one for one in found if one is not None))

    def stripped(self, section: S, path: str) -> S:
        """Take out what the release does not know, all the way down."""
        plan = schema(type(section))
        lead = f"{path}." if path else ""
        changes: dict[str, Any] = {}
        for name, option in plan.listed:
            value = getattr(section, name)
            if value is None or option.many:
                continue
            text = option.write(value)
            if self.release not in option.known(text):
                changes[name] = None
                shown = MASK if option.secret else text
                self.note(f"{lead}{option.key}", Outcome.LOST, f"{self.release} has no {shown!r}")
        for child in plan.children.values():
            inside = getattr(section, child.attribute)
            if child.many:
                changes[child.attribute] = tuple(
                    self.stripped(one, f"{lead}{child.name}[{place}]")
                    for place, one in enumerate(inside)
                )
            elif inside:
                changes[child.attribute] = self.stripped(inside, lead + child.name)
        if isinstance(section, OtherSection):
            return section
        return attrs.evolve(section, **changes)


# --- both ways ---


def _token(work: _Conversion) -> None:
    if work.config.totem.token is None:
        option = type(work.config.totem).option("token")
        old, new = option.default_in(work.source), option.default_in(work.release)
        work.note("totem.token", Outcome.CHANGED, f"{old} ms by default before, {new} ms now")


def _crypto(work: _Conversion) -> None:
    """Say outright what was in effect: the defaults of the two are opposite."""
    totem = work.config.totem
    on = totem.secauth if totem.secauth is not None else work.source is Release.V2
    strong = ("aes256", "sha1" if work.source is Release.V2 else "sha256") if on else ("none",) * 2
    cipher, hashed = totem.crypto_cipher or strong[0], totem.crypto_hash or strong[1]
    if cipher == "3des" and work.release is Release.V3:
        work.note("totem.crypto_cipher", Outcome.CHANGED, "3des is gone: aes256 takes its place")
        cipher = "aes256"
    if totem.secauth is not None:
        work.note("totem.secauth", Outcome.CHANGED, "crypto_cipher and crypto_hash say it outright")
    work.totem(crypto_cipher=cipher, crypto_hash=hashed, secauth=None)


# --- corosync 2 to 3 ---


def _members_to_nodes(work: _Conversion) -> None:
    """Make a nodelist of the members that corosync 2 could list in its rings."""
    rings = [
        [address for member in one.member for address in member.memberaddr]
        for one in work.config.totem.interface
    ]
    if not any(rings):
        return
    if not work.config.nodelist.node and len({len(ring) for ring in rings}) == 1:
        nodes = tuple(Node.of(None, None, *found) for found in zip(*rings, strict=True))
        listed = attrs.evolve(work.config.nodelist, node=nodes)
        work.config = attrs.evolve(work.config, nodelist=listed)
        work.note("totem.interface.member", Outcome.CHANGED, "the nodelist has these addresses now")
    else:
        work.note("totem.interface.member", Outcome.LOST, "the nodelist says who is a member")
    work.interfaces(lambda _, one: attrs.evolve(one, member=()))


def _to_knet(work: _Conversion) -> None:
    work.note("totem.transport", Outcome.CHANGED, f"{work.transport} before, knet now")
    if work.config.totem.clear_node_high_bit is not None:
        work.note("totem.clear_node_high_bit", Outcome.CHANGED, "each node has an id of its own")
    work.totem(transport="knet", clear_node_high_bit=None)
    if not work.config.nodelist.node:
        work.note("nodelist", Outcome.WANTED, "knet must be told each node's address")


def _rings_to_links(work: _Conversion) -> None:
    listed = bool(work.config.nodelist.node) and work.transport == "udpu"

    def change(place: int, one: Interface) -> Interface | None:
        path = f"totem.interface[{place}]"
        for key in ("bindnetaddr", "broadcast", "mcastaddr", "ttl"):
            value = getattr(one, key)
            if value is not None:
                # Beside a nodelist corosync 2 does not look at them either.
                outcome = Outcome.CHANGED if listed else Outcome.LOST
                work.note(f"{path}.{key}", outcome, f"no {value}: the nodelist has the addresses")
        changed = attrs.evolve(
            one,
            ringnumber=None,
            linknumber=one.ringnumber,
            bindnetaddr=None,
            broadcast=None,
            mcastaddr=None,
            ttl=None,
        )
        # With only a number left it says nothing.
        bare = attrs.evolve(changed, linknumber=None)
        return changed if bare or changed.extra else None

    work.interfaces(change)


def _rrp_to_link_mode(work: _Conversion) -> None:
    mode = work.config.totem.rrp_mode
    if mode in {"active", "passive"}:
        work.note("totem.rrp_mode", Outcome.CHANGED, f"link_mode: {mode} takes its place")
        work.totem(rrp_mode=None, link_mode=mode)
    elif mode == "none":
        work.totem(rrp_mode=None)


def _number_nodes(work: _Conversion) -> None:
    taken = {node.nodeid for node in work.config.nodelist}
    free = (n for n in range(1, MAX_KNET_NODEID + 1) if n not in taken)

    def change(place: int, node: Node) -> Node:
        path = f"nodelist.node[{place}]"
        if node.name is None:
            work.note(f"{path}.name", Outcome.WANTED, "what `uname -n` says on that node")
        if node.nodeid and node.nodeid <= MAX_KNET_NODEID:
            return node
        nodeid = next(free)
        old = f"{node.nodeid}, too large for knet," if node.nodeid else "made of its address"
        work.note(f"{path}.nodeid", Outcome.CHANGED, f"{old} before, {nodeid} now")
        return attrs.evolve(node, nodeid=nodeid)

    work.nodes(change)


def _qb_to_system(work: _Conversion) -> None:
    kind = work.config.qb.ipc_type
    if kind is not None:
        system = attrs.evolve(work.config.system, qb_ipc_type=kind)
        qb = attrs.evolve(work.config.qb, ipc_type=None)
        work.config = attrs.evolve(work.config, system=system, qb=qb)
        work.note("qb.ipc_type", Outcome.CHANGED, f"system.qb_ipc_type: {kind} takes its place")


# --- corosync 3 to 2 ---


def _from_knet(work: _Conversion) -> None:
    if work.transport == "knet":
        work.note("totem.transport", Outcome.CHANGED, "knet before, udpu now")
        work.totem(transport="udpu")


def _links_to_rings(work: _Conversion) -> None:
    rings = max((len(node.addresses) for node in work.config.nodelist), default=0)

    def fewer(place: int, node: Node) -> Node:
        addresses = node.addresses
        for link, address in addresses.items():
            if link >= _RINGS_V2:
                path = f"nodelist.node[{place}].ring{link}_addr"
                work.note(path, Outcome.LOST, f"corosync 2 has two rings: no {address}")
        gone = {f"ring{link}_addr": None for link in addresses if link >= _RINGS_V2}
        return attrs.evolve(node, **gone) if gone else node  # type: ignore[arg-type]

    def change(_: int, one: Interface) -> Interface | None:
        if (one.linknumber or 0) >= _RINGS_V2:
            return None
        return attrs.evolve(one, linknumber=None, ringnumber=one.linknumber or 0)

    work.nodes(fewer)
    work.interfaces(change)
    if rings > 1 and work.config.totem.rrp_mode in {None, "none"}:
        mode = work.config.totem.link_mode or "passive"
        rrp = "passive" if mode == "rr" else mode
        work.note("totem.link_mode", Outcome.CHANGED, f"{mode} before, rrp_mode: {rrp} now")
        work.totem(rrp_mode=rrp, link_mode=None)


def _system_to_qb(work: _Conversion) -> None:
    kind = work.config.system.qb_ipc_type
    if kind is not None:
        system = attrs.evolve(work.config.system, qb_ipc_type=None)
        qb = attrs.evolve(work.config.qb, ipc_type=kind)
        work.config = attrs.evolve(work.config, system=system, qb=qb)
        work.note("system.qb_ipc_type", Outcome.CHANGED, f"qb.ipc_type: {kind} takes its place")


_TO_V3 = (
    *(_token, _crypto, _members_to_nodes, _to_knet, _rings_to_links),
    *(_rrp_to_link_mode, _number_nodes, _qb_to_system),
)
_TO_V2 = (_token, _crypto, _from_knet, _links_to_rings, _system_to_qb)
