"""A host, held against libvirt's own test driver: no daemon, a real libvirt."""

import asyncio
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from hakvm import libvirt
from hakvm.errors import ConflictError, InvalidError, UnsafeError, WaitTimeout
from hakvm.units import Size
from hakvm.xmlmodel import Extra, evolve_at

pytest.importorskip("libvirt")

SOON = timedelta(seconds=5)
NODE = """<node><domain type="test"><name>other</name><memory>8192</memory>
<os><type>hvm</type></os></domain></node>"""


def node(folder: Path, name: str) -> libvirt.Host:
    path = folder / f"{name}.xml"
    path.write_text(NODE)
    return libvirt.Host(f"test://{path}")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[libvirt.Host]:
    # The test driver keeps what is below a file's URI to that one connection.
    with node(tmp_path, "node1") as found:
        yield found


@pytest.fixture
def domain() -> libvirt.Domain:
    made = libvirt.guest("debian9", memory="1 GiB", vcpus=2, bridge="br0", disk="vm01.img")
    return attrs.evolve(made.domain(cluster="kvm-ha"), type=libvirt.DomainType.TEST)


@pytest.fixture
def guest(host: libvirt.Host, domain: libvirt.Domain) -> libvirt.HostDomain:
    return host.define(domain).domain


def test_what_is_there(host: libvirt.Host, guest: libvirt.HostDomain) -> None:
    assert host.version >= (9, 0, 0)
    assert host.name
    found = {info.name: info for info in host.domains()}
    assert set(found) == {"other", "debian9"}
    info = found["debian9"]
    assert info.uuid == guest.uuid
    assert info.state is libvirt.DomainState.SHUTOFF
    assert not info.running
    assert info.max_memory == Size.parse("1 GiB")
    assert (info.vcpus, info.persistent, info.autostart, info.id) == (2, True, False, None)
    assert host.domain(guest.uuid).name == "debian9"
    assert host.find("nobody") is None


def test_a_definition_is_what_was_given(host: libvirt.Host, domain: libvirt.Domain) -> None:
    made = host.define(domain)
    assert not made.diff
    assert made.dropped == ()
    assert "devices.controllers[pci pcie-root].index" in {d.path for d in made.diff.filled}
    assert not libvirt.diff(domain, made.domain.domain())


def test_what_the_driver_drops_is_reported(host: libvirt.Host, domain: libvirt.Domain) -> None:
    odd = attrs.evolve(domain, extra=Extra(children=("<warp factor='9'/>",)))
    with pytest.raises(libvirt.LibvirtError) as caught:
        host.define(odd)
    assert caught.value.domain == "debian9"
    assert caught.value.host == host.uri
    assert caught.value.code
    assert host.find("debian9") is None
    made = host.define(odd, validate=False)
    assert [(d.path, str(d.old)) for d in made.dropped] == [("extra", '<warp factor="9"/>')]


def test_life(host: libvirt.Host, guest: libvirt.HostDomain) -> None:
    guest.start()
    assert guest.state() is libvirt.DomainState.RUNNING
    assert guest.info().running
    guest.suspend()
    assert guest.state() is libvirt.DomainState.PAUSED
    guest.resume()
    guest.reboot()
    assert guest.shutdown(limit=SOON)
    assert guest.state() is libvirt.DomainState.SHUTOFF
    guest.start()
    guest.destroy()
    guest.set_autostart(True)
    assert guest.info().autostart
    guest.undefine()
    assert host.find("debian9") is None


def test_a_wait_has_its_limit(guest: libvirt.HostDomain) -> None:
    with pytest.raises(WaitTimeout, match=r"debian9 on .* is shut off, not running"):
        guest.wait(libvirt.DomainState.RUNNING, limit=timedelta(milliseconds=50))


def test_undefine_loses_nothing_unasked(guest: libvirt.HostDomain) -> None:
    guest.start()
    with pytest.raises(UnsafeError) as caught:
        guest.undefine()
    assert caught.value.confirm == "undefine(running=True)"
    guest.save()
    assert guest.saved
    with pytest.raises(UnsafeError, match="saved memory"):
        guest.undefine()
    guest.discard_saved()
    guest.snapshot("before", description="<&>")
    with pytest.raises(UnsafeError, match="snapshots"):
        guest.undefine()
    assert [found.name for found in guest.snapshots()] == ["before"]
    guest.revert("before")
    guest.undefine(snapshots=True)


def test_snapshots_come_and_go(guest: libvirt.HostDomain) -> None:
    guest.snapshot("a")
    guest.delete_snapshot("a")
    assert guest.snapshots() == ()


def test_metadata_of_our_own(guest: libvirt.HostDomain) -> None:
    assert guest.metadata() is None
    guest.set_metadata("<placed node='node1'/>")
    text = guest.metadata()
    assert text is not None
    assert "node1" in text
    guest.set_metadata(None)
    assert guest.metadata() is None


def test_errors_are_ours(
    host: libvirt.Host, guest: libvirt.HostDomain, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(libvirt.LibvirtError) as caught:
        host.domain("nobody")
    assert caught.value.code == 42
    assert caught.value.domain == "nobody"
    assert "virsh list --all" in caught.value.hint
    guest.start()
    with pytest.raises(libvirt.LibvirtError, match="debian9"):
        guest.start()
    guest.destroy()
    guest.undefine()
    with pytest.raises(libvirt.LibvirtError) as caught:
        guest.start()
    assert caught.value.code == 42
    assert capfd.readouterr().err == ""


def test_a_host_that_is_not_there() -> None:
    host = libvirt.Host("qemu+unix:///system?socket=/nonexistent/libvirt-sock")
    with pytest.raises(libvirt.LibvirtError) as caught:
        host.domains()
    assert "libvirt-sock" in str(caught.value)
    assert caught.value.host == host.uri


def test_a_host_is_asked_what_it_can_run(host: libvirt.Host, domain: libvirt.Domain) -> None:
    assert host.accelerator("i686") is libvirt.DomainType.QEMU
    other = evolve_at(domain, "os.type", arch="i686", machine=None)
    with pytest.raises(InvalidError) as caught:
        host.define(attrs.evolve(other, type=libvirt.DomainType.KVM))
    assert "it has no kvm for i686" in caught.value.message
    assert "it has test" in caught.value.hint


def test_both_nodes_get_the_same(tmp_path: Path, domain: libvirt.Domain) -> None:
    with node(tmp_path, "node1") as first, node(tmp_path, "node2") as second:
        made = libvirt.define_on(domain, [first, second])
        assert [one.stored.uuid for one in made] == [domain.uuid] * 2
        assert not libvirt.diff(first.domain("debian9").domain(), second.domain("debian9").domain())


def test_what_each_node_makes_up_is_a_conflict(tmp_path: Path, domain: libvirt.Domain) -> None:
    with node(tmp_path, "node1") as first, node(tmp_path, "node2") as second:
        with pytest.raises(ConflictError, match="is not the same"):
            libvirt.define_on(attrs.evolve(domain, uuid=None), [first, second])
        # Neither is left with half of it.
        assert first.find("debian9") is None
        assert second.find("debian9") is None


def test_an_old_definition_stays_where_a_new_one_is_refused(
    tmp_path: Path, domain: libvirt.Domain
) -> None:
    with node(tmp_path, "node1") as first, node(tmp_path, "node2") as second:
        first.define(domain)
        second.define(attrs.evolve(domain, uuid=uuid.uuid4()))  # the name is taken by another
        with pytest.raises(libvirt.LibvirtError):
            libvirt.define_on(domain, [first, second])
        assert first.find("debian9") is not None


def test_a_guest_does_not_move_to_where_it_is(guest: libvirt.HostDomain) -> None:
    with pytest.raises(InvalidError, match="already"):
        guest.migrate(guest.host)


def test_a_local_file_does_not_move_unasked(tmp_path: Path, guest: libvirt.HostDomain) -> None:
    guest.start()
    with node(tmp_path, "node2") as other, pytest.raises(UnsafeError) as caught:
        guest.migrate(other)
    assert "vda is a local file" in caught.value.message
    assert "unsafe=True" in caught.value.confirm


def test_events(host: libvirt.Host, guest: libvirt.HostDomain) -> None:
    with host.events() as events:
        guest.start()
        guest.suspend()
        guest.destroy()
        seen = [events.next(SOON) for _ in range(3)]
        assert events.next(timedelta(milliseconds=10)) is None
    assert [(type(e), e.domain, e.uuid) for e in seen if e] == [
        (libvirt.LifecycleEvent, "debian9", guest.uuid)
    ] * 3
    assert [e.event for e in seen if isinstance(e, libvirt.LifecycleEvent)] == [
        "started",
        "suspended",
        "stopped",
    ]
    assert list(events) == []


def test_two_streams_get_the_same(host: libvirt.Host, guest: libvirt.HostDomain) -> None:
    with host.events() as first, host.events() as second:
        guest.start()
        assert first.next(SOON) == second.next(SOON)
        second.close()
        guest.destroy()
        assert first.next(SOON) is not None
        assert second.next(timedelta(milliseconds=50)) is None


def test_a_closed_stream_ends_a_loop(host: libvirt.Host) -> None:
    events = host.events()
    threading.Timer(0.1, events.close).start()
    assert list(events) == []


def test_events_in_an_async_loop(host: libvirt.Host, guest: libvirt.HostDomain) -> None:
    async def first(n: int) -> list[str]:
        found: list[str] = []
        with host.events() as events:
            await asyncio.to_thread(guest.start)
            await asyncio.to_thread(guest.destroy)
            async for event in events:
                if isinstance(event, libvirt.LifecycleEvent):
                    found.append(event.event)
                if len(found) == n:
                    return found
        return found

    assert asyncio.run(asyncio.wait_for(first(2), 10)) == ["started", "stopped"]
    # A second loop of the same process gets them too.
    assert asyncio.run(asyncio.wait_for(first(2), 10)) == ["started", "stopped"]


def test_pools_and_networks() -> None:
    with libvirt.Host("test:///default") as host:
        assert "default-pool" in {pool.name for pool in host.pools()}
        assert "default" in {network.name for network in host.networks()}
        assert all(pool.capacity >= pool.available for pool in host.pools())


def test_a_closed_host_opens_again() -> None:
    host = libvirt.Host("test:///default")
    assert host.domains()
    host.close()
    assert host.domains()
    host.close()
    assert repr(host) == "Host('test:///default')"
