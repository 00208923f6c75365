"""Loops, cycles and forwarding loops are told apart, and a cause is named only where its sign is."""

from typing import Any

from handmade import TARGET, answer, arrived, made
from mxpath.model.anomaly import Anomaly, AnomalyKind
from mxpath.model.probe import ReplyKind
from mxpath.model.trace import Trace
from mxpath.reading.circles import circles
from mxpath.reading.heard import heard

REFUSED: dict[str, Any] = {"kind": ReplyKind.UNREACHABLE, "icmp_type": 3, "icmp_code": 1}


def found_in(trace: Trace) -> list[Anomaly]:
    return list(circles(heard(trace)[0]))


def only(trace: Trace) -> Anomaly:
    (found,) = found_in(trace)
    return found


def path(words: str) -> Trace:
    """Routers by number; ``*`` is silent, ``T`` the target."""
    rows = {"*": None, "T": arrived()}
    return made(*(rows[w] if w in rows else answer(f"r{w}") for w in words.split()))


def test_a_straight_path_has_none() -> None:
    assert found_in(path("1 2 * 4 5 T")) == []
    assert found_in(path("* * * *")) == []


def test_one_address_at_consecutive_ttls_is_a_loop_of_no_cause_that_is_known() -> None:
    loop = only(path("1 2 2 2 5 T"))
    assert (loop.kind, loop.ttls) == (AnomalyKind.LOOP, (2, 3, 4))
    assert loop.words == "198.18.200.2 answers for hops 2 to 4"
    assert [one.detail for one in loop.evidence[:2]] == [
        "hop 2: 198.18.200.2",
        "hop 3: 198.18.200.2",
    ]


def test_one_router_at_two_hops_may_be_a_path_that_became_longer() -> None:
    assert only(path("1 2 2 4 T")).words.endswith("a path that became longer meanwhile")


def test_silence_between_is_no_loop() -> None:
    assert found_in(path("1 2 * 2 T")) == []


def test_quoted_ttl_zero_names_the_router_before() -> None:
    """Figure 4 of the IMC paper: the router before the loop forwards what had to die there."""
    loop = only(made(answer("r1"), answer("r3", quoted_ttl=0), answer("r3", quoted_ttl=1)))
    assert "hop 1 forwarding packets whose TTL is 0" in loop.words


def test_a_time_exceeded_and_then_an_unreachable_of_one_router_is_a_loop_of_that_cause() -> None:
    loop = only(made(answer("r1"), answer("r2"), answer("r2", **REFUSED)))
    assert "cannot be reached" in loop.words


def test_a_falling_reply_ttl_is_consistent_with_address_rewriting() -> None:
    """Figure 5 of the IMC paper: one address, farther and farther away."""
    rows = [answer("r2", reply_ttl=ttl) for ttl in (250, 249, 248)]
    loop = only(made(answer("r1"), *rows, arrived()))
    assert "consistent with address rewriting" in loop.words
    steady = only(made(answer("r1"), *[answer("r2", reply_ttl=250)] * 3, arrived()))
    assert "consistent" not in steady.words


def test_the_targets_address_before_the_target_is_consistent_with_a_gateway() -> None:
    front = answer(str(TARGET))
    assert "translates addresses" in only(made(answer("r1"), front, front, arrived())).words


def test_one_hop_that_answers_with_the_targets_address_is_enough_for_that() -> None:
    loop = only(made(answer("r1"), answer(str(TARGET)), arrived()))
    assert (loop.kind, loop.ttls) == (AnomalyKind.LOOP, (2, 3))
    assert "translates addresses" in loop.words


def test_a_reply_ttl_that_falls_once_may_be_balancing_by_packet_as_well() -> None:
    rows = [answer("r2", reply_ttl=ttl) for ttl in (250, 249)]
    assert "or with balancing by packet" in only(made(answer("r1"), *rows, arrived())).words


def test_an_address_that_comes_back_is_a_cycle() -> None:
    cycle = only(path("1 2 3 2 5 T"))
    assert (cycle.kind, cycle.ttls) == (AnomalyKind.CYCLE, (2, 4))
    assert "comes back at hop 4" in cycle.words


def test_a_cycle_that_ends_in_an_unreachable_says_so() -> None:
    cycle = only(made(answer("r1"), answer("r2"), answer("r3"), answer("r2", **REFUSED)))
    assert "cannot be reached" in cycle.words


def test_hops_that_go_round_until_the_end_are_a_forwarding_loop() -> None:
    loop = only(path("1 2 3 4 3 4 3 4"))
    assert (loop.kind, loop.ttls) == (AnomalyKind.FORWARDING_LOOP, (3, 4, 5, 6, 7, 8))
    assert "from hop 3 on the same 2 hops repeat" in loop.words


def test_a_silent_router_within_it_hides_no_forwarding_loop() -> None:
    loop = only(path("1 2 3 * 2 3 * 2 3 *"))
    assert (loop.kind, loop.ttls[0]) == (AnomalyKind.FORWARDING_LOOP, 2)
    assert "same 3 hops" in loop.words


def test_a_path_that_gets_out_of_the_circle_was_in_no_forwarding_loop() -> None:
    kinds = {found.kind for found in found_in(path("1 2 3 2 3 6 T"))}
    assert kinds == {AnomalyKind.CYCLE}


def test_half_a_round_is_no_forwarding_loop() -> None:
    assert only(path("1 2 3 2")).kind is AnomalyKind.CYCLE


def test_a_host_that_answers_for_every_later_ttl_is_a_loop_not_a_circle() -> None:
    assert [found.kind for found in found_in(path("1 2 2 2 2 2"))] == [AnomalyKind.LOOP]


def test_the_targets_own_answers_are_no_loop() -> None:
    assert found_in(made(answer("r1"), arrived(), arrived())) == []
