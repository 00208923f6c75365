"""What a file is and of which date is told from what stands in it."""

import lzma
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.files import SAMPLES, write
from mxpath.acquire.dates import told_date
from mxpath.acquire.heads import Head
from mxpath.acquire.kinds import RULES, kind_of_file, known_kind
from mxpath.datasets.catalog import DATASETS
from mxpath.errors import InputError, ParseError

OWN = {"paths"}
"""Written by data build alone: nobody brings it but in a gazetteer."""


def test_every_data_set_has_a_rule_and_a_sample() -> None:
    assert set(RULES) | OWN >= set(DATASETS)
    assert set(RULES) == set(SAMPLES)


def test_each_kind_is_told_by_its_content_alone(tmp_path: Path) -> None:
    for number, (kind, (_, content, _)) in enumerate(SAMPLES.items()):
        named = f"{number}" if kind != "peeringdb" else "net"
        head = Head.of(write(tmp_path, named, content))
        assert [name for name, fits in RULES.items() if fits(head)] == [kind], kind
        assert kind_of_file(head) == kind


def test_a_list_of_roas_without_a_header_is_known(tmp_path: Path) -> None:
    head = Head.of(write(tmp_path, "1", "1,8.8.8.0/24,24,True\n2,8.8.4.4,32,False\n"))
    assert [name for name, fits in RULES.items() if fits(head)] == ["vrps"]


def test_each_date_is_told_by_the_content_else_by_the_name(tmp_path: Path) -> None:
    for kind, (name, content, day) in SAMPLES.items():
        found = told_date(kind, Head.of(write(tmp_path / kind, name, content)))
        assert (found and found[0].isoformat()) == day, kind


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("20181201.as-rel.txt.bz2", "2018-12-01"),
        ("routeviews-rv2-20161019-1200.pfx2as.gz", "2016-10-19"),
        ("bview.201610192337.gz", "2016-10-19"),
        ("peeringdb_2_dump_2026_01_31.json", "2026-01-31"),
        ("20180101-20180107.txt", None),
        ("201610.txt", None),
        ("20161341.txt", None),
        ("x120161019.txt", None),
        ("19700101.txt", None),
    ],
)
def test_a_name_tells_one_date_or_none(tmp_path: Path, name: str, day: str | None) -> None:
    found = told_date("geofeed", Head(path=tmp_path / name, octets=b""))
    assert (found[0].isoformat() if found else None) == day


def test_the_content_counts_before_the_name(tmp_path: Path) -> None:
    octets = b"2|apnic|20260505|1|19830613|20260504|+1000\n"
    head = Head(path=tmp_path / "delegated-apnic-20260601", octets=octets)
    assert told_date("delegated", head) == (date(2026, 5, 4), "its content")


def test_the_directory_tells_when_the_name_does_not(tmp_path: Path) -> None:
    path = write(tmp_path / "2026-11-01", "ix.json", "{}")
    assert told_date("peeringdb", Head.of(path)) == (date(2026, 11, 1), "its name")


def test_a_date_at_the_end_of_a_long_packed_document_is_found(tmp_path: Path) -> None:
    text = '{"data": [' + ", ".join(['{"id": 1, "x": "' + "y" * 500 + '"}'] * 300) + "], "
    text += '"meta": {"generated": 1476883542.27}}'
    head = Head.of(write(tmp_path, "ix", lzma.compress(text.encode())))
    assert told_date("peeringdb", head) == (date(2016, 10, 19), "its content")


@pytest.mark.parametrize(
    "content", [b"# only a comment\n", b"\0\1\2\3" * 20, b"hello\nworld\n", b'{"data": []}']
)
def test_what_is_not_known_is_said_with_the_way_out(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match=r"tried mrt, .*--kind NAME="):
        kind_of_file(Head.of(write(tmp_path, "pfx2as.txt", content)))


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "the file is empty"), (b"\x00\xff" * 40, "binary, and no table")]
)
def test_what_is_no_text_is_called_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        kind_of_file(Head.of(write(tmp_path, "x", content)))


def test_an_ambiguous_file_is_not_guessed_at_but_its_name_may_decide(tmp_path: Path) -> None:
    both = '{"roas": [], "services": []}'
    with pytest.raises(InputError, match="could be vrps or rdap-bootstrap: say which by --kind"):
        kind_of_file(Head.of(write(tmp_path, "x.json", both)))
    assert kind_of_file(Head.of(write(tmp_path, "rpki.json", both))) == "vrps"


@given(st.data())
def test_no_content_raises_anything_but_an_input_error(data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from([content for _, content, _ in SAMPLES.values()]))
    octets = bytearray(sample.encode() if isinstance(sample, str) else sample)
    for place in data.draw(st.lists(st.integers(0, len(octets) - 1), max_size=6)):
        octets[place] = data.draw(st.integers(0, 255))
    head = Head(path=Path("/nowhere/x"), octets=bytes(octets))
    with suppress(InputError):
        kind_of_file(head)
    for kind in ("mrt", "asrel", "delegated", "iana-special", "geofeed"):
        told_date(kind, head)


def test_broken_packing_and_missing_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="cannot be unpacked"):
        Head.of(write(tmp_path, "x", b"\x1f\x8bnothing"))
    with pytest.raises(InputError, match="nowhere: No such file"):
        Head.of(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no data set 'mtr'; mxpath reads airports"):
        known_kind("mtr")
