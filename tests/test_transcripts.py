"""What the real tools printed in the lab, read by hakvm's own parsers with nothing left over."""

from pathlib import Path

import pytest

from hakvm import corosync, drbd, libvirt, pacemaker
from hakvm.transport import Command, Replay, Transcript

FOLDER = Path(__file__).parent / "transcripts"
RECORDED = sorted(FOLDER.glob("*/*/*.json"))


def proc_drbd(text):
    assert drbd.ProcDrbd.parse(text).unparsed == ()


def events(text):
    assert all(event.kind for event in drbd.parse_events(text.splitlines()))


def config(text):
    assert drbd.Config.parse(text).resources["r0"].hosts["node1"].disk == "/dev/sdb1"


def status(text):
    found = pacemaker.Status.parse(text)
    assert found.unparsed == ()
    assert found.daemon in {"running", "Pacemaker is running"}


def cib(text):
    found = pacemaker.Cib.parse(text)
    assert pacemaker.Cib.parse(found.render()) == found


def membership(text):
    assert corosync.Membership.parse(text).unparsed == ()


def domain(text):
    found = libvirt.Domain.parse(text)
    assert found.name == "debian9"
    assert libvirt.Domain.parse(found.render()) == found


READERS = {
    "cat /proc/drbd": proc_drbd,
    "drbdsetup events2": events,
    "drbdadm dump": config,
    "crm_mon": status,
    "cibadmin": cib,
    "corosync-quorumtool": membership,
    "virsh dumpxml": domain,
}


def test_there_is_something_recorded_of_each_layer():
    said = {
        str(Command(argv=one.argv)) for path in RECORDED for one in Transcript.load(path).exchanges
    }
    for start in READERS:
        assert any(command.startswith(start) for command in said), start


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: "-".join(path.parts[-3:-1]) + path.stem)
def test_every_answer_is_understood(path):
    transcript = Transcript.load(path)
    assert transcript.releases["drbd"].startswith("8.4")
    assert "key" not in path.name
    for one in transcript.exchanges:
        command = str(Command(argv=one.argv))
        if one.exit_status == 0:
            for start, read in READERS.items():
                if command.startswith(start):
                    read(one.stdout.decode())


@pytest.mark.parametrize("path", RECORDED[:1], ids=str)
def test_a_transcript_plays_again(path):
    transcript = Transcript.load(path)
    first = transcript.exchanges[0]
    done = Replay(transcript).run(Command(argv=first.argv))
    assert (done.stdout, done.exit_status) == (first.stdout, first.exit_status)
