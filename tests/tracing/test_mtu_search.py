"""The search for a path's MTU ends, tells the truth, and asks the target twelve times at most."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.tracing.mtu_search import CEILING, FLOOR, MAX_PROBES, MtuSearch

Path = Callable[[MtuSearch, int], None]
VERSIONS = st.sampled_from([4, 6])


def hidden(mtu: int) -> Path:
    def probe(search: MtuSearch, size: int) -> None:
        if size <= mtu:
            search.answer(size)
        else:
            search.silence(size)

    return probe


def told(*mtus: int) -> Path:
    """Links one behind the other, each of which says what it takes."""

    def probe(search: MtuSearch, size: int) -> None:
        narrow = next((mtu for mtu in mtus if size > mtu), None)
        if narrow is None:
            search.answer(size)
        else:
            search.too_big(size, narrow)

    return probe


def search(path: Path, version: int = 4) -> MtuSearch:
    found = MtuSearch(version)
    while (size := found.next_size) is not None:
        assert found.sent < MAX_PROBES
        found.sending(size)
        path(found, size)
    return found


@settings(max_examples=40)
@given(VERSIONS, st.integers(0, 924))
def test_a_hidden_mtu_is_bracketed(version: int, more: int) -> None:
    mtu = min(FLOOR[version] + more, CEILING)
    found = search(hidden(mtu), version)
    assert found.passed is not None
    assert found.passed <= mtu < (found.failed or CEILING + 1)
    assert found.silent is (mtu < CEILING)


@pytest.mark.parametrize("mtu", [576, 1280, 1300, 1400, 1420, 1450, 1476, 1480, 1492])
def test_a_usual_mtu_is_found_to_the_byte(mtu: int) -> None:
    found = search(hidden(mtu))
    assert (found.passed, found.failed) == (mtu, mtu + 1)


def test_a_whole_path_costs_two_probes() -> None:
    found = search(hidden(9000))
    assert (found.passed, found.failed, found.sent) == (1500, None, 2)


@settings(max_examples=40)
@given(VERSIONS, st.lists(st.integers(0, 924), min_size=1, max_size=6))
def test_told_mtus_are_followed_link_by_link(version: int, more: list[int]) -> None:
    mtus = [min(FLOOR[version] + extra, CEILING) for extra in more]
    found = search(told(*mtus), version)
    least = min(mtus)
    assert found.passed == least
    assert found.failed == (None if least == CEILING else least + 1)
    assert found.sent <= 2 + len(set(mtus))


@pytest.mark.parametrize("nonsense", [None, 0, 68, 1500, 9000])
def test_an_mtu_that_cannot_be_is_only_a_size_that_fails(nonsense: int | None) -> None:
    found = MtuSearch(4)
    found.answer(576)
    assert not found.too_big(1500, nonsense)
    assert (found.passed, found.failed, found.silent) == (576, 1500, False)


def test_a_router_that_names_no_mtu_leaves_the_search_to_us() -> None:
    def probe(found: MtuSearch, size: int) -> None:
        if size <= 1476:
            found.answer(size)
        else:
            found.too_big(size, None)

    found = search(probe)
    assert (found.passed, found.failed, found.silent) == (1476, 1477, False)


def test_a_told_mtu_that_does_not_pass_is_searched_below() -> None:
    """A second narrow link behind the first says nothing."""

    def probe(found: MtuSearch, size: int) -> None:
        if size > 1480:
            found.too_big(size, 1480)
        else:
            hidden(1400)(found, size)

    found = search(probe)
    assert (found.passed, found.failed, found.silent) == (1400, 1401, True)


def test_one_lost_probe_of_the_largest_size_makes_no_black_hole() -> None:
    lost = iter([1500])

    def probe(found: MtuSearch, size: int) -> None:
        if size == 1500 and next(lost, None):
            found.silence(size)
        else:
            found.answer(size)

    assert search(probe).failed is None


def test_a_target_that_answers_nothing_is_given_up_after_two_probes() -> None:
    found = search(lambda one, size: one.silence(size))
    assert found.is_mute
    assert found.sent == 2


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["answer", "silence", "too big"]), min_size=20, max_size=20))
def test_whatever_comes_it_ends_within_its_budget(fates: list[str]) -> None:
    fate = iter(fates)

    def probe(found: MtuSearch, size: int) -> None:
        how = next(fate)
        if how == "answer":
            found.answer(size)
        elif how == "silence":
            found.silence(size)
        else:
            found.too_big(size, size - 100)

    found = search(probe)
    assert found.sent <= MAX_PROBES
    if found.passed is not None and found.failed is not None:
        assert found.passed < found.failed
