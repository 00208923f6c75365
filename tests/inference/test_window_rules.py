"""The thirteen window rules, row by row, and the laws of their use.

The windows are written out in numbers, not in the notation of the table. Exchange point 31 has the
members 1, 2 and 3; exchange point 32 has 3 and 4; networks 7, 8 and 9 are members of neither.
"""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.inference.steps import Step, steps_of
from mxpath.inference.window_rules import (
    WINDOW_RULES,
    CrossedLink,
    WindowHop,
    fits,
    window_verdicts,
)
from paths import IX, NETWORKS, address, asn, owner, trace

MEMBERS = {31: frozenset({1, 2, 3}), 32: frozenset({3, 4})}
SILENT = WindowHop()


def of(number: int) -> WindowHop:
    return WindowHop(asn=number)


def port(number: int, ix_id: int = 31) -> WindowHop:
    return WindowHop(asn=number, ix_id=ix_id)


def lan(ix_id: int = 31) -> WindowHop:
    return WindowHop(ix_id=ix_id)


TABLE: dict[int, tuple[str, Sequence[WindowHop]]] = {
    1: ("a", (of(1), port(2), of(2))),
    2: ("b", (of(1), port(1), of(2))),
    3: ("a", (of(1), port(2), of(7))),
    4: ("a or b", (of(1), port(2), of(3))),
    5: ("a", (of(1), lan(), of(7))),
    6: ("b", (of(7), lan(), of(1))),
    7: ("b", (of(7), port(1), of(2))),
    8: ("a or b", (of(7), port(1), of(8))),
    9: ("a", (port(1), port(2))),
    10: ("a", (lan(), lan())),
    11: ("a", (lan(), lan(32))),
    12: ("?", (SILENT, lan())),
    13: ("?", (lan(), SILENT)),
}


@pytest.mark.parametrize("number", TABLE)
def test_a_window_of_each_row_is_that_row_and_no_other(number: int) -> None:
    link, window = TABLE[number]
    fitting = [
        rule
        for rule in WINDOW_RULES
        if len(rule.window) == len(window) and fits(rule, window, MEMBERS)
    ]
    assert [(rule.number, rule.link.value) for rule in fitting] == [(number, link)]


@pytest.mark.parametrize(
    "window",
    [
        (of(1), port(2), of(1)),  # first and third are one network: no row says so
        (of(7), port(1), of(7)),
        (of(1), lan(), of(2)),  # a member on both sides of an address at nobody's port
        (of(7), port(1), of(1)),  # the member's own hop follows, but no member is before
        (SILENT, port(1), of(1)),  # a member's port next to silence yields nothing there
        (of(4), lan(32), of(3)),
        (of(1), of(2), of(3)),
        (port(1), port(1)),  # one member's two ports
        (port(1), port(4, 32)),
        (port(1), lan()),
        (SILENT, SILENT),
    ],
)
def test_what_is_in_no_row_fits_none(window: Sequence[WindowHop]) -> None:
    assert not any(
        fits(rule, window, MEMBERS) for rule in WINDOW_RULES if len(rule.window) == len(window)
    )


def test_membership_is_of_the_exchange_point_in_the_window() -> None:
    (one,) = [rule for rule in WINDOW_RULES if rule.number == 1]
    window = (of(1), port(3), of(3))
    assert fits(one, window, MEMBERS)
    assert not fits(one, (of(1), port(3, 32), of(3)), MEMBERS)


hops = st.builds(
    WindowHop,
    asn=st.sampled_from((None, 1, 2, 3, 4, 7, 8)),
    ix_id=st.sampled_from((None, None, 31, 32)),
)


@given(st.lists(hops, min_size=2, max_size=3))
def test_at_most_one_row_of_a_size_fits(
    window: list[WindowHop],
) -> None:
    """The rows exclude each other, so that "the first that fits" is no arbitrary choice."""
    fitting = [
        rule.number
        for rule in WINDOW_RULES
        if len(rule.window) == len(window) and fits(rule, window, MEMBERS)
    ]
    assert len(fitting) <= 1


def steps(*words: str, ports: str) -> tuple[Step, ...]:
    owners = {address(word): owner(word, ports) for word in (*words, "t25") if word != "*"}
    return steps_of(trace(*words), owners)


def said(*words: str, ports: str = "abc", members: str = "abc") -> dict[int, tuple[int, str]]:
    known = {IX: frozenset(asn(letter) for letter in members)}
    found = window_verdicts(steps(*words, ports=ports), known)
    assert all(verdict.ix_id == IX for verdict in found.values())
    return {ttl: (verdict.rule.number, verdict.rule.link.value) for ttl, verdict in found.items()}


def test_windows_slide_over_the_path() -> None:
    assert said("d1", "a1", "x12", "b1", "e1") == {3: (1, "a")}
    assert said("a1", "x11", "x12", "b1") == {3: (9, "a")}
    assert said("a1", "x99", "*") == {2: (13, "?")}
    assert said("*", "x99", "b1") == {2: (12, "?")}
    assert said("a1", "x12") == {}


def test_a_private_hop_is_one_of_which_nothing_is_known() -> None:
    assert said("p1", "x99", "b1") == {2: (12, "?")}


def test_of_several_origins_the_first_that_fits_a_row_counts() -> None:
    assert said("da1", "x12", "b1") == {2: (1, "a")}
    assert NETWORKS["d"].asn not in {asn(letter) for letter in "abc"}


def test_the_words_name_rule_link_and_hop() -> None:
    found = window_verdicts(steps("d1", "x11", "e1", ports="a"), {IX: frozenset({asn("a")})})
    assert found[2].words == (
        "by window rule 8 of traIXroute (!M0 - X&M1 - !M2) the crossing is on the link before or"
        " the link behind hop 2"
    )
    assert found[2].rule.link is CrossedLink.EITHER
