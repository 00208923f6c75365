"""Multipath tracing over small graphs: what is found, what it costs, and how sure it says it is."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multipath_graphs import Graph, Wire, address, chain, diamond, explore
from mxpath.model.address import IPAddress
from mxpath.model.multipath import Balancing, Multipath, Rule, Scope
from mxpath.model.trace import Trace
from mxpath.multipath.explore import explore as explore_live
from mxpath.multipath.options import MultipathOptions
from mxpath.multipath.stopping import stopping_point, unseen_probability
from mxpath.tracing.course import Shot
from scripted_path import TARGET as PATH
from scripted_path import Script, play

FULL = MultipathOptions(lite=False)
SURE = MultipathOptions(confidence=0.999)
MESHED = Graph(
    after={0: (1,), 1: (2, 3), 2: (4, 5), 3: (4, 5), 4: (6,), 5: (6,), 6: (-1,)},
)
LOPSIDED = Graph(
    after={0: (1,), 1: (2, 3), 2: (4,), 3: (5, 6, 7), 4: (8,), 5: (8,), 6: (8,), 7: (8,), 8: (-1,)}
)
UNEQUAL = Graph(
    after={0: (1,), 1: (2, 3), 2: (4,), 4: (5,), 3: (5,), 5: (6,), 6: (7,), 7: (-1,)},
)
"""One branch has a router more, and so is every router behind it met at two TTLs."""
GRAPHS = {
    "a chain": chain(1, 1, 1, 1),
    "three ways": diamond(3),
    "two long ways": diamond(2, length=3),
    "nested": diamond(3, 2, length=2),
    "two diamonds": chain(1, 4, 1, 3, 1),
    "meshed": MESHED,
    "lopsided": LOPSIDED,
}


def found_edges(found: Multipath) -> set[tuple[int, int, int]]:
    """Edges as the graph has them, up to the target."""
    number: dict[IPAddress, int] = {address(n): n for n in range(1, 200)}
    return {
        (near.ttl, number[near.address] if near.address else 0, number[far.address])
        for near in found.nodes
        for far in found.after(near)
        if not far.is_target and far.address
    }


@pytest.mark.parametrize("lite", [True, False])
@pytest.mark.parametrize("name", GRAPHS)
def test_all_edges_are_found_and_no_others(name: str, *, lite: bool) -> None:
    graph = GRAPHS[name]
    found, wire = explore(graph, options=replace(SURE, lite=lite, meshing_flows=10))
    assert found_edges(found) == graph.edges
    assert found.whole
    assert found.lowest is not None
    assert found.lowest >= 0.999
    assert len(wire.shots) == found.probes + sum(not shot.flow for shot in wire.shots)


def judged(found: Multipath) -> list[tuple[int, int, float | None]]:
    return [(n.next_hops, n.probes, n.confidence) for n in found.nodes if n.rule is Rule.NODE]


def test_every_node_is_asked_for_as_many_next_hops_as_the_rule_wants() -> None:
    for name, graph in GRAPHS.items():
        found, _ = explore(graph, options=FULL)
        assert judged(found), name
        for next_hops, probes, confidence in judged(found):
            assert probes >= stopping_point(next_hops + 1, found.node_epsilon)
            assert confidence == 1 - unseen_probability(next_hops + 1, probes)


def test_a_chain_costs_what_it_takes_to_rule_out_a_second_way_and_no_more() -> None:
    found, wire = explore(chain(1, 1, 1, 1, 1))
    assert found.probes == 5 * 5
    assert sum(not shot.flow for shot in wire.shots) == 6
    assert found.reached == pytest.approx((1 - 1 / 32) ** 5)


def test_hop_by_hop_is_cheaper_where_it_may_be_used_and_not_used_elsewhere() -> None:
    lite, full = (explore(diamond(8), options=o)[0] for o in (MultipathOptions(), FULL))
    assert lite.probes < full.probes / 2
    assert {node.rule for node in lite.at(2)} == {Rule.HOP}
    for graph in (MESHED, LOPSIDED):
        found, _ = explore(graph, options=MultipathOptions(meshing_flows=8))
        assert {node.rule for node in found.at(2)} == {Rule.NODE}


def test_a_bound_on_branchings_makes_every_decision_stricter_and_is_stated() -> None:
    found, _ = explore(diamond(3), options=MultipathOptions(branchings=30))
    assert (found.scope, found.branchings) == (Scope.GRAPH, 30)
    assert found.node_epsilon == pytest.approx(0.001708, abs=1e-6)
    assert found.lowest is not None
    assert found.reached is not None
    assert found.lowest >= 1 - found.node_epsilon
    assert found.reached >= 0.95


def arrivals(wire: Wire) -> list[int]:
    return [shot.flow for shot in wire.arrived if shot.flow]


def test_further_flows_stop_one_hop_short_of_the_target() -> None:
    for graph in GRAPHS.values():
        found, wire = explore(graph)
        assert arrivals(wire) == []
        assert found.arrived == 0
        assert any("one hop short" in words for words in found.left_out)


@pytest.mark.parametrize("width", [1, 4, 16])
def test_when_asked_each_flow_sends_one_probe_to_the_target_and_sixteen_in_all(width: int) -> None:
    graph = chain(1, width)
    found, wire = explore(graph, options=MultipathOptions(to_target=True))
    assert len(arrivals(wire)) == len(set(arrivals(wire))) == found.arrived
    assert 1 <= found.arrived <= 16
    last = [node for node in found.at(2) if not node.is_target]
    assert len(last) == width
    assert all(found.after(node)[0].is_target for node in last if found.after(node))
    assert found.whole
    assert found.lowest is not None
    assert found.lowest >= 0.95


def test_paths_of_unequal_length_are_drawn_so_and_few_probes_arrive_by_accident() -> None:
    for seed in range(20):
        found, wire = explore(UNEQUAL, seed=seed, options=SURE)
        assert len(arrivals(wire)) <= 5
        assert len(arrivals(wire)) == len(set(arrivals(wire)))
        assert {address(5), address(6)} <= set(found.unequal)
        (one,) = found.diamonds
        assert (found.nodes[one.divergence].address, one.asymmetry) == (address(1), 1)
        assert one.convergence is not None
        assert found.nodes[one.convergence].address == address(5)
        assert not one.symmetric


def test_what_is_silent_is_a_node_behind_each_node_and_never_merged() -> None:
    found, _ = explore(replace(diamond(3, length=2), silent=frozenset({5, 6, 7})))
    silent = [node for node in found.at(3) if node.address is None]
    assert len(silent) == len(list(found.at(3))) == 3
    assert [len(found.after(node)) for node in silent] == [1, 1, 1]
    found, _ = explore(replace(diamond(3), silent=frozenset({3})))
    assert sorted(node.address is None for node in found.at(2)) == [False, False, True]


def every_fifth(_shot: Shot, number: int) -> bool:
    return number % 5 == 0


def test_lost_answers_are_fetched_by_another_attempt() -> None:
    graph = replace(diamond(3), lost=every_fifth)
    found, wire = explore(graph)
    assert found_edges(found) == graph.edges
    assert any(shot.attempt for shot in wire.shots if shot.flow)


@pytest.mark.parametrize("seed", range(5))
def test_per_packet_balancing_is_told_from_per_flow(seed: int) -> None:
    graph = diamond(3, length=2)
    found, _ = explore(graph, seed=seed)
    (fork,) = found.branching
    assert fork.balancing is Balancing.PER_FLOW
    assert fork.differing == 0
    assert fork.balancing_confidence == pytest.approx(1 - 3**-fork.repeats)
    found, _ = explore(replace(graph, per_packet=frozenset({1})), seed=seed)
    fork = next(node for node in found.nodes if node.ttl == 1)
    assert fork.balancing is Balancing.PER_PACKET
    assert fork.differing > 1
    assert all(node.confidence is None for node in found.at(2))
    assert any("packets of one flow part" in words for words in found.left_out)


@pytest.mark.parametrize("probes", [3, 12, 20, 40, 70])
def test_stopped_by_the_user_it_tells_what_it_knows_and_how_sure_it_is(probes: int) -> None:
    found, wire = explore(diamond(9), options=FULL, interrupt_after=probes)
    assert not found.whole
    assert found.left_out[0] == "ended early: interrupted"
    assert found.probes == sum(bool(shot.flow) for shot in wire.shots)
    for next_hops, sent, confidence in judged(found):
        assert confidence == pytest.approx(1 - unseen_probability(max(1, next_hops) + 1, sent))


def test_a_bound_on_probes_is_kept_and_told() -> None:
    found, _ = explore(diamond(16), options=MultipathOptions(lite=False, max_probes=100))
    assert not found.whole
    assert found.probes < 100 + 256
    assert "no more than 100 probes" in found.left_out[0]


def test_a_bound_on_flows_is_kept_and_told() -> None:
    found, _ = explore(diamond(16), options=MultipathOptions(lite=False, max_flows=40))
    assert found.flows <= 40
    assert not found.whole
    assert any("no more flows" in words for words in found.left_out)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Layers of routers, each with some of the next layer as next hops, or of the one after it."""
    widths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    layers, free = [[0], [1]], 2
    for width in widths:
        layers.append(list(range(free, free + width)))
        free += width
    layers += [[-1], [-1]]
    after = {}
    for here, following, beyond in zip(layers, layers[1:], layers[2:], strict=False):
        for node in here:
            ways = draw(st.sets(st.sampled_from(following), min_size=1))
            skips = draw(st.booleans()) and draw(st.booleans()) and draw(st.booleans())
            after[node] = tuple(sorted(ways | ({beyond[0]} if skips and node else set())))
    silent = draw(st.sets(st.integers(1, free - 1), max_size=2))
    return Graph(after=after, silent=frozenset(silent))


@given(graph=graphs(), seed=st.integers(0, 99), lite=st.booleans(), to_target=st.booleans())
@settings(max_examples=40)
def test_whatever_the_graph_the_target_gets_its_share_at_most_and_no_edge_is_made_up(
    graph: Graph, seed: int, *, lite: bool, to_target: bool
) -> None:
    options = MultipathOptions(lite=lite, to_target=to_target, max_flows=200)
    found, wire = explore(graph, seed=seed, options=options)
    assert len(arrivals(wire)) == len(set(arrivals(wire)))
    assert len(arrivals(wire)) <= (16 if to_target else 5 + len(graph.edges))
    assert found.arrived == len(arrivals(wire))
    assert {edge for edge in found_edges(found) if 0 not in edge[1:]} <= graph.edges
    for node in found.nodes:
        if node.rule is Rule.NODE and node.shortfall is None:
            assert node.probes >= stopping_point(1 + max(1, node.next_hops), found.node_epsilon)
    assert all(diamond.branches > 1 for diamond in found.diamonds)


def scripted(script: Script) -> Trace:
    vantage, _ = play(script)
    (found,) = explore_live([PATH], vantage)
    return found


def test_through_the_loop_every_flow_has_a_port_of_its_own_and_its_hops_are_kept() -> None:
    found = scripted(Script(distance=6))
    assert found.multipath is not None
    assert found.multipath.whole
    assert len({flow.source_port for flow in found.flows}) == found.multipath.flows == 6
    assert all(len(flow.hops) == 5 for flow in found.flows[1:])
    assert sum(len(hop.probes) for flow in found.flows[1:] for hop in flow.hops) == 25
    assert found.packets_sent == 25 + 6 + 5 + 1


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (Script(distance=6, fails_after=20), "this host could not send"),
        (Script(distance=6, interrupt_after=12), "interrupted"),
    ],
)
def test_a_fault_or_ctrl_c_in_the_midst_keeps_what_was_learnt(script: Script, words: str) -> None:
    found = scripted(script)
    assert found.multipath is not None
    assert found.multipath.left_out[0] == f"ended early: {words}"
    assert found.multipath.probes > 3
    assert len(found.multipath.nodes) == 7
    assert found.multipath.lowest is not None
    assert found.multipath.lowest < 0.95
