"""DRBD as it really is: hakvm's tool, watch and events against two kernels."""

import queue
import re
import runpy
import threading
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from hakvm import drbd
from hakvm.drbd import ConnectionState, DiskState, Drbdadm, Overwrite, Role
from hakvm.errors import CommandError, TransportError, UnsafeError, WaitTimeout
from hakvm_lab import Lab
from hakvm_lab.machine import NODES
from hakvm_lab.replication import both_up, part, scribble, settle, tool, write_down
from hakvm_lab.stages import both, proc_drbd

MINUTE = timedelta(minutes=1)
BLOCK = 4  # KiB; DRBD notes changes in blocks of this size


# --- meta-data ------------------------------------------------------------------


@pytest.mark.lab
def test_create_md_tells_what_is_there_and_overwrites_only_what_is_confirmed(lab: Lab) -> None:
    write_down(lab)
    shell = Drbdadm(lab.secure_shell("node1"))
    lab.run("node1", "rmmod", "drbd")
    with pytest.raises(TransportError, match="not loaded"):
        _ = shell.release
    lab.run("node1", "modprobe", "drbd")
    assert shell.release is drbd.Release.V8_4

    lab.run("node1", "mkfs.ext4", "-q", "/dev/sdb1")
    with pytest.raises(CommandError, match="nothing was written"):
        shell.create_md("r0", confirm=list(Overwrite))
    lab.run("node1", "e2fsck", "-f", "-n", "/dev/sdb1")

    # A filesystem that leaves room for the meta-data behind it.
    lab.run("node1", "mkfs.ext4", "-q", "-F", "/dev/sdb1", "32M")
    with pytest.raises(UnsafeError, match="ext3 filesystem") as caught:
        shell.create_md("r0")
    assert "Overwrite.DATA" in caught.value.confirm
    with pytest.raises(CommandError):
        tool(lab, "node1").show_gi("r0")  # still none
    shell.create_md("r0", confirm=[Overwrite.DATA])
    lab.run("node1", "e2fsck", "-f", "-n", "/dev/sdb1")

    with pytest.raises(UnsafeError) as caught:
        shell.create_md("r0")
    assert "Overwrite.META_DATA" in caught.value.confirm
    with pytest.raises(UnsafeError, match="ext3 filesystem") as caught:
        shell.create_md("r0", confirm=[Overwrite.META_DATA])  # its second question
    assert "[drbd.Overwrite.META_DATA, drbd.Overwrite.DATA]" in caught.value.confirm
    shell.create_md("r0", confirm=[Overwrite.META_DATA, Overwrite.DATA])
    (ids,) = shell.show_gi("r0")
    assert ids.is_new


# --- a resync, watched ------------------------------------------------------------


@pytest.mark.lab
def test_the_first_sync_is_watched_to_its_end(lab: Lab) -> None:
    write_down(lab, rate="4M")
    both_up(lab)
    first = tool(lab, "node1")
    assert first.dstate("r0") == ((DiskState.INCONSISTENT, DiskState.INCONSISTENT),)
    with pytest.raises(CommandError, match="Need access to UpToDate data"):
        first.primary("r0")
    with pytest.raises(UnsafeError, match="becomes the good one"):
        first.primary("r0", force=True)
    first.primary("r0", force=True, confirm="r0")

    seen = list(drbd.watch(lab.transport("node2"), until_done=True, limit=3 * MINUTE))

    under_way = [one for snapshot in seen for one in snapshot.progress]
    assert len(under_way) >= 5
    assert {one.kind for one in under_way} == {"sync"}
    assert [one.percent for one in under_way] == sorted(one.percent for one in under_way)
    assert under_way[0].percent < 30
    assert under_way[-1].percent > 70
    assert not any(one.stalled for one in under_way)
    rates = [one.rate for one in under_way[2:] if one.rate]
    assert 1024 < sorted(rates)[len(rates) // 2] < 3 * 4096  # about what was asked for
    assert seen[-1].is_idle
    settle(lab)


@pytest.mark.lab
def test_a_cut_link_stalls_a_resync_and_a_healed_one_lets_it_end(lab: Lab) -> None:
    write_down(lab, rate="2M")
    both_up(lab)
    tool(lab, "node1").primary("r0", force=True, confirm="r0")
    tracker = drbd.Tracker(stall_after=timedelta(seconds=4))
    said, cut, healed = [], False, False
    for snapshot in drbd.watch(
        lab.transport("node2"), until_done=True, limit=5 * MINUTE, tracker=tracker
    ):
        said += [(one.state, one.stalled) for one in snapshot.progress]
        (one,) = snapshot.progress or [None]
        if one is None:
            continue
        if not cut and one.percent > 10:
            lab.link("replication", cut=True)
            cut = True
        elif not healed and one.interrupted and one.stalled:
            lab.heal()
            healed = True
    # By its own history before the kernel had lost its peer, and then while it waited.
    assert (ConnectionState.SYNC_TARGET, True) in said
    assert (ConnectionState.WF_CONNECTION, True) in said
    assert said[-1] == (ConnectionState.SYNC_TARGET, False)
    settle(lab)


@pytest.mark.lab("drbd-synced")
def test_the_example_shows_a_resync_as_bars(lab: Lab, capsys) -> None:
    example = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "drbd_watch.py"))
    tool(lab, "node2").invalidate("r0", confirm="r0")
    example["show"](lab.transport("node2"))
    shown = capsys.readouterr().out
    assert re.search(r"minor 0 .*done", shown), shown
    settle(lab)


@pytest.mark.lab("drbd-synced")
def test_watching_what_never_ends_has_a_limit(lab: Lab) -> None:
    tool(lab, "node2").invalidate("r0", confirm="r0")
    lab.run("node2", "drbdadm", "pause-sync", "r0")
    with pytest.raises(WaitTimeout, match="is not done") as caught:
        for _ in drbd.watch(lab.transport("node2"), until_done=True, limit=timedelta(seconds=3)):
            pass
    assert "PausedSyncT" in caught.value.last
    lab.run("node2", "drbdadm", "resume-sync", "r0")
    settle(lab)


@pytest.mark.lab("drbd-synced")
def test_invalidate_wants_a_good_peer_and_a_word(lab: Lab) -> None:
    second = tool(lab, "node2")
    with pytest.raises(UnsafeError, match="is thrown away"):
        second.invalidate("r0")
    part(lab)
    with pytest.raises(UnsafeError, match="may be the only good one"):
        second.invalidate("r0", confirm="r0")
    lab.heal()
    second.wait_connect("r0", limit=MINUTE)
    settle(lab)
    scribble(lab, "node2", "/dev/sdb1", 100, 50)  # below DRBD, which does not know
    second.invalidate("r0", confirm="r0")
    settle(lab)
    compare = "cmp <(ssh node1 dd if=/dev/sdb1 bs=4096 skip=100 count=50 2>/dev/null)"
    compare += " <(dd if=/dev/sdb1 bs=4096 skip=100 count=50 iflag=direct 2>/dev/null)"
    lab.run("node2", "bash", "-c", compare)


@pytest.mark.lab("drbd-synced")
def test_verify_finds_what_differs_below_drbd_and_a_reconnect_mends_it(lab: Lab) -> None:
    write_down(lab, verify="md5")
    first = tool(lab, "node1")
    (planned,) = first.adjust("r0", dry_run=True)
    assert "--verify-alg=md5" in planned
    for node in NODES:
        tool(lab, node).adjust("r0")
        assert tool(lab, node).adjust("r0", dry_run=True) == ()
    scribble(lab, "node2", "/dev/sdb1", 1000, 3)
    first.verify("r0")
    seen = list(drbd.watch(first, interval=timedelta(milliseconds=300), until_done=True))
    assert {one.kind for snapshot in seen for one in snapshot.progress} == {"verify"}
    assert [proc_drbd(lab, node).out_of_sync for node in NODES] == [3 * BLOCK] * 2
    # node1 is primary: without one, DRBD would not know in which direction.
    first.disconnect("r0")
    first.connect("r0")
    settle(lab)


# --- roles, sizes, connections ----------------------------------------------------


@pytest.mark.lab("drbd-synced")
def test_the_role_is_handed_over_with_the_data(lab: Lab) -> None:
    first, second = (tool(lab, node) for node in NODES)
    assert (first.role("r0"), second.role("r0")) == (
        (Role.PRIMARY, Role.SECONDARY),
        (Role.SECONDARY, Role.PRIMARY),
    )
    with pytest.raises(CommandError, match="Multiple primaries not allowed"):
        second.primary("r0")
    lab.run("node1", "mount", "/dev/drbd0", "/mnt")
    lab.run("node1", "sh", "-c", "echo handed over >/mnt/proof")
    with pytest.raises(CommandError, match=r"held open|in use|State change failed"):
        first.secondary("r0")
    lab.run("node1", "umount", "/mnt")
    first.secondary("r0")
    second.primary("r0")
    lab.run("node2", "mount", "/dev/drbd0", "/mnt")
    assert lab.run("node2", "cat", "/mnt/proof").text == "handed over\n"
    assert first.role("r0") == (Role.SECONDARY, Role.PRIMARY)


@pytest.mark.lab
def test_a_device_grows_with_its_disks(lab: Lab) -> None:
    write_down(lab, disk="/dev/loop0")
    both(lab, "modprobe", "loop")
    both(lab, "truncate", "-s", "24M", "/root/disk")
    both(lab, "losetup", "/dev/loop0", "/root/disk")
    both_up(lab)
    first = tool(lab, "node1")
    first.primary("r0", force=True, confirm="r0")
    settle(lab)
    scribble(lab, "node1", "/dev/drbd0", 0, 16)
    begin = lab.run("node1", "sh", "-c", "head -c 65536 /dev/drbd0 | md5sum").text
    before = int(lab.run("node1", "cat", "/sys/block/drbd0/size").text)

    both(lab, "truncate", "-s", "40M", "/root/disk")
    both(lab, "losetup", "--set-capacity", "/dev/loop0")
    first.resize("r0")

    settle(lab)
    for node in NODES:
        size = int(lab.run(node, "cat", "/sys/block/drbd0/size").text)
        assert size - before == pytest.approx(16 * 2048, abs=64)  # sectors; meta-data grows, too
    assert lab.run("node1", "sh", "-c", "head -c 65536 /dev/drbd0 | md5sum").text == begin
    with pytest.raises(UnsafeError, match="may differ"):
        first.resize("r0", assume_clean=True)


@pytest.mark.lab("drbd-synced")
def test_of_what_is_said_twice_the_kernel_has_what_effective_says(lab: Lab) -> None:
    path, first = "/etc/drbd.d/r0.res", tool(lab, "node1")
    text = lab.run("node1", "cat", path).text
    text = text.replace("net {", "net {\n ping-timeout 7;\n ping-timeout 9;", 1)
    text = text.replace("disk {", "disk {\n al-extents 999;\n al-extents 1999;", 1)
    lab.run("node1", "sh", "-c", f"cat >{path}", stdin=text.encode())
    first.secondary("r0")
    first.down("r0")
    first.up("r0")
    shown = lab.run("node1", "drbdsetup", "show", "r0").text
    wanted = drbd.Config.parse(text, release=drbd.Release.V8_4).effective("r0")
    for name, counts in (("ping-timeout", wanted.net), ("al-extents", wanted.disk_options)):
        assert re.search(rf"{name}\s+{counts[name]};", shown), shown
    settle(lab)


# --- events -------------------------------------------------------------------------


@pytest.mark.lab("drbd-synced")
def test_the_stream_of_events_adds_up_to_the_status(lab: Lab) -> None:
    shell = Drbdadm(lab.secure_shell("node1"))
    first, other = (tool(lab, node) for node in NODES)
    heard: queue.Queue[drbd.Event] = queue.Queue()
    enough = threading.Event()

    def listen() -> None:
        # After a failure the node is gone before the stream has been closed.
        with suppress(TransportError), closing(shell.events()) as stream:
            for event in stream:
                heard.put(event)
                if enough.is_set():
                    return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    fold = drbd.EventFold()

    def until(condition) -> drbd.Status:
        while not (fold.complete and condition(fold.status.resource("r0"))):
            fold.add(heard.get(timeout=60))
        return fold.status

    def told_by_8_4(status: drbd.Status) -> drbd.Status:
        """Leave out the number that 8.4 has for no node, and its events fill in with 0."""
        resource = status.resource("r0")
        peers = {
            name: attrs.evolve(one, peer_node_id=None) for name, one in resource.connections.items()
        }
        changed = attrs.evolve(resource, connections=peers)
        return attrs.evolve(status, resources={"r0": changed})

    def connection(resource):
        (one,) = resource.connections.values()
        return one.connection

    assert told_by_8_4(until(lambda one: connection(one) == "Connected")) == first.status()
    other.disconnect("r0")
    until(lambda one: connection(one) not in {"Connected", "Disconnecting"})
    other.connect("r0")
    until(lambda one: connection(one) == "Connected")
    first.secondary("r0")
    until(lambda one: one.role == "Secondary" and told_by_8_4(fold.status) == first.status())
    enough.set()
    other.disconnect("r0")  # one more event, to be heard by who listens
    thread.join(60)
    assert not thread.is_alive()
