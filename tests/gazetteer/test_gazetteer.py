import json
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from mxpath.datasets.snapshot import digest
from mxpath.errors import ParseError, SnapshotError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.manifest import FILE_NAME, Entry, manifest_text
from mxpath.model.network import Network
from mxpath.model.relations import AsRelations, Relation

AS_OF = date(2026, 6, 17)


def ok(number: int, **values: Any) -> dict[str, Any]:
    return {"id": number, "status": "ok", **values}


PEERINGDB = {
    "ix": [ok(31, name="FRA-LIX", city="Frankfurt")],
    "ixlan": [ok(7, ix_id=31)],
    "ixpfx": [ok(1, ixlan_id=7, prefix="80.249.208.0/21")],
    "netixlan": [ok(1, ixlan_id=7, asn=64503, ipaddr4="80.249.208.12", ipaddr6=None)],
    "net": [ok(1, asn=64504, name="FarMail")],
}


EXPORT = {
    "version": "1.0",
    "ixp_list": [{"ixp_id": 1, "vlan": [{"ipv4": {"prefix": "80.249.208.0", "mask_length": 21}}]}],
    "member_list": [
        {
            "asnum": asn,
            "connection_list": [
                {"ixp_id": 1, "vlan_list": [{"ipv4": {"address": f"80.249.208.{asn % 100}"}}]}
            ],
        }
        for asn in (64512, 64513)
    ],
}


def entry(name: str, contents: dict[str, bytes]) -> Entry:
    return Entry(
        name=name,
        files=tuple(contents),
        publisher="tests",
        as_of=AS_OF,
        sha256=digest(contents.values()),
        licence="none",
    )


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    files = {
        "pfx2as": {"pfx2as.txt": b"8.8.8.0\t24\t1_2\n80.249.208.0\t21\t1200\n2001:4860::\t32\t3\n"},
        "iplocation": {"ranges.csv": b"8.8.8.0,8.8.8.255,9\n9.9.9.0,9.9.9.255,19281\n"},
        "asnames": {"asnames.tsv": b"1\tOne\n64503\tBigMail\n"},
        "peeringdb": {
            f"peeringdb/{kind}.json": json.dumps({"data": rows}).encode()
            for kind, rows in PEERINGDB.items()
        },
        "asrel": {"as-rel.txt": b"1|2|-1\n2|3|0\n"},
        "ixf": {"lix.json": json.dumps(EXPORT).encode()},
        "geofeed": {"feed.csv": b"8.8.8.0/24,CH,CH-ZH,Zurich,\n"},
        "hostnames": {"hints.json": json.dumps({"x.net": {"regs": ["^([a-z]+).x.net$"]}}).encode()},
        "airports": {"iata.csv": b"iata,city,country,lat,lon\nZRH,Zurich,CH,47.4,8.5\n"},
        "providers": {"mx.json": b'{"nordmail": {"mx": ["*.nordmail.net"], "title": "Nordmail"}}'},
    }
    for contents in files.values():
        for name, content in contents.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
    entries = [entry(name, contents) for name, contents in files.items()]
    (tmp_path / FILE_NAME).write_text(manifest_text(entries, as_of=AS_OF))
    return tmp_path


def test_every_question_is_answered_with_its_snapshot(directory: Path) -> None:
    gazetteer = Gazetteer.open(directory, as_of=AS_OF)
    origin = gazetteer.origin(ip_address("8.8.8.8"))
    assert origin is not None
    assert origin[0].prefix == ip_network("8.8.8.0/24")
    assert origin[0].networks == (Network(asn=1, name="One"), Network(asn=2))
    assert (origin[1].name, origin[1].as_of) == ("pfx2as", AS_OF)
    six = gazetteer.origin(ip_address("2001:4860::8888"))
    assert six is not None
    assert six[0].networks == (Network(asn=3),)
    port = gazetteer.ixp_port(ip_address("80.249.208.12"))
    assert port is not None
    assert (port[0].ix_id, port[0].ix_name, port[0].member.name) == (31, "FRA-LIX", "BigMail")
    lan = gazetteer.ixp_lan(ip_address("80.249.208.99"))
    assert lan is not None
    assert (lan[0].ix_id, lan[1].name) == (31, "peeringdb")
    assert gazetteer.members(31) == {64503}
    assert gazetteer.relations.between(1, 2) is Relation.CUSTOMER
    assert (gazetteer.relations.source, gazetteer.relations.as_of) == ("asrel", AS_OF)
    assert [point.name for point in gazetteer.ixps] == ["FRA-LIX"]


def test_a_later_snapshot_answers_where_the_first_is_silent(directory: Path) -> None:
    found = Gazetteer.open(directory).origin(ip_address("9.9.9.9"))
    assert found is not None
    assert (found[0].networks[0].asn, found[1].name) == (19281, "iplocation")


def test_an_exchange_points_own_export_is_asked_after_the_list_of_all(directory: Path) -> None:
    gazetteer = Gazetteer.open(directory)
    listed, own = (gazetteer.ixp_port(ip_address(f"80.249.208.{n}")) for n in (12, 13))
    assert listed is not None
    assert (listed[0].member.asn, listed[1].name) == (64503, "peeringdb")
    assert own is not None
    assert (own[0].ix_id, own[0].member.asn, own[1].name) == (31, 64513, "ixf")


def test_what_one_snapshot_says_was_given_away_is_no_others_to_keep(tmp_path: Path) -> None:
    files = {
        "a": b"lacnic||ipv4|45.0.0.0|768||reserved|\nlacnic||asn|5|1||available|\n",
        "b": b"arin||ipv4|45.0.0.0|256||available|\narin|US|ipv4|45.0.1.0|256|20010203|allocated|h\n"
        b"arin|US|asn|5|1|20010203|assigned|h\n",
        "c": b"ripencc|DE|ipv4|45.0.1.0|256|20010203|allocated|h\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    entries = [entry("delegated", {name: content}) for name, content in files.items()]
    (tmp_path / FILE_NAME).write_text(manifest_text(entries, as_of=AS_OF))
    gazetteer = Gazetteer.open(tmp_path)
    found = [gazetteer.delegation(ip_address(f"45.0.{n}.9")) for n in (0, 1, 2, 3)]
    number = gazetteer.delegation_of(5)
    assert [one and one[0].registry for one in found] == ["lacnic", "arin", "lacnic", None]
    assert found[1] is not None
    assert found[1][1].sha256 == digest([files["b"]]), "with the snapshot that says so"
    assert number is not None
    assert number[0].registry == "arin"


def test_places_and_mail_providers_are_told_with_their_snapshots(directory: Path) -> None:
    gazetteer = Gazetteer.open(directory)
    place = gazetteer.place(ip_address("8.8.8.8"))
    assert place is not None
    assert (place[0].city, place[1].name) == ("Zurich", "geofeed")
    assert gazetteer.place(ip_address("9.9.9.9")) is None
    named = gazetteer.place_by_name("zrh.x.net")
    assert named is not None
    assert (named[0].city, named[1].name) == ("Zurich", "hostnames")
    assert gazetteer.place_by_name("zrh.y.net") is None
    provider = gazetteer.provider("mx1.nordmail.net")
    assert provider is not None
    assert (provider[0].title, provider[1].name) == ("Nordmail", "providers")
    assert gazetteer.provider("mx1.example.net") is None


def test_names_come_from_the_exchange_data_where_there_is_no_other(directory: Path) -> None:
    gazetteer = Gazetteer.open(directory)
    assert gazetteer.network(64504).name == "FarMail"
    assert gazetteer.network(65551) == Network(asn=65551)


def test_unknown_is_unknown(directory: Path) -> None:
    gazetteer = Gazetteer.open(directory)
    assert gazetteer.origin(ip_address("1.1.1.1")) is None
    assert gazetteer.ixp_port(ip_address("80.249.208.99")) is None
    assert gazetteer.ixp_lan(ip_address("8.8.8.8")) is None
    assert gazetteer.members(99) == frozenset()


def test_a_gazetteer_of_another_date_is_refused(directory: Path) -> None:
    with pytest.raises(SnapshotError, match="is of 2026-06-17, not of 2020-01-01"):
        Gazetteer.open(directory, as_of=date(2020, 1, 1))


def test_a_missing_file_is_found_when_opening(directory: Path) -> None:
    (directory / "as-rel.txt").unlink()
    with pytest.raises(SnapshotError, match=r"asrel of 2026-06-17 .* no as-rel\.txt"):
        Gazetteer.open(directory)


def test_a_changed_file_is_never_used(directory: Path) -> None:
    (directory / "pfx2as.txt").write_bytes(b"8.8.8.0\t24\t666\n")
    gazetteer = Gazetteer.open(directory)
    assert gazetteer.members(31) == {64503}  # what has not changed still answers
    with pytest.raises(SnapshotError, match="has changed"):
        gazetteer.origin(ip_address("8.8.8.8"))


def test_opening_reads_no_data(directory: Path) -> None:
    for name in ("pfx2as.txt", "asnames.tsv", "as-rel.txt", "peeringdb/ix.json"):
        (directory / name).write_bytes(b"\xff garbage")
    assert Gazetteer.open(directory).as_of == AS_OF


def test_an_unknown_data_set_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    text = manifest_text([entry("tea-leaves", {"x": b""})])
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(ParseError, match=r"unknown data set 'tea-leaves'; known are .*asnames"):
        Gazetteer.open(tmp_path)


def test_an_empty_gazetteer_knows_nothing_and_says_so(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(manifest_text([]))
    gazetteer = Gazetteer.open(tmp_path)
    assert gazetteer.as_of is None
    assert gazetteer.snapshots == ()
    assert gazetteer.origin(ip_address("8.8.8.8")) is None
    assert gazetteer.relations == AsRelations()
    assert gazetteer.ixps == ()


def test_describe_counts_rows_and_what_was_left_out(directory: Path) -> None:
    rows = {row.name: row.rows for row in Gazetteer.open(directory).describe()}
    assert rows == {
        "pfx2as": 3,
        "iplocation": 2,
        "asnames": 2,
        "peeringdb": 5,
        "asrel": 2,
        "ixf": 4,
        "geofeed": 1,
        "hostnames": 1,
        "airports": 1,
        "providers": 1,
    }


def test_a_bad_row_names_its_file(directory: Path) -> None:
    content = b"8.8.8.0\t24\n"
    (directory / "pfx2as.txt").write_bytes(content)
    (directory / FILE_NAME).write_text(manifest_text([entry("pfx2as", {"pfx2as.txt": content})]))
    with pytest.raises(ParseError, match=r"pfx2as\.txt:1"):
        Gazetteer.open(directory).origin(ip_address("8.8.8.8"))
