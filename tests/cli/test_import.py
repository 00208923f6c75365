"""``mxpath import``: traces of other tools, printed and written."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

from mxpath.cli import main
from mxpath.formats import READERS, WRITERS, native

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples"
LINUX = SAMPLES / "traceroute" / "linux-tcp-v4-ecmp.txt"


def test_a_file_is_guessed_attributed_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(LINUX)]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0].startswith("198.18.97.25 by unknown probes, traced by traceroute, from ")
    assert lines[0].endswith("linux-tcp-v4-ecmp.txt: reached")
    assert "[Benchmarking]" in lines[1]
    assert "198.18.48.14" in lines[5]
    assert "1 trace, read as traceroute" in printed.err


def test_statistics_of_mtr_are_shown_as_they_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    report = SAMPLES / "mtr" / "json-all-fields-v6.json"
    assert main(["import", "--statistics", "--quiet", str(report)]) == 0
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert last[:6] == ["7.", "0.0%", "5", "50.5", "50.4", "50.4"]


def test_json_is_a_document_of_traces(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "--json", "--quiet", str(LINUX), str(SAMPLES / "lft" / "udp.txt")]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    schema = json.loads((ROOT / "docs/reference/schemas/traces-1.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)
    assert [trace["engine"] for trace in document["traces"]] == ["traceroute", "lft"]
    assert printed.err == ""


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_written_in_another_format_is_read_again(name: str, tmp_path: Path) -> None:
    there = tmp_path / "there"
    assert main(["import", "--quiet", str(LINUX), "--to", name, "-o", str(there)]) == 0
    (again,) = READERS[name].read(there.read_bytes(), source="there")
    (first,) = READERS["traceroute"].read(LINUX.read_bytes(), source="x")
    assert [hop.responders for hop in again.hops] == [hop.responders for hop in first.hops]


def test_standard_input_is_a_dash(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(LINUX.read_bytes())))
    assert main(["import", "-", "--to", "mxpath"]) == 0
    printed = capsys.readouterr()
    (trace,) = native.read(printed.out.encode(), source="printed")
    assert trace.imported is not None
    assert trace.imported.source == "standard input"
    assert "standard input: 1 trace" in printed.err


def test_the_formats_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "--format", "list"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in READERS | WRITERS)


def test_a_bad_file_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text("traceroute to ::1 (::1), 30 hops max\n 1  \x1b[31mnobody  1 ms\n")
    assert main(["import", str(bad)]) == 4
    assert rf"{bad}:2: '\x1b[31mnobody' is not understood" in capsys.readouterr().err


def test_analyze_takes_a_file_of_traces_in_place_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sim = ["slowbank.example", "--vantage", "sim:first_walk", "--no-smtp", "--quiet"]
    first = tmp_path / "first.json"
    assert main([*sim, "--study", str(first)]) == 0
    capsys.readouterr()
    assert main([*sim, "--trace", str(first), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["provenance"]["packets_sent"] == 0
    assert {trace["imported"]["source"] for trace in again["traces"]} == {str(first)}
    options = dict(again["provenance"]["options"])
    assert options["traces"].startswith(f"{first} sha256:")
    before = json.loads(first.read_text())
    assert [r["as_path"] for r in again["routes"]] == [r["as_path"] for r in before["routes"]]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([], 2, "no FILE"),
        (["/nowhere/at/all"], 2, "cannot read"),
        ([str(LINUX), "--json", "--to", "mxpath"], 2, "one of them"),
        ([str(LINUX), "-o", "x"], 2, "--json or --to"),
        ([str(ROOT / "LICENSE")], 4, "no format of traces"),
        ([str(LINUX), "--format", "mtr"], 4, "no report of mtr"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", *arguments]) == status
    assert words in capsys.readouterr().err
