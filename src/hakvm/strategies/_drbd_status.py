"""Strategies for DRBD's status: one state, as each of the tool's three ways tells it."""

import json
from typing import NamedTuple

from hypothesis import strategies as st

from hakvm.drbd import ConnectionState, DiskState, Role

__all__ = ["ToldStatus", "drbd_statuses"]

_REPLICATIONS = [
    one.value
    for one in ConnectionState
    if one.name.startswith(("OFF", "ESTABLISHED", "SYNC", "VERIFY", "PAUSED", "WF_BITMAP"))
]
_CONNECTIONS = ["StandAlone", "Connecting", "Connected", "Disconnecting", "NetworkFailure"]
_COUNT = st.integers(0, 2**50)


class ToldStatus(NamedTuple):
    """A state as `drbdsetup status --json`, as its text, and as the lines of `events2 --now`."""

    json: str
    text: str
    events: list[str]


def _yes(value: object) -> str:
    return "yes" if value else "no"


@st.composite
def drbd_statuses(draw: st.DrawFn) -> ToldStatus:
    """States of DRBD 9 with up to three resources, verbose and with statistics."""
    told: list[dict[str, object]] = []
    text: list[str] = []
    events: list[str] = []
    for name in draw(st.lists(st.sampled_from(["r0", "r1", "mail", "vm-1.x"]), unique=True)):
        role = draw(st.sampled_from(list(Role))).value
        write = draw(st.sampled_from(["none", "drain", "flush", "barrier"]))
        text += [f"{name} node-id:0 role:{role} suspended:no", f"    write-ordering:{write}"]
        events.append(
            f"exists resource name:{name} role:{role} suspended:no write-ordering:{write}"
            " may_promote:no promotion_score:0"
        )
        count = draw(st.integers(1, 3))
        devices = [_device(draw, number) for number in range(count)]
        for one in devices:
            words = " ".join(f"{key}:{value}" for key, value in list(one.items())[5:])
            head = f"disk:{one['disk-state']} client:{_yes(one['client'])}"
            quorum = _yes(one["quorum"])
            text.append(
                f"  volume:{one['volume']} minor:{one['minor']} {head} quorum:{quorum}\n"
                f"      {words}"
            )
            events.append(
                f"exists device name:{name} volume:{one['volume']} minor:{one['minor']} {head}"
                f" quorum:{quorum} {words}"
            )
        peers = draw(st.lists(st.integers(1, 3), unique=True, max_size=2))
        connections = [_connection(draw, name, peer, count, text, events) for peer in peers]
        told.append(
            {
                "name": name,
                "node-id": 0,
                "role": role,
                "suspended": False,
                "write-ordering": write,
                "devices": devices,
                "connections": connections,
            }
        )
    return ToldStatus(json.dumps(told, indent=1), "\n".join(text) + "\n", [*events, "exists -"])


def _device(draw: st.DrawFn, number: int) -> dict[str, object]:
    counters = "size read written al-writes bm-writes upper-pending lower-pending".split()  # noqa: SIM905 - words read best as words
    return {
        "volume": number,
        "minor": draw(st.integers(0, 1000)),
        "disk-state": draw(st.sampled_from(list(DiskState))).value,
        "client": draw(st.booleans()),
        "quorum": draw(st.booleans()),
        **{key: draw(_COUNT) for key in counters},
    }


def _connection(
    draw: st.DrawFn, name: str, peer: int, count: int, text: list[str], events: list[str]
) -> dict[str, object]:
    state = draw(st.sampled_from(_CONNECTIONS))
    role = draw(st.sampled_from(list(Role))).value
    congested = draw(st.booleans())
    flights = {key: draw(_COUNT) for key in ("ap-in-flight", "rs-in-flight")}
    words = " ".join(f"{key}:{value}" for key, value in flights.items())
    said = f"connection:{state}", f"role:{role}", f"congested:{_yes(congested)}"
    text.append(f"  node{peer} node-id:{peer} {' '.join(said)} {words}")
    key = f"name:{name} peer-node-id:{peer} conn-name:node{peer}"
    events.append(f"exists connection {key} {' '.join(said)} {words}")
    volumes = []
    for number in range(count):
        replication = draw(st.sampled_from(_REPLICATIONS))
        disk = draw(st.sampled_from(list(DiskState))).value
        waits = draw(st.sampled_from(["no", "user", "peer", "user,dependency"]))
        counters = {
            one: draw(_COUNT) for one in ("received", "sent", "out-of-sync", "pending", "unacked")
        }
        words = " ".join(f"{one}:{value}" for one, value in counters.items())
        done = draw(st.integers(0, 10000)) / 100 if "Sync" in replication else None
        share = "" if done is None else f" done:{done:.2f}"
        said_here = f"replication:{replication} peer-disk:{disk}"
        text.append(
            f"    volume:{number} {said_here}{share} resync-suspended:{waits}\n        {words}"
        )
        events.append(
            f"exists peer-device {key} volume:{number} {said_here} resync-suspended:{waits}"
            f"{share} {words}"
        )
        volumes.append(
            {
                "volume": number,
                "replication-state": replication,
                "peer-disk-state": disk,
                "resync-suspended": waits,
                **counters,
                **({} if done is None else {"percent-resync-done": done}),
            }
        )
    return {
        "peer-node-id": peer,
        "name": f"node{peer}",
        "connection-state": state,
        "congested": congested,
        "peer-role": role,
        **flights,
        "peer_devices": volumes,
    }
