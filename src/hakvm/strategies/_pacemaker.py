"""Values of `hakvm.pacemaker`: CIBs that Pacemaker would take."""

from hypothesis import strategies as st

from hakvm import pacemaker
from hakvm.pacemaker import (
    INFINITY,
    Cib,
    Clone,
    Group,
    Kind,
    Location,
    Op,
    Primitive,
    Resource,
    Role,
)

__all__ = [
    "cibs",
    "groups",
    "operations",
    "primitives",
    "promotable_clones",
    "resource_ids",
    "scores",
]

# What XML can hold and a schema calls text.
_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="￾￿"),
    max_size=20,
)
_NAME = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
_AGENTS = st.sampled_from(
    [
        "ocf:heartbeat:Dummy",
        "ocf:heartbeat:Filesystem",
        "ocf:heartbeat:VirtualDomain",
        "ocf:linbit:drbd",
        "ocf:pacemaker:Stateful",
        "systemd:nginx",
        "stonith:fence_ipmilan",
    ]
)
_DURATIONS = st.sampled_from(["0", "10s", "29s", "1min", "500ms", "2h"])


def resource_ids() -> st.SearchStrategy[str]:
    """Make ids, as XML allows them."""
    return st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,11}", fullmatch=True)


def scores() -> st.SearchStrategy[int]:
    """Make scores, INFINITY among them."""
    return st.one_of(
        st.just(INFINITY), st.just(-INFINITY), st.integers(-INFINITY + 1, INFINITY - 1)
    )


@st.composite
def operations(draw: st.DrawFn) -> tuple[Op, ...]:
    """Make operations that Pacemaker can tell apart."""
    names = draw(st.lists(st.sampled_from(["start", "stop", "promote", "monitor"]), unique=True))
    return tuple(
        pacemaker.op(
            name,
            interval=draw(_DURATIONS) if name == "monitor" else 0,
            timeout=draw(st.none() | _DURATIONS),
            on_fail=draw(st.none() | st.sampled_from(["ignore", "restart", "block"])),
        )
        for name in names
    )


@st.composite
def primitives(draw: st.DrawFn, ids: st.SearchStrategy[str] | None = None) -> Primitive:
    """Make primitives with parameters, meta attributes and operations."""
    return pacemaker.primitive(
        draw(resource_ids() if ids is None else ids),
        draw(_AGENTS),
        *draw(operations()),
        params=draw(st.dictionaries(_NAME, _TEXT, max_size=3)),
        meta=draw(
            st.dictionaries(
                st.sampled_from(["priority", "migration-threshold", "is-managed"]),
                st.integers(0, 9),
                max_size=2,
            )
        ),
    )


@st.composite
def groups(draw: st.DrawFn, ids: st.SearchStrategy[str] | None = None) -> Group:
    """Make groups of up to three primitives."""
    names = draw(
        st.lists(resource_ids() if ids is None else ids, min_size=2, max_size=4, unique=True)
    )
    members = [draw(primitives(st.just(name))) for name in names[1:]]
    return pacemaker.group(names[0], *members)


@st.composite
def promotable_clones(draw: st.DrawFn, ids: st.SearchStrategy[str] | None = None) -> Clone:
    """Make promotable clones of a primitive."""
    name, inner = draw(
        st.lists(resource_ids() if ids is None else ids, min_size=2, max_size=2, unique=True)
    )
    return pacemaker.promotable(
        name,
        draw(primitives(st.just(inner))),
        notify=draw(st.booleans()),
        promoted_max=draw(st.integers(1, 2)),
    )


@st.composite
def _locations(draw: st.DrawFn, rsc: str, nodes: tuple[str, ...], id_: str) -> Location:
    score = draw(scores())
    node = draw(st.sampled_from(nodes))
    if draw(st.booleans()):
        return pacemaker.location(rsc, node=node, score=score, id_=id_)
    joint = draw(st.sampled_from(["and", "or"]))
    text = f"#uname eq {node} {joint} defined {draw(_NAME)}"
    return pacemaker.location(rsc, pacemaker.rule(text, score=score), id_=id_)


@st.composite
def cibs(draw: st.DrawFn) -> Cib:
    """Make CIBs of two nodes: resources of each kind, and constraints among them."""
    nodes = ("node1", "node2")
    names = iter(
        draw(st.lists(resource_ids(), min_size=16, max_size=16, unique_by=lambda one: one.lower()))
    )
    resources: list[Resource] = []
    for kind in draw(st.lists(st.sampled_from(["one", "group", "clone"]), max_size=3)):
        if kind == "one":
            resources.append(draw(primitives(st.just(next(names)))))
        elif kind == "group":
            members = [draw(primitives(st.just(next(names)))) for _ in range(2)]
            resources.append(pacemaker.group(next(names), *members))
        else:
            inner = draw(primitives(st.just(next(names))))
            resources.append(pacemaker.promotable(next(names), inner, notify=True))
    made = Cib.new(*nodes).add(*resources)
    if len(resources) > 1 and draw(st.sampled_from([True, False])):
        first, then = resources[0], resources[1]
        role = Role.PROMOTED if isinstance(first, Clone) else None
        with_ = pacemaker.RoleRef(rsc=first.id, role=role)
        made = made.add(
            pacemaker.colocate(then, with_=with_, score=draw(scores()), id_=next(names)),
            pacemaker.order(first.id, then.id, kind=draw(st.sampled_from(Kind)), id_=next(names)),
        )
    if resources and draw(st.sampled_from([True, False])):
        made = made.add(draw(_locations(resources[0].id, nodes, next(names))))
    options = st.dictionaries(
        st.sampled_from(["stonith-enabled", "cluster-name", "dc-deadtime"]), _TEXT, max_size=2
    )
    return made.with_properties(draw(options))
