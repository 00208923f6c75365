"""All paths that flows to one target take, as far as they were found: nodes, edges, diamonds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from mxpath.model.address import IPAddress
from mxpath.model.diamonds import Diamond, Skeleton


class Balancing(StrEnum):
    """What a router lets decide where a packet goes."""

    PER_FLOW = "per flow"
    """The same flow always goes the same way."""
    PER_PACKET = "per packet"
    UNKNOWN = "unknown"
    """The same flow was not asked often enough, or once went another way."""


class Rule(StrEnum):
    """What the stopping rule was held against."""

    NODE = "node"
    """The flows that pass this node (MDA)."""
    HOP = "hop"
    """All flows of this hop, taken for one balancer (MDA-Lite): right for uniform diamonds
    without meshing, and for no others."""


class Scope(StrEnum):
    """What the wanted confidence is spoken of."""

    HOP = "hop"
    """Each stopping decision by itself."""
    GRAPH = "graph"
    """All of them at once, given that no more than so many routers branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Who answered at one TTL: an address at two TTLs is two nodes, until they are merged."""

    number: int
    """Its place in ``Multipath.nodes``; 0 is this host."""
    ttl: int
    address: IPAddress | None
    """``None`` for silence: what is silent behind two nodes is two nodes, never merged."""
    flows: int
    """Flows that were seen to pass it."""
    is_target: bool = False
    refuses: bool = False
    """It says that the target cannot be reached."""
    rule: Rule | None = None
    """``None`` where it was not asked what follows."""
    probes: int = 0
    """Flows whose next hop was asked for, by that rule."""
    next_hops: int = 0
    """Next hops that were found, by that rule."""
    confidence: float | None = None
    """That one more, equally likely next hop would have shown itself; ``None`` where nothing can
    be said: not asked, or flows could not be steered here."""
    shortfall: str | None = None
    """Why less was asked than the wanted confidence takes."""
    balancing: Balancing | None = None
    """``None`` without branches."""
    repeats: int = 0
    """Probes of the same flows once more, answered."""
    differing: int = 0
    """Of these, those that went another way."""
    balancing_confidence: float | None = None
    """Of ``PER_FLOW``: that per-packet balancing would have shown itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """From one node to one of the next TTL."""

    near: int
    far: int
    flows: tuple[int, ...]
    """Numbers of the flows that were seen to take it (``Trace.flows``)."""
    certain: bool = True
    """Not, where packets of one flow part before: the two ends may be of different paths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Multipath:
    """The graph of paths to one target, and how sure it is."""

    confidence: float
    """Wanted, in (0, 1)."""
    scope: Scope
    branchings: int | None
    """B: the wanted confidence holds if no more routers than this branch; ``None`` per hop."""
    node_epsilon: float
    """Probability of missing a next hop to which each decision is held."""
    lowest: float | None
    """Least confidence that a decision reached; ``None`` without any."""
    reached: float | None
    """Confidence of all decisions at once; with B, of the B weakest."""
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    flows: int
    probes: int
    """Probes of the further flows; those of the first flow are not among them."""
    arrived: int
    """Of these, those that the target answered."""
    meshing_flows: int | None
    """Flows a node by which meshing was looked for; ``None`` where no hop was taken as a whole."""
    whole: bool
    """Whether every decision was carried to its end."""
    left_out: tuple[str, ...] = ()
    """What was not looked at, and why."""
    diamonds: tuple[Diamond, ...] = ()
    """Where paths part and come together again, near ones first; by address, whatever the TTL."""

    def with_diamonds(self) -> "Multipath":
        """Return the graph with its diamonds worked out."""
        return replace(self, diamonds=self.skeleton.diamonds)

    @property
    def skeleton(self) -> Skeleton:
        """The graph by address: what is met at several TTLs is one node."""
        end = next((node.number for node in self.nodes if node.is_target), None)
        return Skeleton(self.links, dict(enumerate(self.names)), end=end)

    @property
    def links(self) -> tuple[tuple[int, int], ...]:
        """Edges as pairs of node numbers."""
        return tuple((edge.near, edge.far) for edge in self.edges)

    @property
    def names(self) -> tuple[str, ...]:
        """What nodes are merged by: the address; this host and each silence are their own."""
        return tuple(
            "this host" if not node.ttl else str(node.address or f"silent {node.number}")
            for node in self.nodes
        )

    @property
    def branching(self) -> tuple[Node, ...]:
        """Nodes with more than one next hop."""
        return tuple(node for node in self.nodes if len(self.after(node)) > 1)

    def after(self, node: Node) -> tuple[Node, ...]:
        """Next hops of a node."""
        return tuple(self.nodes[edge.far] for edge in self.edges if edge.near == node.number)

    @property
    def unequal(self) -> tuple[IPAddress, ...]:
        """Routers that are met at more than one TTL: the paths to them are of unequal length."""
        met: dict[IPAddress, set[int]] = {}
        for node in self.nodes:
            if node.address is not None:
                met.setdefault(node.address, set()).add(node.ttl)
        return tuple(address for address, ttls in met.items() if len(ttls) > 1)

    def at(self, ttl: int) -> Iterator[Node]:
        """Nodes of one TTL."""
        return (node for node in self.nodes if node.ttl == ttl)

    @property
    def confidence_words(self) -> tuple[str, ...]:
        """How sure the graph is, in a sentence or two.

        The promise is the rule's: it holds for routers that give each next hop the same share.
        """
        if self.lowest is None or self.reached is None:
            return ("nothing can be said of how sure this is",)
        wanted = f"{self.confidence:.1%} were wanted,"
        if self.scope is Scope.GRAPH:
            return (
                f"{self.reached:.1%} sure that no next hop is missed, {wanted}",
                f"if no more than {self.branchings} routers branch, and share equally",
            )
        return (
            f"{self.lowest:.1%} sure at each hop that no next hop is missed, {wanted}",
            f"{self.reached:.1%} sure of all hops together (both for routers that share equally)",
        )
