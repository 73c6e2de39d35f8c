"""Strategies for DRBD: configurations that a release takes, and what the kernel shows."""

from collections.abc import Sequence

from hypothesis import strategies as st

from hakvm.drbd import (
    Address,
    Common,
    Config,
    Connection,
    ConnectionState,
    DiskState,
    Host,
    Kind,
    Options,
    OptionSpec,
    Path,
    PathHost,
    Release,
    Resource,
    Role,
    Section,
    Volume,
    option_specs,
)

__all__ = [
    "drbd_addresses",
    "drbd_configs",
    "drbd_options",
    "drbd_resources",
    "proc_drbd_texts",
]

_LINE = st.text(
    st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), min_size=1, max_size=60
)
# What the tools take only together with something else, or read in their own way.
_APART = frozenset({"resync-after", "after", "become-primary-on", "stacked-timeouts", "_name"})


def drbd_addresses(port: int | None = None) -> st.SearchStrategy[Address]:
    """Addresses of nodes; unicast, of both families."""
    ports = st.integers(1, 65535) if port is None else st.just(port)
    v4 = st.ip_addresses(v=4, network="10.0.0.0/8")
    v6 = st.ip_addresses(v=6, network="fd00::/16")
    return st.one_of(
        st.builds(lambda ip, number: Address(f"{ip}:{number}"), v4, ports),
        st.builds(lambda ip, number: Address(f"ipv6 [{ip}]:{number}"), v6, ports),
    )


def _value(spec: OptionSpec) -> st.SearchStrategy[str]:
    match spec.kind:
        case Kind.BOOLEAN:
            return st.sampled_from(["yes", "no"])
        case Kind.FLAG:
            return st.just("yes")
        case Kind.CHOICE:
            return st.sampled_from(spec.choices)
        case Kind.NUMERIC | Kind.NUMBER_OR_WORD:
            # The grammar's numbers have at most eight digits.
            low = max(spec.minimum or 0, 0)
            high = min(99_999_999, 99_999_999 if spec.maximum is None else spec.maximum)
            numbers = st.integers(low, high).map(str)
            return numbers | st.sampled_from(spec.choices) if spec.choices else numbers
        case _:
            longest = 60 if spec.longest is None else spec.longest
            return _LINE.map(lambda text: text[:longest])


def drbd_options(
    section: Section | str, *, release: Release = Release.V9_0, most: int = 5
) -> st.SearchStrategy[Options]:
    """Sections of options that a release takes."""
    one = Section(section)
    specs = {
        name: spec
        for name, spec in option_specs(release, one).items()
        if name not in _APART and not spec.later
    }
    names = st.lists(st.sampled_from(sorted(specs)), unique=True, max_size=most)
    return names.flatmap(
        lambda chosen: st.fixed_dictionaries({name: _value(specs[name]) for name in chosen})
    ).map(lambda found: Options(one, found))


def _names(prefix: str) -> st.SearchStrategy[str]:
    return st.from_regex(rf"{prefix}[a-z0-9]{{1,8}}([.-][a-z0-9]{{1,6}})?", fullmatch=True)


@st.composite
def drbd_resources(
    draw: st.DrawFn, *, release: Release = Release.V9_0, number: int = 0
) -> Resource:
    """Resources of two nodes that a release takes; `number` keeps several apart."""
    nodes = ("alice", "bob.example.org")
    volumes = draw(st.integers(1, 3)) if release is not Release.V8_3 and draw(st.booleans()) else 0
    per_host = draw(st.booleans())

    def brought(node: str) -> dict[str, object]:
        if not volumes:
            return {
                "device": f"/dev/drbd{number * 8}",
                "disk": f"/dev/vg/r{number}-{node}",
                "meta_disk": draw(st.sampled_from(["internal", f"/dev/vg/meta{number}[0]"])),
            }
        return {
            "volumes": [
                Volume(
                    number=one,
                    device=f"minor {number * 8 + one}",
                    disk=f"/dev/vg/r{number}-{one}",
                    meta_disk="internal",
                    disk_options=draw(drbd_options(Section.DISK, release=release, most=2)),
                )
                for one in range(volumes)
            ]
        }

    connections: Sequence[Connection] = ()
    addresses = [f"10.0.{index}.1:{7000 + number}" for index in range(2)]
    with_path = release is Release.V9_0 and draw(st.booleans())
    if with_path:
        ends = [
            PathHost(name=node, address=address)
            for node, address in zip(nodes, addresses, strict=True)
        ]
        connections = [
            Connection(
                paths=[Path(hosts=ends)],
                net=draw(drbd_options(Section.NET, release=release, most=2)),
                disk_options=draw(drbd_options(Section.PEER_DEVICE, release=release, most=2)),
            )
        ]
    return Resource(
        name=draw(_names(f"r{number}")),
        protocol="C" if release is Release.V8_3 else None,
        hosts=[
            Host(
                name=node,
                address=None if with_path else address,
                node_id=index if release is Release.V9_0 else None,
                **(brought(node) if per_host else {}),  # type: ignore[arg-type]  # by name, above
            )
            for index, (node, address) in enumerate(zip(nodes, addresses, strict=True))
        ],
        connections=connections,
        net=draw(drbd_options(Section.NET, release=release)),
        disk_options=draw(drbd_options(Section.DISK, release=release)),
        options=draw(drbd_options(Section.OPTIONS, release=release))
        if release is not Release.V8_3
        else {},
        startup=draw(drbd_options(Section.STARTUP, release=release)),
        handlers=draw(drbd_options(Section.HANDLERS, release=release)),
        **({} if per_host else brought("shared")),  # type: ignore[arg-type]  # by name, above
    )


@st.composite
def drbd_configs(draw: st.DrawFn, *, release: Release = Release.V9_0) -> Config:
    """Whole configurations of up to three resources that the tools of a release take."""
    count = draw(st.integers(1, 3))
    common = None
    if draw(st.booleans()):
        common = Common(
            net=draw(drbd_options(Section.NET, release=release)),
            handlers=draw(drbd_options(Section.HANDLERS, release=release)),
        )
    return Config(
        global_options={
            **draw(drbd_options(Section.GLOBAL, release=release)),
            "disable-ip-verification": "yes",
        },
        common=common,
        resources=[draw(drbd_resources(release=release, number=one)) for one in range(count)],
    )


@st.composite
def proc_drbd_texts(draw: st.DrawFn) -> str:
    """What DRBD 8.4 shows in /proc/drbd: every state, some resyncs, gaps in the minors."""
    number = st.integers(0, 2**40)
    lines = ["version: 8.4.11 (api:1/proto:86-101)", "srcversion: 0904DF2CCF7283ACE07D07A "]
    for minor in sorted(draw(st.sets(st.integers(0, 300), max_size=6))):
        if draw(st.integers(0, 9)) == 0:
            lines.append(f"{minor:2d}: cs:Unconfigured")
            continue
        cs = draw(st.sampled_from(list(ConnectionState)[1:]))
        roles = [draw(st.sampled_from(list(Role))) for _ in range(2)]
        disks = [draw(st.sampled_from(list(DiskState))) for _ in range(2)]
        flags = "".join(
            draw(st.sampled_from(letters)) for letters in ("rs", "-a", "-p", "-u", "-dcbna", "-s")
        )
        lines += [
            (
                f"{minor:2d}: cs:{cs} ro:{roles[0]}/{roles[1]} ds:{disks[0]}/{disks[1]}"
                f" {draw(st.sampled_from('ABC '))} {flags}"
            ),
            "    "
            + " ".join(
                f"{name}:{draw(number)}"
                for name in ("ns", "nr", "dw", "dr", "al", "bm", "lo", "pe", "ua", "ap", "ep")
            )
            + f" wo:{draw(st.sampled_from('ndfb'))} oos:{draw(number)}",
        ]
        if draw(st.booleans()):
            left, total, speed = draw(number), draw(number), draw(st.integers(0, 10**7))
            lines += [
                (
                    f"\t[==>.................] sync'ed:{draw(st.integers(0, 99)):3d}.5%"
                    f" ({left}/{total})K"
                ),
                (
                    f"\tfinish: {draw(st.integers(0, 999))}:{draw(st.integers(0, 59)):02d}:00"
                    f" speed: {speed:,} ({speed:,}) K/sec"
                ),
            ]
    return "\n".join(lines) + "\n"
