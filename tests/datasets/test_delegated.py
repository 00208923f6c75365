from contextlib import suppress
from datetime import date
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.registry_samples import beside, sample
from mxpath.datasets.delegated import Delegation, Heading, Kind, Status, parse
from mxpath.datasets.snapshot import Tally, lines_of, unpack
from mxpath.errors import ParseError


def one(line: str) -> Delegation:
    (row,) = parse([line], source="x")
    return row


def real() -> tuple[list[Delegation], Heading, Tally]:
    heading, tally = Heading(), Tally()
    lines = lines_of(sample("delegated-afrinic-extended.txt"), source="x")
    return list(parse(lines, source="x", tally=tally, heading=heading)), heading, tally


def test_the_version_line_and_the_summaries_are_kept() -> None:
    _, heading, _ = real()
    assert heading == Heading(
        version="2",
        registry="afrinic",
        serial="20260505",
        records=19286,
        ends=date(2026, 5, 5),
        summaries={Kind.ASN: 4350, Kind.IPV4: 5958, Kind.IPV6: 8978},
    )


def test_a_row_of_the_extended_edition() -> None:
    rows, _, _ = real()
    assert rows[0] == Delegation(
        registry="afrinic",
        kind=Kind.ASN,
        start=1228,
        end=1228,
        status=Status.ALLOCATED,
        country="ZA",
        since=date(1991, 3, 1),
        opaque_id="F36B9F4B",
    )


def test_one_holder_has_one_identifier_over_all_kinds() -> None:
    rows, _, _ = real()
    held = [(row.kind, row.start) for row in rows if row.opaque_id == "F36B9F4B"]
    assert held == [
        (Kind.ASN, 1228),
        (Kind.ASN, 1229),
        (Kind.IPV6, int(ip_address("2001:4200::"))),
    ]


def test_what_nobody_holds_has_neither_country_nor_date_nor_holder() -> None:
    rows, _, _ = real()
    free = [row for row in rows if row.status in (Status.AVAILABLE, Status.RESERVED)]
    assert len(free) == 12
    assert {(row.country, row.since, row.opaque_id) for row in free} == {(None, None, None)}


def test_a_count_of_addresses_need_be_no_power_of_two() -> None:
    rows, _, _ = real()
    odd = next(row for row in rows if row.start == int(ip_address("196.4.163.0")))
    assert odd.end == int(ip_address("196.4.165.255"))
    assert odd.prefixes() == (ip_network("196.4.163.0/24"), ip_network("196.4.164.0/23"))


def test_rows_that_a_summary_promises_and_the_file_lacks_are_counted() -> None:
    rows, _, tally = real()
    assert tally.rows == len(rows) == 24
    assert tally.skipped == {
        "asn rows of the summary that the file lacks": 4344,
        "ipv4 rows of the summary that the file lacks": 5948,
        "ipv6 rows of the summary that the file lacks": 8970,
    }


def test_a_block_of_as_numbers_and_the_plain_edition() -> None:
    row = one("ripencc|EU|asn|64496|16|19930901|allocated")
    assert (row.start, row.end, row.country, row.opaque_id) == (64496, 64511, "EU", None)
    assert row.prefixes() == ()


def test_an_ipv6_block_is_given_by_its_length() -> None:
    row = one("apnic|JP|ipv6|2001:db8::|32|20020801|allocated|A9|e-stats")
    assert row.prefixes() == (ip_network("2001:db8::/32"),)
    assert row.opaque_id == "A9"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("apnic|JP|ipv5|1.0.0.0|256|20020801|allocated", "kind 'ipv5'"),
        ("apnic|JP|ipv4|1.0.0.0|256|20020801|lost", "status 'lost'"),
        ("internic|JP|ipv4|1.0.0.0|256|20020801|allocated", "registry 'internic'"),
    ],
)
def test_what_the_format_does_not_know_is_counted(line: str, reason: str) -> None:
    tally = Tally()
    assert list(parse([line], source="x", tally=tally)) == []
    assert tally.skipped == {reason: 1}


@pytest.mark.parametrize(
    "line",
    [
        "<html>",
        "apnic|JP|ipv4|1.0.0.0|256|20020801",
        "apnic|JP|ipv4|1.0.0.0|0|20020801|allocated",
        "apnic|JP|ipv4|255.255.255.0|512|20020801|allocated",
        "apnic|JP|ipv4|1.0.0|256|20020801|allocated",
        "apnic|JP|ipv6|2001:db8::|129|20020801|allocated",
        "apnic|JP|ipv6|2001:db8::1|32|20020801|allocated",
        "apnic|JP|asn|4294967295|2|20020801|allocated",
        "apnic|JP|asn|1.5|1|20020801|allocated",
        "apnic|Japan|asn|1|1|20020801|allocated",
        "apnic|JP|asn|1|1|20020231|allocated",
        "apnic|JP|asn|1|1|2002W011|allocated",
        "apnic|*|asn|*|many|summary",
        f"apnic|*|asn|*|{'9' * 5000}|summary",
        "2|apnic",
        "2|summary",
        "2||||||||summary",
        "2|apnic|20140701|all|19850701|20140630|+1000",
    ],
)
def test_a_bad_line_names_source_and_line(line: str) -> None:
    with pytest.raises(ParseError, match=r"^stats\.txt:2: "):
        list(parse(["# comment", line], source="stats.txt"))


FIELDS = st.sampled_from(
    "apnic 2 * JP ZZ asn ipv4 ipv6 1.0.0.0 2001:db8:: 32 0 20020801 00000000 allocated reserved "
    f"summary \udcff ² {'9' * 5000}".split(" ")
)


@settings(max_examples=30)
@given(st.lists(st.lists(FIELDS, max_size=9).map("|".join), max_size=4))
def test_any_fields_are_rows_or_parse_errors(lines: list[str]) -> None:
    tally = Tally()
    rows = []
    with suppress(ParseError):
        for row in parse(lines, source="x", tally=tally):
            rows.append(row)  # noqa: PERF402 - what came before the error counts
    assert tally.rows == len(rows)
    assert all(row.start <= row.end for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "split_ranges", "holders"),
    [
        ("delegated-afrinic-extended-20260505.txt.xz", 52, 2893),
        ("delegated-apnic-2014.txt.xz", 0, 0),
        ("delegated-lacnic-2014.txt.xz", 0, 0),
    ],
)
def test_whole_real_files_hold_what_they_say(name: str, split_ranges: int, holders: int) -> None:
    path = beside("rir", name)
    tally, heading = Tally(), Heading()
    lines = lines_of(unpack(path.read_bytes(), source=name), source=name)
    rows = list(parse(lines, source=name, tally=tally, heading=heading))
    assert tally.skipped == {}
    assert len(rows) == heading.records == sum(heading.summaries.values())
    odd = [row for row in rows if len(row.prefixes()) > 1]
    assert len(odd) == split_ranges
    assert len({row.opaque_id for row in rows} - {None}) == holders
