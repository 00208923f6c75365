import gzip
import lzma
from pathlib import Path

import pytest

from mxpath.datasets import snapshot
from mxpath.datasets.snapshot import Tally, digest, lines_of, read_files, unpack
from mxpath.errors import ParseError, SnapshotError


@pytest.mark.parametrize(
    ("name", "pack"), [("a.txt", bytes), ("a.xz", lzma.compress), ("a.gz", gzip.compress)]
)
def test_the_end_of_the_name_says_how_it_is_packed(name: str, pack: type[bytes]) -> None:
    assert unpack(pack(b"one\ntwo\n"), source=name) == b"one\ntwo\n"


@pytest.mark.parametrize("name", ["a.xz", "a.gz", "a.bz2"])
@pytest.mark.parametrize("data", [b"not packed at all", b""])
def test_broken_packing_is_a_parse_error(name: str, data: bytes) -> None:
    if (name, data) == ("a.gz", b""):
        assert unpack(data, source=name) == b""  # the gzip format allows no member at all
        return
    with pytest.raises(ParseError, match=f"^{name}: "):
        unpack(data, source=name)


def test_a_truncated_file_is_a_parse_error() -> None:
    packed = lzma.compress(bytes(range(256)) * 64)
    with pytest.raises(ParseError):
        unpack(packed[: len(packed) // 2], source="half.xz")


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MAX_DOCUMENT_BYTES", 1000)
    with pytest.raises(ParseError, match="more than 1000 bytes"):
        unpack(lzma.compress(bytes(10**6)), source="bomb.xz")


def test_a_file_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "MAX_FILE_BYTES", 10)
    (tmp_path / "large").write_bytes(bytes(11))
    with pytest.raises(SnapshotError, match="larger than 10 bytes"):
        read_files([tmp_path / "large"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="nowhere"):
        read_files([tmp_path / "nowhere"])


def test_the_digest_is_over_the_files_in_their_order() -> None:
    assert digest([b"a", b"b"]) != digest([b"b", b"a"])


def test_lines_lose_their_ends_and_nothing_else() -> None:
    assert list(lines_of(b"a \r\n\x0bb\n\nc", source="x")) == ["a ", "\x0bb", "", "c"]


def test_bytes_that_are_no_text_name_their_line() -> None:
    with pytest.raises(ParseError, match=r"^x:2: is not UTF-8"):
        list(lines_of(b"fine\n\xff\n", source="x"))


def test_an_endless_line_is_refused() -> None:
    with pytest.raises(ParseError, match="too long"):
        list(lines_of(b"a" * 100_000, source="x"))


def test_a_tally_keeps_a_bounded_number_of_reasons() -> None:
    tally = Tally()
    for number in range(1000):
        tally.skip(f"reason {number}")
    assert tally.skipped_rows == 1000
    assert len(tally.skipped) <= 21
