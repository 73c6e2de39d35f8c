"""JSON, text and events tell the same state."""

import contextlib
import json
import re
import tarfile
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm import strategies
from hakvm.drbd import (
    ConnectionState,
    DiskState,
    Event,
    EventFold,
    Role,
    Status,
    parse_events,
)
from hakvm.errors import HakvmError, InvalidError, ParseError

JSON = """[
{
  "name": "r0",
  "node-id": 0,
  "role": "Primary",
  "suspended": false,
  "suspended-user": false,
  "suspended-no-data": false,
  "suspended-fencing": false,
  "suspended-quorum": false,
  "force-io-failures": false,
  "write-ordering": "flush",
  "devices": [
    {
      "volume": 0,
      "minor": 0,
      "disk-state": "UpToDate",
      "client": false,
      "quorum": true,
      "size": 1048508,
      "read": 132,
      "written": 4096,
      "al-writes": 3,
      "bm-writes": 0,
      "upper-pending": 0,
      "lower-pending": 0
    } ],
  "connections": [
    {
      "peer-node-id": 1,
      "name": "node2",
      "connection-state": "Connected",
      "congested": false,
      "peer-role": "Secondary",
      "ap-in-flight": 0,
      "rs-in-flight": 256,
      "paths": [
        {
          "this_host": {
            "address": "10.0.0.1",
            "port": 7789,
            "family": "ipv4"
          },
          "remote_host": {
            "address": "10.0.0.2",
            "port": 7789,
            "family": "ipv4"
          },
          "established": true
        } ],
      "peer_devices": [
        {
          "volume": 0,
          "replication-state": "SyncSource",
          "peer-disk-state": "Inconsistent",
          "peer-client": false,
          "resync-suspended": "no",
          "received": 0,
          "sent": 4096,
          "out-of-sync": 524254,
          "pending": 0,
          "unacked": 1,
          "has-sync-details": true,
          "has-online-verify-details": false,
          "percent-in-sync": 50.00,
          "rs-total": 2097016,
          "rs-dt-start-ms": 10000,
          "rs-paused-ms": 0,
          "rs-dt0-ms": 3000,
          "rs-db0-sectors": 6000,
          "rs-dt1-ms": 6000,
          "rs-db1-sectors": 12000,
          "rs-failed": 0,
          "rs-same-csum": 2,
          "want": 40.00,
          "db0/dt0 [MiB/s]": 0.98,
          "db1/dt1 [MiB/s]": 0.98,
          "estimated-seconds-to-finish": 524,
          "db/dt [MiB/s]": 51.20,
          "percent-resync-done": 50.00
        } ]
    } ]
} ]
"""
TEXT = """r0 node-id:0 role:Primary suspended:no force-io-failures:no
    write-ordering:flush
  volume:0 minor:0 disk:UpToDate backing_dev:/dev/vg/r0 quorum:yes
      size:1048508 read:132 written:4096 al-writes:3 bm-writes:0 upper-pending:0 lower-pending:0
      al-suspended:no blocked:no
  node2 node-id:1 connection:Connected role:Secondary congested:no ap-in-flight:0
      rs-in-flight:256
    volume:0 replication:SyncSource peer-disk:Inconsistent done:50.00 resync-suspended:no
        received:0 sent:4096 out-of-sync:524254 pending:0 unacked:1 dbdt1:0.98 eta:524
"""
EVENTS = """exists resource name:r0 role:Primary suspended:no force-io-failures:no \
write-ordering:flush may_promote:no promotion_score:10101
exists connection name:r0 peer-node-id:1 conn-name:node2 connection:Connected role:Secondary \
congested:no ap-in-flight:0 rs-in-flight:256
exists device name:r0 volume:0 minor:0 backing_dev:/dev/vg/r0 disk:UpToDate client:no \
quorum:yes size:1048508 read:132 written:4096 al-writes:3 bm-writes:0 upper-pending:0 \
lower-pending:0 al-suspended:no blocked:no
exists peer-device name:r0 peer-node-id:1 conn-name:node2 volume:0 replication:SyncSource \
peer-disk:Inconsistent peer-client:no resync-suspended:no done:50.00 received:0 sent:4096 \
out-of-sync:524254 pending:0 unacked:1 dbdt1:0.98 eta:524
exists path name:r0 peer-node-id:1 conn-name:node2 local:ipv4:10.0.0.1:7789 \
peer:ipv4:10.0.0.2:7789 established:yes
exists -
"""


def fold(text):
    folded = EventFold()
    for event in parse_events(text.splitlines()):
        folded.add(event)
    return folded


def test_json_is_typed_whole():
    resource = Status.parse(JSON).resource("r0")
    assert (resource.role, resource.node_id, resource.suspended) == (Role.PRIMARY, 0, ())
    assert resource.volumes[0].disk is DiskState.UP_TO_DATE
    assert resource.volumes[0].size == 1048508
    connection = resource.connections["node2"]
    assert connection.connection is ConnectionState.CONNECTED
    assert connection.paths["ipv4:10.0.0.1:7789 ipv4:10.0.0.2:7789"].established
    volume = connection.volumes[0]
    assert volume.replication is ConnectionState.SYNC_SOURCE
    assert (volume.out_of_sync, volume.percent_in_sync) == (524254, 50.0)
    assert volume.sync.percent == 50.0
    assert volume.sync.finish == timedelta(seconds=524)
    assert volume.sync.total == 1048508
    assert volume.sync.running == timedelta(seconds=10)
    assert volume.sync.marks["rs-db1-sectors"] == 12000
    for told in (resource, resource.volumes[0], connection, volume):
        assert not told.more


def test_three_ways_tell_one_state():
    from_json, from_text, from_events = Status.parse(JSON), Status.parse(TEXT), fold(EVENTS).status
    for told in (from_text, from_events):
        assert not told.unparsed
        for resource in told.resources.values():
            assert not resource.more
            assert not resource.volumes[0].more
            assert not resource.connections["node2"].more
            assert not resource.connections["node2"].volumes[0].more
    # Text and events have two of the sync's numbers, JSON has all; text has no paths.
    beside = re.compile(r"paths|\.sync\.marks\[")
    for one, other in (
        (from_json, from_text),
        (from_json, from_events),
        (from_text, from_events),
    ):
        assert [path for path in one.differences(other) if not beside.search(path)] == []


def test_a_difference_is_named():
    other = Status.parse(
        JSON.replace('"Secondary"', '"Primary"').replace('"written": 4096', '"written": 1')
    )
    assert Status.parse(JSON).differences(other) == (
        "resources['r0'].volumes[0].written",
        "resources['r0'].connections['node2'].peer_role",
    )


def test_the_short_text_of_8_4():
    status = Status.parse(
        """# a comment of an init script
r0 role:Secondary
  disk:Inconsistent
  peer role:Primary
    replication:SyncTarget peer-disk:UpToDate done:12.50

r1 role:Secondary suspended:fencing,user
  volume:0 disk:UpToDate
  volume:1 disk:Diskless
  peer connection:Connecting
"""
    )
    assert not status.unparsed
    first = status.resource("r0")
    assert first.volumes[0].disk is DiskState.INCONSISTENT
    assert first.connections["peer"].peer_role is Role.PRIMARY
    assert first.connections["peer"].volumes[0].sync.percent == 12.5
    second = status.resource("r1")
    assert second.suspended == ("fencing", "user")
    assert list(second.volumes) == [0, 1]
    assert second.connections["peer"].connection is ConnectionState.CONNECTING
    with pytest.raises(InvalidError, match="r0, r1"):
        status.resource("r2")


def test_unknown_words_and_fields_are_kept():
    text = JSON.replace('"UpToDate"', '"Sparkling"').replace(
        '"quorum": true', '"quorum": true,\n"new-thing": 7'
    )
    volume = Status.parse(text).resource("r0").volumes[0]
    assert volume.disk == "Sparkling"
    assert volume.disk.value == "Sparkling"
    assert not volume.disk.known
    assert volume.more == {"new-thing": "7"}


def test_what_the_tool_does_not_escape_is_read():
    text = JSON.replace('"name": "r0"', '"name": "r"0\\"').replace("50.00,", "-nan,")
    status = Status.parse(text)
    assert list(status.resources) == ['r"0\\']
    assert status.resources['r"0\\'].connections["node2"].volumes[0].percent_in_sync is None


def test_a_time_that_is_not_known():
    text = JSON.replace(
        '"estimated-seconds-to-finish": 524', '"estimated-seconds-to-finish": 987654321'
    )
    assert Status.parse(text).resource("r0").connections["node2"].volumes[0].sync.finish is None


@pytest.mark.parametrize(
    "text", ["[", "[1]", '[{"name": 1}, {}]', '[{"name": "r", "devices": 3}]', "[" * 100_000]
)
def test_json_that_is_no_status_is_named(text):
    with pytest.raises(ParseError):
        Status.parse(text)


@given(st.text() | st.text(alphabet='r0 :\n"[]{},discnevolum-'))
def test_only_our_errors_leave_it(text):
    try:
        status = Status.parse(text)
    except HakvmError:
        return
    assert isinstance(hash(status), int)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "name",
                        "devices",
                        "volume",
                        "connections",
                        "peer_devices",
                        "paths",
                        "role",
                        "x",
                    ]
                ),
                inner,
            )
        ),
    )
)
def test_any_json_is_a_status_or_our_error(value):
    with contextlib.suppress(HakvmError):
        Status.parse(json.dumps([value]))


def test_a_stream_is_folded_as_it_changes():
    folded = fold(EVENTS)
    assert folded.complete
    for line in (
        (
            "change peer-device name:r0 peer-node-id:1 conn-name:node2 volume:0"
            " replication:Established peer-disk:UpToDate"
        ),
        (
            "2026-01-01T10:00:00.000001+00:00 change connection name:r0 peer-node-id:1"
            " conn-name:node2 connection:StandAlone role:Unknown"
        ),
        "change resource name:r0 role:Primary->Secondary",
        "call helper name:r0 helper:fence-peer",
        "response helper name:r0 helper:fence-peer status:4",
        "- skipped 3",
        "what is this",
        (
            "destroy path name:r0 peer-node-id:1 conn-name:node2 local:ipv4:10.0.0.1:7789"
            " peer:ipv4:10.0.0.2:7789"
        ),
        "rename resource name:r0 new_name:r9",
    ):
        folded.add(next(parse_events([line])))
    resource = folded.status.resource("r9")
    assert resource.role is Role.SECONDARY
    connection = resource.connections["node2"]
    assert connection.connection is ConnectionState.STANDALONE
    assert connection.volumes[0].sync is None
    assert connection.volumes[0].out_of_sync == 524254
    assert not connection.paths
    assert folded.skipped == 3
    assert folded.status.unparsed == ("what is this",)
    folded.add(Event("destroy", "resource", {"name": "r9"}))
    assert folded.status.resources == {}


def test_an_event_knows_its_time_and_its_words():
    line = "2026-01-01T10:00:00.000001+00:00 create resource name:a b role:Secondary"
    (event,) = parse_events([line])
    assert event.timestamp == datetime(2026, 1, 1, 10, 0, 0, 1, tzinfo=UTC)
    assert (event.action, event.kind, event.resource) == ("create", "resource", "a b")
    assert event.fields["role"] == "Secondary"
    (end,) = parse_events(["exists -\n"])
    assert end.is_complete
    assert end.timestamp is None


@given(st.lists(st.text() | st.text(alphabet="exists device name:r0 volume:-9>")))
def test_no_line_of_a_stream_raises(lines):
    folded = EventFold()
    for event in parse_events(lines):
        folded.add(event)
    assert isinstance(folded.status, Status)


@pytest.mark.corpus
@pytest.mark.parametrize(
    "name", ["all-create-change", "all-create-destroy", "all-create-helper", "out-of-order", "sync"]
)
def test_the_tools_own_events_are_all_understood(corpus, name):
    with tarfile.open(corpus / "drbd-utils-tests.tar.xz") as archive:
        text = archive.extractfile(f"events2/events2-{name}.test").read().decode()
    for transcript in text.split("$ ")[1:]:
        lines = transcript.splitlines()[1:-1]  # the command, and its exit status
        lines = [line.replace("^[", "\x1b") for line in lines]  # as cat -v shows colours
        if lines[0].startswith("TIME"):
            lines = [line.removeprefix("TIME ") for line in lines]
        folded = fold("\n".join(lines))
        status = folded.status
        assert folded.complete
        assert not status.unparsed
        for resource in status.resources.values():
            assert not resource.more
            assert all(not volume.more for volume in resource.volumes.values())
            for connection in resource.connections.values():
                assert not connection.more
                assert all(not volume.more for volume in connection.volumes.values())
        if name == "all-create-destroy":
            assert status.resources == {}
        if name == "all-create-change":
            assert status.resource("some-resource").role is Role.PRIMARY


@given(told=strategies.drbd_statuses())
def test_the_three_ways_agree_on_any_state(told):
    from_json, from_text = Status.parse(told.json), Status.parse(told.text)
    from_events = fold("\n".join(told.events)).status
    assert from_json.differences(from_text) == ()
    assert from_json.differences(from_events) == ()
    assert from_text.differences(from_events) == ()
    assert from_text.unparsed == from_events.unparsed == ()


@given(before=strategies.drbd_statuses(), after=strategies.drbd_statuses())
def test_events_lead_from_any_state_to_any_other(before, after):
    """What goes is destroyed, what stays is changed: the fold ends in a fresh status."""
    folded = fold("\n".join(before.events))
    first, second = folded.status, fold("\n".join(after.events)).status
    for name, resource in first.resources.items():
        later = second.resources.get(name)
        if later is None:
            folded.add(next(parse_events([f"destroy resource name:{name}"])))
            continue
        for peer in resource.connections.keys() - later.connections.keys():
            line = f"destroy connection name:{name} peer-node-id:1 conn-name:{peer}"
            folded.add(next(parse_events([line])))
        for number in resource.volumes.keys() - later.volumes.keys():
            lines = [f"destroy device name:{name} volume:{number}"]
            lines += [
                f"destroy peer-device name:{name} conn-name:{peer} volume:{number}"
                for peer in later.connections
            ]
            for event in parse_events(lines):
                folded.add(event)
    for event in parse_events(line.replace("exists", "change") for line in after.events[:-1]):
        folded.add(event)
    assert folded.status.differences(second) == ()
