from ipaddress import ip_address

import pytest

from mxpath.lab.elements import Behaviour
from mxpath.lab.forwarding import FiveTuple
from mxpath.lab.simulated_tcp import Segment, TcpServer
from mxpath.lab.simulated_wire import TcpFlag

FLOW = FiveTuple(
    source=ip_address("198.18.1.25"),
    target=ip_address("198.18.33.25"),
    protocol=6,
    source_port=40_000,
    target_port=25,
)
FAR = 1 << 26
MS = 1_000_000


class Server:
    """A server that is asked by milliseconds."""

    def __init__(self, behaviour: Behaviour | None, round_trip_ms: int = 20) -> None:
        self.server = TcpServer(behaviour)
        self.round_trip_ms = round_trip_ms

    def syn(self, sequence: int, at_ms: int) -> tuple[str, int] | None:
        segment = self.server.answer(
            FLOW, sequence, at_ns=at_ms * MS, round_trip_ns=self.round_trip_ms * MS
        )
        return None if segment is None else (_name(segment), segment.acknowledged)


def _name(segment: Segment) -> str:
    return "|".join(flag.name or "" for flag in TcpFlag if flag in segment.flags)


def test_only_the_first_of_a_burst_gets_a_syn_ack() -> None:
    server = Server(Behaviour.FINE)
    answers = [server.syn(ttl * FAR, at_ms=ttl) for ttl in range(1, 6)]
    assert answers == [("SYN|ACK", FAR + 1), ("ACK", FAR + 1), None, None, None]


def test_after_the_probers_reset_all_begins_anew() -> None:
    server = Server(Behaviour.FINE)
    assert server.syn(FAR, at_ms=0) == ("SYN|ACK", FAR + 1)
    assert server.syn(2 * FAR, at_ms=19) == ("ACK", FAR + 1)
    assert server.syn(3 * FAR, at_ms=20) == ("SYN|ACK", 3 * FAR + 1)
    assert server.syn(4 * FAR, at_ms=21) == ("ACK", 3 * FAR + 1)


def test_bare_acks_are_half_a_second_apart() -> None:
    server = Server(Behaviour.FINE, round_trip_ms=5000)
    times = [0, 100, 400, 599, 600, 1099, 1100]
    answers = [server.syn((n + 1) * FAR, at_ms=at) for n, at in enumerate(times)]
    assert [a and a[0] for a in answers] == ["SYN|ACK", "ACK", None, None, "ACK", None, "ACK"]
    assert {a[1] for a in answers if a} == {FAR + 1}


def test_a_syn_inside_the_window_tears_the_connection_down() -> None:
    server = Server(Behaviour.FINE)
    answers = [server.syn(1000 + 4096 * n, at_ms=n) for n in range(4)]
    assert [a and a[0] for a in answers] == ["SYN|ACK", "RST|ACK", "SYN|ACK", "RST|ACK"]
    assert answers[1] == ("RST|ACK", 1000 + 4096 + 1)


@pytest.mark.parametrize(("offset", "kind"), [(65_535, "RST|ACK"), (65_536, "ACK")])
def test_the_window_ends_at_65535(offset: int, kind: str) -> None:
    server = Server(Behaviour.FINE)
    server.syn(2**32 - 10, at_ms=0)
    answer = server.syn((2**32 - 10 + offset) % 2**32, at_ms=1)
    assert answer is not None
    assert answer[0] == kind


def test_the_same_syn_again_gets_its_syn_ack_again() -> None:
    server = Server(Behaviour.FINE)
    assert server.syn(FAR, at_ms=0) == server.syn(FAR, at_ms=1) == ("SYN|ACK", FAR + 1)


@pytest.mark.parametrize("behaviour", [Behaviour.CLOSED, None])
def test_a_closed_port_resets_every_syn(behaviour: Behaviour | None) -> None:
    server = Server(behaviour)
    answers = [server.syn(n, at_ms=0) for n in (5, 6, 2**32 - 1)]
    assert answers == [("RST|ACK", 6), ("RST|ACK", 7), ("RST|ACK", 0)]


def test_a_dropped_port_is_silent() -> None:
    server = Server(Behaviour.DROPPED)
    assert [server.syn(n * FAR, at_ms=n) for n in range(5)] == [None] * 5


def test_flows_do_not_know_each_other() -> None:
    server = TcpServer(Behaviour.FINE)
    for flow in (FLOW, FLOW.reverse):
        segment = server.answer(flow, FAR, at_ns=0, round_trip_ns=MS)
        assert segment is not None
        assert TcpFlag.SYN in segment.flags
