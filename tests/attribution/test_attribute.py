import json
from dataclasses import replace
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from datasets.registry_samples import sample
from mxpath.attribution.attribute import attribute, attribute_network
from mxpath.attribution.organisation import are_siblings, organisation_of
from mxpath.attribution.prefix import attribute_prefix
from mxpath.attribution.tails import attributed
from mxpath.cli.owner_block import address_block
from mxpath.datasets.snapshot import digest
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.manifest import FILE_NAME, Entry, manifest_text
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.evidence import Claim

AS_OF = date(2026, 6, 17)


def ok(number: int, **values: Any) -> dict[str, Any]:
    return {"id": number, "status": "ok", **values}


PEERINGDB = {
    "ix": [ok(31, name="FRA-LIX"), ok(32, name="MOZIX")],
    "ixlan": [ok(7, ix_id=31), ok(8, ix_id=32)],
    "ixpfx": [
        ok(1, ixlan_id=7, prefix="80.249.208.0/21"),
        ok(2, ixlan_id=8, prefix="192.168.10.0/24"),
    ],
    "netixlan": [
        ok(1, ixlan_id=7, asn=3, ipaddr4="80.249.208.12"),
        ok(2, ixlan_id=8, asn=3, ipaddr4="192.168.10.12"),
    ],
}
PFX2AS = (
    "8.8.8.0\t24\t1\n"
    "9.9.9.0\t24\t1_2\n"
    "80.249.208.0\t21\t4800\n"  # the LAN, announced by a stranger
    "10.0.0.0\t8\t5\n"
    "8.8.8.0\t25\t7\n"
    "102.0.0.0\t24\t7\n"
    "11.0.0.0\t24\t1_4\n"
)
DELEGATED = (
    "2|ripencc|20260617|4|19830705|20260617|+0000\n"
    "ripencc|DE|asn|1|1|19930901|allocated|holder-1\n"
    "ripencc||asn|7|1||available|\n"
    "arin|US|ipv4|8.0.0.0|16777216|19921201|allocated|holder-8\n"
    "ripencc|EU|ipv4|9.9.8.0|768|20010101|assigned|holder-9\n"
    "ripencc|NL|ipv4|80.249.208.0|2048|20010101|assigned|ixp\n"
    "afrinic||ipv4|102.0.0.0|256||available|\n"
    "arin|US|ipv4|10.0.0.0|16777216|19900101|allocated|nobodys\n"
    "lacnic||ipv4|45.0.0.0|1024||reserved|\n"
    "arin|US|ipv4|45.0.1.0|256|20010203|allocated|holder-8\n"
)
FEED = "10.0.0.0/8,US,,Boston,\n80.249.208.0/21,NL,,Amsterdam,\n8.8.8.0/24,DE,,Berlin,\n"
AS2ORG = (
    "# format:org_id|changed|org_name|country|source\n"
    "ORG-A|20240101|Alpha GmbH|AT|RIPE\n"
    "ORG-B|20240101|Beta BV|BE|RIPE\n"
    "# format:aut|changed|aut_name|org_id|opaque_id|source\n"
    "1|20240101|ALPHA-1|ORG-A|x|RIPE\n"
    "4|20240101|ALPHA-4|ORG-A|x|RIPE\n"
    "3|20240101|BETA-3|ORG-B|x|RIPE\n"
    "2|20240101|BETA-2|ORG-B|x|RIPE\n"
)


@pytest.fixture(scope="module")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    directory = tmp_path_factory.mktemp("gazetteer")
    files = {
        "pfx2as": {"pfx2as.txt": PFX2AS.encode()},
        "delegated": {"delegated.txt": DELEGATED.encode()},
        "as2org": {"as2org.txt": AS2ORG.encode()},
        "geofeed": {"geofeed.csv": FEED.encode()},
        "peeringdb": {
            f"{kind}.json": json.dumps({"data": rows}).encode() for kind, rows in PEERINGDB.items()
        },
    }
    entries = []
    for name, contents in files.items():
        for path, content in contents.items():
            (directory / path).write_bytes(content)
        entries.append(
            Entry(
                name=name,
                files=tuple(contents),
                publisher="tests",
                as_of=AS_OF,
                sha256=digest(contents.values()),
                licence="none",
            )
        )
    (directory / FILE_NAME).write_text(manifest_text(entries, as_of=AS_OF))
    return Gazetteer.open(directory)


def asked(gazetteer: Gazetteer, text: str) -> Attribution:
    address = ip_address(text)
    return attribute([address], gazetteer)[address]


def rules(claim: Claim[Any] | None) -> list[str]:
    assert claim is not None
    return [evidence.rule for evidence in claim.evidence]


def test_an_ordinary_address_has_an_origin(gazetteer: Gazetteer) -> None:
    found = asked(gazetteer, "8.8.8.188")
    assert found.network is not None
    assert found.network.asn == 1
    assert found.origin is not None
    (evidence,) = found.origin.evidence
    assert (evidence.source, evidence.as_of, evidence.rule) == ("pfx2as", AS_OF, "longest-prefix")
    assert evidence.detail == "8.8.8.0/24 is originated by AS1"


def test_several_origins_stand_for_no_single_network(gazetteer: Gazetteer) -> None:
    found = asked(gazetteer, "9.9.9.9")
    assert found.network is None
    assert found.origin is not None
    assert [network.asn for network in found.origin.value.networks] == [1, 2]
    assert rules(found.origin) == ["longest-prefix-several-origins"]


def test_the_port_comes_before_the_stranger_who_announces_the_lan(gazetteer: Gazetteer) -> None:
    found = asked(gazetteer, "80.249.208.12")
    assert found.network is not None
    assert found.network.asn == 3
    assert found.origin is None
    assert rules(found.ixp_port) == ["ixp-member-port"]
    assert rules(found.ixp_lan) == ["ixp-lan"]


def test_an_unknown_port_belongs_to_nobody(gazetteer: Gazetteer) -> None:
    found = asked(gazetteer, "80.249.208.99")
    assert found.network is None
    assert found.origin is None
    assert found.ixp_lan is not None
    assert found.ixp_lan.value.prefix == ip_network("80.249.208.0/21")
    # The feed, the registry and the stranger who announces it speak of the exchange point's LAN.
    assert found == Attribution(address=found.address, ixp_lan=found.ixp_lan)


@pytest.mark.parametrize("text", ["192.168.10.12", "10.1.2.3", "198.18.0.1", "2001:db8::1"])
def test_special_purpose_space_asks_no_table_although_one_lists_it(
    gazetteer: Gazetteer, text: str
) -> None:
    found = asked(gazetteer, text)
    assert found.special is not None
    assert found.special.evidence[0].source.startswith("iana-ipv")
    assert found.special.evidence[0].as_of is not None
    assert found == Attribution(address=found.address, special=found.special)


def test_the_registries_of_the_gazetteer_say_what_is_special(tmp_path: Path) -> None:
    document = sample("iana-ipv4-special-registry.xml")
    (tmp_path / "special.xml").write_bytes(document)
    own = Entry(
        name="iana-special",
        files=("special.xml",),
        publisher="tests",
        as_of=AS_OF,
        sha256=digest([document]),
        licence="none",
    )
    (tmp_path / FILE_NAME).write_text(manifest_text([own]))
    gazetteer = Gazetteer.open(tmp_path)
    said = {}
    for text in ("192.0.0.171", "192.0.0.9", "224.0.0.1", "fe80::1", "8.8.8.8"):
        claim = asked(gazetteer, text).special
        said[text] = claim and (claim.value, claim.evidence[0].source, claim.evidence[0].as_of)
    assert said == {
        "192.0.0.171": ("NAT64/DNS64 Discovery", "iana-special", AS_OF),
        "192.0.0.9": None,
        "224.0.0.1": ("Multicast", "iana-ipv4-special-registry", date(2021, 2, 4)),
        "fe80::1": ("Link-Local Unicast", "iana-ipv6-special-registry", date(2023, 3, 15)),
        "8.8.8.8": None,
    }


def test_what_nobody_knows_stays_unknown(gazetteer: Gazetteer) -> None:
    assert asked(gazetteer, "1.1.1.1") == Attribution(address=ip_address("1.1.1.1"))


def test_each_address_once_in_the_order_of_mention(gazetteer: Gazetteer) -> None:
    texts = ["9.9.9.9", "8.8.8.8", "9.9.9.9"]
    addresses: list[IPAddress] = [ip_address(text) for text in texts]
    assert [str(address) for address in attribute(addresses, gazetteer)] == texts[:2]
    assert attribute([], gazetteer) == {}


def test_a_block_has_its_registry_and_its_day(gazetteer: Gazetteer) -> None:
    found = asked(gazetteer, "8.8.8.188").delegation
    assert found is not None
    block = found.value
    assert (block.registry, block.status, block.holder_id) == ("arin", "allocated", "holder-8")
    assert block.since == date(1992, 12, 1)
    assert block.range_words == "8.0.0.0 - 8.255.255.255"
    assert [(e.source, e.as_of, e.rule) for e in found.evidence] == [
        ("delegated", AS_OF, "delegated-block")
    ]


def test_the_holders_word_on_places_comes_last(gazetteer: Gazetteer) -> None:
    (place,) = asked(gazetteer, "8.8.8.188").places
    assert str(place.value) == "Berlin, DE"
    assert rules(place) == ["geofeed"]
    assert asked(gazetteer, "80.249.208.12").places == ()


def test_without_payloads_the_state_is_unknown_and_not_not_found(gazetteer: Gazetteer) -> None:
    owner = asked(gazetteer, "8.8.8.188")
    assert owner.rpki is None
    assert "RPKI" not in address_block(owner)
    assert attributed(owner).rpki is None


def test_a_block_that_nobody_holds_and_somebody_announces_is_a_bogon(gazetteer: Gazetteer) -> None:
    found = asked(gazetteer, "102.0.0.1")
    assert found.is_bogon
    assert found.delegation is not None
    assert found.delegation.evidence[0].detail == (
        "102.0.0.0 - 102.0.0.255 is delegated to nobody: AFRINIC lists it as available"
    )
    assert found.origin is not None
    told = replace(found.origin, value=replace(found.origin.value, announced=False))
    assert not replace(found, origin=told).is_bogon, "a range need not be announced as a whole"
    assert not asked(gazetteer, "8.8.8.188").is_bogon
    assert not asked(gazetteer, "11.0.0.1").is_bogon, "what no file tells of is unknown"


def test_the_country_is_the_blocks_and_only_then_the_organisations(gazetteer: Gazetteer) -> None:
    block, organisation = asked(gazetteer, "8.8.8.188"), asked(gazetteer, "11.0.0.1")
    assert block.country is not None
    assert organisation.country is not None
    assert (block.country.value, rules(block.country)) == ("US", ["delegated-country"])
    assert (organisation.country.value, rules(organisation.country)) == (
        "AT",
        ["organisation-country"],
    )


def test_the_organisation_of_several_origins_is_told_where_it_is_one(gazetteer: Gazetteer) -> None:
    one = asked(gazetteer, "11.0.0.1")
    assert one.network is None
    assert one.organisation is not None
    assert str(one.organisation.value) == "Alpha GmbH (ORG-A)"
    assert one.siblings is None, "both origins are named already"
    assert asked(gazetteer, "9.9.9.9").organisation is None


def test_a_port_is_its_members_in_all_things(gazetteer: Gazetteer) -> None:
    found = asked(gazetteer, "80.249.208.12")
    assert found.organisation is not None
    assert found.organisation.value.name == "Beta BV"
    assert found.siblings is not None
    assert [network.asn for network in found.siblings.value.networks] == [2]
    assert found.delegation is None, "the block is the exchange point's"
    assert found.country is not None
    assert found.country.value == "BE"


def test_a_network_without_a_name_is_called_like_its_organisation(gazetteer: Gazetteer) -> None:
    assert gazetteer.name(1) == "Alpha GmbH"


def test_an_as_number_is_delegated_too(gazetteer: Gazetteer) -> None:
    found = attribute_network(1, gazetteer)
    assert found.delegation is not None
    assert found.delegation.value.since == date(1993, 9, 1)
    assert found.country is not None
    assert found.country.value == "DE"
    free = attribute_network(7, gazetteer)
    assert free.delegation is not None
    assert not free.delegation.value.is_given
    assert free.organisation is None


def test_siblings_are_of_one_organisation(gazetteer: Gazetteer) -> None:
    values = [are_siblings(a, b, gazetteer) for a, b in ((1, 4), (4, 1), (1, 3), (1, 7))]
    assert [claim and claim.value for claim in values] == [True, True, False, None]


def test_a_block_inside_what_another_registry_keeps_is_told_too(gazetteer: Gazetteer) -> None:
    found = attribute_prefix(ip_network("45.0.0.0/22"), gazetteer)
    said = [(claim.value.status, str(claim.value.first)) for claim in found.delegations]
    assert said == [("reserved", "45.0.0.0"), ("allocated", "45.0.1.0")], "each of them once"


def test_another_data_sets_numbers_make_no_siblings(
    gazetteer: Gazetteer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = gazetteer.organisation(1)
    assert one is not None
    row, snapshot = one
    elsewhere = replace(snapshot, name="another")
    monkeypatch.setattr(
        Gazetteer, "organisation", lambda _self, asn: (row, snapshot if asn == 1 else elsewhere)
    )
    assert are_siblings(1, 4, gazetteer) is None
    assert organisation_of([1, 4], gazetteer) is None


def test_a_prefix_has_what_is_around_and_inside_it(gazetteer: Gazetteer) -> None:
    found = attribute_prefix(ip_network("8.8.8.0/24"), gazetteer)
    assert found.covering is not None
    assert found.covered is not None
    assert list(map(str, found.covering.value)) == ["8.8.8.0/24"]
    assert list(map(str, found.covered.value)) == ["8.8.8.0/25"]
    assert found.covered_count == 1
    assert [claim.value.registry for claim in found.delegations] == ["arin"]
    wide = attribute_prefix(ip_network("9.9.0.0/16"), gazetteer)
    assert wide.covering is None
    assert wide.covered_count == 1
    assert attribute_prefix(ip_network("10.1.0.0/16"), gazetteer).special is not None
    lan = attribute_prefix(ip_network("80.249.208.0/24"), gazetteer)
    assert lan.ixp_lan is not None
    assert lan.covering is None
