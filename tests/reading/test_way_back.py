"""The way back, guessed from reply TTLs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handmade import answer, made
from mxpath.model.anomaly import Anomaly
from mxpath.reading.heard import heard
from mxpath.reading.way_back import asymmetries, way_back_hops


def found_for(*reply_ttls: int | None) -> list[Anomaly]:
    rows = (answer(f"r{n}", reply_ttl=ttl) for n, ttl in enumerate(reply_ttls, start=1))
    return list(asymmetries(heard(made(*rows))[0]))


@settings(max_examples=40)
@given(st.sampled_from([64, 128, 255]), st.integers(1, 30))
def test_a_way_back_as_long_as_the_way_there_is_guessed_right(initial: int, ttl: int) -> None:
    assert way_back_hops(initial - ttl + 1, ttl) == ttl


def test_an_initial_ttl_of_32_is_believed_only_where_it_fits_better() -> None:
    assert way_back_hops(29, 4) == 4
    assert way_back_hops(31, 32) == 34


def test_ways_of_equal_length_are_no_asymmetry_whatever_the_initial_ttls() -> None:
    assert found_for(64, 254, 126, 61, 251) == []


def test_two_hops_more_are_no_asymmetry() -> None:
    assert found_for(255, 254, 251, 250, 249) == []


def test_a_jump_is_one_finding_from_its_hop_on() -> None:
    (found,) = found_for(255, 254, 253, 246, 245, None, 243)
    assert found.ttls == (4, 5, 7)
    assert "about 6 hops longer" in found.words
    assert found.evidence[0].detail == "hop 4: reply TTL 246, about 10 hops back"


def test_a_way_back_that_is_shorter_is_told_so() -> None:
    (found,) = found_for(255, 254, 253, 252, 251, 250, 253, 252)
    assert found.ttls == (7, 8)
    assert "shorter" in found.words


def test_a_hop_that_alone_answers_from_afar_is_a_finding_by_itself() -> None:
    (found,) = found_for(255, 254, 240, 252, 251)
    assert found.ttls == (3,)


@pytest.mark.parametrize("nonsense", [0, 256, -1, 4000])
def test_a_ttl_that_cannot_be_tells_nothing(nonsense: int) -> None:
    assert found_for(nonsense) == []


def test_no_reply_ttl_no_claim() -> None:
    assert found_for(None, None) == []
