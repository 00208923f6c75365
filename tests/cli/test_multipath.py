"""``mxpath trace --multipath``, as it is typed and read."""

import json
from pathlib import Path

import pytest

from multipath_graphs import TARGET, Graph, explore
from mxpath.cli import main
from mxpath.cli.branches import branch_lines
from mxpath.model.multipath import Multipath
from mxpath.model.trace import EndReason, Trace

WIDE = str(Path(__file__).parents[1] / "topologies" / "wide_diamond.toml")
PLAIN = ["--vantage", f"sim:{WIDE}", "--multipath", "--no-names", "--quiet"]


def test_branches_are_drawn_under_the_router_at_which_they_part(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["trace", "198.18.33.25", *PLAIN]) == 0
    lines = capsys.readouterr().out.splitlines()
    fork = next(n for n, line in enumerate(lines) if "balances per flow" in line)
    assert "198.18.48.1 " in lines[fork]
    below = lines[fork + 1 : fork + 9]
    assert [line[6] for line in below] == ["├", "│"] * 3 + ["└", " "]
    assert [line.split()[2] for line in below[::2]] == [
        "198.18.48.6",
        "198.18.48.14",
        "198.18.48.22",
        "198.18.48.30",
    ]
    text = "\n".join(lines)
    assert "diamond from 198.18.48.1 to 198.18.48.38: 4 ways, at most 4 side by side" in text
    assert "95.0% were wanted" in text
    assert "not seen: further flows stop one hop short of the target" in text


def test_the_document_holds_the_whole_graph(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--confidence", "0.99", "--branchings", "20", "--no-lite", "--json"]
    assert main(["trace", "198.18.33.25", *PLAIN, *asked]) == 0
    (trace,) = json.loads(capsys.readouterr().out)["traces"]
    graph = trace["multipath"]
    assert (graph["confidence"], graph["branchings"], graph["scope"]) == (0.99, 20, "graph")
    assert graph["reached"] >= 0.99
    assert len(trace["flows"]) == graph["flows"]
    assert sum(node["ttl"] == 3 for node in graph["nodes"]) == 4
    (diamond,) = graph["diamonds"]
    assert (diamond["branches"], diamond["length"], diamond["meshed"]) == (4, 3, False)
    assert all(node["rule"] == "node" for node in graph["nodes"] if node["rule"])


def test_a_confidence_out_of_range_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "198.18.33.25", *PLAIN, "--confidence", "1.5"]) == 2
    assert "must lie between" in capsys.readouterr().err


def test_a_watch_looks_at_one_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "198.18.33.25", *PLAIN, "--watch"]) == 2
    assert "leave out --multipath" in capsys.readouterr().err


def text(found: Multipath) -> str:
    trace = Trace(
        target=TARGET,
        source=None,
        protocol=None,
        port=None,
        engine="none",
        flows=(),
        distance=None,
        end=EndReason.REACHED,
        started_at=None,
        ended_at=None,
        packets_sent=None,
        multipath=found,
    )
    return "\n".join(branch_lines(trace, {}, {}))


def test_unequal_lengths_show_both_distances_and_the_branch_that_goes_straight_on() -> None:
    after = {0: (1,), 1: (2, 3), 2: (3,), 3: (4,), 4: (5,), 5: (-1,)}
    shown = text(explore(Graph(after=after))[0])
    assert "2,3  198.18.64.3" in shown
    assert "straight on" in shown
    assert "the shortest 1 hop shorter" in shown


def test_what_is_reached_by_two_ways_is_drawn_once() -> None:
    after = {0: (1,), 1: (2, 3), 2: (4, 5), 3: (4, 5), 4: (6,), 5: (6,), 6: (-1,)}
    shown = text(explore(Graph(after=after))[0])
    assert "meshed" in shown
    assert shown.count("as above") == 2


def test_nothing_is_claimed_where_nothing_was_asked() -> None:
    found, _ = explore(Graph(after={0: (-1,)}))
    assert found.confidence_words == ("nothing can be said of how sure this is",)


def test_the_graph_is_drawn_from_what_was_printed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["trace", "198.18.33.25", *PLAIN, "--numeric", "--json"]) == 0
    document, picture = tmp_path / "paths.json", tmp_path / "paths.svg"
    document.write_text(capsys.readouterr().out)
    assert main(["figure", "multipath", str(document), "-o", str(picture)]) == 0
    assert picture.stat().st_size > 1000


def test_a_trace_of_one_path_has_no_such_figure(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    one = ["--vantage", f"sim:{WIDE}", "--numeric", "--json", "--quiet"]
    assert main(["trace", "198.18.33.25", *one]) == 0
    document = tmp_path / "path.json"
    document.write_text(capsys.readouterr().out)
    assert main(["figure", "multipath", str(document), "-o", str(tmp_path / "path.svg")]) == 2
    assert "--multipath" in capsys.readouterr().err
