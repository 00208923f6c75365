from ipaddress import ip_address

import pytest

from mxpath.datasets.iplocation import parse
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError
from mxpath.tables.prefixes import PrefixTable


@pytest.mark.parametrize(
    "line",
    [
        '198.18.0.0,198.18.0.9,64496,"Nordmail, Inc."',
        "198.18.0.0\t198.18.0.9\t64496\tDE\tNordmail",
        "3323068416,3323068425,64496",
    ],
)
def test_three_shapes_of_one_row(line: str) -> None:
    (row,) = parse([line], source="x")
    assert row.origins == (64496,)
    assert (row.start, row.end) == (int(ip_address("198.18.0.0")), int(ip_address("198.18.0.9")))
    assert (row.version, row.length) == (4, None)


def test_ipv6_in_text_and_in_numbers() -> None:
    first, last = (int(ip_address(text)) for text in ("2001:db8::", "2001:db8::ffff"))
    text, number = parse(["2001:db8::,2001:db8::ffff,1", f"{first},{last},1"], source="x")
    assert text == number
    assert text.version == 6


def test_one_family_alone() -> None:
    lines = ["1.0.0.0,1.0.0.9,1", "2001:db8::,2001:db8::9,2"]
    assert [row.origins for row in parse(lines, source="x", version=4)] == [(1,)]
    assert [row.origins for row in parse(lines, source="x", version=6)] == [(2,)]


def test_ranges_nobody_routes_are_counted() -> None:
    tally = Tally()
    assert list(parse(["1.0.0.0\t1.0.0.9\t0\tNone\tNot routed"], source="x", tally=tally)) == []
    assert tally.skipped_rows == 1


@pytest.mark.parametrize(
    "line",
    [
        "1.0.0.9,1.0.0.0,1",
        "1.0.0.0,2001:db8::,1",
        "1.0.0.0,1.0.0.9",
        "1.0.0.0,1.0.0.9,AS1",
        "1.0.0.0,1.0.0.9,4294967296",
        f"0,{2**128},1",
        "01.0.0.0,1.0.0.9,1",
    ],
)
def test_a_bad_line_names_source_and_line(line: str) -> None:
    with pytest.raises(ParseError, match=r"^table\.csv:1: "):
        list(parse([line], source="table.csv"))


def test_the_one_overlapping_pair_of_the_real_table() -> None:
    lines = ["3596550144,3607166975,749", "3607101440,3607167999,721"]
    table = PrefixTable.of(parse(lines, source="x"), version=4)
    for number, asn in ((3607101439, 749), (3607101440, 721), (3607167999, 721)):
        found = table.find(ip_address(number))
        assert found is not None
        assert found[1] == (asn,)
    assert table.find(ip_address(3607168000)) is None
