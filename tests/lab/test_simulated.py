from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.errors import PrivilegeError
from mxpath.lab.simulated import Faults, SimulatedVantage, simulate
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.model.probe import ProbeSpec, Reply, ReplyKind
from mxpath.vantage.packets import encode
from mxpath.vantage.ports import ProbeSocket, Vantage

WORLD = read_world(shipped_worlds()["first_walk"])
PORT = 40_000


def syns(host: str, ttls: Sequence[int], family: int = 0) -> list[ProbeSpec]:
    return [
        ProbeSpec(
            target=WORLD.addresses_of(host)[family],
            source=WORLD.addresses_of("mailhost")[family],
            source_port=PORT,
            destination_port=25,
            ttl=ttl,
            sequence=number << 26,
        )
        for number, ttl in enumerate(ttls, start=1)
    ]


def collect(vantage: Vantage, socket: ProbeSocket, wait_s: float = 1.0) -> list[Reply]:
    until_s, replies = vantage.clock.monotonic_s() + wait_s, list[Reply]()
    while vantage.clock.monotonic_s() < until_s:
        replies += socket.receive(until_s)
    return replies


def ttl_of(reply: Reply) -> int:
    assert reply.sequence is not None
    return reply.sequence >> 26


def kinds(replies: Sequence[Reply]) -> list[tuple[ReplyKind | None, int]]:
    return [(reply.kind, ttl_of(reply)) for reply in replies]


def test_a_vantage_says_what_it_is(vantage: SimulatedVantage) -> None:
    assert (vantage.player, vantage.name, vantage.engine) == (
        "simulated",
        "sim:first_walk",
        "simulated",
    )
    assert vantage.workers > 1
    assert (vantage.origin.address_v4, vantage.origin.address_v6) == WORLD.addresses_of("mailhost")
    assert vantage.origin.how == "world"
    assert vantage.origin.network is None


@pytest.mark.parametrize("family", [0, 1])
def test_a_burst_past_an_open_port(vantage: SimulatedVantage, family: int) -> None:
    with vantage.probes() as socket:
        socket.send(syns("mx1", [5, 6, 7, 8, 9], family))
        assert kinds(collect(vantage, socket)) == [(ReplyKind.SYN_ACK, 1), (ReplyKind.ACK, 1)]
        # A second later our kernel's RST has long closed the half-open connection.
        socket.send(syns("mx1", [9], family))
        assert kinds(collect(vantage, socket)) == [(ReplyKind.SYN_ACK, 1)]


def test_a_burst_past_a_closed_port(vantage: SimulatedVantage) -> None:
    with vantage.probes() as socket:
        socket.send(syns("closed", [7, 8, 9]))
        assert kinds(collect(vantage, socket)) == [(ReplyKind.RST, n) for n in (1, 2, 3)]


def test_a_burst_past_a_dropped_port(vantage: SimulatedVantage) -> None:
    with vantage.probes() as socket:
        socket.send(syns("dropped", [5, 6, 7]))
        assert collect(vantage, socket) == []


@pytest.mark.parametrize("family", [0, 1])
def test_an_address_nobody_has_is_unreachable(vantage: SimulatedVantage, family: int) -> None:
    (probe,) = syns("mx1", [30], family)
    probe = ProbeSpec(
        target=probe.target + 4,
        source=probe.source,
        source_port=PORT,
        destination_port=25,
        ttl=30,
        sequence=5,
    )
    with vantage.probes() as socket:
        socket.send([probe])
        (reply,) = collect(vantage, socket)
    assert reply.kind is ReplyKind.UNREACHABLE
    assert reply.responder == WORLD.members("FRA-LIX")[1].address(4) or family == 1
    assert (reply.icmp_type, reply.icmp_code) == ((3, 1) if family == 0 else (1, 3))


def test_receive_moves_the_clock_to_the_next_arrival(vantage: SimulatedVantage) -> None:
    with vantage.probes() as socket:
        socket.send(syns("mx1", [2, 1]))
        (first,) = socket.receive(10)
        assert vantage.clock.monotonic_s() == pytest.approx(0.0002)
        assert first.received_ns == vantage.clock.now_ns()
        (second,) = socket.receive(10)
        assert vantage.clock.monotonic_s() == pytest.approx(0.0042)
        assert (ttl_of(first), ttl_of(second)) == (2, 1)
        assert socket.receive(3) == ()
        assert vantage.clock.monotonic_s() == 3


def test_receive_does_not_reach_past_its_time(vantage: SimulatedVantage) -> None:
    with vantage.probes() as socket:
        socket.send(syns("mx1", [3]))
        assert socket.receive(0.001) == ()
        assert len(socket.receive(1)) == 1


def test_what_arrived_while_we_slept_comes_at_once(vantage: SimulatedVantage) -> None:
    with vantage.probes() as socket:
        socket.send(syns("mx1", [1, 2, 3]))
        vantage.clock.sleep(1)
        replies = socket.receive(0)
        assert len(replies) == 3
        times = [reply.received_ns for reply in replies if reply.received_ns is not None]
        assert len(times) == 3
        assert all(one < two for one, two in pairwise(times))


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 5),
    st.lists(
        st.tuples(st.sampled_from(["mx1", "mxfar", "closed"]), st.integers(1, 12)),
        max_size=12,
    ),
)
def test_equal_seeds_give_equal_bytes(seed: int, asked: list[tuple[str, int]]) -> None:
    packets, replies = [], []
    for _ in range(2):
        vantage = simulate(WORLD, seed=seed)
        network, clock = vantage.network, vantage.clock
        probes = [probe for host, ttl in asked for probe in syns(host, [ttl])]
        with vantage.probes() as socket:
            socket.send(probes)
            replies.append(collect(vantage, socket))
        packets.append([network.carry(encode(p), clock.now_ns()) for p in probes])
    assert packets[0] == packets[1]
    assert replies[0] == replies[1]


def test_the_way_back_of_an_error_is_its_own(world: World) -> None:
    """Answers of the far diamond end come back over both branches, whatever the flow took."""
    rtts = set()
    for seed in range(20):
        vantage = simulate(world, seed=seed)
        with vantage.probes() as socket:
            socket.send(syns("mxfar", [5]))
            collect(vantage, socket)
            (sent,) = socket.send(syns("mxfar", [5]))
            (reply,) = socket.receive(10)
            assert reply.received_ns is not None
            rtts.add(round((reply.received_ns - sent.sent_ns) / 1e6, 3))
    assert rtts == {46.2, 48.2, 50.2}


def test_without_privilege_nothing_opens(world: World) -> None:
    with pytest.raises(PrivilegeError, match="CAP_NET_RAW"):
        simulate(world, faults=Faults(no_privilege=True)).probes()


def test_a_family_without_route(world: World) -> None:
    vantage = simulate(world, faults=Faults(no_route=(6,)))
    assert vantage.origin.address_v6 is None
    with vantage.probes() as socket:
        assert socket.source_for(world.addresses_of("mx1")[1]) is None
        assert socket.source_for(world.addresses_of("mx1")[0]) is not None
        (sent,) = socket.send(syns("mx1", [1], family=1))
    assert sent.error == "Network is unreachable"


def test_an_interface_that_goes_down(world: World) -> None:
    vantage = simulate(world, faults=Faults(interface_down_after_packets=2))
    with vantage.probes() as socket:
        sent = socket.send(syns("mx1", [1, 2, 3]))
        assert [s.error for s in sent] == [None, None, "Network is down"]
        assert collect(vantage, socket) == []


def test_an_interrupt_comes_once(world: World) -> None:
    vantage = simulate(world, faults=Faults(interrupt_after_packets=2))
    with vantage.probes() as socket:
        socket.send(syns("mx1", [1, 2]))
        with pytest.raises(KeyboardInterrupt):
            socket.receive(1)
        assert len(collect(vantage, socket)) == 2


def test_an_interrupt_in_the_middle_of_sending(world: World) -> None:
    vantage = simulate(world, faults=Faults(interrupt_after_packets=2))
    with vantage.probes() as socket, pytest.raises(KeyboardInterrupt):
        socket.send(syns("mx1", [1, 2, 3]))


@pytest.mark.parametrize(("hop", "answering"), [(0, 0), (1, 1), (3, 3), (9, 5)])
def test_filtered_egress_is_silent_behind_its_hop(world: World, hop: int, answering: int) -> None:
    vantage = simulate(world, faults=Faults(port_25_filtered_at_hop=hop))
    with vantage.probes() as socket:
        for ttl in range(1, 6):
            socket.send(syns("mx1", [ttl]))
            assert len(collect(vantage, socket)) == (ttl <= answering)


def test_a_foreign_source_gets_no_answer(vantage: SimulatedVantage) -> None:
    (probe,) = syns("mx1", [1])
    foreign = ProbeSpec(
        target=probe.target,
        source=WORLD.addresses_of("ns")[0],
        source_port=PORT,
        destination_port=25,
        ttl=1,
        sequence=1,
    )
    with vantage.probes() as socket:
        socket.send([foreign])
        assert collect(vantage, socket) == []
    assert not vantage.network.syns
