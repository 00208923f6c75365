"""Holders on the command line: ``attribute --rdap``, ``--offline``, and where they are shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import registries
from loopback_registry import registry_on_loopback
from mxpath.cli import main
from mxpath.lab.rdap import RdapServer, network_document
from mxpath.model import codec
from mxpath.model.documents import Attributions
from mxpath.model.study import Study

HELD = "held by         BigMail (ORG-BIGMAIL), XX"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RdapServer]:
    """A registry on loopback, and a world in ``tmp_path/world`` that names it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with registry_on_loopback() as (base, server):
        monkeypatch.setattr("mxpath.lab.published.base_urls", lambda _: (base,))
        registries.gazetteer(tmp_path / "world", registries.world())
        yield server


def attribute(tmp_path: Path, *more: str) -> int:
    return main(["attribute", "198.18.33.25", *more, "--gazetteer", str(tmp_path / "world")])


def test_nothing_is_asked_without_the_flag(
    asked: RdapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attribute(tmp_path) == 0
    assert HELD not in capsys.readouterr().out
    assert asked.asked == []


def test_the_registry_is_asked_once_and_remembered(
    asked: RdapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attribute(tmp_path, "--rdap") == 0
    first = capsys.readouterr().out
    assert HELD in first
    assert "(rdap" in first
    assert "abuse" not in first
    assert attribute(tmp_path, "--rdap", "--offline") == 0
    assert capsys.readouterr().out == first
    assert asked.asked == ["/ip/198.18.33.25"]


def test_the_abuse_mailbox_only_where_asked_for(
    asked: RdapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attribute(tmp_path, "--rdap", "--json") == 0
    document = codec.load(Attributions, capsys.readouterr().out.encode())
    (owner,) = document.attributions
    assert owner.registration is not None
    assert owner.registration.value.abuse is None
    assert attribute(tmp_path, "--rdap", "--abuse") == 0
    assert "abuse           abuse@as64503.example" in capsys.readouterr().out
    assert len(asked.asked) == 1
    assert attribute(tmp_path, "--abuse") == 2
    assert "give --rdap too" in capsys.readouterr().err


def test_the_networks_mailbox_stands_in_for_that_of_the_range(
    asked: RdapServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def anonymous(*of: Any) -> dict[str, Any]:
        return network_document(*of) | {"entities": []}

    monkeypatch.setattr("mxpath.lab.rdap.network_document", anonymous)
    assert attribute(tmp_path, "--rdap", "--abuse") == 0
    printed = capsys.readouterr().out
    assert "held by         BIGMAIL-V4, XX" in printed
    assert "abuse           abuse@as64503.example (of AS64503)" in printed
    assert asked.asked == ["/ip/198.18.33.25", "/autnum/64503"]


def test_an_as_number_has_a_holder_too(
    asked: RdapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--gazetteer", str(tmp_path / "world")]
    assert main(["attribute", "as64503", "--rdap", "--abuse", *where]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("AS64503 BigMail\n")
    assert "held by         BigMail (ORG-BIGMAIL), XX: AS64503   (rdap" in printed
    assert "abuse           abuse@as64503.example" in printed
    assert asked.asked == ["/autnum/64503"]


def test_what_offline_does_not_know_is_said(
    asked: RdapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attribute(tmp_path, "--rdap", "--offline") == 0
    said = capsys.readouterr()
    assert HELD not in said.out
    assert "registered holder of 198.18.33.25 unknown: offline" in said.err
    assert asked.asked == []


@pytest.fixture
def world_file(tmp_path: Path) -> Path:
    path = tmp_path / "registered.toml"
    text = registries.WORLD.replace("BEHAVIOUR", "fine").replace("DELAY", "1.0")
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.slow
def test_a_study_shows_its_holders_and_keeps_no_mailbox(
    world_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study, report = tmp_path / "s.json", tmp_path / "r.html"
    sim = ["--vantage", f"sim:{world_file}"]
    written = ["--study", str(study), "--report", str(report)]
    assert main(["fine.example", *sim, *written]) == 0
    screen = capsys.readouterr().out
    assert (
        "held by     BigMail (ORG-BIGMAIL), XX: mx1, mx2; FarMail (ORG-FARMAIL), XY: mx" in screen
    )
    assert "BigMail (ORG-BIGMAIL), XX: 198.18.32.0 - 198.18.47.255" in report.read_text()
    assert "@as64503.example" not in study.read_text() + report.read_text() + screen
    assert main(["explain", str(study), "holder:198.18.33.25"]) == 0
    assert "is registered to BigMail (ORG-BIGMAIL), XX" in capsys.readouterr().out
    assert main(["fine.example", *sim, "--offline"]) == 0
    offline = capsys.readouterr().out
    assert "held by" not in offline
    assert "unknown: offline" in offline.replace("\n            ", " ")


def test_a_recording_keeps_the_holders_and_no_document(
    world_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tape, world = tmp_path / "tape.ndjson", tmp_path / "world"
    registries.gazetteer(world, registries.world())
    options = ["--gazetteer", str(world), "--json"]
    sim = ["--vantage", f"sim:{world_file}", "--record", str(tape)]
    assert main(["fine.example", *sim, *options]) == 0
    then = codec.load(Study, capsys.readouterr().out.encode())
    assert main(["fine.example", "--vantage", f"replay:{tape}", *options]) == 0
    now = codec.load(Study, capsys.readouterr().out.encode())
    holders = [owner.registration for owner in then.owners.values()]
    assert any(holders)
    assert [owner.registration for owner in now.owners.values()] == holders
    assert "vcardArray" not in tape.read_text()
    assert "@as64503.example" not in tape.read_text()


def test_the_next_step_names_the_abuse_desk_only_where_it_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = 'name = "mx1.bigmail.example", behaviour = "slow_greeting", greeting_delay_s = 4.0'
    text = registries.WORLD.replace("BEHAVIOUR", "fine").replace("DELAY", "1.0")
    path = tmp_path / "slow.toml"
    path.write_text(text.replace('name = "mx1.bigmail.example"', waits), encoding="utf-8")
    study = ["fine.example", "--vantage", f"sim:{path}", "--quiet"]
    assert main([*study, "--abuse"]) == 0
    lines = " ".join(capsys.readouterr().out.split()).partition(" seen from ")
    assert "next: ask AS64503 BigMail (abuse@as64503.example) about the greeting delay" in lines[0]
    assert "@" not in lines[2]
    assert main(study) == 0
    assert "@" not in capsys.readouterr().out
