"""corosync.conf as a document: read, changed, written."""

import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.corosync import (
    Config,
    Device,
    Heuristics,
    Interface,
    LoggerSubsys,
    Node,
    Nodelist,
    OtherSection,
    Quorum,
    Release,
    Totem,
    Uidgid,
)
from hakvm.errors import HakvmError, InvalidError, ParseError, ReleaseError
from hakvm.strategies import corosync_configs

HOWTO = """\
totem {
    version: 2
    token: 3000
    token_retransmits_before_loss_const: 10
    clear_node_high_bit: yes
    crypto_cipher: none
    crypto_hash: none
    transport: udpu
    interface {
    ringnumber: 0
    bindnetaddr: 192.168.2.0
    }
}
logging {
    to_logfile: yes
    logfile: /var/log/corosync/corosync.log
    debug: off
    timestamp: on
    logger_subsys {
    subsys: QUORUM
    debug: off
    }
}
quorum {
    provider: corosync_votequorum
    two_node: 1
    wait_for_all: 1
}
nodelist {
    node{
    ring0_addr: 192.168.2.170
    }
    node{
    ring0_addr: 192.168.2.171
    }
}
"""


def test_the_howtos_file_is_read():
    config = Config.parse(HOWTO)
    assert config.totem.version == 2
    assert config.totem.token == 3000
    assert config.totem.transport == "udpu"
    assert config.totem.clear_node_high_bit is True
    assert config.totem.interface[0].bindnetaddr == "192.168.2.0"
    assert config.logging.logger_subsys[0].subsys == "QUORUM"
    assert config.quorum.two_node is True
    assert [node.ring0_addr for node in config.nodelist] == ["192.168.2.170", "192.168.2.171"]
    assert config.dialect is Release.V2


def test_the_howtos_file_made_from_values_means_the_same():
    made = Config(
        totem=Totem(
            version=2,
            token=3000,
            token_retransmits_before_loss_const=10,
            clear_node_high_bit=True,
            crypto_cipher="none",
            crypto_hash="none",
            transport="udpu",
            interface=(Interface(ringnumber=0, bindnetaddr="192.168.2.0"),),
        ),
        logging=attrs.evolve(
            Config.parse(HOWTO).logging, logger_subsys=(LoggerSubsys(subsys="QUORUM", debug="off"),)
        ),
        quorum=Quorum(provider="corosync_votequorum", two_node=True, wait_for_all=True),
        nodelist=Nodelist.of(Node(ring0_addr="192.168.2.170"), Node(ring0_addr="192.168.2.171")),
    )
    assert made == Config.parse(HOWTO)
    assert hash(made) == hash(Config.parse(HOWTO))


COMMENTED = """\
# Please read the corosync.conf.5 manual page

totem {
\tversion:2
   # how long
   token :  5000   \r
\ttoken: 7000
    our_own: a } b   # and this
    secauth: maybe
}
top: level
strange.section {
  with {
    a: b
  }
}
totem {
  interface {
    # link
    linknumber: 0
  }
}
quorum{
}
   # the end"""


def test_what_is_read_is_written_as_it_stood():
    assert Config.parse(COMMENTED).render() == COMMENTED
    assert Config.parse("").render() == ""
    assert Config.parse("# x").render() == "# x"


def test_what_corosync_does_not_act_upon_is_kept_aside():
    config = Config.parse(COMMENTED)
    assert config.totem.token == 7000
    assert config.totem.secauth is None
    assert config.totem.extra == (
        ("our_own", "a } b   # and this"),
        ("secauth", "maybe"),
        ("token", "5000"),
    )
    assert config.extra == (("top", "level"),)
    assert config.sections == (
        OtherSection(
            name="strange.section", sections=(OtherSection(name="with", extra={"a": "b"}),)
        ),
    )
    assert len(config.totem.interface) == 1


def test_one_option_changes_one_line():
    config = Config.parse(COMMENTED)
    changed = attrs.evolve(config, totem=attrs.evolve(config.totem, token=9000))
    assert changed.render() == COMMENTED.replace("token: 7000", "token: 9000")


def test_a_new_option_stands_at_the_end_of_its_section():
    config = Config.parse(HOWTO)
    changed = attrs.evolve(config, quorum=attrs.evolve(config.quorum, expected_votes=2))
    assert changed.render() == HOWTO.replace(
        "    wait_for_all: 1\n", "    wait_for_all: 1\n    expected_votes: 2\n"
    )


def test_an_option_that_goes_takes_its_line_along():
    config = Config.parse(HOWTO)
    changed = attrs.evolve(config, totem=attrs.evolve(config.totem, token=None))
    assert changed.render() == HOWTO.replace("    token: 3000\n", "")


def test_nodes_are_added_and_taken_out_in_their_places():
    config = Config.parse(HOWTO)
    first, second = config.nodelist
    third = Node.of("node3", 3, "192.168.2.172")
    for nodes in ((first,), (second,), (first, second, third), (third, first), (second, first), ()):
        changed = attrs.evolve(config, nodelist=Nodelist(node=nodes))
        assert Config.parse(changed.render()) == changed
        kept = attrs.evolve(config, nodelist=attrs.evolve(config.nodelist, node=nodes))
        assert Config.parse(kept.render()) == kept
    grown = attrs.evolve(
        config, nodelist=attrs.evolve(config.nodelist, node=(first, third, second))
    )
    assert grown.render() == HOWTO.replace(
        "    }\n    node{\n    ring0_addr: 192.168.2.171",
        "    }\n    node {\n        name: node3\n        nodeid: 3\n"
        "        ring0_addr: 192.168.2.172\n    }\n    node{\n    ring0_addr: 192.168.2.171",
    )


def test_a_section_of_another_file_brings_its_lines_along():
    config = attrs.evolve(Config.parse(HOWTO), totem=Config.parse(COMMENTED).totem)
    assert Config.parse(config.render()) == config
    assert "# how long" in config.render()


@pytest.mark.parametrize(
    "lines",
    [
        "key: sesame",
        "key: sesame\n    key: other",
        "key: sesame # behind\n    key: other }",
        "kye: sesame # misspelt",
        "key: sesame\n    token: x",
        "key: sesame {",
    ],
)
def test_a_secret_never_shows(lines):
    text = f"totem {{\n    {lines}\n}}\n"
    try:
        config = Config.parse(text)
    except ParseError as error:
        shown = f"{error}{error!r}"
    else:
        assert config.render() == text
        shown = repr(config) if "kye" not in lines else ""
        shown += "".join(map(str, (*config.check(), *config.convert(Release.V2).notes)))
    assert "sesame" not in shown


def test_a_section_shows_what_is_set():
    assert repr(Totem(token=1000, secauth=False)) == "Totem(secauth=False, token=1000)"
    assert repr(Config()) == "Config()"


def test_it_crosses_a_process_pool():
    config = Config.parse(COMMENTED)
    copied = pickle.loads(pickle.dumps(config))
    assert copied == config
    assert copied.render() == COMMENTED


@given(corosync_configs())
def test_what_is_written_is_read_again(config):
    text = config.render()
    assert Config.parse(text) == config
    assert Config.parse(text).render() == text


@given(corosync_configs(), corosync_configs())
def test_any_change_to_what_was_read_is_written(old, new):
    """All of the new values, in the lines of the old: what is read then is the new."""
    parsed = Config.parse(old.render())
    woven = attrs.evolve(
        parsed,
        **{
            name: attrs.evolve(getattr(new, name), layout=getattr(parsed, name).layout)
            for name in ("totem", "quorum", "logging", "system", "nodelist", "resources")
        },
    )
    assert Config.parse(woven.render()) == woven


LINES = st.sampled_from(
    [
        *HOWTO.splitlines(),
        *COMMENTED.split("\n"),
        "} x",
        "{",
        "a { b",
        ": x",
        "x",
        "token: abc",
        "\N{NO-BREAK SPACE}token: 1",
        "x" * 600,
        "nodelist {",
        "}",
        "}",
    ]
)


@given(st.one_of(st.text(), st.lists(LINES).map("\n".join)))
def test_only_errors_of_ours_leave_the_parser(text):
    try:
        config = Config.parse(text)
    except ParseError as error:
        lines = text.count("\n") + 1
        if not (1 <= (error.line or 0) <= lines and str(error)):
            raise
    else:
        assert config.render() == text
        config.check()


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("logging { to_syslog: yes\n}\n", 1, 11, "after an opening brace the line must end"),
        ("totem {\n  version: 2\n", 1, 1, "never closed"),
        ("totem {\n  version: 2 }\n", 2, 14, "belongs to the value"),
        ("totem {\n}}\n", 2, 1, "stands alone"),
        ("}\n", 1, 1, "no section is open"),
        ("{\n}\n", 1, 1, "needs the name"),
        ("totem {\n  : 3\n}\n", 2, 3, "needs the name"),
        ("totem {\n  token timeout: 3\n}\n", 2, 8, "cannot stand in the name"),
        ("tötem {\n}\n", 1, 2, "cannot stand in the name"),
        ("hello\n", 1, 1, "neither"),
        ("ab: c\n", 1, 1, "too short"),
        ("totem {\n  token: abc\n}\n", 2, 10, "'abc' is not a whole number from 30"),
        ("totem {\n  token: 1000 # fast\n}\n", 2, 10, "help: corosync has no comments"),
        ("totem {\n  transport: carrier-pigeon\n}\n", 2, 14, "none of udp, udpu"),
        ("quorum {\n  two_node: yes\n}\n", 2, 13, "neither 1 nor 0"),
        ("nodelist {\n node {\n  ring0_addr: 192.168.2.999\n }\n}\n", 3, 15, "neither an IP"),
        ("logging {\n logger_subsys {\n debug: on\n }\n}\n", 2, 1, "demands subsys"),
        ("uidgid {\n  user: root\n}\n", 2, 9, "known are uid, gid"),
        ("#" + "x" * 600 + "\n", 1, 511, "510 at most"),
        ("a" * 250 + " {\n  token: 1\n}\n", 2, 3, "longer than"),
        ("totem {\n a: x\ry\n}\n", 2, 6, "carriage return"),
    ],
)
def test_what_corosync_refuses_is_named_with_its_place(text, line, column, said):
    with pytest.raises(ParseError) as caught:
        Config.parse(text, source="corosync.conf")
    assert (caught.value.line, caught.value.column) == (line, column)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"corosync.conf:{line}:{column}: ")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(HakvmError, match="nothing-here"):
        Config.load(tmp_path / "nothing-here")
    (tmp_path / "latin").write_bytes("# größe\n".encode("latin-1"))
    with pytest.raises(HakvmError, match="no UTF-8"):
        Config.load(tmp_path / "latin")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Node(name="node1\n}"),
        lambda: Node(name="node {"),
        lambda: Node(name=" node1"),
        lambda: Node(name="\ud800"),
        lambda: Totem(extra={"a": "\ud800"}),
        lambda: Node(ring0_addr="192.168.2.999"),
        lambda: Node(ring0_addr="no address"),
        lambda: Node(nodeid=-1),
        lambda: Node(nodeid=True),
        lambda: Node(nodeid="1"),
        lambda: Totem(token=29),
        lambda: Totem(transport="tcp"),
        lambda: Totem(key="a\nb"),
        lambda: Totem(extra={"a b": "c"}),
        lambda: Totem(extra={"a": "c\nd"}),
        lambda: Totem(extra={"token": "1000"}),
        lambda: Nodelist(sections=[OtherSection(name="node")]),
        lambda: OtherSection(name="a {"),
        lambda: LoggerSubsys(debug="on"),
        lambda: Uidgid(extra={"user": "root"}),
        lambda: Config(totem=Quorum()),
        lambda: Node.of("node1", 1),
        lambda: Node.of("node1", 1, *["10.0.0.1"] * 9),
    ],
)
def test_a_value_that_cannot_stand_there_is_refused(make):
    with pytest.raises(InvalidError):
        make()


def test_a_value_that_does_not_fit_on_a_line_is_refused():
    with pytest.raises(InvalidError, match="does not fit"):
        Config(totem=Totem(cluster_name="x" * 600)).render()


TWO = (
    Node.of("node1", 1, "192.168.2.170", "10.0.0.1"),
    Node.of("node2", 2, "192.168.2.171", "10.0.0.2"),
)


def test_two_nodes_for_corosync_3():
    config = Config.two_node(TWO, cluster_name="kvm-ha")
    assert config.totem.transport == "knet"
    assert (config.totem.crypto_cipher, config.totem.crypto_hash) == ("aes256", "sha256")
    assert config.quorum.two_node
    assert config.check() == ()
    assert config.nodelist["node2"].addresses == {0: "192.168.2.171", 1: "10.0.0.2"}


def test_two_nodes_for_corosync_2():
    config = Config.two_node(TWO, release=Release.V2)
    assert config.totem.transport == "udpu"
    assert config.totem.rrp_mode == "passive"
    assert config.dialect is Release.V2
    with pytest.raises(ReleaseError, match=r"corosync 3\.1 does not know totem\.rrp_mode"):
        config.render(release=Release.V3)


@pytest.mark.parametrize(
    "nodes",
    [
        TWO[:1],
        (*TWO, Node.of("node3", 3, "192.168.2.172", "10.0.0.3")),
        (TWO[0], TWO[0]),
        (TWO[0], Node.of("node2", 1, "192.168.2.171", "10.0.0.2")),
        (TWO[0], Node.of("node2", 2, "192.168.2.170", "10.0.0.2")),
        (TWO[0], Node.of("node2", 2, "192.168.2.171")),
        (Node(name="a"), Node(name="b")),
    ],
)
def test_nodes_that_make_no_cluster_of_two_are_refused(nodes):
    with pytest.raises(InvalidError):
        Config.two_node(nodes)


def test_a_value_that_one_release_does_not_know_is_named():
    config = Config(totem=Totem(transport="knet"))
    assert config.render(release=Release.V3)
    with pytest.raises(ReleaseError, match=r"totem\.transport: knet") as caught:
        config.render(release=Release.V2)
    assert caught.value.known == ("corosync 3.1",)


def test_an_empty_section_is_none():
    assert not Config.parse("quorum {\n}\n").quorum
    assert Config.parse("quorum {\n}\n") == Config()
    assert Config().render() == ""
    assert Quorum(device=Device(heuristics=Heuristics(extra={"exec_ping": "/bin/ping x"})))


def test_commands_have_the_users_own_names():
    heuristics = Heuristics(extra={"exec_ping": "/bin/ping -c1 x", "exec_a": "/bin/true"})
    assert heuristics.commands == {"a": "/bin/true", "ping": "/bin/ping -c1 x"}
    config = Config(
        quorum=Quorum(
            provider="corosync_votequorum",
            expected_votes=2,
            device=Device(model="net", votes=1, heuristics=heuristics),
        )
    )
    assert not [x for x in config.check() if x.rule == "corosync.unknown-option"]


def test_what_is_known_of_an_option():
    assert Totem.option("token").default_in(Release.V2) == 1000
    assert Totem.option("token").default_in(Release.V3) == 3000
    assert Totem.option("token").unit == "ms"
    with pytest.raises(InvalidError):
        Totem.option("tokn")


@pytest.mark.parametrize(
    ("version", "release"),
    [("2.4.2", Release.V2), ("Corosync Cluster Engine, version '3.1.7'", Release.V3)],
)
def test_a_version_belongs_to_a_release(version, release):
    assert Release.of(version) is release
    with pytest.raises(InvalidError):
        Release.of("1.4.8")
