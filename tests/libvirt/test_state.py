"""What virsh prints, read; what is odd in it, kept."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm import libvirt
from hakvm.units import Size

DOMINFO = """\
Id:             1
Name:           debian9
UUID:           c7a5fdbd-edaf-9455-926a-d65c16db1809
OS Type:        hvm
State:          running
CPU(s):         2
CPU time:       12.5s
Max memory:     1048576 KiB
Used memory:    1048576 KiB
Persistent:     yes
Autostart:      disable
Managed save:   no
"""
LIST = """\
 Id   Name       State
---------------------------
 1    debian9    running
 -    my guest   shut off
 7    new        dreaming

"""


def test_dominfo() -> None:
    info = libvirt.DomainInfo.parse(DOMINFO)
    assert (info.id, info.name, info.state, info.vcpus) == (1, "debian9", "running", 2)
    assert info.state is libvirt.DomainState.RUNNING
    assert info.cpu_time == timedelta(seconds=12.5)
    assert info.memory == Size.parse("1 GiB")
    assert (info.persistent, info.autostart, info.running) == (True, False, True)
    assert info.unparsed == ("OS Type:        hvm", "Managed save:   no")


def test_list() -> None:
    found, unparsed = libvirt.parse_list(LIST + "error: nonsense\n")
    assert [(one.id, one.name, one.state) for one in found] == [
        (1, "debian9", "running"),
        (None, "my guest", "shut off"),
        (7, "new", "dreaming"),
    ]
    assert unparsed == ("error: nonsense",)


@pytest.mark.parametrize(
    "line",
    ["State: dreaming", "CPU(s): many", "UUID: none", "Persistent: perhaps", "CPU time: 1e999s"],
)
def test_an_odd_line_loses_nothing(line: str) -> None:
    info = libvirt.DomainInfo.parse(f"Name: a\n{line}\n")
    assert info.name == "a"
    assert info.state == "dreaming" or info.unparsed == (line,)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    libvirt.DomainInfo.parse(text)
    libvirt.parse_list(text)
