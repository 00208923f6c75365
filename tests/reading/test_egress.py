"""Whether a port gets out, told by comparing targets and protocols."""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from handmade import answer, arrived, made
from mxpath.model.address import IPAddress
from mxpath.model.egress import Egress, EgressState
from mxpath.model.evidence import Grade
from mxpath.model.probe import Protocol, Reply, ReplyKind
from mxpath.model.trace import EndReason, Trace
from mxpath.reading.egress import judge_egress

ONE, TWO, SIX = map(ip_address, ("198.18.32.25", "198.18.48.25", "2001:db8::25"))
BLOCKED, OPEN, UNKNOWN = EgressState.BLOCKED, EgressState.OPEN, EgressState.UNKNOWN
ICMP: dict[str, Any] = {"protocol": Protocol.ICMP, "port": None}


def to(target: IPAddress, *words: str, reached: bool = False, **fields: Any) -> Trace:
    """Routers by name, ``*`` for silence; at the end the target where it is reached."""
    rows: list[Reply | None] = [
        None if w == "*" else replace(answer(w), target=target) for w in words
    ]
    own = replace(arrived(), target=target, responder=target)
    return made(*rows, *([own] if reached else []), **{"target": target, **fields})


def judged(traces: list[Trace], others: list[Trace] | None = None) -> Egress:
    (found,) = judge_egress(traces, others or [])
    return found


DEAD = [to(ONE, "r1", "*", "*", "*"), to(TWO, "r1", "*", "*", "*")]


def test_two_targets_behind_one_near_hop_make_a_filter_possible() -> None:
    found = judged(DEAD)
    assert (found.state, found.grade, found.ttl) == (BLOCKED, Grade.POSSIBLE, 1)
    assert found.address == ip_address("198.18.200.1")
    assert "consistent with" in found.words
    assert found.counter_evidence


def test_another_protocol_that_passes_makes_it_certain() -> None:
    beside = [to(ONE, "r1", "r2", "r3", reached=True, **ICMP)]
    found = judged(DEAD, beside)
    assert (found.state, found.grade, found.passes) == (BLOCKED, Grade.CERTAIN, ("icmp",))
    assert "is blocked at hop 1 (198.18.200.1) or right behind it" in found.words
    assert len(found.evidence) == 3


def test_an_echo_reply_of_the_target_alone_is_enough_with_two() -> None:
    found = judged(DEAD, [to(ONE, "r1", "*", reached=True, **ICMP)])
    assert found.grade is Grade.CERTAIN


def test_one_target_needs_a_router_behind_and_is_never_certain() -> None:
    alone = DEAD[:1]
    assert judged(alone).state is UNKNOWN
    assert judged(alone, [to(ONE, "r1", reached=True, **ICMP)]).state is UNKNOWN
    found = judged(alone, [to(ONE, "r1", "r2", reached=True, **ICMP)])
    assert (found.state, found.grade) == (BLOCKED, Grade.LIKELY)


def test_where_nothing_gets_farther_it_is_not_the_port() -> None:
    found = judged(DEAD, [to(ONE, "r1", "*", "*", **ICMP)])
    assert (found.state, found.grade) == (UNKNOWN, None)
    assert "gets no farther either" in found.counter_evidence[0].detail


def test_tcp_443_speaks_where_icmp_is_stopped_too() -> None:
    beside = [
        to(ONE, "r1", "*", **ICMP),
        to(ONE, "r1", "r2", reached=True, protocol=Protocol.TCP, port=443),
    ]
    found = judged(DEAD, beside)
    assert (found.grade, found.passes) == (Grade.CERTAIN, ("tcp/443",))
    assert found.counter_evidence


def test_other_targets_say_nothing_of_these() -> None:
    elsewhere = to(ip_address("198.18.64.25"), "r1", "r2", reached=True, **ICMP)
    assert judged(DEAD, [elsewhere]).grade is Grade.POSSIBLE


def test_one_answer_to_a_syn_shows_that_the_port_gets_out() -> None:
    found = judged([*DEAD, to(ip_address("198.18.64.25"), "r1", "r2", reached=True)])
    assert (found.state, found.grade) == (OPEN, Grade.CERTAIN)


def test_a_closed_port_shows_it_too() -> None:
    refused = replace(arrived(kind=ReplyKind.RST), target=ONE, responder=ONE)
    assert judged([made(answer(), refused, target=ONE)]).state is OPEN


def test_a_syn_that_gets_past_the_near_hops_shows_that_the_filter_is_not_ours() -> None:
    found = judged([to(ONE, "r1", "r2", "r3", "r4", "r5", "*", "*"), DEAD[1]])
    assert (found.state, found.grade) == (OPEN, Grade.LIKELY)


def test_two_ends_are_no_filter() -> None:
    assert judged([DEAD[0], to(TWO, "r1", "r2", "*", "*")]).state is UNKNOWN


def test_silence_from_the_first_hop_on_may_be_this_hosts_own_filter() -> None:
    mute = [to(ONE, "*", "*"), to(TWO, "*", "*")]
    found = judged(mute, [to(ONE, "r1", "r2", reached=True, **ICMP)])
    assert (found.state, found.ttl, found.address) == (BLOCKED, 0, None)
    assert "before the first hop" in found.words


def test_a_router_that_forbids_every_syn_says_it_itself() -> None:
    no = answer("r2", kind=ReplyKind.UNREACHABLE, icmp_type=3, icmp_code=13)
    traces = [
        made(answer(), replace(no, target=target), target=target, end=EndReason.UNREACHABLE)
        for target in (ONE, TWO)
    ]
    found = judged(traces)
    assert (found.state, found.grade, found.ttl) == (BLOCKED, Grade.LIKELY, 2)


def test_a_trace_that_was_broken_off_proves_nothing() -> None:
    broken = [replace(t, end=EndReason.INTERRUPTED) for t in DEAD]
    assert judged(broken).state is UNKNOWN


def test_families_are_judged_apart() -> None:
    six = to(SIX, "2001:db8::1", "2001:db8::2", reached=True)
    four, other = judge_egress([*DEAD, six])
    assert (four.version, four.state) == (4, BLOCKED)
    assert (other.version, other.state) == (6, OPEN)


def test_what_is_not_tcp_or_has_no_port_or_hops_is_passed_over() -> None:
    assert judge_egress([to(ONE, "r1", **ICMP), to(ONE, "r1", port=None), made()]) == ()
