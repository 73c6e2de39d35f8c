"""Values of `hakvm.system`."""

from hypothesis import strategies as st

from hakvm import system

__all__ = ["host_entries", "hosts_files", "interfaces_files"]

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
        st.builds(system.MappingStanza, names=names, options=_OPTIONS),
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
