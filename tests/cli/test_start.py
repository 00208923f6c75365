"""Start-up, help, bad usage: what happens before anything is measured."""

import argparse
import importlib
import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mxpath import __version__
from mxpath.cli import COMMANDS, figure, main
from mxpath.figures import FIGURES


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mxpath", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in COMMANDS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mxpath {__version__}\n"


def test_nothing_to_do_is_bad_usage() -> None:
    assert main([]) == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_helps(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert f"mxpath {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "empty"),
        ("a." * 130 + "example", "253"),
        ("exa\x1bmple.org", "character"),
        ("192.0.2.1", "address"),
        ("2001:db8::1", "address"),
        ("https://example.org/x", "URL"),
        ("someone@example.org", "example.org"),
        ("a..example", ""),
    ],
)
def test_a_bad_domain_is_refused_in_words(
    text: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyze", "--vantage", "sim:first_walk", "--", text]) == 2
    said = capsys.readouterr().err
    assert said.startswith("mxpath: ")
    assert hint.lower() in said.lower()
    assert "\x1b" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["fine.example", "--vantage", "moon"], 2),
        (["fine.example", "--vantage", "sim:nowhere"], 2),
        (["fine.example", "--vantage", "replay:/nonexistent"], 4),
        (["fine.example", "--gazetteer", "/nonexistent", "--vantage", "sim:first_walk"], 4),
        (["fine.example", "--graph", "x.png", "--vantage", "sim:first_walk"], 2),
        (["a.example", "b.example", "--study", "x.json", "--vantage", "sim:first_walk"], 2),
        (["fine.example", "--to", "mx9.nowhere.example", "--vantage", "sim:first_walk"], 2),
        (["fine.example", "--sender", "pigeon", "--vantage", "sim:first_walk"], 2),
        (["attribute", "not-an-address"], 2),
        (["explain", "/nonexistent.json"], 4),
        (["figure", "ladder", "/nonexistent.json", "-o", "x.png"], 4),
        (["figure", "ladder", "last", "-o", "x.gif"], 2),
        (["data", "show", "--gazetteer", "/nonexistent"], 4),
    ],
)
def test_bad_use_has_its_status(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == status
    assert capsys.readouterr().err.startswith("mxpath: ")


def test_unknown_option_is_bad_usage() -> None:
    done = run("fine.example", "--no-such-option")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m mxpath --help | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_the_figures_on_offer_are_the_figures_there_are() -> None:
    """The command names them itself, since asking the family would load matplotlib."""
    assert set(figure.NAMES) == set(FIGURES)


def test_analyze_starts_without_arrays_and_graphs() -> None:
    """They cost as much as all else together, and most runs need them late or never."""
    code = "import sys, mxpath.cli.analyze; print(*{'numpy', 'networkx'} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []


# -- terminals, pipes and disks ---------------------------------------------------------------


@pytest.mark.parametrize(("word", "command"), [("explian", "explain"), ("Dat\x1b", "data")])
def test_a_misspelt_command_is_no_domain(
    word: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([word, "last"]) == 2
    said = capsys.readouterr().err
    assert f"is it {command!r}?" in said
    assert "\x1b" not in said


def test_with_its_dot_it_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explian.", "--vantage", "sim:first_walk"]) == 1
    assert "explian" in capsys.readouterr().out


def on_a_terminal_of(monkeypatch: pytest.MonkeyPatch, encoding: str) -> io.BytesIO:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    return written


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_a_terminal_lacks_is_told_by_look_alikes(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = on_a_terminal_of(monkeypatch, encoding)
    assert main(["fine.example", "--vantage", "sim:first_walk"]) == 0
    printed = written.getvalue().decode(encoding)
    assert "<> FRA-LIX" in printed
    assert " - " in printed


def test_a_document_is_utf_8_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        sys.modules, "mxpath.cli.mx", SimpleNamespace(configure=_takes_json, run=_says)
    )
    written = on_a_terminal_of(monkeypatch, "latin-1")
    assert main(["mx", "--json"]) == 0
    assert json.loads(written.getvalue().decode()) == "◇ “ł”"


def _takes_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true")


def _says(_: argparse.Namespace) -> int:
    sys.stdout.write(json.dumps("◇ “ł”", ensure_ascii=False))
    return 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout_is_told_in_a_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mxpath", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (
        2,
        "mxpath: standard output: No space left on device\n",
    )


def test_who_interrupts_while_code_is_loading_sees_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib, "import_module", interrupted)
    assert main(["explain", "last"]) == 1
    assert capsys.readouterr().err == "mxpath: interrupted\n"
