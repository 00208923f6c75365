"""The closed list: each kind has its sign, and nothing is claimed without one."""

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handmade import TARGET, answer, arrived, made
from mxpath.model import codec
from mxpath.model.anomaly import Anomaly, AnomalyKind
from mxpath.model.documents import Traces
from mxpath.model.probe import InterfaceInfo, InterfaceRole, MplsLabel, Protocol, Reply, ReplyKind
from mxpath.model.trace import Trace
from mxpath.reading.anomalies import anomalies
from mxpath.reading.read import read

TOO_BIG = ReplyKind.PACKET_TOO_BIG


def of_kind(trace: Trace, kind: AnomalyKind) -> Anomaly:
    (found,) = (one for one in anomalies(trace) if one.kind is kind)
    return found


def label(number: int, ttl: int = 1) -> tuple[MplsLabel, ...]:
    return (MplsLabel(label=number, traffic_class=0, bottom=True, ttl=ttl),)


def test_a_plain_trace_has_none() -> None:
    assert anomalies(made(answer("r1"), None, answer("r3"), arrived())) == ()


def test_a_trace_that_tells_only_addresses_and_times_has_none() -> None:
    bare: dict[str, Any] = {"kind": None, "protocol": None}
    trace = made(answer("r1", **bare), answer("r2", **bare), protocol=None, source=None)
    assert anomalies(trace) == ()


def test_quoted_ttl_zero_is_zero_ttl_forwarding() -> None:
    trace = made(answer("r1", quoted_ttl=1), answer("r2", quoted_ttl=0))
    found = of_kind(trace, AnomalyKind.ZERO_TTL)
    assert found.ttls == (2,)
    assert "consistent with" in found.words


def test_quoted_ttls_that_rise_are_consistent_with_a_tunnel() -> None:
    """Implicit tunnels: Donnet et al., "Revealing MPLS tunnels obscured from traceroute" (2012)."""
    rows = [answer(f"r{n}", quoted_ttl=n - 1) for n in (2, 3, 4, 5)]
    found = of_kind(made(answer("r1"), *rows), AnomalyKind.QUOTED_TTL)
    assert found.ttls == (3, 4, 5)
    assert "2 to 4, rising from hop to hop" in found.words


def test_a_refusal_has_much_ttl_left_and_that_is_no_tunnel() -> None:
    refused = answer("r1", kind=ReplyKind.UNREACHABLE, icmp_type=3, icmp_code=1, quoted_ttl=60)
    kinds = [found.kind for found in anomalies(made(refused))]
    assert kinds == [AnomalyKind.UNREACHABLE]


@pytest.mark.parametrize(
    ("code", "kind"), [(13, AnomalyKind.FILTERED), (1, AnomalyKind.UNREACHABLE)]
)
def test_a_refusal_is_told_in_words_with_its_router(code: int, kind: AnomalyKind) -> None:
    refused = answer("r2", kind=ReplyKind.UNREACHABLE, icmp_type=3, icmp_code=code)
    found = of_kind(made(answer("r1"), refused), kind)
    assert found.words.startswith("198.18.200.2 says: ")
    assert f"code {code}" in found.words


def test_port_unreachable_from_the_target_of_a_datagram_is_no_fault() -> None:
    reply = answer(
        str(TARGET),
        kind=ReplyKind.UNREACHABLE,
        icmp_type=3,
        icmp_code=3,
        protocol=Protocol.UDP,
    )
    assert anomalies(made(reply, protocol=Protocol.UDP)) == ()


@pytest.mark.parametrize(("mtu", "words"), [(1300, "takes 1300 bytes"), (None, "too big")])
def test_packet_too_big_tells_what_fits(mtu: int | None, words: str) -> None:
    found = of_kind(made(answer("r1", kind=TOO_BIG, mtu=mtu)), AnomalyKind.TOO_BIG)
    assert found.words.endswith(words) or words in found.words


@pytest.mark.parametrize("address", ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1"])
def test_a_private_address_behind_public_ones_is_told(address: str) -> None:
    assert of_kind(
        made(answer("r1"), answer(address), answer("r3")), AnomalyKind.PRIVATE_ADDRESS
    ).ttls == (2,)


def test_private_addresses_at_home_are_none() -> None:
    assert anomalies(made(answer("192.168.1.1"), answer("10.0.0.1"), answer("r3"))) == ()


def test_a_tunnel_is_one_finding_with_its_labels() -> None:
    rows = [answer("r2", mpls=label(16)), answer("r3", mpls=label(17)), answer("r4")]
    found = of_kind(made(answer("r1"), *rows), AnomalyKind.MPLS)
    assert found.ttls == (2, 3)
    assert found.words == "labels 16 (TC 0, TTL 1), 17 (TC 0, TTL 1)"


@pytest.mark.parametrize(
    ("times", "count"),
    [((10, 42.1, 42.3, 42.6), 1), ((10, 20, 42.3, 42.6), 0), ((10, 42, 42, 50), 0)],
)
def test_hops_of_a_tunnel_that_share_the_egress_round_trip_are_told(
    times: tuple[float, ...], count: int
) -> None:
    first, *inside, end = times
    rows = [answer(f"r{n}", ms, mpls=label(n)) for n, ms in enumerate(inside, start=2)]
    found = of_kind(made(answer("r1", first), *rows, answer("r4", end)), AnomalyKind.MPLS)
    assert found.words.count("one round trip for all") == count


def test_an_interface_is_told_in_the_routers_own_words_made_harmless() -> None:
    info = InterfaceInfo(
        role=InterfaceRole.INCOMING,
        name="et-0/0/1\x1b[31m",
        address=ip_address("192.0.2.1"),
        mtu=9000,
    )
    found = of_kind(made(answer("r1", interfaces=(info,))), AnomalyKind.INTERFACE)
    assert "incoming et-0/0/1" in found.words
    assert "192.0.2.1 MTU 9000" in found.words
    assert "\x1b" not in found.words


def test_findings_come_by_hop_and_faults_before_facts() -> None:
    rows = [answer("r1", mpls=label(1), quoted_ttl=0), answer("r2", quoted_ttl=0)]
    kinds = [found.kind for found in anomalies(made(*rows))]
    assert kinds == [AnomalyKind.MPLS, AnomalyKind.ZERO_TTL]


OCTETS = st.one_of(st.none(), st.integers(0, 255))
WORDS = st.one_of(st.none(), st.integers(0, 65535))
REPLIES = st.builds(
    lambda number, kind, **told: answer(f"r{number}", kind=kind, **told),
    st.integers(1, 4),
    st.one_of(st.none(), st.sampled_from(ReplyKind)),
    reply_ttl=OCTETS,
    quoted_ttl=OCTETS,
    quoted_tos=OCTETS,
    quoted_id=WORDS,
    quoted_checksum=WORDS,
    icmp_type=OCTETS,
    icmp_code=OCTETS,
    mtu=WORDS,
    sequence=st.one_of(st.none(), st.integers(0, 2**32 - 1)),
)
ROWS = st.lists(st.lists(st.one_of(st.none(), REPLIES), min_size=1, max_size=3), max_size=8)
WORLDS: Any = st.fixed_dictionaries(
    {"engine": st.sampled_from(["raw", "mtr"]), "protocol": st.sampled_from([Protocol.TCP, None])}
)


@settings(max_examples=30)
@given(ROWS, WORLDS)
def test_whatever_answers_say_reading_them_never_raises_and_goes_into_json(
    rows: list[list[Reply | None]], fields: dict[str, Any]
) -> None:
    trace = made(*rows, **fields)
    reading = read(trace)
    heard_at = {p.ttl for h in trace.hops for p in h.probes if p.reply is not None}
    for found in reading.anomalies:
        assert found.ttls
        assert set(found.ttls) <= heard_at
        assert found.evidence
    document = Traces(traces=(trace,), owners={}, readings=(reading,))
    assert codec.load(Traces, codec.dump(document)) == document
