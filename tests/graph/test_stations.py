from dataclasses import replace

import pytest

import studies
from mxpath.graph.stations import stations
from mxpath.model.evidence import Claim
from mxpath.model.network import Network
from mxpath.model.route import Differential, Route, Segment


@pytest.mark.parametrize("route", [*studies.fine().routes, *studies.crowded().routes])
def test_what_the_stations_add_is_the_whole_round_trip(route: Route) -> None:
    added = [s.differential.rtt_ms for s in stations(route) if s.differential is not None]
    assert sum(ms for ms in added if ms is not None) == pytest.approx(route.total_rtt_ms)


def test_an_exchange_point_stands_before_its_member_and_takes_its_share_out() -> None:
    found = stations(studies.fine().routes[0])
    assert [s.name for s in found] == ["Nordmail", "Alpha Transit", "FRA-LIX", "BigMail"]
    _, _, exchange, member = found
    assert exchange.differential is not None
    assert member.differential is not None
    assert exchange.differential.rtt_ms == pytest.approx(20.2 - 18.3)
    assert member.differential.rtt_ms == pytest.approx(20.7 - 20.2)


def test_silence_at_the_end_is_no_station() -> None:
    route = studies.fine().routes[0]
    tail = _segment(None, 6, 9)
    found = stations(replace(route, segments=(*route.segments, tail), complete=False))
    assert found == stations(route)


def test_silence_between_networks_is_one() -> None:
    route = studies.fine().routes[0]
    gap = _segment(None, 3, 3)
    found = stations(replace(route, segments=(*route.segments[:2], gap, route.segments[2])))
    assert [s.name for s in found] == [
        "Nordmail",
        "Alpha Transit",
        "silent",
        "FRA-LIX",
        "BigMail",
    ]


def test_a_network_without_a_hop_stands_where_the_path_has_it() -> None:
    route = studies.fine().routes[0]
    hidden = Network(asn=64999, name="Hidden")
    first, second, *rest = route.as_path
    found = stations(replace(route, as_path=(first, second, hidden, *rest)))
    names = [s.name for s in found]
    assert names == ["Nordmail", "Alpha Transit", "Hidden", "FRA-LIX", "BigMail"]
    assert found[2].differential is None


def test_our_own_network_comes_first_though_no_hop_of_it_answered() -> None:
    route = studies.fine().routes[0]
    found = stations(replace(route, segments=route.segments[1:]))
    assert found[0].name == "Nordmail"
    assert found[0].hops == 0


def test_a_port_that_alone_answered_leaves_nothing_for_its_member() -> None:
    route = studies.fine().routes[0]
    port_only = _segment(studies.BIG, 4, 4)
    found = stations(replace(route, segments=(*route.segments[:2], port_only)))
    assert found[-2].kind == "ixp"
    assert found[-1].differential is None


def _segment(network: Network | None, first: int, last: int) -> Claim[Segment]:
    value = Segment(
        network=network,
        first_ttl=first,
        last_ttl=last,
        addresses=(None,) * (last - first + 1),
        differential=Differential(rtt_ms=None, plus_minus_ms=0.0, reason="silent"),
    )
    return Claim(value=value, evidence=())
