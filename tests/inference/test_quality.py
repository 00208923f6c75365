"""Loss and jitter are told of links, not of single hops."""

from dataclasses import replace

from mxpath.inference.quality import qualities
from mxpath.model.trace import Hop, Loss, Trace
from paths import trace


def unanswered(found: Trace, ttl: int, count: int, *, limited: bool = False) -> Trace:
    """The same trace with further probes to one hop that nobody answered."""
    flow = found.flows[0]
    hops: list[Hop] = list(flow.hops)
    hop = hops[ttl - 1]
    silent = [replace(hop.probes[0], attempt=9 + n, reply=None) for n in range(count)]
    hops[ttl - 1] = replace(hop, probes=(*hop.probes, *silent), limited=limited)
    return replace(found, flows=(replace(flow, hops=tuple(hops)),))


def test_loss_is_pooled_before_and_from_each_hop() -> None:
    found = trace("a1 5/5/5", "a2 6/6/6", "b1 20/20", "b2 21/21", "t25! 30")
    for ttl in (3, 4):
        found = unanswered(found, ttl, 1)
    third = qualities(found)[2]
    assert (third.sent, third.answered) == (3, 2)
    assert third.loss_before == Loss(sent=6, lost=0)
    assert third.loss_from_here == Loss(sent=7, lost=2)
    low, high = third.loss_from_here.interval
    assert 0 < low < 2 / 7 < high < 1


def test_limits_and_silence_are_no_loss() -> None:
    found = unanswered(trace("a1 5/5/5", "a2 6", "*", "t25! 30"), 2, 2, limited=True)
    second = qualities(found)[1]
    assert second.limited
    assert second.loss_from_here == Loss(sent=1, lost=0)


def test_jitter_that_a_link_adds_shows_at_all_hops_behind_it() -> None:
    found = qualities(trace("a1 5/5.1", "a2 6/60/61", "a3 7/7.2", "b1 20/29/31", "b2 22/30/35"))
    floors = [quality.jitter_floor_ms for quality in found]
    assert [round(floor or 0, 2) for floor in floors] == [0.05, 0.1, 0.1, 8, 8]


def test_one_sample_has_no_jitter() -> None:
    assert [quality.jitter_ms for quality in qualities(trace("a1 5", "t25! 9"))] == [None, None]
