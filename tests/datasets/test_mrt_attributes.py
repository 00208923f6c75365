"""What path attributes say, each written octet by octet."""

from ipaddress import IPv4Address, ip_address
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.made_mrt import (
    Segments,
    as_path,
    attribute,
    entry,
    message,
    network,
    peer_index,
    prefix,
    reach,
    record,
    rib,
    session,
    unreach,
    update,
)
from mxpath.datasets import mrt
from mxpath.datasets.mrt_batches import RouteKind
from mxpath.datasets.mrt_rows import Route, Told, rows
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError

NLRI = prefix("198.51.100.0/24")
SET, SEQUENCE, CONFED, CONFED_SET = 1, 2, 3, 4


def read(content: bytes, tally: Tally | None = None) -> list[Route]:
    batches = mrt.parse(content, source="made.mrt", tally=tally)
    return [route for batch in batches for route in rows(batch)]


def told(attributes: bytes, width: int = 4, tally: Tally | None = None) -> Told:
    (route,) = read(message(attributes, NLRI, width=width), tally)
    assert route.told is not None
    return route.told


def segments(found: Told) -> Segments:
    assert found.path is not None
    return [(segment.kind, list(segment.asns)) for segment in found.path]


@pytest.mark.parametrize("width", [2, 4])
@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ([], None),
        ([(SEQUENCE, [64500, 64501])], 64501),
        ([(SEQUENCE, [64500]), (SET, [64501, 64502])], None),
        ([(CONFED, [65001, 65002]), (CONFED_SET, [65003]), (SEQUENCE, [64500])], 64500),
        ([(SEQUENCE, [64500] * 255), (SEQUENCE, [64500, 64501])], 64501),
        ([(SET, [64500]), (SEQUENCE, [])], None),
    ],
)
def test_paths_keep_their_segments(width: int, path: Segments, origin: int | None) -> None:
    found = told(as_path(path, width), width)
    assert segments(found) == path
    assert found.origin_asn == origin
    (batch,) = mrt.parse(message(as_path(path, width), NLRI, width=width), source="x")
    assert batch.origins.tolist() == [origin or 0]


@pytest.mark.parametrize(
    ("old", "new", "merged"),
    [
        # the leading part that is longer, then AS4_PATH
        ([(2, [1, 23456, 23456])], [(2, [70000, 70001])], [(2, [1]), (2, [70000, 70001])]),
        ([(2, [23456, 23456])], [(2, [70000, 70001])], [(2, []), (2, [70000, 70001])]),
        # longer than AS_PATH: not believed
        ([(2, [1, 23456])], [(2, [70000, 70001, 70002])], [(2, [1, 23456])]),
        # a set counts one
        ([(2, [1, 2]), (1, [3, 4])], [(1, [70000, 3])], [(2, [1, 2]), (1, [70000, 3])]),
        ([(1, [3, 4]), (2, [1, 23456])], [(2, [70000])], [(1, [3, 4]), (2, [1]), (2, [70000])]),
        ([(2, [1]), (1, [3, 4])], [(2, [70000, 70001])], [(2, [70000, 70001])]),
        # confederations count nothing, and stay in front, or behind what stays
        ([(3, [9]), (2, [23456])], [(2, [70000])], [(3, [9]), (2, [70000])]),
        (
            [(2, [1]), (3, [9]), (2, [23456])],
            [(2, [70000])],
            [(2, [1]), (3, [9]), (2, [70000])],
        ),
        ([(3, [9]), (2, [1, 23456])], [(2, [70000])], [(3, [9]), (2, [1]), (2, [70000])]),
        ([(2, [1, 23456])], [(3, [9]), (2, [70000])], [(2, [1]), (2, [70000])]),
        # nothing to complete
        ([], [(2, [70000])], []),
    ],
)
def test_as4_path_completes_a_path_of_two_octets(
    old: Segments, new: Segments, merged: Segments
) -> None:
    both = as_path(old, 2) + as_path(new, 4, 17)
    other = as_path([(2, [64500, 64501])], 2)  # a route beside it stays as it is
    first, second, third = read(message(other, NLRI, width=2) + message(both, NLRI + NLRI, width=2))
    assert second.told == third.told
    assert second.told is not None
    assert first.told is not None
    keeps = [part for part in merged if part[1]]
    assert [part for part in segments(second.told) if part[1]] == keeps
    assert first.told.asns == (64500, 64501)


def test_as4_path_alone_is_no_path() -> None:
    assert told(as_path([(2, [70000])], 4, 17), 2).path is None


def test_as4_path_says_nothing_where_paths_have_four_octets() -> None:
    both = as_path([(2, [1, 23456])]) + as_path([(2, [70000])], 4, 17)
    assert told(both).asns == (1, 23456)


def test_an_aggregator_that_is_not_as_trans_says_that_as4_is_stale() -> None:
    stale = attribute(7, pack(">HI", 64500, 1)) + attribute(18, pack(">II", 70000, 2))
    fresh = attribute(7, pack(">HI", 23456, 1)) + attribute(18, pack(">II", 70000, 2))
    path = as_path([(2, [1, 23456])], 2) + as_path([(2, [70000])], 4, 17)
    found = told(stale + path, 2)
    assert (found.aggregator, found.asns) == ((64500, IPv4Address(1)), (1, 23456))
    found = told(fresh + path, 2)
    assert (found.aggregator, found.asns) == ((70000, IPv4Address(2)), (1, 70000))


def test_everything_else_is_read_too() -> None:
    found = told(
        attribute(1, b"\2")
        + attribute(3, ip_address("192.0.2.9").packed)
        + attribute(4, pack(">I", 2**32 - 1))
        + attribute(5, pack(">I", 100))
        + attribute(6, b"")
        + attribute(7, pack(">II", 70000, 0xC0000201))
        + attribute(8, pack(">II", 0xFFFFFF01, 64500 << 16 | 7))
        + attribute(16, pack(">Q", 0x0002FBF400000064))
        + attribute(32, pack(">IIIIII", 64500, 1, 2, 64500, 3, 4))
        + attribute(99, b"x" * 300)
        + attribute(200, b"")
    )
    assert found == Told(
        path=None,
        origin_asn=None,
        origin=2,
        med=2**32 - 1,
        local_pref=100,
        atomic_aggregate=True,
        aggregator=(70000, IPv4Address("192.0.2.1")),
        communities=(0xFFFFFF01, 64500 << 16 | 7),
        extended_communities=(0x0002FBF400000064,),
        large_communities=((64500, 1, 2), (64500, 3, 4)),
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (1, b""),
        (1, b"\3"),
        (2, b"\2\2\0\0\0\1"),
        (2, b"\5\1\0\0\0\1"),
        (2, b"\2"),
        (3, b"\1\2\3"),
        (4, b"\1\2\3\4\5"),
        (7, b"\0" * 7),
        (8, b"\0" * 6),
        (9, b"\0" * 3),
        (10, b"\0" * 5),
        (14, b"\0\1"),
        (14, b"\0\2\1\x10"),
        (15, b"\0\2"),
        (16, b"\0" * 12),
        (32, b"\0" * 4),
    ],
)
def test_an_attribute_that_is_not_what_it_wants_to_be_is_left_out_alone(
    kind: int, value: bytes
) -> None:
    tally = Tally()
    found = told(attribute(kind, value) + attribute(5, pack(">I", 7)), tally=tally)
    assert found.local_pref == 7
    assert (found.path, found.origin, found.med) == (None, None, None)
    assert (found.communities, found.aggregator) == ((), None)
    assert tally.skipped == {f"damaged attribute of type {kind}": 1}


def test_what_bgpdump_prints_in_its_long_form_alone_is_in_the_columns() -> None:
    hops = ip_address("2001:db8::9").packed, ip_address("fe80::9").packed
    nlri = prefix("2001:db8::/32")
    value = pack(">HBB", 2, 1, 32) + b"".join(hops) + b"\0" + nlri
    more = attribute(9, pack(">I", 7)) + attribute(10, pack(">III", 1, 2, 3))
    (batch,) = mrt.parse(message(attribute(14, value) + more) + message(b"", NLRI), source="x")
    columns = batch.attributes
    assert [one.tobytes() for one in columns.link_local] == [hops[1], bytes(16)]
    assert batch.next_hops.addresses[0].tobytes() == hops[0]
    assert columns.originator_id.tolist() == [7, 0]
    assert columns.clusters.offsets.tolist() == [0, 3, 3]
    assert columns.clusters.values.tolist() == [1, 2, 3]


def test_of_two_attributes_of_a_type_the_first_counts() -> None:
    four = b"".join(attribute(5, pack(">I", one)) for one in (1, 2, 3))
    assert told(four).local_pref == 1
    assert told(attribute(99, b"a") + attribute(99, b"b") + four).local_pref == 1


@pytest.mark.parametrize(
    "attributes",
    [b"\x40", b"\x40\x01", b"\x40\x01\x02\x00", b"\x50\x02\x00", b"\x50\x02\x01\x00ab"],
)
def test_attributes_that_run_over_their_end_damage_the_record(attributes: bytes) -> None:
    good = message(attribute(5, pack(">I", 1)), NLRI)
    for bad in (
        message(attributes, NLRI),
        peer_index(("192.0.2.1", 1)) + rib(2, "192.0.2.0/24", entry(0, attributes)),
    ):
        with pytest.raises(ParseError, match=r"byte \d+: attributes that do not fill their block"):
            read(good + bad)
        tally = Tally()
        batches = mrt.parse(good + bad + good, source="x", tally=tally, lenient=True)
        assert sum(map(len, batches)) == 2
        assert tally.skipped == {"attributes that do not fill their block": 1}


def test_withdrawn_comes_before_announced_and_plain_before_multiprotocol() -> None:
    content = message(
        reach(2, "2001:db8::1", [prefix("2001:db8:1::/48"), prefix("2001:db8:2::/48")])
        + unreach(2, [prefix("2001:db8:3::/48")])
        + attribute(3, ip_address("192.0.2.9").packed),
        NLRI,
        prefix("203.0.113.0/24"),
    )
    found = read(content + content)
    assert [(route.kind.name[0], str(route.prefix), str(route.next_hop)) for route in found] == [
        ("W", "203.0.113.0/24", "None"),
        ("W", "2001:db8:3::/48", "None"),
        ("A", "198.51.100.0/24", "192.0.2.9"),
        ("A", "2001:db8:1::/48", "2001:db8::1"),
        ("A", "2001:db8:2::/48", "2001:db8::1"),
    ] * 2


def test_families_beyond_unicast_and_multicast_are_counted() -> None:
    tally = Tally()
    strange = reach(1, "192.0.2.9", [b"\x70" + bytes(14)], safi=128) + unreach(25, [b"x"], safi=70)
    assert read(message(strange), tally) == []
    assert tally.skipped == {"family 1/128": 1, "family 25/70": 1}
    (multicast,) = read(message(reach(1, "192.0.2.9", [NLRI], safi=2)))
    assert (multicast.multicast, str(multicast.next_hop)) == (True, "192.0.2.9")


@pytest.mark.parametrize("kind", [16, 17])
@pytest.mark.parametrize("subtype", [1, 4, 6, 7, 8, 9, 10, 11])
@pytest.mark.parametrize("peer", ["192.0.2.1", "2001:db8::1"])
def test_all_kinds_of_messages(kind: int, subtype: int, peer: str) -> None:
    width = 2 if subtype in (1, 6, 8, 10) else 4
    path_id = 77 if subtype >= 8 else None
    path = as_path([(2, [64500, 64501])], width)
    six = reach(2, "2001:db8::9", [prefix("2001:db8::/32", path_id)])
    body = session(width, 64500, peer, peer) + update(
        path + six, prefix("192.0.2.0/25", path_id), prefix("192.0.2.128/25", path_id)
    )
    withdrawn, four, other = read(record(kind, subtype, body))
    assert (withdrawn.kind, withdrawn.told) == (RouteKind.WITHDRAWN, None)
    for route, text in ((four, "192.0.2.0/25"), (other, "2001:db8::/32")):
        assert route.prefix == network(text)
        assert route.told is not None
        assert route.told.asns == (64500, 64501)
        assert (route.peer_asn, str(route.peer_address)) == (64500, peer)
        assert route.path_id == withdrawn.path_id == path_id
        assert route.told_at.microsecond == (123 if kind == 17 else 0)
        assert route.originated_at is None


@pytest.mark.parametrize(("subtype", "width"), [(0, 2), (5, 4)])
@pytest.mark.parametrize("kind", [16, 17])
def test_states_of_sessions(kind: int, subtype: int, width: int) -> None:
    body = session(width, 64500, "2001:db8::1", "2001:db8::2") + pack(">HH", 6, 1)
    (batch,) = mrt.parse(record(kind, subtype, body), source="x")
    assert (len(batch), len(batch.states)) == (0, 1)
    assert (batch.states.before.tolist(), batch.states.after.tolist()) == ([6], [1])
    assert batch.peers.asns[batch.states.peers].tolist() == [64500]
    assert batch.peers.local_asns[batch.states.peers].tolist() == [64499]


LONG = b"\x21\xc0\x00\x02\x00\x80"
TORN = pack(">HHH", 0, 200, 0)
ONE_ENTRY = entry(0, b"")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (message(b"", LONG), "prefixes that do not fill their list"),
        (message(b"", b"", LONG), "prefixes that do not fill their list"),
        (message(b"", b"\x18\xc0\x00"), "prefixes that do not fill their list"),
        (message(reach(2, "::1", [b"\x20\x20"])), "prefixes that do not fill their attribute"),
        (message(unreach(2, [b"\x81" + bytes(17)])), "prefixes that do not fill their attribute"),
        (record(16, 4, session() + b"\xfe" + update()[1:]), "no whole BGP message"),
        (record(16, 4, session() + update()[:-1]), "no whole BGP message"),
        (record(16, 4, session() + update()[:19] + TORN[2:] + bytes(300)), "an UPDATE whose parts"),
        (
            record(16, 4, session() + b"\xff" * 16 + pack(">HB", 25, 2) + TORN + bytes(300)),
            "an UPDATE whose parts do not fill it",
        ),
        (record(16, 5, session() + b"\0\1\0"), "a state that is cut off"),
        (record(16, 4, session()[:10]), "a record that ends before it says whose it is"),
        (record(16, 4, session()[:17]), "a record that ends before it says whose it is"),
        (record(12, 1, bytes(21)), "a table entry that does not fit into its record"),
        (record(12, 1, bytes(8) + b"\x21" + bytes(13)), "a table entry that does not fit"),
        (
            record(13, 2, bytes(4) + NLRI + pack(">H", 2) + ONE_ENTRY),
            "entries that do not fill their record",
        ),
        (
            record(13, 2, bytes(4) + NLRI + pack(">H", 1) + ONE_ENTRY * 2),
            "entries that do not fill their record",
        ),
    ],
)
def test_records_that_are_not_what_they_say(bad: bytes, says: str) -> None:
    start = peer_index(("192.0.2.1", 1)) + message(b"", NLRI)
    with pytest.raises(ParseError, match=f"byte {len(start)}: {says}"):
        read(start + bad)
    tally = Tally()
    assert sum(map(len, mrt.parse(start + bad, source="x", tally=tally, lenient=True))) == 1
    assert len(tally.skipped) == 1


def test_zebra_wrote_states_without_addresses() -> None:
    tally = Tally()
    assert read(record(16, 0, pack(">HHHH", 1, 2, 3, 4)), tally) == []
    assert tally.skipped == {"state of a session without addresses": 1}


PEERS = peer_index(("192.0.2.1", 64500), ("2001:db8::1", 4200000000))


@pytest.mark.parametrize(
    ("subtype", "generic", "text"),
    [
        (2, b"", "192.0.2.0/24"),
        (3, b"", "192.0.2.0/24"),
        (4, b"", "2001:db8::/33"),
        (5, b"", "2001:db8::/33"),
        (6, pack(">HB", 1, 1), "0.0.0.0/0"),
        (6, pack(">HB", 2, 2), "2001:db8::1/128"),
        (8, b"", "192.0.2.1/32"),
        (9, b"", "192.0.2.0/24"),
        (10, b"", "2001:db8::/33"),
        (11, b"", "::/0"),
        (12, pack(">HB", 2, 1), "2001:db8::/33"),
    ],
)
def test_all_kinds_of_tables(subtype: int, generic: bytes, text: str) -> None:
    path_id = 5 if subtype >= 8 else None
    path = as_path([(2, [64500])])
    entries = entry(0, path, path_id), entry(1, path, path_id), entry(1, b"", path_id)
    found = read(PEERS + rib(subtype, text, *entries, generic=generic))
    assert [route.peer_asn for route in found] == [64500, 4200000000, 4200000000]
    assert {(route.prefix, route.path_id) for route in found} == {(network(text), path_id)}
    multicast = subtype in (3, 5, 9, 11) or generic[-1:] == b"\2"
    assert {route.multicast for route in found} == {multicast}
    assert {str(route.originated_at) for route in found} == {"1998-07-09 16:00:00+00:00"}


def test_next_hops_of_tables_come_shortened_or_whole() -> None:
    hop = ip_address("2001:db8::9").packed
    short, long = attribute(14, b"\x10" + hop), attribute(14, b"\x20" + hop + hop)
    whole = reach(2, "2001:db8::9", [prefix("2001:db8::/32")])
    plain = attribute(3, ip_address("192.0.2.9").packed)
    entries = [entry(1, value) for value in (short, long, whole, plain, b"")]
    found = read(PEERS + rib(4, "2001:db8::/32", *entries))
    assert [str(route.next_hop) for route in found] == ["2001:db8::9"] * 3 + ["192.0.2.9", "None"]


def test_every_index_counts_for_the_records_behind_it() -> None:
    one = rib(2, "192.0.2.0/24", entry(0, b""))
    found = read(PEERS + one + peer_index(("192.0.2.7", 7)) + one)
    assert [route.peer_asn for route in found] == [64500, 7]
    for content in (one, PEERS + rib(2, "192.0.2.0/24", entry(2, b""))):
        with pytest.raises(ParseError, match="an entry of a peer that no index names"):
            read(content)


@pytest.mark.parametrize(
    "torn", [record(13, 1, bytes(5)), PEERS[:8] + b"\0\0\0\x20" + PEERS[12:44]]
)
def test_a_torn_index_is_said(torn: bytes) -> None:
    with pytest.raises(ParseError, match="byte 0: a damaged index of peers"):
        read(torn)


ASN = st.integers(1, 2**32 - 1)
SEGMENTS = st.lists(st.tuples(st.sampled_from([1, 2, 3, 4]), st.lists(ASN, max_size=4)), max_size=3)


@settings(max_examples=15)
@given(paths=st.lists(st.tuples(SEGMENTS, st.lists(ASN, max_size=3)), min_size=1, max_size=8))
def test_what_is_written_is_read(paths: list[tuple[Segments, list[int]]]) -> None:
    content = b"".join(
        message(as_path(path) + attribute(8, b"".join(pack(">I", one) for one in values)), NLRI)
        for path, values in paths
    )
    found = [route.told for route in read(content)]
    assert [segments(one) for one in found if one] == [list(path) for path, _ in paths]
    assert [list(one.communities) for one in found if one] == [values for _, values in paths]
