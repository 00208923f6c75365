"""--source, --resolver, --helo and the file: who beats whom, and what is refused."""

import argparse
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mxpath.cli import main
from mxpath.cli.settings import settle

SCHEMA = Path(__file__).parents[2] / "docs/reference/schemas/configuration-1.json"
SIM = ["--vantage", "sim:first_walk"]


def options(**given: Any) -> argparse.Namespace:
    nothing = {"config": None, "source": None, "resolver": None, "helo": None, "gazetteer": None}
    return argparse.Namespace(**{**nothing, **given})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "c.toml"
    path.write_text(
        'helo = "file.example.org"\nresolver = "192.0.2.53"\n[rates]\nsyns_per_hour = 5\n'
    )
    return path


def test_the_command_line_beats_the_file_beats_the_default(file: Path) -> None:
    settings = settle(options(config=file, helo="typed.example.org"))
    assert (settings.helo, settings.came_from["helo"]) == ("typed.example.org", "command line")
    assert settings.resolver == "192.0.2.53"
    assert settings.came_from["resolver"] == f"{file}:2"
    assert (settings.syns_per_hour, settings.connections_per_hour) == (5, 2)
    assert "connections_per_hour" not in settings.came_from


def test_the_users_own_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "mxpath").mkdir()
    (tmp_path / "mxpath" / "config.toml").write_text('contact = "https://example.org/probes"\n')
    assert settle(options()).contact == "https://example.org/probes"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source", "198.18.0.9"], "the world's sender has 198.18.1.25"),
        (["--source", "elsewhere"], "not an IPv4 or IPv6 address"),
        (["--source", "198.18.1.25", "--source", "198.18.1.26"], "one source address"),
        (["--source", "0.0.0.0"], "nobody's address"),
        (["--source", "ff02::1"], "nobody's address"),
        (["--resolver", "9.9.9.9"], "asks its own resolver"),
        (["--resolver", "dns.example"], "not an address"),
        (["--helo", "laptop"], "full host name"),
        (["--helo", "a b"], "cannot be said in EHLO"),
        (["--helo", ""], "not a text"),
        (["--config", "/nonexistent.toml"], "no such configuration"),
    ],
)
def test_bad_values_are_refused_in_words(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fine.example", *SIM, *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("mxpath: ")
    assert words in said


def test_source_and_helo_come_through_to_the_study(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--source", "[2001:db8:1000:1000::25]", "--source", "198.18.1.25"]
    assert main(["fine.example", *SIM, *arguments, "--helo", "probe.example.org", "--json"]) == 0
    study = json.loads(capsys.readouterr().out)
    assert study["seen_from"]["how"] == "--source"
    assert {s["helo"] for s in study["sessions"]} == {"probe.example.org"}
    assert {s["source"] for s in study["sessions"]} == {"198.18.1.25", "2001:db8:1000:1000::25"}
    assert ["helo", "probe.example.org"] in study["provenance"]["options"]
    assert study["provenance"]["vantage"] == "sim:first_walk"


def test_the_name_in_ehlo_is_the_address_of_that_connection(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["smtp", "mx1.bigmail.example", *SIM, "--json"]) == 0
    sessions = json.loads(capsys.readouterr().out)["sessions"]
    assert [s["helo"] for s in sessions] == ["[198.18.1.25]", "[IPv6:2001:db8:1000:1000::25]"]


def test_what_is_excluded_is_not_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.toml"
    path.write_text('exclude = ["198.18.48.0/20", "2001:db8:4000::/36"]\n')
    assert main(["fine.example", *SIM, "--config", str(path), "--json"]) == 0
    sessions = json.loads(capsys.readouterr().out)["sessions"]
    skipped = {s["address"]: s["detail"] for s in sessions if s["outcome"] == "skipped"}
    assert set(skipped) == {"198.18.49.25", "2001:db8:4000:1000::25"}
    assert all("excluded" in detail for detail in skipped.values())


def test_a_recording_has_its_own_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tape = str(tmp_path / "tape.ndjson")
    assert main(["fine.example", *SIM, "--record", tape, "--quiet"]) == 0
    assert main(["fine.example", "--vantage", f"replay:{tape}", "--source", "198.18.1.25"]) == 2
    assert "played as it was made" in capsys.readouterr().err


def test_config_says_what_holds_and_why(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--config", str(file), "--helo", "typed.example.org", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    rows = {s["name"]: (s["value"], s["came_from"]) for s in document["settings"]}
    assert rows["helo"] == ("typed.example.org", "command line")
    assert rows["resolver"] == ("192.0.2.53", f"{file}:2")
    assert rows["rates.syns_per_hour"] == ("5", f"{file}:4")
    assert rows["rates.packets_per_second"] == ("50", "default")
    assert rows["source"] == (None, "default")
    assert main(["config"]) == 0
    assert "there is none" in capsys.readouterr().out


def test_a_key_is_never_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, path = tmp_path / "key", tmp_path / "c.toml"
    key.write_text("secret-secret")
    path.write_text(f'[key_files]\npeeringdb = "{key}"\natlas = "{tmp_path}/missing"\n')
    for mode, words in ((0o644, "others may read it"), (0o600, str(key))):
        key.chmod(mode)
        assert main(["config", "--config", str(path)]) == 0
        printed = capsys.readouterr().out
        assert words in printed
        assert "secret" not in printed
        assert "missing (cannot be read)" in printed
