"""The judge of configurations: drbdadm itself, which needs no module for it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from hakvm.drbd import Release

# The version of the module that it pretends to find decides which dialect it reads.
VERSIONS = {Release.V8_3: "8.3.11", Release.V8_4: "8.4.11", Release.V9_0: "9.0.0"}


class Judge:
    def __init__(self, folder: Path, *, node: str = "alice") -> None:
        self._folder = folder
        self._node = node

    def run(self, text: str, release: Release, *words: str, node: str = "") -> tuple[int, str]:
        path = self._folder / "judged.res"
        path.write_text(text)
        done = subprocess.run(
            ["drbdadm", "-c", str(path), *words],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=30,
            check=False,
            env={
                **os.environ,
                "__DRBD_NODE__": node or self._node,
                "DRBD_DRIVER_VERSION_OVERRIDE": VERSIONS[release],
            },
        )
        return done.returncode, done.stdout if done.returncode == 0 else done.stderr

    def dump(self, text: str, release: Release, *, node: str = "") -> str:
        """What it makes of a configuration, without its comments; fails if it refuses it."""
        code, said = self.run(text, release, "dump", node=node)
        assert code == 0, f"drbdadm refuses it: {said}\n{text}"
        return re.sub(r"(?m)^\s*#.*\n", "", said)

    def takes(self, text: str, release: Release, *, node: str = "") -> bool:
        return self.run(text, release, "dump", node=node)[0] == 0


@pytest.fixture(scope="session")
def judge(tmp_path_factory):
    return Judge(tmp_path_factory.mktemp("judge"))
