"""What comes with mxpath: whole, dated, answerable, and without names of persons."""

import re
import time
import tomllib
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from random import Random

import numpy as np
import pytest

from mxpath.datasets.iplocation import parse
from mxpath.datasets.snapshot import digest, unpack
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.shipped import shipped_directory
from mxpath.model.address import special_range
from mxpath.model.registry import Resource
from mxpath.tables.prefix_pieces import cut
from mxpath.tables.prefixes import LOW


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared-cache")


@pytest.fixture(autouse=True)
def one_cache_for_all(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables are built once for all tests of this file."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_cache))


@cache
def shipped_names() -> tuple[str, ...]:
    (path,) = (shipped_directory() / "snapshots" / "asnames").rglob("*.tsv.xz")
    lines = unpack(path.read_bytes(), source=str(path)).decode().splitlines()
    return tuple(line.partition("\t")[2] for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "asn"),
    [("8.8.8.8", 15169), ("1.1.1.1", 13335), ("2a00:1450::1", 15169), ("2606:4700::1", 13335)],
)
def test_well_known_addresses_are_attributed(address: str, asn: int) -> None:
    found = Gazetteer.shipped().origin(ip_address(address))
    assert found is not None
    assert [network.asn for network in found[0].networks] == [asn]
    assert found[0].networks[0].name


@pytest.mark.slow
def test_the_shipped_ranges_give_the_same_table_by_lines_and_in_plain_python() -> None:
    ((kept, _),) = Gazetteer.shipped().origin_tables(6)
    (path,) = (shipped_directory() / "snapshots" / "origins").rglob("ipv6.csv.xz")
    lines = unpack(path.read_bytes(), source=str(path)).decode().splitlines()
    plain = cut(parse(lines, source=str(path)), version=6).columns()
    assert kept.columns().keys() == plain.keys()
    for name, column in plain.items():
        if name != "buckets":  # the plain way makes none
            assert column == kept.columns()[name]


@pytest.mark.slow
def test_bulk_and_single_look_ups_of_the_shipped_tables_agree() -> None:
    random = Random(7)
    for version, bits in ((4, 32), (6, 128)):
        ((table, _),) = Gazetteer.shipped().origin_tables(version)
        ends = [
            random.choice((table.starts, table.ends))[random.randrange(len(table))]
            for _ in range(9000)
        ]
        numbers = [min(max(end + random.randint(-1, 1), 0), (1 << bits) - 1) for end in ends]
        high = np.array([number >> bits - min(bits, 64) for number in numbers], dtype=np.uint64)
        low = np.array([number & LOW for number in numbers], dtype=np.uint64)
        places = table.find_many(high, low if version == 6 else None)
        firsts = table.first_origins()[places].tolist()
        found = [table.match(number) for number in numbers]
        assert [match[2][0] if match else 0 for match in found] == firsts
        assert 0 < firsts.count(0) < 4500


@pytest.mark.slow
def test_the_second_run_answers_at_once() -> None:
    Gazetteer.shipped().origin(ip_address("8.8.8.8"))
    started = time.process_time()
    Gazetteer.shipped().origin(ip_address("8.8.8.8"))
    assert time.process_time() - started < 1.5


@pytest.mark.parametrize(
    ("resource", "server"),
    [
        (ip_address("8.8.8.8"), "https://rdap.arin.net/registry/"),
        (ip_address("193.0.6.139"), "https://rdap.db.ripe.net/"),
        (ip_address("2001:4860::8888"), "https://rdap.arin.net/registry/"),
        (ip_address("2a00:1450::1"), "https://rdap.db.ripe.net/"),
        (13335, "https://rdap.arin.net/registry/"),
    ],
)
def test_the_registry_of_an_address_is_known_and_asked_over_https(
    resource: Resource, server: str
) -> None:
    assert Gazetteer.shipped().registries.servers(resource) == (server,)


def test_no_registry_is_known_for_what_is_nobodys() -> None:
    registries = Gazetteer.shipped().registries
    assert registries.servers(ip_address("10.0.0.1")) == ()
    assert registries.servers(64496) == ()
    assert len(registries.hosts) == 5


def test_no_range_is_public_in_the_real_world() -> None:
    gazetteer = Gazetteer.shipped()
    assert gazetteer.public == ()
    assert special_range(ip_address("198.18.0.1"), public=gazetteer.public) is not None


def test_every_snapshot_names_its_terms() -> None:
    for snapshot in Gazetteer.shipped().snapshots:
        assert snapshot.licence in (
            "CC BY 4.0",
            "MIT",
            "BSD-2-Clause",
            "GPL-2.0-or-later; coordinates CC BY 4.0 (GeoNames)",
            "CC0 1.0 (IANA registries)",
            "CC0 1.0",
        )
        assert snapshot.attribution
        assert snapshot.publisher


def test_the_manifest_is_that_of_the_files() -> None:
    directory = shipped_directory()
    tables = tomllib.loads((directory / "manifest.toml").read_text())["data"]
    snapshots = {f"snapshots/{s.name}": s.sha256 for s in Gazetteer.shipped().snapshots}
    worlds = {
        f"topologies/{path.name}": digest([path.read_bytes()])
        for path in (directory / "topologies").glob("*.toml")
    }
    told = {table["name"]: table["sha256"] for table in tables}
    assert told == snapshots | worlds, "run: python data/make_manifest.py"
    assert {table["kind"] for table in tables} == {"real", "made"}


def test_origins_hold_numbers_only() -> None:
    for path in (shipped_directory() / "snapshots" / "origins").rglob("*.csv.xz"):
        document = unpack(path.read_bytes(), source=str(path))
        assert re.fullmatch(rb"[0-9a-f.:,\n]+", document)


def test_tables_of_places_hold_no_mail_address_and_no_name_of_an_airport() -> None:
    snapshots = shipped_directory() / "snapshots"
    texts = {
        path.name: unpack(path.read_bytes(), source=str(path)).decode()
        for name in ("cities", "airports", "carriers", "hostnames")
        for path in (snapshots / name).rglob("*.*")
        if path.suffix != ".txt"
    }
    assert len(texts) == 4
    assert [name for name, text in texts.items() if "@" in text] == []
    assert texts["airports.csv.xz"].splitlines()[0] == "iata,city,country,lat,lon"
    assert "Kennedy" not in texts["airports.csv.xz"], "airports bear names of persons"


def test_no_mail_address_survives() -> None:
    assert [name for name in shipped_names() if "@" in name] == []
    assert [
        name for name in shipped_names() if re.search(r"\(at\)|\[at\]", name, re.IGNORECASE)
    ] == []


ORGANISATION = re.compile(
    r"inc|ll[cp]|l\.l\.[cp]|ltd|limited|gmbh|\bag\b|\bkg\b|mbh|b\.?\s?v|n\.?v|s\.?a\.?r\.?l|"
    r"s\.?r\.?l|s\.?a\.?s|s\.?p\.?a|s\.?\s?r\.?\s?o|kft|zrt|d\.?\s?o\.?\s?o|[ozp]\.?a\.?o|jsc|tov|"
    r"p\.?l\.?c|pty|corp|gesellschaft|\boy|a\.?/?b\b|a\.?p\.?s|asa\b|[eo]\.?o?o\.?d|ead|uab|eirl|"
    r"c\.?v|bhd|sdn|pvt|compan|holding|group|enterprise|universi|college|school|instit|academ|"
    r"polytech|facult|librar|museum|hospital|clinic|minister|ministr|govern|depart|agenc|author|"
    r"counc|county|municip|federal|nation|polic|army|navy|force|parliament|court|tele|commun|"
    r"comunic|network|netz|internet|broadband|wireless|fib|data|hosting|cloud|system|tech|"
    r"solution|software|comput|servi|provider|exchange|ixp|ban[ckq]|insur|financ|capital|credit|"
    r"securit|associat|foundat|societ|consort|cooperat|federat|union|committ|telco|airline|railway|"
    r"energ|electric|media|broadcast|radio|newspap|research|laborator|cent[er]",
    re.IGNORECASE,
)


def test_no_first_and_last_name_alone_survives() -> None:
    """A holder of two or three plain capitalised words needs a word that makes it no person."""
    plain = re.compile(r"^\S+ (?:- )?(?:[A-Z][a-z]+ ){1,2}[A-Z][a-z]+, [A-Z]{2}$")
    alone = [
        name
        for name in shipped_names()
        if plain.match(name) and not ORGANISATION.search(name.partition(" ")[2])
    ]
    assert alone == []


@pytest.mark.parametrize(
    "mark", ["trading as", "t/a", "entrepreneur", "Sole Trader", "FOP", "Inhaber", "Private person"]
)
def test_no_single_person_form_survives(mark: str) -> None:
    word = re.compile(rf"(?<!\w){re.escape(mark)}(?!\w)", re.IGNORECASE)
    assert [n for n in shipped_names() if word.search(n.partition(" ")[2])] == []


def test_names_are_many_enough_to_be_of_use() -> None:
    assert len(shipped_names()) == 52_022
