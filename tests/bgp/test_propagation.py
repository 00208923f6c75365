"""Valley-free routes: equal to a path-vector simulation, and to graphs worked out by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bgp.path_vector import settle
from mxpath.bgp.propagation import Learnt, propagate
from mxpath.bgp.topology import Topology
from mxpath.model.relations import AsRelations, Relation

CUSTOMER, PEER = Relation.CUSTOMER, Relation.PEER
Rows = list[tuple[int, int, Relation]]


@st.composite
def hierarchies(draw: st.DrawFn) -> AsRelations:
    """Networks in an order of who may sell to whom, which is not that of their numbers."""
    asns = draw(st.permutations(range(1, draw(st.integers(2, 12)) + 1)))
    rows: Rows = []
    for n, low in enumerate(asns):
        for high in asns[:n]:
            kind = draw(st.sampled_from((None, None, CUSTOMER, CUSTOMER, PEER)))
            rows += [(high, low, kind)] if kind else []
    return AsRelations.of(rows)


@settings(max_examples=60)
@given(hierarchies(), st.sets(st.integers(1, 12), min_size=1, max_size=2))
def test_it_is_what_announcements_settle_on(relations: AsRelations, origins: set[int]) -> None:
    topology = Topology.of(relations)
    assert topology.circles == ()
    found = propagate(topology, origins)
    paths = {asn: path for asn in relations.asns if (path := found.path(asn))}
    assert paths == settle(relations, sorted(origins))


def between(rows: Rows, source: int, destination: int) -> tuple[int, ...] | None:
    return propagate(Topology.of(AsRelations.of(rows)), [destination]).path(source)


@pytest.mark.parametrize(
    ("rows", "path"),
    [
        # 1 buys from 2 and 3. A customer's route is taken though it is longer.
        ([(1, 4, CUSTOMER), (4, 5, CUSTOMER), (5, 9, CUSTOMER), (1, 2, PEER), (2, 9, CUSTOMER)],
         (1, 4, 5, 9)),
        # A peer's before a provider's, though it is longer.
        ([(2, 1, CUSTOMER), (2, 9, CUSTOMER), (1, 3, PEER), (3, 4, CUSTOMER), (4, 9, CUSTOMER)],
         (1, 3, 4, 9)),
        # The shorter of two providers' routes.
        ([(2, 1, CUSTOMER), (3, 1, CUSTOMER), (2, 4, CUSTOMER), (4, 9, CUSTOMER), (3, 9, CUSTOMER)],
         (1, 3, 9)),
        # Equal: the lower number, whatever the order of rows.
        ([(7, 1, CUSTOMER), (3, 1, CUSTOMER), (7, 9, CUSTOMER), (3, 9, CUSTOMER)], (1, 3, 9)),
        # A provider tells the route that it likes, not its shortest: 2 has a customer's of three.
        ([(2, 1, CUSTOMER), (2, 4, CUSTOMER), (4, 5, CUSTOMER), (5, 9, CUSTOMER), (2, 6, PEER),
          (6, 9, CUSTOMER)], (1, 2, 4, 5, 9)),
        # No valley: a peer's peer, and a customer between two providers, carry nothing.
        ([(1, 2, PEER), (2, 3, PEER), (3, 9, CUSTOMER)], None),
        ([(1, 2, CUSTOMER), (9, 2, CUSTOMER)], None),
    ],
)  # fmt: skip
def test_by_hand(rows: Rows, path: tuple[int, ...] | None) -> None:
    assert between(rows, 1, 9) == path
    assert between(rows[::-1], 1, 9) == path


def test_networks_without_a_route_are_said_to_have_none() -> None:
    found = propagate(Topology.of(AsRelations.of([(1, 2, PEER), (2, 3, PEER)])), [3])
    assert [found.learnt_by(asn) for asn in (1, 2, 3, 77)] == [
        Learnt.NONE, Learnt.PEER, Learnt.OWN, Learnt.NONE,
    ]  # fmt: skip
    assert found.path(77) is None
    assert propagate(Topology.of(AsRelations()), [3]).path(3) is None


def test_circles_of_customers_are_found() -> None:
    rows = [
        (1, 2, CUSTOMER),
        (2, 3, CUSTOMER),
        (3, 1, CUSTOMER),
        (3, 4, CUSTOMER),
        (9, 1, CUSTOMER),
    ]
    rows += [(5, 6, CUSTOMER), (6, 7, PEER), (4, 8, CUSTOMER)]
    topology = Topology.of(AsRelations.of(rows))
    assert topology.circles == ((1, 2, 3),)
    assert propagate(topology, [8]).path(9) == (9, 1, 2, 3, 4, 8)
