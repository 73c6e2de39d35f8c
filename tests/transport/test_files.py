"""Files on this machine and over ssh: whole or not at all."""

import hashlib
import os
import pwd
import random
import stat
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hakvm.errors import (
    CommandError,
    ConflictError,
    ConnectionLost,
    InvalidError,
    NoSuchFile,
    TransportError,
)
from hakvm.transport import Command, Files, Local, Recorder, Ssh

OVER_SSH = [
    pytest.mark.root,
    pytest.mark.oracle("ssh", "sshd", "timeout", "unshare", "openssl"),
]


@pytest.fixture(params=["local", pytest.param("ssh", marks=OVER_SSH)])
def files(request):
    if request.param == "local":
        yield Files(Local())
    else:
        with Ssh(**request.getfixturevalue("sshd").settings()) as ssh:
            yield Files(ssh)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_read(files, tmp_path):
    path = tmp_path / "a file"
    content = b"x\0\xff\n" * 100_000
    files.write(str(path), content, mode=0o400)
    assert path.read_bytes() == content
    assert mode(path) == 0o400
    assert files.read(str(path)) == content
    assert [one.name for one in tmp_path.iterdir()] == ["a file"]


@given(st.binary(max_size=3000))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_written_and_read(tmp_path, content):
    files = Files(Local())
    path = str(tmp_path / "f")
    files.write(path, content)
    assert files.read(path) == content
    assert files.checksum(path) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", ["-n", "a b", "$x", "';true", "ü", ".hidden"])
def test_any_name_is_a_name(files, tmp_path, name):
    path = tmp_path / name
    files.write(str(path), b"x")
    assert files.read(str(path)) == b"x"
    assert files.find(str(path)).size == 1
    assert files.backup(str(path), folder=str(tmp_path / "copies"))


def test_find_tells_what_is_there(files, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    path.chmod(0o640)
    found = files.find(str(path))
    assert (found.mode, found.size) == (0o640, 3)
    assert found.owner == pwd.getpwuid(path.stat().st_uid).pw_name
    assert found.checksum == hashlib.sha256(b"abc").hexdigest()
    assert files.find(str(tmp_path / "absent")) is None
    assert files.checksum(str(tmp_path / "absent")) is None


def test_a_new_file_has_the_usual_mode_and_an_old_one_keeps_its_own(files, tmp_path):
    path = tmp_path / "f"
    files.write(str(path), b"1")
    assert mode(path) == 0o644
    path.chmod(0o600)
    files.write(str(path), b"2")
    assert (path.read_bytes(), mode(path)) == (b"2", 0o600)


@pytest.mark.root
def test_the_owner_is_set_and_kept(files, tmp_path):
    path = tmp_path / "f"
    files.write(str(path), b"1", owner="daemon:sys", mode=0o640)
    found = files.find(str(path))
    assert (found.owner, found.group, found.mode) == ("daemon", "sys", 0o640)
    files.write(str(path), b"2")
    found = files.find(str(path))
    assert (found.owner, found.group, found.mode) == ("daemon", "sys", 0o640)


def test_an_owner_that_is_not_there_changes_nothing(files, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    with pytest.raises(CommandError, match="no-such-user"):
        files.write(str(path), b"new", owner="no-such-user")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["f"]


def test_a_link_stays_one(files, tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    files.write(str(tmp_path / "link"), b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_folders_are_made_only_when_told(files, tmp_path):
    path = tmp_path / "a" / "b" / "f"
    with pytest.raises(NoSuchFile, match="folder"):
        files.write(str(path), b"x")
    files.write(str(path), b"x", parents=True, mode=0o600)
    assert mode(path.parent) == 0o755
    assert mode(path) == 0o600


def test_what_someone_else_changed_is_not_replaced(files, tmp_path):
    path = tmp_path / "f"
    files.write(str(path), b"1", replaces="absent")
    with pytest.raises(ConflictError) as caught:
        files.write(str(path), b"2", replaces="absent")
    assert caught.value.theirs == hashlib.sha256(b"1").hexdigest()
    old = files.checksum(str(path))
    files.write(str(path), b"2", replaces=old)
    with pytest.raises(ConflictError):
        files.write(str(path), b"3", replaces=old)
    path.unlink()
    with pytest.raises(ConflictError) as caught:
        files.write(str(path), b"3", replaces=old)
    assert caught.value.theirs == "absent"


def test_a_copy_keeps_everything_and_lies_elsewhere(files, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o440)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    copy = files.backup(str(path), folder=str(tmp_path / "copies"))
    files.write(str(path), b"new")
    assert copy.startswith(str(tmp_path / "copies"))
    assert copy.endswith(str(path))
    assert files.read(copy) == b"old"
    assert os.stat(copy).st_mtime == 1_000_000_000  # noqa: PTH116 - a path on the host
    assert files.find(copy).mode == 0o440
    assert mode(tmp_path / "copies") == 0o700
    assert files.backup(str(path), folder=str(tmp_path / "copies")) != copy


def test_a_missing_file_is_named(files, tmp_path):
    path = str(tmp_path / "absent")
    for call in (files.read, files.backup):
        with pytest.raises(NoSuchFile, match=path) as caught:
            call(path)
        assert caught.value.host == files.transport.host


def test_a_folder_is_no_file(files, tmp_path):
    for call in (files.read, files.find, lambda path: files.write(path, b"x")):
        with pytest.raises(CommandError, match="directory"):
            call(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["", "f", "./f", "/etc/", "/a\nb", "/a\0b"])
def test_a_path_is_absolute_and_of_one_line(path):
    with pytest.raises(InvalidError):
        Files(Local()).read(path)


@pytest.mark.parametrize("wrong", [{"mode": -1}, {"mode": 0o10000}, {"owner": "a b"}])
@pytest.mark.parametrize("more", [{}, {"owner": "-x"}])
def test_what_can_be_no_mode_and_no_owner_is_refused(wrong, more):
    with pytest.raises(InvalidError):
        Files(Local()).write("/no/such/folder/f", b"x", **(wrong | more))


def test_a_key_is_in_no_transcript_and_no_error(tmp_path):
    recorder = Recorder(Local())
    files = Files(recorder)
    path = str(tmp_path / "authkey")
    files.write(path, b"hunter2", mode=0o400)
    assert files.read(path, sensitive=True) == b"hunter2"
    with pytest.raises(NoSuchFile) as caught:
        files.write("/no/such/folder/authkey", b"hunter2")
    assert "hunter2" not in recorder.transcript.render() + str(caught.value) + repr(recorder)


def test_a_key_is_never_readable_by_others(tmp_path):
    # The folder is looked at all the while that the key is written.
    folder, log = tmp_path / "keys", tmp_path / "log"
    folder.mkdir()
    script = f"cd {folder}; while :; do stat -c '%a %F' .?* * 2>/dev/null; done >{log}"
    with Local().start(Command.of("sh", "-c", script)):
        for _ in range(15):
            Files(Local()).write(str(folder / "key"), b"k" * 500_000, mode=0o400)
            (folder / "key").unlink()
    seen = {line.split()[0] for line in log.read_text().splitlines() if "regular" in line}
    assert seen
    assert seen <= {"600", "400"}


@pytest.mark.root
@pytest.mark.oracle("ssh", "sshd", "timeout", "unshare", "openssl")
def test_a_connection_cut_at_each_step_leaves_the_old_or_the_new(sshd, cable, tmp_path):
    old, new = b"old\n" * 10, random.Random(7).randbytes(40_000)  # noqa: S311 - any bytes will do
    path = tmp_path / "f"
    ends = {"old": 0, "new": 0}
    with Ssh(**sshd.settings(port=cable.port)) as ssh:
        files = Files(ssh)
        for budget in [*range(0, 4000, 500), *range(4000, 48_000, 4000)]:
            path.write_bytes(old)
            ssh.run(Command.of("true"))  # the connection stands
            cable.budget = budget
            try:
                files.write(str(path), new)
                written = True
            except ConnectionLost as lost:
                written = lost.may_have_run
            except TransportError:
                written = False
            cable.budget = None
            found = path.read_bytes()
            assert found in (old, new)
            if found == new:
                assert written, "the file is new, and the error says nothing was done"
            ends["new" if found == new else "old"] += 1
            # The far side tidies up by itself once it notices.
            end = time.monotonic() + 5
            while len(os.listdir(tmp_path)) > 1 and time.monotonic() < end:  # noqa: PTH208 - a count
                time.sleep(0.02)
            assert [one.name for one in tmp_path.iterdir()] == ["f"]
    assert ends["old"] > 5
    assert ends["new"] > 0


def test_a_writer_killed_at_any_moment_leaves_the_old_or_the_new(tmp_path):
    path = tmp_path / "f"
    old, new = b"old", b"new" * 300_000
    local = Local()
    seen = set()
    for step in range(12):
        path.write_bytes(old)
        before = time.monotonic()
        try:
            with local.start(_write_command(path, new)) as running:
                time.sleep(step * 0.004)
                os.killpg(running._popen.pid, 9)
                running.wait()
        except TransportError:
            pass
        assert time.monotonic() - before < 10
        seen.add(path.read_bytes())
        assert path.read_bytes() in (old, new)
    assert old in seen


def _write_command(path, content):
    """The command by which `Files` writes."""
    found = []

    class Catching:
        host = "x"

        def run(self, command):
            found.append(command)
            raise TransportError("caught")

    with pytest.raises(TransportError, match="caught"):
        Files(Catching()).write(str(path), content)
    return found[0]
