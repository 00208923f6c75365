"""The fast ways against brute force and against the plain one: bulk look-up, build and queries."""

from ipaddress import ip_network

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.model.address import Prefix
from mxpath.tables import prefix_arrays, prefix_pieces
from mxpath.tables.prefixes import BITS, LOW, NO_SET, OriginRow, PrefixTable, row_of

_CORNERS_V6 = [(77 << 64) - 32, 77 << 64, (1 << 125) - 32, 1 << 125, 0x2001 << 112, (3 << 124) - 32]


def corners(version: int) -> list[int]:
    """Where 64 bits, the address space or nothing special begins and ends."""
    bits = BITS[version]
    return [0, (1 << bits) - 64, 77 << 20, *(_CORNERS_V6 if version == 6 else [])]


@st.composite
def rows(draw: st.DrawFn, version: int) -> OriginRow:
    """Prefixes of all lengths and ranges that are none, close together so that they overlap."""
    bits = BITS[version]
    number = draw(st.sampled_from(corners(version))) + draw(st.integers(0, 63))
    origins = tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=2, unique=True)))
    if draw(st.booleans()):
        end = min(number + draw(st.sampled_from([0, 1, 7, 40, 1 << 30])), (1 << bits) - 1)
        return OriginRow(number, end, version, origins, None)
    near = st.integers(bits - 6, bits)
    length = draw(st.one_of(near, st.integers(0, bits)))
    prefix = ip_network((number >> bits - length << bits - length, length))
    if prefix.version != version:  # a number below 2**32 is taken for IPv4
        prefix = ip_network(f"{row_address(number, version)}/{length}", strict=False)
    return row_of(prefix, origins)


def row_address(number: int, version: int) -> str:
    return (
        ":".join(f"{number >> shift & 0xFFFF:x}" for shift in range(112, -1, -16))
        if (version == 6)
        else ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
    )


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, list[OriginRow]]:
    version = draw(st.sampled_from([4, 6]))
    return version, draw(st.lists(rows(version), max_size=12))


def fast(rows: list[OriginRow], version: int) -> PrefixTable:
    return prefix_arrays.cut(prefix_arrays.Ranges.of(rows, version=version))


def asked(version: int) -> list[int]:
    """Addresses around all corners, and the first and last of all."""
    last = (1 << BITS[version]) - 1
    near = {corner + n for corner in corners(version) for n in range(-1, 65)}
    return sorted(number for number in {*near, 0, last, 1 << 31} if 0 <= number <= last)


def narrowest(rows: list[OriginRow], number: int) -> set[int] | None:
    """Brute force: every row is looked at."""
    covering = [row for row in rows if row.start <= number <= row.end]
    if not covering:
        return None
    best = min((row.end - row.start, -row.start) for row in covering)
    return {
        asn for row in covering if (row.end - row.start, -row.start) == best for asn in row.origins
    }


@settings(max_examples=25)
@given(tables())
def test_both_ways_of_building_give_equal_columns(table: tuple[int, list[OriginRow]]) -> None:
    version, some = table
    plain, quick = prefix_pieces.cut(some, version=version), fast(some, version)
    assert {name: list(column) for name, column in plain.columns().items()} == {
        name: list(column) for name, column in quick.columns().items()
    }


@settings(max_examples=25)
@given(tables())
def test_single_and_bulk_look_ups_are_those_of_brute_force(
    table: tuple[int, list[OriginRow]],
) -> None:
    version, some = table
    ranges = prefix_arrays.Ranges.of(some, version=version)
    built = prefix_arrays.cut(ranges, worth_buckets=0)
    numbers = asked(version)
    if version == 4:
        found = built.find_many(np.array(numbers, dtype=np.uint32))
    else:
        halves = [
            np.array(half, dtype=np.uint64) for half in zip(*map(split, numbers), strict=True)
        ]
        found = built.find_many(*halves)
    firsts = built.first_origins()
    for number, place in zip(numbers, found.tolist(), strict=True):
        expected, match = narrowest(some, number), built.match(number)
        if expected is None:
            assert match is None
            assert (built.piece_sets[place], firsts[place]) == (NO_SET, 0)
            continue
        assert match is not None
        assert set(match[2]) == expected
        assert match[2] == built.origin_set(built.piece_sets[place])
        assert (firsts[place], built.piece_lengths[place]) == (match[2][0], match[1])


def split(number: int) -> tuple[int, int]:
    return number >> 64, number & LOW


@settings(max_examples=25)
@given(tables(), st.data())
def test_covering_and_covered_are_those_of_brute_force(
    table: tuple[int, list[OriginRow]], data: st.DataObject
) -> None:
    version, some = table
    built = PrefixTable.of(some, version=version)
    asks = data.draw(st.lists(rows(version), min_size=1, max_size=6))
    for ask in [*asks, *some]:
        if ask.length is None:
            continue
        prefix: Prefix = ip_network(f"{row_address(ask.start, version)}/{ask.length}")
        around = [row[:2] for row in built.covering(prefix)]
        assert len(around) == len(set(around))
        assert around == sorted(around, key=lambda ends: (-ends[0], ends[1]))
        assert set(around) == {r[:2] for r in some if r.start <= ask.start and r.end >= ask.end}
        inside = [row[:2] for row in built.covered(prefix)]
        assert len(inside) == len(set(inside))
        assert set(inside) == {r[:2] for r in some if r.start >= ask.start and r.end <= ask.end}


def test_rows_come_back_with_all_that_they_had() -> None:
    moas = row_of(ip_network("192.0.2.0/24"), (3, 1))
    wide = row_of(ip_network("192.0.0.0/16"), (2,))
    table = PrefixTable.of([moas, wide], version=4)
    assert table.covering(ip_network("192.0.2.7/32")) == (moas, wide)
    assert list(table.covered(ip_network("0.0.0.0/0"))) == [wide, moas]
    assert table.covering(ip_network("::/0")) == ()
    assert list(table.covered(ip_network("::/0"))) == []


def test_the_one_overlapping_pair_of_the_shipped_ranges() -> None:
    pair = [
        OriginRow(3596550144, 3607166975, 4, (749,), None),
        OriginRow(3607101440, 3607167999, 4, (721,), None),
    ]
    table = PrefixTable.of(pair, version=4)
    asked = (3596550143, 3596550144, 3607101439, 3607101440, 3607166975, 3607167999, 3607168000)
    found = [table.match(number) for number in asked]
    assert [match and match[2] for match in found] == [
        None, (749,), (749,), (721,), (721,), (721,), None,
    ]  # fmt: skip


@pytest.mark.parametrize("version", [4, 6])
def test_batches_of_all_sizes_are_answered_alike(version: int) -> None:
    some = [row_of(ip_network((n << 8, 24)), (n,)) for n in range(1 << 16, (1 << 16) + 300, 2)]
    if version == 6:
        some = [OriginRow(n << 64, (n << 64) + 9, 6, (n,), None) for n in range(300)]
    built = fast(some, version)
    generator = np.random.default_rng(1)
    numbers = generator.integers(0, 310, 70_000, dtype=np.uint64)
    low = generator.integers(0, 20, 70_000, dtype=np.uint64)
    high = numbers if version == 6 else (1 << 24) + (numbers << np.uint64(8)) + low
    lows = low if version == 6 else None
    whole = built.find_many(high, lows)
    few = [
        built.find_many(high[n : n + 1], low[n : n + 1] if version == 6 else None)[0]
        for n in range(50)
    ]
    assert whole[:50].tolist() == few
