import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import studies
from mxpath.errors import InputError
from mxpath.graph.build import Graph, build_graph
from mxpath.report.exports import GRAPH_FORMATS, _quoted, write_figures, write_graph


def read(path: Path) -> Graph:
    graph: Any  # what networkx reads has no types of ours
    if path.suffix == ".graphml":
        graph = nx.read_graphml(path, force_multigraph=True)
    elif path.suffix == ".gexf":
        graph = nx.read_gexf(path)
    else:
        names: dict[str, Any] = {"edges": "edges"}
        graph = nx.node_link_graph(json.loads(path.read_text(encoding="utf-8")), **names)
    found: Graph = graph
    return found


def facts(data: dict[str, Any]) -> list[tuple[str, object]]:
    # GEXF keeps ids of its own on edges.
    return sorted((k, v) for k, v in data.items() if k not in ("id", "label"))


@pytest.mark.parametrize("name", ["fine", "hostile", "null_mx", "egress_blocked"])
@pytest.mark.parametrize("suffix", [".graphml", ".gexf", ".json"])
def test_what_is_written_is_read_again(name: str, suffix: str, tmp_path: Path) -> None:
    study = studies.ALL[name]()
    path = tmp_path / f"graph{suffix}"
    write_graph(study, path)
    wrote, found = build_graph([study]), read(path)
    assert {n: facts(d) for n, d in found.nodes(data=True)} == {
        n: facts(d) for n, d in wrote.nodes(data=True)
    }
    assert sorted((u, v, str(facts(d))) for u, v, d in found.edges(data=True)) == sorted(
        (u, v, str(facts(d))) for u, v, d in wrote.edges(data=True)
    )


@pytest.mark.parametrize("suffix", GRAPH_FORMATS)
def test_equal_studies_are_equal_bytes(suffix: str, tmp_path: Path) -> None:
    first, second = tmp_path / f"1{suffix}", tmp_path / f"2{suffix}"
    write_graph([studies.fine(), studies.slow()], first)
    write_graph([studies.fine(), studies.slow()], second)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("suffix", GRAPH_FORMATS)
def test_no_file_holds_a_control_character(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"evil{suffix}"
    write_graph(studies.hostile(), path)
    text = path.read_text(encoding="utf-8")
    assert not [c for c in text if ord(c) < 32 and c not in "\n\r\t"]


@given(st.text())
def test_a_dot_string_ends_where_it_should(text: str) -> None:
    quoted = _quoted(text)
    inner = quoted[1:-1]
    assert quoted[0] == quoted[-1] == '"'
    assert inner.replace("\\\\", "\0").replace('\\"', "\1").replace("\0", "\\").replace(
        "\1", '"'
    ) == text or {"\0", "\1"} & set(text)
    assert '"' not in inner.replace("\\\\", "").replace('\\"', "")


def test_dot_names_every_node_and_edge(tmp_path: Path) -> None:
    path = tmp_path / "g.dot"
    write_graph(studies.fine(), path)
    lines = path.read_text(encoding="utf-8").splitlines()
    graph = build_graph([studies.fine()])
    arrows = sum(" -> " in line for line in lines)
    assert arrows == graph.number_of_edges()
    assert len(lines) - arrows - 3 == len(graph)
    assert '  "as:64503" [label="AS64503 BigMail", shape="box3d", kind="as"];' in lines


def test_an_unknown_suffix_says_what_to_use(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.graphml"):
        write_graph(studies.fine(), tmp_path / "graph.xls")


def test_there_is_a_ladder_for_each_traced_address(tmp_path: Path) -> None:
    files = write_figures(
        studies.only_first(studies.fine()), tmp_path / "a" / "b", formats=("svg",)
    )
    assert [f.name for f in files] == [
        "roadmap.svg",
        "waterfall.svg",
        "ladder-198.18.33.25.svg",
        "ladder-2001-db8-3000--25.svg",
    ]
    assert all(f.stat().st_size > 1000 for f in files)


def test_without_traces_the_ladder_says_why(tmp_path: Path) -> None:
    files = write_figures(studies.null_mx(), tmp_path, formats=("png",))
    assert [f.name for f in files] == ["roadmap.png", "waterfall.png", "ladder.png"]
    assert all(f.read_bytes().startswith(b"\x89PNG") for f in files)
