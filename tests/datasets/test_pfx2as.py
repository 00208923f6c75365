from ipaddress import ip_network

import pytest

from mxpath.datasets.pfx2as import parse
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError
from mxpath.tables.prefixes import row_of


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("64496", (64496,)),
        ("701_1239", (701, 1239)),
        ("701,1239", (701, 1239)),
        ("1_2,3_1", (1, 2, 3)),
    ],
)
def test_all_origins_are_kept(text: str, origins: tuple[int, ...]) -> None:
    rows = list(parse([f"198.18.0.0\t15\t{text}"], source="x"))
    assert rows == [row_of(ip_network("198.18.0.0/15"), origins)]


def test_both_families_in_one_file_and_one_of_them_alone() -> None:
    lines = ["198.18.0.0\t15\t1", "2001:db8::\t32\t2"]
    assert [row.version for row in parse(lines, source="x")] == [4, 6]
    assert [row.origins for row in parse(lines, source="x", version=6)] == [(2,)]


def test_as0_originates_nothing() -> None:
    tally = Tally()
    assert list(parse(["198.18.0.0\t15\t0"], source="x", tally=tally)) == []
    assert tally.skipped == {"reserved origin AS0": 1}


@pytest.mark.parametrize(
    "line",
    [
        "198.18.0.1\t15\t1",  # host bits
        "198.18.0.0\t33\t1",
        "198.18.0.0\t15",
        "198.18.0.0 15 1",
        "198.18.0.0\t15\t4294967296",
        "198.18.0.0\t15\t1_",
        "198.18.0\t15\t1",
    ],
)
def test_a_bad_line_names_source_and_line(line: str) -> None:
    with pytest.raises(ParseError, match=r"^table\.txt:2: "):
        list(parse(["1.0.0.0\t24\t1", line], source="table.txt"))
