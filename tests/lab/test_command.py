"""What script/lab says to bad input: one line, which says what to do. No node is needed for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hakvm_lab import LabError, cache
from hakvm_lab.states import States

LIBRARY = Path(__file__).parent


@pytest.fixture
def said(tmp_path):
    """Run the command in a cache of its own and return its status and what it said."""

    def run(*words, path=os.environ["PATH"], kept=tmp_path / "cache"):
        done = subprocess.run(
            [sys.executable, "-m", "hakvm_lab", *words],
            env={**os.environ, "PATH": path, "HAKVM_CACHE": str(kept), "PYTHONPATH": str(LIBRARY)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["ssh", "node1"],
        ["power", "off", "node1"],
        ["link", "cut"],
        ["save", "x"],
        ["rewind", "x"],
    ],
)
def test_without_a_lab_each_says_how_to_get_one(said, words):
    assert said(*words) == (1, "lab: no lab is running: script/lab up starts one\n")


def test_down_is_right_without_a_lab(said):
    assert said("down") == (0, "no lab was running\n")
    assert said("list") == (0, "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["up", "--memory", "100"], "100 MiB of memory is too little: give 768 or more"),
        (["up", "--disk", "1"], "1 MiB of disk is too little: give 16 or more"),
    ],
)
def test_too_little_is_refused(said, words, expected):
    assert said(*words) == (1, f"lab: {expected}\n")


def test_without_qemu_it_says_what_installs_it(said, tmp_path):
    status, text = said("up", path=str(tmp_path))
    assert (status, text.count("\n")) == (1, 1)
    assert "qemu-system-x86_64 is not installed: script/bootstrap lab" in text


def fake_qemu(folder, release):
    for name in ("qemu-system-x86_64", "qemu-img"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho QEMU emulator version {release}\n")
        program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_an_old_qemu_is_named(said, tmp_path):
    status, text = said("up", path=fake_qemu(tmp_path, "6.2.0"))
    assert (status, text) == (1, "lab: QEMU 6.2.0 is too old: the lab takes 7.2, as in Debian 12\n")


def test_a_machine_without_the_memory_is_told_so(said, tmp_path):
    status, text = said("up", "--memory", "99999999", path=fake_qemu(tmp_path, "7.2.0"))
    assert status == 1
    assert "MiB of memory and" in text
    assert text.endswith("are free: end something, or give less: --memory 768\n")


@pytest.mark.parametrize("words", [["power", "off", "node3"], ["up", "--suite", "sid"], []])
def test_words_that_are_none_are_answered_by_those_that_are(said, words):
    status, text = said(*words)
    assert status == 2
    assert "usage: script/lab" in text


def test_a_cache_that_cannot_be_written_is_named(said, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    status, text = said("down", kept=file)
    assert (status, text.count("\n")) == (1, 1)
    assert "point HAKVM_CACHE at a folder to write in" in text


def test_what_a_killed_command_left_running_is_ended_by_down(said, tmp_path):
    lab = tmp_path / "cache/lab/labs/bookworm-x"
    lab.mkdir(parents=True)
    code = (
        "import sys; from pathlib import Path; from hakvm_lab.process import spawn;"
        "here = Path(sys.argv[1]);"
        "spawn(['sleep', '60'], record=here / 'node1.process', log=here / 'log', cwd=here)"
    )
    env = {**os.environ, "PYTHONPATH": str(LIBRARY)}
    subprocess.run([sys.executable, "-c", code, str(lab)], env=env, check=True)
    pid = (lab / "node1.process").read_text().split()[0]

    assert said("down") == (0, "the lab is down; saved states are kept\n")

    assert not Path(f"/proc/{pid}/exe").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text()


def test_two_commands_at_once_do_not_mix(said, tmp_path):
    (tmp_path / "cache/lab").mkdir(parents=True)
    with cache.locked(tmp_path / "cache/lab/lock", "rewind booted", wait=False):
        status, text = said("down")
    assert status == 1
    assert text == (
        f"lab: another command is at work on the lab: rewind booted, process {os.getpid()}: "
        "wait until it is done, or end it\n"
    )


def test_what_is_half_built_is_never_taken_for_whole(tmp_path):
    target = tmp_path / "image"

    def build_half():
        with cache.fresh(target) as half:
            (half / "disk").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        build_half()
    assert list(tmp_path.iterdir()) == []
    left = tmp_path / "image.half"  # as after SIGKILL
    left.mkdir()
    (left / "stale").write_text("")
    with cache.fresh(target) as half:
        (half / "disk").write_text("whole")
    assert [path.name for path in target.iterdir()] == ["disk"]


def test_too_little_room_is_said_before_it_is_used_up(tmp_path):
    with pytest.raises(LabError, match=r"GiB of disk and .* GiB left") as caught:
        cache.need(tmp_path, 1 << 30, "the lab")
    assert "HAKVM_CACHE" in caught.value.line()


@pytest.mark.parametrize("name", ["", "a/b", "../x", "A", "-x", "a b", "x" * 64, "ä"])
def test_a_name_of_a_state_is_a_plain_word(name):
    with pytest.raises(LabError, match="is no name for a state"):
        States.check(name)


def test_states_are_listed_oldest_first_and_an_unknown_one_names_them(tmp_path):
    states = States(tmp_path)
    states.add("second", on={"node1": True, "node2": False}, size=1)
    path = tmp_path / "second.json"
    first = {**json.loads(path.read_text()), "name": "first", "saved": "1999-01-01 00:00:00"}
    (tmp_path / "first.json").write_text(json.dumps(first))
    assert [state.name for state in states] == ["first", "second"]
    with pytest.raises(LabError, match="no state 'third'") as caught:
        states.find("third")
    assert caught.value.hint == "saved are: first, second"
    states.drop("first")
    assert "first" not in states
