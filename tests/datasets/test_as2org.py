import json
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.datasets.as2org import Holding, Organisation, Row, parse
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError
from mxpath.gazetteer.organisation_table import Organisations

# Written by hand to the form of CAIDA's README: its data may not be passed on.
TEXT = """\
# name: AS Org
# some comment
# format:org_id|changed|org_name|country|source
NORD-ARIN|20120130|Nordmail, Inc.|US|ARIN
@family-7|20250231|Southern\x1b[31m Post|Europe|RIPE
# format:aut|changed|aut_name|org_id|opaque_id|source
64496|20120224|NORD-1|NORD-ARIN|e5e3b9c1_ARIN|ARIN
64500||NORD-2|NORD-ARIN||ARIN
64501|20200101|SOUTH|@family-7|x|RIPE
64502|20200101|LOST|@family-8|x|RIPE
""".splitlines()
JSON = [
    json.dumps(row)
    for row in (
        {"changed": "20120130", "name": "Nordmail, Inc.", "organizationId": "NORD-ARIN"}
        | {"country": "US", "source": "ARIN", "type": "Organization"},
        {"changed": "20250231", "name": "Southern\x1b[31m Post", "organizationId": "@family-7"}
        | {"country": "Europe", "source": "RIPE", "type": "Organization"},
        {"asn": "64496", "changed": "20120224", "name": "NORD-1", "organizationId": "NORD-ARIN"}
        | {"opaqueId": "e5e3b9c1_ARIN", "source": "ARIN", "type": "ASN"},
        {"asn": 64500, "name": "NORD-2", "organizationId": "NORD-ARIN"}
        | {"source": "ARIN", "type": "ASN", "opaqueId": None},
        {"asn": "64501", "changed": "20200101", "name": "SOUTH", "organizationId": "@family-7"}
        | {"opaqueId": "x", "source": "RIPE", "type": "ASN"},
        {"asn": "64502", "changed": "20200101", "name": "LOST", "organizationId": "@family-8"}
        | {"opaqueId": "x", "source": "RIPE", "type": "ASN"},
    )
]
NORD = Organisation(
    org_id="NORD-ARIN",
    name="Nordmail, Inc.",
    country="US",
    source="ARIN",
    changed=date(2012, 1, 30),
)


@pytest.mark.parametrize("lines", [TEXT, JSON], ids=["text", "json"])
def test_both_editions_give_the_same_rows(lines: list[str]) -> None:
    tally = Tally()
    rows = list(parse(lines, source="x", tally=tally))
    assert (tally.rows, tally.skipped) == (6, {})
    assert rows[:4] == [
        NORD,
        Organisation(
            org_id="@family-7", name="Southern [31m Post", country=None, source="RIPE", changed=None
        ),
        Holding(
            asn=64496,
            name="NORD-1",
            org_id="NORD-ARIN",
            opaque_id="e5e3b9c1_ARIN",
            source="ARIN",
            changed=date(2012, 2, 24),
        ),
        Holding(
            asn=64500,
            name="NORD-2",
            org_id="NORD-ARIN",
            opaque_id=None,
            source="ARIN",
            changed=None,
        ),
    ]


def test_the_first_edition_has_other_columns_in_another_order() -> None:
    lines = [
        "# format: aut|changed|name|org_id|source",
        "64496|20120224|NORD-1|NORD-ARIN|ARIN",
        "# format: org_id|changed|name|country|source",
        "NORD-ARIN|20120130|Nordmail, Inc.|US|ARIN",
    ]
    holding, organisation = parse(lines, source="x")
    assert isinstance(holding, Holding)
    assert (holding.asn, holding.name, holding.opaque_id) == (64496, "NORD-1", None)
    assert organisation == NORD


def test_siblings_are_the_other_networks_of_an_organisation() -> None:
    joined = Organisations.of(parse(TEXT, source="x"))
    assert joined.organisation(64500) == NORD
    assert joined.siblings(64500) == (64496,)
    assert joined.siblings(64501) == ()
    assert joined.organisation(64502) is None  # the file does not say who @family-8 is
    assert (joined.organisation(1), joined.siblings(1)) == (None, ())


def test_of_two_rows_for_one_network_the_last_change_counts() -> None:
    lines = ["# format:aut|changed|org_id", "1|20200101|NEW", "1|20190101|OLD", "1||NONE", "2||OLD"]
    joined = Organisations.of(parse(lines, source="x"))
    holdings = [joined.holding(asn) for asn in (1, 2, 3)]
    assert [held and held.org_id for held in holdings] == ["NEW", "OLD", None]
    assert (joined.siblings(1), joined.siblings(2)) == ((), ())


def test_rows_of_no_use_are_counted() -> None:
    tally = Tally()
    lines = [
        "# format:org_id|changed|org_name|country|source",
        "A|20120130|One | bar|US|ARIN",
        "A|20120130",
        "|20120130|Nobody|US|ARIN",
        '{"type": "Router"}',
        '{"type": "ASN", "asn": 1}',
    ]
    assert list(parse(lines, source="x", tally=tally)) == []
    assert tally.skipped == {
        "too many columns": 1,
        "too few columns": 1,
        "no organisation": 2,
        "object that is neither ASN nor Organization": 1,
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1|20120224|LVLT-1|LVLT-ARIN|ARIN", "before any line that names columns"),
        ("<html>", "before any line that names columns"),
        ("# format:prefix|origin", "no table of networks or organisations"),
        ("{", "Expecting property name"),
        ('{"type": "ASN", "organizationId": "A"}', "no AS number"),
        ('{"type": "ASN", "organizationId": "A", "asn": "AS1"}', "no AS number"),
        ('{"type": "ASN", "organizationId": "A", "asn": 4294967296}', "no AS number"),
        ('{"type":' + "[" * 10_000, "recursion"),
    ],
)
def test_a_bad_line_names_source_and_line(line: str, message: str) -> None:
    with pytest.raises(ParseError, match=rf"^orgs\.txt:2: .*{message}"):
        list(parse(["", line], source="orgs.txt"))


PIECES = st.sampled_from(
    [
        *("# format:", "aut|org_id", "org_id|country", "|", "1", "A", "²", "\udcff", "9" * 5000),
        *(
            "{",
            "}",
            '"type":"ASN"',
            ",",
            '"asn":',
            '"organizationId":',
            '"x"',
            "[",
            "null",
            "1e999",
        ),
    ]
)


@settings(max_examples=40)
@given(st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=4))
def test_any_text_is_rows_or_parse_errors(lines: list[str]) -> None:
    tally = Tally()
    rows: list[Row] = []
    with suppress(ParseError):
        for row in parse(lines, source="x", tally=tally):
            rows.append(row)  # noqa: PERF402 - what came before the error counts
    assert tally.rows == len(rows)
