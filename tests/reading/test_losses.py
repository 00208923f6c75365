"""Loss on the way there, answers held back, and what cannot be told."""

from itertools import starmap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handmade import answer, arrived, hop, made, of_hops
from mxpath.model.reading import LossNature
from mxpath.model.statistics import HopStatistics
from mxpath.model.trace import Hop, Loss, Trace
from mxpath.reading.losses import losses

NONE, FORWARD, LIMITED, ENDS, UNKNOWN = LossNature


def drawn(*rows: str) -> Trace:
    """Rows of rounds for each TTL: ``x`` answered, ``.`` unanswered; ``T`` is the target's answer."""
    replies = {"x": answer(), "T": arrived(), ".": None}
    return made(*([replies[letter] for letter in row] for row in rows))


def natures(trace: Trace) -> list[LossNature]:
    return [found.nature for found in losses(trace)]


def test_a_round_that_dies_is_lost_on_the_way_there() -> None:
    found = losses(drawn("xxx", "x.x", "x.x", "T"))
    assert [one.nature for one in found] == [NONE, FORWARD, UNKNOWN, NONE]
    assert (found[1].forward, found[1].sent) == (1, 3)
    assert found[1].share == pytest.approx(1 / 3)


def test_the_example_of_trippy() -> None:
    """``floss_bloss.toml``: hops 2 and 3 miss the second round; it is lost before hop 2."""
    assert [one.forward for one in losses(drawn("xxx", "x.x", "x.x"))] == [0, 1, 0]


def test_a_probe_after_which_a_later_hop_answered_tells_nothing() -> None:
    found = losses(drawn("xxx", "x.x", "xxx", "T"))
    assert found[1].nature is UNKNOWN
    assert found[1].forward == 0
    assert found[1].interval[1] > 0.5  # it may have been lost alone all the same


def test_silence_of_a_hop_that_never_answers_is_no_witness() -> None:
    assert natures(drawn("xxx", "x.x", "...", "T")) == [NONE, UNKNOWN, UNKNOWN, NONE]


def test_silence_of_a_hop_that_limits_is_no_witness() -> None:
    rows = ("xxx", "x.x", "x..")
    hops = tuple(
        hop(ttl, [answer() if letter == "x" else None for letter in row], limited=ttl == 3)
        for ttl, row in enumerate(rows, start=1)
    )
    assert natures(of_hops(hops)) == [NONE, UNKNOWN, LIMITED]


def test_a_hop_that_limits_has_lost_nothing() -> None:
    limiter = hop(2, [answer(), None, None], limited=True)
    found = losses(of_hops((hop(1, [answer()] * 3), limiter, hop(3, [answer()] * 3))))[1]
    assert (found.nature, found.unanswered, found.forward) == (LIMITED, 2, 0)
    assert found.interval == Loss(sent=3, lost=0).interval


def test_the_targets_silence_to_a_further_syn_tells_nothing() -> None:
    trace = drawn("xx", "x.", "T.")
    assert natures(trace) == [NONE, UNKNOWN, UNKNOWN]


def test_a_target_that_answers_in_the_round_is_a_witness_that_nothing_was_lost() -> None:
    assert losses(drawn("xx", "x.", "TT"))[1].forward == 0


def test_behind_a_filter_nothing_is_told() -> None:
    assert natures(drawn("x", "x", ".", ".", ".")) == [NONE, NONE, ENDS, ENDS, ENDS]


def test_hops_of_which_only_figures_are_told_are_unknown_or_whole() -> None:
    hops = tuple(
        Hop(ttl=ttl, probes=(), told=HopStatistics(sent=10, received=got))
        for ttl, got in ((1, 10), (2, 7))
    )
    assert natures(of_hops(hops)) == [NONE, UNKNOWN]


ROUNDS = st.lists(st.text("x.", min_size=4, max_size=4), min_size=1, max_size=8)


@settings(max_examples=40)
@given(ROUNDS)
def test_what_is_lost_for_sure_never_exceeds_what_went_unanswered(rows: list[str]) -> None:
    for one in losses(drawn(*rows)):
        assert 0 <= one.forward <= one.unanswered <= one.sent == 4
        assert one.share is not None
        low, high = one.interval
        assert 0 <= low <= one.share <= high <= 1
        assert high == Loss(sent=4, lost=one.unanswered).interval[1]


@settings(max_examples=40)
@given(ROUNDS)
def test_a_lost_round_is_lost_by_all_hops_behind(rows: list[str]) -> None:
    columns = ["".join(letters) for letters in zip(*rows, strict=True)]
    for ttl, one in enumerate(losses(drawn(*rows))):
        heard_behind = [any(letter == "x" for letter in row) for row in rows[ttl + 1 :]]
        tails = [column[ttl:] for column in columns]
        assert one.forward == sum(
            set(tail) == {"."} and len(tail) > 1 and any(heard_behind) for tail in tails
        )


def test_numbers_of_rounds_need_not_be_whole() -> None:
    """Further queries go to some hops only; a round is what was sent as the same attempt."""
    assert natures(drawn("xxx", "x", "x.x", "x.x", "T")) == [NONE, NONE, FORWARD, UNKNOWN, NONE]


def test_every_hop_has_its_loss() -> None:
    trace = drawn("x", ".", "T")
    pairs = zip(trace.hops, losses(trace), strict=True)
    assert all(starmap(lambda h, one: h.ttl == one.ttl, pairs))
