import re
from datetime import date
from pathlib import Path

import pytest

from acquire.files import table, write
from mxpath.cli import data_build, main
from mxpath.datasets.snapshot import digest
from mxpath.gazetteer.manifest import FILE_NAME, Entry, manifest_text
from mxpath.model import codec
from mxpath.model.documents import DatasetList


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
    assert "2026-06-17  1 row " in printed
    assert "left out: 1 (asn rows of the summary that the file lacks)" in printed
    assert "left out: 1 (status '" in printed
    assert "\x1b" not in printed


def build(*arguments: object) -> int:
    return main(["data", "build", *map(str, arguments), "--without-shipped", "--quiet"])


def test_what_is_built_is_what_every_command_leans_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for day, asn in (("2026-10-01", 1), ("2026-11-01", 2)):
        path = write(tmp_path, f"{day}.txt", f"8.8.8.0\t24\t{asn}\n")
        assert build(path) == 0
    printed = capsys.readouterr().out
    assert "pfx2as          2026-11-01  1 row " in printed
    assert max(map(len, printed.splitlines())) <= 100 + len(str(tmp_path))
    assert main(["attribute", "8.8.8.8"]) == 0
    assert "AS2" in capsys.readouterr().out
    assert main(["attribute", "--as-of", "2026-10-01", "8.8.8.8"]) == 0
    assert "AS1" in capsys.readouterr().out
    assert main(["attribute", "--as-of", "2026-06-17", "8.8.8.8"]) == 0
    assert "AS15169" in capsys.readouterr().out
    assert main(["attribute", "--as-of", "2020-01-01", "8.8.8.8"]) == 4
    there = "there is 2026-11-01, 2026-10-01, 2026-06-17 (shipped); make one with mxpath data build"
    assert there in capsys.readouterr().err
    assert main(["data", "show"]) == 0
    printed = capsys.readouterr().out
    assert re.search("exchange points +mxpath data fetch peeringdb", printed)
    assert printed.count("/gazetteers/2026-") == 3  # itself, and both side by side


def test_one_of_the_past_answers_only_who_asks_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(write(tmp_path, "2016-12-01.txt", "8.8.8.0\t24\t3356\n")) == 0
    for chosen, asn in (([], 15169), (["--as-of", "2016-12-01"], 3356)):
        capsys.readouterr()
        assert main(["attribute", "8.8.8.8", *chosen]) == 0
        assert f"AS{asn}" in capsys.readouterr().out


def test_a_named_gazetteer_has_to_be_of_the_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, "table", "8.8.8.0\t24\t3356\n")
    out = tmp_path / "out"
    assert build("--kind", f"pfx2as={path}", "--date", "2026-01-02", "--out", out) == 0
    asked = ["attribute", "8.8.8.8", "--gazetteer", str(out), "--as-of"]
    assert main([*asked, "2026-01-02"]) == 0
    assert main([*asked, "2026-01-03"]) == 4
    assert "is of 2026-01-02, not of 2026-01-03" in capsys.readouterr().err
    other = write(tmp_path, "2026-07-05.txt", "8.8.8.0\t24\t6939\n")
    assert build(other) == 0
    config = write(tmp_path, "own.toml", f'gazetteer = "{out}"\n')
    for chosen, asn in (([], 6939), (["--config", str(config)], 3356)):
        capsys.readouterr()
        assert main(["attribute", "8.8.8.8", *chosen]) == 0
        assert f"AS{asn}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--kind", "nothing"], "expected NAME=FILE"),
        (["--kind", "mtr=x"], "no data set 'mtr'"),
        (["--date", "x=tomorrow"], r"expected [FILE=]YYYY-MM-DD"),
        (["--public", "10.0.0.1/8", "x"], "no prefix"),
        (["nowhere.txt"], "nowhere.txt: No such file"),
        ([], "no downloads at"),
    ],
)
def test_bad_usage_is_told(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(*arguments) == 2
    assert says in capsys.readouterr().err


def test_every_document_says_the_same_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = table(("8.8.8.0/24", (3320, 15169)), ("8.8.8.128/25", (3320, 64512)))
    assert build(write(tmp_path, "rib", content), "--out", tmp_path / "out", "--json") == 0
    made = codec.load(DatasetList, capsys.readouterr().out.encode())
    assert main(["data", "show", "--json", "--gazetteer", str(tmp_path / "out")]) == 0
    shown = codec.load(DatasetList, capsys.readouterr().out.encode())
    assert made.datasets == shown.datasets
    assert made.empty == shown.empty != ()
    assert shown.datasets[0].noted == (
        ("origins for private use (RFC 6996)", 1),
        ("prefixes longer than /24", 1),
    )
    assert main(["data", "list", "--json", "--gazetteer", str(tmp_path / "out")]) == 0
    listed = codec.load(DatasetList, capsys.readouterr().out.encode())
    held = {row.name: row.held for row in listed.datasets if row.held}
    assert held == {"mrt": (date(2001, 9, 9),)}


def test_an_interrupted_build_says_what_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(data_build, "build", interrupted)
    assert build(write(tmp_path, "2026-10-01.txt", "8.8.8.0\t24\t1\n")) == 1
    assert "nothing was changed" in capsys.readouterr().err
