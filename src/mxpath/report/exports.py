"""Files to take away: the graph for other programs, the figures for a page.

Equal studies give equal bytes: nothing here writes today's date.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path

import networkx as nx

from mxpath.errors import InputError
from mxpath.figures.drawing import save_figure
from mxpath.graph.build import Graph, build_graph
from mxpath.model.study import Study


def write_graph(studies: Study | Iterable[Study], path: Path) -> None:
    """Write the graph of one or many studies; the suffix of ``path`` is the format.

    ``.graphml``, ``.gexf``, ``.json`` (node-link, as ``networkx.node_link_graph`` reads it)
    and ``.dot`` (for Graphviz).

    Raises
    ------
    InputError
        When the suffix names no format.
    OSError
        When the file cannot be written.
    """
    writer = GRAPH_FORMATS.get(path.suffix.lower())
    if writer is None:
        known = ", ".join(GRAPH_FORMATS)
        raise InputError(f"{path}: {path.suffix or 'no suffix'} is no graph format; use {known}")
    graph = build_graph((studies,) if isinstance(studies, Study) else studies)
    path.write_bytes(writer(graph))


def write_figures(
    study: Study, directory: Path, *, formats: tuple[str, ...] = ("svg", "png")
) -> tuple[Path, ...]:
    """Draw every figure of ``study`` into ``directory``, made if need be; return the files.

    There is one road map, one waterfall, and a ladder for each address that was traced.

    Raises
    ------
    OSError
        When a file cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for stem, name, target in _figures_of(study):
        for kind in formats:
            path = directory / f"{stem}.{kind}"
            save_figure(name, study, path, target=target)
            written.append(path)
    return tuple(written)


def _figures_of(study: Study) -> list[tuple[str, str, str | None]]:
    found: list[tuple[str, str, str | None]] = [
        ("roadmap", "roadmap", None),
        ("waterfall", "waterfall", None),
    ]
    traced = [str(a) for a in study.mail.addresses if (t := study.trace_to(a)) and t.hops]
    # A colon cannot stand in a file name everywhere.
    found += [(f"ladder-{target.replace(':', '-')}", "ladder", target) for target in traced]
    return found if traced else [*found, ("ladder", "ladder", None)]


def _graphml(graph: Graph) -> bytes:
    page = BytesIO()
    nx.write_graphml_xml(graph, page, named_key_ids=True)
    return page.getvalue()


def _gexf(graph: Graph) -> bytes:
    page = BytesIO()
    nx.write_gexf(graph, page)
    # networkx stamps the day of writing; a study's dates stand on its edges.
    return re.sub(rb' lastmodifieddate="[^"]*"', b"", page.getvalue())


def _node_link(graph: Graph) -> bytes:
    document = {
        "directed": True,
        "multigraph": True,
        "graph": {},
        "nodes": [{"id": node, **facts} for node, facts in graph.nodes(data=True)],
        "edges": [
            {"source": tail, "target": head, "key": key, **facts}
            for tail, head, key, facts in graph.edges(keys=True, data=True)
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"


_SHAPES = {
    "vantage": "house",
    "domain": "folder",
    "mx": "box",
    "address": "box",
    "prefix": "note",
    "as": "box3d",
    "organisation": "tab",
    "place": "egg",
    "ixp": "diamond",
    "interface": "ellipse",
    "unknown": "point",
}


def _dot(graph: Graph) -> bytes:
    lines = ["digraph mxpath {", "  rankdir=LR;"]
    for node, facts in graph.nodes(data=True):
        looks = {"label": facts["label"], "shape": _SHAPES[facts["kind"]], "kind": facts["kind"]}
        lines.append(f"  {_quoted(node)} [{_attributes(looks)}];")
    for tail, head, facts in graph.edges(data=True):
        label = f"{facts['rtt_ms']:.1f} ms" if "rtt_ms" in facts else facts["kind"]
        lines.append(
            f"  {_quoted(tail)} -> {_quoted(head)} [{_attributes({**facts, 'label': label})}];"
        )
    return ("\n".join(lines) + "\n}\n").encode()


def _attributes(facts: Mapping[str, object]) -> str:
    return ", ".join(f"{key}={_quoted(str(value))}" for key, value in facts.items())


def _quoted(text: str) -> str:
    """Return a DOT string: no quote ends it early, no backslash means anything."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


GRAPH_FORMATS: Mapping[str, Callable[[Graph], bytes]] = {
    ".graphml": _graphml,
    ".gexf": _gexf,
    ".json": _node_link,
    ".dot": _dot,
}
"""Writers by suffix."""
