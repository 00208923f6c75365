"""Changes are told by networks and exchange points, never by hop numbers."""

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from mxpath.graph.path_changes import path_changes
from mxpath.model.evidence import Claim
from mxpath.model.network import Network
from mxpath.model.probe import Protocol
from mxpath.model.route import Differential, Route, Segment
from mxpath.model.watch import ChangeKind, PathChange

NORD, ALPHA, BETA, BIG = (
    Network(asn=64496 + n, name=name) for n, name in enumerate(("Nord", "Alpha", "Beta", "Big"))
)
NOW = datetime(2026, 6, 17, tzinfo=UTC)
_NONE = Differential(rtt_ms=None, plus_minus_ms=0.0)


def route(*networks: Network | None, complete: bool = True, routers: str = "1") -> Route:
    """One hop a network, two for those that are named twice."""
    segments = []
    for ttl, network in enumerate(networks, start=1):
        address = None if network is None else ip_address(f"198.18.{network.asn - 64400}.{routers}")
        segments.append(
            Segment(
                network=network,
                first_ttl=ttl,
                last_ttl=ttl,
                addresses=(address,),
                differential=_NONE,
            )
        )
    return Route(
        target=ip_address("198.18.32.25"),
        source=None,
        as_path=tuple(network for network in networks if network is not None),
        segments=tuple(Claim(value=segment, evidence=()) for segment in segments),
        borders=(),
        crossings=(),
        envelope_ms=(),
        complete=complete,
    )


def changes(before: Route, after: Route, whole: Route | None = None) -> tuple[PathChange, ...]:
    return path_changes(before, after, protocol=Protocol.ICMP, seen_at=NOW, whole=whole)


def test_the_same_path_has_not_changed() -> None:
    assert changes(route(NORD, ALPHA, BIG), route(NORD, ALPHA, BIG)) == ()


def test_another_network_is_told_with_its_neighbours() -> None:
    (change,) = changes(route(NORD, ALPHA, BIG), route(NORD, BETA, BIG))
    assert (change.kind, change.gone, change.come) == (ChangeKind.NETWORKS, ("Alpha",), ("Beta",))
    assert (change.behind, change.before) == ("Nord", "Big")


def test_a_network_that_comes_in_moves_nothing_else() -> None:
    (change,) = changes(route(NORD, BIG), route(NORD, BETA, BIG))
    assert (change.gone, change.come, change.behind, change.before) == (
        (),
        ("Beta",),
        "Nord",
        "Big",
    )


def test_silence_is_no_change() -> None:
    assert changes(route(NORD, ALPHA, BIG), route(NORD, None, ALPHA, BIG)) == ()


def test_a_target_that_falls_silent_is_lost_and_its_path_is_not_another_one() -> None:
    (change,) = changes(route(NORD, ALPHA, BIG), route(NORD, complete=False))
    assert (change.kind, change.behind) == (ChangeKind.LOST, "Nord")


@pytest.mark.parametrize("way", [ALPHA, BETA])
def test_one_that_is_back_is_compared_with_its_last_whole_path(way: Network) -> None:
    whole = route(NORD, ALPHA, BIG)
    found = changes(route(NORD, complete=False), route(NORD, way, BIG), whole)
    kinds = [change.kind for change in found]
    assert kinds == [ChangeKind.BACK, *([ChangeKind.NETWORKS] if way is BETA else [])]


def test_paths_that_both_end_early_are_compared_as_far_as_they_come() -> None:
    short, longer = route(NORD, complete=False), route(NORD, ALPHA, complete=False)
    assert changes(short, longer) == ()
    (change,) = changes(longer, route(NORD, BETA, complete=False))
    assert change.gone == ("Alpha",)


def test_other_routers_of_the_same_networks_are_told_as_such() -> None:
    (change,) = changes(route(NORD, ALPHA), replace(route(NORD, ALPHA, routers="9")))[:1]
    assert change.kind is ChangeKind.ROUTERS
    assert change.behind == change.before == "Nord"
