import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from attrs import evolve

from hakvm_lab import LabError
from hakvm_lab.process import Identity, spawn


@pytest.fixture
def sleeper(tmp_path):
    record, log = tmp_path / "record", tmp_path / "log"
    identity = spawn(["sleep", "60"], record=record, log=log, cwd=tmp_path)
    yield identity
    identity.end()


def test_a_process_is_known_by_what_it_wrote_down(sleeper, tmp_path):
    assert Identity.load(tmp_path / "record") == sleeper
    assert sleeper.alive()
    assert not sleeper.gone(0.01)
    assert Path(f"/proc/{sleeper.pid}/cmdline").read_bytes() == b"sleep\x0060\0"


def test_its_end_is_an_end(sleeper):
    assert sleeper.end() is True
    assert not sleeper.alive()
    assert sleeper.gone(0)
    assert sleeper.end() is False


@pytest.mark.parametrize("changed", [{"started": 1}, {"boot": "another"}])
def test_a_number_that_was_given_to_another_is_left_alone(sleeper, changed):
    other = evolve(sleeper, **changed)
    assert not other.alive()
    assert other.end() is False
    assert sleeper.alive()


def test_one_that_will_not_go_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("hakvm_lab.process._GRACE", 0.2)
    code = (
        "import signal, pathlib, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "pathlib.Path('deaf').touch(); time.sleep(60)"
    )
    argv = [sys.executable, "-c", code]
    identity = spawn(argv, record=tmp_path / "record", log=tmp_path / "log", cwd=tmp_path)
    end = time.monotonic() + 10
    while not (tmp_path / "deaf").exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    begin = time.monotonic()
    assert identity.end() is True
    assert time.monotonic() - begin >= 0.2
    assert not identity.alive()


def test_one_that_cannot_start_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("hakvm_lab.process._BIRTH", 0.1)
    with pytest.raises(LabError, match="sleep did not start"):
        spawn(["sleep", "1"], record=tmp_path / "no/record", log=tmp_path / "log", cwd=tmp_path)


def test_it_is_found_again_though_whoever_started_it_was_killed(tmp_path):
    code = (
        "import os, signal, sys; from pathlib import Path; from hakvm_lab.process import spawn;"
        "here = Path(sys.argv[1]);"
        "spawn(['sleep', '60'], record=here / 'record', log=here / 'log', cwd=here);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
    )
    assert done.returncode == -9
    identity = Identity.load(tmp_path / "record")
    assert identity.alive()
    assert identity.end()


@pytest.mark.parametrize(
    "text", ["", "1 (x", "12 (a) b) S 1\nboot", "x (y) S " + "1 " * 30 + "\nb"]
)
def test_half_a_record_is_none(tmp_path, text):
    record = tmp_path / "record"
    record.write_text(text)
    assert Identity.load(record) is None


def test_a_program_may_have_any_name(tmp_path):
    record = tmp_path / "record"
    record.write_text("12 (a) b (c)) S " + " ".join(str(n) for n in range(30)) + "\nboot\n")
    assert Identity.load(record) == Identity(pid=12, started=18, boot="boot")
