"""A compiled gazetteer answers as the files that it was made of, without them."""

import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from mxpath.datasets.peeringdb_rows import Org
from mxpath.datasets.snapshot import digest
from mxpath.errors import SnapshotError
from mxpath.gazetteer.compiled import compile_source
from mxpath.gazetteer.exchange_table import Exchange
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.manifest import FILE_NAME, Entry, manifest_text, read_manifest
from mxpath.gazetteer.source import Source, source_of, sources_of
from mxpath.gazetteer.table_kinds import EXCHANGES, MEMBERS, ORIGINS

EXPORT = {
    "version": "1.0",
    "ixp_list": [{"ixp_id": 1, "vlan": [{"ipv4": {"prefix": "80.249.208.0", "mask_length": 21}}]}],
    "member_list": [
        {
            "asnum": asn,
            "connection_list": [{"ixp_id": 1, "vlan_list": [{"ipv4": {"address": address}}]}],
        }
        for asn, address in ((64512, "80.249.208.12"), (64513, "80.249.208.13"), (1, "9.9.9.9"))
    ],
}
PEERINGDB: dict[str, list[dict[str, Any]]] = {
    "ix": [{"name": "LIX", "city": "Lugano", "country": "CH"}, {"name": "SIX"}],
    "ixlan": [{"ix_id": 1, "rs_asn": 9}, {"ix_id": 2}],
    "ixpfx": [
        {"ixlan_id": 1, "prefix": "80.249.208.0/21"},
        {"ixlan_id": 2, "prefix": "2001:7f8:2::/48"},
    ],
    "netixlan": [
        {"ixlan_id": 1, "asn": 1, "ipaddr4": "80.249.208.12", "speed": 10000},
        {"ixlan_id": 1, "asn": 2, "ipaddr4": "80.249.208.9"},
        {"ixlan_id": 2, "asn": 2, "ipaddr6": "2001:7f8:2::7", "speed": 400000},
        {"ixlan_id": 1, "asn": 3, "ipaddr4": "9.9.9.9"},
    ],
    "net": [
        {"asn": 1, "name": "One", "org_id": 1},
        {"asn": 2, "org_id": 1},
        {"asn": 64999, "name": "Net", "org_id": 5},
    ],
    "org": [{"name": "Org", "country": "CH"}],
    "fac": [{"name": "House", "city": "Bern", "latitude": 46.9, "longitude": -7.4}, {}],
    "netfac": [{"net_id": 1, "fac_id": 1}, {"net_id": 1, "fac_id": 2}],
    "ixfac": [{"ix_id": 1, "fac_id": 2}],
}
FILES: dict[str, dict[str, bytes]] = {
    "pfx2as": {"a/x.txt": b"8.8.8.0\t24\t1_2\n9.0.0.0\t8\t0\n2001:4860::\t32\t3\n"},
    "asnames": {"asnames": b"1\tOne\n2\t\n3\tDrei\n"},
    "providers": {"p.json": b'{"nordmail": {"mx": ["*.nordmail.net"], "title": "Nordmail"}}'},
    "asrel": {"as-rel.txt": b"# input clique: 1 2\n1|2|0\n2|3|-1\n3|3|0\n"},
    "vrps": {
        "vrps.csv": b"ASN,IP Prefix,Max Length\nAS1,8.8.0.0/16,24\nAS2,8.8.8.0/24,24\n"
        b"AS3,2001:4860::/32,48\n"
    },
    "as2org": {
        "orgs.txt": b"# format:org_id|changed|org_name|country|source\n"
        b"A|20200101|Org A|CH|RIPE\n# format:aut|changed|aut_name|org_id|opaque_id|source\n"
        b"1|20200101|ONE|A|x|RIPE\n2|20200101|TWO|A||RIPE\n3||THREE|B||ARIN\n"
    },
    "delegated": {
        "ripe": b"2|ripencc|20260617|5|00000000|20260617|00000\n"
        b"ripencc|CH|asn|1|3|19910301|allocated|x\nripencc||ipv4|8.0.0.0|16777216||reserved\n"
        b"ripencc|DE|ipv4|8.8.8.0|768|20010101|assigned\nripencc|SE|ipv6|2001:4860::|32|20050101|allocated|y\n"
    },
    "geofeed": {
        "feed": "8.8.0.0/16,CH,CH-ZH,Zürich,\n8.8.8.8,DE,,,\n2001:4860::/32,SE,,,\n".encode()
    },
    "ixf": {"lix.json": json.dumps(EXPORT).encode()},
    "peeringdb": {
        f"peeringdb/{kind}.json": json.dumps(
            {"data": [{"id": n, "status": "ok", **row} for n, row in enumerate(rows, start=1)]}
        ).encode()
        for kind, rows in PEERINGDB.items()
    },
}


def sources(directory: Path) -> tuple[Source, ...]:
    return sources_of(directory, read_manifest(directory))


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
    for name, contents in FILES.items():
        for file, content in contents.items():
            (directory / file).parent.mkdir(exist_ok=True)
            (directory / file).write_bytes(content)
        entries.append(
            Entry(
                name=name,
                files=tuple(contents),
                publisher="tests",
                as_of=date(2026, 6, 17),
                sha256=digest(contents.values()),
                licence="none",
            )
        )
    (directory / FILE_NAME).write_text(manifest_text(entries))
    return directory


@pytest.fixture
def built(plain: Path, tmp_path: Path) -> Path:
    return compiled(plain, tmp_path / "built")


ADDRESSES = tuple(
    map(
        ip_address,
        [
            "8.8.8.8",
            "8.8.8.9",
            "8.8.11.1",
            "8.9.9.9",
            "9.9.9.9",
            "80.249.208.9",
            "80.249.208.12",
            "80.249.208.13",
            "80.249.208.99",
            "2001:4860::1",
            "2001:7f8:2::7",
            "2001:7f8:2::8",
            "3fff::",
        ],
    )
)


def answers(gazetteer: Gazetteer) -> Iterator[object]:
    """Everything that can be asked of the sections with tables."""
    for a in ADDRESSES:
        yield from (gazetteer.origin(a), gazetteer.ixp_port(a), gazetteer.ixp_lan(a))
        yield from (gazetteer.place(a), gazetteer.delegation(a))
        yield gazetteer.vrps_covering(ip_network(a))
    for asn in (*range(5), 9, 64512, 64999):
        yield from (gazetteer.name(asn), gazetteer.organisation(asn), gazetteer.siblings(asn))
        yield gazetteer.delegation_of(asn)
    yield from (gazetteer.members(ix_id) for ix_id in (0, 1, 2, 3))
    yield from (gazetteer.ixps, gazetteer.relations, gazetteer.transit_free)
    yield gazetteer.describe()
    yield gazetteer.snapshots
    yield gazetteer.provider("mx.nordmail.net")


def test_tables_answer_as_the_files_and_need_none(plain: Path, built: Path) -> None:
    there = {path.name for path in built.rglob("*") if path.is_file()}
    assert there - {name for name in there if name.endswith(".columns")} == {FILE_NAME, "p.json"}
    expected = list(answers(Gazetteer.open(plain)))
    assert list(answers(Gazetteer.open(built))) == expected
    assert sum(bool(answer) for answer in expected) > 50


def test_every_question_about_exchange_points_is_answered_from_columns(built: Path) -> None:
    """Against what the parser's rows say, joined by hand."""
    (source,) = (one for one in sources(built) if one.entry.name == "peeringdb")
    found = source.open(EXCHANGES)
    port, other = ip_address("80.249.208.12"), ip_address("80.249.208.9")
    six = ip_address("2001:7f8:2::7")
    expected: dict[str, dict[object, object]] = {
        "points": {
            1: Exchange(ix_id=1, name="LIX", city="Lugano", country="CH"),
            2: Exchange(ix_id=2, name="SIX"),
        },
        "ports": {other: (1, 2), port: (1, 1), six: (2, 2)},
        "speeds": {port: 10_000, six: 400_000},
        "members": {1: {1, 2, 3}, 2: {2}},
        "names": {1: "One", 64999: "Net"},
        "route_servers": {1: {9}},
        "owners": {
            1: Org(org_id=1, name="Org", country="CH"),
            2: Org(org_id=1, name="Org", country="CH"),
            64999: Org(org_id=5, name=None, country=None),
        },
        "ix_facilities": {1: {2}},
        "as_facilities": {1: {1, 2}},
    }
    for name, mapping in expected.items():
        told = getattr(found, name)
        assert (told, len(told), list(told)) == (mapping, len(mapping), list(mapping))
    assert (found.facilities[1].latitude, found.facilities[1].longitude) == (46.9, -7.4)
    assert (found.facilities[2].name, found.facilities[2].latitude) == ("facility 2", None)
    assert (found.siblings(1), found.siblings(64999), found.siblings(4)) == ((2,), (), ())
    assert ip_address("2001:7f8:2::8") not in found.ports
    assert "x" not in found.names.values()


def test_what_exchange_points_say_needs_the_list_it_was_joined_with(
    plain: Path, tmp_path: Path
) -> None:
    (own,) = (one for one in sources(plain) if one.entry.name == "ixf")
    joined = compile_source(replace(own, known=None), tmp_path, known=own.known)
    points = replace(source_of(tmp_path, joined), known=own.known).open(MEMBERS).points
    assert list(points) == [1]
    # Without PeeringDB nobody numbers its points.
    entry = compile_source(replace(own, known=None), tmp_path)
    alone = source_of(tmp_path, entry)
    assert dict(alone.open(MEMBERS).points) == {}
    with pytest.raises(SnapshotError, match=r"other data: it has no table members-"):
        replace(alone, known=own.known, tables={}).open(MEMBERS)


def test_ranges_that_count_as_public_make_other_tables(plain: Path) -> None:
    manifest = read_manifest(plain)
    lab = sources_of(plain, replace(manifest, public=(ip_network("192.0.2.0/24"),)))
    pairs = zip(sources(plain), lab, strict=True)
    names = {one.entry.name for one, other in pairs if one.key != other.key}
    assert names == {"pfx2as", "peeringdb", "ixf"}


def test_the_manifest_says_how_many_rows_there_were(built: Path) -> None:
    found = {e.name: (e.rows, e.skipped, e.files) for e in read_manifest(built).snapshot}
    assert found["pfx2as"] == (2, (("reserved origin AS0", 1),), ())
    assert found["asnames"] == (2, (("no name", 1),), ())
    assert found["asrel"] == (2, (("network related to itself", 1),), ())
    assert found["peeringdb"][1] == (("port outside its exchange point's LANs", 1),)
    (kept,) = found["providers"][2]
    assert (built / kept).read_bytes() == FILES["providers"]["p.json"]


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


def test_one_answer_loads_neither_numpy_nor_what_builds_tables(built: Path) -> None:
    code = (
        "import sys; from ipaddress import ip_address; from pathlib import Path\n"
        "from mxpath.gazetteer.gazetteer import Gazetteer\n"
        f"gazetteer = Gazetteer.open(Path({str(built)!r}))\n"
        "assert gazetteer.origin(ip_address('8.8.8.8')) and gazetteer.delegation_of(1)\n"
        "assert gazetteer.relations.between(1, 2) and gazetteer.organisation(1)\n"
        "print(*sorted({'numpy', 'mxpath.gazetteer.section_tables', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "\n"
