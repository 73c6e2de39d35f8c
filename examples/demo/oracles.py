"""Each file, handed to the real tool that will one day read it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs
from attrs import frozen

from hakvm import Cluster, corosync, drbd, libvirt, pacemaker
from hakvm.errors import HakvmError
from hakvm.transport import Command, Local


@frozen(kw_only=True)
class Verdict:
    """What a tool said of a file."""

    tool: str
    file: str
    good: bool
    said: str


def ask(cluster: Cluster, folder: Path) -> Iterator[Verdict]:
    """Yield what each tool says of the files that stand below `folder`."""
    node = cluster.nodes[0].name
    below = folder / node
    yield _try("drbdadm dump", "/etc/drbd.d/r0.res", lambda: _drbdadm(cluster, below, node))
    yield _try("corosync -t", "/etc/corosync/corosync.conf", lambda: _corosync(cluster))
    yield _try("RelaxNG", "/etc/hakvm/cib.xml", lambda: _relaxng_cib(cluster))
    yield _try("crm_verify", "/etc/hakvm/cib.xml", lambda: _crm_verify(cluster))
    for path, domain in cluster.domains.items():
        yield _try("RelaxNG", path, lambda domain=domain: _relaxng_domain(domain))
        yield _try("libvirt test:///default", path, lambda domain=domain: _libvirt(domain))


def _try(tool: str, file: str, ask_tool) -> Verdict:  # noqa: ANN001 - any of those below
    try:
        return Verdict(tool=tool, file=file, good=True, said=ask_tool())
    except HakvmError as error:
        return Verdict(tool=tool, file=file, good=False, said=str(error))


def _drbdadm(cluster: Cluster, below: Path, node: str) -> str:
    """Let drbdadm read the file as the given node would, for the module's release there."""
    module = {"8.4": "8.4.11", "9": "9.0.0"}
    version = next(v for k, v in module.items() if str(cluster.platform.drbd.value).startswith(k))
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch) / "drbd.conf"
        # Nobody has the nodes' addresses here, which drbdadm would mind.
        config.write_text(
            "global { disable-ip-verification; }\n" + (below / "etc/drbd.d/r0.res").read_text()
        )
        said = Local().run(
            Command.of(
                *("drbdadm", "-c", str(config), "dump", "r0"),
                env={"__DRBD_NODE__": node, "DRBD_DRIVER_VERSION_OVERRIDE": version},
            )
        )
    lines = len(said.check().text.splitlines())
    drbd.Config.parse(said.text)  # what it says back, hakvm reads
    return f"accepted for DRBD {version}; its own dump has {lines} lines"


def _corosync(cluster: Cluster) -> str:
    """Let corosync read a copy whose nodes are on this machine: it demands to be one of them."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = cluster.corosync
        members = tuple(
            attrs.evolve(
                member,
                **{f"ring{link}_addr": f"127.0.{link}.{number}" for link in member.addresses},
            )
            for number, member in enumerate(copy.nodelist.nodes, start=1)
        )
        totem = copy.totem
        if cluster.authkey is not None and totem.crypto_cipher not in {None, "none"}:
            key = Path(scratch) / "authkey"
            cluster.authkey.save(key)
            totem = attrs.evolve(totem, keyfile=str(key))
        copy = attrs.evolve(copy, nodelist=corosync.Nodelist.of(*members), totem=totem)
        path = Path(scratch) / "corosync.conf"
        path.write_text(copy.render())
        Local().run(Command.of("corosync", "-t", "-c", str(path))).check()
    return "accepted (a copy with loopback addresses)"


def _relaxng_cib(cluster: Cluster) -> str:
    pacemaker.Schemas().validate(cluster.cib)
    return f"valid by {cluster.cib.validate_with}.rng"


def _crm_verify(cluster: Cluster) -> str:
    found = pacemaker.Pacemaker().verify(cluster.cib)
    if not found:
        return "nothing to say"
    return "accepted, with: " + "; ".join(finding.message for finding in found)


def _relaxng_domain(domain: libvirt.Domain) -> str:
    for error in libvirt.validate(domain):
        raise HakvmError(str(error))
    return "valid by domain.rng"


def _libvirt(domain: libvirt.Domain) -> str:
    """Define, list and start the guest with libvirt's driver for tests."""
    with libvirt.Host("test:///default") as host:
        # The driver for tests has guests of its own type only.
        guest = host.define(attrs.evolve(domain, type="test")).domain
        listed = [one.name for one in host.domains()]
        guest.start()
        state = guest.state()
        guest.destroy()
        guest.undefine()
    return f"defined; list --all: {', '.join(listed)}; started: {state}"
