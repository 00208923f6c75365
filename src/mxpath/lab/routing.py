"""The control plane of a played world: which route every router chooses.

The law. The kernel player writes the same into the configurations of its BIRDs:

1. A route is liked by whom it was learnt from: own, a preferred neighbour, customer,
   peer, provider (Gao and Rexford, 2001); then by the shorter AS path; then by the
   lowest neighbour ASN; then hot potato: learnt here before learnt from a router of
   the same network, then the fewest hops to the border router, then the border
   router, the neighbour and the wire that come first in the file.
2. Own and customer routes are told to everyone, peer and provider routes to
   customers only. A path that already holds our ASN is not taken. Siblings tell
   each other every route; it stays what it was when their house learnt it, and a
   sibling's own is a customer's. (Liked as a customer's whatever it was, two
   siblings with a provider each could settle in two ways, and BIRD would toss a coin.)
   A prefix with an ``announce`` entry is told by its origin to the named neighbours alone.
3. Members of an exchange point peer with each other through its route server,
   whose AS does not enter the path; who buys transit there has a session of its own
   with the provider.
4. Inside a network every router hears every border router (full mesh, next hop
   self) and counts hops to it; equal counts share the load.

Path vector: every router chooses again from what its neighbours hold, until
nothing changes. Without a circle of customers that comes to an end, and to one
end only. Preferred neighbours can break both; so their worlds are settled in
several orders, and one that does not end, or not always alike, is refused in words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b

from mxpath.errors import InputError
from mxpath.lab.remembered import once_per_world
from mxpath.lab.steps import Interior, NextHop, steps
from mxpath.lab.topology import World
from mxpath.model.address import Prefix


class Learnt(IntEnum):
    """From whom a route was learnt, best first."""

    OWN = 0
    CUSTOMER = 1
    PEER = 2
    PROVIDER = 3


_LEARNT = {"customer": Learnt.CUSTOMER, "peer": Learnt.PEER, "provider": Learnt.PROVIDER}
_TRIALS = 6
Limits = frozenset[tuple[int, frozenset[int | str] | None]]
"""Origins of a prefix, each with the only neighbours that it tells; ``None`` for no such limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a border router hears from one neighbour in another network."""

    asn: int
    """The neighbour's network."""
    relation: str
    """What the neighbour is to us."""
    preferred: bool
    hop: NextHop

    def tells(self, theirs: Learnt) -> bool:
        """Whether the neighbour tells us of a route that it learnt so (rule 2)."""
        return theirs <= Learnt.CUSTOMER or self.relation in {"provider", "sibling"}

    def learnt(self, theirs: Learnt) -> Learnt:
        """What a route of the neighbour's becomes here."""
        if self.relation == "sibling":
            return max(theirs, Learnt.CUSTOMER)
        return _LEARNT[self.relation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A router's chosen route to a prefix."""

    learnt: Learnt
    path: tuple[int, ...]
    """Networks after our own, the origin last; empty for an own prefix."""
    border: str
    """The router of our network through which it leaves."""
    session: Session | None = None

    @property
    def preferred(self) -> bool:
        """Whether the neighbour is one that is liked before all others."""
        return self.session is not None and self.session.preferred


def origins(world: World) -> dict[Prefix, Limits]:
    """Return every prefix that is announced, with who announces it to whom."""
    found: dict[Prefix, set[tuple[int, frozenset[int | str] | None]]] = {}
    for asn, network in world.networks.items():
        for prefix in dict.fromkeys((*network.prefixes, *network.announce)):
            only = network.announce.get(prefix)
            limit = None if only is None else frozenset(only)
            found.setdefault(prefix, set()).add((asn, limit))
    return {prefix: frozenset(limits) for prefix, limits in found.items()}


def _shuffled(order: list[str], seed: int) -> list[str]:
    return sorted(order, key=lambda router: blake2b(f"{seed}|{router}".encode()).digest())


def _named(limits: Limits) -> str:
    return ", ".join(f"AS{asn}" for asn in sorted(asn for asn, _ in limits))


@once_per_world
def settled_routes(world: World) -> Mapping[Prefix, Mapping[str, "Route"]]:
    """Return what :meth:`ControlPlane.routes` does, worked out once for each world."""
    return ControlPlane(world).routes()


class ControlPlane:
    """All routers of a world with the routes they settled on."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.interior = Interior(world)
        self._place = {router: number for number, router in enumerate(world.routers)}
        self._mates = {
            router: tuple(r for r in network.routers if r != router)
            for network in world.networks.values()
            for router in network.routers
        }
        self._sessions = {
            router: tuple(self._listen(hops))
            for router, hops in steps(world).items()
            if router in self._place
        }

    def _listen(self, hops: tuple[NextHop, ...]) -> Iterator[Session]:
        world = self.world
        for hop in hops:
            here, there = world.asn_of[hop.egress.node], world.asn_of[hop.node]
            if here == there or hop.node not in self._place:
                continue
            relation = (
                world.relation(here, there) if hop.exchange is None else world.contract(*hop.wires)
            )
            if relation is not None:
                preferred = there in world.networks[here].prefer
                yield Session(asn=there, relation=relation, preferred=preferred, hop=hop)

    def routes(self) -> dict[Prefix, dict[str, Route]]:
        """Return each prefix with the route of every router that has one.

        Raises
        ------
        InputError
            When the routes of a prefix do not settle, or could settle in several ways.
        """
        # Prefixes with the same origins and neighbours share their fate: settle each case once.
        cases = {prefix: (prefix.version, limits) for prefix, limits in origins(self.world).items()}
        settled = {case: self._settle_surely(*case) for case in set(cases.values())}
        return {prefix: settled[case] for prefix, case in cases.items()}

    def _settle_surely(self, version: int, limits: Limits) -> dict[str, Route]:
        """Settle once, and where somebody has preferred neighbours in other orders too."""
        orders = [list(self._place)]
        if any(network.prefer for network in self.world.networks.values()):
            orders += [orders[0][::-1], *(_shuffled(orders[0], seed) for seed in range(_TRIALS))]
        found = [self.settle(version, limits, order) for order in orders]
        if any(other != found[0] for other in found[1:]):
            raise InputError(
                f"routes to {_named(limits)} can settle in more than one way: whose router is "
                "first decides; look at the networks with `prefer`"
            )
        return found[0]

    def settle(self, version: int, limits: Limits, order: Sequence[str]) -> dict[str, Route]:
        """Let all routers choose again and again, in the given order, until nothing changes.

        Raises
        ------
        InputError
            When that does not come to an end.
        """
        held: dict[str, Route] = {}
        for _ in range(4 * len(order) + 4):
            before = dict(held)
            for router in order:
                chosen = self._choose(router, version, limits, held)
                if chosen is None:
                    held.pop(router, None)
                else:
                    held[router] = chosen
            if held == before:
                return held
        raise InputError(
            f"routes to {_named(limits)} do not settle: look for a network that is, over others, "
            "a provider of its own provider, or for a ring of networks with `prefer`"
        )

    def _choose(
        self, router: str, version: int, limits: Limits, held: dict[str, Route]
    ) -> Route | None:
        """Return the best of what this router can hear (rule 1)."""
        if any(asn == self.world.asn_of[router] for asn, _ in limits):
            return Route(learnt=Learnt.OWN, path=(), border=router)
        outside = self._from_outside(router, version, dict(limits), held)
        heard = [*outside, *self._from_inside(router, held)]
        return min(heard, key=lambda route: self._rank(router, route), default=None)

    def _rank(self, router: str, route: Route) -> tuple[int, ...]:
        distance = self.interior.distance(router, route.border)
        neighbour = 0 if route.session is None else self._place[route.session.hop.node]
        return (
            int(not route.preferred),
            route.learnt,
            len(route.path),
            route.path[0] if route.path else 0,
            int(route.border != router),
            0 if distance is None else distance,
            self._place[route.border],
            neighbour,
        )

    def _from_outside(
        self,
        router: str,
        version: int,
        limits: Mapping[int, frozenset[int | str] | None],
        held: dict[str, Route],
    ) -> Iterator[Route]:
        """What the neighbours in other networks tell this router (rules 2 and 3)."""
        here = self.world.asn_of[router]
        for session in self._sessions[router]:
            theirs = held.get(session.hop.node)
            if theirs is None or here in theirs.path or not session.hop.carries(version):
                continue
            only = limits[session.asn] if theirs.learnt is Learnt.OWN else None
            if only is not None and not only & {here, session.hop.exchange}:
                continue
            if session.tells(theirs.learnt):
                yield Route(
                    learnt=session.learnt(theirs.learnt),
                    path=(session.asn, *theirs.path),
                    border=router,
                    session=session,
                )

    def _from_inside(self, router: str, held: dict[str, Route]) -> Iterator[Route]:
        """What the routers of the same network learnt themselves."""
        for mate in self._mates[router]:
            theirs = held.get(mate)
            if (
                theirs is not None
                and theirs.border == mate
                and self.interior.distance(router, mate) is not None
            ):
                yield theirs
