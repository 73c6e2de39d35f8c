"""Every file, on every platform, judged by the tool that will read it."""

import attrs
import pytest
from described import FENCED, PLATFORMS, two_node

from hakvm import corosync, drbd, libvirt, pacemaker
from hakvm.findings import Severity
from hakvm.transport import Command, Local

MODULES = {drbd.Release.V8_4: "8.4.11", drbd.Release.V9_0: "9.0.0"}
CLUSTERS = [
    pytest.param(two_node(platform, **words), id=f"{platform}{'-fenced' if words else ''}")
    for platform in PLATFORMS
    for words in ({}, {"nodes": FENCED})
]


@pytest.mark.oracle("drbdadm")
@pytest.mark.parametrize("cluster", CLUSTERS)
@pytest.mark.parametrize("node", ["node1", "node2"])
def test_drbdadm_reads_the_resource(cluster, node, tmp_path):
    path = tmp_path / "drbd.conf"
    path.write_text(
        "global { disable-ip-verification; }\n" + cluster.files(node)["/etc/drbd.d/r0.res"].text
    )
    said = Local().run(
        Command.of(
            *("drbdadm", "-c", str(path), "dump", "r0"),
            env={
                "__DRBD_NODE__": node,
                "DRBD_DRIVER_VERSION_OVERRIDE": MODULES[cluster.platform.drbd],
            },
        )
    )
    dumped = drbd.Config.parse(said.check().text).resources["r0"]
    ours = cluster.drbd.resources["r0"]
    assert {name: host.address for name, host in dumped.hosts.items()} == {
        name: host.address for name, host in ours.hosts.items()
    }
    assert dict(dumped.handlers) == dict(ours.handlers)
    assert dict(dumped.disk_options) == dict(ours.disk_options)


@pytest.mark.oracle("corosync")
@pytest.mark.parametrize("cluster", CLUSTERS)
def test_corosync_reads_its_configuration(cluster, tmp_path):
    # It demands to be one of the nodes, and the key to be there.
    members = tuple(
        attrs.evolve(
            member, **{f"ring{link}_addr": f"127.0.{link}.{number}" for link in member.addresses}
        )
        for number, member in enumerate(cluster.corosync.nodelist, start=1)
    )
    key = tmp_path / "authkey"
    cluster.authkey.save(key)
    copy = attrs.evolve(
        cluster.corosync,
        nodelist=corosync.Nodelist.of(*members),
        totem=attrs.evolve(cluster.corosync.totem, keyfile=str(key)),
    )
    path = tmp_path / "corosync.conf"
    path.write_text(copy.render())
    Local().run(Command.of("corosync", "-t", "-c", str(path))).check()


@pytest.mark.oracle("crm_verify")
@pytest.mark.parametrize("cluster", CLUSTERS)
def test_the_cib_is_valid_and_verified(cluster):
    # A schema of a later release is not installed; its words are judged by the newest there is.
    if cluster.cib.validate_with in pacemaker.Schemas().names():
        pacemaker.Schemas().validate(cluster.cib)
        found = pacemaker.Pacemaker().verify(cluster.cib)
        assert [one.message for one in found if one.severity is Severity.ERROR] == []
    else:
        assert cluster.platform.pacemaker is pacemaker.Release.V3_0
        pacemaker.Schemas().validate(attrs.evolve(cluster.cib, validate_with="pacemaker-3.9"))


@pytest.mark.oracle("crm", "cibadmin")
def test_crmsh_reads_the_cib_as_we_mean_it(debian12, tmp_path):
    path = tmp_path / "cib.xml"
    path.write_text(debian12.cib.render())
    shown = Local().run(
        Command.of("crm", "configure", "show", env={"CIB_file": str(path), "HOME": str(tmp_path)})
    )
    again = pacemaker.crm.parse(shown.check().text)
    assert again.constraints["debian9-with-r0"] == debian12.cib.constraints["debian9-with-r0"]
    assert again.constraints["debian9-after-r0"] == debian12.cib.constraints["debian9-after-r0"]


@pytest.mark.oracle("/usr/share/libvirt/schemas/domain.rng")
@pytest.mark.parametrize("cluster", CLUSTERS)
def test_the_guest_is_valid(cluster):
    for domain in cluster.domains.values():
        assert libvirt.validate(domain) == ()


@pytest.mark.parametrize("cluster", CLUSTERS[4:6])
def test_libvirt_defines_lists_and_starts_the_guest(cluster):
    (domain,) = cluster.domains.values()
    with libvirt.Host("test:///default") as host:
        guest = host.define(attrs.evolve(domain, type="test")).domain
        assert domain.name in {one.name for one in host.domains()}
        guest.start()
        assert guest.info().state == "running"
        guest.destroy()
        guest.undefine()
        assert domain.name not in {one.name for one in host.domains()}
