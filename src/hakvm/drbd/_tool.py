"""drbdadm, over a transport: each method one verb of the tool."""

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from typing import TypeVar

from attrs import define, field

from hakvm._frozen import FrozenMapping
from hakvm.drbd._create_md import Overwrite, create_md
from hakvm.drbd._events import Event, parse_events
from hakvm.drbd._generation import GenerationIds
from hakvm.drbd._proc import ProcDrbd
from hakvm.drbd._release import Release
from hakvm.drbd._status import Status
from hakvm.drbd._words import APART, ConnectionState, DiskState, Role
from hakvm.errors import HakvmError, InvalidError, TransportError, UnsafeError, WaitTimeout
from hakvm.transport import Command, Completed, Starter, Transport

__all__ = ["Drbdadm", "arguments"]

W = TypeVar("W")
_LIMIT = timedelta(seconds=60)
_RESYNC_LIMIT = timedelta(minutes=10)  # attaching reads the whole bitmap
# What 8.3 calls otherwise: its options stand before the verb, behind a bare `--`.
_IN_8_3 = {"--force": "--overwrite-data-of-peer"}

# What 8.4 hands on to drbdsetup without knowing it, in the same place.
_PASSED_ON_IN_8_4 = frozenset({"--assume-clean"})


def arguments(
    verb: str, resource: str, *options: str, release: Release, dry_run: bool = False
) -> tuple[str, ...]:
    """Return the words behind `drbdadm`: here alone the releases differ.

    arguments("primary", "r0", "--force", release=Release.V8_4)
    """
    dry = ("--dry-run",) if dry_run else ()
    if release is Release.V8_3 and options:
        return (*dry, "--", *(_IN_8_3.get(one, one) for one in options), verb, resource)
    if release is Release.V8_4 and _PASSED_ON_IN_8_4.intersection(options):
        return (*dry, "--", *options, verb, resource)
    return (*dry, verb, *options, resource)


def _checked(resource: str) -> str:
    if not resource or resource.startswith("-") or not resource.isprintable():
        raise InvalidError(
            f"{resource!r} is no name of a resource", path="resource", value=resource
        )
    return resource


@define
class Drbdadm:
    """The tool on one host.

        tool = drbd.Drbdadm(transport)
        tool.up("r0")
        tool.role("r0")                          # (Role.SECONDARY, Role.UNKNOWN)
        tool.primary("r0", dry_run=True)         # ('drbdsetup-84 primary 0',)

    Verbs that act return the commands that `dry_run` would run, and nothing when they ran.
    They raise CommandError where the tool fails, as `Transport.run` does what it raises.

    Attributes:
        transport: runs it.
        release: the dialect of the host's module; asked for when it is first needed.
        config: the file to read instead of /etc/drbd.conf.
        env: variables for the tool.
    """

    transport: Transport
    _release: Release | None = field(default=None, kw_only=True)
    config: str | None = field(default=None, kw_only=True)
    env: Mapping[str, str] = field(factory=FrozenMapping, kw_only=True)

    @property
    def release(self) -> Release:
        """The dialect of the host's module.

        Raises:
            TransportError: it has none loaded.
        """
        if self._release is None:
            self._release = self.detect()
        return self._release

    def detect(self) -> Release:
        """Ask the host for its module (`drbdadm --version`)."""
        text = self._run(("drbdadm", "--version")).check().text
        # The version itself is told by the tool for 9 alone; the code, by all of them.
        found = re.search(r"^DRBD_KERNEL_VERSION_CODE=0x([0-9a-fA-F]{1,6})\s*$", text, re.MULTILINE)
        code = int(found[1], 16) if found is not None else 0
        if not code:
            raise TransportError(
                "DRBD's module is not loaded",
                host=self.transport.host,
                hint="load it (modprobe drbd), or say which: Drbdadm(transport, release=…)",
            )
        return Release.of(f"{code >> 16}.{code >> 8 & 0xFF}.{code & 0xFF}")

    def _run(self, argv: tuple[str, ...], limit: timedelta = _LIMIT) -> Completed:
        return self.transport.run(Command(argv=argv, timeout=limit, env=self.env))

    def argv(self, *words: str) -> tuple[str, ...]:
        """Return the whole command line for these words of drbdadm's."""
        config = ("-c", self.config) if self.config is not None else ()
        return ("drbdadm", *config, *words)

    def _act(
        self,
        verb: str,
        resource: str,
        *options: str,
        dry_run: bool,
        limit: timedelta = _LIMIT,
    ) -> tuple[str, ...]:
        words = arguments(verb, _checked(resource), *options, release=self.release, dry_run=dry_run)
        done = self._run(self.argv(*words), limit).check()
        return tuple(line for line in done.text.splitlines() if line) if dry_run else ()

    def _ask(self, verb: str, resource: str) -> str:
        return self._run(self.argv(verb, _checked(resource))).check().text

    # --- bringing up and down -----------------------------------------------------

    def create_md(
        self,
        resource: str,
        *,
        confirm: Collection[Overwrite] = (),
        max_peers: int | None = None,
        dry_run: bool = False,
    ) -> tuple[str, ...]:
        """Write fresh meta-data for this node's copy.

        Where the tool finds something there, it asks; nothing is written then, unless `confirm`
        holds all that it asks about.

        Raises:
            UnsafeError: something is there; its message says what, in the tool's words.
            CommandError: it would cut off a filesystem's end, or failed otherwise.
        """
        options = () if max_peers is None else (f"--max-peers={max_peers}",)
        if dry_run:
            return self._act("create-md", resource, *options, dry_run=True)
        words = arguments("create-md", _checked(resource), *options, release=self.release)
        command = Command(argv=self.argv(*words), timeout=_RESYNC_LIMIT, env=self.env)
        create_md(self.transport, command, resource, frozenset(confirm))
        return ()

    def up(self, resource: str, *, dry_run: bool = False) -> tuple[str, ...]:
        """Attach and connect."""
        return self._act("up", resource, dry_run=dry_run, limit=_RESYNC_LIMIT)

    def down(self, resource: str, *, dry_run: bool = False) -> tuple[str, ...]:
        """Disconnect and detach; fails while the device is in use."""
        return self._act("down", resource, dry_run=dry_run)

    def adjust(self, resource: str, *, dry_run: bool = False) -> tuple[str, ...]:
        """Bring the module to what the configuration says."""
        return self._act("adjust", resource, dry_run=dry_run, limit=_RESYNC_LIMIT)

    def attach(self, resource: str, *, dry_run: bool = False) -> tuple[str, ...]:
        """Attach the disk below."""
        return self._act("attach", resource, dry_run=dry_run, limit=_RESYNC_LIMIT)

    def detach(self, resource: str, *, dry_run: bool = False) -> tuple[str, ...]:
        """Detach the disk below."""
        return self._act("detach", resource, dry_run=dry_run)

    def connect(
        self,
        resource: str,
        *,
        discard_my_data: bool = False,
        confirm: str = "",
        dry_run: bool = False,
    ) -> tuple[str, ...]:
        """Connect to the peer.

        Raises:
            UnsafeError: `discard_my_data` throws this node's changes away; `confirm` has to be
                the resource's name.
        """
        if not discard_my_data:
            return self._act("connect", resource, dry_run=dry_run)
        if not dry_run:
            _confirmed(
                f"what was written on {self.transport.host} since the nodes parted is lost",
                f'connect("{resource}", discard_my_data=True, confirm="{resource}")',
                resource,
                confirm,
            )
        return self._act("connect", resource, "--discard-my-data", dry_run=dry_run)

    def disconnect(self, resource: str, *, dry_run: bool = False) -> tuple[str, ...]:
        """Disconnect from the peer."""
        return self._act("disconnect", resource, dry_run=dry_run)

    # --- roles and data -----------------------------------------------------------

    def primary(
        self, resource: str, *, force: bool = False, confirm: str = "", dry_run: bool = False
    ) -> tuple[str, ...]:
        """Promote.

        Raises:
            UnsafeError: `force` makes this copy the good one, whatever it holds; `confirm` has to
                be the resource's name.
        """
        if not force:
            return self._act("primary", resource, dry_run=dry_run)
        if not dry_run:
            _confirmed(
                f"the copy on {self.transport.host} becomes the good one, whatever it holds",
                f'primary("{resource}", force=True, confirm="{resource}")',
                resource,
                confirm,
            )
        return self._act("primary", resource, "--force", dry_run=dry_run)

    def secondary(self, resource: str, *, dry_run: bool = False) -> tuple[str, ...]:
        """Demote; fails while the device is in use."""
        return self._act("secondary", resource, dry_run=dry_run)

    def verify(self, resource: str, *, dry_run: bool = False) -> tuple[str, ...]:
        """Begin to compare the copies; `watch` shows how far it is."""
        return self._act("verify", resource, dry_run=dry_run)

    def invalidate(
        self, resource: str, *, confirm: str = "", dry_run: bool = False
    ) -> tuple[str, ...]:
        """Throw this node's copy away, and have all of it from the peer.

        Raises:
            UnsafeError: not confirmed with the resource's name; or the peer's copy is not up to
                date, and then no confirmation helps.
        """
        if dry_run:
            return self._act("invalidate", resource, dry_run=True)
        call = f'invalidate("{resource}", confirm="{resource}")'
        peers = [state for volume in self.dstate(resource) for state in volume[1:]]
        if not peers or any(state is not DiskState.UP_TO_DATE for state in peers):
            raise UnsafeError(
                f"the peer's copy of {resource} is {', '.join(peers) or 'not there'}:"
                " this one may be the only good one",
                confirm="",
                hint="bring the peer to UpToDate first",
            )
        _confirmed(f"the copy on {self.transport.host} is thrown away", call, resource, confirm)
        return self._act("invalidate", resource, dry_run=False)

    def resize(
        self,
        resource: str,
        *,
        assume_clean: bool = False,
        confirm: str = "",
        dry_run: bool = False,
    ) -> tuple[str, ...]:
        """Take over the size of the disks below.

        Raises:
            UnsafeError: `assume_clean` leaves the new part unsynchronised; `confirm` has to be
                the resource's name.
        """
        if not assume_clean:
            return self._act("resize", resource, dry_run=dry_run)
        if not dry_run:
            _confirmed(
                "the new part may differ between the nodes, and nobody will know",
                f'resize("{resource}", assume_clean=True, confirm="{resource}")',
                resource,
                confirm,
            )
        return self._act("resize", resource, "--assume-clean", dry_run=dry_run)

    # --- what is asked ------------------------------------------------------------

    def role(self, resource: str) -> tuple[Role, ...]:
        """Return this node's role, then the peer's (8.4; 9 tells its own alone)."""
        return _slashed(self._ask("role", resource), Role)[0]

    def cstate(self, resource: str) -> tuple[ConnectionState, ...]:
        """Return the state of each connection."""
        return tuple(
            state
            for line in _slashed(self._ask("cstate", resource), ConnectionState)
            for state in line
        )

    def dstate(self, resource: str) -> tuple[tuple[DiskState, ...], ...]:
        """Return for each volume the state of this node's disk, then the peers'."""
        return _slashed(self._ask("dstate", resource), DiskState)

    def show_gi(self, resource: str) -> tuple[GenerationIds, ...]:
        """Return the generation identifiers, for each volume (and peer, on 9)."""
        text = self._ask("get-gi", resource)
        return tuple(GenerationIds.parse(line) for line in text.splitlines() if line.strip())

    def dump(self, resource: str = "all") -> str:
        """Return the configuration as the tool understands it."""
        return self._ask("dump", resource)

    def proc(self) -> ProcDrbd:
        """Return what /proc/drbd shows."""
        return ProcDrbd.parse(self._run(("cat", "/proc/drbd")).check().text)

    def status(self) -> Status:
        """Return the state of all resources: JSON from 9, text from 8.4."""
        json = ("--json",) if self.release is Release.V9_0 else ()
        argv = ("drbdsetup", "status", *json, "--verbose", "--statistics")
        return Status.parse(self._run(argv).check().text, source=f"{self.transport.host}: status")

    def events(self, *, now: bool = False) -> Iterator[Event]:
        """Yield the module's events as they happen, the state that is there first.

        Closing the iterator stops the tool. With `now` it ends after the state that is there.

        Raises:
            TransportError: the transport cannot follow a command.
        """
        if not isinstance(self.transport, Starter):
            raise TransportError(
                "this transport cannot follow a command",
                host=self.transport.host,
                hint="Local and Ssh can",
            )
        more = ("--now",) if now else ()
        argv = ("drbdsetup", "events2", "--statistics", *more)
        with self.transport.start(Command(argv=argv, timeout=None, env=self.env)) as running:
            yield from parse_events(running.lines())

    def wait_connect(
        self,
        resource: str,
        *,
        limit: timedelta,
        interval: timedelta = timedelta(seconds=1),
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> tuple[ConnectionState, ...]:
        """Wait until all connections stand; return their states.

        Raises:
            WaitTimeout: they did not within `limit`.
        """
        end = clock() + limit.total_seconds()
        while True:
            states = self.cstate(resource)
            if states and APART.isdisjoint(states):
                return states
            left = end - clock()
            if left <= 0:
                raise WaitTimeout(
                    f"{resource} on {self.transport.host} did not connect within {limit}",
                    waited=limit.total_seconds(),
                    last="/".join(states),
                    hint="where both wait for each other, disconnect and connect on both",
                )
            sleep(min(left, interval.total_seconds()))


def _slashed(text: str, kind: Callable[[str], W]) -> tuple[tuple[W, ...], ...]:
    """Read lines of words with slashes between them."""
    lines = tuple(
        tuple(kind(word) for word in line.strip().split("/"))
        for line in text.splitlines()
        if line.strip()
    )
    if not lines:
        raise HakvmError("the tool said nothing", hint="is the resource up on this node?")
    return lines


def _confirmed(loss: str, call: str, resource: str, confirm: str) -> None:
    if confirm != resource:
        raise UnsafeError(f"{resource}: {loss}", confirm=call)
