"""fstab: what is mounted at boot, and all else as it stood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakvm.errors import HakvmError, InvalidError, ParseError
from hakvm.strategies import fstab_files
from hakvm.system import Fstab, FstabEntry

DEBIAN = """\
# /etc/fstab: static file system information.
UUID=8a1f7c1e-0000-4000-8000-000000000000 /               ext4    errors=remount-ro 0       1
\tUUID=77 none            swap    sw              0       0

/dev/sr0        /media/cdrom0   udf,iso9660 user,noauto     0       0
/dev/sdc1 /mnt/a\\040b auto rw # mine
LABEL=x /x ext4
odd
"""


def test_what_is_read_is_written_as_it_stood():
    fstab = Fstab.parse(DEBIAN)
    assert fstab.render() == DEBIAN
    assert [one.target for one in fstab.entries] == [
        *("/", "none", "/media/cdrom0", "/mnt/a b", "/x"),
    ]
    assert fstab.entries[0].check == 1
    assert fstab.entries[2].options == ("user", "noauto")
    assert Fstab.parse(DEBIAN[:-1]).render() == DEBIAN[:-1]
    assert Fstab.parse("").render() == ""
    assert [one.rule for one in fstab.check()] == ["system.fstab-odd-line"]


def test_an_entry_takes_the_place_of_the_one_before():
    fstab = Fstab.parse(DEBIAN)
    new = FstabEntry(source="/dev/drbd0", target="/x", fstype="ext4", options="noauto,noatime")
    changed = fstab.with_entry(new)
    assert changed.render() == DEBIAN.replace(
        "LABEL=x /x ext4\n", "/dev/drbd0 /x ext4 noauto,noatime 0 0\n"
    )
    assert changed.with_entry(new).render() == changed.render()
    assert changed.without("/x").render() == DEBIAN.replace("LABEL=x /x ext4\n", "")
    added = Fstab.parse("# end").with_entry(new)
    assert Fstab.parse(added.render()) == added


def test_blanks_are_written_as_fstab_wants_them():
    entry = FstabEntry(source="/dev/sdc1", target="/mnt/a b\t#\\", fstype="ext4")
    assert entry.render() == r"/dev/sdc1 /mnt/a\040b\011\043\134 ext4 defaults 0 0"
    assert Fstab.parse(entry.render()).entries == (entry,)


@given(fstab_files())
def test_what_is_written_is_read_again(fstab):
    text = fstab.render()
    assert Fstab.parse(text) == fstab
    assert Fstab.parse(text).render() == text


@given(st.text() | st.lists(st.sampled_from(DEBIAN.split("\n"))).map("\n".join))
def test_only_errors_of_ours_leave_the_parser(text):
    try:
        fstab = Fstab.parse(text)
    except ParseError as error:
        if "NUL" not in str(error):
            raise
    else:
        assert fstab.render() == text
        fstab.check()


@pytest.mark.parametrize(
    "changes",
    [
        {"source": ""},
        {"target": "/x\n/dev/sda1 / ext4"},
        {"fstype": ""},
        {"options": ()},
        {"options": ("a,b",)},
        {"options": ("a\nb",)},
        {"check": -1},
    ],
)
def test_a_value_that_cannot_stand_there_is_refused(changes):
    with pytest.raises(InvalidError):
        FstabEntry(**{"source": "/dev/sda1", "target": "/x", "fstype": "ext4", **changes})
    with pytest.raises(InvalidError):
        Fstab(lines=["/dev/sda1 / ext4"])


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(HakvmError, match="absent"):
        Fstab.load(tmp_path / "absent")
    (tmp_path / "fstab").write_text(DEBIAN)
    assert Fstab.load(tmp_path / "fstab").render() == DEBIAN
