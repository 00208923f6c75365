"""The graph that scamper's ``tracelb`` tells: nodes, and links between them by flow.

A link leads from a node over silent or shared hops to the next node. Which flows took it is told by
the probes that found it; that they had passed the node before it is scamper's word. What its
stopping rule came to is not written down: no confidence is.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mxpath.formats.scamper_results import Answer, Head, Link
from mxpath.model.address import IPAddress
from mxpath.model.multipath import Edge, Multipath, Node, Rule, Scope

UNTOLD = "scamper does not write down what its decisions came to"


@dataclass(slots=True)
class _Sketch:
    """The graph in the making; nodes by TTL and address, or by the silent node's own number."""

    nodes: dict[tuple[int, IPAddress | int], int] = field(default_factory=dict)
    places: list[tuple[int, IPAddress | None]] = field(default_factory=list)
    passed: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    edges: defaultdict[tuple[int, int], set[int]] = field(default_factory=lambda: defaultdict(set))

    def node(self, ttl: int, address: IPAddress | None) -> int:
        """Return the number of a node; what is silent is a new one each time."""
        number = len(self.places)
        key = (ttl, number if address is None else address)
        if key not in self.nodes:
            self.nodes[key] = number
            self.places.append((ttl, address))
        return self.nodes[key]


def graph_of(
    head: Head,
    links: Sequence[Link],
    *,
    first_hop: Sequence[IPAddress],
    numbers: Mapping[int, int],
    whole: bool,
) -> Multipath | None:
    """Build the graph; ``None`` where no confidence is told, or a link begins nowhere.

    Parameters
    ----------
    first_hop
        Addresses of the first node.
    numbers
        Places of flows in ``Trace.flows`` by scamper's number.
    whole
        It stopped by itself, not for lack of probes.
    """
    known = head.confidence is not None and 0 < head.confidence < 100
    if not known or not first_hop or any(link.origin is None for link in links):
        return None
    sketch = _Sketch()
    host = sketch.node(head.first_ttl - 1, None)
    for address in first_hop:
        sketch.edges[host, sketch.node(head.first_ttl, address)] |= set()
    for link in links:
        _follow(sketch, link, head, numbers)
    answers = [answer for link in links for group in link.sets for answer in group]
    confidence = (head.confidence or 0) / 100
    order = _order(sketch)
    return Multipath(
        confidence=confidence,
        scope=Scope.HOP,
        branchings=None,
        node_epsilon=1 - confidence,
        lowest=None,
        reached=None,
        nodes=tuple(_nodes(sketch, head, order)),
        edges=tuple(
            Edge(near=near, far=far, flows=tuple(sorted(flows)))
            for (near, far), flows in sorted(
                ((order[near], order[far]), flows) for (near, far), flows in sketch.edges.items()
            )
        ),
        flows=len(numbers),
        probes=sum(1 for answer in answers if numbers.get(answer.flow)),
        arrived=sum(1 for a in answers if numbers.get(a.flow) and a.responder == head.target),
        meshing_flows=None,
        whole=whole,
        left_out=(UNTOLD,),
    ).with_diamonds()


def _follow(sketch: _Sketch, link: Link, head: Head, numbers: Mapping[int, int]) -> None:
    """Draw the nodes and edges of one link."""
    told = ((answer.ttl, place) for place, group in enumerate(link.sets) for answer in group)
    ttl, place = next(told, (head.first_ttl + 1, 0))
    start = max(ttl - place - 1, head.first_ttl)
    near = sketch.node(start, link.origin)
    before: dict[int, int] = {}
    for offset, group in enumerate(link.sets, start + 1):
        after: dict[int, int] = {}
        last = near
        for address, flows in _answered(group, numbers).items():
            last = sketch.node(offset, address)
            sketch.passed[last] |= flows
            for flow in flows:
                sketch.edges[before.get(flow, near), last].add(flow)
                after[flow] = last
            if not flows:
                sketch.edges[near, last] |= set()
        near, before = last, after


def _answered(
    group: Sequence[Answer], numbers: Mapping[int, int]
) -> dict[IPAddress | None, set[int]]:
    """Return who answered which flows of a set; ``None`` stands for a set that nobody answered."""
    found: defaultdict[IPAddress | None, set[int]] = defaultdict(set)
    for answer in group:
        if answer.responder is not None:
            found[answer.responder].add(numbers[answer.flow])
    return found or {None: {numbers[answer.flow] for answer in group}}


def _order(sketch: _Sketch) -> dict[int, int]:
    """Return the numbers under which nodes are told: by TTL, silent ones last."""
    found = sorted(
        range(len(sketch.places)),
        key=lambda n: (
            sketch.places[n][0],
            sketch.places[n][1] is None,
            int(sketch.places[n][1] or 0),
        ),
    )
    return {node: number for number, node in enumerate(found)}


def _nodes(sketch: _Sketch, head: Head, order: Mapping[int, int]) -> Iterator[Node]:
    behind: defaultdict[int, list[set[int]]] = defaultdict(list)
    for (near, _), flows in sketch.edges.items():
        behind[near].append(flows)
    for node in order:
        ttl, address = sketch.places[node]
        next_hops = behind[node]
        asked = bool(next_hops) and ttl >= head.first_ttl
        yield Node(
            number=order[node],
            ttl=ttl,
            address=address,
            flows=len(sketch.passed[node]),
            is_target=address == head.target,
            rule=Rule.NODE if asked else None,
            probes=len(set().union(*next_hops)) if asked else 0,
            next_hops=len(next_hops) if asked else 0,
            shortfall=UNTOLD if asked else None,
        )
