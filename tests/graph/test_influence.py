from dataclasses import replace

import pytest

import studies
from mxpath.graph.influence import carried, latency_shares, seen_routes
from mxpath.graph.redundancy import shared_fate, transit
from mxpath.model.evidence import Claim
from mxpath.model.route import Differential, Route


def test_shares_of_a_fully_resolved_route_sum_to_one() -> None:
    for route in studies.fine().routes:
        assert sum(s.share or 0 for s in latency_shares(route)) == pytest.approx(1)


def test_what_is_not_resolvable_stays_unknown() -> None:
    route = studies.fine().routes[0]
    blurred = _with_differential(route, 1, Differential(rtt_ms=None, plus_minus_ms=5, reason="x"))
    alpha = latency_shares(blurred)[1]
    assert (alpha.rtt_ms, alpha.share) == (None, None)


def test_without_an_arrival_nobody_has_a_share() -> None:
    for route in studies.all_silent().routes:
        assert [s.share for s in latency_shares(route)] == [None] * len(latency_shares(route))


def test_carriage_counts_each_route_once_for_each_network() -> None:
    counts = {c.station.name: (c.carried, c.seen) for c in carried((studies.fine(),))}
    assert counts == {
        "Nordmail": (4, 4),
        "Alpha Transit": (4, 4),
        "FRA-LIX": (2, 4),
        "BigMail": (2, 4),
        "Boreal Backbone": (2, 4),
        "FarMail": (2, 4),
    }


def test_carriage_over_studies_adds_up_and_says_what_was_not_seen() -> None:
    counts = carried((studies.fine(), studies.interrupted()))
    assert {c.seen for c in counts} == {5}
    assert {c.addresses for c in counts} == {8}
    assert counts[0].share == 1.0


def test_shared_fate_is_transit_alone() -> None:
    fate = shared_fate(studies.fine())
    assert [n.asn for n in fate.networks] == [studies.ALPHA.asn]
    assert fate.complete


def test_shared_fate_of_one_host_is_all_its_transit() -> None:
    only_far = replace(studies.fine(), routes=studies.fine().routes[2:])
    fate = shared_fate(only_far)
    assert [n.asn for n in fate.networks] == [studies.ALPHA.asn, studies.BOREAL.asn]
    assert not fate.complete


def test_the_mail_host_network_is_no_transit_even_when_it_carries_others() -> None:
    study = studies.fine()
    to_far = study.routes[2]
    through_big = replace(to_far, as_path=(*to_far.as_path[:2], studies.BIG, *to_far.as_path[2:]))
    assert studies.BIG in transit(study, through_big)
    assert studies.BIG not in transit(study, study.routes[0])


def test_nothing_seen_shares_nothing() -> None:
    fate = shared_fate(studies.unprivileged())
    assert (fate.networks, fate.seen) == ((), 0)
    assert carried((studies.null_mx(),)) == ()
    assert seen_routes(studies.null_mx()) == ()


def _with_differential(route: Route, number: int, new: Differential) -> Route:
    changed = route.segments[number]
    segment = Claim(
        value=replace(changed.value, differential=new),
        evidence=changed.evidence,
        grade=changed.grade,
    )
    return replace(
        route, segments=(*route.segments[:number], segment, *route.segments[number + 1 :])
    )
