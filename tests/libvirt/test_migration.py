"""Two hosts on one machine: a guest moves from one to the other while it counts, and back."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from attrs import define

from hakvm import libvirt
from hakvm.errors import UnsafeError

from .test_embedded import assemble

pytest.importorskip("libvirt")

LIMIT = timedelta(seconds=60)
pytestmark = [
    pytest.mark.root,  # an unprivileged user's daemons are started
    pytest.mark.oracle("nasm", "qemu-system-x86_64", "libvirtd"),
    pytest.mark.xdist_group("libvirt-migration"),
]


@define
class Daemon:
    """A session libvirtd with a home, a socket and a name of its own."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"qemu+unix:///session?socket={self.folder}/run/libvirt/libvirt-sock"

    def start(self) -> None:
        user = pwd.getpwnam("nobody")
        for part in ("run", "config/libvirt", "cache", "home"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        conf = self.folder / "config/libvirt"
        (conf / "libvirtd.conf").write_text(
            f'host_uuid = "{uuid.uuid4()}"\nauth_unix_rw = "none"\n'
        )
        (conf / "qemu.conf").write_text('stdio_handler = "file"\n')
        for found in [self.folder, *self.folder.rglob("*")]:
            os.chown(found, user.pw_uid, user.pw_gid)
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [shutil.which("libvirtd") or "libvirtd", "--timeout", "300"],
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(self.folder / "home"),
                    "XDG_RUNTIME_DIR": str(self.folder / "run"),
                    "XDG_CONFIG_HOME": str(self.folder / "config"),
                    "XDG_CACHE_HOME": str(self.folder / "cache"),
                },
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                with libvirt.Host(self.uri) as host:
                    host.domains()
            except libvirt.LibvirtError:
                time.sleep(0.1)
            else:
                return
        pytest.fail(f"libvirtd did not come up: {(self.folder / 'log').read_text()}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=20)
            self.process = None


@pytest.fixture(scope="module")
def daemons() -> Iterator[tuple[Daemon, Daemon]]:
    # Below /tmp itself: the other user must get there, and a socket's path is short.
    folder = Path(tempfile.mkdtemp(prefix="hakvm-"))
    folder.chmod(0o755)
    found = Daemon(folder / "1"), Daemon(folder / "2")
    try:
        for one in found:
            one.folder.mkdir()
            one.start()
        yield found
    finally:
        for one in found:
            if one.process is not None:
                with libvirt.Host(one.uri) as host:
                    for info in host.domains():
                        if info.running:
                            host.domain(info.name).destroy()
            one.stop()
        shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _nothing_is_left(daemons: tuple[Daemon, Daemon]) -> Iterator[None]:
    """Take every guest away after a test, so that one that fails does not fail the next."""
    yield
    for one in daemons:
        if one.process is None:
            continue
        with libvirt.Host(one.uri) as host:
            for info in host.domains():
                left = host.domain(info.name)
                if info.running:
                    left.destroy()
                if host.find(info.name) is not None:
                    left.undefine()


@pytest.fixture
def domain(daemons: tuple[Daemon, Daemon]) -> libvirt.Domain:
    folder = daemons[0].folder.parent
    image = assemble(folder, "TICKS=2")
    shutil.chown(image, "nobody")
    return counter(image)


def counter(image: Path) -> libvirt.Domain:
    recipe = libvirt.guest(
        "counter",
        memory="16 MiB",
        disk=str(image),
        accelerator="qemu",
        machine="pc-i440fx-7.2",
    )
    return recipe.domain(cluster="tests")


def counts(text: str) -> list[int]:
    return [int(word, 16) for word in text.split() if len(word) == 4]


def test_there_and_back(daemons: tuple[Daemon, Daemon], domain: libvirt.Domain) -> None:
    with libvirt.Host(daemons[0].uri) as first, libvirt.Host(daemons[1].uri) as second:
        guest = first.define(domain).domain
        guest.start()
        before = counts(guest.console(limit=LIMIT, until="0002\r\n"))
        with pytest.raises(UnsafeError, match="vda is a local file"):
            guest.migrate(second)

        settings = libvirt.MigrationSettings(
            unsafe=True, peer_to_peer=True, uri="tcp://127.0.0.1:49333"
        )
        moving = guest.migrate(second, settings)
        seen = list(moving)
        there = moving.result(LIMIT)
        assert seen
        assert there.host is second
        assert there.state() is libvirt.DomainState.RUNNING
        assert first.find("counter") is None
        after = counts(there.console(limit=LIMIT, until="\r\n"))
        # It counts on: the same disk, and the same memory.
        assert before[-1] < after[-1] < before[-1] + 400

        back = there.migrate(first, attrs.evolve(settings, peer_to_peer=False)).result(LIMIT)
        assert back.host is first
        again = counts(back.console(limit=LIMIT, until="\r\n"))
        assert after[-1] < again[-1]
        back.destroy()
        back.undefine()


def test_one_that_is_stopped_goes_on_where_it_was(
    daemons: tuple[Daemon, Daemon],
) -> None:
    image = assemble(daemons[0].folder.parent, "TICKS=2", "BUSY")
    shutil.chown(image, "nobody")
    with libvirt.Host(daemons[0].uri) as first, libvirt.Host(daemons[1].uri) as second:
        guest = first.define(counter(image)).domain
        guest.start()
        guest.console(limit=LIMIT, until="\r\n")
        slow = libvirt.MigrationSettings(
            unsafe=True, peer_to_peer=True, uri="tcp://127.0.0.1:49334", bandwidth=1
        )
        events = first.events()
        moving = guest.migrate(second, slow)
        # It changes its memory faster than that is copied: no end is in sight.
        for progress in moving:
            if progress.done.bytes and progress.elapsed > timedelta(seconds=0.5):
                break
        assert not moving.done
        assert 0 < progress.percent <= 100
        moving.abort()
        with pytest.raises(libvirt.LibvirtError) as caught:
            moving.result(LIMIT)
        assert caught.value.domain == "counter"
        assert guest.state() is libvirt.DomainState.RUNNING
        assert second.find("counter") is None
        events.close()
        rounds = [e.iteration for e in events if isinstance(e, libvirt.MigrationEvent)]
        assert rounds[:1] == [1]
        guest.destroy()
        guest.undefine()


def _seen(events: libvirt.EventStream, *, until: str) -> list[str]:
    """Return what the stream tells, up to and with a word."""
    seen: list[str] = []
    end = time.monotonic() + 10
    while time.monotonic() < end and until not in seen:
        event = events.next(timedelta(seconds=1))
        if isinstance(event, libvirt.LifecycleEvent):
            seen.append(event.event)
        elif isinstance(event, libvirt.ConnectionEvent):
            seen.append("back" if event.connected else "lost")
    return seen


def test_a_daemon_that_starts_anew_leaves_no_stale_handles(
    daemons: tuple[Daemon, Daemon], domain: libvirt.Domain
) -> None:
    daemon = daemons[0]
    with libvirt.Host(daemon.uri) as host, host.events() as events:
        guest = host.define(domain).domain
        guest.start()
        daemon.stop()
        daemon.start()
        # The guest ran on, and is the same one.
        assert guest.state() is libvirt.DomainState.RUNNING
        # What happens while nobody is connected is told to nobody: wait for the stream, too.
        seen = _seen(events, until="back")
        # These wait until the daemon has taken the guest over: of one that dies before,
        # it tells no end.
        guest.suspend()
        guest.resume()
        guest.destroy()
        guest.undefine()
        seen += _seen(events, until="undefined")
        assert seen[:3] == ["defined", "resumed", "started"]
        assert "lost" in seen
        assert seen[-1] == "undefined"
        assert {"shutdown", "stopped"} & set(seen)
