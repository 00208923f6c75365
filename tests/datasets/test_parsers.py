"""What holds for the parser of every data set that comes in lines."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.datasets.catalog import DATASETS
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError

IN_LINES = sorted(name for name, dataset in DATASETS.items() if not dataset.whole)


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_every_data_set_says_what_it_is(name: str) -> None:
    spec = DATASETS[name].spec
    assert spec.name == name
    assert all((spec.publisher, spec.licence, spec.cadence, spec.gives, spec.attribution))
    assert spec.url.startswith("https://")


@pytest.mark.parametrize("name", IN_LINES)
@given(lines=st.lists(st.text(alphabet="0129.:|,\t_-#aF x/", max_size=30), max_size=5))
def test_bad_lines_raise_parse_error_and_nothing_else(name: str, lines: list[str]) -> None:
    tally, failed = Tally(), None
    rows: list[Any] = []
    try:
        rows = list(DATASETS[name].parse(lines, source="fuzz", tally=tally))
    except ParseError as error:
        failed = error
    if failed is None:
        assert tally.rows == len(rows)
    else:
        assert failed.source == "fuzz"
        assert failed.line is not None
        assert 1 <= failed.line <= len(lines)


@pytest.mark.parametrize("name", IN_LINES)
def test_rows_stream(name: str) -> None:
    line = {
        "pfx2as": "192.0.2.0\t24\t64496",
        "iplocation": "192.0.2.0,192.0.2.255,64496",
        "iptoasn": "192.0.2.0\t192.0.2.255\t64496\tCH\tNORDMAIL",
        "asnames": "64496\tNordmail",
        "asrel": "1|2|-1",
        "as2org": '{{"type": "ASN", "asn": "{}", "organizationId": "NORD"}}',
        "geofeed": "2001:db8:{}::/48,CH,CH-ZH,Zurich,",
        "paths": "192.0.2.0/24|3320|192.0.2.1|||{}|3320 64496|rrc00",
        "delegated": "apnic|JP|asn|173|1|20020801|allocated",
    }[name]

    def endless() -> Iterator[str]:
        for number in count():  # a geofeed leaves out what it has said before
            yield line.format(number)

    lines: Iterable[str] = endless()
    rows: Iterator[Any] = DATASETS[name].parse(lines, source="endless")
    assert len([next(rows), next(rows)]) == 2


@pytest.mark.parametrize("name", IN_LINES)
def test_comments_and_empty_lines_are_passed_over(name: str) -> None:
    assert list(DATASETS[name].parse(["# a comment", ""], source="x")) == []
