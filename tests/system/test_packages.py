"""Packages of Debian and of Fedora's kind; services of systemd."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.errors import CommandError, HakvmError, InvalidError, ParseError
from hakvm.system import OsRelease, Packages, Services, ServiceState
from hakvm.transport import Completed, Exchange, Local, Replay, Transcript

DEBIAN = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
ID=debian
VERSION_ID="12"
# a comment
odd
"""


def replaying(*exchanges):
    return Replay(Transcript(host="node1", exchanges=exchanges))


class Noting:
    """A transport that notes what it is asked to run, and says that it went well."""

    host = "node1"

    def __init__(self, answers=None):
        self.ran = []
        self.answers = answers or {}

    def run(self, command):
        self.ran.append(command)
        stdout = self.answers.get(command.argv[0], b"")
        return Completed(command=command, exit_status=0, stdout=stdout, host=self.host)


def test_what_a_system_is():
    found = OsRelease.parse(DEBIAN)
    assert (found.id, found.version) == ("debian", "12")
    assert found.values["PRETTY_NAME"] == "Debian GNU/Linux 12 (bookworm)"
    assert found.unparsed == ("odd",)
    assert OsRelease.parse("ID='rocky'\nID_LIKE=\"rhel centos fedora\"\n").family == {
        *("rocky", "rhel", "centos", "fedora"),
    }
    assert OsRelease.parse("").id == "linux"


@given(st.text())
def test_any_text_is_read(text):
    OsRelease.parse(text)
    ServiceState.parse(text)


@pytest.mark.parametrize(
    ("text", "manager"),
    [
        ("ID=debian\n", "apt"),
        ("ID=ubuntu\nID_LIKE=debian\n", "apt"),
        ("ID=rocky\nID_LIKE='rhel centos fedora'\n", "dnf"),
    ],
)
def test_the_manager_is_found(text, manager):
    transport = replaying(Exchange(argv=("cat", "/etc/os-release"), stdout=text.encode()))
    assert Packages.of(transport).manager == manager


def test_a_system_with_neither_is_named():
    transport = replaying(Exchange(argv=("cat", "/etc/os-release"), stdout=b"ID=alpine\n"))
    with pytest.raises(HakvmError, match="alpine has neither"):
        Packages.of(transport)


@pytest.mark.oracle("dpkg-query")
def test_this_machines_own_packages():
    packages = Packages(Local(), "apt")
    there = packages.installed(["dpkg", "no-such-package-at-all"])
    assert set(there) == {"dpkg"}
    assert there["dpkg"][0].isdigit()
    assert packages.missing(["no-such-package-at-all", "dpkg"]) == ("no-such-package-at-all",)
    assert packages.missing([]) == ()
    assert packages.install(["dpkg"]) == ()


def test_what_is_missing_is_installed_without_a_question():
    transport = Noting({"dpkg-query": b"installed corosync 3.1.7-1\nconfig-files crmsh 4.4\n"})
    assert Packages(transport).install(["corosync", "crmsh", "drbd-utils"]) == (
        "crmsh",
        "drbd-utils",
    )
    command = transport.ran[-1]
    assert command.argv[0] == "apt-get"
    assert command.argv[-4:] == ("install", "--", "crmsh", "drbd-utils")
    assert command.env["DEBIAN_FRONTEND"] == "noninteractive"


def test_the_same_with_dnf():
    transport = Noting(
        {"rpm": b"installed corosync (none):3.1.7-1\npackage pcs is not installed\n"}
    )
    packages = Packages(transport, "dnf")
    assert packages.install(["corosync", "pcs"]) == ("pcs",)
    assert transport.ran[-1].argv == ("dnf", "--assumeyes", "--quiet", "install", "pcs")
    packages.refresh()
    assert transport.ran[-1].argv == ("dnf", "makecache")


def test_a_package_that_does_not_exist_is_an_error():
    transport = replaying()
    with pytest.raises(InvalidError):
        Packages(transport).install(["--allow-unauthenticated"])
    with pytest.raises(InvalidError):
        Packages(transport).missing(["a b"])


SHOWN = b"""\
MainPID=4711
Result=success
Id=corosync.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
"""


def services(stdout, status=0):
    class Answering(Noting):
        def run(self, command):
            done = super().run(command)
            return Completed(
                command=command, exit_status=status, stdout=stdout, stderr=b"", host=done.host
            )

    return Answering()


def test_a_service_that_runs():
    found = Services(services(SHOWN)).state("corosync")
    assert found.unit == "corosync.service"
    assert found.exists
    assert found.running
    assert found.at_boot
    assert found.pid == 4711


def test_a_service_that_does_not_exist_is_a_state():
    said = b"MainPID=0\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n"
    found = Services(services(said)).state("nothing.service")
    assert not found.exists
    assert not found.running
    assert not found.at_boot
    assert found.pid is None


def test_an_answer_that_says_nothing_is_an_error():
    with pytest.raises(ParseError):
        Services(services(b"")).state("corosync")
    with pytest.raises(CommandError):
        Services(services(b"", status=1)).state("corosync")


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "reload", "enable", "disable"])
def test_each_verb_is_systemctls(verb):
    transport = Noting()
    getattr(Services(transport), verb)("corosync")
    assert transport.ran[0].argv == ("systemctl", "--quiet", verb, "--", "corosync.service")
    with pytest.raises(CommandError, match="journalctl -u corosync"):
        getattr(Services(services(b"", status=1)), verb)("corosync")


@pytest.mark.parametrize("name", ["", "a b", "--now", "x\n", "../x/y"])
def test_what_is_no_unit_is_refused(name):
    with pytest.raises(InvalidError):
        Services(Noting()).start(name)
