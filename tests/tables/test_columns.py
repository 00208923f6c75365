from array import array
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mxpath.tables.columns import open_columns, packed, read_columns, unpacked, write_columns

COLUMNS = {
    "octets": memoryview(b"abc"),
    "numbers": memoryview(array("I", [1, 2**32 - 1])),
    "large": memoryview(array("Q", [2**64 - 1])),
    "degrees": memoryview(array("d", [-0.5, 50.1])),
    "nothing": memoryview(array("I")),
}


def test_what_was_written_is_opened(tmp_path: Path) -> None:
    write_columns(tmp_path / "x.columns", COLUMNS)
    assert open_columns(tmp_path / "x.columns") == COLUMNS
    assert [path.name for path in tmp_path.iterdir()] == ["x.columns"]


def test_one_changed_byte_anywhere_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "x.columns"
    write_columns(path, COLUMNS)
    whole = path.read_bytes()
    assert read_columns(memoryview(whole), path.name) == COLUMNS
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :]
        assert read_columns(memoryview(changed), path.name) is None
        assert read_columns(memoryview(whole[:at]), path.name) is None
    path.write_bytes(whole + b"\0")
    assert open_columns(path) is None


def test_under_another_name_it_is_no_file(tmp_path: Path) -> None:
    write_columns(tmp_path / "x.columns", COLUMNS)
    assert open_columns((tmp_path / "x.columns").rename(tmp_path / "y.columns")) is None


@given(st.lists(st.integers(0, 2**64 - 1)), st.lists(st.floats(allow_nan=False)))
def test_packed_and_unpacked_they_are_the_same(numbers: list[int], floats: list[float]) -> None:
    columns = {"Q": memoryview(array("Q", numbers)), "d": memoryview(array("d", floats))}
    assert unpacked(packed(columns)) == columns
