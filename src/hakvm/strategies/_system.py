"""Values of `hakvm.system`."""

from hypothesis import strategies as st

from hakvm import system

__all__ = [
    "fstab_files",
    "host_entries",
    "hosts_files",
    "interfaces_files",
    "network_units",
]

_NAME = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?(\.example)?", fullmatch=True)
_INTERFACE = st.from_regex(r"(eth|ens|br|bond)[0-9]{1,3}", fullmatch=True)
_ADDRESS = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
_COMMENT = st.from_regex(r"([a-z][a-z ,]{0,12}[a-z])?", fullmatch=True)
_OPTIONS = st.lists(
    st.tuples(
        st.sampled_from(["address", "gateway", "mtu", "dns-nameservers", "bridge_ports", "up"]),
        st.from_regex(r"[a-z0-9][a-z0-9./: -]{0,12}[a-z0-9]", fullmatch=True),
    ),
    max_size=4,
    unique_by=lambda pair: pair[0],
)


def host_entries() -> st.SearchStrategy[system.HostEntry]:
    """Make entries of a hosts file."""
    return st.builds(
        system.HostEntry,
        address=_ADDRESS,
        names=st.lists(_NAME, min_size=1, max_size=3),
        comment=_COMMENT,
    )


def hosts_files() -> st.SearchStrategy[system.Hosts]:
    """Make hosts files, some with a block of hakvm's."""
    plain = st.sampled_from(["", "# a comment", "   ", "no entry", "127.0.0.1", "::x y"])
    lines = st.lists(host_entries() | plain, max_size=5)
    managed = st.none() | st.lists(host_entries(), max_size=3)
    return st.builds(
        lambda found, own: (
            system.Hosts(lines=found)
            if own is None
            else system.Hosts(lines=found).with_managed(own)
        ),
        lines,
        managed,
    )


def interfaces_files() -> st.SearchStrategy[system.Interfaces]:
    """Make interfaces(5) files of all kinds of stanzas."""
    names = st.lists(_INTERFACE, min_size=1, max_size=2)
    stanzas = st.one_of(
        st.builds(system.Auto, names=names, reason=st.sampled_from(["auto", "hotplug"])),
        st.builds(
            system.Iface,
            name=_INTERFACE,
            family=st.sampled_from(["inet", "inet6"]),
            method=st.sampled_from(["static", "dhcp", "manual"]),
            options=_OPTIONS,
        ),
        st.builds(
            system.MappingStanza,
            names=names,
            options=st.just([("script", "/bin/map"), ("map", "a b"), ("map", "c d")]),
        ),
        st.builds(
            system.Source,
            pattern=st.just("/etc/network/interfaces.d/*"),
            directory=st.booleans(),
        ),
        st.builds(
            system.OtherStanza,
            keyword=st.sampled_from(["no-auto-down", "no-scripts"]),
            words=names,
        ),
    )
    return st.builds(system.Interfaces, stanzas=st.lists(stanzas, max_size=5))


def fstab_files() -> st.SearchStrategy[system.Fstab]:
    """Make fstab(5) files."""
    path = st.from_regex(r"/[a-z][a-z #\\]{0,8}[a-z]", fullmatch=True)
    entry = st.builds(
        system.FstabEntry,
        source=st.sampled_from(["/dev/drbd0", "UUID=8a1f", "LABEL=images"]),
        target=path,
        fstype=st.sampled_from(["ext4", "xfs", "auto"]),
        options=st.lists(st.sampled_from(["noauto", "ro", "_netdev"]), min_size=1, max_size=3),
        dump=st.integers(0, 1),
        check=st.integers(0, 2),
    )
    return st.builds(
        system.Fstab,
        lines=st.lists(entry | st.sampled_from(["", "# a comment", "odd"]), max_size=5),
    )


def network_units() -> st.SearchStrategy[system.NetworkUnit]:
    """Make files of systemd-networkd."""
    option = st.tuples(
        st.sampled_from(["Name", "Address", "DNS", "Bridge"]),
        st.from_regex(r"([a-z0-9][a-z0-9 ./:#;=-]{0,8}[a-z0-9])?", fullmatch=True),
    )
    section = st.builds(
        system.UnitSection,
        name=st.sampled_from(["Match", "Network", "Bridge"]),
        options=st.lists(option, max_size=4),
    )
    return st.builds(system.NetworkUnit, sections=st.lists(section, max_size=4))
