"""Routes kept of collectors' tables: found again by address; chosen ones told from others."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.datasets.paths import PathTable, parse
from mxpath.errors import ParseError
from mxpath.model.address import Prefix
from mxpath.tables.covering import Overlapping

LINES = [
    "192.0.2.0/24|3320|198.51.100.1|||100|3320 64496|rrc00",
    "192.0.0.0/16|3320|198.51.100.1||||3320 64497|rrc00",
    "192.0.2.0/24|1299|2001:db8::1||||1299 1299 64496|route-views2",
    "2001:db8::/32|1299|2001:db8::1||||1299 {64498,64499}|route-views2",
]


def narrow(version: int) -> st.SearchStrategy[Prefix]:
    """Prefixes that often lie in one another: their first bits are few."""
    bits = 32 if version == 4 else 128
    kind = IPv4Network if version == 4 else IPv6Network

    def made(top: int, length: int) -> Prefix:
        number = top << bits - 6
        return kind((number >> bits - length << bits - length, length))

    return st.builds(made, st.integers(0, 63), st.integers(0, 8))


PREFIXES = st.lists(st.one_of(narrow(4), narrow(6)), max_size=8)


@given(chosen=PREFIXES, others=PREFIXES)
def test_a_prefix_is_covered_when_it_has_anything_of_what_was_chosen(
    chosen: list[Prefix], others: list[Prefix]
) -> None:
    packed = [p.network_address.packed.ljust(16, b"\0") for p in others]
    found = Overlapping(chosen).covered(
        np.array([p.version for p in others], np.uint8),
        np.frombuffer(b"".join(packed), np.uint8).reshape(-1, 16),
        np.array([p.prefixlen for p in others], np.uint8),
    )
    expected = [any(p.version == c.version and p.overlaps(c) for c in chosen) for p in others]
    assert found.tolist() == expected


def test_all_routes_around_an_address_the_longest_prefix_first() -> None:
    table = PathTable.of(parse(LINES, source="x"))
    found = table.covering(ip_address("192.0.2.9"))
    assert [(str(r.prefix), r.peer_asn) for r in found] == [
        ("192.0.2.0/24", 3320),
        ("192.0.2.0/24", 1299),
        ("192.0.0.0/16", 3320),
    ]
    (six,) = table.covering(ip_address("2001:db8::9"))
    assert six.path.final_set == (64498, 64499)
    assert table.covering(ip_address("10.0.0.1")) == ()
    assert [route.line for route in parse(LINES, source="x")] == LINES
    assert ip_network("192.0.2.0/24") in table.routes


def test_what_is_no_route_is_told_with_its_line() -> None:
    with pytest.raises(ParseError, match="x:2: expected a route"):
        list(parse([LINES[0], "nothing"], source="x"))
