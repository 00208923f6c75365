"""Whose turn it is among resolvers."""

from hypothesis import given
from hypothesis import strategies as st

from mxpath.vantage.turns import FIRST_S, Turns


def turns(*servers: str, silent: str = "") -> list[tuple[str, float]]:
    made = Turns(servers, timeout_s=3.0, tries=2)
    for server in silent:
        made.silent(server)
    return list(made.turns())


def test_one_server_has_the_whole_time() -> None:
    assert turns("a") == [("a", 3.0), ("a", 3.0)]
    assert turns("a", silent="a") == [("a", 3.0), ("a", 3.0)]


def test_one_of_two_has_a_short_time_first() -> None:
    assert turns("a", "b") == [("a", FIRST_S), ("b", 3.0), ("a", 3.0), ("b", 3.0)]


def test_a_silent_one_comes_last_and_costs_little() -> None:
    assert turns("a", "b", silent="a") == [("b", 3.0), ("a", FIRST_S), ("b", 3.0), ("a", 3.0)]
    assert turns("a", "b", silent="ab")[:2] == [("a", 3.0), ("b", 3.0)]


def test_who_answers_is_a_good_one_again() -> None:
    made = Turns("ab", timeout_s=3.0, tries=1)
    made.silent("a")
    made.heard("a")
    assert [server for server, _ in made.turns()] == ["a", "b"]


@given(st.sets(st.sampled_from("abcd")), st.integers(1, 3), st.floats(0.01, 5))
def test_every_server_is_tried_as_often_as_was_said(
    silent: set[str], tries: int, timeout_s: float
) -> None:
    made = Turns("abcd", timeout_s=timeout_s, tries=tries)
    for server in silent:
        made.silent(server)
    given_turns = list(made.turns())
    assert sorted(server for server, _ in given_turns) == sorted("abcd" * tries)
    assert all(0 < limit_s <= timeout_s for _, limit_s in given_turns)
    assert {server for server, _ in given_turns[: 4 - len(silent)]}.isdisjoint(silent)
