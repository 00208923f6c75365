from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

import studies
from bgp_made import told, with_path
from mxpath.graph.as_links import as_links
from mxpath.graph.build import EDGE_KINDS, NODE_KINDS, Graph, build_graph
from mxpath.model.bgp import PathGrade
from mxpath.model.foreign_text import printable
from mxpath.model.network import Network
from mxpath.model.study import Study


def nodes(graph: Graph, kind: str) -> dict[str, dict[str, Any]]:
    return {n: d for n, d in graph.nodes(data=True) if d["kind"] == kind}


def edges(graph: Graph, kind: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [(u, v, d) for u, v, d in graph.edges(data=True) if d["kind"] == kind]


@pytest.mark.parametrize("name", studies.ALL)
def test_every_node_and_edge_is_of_a_documented_kind_and_safe(name: str) -> None:
    graph = build_graph([studies.ALL[name]()])
    assert {d["kind"] for _, d in graph.nodes(data=True)} <= set(NODE_KINDS)
    for _, _, data in graph.edges(data=True):
        assert data["kind"] in EDGE_KINDS
        assert {"vantage", "family", "time", "domain"} <= data.keys()
    values = [v for _, d in graph.nodes(data=True) for v in d.values()]
    values += [v for _, _, d in graph.edges(data=True) for v in d.values()]
    assert {type(v) for v in values} <= {str, int, float, bool}
    assert all(v == printable(v) for v in (*values, *graph.nodes) if isinstance(v, str))


def test_the_plan_leads_from_the_domain_to_addresses() -> None:
    graph = build_graph([studies.fine()])
    found = edges(graph, "mx")
    assert [(u, v, d["preference"]) for u, v, d in found] == [
        ("domain:fine.example", "mx:mx1.bigmail.example", 10),
        ("domain:fine.example", "mx:mx.farmail.example", 20),
    ]
    assert len(edges(graph, "resolves")) == 4
    assert len(nodes(graph, "address")) == 4


def test_a_trace_is_a_chain_of_hops_from_the_vantage_to_the_address() -> None:
    graph = build_graph([studies.fine()])
    hops = [e for e in edges(graph, "hop") if e[2]["towards"] == "198.18.33.25"]
    assert [d["ttl"] for *_, d in hops] == [1, 2, 3, 4, 5]
    assert hops[0][0] == "vantage:198.18.0.25"
    assert hops[-1][1] == "address:198.18.33.25"
    assert all(a[1] == b[0] for a, b in pairwise(hops))
    assert hops[-1][2]["rtt_ms"] == pytest.approx(20.7)


def test_both_flows_of_a_diamond_are_there() -> None:
    graph = build_graph([studies.fine()])
    fourth = {
        (v, d["flow"])
        for _, v, d in edges(graph, "hop")
        if d["towards"] == "198.18.49.25" and d["ttl"] == 4
    }
    assert fourth == {("interface:198.18.64.2", 1), ("interface:198.18.64.3", 2)}


def test_a_silent_hop_is_a_node_of_its_own_and_never_merged() -> None:
    study = studies.fine()
    silent = nodes(build_graph([study]), "unknown")
    assert len(silent) == 1
    ((name, data),) = silent.items()
    assert (data["towards"], data["ttl"], data["family"]) == ("2001:db8:4000::25", 4, "v6")
    later = replace(study, started_at=study.started_at + timedelta(hours=1))
    both = nodes(build_graph([study, later]), "unknown")
    assert len(both) == 2
    assert name in both


def test_an_interface_on_an_exchange_lan_is_a_port_there() -> None:
    graph = build_graph([studies.fine()])
    ports = [(u, v, d["asn"]) for u, v, d in edges(graph, "at") if v == "ixp:31"]
    assert sorted(ports) == [
        ("interface:198.19.240.3", "ixp:31", 64503),
        ("interface:2001:db8:f000::3", "ixp:31", 64503),
    ]


def test_networks_are_linked_and_cross_the_exchange_as_observed() -> None:
    graph = build_graph([studies.fine()])
    crossing = [(u, v) for u, v, d in edges(graph, "crosses") if d["towards"] == "198.18.33.25"]
    assert crossing == [("as:64497", "ixp:31"), ("ixp:31", "as:64503")]
    assert {d["basis"] for *_, d in edges(graph, "crosses")} == {"observed"}
    links = {(u, v): d for u, v, d in edges(graph, "as_link")}
    assert links["as:64497", "as:64503"]["medium"] == "ixp"
    assert links["as:64497", "as:64510"]["medium"] == "unknown"
    assert {d["seen_in"] for d in links.values()} == {"trace"}


def test_links_say_who_has_seen_them() -> None:
    study = studies.fine()
    first, second, *_ = study.mail.addresses
    here, *middle, there = next(r for r in study.routes if r.target == first).as_path
    beta = Network(asn=64498)
    own = told((here, beta, there), first, grade=PathGrade.OWN)
    study = with_path(study, first, own)
    predicted = told((here, *middle, there), first, grade=PathGrade.PREDICTED)
    study = replace(study, bgp=(replace(study.bgp[0], predicted=predicted),))
    links = [
        (u, v, d["seen_in"], d.get("whose"), d.get("medium"))
        for u, v, d in edges(build_graph([study]), "as_link")
        if d["towards"] == str(first)
    ]
    assert links == [
        ("as:64496", "as:64497", "trace predicted", None, "unknown"),
        ("as:64496", "as:64498", "bgp", "a", None),
        ("as:64497", "as:64503", "trace predicted", None, "ixp"),
        ("as:64498", "as:64503", "bgp", "a", None),
    ]
    assert {d["seen_in"] for _, _, d in edges(build_graph([study]), "as_link")
            if d["towards"] == str(second)} == {"trace"}  # fmt: skip


def test_our_bgp_path_is_not_that_of_a_trace_from_elsewhere() -> None:
    study = studies.off_path()
    first = study.mail.addresses[0]
    seen = {link.facts["seen_in"] for to, link in as_links(study, apart=[first]) if to == first}
    assert seen == {"trace"}
    assert "bgp" in {link.facts["seen_in"] for to, link in as_links(study) if to == first}


def test_the_origin_of_a_prefix_is_said_once_a_study() -> None:
    graph = build_graph([studies.fine()])
    said = [(u, v) for u, v, _ in edges(graph, "originated_by")]
    assert len(said) == len(set(said))
    assert ("prefix:198.18.32.0/20", "as:64503") in said


def test_a_prefix_of_several_origins_keeps_them_all() -> None:
    graph = build_graph([_two_origins(studies.fine())])
    heads = {v for u, v, _ in edges(graph, "originated_by") if u == "prefix:198.18.32.0/20"}
    assert heads == {"as:64503", "as:64504"}
    assert "asn" not in nodes(graph, "address")["address:198.18.33.25"]


def _two_origins(study: Study) -> Study:
    owner = study.owners[studies.address(studies.MX1, 4)]
    assert owner.origin is not None
    both = replace(owner.origin.value, networks=(studies.BIG, studies.FAR))
    moas = replace(owner, origin=replace(owner.origin, value=both))
    return replace(study, owners={**study.owners, moas.address: moas})


def test_studies_of_two_domains_share_their_networks() -> None:
    graph = build_graph([studies.fine("one.example"), studies.fine("two.example")])
    assert len(nodes(graph, "domain")) == 2
    assert len(nodes(graph, "as")) == 5
    assert {d["domain"] for *_, d in graph.edges(data=True)} == {"one.example", "two.example"}


def test_nothing_unknown_is_written_down() -> None:
    study = studies.fine()
    nowhere = replace(study, seen_from=replace(study.seen_from, network=None))
    (vantage,) = nodes(build_graph([nowhere]), "vantage").values()
    assert "asn" not in vantage
    assert not edges(build_graph([studies.null_mx()]), "hop")


def test_networks_that_buy_from_nobody_are_marked() -> None:
    nodes = build_graph([studies.fine()]).nodes
    assert nodes["as:64510"]["transit_free"] == "both"
    assert "transit_free" not in nodes["as:64497"]
