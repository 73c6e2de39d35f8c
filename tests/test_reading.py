import pytest

from hakvm._reading import read_text
from hakvm.errors import ParseError


def test_a_file_is_read_as_it_is(tmp_path):
    (tmp_path / "f").write_bytes("größe\r\nx".encode())
    assert read_text(tmp_path / "f") == "größe\r\nx"


@pytest.mark.parametrize("name", ["absent", "folder", "a\0b"])
def test_what_cannot_be_read_is_named(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ParseError) as caught:
        read_text(tmp_path / name)
    assert caught.value.source == str(tmp_path / name)


def test_what_is_no_utf8_is_shown_with_its_place(tmp_path):
    (tmp_path / "f").write_bytes("# Knoten\nnäme".encode("latin1"))
    with pytest.raises(ParseError, match="0xe4") as caught:
        read_text(tmp_path / "f")
    assert (caught.value.line, caught.value.column) == (2, 2)
