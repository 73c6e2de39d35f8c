"""A real sshd on loopback, and a cable to it that can be cut."""

import contextlib
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

PASSWORD = "hunter2-läuft"

# In namespaces of its own: its processes die with the pipe to it, and the folder
# and the password that it wants are seen by nobody else.
_NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc")
_START = """\
mount -t tmpfs -o mode=755 tmpfs /run && mkdir -m 755 /run/sshd
mount --bind "$1/shadow" /etc/shadow && mount --bind "$1/home" /root
/usr/sbin/sshd -D -e -f "$1/sshd_config" &
cat  # until whoever started us is gone
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sshd:
    """An OpenSSH server with host key, user key, password and configuration of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.password = PASSWORD
        self.port = free_port()
        self.log = folder / "log"
        for name in ("host", "user", "stranger"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True
            )
        (folder / "home").mkdir()
        shutil.copy(folder / "user.pub", folder / "authorized")
        hashed = subprocess.run(
            ["openssl", "passwd", "-6", "-stdin"],
            input=PASSWORD.encode(),
            capture_output=True,
            check=True,
        ).stdout.decode()
        (folder / "shadow").write_text(f"root:{hashed.strip()}:19000:0:99999:7:::\n")
        (folder / "shadow").chmod(0o600)
        (folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\n"
            f"AuthorizedKeysFile {folder}/authorized\nPidFile none\nUsePAM no\n"
            "PermitRootLogin yes\nPasswordAuthentication yes\nStrictModes no\n"
            "MaxStartups 100\nAcceptEnv none\nUseDNS no\n"
        )
        key = " ".join((folder / "host.pub").read_text().split()[:2])
        # By alias: so a cable with a port of its own shows the same key.
        (folder / "known").write_text(f"testhost {key}\n")
        (folder / "config").write_text("")
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*_NAMESPACES, "sh", "-ec", _START, "sshd", str(self.folder)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            if self.process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"sshd did not start:\n{self.log.read_text()}")
            time.sleep(0.02)

    def stop(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait(10)
            self.process = None

    def settings(self, **changed):
        """What `Ssh` takes to get in."""
        return {
            "host": "node1",
            "address": "127.0.0.1",
            "user": "root",
            "port": self.port,
            "identity": str(self.folder / "user"),
            "config": str(self.folder / "config"),
            "options": {
                "UserKnownHostsFile": str(self.folder / "known"),
                "GlobalKnownHostsFile": "/dev/null",
                "HostKeyAlias": "testhost",
            },
        } | changed


class Cable:
    """A way to a port that can be cut, at once or after so many bytes, or that goes dead."""

    def __init__(self, port: int):
        self.target = port
        self.budget = None  # bytes that may still pass towards the server; None: all
        self.dead = threading.Event()
        self.pairs = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                self.pairs.append((near, far))
                for source, sink, counted in ((near, far, True), (far, near, False)):
                    threading.Thread(
                        target=self._pass, args=(source, sink, counted), daemon=True
                    ).start()

    def _pass(self, source, sink, counted):
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                while self.dead.is_set():
                    time.sleep(0.05)
                with self.lock:
                    budget = self.budget
                    if counted and budget is not None:
                        if len(data) > budget:
                            sink.sendall(data[:budget])
                            self.cut()
                            return
                        self.budget = budget - len(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def cut(self):
        for pair in self.pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        self.pairs.clear()
        self.budget = None

    def close(self):
        self.listener.close()
        self.dead.clear()
        self.cut()


@pytest.fixture(scope="session")
def sshd(tmp_path_factory):
    # A short path: names of sockets are short.
    server = Sshd(tmp_path_factory.mktemp("sshd"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def cable(sshd):
    cable = Cable(sshd.port)
    yield cable
    cable.close()
