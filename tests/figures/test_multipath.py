"""The figure of all paths: every router is on it once, nothing overlaps, and it repeats."""

from pathlib import Path

import pytest

from multipath_graphs import TARGET, Graph, chain, diamond, explore
from mxpath.figures.drawing import save_multipath
from mxpath.figures.multipath import multipath, multipath_size
from mxpath.figures.multipath_layout import lay_out
from mxpath.figures.style import new_figure, styled
from mxpath.model.multipath import Multipath
from mxpath.model.trace import Trace
from mxpath.multipath.options import MultipathOptions

UNEQUAL = Graph(after={0: (1,), 1: (2, 3), 2: (4,), 4: (5,), 3: (5,), 5: (6,), 6: (-1,)})
GRAPHS = {
    "chain": chain(1, 1, 1),
    "nested": diamond(3, 2, length=3),
    "wide": diamond(9),
    "meshed": chain(1, 3, 3, 1),
    "unequal": UNEQUAL,
}
EACH = pytest.mark.parametrize("name", GRAPHS)


def found(name: str) -> Multipath:
    return explore(GRAPHS[name], options=MultipathOptions(confidence=0.99))[0]


def traced(graph: Multipath | None) -> Trace:
    return Trace(
        target=TARGET,
        source=None,
        protocol=None,
        port=None,
        engine="none",
        flows=(),
        distance=None,
        end=None,
        started_at=None,
        ended_at=None,
        packets_sent=None,
        multipath=graph,
    )


def texts(trace: Trace) -> list[str]:
    with styled():
        ax = new_figure(multipath_size(trace)).add_subplot()
        assert multipath(trace, ax) is ax
        return [text.get_text() for text in ax.texts]


@EACH
def test_every_router_is_named_once(name: str) -> None:
    graph = found(name)
    said = [text.split("\n")[0] for text in texts(traced(graph))]
    assert sorted(said) == sorted({*graph.names})


@EACH
def test_nodes_of_a_column_and_lines_that_pass_it_keep_a_step_apart(name: str) -> None:
    layout = lay_out(found(name).skeleton)
    points = {point for way in layout.ways.values() for point in way}
    for x, y in points:
        assert not [1 for other_x, other in points if other_x == x and 0 < abs(other - y) < 0.999]
    for (near, far), way in layout.ways.items():
        assert (way[0], way[-1]) == (
            (layout.column[near], layout.height[near]),
            (layout.column[far], layout.height[far]),
        )
        assert [x for x, _ in way] == list(range(layout.column[near], layout.column[far] + 1))


def test_a_router_at_two_distances_says_both() -> None:
    assert "198.18.64.5\nhops 3, 4" in texts(traced(found("unequal")))


def test_without_further_paths_it_says_so() -> None:
    assert texts(traced(None)) == [f"No further paths to {TARGET} were looked for."]


@pytest.mark.slow
def test_equal_graphs_are_equal_bytes(tmp_path: Path) -> None:
    files = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for path in files:
        save_multipath([traced(found("nested")), traced(found("unequal"))], path)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert b"<svg" in files[0].read_bytes()
