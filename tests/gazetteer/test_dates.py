from datetime import date
from pathlib import Path

import pytest

from mxpath.errors import SnapshotError
from mxpath.gazetteer.dates import gazetteer_dates
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.manifest import FILE_NAME, manifest_text

DAYS = (date(2025, 12, 31), date(2026, 6, 17), date(2016, 10, 19))


@pytest.fixture
def several(tmp_path: Path) -> Path:
    for day in DAYS:
        made(tmp_path / day.isoformat(), day)
    for name in ("2026-13-01", "20261224", "latest"):
        made(tmp_path / name, date(2026, 12, 24))
    (tmp_path / "2026-09-01").mkdir()  # not finished: it has no manifest
    return tmp_path


def made(directory: Path, as_of: date | None) -> None:
    directory.mkdir()
    (directory / FILE_NAME).write_text(manifest_text([], as_of=as_of))


def test_the_dates_side_by_side_are_told(several: Path) -> None:
    assert gazetteer_dates(several) == tuple(sorted(DAYS))
    with pytest.raises(SnapshotError, match=r"no gazetteers at .*nowhere"):
        gazetteer_dates(several / "nowhere")


def test_without_a_date_the_newest_is_opened_and_with_one_that_one(several: Path) -> None:
    newest = Gazetteer.open(several)
    assert (newest.as_of, newest.directory) == (DAYS[1], several / "2026-06-17")
    assert [Gazetteer.open(several, as_of=day).as_of for day in DAYS] == list(DAYS)


def test_a_date_that_is_not_there_names_those_that_are(several: Path) -> None:
    with pytest.raises(
        SnapshotError, match=r"no gazetteer of 2026-06-18 .*: 2016-10-19, 2025-12-31, 2026-06-17$"
    ):
        Gazetteer.open(several, as_of=date(2026, 6, 18))


def test_a_directory_that_is_called_by_another_date_is_refused(several: Path) -> None:
    (several / "2026-06-17").rename(several / "2026-06-18")
    with pytest.raises(SnapshotError, match=r"is of 2026-06-17, not of 2026-06-18"):
        Gazetteer.open(several)


def test_without_any_date_it_says_what_is_there(tmp_path: Path) -> None:
    made(tmp_path / "latest", DAYS[0])
    with pytest.raises(SnapshotError, match=r"it has no gazetteer\.toml, but latest"):
        Gazetteer.open(tmp_path)
    with pytest.raises(SnapshotError, match="there is no such directory"):
        Gazetteer.open(tmp_path / "nowhere", as_of=DAYS[0])


def test_a_gazetteer_among_dates_is_itself(several: Path) -> None:
    (several / FILE_NAME).write_text(manifest_text([], as_of=date(2020, 1, 1)))
    assert Gazetteer.open(several).as_of == date(2020, 1, 1)
