"""Studies as one plain ``networkx.MultiDiGraph``.

Nodes are named ``kind:key``; each has ``kind`` and ``label``, and by kind:

    vantage     address_v4, address_v6, asn            where we stood, or another tool did
    domain      domain                                 a mail domain asked about
    mx          host, provider, provider_grade         a mail host's name
    address     address, family, asn                   an address of a mail host
    interface   address, family, asn                   an address that a router answered from;
                                                       an address, not a router: no alias resolution is claimed
    unknown     towards, flow, ttl, family             one silent hop of one trace, never merged
    prefix      prefix                                 the longest covering prefix
    as          asn, name, transit_free                a network; the families (``v4``, ``v6``, ``both``)
                                                       for which it is said to buy transit from nobody
    organisation  name, handle, country                who holds a range, by the registry's word,
                                                       or runs a network, by a data set
    place       city, country, latitude, longitude     where somebody says that something is
    ixp         ix_id, name                            an exchange point

Edges have ``kind``, ``vantage``, ``family`` (``v4``, ``v6`` or ``both``), ``time`` (ISO 8601,
UTC, start of the study), ``domain``, and by kind:

    mx             domain -> mx            preference
    resolves       mx -> address
    covered_by     address -> prefix       dataset, as_of          (also interface -> prefix)
    operated_by    address -> organisation  dataset, as_of, grade  (also interface -> organisation)
                   as -> organisation       dataset, as_of, grade  of a data set of organisations
    originated_by  prefix -> as            dataset, as_of          (each origin of a multi-origin prefix)
    at             interface -> ixp        asn                     a member's port on the peering LAN
                   vantage -> as                                   the network we stood in
                   address -> place  dataset, as_of, grade         claimed or hinted, never proved; none
                                                                   that is refuted (also interface, vantage -> place)
    hop            from hop to hop         towards, flow, ttl, rtt_ms   smallest round trip to the head
    as_link        as -> as                towards, medium, grade  by the trace, where that has seen it
                                           seen_in      which of trace, bgp and predicted, with blanks between
                                           whose        grade of the BGP path that has it (a, b, c)
    crosses        as -> ixp, ixp -> as    towards, ix_id, grade, basis

``towards`` is the address that was being traced (``source`` and ``target`` would collide with
the ends of an edge in the node-link form). An attribute that is unknown is left out. Values are str, int, float or bool only and
hold no control characters, so GraphML, GEXF and JSON stay well-formed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import networkx as nx

from mxpath.graph.as_links import AsLink, as_links
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.evidence import Claim
from mxpath.model.foreign_text import printable
from mxpath.model.network import Network
from mxpath.model.origin import Origin
from mxpath.model.place import Place
from mxpath.model.registry import Organisation, Registration
from mxpath.model.route import Route
from mxpath.model.study import Study
from mxpath.model.trace import Flow, Hop, Trace

NODE_KINDS = (
    "vantage",
    "domain",
    "mx",
    "address",
    "prefix",
    "as",
    "organisation",
    "place",
    "ixp",
    "unknown",
    "interface",
)
EDGE_KINDS = (
    "mx",
    "resolves",
    "covered_by",
    "operated_by",
    "originated_by",
    "hop",
    "as_link",
    "crosses",
    "at",
)

Graph: TypeAlias = "nx.MultiDiGraph[str, dict[str, Any], dict[str, Any]]"
Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stamp:
    """What every edge of one study carries."""

    vantage: str
    domain: str
    time: str

    def facts(self, family: str) -> dict[str, Fact]:
        return {
            "vantage": self.vantage,
            "family": family,
            "time": self.time,
            "domain": self.domain,
        }


def build_graph(studies: Iterable[Study]) -> Graph:
    """Return the graph of one or many studies; see the head of this module for its attributes."""
    graph: Graph = nx.MultiDiGraph()
    for study in studies:
        stamp = _Stamp(
            vantage=_vantage_key(study.seen_from),
            domain=printable(study.domain),
            time=study.started_at.isoformat(),
        )
        _add_vantage(graph, study.seen_from, stamp)
        _add_plan(graph, study, stamp)
        places = {t.target: _place(graph, study, t, stamp) for t in study.traces}
        for trace in study.traces:
            _add_trace(graph, study, trace, stamp=places[trace.target])
        _add_owners(graph, study, stamp)
        for route in study.routes:
            _add_route(graph, route, places.get(route.target, stamp))
        apart = [target for target, place in places.items() if place != stamp]
        for target, link in as_links(study, apart=apart):
            _add_link(graph, link, target, places.get(target, stamp))
        for claim in study.transit_free or ():
            if (node := f"as:{claim.value.asn}") in graph:
                families = claim.value.families
                graph.nodes[node]["transit_free"] = (
                    "both" if len(families) > 1 else f"v{families[0]}"
                )
    return graph


def _place(graph: Graph, study: Study, trace: Trace, stamp: _Stamp) -> _Stamp:
    """Where a trace began: with us, or where another tool measured it."""
    if trace.source is None or not trace.is_elsewhere(
        study.seen_from.sends_from(trace.target.version)
    ):
        return stamp
    owner = study.owners.get(trace.source)
    network = owner.network if owner is not None else None
    there = Origin(
        address_v4=trace.source if trace.source.version == 4 else None,
        address_v6=trace.source if trace.source.version == 6 else None,
        network=network,
    )
    stamp = replace(stamp, vantage=_vantage_key(there))
    _add_vantage(graph, there, stamp)
    return stamp


def _add_vantage(graph: Graph, here: Origin, stamp: _Stamp) -> None:
    node = _node(
        graph,
        "vantage",
        stamp.vantage,
        address_v4=str(here.address_v4) if here.address_v4 else None,
        address_v6=str(here.address_v6) if here.address_v6 else None,
        asn=here.network.asn if here.network else None,
    )
    if here.network is not None:
        _edge(graph, node, _add_network(graph, here.network), kind="at", **stamp.facts("both"))
    if here.place is not None:
        head = _add_place(graph, here.place.value)
        _edge(graph, node, head, kind="at", **_told(here.place), **stamp.facts("both"))


def _add_plan(graph: Graph, study: Study, stamp: _Stamp) -> None:
    domain = _node(graph, "domain", study.domain, domain=study.domain)
    for host in study.mail.plan.hosts:
        provider = study.providers.get(host.name)
        grade = provider.grade.value if provider is not None and provider.grade else None
        title = provider.value.title if provider is not None else None
        mx = _node(graph, "mx", host.name, host=host.name, provider=title, provider_grade=grade)
        _edge(graph, domain, mx, kind="mx", preference=host.preference, **stamp.facts("both"))
        for address in host.addresses:
            end = _add_address(graph, study, address, "address")
            _edge(graph, mx, end, kind="resolves", **stamp.facts(_family(address)))


def _add_trace(graph: Graph, study: Study, trace: Trace, *, stamp: _Stamp) -> None:
    for number, flow in enumerate(trace.flows, start=1):
        before = f"vantage:{stamp.vantage}"
        for hop in flow.hops:
            here = _hop_node(graph, study, trace, flow=flow, hop=hop, stamp=stamp)
            _edge(
                graph,
                before,
                here,
                kind="hop",
                towards=str(trace.target),
                flow=number,
                ttl=hop.ttl,
                rtt_ms=hop.min_rtt_ms,
                **stamp.facts(_family(trace.target)),
            )
            before = here


def _hop_node(  # noqa: PLR0913 - a hop is known by where it was seen
    graph: Graph, study: Study, trace: Trace, *, flow: Flow, hop: Hop, stamp: _Stamp
) -> str:
    if hop.address is not None:
        # A target's own answer is the mail host's address; any other is a router's interface.
        kind = "address" if hop.address in study.mail.addresses else "interface"
        return _add_address(graph, study, hop.address, kind)
    key = f"{stamp.vantage}/{stamp.time}/{trace.target}/{flow.source_port}/{hop.ttl}"
    return _node(
        graph,
        "unknown",
        key,
        label="silent",
        towards=str(trace.target),
        flow=flow.source_port,
        ttl=hop.ttl,
        family=_family(trace.target),
    )


def _add_owners(graph: Graph, study: Study, stamp: _Stamp) -> None:
    for address, owner in study.owners.items():
        for kind in ("address", "interface"):
            node = f"{kind}:{address}"
            if node in graph:
                _own(graph, node, owner, stamp)


def _own(graph: Graph, node: str, owner: Attribution, stamp: _Stamp) -> None:
    facts = stamp.facts(_family(owner.address))
    if owner.ixp is not None:
        ixp = _add_exchange(graph, owner.ixp.ix_id, owner.ixp.ix_name)
        asn = owner.network.asn if owner.network else None
        _edge(graph, node, ixp, kind="at", asn=asn, **facts)
    if owner.registration is not None and owner.registration.value.organisation is not None:
        holder = _add_organisation(graph, owner.registration.value)
        _edge(graph, node, holder, kind="operated_by", **_told(owner.registration), **facts)
    if owner.network is not None and owner.organisation is not None:
        tail = _add_network(graph, owner.network)
        head = _add_named(graph, owner.organisation)
        if not _has_edge(graph, tail, head, stamp):
            told = _told(owner.organisation)
            _edge(graph, tail, head, kind="operated_by", **told, **stamp.facts("both"))
    for place in owner.places:
        head = _add_place(graph, place.value)
        _edge(graph, node, head, kind="at", **_told(place), **facts)
    if owner.origin is None:
        return
    dated = _dated(owner.origin)
    block = str(owner.origin.value.prefix)
    prefix = _node(graph, "prefix", block, prefix=block)
    _edge(graph, node, prefix, kind="covered_by", **dated, **facts)
    for network in owner.origin.value.networks:
        head = _add_network(graph, network)
        # Many addresses share a prefix: its origin is said once a study.
        if not _has_edge(graph, prefix, head, stamp):
            _edge(graph, prefix, head, kind="originated_by", **dated, **facts)


def _dated(claim: Claim[Any]) -> dict[str, Fact]:
    why = claim.evidence[0] if claim.evidence else None
    return {
        "dataset": why.source if why else None,
        "as_of": why.as_of.isoformat() if why and why.as_of else None,
    }


def _told(claim: Claim[Any]) -> dict[str, Fact]:
    return {"grade": claim.grade.value if claim.grade else None, **_dated(claim)}


def _add_named(graph: Graph, claim: Claim[Organisation]) -> str:
    organisation = claim.value
    return _node(
        graph,
        "organisation",
        # A handle is one data set's own.
        f"{organisation.handle or organisation.name}@{claim.evidence[0].source}",
        label=organisation.name,
        name=organisation.name,
        handle=organisation.handle,
        country=organisation.country,
    )


def _add_place(graph: Graph, place: Place) -> str:
    return _node(
        graph,
        "place",
        str(place),
        city=place.city,
        country=place.country,
        latitude=place.latitude,
        longitude=place.longitude,
    )


def _add_organisation(graph: Graph, held: Registration) -> str:
    organisation = held.organisation
    assert organisation is not None, "asked only where there is one"
    return _node(
        graph,
        "organisation",
        # A handle is one registry's own.
        f"{organisation.handle or organisation.name}@{held.registry}",
        label=organisation.name,
        name=organisation.name,
        handle=organisation.handle,
        country=held.country,
    )


def _add_route(graph: Graph, route: Route, stamp: _Stamp) -> None:
    facts = stamp.facts(_family(route.target))
    towards = str(route.target)
    for claim in route.crossings:
        crossing = claim.value
        ixp = _add_exchange(graph, crossing.ix_id, crossing.ix_name)
        about: dict[str, Fact] = {
            "towards": towards,
            "ix_id": crossing.ix_id,
            "grade": claim.grade.value if claim.grade else None,
            "basis": "observed",
            **facts,
        }
        if crossing.near is not None:
            _edge(graph, _add_network(graph, crossing.near), ixp, kind="crosses", **about)
        _edge(graph, ixp, _add_network(graph, crossing.far), kind="crosses", **about)


def _add_link(graph: Graph, link: AsLink, target: IPAddress, stamp: _Stamp) -> None:
    near, far = _add_network(graph, link.near), _add_network(graph, link.far)
    told = stamp.facts(_family(target))
    _edge(graph, near, far, kind="as_link", towards=str(target), **link.facts, **told)


def _add_address(graph: Graph, study: Study, address: IPAddress, kind: str) -> str:
    owner = study.owners.get(address)
    network = owner.network if owner else None
    return _node(
        graph,
        kind,
        str(address),
        address=str(address),
        family=_family(address),
        asn=network.asn if network else None,
    )


def _add_network(graph: Graph, network: Network) -> str:
    return _node(
        graph, "as", str(network.asn), label=str(network), asn=network.asn, name=network.name
    )


def _add_exchange(graph: Graph, ix_id: int, name: str) -> str:
    return _node(graph, "ixp", str(ix_id), label=name, ix_id=ix_id, name=name)


def _vantage_key(origin: Origin) -> str:
    known = next((a for v in (4, 6) if (a := origin.sends_from(v)) is not None), None)
    if known is not None:
        return str(known)
    return f"AS{origin.network.asn}" if origin.network else "here"


def _family(address: IPAddress) -> str:
    return f"v{address.version}"


def _has_edge(graph: Graph, tail: str, head: str, stamp: _Stamp) -> bool:
    between: dict[Any, dict[str, Any]] = graph.get_edge_data(tail, head, default={})
    return any(
        (data["vantage"], data["time"], data["domain"]) == (stamp.vantage, stamp.time, stamp.domain)
        for data in between.values()
    )


def _node(graph: Graph, kind: str, key: str, **facts: Fact) -> str:
    name = f"{kind}:{printable(key)}"
    graph.add_node(name, kind=kind, **{"label": printable(key), **_safe(facts)})
    return name


def _edge(graph: Graph, tail: str, head: str, **facts: Fact) -> None:
    graph.add_edge(tail, head, **_safe(facts))


def _safe(facts: dict[str, Fact]) -> dict[str, str | int | float | bool]:
    return {
        key: printable(value) if isinstance(value, str) else value
        for key, value in facts.items()
        if value is not None
    }
