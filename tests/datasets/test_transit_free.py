"""The list of networks that buy transit from nobody: its form, and what comes with mxpath."""

import bz2
import re
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.datasets.asrel import Heading
from mxpath.datasets.asrel import parse as relations
from mxpath.datasets.snapshot import Tally, digest
from mxpath.datasets.transit_free import parse
from mxpath.errors import ParseError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.manifest import FILE_NAME, Entry, manifest_text
from mxpath.gazetteer.shipped import shipped_directory
from mxpath.model.transit_free import TransitFree

HEADER = "asn,name,families,stated_on,source,also,note\n"
GOOD = "64496,Nordmail,4 6,2026-04-24,https://nordmail.example/peering,,\n"


def read(text: str, tally: Tally | None = None) -> list[TransitFree]:
    return list(parse(text.encode(), source="x.csv", tally=tally))


def test_a_row_is_a_statement_with_its_day_and_address() -> None:
    (row,) = read(
        HEADER + GOOD.replace(",,\n", ",https://a.example/ https://b.example/,paid by some\n")
    )
    assert row == TransitFree(
        asn=64496,
        name="Nordmail",
        families=(4, 6),
        stated_on=date(2026, 4, 24),
        source="https://nordmail.example/peering",
        also=("https://a.example/", "https://b.example/"),
        note="paid by some",
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("64497,A,4 6,2026-04-24,,,", "statement without an address"),
        ("64497,A,4 6,2026-04-24,https://a.example/,else,", "statement without an address"),
        ("64497,A,4 6,2026-04-24,ftp://a.example/,,", "statement without an address"),
        ("64497,A,4 6,last year,https://a.example/,,", "AS number or day that is none"),
        ("0,A,4 6,2026-04-24,https://a.example/,,", "AS number or day that is none"),
        ("4294967296,A,4 6,2026-04-24,https://a.example/,,", "AS number or day that is none"),
        ("64497,A,46,2026-04-24,https://a.example/,,", "family that is none"),
        ("64497,A,4 6", "a column is missing"),
        (GOOD.strip(), "network that was told before"),
    ],
)
def test_what_is_no_statement_is_counted(line: str, reason: str) -> None:
    tally = Tally()
    assert len(read(f"{HEADER}{GOOD}{line}\n", tally)) == 1
    assert (tally.rows, tally.skipped) == (1, {reason: 1})


@settings(max_examples=25)
@given(st.binary(max_size=200) | st.text(alphabet='0469 ,-"\n', max_size=80).map(str.encode))
def test_bad_bytes_give_parse_error_and_nothing_else(rest: bytes) -> None:
    for document in (rest, HEADER.encode() + rest):
        tally = Tally()
        with suppress(ParseError):
            assert len(list(parse(document, source="x", tally=tally))) == tally.rows


def test_too_large_a_document_is_refused() -> None:
    with pytest.raises(ParseError, match="larger than"):
        read(HEADER + " " * 2**20)


def shipped() -> dict[int, TransitFree]:
    found = Gazetteer.shipped().transit_free
    assert found is not None
    return found[0]


def test_the_shipped_list_is_readable_whole_and_says_who_doubts_what() -> None:
    rows, ref = Gazetteer.shipped().transit_free or ({}, None)
    assert ref is not None
    assert (ref.name, ref.as_of, ref.licence) == ("transit-free", date(2026, 4, 24), "CC0 1.0")
    assert len(rows) == 16
    assert max(row.stated_on for row in rows.values()) == ref.as_of
    assert rows[6939].families == (6,)
    assert rows[6939].note
    assert rows[3356].families == (4, 6)
    assert [asn for asn, row in rows.items() if not row.also] == [12956]
    assert not any(re.search(r"\S@\S", f"{row.name} {row.note}") for row in rows.values())


def test_no_row_of_the_shipped_list_is_left_out() -> None:
    (path,) = (shipped_directory() / "snapshots" / "transit-free").rglob("*.csv")
    tally = Tally()
    assert len(list(parse(path.read_bytes(), source=str(path), tally=tally))) == 16
    assert tally.skipped == {}


def test_the_clique_of_caida_holds_all_that_are_stated_for_both_families(dev_only: Path) -> None:
    """A cross-check: the inference of 2018 and the statements of 2026 name the same networks."""
    path = dev_only / "asrel" / "20181201.as-rel.txt.bz2"
    heading = Heading()
    with bz2.open(path, "rt") as lines:  # the heading stands before the first row
        next(relations(lines, source="x", heading=heading))
    stated = {asn for asn, row in shipped().items() if row.families == (4, 6)}
    assert len(stated) == 15
    # Since then merged into AS3356, AS3257, AS174 and AS701.
    assert set(heading.clique) == stated | {209, 286, 1239, 2828}


def gazetteer(directory: Path, **files: tuple[str, str]) -> Gazetteer:
    entries = []
    for name, text in files.values():
        content = text.encode()
        (directory / f"{name}.txt").write_bytes(content)
        entries.append(
            Entry(
                name=name,
                files=(f"{name}.txt",),
                publisher="a test",
                as_of=date(2018, 12, 1),
                sha256=digest([content]),
                licence="made",
            )
        )
    (directory / FILE_NAME).write_text(manifest_text(entries))
    return Gazetteer.open(directory)


RELATIONS = "# input clique: 174 209\n174|209|0\n174|64496|-1\n# input clique: 64496\n"


def test_without_a_list_the_clique_of_the_relationships_takes_its_place(tmp_path: Path) -> None:
    rows, ref = gazetteer(tmp_path, a=("asrel", RELATIONS)).transit_free or ({}, None)
    assert ref is not None
    assert (sorted(rows), ref.name) == ([174, 209], "asrel")
    assert rows[174].stated_on == date(2018, 12, 1)
    assert "clique" in rows[174].note


def test_a_list_is_closed_and_comes_before_the_clique(tmp_path: Path) -> None:
    both = gazetteer(tmp_path, a=("asrel", RELATIONS), b=("transit-free", HEADER + GOOD))
    rows, ref = both.transit_free or ({}, None)
    assert ref is not None
    assert (sorted(rows), ref.name) == ([64496], "transit-free")


def test_without_either_nobody_is_known(tmp_path: Path) -> None:
    assert gazetteer(tmp_path, a=("asrel", "1|2|0\n")).transit_free is None
