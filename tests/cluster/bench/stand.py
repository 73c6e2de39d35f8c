"""The bench as a whole: makes the rack, boots the nodes, and takes everything away again."""

import json
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Self, TypeVar

from bench.node import Namespace, Node
from bench.trees import Tree
from hakvm import pacemaker
from hakvm.errors import HakvmError, WaitTimeout
from hakvm.transport import Command, Files, gather

__all__ = ["Bench", "until"]

T = TypeVar("T")

_HERE = Path(__file__).parent
# The howto's network, and a link of the two nodes' own.
_NETS = ("192.168.2.1/24", "10.0.0.254/24")
_ADDRESSES = {
    "node1": ("192.168.2.170", "10.0.0.1"),
    "node2": ("192.168.2.171", "10.0.0.2"),
}
_HOSTS = """\
127.0.0.1 localhost
192.168.2.170 node1.myserver.tld node1
192.168.2.171 node2.myserver.tld node2
"""
# Without this the first election waits twenty seconds for more nodes to come.
_FIRST_CIB = """\
<cib validate-with="pacemaker-3.0" epoch="1" num_updates="0" admin_epoch="0"><configuration>\
<crm_config><cluster_property_set id="cib-bootstrap-options">\
<nvpair id="bench-dc-deadtime" name="dc-deadtime" value="1s"/></cluster_property_set></crm_config>\
<nodes/><resources/><constraints/></configuration><status/></cib>
"""
_SSHD = """\
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
UseDNS no
"""
_LOGS = ("console.log", "corosync/corosync.log", "pacemaker/pacemaker.log")
# In a node there are neither control groups nor other users to guard against.
_QEMU = """\
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
remember_owner = 0
dynamic_ownership = 0
"""
# Pacemaker's chatter hides what matters.
_TAIL = "grep -vE '[[:space:]]info:?[[:space:]]' -- \"$1\" | tail -n 60"
_LIMIT = 30.0
_PATIENCE = 60.0  # for the rack, which gives a node 20 to boot


def until(what: str, look: Callable[[], T], limit: float = _LIMIT, every: float = 0.1) -> T:
    """Look until what is found is true, and return it.

    A node that does not answer yet is none that is ready.

    Raises:
        WaitTimeout: it did not become true; says what was seen last.
    """
    end = time.monotonic() + limit
    last: object = None
    while True:
        try:
            found = look()
            if found:
                return found
            last = found
        except HakvmError as error:
            last = error
        if time.monotonic() > end:
            raise WaitTimeout(f"{what}: not within {limit:g} s", waited=limit, last=str(last))
        time.sleep(every)


class Bench:
    """Two nodes with their power, their network and their disks.

    Attributes:
        tree: what the nodes stand on.
        nodes: the nodes, by their names.
        folder: where the keys to them are, on this machine.
        rack: the PID of the rack, in whose network the switches are.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.rack = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._orders = threading.Lock()
        self.folder = Path(tempfile.mkdtemp(prefix="hakvm-bench-"))
        self.nodes: Mapping[str, Node] = {
            name: self._node(name, addresses) for name, addresses in _ADDRESSES.items()
        }
        try:
            self._begin(tree.unpacked())
        except BaseException:
            self.close()
            raise

    def _node(self, name: str, addresses: tuple[str, ...]) -> Node:
        transport = Namespace(host=name, pid=lambda: int(self.order("pid", name)))
        return Node(
            bench=self,
            name=name,
            addresses=addresses,
            transport=transport,
            files=Files(transport),
        )

    def _begin(self, tree: Path) -> None:
        self._seed(self.folder / "seed")
        told = {
            "tree": str(tree),
            "folder": str(self.folder),
            "nets": _NETS,
            "nodes": {
                name: [f"{address}/24" for address in addresses]
                for name, addresses in _ADDRESSES.items()
            },
        }
        namespaces = ("--pid", "--fork", "--kill-child=KILL", "--mount", "--net", "--ipc")
        with (self.folder / "rack.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["unshare", *namespaces, sys.executable, str(_HERE / "rack.py"), json.dumps(told)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self.rack = int(str(self._answer()))
        # Both at once: the rack boots one after the other, but hardly anything waits.
        for name in self.nodes:
            self.power(name, "on")

    def _seed(self, seed: Path) -> None:
        """Lay out what each node finds on its disk when it is first switched on."""
        for name in ("host", "user"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name],
                check=True,
            )
        public = (self.folder / "host.pub").read_text()
        (self.folder / "known").write_text(f"bench {public}")
        files = {
            "etc/hosts": (_HOSTS, 0o644),
            "etc/ssh/ssh_host_ed25519_key": ((self.folder / "host").read_text(), 0o600),
            "etc/ssh/sshd_config": (_SSHD, 0o644),
            "root/.ssh/authorized_keys": ((self.folder / "user.pub").read_text(), 0o600),
            "etc/libvirt/qemu.conf": (_QEMU, 0o600),
            "usr/bin/systemctl": ((_HERE / "systemctl").read_text(), 0o755),
            "usr/sbin/fence_bench": ((_HERE / "fence_bench").read_text(), 0o755),
            "var/lib/pacemaker/cib/cib.xml": (_FIRST_CIB, 0o600),
        }
        for path, (text, mode) in files.items():
            file = seed / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode)
            file.write_text(text)
            file.chmod(mode)

    # --- the rack's switches --------------------------------------------------------------

    def order(self, *words: str) -> str:
        """Give the rack an order and return its answer."""
        with self._orders:
            assert self._process is not None
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(words).encode() + b"\n")
            self._process.stdin.flush()
            return str(self._answer())

    def _answer(self) -> object:
        assert self._process is not None
        stdout = self._process.stdout
        assert stdout is not None
        ready, _, _ = select.select([stdout], [], [], _PATIENCE)
        line = stdout.readline() if ready else b""
        if not line:
            said = (self.folder / "rack.log").read_text()
            raise RuntimeError(f"the rack {'is gone' if ready else 'does not answer'}: {said}")
        return json.loads(line)

    def power(self, node: str, state: str) -> None:
        """Switch a node's power: `on` boots it, `off` ends all that runs in it at once."""
        found = self.order(state, node)
        if found != state:
            raise RuntimeError(f"power {state} for {node}: {found}")

    def powered(self, node: str) -> bool:
        """Whether a node has power."""
        return self.order("status", node) == "on"

    def cut(self, node: str, *links: int) -> None:
        """Pull a node's cables out of the switch: all of them, or the links that are named."""
        for link in links or range(len(_NETS)):
            self.order("link", node, str(link), "down")

    def heal(self, node: str) -> None:
        """Put a node's cables back."""
        for link in range(len(_NETS)):
            self.order("link", node, str(link), "up")

    # --- the cluster on it ------------------------------------------------------------------

    def put(self, files: Mapping[str, tuple[bytes, int]], *nodes: str) -> None:
        """Write files, each a content and a mode, to the nodes that are named, or to all."""
        for name in nodes or self.nodes:
            for path, (content, mode) in files.items():
                self.nodes[name].files.write(path, content, mode=mode, parents=True)

    def start(self, *nodes: str) -> None:
        """Start corosync and Pacemaker on the nodes that are named, or on all, side by side."""
        transports = {name: self.nodes[name].transport for name in nodes or self.nodes}
        gather(transports, Command.of("systemctl", "start", "pacemaker")).check()

    def status(self, node: str = "node1") -> pacemaker.Status:
        """Return the cluster's state as a node sees it."""
        return pacemaker.Pacemaker(self.nodes[node].transport).status()

    def online(self, *nodes: str, seen_by: str = "node1", limit: float = _LIMIT) -> float:
        """Wait until those nodes, or all, are Online and have a DC; return the seconds it took.

        Raises:
            WaitTimeout: they did not become so.
        """
        wanted = set(nodes or self.nodes)

        def look() -> bool:
            status = self.status(seen_by)
            ready = {node.name for node in status.nodes if node.online and not node.pending}
            return ready == wanted and status.dc is not None and bool(status.quorum)

        begin = time.monotonic()
        until(f"{', '.join(sorted(wanted))} Online", look, limit, 0.2)
        return time.monotonic() - begin

    def logs(self) -> Iterator[tuple[str, str]]:
        """Yield the end of each log of both nodes, and of the rack; nothing once it is closed."""
        if not self.rack:
            return
        yield "rack", (self.folder / "rack.log").read_text(errors="replace")
        for name, node in self.nodes.items():
            yield f"{name} boot", self.order("console", name)
            for log in _LOGS:
                try:
                    text = node.run("sh", "-c", _TAIL, "tail", f"/var/log/{log}").text
                except HakvmError as error:
                    text = str(error)
                yield f"{name} {log}", text

    def close(self) -> None:
        """Take everything away: the rack ends with the pipe to it, and all else with the rack."""
        process, self._process, self.rack = self._process, None, 0
        if process is not None:
            try:
                process.communicate(timeout=_LIMIT)  # closes the pipe to it, and waits
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
