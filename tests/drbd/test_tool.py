"""drbdadm itself: what it would run, what it writes on a disk, what it asks before."""

import re
import subprocess
from datetime import timedelta

import pytest

from hakvm.drbd import Drbdadm, Overwrite, Release
from hakvm.drbd._create_md import _asked
from hakvm.errors import (
    CommandError,
    HakvmError,
    InvalidError,
    TransportError,
    UnsafeError,
    WaitTimeout,
)
from hakvm.transport import Completed, Exchange, Local, Replay, Transcript

pytestmark = pytest.mark.oracle("drbdadm", "drbdmeta", "/lib/drbd/drbdadm-84")

VERSIONS = {Release.V8_4: "8.4.11", Release.V9_0: "9.0.0"}
RELEASES = pytest.mark.parametrize("release", list(VERSIONS))


def config(tmp_path, disk, release):
    ids = ("node-id 0;", "node-id 1;") if release is Release.V9_0 else ("", "")
    path = tmp_path / "r0.res"
    path.write_text(
        f"""global {{ disable-ip-verification; usage-count no; }}
        resource r0 {{
            device /dev/drbd0; disk {disk}; meta-disk internal;
            on alice {{ {ids[0]} address 10.0.0.1:7789; }}
            on bob {{ {ids[1]} address 10.0.0.2:7789; }}
        }}"""
    )
    return str(path)


def drbdadm(tmp_path, disk, release):
    return Drbdadm(
        Local(host="alice"),
        release=release,
        config=config(tmp_path, disk, release),
        env={"__DRBD_NODE__": "alice", "DRBD_DRIVER_VERSION_OVERRIDE": VERSIONS[release]},
    )


@RELEASES
def test_every_verb_says_what_it_would_run(tmp_path, release):
    tool = drbdadm(tmp_path, "/dev/vg/r0", release)
    setup = "drbdsetup-84" if release is Release.V8_4 else "drbdsetup"
    planned = {
        "up": tool.up("r0", dry_run=True),
        "down": tool.down("r0", dry_run=True),
        "adjust": tool.adjust("r0", dry_run=True),
        "attach": tool.attach("r0", dry_run=True),
        "detach": tool.detach("r0", dry_run=True),
        "connect": tool.connect("r0", dry_run=True),
        "discard": tool.connect("r0", discard_my_data=True, dry_run=True),
        "disconnect": tool.disconnect("r0", dry_run=True),
        "primary": tool.primary("r0", dry_run=True),
        "force": tool.primary("r0", force=True, dry_run=True),
        "secondary": tool.secondary("r0", dry_run=True),
        "verify": tool.verify("r0", dry_run=True),
        "invalidate": tool.invalidate("r0", dry_run=True),
        "resize": tool.resize("r0", dry_run=True),
        "clean": tool.resize("r0", assume_clean=True, dry_run=True),
        "create_md": tool.create_md("r0", dry_run=True),
    }
    for verb, lines in planned.items():
        assert lines, verb
        assert all(line.startswith(("drbdsetup", "drbdmeta")) for line in lines), verb
    assert planned["up"][0].startswith(f"{setup} new-resource r0")
    assert planned["discard"][-1].endswith("--discard-my-data")
    assert planned["force"][-1].endswith("--force")
    assert "--assume-clean" in planned["clean"][0]
    assert planned["create_md"][0].startswith(
        "drbdmeta 0 v08" if release is Release.V8_4 else "drbdmeta 0 v09"
    )


@RELEASES
def test_an_unknown_resource_is_the_tools_error(tmp_path, release):
    tool = drbdadm(tmp_path, "/dev/vg/r0", release)
    with pytest.raises(CommandError, match="not defined"):
        tool.up("r7", dry_run=True)


@pytest.mark.parametrize("name", ["", "--force", "r0\nr1"])
def test_what_is_no_name_never_reaches_the_tool(tmp_path, name):
    with pytest.raises(InvalidError):
        drbdadm(tmp_path, "/dev/vg/r0", Release.V9_0).up(name)


def test_what_loses_data_has_to_be_confirmed(tmp_path):
    tool = drbdadm(tmp_path, "/dev/vg/r0", Release.V9_0)
    for act in (
        lambda: tool.primary("r0", force=True),
        lambda: tool.primary("r0", force=True, confirm="r1"),
        lambda: tool.connect("r0", discard_my_data=True),
        lambda: tool.resize("r0", assume_clean=True),
    ):
        with pytest.raises(UnsafeError) as caught:
            act()
        assert 'confirm="r0"' in caught.value.confirm


@pytest.fixture
def disk(tmp_path):
    """A block device of 64 MiB."""
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(64 << 20)
    device = subprocess.run(
        ["losetup", "-f", "--show", str(image)],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout.strip()
    yield device
    subprocess.run(["losetup", "-d", device], check=True, timeout=20)


def mkfs(device, *size):
    subprocess.run(
        ["mkfs.ext4", "-q", "-F", device, *size], check=True, timeout=60, capture_output=True
    )


@pytest.mark.root
@RELEASES
def test_meta_data_is_written_once_and_never_over_what_is_there(tmp_path, disk, release):
    tool = drbdadm(tmp_path, disk, release)
    assert tool.create_md("r0") == ()
    (ids,) = tool.show_gi("r0")
    assert ids.is_new
    with pytest.raises(UnsafeError, match="already in place") as caught:
        tool.create_md("r0")
    assert caught.value.confirm == 'create_md("r0", confirm=[drbd.Overwrite.META_DATA])'
    with pytest.raises(UnsafeError):
        tool.create_md("r0", confirm=[Overwrite.DATA])
    tool.create_md("r0", confirm=[Overwrite.META_DATA])
    assert tool.show_gi("r0")[0].is_new


@pytest.mark.root
def test_meta_data_of_8_4_is_converted_or_replaced_as_confirmed(tmp_path, disk):
    old = drbdadm(tmp_path, disk, Release.V8_4)
    old.create_md("r0")
    new = drbdadm(tmp_path, disk, Release.V9_0)
    with pytest.raises(UnsafeError, match="convert to v09") as caught:
        new.create_md("r0")
    assert "CONVERT" in caught.value.confirm
    new.create_md("r0", confirm=[Overwrite.CONVERT])
    assert new.show_gi("r0")


@pytest.mark.root
def test_a_filesystem_is_told_and_guarded(tmp_path, disk):
    tool = drbdadm(tmp_path, disk, Release.V8_4)
    mkfs(disk, "60000k")
    with pytest.raises(UnsafeError, match="Found ext3 filesystem") as caught:
        tool.create_md("r0")
    assert "DATA" in caught.value.confirm
    tool.create_md("r0", confirm=[Overwrite.DATA])
    assert tool.show_gi("r0")[0].is_new


@pytest.mark.root
def test_a_filesystem_that_would_be_cut_off_is_never_touched(tmp_path, disk):
    tool = drbdadm(tmp_path, disk, Release.V8_4)
    mkfs(disk)
    with pytest.raises(CommandError, match="shrink the filesystem"):
        tool.create_md("r0", confirm=list(Overwrite))


def test_every_question_is_known():
    said = """Do you really want to overwrite the existing meta-data?
stdin not a TTY, not waiting for confirmation
Do you want to proceed?
stdin not a TTY, not waiting for confirmation"""
    assert _asked(said) == [Overwrite.META_DATA, Overwrite.DATA]
    assert _asked("Do you want to proceed?") == []


# --- what is asked of a module that is not here: as it once answered -------------


def replay(*exchanges):
    return Replay(
        Transcript(
            host="node1",
            exchanges=[
                Exchange(argv=tuple(argv.split()), stdout=out.encode(), exit_status=status)
                for argv, out, status in exchanges
            ],
        )
    )


def version(*kernel):
    """Return what drbd-utils 9.22 says of itself and of the module."""
    lines = ("DRBDADM_API_VERSION=1", *kernel, "DRBDADM_VERSION_CODE=0x091600", "")
    return ("drbdadm --version", "\n".join(lines), 0)


@pytest.mark.parametrize(
    ("kernel", "release"),
    [
        (["DRBD_KERNEL_VERSION_CODE=0x08040b"], Release.V8_4),  # that is all it tells of 8.4
        (["DRBD_KERNEL_VERSION_CODE=0x080310"], Release.V8_3),
        (["DRBD_KERNEL_VERSION_CODE=0x09020e", "DRBD_KERNEL_VERSION=9.2.14"], Release.V9_0),
    ],
)
def test_the_module_says_its_release(kernel, release):
    assert Drbdadm(replay(version(*kernel))).release is release


@pytest.mark.parametrize(
    "kernel", [["DRBD_KERNEL_VERSION_CODE=0x000000", "DRBD_KERNEL_VERSION=0"], []]
)
def test_without_a_module_there_is_no_release(kernel):
    with pytest.raises(TransportError, match="not loaded"):
        _ = Drbdadm(replay(version(*kernel))).release


def test_states_are_read():
    tool = Drbdadm(
        replay(
            ("drbdadm role r0", "Primary/Secondary\n", 0),
            ("drbdadm cstate r0", "Connected\n", 0),
            ("drbdadm dstate r0", "UpToDate/UpToDate\nInconsistent/UpToDate\n", 0),
            (
                "drbdadm get-gi r0",
                (
                    "8F0A9C7B6D5E4F30:0000000000000000:1111111111111110:2222222222222222"
                    ":1:1:1:1:0:0:0\n"
                ),
                0,
            ),
            ("drbdadm role r1", "", 0),
        ),
        release=Release.V8_4,
    )
    assert tool.role("r0") == ("Primary", "Secondary")
    assert tool.cstate("r0") == ("Connected",)
    assert tool.dstate("r0") == (("UpToDate", "UpToDate"), ("Inconsistent", "UpToDate"))
    (ids,) = tool.show_gi("r0")
    assert ids.current == 0x8F0A9C7B6D5E4F30
    assert ids.flags == {"consistent", "up_to_date", "primary", "connected"}
    with pytest.raises(HakvmError, match="said nothing"):
        tool.role("r1")


def test_invalidating_needs_a_good_copy_elsewhere():
    for peer in ("DUnknown", "Inconsistent", "Outdated"):
        tool = Drbdadm(replay(("drbdadm dstate r0", f"UpToDate/{peer}\n", 0)), release=Release.V8_4)
        with pytest.raises(UnsafeError, match="only good one") as caught:
            tool.invalidate("r0", confirm="r0")
        assert caught.value.confirm == ""
    good = replay(("drbdadm dstate r0", "UpToDate/UpToDate\n", 0), ("drbdadm invalidate r0", "", 0))
    with pytest.raises(UnsafeError, match="thrown away"):
        Drbdadm(good, release=Release.V8_4).invalidate("r0")
    Drbdadm(good, release=Release.V8_4).invalidate("r0", confirm="r0")


def test_waiting_for_the_peer_ends():
    tool = Drbdadm(
        replay(
            ("drbdadm cstate r0", "WFConnection\n", 0),
            ("drbdadm cstate r0", "WFConnection\n", 0),
            ("drbdadm cstate r0", "SyncTarget\n", 0),
        ),
        release=Release.V8_4,
    )
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    def clock():
        return now[0]

    limit = timedelta(seconds=5)
    assert tool.wait_connect("r0", limit=limit, sleep=sleep, clock=clock) == ("SyncTarget",)
    assert now == [2.0]
    never = Drbdadm(replay(("drbdadm cstate r0", "StandAlone\n", 0)), release=Release.V8_4)
    with pytest.raises(WaitTimeout, match="did not connect") as caught:
        never.wait_connect("r0", limit=limit, sleep=sleep, clock=clock)
    assert caught.value.last == "StandAlone"


def test_a_stream_needs_a_transport_that_follows():
    class Still:
        host = "node1"

        def run(self, command):
            raise AssertionError(command)

    with pytest.raises(TransportError, match="cannot follow"):
        next(Drbdadm(Still(), release=Release.V9_0).events())
    replayed = replay(("drbdsetup events2 --statistics", "exists -\n", 0))
    (event,) = Drbdadm(replayed, release=Release.V9_0).events()
    assert event.is_complete


@pytest.mark.oracle("sh")
def test_events_are_followed_as_they_come(tmp_path, monkeypatch):
    tool = tmp_path / "drbdsetup"
    tool.write_text(
        "#!/bin/sh\necho 'exists resource name:r0 role:Secondary'\necho 'exists -'\nsleep 60\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    stream = Drbdadm(Local(), release=Release.V9_0).events()
    assert next(stream).resource == "r0"
    assert next(stream).is_complete
    stream.close()


def test_the_dialects_of_drbdadm():
    from hakvm.drbd._tool import arguments  # noqa: PLC0415 - the generator under test

    assert arguments("primary", "r0", "--force", release=Release.V8_4) == (
        "primary",
        "--force",
        "r0",
    )
    assert arguments("primary", "r0", "--force", release=Release.V8_3) == (
        "--",
        "--overwrite-data-of-peer",
        "primary",
        "r0",
    )
    assert isinstance(Completed, type)
    assert re.fullmatch("up r0", " ".join(arguments("up", "r0", release=Release.V9_0)))
