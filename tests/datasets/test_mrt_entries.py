"""Routes about a few addresses out of a whole table: as many as a reader of all finds."""

from ipaddress import ip_address
from random import Random

import pytest

from datasets.made_mrt import as_path, attribute, entry, message, peer_index, prefix, record
from datasets.mrt_samples import ALL, Sample
from mxpath.datasets import mrt
from mxpath.datasets.mrt_batches import RouteKind
from mxpath.datasets.mrt_entries import rib_entries
from mxpath.datasets.mrt_rows import rows
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError
from mxpath.model.address import IPAddress
from mxpath.model.bgp import AsPath

TABLES = [sample for sample in ALL if "rib" in sample.path.name or "bview" in sample.path.name]
_ORIGIN = attribute(1, b"\0")


def table(*entries: bytes, network: str = "192.0.2.0/24", subtype: int = 2) -> bytes:
    body = b"\0\0\0\0" + prefix(network) + len(entries).to_bytes(2, "big") + b"".join(entries)
    return record(13, subtype, body)


@pytest.mark.parametrize("sample", TABLES, ids=str)
def test_nothing_is_lost_by_looking_at_few_records(sample: Sample) -> None:
    told = [
        route
        for batch in mrt.parse(sample.content, source="x")
        for route in rows(batch)
        if route.kind is RouteKind.ENTRY and not route.multicast and route.told is not None
    ]
    networks = sorted({route.prefix for route in told}, key=str)
    asked: list[IPAddress] = [
        Random(n).choice((p.network_address, p.broadcast_address)) for n, p in enumerate(networks)
    ][::3]
    expected = [
        (route.prefix, route.peer_asn or None, route.told.asns)
        for route in told
        if route.told is not None and any(address in route.prefix for address in asked)
    ]
    assert expected
    found = rib_entries(sample.content, asked, source="x")
    assert [(e.prefix, e.peer_asn, (*e.path.asns, *e.path.final_set)) for e in found] == expected


def test_what_a_route_says() -> None:
    told = _ORIGIN + as_path([(3, [65001]), (2, [64497, 64497]), (1, [64501, 64500])])
    told += attribute(5, (120).to_bytes(4, "big"))
    (found,) = rib_entries(
        peer_index(("192.0.2.9", 64497)) + table(entry(0, told)),
        [ip_address("192.0.2.77")],
        source="mine",
    )
    assert found.path == AsPath(asns=(64497, 64497), final_set=(64500, 64501))
    assert (found.collector, found.local_pref, found.best) == ("mine", 120, None)
    assert found.heard_at is not None
    assert found.heard_at.timestamp() == 900_000_000


def test_what_is_of_no_use_is_counted() -> None:
    hidden = _ORIGIN + as_path([(2, [64497]), (1, [64500]), (2, [64501])])
    content = peer_index(("192.0.2.9", 64497)) + table(entry(0, hidden), entry(0, _ORIGIN))
    tally = Tally()
    assert rib_entries(content, [ip_address("192.0.2.77")], source="x", tally=tally) == ()
    assert tally.skipped == {"an AS_SET inside a path": 1, "a route without AS_PATH": 1}
    whole = entry(0, _ORIGIN + as_path([(2, [64497])]))
    for subtype, count in ((2, 1), (3, 0)):  # the second is a table of multicast
        content = peer_index(("192.0.2.9", 64497)) + table(whole, subtype=subtype)
        assert len(rib_entries(content, [ip_address("192.0.2.77")], source="x")) == count


def test_messages_are_no_table() -> None:
    content = message(_ORIGIN + as_path([(2, [64497])]), prefix("192.0.2.0/24"))
    with pytest.raises(ParseError, match="mine: holds no table"):
        rib_entries(content, [ip_address("192.0.2.77")], source="mine")


def test_a_table_that_ends_early_is_said() -> None:
    content = peer_index(("192.0.2.9", 64497)) + table(entry(0, _ORIGIN))
    with pytest.raises(ParseError, match="byte 37: the data end inside a record"):
        rib_entries(content[:-3], [ip_address("203.0.113.1")], source="x")
