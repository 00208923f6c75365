"""Which registries want no question: one book for all threads and processes."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mxpath.vantage.resting import LONGEST_REST, RestBook

NOW = datetime(2026, 6, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["memory", "disk"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> RestBook:
    return RestBook(tmp_path / "resting.json" if request.param == "disk" else None)


def test_the_latest_moment_holds_and_ends(book: RestBook) -> None:
    book.rest("one", NOW + 5 * MINUTE, now=NOW)
    book.rest("one", NOW + MINUTE, now=NOW)
    book.rest("other", NOW + MINUTE, now=NOW)
    assert book.resting(NOW) == {"one": NOW + 5 * MINUTE, "other": NOW + MINUTE}
    assert book.resting(NOW + MINUTE) == {"one": NOW + 5 * MINUTE}
    assert book.resting(NOW + 5 * MINUTE) == {}


def test_nobody_is_left_alone_for_longer_than_an_hour(book: RestBook) -> None:
    book.rest("one", NOW + timedelta(days=30), now=NOW)
    assert book.resting(NOW) == {"one": NOW + LONGEST_REST}
    # The clock was set back by a day: what was written then says nothing.
    assert book.resting(NOW - timedelta(days=1)) == {}


def test_what_many_threads_are_told_is_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "resting.json"

    def told(number: int) -> None:
        RestBook(path).rest(f"r{number % 8}", NOW + number * MINUTE, now=NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(told, range(1, 41)))
    assert RestBook(path).resting(NOW) == {f"r{n % 8}": NOW + n * MINUTE for n in range(33, 41)}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["resting.json", "resting.lock"]


WRITER = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from mxpath.vantage.resting import RestBook
path, name, now = Path(sys.argv[1]), sys.argv[2], datetime.fromisoformat(sys.argv[3])
for n in range(20):
    RestBook(path).rest(f"{name}{n}", now + timedelta(minutes=1), now=now)
"""


def test_what_several_processes_are_told_is_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "resting.json"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, NOW.isoformat()])
        for name in "ab"
    ]
    assert [writer.wait(20) for writer in writers] == [0, 0]
    assert len(RestBook(path).resting(NOW)) == 40


@pytest.mark.parametrize(
    "junk",
    [b"", b"\xff", b"[]", b"{", b'{"one": 3}', b'{"one": "soon"}', b'{"one": "2026-06-17T00:01"}',
     b"[" * 50_000, b" " * 70_000],
)  # fmt: skip
def test_a_broken_book_is_as_good_as_none(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "resting.json"
    path.write_bytes(junk)
    book = RestBook(path)
    assert book.resting(NOW) == {}
    book.rest("one", NOW + MINUTE, now=NOW)
    assert json.loads(path.read_bytes()) == {"one": "2026-06-17T00:01:00+00:00"}


def test_where_nothing_can_be_written_this_process_keeps_to_it(tmp_path: Path) -> None:
    (tmp_path / "rdap").write_text("in the way")
    book = RestBook(tmp_path / "rdap" / "resting.json")
    book.rest("one", NOW + MINUTE, now=NOW)
    assert book.resting(NOW) == {"one": NOW + MINUTE}
