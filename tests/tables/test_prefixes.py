from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.model.address import IPAddress, Prefix
from mxpath.tables.prefixes import OriginRow, PrefixTable, row_of

BITS = {4: 32, 6: 128}
BASE = {4: int(IPv4Address("10.0.0.0")), 6: int(IPv6Address("2001:db8::"))}


def near(version: int, offset: int) -> IPAddress:
    kind = IPv4Address if version == 4 else IPv6Address
    return kind(BASE[version] + offset)


@st.composite
def prefixes(draw: st.DrawFn, version: int) -> OriginRow:
    """Prefixes of at most 64 addresses, so close together that they nest and repeat."""
    length = draw(st.integers(BITS[version] - 6, BITS[version]))
    number = BASE[version] + draw(st.integers(0, 127))
    host_bits = BITS[version] - length
    prefix = ip_network((number >> host_bits << host_bits, length))
    origins = draw(st.lists(st.integers(1, 9), min_size=1, max_size=2, unique=True))
    return row_of(prefix, tuple(origins))


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, list[OriginRow]]:
    version = draw(st.sampled_from([4, 6]))
    return version, draw(st.lists(prefixes(version), max_size=25))


def longest(rows: list[OriginRow], address: IPAddress) -> tuple[int | None, set[int]] | None:
    """Brute force: every row is looked at."""
    covering = [row for row in rows if row.start <= int(address) <= row.end]
    if not covering:
        return None
    best = max(row.length or 0 for row in covering)
    return best, {asn for row in covering if row.length == best for asn in row.origins}


@given(tables())
def test_the_longest_prefix_answers_with_all_its_origins(
    table: tuple[int, list[OriginRow]],
) -> None:
    version, rows = table
    built = PrefixTable.of(rows, version=version)
    for offset in range(-1, 130):
        address = near(version, offset)
        expected, found = longest(rows, address), built.find(address)
        if expected is None:
            assert found is None
        else:
            assert found is not None
            assert (found[0].prefixlen, set(found[1])) == expected
            assert len(found[1]) == len(expected[1])
            assert address in found[0]


@st.composite
def ranges(draw: st.DrawFn) -> OriginRow:
    start = draw(st.integers(0, 60))
    end = start + draw(st.integers(0, 40))
    return OriginRow(BASE[4] + start, BASE[4] + end, 4, (draw(st.integers(1, 9)),), None)


@given(st.lists(ranges(), max_size=15))
def test_of_overlapping_ranges_the_narrowest_decides(rows: list[OriginRow]) -> None:
    built = PrefixTable.of(rows, version=4)
    for offset in range(110):
        address = near(4, offset)
        covering = [row for row in rows if row.start <= int(address) <= row.end]
        found = built.find(address)
        if not covering:
            assert found is None
            continue
        assert found is not None
        narrowest = min((row.end - row.start, -row.start) for row in covering)
        expected = {
            asn
            for row in covering
            if (row.end - row.start, -row.start) == narrowest
            for asn in row.origins
        }
        assert set(found[1]) == expected
        first, last = int(found[0].network_address), int(found[0].broadcast_address)
        assert any(row.start <= first <= int(address) <= last <= row.end for row in covering)


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    table: tuple[int, list[OriginRow]], random: object
) -> None:
    version, rows = table
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = PrefixTable.of(rows, version=version), PrefixTable.of(shuffled, version=version)
    for offset in range(130):
        address = near(version, offset)
        first, second = one.find(address), other.find(address)
        assert (first is None) == (second is None)
        if first is not None and second is not None:
            assert (first[0], set(first[1])) == (second[0], set(second[1]))


def test_several_rows_of_one_prefix_are_one_prefix_of_several_origins() -> None:
    prefix = ip_network("192.0.2.0/24")
    table = PrefixTable.of([row_of(prefix, (1,)), row_of(prefix, (2, 1))], version=4)
    assert table.find(ip_address("192.0.2.7")) == (prefix, (1, 2))


@pytest.mark.parametrize(
    ("start", "end", "asked", "block"),
    [
        ("10.0.0.0", "10.0.0.255", "10.0.0.9", "10.0.0.0/24"),
        ("10.0.0.1", "10.0.0.6", "10.0.0.1", "10.0.0.1/32"),
        ("10.0.0.1", "10.0.0.6", "10.0.0.3", "10.0.0.2/31"),
        ("0.0.0.0", "255.255.255.255", "10.0.0.3", "0.0.0.0/0"),
    ],
)
def test_a_range_answers_with_its_largest_block(
    start: str, end: str, asked: str, block: str
) -> None:
    row = OriginRow(int(IPv4Address(start)), int(IPv4Address(end)), 4, (1,), None)
    found = PrefixTable.of([row], version=4).find(ip_address(asked))
    assert found == (ip_network(block), (1,))


@pytest.mark.parametrize("prefix", ["0.0.0.0/0", "::/0"])
def test_the_ends_of_the_address_space_are_covered(prefix: str) -> None:
    network: Prefix = ip_network(prefix)
    table = PrefixTable.of([row_of(network, (1,))], version=network.version)
    assert table.find(network.network_address) == (network, (1,))
    assert table.find(network.broadcast_address) == (network, (1,))


def test_the_other_family_is_not_covered() -> None:
    table = PrefixTable.of([row_of(ip_network("::/0"), (1,))], version=6)
    assert table.find(ip_address("0.0.0.1")) is None


def test_an_empty_table_covers_nothing() -> None:
    for version, address in ((4, "1.1.1.1"), (6, "::1")):
        table = PrefixTable.of([], version=version)
        assert len(table) == 0
        assert table.find(ip_address(address)) is None
