from contextlib import suppress
from datetime import date
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.datasets.iptoasn import Announced, origins, parse
from mxpath.datasets.snapshot import Tally, digest
from mxpath.errors import ParseError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.manifest import FILE_NAME, Entry, manifest_text
from mxpath.model.network import Network
from mxpath.tables.prefixes import OriginRow

# Written by hand to the form that iptoasn.com describes.
LINES = [
    "0.0.0.0\t0.255.255.255\t0\tNone\tNot routed",
    "192.0.2.0\t192.0.2.255\t64496\tCH\tNORDMAIL - Nordmail: mail for the north",
    "198.51.100.0\t198.51.101.127\t64497\tNone\t",
    "::\t::1\t0\tNone\tNot routed",
    "2001:db8::\t2001:db8:ffff:ffff:ffff:ffff:ffff:ffff\t64498\tZZZ\tA\tB\x1b[31m",
]


def test_each_range_has_its_network_country_and_description() -> None:
    tally = Tally()
    rows = list(parse(LINES, source="x", tally=tally))
    assert rows == [
        Announced(
            start=int(ip_address("192.0.2.0")),
            end=int(ip_address("192.0.2.255")),
            version=4,
            asn=64496,
            country="CH",
            description="NORDMAIL - Nordmail: mail for the north",
        ),
        Announced(
            start=int(ip_address("198.51.100.0")),
            end=int(ip_address("198.51.101.127")),
            version=4,
            asn=64497,
            country=None,
            description=None,
        ),
        Announced(
            start=0x20010DB8 << 96,
            end=(0x20010DB9 << 96) - 1,
            version=6,
            asn=64498,
            country=None,
            description="A B [31m",
        ),
    ]
    assert (tally.rows, tally.skipped) == (3, {"not routed (AS0)": 2})


def test_one_family_alone() -> None:
    tally = Tally()
    assert [row.asn for row in parse(LINES, source="x", version=6, tally=tally)] == [64498]
    assert (tally.rows, tally.skipped) == (1, {"not routed (AS0)": 1})


def test_the_edition_in_numbers_gives_the_same() -> None:
    numbers = "3221225984\t3221226239\t64496\tCH\tNORDMAIL - Nordmail: mail for the north"
    assert next(parse([numbers], source="x")) == next(parse(LINES, source="x"))


def test_the_last_half_of_an_ipv6_address_may_be_dotted() -> None:
    line = "::ffff:0.0.0.0\t::ffff:255.255.255.255\t64496\tCH\tx"
    assert next(parse([line], source="x")).end == 0xFFFF_FFFF_FFFF


def test_a_table_of_origins_takes_the_ranges() -> None:
    first = next(parse(LINES, source="x"))
    assert next(origins(LINES, source="x")) == OriginRow(first.start, first.end, 4, (64496,), None)


def test_a_gazetteer_answers_from_it(tmp_path: Path) -> None:
    content = "\n".join(LINES).encode()
    entry = Entry(
        name="iptoasn",
        files=("ip2asn-combined.tsv",),
        publisher="tests",
        as_of=date(2026, 6, 17),
        sha256=digest([content]),
        licence="none",
    )
    (tmp_path / "ip2asn-combined.tsv").write_bytes(content)
    (tmp_path / FILE_NAME).write_text(manifest_text([entry]))
    gazetteer = Gazetteer.open(tmp_path)
    found = gazetteer.origin(ip_address("2001:db8::25"))
    assert found is not None
    assert (found[0].networks, found[0].announced) == ((Network(asn=64498),), False)
    assert found[1].name == "iptoasn"
    assert gazetteer.origin(ip_address("0.0.0.1")) is None
    (summary,) = gazetteer.describe()
    assert (summary.rows, summary.skipped) == (3, (("not routed (AS0)", 2),))


@pytest.mark.parametrize(
    "line",
    [
        "192.0.2.0,192.0.2.255,64496,CH,x",
        "192.0.2.0\t192.0.2.255\t64496",
        "192.0.2.255\t192.0.2.0\t64496\tCH\tx",
        "192.0.2.0\t2001:db8::\t64496\tCH\tx",
        "192.0.2.0\t192.0.2.255\t4294967296\tCH\tx",
        "0\t4294967296\t64496\tCH\tx",
        "::1.2.3.4.5\t::1\t64496\tCH\tx",
    ],
)
def test_a_bad_line_names_source_and_line(line: str) -> None:
    with pytest.raises(ParseError, match=r"^ranges\.tsv:2: "):
        list(parse(["", line], source="ranges.tsv"))


FIELDS = st.sampled_from(
    f"0 1 64496 192.0.2.0 192.0.2.255 :: ::1.2.3.4 ::1%x CH None # \udcff ² {'9' * 5000}".split(" ")
)


@settings(max_examples=30)
@given(st.lists(st.lists(FIELDS, max_size=6).map("\t".join), max_size=3))
def test_any_fields_are_rows_or_parse_errors(lines: list[str]) -> None:
    tally = Tally()
    rows: list[Announced] = []
    with suppress(ParseError):
        for row in parse(lines, source="x", tally=tally):
            rows.append(row)  # noqa: PERF402 - what came before the error counts
    assert tally.rows == len(rows)
    assert all(row.start <= row.end for row in rows)
