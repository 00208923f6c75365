from collections import Counter
from ipaddress import ip_address

import pytest

from mxpath.lab.elements import Behaviour
from mxpath.lab.simulated import SimulatedVantage, simulate, simulated_truth
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.lab.truth import HopTruth, PathTruth
from mxpath.lab.wanted_flow import WantedFlow
from mxpath.model.probe import USUAL_PORT, ProbeSpec, Protocol, Reply

WORLD = read_world(shipped_worlds()["first_walk"])
FLOWS = [
    pytest.param(host, family, port, id=f"{host}-v{4 + 2 * family}-{port}")
    for host in WORLD.expected.as_paths
    for family in (0, 1)
    for port in (33_333, 44_444)
]


def path_to(
    host: str,
    family: int,
    port: int,
    vantage: SimulatedVantage,
    protocol: Protocol = Protocol.TCP,
) -> PathTruth:
    flow = WantedFlow(WORLD.addresses_of(host)[family], port, protocol)
    (path,) = simulated_truth(WORLD, [flow], vantage).paths
    return path


def ask(vantage: SimulatedVantage, path: PathTruth, ttl: int) -> Reply | None:
    """Send one probe of the path's flow and wait for its answer."""
    with vantage.probes() as socket:
        source = socket.source_for(path.target)
        assert source is not None
        probe = ProbeSpec(
            target=path.target,
            source=source,
            source_port=path.source_port,
            destination_port=USUAL_PORT[path.protocol] or 0,
            ttl=ttl,
            sequence=number(path, ttl),
            protocol=path.protocol,
        )
        (sent,) = socket.send([probe])
        assert sent.error is None
        return next(iter(socket.receive(vantage.clock.monotonic_s() + 2)), None)


def number(path: PathTruth, ttl: int) -> int:
    return ttl << (26 if path.protocol is Protocol.TCP else 10)


@pytest.mark.parametrize("protocol", [Protocol.UDP, Protocol.ICMP])
@pytest.mark.parametrize(("host", "family", "port"), FLOWS)
def test_datagrams_and_echoes_find_their_own_truth(
    host: str, family: int, port: int, protocol: Protocol, vantage: SimulatedVantage
) -> None:
    path = path_to(host, family, port, vantage, protocol)
    assert path.as_path == WORLD.expected.as_paths[host]
    for hop in path.hops:
        sent_ns, reply = vantage.clock.now_ns(), ask(vantage, path, hop.ttl)
        assert reply is not None
        assert (reply.responder, reply.sequence) == (hop.address, number(path, hop.ttl))
        assert reply.is_from_target == (hop == path.hops[-1])
        assert reply.received_ns is not None
        assert hop.rtt_min_ms <= (reply.received_ns - sent_ns) / 1e6 <= hop.rtt_max_ms
    assert path.hops[-1].limited == (protocol is Protocol.UDP)


def test_identifiers_of_echoes_are_hashed_by_nobody(vantage: SimulatedVantage) -> None:
    ports = range(40_000, 40_030)
    target = WORLD.addresses_of("mxfar")[0]
    flows = [WantedFlow(target, port, protocol) for protocol in Protocol for port in ports]
    paths = simulated_truth(WORLD, flows, vantage).paths
    ways = {(path.protocol, tuple(hop.node for hop in path.hops)) for path in paths}
    assert Counter(protocol for protocol, _ in ways) == {"tcp": 2, "udp": 2, "icmp": 1}


@pytest.mark.parametrize(("host", "family", "port"), FLOWS)
def test_the_truth_is_what_the_world_expects(
    host: str, family: int, port: int, vantage: SimulatedVantage
) -> None:
    path = path_to(host, family, port, vantage)
    assert path.as_path == WORLD.expected.as_paths[host]
    assert path.crossings == WORLD.expected.crossings[host]
    assert path.hops[-1].node == host
    assert path.hops[-1].address == path.target


@pytest.mark.parametrize(("host", "family", "port"), FLOWS)
def test_walking_by_ttl_finds_the_truth_hop_for_hop(
    host: str, family: int, port: int, vantage: SimulatedVantage
) -> None:
    path = path_to(host, family, port, vantage)
    for hop in path.hops:
        sent_ns = vantage.clock.now_ns()
        reply = ask(vantage, path, hop.ttl)
        if reply is None:
            assert WORLD.hosts[hop.node].smtp is not None
            assert path.hops[-1] == hop
            assert host == "dropped"
            continue
        assert reply.responder == hop.address
        assert reply.sequence == hop.ttl << 26
        assert reply.received_ns is not None
        rtt_ms = (reply.received_ns - sent_ns) / 1e6
        assert hop.rtt_min_ms <= rtt_ms <= hop.rtt_max_ms


def test_one_hop_worked_by_hand(vantage: SimulatedVantage) -> None:
    """To boreal3 over 2a: 0.1 + 2 + 4 + 11 + 6 ms; back over 2a the same, over 2b 2 ms more."""
    ports = range(40_000, 40_040)
    paths = [path_to("mxfar", 0, port, vantage) for port in ports]
    path = next(p for p in paths if p.hops[3].node == "boreal2a")
    assert path.hops[4] == HopTruth(
        ttl=5,
        node="boreal3",
        asn=64510,
        address=ip_address("198.18.64.14"),
        rtt_min_ms=46.2,
        rtt_max_ms=48.2,
        there_ms=23.1,
    )


def test_both_branches_are_true_for_some_flow(vantage: SimulatedVantage) -> None:
    fourth = {path_to("mxfar", 0, port, vantage).hops[3].node for port in range(40_000, 40_040)}
    assert fourth == {"boreal2a", "boreal2b"}


def test_the_truth_follows_the_vantages_seed() -> None:
    flows = [(WORLD.addresses_of("mxfar")[0], port) for port in range(40_000, 40_100)]
    by_seed = [simulated_truth(WORLD, flows, simulate(WORLD, seed=seed)).paths for seed in (1, 2)]
    assert by_seed[0] != by_seed[1]
    assert simulated_truth(WORLD, flows).paths == by_seed[0]


def test_syns_are_counted_where_they_arrive(vantage: SimulatedVantage) -> None:
    path = path_to("dropped", 1, 50_000, vantage)
    for ttl in range(1, len(path.hops) + 3):
        ask(vantage, path, ttl)
    (count,) = simulated_truth(WORLD, [], vantage).syns
    assert (count.target, count.source_port, count.count) == (path.target, 50_000, 3)


def test_without_a_vantage_nothing_was_counted() -> None:
    assert simulated_truth(WORLD, []).syns == ()


def test_the_mx_plan_is_that_of_the_zone(world: World) -> None:
    mx = simulated_truth(world, []).mx
    assert mx["nomail.example"] == ()
    rows = mx["fine.example"] or ()
    assert [(r.preference, r.host) for r in rows] == [
        (10, "mx1.bigmail.example"),
        (20, "mx.farmail.example"),
    ]
    assert rows[0].addresses == world.addresses_of("mx1")


def test_smtp_behaviour_is_told_for_both_families(world: World) -> None:
    smtp = simulated_truth(world, []).smtp
    assert len(smtp) == 12
    for address in world.addresses_of("slow"):
        assert smtp[address].behaviour is Behaviour.SLOW_GREETING
        assert smtp[address].greeting_delay_s == 4.0


def test_an_address_that_nobody_has_ends_at_the_last_router(world: World) -> None:
    (path,) = simulated_truth(world, [(ip_address("198.18.47.9"), 40_000)]).paths
    assert [hop.node for hop in path.hops] == ["nord1", "alpha1", "alpha2", "big1"]
