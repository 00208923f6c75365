import json
import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.datasets import peeringdb
from mxpath.datasets.ixf import VERSIONS, IxfRow, Lan, Point, Port, documents, parse
from mxpath.datasets.snapshot import Tally, unpack
from mxpath.errors import ParseError
from mxpath.gazetteer.exchange_join import join
from mxpath.gazetteer.exchange_table import Exchanges

LAN = {"prefix": "80.249.208.0", "mask_length": 21}


def export(**changes: Any) -> dict[str, Any]:
    """One exchange point, one member with a port of each family."""
    whole = {
        "version": "1.0",
        "timestamp": "2026-06-17T00:00:00Z",
        "ixp_list": [
            {
                "ixp_id": 1,
                "shortname": "FRA-LIX",
                "country": "DE",
                "peeringdb_id": 31,
                "ixf_id": 7,
                "vlan": [{"id": 5, "name": "Peering", "ipv4": LAN}],
            }
        ],
        "member_list": [
            member(
                {
                    "vlan_id": 5,
                    "ipv4": {"address": "80.249.208.11", "routeserver": True},
                    "ipv6": {"address": "2001:7f8:1::11"},
                }
            )
        ],
    }
    return whole | changes


def member(*vlans: Any, **changes: Any) -> dict[str, Any]:
    connection = {
        "ixp_id": 1,
        "state": "Active",
        "if_list": [{"if_speed": 10000}, {"if_speed": 10000}],
        "vlan_list": list(vlans),
    }
    return {"asnum": 64496, "name": "Nordmail", "connection_list": [connection | changes]}


def read(whole: dict[str, Any]) -> tuple[list[IxfRow], Tally]:
    tally = Tally()
    return list(parse(json.dumps(whole).encode(), source="ix.json", tally=tally)), tally


def ports(whole: dict[str, Any]) -> tuple[list[Port], Tally]:
    rows, tally = read(whole)
    return [row for row in rows if isinstance(row, Port)], tally


@pytest.mark.parametrize("version", VERSIONS)
def test_points_lans_and_ports_of_each_version(version: str) -> None:
    rows, tally = read(export(version=version))
    assert rows[:2] == [
        Point(ixp_id=1, name="FRA-LIX", country="DE", peeringdb_id=31, ixf_id=7),
        Lan(ixp_id=1, vlan_id=5, prefix=ip_network("80.249.208.0/21"), name="Peering"),
    ]
    assert rows[2] == Port(
        ixp_id=1,
        vlan_id=5,
        asn=64496,
        address=ip_address("80.249.208.11"),
        member="Nordmail",
        speed_mbps=20000,
        state="active",
        uses_route_server=True,
    )
    assert len(rows) == tally.rows == 4
    assert tally.skipped == {}


@pytest.mark.parametrize(
    ("changes", "half"),
    [
        ({"member_type": "routeserver"}, {}),
        ({}, {"service_type": ["ixrouteserver"]}),
        ({}, {"services": [{"type": "ixrouteserver", "os": "BIRD"}]}),
    ],
)
def test_route_servers_of_each_version(changes: dict[str, str], half: dict[str, Any]) -> None:
    served = member({"ipv4": {"address": "80.249.208.1", **half}}) | changes
    (port,), _ = ports(export(member_list=[served]))
    assert port.is_route_server
    assert not port.is_collector


def test_odd_ports_are_rows_all_the_same() -> None:
    odd = [
        {"ipv4": {"address": ["80.249.208.12", "80.249.208.13/21"]}},
        {"vlan_id": "6", "ipv6": None, "ipv4": [{"address": "80.249.208.14"}]},
        {"vlan_id": None, "ipv6": {"address": "2001:7F8:1:0::15", "routeserver": "yes"}},
    ]
    whole = export(member_list=[member(*odd, state=None, if_list=None) | {"asnum": "AS64497"}])
    found, tally = ports(whole)
    assert [str(port.address) for port in found] == [
        "80.249.208.12",
        "80.249.208.13",
        "80.249.208.14",
        "2001:7f8:1::15",
    ]
    assert [port.vlan_id for port in found] == [None, None, 6, None]
    assert {port.asn for port in found} == {64497}
    assert {(port.speed_mbps, port.state, port.uses_route_server) for port in found} == {
        (None, None, None)
    }
    assert all(port.is_active for port in found)
    assert tally.skipped == {}


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([None], "member without an AS number"),
        ([{"asnum": None}], "member without an AS number"),
        ([{"asnum": 0}], "member without an AS number"),
        ([{"asnum": 2**32}], "member without an AS number"),
        ([{"asnum": True}], "member without an AS number"),
        (
            [member({"ipv4": {"address": "80.249.208"}}, vlan_list=[{"ipv4": {"address": 7}}])],
            "port whose address does not parse",
        ),
        ([member({"ipv4": {"address": "2001:db8::1"}})], "port whose address does not parse"),
        ([member({"ipv6": {"address": "fe80::1%1"}})], "port whose address does not parse"),
        ([member({"vlan_id": 5, "ipv4": None})], "connection without an address"),
        ([member(None)], "connection without an address"),
        ([member({}, ixp_id=2)], "connection to an exchange point that is not listed"),
        ([member({}, ixp_id=None)], "connection to an exchange point that is not listed"),
        (
            [{"asnum": 1, "connection_list": [None]}],
            "connection to an exchange point that is not listed",
        ),
    ],
)
def test_what_is_no_port_is_counted_with_its_reason(items: list[Any], reason: str) -> None:
    found, tally = ports(export(member_list=items))
    assert found == []
    assert tally.skipped[reason] == 1


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ([None], "exchange point without a number"),
        ([{"ixp_id": "x"}], "exchange point without a number"),
        ([{"ixp_id": 1}, {"ixp_id": 1}], "exchange point listed twice"),
        ([{"ixp_id": 1, "vlan": [{"ipv4": {"prefix": "x"}}]}], "LAN whose prefix does not parse"),
        (
            [{"ixp_id": 1, "vlan": {"ipv4": {"prefix": "80.249.208.0"}}}],
            "LAN whose prefix does not parse",
        ),
        ([{"ixp_id": 1, "vlan": [{"ipv6": LAN}]}], "LAN whose prefix does not parse"),
    ],
)
def test_what_is_no_exchange_point_or_lan_is_counted(points: list[Any], reason: str) -> None:
    rows, tally = read(export(ixp_list=points, member_list=[]))
    assert not any(isinstance(row, Lan) for row in rows)
    assert tally.skipped == {reason: 1}


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>",
        b"[]",
        b"[" * 99999,
        b"{}",
        b'{"version": "1.0", "ixp_list": [], "member_list": {}}',
        b'{"version": "0.5", "ixp_list": [], "member_list": []}',
        b'{"ixp_list": [], "member_list": []}',
        b"9" * 9999,
        b"\xff\xfe{",
    ],
)
def test_a_document_of_another_kind_is_a_parse_error(document: bytes) -> None:
    with pytest.raises(ParseError, match=r"^ix\.json(:1)?: "):
        list(parse(document, source="ix.json"))


def joined(whole: dict[str, Any], **options: Any) -> tuple[Exchanges, Tally]:
    tally = Tally()
    shaped = documents(read(whole)[0], tally=tally, **options)
    return join(shaped, tally=tally), tally


def test_an_export_joins_by_its_peeringdb_number() -> None:
    exchanges, tally = joined(export())
    assert exchanges.points[31].name == "FRA-LIX"
    assert exchanges.ports == {
        ip_address("80.249.208.11"): (31, 64496),
        ip_address("2001:7f8:1::11"): (31, 64496),
    }
    assert exchanges.members == {31: frozenset({64496})}
    assert tally.skipped == {}


def test_an_export_without_one_joins_by_its_lan() -> None:
    known, _ = joined(export())
    nameless = export()
    del nameless["ixp_list"][0]["peeringdb_id"]
    assert joined(nameless, known=known)[0].ports == known.ports
    unknown, tally = joined(nameless)
    assert unknown.points == {}
    assert tally.skipped == {
        "exchange point without a PeeringDB number": 1,
        "port of an exchange point without a PeeringDB number": 2,
    }


def test_ports_that_are_not_active_do_not_count() -> None:
    idle = member({"ipv4": {"address": "80.249.208.11"}}, state="inactive")
    exchanges, tally = joined(export(member_list=[idle]))
    assert exchanges.ports == {}
    assert tally.skipped == {"port that is not active": 1}


FIELDS = re.findall(
    r"\w+",
    "ixp_id vlan ipv4 ipv6 prefix mask_length address asnum connection_list vlan_list if_list "
    "if_speed services id name",
)
odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 2**33)
    | st.sampled_from(["", "1", "80.249.208.9", "80.249.208.0", "2001:7f8::1", "AS5", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@settings(max_examples=30)
@given(st.lists(odd_values, max_size=2), st.lists(odd_values, max_size=2))
def test_whatever_stands_in_an_export_gives_rows(points: list[Any], members: list[Any]) -> None:
    sound = export()
    rows, tally = read(
        export(
            ixp_list=sound["ixp_list"] + points,
            member_list=members
            + [member(each) | {"connection_list": [each]} for each in points]
            + sound["member_list"],
        )
    )
    assert tally.rows == len(rows)
    assert ip_address("80.249.208.11") in {row.address for row in rows if isinstance(row, Port)}
    join(documents(rows))


@pytest.mark.parametrize(
    ("name", "counts", "skipped"),
    [
        # points, LANs, networks, route servers' ports
        # 193.105.101.0/23 has a bit too many
        ("official_example.json", (1, 2, 1, 0), {"LAN whose prefix does not parse": 1}),
        ("bcix.json", (1, 0, 81, 0), {}),
        ("skip_routeserver_06.json", (1, 4, 18, 2), {"connection without an address": 1}),
        ("skip_routeserver_07.json", (1, 2, 23, 4), {}),
    ],
)
def test_real_exports_lose_nothing(
    dev_only: Path, name: str, counts: tuple[int, ...], skipped: dict[str, int]
) -> None:
    tally = Tally()
    document = (dev_only / "ixf" / name).read_bytes()
    rows = list(parse(document, source=name, tally=tally))
    found = [row for row in rows if isinstance(row, Port)]
    assert counts == (
        sum(isinstance(row, Point) for row in rows),
        sum(isinstance(row, Lan) for row in rows),
        len({port.asn for port in found}),
        sum(port.is_route_server for port in found),
    )
    assert len(found) == len(re.findall(rb'"address"\s*:', document))
    assert tally.skipped == skipped


@pytest.mark.slow
def test_real_exports_agree_with_peeringdb(dev_only: Path) -> None:
    """TREX names no PeeringDB number: its LAN does, and its ports of 2020 are those of 2016."""
    paths = sorted((dev_only / "coherent-2016" / "peeringdb").glob("*.json.xz"))
    files = ((str(path), unpack(path.read_bytes(), source=str(path))) for path in paths)
    known = join(peeringdb.documents(files))
    export_ = (dev_only / "ixf" / "skip_routeserver_06.json").read_bytes()
    tally = Tally()
    shaped = documents(parse(export_, source="trex"), known=known, tally=tally)
    own = join(shaped, tally=tally)
    assert [known.points[ix_id].name for ix_id in own.points] == ["TREX"]
    both = own.ports.keys() & known.ports.keys()
    assert (len(own.ports), len(both)) == (36, 29)
    assert all(own.ports[address] == known.ports[address] for address in both)
    assert tally.skipped == {}
