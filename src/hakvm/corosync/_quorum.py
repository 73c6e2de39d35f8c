"""The section quorum: who may act when not all are there."""

# ruff: noqa: RUF009 - these calls are attrs.field() under names of the format

from collections.abc import Mapping
from typing import ClassVar, Literal

from attrs import frozen

from hakvm.corosync._option import choice, flag, host, number, text
from hakvm.corosync._section import Section, child

__all__ = ["Device", "DeviceNet", "Heuristics", "Quorum"]


@frozen(kw_only=True, repr=False)
class DeviceNet(Section):
    """How a quorum device of the model net is reached (corosync-qdevice(8)).

    Attributes:
        host: where corosync-qnetd runs.
        port: its TCP port.
        tls: off, on, or required.
        algorithm: how votes are given: test, ffsplit, 2nodelms, lms.
        tie_breaker: lowest, highest, or a nodeid.
        connect_timeout: ms.
        force_ip_version: 0 for either, 4 or 6.
    """

    host: str | None = host()
    port: int | None = number(high=65535, default=5403)
    tls: Literal["off", "on", "required"] | None = choice(
        "off", "on", "required", strict=False, default="on"
    )
    algorithm: Literal["test", "ffsplit", "2nodelms", "lms"] | None = choice(
        "test", "ffsplit", "2nodelms", "lms", strict=False, default="test"
    )
    tie_breaker: str | None = text(default="lowest")
    connect_timeout: int | None = number(unit="ms")
    force_ip_version: Literal["0", "4", "6"] | None = choice(
        "0", "4", "6", strict=False, default="0"
    )
    keep_active_partition_tie_breaker: bool | None = flag("on", "off", strict=False, default=False)


@frozen(kw_only=True, repr=False)
class Heuristics(Section):
    """Commands that a node runs to see whether it is fit to win (corosync-qdevice(8)).

    The commands are options of the user's own naming: `exec_NAME: /path/to/program words`.
    They stand in `extra`; `commands` gives them by their names.

    Attributes:
        mode: off, sync (when members change) or on (and then regularly).
        interval, timeout, sync_timeout: ms.
    """

    own_keys: ClassVar[str] = "exec_"

    mode: Literal["off", "sync", "on"] | None = choice(
        "off", "sync", "on", strict=False, default="off"
    )
    interval: int | None = number(unit="ms")
    timeout: int | None = number(unit="ms")
    sync_timeout: int | None = number(unit="ms")

    @property
    def commands(self) -> Mapping[str, str]:
        """The commands by their names."""
        return {
            key.removeprefix(self.own_keys): value
            for key, value in self.extra
            if key.startswith(self.own_keys)
        }


@frozen(kw_only=True, repr=False)
class Device(Section):
    """A quorum device: a vote from outside.

    Attributes:
        model: net; where it is not given, there is no device.
        timeout, sync_timeout: ms.
        votes: how many votes it gives.
    """

    model: str | None = text()
    timeout: int | None = number(unit="ms", default=10000)
    sync_timeout: int | None = number(unit="ms", default=30000)
    votes: int | None = number()
    master_wins: bool | None = flag("1", "0", default=False)
    net: DeviceNet = child(DeviceNet, "net")
    heuristics: Heuristics = child(Heuristics, "heuristics")


@frozen(kw_only=True, repr=False)
class Quorum(Section):
    """How votes are counted.

    Attributes:
        provider: corosync_votequorum, the only one there is.
        expected_votes: how many votes there are; counted from the nodelist where not given.
        votes: how many this node has; the nodelist's quorum_votes replaces it.
        two_node: either of two nodes is quorate alone; sets wait_for_all.
        wait_for_all: after a start, quorate only once all have been seen.
        last_man_standing, last_man_standing_window: count anew (ms) when nodes are lost.
        auto_tie_breaker, auto_tie_breaker_node: which half goes on: lowest, highest, nodeids.
        allow_downscale, expected_votes_tracking: when nodes leave on purpose.
        device: a quorum device.

    Source: votequorum(5); exec/votequorum.c.
    """

    provider: str | None = text()
    expected_votes: int | None = number()
    votes: int | None = number(default=1)
    two_node: bool | None = flag("1", "0", default=False)
    wait_for_all: bool | None = flag("1", "0", default=False)
    last_man_standing: bool | None = flag("1", "0", default=False)
    last_man_standing_window: int | None = number(unit="ms", default=10000)
    auto_tie_breaker: bool | None = flag("1", "0", default=False)
    auto_tie_breaker_node: str | None = text(default="lowest")
    allow_downscale: bool | None = flag("1", "0", default=False)
    expected_votes_tracking: bool | None = flag("1", "0", default=False)
    leaving_timeout: int | None = number(unit="ms")
    device: Device = child(Device, "device")

    @property
    def waits_for_all(self) -> bool:
        """Whether it waits for all after a start: as told, or because of two_node."""
        return bool(self.two_node) if self.wait_for_all is None else self.wait_for_all
