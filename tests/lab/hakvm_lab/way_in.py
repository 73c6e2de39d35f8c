"""SSH into the nodes: the lab's own keys and known hosts, nothing of the user's."""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from hakvm_lab.image import Image

__all__ = ["configuration", "hang_up", "words", "write"]

_COMMON = """\
Host *
 User root
 IdentitiesOnly yes
 IdentityFile "{key}"
 UserKnownHostsFile "{hosts}"
 GlobalKnownHostsFile none
 StrictHostKeyChecking yes
 BatchMode yes
 ConnectTimeout 30
 ServerAliveInterval 10
 LogLevel ERROR
"""


def configuration(folder: Path) -> Path:
    """Return where ssh_config(5) of the lab in `folder` is; its hosts are the nodes."""
    return folder / "ssh_config"


def write(folder: Path, image: Image, ports: Mapping[str, int]) -> None:
    """Write how ssh gets in, the nodes answering at these ports of 127.0.0.1."""
    public = (image.folder / "known_host").read_text(encoding="utf-8")
    hosts = folder / "known_hosts"
    hosts.write_text("".join(f"{name} {public}" for name in ports), encoding="utf-8")
    text = "".join(
        f"Host {name}\n HostName 127.0.0.1\n Port {port}\n HostKeyAlias {name}\n"
        for name, port in ports.items()
    )
    text += _COMMON.format(key=image.folder / "key", hosts=hosts)
    configuration(folder).write_text(text, encoding="utf-8")


def words(folder: Path, node: str, argv: Sequence[str] = ()) -> list[str]:
    """Return the words of an ssh into `node`, to be run in `folder`.

    They share one connection, which the first of them opens: a new one costs
    seconds under emulation.
    """
    share = ["-o", "ControlMaster=auto", "-o", f"ControlPath={node}.ssh"]
    share += ["-o", "ControlPersist=120"]
    return ["ssh", "-F", str(configuration(folder)), *share, node, *argv]


def hang_up(folder: Path, nodes: Sequence[str]) -> None:
    """End the shared connections: the nodes will not know them any more."""
    for node in nodes:
        if (folder / f"{node}.ssh").exists():
            *before, _ = words(folder, node)
            with suppress(subprocess.TimeoutExpired, OSError):
                subprocess.run(
                    [*before, "-O", "exit", node],
                    cwd=folder,
                    capture_output=True,
                    timeout=10,
                    check=False,
                )
            (folder / f"{node}.ssh").unlink(missing_ok=True)
