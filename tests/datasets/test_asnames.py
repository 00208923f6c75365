import pytest

from mxpath.datasets.asnames import MAX_NAME_CHARACTERS, parse
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError
from mxpath.model.network import Network


def test_names_are_cleaned_and_cut() -> None:
    lines = ["1\tOne\tInc \x1b[2J", "2\t" + "x" * 1000]
    one, two = parse(lines, source="x")
    assert one == Network(asn=1, name="One Inc [2J")
    assert two.name is not None
    assert len(two.name) == MAX_NAME_CHARACTERS


def test_an_empty_name_is_no_name() -> None:
    tally = Tally()
    assert list(parse(["1\t \x00"], source="x", tally=tally)) == []
    assert tally.skipped == {"no name": 1}


@pytest.mark.parametrize("line", ["AS1\tOne", "1 One", "4294967296\tOne", "-1\tOne", "٣\tOne"])
def test_a_bad_line_names_source_and_line(line: str) -> None:
    with pytest.raises(ParseError, match=r"^names\.tsv:1: "):
        list(parse([line], source="names.tsv"))
