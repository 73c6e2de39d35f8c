"""The key: made, kept, compared, never shown."""

import os
import stat
import subprocess

import pytest

from hakvm.corosync import AuthKey
from hakvm.errors import ConflictError, HakvmError, InvalidError


def test_two_keys_differ_and_none_shows():
    one, other = AuthKey.generate(), AuthKey.generate()
    assert one != other
    assert one.fingerprint != other.fingerprint
    assert one.matches(AuthKey(data=one.data).fingerprint)
    assert not one.matches(other.fingerprint)
    assert repr(one) == "AuthKey(data=***)"
    assert one.data.hex()[:8] not in repr(one) + str(one) + one.fingerprint


@pytest.mark.parametrize("size", [128, 256, 4096])
def test_a_key_has_the_size_that_is_asked_for(size):
    assert len(AuthKey.generate(size)) == size


@pytest.mark.parametrize("size", [0, 127, 4097])
def test_other_sizes_are_refused(size):
    with pytest.raises(InvalidError):
        AuthKey.generate(size)
    with pytest.raises(InvalidError):
        AuthKey(data=b"x" * size)


def test_a_key_is_kept_from_others(tmp_path):
    old = os.umask(0)
    try:
        AuthKey.generate().save(tmp_path / "authkey")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "authkey").stat().st_mode) == 0o400


def test_a_key_is_not_replaced_by_accident(tmp_path):
    path = tmp_path / "authkey"
    first, second = AuthKey.generate(), AuthKey.generate()
    first.save(path)
    with pytest.raises(ConflictError):
        second.save(path)
    assert AuthKey.load(path) == first
    second.save(path, replace=True)
    assert AuthKey.load(path) == second
    assert [one.name for one in tmp_path.iterdir()] == ["authkey"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "authkey").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConflictError):
        AuthKey.generate().save(tmp_path / "authkey")
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(HakvmError, match="nowhere"):
        AuthKey.generate().save(tmp_path / "nowhere" / "authkey")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").touch()
    with pytest.raises(HakvmError, match="folder"):
        AuthKey.generate().save(tmp_path / "folder", replace=True)
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]


def test_a_key_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "authkey"
    path.write_bytes(b"x" * 128)
    path.chmod(0o640)
    with pytest.raises(HakvmError, match="others can read"):
        AuthKey.load(path)


@pytest.mark.parametrize("data", [b"", b"x" * 127, b"x" * 5000])
def test_a_file_that_is_no_key_is_refused(tmp_path, data):
    path = tmp_path / "authkey"
    path.write_bytes(data)
    path.chmod(0o400)
    with pytest.raises(InvalidError, match=str(path)):
        AuthKey.load(path)
    with pytest.raises(HakvmError):
        AuthKey.load(tmp_path / "absent")


@pytest.mark.oracle("corosync-keygen")
def test_the_tools_own_key_is_read(tmp_path):
    path = tmp_path / "authkey"
    subprocess.run(
        ["corosync-keygen", "-k", str(path)], check=True, capture_output=True, timeout=60
    )
    assert len(AuthKey.load(path)) == 256
