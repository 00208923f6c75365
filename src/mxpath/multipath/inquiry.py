"""Which flow is asked at which TTL next? The rules of multipath tracing, without time or packets.

The law
-------
1. **Near hops before far ones.** The step from one TTL to the next is looked at when those before
   it are settled; what turns up late unsettles them again.
2. **Node by node (MDA**; Augustin, Friedman, Teixeira 2007; Veitch et al. 2009). Of each node so many
   flows are asked for the next hop that one more would have shown itself (``stopping.py``). Flows
   known to pass it come first; if they are too few, new ones are sent to its own TTL until enough are
   found that pass it: node control. A node that is passed by all needs none.
3. **Hop by hop (MDA-Lite**; arXiv:1809.10070). Behind a hop of several nodes the whole next hop is
   taken for one balancer: each node is asked for one next hop, and all flows of the hop are counted
   against the stopping rule. No node control.
4. **Hop by hop only while it is right.** Where two hops turn out to be meshed or asymmetric
   (``meshing.py``), or a path ends there, the whole diamond is asked node by node. Nothing that
   was asked is asked again.
5. **Every edge was seen at both ends.** Where only flows met a node that were not asked one hop before,
   one of them is asked there too. So is one that met silence, for silence belongs to the node before it.
6. **Silent nodes cost no node control**: they are asked by the flows that are known to pass them, and where
   those are too few, this is said.
7. **Behind per-packet balancing** nothing can be steered. Hops are counted as a whole, without meaning
   a confidence, until one node is alone again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from mxpath.model.multipath import Balancing, Rule
from mxpath.multipath.border import Border
from mxpath.multipath.meshing import is_asymmetric, is_meshed
from mxpath.multipath.options import MultipathOptions
from mxpath.multipath.repeats import Repeats
from mxpath.multipath.sightings import Level, Sightings
from mxpath.multipath.stopping import node_epsilon, stopping_point

_AT_ONCE = 256
"""New flows that are sent in search of a node before it is looked at what they found."""
FEW_FLOWS = "no more flows to reach it with"
SILENT = "silent: no flow is steered to it"
BORDER = "the target's share of probes is used up"


@dataclass(frozen=True, slots=True)
class Ask:
    """A flow that is to be asked at a TTL."""

    flow: int
    ttl: int
    near: int | None = None
    """Of a repeated flow: the node before, of which it is asked how it balances."""


class Inquiry:
    """Decides what to ask one target's flows."""

    def __init__(self, options: MultipathOptions, sights: Sightings, border: Border) -> None:
        self.options, self.sights, self.border = options, sights, border
        self.epsilon = node_epsilon(options.confidence, options.branchings)
        self.repeats = Repeats(sights, self.epsilon)
        self.flows = 1
        """Flows that exist; the first is the plan's."""
        self.shortfalls: dict[int, str] = {}
        """Node to why less was asked of it than the rule wants."""
        self.full: set[int] = set()
        """TTLs to which the step is asked node by node because hop by hop would be wrong."""
        self.unsteered: set[int] = set()
        """TTLs that packets of one flow reach by several ways."""
        self._asked: dict[int, set[int]] = {}
        self._quota = 0

    def opening(self, highest: int) -> list[Ask]:
        """Flows that every hop needs anyhow, from far to near: the first answer makes the rest safe.

        Parameters
        ----------
        highest
            Greatest TTL at which the first flow was answered.
        """
        self._quota = self.border.quota
        self.flows = min(self.options.max_flows, stopping_point(2, self.epsilon))
        return [
            ask
            for flow in range(1, self.flows)
            for ttl in range(highest, 0, -1)
            for ask in self._take((flow,), ttl, 1)
        ]

    def know(self, flow: int, ttl: int) -> None:
        """Take note that a flow was asked."""
        self._asked.setdefault(ttl, set()).add(flow)

    def next(self) -> list[Ask]:
        """What to ask now; nothing when all is settled."""
        self._quota = self.border.quota
        ttl = 1
        while ttl <= self.border.last and any(map(self.sights.goes_on, self._at(ttl - 1).nodes)):
            asks = self._step(ttl)
            if asks:
                return asks
            ttl = 1 if asks is None else ttl + 1
        return []

    def rule(self, ttl: int) -> Rule:
        """How the step to a TTL is asked."""
        several = len(self._at(ttl - 1).nodes) > 1
        return Rule.HOP if several and ttl not in self.full else Rule.NODE

    def forks(self, ttl: int) -> list[int]:
        """Nodes of the TTL before that are asked for their next hops."""
        stops = () if self.options.to_target else (self.border.leads_there,)
        return [
            node
            for node in self._at(ttl - 1).nodes
            if self.sights.goes_on(node) and not any(leads(node, ttl) for leads in stops)
        ]

    def hop_count(self, ttl: int) -> int:
        """Next hops of a hop taken as a whole: silences count as one."""
        nodes = self._at(ttl).nodes
        silent = sum(map(self.sights.is_silent, nodes))
        return len(nodes) - max(0, silent - 1)

    def _at(self, ttl: int) -> Level:
        return self.sights.at(ttl)

    # One step.

    def _step(self, ttl: int) -> list[Ask] | None:
        """What to ask for the step to a TTL; ``None`` when another rule is to be followed."""
        self._choose_rule(ttl)
        by_hop = self.rule(ttl) is Rule.HOP
        asks = self._whence(ttl) or (self._by_hop(ttl) if by_hop else self._by_node(ttl))
        if not asks and by_hop and ttl not in self.unsteered:
            asks = self._look_for_meshing(ttl)
            before, here = self._at(ttl - 1), self._at(ttl)
            several = len(here.nodes) > 1
            if not asks and several and (is_meshed(before, here) or is_asymmetric(before, here)):
                self._fall_back(ttl)
                return None
        return asks or self._again(ttl)

    def _choose_rule(self, ttl: int) -> None:
        """Laws 4 and 7: what holds for a hop holds up to the end of its diamond."""
        if len(self._at(ttl - 1).nodes) < 2:
            self.full.discard(ttl)
            return
        if ttl - 1 in self.unsteered:
            self.unsteered.add(ttl)
            self.full.discard(ttl)
        elif not self.options.lite or ttl - 1 in self.full or self._ends_apart(ttl):
            self.full.add(ttl)

    def _ends_apart(self, ttl: int) -> bool:
        """Whether some paths have ended where others go on."""
        return self._at(ttl - 1).ended or (self._at(ttl).ended and len(self._at(ttl).nodes) > 1)

    def _fall_back(self, ttl: int) -> None:
        while len(self._at(ttl - 1).nodes) > 1 and ttl not in self.unsteered:
            self.full.add(ttl)
            ttl -= 1

    def _take(self, flows: Iterable[int], ttl: int, most: int) -> list[Ask]:
        """Up to so many of these flows, as far as they may be asked and were not yet."""
        asked, found = self._asked.setdefault(ttl, set()), list[Ask]()
        for flow in flows:
            if len(found) >= most:
                break
            if flow in asked or not self.border.may(flow, ttl):
                continue
            if self.border.is_near(flow, ttl):
                if self._quota <= 0:
                    break
                self._quota -= 1
            found.append(Ask(flow, ttl))
        asked.update(ask.flow for ask in found)
        return found

    def _existing(self) -> Iterator[int]:
        return iter(range(1, self.flows))

    def _new(self, ttl: int) -> Iterator[int]:
        """Flows that do not exist yet, as long as such may be asked."""
        while self.flows < self.options.max_flows and self.border.may(self.flows, ttl):
            self.flows += 1
            yield self.flows - 1

    # Law 2: node by node.

    def _by_node(self, ttl: int) -> list[Ask]:
        lacking: dict[int, int] = {}
        for near in self.forks(ttl):
            links = self._at(ttl).links.get(near, {})
            point = stopping_point(1 + max(1, len(links)), self.epsilon)
            lacking[near] = point - sum(map(len, links.values()))
        asks: list[Ask] = []
        for share in self._shares(ttl, lacking):
            for near, lack in lacking.items():
                found = self._take(self._through(near, ttl), ttl, min(share, lack))
                asks += found
                lacking[near] = lack - len(found)
        lacking = {near: lack for near, lack in lacking.items() if lack > 0}
        for near in self._at(ttl - 1).nodes:
            if near not in lacking:
                self.shortfalls.pop(near, None)
        if asks and ttl >= self.border.first:  # what few probes are left go to known flows first
            return asks
        return asks + (self._search(ttl, lacking) if lacking else [])

    def _shares(self, ttl: int, lacking: Mapping[int, int]) -> Sequence[int]:
        """How many flows each node gets in turn: where there are few, one after another."""
        most = max(lacking.values(), default=0)
        return (1,) * most if ttl >= self.border.first else (most,)

    def _through(self, near: int, ttl: int) -> Iterator[int]:
        """Flows that pass a node of the TTL before, known ones first."""
        before = self._at(ttl - 1)
        if before.sole != near:
            yield from before.nodes[near]
            return
        yield from self._existing()
        yield from self._new(ttl)

    def _search(self, ttl: int, lacking: Mapping[int, int]) -> list[Ask]:
        """Send flows to the TTL before, in search of nodes that too few are known to pass."""
        wanted = {}
        for near, lack in lacking.items():
            if self.sights.is_silent(near):
                self.shortfalls[near] = SILENT
            elif self.border.is_shut(ttl):
                self.shortfalls[near] = BORDER
            elif self._at(ttl - 1).sole == near:
                self.shortfalls[near] = FEW_FLOWS
            else:
                wanted[near] = lack if ttl < self.border.first else min(lack, self._quota)
        found = self._steer(ttl - 1, wanted) if wanted else []
        self.shortfalls |= dict.fromkeys(() if found else wanted, FEW_FLOWS)
        return found

    def _steer(self, ttl: int, wanted: Mapping[int, int]) -> list[Ask]:
        """Ask as many flows at a TTL as should bring so many more to each of these nodes."""
        here = self._at(ttl)
        total = sum(map(len, here.nodes.values()))
        most = max(lack * total / max(1, len(here.nodes[node])) for node, lack in wanted.items())
        most = min(_AT_ONCE, ceil(most))
        before = {near for near, links in here.links.items() if not wanted.keys().isdisjoint(links)}
        likely = [flow for flow in self._existing() if self.sights.passes(flow, ttl - 1) in before]
        asks = self._take((*likely, *self._existing()), ttl, most)
        asks += self._take(self._new(ttl), ttl, most - len(asks))
        if asks or ttl < self.border.first or self.border.is_shut(ttl):
            return asks
        # Here a flow must be known to be on a longer path: find such flows one hop before.
        nearer = {near: 1 for near in before if near in self.forks(ttl)}
        return self._steer(ttl - 1, nearer) if nearer and ttl > 1 else []

    # Law 3: hop by hop.

    def _by_hop(self, ttl: int) -> list[Ask]:
        before, here = self._at(ttl - 1), self._at(ttl)
        asks: list[Ask] = []
        for near in self.forks(ttl):
            if near not in here.links:
                asks += self._take(before.nodes[near], ttl, 1)
        need = stopping_point(1 + max(1, self.hop_count(ttl)), self.epsilon)
        need -= len(here.where) + len(asks)
        if need > 0:
            found = self._take((*before.where, *self._existing()), ttl, need)
            found += self._take(self._new(ttl), ttl, need - len(found))
            asks += found
            short = dict.fromkeys(self.forks(ttl), FEW_FLOWS) if len(found) < need else {}
            self.shortfalls |= short
        return asks

    def _look_for_meshing(self, ttl: int) -> list[Ask]:
        """Flows by which a node of the wider hop shows whether it has more than one neighbour."""
        before, here, least = self._at(ttl - 1), self._at(ttl), self.options.meshing_flows
        if len(here.nodes) < 2:
            return []
        if len(before.nodes) >= len(here.nodes):
            counts = {
                near: sum(map(len, here.links.get(near, {}).values())) for near in before.nodes
            }
            return self._more(ttl, {n: least - c for n, c in counts.items()}, before, ttl - 1)
        counts = {
            far: sum(len(links.get(far, ())) for links in here.links.values()) for far in here.nodes
        }
        return self._more(ttl - 1, {n: least - c for n, c in counts.items()}, here, ttl)

    def _more(self, ttl: int, lacks: Mapping[int, int], level: Level, at: int) -> list[Ask]:
        """Ask flows of these nodes, which are at ``at``, at a TTL beside; find some if too few."""
        asks: list[Ask] = []
        missing: dict[int, int] = {}
        for node, lack in lacks.items():
            if lack <= 0 or self.sights.is_silent(node) or not self.sights.goes_on(node):
                continue
            found = self._take(level.nodes[node], ttl, lack)
            asks += found
            if len(found) < lack:
                missing[node] = lack - len(found)
        return asks + (self._steer(at, missing) if missing else [])

    # Laws 5 and 7.

    def _whence(self, ttl: int) -> list[Ask]:
        """Law 5: ask one hop before those flows of which it matters where they came from."""
        here, before = self._at(ttl), self._at(ttl - 1)
        met = [here.nodes[node][0] for node in self.sights.orphans(ttl) if here.nodes[node]]
        edges = (flows for links in here.links.values() for flows in links.values() if flows)
        met += [flows[0] for flows in edges if before.where.keys().isdisjoint(flows)]
        return self._take((*here.lost, *met), ttl - 1, _AT_ONCE) if ttl > 1 else []

    def _again(self, ttl: int) -> list[Ask]:
        """Flows to be asked again at a TTL, to tell per-packet balancing from per-flow."""
        if ttl - 1 in self.unsteered and len(self._at(ttl - 1).nodes) > 1:
            return []
        asks = []
        for near in self.forks(ttl):
            flows = self.repeats.wanted(near, ttl)
            safe = [flow for flow in flows if self.border.is_safe(flow, ttl)]
            for flow in safe:
                self.repeats.asked(near, flow)
            asks += [Ask(flow, ttl, near) for flow in safe]
            if self.repeats.balancing(near, 2) is Balancing.PER_PACKET:
                self.unsteered.add(ttl)
        return asks
