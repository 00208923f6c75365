"""Single laws of the plan that a whole trace shows badly."""

from dataclasses import replace
from ipaddress import IPv4Address

from mxpath.model.probe import ReplyKind
from mxpath.model.trace import EndReason
from mxpath.tracing.course import Place, Shot
from mxpath.tracing.flows import draw_flows
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.plan import Plan
from scripted_path import SOURCE, TARGET, answer

(FLOW,) = draw_flows([(TARGET, SOURCE)], 25, seed=1)
MS = 1_000_000
ONCE = TraceOptions(queries=1)


def send(plan: Plan, now_s: float = 0.0) -> list[int]:
    shots = plan.due(now_s)
    for shot in shots:
        sequence = FLOW.sequence(shot.ttl, shot.attempt)
        plan.sent(shot, sequence=sequence, at_s=now_s, at_ns=round(now_s * 1e9))
    return [shot.ttl for shot in shots]


def reply(plan: Plan, ttl: int, kind: ReplyKind, *, attempt: int = 0, ms: int = 10) -> None:
    where = IPv4Address(f"198.18.200.{ttl}") if kind is ReplyKind.TIME_EXCEEDED else TARGET
    plan.answered(Place(0, ttl, attempt), answer(FLOW.probe(ttl, attempt), kind, where, ms * MS))


def test_the_window_opens_with_the_farthest_answer() -> None:
    plan = Plan(ONCE)
    assert send(plan) == [1, 2, 3, 4, 5, 6]
    assert plan.due(0.01) == ()
    reply(plan, 3, ReplyKind.TIME_EXCEEDED)
    assert send(plan, 0.01) == [7, 8, 9]


def test_a_better_answer_replaces_a_bare_ack_and_nothing_else_replaces_anything() -> None:
    plan = Plan(ONCE)
    send(plan)
    reply(plan, 2, ReplyKind.ACK)
    assert plan.distance is None
    reply(plan, 2, ReplyKind.SYN_ACK, ms=20)
    reply(plan, 2, ReplyKind.RST, ms=30)
    reply(plan, 2, ReplyKind.ACK, ms=40)
    answered = plan.hops[1].probes[0].reply
    assert answered is not None
    assert (answered.kind, answered.received_ns) == (ReplyKind.SYN_ACK, 20 * MS)


def test_answers_to_what_was_never_sent_change_nothing() -> None:
    plan = Plan(ONCE)
    send(plan)
    before = plan.hops
    for ttl, attempt in ((0, 0), (7, 0), (3, 1), (63, 31)):
        reply(plan, ttl, ReplyKind.RST, attempt=attempt)
    assert (plan.hops, plan.distance) == (before, None)


def test_distance_is_the_smallest_ttl_that_the_target_acknowledges() -> None:
    plan = Plan(ONCE)
    send(plan)
    for ttl in (5, 4, 6):
        reply(plan, ttl, ReplyKind.RST)
    assert plan.distance == 4
    assert [probe.ttl for probe in plan.beyond] == [5, 6]


def test_unreachable_from_a_router_is_not_the_target() -> None:
    plan = Plan(ONCE)
    send(plan)
    reply(plan, 4, ReplyKind.UNREACHABLE)
    assert (plan.end, plan.distance, plan.last_ttl) == (EndReason.UNREACHABLE, None, 4)
    reply(plan, 6, ReplyKind.SYN_ACK)
    assert (plan.end, plan.distance) == (EndReason.REACHED, 6)


def test_retries_leave_only_for_hops_with_an_answer_beyond() -> None:
    plan = Plan(ONCE)
    send(plan)
    assert plan.due(0.19) == ()
    reply(plan, 4, ReplyKind.TIME_EXCEEDED)
    send(plan, 0.02)
    assert plan.due(0.09) == ()
    assert [shot.ttl for shot in plan.due(0.1)] == [1, 2, 3]
    assert {shot.attempt for shot in plan.due(0.1)} == {1}


def test_a_fault_stops_the_sending_and_not_the_listening() -> None:
    plan = Plan(ONCE)
    send(plan)
    plan.failed("no network")
    plan.failed("no network")
    assert plan.due(5.0) == ()
    assert plan.wake_s(0.0) == 0.2
    reply(plan, 2, ReplyKind.TIME_EXCEEDED)
    assert (plan.end, plan.notes) == (EndReason.LOCAL_FAULT, ["no network"])
    assert plan.hops[1].address is not None


def test_an_interrupt_after_the_target_was_reached_is_noted_and_still_reached() -> None:
    plan = Plan(ONCE)
    send(plan)
    reply(plan, 3, ReplyKind.RST)
    plan.interrupt()
    assert plan.end is EndReason.REACHED
    assert any("interrupted" in note for note in plan.notes)


def test_patience_follows_the_neighbours() -> None:
    plan = Plan(ONCE)
    send(plan)
    for ttl, ms in ((1, 10), (2, 20), (4, 400), (5, 500)):
        reply(plan, ttl, ReplyKind.TIME_EXCEEDED, ms=ms)
    send(plan, 0.5)
    assert [shot.ttl for shot in plan.due(0.59)] == []
    assert plan.due(0.6) == (Shot(3, 1),)


def test_a_plan_is_not_changed_by_looking_at_it() -> None:
    plan = Plan(replace(ONCE, max_ttl=9))
    assert plan.due(0.0) == plan.due(0.0) == tuple(Shot(ttl, 0) for ttl in range(1, 7))


def lost_syn_ack(*, bare_ack: bool) -> tuple[list[int], int | None]:
    """TTLs that leave again where TTL 5 got no SYN/ACK and TTL 10 did; and the distance."""
    plan = Plan(ONCE)
    for now_s in (0.0, 0.1, 0.2):
        send(plan, now_s)
    for ttl in range(1, 5):
        reply(plan, ttl, ReplyKind.TIME_EXCEEDED)
    send(plan, 0.3)
    if bare_ack:
        reply(plan, 5, ReplyKind.ACK)
    reply(plan, 10, ReplyKind.SYN_ACK, ms=350)
    again = []
    for step in range(4, 40):
        again += send(plan, step / 10)
    return again, plan.distance


def test_no_more_than_the_share_arrives_when_a_bare_ack_tells_of_a_lost_syn_ack() -> None:
    """Six SYNs, 5 to 10, were on their way to a target at TTL 5: it has had its share."""
    assert lost_syn_ack(bare_ack=False) == ([5, 6, 7, 8, 9], 10)
    assert lost_syn_ack(bare_ack=True) == ([], 5)


def test_what_has_left_past_a_refusal_is_waited_for() -> None:
    plan = Plan(ONCE)
    send(plan)
    for ttl in (1, 2, 3):
        reply(plan, ttl, ReplyKind.TIME_EXCEEDED)
    reply(plan, 4, ReplyKind.UNREACHABLE, ms=20)
    assert plan.due(0.02) == ()
    assert plan.wake_s(0.02) == 0.2
    reply(plan, 6, ReplyKind.SYN_ACK, ms=50)
    assert (plan.end, plan.distance) == (EndReason.REACHED, 6)


def test_where_all_that_has_left_is_refused_nothing_is_waited_for() -> None:
    plan = Plan(ONCE)
    send(plan)
    for ttl in range(1, 4):
        reply(plan, ttl, ReplyKind.TIME_EXCEEDED)
    assert send(plan, 0.01) == [7, 8, 9]
    for ttl in range(4, 10):
        reply(plan, ttl, ReplyKind.UNREACHABLE, ms=20)
    assert plan.wake_s(0.02) is None
