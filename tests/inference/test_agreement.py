"""A trace held against a BGP path: each case by hand, and laws for all."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp_made import told
from mxpath.inference.agreement import agreement
from mxpath.model.bgp import PathGrade
from mxpath.model.bgp_path import Agreement, Likeness
from mxpath.model.evidence import Claim, Grade
from mxpath.model.network import Network
from mxpath.model.route import Differential, Route, Segment

TARGET = ip_address("198.18.33.25")
SHORTER, LONGER, DIVERGENT = Likeness.SHORTER, Likeness.LONGER, Likeness.DIVERGENT
SAME, NOT_COMPARABLE = Likeness.SAME, Likeness.NOT_COMPARABLE
Asns = tuple[int, ...]


def networks(asns: Asns) -> tuple[Network, ...]:
    return tuple(Network(asn=asn) for asn in asns)


def route(asns: Asns, *, complete: bool = True, gap: bool = False) -> Route:
    hops = (*networks(asns[:-1]), *((None,) if gap else ()), *networks(asns[-1:]))
    return Route(
        target=TARGET,
        source=None,
        as_path=networks(asns),
        segments=tuple(
            Claim(
                value=Segment(
                    network=network,
                    first_ttl=ttl,
                    last_ttl=ttl,
                    addresses=(None,),
                    differential=Differential(rtt_ms=None, plus_minus_ms=0.0),
                ),
                evidence=(),
            )
            for ttl, network in enumerate(hops, start=1)
        ),
        borders=(),
        crossings=(),
        envelope_ms=(),
        complete=complete,
    )


def held(trace: Asns, path: Asns, *, complete: bool = True) -> Agreement:
    claim = told(networks(path), TARGET)
    return agreement(route(trace, complete=complete), claim).value


@pytest.mark.parametrize(
    ("trace", "path", "likeness", "at"),
    [
        ((1, 2, 3), (1, 2, 3), SAME, None),
        ((1, 3), (1, 2, 3), SHORTER, 1),
        ((1, 2), (1, 2, 3), SHORTER, 2),
        ((1, 2, 4, 3), (1, 2, 3), LONGER, 2),
        ((1, 2, 3, 4), (1, 2, 3), LONGER, 3),
        ((1, 5, 3), (1, 2, 3), DIVERGENT, 1),
        ((1, 2, 5), (1, 2, 3), DIVERGENT, 2),
        ((9, 5, 3), (1, 2, 3), DIVERGENT, None),
        ((1, 3, 2, 4), (1, 2, 3, 4), DIVERGENT, 1),
        ((1,), (1, 2, 3), NOT_COMPARABLE, None),
        ((1,), (1,), SAME, None),
        ((1, 2), (1,), LONGER, 1),
        ((), (1, 2), NOT_COMPARABLE, None),
        ((), (1,), NOT_COMPARABLE, None),
        ((1, 2), (), NOT_COMPARABLE, None),
    ],
)
def test_cases(trace: Asns, path: Asns, likeness: Likeness, at: int | None) -> None:
    found = held(trace, path)
    assert found.likeness is likeness
    assert (found.at.asn if found.at else None) == at


@pytest.mark.parametrize(
    ("trace", "path", "likeness"),
    [
        ((1, 2), (1, 2, 3), NOT_COMPARABLE),
        ((1, 3), (1, 2, 3), NOT_COMPARABLE),  # a part that is only not shown is no news
        ((1, 5), (1, 2, 3), DIVERGENT),
        ((1, 5, 2), (1, 2, 3), LONGER),
        ((1, 2, 3), (1, 2, 3), NOT_COMPARABLE),  # the target's network has still a way to go
        ((1, 2, 3, 9), (1, 2, 3), DIVERGENT),  # it has left the path
        ((), (1,), NOT_COMPARABLE),  # silence on the way to a host of our own network
    ],
)
def test_a_trace_that_ended_early(trace: Asns, path: Asns, likeness: Likeness) -> None:
    assert held(trace, path, complete=False).likeness is likeness


PATHS = st.lists(st.integers(1, 6), unique=True, max_size=5).map(lambda rest: (0, *rest))


@given(PATHS, PATHS)
def test_both_sides_say_the_same(one: Asns, other: Asns) -> None:
    there, back = held(one, other), held(other, one)
    turned = {SHORTER: LONGER, LONGER: SHORTER}
    if NOT_COMPARABLE not in (there.likeness, back.likeness):
        assert back.likeness is turned.get(there.likeness, there.likeness)
        assert (there.only_bgp, there.only_trace, there.at) == (
            back.only_trace, back.only_bgp, back.at,
        )  # fmt: skip
    assert (there.likeness is SAME) == (one == other)


def test_siblings_are_one() -> None:
    path = told(networks((1, 2, 3)), TARGET)
    house = {22: 2, 2: 2}
    found = agreement(route((1, 22, 3)), path, house=lambda asn: house.get(asn, asn)).value
    assert (found.likeness, found.at) == (SAME, None)
    assert "belong to one organisation" in found.reason
    both = agreement(route((1, 2, 22, 3)), path, house=lambda asn: house.get(asn, asn)).value
    assert both.likeness is SAME
    # A path may come back to an organisation; a trace that ended there ended at its last visit.
    path = told(networks((1, 2, 3, 22, 4)), TARGET)
    early = route((1, 2, 3, 22), complete=False)
    found = agreement(early, path, house=lambda asn: house.get(asn, asn)).value
    assert found.likeness is NOT_COMPARABLE


def test_route_servers_are_nobody() -> None:
    path = told(networks((1, 2, 3)), TARGET)
    found = agreement(route((1, 2, 65550, 3)), path, route_servers=frozenset({65550}))
    assert found.value.likeness is SAME
    announced = told(networks((1, 2, 65550)), TARGET)
    found = agreement(route((1, 2, 65550)), announced, route_servers=frozenset({65550}))
    assert found.value.likeness is SAME


def test_behind_a_set_any_member_may_follow() -> None:
    path = told(networks((1, 2)), TARGET, final=(7, 8))
    assert agreement(route((1, 2, 8)), path).value.likeness is SAME
    assert agreement(route((1, 2, 9)), path).value.likeness is LONGER
    # Who put the set together may be in it.
    itself = told(networks((1, 2)), TARGET, final=(2, 8))
    assert agreement(route((1, 2)), itself).value.likeness is SAME


def test_a_table_that_does_not_say_whose_it_is() -> None:
    assert held((1, 2, 3), (2, 3)).likeness is SAME


def test_a_trace_from_elsewhere_is_not_compared() -> None:
    path = told(networks((1, 2)), TARGET)
    found = agreement(route((1, 2)), path, apart=True)
    assert found.value.likeness is NOT_COMPARABLE
    assert found.grade is None


@pytest.mark.parametrize(
    ("trace", "gap", "grade"),
    [((1, 2, 3), False, Grade.LIKELY), ((1, 2, 3), True, Grade.LIKELY),
     ((1, 3), False, Grade.LIKELY), ((1, 3), True, Grade.POSSIBLE)],
)  # fmt: skip
def test_how_sure_it_is(trace: Asns, *, gap: bool, grade: Grade) -> None:
    claim = agreement(route(trace, gap=gap), told(networks((1, 2, 3)), TARGET))
    assert claim.grade is grade
    assert [e.rule for e in claim.evidence] == ["as-path", "peer-in-our-network"]
    assert ("silent" in claim.value.reason) == (gap and trace == (1, 3))


def test_an_own_table_makes_it_certain() -> None:
    path = told(networks((1, 2, 3)), TARGET, grade=PathGrade.OWN)
    assert agreement(route((1, 2, 3)), path).grade is Grade.CERTAIN
    assert agreement(route((1, 3)), path).grade is Grade.LIKELY
