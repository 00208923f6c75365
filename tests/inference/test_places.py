"""What light in fibre cannot do refutes a place, and nothing else does."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

import studies
from mxpath.inference.places import refute, refuted_place, smallest_rtts
from mxpath.model.attribution import Attribution
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.place import METRO_KM, Place
from mxpath.model.probe import Probe, ReplyKind
from mxpath.model.trace import Imported

BERLIN = Place(country="DE", city="Berlin", latitude=52.52, longitude=13.40)
MADRID = Place(country="ES", city="Madrid", latitude=40.42, longitude=-3.70)
AUCKLAND = Place(country="NZ", city="Auckland", latitude=-36.85, longitude=174.76)
ADDRESS = ip_address("198.18.33.25")


def said(place: Place) -> Claim[Place]:
    why = Evidence(source="geofeed", rule="geofeed", detail=f"says {place}")
    return Claim(value=place, evidence=(why,), grade=Grade.LIKELY)


OWNER = Attribution(address=ADDRESS, places=(said(MADRID), said(BERLIN)))


def test_a_place_that_answers_too_soon_is_set_aside_with_its_figures() -> None:
    found = refute({ADDRESS: OWNER}, {ADDRESS: 12.0}, said(BERLIN))[ADDRESS]
    assert [claim.value for claim in found.places] == [BERLIN]
    (refuted,) = found.refuted_places
    assert refuted.place.value == MADRID
    assert (refuted.rtt_ms, refuted.least_rtt_ms) == (12.0, 18.2)
    assert 1860 < refuted.distance_km < 1875
    assert [one.rule for one in refuted.counter_evidence] == [
        "faster-than-light-in-fibre",
        "geofeed",
    ]


def test_nothing_is_refuted_from_nowhere_or_without_a_round_trip() -> None:
    for rtts, here in (({ADDRESS: 0.1}, None), ({}, said(BERLIN))):
        assert refute({ADDRESS: OWNER}, rtts, here) == {ADDRESS: OWNER}
    land = said(Place(country="NZ"))
    assert refuted_place(land, 0.1, said(BERLIN)) is None, "a country alone is on no map"
    assert refuted_place(said(AUCKLAND), 0.1, land) is None


degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(degrees, degrees, st.floats(0, 400))
def test_light_decides(here: tuple[float, float], there: tuple[float, float], rtt: float) -> None:
    start = Place(country=None, latitude=here[0], longitude=here[1])
    end = Place(country=None, latitude=there[0], longitude=there[1])
    apart = start.distance_km(end)
    assert apart is not None
    assert abs(apart - (end.distance_km(start) or 0)) < 1e-6
    assert 0 <= apart < 20_020
    refuted = refuted_place(said(end), rtt, said(start)) is not None
    assert refuted == (rtt < 2 * max(0, apart - METRO_KM) / 200)


def test_names_of_one_city_agree() -> None:
    frankfurt = Place(country="DE", city="Frankfurt am Main")
    assert frankfurt.agrees(Place(country="DE", city="Frankfurt"))
    assert frankfurt.agrees(Place(country="DE"))
    assert not frankfurt.agrees(Place(country="US", city="Frankfurt"))
    assert not frankfurt.agrees(BERLIN)
    assert not BERLIN.agrees(MADRID)
    near = replace(BERLIN, city="Potsdam", latitude=52.39, longitude=13.06)
    assert near.agrees(BERLIN)


def test_the_smallest_round_trip_is_of_traces_and_handshakes() -> None:
    study = studies.fine()
    target = studies.address(studies.MX1, 4)
    traced = smallest_rtts(study.traces, ())
    assert traced[studies.address(studies.ALPHA1, 4)] == pytest.approx(4.2, abs=0.01)
    (session,) = (s for s in study.sessions if s.address == target)
    handshake = next(p for p in session.phases if p.name == "connect")
    shook = replace(handshake, elapsed_ms=1.5)
    session = replace(session, phases=(shook,))
    assert smallest_rtts(study.traces, [session])[target] == 1.5
    assert smallest_rtts((), [session]) == {target: 1.5}
    both = replace(session, phases=(replace(shook, elapsed_ms=900.0),))
    assert smallest_rtts(study.traces, [both])[target] == traced[target] < 900
    torn = replace(session, phases=(replace(shook, complete=False),))
    assert smallest_rtts((), [torn]) == {}


def test_a_reset_in_the_targets_name_tells_nothing_of_its_place() -> None:
    study = studies.fine()
    target = studies.address(studies.MX1, 4)
    (trace,) = (t for t in study.traces if t.target == target)
    *way, last = trace.hops
    assert last.address == target

    def answered(probe: Probe, kind: ReplyKind) -> Probe:
        return replace(probe, reply=probe.reply and replace(probe.reply, kind=kind))

    for kind, tells in ((ReplyKind.RST, False), (ReplyKind.SYN_ACK, True)):
        end = replace(last, probes=tuple(answered(p, kind) for p in last.probes))
        (flow,) = trace.flows
        heard = smallest_rtts([replace(trace, flows=(replace(flow, hops=(*way, end)),))], ())
        assert (target in heard) is tells
        assert studies.address(studies.ALPHA1, 4) in heard


def test_of_several_responders_nobody_knows_whose_the_smallest_was() -> None:
    trace = studies.fine().traces[0]
    (flow,) = trace.flows
    first, *rest = flow.hops
    probe = first.probes[0]
    assert probe.reply is not None
    other = replace(probe, reply=replace(probe.reply, responder=ip_address("198.18.255.1")))
    two = replace(first, probes=(probe, other))
    heard = smallest_rtts([replace(trace, flows=(replace(flow, hops=(two, *rest)),))], ())
    assert not {probe.reply.responder, ip_address("198.18.255.1")} & heard.keys()
    assert len(heard) == len(rest)


def test_another_tools_round_trips_count_where_it_says_that_they_are_from_here() -> None:
    ours = studies.fine().traces[0]
    trace = replace(ours, imported=Imported(tool="mtr", source="a file", resolution_ms=1.0))
    exact, coarse = smallest_rtts([ours], ()), smallest_rtts([trace], ())
    assert coarse == {address: rtt_ms + 1.0 for address, rtt_ms in exact.items()} != {}
    assert smallest_rtts([replace(trace, source=None)], ()) == {}
