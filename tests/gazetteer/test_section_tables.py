"""What columns answer, after a way through bytes, is what dictionaries and a look at all rows say."""

import copy
import pickle
from array import array
from collections.abc import Mapping
from datetime import date
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.datasets.as2org import Holding, Organisation
from mxpath.datasets.asrel import Heading
from mxpath.datasets.delegated import Delegation, Status
from mxpath.datasets.delegated import Kind as Delegated
from mxpath.datasets.geofeed import GeofeedRow
from mxpath.datasets.vrps import VrpRow
from mxpath.gazetteer.delegations import Delegations
from mxpath.gazetteer.geofeed_table import Geofeed
from mxpath.gazetteer.organisation_table import Organisations
from mxpath.gazetteer.relation_table import with_heading
from mxpath.gazetteer.table_kinds import (
    DELEGATIONS,
    ORGANISATIONS,
    PLACES,
    RELATIONS,
    VRPS,
    Kind,
)
from mxpath.gazetteer.vrp_table import VrpTable
from mxpath.model.address import IPAddress
from mxpath.model.relations import KINDS, AsRelations, Inference, Relation
from mxpath.tables.column_maps import Addresses, AddressMap, NumberSets
from mxpath.tables.columns import packed, unpacked
from mxpath.tables.prefixes import Keys
from mxpath.tables.range_index import RangeIndex

_T = TypeVar("_T")
quick = settings(max_examples=20)
asns = st.integers(1, 12) | st.integers(2**32 - 3, 2**32 - 1)
texts = st.none() | st.text("aé ", min_size=1, max_size=3)
days = st.none() | st.dates(date(1990, 1, 1), date(2026, 1, 1))


def kept(kind: Kind[_T], table: Any) -> _T:
    """The table after its columns became bytes and were read again."""
    return kind.of(unpacked(packed(table.columns())))


ranges = st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda ends: tuple(sorted(ends)))


@quick
@given(st.lists(ranges, max_size=8), st.sampled_from([4, 6]))
def test_the_first_range_that_holds_a_number_counts(
    spans: list[tuple[int, int]], version: int
) -> None:
    top = 2 ** (32 if version == 4 else 128) - 1
    spans += [(top - last, top - first) for first, last in spans]
    index = RangeIndex.of(spans, version=version)
    for number in (*range(23), *range(top - 22, top + 1)):
        holding = (n for n, (first, last) in enumerate(spans) if first <= number <= last)
        assert index.find(number) == next(holding, None)


rows = st.lists(
    st.tuples(asns, asns, st.sampled_from(Relation)).filter(lambda row: row[0] != row[1])
)


@quick
@given(rows)
def test_relations_are_those_of_a_dictionary(told: list[tuple[int, int, Relation]]) -> None:
    known: dict[tuple[int, int], Relation] = {}
    back = {Relation.CUSTOMER: Relation.PROVIDER, Relation.PROVIDER: Relation.CUSTOMER}
    for one, other, relation in told:
        known[one, other] = relation
        known[other, one] = back.get(relation, relation)
    table = kept(RELATIONS, with_heading(AsRelations.of(told), Heading())).relations
    numbers = {asn for pair in known for asn in pair} | {7, 2**32 - 1}
    for one in numbers:
        for other in numbers:
            assert table.between(one, other) == known.get((one, other))
            assert table.related(one, other) == ((one, other) in known)
        for relation in Relation:
            held = {b for (a, b), found in known.items() if (a, found) == (one, relation)}
            assert table.of_kind(one, relation) == held
    assert table == AsRelations.of(told) == pickle.loads(pickle.dumps(table)) == copy.copy(table)


def test_the_graph_can_be_walked_by_its_columns() -> None:
    table = AsRelations.of([(10, 30, Relation.CUSTOMER), (20, 30, Relation.PEER)])
    links = [
        (table.asns[n], table.asns[table.neighbours[at]], KINDS[table.kinds[at]])
        for n in range(len(table.asns))
        for at in range(table.offsets[n], table.offsets[n + 1])
    ]
    assert links == [
        (10, 30, Relation.CUSTOMER),
        (20, 30, Relation.PEER),
        (30, 10, Relation.PROVIDER),
        (30, 20, Relation.PEER),
    ]


def test_what_a_file_says_of_its_inference_is_kept() -> None:
    heading = Heading(
        clique=(174, 209),
        clique_inferred=True,
        exchanges=(1200,),
        first_day=date(2018, 11, 1),
        tables=3,
        methods={"bgp": 2},
    )
    relations = AsRelations.of([(1, 2, Relation.PEER)], source="asrel", as_of=date(2018, 12, 1))
    table = kept(RELATIONS, with_heading(relations, heading)).relations
    assert table.inference == Inference(
        clique=(174, 209),
        clique_inferred=True,
        exchanges=(1200,),
        first_day=date(2018, 11, 1),
        last_day=None,
        tables=3,
        methods=(("bgp", 2),),
    )


@st.composite
def payloads(draw: st.DrawFn) -> VrpRow:
    version = draw(st.sampled_from([4, 6]))
    bits = 32 if version == 4 else 128
    length = draw(st.sampled_from([0, 1, 8, 16, 24, 64, bits])) % (bits + 1)
    start = (
        draw(st.sampled_from([0, 10 << bits - 8, 2**bits - 1])) >> bits - length << bits - length
    )
    return VrpRow(version, start, length, draw(st.integers(length, bits)), draw(st.integers(0, 3)))


@quick
@given(st.lists(payloads(), max_size=10))
def test_covering_payloads_are_those_a_look_at_all_finds(told: list[VrpRow]) -> None:
    for version, bits, network in ((4, 32, IPv4Network), (6, 128, IPv6Network)):
        table = kept(VRPS[version], VrpTable.of(told, version=version))
        own = {row for row in told if row.version == version}
        assert len(table) == len(own)
        for row in (*own, VrpRow(version, 10 << bits - 8, bits, bits, 1)):
            prefix = network((row.start, row.length))
            around = [
                (-held.length, held.start, held.max_length, held.asn)
                for held in own
                if held.length <= row.length
                and held.start >> bits - held.length == row.start >> bits - held.length
            ]
            found = table.covering(prefix)
            assert [
                (-vrp.prefix.prefixlen, int(vrp.prefix[0]), vrp.max_length, vrp.asn)
                for vrp in found
            ] == sorted(around)


def test_keys_are_counted_within_a_stretch_that_is_sorted_by_itself() -> None:
    """VRPs are: by length first, so that the same half of an address comes again."""
    high, low = array("Q", [1, 2, 2, 1, 1, 2]), array("Q", [9, 5, 7, 3, 6, 0])
    stretches = Keys(high=memoryview(high), low=memoryview(low))
    assert [stretches.up_to(1 << 64 | n, 3, 6) for n in (2, 3, 5, 6, 9)] == [3, 4, 4, 5, 5]
    assert [stretches.up_to(2 << 64 | n, 0, 3) for n in (4, 5, 7)] == [1, 2, 3]


organisations = st.builds(
    Organisation,
    org_id=st.sampled_from("AB"),
    name=texts,
    country=texts,
    source=texts,
    changed=days,
)
holdings = st.builds(
    Holding,
    asn=asns,
    name=texts,
    org_id=st.sampled_from("ABC"),
    opaque_id=texts,
    source=texts,
    changed=days,
)


@quick
@given(st.lists(organisations | holdings, max_size=10))
def test_organisations_are_those_of_dictionaries(told: list[Organisation | Holding]) -> None:
    held: dict[int, Holding] = {}
    described: dict[str, Organisation] = {}
    for row in sorted(told, key=lambda row: row.changed or date.min, reverse=True):
        if isinstance(row, Holding):
            held.setdefault(row.asn, row)
        else:
            described.setdefault(row.org_id, row)
    table = kept(ORGANISATIONS, Organisations.of(told))
    for asn in (*held, 13):
        own = held.get(asn)
        assert table.holding(asn) == own
        assert table.organisation(asn) == (described.get(own.org_id) if own else None)
        alike = [n for n in sorted(held) if own and held[n].org_id == own.org_id and n != asn]
        assert table.siblings(asn) == tuple(alike)


@st.composite
def delegations(draw: st.DrawFn) -> Delegation:
    kind = draw(st.sampled_from(Delegated))
    if kind is Delegated.IPV6:
        size = 1 << draw(st.sampled_from([0, 64, 96, 126]))
        start = draw(st.integers(0, 3)) * size
    else:
        start, size = draw(st.integers(0, 40)), draw(st.integers(1, 12))
    return Delegation(
        draw(st.sampled_from(["arin", "apnic"])),
        kind,
        start,
        start + size - 1,
        draw(st.sampled_from(Status)),
        draw(st.none() | st.just("CH")),
        draw(days),
        draw(texts),
    )


@quick
@given(st.lists(delegations(), max_size=8))
def test_the_delegation_of_a_number_is_the_one_that_counts(told: list[Delegation]) -> None:
    free = (Status.AVAILABLE, Status.RESERVED)
    for of in Delegated:
        table = kept(DELEGATIONS[of], Delegations.of(told, kind=of))
        for number in (*range(55), 2**64, 2**96):
            around = [row for row in told if row.kind is of and row.start <= number <= row.end]
            best = min(
                around, key=lambda row: (row.status in free, row.end - row.start), default=None
            )
            if number < 2**32 or of is Delegated.IPV6:
                assert table.find(number) == best


@st.composite
def entries(draw: st.DrawFn) -> GeofeedRow:
    version = draw(st.sampled_from([4, 6]))
    bits = 32 if version == 4 else 128
    length = draw(st.integers(bits - 4, bits) | st.just(0))
    start = draw(st.integers(0, 15)) >> bits - length << bits - length
    return GeofeedRow(version, start, length, draw(texts), draw(texts), draw(texts))


@quick
@given(st.lists(entries(), max_size=8))
def test_the_longest_entry_of_a_geofeed_answers_the_first_of_equals(told: list[GeofeedRow]) -> None:
    table = kept(PLACES, Geofeed.of(told))
    for version, make in ((4, IPv4Address), (6, IPv6Address)):
        bits = 32 if version == 4 else 128
        for number in range(17):
            around = (
                row
                for row in told
                if row.version == version
                and number >> bits - row.length == row.start >> bits - row.length
            )
            best = max(around, key=lambda row: row.length, default=None)
            assert table.find(make(number)) == best


addresses: st.SearchStrategy[IPAddress] = st.builds(IPv4Address, st.integers(0, 9)) | st.builds(
    IPv6Address, st.integers(0, 9).map(lambda n: n << 63)
)


@quick
@given(st.dictionaries(addresses, st.integers(0, 3)))
def test_a_map_of_addresses_is_the_dictionary_without_its_zeros(
    known: dict[IPAddress, int],
) -> None:
    order = sorted(known, key=lambda address: (address.version, int(address)))
    columns = unpacked(packed(Addresses.of(order).columns("x")))
    values = [known[address] for address in order]
    found: Mapping[IPAddress, int] = AddressMap(
        Addresses.of_columns(columns, "x"), lambda at: values[at] or None
    )
    expected = {address: value for address, value in known.items() if value}
    assert (found, len(found), set(found)) == (expected, len(expected), set(expected))
    for address in (*known, IPv4Address(10), IPv6Address(10)):
        assert found.get(address) == expected.get(address)


@quick
@given(st.dictionaries(asns, st.sets(asns)))
def test_sets_by_number_are_those_of_the_dictionary(known: dict[int, set[int]]) -> None:
    sets = NumberSets.of_columns(unpacked(packed(NumberSets.of(known).columns("x"))), "x").map()
    assert sets == known
    with pytest.raises(KeyError):
        sets[13]
