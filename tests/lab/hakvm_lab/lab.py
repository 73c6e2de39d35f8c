"""Both nodes together: up, down, cut, switched off, saved and rewound."""

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Self

from attrs import frozen

from hakvm.transport import Command, Completed, Ssh
from hakvm_lab import cache, present, probe, rack, way_in
from hakvm_lab.agent import Agent
from hakvm_lab.errors import LabError, Report, silent, step
from hakvm_lab.image import Image
from hakvm_lab.machine import LINKS, NODES, Machine, check_qemu
from hakvm_lab.present import Description
from hakvm_lab.process import spawn
from hakvm_lab.settings import Settings
from hakvm_lab.states import State, States

__all__ = ["BOOTED", "Lab"]

BOOTED = "booted"
_BOOT_LIMIT = 420.0  # seconds from power to an answer; usually 30 to 60 under emulation
_ANSWER_LIMIT = 60.0


@frozen(kw_only=True)
class Lab:
    """A lab whose nodes run.

    Attributes:
        folder: where its disks, states, sockets and logs are.
        settings: what it is made of.
        image: what its nodes boot from.
        accel: kvm or tcg.
        ports: where SSH of each node answers, on 127.0.0.1.
        report: is told what goes on.
    """

    folder: Path
    settings: Settings
    image: Image
    accel: str
    ports: dict[str, int]
    report: Report = silent

    # --- from nothing to a lab, and back ------------------------------------

    @classmethod
    def up(cls, settings: Settings, state: str = BOOTED, *, report: Report = silent) -> Self:
        """Start both nodes in `state`; the first time, build the image and boot them.

        Raises:
            LabError: what is missing, too little, in use, unknown or broken.
        """
        settings.check()
        qemu = check_qemu()
        with cache.locked(cache.root() / "lock", "up", wait=False):
            present.refuse_a_second()
            present.room(settings.memory)
            image = Image.make(settings.suite, report)
            accel = probe.acceleration(image, qemu, report)
            node = Machine(name=NODES[0], folder=Path())
            layout = node.layout(image, accel=accel, memory=settings.memory)
            key = cache.digest(qemu, layout, str(settings.disk))
            folder = cache.root() / "labs" / f"{settings.suite}-{key}"
            if state != BOOTED:
                present.states(folder).find(state)
            folder.mkdir(parents=True, exist_ok=True)
            cache.need(folder, 2, "a lab")
            lab = cls(
                folder=folder,
                settings=settings,
                image=image,
                accel=accel,
                ports=present.free_ports(),
                report=report,
            )
            try:
                lab._start(state)
            except BaseException:
                lab._end()
                raise
        return lab

    def _start(self, state: str) -> None:
        """Start the rack and both QEMUs, and bring the nodes to `state`."""
        first = BOOTED not in self.states
        self._describe(ready=False)
        if first:
            for stale in self.states:
                self.states.drop(stale.name)
            for machine in self.machines:
                machine.make_disks(self.image, self.settings.disk)
        for machine in self.machines:
            machine.console.unlink(missing_ok=True)
        self._start_rack()
        way_in.write(self.folder, self.image, self.ports)
        if first:
            with step(self.report, "booting both nodes, once and for all", "40-90 s"):
                self._both(self._start_machine)
                for name in NODES:
                    rack.ask(self.folder, power="on", node=name)
                self._await_answers(_BOOT_LIMIT)
            self._save(BOOTED)
        else:
            self._rewind(state)
        self._describe(ready=True)

    def _start_machine(self, machine: Machine) -> None:
        machine.start(
            self.image,
            accel=self.accel,
            memory=self.settings.memory,
            port=self.ports[machine.name],
        )

    def _start_rack(self) -> None:
        log = self.folder / "rack.log"
        log.unlink(missing_ok=True)
        (self.folder / "rack.control").unlink(missing_ok=True)
        process = spawn(
            [sys.executable, "-c", "from hakvm_lab.rack import Rack; Rack().serve()"],
            record=self.folder / "rack.process",
            log=log,
            cwd=self.folder,
            path=Path(__file__).parent.parent,
        )
        end = time.monotonic() + 30
        while not (self.folder / "rack.control").exists():
            if not process.alive() or time.monotonic() > end:
                said = log.read_text(errors="replace").strip().splitlines()
                raise LabError(f"the lab's switch did not start: {said[-1] if said else ''}")
            time.sleep(0.02)

    def _describe(self, *, ready: bool) -> None:
        """Say what this lab is, for the commands to come."""
        Description(
            ready=ready,
            suite=self.settings.suite,
            memory=self.settings.memory,
            disk=self.settings.disk,
            image=str(self.image.folder),
            accel=self.accel,
            ports=self.ports,
        ).save(self.folder)

    @classmethod
    def running(cls, *, report: Report = silent) -> Self:
        """Return the lab that runs.

        Raises:
            LabError: none does.
        """
        for folder in present.folders():
            found = Description.load(folder)
            if found and found.ready and all(present.processes(folder).values()):
                settings = Settings(suite=found.suite, memory=found.memory, disk=found.disk)
                return cls(
                    folder=folder,
                    settings=settings,
                    image=Image(folder=Path(found.image), suite=found.suite),
                    accel=found.accel,
                    ports=found.ports,
                    report=report,
                )
        raise LabError("no lab is running", hint="script/lab up starts one")

    def down(self) -> None:
        """End both nodes; what was not saved is gone."""
        with cache.locked(cache.root() / "lock", "down", wait=False):
            self._end()

    def _end(self) -> None:
        way_in.hang_up(self.folder, NODES)
        present.end_processes(self.folder)

    # --- the nodes ----------------------------------------------------------

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Both nodes, as seen from outside."""
        return tuple(Machine(name=name, folder=self.folder) for name in NODES)

    def machine(self, node: str) -> Machine:
        """Return one node, as seen from outside.

        Raises:
            LabError: there is no such node.
        """
        if node not in NODES:
            raise LabError(f"{node!r} is no node", hint=f"take one of {', '.join(NODES)}")
        return Machine(name=node, folder=self.folder)

    def transport(self, node: str) -> Agent:
        """Return a transport that runs commands in `node`, cut links or not."""
        self.machine(node)
        return Agent(node, self.folder / f"{node}.agent")

    def run(
        self, node: str, *argv: str, stdin: bytes = b"", limit: float = 60, allowed: int = 0
    ) -> Completed:
        """Run a command in `node` for `limit` seconds at most.

        Raises:
            CommandError: it ended with another status than 0 and `allowed`.
        """
        command = Command.of(*argv, stdin=stdin, timeout=timedelta(seconds=limit))
        return self.transport(node).run(command).check(allowed)

    def ssh(self, node: str, argv: Sequence[str] = ()) -> list[str]:
        """Return the words of an ssh into `node`; run them in the lab's folder."""
        self.machine(node)
        return way_in.words(self.folder, node, argv)

    def secure_shell(self, node: str) -> Ssh:
        """Return a transport over ssh(1) into `node`, by the lab's own configuration.

        Slower than `transport`, and it does not outlive a rewind.
        """
        self.machine(node)
        return Ssh(host=node, config=str(way_in.configuration(self.folder)))

    def power(self, node: str, to: str) -> str:
        """Switch `node` off or on, or reset it; return what it is then.

        Raises:
            LabError: no such node, or QEMU refuses.
        """
        self.machine(node)
        return str(rack.ask(self.folder, power=to, node=node)["power"])

    def await_answer(self, node: str, limit: float = _BOOT_LIMIT) -> None:
        """Wait until `node` answers, as after it was switched on.

        Raises:
            LabError: it does not within `limit` seconds; what its console said last is named.
        """
        machine, agent = self.machine(node), self.transport(node)
        end = time.monotonic() + limit
        while not agent.answers(min(10.0, max(1.0, end - time.monotonic()))):
            if time.monotonic() > end or not machine.alive or machine.panicked:
                said = machine.console.read_text(errors="replace").strip().splitlines()
                raise LabError(
                    f"{node} does not answer after {limit:g} s; its console: "
                    f"{said[-1] if said else 'silent'}",
                    hint=f"all it said is in {machine.console}",
                )

    def _await_answers(self, limit: float) -> None:
        self._both(lambda machine: self.await_answer(machine.name, limit))

    # --- the links ----------------------------------------------------------

    def link(
        self,
        name: str | None = None,
        *,
        sender: str | None = None,
        cut: bool | None = None,
        loss: float | None = None,
        delay: float | None = None,
    ) -> None:
        """Do something to a link, or to all; to what `sender` sends, or to both directions.

        Args:
            name: cluster or replication; `None` for both.
            sender: node1 or node2, whose packets are meant; `None` for both directions.
            cut: whether nothing gets through.
            loss: the share of packets that gets lost, 0 to 1.
            delay: by how many seconds each packet is late.

        Raises:
            LabError: no such link or node, or no such share or time.
        """
        if name is not None and name not in LINKS:
            raise LabError(f"{name!r} is no link", hint=f"take one of {', '.join(LINKS)}")
        if sender is not None:
            self.machine(sender)
        if (loss is not None and not 0 <= loss <= 1) or (
            delay is not None and not 0 <= delay <= 60
        ):
            raise LabError(f"loss is 0 to 1 and delay 0 to 60 s, not {loss} and {delay}")
        wanted = {"cut": cut, "loss": loss, "delay": delay}
        fault = {key: value for key, value in wanted.items() if value is not None}
        rack.ask(self.folder, link=name, **{"from": sender}, fault=fault)

    def heal(self) -> None:
        """Make all links whole again."""
        self.link(cut=False, loss=0.0, delay=0.0)

    # --- states -------------------------------------------------------------

    @property
    def states(self) -> States:
        """What can be gone back to."""
        return present.states(self.folder)

    def save(self, name: str, *, origin: str = "") -> State:
        """Save both nodes, memory and disks, as `name`, in place of an older one.

        `origin` is kept with it, for whoever made it to know again.

        Raises:
            LabError: a name that is none, or QEMU refuses.
        """
        with cache.locked(cache.root() / "lock", f"save {name}", wait=False):
            return self._save(name, origin)

    def _save(self, name: str, origin: str = "") -> State:
        States.check(name)
        with step(self.report, f"saving {name}", "3-6 s"):
            on = {
                machine.name: self.power(machine.name, "status") == "on"
                for machine in self.machines
            }
            self._both(self._tidy)
            self.states.drop(name)
            self._both(_stop)
            try:
                self._both(lambda machine: machine.save(name))
            finally:
                self._both(lambda machine: _go(machine, on=on[machine.name]))
            size = max(machine.saved_bytes(name) for machine in self.machines)
            return self.states.add(name, on=on, size=size, origin=origin)

    def _tidy(self, machine: Machine) -> None:
        """Let the node forget what it can read again, so that there is less to save."""
        agent = self.transport(machine.name)
        if agent.answers(2.0):
            script = "sync; echo 3 >/proc/sys/vm/drop_caches"
            agent.run(Command.of("sh", "-c", script)).check()

    def forget(self, name: str) -> None:
        """Drop a saved state.

        Raises:
            LabError: there is none of that name.
        """
        with cache.locked(cache.root() / "lock", f"forget {name}", wait=False):
            self.states.find(name)
            self.states.drop(name)
            self._both(lambda machine: machine.drop(name))

    def rewind(self, name: str = BOOTED) -> None:
        """Go back to `name`: memory, disks, power and whole links, then wait for an answer.

        Raises:
            LabError: no such state, or a node does not answer afterwards.
        """
        with cache.locked(cache.root() / "lock", f"rewind {name}", wait=False):
            self._rewind(name)

    def _rewind(self, name: str) -> None:
        state = self.states.find(name)
        with step(self.report, f"going back to {name}", "1-3 s, and 1-3 s to an answer"):
            way_in.hang_up(self.folder, NODES)
            # In a QEMU that has run, a processor's clock never goes back: the nodes
            # would find that all their time limits have passed. So new ones begin.
            self._both(Machine.end)
            self.heal()
            rack.ask(self.folder, clear=True)
            self._both(self._start_machine)
            self._both(lambda machine: machine.load(name))
            self._both(lambda machine: _go(machine, on=state.on[machine.name]))
            for node, on in state.on.items():
                if on:
                    self.await_answer(node, _ANSWER_LIMIT)

    def _both(self, work: Callable[[Machine], object]) -> None:
        with ThreadPoolExecutor(len(NODES)) as pool:
            list(pool.map(work, self.machines))


def _stop(machine: Machine) -> None:
    with machine.monitor() as qmp:
        qmp.run("stop")


def _go(machine: Machine, *, on: bool) -> None:
    if on:
        with machine.monitor() as qmp:
            qmp.run("cont")
