import json
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.datasets.peeringdb import KINDS, Exchanges, Row, join, parse
from mxpath.datasets.snapshot import Tally, unpack
from mxpath.errors import ParseError


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
        b'{"data": [{"id": "1"}]}',
        b"[" * 99999,
    ],
)
def test_what_is_no_api_document_is_a_parse_error(document: bytes) -> None:
    with pytest.raises(ParseError, match=r"^ix\.json: "):
        parse(document, source="ix.json")


@pytest.mark.parametrize(
    "broken",
    [
        {"ixpfx": [row(1, ixlan_id=7, prefix="80.249.208.1/21")]},
        {"ixpfx": [row(1, ixlan_id=None, prefix="80.249.208.0/21")]},
        {"ixlan": [row(7)]},
        {"netixlan": [row(1, ixlan_id=7, asn="AS1", ipaddr4="80.249.208.11")]},
        {"netixlan": [row(1, ixlan_id=7, asn=1, ipaddr4="80.249.208")]},
        {"net": [row(1, asn=True, name="x")]},
    ],
)
def test_a_field_that_holds_something_else_is_a_parse_error(broken: dict[str, list[Row]]) -> None:
    with pytest.raises(ParseError, match=r"^peeringdb: "):
        join(world(**broken))


def test_a_missing_document_is_named() -> None:
    documents = world()
    del documents["ixpfx"]
    with pytest.raises(ParseError, match="no document for ixpfx"):
        join(documents)


values = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.just([1])
rows_of_anything = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(0, 9)},
        optional=dict.fromkeys(
            ("ix_id", "ixlan_id", "prefix", "asn", "ipaddr4", "ipaddr6", "name", "city"), values
        ),
    ),
    max_size=4,
)


@settings(max_examples=40)
@given(st.fixed_dictionaries(dict.fromkeys(KINDS, rows_of_anything)))
def test_strange_rows_raise_parse_error_and_nothing_else(documents: dict[str, list[Row]]) -> None:
    try:
        exchanges = join(documents)
    except ParseError:
        return
    assert set(exchanges.members) <= set(exchanges.points)


def real(directory: Path, pattern: str) -> tuple[Exchanges, Tally]:
    documents, tally = {}, Tally()
    for kind in KINDS:
        path = directory / pattern.format(kind)
        if path.exists():
            document = unpack(path.read_bytes(), source=str(path))
            documents[kind] = list(parse(document, source=str(path), tally=tally))
    return join(documents, tally=tally), tally


@pytest.mark.slow
def test_the_whole_of_2016_and_its_trap(dev_only: Path) -> None:
    exchanges, tally = real(dev_only / "coherent-2016" / "peeringdb", "{}.json.xz")
    assert len(exchanges.points) == 557
    assert exchanges.lan_of(ip_address("192.168.10.1")) is None
    assert not any(port.is_private for port in exchanges.ports)
    assert tally.skipped["LAN in special-purpose space"] == 1
    assert len(exchanges.ports) > 28_000
    lan = exchanges.lan_of(ip_address("195.66.224.1"))
    assert lan is not None
    assert exchanges.points[lan[0]].name.startswith("LINX")


def test_pages_of_today(dev_only: Path) -> None:
    exchanges, tally = real(dev_only / "peeringdb-api-2026", "{}-page-1.json.xz")
    assert tally.rows == 5 * 250
    assert len(exchanges.points) == 250
    assert exchanges.lan_of(ip_address("208.115.136.9")) == (2, ip_network("208.115.136.0/23"))
    assert exchanges.names[20940].startswith("Akamai")
