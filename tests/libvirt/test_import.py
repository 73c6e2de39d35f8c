"""What needs libvirt-python, and what does not."""

import subprocess
import sys

WITHOUT = """
import sys
sys.modules["libvirt"] = None
from hakvm import libvirt
assert libvirt.guest("a", memory=1, disk="a.img").domain().check() is not None
try:
    libvirt.Host("test:///default")
except ImportError as error:
    print(error)
"""


def test_all_but_a_host_is_pure() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "hakvm[libvirt]" in ended.stdout


def test_the_binding_is_loaded_late() -> None:
    code = "import sys; from hakvm import libvirt; libvirt.Domain; print('libvirt' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"
