"""corosync's tools: recorded, and the real ones where they need no cluster."""

from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from hakvm.corosync import AuthKey, Config, Corosync, Node, Release
from hakvm.errors import (
    CommandError,
    ConflictError,
    HakvmError,
    InvalidError,
    NoSuchFile,
    ParseError,
    TransportError,
)
from hakvm.transport import Exchange, Local, Replay, Transcript

RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture(params=["knet", "udpu"])
def recorded(request):
    return Corosync(Replay(Transcript.load(RECORDED / f"{request.param}.json")))


def answering(*exchanges):
    return Corosync(Replay(Transcript(host="node1", exchanges=exchanges)))


def test_a_running_corosync(recorded):
    assert recorded.release() is Release.V3
    assert recorded.version() == "3.1.7"
    assert recorded.quorate()
    assert recorded.status().names == ("node1", "node2")
    assert recorded.links().faulty == ()
    assert recorded.peers().peers[0].nodeid == 2
    assert recorded.cmap()["totem.cluster_name"] == "cn"
    assert recorded.cmap("runtime.members").members[1].joined == 1
    recorded.reload()
    recorded.reopen_logs()
    with pytest.raises(CommandError, match="Could not reload") as caught:
        recorded.reload()
    assert "the log says" in str(caught.value)


def test_a_part_without_quorum_is_a_state_and_no_error():
    argv = ("corosync-quorumtool", "-s")
    tool = answering(Exchange(argv=argv, exit_status=2, stdout=b"Quorate:          No\n"))
    assert not tool.quorate()


def test_a_faulty_ring_of_corosync_2_is_a_state_and_no_error():
    said = b"RING ID 0\n\tid\t= 10.0.0.1\n\tstatus\t= Marking ringid 0 interface 10.0.0.1 FAULTY\n"
    tool = answering(Exchange(argv=("corosync-cfgtool", "-s"), exit_status=1, stdout=said))
    assert len(tool.links().faulty) == 1


@pytest.mark.parametrize("verb", ["status", "links", "peers", "cmap"])
def test_a_corosync_that_does_not_run_is_an_error(verb):
    argv = {
        "status": ("corosync-quorumtool", "-s"),
        "links": ("corosync-cfgtool", "-s"),
        "peers": ("corosync-cfgtool", "-n"),
        "cmap": ("corosync-cmapctl",),
    }[verb]
    tool = answering(Exchange(argv=argv, exit_status=1, stderr=b"Cannot initialize CMAP service\n"))
    with pytest.raises(CommandError, match="corosync does not run there"):
        getattr(tool, verb)()


def test_a_version_that_says_nothing_is_an_error():
    with pytest.raises(ParseError):
        answering(Exchange(argv=("corosync", "-v"), stdout=b"hello\n")).version()
    with pytest.raises(InvalidError):
        answering(Exchange(argv=("corosync", "-v"))).cmap("--help")


def test_a_transport_without_a_terminal_is_named(tmp_path):
    tool = answering()
    with pytest.raises(TransportError):
        tool.keygen(str(tmp_path / "authkey"))


NODES = (Node.of("one", 1, "127.0.0.1"), Node.of("two", 2, "127.0.0.2"))


@pytest.mark.oracle("corosync")
class TestReal:
    def candidate(self, tmp_path, **changes):
        key = tmp_path / "authkey"
        if not key.exists():
            AuthKey.generate().save(key)
        config = Config.two_node(NODES)
        return attrs.evolve(config, totem=attrs.evolve(config.totem, keyfile=str(key), **changes))

    def test_a_good_candidate_is_taken(self, tmp_path):
        assert Corosync(Local()).test(self.candidate(tmp_path)) == ()

    def test_a_warning_is_passed_on(self, tmp_path):
        text = (
            self.candidate(tmp_path)
            .render()
            .replace(
                "    version: 2\n",
                "    version: 2\n    interface {\n        bindnetaddr: 127.0.0.1\n    }\n",
            )
        )
        assert any("bindnetaddr" in one for one in Corosync(Local()).test(text))

    @pytest.mark.parametrize(
        ("old", "new", "said", "line"),
        [
            ("    version: 2\n", "    version: 2\n}\n}\n", "Unexpected closing brace", 4),
            ("    version: 2\n", "    a { b\n", "Extra characters after opening bracket", 2),
            ("nodeid: 2", "nodeid: 1", "Nodeid 1 appears twice", None),
            ("127.0.0.1", "127.9.9.9", "No valid name found for local host", None),
            ("timestamp: on", "timestamp: perhaps", "unknown value for timestamp", None),
            ("keyfile: ", "keyfile: /nowhere", "Could not open|/nowhere", None),
        ],
    )
    def test_a_bad_candidate_is_refused_with_the_reason(self, tmp_path, old, new, said, line):
        text = self.candidate(tmp_path).render().replace(old, new, 1)
        with pytest.raises(InvalidError, match=said) as caught:
            Corosync(Local()).test(text)
        if line is not None:
            assert caught.value.line == line

    def test_a_file_is_written_only_if_corosync_takes_it(self, tmp_path):
        tool = Corosync(Local())
        path = tmp_path / "corosync.conf"
        good = self.candidate(tmp_path)
        tool.save_config(good, str(path), replaces="absent")
        assert tool.config(str(path)) == good
        assert path.stat().st_mode & 0o777 == 0o644
        bad = attrs.evolve(
            good, nodelist=attrs.evolve(good.nodelist, node=good.nodelist.node[:1] * 2)
        )
        with pytest.raises(InvalidError, match="twice"):
            tool.save_config(bad, str(path))
        with pytest.raises(ConflictError):
            tool.save_config(good, str(path), replaces="absent")
        assert path.read_text() == good.render()
        keyed = attrs.evolve(good, totem=attrs.evolve(good.totem, keyfile=None, key="x" * 256))
        tool.save_config(keyed, str(path))
        assert path.stat().st_mode & 0o777 == 0o600

    def test_a_corosync_that_does_not_run(self):
        if Path("/run/corosync.pid").exists():
            pytest.skip("a corosync of this machine's own runs")
        with pytest.raises(CommandError):
            Corosync(Local()).status()


@pytest.mark.oracle("corosync-keygen")
def test_the_tools_own_key_is_made_on_a_terminal(tmp_path):
    path = str(tmp_path / "authkey")
    tool = Corosync(Local())
    said = tool.keygen(path, timeout=timedelta(seconds=60))
    assert "Writing corosync key" in said
    first = tool.authkey(path)
    assert len(first) == 256
    with pytest.raises(ConflictError):
        tool.keygen(path)
    assert tool.authkey(path) == first
    tool.keygen(path, replace=True)
    assert tool.authkey(path) != first
    with pytest.raises(CommandError):
        tool.keygen(str(tmp_path / "nowhere" / "authkey"))


def test_files_of_the_node(tmp_path):
    tool = Corosync(Local())
    conf = tmp_path / "corosync.conf"
    conf.write_text("# ours\ntotem {\n    key: sesame\n}\n")
    assert tool.config(str(conf)).render() == conf.read_text()
    conf.write_text("totem {\n    token: x\n}\n")
    with pytest.raises(ParseError, match=str(conf)):
        tool.config(str(conf))
    conf.write_bytes(b"# \xe4\n")
    with pytest.raises(ParseError, match="no UTF-8"):
        tool.config(str(conf))
    with pytest.raises(NoSuchFile):
        tool.config(str(tmp_path / "absent"))


@pytest.mark.root
def test_the_key_on_the_node(tmp_path):
    tool = Corosync(Local())
    path = tmp_path / "authkey"
    first, second = AuthKey.generate(), AuthKey.generate()
    tool.save_authkey(first, str(path))
    assert path.stat().st_mode & 0o777 == 0o400
    tool.save_authkey(first, str(path))
    with pytest.raises(ConflictError):
        tool.save_authkey(second, str(path))
    assert tool.authkey(str(path)) == first
    tool.save_authkey(second, str(path), replace=True)
    assert tool.authkey(str(path)) == second
    path.chmod(0o444)
    with pytest.raises(HakvmError, match="others can read"):
        tool.authkey(str(path))
    with pytest.raises(HakvmError, match="others can read"):
        tool.save_authkey(second, str(path))
    tool.save_authkey(second, str(path), replace=True)
    assert tool.authkey(str(path)) == second
