"""Paths that go round are left; paths that change are not."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.model.probe import ProbeSpec, Reply, ReplyKind
from mxpath.model.trace import EndReason
from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.tracing.turning import turned_at
from scripted_path import TARGET, Script, answer, play


def path(letters: str) -> list[IPv4Address | None]:
    return [None if x == "*" else IPv4Address(0xC6336400 + ord(x)) for x in letters]


@pytest.mark.parametrize(
    ("letters", "end"),
    [
        ("abcbcbc", 7),
        ("ababab", 6),
        ("abcdbcdbcdbcd", 10),
        ("abbbb", 5),
        ("abcdef", None),
        ("abbb", None),
        ("abcdcdef", None),  # the path grew by two hops while it was traced
        ("abcdcd", None),
        ("ab*b*b", None),
        ("abababab", 6),
    ],
)
def test_three_rounds_are_a_circle_and_two_are_not(letters: str, end: int | None) -> None:
    assert turned_at(path(letters)) == end


@given(st.permutations("abcdefghijklmnop"), st.integers(0, 15), st.integers(1, 4))
def test_a_path_that_changes_once_is_no_circle(names: list[str], at: int, longer: int) -> None:
    """Before the change hop n is names[n], afterwards names[n - longer]."""
    seen = [names[n] if n < at else names[max(0, n - longer)] for n in range(16)]
    repeats = max(sum(seen[n] == x for n in range(16)) for x in seen)
    if repeats < 3:
        assert turned_at(path("".join(seen))) is None


def test_a_forwarding_loop_ends_the_trace() -> None:
    def turning(probe: ProbeSpec, reply: Reply) -> Reply:
        at = probe.ttl if probe.ttl < 4 else 4 + probe.ttl % 2
        return answer(
            probe, ReplyKind.TIME_EXCEEDED, IPv4Address(0xC6336400 + at), reply.received_ns or 0
        )

    vantage, socket = play(Script(distance=60, alters=turning))
    (found,) = trace([TARGET], vantage, options=TraceOptions(queries=1))
    assert (found.end, found.distance, len(found.hops)) == (EndReason.LOOP, None, 9)
    assert len(socket.sent) <= 9 + 6


def test_a_packet_that_is_too_big_goes_no_farther() -> None:
    def narrow(probe: ProbeSpec, reply: Reply) -> Reply:
        if probe.ttl < 5:
            return reply
        where, at_ns = IPv4Address(0xC6336405), reply.received_ns or 0
        return answer(probe, ReplyKind.PACKET_TOO_BIG, where, at_ns)

    vantage, socket = play(Script(distance=60, alters=narrow))
    (found,) = trace([TARGET], vantage, options=TraceOptions(queries=1))
    assert (found.end, len(found.hops)) == (EndReason.UNREACHABLE, 5)
    assert len(socket.sent) <= 5 + 6
