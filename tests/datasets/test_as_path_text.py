"""AS paths in the spellings of BIRD, FRR and RIPEstat."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.datasets.as_path_text import MAX_NETWORKS, path_of, read_as_path
from mxpath.model.bgp import AsPath

ASNS = st.lists(st.integers(0, 2**32 - 1), max_size=6).map(tuple)


@given(ASNS, st.frozensets(st.integers(0, 2**32 - 1), max_size=4))
def test_what_a_path_writes_is_read_again(asns: tuple[int, ...], last: frozenset[int]) -> None:
    path = AsPath(asns=asns, final_set=tuple(sorted(last)))
    assert read_as_path(str(path)) == path


@pytest.mark.parametrize(
    ("text", "asns", "final"),
    [
        ("", (), ()),
        ("64497  64497 64500", (64497, 64497, 64500), ()),
        ("64497 {64501 64500}", (64497,), (64500, 64501)),
        ("64497 { 64501, 64500 }", (64497,), (64500, 64501)),
        ("(65001 65002) 64497", (64497,), ()),
        ("[65001,65002] 64497", (64497,), ()),
        ("({65001 65002}) 64497", (64497,), ()),
        ("({65001}) {64500}", (), (64500,)),
        ("1.10 0.64497", (65546, 64497), ()),
        ("64497 {} 64498", (64497, 64498), ()),
    ],
)
def test_spellings(text: str, asns: tuple[int, ...], final: tuple[int, ...]) -> None:
    assert read_as_path(text) == AsPath(asns=asns, final_set=final)


def test_a_set_inside_a_path_hides_the_way() -> None:
    assert read_as_path("64497 {64498 64499} 64500") is None
    assert read_as_path("{64498} {64499}") is None


@pytest.mark.parametrize(
    "text",
    ["64497i", "64497 ?", "{64497", "64497}", "4294967296", "1.65536", "1.2.3", "6-7", "(1 [2])"],
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="AS"):
        read_as_path(text)


def test_endless_paths_are_refused() -> None:
    for text in ("7 " * (MAX_NETWORKS + 1), "7" * 100_000):
        with pytest.raises(ValueError, match="too many"):
            read_as_path(text)
    with pytest.raises(ValueError, match="too many"):
        path_of([(2, range(MAX_NETWORKS + 1))])
