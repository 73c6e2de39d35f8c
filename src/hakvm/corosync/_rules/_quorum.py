"""Rules over quorum: who goes on when the nodes lose sight of each other."""

from collections.abc import Iterator
from typing import Any

import attrs

from hakvm.corosync._config import Config
from hakvm.corosync._rules._book import RULES, good, instead
from hakvm.findings import Layer, Severity, Trouble

_TWO = 2
_DEVICE = """\
    device {
        model: net
        votes: 1
        net {
            host: q
        }
    }
"""
_TWO_NODE = "    two_node: 1\n"


def _quorum(config: Config, **changes: Any) -> Config:  # noqa: ANN401 - of any option
    return attrs.evolve(config, quorum=attrs.evolve(config.quorum, **changes))


@RULES.rule(
    "corosync.no-provider",
    Severity.ERROR,
    Layer.COROSYNC,
    why="without votequorum corosync counts no votes, and Pacemaker never has quorum",
    fix="provider: corosync_votequorum",
    source="votequorum(5); corosync -t accepts any word",
    failing=lambda: instead(("provider: corosync_votequorum", "provider: votequorum")),
    passing=good,
    mend=lambda config: _quorum(config, provider="corosync_votequorum"),
)
def no_provider(config: Config) -> Iterator[Trouble]:
    """No quorum provider, or one that does not exist."""
    provider = config.quorum.provider
    if provider != "corosync_votequorum":
        said = f"there is no provider {provider!r}" if provider else "no provider"
        yield Trouble(message=f"quorum: {said}", where="quorum.provider")


@RULES.rule(
    "corosync.two-node-missing",
    Severity.WARNING,
    Layer.COROSYNC,
    why="with two nodes quorum is two: when one dies the other stops everything",
    fix="two_node: 1",
    source="votequorum(5), two_node; pcs sets it for exactly two nodes",
    failing=lambda: instead((_TWO_NODE, "")),
    passing=good,
    mend=lambda config: _quorum(config, two_node=True),
)
def two_node_missing(config: Config) -> Iterator[Trouble]:
    """Two nodes, and nothing that breaks the tie."""
    quorum = config.quorum
    ties = quorum.two_node or quorum.auto_tie_breaker or quorum.device.model
    if len(config.nodelist) == _TWO and not ties:
        yield Trouble(message="two nodes without two_node: 1", where="quorum.two_node")


@RULES.rule(
    "corosync.two-node-count",
    Severity.ERROR,
    Layer.COROSYNC,
    why="two_node gives each part quorum by itself: with other than two nodes, several at once",
    fix="take two_node out",
    source="votequorum(5), two_node; corosync -t accepts it",
    failing=lambda: instead(
        ("quorum {", "quorum {\n    expected_votes: 3"),
    ),
    passing=good,
    mend=lambda config: _quorum(config, two_node=None),
)
def two_node_count(config: Config) -> Iterator[Trouble]:
    """two_node with other than two nodes or votes."""
    quorum = config.quorum
    if not quorum.two_node:
        return
    count = len(config.nodelist)
    if count and count != _TWO:
        yield Trouble(message=f"two_node: 1 with {count} nodes", where="quorum.two_node")
    if quorum.expected_votes not in {None, _TWO}:
        yield Trouble(
            message=f"two_node: 1 with {quorum.expected_votes} expected votes",
            where="quorum.expected_votes",
        )
    for place, node in enumerate(config.nodelist):
        if node.quorum_votes not in {None, 1}:
            yield Trouble(
                message=f"two_node: 1 with {node.quorum_votes} votes for one node",
                where=f"nodelist.node[{place}].quorum_votes",
            )


@RULES.rule(
    "corosync.wait-for-all-off",
    Severity.ERROR,
    Layer.COROSYNC,
    why="a node that starts alone fences its peer, which does the same when it is back: a loop",
    fix="take wait_for_all: 0 out; two_node sets it to 1",
    source="votequorum(5), two_node",
    failing=lambda: instead((_TWO_NODE, f"{_TWO_NODE}    wait_for_all: 0\n")),
    passing=good,
    mend=lambda config: _quorum(config, wait_for_all=None),
)
def wait_for_all_off(config: Config) -> Iterator[Trouble]:
    """two_node without waiting for the other node after a start."""
    if config.quorum.two_node and not config.quorum.waits_for_all:
        yield Trouble(message="two_node: 1 with wait_for_all: 0", where="quorum.wait_for_all")


@RULES.rule(
    "corosync.two-node-and-tie-breaker",
    Severity.WARNING,
    Layer.COROSYNC,
    why="with two_node both are quorate anyway: the tie-breaker has nothing to decide",
    fix="leave one of the two",
    source="pcs: two_node excludes auto_tie_breaker; corosync -t accepts it",
    failing=lambda: instead((_TWO_NODE, f"{_TWO_NODE}    auto_tie_breaker: 1\n")),
    passing=good,
    mend=lambda config: _quorum(config, auto_tie_breaker=None, auto_tie_breaker_node=None),
)
def two_node_and_tie_breaker(config: Config) -> Iterator[Trouble]:
    """two_node beside auto_tie_breaker."""
    if config.quorum.two_node and config.quorum.auto_tie_breaker:
        yield Trouble(
            message="two_node: 1 with auto_tie_breaker: 1", where="quorum.auto_tie_breaker"
        )


@RULES.rule(
    "corosync.two-node-and-device",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync does not start: both cannot be configured at the same time",
    fix="take two_node out: the device breaks the tie",
    source="exec/votequorum.c, votequorum_readconfig; corosync -t accepts it",
    failing=lambda: instead((_TWO_NODE, _TWO_NODE + _DEVICE)),
    passing=lambda: instead((_TWO_NODE, _DEVICE)),
    mend=lambda config: _quorum(config, two_node=None),
)
def two_node_and_device(config: Config) -> Iterator[Trouble]:
    """two_node beside a quorum device."""
    if config.quorum.two_node and config.quorum.device.model:
        yield Trouble(message="two_node: 1 with a quorum device", where="quorum.device")


@RULES.rule(
    "corosync.device-conflict",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync does not start: a quorum device excludes them",
    fix="take them out, or the device",
    source="exec/votequorum.c, votequorum_readconfig; corosync -t accepts it",
    failing=lambda: instead(
        (_TWO_NODE, f"{_DEVICE}    last_man_standing: 1\n    wait_for_all: 1\n")
    ),
    passing=lambda: instead((_TWO_NODE, _DEVICE)),
    mend=lambda config: _quorum(
        config,
        last_man_standing=None,
        last_man_standing_window=None,
        auto_tie_breaker=None,
        auto_tie_breaker_node=None,
        allow_downscale=None,
    ),
)
def device_conflict(config: Config) -> Iterator[Trouble]:
    """A quorum device beside what excludes it."""
    quorum = config.quorum
    if quorum.device.model:
        for name in ("last_man_standing", "auto_tie_breaker", "allow_downscale"):
            if getattr(quorum, name):
                yield Trouble(message=f"{name}: 1 with a quorum device", where=f"quorum.{name}")


@RULES.rule(
    "corosync.device-votes-missing",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync does not start: it cannot guess how many votes the device has",
    fix="give the device its votes",
    source="exec/votequorum.c: quorum.device.votes must be specified; corosync -t accepts it",
    failing=lambda: instead(
        (_TWO_NODE, "    expected_votes: 3\n" + _DEVICE.replace("        votes: 1\n", ""))
    ),
    passing=lambda: instead((_TWO_NODE, "    expected_votes: 3\n" + _DEVICE)),
)
def device_votes_missing(config: Config) -> Iterator[Trouble]:
    """A device without votes where they cannot be guessed."""
    quorum = config.quorum
    uneven = any(node.quorum_votes not in {None, 1} for node in config.nodelist)
    if quorum.device.model and quorum.device.votes is None and (quorum.expected_votes or uneven):
        yield Trouble(message="the quorum device has no votes", where="quorum.device.votes")


@RULES.rule(
    "corosync.device-without-host",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync-qdevice does not know where its server is, and the vote never comes",
    fix="name the server: host, in the section device.net",
    source="corosync-qdevice(8)",
    failing=lambda: instead((_TWO_NODE, _DEVICE.replace("            host: q\n", ""))),
    passing=lambda: instead((_TWO_NODE, _DEVICE)),
)
def device_without_host(config: Config) -> Iterator[Trouble]:
    """A device of the model net without a server."""
    device = config.quorum.device
    if device.model == "net" and not device.net.host:
        yield Trouble(message="the quorum device has no host", where="quorum.device.net.host")


@RULES.rule(
    "corosync.no-votes",
    Severity.ERROR,
    Layer.COROSYNC,
    why="corosync does not start: votequorum must know how many votes there are",
    fix="list the nodes, or set expected_votes",
    source="exec/votequorum.c: nodelist or quorum.expected_votes must be configured",
    failing=lambda: Config.parse(
        "totem {\n version: 2\n}\nquorum {\n provider: corosync_votequorum\n}\n"
    ),
    passing=good,
)
def no_votes(config: Config) -> Iterator[Trouble]:
    """Neither nodes nor a number of votes."""
    quorum = config.quorum
    if quorum.provider and not config.nodelist.node and not quorum.expected_votes:
        yield Trouble(
            message="neither a nodelist nor expected_votes", where="quorum.expected_votes"
        )


@RULES.rule(
    "corosync.window-without-last-man",
    Severity.WARNING,
    Layer.COROSYNC,
    why="the window is for last_man_standing, and without it does nothing",
    fix="set last_man_standing: 1, or take the window out",
    source="pcs, lib/corosync/config_validators.py; votequorum(5)",
    failing=lambda: instead((_TWO_NODE, f"{_TWO_NODE}    last_man_standing_window: 20000\n")),
    passing=good,
    mend=lambda config: _quorum(config, last_man_standing_window=None),
)
def window_without_last_man(config: Config) -> Iterator[Trouble]:
    """last_man_standing_window alone."""
    quorum = config.quorum
    if quorum.last_man_standing_window is not None and not quorum.last_man_standing:
        yield Trouble(
            message="last_man_standing_window without last_man_standing: 1",
            where="quorum.last_man_standing_window",
        )


@RULES.rule(
    "corosync.last-man-without-wait",
    Severity.WARNING,
    Layer.COROSYNC,
    why="parts that start apart each count themselves down until they are quorate",
    fix="set wait_for_all: 1 beside it",
    source="votequorum(5), last_man_standing",
    failing=lambda: instead((_TWO_NODE, "    auto_tie_breaker: 1\n    last_man_standing: 1\n")),
    passing=lambda: instead(
        (_TWO_NODE, "    auto_tie_breaker: 1\n    last_man_standing: 1\n    wait_for_all: 1\n")
    ),
    mend=lambda config: _quorum(config, wait_for_all=True),
)
def last_man_without_wait(config: Config) -> Iterator[Trouble]:
    """last_man_standing without wait_for_all."""
    if config.quorum.last_man_standing and not config.quorum.waits_for_all:
        yield Trouble(
            message="last_man_standing: 1 without wait_for_all: 1", where="quorum.last_man_standing"
        )


@RULES.rule(
    "corosync.allow-downscale",
    Severity.WARNING,
    Layer.COROSYNC,
    why='the manual page calls it "incomplete and currently unsupported"',
    fix="take allow_downscale out",
    source="votequorum(5), allow_downscale",
    failing=lambda: instead((_TWO_NODE, f"{_TWO_NODE}    allow_downscale: 1\n")),
    passing=good,
    mend=lambda config: _quorum(config, allow_downscale=None),
)
def allow_downscale(config: Config) -> Iterator[Trouble]:
    """allow_downscale, which nobody supports."""
    if config.quorum.allow_downscale:
        yield Trouble(message="allow_downscale: 1", where="quorum.allow_downscale")
