import contextlib
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.errors import HakvmError, ParseError, TransportError
from hakvm.strategies import transcripts
from hakvm.transport import Command, Exchange, Local, Recorder, Replay, Transcript


@given(transcripts())
def test_a_transcript_reads_back_what_it_writes(transcript):
    again = Transcript.parse(transcript.render())
    assert again == transcript
    assert hash(again) == hash(transcript)
    assert pickle.loads(pickle.dumps(transcript)) == transcript


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_only_our_own_errors_leave_the_parser(text):
    with contextlib.suppress(HakvmError):
        Transcript.parse(text)


@given(transcripts(), st.data())
def test_a_mutilated_transcript_is_an_error_of_ours(transcript, data):
    text = transcript.render()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    with contextlib.suppress(HakvmError):
        Transcript.parse(text[:start] + data.draw(st.text(max_size=5)) + text[end:])


def test_an_error_names_the_file_and_the_place(tmp_path):
    path = tmp_path / "t.json"
    path.write_text('{"host": \n  nonsense}')
    with pytest.raises(ParseError) as caught:
        Transcript.load(path)
    assert (caught.value.source, caught.value.line, caught.value.column) == (str(path), 2, 3)


def test_a_file_that_cannot_be_read_is_an_error_of_ours(tmp_path):
    with pytest.raises(HakvmError, match=r"absent\.json"):
        Transcript.load(tmp_path / "absent.json")
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    with pytest.raises(HakvmError, match="latin"):
        Transcript.load(tmp_path / "latin")


def test_what_was_recorded_is_replayed_byte_for_byte():
    recorder = Recorder(Local(host="node1"), releases={"drbd": "8.4.11"})
    command = Command.of("sh", "-c", r"printf '\377\000x'; echo no >&2; exit 3")
    done = recorder.run(command)
    replay = Replay(Transcript.parse(recorder.transcript.render()))
    assert replay.host == "node1"
    assert replay.transcript.releases == {"drbd": "8.4.11"}
    again = replay.run(command)
    assert (again.stdout, again.stderr, again.exit_status) == (b"\xff\0x", b"no\n", 3)
    assert again.duration == done.duration


def test_a_repeated_command_gets_its_next_answer_and_then_stays():
    seen = [Exchange(argv=("cat", "/proc/drbd"), stdout=text) for text in (b"1", b"2")]
    replay = Replay(Transcript(exchanges=seen))
    command = Command.of("cat", "/proc/drbd")
    assert [replay.run(command).stdout for _ in range(4)] == [b"1", b"2", b"2", b"2"]


def test_a_command_that_was_never_recorded_is_named():
    replay = Replay(Transcript(host="node1"))
    with pytest.raises(TransportError, match=r"crm_mon -1: not in the transcript") as caught:
        replay.run(Command.of("crm_mon", "-1"))
    assert not caught.value.may_have_run


def test_no_secret_gets_into_a_transcript():
    recorder = Recorder(Local())
    recorder.run(Command.of("cat", stdin=b"hunter2", sensitive=True))
    recorder.run(Command.of("cat", stdin=b'shared-secret "hunter2";\n'))
    recorder.run(Command.of("true", "--password", "hunter2"))
    recorder.run(Command.of("true", "passwd=hunter2"))
    text = recorder.transcript.render()
    assert "hunter2" not in text
    assert "hunter2" not in repr(recorder) + repr(recorder.transcript)


def test_a_command_with_a_secret_is_found_again():
    recorder = Recorder(Local())
    command = Command.of("echo", "--password", "hunter2")
    recorder.run(command)
    assert Replay(recorder.transcript).run(command).ok


def test_a_stream_is_recorded_and_replayed():
    recorder = Recorder(Local(host="node1"))
    command = Command.of("sh", "-c", "echo one; echo passwd=hunter2; exit 3")
    with recorder.start(command) as running:
        assert list(running.lines()) == ["one", "passwd=hunter2"]
        assert running.wait().exit_status == 3
    with Replay(recorder.transcript).start(command) as running:
        assert running.command == command
        lines = running.lines()
        assert next(lines) == "one"
        assert running.wait().stdout == b"passwd=***\n"
        assert list(lines) == ["passwd=***"]
        assert running.wait().exit_status == 3
        running.cancel()


def test_only_a_transport_that_starts_can_be_recorded_as_a_stream():
    class Plain:
        host = "plain"

    with pytest.raises(TransportError, match="cannot start"):
        Recorder(Plain()).start(Command.of("true"))
