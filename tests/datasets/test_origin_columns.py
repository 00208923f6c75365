"""Origins read by columns: the answers of the parsers that read line by line, or none at all."""

from types import ModuleType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mxpath.datasets import iplocation, pfx2as
from mxpath.datasets.numerals import address_v4, address_v6
from mxpath.datasets.snapshot import Tally, lines_of
from mxpath.errors import ParseError
from mxpath.tables.address_text import Text, addresses_v4, addresses_v6
from mxpath.tables.prefix_arrays import cut
from mxpath.tables.prefixes import PrefixTable

RANGES = b"""# start, end, AS number
1.0.0.0,1.0.0.255,13335,"Cloud: flare, Inc."
1.0.4.0,1.0.7.255,0

2001:4:112::,2001:4:112:ffff:ffff:ffff:ffff:ffff,112
1.0.16.3,1.0.16.9,4294967295,M\xc3\xbcller
::,::1,7
255.255.255.255,255.255.255.255,9
"""
PREFIXES = b"""1.0.0.0\t24\t13335
1.0.4.0\t22\t38803_56203
2001:db8::\t32\t64496
0.0.0.0\t0\t7
1.0.5.0\t24\t1,2_1
255.255.255.255\t32\t0007
1.0.6.0\t24\t0
::\t0\t5
ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\t128\t6
"""


def by_line(
    dataset: ModuleType, document: bytes, version: int, tally: Tally | None = None
) -> PrefixTable:
    lines = lines_of(document, source="x")
    rows = dataset.parse(lines, source="x", version=version, tally=tally)
    return PrefixTable.of(rows, version=version)


def listed(table: PrefixTable) -> dict[str, list[int]]:
    return {name: list(column) for name, column in table.columns().items()}


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(
    ("dataset", "document"),
    [(iplocation, RANGES), (iplocation, RANGES.replace(b",", b"\t")), (pfx2as, PREFIXES)],
)
def test_columns_give_the_table_of_the_lines(
    dataset: ModuleType, document: bytes, version: int
) -> None:
    at_once, by_row = Tally(), Tally()
    read = dataset.columns(document, version=version, tally=at_once)
    assert read is not None
    assert listed(cut(read)) == listed(by_line(dataset, document, version, by_row))
    assert len(cut(read)) > 1
    assert at_once == by_row
    assert version == 6 or at_once.skipped_rows > 0


@pytest.mark.parametrize("dataset", [iplocation, pfx2as])
@given(
    at=st.integers(0, 300),
    cut_off=st.integers(0, 3),
    put=st.sampled_from([b"", b"\t", b",", b"\n", b"\r", b":", b".", b"0", b"9", b"\xff", b"#"]),
)
@example(at=0, cut_off=0, put=b"\xff")
@settings(max_examples=40)
def test_what_was_tampered_with_is_read_alike_or_left_to_the_lines(
    dataset: ModuleType, at: int, cut_off: int, put: bytes
) -> None:
    whole = RANGES if dataset is iplocation else PREFIXES
    document = whole[:at] + put + whole[at + cut_off :]
    for version in (4, 6):
        read = dataset.columns(document, version=version)
        if read is None:
            continue
        try:
            expected = listed(by_line(dataset, document, version))
        except ParseError:
            pytest.fail("read by columns, refused by lines")
        assert listed(cut(read)) == expected


def tokens(texts: list[str]) -> tuple[Text, list[str]]:
    kept = [text for text in texts if text and "\n" not in text]
    return Text.of("".join(f"{text}\n" for text in kept).encode()), kept


_octet = st.sampled_from(["0", "1", "01", "9", "10", "99", "100", "255", "256", "1000", "", "a"])
_group = st.sampled_from(["0", "1", "ffff", "FFFF", "abc", "00001", "", "", "g", "1.2.3.4"])


@settings(max_examples=25)
@given(st.lists(st.lists(_octet, min_size=1, max_size=5).map(".".join), min_size=1, max_size=30))
@example(["1.2.3.4", "1.2.3.4.", "1..2.3", "1.2.3", "1.2.3.4.5", "255.255.255.255", "0.0.0.0"])
def test_quads_are_read_as_one_by_one(texts: list[str]) -> None:
    text, kept = tokens(texts)
    values, good = addresses_v4(text, *text.lines())
    found = [value if fine else None for value, fine in zip(values.tolist(), good, strict=True)]
    assert found == [one_v4(one) for one in kept]


@settings(max_examples=25)
@given(st.lists(st.lists(_group, min_size=1, max_size=10).map(":".join), min_size=1, max_size=30))
@example(["::", "::1", "1::", ":1", "1:", ":::", "1::2::3", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8"])
@example(["1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "::1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9"])
def test_groups_are_read_as_one_by_one(texts: list[str]) -> None:
    text, kept = tokens(texts)
    high, low, good = addresses_v6(text, *text.lines())
    halves = zip(high.tolist(), low.tolist(), good, strict=True)
    found = [first << 64 | last if fine else None for first, last, fine in halves]
    assert found == [one_v6(one) for one in kept]


def one_v4(text: str) -> int | None:
    try:
        return address_v4(text)
    except ValueError:
        return None


def one_v6(text: str) -> int | None:
    try:
        return address_v6(text)
    except ValueError:
        return None
