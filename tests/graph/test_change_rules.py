"""What is said of a change, and of what only looks like one."""

from dataclasses import replace

import pytest

import faulty
import studies
from faulty import THIEF, announced_by, yesterday
from mxpath.graph.verdicts import VERDICTS, judge
from mxpath.model.evidence import Grade
from mxpath.model.rpki import RpkiState
from mxpath.model.study import Study
from mxpath.model.verdict import Owner, Verdict


def only(study: Study, name: str, before: Study) -> Verdict:
    verdict = VERDICTS[name](study, before)
    assert verdict is not None
    return verdict


class TestPath:
    def test_both_paths_and_the_time_are_told(self) -> None:
        verdict = only(faulty.v6_detour(), "path_changed", yesterday(studies.fine("round.example")))
        assert "Boreal Backbone" in verdict.sentence
        assert "70 ms instead of 21 ms" in verdict.sentence
        assert "consistent with a change of routing" in verdict.sentence
        assert verdict.grade is Grade.LIKELY
        assert verdict.cost_ms == pytest.approx(49.5)
        assert any("unchanged" in e.detail for e in verdict.counter_evidence)

    def test_nothing_changed_is_nothing_said(self) -> None:
        study = studies.fine()
        assert [v.name for v in judge(study, before=yesterday(study))] == ["nothing_wrong_seen"]

    def test_from_another_place_it_is_no_change(self) -> None:
        before = yesterday(studies.fine("round.example"))
        away = replace(before, seen_from=replace(before.seen_from, network=studies.BOREAL))
        other = replace(before, provenance=replace(before.provenance, vantage="elsewhere"))
        stranger = yesterday(studies.fine("another.example"))
        for old in (away, other, stranger):
            assert VERDICTS["path_changed"](faulty.v6_detour(), old) is None

    def test_other_published_data_make_it_only_possible(self) -> None:
        before = replace(yesterday(studies.fine("round.example")), as_of=None)
        verdict = only(faulty.v6_detour(), "path_changed", before)
        assert verdict.grade is Grade.POSSIBLE
        assert any("published data" in e.detail for e in verdict.counter_evidence)

    def test_a_trace_that_did_not_run_is_no_change(self) -> None:
        blind = replace(studies.fine(), traces=(), routes=())
        assert VERDICTS["path_changed"](blind, yesterday(studies.fine())) is None


class TestOrigin:
    def test_another_origin_is_consistent_with_a_move(self) -> None:
        before = yesterday(studies.fine())
        verdict = only(announced_by(studies.fine(), THIEF), "origin_or_rpki_changed", before)
        assert "AS64666 Somebody instead of AS64503 BigMail" in verdict.sentence
        assert "consistent with a move" in verdict.sentence
        assert verdict.remark
        assert verdict.owner is Owner.THEM

    def test_an_invalid_one_is_consistent_with_a_hijack_and_never_called_one(self) -> None:
        before = yesterday(announced_by(studies.fine(), studies.BIG, RpkiState.VALID))
        now = announced_by(studies.fine(), THIEF, RpkiState.INVALID)
        verdict = only(now, "origin_or_rpki_changed", before)
        assert "consistent with a hijack" in verdict.sentence
        assert "hijacked" not in verdict.sentence
        assert not verdict.remark
        assert verdict.owner is Owner.PATH
        assert judge(now, before=before)[0].name == "origin_or_rpki_changed"

    def test_the_rpki_state_alone_may_change(self) -> None:
        before = yesterday(announced_by(studies.fine(), studies.BIG, RpkiState.VALID))
        now = announced_by(studies.fine(), studies.BIG, RpkiState.NOT_FOUND)
        verdict = only(now, "origin_or_rpki_changed", before)
        assert "not found instead of valid" in verdict.sentence

    def test_vrps_that_were_not_there_before_are_no_change(self) -> None:
        now = announced_by(studies.fine(), studies.BIG, RpkiState.INVALID)
        assert VERDICTS["origin_or_rpki_changed"](now, yesterday(studies.fine())) is None

    def test_other_data_sets_make_it_only_possible(self) -> None:
        before = yesterday(studies.fine())
        other = replace(before, provenance=replace(before.provenance, snapshots=()))
        verdict = only(announced_by(studies.fine(), THIEF), "origin_or_rpki_changed", other)
        assert verdict.grade is Grade.POSSIBLE
