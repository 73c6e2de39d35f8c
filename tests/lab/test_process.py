import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from attrs import evolve

from hakvm_lab.process import Identity, spawn


def recorded(record: Path) -> Identity:
    end = time.monotonic() + 10
    while (found := Identity.load(record)) is None:
        assert time.monotonic() < end, "it wrote nothing down"
        time.sleep(0.01)
    return found


@pytest.fixture
def sleeper(tmp_path):
    record = tmp_path / "record"
    process = spawn(["sleep", "60"], record=record, log=tmp_path / "log", cwd=tmp_path)
    yield process, recorded(record)
    process.kill()
    process.wait()


def test_a_process_is_known_by_what_it_wrote_down(sleeper):
    process, identity = sleeper
    assert identity.pid == process.pid
    assert identity.alive()


def test_its_end_is_an_end(sleeper):
    process, identity = sleeper
    assert identity.end() is True
    assert process.wait(5) != 0
    assert not identity.alive()
    assert identity.end() is False


@pytest.mark.parametrize("changed", [{"started": 1}, {"boot": "another"}])
def test_a_number_that_was_given_to_another_is_left_alone(sleeper, changed):
    process, identity = sleeper
    other = evolve(identity, **changed)
    assert not other.alive()
    assert other.end() is False
    assert process.poll() is None


def test_one_that_will_not_go_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("hakvm_lab.process._GRACE", 0.2)
    code = (
        "import signal, pathlib, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "pathlib.Path('deaf').touch(); time.sleep(60)"
    )
    record = tmp_path / "record"
    argv = [sys.executable, "-c", code]
    process = spawn(argv, record=record, log=tmp_path / "log", cwd=tmp_path)
    try:
        identity = recorded(record)
        end = time.monotonic() + 10
        while not (tmp_path / "deaf").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        assert identity.end() is True
        assert process.wait(5) == -9
    finally:
        process.kill()
        process.wait()


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
    identity = recorded(tmp_path / "record")
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
