"""From what flows have shown to the graph with its confidences."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from mxpath.model.multipath import Balancing, Edge, Multipath, Node, Rule, Scope
from mxpath.model.probe import Protocol
from mxpath.multipath.inquiry import BORDER, SILENT, Inquiry
from mxpath.multipath.stopping import stopping_point, unseen_probability

_UNASKED = "not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What the stopping rule says of a node, or of its whole hop."""

    rule: Rule
    probes: int
    next_hops: int
    confidence: float | None
    shortfall: str | None


def graph_of(
    inquiry: Inquiry,
    *,
    flows: int,
    probes: int,
    stopped: str | None,
    protocol: Protocol,
) -> Multipath:
    """Put together what is known.

    Parameters
    ----------
    inquiry
        With all sightings.
    flows, probes
        Flows that were sent, the first included; probes of all others.
    stopped
        Why it ended before all was settled; ``None`` if it did not.
    protocol
        What the probes were made of.
    """
    options, last = inquiry.options, inquiry.border.last
    numbers = _numbers(inquiry)
    judged = {node: _judge(inquiry, node, stopped) for node in numbers}
    nodes = tuple(_node(inquiry, node, numbers[node], judged[node]) for node in numbers)
    weights = sorted(_decisions(inquiry, judged))
    weakest = weights[: options.branchings]
    by_hop = any(inquiry.rule(ttl) is Rule.HOP for ttl in range(1, last + 1))
    short = [j for j in judged.values() if j is not None and j.shortfall is not None]
    return Multipath(
        confidence=options.confidence,
        scope=Scope.HOP if options.branchings is None else Scope.GRAPH,
        branchings=options.branchings,
        node_epsilon=inquiry.epsilon,
        lowest=weights[0] if weights else None,
        reached=prod(weakest) if weights else None,
        nodes=nodes,
        edges=tuple(_edges(inquiry, numbers)),
        flows=flows,
        probes=probes,
        arrived=len(inquiry.border.arrived),
        meshing_flows=options.meshing_flows if by_hop else None,
        whole=stopped is None and not short,
        left_out=tuple(_left_out(inquiry, short, nodes, stopped=stopped, protocol=protocol)),
    ).with_diamonds()


def _numbers(inquiry: Inquiry) -> dict[int, int]:
    """Nodes in the order in which they are told: by TTL, silent ones last."""
    sights = inquiry.sights
    found = [node for level in sights.levels for node in level.nodes]
    spots = sights.spots
    order = sorted(
        found,
        key=lambda n: (
            spots[n].ttl,
            spots[n].address is None,
            int(spots[n].address or 0),
            n,
        ),
    )
    return {node: number for number, node in enumerate(order)}


def _judge(inquiry: Inquiry, node: int, stopped: str | None) -> _Judged | None:
    """What is known of a node's next hops; ``None`` where none were asked for."""
    ttl = inquiry.sights.spots[node].ttl + 1
    if ttl > inquiry.border.last or node not in inquiry.forks(ttl):
        return None
    level, rule = inquiry.sights.at(ttl), inquiry.rule(ttl)
    if rule is Rule.HOP:
        next_hops, probes = inquiry.hop_count(ttl), len(level.where)
    else:
        links = level.links.get(node, {})
        next_hops, probes = len(links), sum(map(len, links.values()))
    point = stopping_point(1 + max(1, next_hops), inquiry.epsilon)
    short = probes < point
    steered = ttl not in inquiry.unsteered or len(inquiry.sights.at(ttl - 1).nodes) == 1
    reason = inquiry.shortfalls.get(node) or stopped or _UNASKED
    return _Judged(
        rule=rule,
        probes=probes,
        next_hops=next_hops,
        confidence=1 - unseen_probability(1 + max(1, next_hops), probes) if steered else None,
        shortfall=reason if short else None,
    )


def _decisions(inquiry: Inquiry, judged: dict[int, _Judged | None]) -> Iterator[float]:
    """The confidence of each decision: a hop that was taken as a whole is one."""
    hops = set()
    for node, judgement in judged.items():
        if judgement is None or judgement.confidence is None:
            continue
        # What was left out on purpose is told in words.
        stops = (SILENT,) if inquiry.options.to_target else (SILENT, BORDER)
        if judgement.shortfall in stops:
            continue
        ttl = inquiry.sights.spots[node].ttl
        if judgement.rule is Rule.NODE or ttl not in hops:
            yield judgement.confidence
        if judgement.rule is Rule.HOP:
            hops.add(ttl)


def _node(inquiry: Inquiry, node: int, number: int, judged: _Judged | None) -> Node:
    sights = inquiry.sights
    spot = sights.spots[node]
    branches = len(sights.at(spot.ttl + 1).links.get(node, ()))
    tally = inquiry.repeats.tally(node)
    balancing = inquiry.repeats.balancing(node, branches) if branches > 1 else None
    per_flow = balancing is Balancing.PER_FLOW
    return Node(
        number=number,
        ttl=spot.ttl,
        address=spot.address,
        flows=len(sights.at(spot.ttl).nodes[node]) or (0 if spot.ttl else len(sights.at(1).where)),
        is_target=spot.is_target,
        refuses=spot.refuses,
        rule=judged.rule if judged else None,
        probes=judged.probes if judged else 0,
        next_hops=judged.next_hops if judged else 0,
        confidence=judged.confidence if judged else None,
        shortfall=judged.shortfall if judged else None,
        balancing=balancing,
        repeats=tally.same + tally.differing,
        differing=tally.differing,
        balancing_confidence=1 - branches**-tally.same if per_flow else None,
    )


def _edges(inquiry: Inquiry, numbers: dict[int, int]) -> Iterator[Edge]:
    for ttl, level in enumerate(inquiry.sights.levels):
        several = ttl > 0 and len(inquiry.sights.at(ttl - 1).nodes) > 1
        for near, links in level.links.items():
            for far, flows in links.items():
                yield Edge(
                    near=numbers[near],
                    far=numbers[far],
                    flows=tuple(sorted(flows)),
                    certain=not (several and ttl in inquiry.unsteered),
                )


def _left_out(
    inquiry: Inquiry,
    short: list[_Judged],
    nodes: tuple[Node, ...],
    *,
    stopped: str | None,
    protocol: Protocol,
) -> Iterator[str]:
    options, border = inquiry.options, inquiry.border
    if stopped is not None:
        yield f"ended early: {stopped}"
    if not any(node.is_target for node in nodes):
        yield f"the target was not met: nothing beyond TTL {border.last} was asked"
    elif not options.to_target:
        yield "further flows stop one hop short of the target"
    for reason, count in Counter(j.shortfall for j in short if j.shortfall != stopped).items():
        what = "silent node" if reason == SILENT else "node"
        yield f"too few flows for {count} {what}{'s' if count > 1 else ''}: {reason}"
    if inquiry.unsteered:
        first = min(inquiry.unsteered)
        yield f"packets of one flow part before TTL {first}: no confidence until they meet again"
    branching = sum(node.balancing is not None for node in nodes)
    if options.branchings is not None and branching > options.branchings:
        yield f"{branching} routers branch, more than the {options.branchings} that were allowed for"
    if protocol is Protocol.ICMP:
        yield "flows differ in ICMP identifier and checksum: a router that hashes addresses shows one way"
