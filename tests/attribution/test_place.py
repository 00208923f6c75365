"""Places: the holder's word, a name's hint, both, neither; and where we stand by our own word."""

from collections import Counter
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from mxpath.attribution.place import feed_claim, hint_claim, locate, stated_place
from mxpath.datasets import hostnames
from mxpath.datasets.geofeed import GeofeedRow
from mxpath.datasets.snapshot import unpack
from mxpath.errors import InputError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.place import Place

ROUTER = "ae-1.r20.frnkge13.de.bb.gin.ntt.net"
HOIHO = Path(__file__).parents[3] / "shared/data/dev-only/geo/caida-hoiho-ipv4-geo.json.xz"
ADDRESS: IPAddress = ip_address("129.250.0.1")


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.shipped()


def named(name: str, grade: Grade = Grade.CERTAIN) -> Claim[str]:
    return Claim(value=name, evidence=(Evidence(source="dns", rule="ptr"),), grade=grade)


def fed(
    monkeypatch: pytest.MonkeyPatch, gazetteer: Gazetteer, city: str | None, country: str | None
) -> Attribution:
    """What is said of an address whose holder publishes a feed."""
    start = int(ip_network("129.250.0.0/24").network_address)
    row = GeofeedRow(4, start, 24, country, None, city)
    monkeypatch.setattr(gazetteer, "place", lambda _: (row, gazetteer.snapshots[0]))
    claim = feed_claim(ADDRESS, gazetteer)
    return Attribution(address=ADDRESS, places=(claim,) if claim is not None else ())


def test_a_routers_name_tells_its_city_offline(gazetteer: Gazetteer) -> None:
    found = hint_claim(named(ROUTER), gazetteer)
    assert found is not None
    assert (str(found.value), found.grade) == ("Frankfurt am Main, DE", Grade.POSSIBLE)
    assert found.value.latitude == pytest.approx(50.11, abs=0.1)
    assert found.evidence[0].rule == "hostname-hint"


@pytest.mark.parametrize(
    ("name", "city"),
    [
        ("be2345.ccr41.fra03.atlas.cogentco.com", "Frankfurt"),
        ("ae5.cr1.iad10.us.zip.zayo.com", "Ashburn"),
        ("be1.ccr1.ash01.atlas.cogentco.com", "Ashburn"),  # not Nashua, whose airport it is
        ("ffm-bb1-link.ip.twelve99.net", "Frankfurt am Main"),
        ("ae1-3.rt.tcm.lga.ru.retn.net", None),  # New York is not in Russia
        ("fra03.example.net", None),
        ("mail.example.org", None),
    ],
)
def test_codes_mean_what_the_carrier_means(
    gazetteer: Gazetteer, name: str, city: str | None
) -> None:
    found = hint_claim(named(name), gazetteer)
    told = found.value.city if found is not None else None
    assert (told or "").startswith(city or "nothing") if city else told is None


def test_a_name_that_does_not_lead_back_is_no_hint(gazetteer: Gazetteer) -> None:
    assert hint_claim(named(ROUTER, Grade.POSSIBLE), gazetteer) is None


def test_both_of_one_word_are_one_place_with_both_reasons(
    monkeypatch: pytest.MonkeyPatch, gazetteer: Gazetteer
) -> None:
    owner = fed(monkeypatch, gazetteer, "Frankfurt", "DE")
    found = locate({ADDRESS: owner}, {ADDRESS: named(ROUTER)}, gazetteer)[ADDRESS]
    (claim,) = found.places
    assert claim.grade is Grade.LIKELY
    assert [one.rule for one in claim.evidence] == ["geofeed", "hostname-hint"]
    assert found.place == claim


def test_a_disagreement_leaves_both_and_the_likelier_first(
    monkeypatch: pytest.MonkeyPatch, gazetteer: Gazetteer
) -> None:
    owner = fed(monkeypatch, gazetteer, "Madrid", "ES")
    found = locate({ADDRESS: owner}, {ADDRESS: named(ROUTER)}, gazetteer)[ADDRESS]
    assert [(str(c.value), c.grade) for c in found.places] == [
        ("Madrid, ES", Grade.LIKELY),
        ("Frankfurt am Main, DE", Grade.POSSIBLE),
    ]
    assert found.place == found.places[0]


def test_a_country_and_a_city_in_it_are_two_facts(
    monkeypatch: pytest.MonkeyPatch, gazetteer: Gazetteer
) -> None:
    owner = fed(monkeypatch, gazetteer, None, "DE")
    found = locate({ADDRESS: owner}, {ADDRESS: named(ROUTER)}, gazetteer)[ADDRESS]
    assert [c.grade for c in found.places] == [Grade.LIKELY, Grade.POSSIBLE]


def test_a_feed_that_names_no_place_names_none(
    monkeypatch: pytest.MonkeyPatch, gazetteer: Gazetteer
) -> None:
    assert fed(monkeypatch, gazetteer, None, None).places == ()


def test_special_space_is_nowhere(gazetteer: Gazetteer) -> None:
    home = Attribution(address=ADDRESS, special=named("Private-Use"))
    assert locate({ADDRESS: home}, {ADDRESS: named(ROUTER)}, gazetteer) == {ADDRESS: home}


@pytest.mark.parametrize(
    ("text", "latitude"),
    [("52.52,13.40", 52.52), (" -36.9 , 174.8", -36.9), ("ber", 52.4), ("Berlin, de", 52.52)],
)
def test_where_we_stand_by_our_own_word(gazetteer: Gazetteer, text: str, latitude: float) -> None:
    found = stated_place(text, gazetteer)
    assert found.value.latitude == pytest.approx(latitude, abs=0.1)
    assert found.grade is Grade.CERTAIN


@pytest.mark.parametrize("text", ["", "95,10", "12", "xyz", "Springfield, US", "Berlin", ", DE"])
def test_what_is_no_known_place_is_refused(gazetteer: Gazetteer, text: str) -> None:
    with pytest.raises(InputError, match="is not known: write degrees"):
        stated_place(text, gazetteer)


@pytest.mark.skipif(not HOIHO.is_file(), reason="no Hoiho rules beside the project")
def test_shipped_codes_mean_what_hoiho_learnt(gazetteer: Gazetteer) -> None:
    """Figure of docs/method.md: codes of domains that both know, and how many mean one city."""
    document = unpack(HOIHO.read_bytes(), source=str(HOIHO))
    theirs = hostnames.HostnameHints.of(hostnames.parse(document, source="hoiho"))
    ((_, ours),) = gazetteer.map.host_names
    seen: Counter[bool] = Counter()
    for domain in theirs.domains.keys() & ours.domains.keys():
        for code, spot in theirs.domains[domain].spots.items():
            mine = ours.domains[domain].spots.get(code)
            if mine is None and len(code) == 3:
                mine = ours.codes.get(code)
            if mine is None or spot.latitude is None:
                continue
            there = Place(country=spot.country, latitude=spot.latitude, longitude=spot.longitude)
            known = gazetteer.map.city(mine.city, mine.country)
            latitude, longitude = mine.latitude, mine.longitude
            if latitude is None and known is not None:
                latitude, longitude = known[0].latitude, known[0].longitude
            here = Place(country=mine.country, latitude=latitude, longitude=longitude)
            apart = here.distance_km(there)
            # retn.net writes the country beside the code, and then another one counts for nothing.
            if domain == "retn.net" and mine.country != spot.country:
                continue
            if apart is not None:
                seen[apart < 100] += 1
    total = sum(seen.values())
    assert total > 600
    assert seen[True] / total > 0.95, f"of {total} codes {seen[True]} mean one city"


def test_of_places_that_are_as_likely_none_is_the_place() -> None:
    likely, other, hint = (
        Claim(value=Place(country=country), evidence=(), grade=grade)
        for country, grade in (("DE", Grade.LIKELY), ("ES", Grade.LIKELY), ("AT", Grade.POSSIBLE))
    )
    assert Attribution(address=ADDRESS, places=(likely, hint)).place == likely
    assert Attribution(address=ADDRESS, places=(likely, other)).place is None
    assert Attribution(address=ADDRESS).place is None
