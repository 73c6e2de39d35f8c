"""The same command on several hosts, side by side."""

import contextlib
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor

from attrs import define, field, frozen

from hakvm._frozen import FrozenMapping
from hakvm.errors import InvalidError, TransportError
from hakvm.transport._base import Command, Completed, Running, Starter, Transport

__all__ = ["Gathered", "gather"]


@frozen(kw_only=True)
class Gathered(Mapping[str, Completed]):
    """What came of a command on each node.

    As a mapping it gives a node's `Completed`, or raises the error that the
    node gave; `check` raises if there is any.

    Attributes:
        done: the nodes where it ran to its end, whatever its exit status.
        failed: the nodes where it did not, and why.
    """

    done: Mapping[str, Completed] = field(converter=FrozenMapping[str, Completed])
    failed: Mapping[str, TransportError] = field(converter=FrozenMapping[str, TransportError])

    def __getitem__(self, node: str) -> Completed:
        if node in self.failed:
            raise self.failed[node]
        return self.done[node]

    def __iter__(self) -> Iterator[str]:
        yield from self.done
        yield from self.failed

    def __len__(self) -> int:
        return len(self.done) + len(self.failed)

    def __contains__(self, node: object) -> bool:
        return node in self.done or node in self.failed

    def check(self, *allowed: int) -> "Gathered":
        """Return itself if it ended with status 0, or one of `allowed`, on every node.

        Raises:
            TransportError: on one node it did not: that node's own error. On
                several: one that names them all.
        """
        failures = list(self.failed.values())
        for done in self.done.values():
            try:
                done.check(*allowed)
            except TransportError as failure:
                failures.append(failure)
        if len(failures) == 1:
            raise failures[0]
        if failures:
            raise TransportError(
                "\n".join(str(failure) for failure in failures),
                may_have_run=any(failure.may_have_run for failure in failures),
            )
        return self


@define
class _Under:
    """The commands under way, so that an interrupt can stop them all."""

    way: list[Running] = field(factory=list)
    stopped: bool = False

    def run(self, transport: Transport, command: Command) -> Completed | TransportError:
        if not isinstance(transport, Starter):
            return run_one(transport, command)
        try:
            with transport.start(command) as running:
                self.way.append(running)
                if self.stopped:
                    running.cancel()
                return running.wait()
        except TransportError as failure:
            return failure

    def stop(self) -> None:
        self.stopped = True
        for running in list(self.way):
            with contextlib.suppress(TransportError):
                running.cancel()


def run_one(transport: Transport, command: Command) -> Completed | TransportError:
    """Run `command`; the error is returned, so that it does not end the others."""
    try:
        return transport.run(command)
    except TransportError as failure:
        return failure


def gather(
    transports: Mapping[str, Transport],
    command: Command | Mapping[str, Command],
    *,
    executor: Executor | None = None,
) -> Gathered:
    """Run a command on several nodes side by side, and wait for all of them.

    Args:
        transports: each node's transport.
        command: what to run; a mapping gives each node its own.
        executor: what runs them, for a fleet; a thread for each node unless told.
            An interrupt stops what runs in our own threads, on the far side too.

    Raises:
        InvalidError: a node has no command of its own.
    """
    commands = command if isinstance(command, Mapping) else dict.fromkeys(transports, command)
    if missing := [node for node in transports if node not in commands]:
        raise InvalidError(
            f"no command for {', '.join(missing)}", path="command", hint="one for each transport"
        )
    jobs = {node: (transport, commands[node]) for node, transport in transports.items()}
    if executor is not None:
        pending = {node: executor.submit(run_one, *job) for node, job in jobs.items()}
        return _sort({node: future.result() for node, future in pending.items()})
    under = _Under()
    with ThreadPoolExecutor(max(1, len(jobs)), "hakvm-gather") as threads:
        pending = {node: threads.submit(under.run, *job) for node, job in jobs.items()}
        try:
            return _sort({node: future.result() for node, future in pending.items()})
        except BaseException:
            under.stop()
            raise


def _sort(ends: Mapping[str, Completed | TransportError]) -> Gathered:
    return Gathered(
        done={node: end for node, end in ends.items() if isinstance(end, Completed)},
        failed={node: end for node, end in ends.items() if isinstance(end, TransportError)},
    )
