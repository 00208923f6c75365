"""Attribution by the million says in short what attribution of one address says."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from random import Random

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from mxpath.attribution import lines
from mxpath.attribution.attribute import attribute
from mxpath.attribution.lines import AttributionLines
from mxpath.attribution.tails import attributed, line, prefix_text
from mxpath.datasets.snapshot import digest
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.manifest import FILE_NAME, Manifest, manifest_text, read_manifest
from mxpath.lab.published import publish
from mxpath.lab.topology import read_world, shipped_worlds
from mxpath.model.address import IPAddress

TOPOLOGIES = Path(__file__).parents[1] / "topologies"
WORLDS = {
    "rpki_states": TOPOLOGIES / "rpki_states.toml",
    "private_lan": TOPOLOGIES / "private_lan.toml",
    "first_walk": shipped_worlds()["first_walk"],
}


HELD = {64496: ("Nord AS", None), 64503: ("House Ltd", "IE"), 64504: ("House Ltd", "CH")}
DELEGATED = (
    "arin|US|ipv4|9.0.0.0|1000|20010203|allocated|h1\n"
    "arin||ipv4|198.18.48.0|300||reserved|\n"
    "arin||ipv4|198.18.64.0|300||reserved|\n"
    "arin|EU|ipv4|198.18.32.0|16|20050607|assigned|h2\n"
    "arin|US|ipv6|2001:db8:3000::|36|20010203|allocated|h1\n"
    "arin||ipv6|2001:db8:4000::|37||available|\n"
    "arin||ipv6|2001:db8:5000::|37||available|\n"
)
"""What one registry says before the world's own: bogons, a block nobody announces, a part, and what
it keeps although another has given it away."""


SPECIAL = (
    "<registry id='iana-ipv4-special-registry'>"
    "<record><address>9.0.0.0/24</address><name>Odd</name><global>False</global></record>"
    "<record><address>9.0.0.64/26</address><name>Even</name><global>True</global></record>"
    "<record><address>9.0.0.80/28</address><name>Odder</name><global>N/A</global></record>"
    "</registry>"
)
"""A registry of another kind than the one that mxpath was written with: private space is not in it."""


def with_owners(directory: Path) -> None:
    """The first world with organisations, two snapshots of delegations, and a registry."""
    world = read_world(WORLDS["first_walk"])
    networks = {
        asn: replace(network, organisation=HELD[asn][0], country=HELD[asn][1])
        if asn in HELD
        else network
        for asn, network in world.networks.items()
    }
    publish(replace(world, networks=networks), directory)
    manifest = read_manifest(directory)
    (directory / "arin.txt").write_text(DELEGATED)
    own = next(entry for entry in manifest.snapshot if entry.name == "delegated")
    sha256 = digest([DELEGATED.encode()])
    arin = replace(own, files=("arin.txt",), sha256=sha256, as_of=date(2026, 6, 18))
    (directory / "special.xml").write_text(SPECIAL)
    sha256 = digest([SPECIAL.encode()])
    special = replace(own, name="iana-special", files=("special.xml",), sha256=sha256)
    entries = (arin, special, *manifest.snapshot)
    text = manifest_text(entries, as_of=world.as_of, public=world.public)
    (directory / FILE_NAME).write_text(text)


@pytest.fixture(scope="module", params=[*WORLDS, "owners", "empty"])
def gazetteer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Gazetteer:
    if request.param == "empty":
        return Gazetteer(Path(), Manifest())
    directory = tmp_path_factory.mktemp(request.param)
    if request.param == "owners":
        with_owners(directory)
        return Gazetteer.open(directory)
    publish(read_world(WORLDS[request.param]), directory)
    return Gazetteer.open(directory)


def edges(gazetteer: Gazetteer) -> Iterator[IPAddress]:
    """Addresses around the first and last of every range that the gazetteer knows."""
    numbers: dict[int, set[int]] = {4: {0, 2**32 - 1}, 6: {0, 2**128 - 1}}
    for version, known in numbers.items():
        for _, prefix in gazetteer.special_space.ranges(version):
            ends = int(prefix.network_address), int(prefix.broadcast_address)
            known |= {end + step for end in ends for step in (-1, 0, 1)}
        for table, _ in gazetteer.origin_tables(version):
            known |= {
                end + step
                for keys in (list(table.starts), list(table.ends))
                for end in keys
                for step in (-1, 0, 1)
            }
        for given, _ in gazetteer.delegation_tables(version):
            known |= {start + step for start in given.index.pieces for step in (-1, 0, 1)}
        known |= {end + step for end in ixp_ends(gazetteer, version) for step in (-1, 0, 1)}
    for number in numbers[4]:
        if 0 <= number < 2**32:
            yield IPv4Address(number)
    for number in numbers[6]:
        if 0 <= number < 2**128:
            yield IPv6Address(number)


def ixp_ends(gazetteer: Gazetteer, version: int) -> set[int]:
    """First and last addresses of LANs, and ports."""
    found: set[int] = set()
    for exchanges, _ in gazetteer.exchange_tables:
        found |= {int(port) for port in exchanges.ports if port.version == version}
        found |= {*exchanges.lans[version == 6].starts, *exchanges.lans[version == 6].ends}
    return found


def test_each_line_is_what_the_single_answer_says(gazetteer: Gazetteer) -> None:
    addresses = list(edges(gazetteer))
    Random(1).shuffle(addresses)
    block = "".join(f"{address}\n" for address in addresses).encode()
    found = AttributionLines(gazetteer).answer(block)
    owners = attribute(addresses, gazetteer)
    assert found == b"".join(line(attributed(owners[address])) for address in addresses)


def test_worlds_know_exchange_points_and_route_states(gazetteer: Gazetteer) -> None:
    """What the comparison above compares is not all empty."""
    found = [attributed(owner) for owner in attribute(edges(gazetteer), gazetteer).values()]
    assert any(one.special for one in found)
    if gazetteer.snapshots:
        assert any(one.networks and one.prefix for one in found)
    if any(snapshot.name == "as2org" for snapshot in gazetteer.snapshots):
        assert any(one.bogon for one in found)
        assert any(one.since and not one.networks for one in found)
        assert {one.country for one in found} == {None, "US", "EU", "IE", "CH"}
        assert {one.organisation for one in found} == {None, "Nord AS", "House Ltd"}
        assert {one.special for one in found} >= {"Odd", "Odder", "Multicast", "Unique-Local"}
        assert {one.special for one in found}.isdisjoint({"Even", "Private-Use"})
        kept = attributed(attribute([IPv4Address("198.18.48.1")], gazetteer).popitem()[1])
        assert (kept.country, kept.bogon) == ("CH", False)
    if gazetteer.ixps:
        assert any(one.ix_id is not None and one.networks for one in found)
    if any(snapshot.name == "vrps" for snapshot in gazetteer.snapshots):
        assert any(one.rpki for one in found)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    directory = tmp_path_factory.mktemp("world")
    publish(read_world(WORLDS["first_walk"]), directory)
    return Gazetteer.open(directory)


def test_lines_that_are_no_address_are_answered_and_counted(world: Gazetteer) -> None:
    answers = AttributionLines(world)
    bad = ["1.2.3", "1.2.3.4.5", "01.2.3.4", "::1::", 'gé\x00\x1b[31m"\\', "x" * 5000, "-", "1,2"]
    good = ["198.18.33.25", "::1", "::ffff:192.0.2.1", "fe80::1%eth0", "2001:DB8::1"]
    block = "\r\n".join(["", *bad, "  ", *good, "\t198.18.33.25 "]).encode() + b"\n\xff\xfe\n"
    found = [json.loads(one) for one in answers.answer(block).splitlines()]
    assert (len(found), answers.lines, answers.bad) == (15, 15, 9)
    errors = [one["error"] is not None for one in found]
    assert errors == [True] * 8 + [False] * 6 + [True]
    assert [one["address"] for one in found[8:14]] == [*good, "198.18.33.25"]
    assert found[5]["address"] == "x" * 200
    assert [one["special"] for one in found[9:12]] == [
        "Loopback Address",
        "IPv4-mapped Address",
        "Link-Local Unicast",
    ]


def test_nothing_known_is_told(world: Gazetteer) -> None:
    answers = AttributionLines(world)
    assert answers.answer(b"\n \n") == b""
    answers.answer(b"8.8.8.8\nfoo\n2600::1\n")
    assert not answers.known
    answers.answer(b"198.18.33.25\n")
    assert answers.known


def test_tails_do_not_pile_up(world: Gazetteer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_MOST_TAILS", 3)
    answers = AttributionLines(world)
    addresses = [f"198.18.{n}.1" for n in range(1, 60)]
    blocks = [f"{address}\n".encode() for address in addresses]
    found = b"".join(answers.answer(block) for block in blocks)
    assert found == AttributionLines(world).answer(b"".join(blocks))
    assert len(answers._families[4].tails) <= 4


@drawn(st.integers(0, 2**64 - 1), st.integers(0, 0xF), st.sampled_from([0, 1, 2**63]))
def test_prefixes_are_written_as_the_standard_wants(high: int, holes: int, low: int) -> None:
    for group in range(4):
        if holes >> group & 1:
            high &= ~(0xFFFF << 16 * group)
    number = high << 64 | low
    assert prefix_text(number, 128, 6) == f"{IPv6Address(number)}/128"
    assert prefix_text(high >> 32, 32, 4) == f"{IPv4Address(high >> 32)}/32"
