import gzip
import lzma

import pytest

from mxpath.errors import ParseError
from mxpath.formats import guessing, reading


def test_what_fits_no_reader_is_named_with_what_is_known() -> None:
    assert guessing.guess(b"GIF89a") is None
    with pytest.raises(ParseError, match=r"picture\.gif: no format .*RIPE Atlas"):
        guessing.read(b"GIF89a", source="picture.gif")


@pytest.mark.parametrize(
    "content", [gzip.compress(b"x" * 999, mtime=0)[:-9], lzma.compress(b"xy")[:-3]]
)
def test_a_damaged_packed_file(content: bytes) -> None:
    with pytest.raises(ParseError, match="cannot be unpacked"):
        guessing.unpacked(content, source="x")


def test_a_packed_file_that_holds_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 1000)
    assert guessing.unpacked(gzip.compress(b"x" * 1000), source="x") == b"x" * 1000
    with pytest.raises(ParseError, match="holds more than 1000 bytes"):
        guessing.unpacked(gzip.compress(b"x" * 1001), source="x")
