"""What an import costs, and what it says when an extra is missing."""

import subprocess
import sys

import pytest

import hakvm


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60
    )


def test_importing_hakvm_loads_nothing_of_weight():
    done = python(
        "import sys; before = set(sys.modules); import hakvm\n"
        "print(*sorted(name for name in set(sys.modules) - before))"
    )
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"attr", "attrs", "lxml", "libvirt", "pexpect", "hypothesis", "rich"}
    assert [name for name in done.stdout.split() if name.startswith("hakvm.")] == []


@pytest.mark.parametrize(
    "name", ["transport", "drbd", "corosync", "pacemaker", "system", "cluster"]
)
def test_no_layer_needs_an_extra(name):
    done = python(
        "import sys\n"
        "for extra in ('libvirt', 'pexpect', 'hypothesis', 'rich'): sys.modules[extra] = None\n"
        f"import hakvm.{name}"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("missing", "code", "extra"),
    [
        ("hypothesis", "import hakvm.strategies", "hakvm[strategies]"),
        ("pexpect", "from hakvm.transport import Console", "hakvm[console]"),
        ("libvirt", "from hakvm.libvirt import Host; Host('test:///default')", "hakvm[libvirt]"),
    ],
)
def test_a_missing_extra_is_named(missing, code, extra):
    done = python(f"import sys; sys.modules[{missing!r}] = None; {code}")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(("ImportError", "ModuleNotFoundError"))
    assert extra in done.stderr


def test_every_public_name_can_be_had():
    for name in hakvm.__all__:
        assert getattr(hakvm, name) is not None
    assert set(hakvm.__all__) <= set(dir(hakvm))


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        hakvm.nonsense  # noqa: B018 - asking is the test
