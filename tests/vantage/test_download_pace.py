"""Turns, rests and further tries, on a played clock."""

from datetime import timedelta
from pathlib import Path

import pytest

from mxpath.model.download import Download, DownloadFate, DownloadQuestion, Progress
from mxpath.vantage.clock import ManualClock, moment
from mxpath.vantage.download_pace import PoliteDownloader, is_this_host
from mxpath.vantage.resting import RestBook

URL = "https://data.example/file"


class Scripted:
    """Answers in the order given, and knows when it was asked."""

    def __init__(self, clock: ManualClock, *fates: DownloadFate, rest_s: float = 40.0) -> None:
        self.clock, self.fates, self.rest_s = clock, list(fates), rest_s
        self.asked_s: list[float] = []

    def download(
        self,
        question: DownloadQuestion,
        into: Path,  # noqa: ARG002 - the port's
        progress: Progress | None = None,  # noqa: ARG002
    ) -> Download:
        self.asked_s.append(self.clock.monotonic_s())
        fate = self.fates.pop(0)
        rest_s = self.rest_s if fate is DownloadFate.LATER else None
        return Download(url=question.url, fate=fate, rest_s=rest_s)


DONE, BROKEN, LATER = DownloadFate.DONE, DownloadFate.BROKEN, DownloadFate.LATER
REFUSED = DownloadFate.REFUSED


@pytest.mark.parametrize(
    ("fates", "fate", "asked_s"),
    [
        ((BROKEN, BROKEN, BROKEN, DONE), DONE, [0.0, 1.0, 3.0, 11.0]),
        ((BROKEN,) * 4, BROKEN, [0.0, 1.0, 3.0, 11.0]),
        ((REFUSED,), REFUSED, [0.0]),
        ((LATER, DONE), DONE, [0.0, 40.0]),
    ],
)
def test_what_broke_off_is_tried_again_and_later_is_obeyed(
    tmp_path: Path, fates: tuple[DownloadFate, ...], fate: DownloadFate, asked_s: list[float]
) -> None:
    clock = ManualClock()
    inner = Scripted(clock, *fates)
    polite = PoliteDownloader(inner, clock, RestBook(None))
    got = polite.download(DownloadQuestion(url=URL, gap_s=1.0), tmp_path / "file")
    assert got.fate is fate
    assert inner.asked_s == pytest.approx(asked_s, abs=0.01)


def test_two_processes_take_turns_and_obey_what_the_other_was_told(tmp_path: Path) -> None:
    clock, said = ManualClock(), list[str]()
    book = tmp_path / "publishers.json"
    one, other = (
        PoliteDownloader(
            Scripted(clock, DONE, LATER, rest_s=3000.0), clock, RestBook(book), notice=said.append
        )
        for _ in range(2)
    )
    question = DownloadQuestion(url=URL, gap_s=3.0)
    assert one.download(question, tmp_path / "a").fate is DONE
    assert other.download(question, tmp_path / "b").fate is DONE
    assert clock.monotonic_s() == pytest.approx(3.0)
    assert not said
    told = one.download(question, tmp_path / "a")
    assert (told.fate, told.detail) == (LATER, "data.example wants no question for 50 min")
    assert other.download(question, tmp_path / "b").fate is LATER
    elsewhere = DownloadQuestion(url="https://other.example/", gap_s=3.0)
    assert RestBook(book).turn("other.example", timedelta(), now=moment(clock.now_ns())) is None
    assert PoliteDownloader(Scripted(clock, DONE), clock, RestBook(book)).download(
        elsewhere, tmp_path / "c"
    )


def test_this_host_needs_no_rest(tmp_path: Path) -> None:
    clock = ManualClock()
    inner = Scripted(clock, DONE, DONE)
    polite = PoliteDownloader(
        inner, clock, RestBook(None), needs_rest=lambda host: not is_this_host(host)
    )
    for _ in range(2):
        question = DownloadQuestion(url="http://127.0.0.1:8080/file", gap_s=3.0)
        polite.download(question, tmp_path / "file")
    assert inner.asked_s == [0.0, 0.0]
    assert not is_this_host("127.example:80")
