from datetime import date
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import ParseError, SnapshotError
from mxpath.gazetteer.manifest import (
    FILE_NAME,
    Entry,
    Manifest,
    _parse,
    manifest_text,
    read_manifest,
)
from mxpath.model.address import Prefix

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
entries = st.builds(
    Entry,
    name=texts,
    files=st.lists(texts, max_size=3).map(tuple),
    publisher=texts,
    as_of=st.dates(min_value=date(1000, 1, 1)),
    sha256=texts,
    licence=texts,
    url=texts,
    attribution=texts,
    tables=st.lists(texts, max_size=3).map(tuple),
    rows=st.none() | st.integers(0, 2**40),
    skipped=st.lists(st.tuples(texts, st.integers(0, 2**40)), max_size=2).map(tuple),
)


@given(
    st.lists(entries, max_size=3).map(tuple),
    st.none() | st.dates(min_value=date(1000, 1, 1)),
    st.lists(st.sampled_from(["198.18.0.0/15", "2001:db8::/32"]).map(ip_network)).map(tuple),
    texts,
)
def test_what_is_written_is_what_is_read(
    snapshot: tuple[Entry, ...], as_of: date | None, public: tuple[Prefix, ...], routing: str
) -> None:
    text = manifest_text(snapshot, as_of=as_of, public=public, routing=routing)
    manifest = _parse(text.encode(), source="x")
    assert manifest == Manifest(as_of=as_of, public=public, routing=routing, snapshot=snapshot)


def test_a_missing_directory_and_a_missing_manifest_differ(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="no such directory"):
        read_manifest(tmp_path / "nowhere")
    with pytest.raises(SnapshotError, match="the directory is empty"):
        read_manifest(tmp_path)
    (tmp_path / "pfx2as.txt").touch()
    with pytest.raises(SnapshotError, match=r"but pfx2as\.txt"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        b"\xff",
        b"as_of = ",
        b"as_of = 'yesterday'",
        b"colour = 'blue'",
        b"[[snapshot]]\nname = 'pfx2as'",
        b"public = ['198.18.0.1/15']",
        b"routing = 1",
        b"[[snapshot]]\nname = 'pfx2as'\nrows = -1",
        b"[[snapshot]]\nname = 'pfx2as'\nrows = true",
        b"[[snapshot]]\nname = 'pfx2as'\nskipped = [['no AS']]",
        b"#" * (2**20 + 1),
    ],
)
def test_a_manifest_that_says_something_else_is_a_parse_error(tmp_path: Path, text: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(text)
    with pytest.raises(ParseError, match=FILE_NAME):
        read_manifest(tmp_path)


@pytest.mark.parametrize("name", ["../outside", "/etc/hosts", "a/../../b"])
def test_files_outside_the_directory_are_refused(tmp_path: Path, name: str) -> None:
    entry = Entry(
        name="pfx2as",
        files=(name,),
        publisher="p",
        as_of=date(2026, 1, 1),
        sha256="0",
        licence="l",
    )
    (tmp_path / FILE_NAME).write_text(manifest_text([entry]))
    with pytest.raises(ParseError, match="lies outside"):
        read_manifest(tmp_path)
