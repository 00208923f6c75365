"""Printing: all paths to a target, branches indented under the router at which they part."""

from collections.abc import Iterator, Mapping

from mxpath.cli.tables import WIDTH, name_words, owner_words
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.diamonds import END, Diamond, Skeleton
from mxpath.model.evidence import Claim
from mxpath.model.foreign_text import printable
from mxpath.model.multipath import Balancing, Multipath, Node, Rule
from mxpath.model.trace import Trace

_HOST = "this host"
_DEEPEST = 12
"""Levels of branchings that are indented."""


class _Tree:
    """The lines of one graph."""

    def __init__(
        self,
        trace: Trace,
        graph: Multipath,
        owners: Mapping[IPAddress, Attribution],
        names: Mapping[IPAddress, Claim[str]],
    ) -> None:
        self._graph, self._owners, self._names = graph, owners, names
        self._skeleton: Skeleton = graph.skeleton
        self._alike: dict[int, list[Node]] = {}
        for node in graph.nodes:
            self._alike.setdefault(self._skeleton.merged[node.number], []).append(node)
        self._rtts_ms = _rtts_ms(trace)
        self._shown: set[int] = set()

    def lines(self) -> Iterator[str]:
        """All of it, from this host to the target."""
        return (line for line in self._walk(0, END, "") if line.strip() != _HOST)

    def _walk(self, node: int, stop: int, indent: str) -> Iterator[str]:
        """From a node to ``stop``, which is left to the caller."""
        while node not in (stop, END):
            if node in self._shown:
                yield f"{indent}{self._head(node)} as above"
                return
            self._shown.add(node)
            yield self._line(node, indent)
            after = self._skeleton.links[node]
            join = self._skeleton.join(node)
            if len(after) > 1:
                yield from self._branches(sorted(after), join, indent)
            node = join

    def _branches(self, heads: list[int], join: int, indent: str) -> Iterator[str]:
        for head in heads:
            last = head == heads[-1]
            if head == join:
                yield f"{indent}{'└' if last else '├'}─ straight on"
                continue
            deeper = f"{indent}{' ' if last else '│'}  " if len(indent) < 3 * _DEEPEST else indent
            for number, line in enumerate(self._walk(head, join, "")):
                corner = f"{indent}{'└' if last else '├'}─ "
                yield (corner if not number else deeper) + line

    def _head(self, node: int) -> str:
        alike = self._alike[node]
        ttls = ",".join(dict.fromkeys(str(each.ttl) for each in alike if each.ttl))
        who = _HOST if not alike[0].ttl else str(alike[0].address or "silent")
        return f"{ttls:>2}  {who}".rstrip()

    def _line(self, node: int, indent: str) -> str:
        alike = self._alike[node]
        address = alike[0].address
        flows = sum(each.flows for each in alike)
        told = [self._head(node)]
        rtts = [ms for each in alike if (ms := self._rtts_ms.get((each.ttl, each.address)))]
        if rtts:
            told.append(f"{min(rtts):.1f} ms")
        if alike[0].ttl:
            told.append(f"{flows} flow{'s' * (flows != 1)}")
        told += [words for each in alike if (words := _fork_words(each))]
        if address is not None:
            told += [owner_words(self._owners.get(address)), name_words(self._names.get(address))]
        line = indent + "  ".join(word for word in told if word)
        return line if len(line) <= WIDTH + 20 else f"{line[: WIDTH + 19]}…"


def branch_lines(
    trace: Trace,
    owners: Mapping[IPAddress, Attribution],
    names: Mapping[IPAddress, Claim[str]],
) -> Iterator[str]:
    """Lines that show the graph of a trace, its diamonds, and how sure it is.

    Parameters
    ----------
    trace
        Without ``multipath`` there are none.
    owners, names
        What is known of addresses.
    """
    graph = trace.multipath
    if graph is None:
        return
    yield f"      all paths: {graph.flows} flows, {graph.probes} further probes{_rules_words(graph)}"
    for line in _Tree(trace, graph, owners, names).lines():
        yield f"      {line}"
    for diamond in graph.diamonds:
        yield f"      {_diamond_words(graph, diamond)}"
    for words in graph.confidence_words:
        yield f"      {words}"
    for words in graph.left_out:
        yield f"      not seen: {printable(words)}"


def _fork_words(node: Node) -> str:
    if node.shortfall is not None:
        return f"(asked too little: {printable(node.shortfall)})"
    if node.balancing is None:
        return ""
    sure = node.balancing_confidence
    return {
        Balancing.PER_FLOW: f"balances per flow ({sure:.1%})" if sure else "balances per flow",
        Balancing.PER_PACKET: f"balances per packet ({node.differing} of {node.repeats} differ)",
        Balancing.UNKNOWN: "balances, per flow or per packet is not known",
    }[node.balancing]


def _rules_words(graph: Multipath) -> str:
    hops = len({node.ttl for node in graph.nodes if node.rule is Rule.HOP})
    if not hops:
        return ""
    return f", {hops} hop{'s' * (hops != 1)} of several routers asked as a whole"


def _diamond_words(graph: Multipath, diamond: Diamond) -> str:
    far = "the end" if diamond.convergence is None else _name(graph.nodes[diamond.convergence])
    lengths = "all equally long"
    if not diamond.symmetric:
        lengths = f"the shortest {diamond.asymmetry} hop{'s' * (diamond.asymmetry != 1)} shorter"
    return (
        f"diamond from {_name(graph.nodes[diamond.divergence])} to {far}: {diamond.branches} ways, "
        f"at most {diamond.max_width} side by side, {diamond.length} hops, {lengths}"
        f"{', meshed' if diamond.meshed else ''}"
    )


def _name(node: Node) -> str:
    return _HOST if not node.ttl else str(node.address or "a silent router")


def _rtts_ms(trace: Trace) -> dict[tuple[int, IPAddress | None], float]:
    """Smallest round-trip time of each node, over all flows."""
    found: dict[tuple[int, IPAddress | None], float] = {}
    for flow in trace.flows:
        for probe in (probe for hop in flow.hops for probe in hop.probes):
            if probe.reply is not None and probe.rtt_ms is not None:
                key = probe.ttl, probe.reply.responder
                found[key] = min(found.get(key, probe.rtt_ms), probe.rtt_ms)
    return found
