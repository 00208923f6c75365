"""scamper's ``tracelb``: one flow for each number, and the graph of them all."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from mxpath.formats.assembling import distance_of
from mxpath.formats.scamper_graph import graph_of
from mxpath.formats.scamper_results import (
    Answer,
    Head,
    Link,
    build_flow,
    build_probe,
    build_trace,
)  # fmt: skip
from mxpath.model.address import IPAddress
from mxpath.model.probe import Probe
from mxpath.model.trace import EndReason, Flow, Hop, Trace


def multipath_of(
    head: Head,
    links: Sequence[Link],
    *,
    first_node: IPAddress | None,
    most_probes: int | None = None,
) -> Trace:
    """Build the trace: flows in the order of their numbers, with the graph.

    Parameters
    ----------
    first_node
        Who answered at the first TTL, of whom the file has no probes.
    most_probes
        Probes after which it would have stopped.
    """
    answers = [answer for link in links for group in link.sets for answer in group]
    by_flow = _probes(head, answers)
    flows = [build_flow(head, by_flow[number].values()) for number in sorted(by_flow)]
    first_hop = () if first_node is None else (first_node,)
    if first_hop:
        known = flows[0] if flows else build_flow(head, ())
        flows[:1] = [_from_first_hop(head, known, first_hop)]
    end = _end(flows, gave_up=bool(links) and not _arrives(links[-1]))
    stopped = most_probes is not None and (head.probes_sent or 0) >= most_probes
    graph = graph_of(
        head,
        links,
        first_hop=first_hop,
        numbers={number: place for place, number in enumerate(sorted(by_flow))},
        whole=end is EndReason.REACHED and not stopped,
    )
    return build_trace(head, tuple(flows), end=end, multipath=graph)


def _probes(
    head: Head, answers: Sequence[Answer]
) -> defaultdict[int, dict[tuple[int, int], Probe]]:
    """Sort probes by flow; one that two have answered is listed twice, and kept once."""
    by_flow: defaultdict[int, dict[tuple[int, int], Probe]] = defaultdict(dict)
    for answer in answers:
        place = (answer.ttl, answer.attempt)
        old = by_flow[answer.flow].get(place)
        if old is None or old.reply is None:
            by_flow[answer.flow][place] = build_probe(head, answer)
    return by_flow


def _arrives(link: Link) -> bool:
    """Whether a link leads to somebody."""
    return bool(link.sets) and any(answer.responder is not None for answer in link.sets[-1])


def _end(flows: Sequence[Flow], *, gave_up: bool) -> EndReason | None:
    if distance_of(flows) is not None:
        return EndReason.REACHED
    replies = (probe.reply for flow in flows for hop in flow.hops for probe in hop.probes)
    if any(reply is not None and reply.is_refusal for reply in replies):
        return EndReason.UNREACHABLE
    return EndReason.GAVE_UP if gave_up else None


def _from_first_hop(head: Head, flow: Flow, responders: tuple[IPAddress, ...]) -> Flow:
    """Put the first hop in, of which only the address is told."""
    if flow.hops and flow.hops[0].ttl <= head.first_ttl:
        return flow
    between = range(head.first_ttl + 1, flow.hops[0].ttl if flow.hops else head.first_ttl + 1)
    first = Hop(ttl=head.first_ttl, probes=(), told_responders=responders)
    return replace(flow, hops=(first, *(Hop(ttl=ttl, probes=()) for ttl in between), *flow.hops))
