import json
import lzma
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.datasets.peeringdb import documents, kind_of, parse
from mxpath.datasets.peeringdb_rows import (
    KINDS,
    Facility,
    Ix,
    IxFacility,
    IxLan,
    IxPrefix,
    Net,
    NetFacility,
    NetIxLan,
    Org,
    Row,
    read,
)
from mxpath.datasets.snapshot import Tally, unpack
from mxpath.errors import ParseError
from mxpath.gazetteer.exchange_join import join
from mxpath.gazetteer.exchange_table import Exchanges


def row(number: int, **values: Any) -> Row:
    return {"id": number, "status": "ok", **values}


def world(**changes: list[Row]) -> dict[str, list[Row]]:
    """One exchange point with two members, in global space."""
    documents = {
        "ix": [row(31, name="FRA-LIX", city="Frankfurt")],
        "ixlan": [row(7, ix_id=31)],
        "ixpfx": [row(1, ixlan_id=7, prefix="80.249.208.0/21")],
        "netixlan": [
            row(1, ixlan_id=7, asn=64497, ipaddr4="80.249.208.11", ipaddr6=None),
            row(2, ixlan_id=7, asn=64503, ipaddr4="80.249.208.12", ipaddr6=""),
        ],
        "net": [row(5, asn=64503, name="BigMail")],
    }
    return documents | changes


def joined(
    documents: Mapping[str, list[Row]], public: tuple[str, ...] = ()
) -> tuple[Exchanges, Tally]:
    tally = Tally()
    ranges = [ip_network(text) for text in public]
    return join(documents, public=ranges, tally=tally), tally


def test_a_port_is_joined_by_ids_to_its_exchange_point() -> None:
    exchanges, tally = joined(world())
    assert exchanges.ports[ip_address("80.249.208.12")] == (31, 64503)
    assert exchanges.lan_of(ip_address("80.249.215.255")) == (31, ip_network("80.249.208.0/21"))
    assert exchanges.members == {31: frozenset({64497, 64503})}
    assert exchanges.names == {64503: "BigMail"}
    assert tally.skipped_rows == 0


def test_lans_in_private_space_never_count() -> None:
    private = world(
        ixpfx=[row(1, ixlan_id=7, prefix="192.168.10.0/24")],
        netixlan=[row(1, ixlan_id=7, asn=64497, ipaddr4="192.168.10.11")],
    )
    exchanges, tally = joined(private)
    assert exchanges.ports == {}
    assert exchanges.lan_of(ip_address("192.168.10.11")) is None
    assert tally.skipped["LAN in special-purpose space"] == 1


def test_a_lan_around_private_space_is_no_lan() -> None:
    exchanges, tally = joined(world(ixpfx=[row(1, ixlan_id=7, prefix="192.0.0.0/8"),
                                           row(2, ixlan_id=7, prefix="2000::/3")]))  # fmt: skip
    assert exchanges.lan_of(ip_address("192.168.10.11")) is None
    assert exchanges.lan_of(ip_address("2a00::1")) is None
    assert tally.skipped["LAN in special-purpose space"] == 2


def test_of_copies_of_a_row_the_one_updated_last_counts() -> None:
    def page(*rows: Row) -> bytes:
        return json.dumps({"data": rows}).encode()

    moved = row(1, asn=64503, updated="2026-01-03T00:00:00Z")
    old = [
        row(1, asn=64497, updated="2026-01-01T00:00:00Z"),
        row(2, updated="2026-01-01T00:00:00Z"),
    ]
    gone = {"id": 2, "status": "deleted", "updated": "2026-01-02T00:00:00Z"}
    for pages in ((page(moved, gone), page(*old)), (page(*old), page(moved, gone))):
        tally = Tally()
        named = [(f"netixlan-{n}.json", one) for n, one in enumerate(pages)]
        assert documents(named, tally=tally) == {"netixlan": [moved]}
        assert tally.rows == 1
        assert tally.skipped == {"row that another file has too": 2, "status is not ok": 1}


def test_only_a_world_may_declare_its_lan_public() -> None:
    documents = world(
        ixpfx=[row(1, ixlan_id=7, prefix="198.19.240.0/24")],
        netixlan=[row(1, ixlan_id=7, asn=64497, ipaddr4="198.19.240.11")],
    )
    assert joined(documents)[0].ports == {}
    there = joined(documents, public=("198.18.0.0/15",))[0]
    assert there.ports == {ip_address("198.19.240.11"): (31, 64497)}


def test_a_port_outside_its_own_lan_is_no_port() -> None:
    exchanges, tally = joined(world(netixlan=[row(1, ixlan_id=7, asn=64497, ipaddr4="8.8.8.8")]))
    assert exchanges.ports == {}
    assert exchanges.members == {31: frozenset({64497})}
    assert tally.skipped == {"port outside its exchange point's LANs": 1}
    others = world(
        ix=[row(31, name="FRA-LIX"), row(32, name="AMS-LIX")],
        ixlan=[row(7, ix_id=31), row(8, ix_id=32)],
        netixlan=[row(1, ixlan_id=8, asn=64497, ipaddr4="80.249.208.11")],
    )
    exchanges, tally = joined(others)
    assert exchanges.ports == {}, "it lies in another exchange point's LAN"
    assert tally.skipped == {"port outside its exchange point's LANs": 1}


def test_where_no_lan_is_published_a_global_port_stands_alone() -> None:
    ports = [row(1, ixlan_id=7, asn=64497, ipaddr4="8.8.8.8", ipaddr6="fd00::1")]
    exchanges, _ = joined(world(ixpfx=[], netixlan=ports))
    assert exchanges.ports == {ip_address("8.8.8.8"): (31, 64497)}


def test_a_port_that_two_members_claim_is_nobodys() -> None:
    ports = [row(n, ixlan_id=7, asn=64500 + n, ipaddr4="80.249.208.11") for n in (1, 2)]
    exchanges, tally = joined(world(netixlan=ports))
    assert exchanges.ports == {}
    assert exchanges.lan_of(ip_address("80.249.208.11")) is not None
    assert tally.skipped == {"port claimed by several members": 1}


def test_a_lan_that_two_exchange_points_claim_is_no_ones() -> None:
    exchanges, tally = joined(
        world(
            ix=[row(31, name="FRA-LIX"), row(32, name="LIX-FRA")],
            ixlan=[row(7, ix_id=31), row(8, ix_id=32)],
            ixpfx=[row(n, ixlan_id=n, prefix="80.249.208.0/21") for n in (7, 8)],
        )
    )
    assert exchanges.lan_of(ip_address("80.249.208.11")) is None
    assert tally.skipped["LAN claimed by several exchange points"] == 1


def test_names_do_not_join() -> None:
    documents = world(ixlan=[row(7, ix_id=99, name="FRA-LIX")])
    exchanges, _ = joined(documents)
    assert exchanges.ports == {}
    assert exchanges.members == {}


def test_only_rows_with_status_ok_count() -> None:
    tally = Tally()
    document = json.dumps({"data": [row(1), {**row(2), "status": "deleted"}, {"id": 3}]}).encode()
    assert [each["id"] for each in parse(document, source="x", tally=tally)] == [1]
    assert tally.skipped == {"status is not ok": 2}


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        b'{"data": {}}',
        b'{"data": [1]}',
        b'{"data": [{"id": "1"}, {"id": true}]}',
        b'{"data": [{"id": 1}]',
        b'{"data": [{"id": 1}]} x',
        b'{1: [], "data": []}',
        b'{"ix": {"rows": []}}',
        b"[" * 99999,
        b'{"data": [' + b"[" * 99999,
        b'{"data": [\xff]}',
    ],
)
def test_what_is_no_api_document_is_a_parse_error(document: bytes) -> None:
    with pytest.raises(ParseError, match=r"^ix\.json(:1)?: "):
        list(parse(document, source="ix.json"))


def test_one_row_without_an_id_does_not_spoil_the_others() -> None:
    tally = Tally()
    document = json.dumps({"meta": {}, "data": [1, row(1), {"id": None}]}).encode()
    assert list(parse(document, source="x", tally=tally)) == [row(1)]
    assert tally.skipped == {"no object with an id": 2}


def test_a_dump_holds_all_kinds_and_pages_tell_theirs_by_name() -> None:
    dump = {kind: {"data": rows} for kind, rows in world().items()}
    others = {"poc": {"data": [row(1), row(2)]}, "as_set": {"data": [{"1": "AS-X"}]}, "n": None}
    tally = Tally()
    whole = ("peeringdb_2_dump_2026_06_17.json", json.dumps(others | dump).encode())
    assert documents([whole], tally=tally) == world()
    assert tally.skipped == {"of a kind that is not read (contacts, carriers, …)": 3}
    pages = [
        (f"dir/{kind}-page-{number}.json.xz", json.dumps({"data": [each]}).encode())
        for kind, rows in world().items()
        for number, each in enumerate(rows)
    ]
    assert documents(pages) == world()
    assert documents([("ix.json", b'{"data": []}')]) == {"ix": []}


def test_rows_tell_the_kind_where_the_name_does_not() -> None:
    rows = {
        "netixlan": '"ixlan_id": 1, "asn": 64496, "ipaddr4": null',
        "ixpfx": '"ixlan_id": 1, "prefix": "198.51.100.0/24"',
        "ixfac": '"ix_id": 1, "fac_id": 2',
    }
    pages = [
        ("answer.json", f'{{"data": [{{"id": 1, "status": "ok", {row}}}]}}'.encode())
        for row in rows.values()
    ]
    assert list(documents(pages)) == list(rows)


def test_pages_of_kinds_that_are_not_read_are_counted() -> None:
    tally = Tally()
    assert (
        documents([("carrier-1.json", b'{"data": [{"id": 1, "status": "ok"}]}')], tally=tally) == {}
    )
    assert (tally.rows, sum(tally.skipped.values())) == (0, 1)


@pytest.mark.slow
def test_pages_of_the_real_api_are_told_by_their_rows(dev_only: Path) -> None:
    pages = sorted((dev_only / "peeringdb-api-2026").glob("*-page-1.json.xz"))
    for page in pages:
        kind = page.name.partition("-")[0]
        if kind in KINDS:
            found = documents([("answer", lzma.decompress(page.read_bytes()))])
            assert {name: len(rows) for name, rows in found.items()} == {kind: 250}


def test_a_page_whose_kind_nothing_tells_is_an_error() -> None:
    assert kind_of("peeringdb-netixlan.json") == "netixlan"
    assert kind_of("ix-and-net.json") is None
    with pytest.raises(ParseError, match=r"^page\.json: neither its name nor its rows tell"):
        documents([("page.json", b'{"data": [{"id": 1, "status": "ok"}]}')])


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (
            {"ixpfx": [row(1, ixlan_id=7, prefix="80.249.208.1/21")]},
            "ixpfx whose prefix does not parse",
        ),
        ({"ixpfx": [row(1, prefix="80.249.208.0/21")]}, "ixpfx whose ixlan_id is no number"),
        ({"ixlan": [row(7)]}, "ixlan whose ix_id is no number"),
        (
            {"netixlan": [row(1, ixlan_id=7, asn="AS1", ipaddr4="80.249.208.11")]},
            "netixlan without an AS number",
        ),
        (
            {"netixlan": [row(1, ixlan_id=7, asn=1, ipaddr4="80.249.208")]},
            "netixlan whose address does not parse",
        ),
        (
            {"netixlan": [row(1, ixlan_id=7, asn=1, ipaddr4="2001:7f8::1")]},
            "netixlan whose address does not parse",
        ),
        ({"net": [row(1, asn=True, name="x")]}, "net without an AS number"),
        ({"netfac": [row(1, fac_id=1, net_id=99)]}, "facility of an unknown network"),
        ({"ixfac": [row(1, fac_id=-1, ix_id=31)]}, "ixfac whose fac_id is no number"),
    ],
)
def test_a_row_that_cannot_be_used_is_counted(broken: dict[str, list[Row]], reason: str) -> None:
    _, tally = joined(world(**broken))
    assert tally.skipped[reason] == 1


def test_a_port_out_of_operation_is_no_port_but_its_owner_is_a_member() -> None:
    idle = row(1, ixlan_id=7, asn=64497, ipaddr4="80.249.208.11", operational=False)
    exchanges, tally = joined(world(netixlan=[idle]))
    assert exchanges.ports == {}
    assert exchanges.members == {31: frozenset({64497})}
    assert tally.skipped == {"port that is not in operation": 1}


def test_numbers_in_text_and_truth_in_numbers_are_read() -> None:
    (port,) = read(
        [row(1, ixlan_id="7", asn="64497", speed="10000", is_rs_peer=1, operational="0")],
        NetIxLan.of,
    )
    assert (port.ixlan_id, port.asn, port.speed_mbps) == (7, 64497, 10000)
    assert (port.is_route_server_peer, port.is_operational) == (True, False)


def test_speeds_route_servers_owners_and_facilities_come_along() -> None:
    documents = world(
        ixlan=[row(7, ix_id=31, rs_asn=64510)],
        netixlan=[row(1, ixlan_id=7, asn=64497, ipaddr4="80.249.208.11", speed=10000)],
        net=[row(5, asn=64503, org_id=2), row(6, asn=64497, org_id=2), row(8, asn=64504, org_id=3)],
        org=[row(2, name="Nordmail AG", country="CH")],
        fac=[row(4, name="House", city="Frankfurt", latitude=50.1, longitude=8.7)],
        netfac=[row(1, net_id=5, fac_id=4), row(2, net_id=77, fac_id=4, local_asn=64599)],
        ixfac=[row(1, ix_id=31, fac_id=4)],
    )
    exchanges, tally = joined(documents)
    assert exchanges.speeds == {ip_address("80.249.208.11"): 10000}
    assert exchanges.route_servers == {31: frozenset({64510})}
    assert exchanges.owners[64503] == exchanges.owners[64497]
    assert exchanges.owners[64503].country == "CH"
    assert (exchanges.owners[64504].org_id, exchanges.owners[64504].name) == (3, None)
    assert (exchanges.facilities[4].latitude, exchanges.facilities[4].longitude) == (50.1, 8.7)
    assert exchanges.ix_facilities == {31: frozenset({4})}
    assert exchanges.as_facilities == {64503: frozenset({4}), 64599: frozenset({4})}
    assert tally.skipped == {}


def test_a_missing_document_is_named() -> None:
    documents = world()
    del documents["ixpfx"]
    with pytest.raises(ParseError, match="no document for ixpfx"):
        join(documents)


values = st.sampled_from([None, True, 7, -1, 2**200, 1.5, "7", "x", "1.0.0.0/24", "1.0.0.1", [1]])
rows_of_anything = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(0, 9)},
        optional=dict.fromkeys(
            (
                "ix_id",
                "ixlan_id",
                "prefix",
                "asn",
                "ipaddr4",
                "ipaddr6",
                "name",
                "net_id",
                "fac_id",
            ),
            values,
        ),
    ),
    max_size=3,
)


@settings(max_examples=15)
@given(st.fixed_dictionaries(dict.fromkeys(KINDS, rows_of_anything)))
def test_strange_rows_are_left_out_and_nothing_is_raised(documents: dict[str, list[Row]]) -> None:
    exchanges = join(documents)
    assert set(exchanges.members) <= set(exchanges.points)


@settings(max_examples=30)
@given(st.binary(max_size=40) | st.text('{}[]":,idat1 \n', max_size=40).map(str.encode))
def test_any_bytes_give_rows_or_a_parse_error(document: bytes) -> None:
    tally = Tally()
    try:
        rows = list(parse(document, source="x", tally=tally))
        rows += list(parse(b'{"data": [{"id": 1},' + document, source="x", tally=tally))
    except ParseError:
        return
    assert tally.rows == len(rows)


def real(directory: Path, pattern: str) -> tuple[dict[str, list[Row]], Tally]:
    tally = Tally()
    paths = sorted(directory.glob(pattern))
    files = ((str(path), unpack(path.read_bytes(), source=str(path))) for path in paths)
    return documents(files, tally=tally), tally


def test_the_whole_of_2016_and_its_trap(dev_only: Path) -> None:
    found, tally = real(dev_only / "coherent-2016" / "peeringdb", "*.json.xz")
    exchanges = join(found, tally=tally)
    assert len(exchanges.points) == 557
    assert exchanges.lan_of(ip_address("192.168.10.1")) is None
    assert not any(port.is_private for port in exchanges.ports)
    assert tally.rows == 557 + 559 + 793 + 17772
    assert tally.skipped["LAN in special-purpose space"] == 1
    assert len(exchanges.ports) > 28_000
    assert exchanges.speeds.keys() <= exchanges.ports.keys()
    lan = exchanges.lan_of(ip_address("195.66.224.1"))
    assert lan is not None
    assert exchanges.points[lan[0]].name.startswith("LINX")


def test_every_row_of_2018_is_read(dev_only: Path) -> None:
    found, tally = real(dev_only / "ixp-2018", "peeringdb-*.json.xz")
    lans = list(read(found["ixlan"], IxLan.of, tally=tally))
    prefixes = list(read(found["ixpfx"], IxPrefix.of, tally=tally))
    assert (len(found["ix"]), len(lans), len(prefixes)) == (644, 654, 1173)
    assert {prefix.ixlan_id for prefix in prefixes} <= {lan.ixlan_id for lan in lans}
    assert tally.skipped == {}


READERS = {
    "ix": Ix.of,
    "ixlan": IxLan.of,
    "ixpfx": IxPrefix.of,
    "netixlan": NetIxLan.of,
    "net": Net.of,
    "org": Org.of,
    "fac": Facility.of,
    "netfac": NetFacility.of,
    "ixfac": IxFacility.of,
}


def test_every_row_of_todays_pages_is_read(dev_only: Path) -> None:
    found, tally = real(dev_only / "peeringdb-api-2026", "[!c]*-page-1.json.xz")
    assert found.keys() == set(KINDS) == READERS.keys()
    for kind, reader in READERS.items():
        assert len(list(read(found[kind], reader, tally=tally))) == 250
    assert tally.skipped == {}
    exchanges = join(found, tally=tally)
    assert len(exchanges.points) == 250
    assert exchanges.lan_of(ip_address("208.115.136.9")) == (2, ip_network("208.115.136.0/23"))
    assert exchanges.names[20940].startswith("Akamai")
    assert sum(each.latitude is not None for each in exchanges.facilities.values()) == 245
    assert exchanges.owners[20940].org_id == 14
