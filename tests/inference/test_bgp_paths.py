"""Whose BGP path: each rule of the law, and that the best word wins."""

from dataclasses import replace
from datetime import date
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.inference.bgp_paths import Standpoint, Telling, told_paths
from mxpath.model.bgp import AsPath, RibEntry
from mxpath.model.bgp_path import BgpPath
from mxpath.model.evidence import Claim, Grade
from mxpath.model.network import Network
from mxpath.model.relations import AsRelations, Relation

TARGET = ip_address("198.18.33.25")
HOME, ALPHA, BETA, PEER = 64496, 64497, 64498, 64499
RELATIONS = AsRelations.of(
    [(HOME, ALPHA, Relation.PROVIDER), (HOME, BETA, Relation.PROVIDER), (HOME, PEER, Relation.PEER)]
)
HERE = Standpoint(home=Network(asn=HOME), relations=RELATIONS, route_servers=frozenset({65550}))
DAY = date(2026, 6, 17)


def entry(
    *asns: int,
    peer: int | None = None,
    best: bool | None = None,
    length: int = 20,
    final: tuple[int, ...] = (),
    liked: int | None = None,
    at: str | None = None,
) -> RibEntry:
    return RibEntry(
        prefix=ip_network(f"{TARGET}/{length}", strict=False),
        path=AsPath(asns=asns, final_set=final),
        collector="rrc0",
        peer_asn=peer if peer is not None else (asns[0] if asns else None),
        best=best,
        local_pref=liked,
        peer_address=None if at is None else ip_address(at),
    )


def own(*entries: RibEntry) -> Telling:
    return Telling(source="router.txt", entries=entries, as_of=DAY, own=True)


def collector(*entries: RibEntry) -> Telling:
    return Telling(source="rrc0", entries=entries, as_of=DAY)


def told(
    *tellings: Telling, here: Standpoint = HERE, first: int | None = None
) -> list[tuple[str, tuple[int, ...]]]:
    network = None if first is None else Network(asn=first)
    claims = told_paths(TARGET, tellings, here, first_network=network)
    return [(claim.value.grade.value, claim.value.asns) for claim in claims]


def first(*tellings: Telling) -> Claim[BgpPath]:
    return told_paths(TARGET, tellings, HERE)[0]


OURS = own(entry(ALPHA, 7, best=True), entry(BETA, 7, best=False))
INSIDE = collector(entry(HOME, ALPHA, 8))
ABOVE = collector(entry(ALPHA, 9), entry(5, 9))


def test_the_best_word_wins() -> None:
    assert told(ABOVE, INSIDE, OURS) == [("a", (HOME, ALPHA, 7))]
    assert told(ABOVE, INSIDE) == [("b", (HOME, ALPHA, 8))]
    assert told(ABOVE) == [("c", (HOME, ALPHA, 9))]
    assert told(collector(entry(5, 9))) == []


@given(st.permutations([OURS, INSIDE, ABOVE]))
def test_the_order_of_sources_does_not_matter(tellings: list[Telling]) -> None:
    assert told(*tellings) == told(OURS, INSIDE, ABOVE)


def test_what_a_path_says_besides() -> None:
    claim = first(INSIDE)
    assert (claim.grade, claim.value.origins) == (Grade.LIKELY, (8,))
    (evidence,) = claim.evidence
    assert (evidence.source, evidence.rule, evidence.as_of) == ("rrc0", "peer-in-our-network", DAY)
    assert evidence.detail == "198.18.32.0/20: 64496 64497 8, told by AS64496 to rrc0"
    assert first(OURS).grade is Grade.CERTAIN
    assert first(ABOVE).grade is Grade.POSSIBLE


def test_prepending_and_route_servers_are_no_networks() -> None:
    assert told(own(entry(ALPHA, ALPHA, 65550, 7, 7, best=True))) == [("a", (HOME, ALPHA, 7))]
    announces = first(own(entry(ALPHA, 65550, 65550, best=True))).value
    assert (announces.asns, announces.origins) == ((HOME, ALPHA, 65550), (65550,))


def test_our_own_prefix() -> None:
    assert told(own(entry(best=True))) == [("a", (HOME,))]


def test_the_longest_prefix_counts_and_a_default_route_never() -> None:
    short, long = entry(ALPHA, 7, best=True, length=16), entry(BETA, 8, best=True, length=24)
    assert told(own(short, long)) == [("a", (HOME, BETA, 8))]
    assert told(own(entry(ALPHA, best=True, length=0)), INSIDE) == [("b", (HOME, ALPHA, 8))]
    # A prefix of which no route is in use is in no forwarding table: the shorter one leads.
    unused = entry(BETA, 8, best=False, length=24)
    assert told(own(short, unused), INSIDE) == [("a", (HOME, ALPHA, 7))]
    # Halves of everything stand for a default route.
    assert told(own(entry(ALPHA, best=True, length=1)), INSIDE) == [("b", (HOME, ALPHA, 8))]
    assert told(own(entry(ALPHA, 7, best=True, length=8))) == [("a", (HOME, ALPHA, 7))]


def test_a_table_that_does_not_say_which_route_is_in_use() -> None:
    liked = own(entry(ALPHA, 5, 7, liked=200), entry(BETA, 7, liked=100))
    assert told(liked) == [("a", (HOME, ALPHA, 5, 7))]
    shorter = own(entry(ALPHA, ALPHA, 7), entry(BETA, 7))
    assert told(shorter) == [("a", (HOME, BETA, 7))]
    a_set = own(entry(ALPHA, final=(7, 8)), entry(BETA, 6))
    assert len(told(a_set)) == 2, "a set is as long as one network"
    # What a neighbour tells has no LOCAL_PREF yet, and counts as 100.
    assert told(own(entry(ALPHA, 5, 7), entry(BETA, 7, liked=50))) == [("a", (HOME, ALPHA, 5, 7))]
    equal = own(entry(ALPHA, 7), entry(BETA, 7))
    assert told(equal) == [("a", (HOME, ALPHA, 7)), ("a", (HOME, BETA, 7))]


def test_several_routes_in_use_are_all_kept() -> None:
    found = told(own(entry(BETA, 5, 7, best=True), entry(ALPHA, 7, best=True)))
    assert found == [("a", (HOME, ALPHA, 7)), ("a", (HOME, BETA, 5, 7))]


def test_what_most_peers_tell_stands_first() -> None:
    twice = entry(HOME, ALPHA, 8, at="192.0.2.1")
    others = (entry(HOME, BETA, 5, 8, at=f"192.0.2.{host}") for host in (2, 3))
    # One peer's word that two answers carry is still one word.
    claims = told_paths(TARGET, [collector(twice, *others), collector(twice)], HERE)
    assert [(len(c.value.tellers), c.value.asns) for c in claims] == [
        (2, (HOME, BETA, 5, 8)),
        (1, (HOME, ALPHA, 8)),
    ]


def test_our_upstream_is_whom_the_trace_shows() -> None:
    both = collector(entry(ALPHA, 9), entry(BETA, 5, 9), entry(PEER, 6, 9))
    assert told(both) == [("c", (HOME, ALPHA, 9)), ("c", (HOME, BETA, 5, 9))]
    assert told(both, first=BETA) == [("c", (HOME, BETA, 5, 9))]
    assert told(both, first=PEER) == [("c", (HOME, PEER, 6, 9))]
    assert told(both, first=77) == []


def test_an_upstream_that_leaves_itself_out_stands_behind_us() -> None:
    # A collector within the upstream hears paths that do not name it yet.
    assert told(collector(entry(7, 9, peer=ALPHA))) == [("c", (HOME, ALPHA, 7, 9))]
    assert told(collector(entry(peer=ALPHA))) == [("c", (HOME, ALPHA))]


def test_what_an_older_source_tells_has_passed() -> None:
    old = Telling(
        source="kept",
        entries=(entry(HOME, BETA, 8, length=24), entry(HOME, BETA, 8, at="192.0.2.1")),
        as_of=date(2026, 3, 1),
    )
    undated = Telling(source="somewhere", entries=(entry(HOME, 5, 8, length=24),))
    assert told(old, INSIDE, undated) == [("b", (HOME, ALPHA, 8))]
    # But it tells what the newer one does not, and tables of our own are all ours.
    assert told(old, ABOVE) == [("b", (HOME, BETA, 8))]
    yesterday = Telling(source="r2", entries=(entry(BETA, 7, best=True),), as_of=DAY, own=True)
    today = own(entry(ALPHA, 7, best=True))
    assert len(told(replace(yesterday, as_of=date(2026, 6, 16)), today)) == 2


def test_a_path_through_us_is_none_of_ours() -> None:
    assert told(collector(entry(ALPHA, HOME, 9)), first=ALPHA) == []


def test_a_guessed_network_may_be_our_providers() -> None:
    guessed = Standpoint(home=Network(asn=HOME), guessed=True, relations=RELATIONS)
    assert told(INSIDE, here=guessed) == [("c", (HOME, ALPHA, 8))]


def test_without_a_network_only_our_own_table_tells() -> None:
    assert told(INSIDE, ABOVE, here=Standpoint()) == []
    assert told(OURS, here=Standpoint()) == [("a", (ALPHA, 7))]


@pytest.mark.parametrize("here", [HERE, Standpoint(home=Network(asn=HOME))])
def test_a_collectors_table_given_as_ours_is_a_collectors(here: Standpoint) -> None:
    inside = own(entry(HOME, ALPHA, 8), entry(5, 8), entry(6, 8))
    assert told(inside, here=here) == [("b", (HOME, ALPHA, 8))]
    strangers = own(entry(ALPHA, 9), entry(5, 9))
    expected = (
        [("c", (HOME, ALPHA, 9))]
        if here is HERE
        else [("a", (HOME, 5, 9)), ("a", (HOME, ALPHA, 9))]
    )
    assert told(strangers, here=here) == expected


def test_neighbours_of_every_kind_leave_a_table_ours() -> None:
    # A route server has no relationship; a router of ours does not put our number on a path.
    served, inside = entry(5, 7, peer=65550), entry(BETA, 6, 7, peer=HOME)
    assert told(own(served, inside, entry(peer=HOME, length=8))) == [("a", (HOME, 5, 7))]


def test_a_set_at_the_end_leaves_the_origin_open() -> None:
    claim = first(own(entry(ALPHA, final=(7, 8), best=True)))
    assert (claim.value.asns, claim.value.origins) == ((HOME, ALPHA), (7, 8))
