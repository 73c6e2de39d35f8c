"""Filesystems: what is on a device, a new one, what is mounted where. The tools are real."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.errors import CommandError, HakvmError, InvalidError, UnsafeError
from hakvm.system import Content, Filesystems, Mounts
from hakvm.transport import Exchange, Local, Replay, Transcript

MOUNTINFO = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:1 / / rw,relatime shared:1 master:2 - ext4 /dev/vda1 rw,errors=remount-ro
98 27 147:0 / /var/lib/libvirt/images rw,noatime - ext4 /dev/drbd0 rw
99 27 147:0 /a\040b /mnt/c\134d ro - ext4 /dev/drbd0 rw
odd line
"""


def test_what_is_mounted_where():
    mounts = Mounts.parse(MOUNTINFO)
    assert len(mounts.mounts) == 4
    images = mounts.at("/var/lib/libvirt/images/")
    assert (images.source, images.fstype, images.device) == ("/dev/drbd0", "ext4", (147, 0))
    assert images.writable
    assert mounts.find("/dev/drbd0") == images
    assert [one.target for one in mounts.of("/dev/drbd0")] == [
        "/var/lib/libvirt/images",
        "/mnt/c\\d",
    ]
    assert mounts.mounts[3].root == "/a b"
    assert not mounts.mounts[3].writable
    assert mounts.at("/nowhere") is None
    assert mounts.unparsed == ("odd line",)


def test_this_machines_own_mounts():
    mounts = Mounts.parse(Path("/proc/self/mountinfo").read_text())
    assert mounts.unparsed == ()
    assert mounts.at("/proc").fstype == "proc"


@given(st.text() | st.lists(st.sampled_from(MOUNTINFO.split("\n"))).map("\n".join))
def test_any_text_is_read(text):
    mounts = Mounts.parse(text)
    assert len(mounts.mounts) + len(mounts.unparsed) == sum(
        1 for line in text.split("\n") if line.strip()
    )


def test_what_blkid_says():
    content = Content.parse("DEVNAME=/dev/x\nLABEL=my\\ label\nTYPE=ext4\nUUID=1\nVERSION=1.0\nx\n")
    assert (content.device, content.label, content.type) == ("/dev/x", "my label", "ext4")
    assert content.others == (("VERSION", "1.0"),)
    assert str(content) == "ext4 'my label' 1"


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "disk.img"
    with path.open("wb") as file:
        file.truncate(8 << 20)
    return str(path)


@pytest.mark.oracle("blkid", "mkfs.ext4")
class TestReal:
    tool = Filesystems(Local(host="here"))

    def test_an_empty_device_is_empty_and_gets_a_filesystem(self, image):
        assert self.tool.content(image) is None
        self.tool.mkfs(image, "ext4", label="images")
        found = self.tool.content(image)
        assert (found.type, found.label, found.usage) == ("ext4", "images", "filesystem")
        check = subprocess.run(["fsck.ext4", "-n", "-f", image], capture_output=True, check=False)
        assert check.returncode == 0

    def test_what_is_there_is_not_destroyed_without_its_own_name(self, image):
        self.tool.mkfs(image)
        found = self.tool.content(image)
        with pytest.raises(UnsafeError) as caught:
            self.tool.mkfs(image)
        assert found.uuid in str(caught.value)
        for wrong in ("yes", image, f"here:{image}: ext4", ""):
            with pytest.raises(UnsafeError):
                self.tool.mkfs(image, confirm=wrong)
        assert self.tool.content(image) == found
        confirm = f"here:{image}: {found}"
        assert repr(confirm) in caught.value.confirm
        self.tool.mkfs(image, confirm=confirm)
        assert self.tool.content(image).uuid != found.uuid
        # The confirmation was for that filesystem, and not for the next one.
        with pytest.raises(UnsafeError):
            self.tool.mkfs(image, confirm=confirm)

    def test_data_that_blkid_does_not_know_is_not_destroyed(self, image):
        with Path(image).open("r+b") as file:
            file.seek(500_000)
            file.write(b"a guest's own data")
        assert self.tool.content(image).type == ""
        with pytest.raises(UnsafeError, match="is data"):
            self.tool.mkfs(image)

    def test_a_device_that_is_not_there(self, tmp_path):
        with pytest.raises(HakvmError, match="there is no device"):
            self.tool.content(str(tmp_path / "absent"))
        with pytest.raises(HakvmError, match="there is no device"):
            self.tool.mkfs(str(tmp_path / "absent"))
        assert not (tmp_path / "absent").exists()

    def test_a_tool_that_fails_is_an_error(self, tmp_path):
        path = tmp_path / "small"
        path.write_bytes(b"\0" * 4096)
        with pytest.raises(CommandError):
            self.tool.mkfs(str(path))

    @pytest.mark.root
    @pytest.mark.oracle("/dev/loop-control")
    def test_mounting_and_back(self, image, tmp_path):
        target = tmp_path / "mnt"
        target.mkdir()
        subprocess.run(["mkfs.ext4", "-q", image], check=True)
        self.tool.mount(image, str(target), "ext4", "ro,loop")
        try:
            there = self.tool.mounted(str(target))
            assert there.fstype == "ext4"
            assert not there.writable
            with pytest.raises(HakvmError, match="is mounted at"):
                self.tool.mkfs(there.source)
        finally:
            self.tool.unmount(str(target))
        assert self.tool.mounted(str(target)) is None
        self.tool.unmount(str(target))


def answering(*exchanges):
    return Filesystems(Replay(Transcript(host="node1", exchanges=exchanges)))


def test_a_mounted_device_is_not_formatted():
    tool = answering(
        Exchange(argv=("cat", "/proc/self/mountinfo"), stdout=MOUNTINFO.encode()),
        Exchange(argv=("readlink", "-f", "--", "/dev/sdb1"), stdout=b"/dev/sdb1\n"),
        Exchange(argv=("readlink", "-f", "--", "/dev/drbd/by-res/r0/0"), stdout=b"/dev/drbd0\n"),
        Exchange(argv=("readlink", "-f", "--", "/dev/drbd0"), stdout=b"/dev/drbd0\n"),
    )
    # What is mounted at the very path is no error, something else there is.
    tool.mount("/dev/drbd0", "/var/lib/libvirt/images", "ext4")
    tool.mount("/dev/drbd/by-res/r0/0", "/var/lib/libvirt/images", "ext4")
    with pytest.raises(HakvmError, match="is mounted at"):
        tool.mount("/dev/sdb1", "/var/lib/libvirt/images", "ext4")


@pytest.mark.parametrize(
    "call",
    [
        lambda tool: tool.mkfs("/dev/x", "ext4; reboot"),
        lambda tool: tool.mkfs("/dev/x", "-V"),
        lambda tool: tool.mkfs("drbd0"),
        lambda tool: tool.mkfs("/dev/x\n"),
        lambda tool: tool.mkfs("/dev/x", label="-n"),
        lambda tool: tool.mkfs("/dev/x", label="a\nb"),
        lambda tool: tool.content("--help"),
        lambda tool: tool.unmount("images"),
        lambda tool: tool.mount("/dev/x", "/mnt", options="-x"),
    ],
)
def test_a_value_that_cannot_stand_there_is_refused(call):
    tool = answering(Exchange(argv=("cat", "/proc/self/mountinfo"), stdout=b""))
    with pytest.raises(InvalidError):
        call(tool)
