"""Real files beside the project that no other test reads: each is read, with its numbers checked.

Shapes that nobody publishes for programs (an atlas of one exchange point, members in YAML, lists
without a header) are put into the published form here, which says how far they can be used.
"""

import json
import re
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from mxpath.datasets import asnames, hostnames, peeringdb, vrps
from mxpath.datasets.asrel import Heading
from mxpath.datasets.asrel import parse as relations
from mxpath.datasets.iplocation import parse as ranges
from mxpath.datasets.peeringdb_rows import Net
from mxpath.datasets.snapshot import Tally, lines_of, unpack
from mxpath.gazetteer.exchange_join import join
from mxpath.gazetteer.exchange_table import Exchanges
from mxpath.gazetteer.shipped import shipped_directory
from mxpath.model.address import special_range
from mxpath.tables.prefixes import PrefixTable


def text(path: Path) -> bytes:
    return unpack(path.read_bytes(), source=str(path))


def joined(kinds: dict[str, list[dict[str, Any]]]) -> tuple[Exchanges, Tally]:
    """Exchange points out of rows in PeeringDB's form."""
    tally = Tally()
    files = ((f"{kind}.json", json.dumps({"data": rows}).encode()) for kind, rows in kinds.items())
    return join(peeringdb.documents(files, tally=tally), tally=tally), tally


def caida(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(text(path), source="x") if line[0] == "{"]


@pytest.mark.slow
def test_lans_in_special_space_of_caidas_list_of_2023(dev_only: Path) -> None:
    """It lists seven LANs in private space (RFC 1918), one in documentation space, one local one."""
    points = caida(dev_only / "ixp-2023" / "caida-ixs_202310.jsonl.xz")
    lans = [
        {"id": number, "ixlan_id": point["ix_id"], "prefix": prefix, "status": "ok"}
        for number, (point, prefix) in enumerate(
            (point, prefix)
            for point in points
            for prefixes in point["prefixes"].values()
            for prefix in prefixes
        )
    ]
    assert (len(points), len(lans)) == (1452, 3054)
    own = [{"id": p["ix_id"], "name": p["name"], "status": "ok"} for p in points]
    ids = [{"id": p["ix_id"], "ix_id": p["ix_id"], "status": "ok"} for p in points]
    exchanges, tally = joined({"ix": own, "ixlan": ids, "ixpfx": lans, "netixlan": []})
    refused = [lan["prefix"] for lan in lans if special_range(ip_network(lan["prefix"])[0])]
    assert sorted(refused) == [
        "10.31.2.0/24",
        "172.16.96.0/24",
        "172.16.97.0/24",
        "192.168.10.0/24",
        "192.168.173.0/24",
        "192.168.179.0/24",
        "192.168.51.0/30",
        "2001:db8::/64",
        "fdef:44ad:f2b0:7f59::/64",
    ]
    assert tally.skipped["LAN in special-purpose space"] == 9
    for prefix in refused:
        assert exchanges.lan_of(ip_network(prefix)[0]) is None
    lan = exchanges.lan_of(ip_address("185.1.213.1"))
    assert lan is not None
    assert exchanges.points[lan[0]].name == "1-IX Internet Exchange"


def test_the_ports_of_one_exchange_point_by_itself_and_by_peeringdb(dev_only: Path) -> None:
    """BIX, 2026: its own list has the IPv4 addresses, PeeringDB's records the IPv6 ones."""
    directory = dev_only / "ixp-2026"
    own = json.loads((directory / "bix-ports.json").read_bytes())["ports"]
    theirs = json.loads((directory / "bix-peeringdb.json").read_bytes())["records"]
    rows = [{"asn": r["asn"], "ipaddr4": r["ipv4"]} for r in own]
    rows += [{"asn": r["asn"], "ipaddr6": r["ipaddr6"]} for r in theirs]
    head = {"id": 55, "status": "ok"}
    ports = [
        {"id": n, "ix_id": 55, "ixlan_id": 55, "status": "ok", **row} for n, row in enumerate(rows)
    ]
    lans = [
        {"id": n, "ixlan_id": 55, "prefix": prefix, "status": "ok"}
        for n, prefix in enumerate(("193.188.137.0/24", "2001:7f8:35::/64"))
    ]
    exchanges, tally = joined(
        {
            "ix": [head | {"name": "BIX"}],
            "ixlan": [head | {"ix_id": 55}],
            "ixpfx": lans,
            "netixlan": ports,
        }
    )
    assert (len(own), len(theirs)) == (137, 137)
    assert sum(port.version == 4 for port in exchanges.ports) == 137
    assert exchanges.ports[ip_address("193.188.137.62")] == (55, 42)
    assert exchanges.ports[ip_address("2001:7f8:35::9002:1")] == (55, 9002)
    assert set(tally.skipped) <= {"port without an address"}
    members = json.loads(text(directory / "bix-members.json.xz"))["members"]
    assert len(members) == 123
    assert {each["asn"] for each in members} == exchanges.members[55]


@pytest.mark.parametrize(
    ("name", "lan", "clients", "networks"),
    [("ams-ix", "80.249.208.0/21", 1660, 785), ("swissix", "91.206.52.0/23", 420, 188)],
)
def test_members_in_the_yaml_of_a_route_servers_maker(
    dev_only: Path, name: str, lan: str, clients: int, networks: int
) -> None:
    """``- asn: N … ip: ADDRESS`` a client: every address is in the LAN, and is a port."""
    document = text(dev_only / "ixf" / f"{name}-clients.yml.xz").decode()
    pairs = re.findall(r"^- asn: (\d+)$.*?^  ip: (\S+)$", document, re.MULTILINE | re.DOTALL)
    ports = [
        {
            "id": n,
            "ix_id": 1,
            "ixlan_id": 1,
            "status": "ok",
            "asn": int(asn),
            "ipaddr6" if ":" in ip else "ipaddr4": ip.strip("'"),
        }
        for n, (asn, ip) in enumerate(pairs)
    ]
    exchanges, tally = joined(
        {
            "ix": [{"id": 1, "name": name, "status": "ok"}],
            "ixlan": [{"id": 1, "ix_id": 1, "status": "ok"}],
            "ixpfx": [{"id": 1, "ixlan_id": 1, "prefix": lan, "status": "ok"}],
            "netixlan": ports,
        }
    )
    assert (document.count("\n- asn: "), len(pairs)) == (clients, clients)
    assert (len(exchanges.ports), len(exchanges.members[1])) == (clients, networks)
    inside = [port for port in exchanges.ports if port.version == 4]
    assert all(exchanges.lan_of(port) is not None for port in inside)
    assert tally.skipped == {}


def test_one_answer_of_the_api_with_everything_in_it(dev_only: Path) -> None:
    path = dev_only / "ixf" / "peeringdb_net_3333_10745.json"
    found = peeringdb.documents([("net.json", path.read_bytes())])
    nets = [Net.of(row) for row in found["net"]]
    assert [net.asn for net in nets] == [3333, 10745, 197000]


@pytest.mark.slow
def test_an_atlas_of_exchange_points_counts_its_members(dev_only: Path) -> None:
    directory = dev_only / "ixp-2026"
    atlas = json.loads(text(directory / "bix-atlas.json.xz"))
    named = json.loads(text(directory / "bix-atlas-networks.json.xz"))["networks"]
    assert (len(atlas["exchanges"]), len(atlas["members"]), len(named)) == (1320, 1215, 17669)
    assert sum(map(len, atlas["members"].values())) == 56387
    assert {str(asn) for asns in atlas["members"].values() for asn in asns} <= named.keys()
    records = json.loads((directory / "bix-networks.json").read_bytes())["networks"]
    assert len(records) == 115
    own = set(atlas["members"]["55"])
    assert len(own - {each["asn"] for each in records}) <= 8


@pytest.mark.slow
def test_names_in_a_list_of_objects(dev_only: Path) -> None:
    """Short names of networks in JSON: in lines with a tab they are what ``asnames`` reads."""
    rows = json.loads(text(dev_only / "asnames" / "ixp-country-jedi-asnames.json.xz"))
    tally = Tally()
    lines = (f"{row['asn']}\t{row['name']}" for row in rows)
    names = {each.asn: each.name for each in asnames.parse(lines, source="x", tally=tally)}
    assert tally.rows + tally.skipped_rows == len(rows) == 80070
    assert (names[1], names[3]) == ("LVLT-1", "MIT-GATEWAYS")


def test_payloads_with_aspa_and_router_keys_beside_them(dev_only: Path) -> None:
    path = dev_only.parent / "open" / "rpki" / "stayrtr-test.rpki.json"
    document = path.read_bytes()
    whole = json.loads(document)
    rows = list(vrps.parse(document, source=path.name))
    assert len(rows) == len(whole["roas"]) == 19
    assert len(whole.keys() & {"aspas", "provider_authorizations", "bgpsec_keys"}) > 0
    assert rows[0] == vrps.VrpRow(version=4, start=1 << 24, length=24, max_length=24, asn=13335)


def test_payloads_of_the_ripe_validator(dev_only: Path) -> None:
    path = dev_only / "rpki" / "ripe-validator-cache-sample.json"
    rows = list(vrps.parse(path.read_bytes(), source=path.name))
    assert len(rows) == 28
    assert any((row.length, row.max_length, row.asn) == (22, 26, 3333) for row in rows)


def test_roas_without_a_header_are_judged_one_by_one(dev_only: Path) -> None:
    path, tally = dev_only.parent / "open" / "rpki" / "roa-201602.csv.xz", Tally()
    document = text(path)
    rows = list(vrps.parse(document, source=path.name, tally=tally))
    assert len(document.splitlines()) == 15969
    assert (len(rows), tally.skipped) == (15904, {"a ROA that was not valid": 65})
    hosts = [line for line in document.decode().splitlines() if "/" not in line]
    assert hosts[0] == "12586,176.100.33.19,32,True"
    assert sum(row.length == (32, 128)[row.version == 6] for row in rows) >= len(hosts) == 20


def test_an_earlier_clique_was_inferred(dev_only: Path) -> None:
    path = dev_only / "asrel" / "20160101.as-rel.txt.xz"
    heading = Heading()
    next(relations(lines_of(text(path), source=path.name), source=path.name, heading=heading))
    assert (heading.clique_inferred, len(heading.clique), heading.clique[0]) == (True, 17, 174)


def shipped_ranges(*starts: str) -> Iterator[str]:
    """Lines of the shipped table that begin so."""
    (path,) = (shipped_directory() / "snapshots" / "origins").rglob("ipv4.csv.xz")
    yield from (line for line in text(path).decode().splitlines() if line.startswith(starts))


@pytest.mark.slow
def test_the_shipped_table_has_gaps_one_overlap_and_lans() -> None:
    lines = list(shipped_ranges("152.", "187.", "214.", "215.", "206.81.80.", "80.249.208."))
    table = PrefixTable.of(ranges(lines, source="x"), version=4)
    found = {
        word: table.find(ip_address(word))
        for word in ("152.253.0.1", "187.100.0.1", "206.81.80.40", "80.249.208.1", "215.0.0.1")
    }
    assert {word: row and row[1] for word, row in found.items()} == {
        "152.253.0.1": None,  # gaps of the source
        "187.100.0.1": None,
        "206.81.80.40": (33108,),  # a port at SIX, announced by the exchange point itself
        "80.249.208.1": (1200,),  # a port at AMS-IX
        "215.0.0.1": (721,),  # of the overlapping pair the narrower one, AS721 within AS749
    }


def test_rules_for_names_of_ipv6(dev_only: Path) -> None:
    path = dev_only / "geo" / "caida-hoiho-ipv6-geo.json.xz"
    tally = Tally()
    rules = list(hostnames.parse(text(path), source=path.name, tally=tally))
    left_out = tally.skipped["pattern that may run long, or is none"]
    assert sum(len(rule.patterns) for rule in rules) + left_out == 234
    assert 195 < len(rules) <= 205
