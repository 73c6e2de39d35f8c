"""Values of `hakvm.corosync`."""

from typing import Any, TypeVar

import attrs
from hypothesis import strategies as st

from hakvm import corosync
from hakvm.corosync._option import Option, option_of
from hakvm.corosync._section import schema

__all__ = [
    "corosync_authkeys",
    "corosync_configs",
    "corosync_nodes",
    "corosync_sections",
    "corosync_two_node_configs",
]

S = TypeVar("S", bound=corosync.Section)

_WORD = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_-]{0,15}", fullmatch=True)
_NAME = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
_KEY = st.from_regex(r"[A-Za-z][A-Za-z0-9_./-]{2,12}", fullmatch=True)
# A value is all that stands on a line: no brace opens in it, no blank begins or ends it.
_VALUE = st.text(st.characters(exclude_characters="\0\n\r{", codec="utf-8"), max_size=40).map(
    lambda text: text.strip(" \t\N{NO-BREAK SPACE}")
)
_ADDRESS = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


def _values(option: Option) -> st.SearchStrategy[Any]:
    match option.form:
        case "number":
            return st.integers(option.low, option.high)
        case "flag":
            return st.booleans()
        case "choice":
            return st.sampled_from(option.choices)
        case "address":
            return _ADDRESS
        case "host":
            return _ADDRESS | _NAME
        case _:
            return _VALUE


def corosync_sections(kind: type[S]) -> st.SearchStrategy[S]:
    """Make sections of a class, with any options that it has, and some that nobody knows."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for attribute in attrs.fields(kind):
        option = option_of(attribute)
        if option is None:
            continue
        values = _values(option)
        if option.many:
            fields[attribute.name] = st.lists(values, max_size=2)
        elif option.key == kind.needs:
            fields[attribute.name] = values
        else:
            fields[attribute.name] = st.none() | values
    for child in schema(kind).children.values():
        inside = st.deferred(lambda child=child: corosync_sections(child.kind))  # type: ignore[misc]
        fields[child.attribute] = st.lists(inside, max_size=2).map(tuple) if child.many else inside
    if not kind.closed:
        known = {*schema(kind).options, *schema(kind).children}
        unknown = _KEY.filter(lambda key: key not in known)
        fields["extra"] = st.lists(st.tuples(unknown, _VALUE), max_size=2)
        fields["sections"] = st.lists(
            st.builds(
                corosync.OtherSection,
                name=unknown,
                extra=st.lists(st.tuples(_KEY, _VALUE), max_size=2),
            ),
            max_size=1,
        )
    # Few fields at a time: a section with all of its options is seldom the interesting one.
    required = {kind.needs} & set(fields)
    return st.fixed_dictionaries(
        {name: fields[name] for name in required},
        optional={name: each for name, each in fields.items() if name not in required},
    ).map(lambda given: kind(**given))


def corosync_configs() -> st.SearchStrategy[corosync.Config]:
    """Make configurations that can be written; what is in them need not make sense together."""
    return corosync_sections(corosync.Config)


def corosync_nodes(*, links: int = 1) -> st.SearchStrategy[corosync.Node]:
    """Make nodes with a name, an id and an address on each of `links` links."""
    return st.builds(
        lambda name, nodeid, addresses: corosync.Node.of(name, nodeid, *addresses),
        _NAME,
        st.integers(1, 65535),
        st.lists(st.ip_addresses(v=4).map(str), min_size=links, max_size=links, unique=True),
    )


@st.composite
def corosync_two_node_configs(
    draw: st.DrawFn, release: corosync.Release = corosync.Release.V3
) -> corosync.Config:
    """Make configurations of two nodes that corosync of that release starts with."""
    links = draw(st.integers(1, 2))
    names = draw(st.lists(_NAME, min_size=2, max_size=2, unique=True))
    ids = draw(st.lists(st.integers(1, 65535), min_size=2, max_size=2, unique=True))
    nodes = []
    for place in range(2):
        own = [f"192.168.2.{170 + place}", f"10.0.0.{place + 1}"][:links]
        nodes.append(corosync.Node.of(names[place], ids[place], *own))
    return corosync.Config.two_node(
        nodes,
        release=release,
        cluster_name=draw(st.none() | _WORD),
        token=draw(st.none() | st.integers(1000, 30_000)),
    )


def corosync_authkeys() -> st.SearchStrategy[corosync.AuthKey]:
    """Make keys of every size that corosync takes."""
    return st.binary(min_size=128, max_size=4096).map(lambda data: corosync.AuthKey(data=data))
