from datetime import date
from pathlib import Path

import pytest

from mxpath.cli import main
from mxpath.datasets.manifest import FILE_NAME, Entry, manifest_text
from mxpath.datasets.snapshot import digest


def test_data_show_says_what_was_left_out_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = (
        b"apnic|*|asn|*|3|summary\n"
        b"apnic|JP|asn|173|1|20020801|allocated\n"
        b"apnic|JP|asn|174|1|20020801|\x1b[31mlost\n"
    )
    entry = Entry(
        name="delegated",
        files=("stats.txt",),
        publisher="tests",
        as_of=date(2026, 6, 17),
        sha256=digest([content]),
        licence="none",
    )
    (tmp_path / "stats.txt").write_bytes(content)
    (tmp_path / FILE_NAME).write_text(manifest_text([entry]))
    assert main(["data", "show", "--gazetteer", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "2026-06-17  1 rows" in printed
    assert "left out: 1 (asn rows of the summary that the file lacks)" in printed
    assert "left out: 1 (status '" in printed
    assert "\x1b" not in printed
