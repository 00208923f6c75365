from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.datasets.geofeed import COUNTRIES, GeofeedRow, parse
from mxpath.datasets.snapshot import Tally, lines_of
from mxpath.errors import ParseError
from mxpath.gazetteer.geofeed_table import Geofeed

# The examples of RFC 8805 section 2.1, in documentation space, as a feed would hold them.
FEED = """\ufeff# a comment
192.0.2.0/25,US,US-AL,,

192.0.2.5,us,us-al,Alabaster,   # one address, in small letters
192.0.2.128/25,PL,PL-MZ,,02-784
2001:db8::/32,PL,,,
2001:DB8:CAFE::/48,PL,PL-MZ,Warszawa,02-784,a,further,field
"""


def rows(text: str) -> tuple[list[GeofeedRow], Tally]:
    tally = Tally()
    return list(parse(text.splitlines(), source="feed.csv", tally=tally)), tally


def test_the_examples_of_the_rfc() -> None:
    found, tally = rows(FEED)
    assert [tuple(row) for row in found] == [
        (4, 0xC0000200, 25, "US", "US-AL", None),
        (4, 0xC0000205, 32, "US", "US-AL", "Alabaster"),
        (4, 0xC0000280, 25, "PL", "PL-MZ", None),
        (6, 0x20010DB8 << 96, 32, "PL", None, None),
        (6, 0x20010DB8CAFE << 80, 48, "PL", "PL-MZ", "Warszawa"),
    ]
    assert (tally.rows, tally.skipped) == (5, {})


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (",US,,,", "no prefix"),
        ("ip_prefix,alpha2code,region,city,postal_code", "prefix does not parse"),
        ("192.0.2.0/33,US,,,", "prefix does not parse"),
        ("192.0.2.0/255.255.255.0,US,,,", "prefix does not parse"),
        ("192.0.2/24,US,,,", "prefix does not parse"),
        ("fe80::1%eth0,US,,,", "prefix does not parse"),
        ("192.0.2.1/24,US,,,", "prefix with host bits set"),
        ("192.0.2.0/24,USA,,,", "country is no ISO 3166-1 code"),
        ("192.0.2.0/24,UK,,,", "country is no ISO 3166-1 code"),
        ("192.0.2.0/24,US,AL,,", "region is no ISO 3166-2 code"),
        ("192.0.2.0/24,US,Alabama,,", "region is no ISO 3166-2 code"),
        ('192.0.2.0/24,US,,"Alabaster', "not CSV"),
        ("198.51.100.0/24,FR,,,", "a later entry of the same prefix"),
        ("198.51.100.0/24,DE,,,", "a later entry of the same prefix"),
    ],
)
def test_what_the_rfc_has_discarded_is_counted_with_its_reason(entry: str, reason: str) -> None:
    found, tally = rows(f"198.51.100.0/24,DE,,,\n{entry}\n")
    assert [row.country for row in found] == ["DE"]
    assert tally.skipped == {reason: 1}


def test_a_discarded_entry_does_not_stand_in_the_way_of_a_good_one() -> None:
    found, tally = rows("192.0.2.0/24,USA,,,\n192.0.2.0/24,US,,,\n")
    assert [row.country for row in found] == ["US"]
    assert tally.skipped_rows == 1


def test_one_address_in_two_spellings_is_one_prefix() -> None:
    found, tally = rows("2001:db8::1,US\n2001:0DB8:0:0:0:0:0:1/128,CA\n")
    assert [row.country for row in found] == ["US"]
    assert tally.skipped == {"a later entry of the same prefix": 1}


def test_quoted_fields_are_read_as_csv() -> None:
    found, _ = rows('"192.0.2.0/24","CH","CH-ZH","Zürich ""Kreis 5""",\n')
    assert found[0].city == 'Zürich "Kreis 5"'


@pytest.mark.parametrize("entry", ["192.0.2.0/24", "192.0.2.0/24,,,,", "192.0.2.0/24,ZZ,,,"])
def test_an_entry_without_place_is_a_row_that_says_so(entry: str) -> None:
    (row,), _ = rows(entry)
    assert (row.country, row.region, row.city) == (None, None, None)


def test_a_region_may_belong_to_another_country_code() -> None:
    (row,), _ = rows("192.0.2.0/24,PR,US-PR,San Juan,")
    assert (row.country, row.region) == ("PR", "US-PR")


def test_cities_are_strangers_text() -> None:
    (row,), _ = rows(f"192.0.2.0/24,CH,,\x1b[31m{'x' * 999},")
    assert row.city is not None
    assert row.city.isprintable()
    assert len(row.city) <= 200


def test_a_feed_speaks_for_its_own_addresses_only() -> None:
    tally = Tally()
    lines = ["192.0.2.0/25,CH", "192.0.0.0/16,CH", "0.0.0.0/0,CH", "2001:db8::/32,CH"]
    own = [ip_network("192.0.2.0/24")]
    found = list(parse(lines, source="x", tally=tally, within=own))
    assert [row.length for row in found] == [25]
    assert tally.skipped == {"outside what the feed may speak for": 3}


@pytest.mark.parametrize("text", ["<html>\n<body>404</body>", "a\nb\n", "# x\n\nprefix,country\n"])
def test_a_file_without_any_prefix_is_no_geofeed(text: str) -> None:
    with pytest.raises(ParseError, match=r"^feed\.csv:[13]: no geofeed"):
        rows(text)


def test_the_longest_prefix_is_the_best_match() -> None:
    feed = Geofeed.of(rows(FEED)[0])
    assert feed.find(ip_address("192.0.2.5")) == rows(FEED)[0][1]
    assert feed.find(ip_address("192.0.2.6")) == rows(FEED)[0][0]
    deep, wide = (feed.find(IPv6Address(text)) for text in ("2001:db8:cafe::1", "2001:db8::1"))
    assert deep is not None
    assert wide is not None
    assert (deep.city, wide.city) == ("Warszawa", None)
    assert feed.find(ip_address("198.51.100.1")) is None


def test_there_are_249_countries() -> None:
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)


@settings(max_examples=40)
@given(st.binary(max_size=80) | st.text('0129./:,"#\ufeff CHzx-\n', max_size=80).map(str.encode))
def test_any_bytes_give_rows_or_a_parse_error(document: bytes) -> None:
    tally, failed = Tally(), None
    found: list[GeofeedRow] = []
    try:
        found = list(parse(lines_of(document, source="x"), source="x", tally=tally))
    except ParseError as error:
        failed = error
    if failed is None:
        assert len(found) == tally.rows
    else:
        assert failed.source == "x"
        assert failed.line is not None
