"""A compiled gazetteer answers as the files that it was made of, without them."""

import copy
import pickle
from dataclasses import replace
from datetime import date
from ipaddress import ip_address
from pathlib import Path

import pytest

from mxpath.datasets.compiled import compile_source
from mxpath.datasets.gazetteer import Gazetteer
from mxpath.datasets.gazetteer_source import Source, source_of
from mxpath.datasets.manifest import FILE_NAME, Entry, manifest_text, read_manifest
from mxpath.datasets.section_tables import ORIGINS
from mxpath.datasets.snapshot import digest
from mxpath.errors import SnapshotError

FILES = {
    "pfx2as": b"8.8.8.0\t24\t1_2\n9.0.0.0\t8\t0\n2001:4860::\t32\t3\n",
    "asnames": b"1\tOne\n2\t\n3\tDrei\n",
    "providers": b'{"nordmail": {"mx": ["*.nordmail.net"], "title": "Nordmail"}}',
}


def sources(directory: Path) -> list[Source]:
    return [source_of(directory, entry) for entry in read_manifest(directory).snapshot]


def compiled(source: Path, target: Path) -> Path:
    manifest = read_manifest(source)
    entries = [compile_source(each, target, public=manifest.public) for each in sources(source)]
    target.mkdir(exist_ok=True)
    text = manifest_text(entries, as_of=manifest.as_of, public=manifest.public)
    (target / FILE_NAME).write_text(text)
    return target


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("plain")
    entries = []
    for name, content in FILES.items():
        (directory / name).write_bytes(content)
        entries.append(
            Entry(
                name=name,
                files=(name,),
                publisher="tests",
                as_of=date(2026, 6, 17),
                sha256=digest([content]),
                licence="none",
            )
        )
    (directory / FILE_NAME).write_text(manifest_text(entries))
    return directory


@pytest.fixture
def built(plain: Path, tmp_path: Path) -> Path:
    return compiled(plain, tmp_path / "built")


def test_tables_answer_as_the_files_and_need_none(plain: Path, built: Path) -> None:
    assert not [path for path in built.rglob("*") if path.name in ("pfx2as", "asnames")]
    one, other = Gazetteer.open(plain), Gazetteer.open(built)
    for text in ("8.8.8.8", "9.9.9.9", "2001:4860::1"):
        assert one.origin(ip_address(text)) == other.origin(ip_address(text))
    assert [one.name(asn) for asn in range(5)] == [other.name(asn) for asn in range(5)]
    assert one.provider("mx.nordmail.net") == other.provider("mx.nordmail.net") is not None
    assert one.describe() == other.describe()
    assert one.snapshots == other.snapshots


def test_the_manifest_says_how_many_rows_there_were(built: Path) -> None:
    found = {e.name: (e.rows, e.skipped, e.files) for e in read_manifest(built).snapshot}
    assert found["pfx2as"] == (2, (("reserved origin AS0", 1),), ())
    assert found["asnames"] == (2, (("no name", 1),), ())
    (kept,) = found["providers"][2]
    assert (built / kept).read_bytes() == FILES["providers"]


def test_what_was_compiled_compiles_to_the_same(built: Path, tmp_path: Path) -> None:
    again = compiled(built, tmp_path / "again")
    names = {path.relative_to(built): path for path in built.rglob("*") if path.is_file()}
    assert {path.relative_to(again) for path in again.rglob("*") if path.is_file()} == set(names)
    assert all((again / name).read_bytes() == path.read_bytes() for name, path in names.items())


def test_a_damaged_or_renamed_table_is_refused(built: Path) -> None:
    four, six = sorted((built / "tables").glob("origins*"))
    whole = four.read_bytes()
    for damaged in (b"", whole[:-1], whole[:99] + b"\xff" + whole[100:], six.read_bytes()):
        four.write_bytes(damaged)
        with pytest.raises(SnapshotError, match=r"tables/origins4.* damaged; run 'mxpath data b"):
            Gazetteer.open(built).origin(ip_address("8.8.8.8"))
    four.unlink()
    with pytest.raises(SnapshotError, match=r"no tables/origins4.*run 'mxpath data build' again"):
        Gazetteer.open(built)


def test_a_table_of_another_form_is_refused(built: Path) -> None:
    manifest = built / FILE_NAME
    manifest.write_text(manifest.read_text().replace("origins4-1-", "origins4-0-"))
    (table,) = (built / "tables").glob("origins4*")
    table.rename(table.with_name(table.name.replace("origins4-1-", "origins4-0-")))
    with pytest.raises(SnapshotError, match=r"another version of mxpath.*'mxpath data build'"):
        Gazetteer.open(built).origin(ip_address("8.8.8.8"))


def test_a_table_of_another_snapshot_is_refused(built: Path) -> None:
    (entry, *_) = read_manifest(built).snapshot
    source = source_of(built, replace(entry, sha256="0" * 64))
    with pytest.raises(SnapshotError, match="or of other data"):
        source.open(ORIGINS[4])


@pytest.mark.parametrize("version", [4, 6])
def test_tables_can_be_copied_and_sent_to_another_process(built: Path, version: int) -> None:
    table = sources(built)[0].open(ORIGINS[version])
    for other in (copy.copy(table), copy.deepcopy(table), pickle.loads(pickle.dumps(table))):
        assert other == table
