"""The screen: a golden text at two widths, and laws that hold for every study."""

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

import studies
from faulty import THIEF, announced_by
from mxpath.model.rpki import RpkiState
from mxpath.model.session import Outcome
from mxpath.report.text import screen

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("width", [100, 80])
def test_the_screen_is_as_agreed(width: int) -> None:
    """A change here is a change of what users read: look at it, then write the file anew."""
    expected = (GOLDEN / f"slow-{width}.txt").read_text(encoding="utf-8")
    assert screen(studies.judged(studies.slow()), width=width) == expected


@pytest.mark.parametrize("width", [100, 80])
@pytest.mark.parametrize("name", studies.ALL)
def test_it_fits_and_is_plain_text(name: str, width: int) -> None:
    text = screen(studies.judged(studies.ALL[name]()), width=width)
    for line in text.splitlines():
        # Only a single word that is longer than the line may stick out.
        assert len(line) <= width or len(line.split()) <= 2
        assert line == line.rstrip()
    bad = {c for c in text if unicodedata.category(c).startswith("C")} - {"\n"}
    assert not bad
    assert text.endswith("\n")


@pytest.mark.parametrize("name", studies.ALL)
def test_a_narrow_screen_loses_no_word(name: str) -> None:
    study = studies.judged(studies.ALL[name]())
    assert screen(study, width=60).split() == screen(study, width=1000).split()


def test_the_verdict_comes_first_with_grade_owner_and_next_step() -> None:
    first, second, third, *_ = screen(studies.judged(studies.slow()), width=100).splitlines()
    assert first.startswith("slowbank.example is slow, and it is the server:")
    assert second.endswith("[banner_delay · certain · theirs]")
    assert third.startswith("next: ask AS64503 BigMail")


def test_every_further_verdict_is_told() -> None:
    text = screen(studies.judged(studies.egress_blocked()), width=100)
    assert text.startswith("Port 25 does not seem to get out of here")
    assert "also: Nothing can be delivered" in text


def test_an_unjudged_study_says_so() -> None:
    assert screen(studies.fine()).startswith("fine.example: the study has no verdict yet.")


def test_each_address_of_one_family_is_told_apart() -> None:
    study = studies.fine()
    first, second = study.mail.plan.hosts
    both = replace(first, addresses=(*first.addresses, studies.address(studies.MX2, 4)))
    plan = replace(study.mail.plan, hosts=(both, second))
    text = screen(replace(study, mail=replace(study.mail, plan=plan)), width=100)
    assert "10 mx1 v4   198.18.33.25 · dns" in text
    assert "10 mx1 v4   198.18.49.25 · dns" in text


def test_the_route_shows_stations_figures_and_the_crossings_grade() -> None:
    text = " ".join(screen(studies.judged(studies.fine()), width=100).split())
    assert "Nordmail ─ 0.3 ±0.2 ─ Alpha Transit ─ 18 ─ ◇ FRA-LIX ─ 1.9 ±0.2 ─ BigMail" in text
    assert "= 21 ms · crossing certain" in text


def test_what_was_not_seen_is_said() -> None:
    assert "not seen    hop 4 silent towards 2001:db8:4000::25" in screen(studies.fine())
    blind = screen(studies.judged(studies.unprivileged()))
    assert blind.count("not traced") == 4
    assert "raw sockets need CAP_NET_RAW" in blind
    half = screen(studies.judged(studies.interrupted()))
    assert half.count("SMTP not tried") == 3
    assert "interrupted" in half


def test_failures_are_told_in_words() -> None:
    assert "tcp 21 ms · refused" in screen(studies.closed_first())
    assert "tcp ✗ after 10,000 ms · no connection" in screen(studies.all_silent())
    assert "rejected: 554 no SMTP service here" in screen(studies.strict())
    base = studies.session(studies.MX1_NAME, studies.MX1, 4)
    broken = replace(
        base,
        outcome=Outcome.CLOSED,
        phases=(*base.phases[:4], replace(base.phases[5], complete=False)),
        tls=None,
        detail="reset by peer",
    )
    text = " ".join(screen(studies.with_sessions(studies.fine(), broken)).split())
    assert "ehlo again ✗ after 21 ms · closed (reset by peer)" in text


def test_no_plan_is_one_sentence() -> None:
    assert "MX plan     null MX: the domain takes no mail\n" in screen(studies.null_mx())
    assert "MX plan     unknown: the DNS gave no usable answer\n" in screen(studies.servfail())


def test_the_rpki_state_stands_beside_the_path_it_is_known_for() -> None:
    text = screen(studies.judged(announced_by(studies.fine(), THIEF, RpkiState.INVALID)))
    assert text.count("RPKI invalid (wrong origin)") == 1
