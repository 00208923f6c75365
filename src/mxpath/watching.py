"""What a watch has seen so far: statistics by router, and changes by network.

The law
-------
1. Rounds of one protocol are compared with one another, never with those of another one: routers
   may treat them differently.
2. Statistics belong to a router's address. When it moves to another TTL they go on; when it leaves
   the path they are kept, and go on if it comes back.
3. A probe that nobody answered is charged to the router that answered from that TTL before, if its
   neighbours are the same as then, or silent. In a round in which the path has changed it is
   charged to nobody: that is not known to be loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mxpath.attribution.attribute import attribute
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.graph.path_changes import path_changes
from mxpath.inference.routes import infer_route
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.origin import Origin
from mxpath.model.probe import Protocol
from mxpath.model.route import Route
from mxpath.model.trace import Hop, Trace
from mxpath.model.watch import PathChange, Round, RoundKind, WatchedHop, WatchedPath
from mxpath.reading.statistics import Tally

Key = tuple[Protocol, IPAddress]


@dataclass(slots=True)
class _Path:
    """All that was seen of one target by one protocol."""

    rounds: int = 0
    standing: dict[int, IPAddress] = field(default_factory=dict)
    """Who answers from each TTL of the path as it is now, as far as is known."""
    route: Route | None = None
    whole: Route | None = None
    """The last one that came to the target."""
    tallies: dict[IPAddress, Tally] = field(default_factory=dict)


class Watcher:
    """Takes rounds, and says what has changed.

    Parameters
    ----------
    gazetteer
        Whose addresses they are.
    origin
        Where we stand.
    """

    def __init__(self, gazetteer: Gazetteer, origin: Origin) -> None:
        self._gazetteer, self._origin = gazetteer, origin
        self._paths: dict[Key, _Path] = {}
        self.owners: dict[IPAddress, Attribution] = {}
        self.changes: list[PathChange] = []
        self.rounds: list[Round] = []

    def see(self, found: Round) -> tuple[PathChange, ...]:
        """Take one round; return what it shows to have changed."""
        self.rounds = [*self.rounds[-1:], found]
        self._attribute(found.traces)
        changes = tuple(change for trace in found.traces for change in self._take(found, trace))
        self.changes += changes
        return changes

    def _attribute(self, traces: Sequence[Trace]) -> None:
        seen = (a for t in traces for hop in t.hops for a in (*hop.responders, t.target))
        fresh = [address for address in dict.fromkeys(seen) if address not in self.owners]
        self.owners |= attribute(fresh, self._gazetteer)

    def _take(self, found: Round, trace: Trace) -> tuple[PathChange, ...]:
        if not trace.hops:
            return ()
        path = self._paths.setdefault((found.protocol, trace.target), _Path())
        path.rounds += 1
        if found.kind is RoundKind.CHECK:
            _count(path, trace.hops)
            return ()
        route = self._route(trace)
        changes: tuple[PathChange, ...] = ()
        if path.route is not None:
            changes = path_changes(
                path.route,
                route,
                protocol=found.protocol,
                seen_at=found.started_at,
                whole=path.whole,
            )
        path.route = route
        path.whole = route if route.complete else path.whole
        _count(path, trace.hops)
        _stand(path, trace.hops)
        return changes

    def _route(self, trace: Trace) -> Route:
        return infer_route(
            trace,
            self.owners,
            relations=self._gazetteer.relations,
            home=self._origin.network,
        )

    def route(self, protocol: Protocol, target: IPAddress) -> Route | None:
        """Return the path as the last whole round saw it; ``None`` before there was one."""
        path = self._paths.get((protocol, target))
        return path.route if path else None

    @property
    def paths(self) -> tuple[WatchedPath, ...]:
        """Each path as it is now, with what all rounds say of its routers."""
        return tuple(
            WatchedPath(target=target, protocol=protocol, rounds=path.rounds, hops=_rows(path))
            for (protocol, target), path in self._paths.items()
        )


def _count(path: _Path, hops: Sequence[Hop]) -> None:
    """Charge the probes of one round (rule 3)."""
    before, heard = path.standing, {hop.ttl: hop.address for hop in hops}
    for hop in hops:
        near = (hop.ttl - 1, hop.ttl + 1)
        same = all(_alike(before.get(ttl), heard.get(ttl)) for ttl in near)
        who = hop.address or (before.get(hop.ttl) if same else None)
        if who is not None and hop.probes:
            tally = path.tallies.setdefault(who, Tally())
            for probe in hop.probes:
                if probe.reply is None or probe.reply.responder == who:
                    tally.add(probe.rtt_ms)


def _stand(path: _Path, hops: Sequence[Hop]) -> None:
    """Note who answers from where now; who is silent for a round still stands where he stood."""
    before = path.standing
    heard = {hop.ttl: hop.address for hop in hops}
    moved = any(not _alike(before.get(ttl), address) for ttl, address in heard.items())
    kept = {} if moved else before
    path.standing = kept | {ttl: a for ttl, a in heard.items() if a is not None}


def _alike(one: IPAddress | None, other: IPAddress | None) -> bool:
    return one is None or other is None or one == other


def _rows(path: _Path) -> tuple[WatchedHop, ...]:
    names = _station_names(path.route) if path.route else {}
    last = max(path.standing, default=0)
    return tuple(
        _row(ttl, path.standing.get(ttl), names.get(ttl), path.tallies)
        for ttl in range(1, last + 1)
    )


def _row(
    ttl: int, address: IPAddress | None, station: str | None, tallies: dict[IPAddress, Tally]
) -> WatchedHop:
    tally = tallies[address] if address is not None else Tally()
    return WatchedHop(ttl=ttl, address=address, station=station, statistics=tally.statistics)


def _station_names(route: Route) -> dict[int, str]:
    found: dict[int, str] = {}
    for claim in route.segments:
        network = claim.value.network
        for ttl in range(claim.value.first_ttl, claim.value.last_ttl + 1):
            if network is not None:
                found[ttl] = network.name or f"AS{network.asn}"
    for crossing in route.crossings:
        found[crossing.value.far_ttl] = f"◇ {crossing.value.ix_name}"
    return found
