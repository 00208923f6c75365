"""Sequence numbers name probes; flows do not collide."""

from ipaddress import IPv4Address
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from mxpath.model.address import IPAddress
from mxpath.tracing.flows import SOURCE_PORTS, FlowIdentity, draw_flows

HERE, THERE = IPv4Address("198.18.0.25"), IPv4Address("198.18.32.25")
TTLS, ATTEMPTS, COOKIES = st.integers(1, 63), st.integers(0, 63), st.integers(0, 2**20 - 1)


def flow(cookie: int) -> FlowIdentity:
    return FlowIdentity(
        target=THERE, source=HERE, source_port=61000, destination_port=25, cookie=cookie
    )


@given(TTLS, ATTEMPTS, COOKIES)
def test_a_sequence_number_names_its_probe(ttl: int, attempt: int, cookie: int) -> None:
    sequence = flow(cookie).sequence(ttl, attempt)
    assert 0 <= sequence < 2**32
    assert flow(cookie).place(sequence) == (ttl, attempt)


@given(TTLS, ATTEMPTS, COOKIES, COOKIES)
def test_another_cookie_names_nothing(ttl: int, attempt: int, cookie: int, other: int) -> None:
    place = flow(other).place(flow(cookie).sequence(ttl, attempt))
    assert (place is None) == (cookie != other)


def test_all_syns_of_a_flow_lie_more_than_a_window_apart_also_across_zero() -> None:
    every = [flow(2**20 - 1).sequence(ttl, n) for ttl in range(1, 64) for n in (0, 1, 31, 63)]
    for one, other in combinations(every, 2):
        assert min((one - other) % 2**32, (other - one) % 2**32) > 65535


def test_probes_of_a_flow_differ_in_ttl_and_sequence_only() -> None:
    one, other = flow(5).probe(3, 0), flow(5).probe(9, 1)
    assert (one.ttl, other.ttl) == (3, 9)
    for name in ("target", "source", "source_port", "destination_port"):
        assert getattr(one, name) == getattr(other, name)


def test_drawn_flows_have_ports_of_their_own_outside_the_kernels_range() -> None:
    ends: list[tuple[IPAddress, IPAddress]] = [(THERE + n, HERE) for n in range(200)]
    flows = list(draw_flows(ends, 25, seed=3))
    ports = [each.source_port for each in flows]
    assert len(set(ports)) == 200
    assert all(port in SOURCE_PORTS and port > 60999 for port in ports)
    assert [each.target for each in flows] == [target for target, _ in ends]
    assert ports == [each.source_port for each in draw_flows(ends, 25, seed=3)]
    assert ports != [each.source_port for each in draw_flows(ends, 25, seed=4)]
