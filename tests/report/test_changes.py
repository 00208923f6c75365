"""What has changed, in words: the line on the screen, and the page of ``mxpath compare``."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mxpath.graph.compare import compare
from mxpath.model.study import Study
from mxpath.report.changes import comparison, since_words, when_words
from mxpath.report.html import render_report
from mxpath.report.text import screen
from studies import (
    MX1,
    fine,
    hostile,
    judged,
    null_mx,
    only_first,
    rejected,
    slow,
    strict,
    unprivileged,
    with_sessions,
)

SIX_HOURS = timedelta(hours=6)


def later(study: Study) -> Study:
    return replace(study, started_at=study.started_at + SIX_HOURS)


def since(before: Study, after: Study) -> str:
    return since_words(compare(before, later(after))).replace("\u00a0", " ")


def test_unchanged_is_said() -> None:
    told = since(fine(), fine())
    assert told == "today 08:10: MX, path, owners, answers and times unchanged"


def test_the_line_of_the_design() -> None:
    told = since(fine(), slow("fine.example"))
    assert told.startswith("today 08:10: MX, path and owners unchanged, greeting +4.0 s")
    assert since(slow("fine.example"), fine()).endswith("greeting \u22124.0 s (mx1 v4)")


def test_a_host_that_turned_away() -> None:
    closed = with_sessions(fine(), rejected("mx1.bigmail.example", MX1, 4))
    told = since(fine(), closed)
    assert "; mx1 v4: rejected, was answered" in told


def test_a_plan_that_changed_and_one_that_was_not_seen() -> None:
    assert "MX plan changed (20 mx.farmail.example gone)" in since(fine(), only_first(fine()))
    assert "MX plan changed" in since(fine("nomail.example"), null_mx())
    assert "path not comparable" in since(unprivileged(), fine())


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 23, 2, 10, tzinfo=UTC), "today 02:10"),
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), "yesterday 23:59"),
        (datetime(2026, 11, 20, 10, 0, tzinfo=UTC), "2026-11-20 10:00"),
    ],
)
def test_days_have_names(moment: datetime, words: str) -> None:
    assert when_words(moment, now=datetime(2026, 11, 23, 8, tzinfo=UTC)) == words


@pytest.mark.slow
def test_the_screen_and_the_report_carry_the_line() -> None:
    study = judged(slow("fine.example"))
    changes = compare(fine(), later(study))
    assert "since       today 08:10: MX, path and owners unchanged" in screen(
        study, changes=changes
    )
    assert "since today 08:10" in render_report(study, changes=changes)
    assert "since today" not in render_report(study)
    assert "\nsince" not in screen(study)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_comparison_fits_and_says_every_fact(width: int) -> None:
    page = comparison(compare(judged(fine()), later(judged(slow("fine.example")))), width=width)
    assert max(map(len, page.splitlines())) <= width
    told = " ".join(page.split())
    assert "verdicts CHANGED: was nothing_wrong_seen; is banner_delay" in told
    assert "MX plan unchanged" in told
    assert "greeting CHANGED: 21 -> 4," in told
    assert "path unchanged: AS64496 Nordmail > AS64497 Alpha Transit > AS64503 BigMail" in told


def test_cautions_come_before_everything_else() -> None:
    other = replace(fine(), as_of=None)
    page = comparison(compare(fine(), later(other)))
    assert page.index("caution:") < page.index("verdicts")


def test_nothing_from_a_stranger_reaches_the_terminal_raw() -> None:
    page = comparison(compare(hostile(), later(strict("evil.example"))))
    page += since(hostile(), strict("evil.example")) + since(strict("evil.example"), hostile())
    assert not [c for c in page if not c.isprintable() and c != "\n"]
