"""A thousand simulated diamonds: routers are misjudged as often as the exact law says."""

import pytest

from multipath_trials import faults, tallies
from mxpath.multipath import inquiry
from mxpath.multipath.stopping import stopping_point

ALPHA = 0.01


@pytest.mark.slow
def test_a_thousand_diamonds_are_misjudged_as_often_as_the_law_says() -> None:
    found = tallies(0.95, 1000)
    assert found.keys() == set(range(2, 17))
    assert not faults(found, 0.95, ALPHA)


def test_fewer_diamonds_are_misjudged_as_often_at_a_lower_confidence() -> None:
    assert not faults(tallies(0.8, 200), 0.8, ALPHA)


def one_less(next_hops: int, epsilon: float) -> int:
    return stopping_point(next_hops, epsilon) - 1


@pytest.mark.slow
def test_with_one_probe_less_they_are_misjudged_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiry, "stopping_point", one_less)
    assert faults(tallies(0.8, 400), 0.8, ALPHA)
