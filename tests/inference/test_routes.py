from ipaddress import ip_address
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.attribution.attribute import attribute
from mxpath.inference.routes import infer_route
from mxpath.model.codec import dump, load
from mxpath.model.evidence import Grade
from mxpath.model.relations import AsRelations
from mxpath.model.route import Route
from paths import NETWORKS, as_path, relations, route, segments, trace
from world import analyzed, first_walk, gazetteer


def test_an_empty_trace_is_a_route_without_hops() -> None:
    found = route()
    assert as_path(found) == "h"
    assert (found.segments, found.borders, found.crossings, found.envelope_ms) == ((), (), (), ())
    assert not found.complete
    assert found.total_rtt_ms is None
    assert as_path(route(home=None)) == ""


def test_all_silent() -> None:
    found = route("*", "*", "*")
    assert segments(found) == "---"
    assert found.envelope_ms == (None, None, None)
    assert as_path(found) == "h"
    (claim,) = found.segments
    assert claim.evidence[0].rule == "silence"
    assert claim.value.differential.rtt_ms is None
    assert claim.value.differential.reason


def test_nothing_is_known_of_anybody() -> None:
    found = infer_route(trace("a1", "b1", "t25!"), {}, relations=AsRelations())
    assert found.as_path == ()
    assert [claim.value.network for claim in found.segments] == [None]
    assert found.segments[0].evidence[0].rule == "unattributed"
    assert found.complete


def test_the_envelope_ends_at_the_target() -> None:
    found = route("a1 10", "a2 60", "t1 20", "t25! 30")
    assert found.envelope_ms == (10, 20, 20, 30)
    assert found.total_rtt_ms == 30
    assert found.complete


def test_segments_add_up_to_the_whole_when_all_are_resolved() -> None:
    found = route("h1 2", "a1 10", "b1 25", "t25! 40")
    figures = [claim.value.differential.rtt_ms for claim in found.segments]
    assert figures == [2, 8, 15, 15]
    assert sum(figure or 0 for figure in figures) == found.total_rtt_ms


def test_the_time_across_silence_is_the_next_segments() -> None:
    found = route("a1 10", "*", "b1 30")
    assert [claim.value.differential.rtt_ms for claim in found.segments] == [10, None, 20]


def test_home_is_first_and_repeats_are_removed() -> None:
    assert as_path(route("h1", "h2", "a1", "a2", "t25!")) == "hat"
    assert as_path(route("a1", "t25!")) == "hat"
    assert as_path(route("a1", "t25!", home=None)) == "at"


def test_a_border_is_graded_by_what_supports_it() -> None:
    found = route("h1", "a1", "*", "b1", "c1", known=relations("a>h", "a=b"))
    told = {
        (c.value.near.asn, c.value.far.asn): (c.grade, c.evidence[0].rule) for c in found.borders
    }
    assert told == {
        (6, 1): (Grade.LIKELY, "related-neighbours"),
        (1, 2): (Grade.POSSIBLE, "across-gap"),
        (2, 3): (Grade.POSSIBLE, "origin-change"),
    }


def test_a_network_that_comes_twice_is_noted() -> None:
    found = route("a1", "b1", "b2", "a2")
    assert as_path(found) == "haba"
    assert any(note.startswith("AS1 is on the path twice") for note in found.notes)


def test_private_hops_are_noted() -> None:
    assert "hop 1 (10.0.0.1) has a Private-Use address" in route("p1", "a1").notes


words = st.sampled_from(
    ["*", "a1", "a2", "b1", "b2", "c1", "h1", "t1", "ab1", "x11", "x12", "x99", "p1", "u1"]
)
known = st.lists(
    st.sampled_from(["a>b", "b>a", "a=b", "b>c", "c>b", "a>t", "a>h", "b>t", "h=b"]), max_size=4
)


@given(
    st.lists(words, max_size=9),
    st.sampled_from(["", "t25!"]),
    known,
    st.sampled_from(["h", "a", None]),
)
def test_whatever_answers_the_route_is_whole(
    hops: list[str], end: str, pairs: list[str], home: str | None
) -> None:
    found = route(*hops, *([end] if end else []), known=relations(*pairs), ports="ab", home=home)
    length = len(hops) + bool(end)
    covered = [
        ttl
        for claim in found.segments
        for ttl in range(claim.value.first_ttl, claim.value.last_ttl + 1)
    ]
    assert covered == list(range(1, length + 1))
    assert all(c.evidence for c in found.segments)
    assert all(c.evidence for c in found.borders)
    assert all(c.evidence for c in found.crossings)
    assert all(
        len(claim.value.addresses) == claim.value.last_ttl - claim.value.first_ttl + 1
        for claim in found.segments
    )
    path = [network.asn for network in found.as_path]
    neighbours = list(pairwise(path))
    assert all(one != other for one, other in neighbours)
    assert len(found.borders) == max(len(path) - 1, 0)
    assert [(c.value.near.asn, c.value.far.asn) for c in found.borders] == neighbours
    if home is not None:
        assert path[0] == NETWORKS[home].asn
    assert all(c.value.near is None or c.value.near.asn != c.value.far.asn for c in found.crossings)
    assert load(Route, dump(found)) == found


@pytest.mark.parametrize("host", sorted(first_walk().expected.as_paths))
def test_the_first_world_is_inferred_as_its_file_expects(host: str) -> None:
    world = first_walk()
    seen = routes_of_the_world()
    for address in world.addresses_of(host):
        found = seen[str(address)]
        assert tuple(network.asn for network in found.as_path) == world.expected.as_paths[host]
        assert tuple(
            (c.ix_id, c.near.asn if c.near else None, c.far.asn) for c in found.certain_crossings()
        ) == tuple(world.expected.crossings[host])


def routes_of_the_world() -> dict[str, Route]:
    return {
        str(found.target): found
        for domain in ("fine.example", "slowbank.example", "strict.example", "closed.example")
        for found in analyzed(domain).routes
    } | {str(found.target): found for found in analyzed("dropped.example").routes}


def test_the_worlds_gazetteer_attributes_its_exchange_point() -> None:
    port = ip_address("198.19.240.12")
    assert attribute([port], gazetteer())[port].ixp_port is not None
