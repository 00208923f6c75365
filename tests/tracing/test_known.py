"""What earlier traces tell is used, checked and never believed further than it goes."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Address, ip_address

import pytest

from mxpath.model.address import IPAddress
from mxpath.model.probe import ReplyKind
from mxpath.model.trace import EndReason, Trace
from mxpath.tracing.known import Knowledge
from mxpath.tracing.tracer import TraceOptions, trace
from scripted_path import SOURCE, TARGET, Script, ScriptedSocket, play, router

ONCE = TraceOptions(queries=1)
FAR = IPv4Address("198.18.99.25")


def run(
    script: Script,
    *,
    known: Knowledge | None = None,
    target: IPAddress = TARGET,
    options: TraceOptions = ONCE,
) -> tuple[Trace, ScriptedSocket]:
    vantage, socket = play(script)
    (found,) = trace([target], vantage, options=options, known=known)
    return found, socket


def known_at(distance: int, *targets: IPAddress) -> Knowledge:
    return Knowledge(run(Script(distance=distance), target=t)[0] for t in targets or (TARGET,))


def seconds(found: Trace) -> float:
    assert found.started_at is not None
    assert found.ended_at is not None
    return (found.ended_at - found.started_at).total_seconds()


def test_a_known_path_costs_its_hops_and_one_probe_and_one_round_trip() -> None:
    found, socket = run(Script(distance=13), known=known_at(13))
    assert (found.distance, found.notes) == (13, ())
    assert [probe.ttl for probe in socket.sent] == list(range(1, 15))
    assert seconds(found) == pytest.approx(0.008 * 13, abs=1e-4)
    assert len(socket.arrived()) == 2


def test_silent_hops_of_a_known_path_cost_their_wait_and_no_more() -> None:
    found, socket = run(
        Script(distance=13, silent=lambda ttl, _: ttl in (4, 9)), known=known_at(13)
    )
    assert found.distance == 13
    assert seconds(found) <= 0.008 * 13 + 0.2 + 3 * 0.008 * 4
    assert len(socket.arrived()) == 2


def test_no_hop_is_filled_in_from_what_is_known() -> None:
    found, _ = run(Script(distance=13, silent=lambda ttl, _: ttl == 4), known=known_at(13))
    assert found.hops[3].address is None
    assert all(len(hop.probes) >= 1 for hop in found.hops)


def test_knowledge_can_be_left_unused() -> None:
    plain, _ = run(Script(distance=13))
    unused, _ = run(
        Script(distance=13), known=known_at(13), options=TraceOptions(queries=1, use_known=False)
    )
    assert unused == plain


@pytest.mark.parametrize("now", [14, 16, 25])
def test_a_target_that_moved_away_is_found_and_said_so(now: int) -> None:
    found, socket = run(Script(distance=now), known=known_at(13))
    assert (found.distance, len(found.hops)) == (now, now)
    assert found.notes == ("the target was at hop 13 in an earlier trace; it is farther away now",)
    assert len(socket.arrived()) <= 6


@pytest.mark.parametrize("now", range(1, 13))
def test_a_target_that_came_nearer_gets_two_and_as_many_as_the_path_lost(now: int) -> None:
    found, socket = run(Script(distance=now), known=known_at(13))
    assert found.distance == now
    assert found.notes == (
        f"the target was at hop 13 in an earlier trace; it is nearer now, at hop {now}",
    )
    assert len(socket.arrived()) == 2 + 13 - now


def test_a_known_target_that_is_dead_now_gets_its_share_and_no_more() -> None:
    found, socket = run(Script(distance=13, target=None), known=known_at(13))
    assert (found.end, found.distance) == (EndReason.GAVE_UP, None)
    assert found.notes == (
        "the target was at hop 13 in an earlier trace; it has not answered there",
    )
    assert len(socket.arrived()) == 6
    assert seconds(found) < 0.4 + 2.1


def test_the_distance_of_a_neighbour_is_a_guess() -> None:
    found, socket = run(Script(distance=13), known=known_at(13, TARGET + 7))
    assert (found.distance, found.notes) == (13, ())
    assert seconds(found) == pytest.approx(0.008 * 13, abs=1e-4)
    assert len(socket.arrived()) <= 6
    moved, socket = run(Script(distance=10), known=known_at(13, TARGET + 7))
    assert (moved.distance, moved.notes) == (10, ())
    assert len(socket.arrived()) <= 6


def test_common_first_hops_widen_the_first_window() -> None:
    known = known_at(9, FAR, FAR + 0x10000)
    _, socket = run(Script(distance=13), known=known)
    first = [probe.ttl for probe, at in zip(socket.sent, socket.sent_s, strict=True) if at == 0]
    assert first == list(range(1, 5 + 6 + 1))
    assert len(socket.arrived()) <= 6


def test_first_hops_of_one_neighbourhood_alone_are_not_common() -> None:
    _, socket = run(Script(distance=13), known=known_at(9, FAR, FAR + 1))
    assert sum(at == 0 for at in socket.sent_s) == 6


def test_another_first_hop_ends_the_belief_and_is_said() -> None:
    known = known_at(9, FAR, FAR + 0x10000)

    def elsewhere(_probe: object, reply: object) -> object:
        moved = reply.responder == router(2)  # type: ignore[attr-defined]
        return replace(reply, responder=router(99)) if moved else reply  # type: ignore[type-var]

    found, _ = run(Script(distance=13, alters=elsewhere), known=known)  # type: ignore[arg-type]
    assert found.distance == 13
    assert found.notes == (f"another hop 2 than in earlier traces: {router(99)}, then {router(2)}",)


def test_what_is_too_old_or_of_another_tool_is_not_believed() -> None:
    found, _ = run(Script(distance=9))
    assert found.started_at is not None
    later = found.started_at + timedelta(days=8)
    assert Knowledge([found], now=later).about(TARGET).distance is None
    assert Knowledge([found], now=found.started_at).about(TARGET).distance == 9


def test_targets_that_begin_later_learn_from_those_that_are_done() -> None:
    known = Knowledge()
    vantage, socket = play(Script(distance=9, target=ReplyKind.RST))
    trace([FAR, FAR + 0x10000], vantage, options=ONCE, known=known)
    assert known.about(FAR).distance == 9
    assert known.about(TARGET).first == tuple(router(ttl) for ttl in range(1, 6))
    before = len(socket.sent)
    trace([FAR], vantage, options=ONCE, known=known)
    assert len(socket.sent) - before == 9 + 1


def test_families_are_known_apart() -> None:
    assert known_at(9, FAR, FAR + 0x10000).about(ip_address("2001:db8::1")).first == ()
    assert SOURCE.version == 4
