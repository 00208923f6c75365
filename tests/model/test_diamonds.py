"""Diamonds in small graphs, with the words of Augustin et al."""

import pytest

from mxpath.model.diamonds import END, Diamond, Skeleton

NAMES = {number: str(number) for number in range(10)}


def one(*edges: tuple[int, int], names: dict[int, str] = NAMES, end: int | None = None) -> Diamond:
    (found,) = Skeleton(edges, names, end=end).diamonds
    return found


def test_a_diamond_lies_between_two_points_that_all_flows_pass() -> None:
    found = one((0, 1), (1, 2), (1, 3), (2, 4), (3, 4), (4, 5))
    assert (found.divergence, found.convergence, found.nodes) == (1, 4, (2, 3))
    assert (found.branches, found.length, found.asymmetry) == (2, 2, 0)
    assert (found.max_width, found.min_width, found.meshed) == (2, 2, False)
    assert found.symmetric


def test_paths_of_unequal_length_make_it_asymmetric() -> None:
    found = one((0, 1), (1, 2), (1, 4), (2, 3), (3, 4))
    assert (found.length, found.asymmetry, found.symmetric) == (3, 2, False)


def test_an_address_at_two_distances_is_where_paths_meet() -> None:
    names = NAMES | {5: "4"}
    found = one((0, 1), (1, 2), (1, 3), (2, 4), (3, 6), (6, 5), names=names)
    assert (found.convergence, found.asymmetry) == (4, 1)


def test_where_merging_makes_a_circle_nodes_stay_apart() -> None:
    names = NAMES | {3: "1"}
    skeleton = Skeleton(((0, 1), (1, 2), (2, 3), (3, 4)), names)
    assert skeleton.order[:5] == [0, 1, 2, 3, 4]
    assert skeleton.diamonds == ()


def test_nested_branchings_are_one_diamond_and_paths_that_share_a_link_are_not_counted_twice() -> (
    None
):
    edges = ((0, 1), (1, 2), (1, 3), (2, 4), (2, 5), (3, 6), (4, 7), (5, 7), (6, 7))
    found = one(*edges)
    assert (found.branches, found.max_width, found.min_width) == (2, 3, 2)


@pytest.mark.parametrize(
    ("middle", "meshed"),
    [
        (((1, 3), (2, 4)), False),
        (((1, 3), (1, 4), (2, 4)), True),
        (((1, 3), (2, 4), (2, 5)), False),
        (((1, 3), (1, 4), (2, 4), (2, 5)), True),
    ],
)
def test_hops_are_meshed_when_a_node_of_the_wider_has_two_neighbours(
    middle: tuple[tuple[int, int], ...], *, meshed: bool
) -> None:
    assert one((0, 1), (0, 2), *middle).meshed == meshed


def test_ends_that_were_not_asked_lead_to_the_target_that_was_met() -> None:
    edges = ((0, 1), (1, 2), (1, 3), (2, 4))
    assert one(*edges, end=4).convergence == 4
    assert one(*edges).convergence is None


def test_the_join_of_a_node_is_the_next_that_all_its_paths_pass() -> None:
    skeleton = Skeleton(((0, 1), (1, 2), (1, 3), (2, 4), (3, 4), (3, 5), (4, 6), (5, 6)), NAMES)
    assert [skeleton.join(node) for node in (0, 1, 2, 3, 6)] == [1, 6, 4, 6, END]
