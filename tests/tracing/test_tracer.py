"""The tracer against paths that answer by script: the law of ``plan.py``, from outside."""

from ipaddress import IPv6Address
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.model.probe import ReplyKind
from mxpath.model.trace import EndReason, Hop, Trace
from mxpath.tracing.tracer import TraceOptions, trace
from scripted_path import SOURCE, TARGET, Script, ScriptedSocket, play, router

ONCE = TraceOptions(queries=1)


def run(script: Script, options: TraceOptions = ONCE) -> tuple[Trace, ScriptedSocket]:
    vantage, socket = play(script)
    (found,) = trace([TARGET], vantage, options=options)
    return found, socket


def seconds(found: Trace) -> float:
    assert found.started_at is not None
    assert found.ended_at is not None
    return (found.ended_at - found.started_at).total_seconds()


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Any path: any delays (up to half a second, any order), silences, losses, distances."""
    hops = st.integers(1, 40)
    delay_ms = draw(st.dictionaries(st.tuples(hops, st.integers(0, 3)), st.integers(0, 500)))
    silent = draw(st.sets(hops, max_size=12))
    lost = draw(st.sets(st.tuples(hops, st.integers(0, 3)), max_size=8))
    distance = draw(st.integers(1, 28))
    return Script(
        distance=distance,
        delays_s=lambda ttl, number: delay_ms.get((ttl, number), 5 * min(ttl, distance)) / 1e3,
        # The first hop answers: before any answer the window law knows nothing of the target.
        silent=lambda ttl, number: (
            ttl != 1 and ((ttl in silent and ttl < distance) or (ttl, number) in lost)
        ),
        target=draw(st.sampled_from([ReplyKind.SYN_ACK, ReplyKind.RST, None])),
        duplicates=draw(st.booleans()),
    )


@given(scripts(), st.integers(1, 3), st.integers(1, 3), st.integers(0, 5))
def test_no_target_gets_more_syns_than_its_share(
    script: Script, queries: int, attempts: int, past: int
) -> None:
    options = TraceOptions(
        queries=queries, attempts=attempts, max_past_target=past, max_silent_hops=1 + past
    )
    found, socket = run(script, options)
    if script.distance > 1:
        assert len(socket.arrived()) <= 1 + past
    assert len(socket.sent) == sum(len(h.probes) for h in found.hops) + len(found.flows[0].beyond)


@given(scripts(), st.integers(1, 4))
def test_one_flow_ascending_every_syn_apart_from_every_other(script: Script, queries: int) -> None:
    found, socket = run(script, TraceOptions(queries=queries))
    assert len({(p.source, p.target, p.source_port, p.destination_port) for p in socket.sent}) == 1
    assert socket.sent[0].source_port in range(61000, 65536)
    firsts = list(dict.fromkeys(probe.ttl for probe in socket.sent))
    assert firsts == list(range(1, len(firsts) + 1))
    for one, other in pairwise(sorted(probe.sequence for probe in socket.sent)):
        assert other - one > 65535
    assert [hop.ttl for hop in found.hops] == list(range(1, len(found.hops) + 1))


@given(scripts())
def test_what_answers_is_found_and_nothing_else(script: Script) -> None:
    found, _ = run(script)
    for hop in found.hops:
        truth = TARGET if hop.ttl >= script.distance else router(hop.ttl)
        assert hop.address in (None, truth)
    if found.distance is not None:
        assert found.end is EndReason.REACHED
        assert found.distance >= script.distance
        assert len(found.hops) == found.distance
    else:
        assert found.end is EndReason.GAVE_UP


@given(scripts())
def test_the_same_seed_gives_the_same_trace(script: Script) -> None:
    assert run(script)[0] == run(script)[0]


def test_a_path_without_silence_costs_one_syn_a_hop_and_five_beyond() -> None:
    found, socket = run(Script(distance=13))
    assert (found.end, found.distance) == (EndReason.REACHED, 13)
    assert [hop.address for hop in found.hops] == [*(router(n) for n in range(1, 13)), TARGET]
    assert len(socket.sent) == 13 + 5
    # SYN 13 leaves when hop 7 has answered, which left when hop 1 had.
    assert seconds(found) == pytest.approx(0.008 * (1 + 7 + 13), abs=1e-4)


def test_the_kernels_rst_after_a_syn_ack_is_counted() -> None:
    assert run(Script(distance=3))[0].packets_sent == 3 + 5 + 1
    assert run(Script(distance=3, target=ReplyKind.RST))[0].packets_sent == 3 + 5


def test_silent_hops_are_kept_retried_once_and_cost_no_more_than_their_wait() -> None:
    found, socket = run(Script(distance=13, silent=lambda ttl, _: ttl in (4, 9)))
    silent = [hop for hop in found.hops if hop.address is None]
    assert [(hop.ttl, len(hop.probes)) for hop in silent] == [(4, 2), (9, 2)]
    assert (found.distance, len(socket.arrived())) == (13, 6)
    assert seconds(found) < 0.008 * 11 + 3 * 0.008 * 10 + 0.001


def test_a_lost_answer_is_fetched_by_the_retry() -> None:
    found, _ = run(Script(distance=9, silent=lambda ttl, number: (ttl, number) == (4, 0)))
    assert found.hops[3].address == router(4)
    assert [probe.reply is None for probe in found.hops[3].probes] == [True, False]


def test_a_late_answer_of_the_first_attempt_is_matched_to_the_first_attempt() -> None:
    late = Script(distance=9, delays_s=lambda ttl, n: 0.12 if (ttl, n) == (4, 0) else 0.008 * ttl)
    found, _ = run(late)
    assert len(found.hops[3].probes) == 2
    assert found.hops[3].probes[0].rtt_ms == pytest.approx(120)


def test_a_target_that_drops_syns_gets_six_and_costs_two_seconds() -> None:
    found, socket = run(Script(distance=13, target=None))
    assert (found.end, found.distance) == (EndReason.GAVE_UP, None)
    assert [hop.address for hop in found.hops[11:]] == [router(12), *[None] * 6]
    assert len(socket.arrived()) == 6
    assert seconds(found) < 2.3


def test_where_nothing_answers_but_the_target_it_is_found() -> None:
    found, socket = run(Script(distance=12, silent=lambda ttl, _: ttl < 12))
    assert (found.end, found.distance) == (EndReason.REACHED, 12)
    assert all(hop.address is None for hop in found.hops[:11])
    assert len(socket.arrived()) == 1


def test_where_nothing_answers_at_all_it_ends_soon() -> None:
    found, socket = run(Script(distance=12, silent=lambda _ttl, _n: True))
    assert found.end is EndReason.GAVE_UP
    assert len(socket.sent) == 16
    assert seconds(found) < 4.1


def test_looking_further_behind_a_filter_is_a_choice() -> None:
    script = Script(distance=12, silent=lambda ttl, _: 1 < ttl < 12)
    assert run(script)[0].end is EndReason.GAVE_UP
    assert run(script, TraceOptions(queries=1, max_silent_hops=20))[0].distance == 12


def test_no_answer_up_to_the_highest_ttl_is_no_loop_without_end() -> None:
    found, socket = run(Script(distance=60))
    assert (found.end, len(found.hops), len(socket.sent)) == (EndReason.GAVE_UP, 30, 30)


def test_a_router_that_refuses_ends_the_trace_there() -> None:
    found, _ = run(Script(distance=20, refused_at=8))
    assert (found.end, found.distance) == (EndReason.UNREACHABLE, None)
    assert found.hops[-1].address == router(8)
    assert len(found.hops) == 8
    assert all(probe.ttl > 8 for probe in found.flows[0].beyond)


def test_a_bare_ack_proves_no_distance() -> None:
    found, _ = run(Script(distance=6, target=ReplyKind.ACK))
    assert found.distance is None


def overtaken(ttl_first: int) -> Script:
    """SYN ``ttl_first`` reaches the target before all others."""
    return Script(
        distance=4,
        target=ReplyKind.RST,
        silent=lambda ttl, number: number == 0 and 4 <= ttl < ttl_first,
    )


def test_an_overtaken_syn_is_confirmed_within_the_targets_share() -> None:
    found, socket = run(overtaken(5), TraceOptions(queries=1, max_past_target=2))
    assert found.distance == 5
    assert len(socket.arrived()) == 3
    with_room = Script(
        distance=4,
        target=ReplyKind.RST,
        delays_s=lambda ttl, _: 0.08 if ttl < 4 else 0.01 * ttl,
        silent=lambda ttl, number: (ttl, number) == (4, 0),
    )
    found, socket = run(with_room)
    assert (found.distance, len(socket.arrived())) == (4, 4)


def counts(found: Trace) -> list[int]:
    return [len(hop.probes) for hop in found.hops]


def test_a_target_whose_first_syn_was_lost_is_confirmed_nearer() -> None:
    """A SYN/ACK that acknowledges the next TTL says that the one before it never arrived."""
    lost = Script(distance=9, silent=lambda ttl, number: (ttl, number) == (9, 0), loses_silent=True)
    found, socket = run(lost)
    assert found.distance == 9
    assert len(socket.arrived()) == 6


def test_queries_ask_again_only_before_the_target() -> None:
    found, socket = run(Script(distance=8), TraceOptions(queries=4, stretch=100))
    assert counts(found) == [4] * 7 + [1]
    assert all(probe.reply is not None for hop in found.hops for probe in hop.probes)
    assert len(socket.arrived()) == 6


def test_further_queries_leave_one_at_a_time_and_are_spare() -> None:
    _, socket = run(Script(distance=8), TraceOptions(queries=3, stretch=100))
    sent = [(p, at) for p, at in zip(socket.sent, socket.sent_s, strict=True) if p.ttl == 5]
    assert [probe.spare for probe, _ in sent] == [False, True, True]
    for (_, before), (_, after) in pairwise(sent):
        assert after - before >= 0.008 * 5 - 1e-6


@pytest.mark.parametrize("stretch", [1.0, 1.3, 2.0, 3.0])
@pytest.mark.parametrize("distance", [2, 5, 9, 13])
def test_further_queries_prolong_a_trace_by_its_stretch_at_most(
    stretch: float, distance: int
) -> None:
    script = Script(distance=distance)
    more, _ = run(script, TraceOptions(queries=3, stretch=stretch))
    assert seconds(more) <= seconds(run(script)[0]) * stretch + 1e-6


def test_in_three_times_its_time_a_trace_gets_all_it_asks_for() -> None:
    assert counts(run(Script(distance=9), TraceOptions(stretch=3))[0]) == [3] * 8 + [1]


def limiting(*ttls: int, answers: int = 1) -> Script:
    return Script(distance=9, silent=lambda ttl, n: ttl in ttls and n >= answers)


@pytest.mark.parametrize("answers", [1, 2])
def test_a_hop_that_limits_its_answers_is_marked_and_left_alone(answers: int) -> None:
    options = TraceOptions(queries=9, stretch=100)
    found, _ = run(limiting(3, 6, answers=answers), options)
    assert [hop.ttl for hop in found.hops if hop.limited] == [3, 6]
    assert len(found.hops[2].probes) == answers + 2
    assert len(found.hops[3].probes) == 9


def test_a_hop_that_never_answered_is_silent_and_not_limited() -> None:
    found, _ = run(Script(distance=9, silent=lambda ttl, _: ttl == 4), TraceOptions())
    assert not any(hop.limited for hop in found.hops)
    assert counts(found)[3] == 2


def test_loss_on_the_way_is_no_limit() -> None:
    """What is lost behind a border is lost by all hops behind it alike."""
    lossy = Script(distance=9, silent=lambda ttl, n: 4 <= ttl < 9 and n % 2 == 1)
    found, _ = run(lossy, TraceOptions(queries=6, stretch=100))
    assert not any(hop.limited for hop in found.hops)
    assert [hop.loss.share for hop in found.hops[:3]] == [0, 0, 0]
    assert all((hop.loss.share or 0) >= 0.4 for hop in found.hops[3:8])


def test_one_router_on_several_paths_is_asked_no_more_than_it_answers() -> None:
    vantage, socket = play(Script(distance=9))
    found = trace([TARGET + n for n in range(4)], vantage, options=TraceOptions(stretch=3))
    for ttl in range(1, 9):
        assert sum(probe.ttl == ttl for probe in socket.sent) == 5
    assert all(each.distance == 9 for each in found)


def test_what_no_place_is_free_for_is_left_out() -> None:
    found, socket = run(Script(distance=9, holds_spare=True), TraceOptions())
    assert counts(found) == [1] * 9
    assert not any(probe.spare for probe in socket.sent)
    assert not any(hop.limited for hop in found.hops)


def test_a_failing_network_keeps_what_was_measured() -> None:
    found, _ = run(Script(distance=13, fails_after=9))
    assert found.end is EndReason.LOCAL_FAULT
    assert found.notes == ("cannot send: Network is unreachable",)
    assert [hop.address for hop in found.hops] == [router(n) for n in range(1, 10)]
    assert found.packets_sent == 9
    assert seconds(found) < 0.5


def test_a_network_that_never_was_there() -> None:
    found, _ = run(Script(distance=13, fails_after=0))
    assert (found.end, found.hops, found.packets_sent) == (EndReason.LOCAL_FAULT, (), 0)


def test_ctrl_c_keeps_what_was_measured() -> None:
    found, _ = run(Script(distance=13, interrupt_after=4))
    assert found.end is EndReason.INTERRUPTED
    assert [hop.address for hop in found.hops[:3]] == [router(1), router(2), router(3)]
    assert found.notes


def test_without_a_route_nothing_is_sent() -> None:
    vantage, socket = play(Script(distance=3))
    no_way = IPv6Address("2001:db8::25")
    without, found = trace([no_way, TARGET, no_way], vantage)
    assert (without.end, without.source, without.flows) == (EndReason.NO_ROUTE, None, ())
    assert "IPv6" in without.notes[0]
    assert (found.end, found.source) == (EndReason.REACHED, SOURCE)
    assert {probe.target for probe in socket.sent} == {TARGET}


def test_no_targets_open_no_socket() -> None:
    vantage, _ = play(Script(distance=3))
    assert trace([], vantage) == ()


def test_all_targets_share_the_time() -> None:
    vantage, socket = play(Script(distance=13))
    targets = [TARGET + n for n in range(8)]
    found = trace(targets, vantage, options=ONCE)
    assert [each.target for each in found] == targets
    assert all(each.distance == 13 for each in found)
    alone = seconds(run(Script(distance=13))[0])
    assert max(seconds(each) for each in found) <= alone * 1.01
    assert len({probe.source_port for probe in socket.sent}) == 8


def test_hops_carry_what_the_probes_said() -> None:
    found, socket = run(Script(distance=3))
    assert found.hops[0] == Hop(ttl=1, probes=found.hops[0].probes)
    probe = found.hops[0].probes[0]
    assert probe.sequence == socket.sent[0].sequence
    assert probe.rtt_ms == pytest.approx(8)
    assert (found.engine, found.protocol, found.port) == ("scripted", "tcp", 25)
    assert found.target_rtt_ms == pytest.approx(24)
