import bz2
from pathlib import Path

import pytest

from mxpath.datasets.asrel import parse
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


def test_other_relations_are_counted() -> None:
    tally = Tally()
    assert list(parse(["1|2|2", "1|1|0"], source="x", tally=tally)) == []
    assert tally.skipped == {"relation 2": 1, "network related to itself": 1}


@pytest.mark.parametrize("line", ["1|2", "1|two|0", "1 2 -1", "1|2|", "|"])
def test_a_bad_line_names_source_and_line(line: str) -> None:
    with pytest.raises(ParseError, match=r"^rel\.txt:1: "):
        list(parse([line], source="rel.txt"))


def test_a_real_excerpt_of_serial_2(dev_only: Path) -> None:
    path = dev_only / "asrel" / "20210901.as-rel2.excerpt.txt.bz2"
    document = unpack(path.read_bytes(), source=str(path))
    assert document == bz2.decompress(path.read_bytes())
    tally = Tally()
    rows = list(parse(lines_of(document, source=str(path)), source=str(path), tally=tally))
    assert len(rows) == 22
    assert (1, 1898, Relation.CUSTOMER) in rows
    assert (1, 8641, Relation.PEER) in rows
    assert tally.skipped_rows == 0
