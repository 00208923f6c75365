"""The BGP path to each mail host, from whatever tells of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from mxpath.bgp_views import Sources, Traced, bgp_views, read_tables
from mxpath.datasets.as2org import Organisation
from mxpath.datasets.catalog import Section
from mxpath.datasets.own_tables import open_table
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.inference.bgp_paths import Telling
from mxpath.lab.own_table import played_table
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate
from mxpath.model.bgp import AsPath, RibEntry, RoutingAnswer, RoutingFate
from mxpath.model.bgp_path import BgpView, Likeness
from mxpath.model.study import Study
from mxpath.pipeline import Options, analyze
from world import first_walk

TARGET = ip_address("198.18.33.25")
DOMAIN = "fine.example"


@pytest.fixture(scope="module")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    directory = tmp_path_factory.mktemp("world")
    publish(first_walk(), directory)
    return Gazetteer.open(directory)


@pytest.fixture(scope="module")
def study(gazetteer: Gazetteer) -> Study:
    return analyze(DOMAIN, simulate(first_walk()), gazetteer)


def view(study: Study, gazetteer: Gazetteer, *, own: tuple[Telling, ...] = (),
         collected: tuple[RoutingAnswer, ...] = ()) -> BgpView:  # fmt: skip
    routes = {route.target: Traced(route=route) for route in study.routes}
    (found,) = bgp_views(
        [TARGET],
        Sources(
            gazetteer=gazetteer,
            owners=study.owners,
            origin=study.seen_from,
            own=own,
            collected=collected,
            traced=routes,
        ),
    )
    return found


def entry(*asns: int, best: bool | None = None, length: int = 20) -> RibEntry:
    return RibEntry(
        prefix=ip_network(f"{TARGET}/{length}", strict=False),
        path=AsPath(asns=asns),
        collector="rrc0",
        peer_asn=asns[0],
        best=best,
    )


def own(*entries: RibEntry) -> tuple[Telling, ...]:
    return (Telling(source="router.txt", entries=entries, as_of=date(2026, 6, 18), own=True),)


def test_without_any_table_it_is_predicted(study: Study) -> None:
    for found in study.bgp:
        assert found.path is not None
        assert found.path == found.predicted
        assert found.path.value.grade == "d"
        assert "14 to 35 %" in found.path.evidence[0].detail
        assert found.agreement is not None
        assert found.agreement.value.likeness is Likeness.SAME
    assert [v.target for v in study.bgp] == list(study.mail.addresses)


def test_a_table_of_our_own_wins(gazetteer: Gazetteer, tmp_path: Path) -> None:
    path = tmp_path / "router.txt"
    path.write_text(played_table(first_walk()))
    options = Options(tables=(open_table(path),), tracing=False)
    study = analyze(DOMAIN, simulate(first_walk()), gazetteer, options=options)
    for found in study.bgp:
        assert found.path is not None
        assert (found.path.value.grade, found.agreement) == ("a", None)
        assert found.predicted is not None
        assert found.predicted.value.asns == found.path.value.asns
    assert dict(study.provenance.options)["rib"].startswith("router.txt sha256:")


def test_collectors_are_heard_for_all_addresses_of_their_prefix(
    study: Study, gazetteer: Gazetteer
) -> None:
    answer = RoutingAnswer(
        address=ip_address("198.18.32.1"),
        fate=RoutingFate.FOUND,
        prefix=ip_network("198.18.32.0/20"),
        entries=(entry(64497, 64503), entry(64510, 64503)),
        source="https://stat.example/data/looking-glass",
        seen_at=datetime(2026, 6, 19, tzinfo=UTC),
    )
    found = view(study, gazetteer, collected=(answer,))
    assert found.path is not None
    assert (found.path.value.grade, found.path.value.asns) == ("c", (64496, 64497, 64503))
    assert found.path.evidence[0].source == "stat.example"
    assert found.path.evidence[0].as_of == date(2026, 6, 19)
    assert found.notes == ()
    elsewhere = replace(answer, prefix=ip_network("198.18.48.0/20"))
    assert view(study, gazetteer, collected=(elsewhere,)).path == found.predicted


def test_a_trace_from_elsewhere_does_not_show_our_upstream(
    study: Study, gazetteer: Gazetteer
) -> None:
    answer = RoutingAnswer(
        address=TARGET, fate=RoutingFate.FOUND, entries=(entry(64510, 64503),), source="https://x/"
    )
    (route,) = (route for route in study.routes if route.target == TARGET)
    strange = replace(route, as_path=(route.as_path[0], gazetteer.network(64510)))
    for apart, grade in ((False, "c"), (True, "d")):
        sources = Sources(
            gazetteer=gazetteer,
            owners=study.owners,
            origin=study.seen_from,
            collected=(answer,),
            traced={TARGET: Traced(route=strange, apart=apart)},
        )
        (found,) = bgp_views([TARGET], sources)
        assert found.path is not None
        assert found.path.value.grade == grade


def test_a_guessed_network_that_we_call_our_own_is_ours(study: Study, gazetteer: Gazetteer) -> None:
    answer = RoutingAnswer(
        address=TARGET,
        fate=RoutingFate.FOUND,
        entries=(entry(64496, 64497, 64503),),
        source="https://stat.example/data/looking-glass",
    )
    for ours, grade in (((), "c"), ((7, ip_network("192.0.2.0/24")), "c"), ((64496,), "b")):
        here = replace(study.seen_from, first_hop=ip_address("198.18.0.1"), own=ours)
        found = view(replace(study, seen_from=here), gazetteer, collected=(answer,))
        assert found.path is not None
        assert found.path.value.grade == grade


def test_another_origin_is_told_with_both_dates(study: Study, gazetteer: Gazetteer) -> None:
    found = view(study, gazetteer, own=own(entry(64497, 64666, best=True), entry(7, best=False)))
    (note,) = found.notes
    assert note == (
        "198.18.32.0/20 is announced by AS64666 (router.txt, 2026-06-18), 198.18.32.0/20 by "
        f"AS64503 (pfx2as, {gazetteer.as_of})"
    )


def test_one_origin_in_common_is_no_other_origin(study: Study, gazetteer: Gazetteer) -> None:
    several = own(entry(64497, 64503, best=True), entry(7, 64666, best=True))
    assert view(study, gazetteer, own=several).notes == ()
    a_set = entry(64497, best=True)
    a_set = replace(a_set, path=AsPath(asns=(64497,), final_set=(7, 8)))
    assert view(study, gazetteer, own=own(a_set)).notes == (), "a set names no origin"


def test_siblings_are_those_of_one_data_set_and_it_is_named(
    study: Study, gazetteer: Gazetteer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = gazetteer.snapshots[:2]
    holder = Organisation(org_id="7", name="Big", country=None, source=None, changed=None)
    ours = own(entry(64497, 64666, best=True))
    for second, likeness in ((one, Likeness.SAME), (other, Likeness.DIVERGENT)):
        known = {64503: (holder, one), 64666: (holder, second)}
        monkeypatch.setattr(
            Gazetteer, "organisation", lambda _self, asn, known=known: known.get(asn)
        )
        claim = view(study, gazetteer, own=ours).agreement
        assert claim is not None
        assert claim.value.likeness is likeness
        why = [e for e in claim.evidence if e.rule == "same-organisation"]
        assert [e.source for e in why] == ([one.name] if second is one else [])


def test_a_table_that_tells_nothing_says_so(study: Study, gazetteer: Gazetteer) -> None:
    assert view(study, gazetteer, own=own()).notes == ("router.txt has no route to it",)
    found = view(study, gazetteer, own=own(entry(64497, best=True, length=0)))
    assert found.notes == ("router.txt has only a default route to it",)
    assert found.path == found.predicted


def test_what_is_missing_names_what_would_change_it(study: Study, gazetteer: Gazetteer) -> None:
    homeless = replace(study, seen_from=replace(study.seen_from, network=None))
    assert view(homeless, gazetteer).missing == "our own network is not known (--source ADDRESS)"
    stranger = replace(study, owners={})
    assert "nobody is known to announce the address" in view(stranger, gazetteer).missing
    far = replace(study.seen_from, network=gazetteer.network(77))
    assert "AS77 has no valley-free route to AS64503" in view(
        replace(study, seen_from=far), gazetteer
    ).missing  # fmt: skip
    poor = Gazetteer.shipped()
    assert Section.RELATIONS in poor.missing
    found = view(study, poor)
    assert found.missing == (
        "no table tells one (--rib FILE), and no relationships predict one (mxpath data fetch asrel)"
    )
    assert (found.path, found.agreement) == (None, None)


def test_a_table_that_cannot_be_read_leaves_the_study_whole(tmp_path: Path) -> None:
    path = tmp_path / "router.txt"
    path.write_text("198.18.32.0/20 unicast [up 1:00] * (100)\n\tBGP.as_path: 64497 {1} 64503\n")
    good = open_table(path)
    assert read_tables([good], [TARGET])[1] == (
        "routes left out of router.txt: 1 for an AS_SET inside a path",
    )
    path.write_text("198.18.32.0/20 unicast [up 1:00] * (100)\n\tBGP.as_path: what\n")
    found, notes = read_tables([good], [TARGET])
    assert found == ()
    assert notes == ("the table router.txt is left out: router.txt:2: 'w' in an AS path",)
