import bz2
from contextlib import suppress
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.datasets.asrel import Heading, Row, parse
from mxpath.datasets.snapshot import Tally, lines_of, unpack
from mxpath.errors import ParseError
from mxpath.model.relations import AsRelations, Relation


def test_serial_1_and_serial_2() -> None:
    lines = ["# input clique: 1 2", "1|2|0", "1|3|-1", "2|4|-1|bgp", "3|4|0|mlp"]
    relations = AsRelations.of(parse(lines, source="x"))
    assert relations.between(1, 2) is Relation.PEER
    assert relations.between(1, 3) is Relation.CUSTOMER
    assert relations.between(3, 1) is Relation.PROVIDER
    assert relations.between(4, 2) is Relation.PROVIDER
    assert relations.between(4, 3) is Relation.PEER


def test_the_comments_say_what_the_inference_started_from() -> None:
    heading = Heading()
    lines = [
        "# source:topology|BGP|20181202|ripe|rrc00",
        "# source:topology|BGP|20181201|routeviews|isc",
        "# source:something else",
        "# c1: 174 209",
        "# inferred clique: 174 209",
        "# IXP ASes: 1200 4635",
        "174|209|0|bgp",
        "174|3|-1|bgp",
        "3|4|0|mlp",
    ]
    assert len(list(parse(lines, source="x", heading=heading))) == 3
    assert heading == Heading(
        clique=(174, 209),
        clique_inferred=True,
        exchanges=(1200, 4635),
        first_day=date(2018, 12, 1),
        last_day=date(2018, 12, 2),
        tables=2,
        methods={"bgp": 2, "mlp": 1},
    )


def test_serial_1_names_no_method_and_a_given_clique_is_not_inferred() -> None:
    heading = Heading()
    list(parse(["# input clique: 1 2", "1|2|0"], source="x", heading=heading))
    assert (heading.clique, heading.clique_inferred, heading.methods) == ((1, 2), False, {})


def test_a_fourth_column_of_anything_is_counted_within_bounds() -> None:
    heading = Heading()
    list(parse((f"1|2|0|{n}" for n in range(100)), source="x", heading=heading))
    assert (len(heading.methods), heading.methods["other"]) == (21, 80)


FIELDS = st.sampled_from(
    f"1 2 -1 0 3 |1|2|0 | # # #input clique: #IXP\tASes:1 2x # source: |20181201 \udcff ² {'9' * 5000}".split(
        " "
    )
)


@settings(max_examples=30)
@given(st.lists(st.lists(FIELDS, max_size=5).map("|".join), max_size=4))
def test_any_fields_are_rows_or_parse_errors(lines: list[str]) -> None:
    tally = Tally()
    rows: list[Row] = []
    with suppress(ParseError):
        for row in parse(lines, source="x", tally=tally):
            rows.append(row)  # noqa: PERF402 - what came before the error counts
    assert tally.rows == len(rows)


def test_other_relations_are_counted() -> None:
    tally = Tally()
    assert list(parse(["1|2|2", "1|1|0"], source="x", tally=tally)) == []
    assert tally.skipped == {"relation 2": 1, "network related to itself": 1}


@pytest.mark.parametrize(
    "line", ["1|2", "1|two|0", "1 2 -1", "1|2|", "|", "1|4294967296|0", "# IXP ASes: 1 two"]
)
def test_a_bad_line_names_source_and_line(line: str) -> None:
    with pytest.raises(ParseError, match=r"^rel\.txt:1: "):
        list(parse([line], source="rel.txt"))


def test_a_real_excerpt_of_serial_2(dev_only: Path) -> None:
    path = dev_only / "asrel" / "20210901.as-rel2.excerpt.txt.bz2"
    document = unpack(path.read_bytes(), source=str(path))
    assert document == bz2.decompress(path.read_bytes())
    tally = Tally()
    heading = Heading()
    lines = lines_of(document, source=str(path))
    rows = list(parse(lines, source=str(path), tally=tally, heading=heading))
    assert len(rows) == 22
    assert (len(heading.clique), heading.clique_inferred, len(heading.exchanges)) == (19, False, 28)
    assert heading.methods == {"bgp": 22}
    assert (1, 1898, Relation.CUSTOMER) in rows
    assert (1, 8641, Relation.PEER) in rows
    assert tally.skipped_rows == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rows", "clique", "exchanges", "tables"),
    [
        ("asrel/20160101.as-rel.txt.xz", 210_412, 17, 25, 120),
        ("coherent-2016/20161201.as-rel.txt.bz2", 239_701, 17, 28, 125),
        ("asrel/20181201.as-rel.txt.bz2", 320_978, 19, 28, 160),
    ],
)
def test_the_clique_of_a_real_file_is_meshed_and_buys_of_nobody(  # noqa: PLR0917
    dev_only: Path, name: str, rows: int, clique: int, exchanges: int, tables: int
) -> None:
    path = dev_only / name
    heading = Heading()
    lines = lines_of(unpack(path.read_bytes(), source=name), source=name)
    relations = AsRelations.of(read := list(parse(lines, source=name, heading=heading)))
    assert (len(read), heading.tables) == (rows, tables)
    assert (len(heading.clique), len(heading.exchanges)) == (clique, exchanges)
    for one, other in combinations(heading.clique, 2):
        assert relations.between(one, other) is Relation.PEER
    for asn in heading.clique:
        assert relations.of_kind(asn, Relation.PROVIDER) == frozenset()
    assert not set(heading.exchanges) & set(relations.asns)
