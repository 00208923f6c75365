"""Jitter, loss, odd routers and sending again in the played network."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.odd_world import odd_world
from mxpath.lab.conditions import Carried
from mxpath.lab.faults import with_link
from mxpath.lab.forwarding import FiveTuple
from mxpath.lab.simulated import SimulatedVantage, simulate
from mxpath.lab.simulated_line import PlayedLine, sendings
from mxpath.lab.simulated_links import PlayedLinks
from mxpath.lab.simulated_network import PlayedNetwork
from mxpath.lab.steps import NextHop, steps
from mxpath.lab.topology import World
from mxpath.model.probe import ProbeSpec, Reply, ReplyKind
from mxpath.vantage.ports import ConnectionFault, Fault

WORLD = odd_world()
FAMILIES = pytest.mark.parametrize("family", [4, 6])


def step(world: World, one: str, other: str) -> NextHop:
    return next(hop for hop in steps(world)[one] if hop.node == other)


def shaken(**keys: float) -> World:
    return with_link(replace(WORLD, faults={}), ("home1", "alpha1"), keys)


SYN = {v: Carried(version=v, protocol=6, target_port=25) for v in (4, 6)}

JITTERY = step(shaken(jitter_ms=5.0), "home1", "alpha1")


@given(st.integers(0, 99), st.lists(st.integers(0, 20_000_000), min_size=2, max_size=40))
def test_nobody_overtakes_whatever_the_order_of_carrying(seed: int, entered: list[int]) -> None:
    links = PlayedLinks(seed)
    left = [(at_ns, links.cross(JITTERY, SYN[4], at_ns)) for at_ns in entered]
    for at_ns, through_ns in left:
        assert through_ns is not None
        assert through_ns >= at_ns + 2_000_000
    ordered = sorted(left, key=lambda pair: pair[0])
    for (first, one), (later, other) in pairwise(ordered):
        assert one is not None
        assert other is not None
        assert one <= other or first == later


def test_jitter_is_uniform_and_loss_a_share() -> None:
    links, hop = PlayedLinks(1), step(shaken(jitter_ms=5.0, loss=0.2), "home1", "alpha1")
    found = [links.cross(hop, SYN[6], number * 10_000_000) for number in range(3000)]
    taken_ms = [
        (through - number * 10_000_000) / 1e6
        for number, through in enumerate(found)
        if through is not None
    ]
    assert 0.18 < 1 - len(taken_ms) / len(found) < 0.22
    for quarter in range(4):
        inside = [ms for ms in taken_ms if 2 + quarter * 1.25 <= ms < 2 + (quarter + 1) * 1.25]
        assert 0.22 < len(inside) / len(taken_ms) < 0.28


def test_a_quiet_link_draws_nothing() -> None:
    """Worlds without chance play as if there were none: no draw, exact delays."""
    links, hop = PlayedLinks(1), step(WORLD, "home1", "alpha1")
    before = links._chance.getstate()
    assert links.cross(hop, SYN[4], 7) == 2_000_007
    assert links._chance.getstate() == before


class Flaky:
    """Vanishes what is sent at the n-th sendings, and takes 10 ms for the rest."""

    def __init__(self, *lost: int) -> None:
        self.lost, self.sent = lost, list[int]()

    def transmit(self, node: str, _flow: FiveTuple, at_ns: int) -> tuple[str, int] | None:
        self.sent.append(at_ns)
        there = {"here": "there", "there": "here"}[node]
        return None if len(self.sent) in self.lost else (there, at_ns + 10_000_000)


@pytest.mark.parametrize(
    ("lost", "took_s"),
    [
        ((), 0.020),
        ((1,), 0.240),  # the request: once more after 20 ms and 200 ms
        ((2,), 0.240),  # the answer
        ((1, 2), 0.680),  # twice as long the second time
        ((1, 3), 0.460),
        (range(99), None),
    ],
)
def test_what_is_lost_is_sent_again(lost: Sequence[int], took_s: float | None) -> None:
    flow = FiveTuple(
        source=WORLD.addresses_of("mailhost")[0],
        target=WORLD.addresses_of("mx1")[0],
        protocol=6,
    )
    line = PlayedLine(
        connect_ms=20.0,
        network=Flaky(*lost),
        sender="here",
        server="there",
        flow=flow,
        round_trip_ms=20.0,
    )
    assert line.exchange_s(0) == (None if took_s is None else pytest.approx(took_s))


def test_a_syn_is_sent_again_as_linux_does() -> None:
    assert list(sendings(0, 10**9)) == [n * 10**9 for n in (0, 1, 3, 7, 15, 31, 63)]


@FAMILIES
def test_a_dial_over_a_bad_link_pays_whole_seconds(family: int) -> None:
    world, took_s = shaken(loss=0.3), set[float]()
    target = world.address_of("mx1", family)
    assert target is not None
    for seed in range(12):
        with simulate(world, seed=seed).dialer.dial(target, 25, 70) as connection:
            took_s.add(round((connection.connect_ms - 12.4) / 1000, 9))
    assert {0.0, 1.0} <= took_s
    assert all(seconds == int(seconds) for seconds in took_s)


@FAMILIES
@pytest.mark.parametrize(("host", "mtu", "hidden"), [("mx1", None, False), ("mxbig", 1400, False)])
def test_what_a_server_may_send(host: str, mtu: int | None, hidden: bool, family: int) -> None:  # noqa: FBT001
    assert widest(WORLD, host, family) == (mtu, hidden)


@FAMILIES
def test_a_hidden_mtu_is_not_told_nor_one_whose_word_is_blocked(family: int) -> None:
    assert widest(WORLD, "mxhid", family) == (1400, True)
    # Big's own router says so to its server, whatever is blocked further on.
    assert widest(with_link(WORLD, ("home1", "beta1"), {"blocks": ("icmp",)}), "mxbig", family) == (
        1400,
        False,
    )
    deaf = replace(WORLD.hosts["mxbig"], blocks=("icmp",))
    world = replace(WORLD, hosts={**WORLD.hosts, "mxbig": deaf})
    assert widest(world, "mxbig", family) == (1400, True)


def widest(world: World, host: str, family: int) -> tuple[int | None, bool]:
    source, target = world.address_of("mailhost", family), world.address_of(host, family)
    assert source is not None
    assert target is not None
    flow = FiveTuple(source=source, target=target, protocol=6, source_port=7, target_port=25)
    reached = PlayedNetwork(world).reach(flow, 0)
    assert reached is not None
    return reached.mtu, reached.mtu_hidden


# -- odd routers -------------------------------------------------------------------------------


def probe(vantage: SimulatedVantage, family: int, ttls: Sequence[int]) -> list[Reply]:
    source, target = WORLD.address_of("mailhost", family), WORLD.address_of("mx1", family)
    assert source is not None
    assert target is not None
    with vantage.probes() as socket:
        for number, ttl in enumerate(ttls):
            spec = ProbeSpec(
                target=target, source=source, source_port=40_000, destination_port=25,
                ttl=ttl, sequence=number << 20,
            )  # fmt: skip
            socket.send([spec])
        until_s, heard = vantage.clock.monotonic_s() + 1.0, list[Reply]()
        while vantage.clock.monotonic_s() < until_s:
            heard += socket.receive(until_s)
    return heard


@FAMILIES
def test_odd_routers_answer_as_they_are_said_to(family: int) -> None:
    vantage = simulate(WORLD)
    assert probe(vantage, family, [2] * 5) == []
    assert len(probe(vantage, family, [3] * 30)) == 6
    assert len(probe(vantage, family, [3] * 30)) == 2  # a second later two more
    (third,) = probe(vantage, family, [4])
    lan = WORLD.exchanges["LIX"].lan_v4 if family == 4 else WORLD.exchanges["LIX"].lan_v6
    assert lan is not None
    assert third.responder in lan
    assert third.kind is ReplyKind.TIME_EXCEEDED


def test_a_silent_router_says_of_no_missing_route_either() -> None:
    quiet = replace(WORLD.answering["alpha1"], silent=True)
    world = replace(WORLD, answering={"big1": quiet, "home1": quiet})
    vantage = simulate(world, active=("moved",))
    target = world.addresses_of("mx1")[0]
    with pytest.raises(ConnectionFault) as found:
        vantage.dialer.dial(target, 25, 3.0)
    assert found.value.fault is Fault.TIMEOUT


def test_a_packet_that_is_no_ip_is_carried() -> None:
    assert PlayedLinks(1).cross(step(WORLD, "home1", "alpha1"), Carried(version=0), 0) == 2_000_000
