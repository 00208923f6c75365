"""Studies that are kept: their shelves, their names, their bounds, and what cannot be kept."""

import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import jsonschema
import pytest

from mxpath.cli import kept, main
from mxpath.cli.kept import (
    earlier,
    find,
    keep,
    kept_of,
    read_study,
    remembered,
    state_directory,
)
from mxpath.errors import InputError
from mxpath.lab.simulated import simulate
from mxpath.model.mail import MxPlan, PlanKind
from mxpath.model.session import Outcome
from mxpath.model.study import Study
from mxpath.pipeline import INTERRUPTED
from mxpath.vantage.clock import SystemClock
from studies import FAR, fine, interrupted
from world import first_walk

ROOT = Path(__file__).parents[2]
SIM = ["--vantage", "sim:first_walk"]
NOW = datetime.now(tz=UTC).replace(hour=12, minute=0, second=0, microsecond=0)


def at(moment: datetime, study: Study | None = None, *, vantage: str = "live") -> Study:
    study = study or fine()
    return replace(
        study,
        started_at=moment,
        ended_at=moment,
        provenance=replace(study.provenance, vantage=vantage),
    )


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One study a day at noon, the last of them today."""
    state = tmp_path_factory.mktemp("week")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(state))
        for days in range(6, -1, -1):
            assert keep(at(NOW - timedelta(days=days))) == ""
    return state


@pytest.fixture
def week(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shelf of a week, for those who only look at it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(shelf))


def days_ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def test_the_paths_of_the_newest_study_from_here_are_remembered() -> None:
    assert keep(at(days_ago(1))) == ""
    assert fine().traces
    here = replace(simulate(first_walk()), name="live", player="live", origin=fine().seen_from)
    assert remembered("fine.example", replace(here, clock=SystemClock())) == fine().traces
    elsewhere = replace(fine().seen_from, network=None, address_v4=ip_address("203.0.113.9"))
    moved = replace(here, clock=SystemClock(), origin=elsewhere)
    assert remembered("fine.example", moved) == ()
    assert remembered("other.example", replace(here, clock=SystemClock())) == ()
    assert remembered("fine.example", simulate(first_walk())) == ()


@pytest.mark.usefixtures("week")
@pytest.mark.parametrize(
    ("when", "days"),
    [
        ("last", 0),
        ("-1", 0),
        ("-2", 1),
        ("-7", 6),
        ("today", 0),
        ("yesterday", 1),
        (f"{days_ago(3):%Y-%m-%d}", 3),
        (f"{days_ago(3):%Y-%m-%dT%H:%M}", 3),
        (f"{days_ago(3):%Y-%m-%dT11:59}", 4),
        (f"{days_ago(3):%Y-%m-%dT12:00:00+00:00}", 3),
    ],
)
def test_when_finds_its_study(when: str, days: int) -> None:
    assert read_study(f"fine.example@{when}").started_at == days_ago(days)
    assert read_study(f"FINE.example.@{when}").started_at == days_ago(days)


@pytest.mark.usefixtures("week")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fine.example@-8", "only 7 kept"),
        ("fine.example@1999-01-01", "none kept from then; there is 7 of them"),
        ("fine.example@1999-01-01T10:00", "none kept from then"),
        ("fine.example@noon", "when is 'noon'"),
        ("fine.example@", "when is ''"),
        ("fine.example@-0", "when is '-0'"),
        ("other.example@last", "no study of this domain is kept"),
        ("a b@last", "blanks"),
    ],
)
def test_a_bad_when_is_told_what_there_is(name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        find(name)


def test_nothing_is_kept_yet() -> None:
    with pytest.raises(InputError, match="no study is kept yet"):
        find("last")
    assert kept_of("fine.example") == []


def test_simulated_and_live_never_mix() -> None:
    keep(at(days_ago(2)))
    keep(at(days_ago(1), vantage="sim:first_walk"))
    assert read_study("last").provenance.vantage == "sim:first_walk"
    before = earlier(at(NOW))
    assert before is not None
    assert before.started_at == days_ago(2)
    assert read_study("fine.example@last", vantage="live").started_at == days_ago(2)
    assert earlier(at(NOW, vantage="sim:other")) is None


def test_the_same_moment_again_is_written_over_nothing() -> None:
    for _ in range(3):
        keep(at(NOW))
    assert len(kept_of("fine.example")) == 3


def test_another_place_is_no_earlier_look() -> None:
    elsewhere = replace(fine().seen_from, network=FAR)
    keep(at(days_ago(2)))
    keep(at(days_ago(1), replace(fine(), seen_from=elsewhere)))
    before = earlier(at(NOW))
    assert before is not None
    assert before.started_at == days_ago(2)


def test_unfinished_broken_and_later_ones_are_passed_over() -> None:
    keep(at(days_ago(3)))
    keep(at(days_ago(2), replace(interrupted(), notes=(INTERRUPTED,))))
    keep(at(days_ago(1)))
    kept_of("fine.example")[-1].path.write_text('{"schema": "mxpath.study/1"}')
    keep(at(NOW + timedelta(days=1)))
    before = earlier(at(NOW))
    assert before is not None
    assert before.started_at == days_ago(3)


def test_a_look_that_saw_nothing_is_passed_over() -> None:
    """A dead resolver, a used-up budget: what was before them is what counts."""
    keep(at(days_ago(3)))
    failed = replace(fine().mail, plan=MxPlan(kind=PlanKind.FAILED))
    keep(at(days_ago(2), replace(fine(), mail=failed)))
    skipped = tuple(replace(s, outcome=Outcome.SKIPPED) for s in fine().sessions)
    keep(at(days_ago(1), replace(fine(), sessions=skipped)))
    before = earlier(at(NOW))
    assert before is not None
    assert before.started_at == days_ago(3)


def test_another_question_is_no_earlier_look() -> None:
    study = fine()
    narrow = replace(study.provenance, options=(("families", "4"),))
    keep(at(days_ago(1), replace(study, provenance=narrow)))
    assert earlier(at(NOW)) is None


def test_only_we_may_read_it() -> None:
    keep(at(NOW))
    (one,) = kept_of("fine.example")
    assert stat.S_IMODE(one.path.stat().st_mode) == 0o600
    for directory in list(one.path.parents)[:3]:
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_shelves_are_bounded_and_the_live_one_stands_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEPT", 3)
    for n in range(6):
        keep(at(NOW + timedelta(minutes=n)))
        keep(at(NOW + timedelta(minutes=n), vantage=f"sim:world{n % 2}"))
    live = kept_of("fine.example", vantage="live")
    assert [k.started_at.minute for k in live] == [3, 4, 5]
    assert len(list(state_directory().glob("sim-*/*/*.json"))) == 3


def test_bytes_are_bounded_too_and_the_newest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEPT_OCTETS", 10)
    for n in range(3):
        keep(at(NOW + timedelta(minutes=n)))
    assert [k.started_at.minute for k in kept_of("fine.example")] == [2]


def test_a_half_written_file_is_never_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert "No space left on device" in keep(at(NOW))
    assert not list(state_directory().rglob("*.json*"))


def test_where_nothing_can_be_kept_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    assert main(["fine.example", *SIM]) == 0
    printed = capsys.readouterr()
    assert "could not be kept" in printed.err
    assert "nothing_wrong_seen" in printed.out


def test_the_second_look_says_what_has_changed_since(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fine.example", *SIM]) == 0
    assert "\nsince" not in capsys.readouterr().out
    assert main(["fine.example", *SIM]) == 0
    assert "since       today 00:00: MX, path" in capsys.readouterr().out


def test_compare_two_kept_ones_and_one_measured_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "first.json"
    assert main(["fine.example", *SIM, "--study", str(path)]) == 0
    capsys.readouterr()
    assert main(["compare", str(path), "last"]) == 0
    assert "MX plan       unchanged" in capsys.readouterr().out
    assert main(["compare", "fine.example@last", "fine.example", *SIM, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    schema = json.loads((ROOT / "docs/reference/schemas/changes-1.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["plan"]["state"] == "unchanged"
    assert len(kept_of("fine.example")) == 2


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["last", "last"], 2, "no study is kept yet"),
        (["/nonexistent.json", "/nonexistent.json"], 4, "No such file"),
        (["fine.example@yesterday", "fine.example", *SIM], 2, "no study of this domain"),
        (["fine.example@last", "a..b", *SIM], 2, ""),
    ],
)
def test_bad_use_of_compare(
    arguments: list[str], status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *arguments]) == status
    assert words in capsys.readouterr().err


def test_a_path_with_an_at_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a@b.json").write_text("{}")
    assert find("a@b.json") == Path("a@b.json")
    assert find(f".{os.sep}x@y") == Path(f".{os.sep}x@y")
