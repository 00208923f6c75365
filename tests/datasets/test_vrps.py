import json
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.datasets.snapshot import Tally
from mxpath.datasets.vrps import VrpRow, parse
from mxpath.errors import ParseError
from mxpath.gazetteer.vrp_table import VrpTable

ROW4 = VrpRow(4, 0xC0000200, 24, 26, 64496)
ROW6 = VrpRow(6, 0x20010DB8 << 96, 32, 48, 64497)

RPKI_CLIENT = b"""{
\t"metadata": { "buildmachine": "a", "roas": 2, "tals": ["x"], "vrps": 2 },
\t"roas": [
\t\t{ "asn": 64496, "prefix": "192.0.2.0/24", "maxLength": 26, "ta": "ripe", "expires": 1 },
\t\t{ "asn": 64497, "prefix": "2001:db8::/32", "maxLength": 48, "ta": "apnic", "expires": 1 }
\t],
\t"bgpsec_keys": []
}
"""
ROUTINATOR = b"""{
  "metadata": { "generated": 0, "generatedTime": "1970-01-01T00:00:00Z" },
  "roas": [
    { "asn": "AS64496", "prefix": "192.0.2.0/24", "maxLength": 26, "source": [{ "type": "roa" }] },
    { "asn": "AS64497", "prefix": "2001:db8::/32", "maxLength": 48, "ta": "N/A" }
  ],
  "aspas": [ { "customer": "AS1", "providers": ["AS2"] } ]
}"""
CSV = b"""ASN,IP Prefix,Max Length,Trust Anchor,Expires
AS64496,192.0.2.0/24,26,ripe,1627568318
AS64497,2001:db8::/32,48,apnic,1627568318
"""
CSV_EXTENDED = b"""URI,ASN,IP Prefix,Max Length,Not Before,Not After
rsync://x/a.roa,AS64496,192.0.2.0/24,26,2026-01-01,2026-02-01
rsync://x/b.roa,AS64497,2001:db8::/32,48,2026-01-01,2026-02-01
"""
CSV_QUOTED = b'"ASN","IP Prefix","Max Length","Trust Anchor"\r\n"64496","192.0.2.0/24","26","x"\r\n"64497","2001:db8::/32","48","x"\r\n'


@pytest.mark.parametrize("document", [RPKI_CLIENT, ROUTINATOR, CSV, CSV_EXTENDED, CSV_QUOTED])
def test_each_form_gives_the_same_rows(document: bytes) -> None:
    tally = Tally()
    assert list(parse(document, source="x", tally=tally)) == [ROW4, ROW6]
    assert tally.rows == 2


JUDGED = b"""64496,192.0.2.0/24,26,True
64496,198.51.100.0/24,24,False
64497,2001:db8::/32,48,True

64498,192.0.2.7,32,True
"""


def test_of_a_list_that_judges_only_what_was_valid_counts() -> None:
    tally = Tally()
    found = list(parse(JUDGED, source="x", tally=tally))
    assert found == [ROW4, ROW6, VrpRow(4, 0xC0000207, 32, 32, 64498)]
    assert (tally.rows, tally.skipped) == (3, {"a ROA that was not valid": 1})


@pytest.mark.parametrize(
    "line",
    [
        b"64496,192.0.2.0/24,26",
        b"64496,192.0.2.0/24,26,true",
        b"64496,192.0.2.0/24,26,True,x",
        b"64496,192.0.2.0,24,True",  # a prefix without its length, and no host
        b"64496,192.0.2.1/24,24,False",
        b"ASN,IP Prefix,Max Length,Valid",
    ],
)
def test_each_line_of_such_a_list_is_one(line: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        list(parse(JUDGED + line, source="x"))
    assert caught.value.line == 6


def test_a_list_on_one_line_is_read_too() -> None:
    packed = json.dumps(json.loads(RPKI_CLIENT), separators=(",", ":")).encode()
    assert list(parse(packed, source="x")) == [ROW4, ROW6]


def test_rows_stream_before_the_end_is_known_to_be_well() -> None:
    rows = parse(RPKI_CLIENT[: RPKI_CLIENT.index(b"bgpsec") - 20], source="x")
    assert next(rows) == ROW4


def test_an_empty_list_is_no_error_and_a_missing_one_is() -> None:
    assert list(parse(b'{"roas": [ ]}', source="x")) == []
    with pytest.raises(ParseError, match='a list "roas"'):
        list(parse(b'{"metadata": {}}', source="x"))


def test_without_a_maximal_length_it_is_the_prefix_itself() -> None:
    document = b'{"roas": [{"asn": 1, "prefix": "192.0.2.0/24"}]}'
    assert next(parse(document, source="x")).max_length == 24


@pytest.mark.parametrize(
    "row",
    [
        '{"asn": 64496, "prefix": "192.0.2.1/24", "maxLength": 24}',
        '{"asn": 64496, "prefix": "192.0.2.0/24", "maxLength": 23}',
        '{"asn": 64496, "prefix": "192.0.2.0/24", "maxLength": 33}',
        '{"asn": -1, "prefix": "192.0.2.0/24", "maxLength": 24}',
        '{"asn": true, "prefix": "192.0.2.0/24", "maxLength": 24}',
        '{"asn": 4294967296, "prefix": "192.0.2.0/24", "maxLength": 24}',
        '{"asn": 64496, "prefix": "192.0.2.0", "maxLength": 24}',
        '{"asn": 64496, "prefix": 3, "maxLength": 24}',
        '{"prefix": "192.0.2.0/24", "maxLength": 24}',
        '"192.0.2.0/24"',
        "[" * 100_000,
    ],
)
def test_a_row_that_is_no_vrp_is_an_error(row: str) -> None:
    with pytest.raises(ParseError):
        list(parse(f'{{"roas": [{row}]}}'.encode(), source="x"))


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b'{"roas"', b'{"roas": 1}', b"AS1,192.0.2.0/24,24", b"\xff\xfe", b"{\xff}"],
)
def test_what_is_no_list_is_an_error(document: bytes) -> None:
    with pytest.raises(ParseError):
        list(parse(document, source="x"))


def test_a_bad_line_of_csv_is_named() -> None:
    with pytest.raises(ParseError) as caught:
        list(parse(CSV + b"AS1,nonsense,24,x\n", source="x"))
    assert caught.value.line == 4


@given(st.binary(max_size=60))
def test_bad_bytes_raise_parse_error_and_nothing_else(noise: bytes) -> None:
    for document in (
        noise,
        b'{"roas": [' + noise,
        RPKI_CLIENT[:200] + noise,
        CSV + noise,
        JUDGED + noise,
    ):
        try:
            list(parse(document, source="x"))
        except ParseError:
            continue


def test_covering_is_longest_first_and_keeps_every_origin() -> None:
    rows = [
        VrpRow(4, 0xC0000000, 16, 24, 1),
        VrpRow(4, 0xC0000200, 24, 24, 3),
        VrpRow(4, 0xC0000200, 24, 24, 2),
        VrpRow(4, 0xC0000200, 25, 25, 4),
        VrpRow(4, 0, 0, 0, 5),
    ]
    table = VrpTable.of(rows, version=4)
    assert len(table) == 5
    assert [v.asn for v in table.covering(ip_network("192.0.2.0/24"))] == [2, 3, 1, 5]
    assert [v.asn for v in table.covering(ip_network("192.0.3.0/24"))] == [1, 5]
    assert table.covering(ip_network("::/0")) == ()
