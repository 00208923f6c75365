"""How much of a delivery depends on which network: the observed figures.

Everything here is counted from routes that were seen. What would happen without
a network is another question (predicted), and is not answered here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mxpath.graph.stations import Station, stations
from mxpath.model.address import IPAddress
from mxpath.model.network import Network
from mxpath.model.route import Route
from mxpath.model.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyShare:
    """What one station adds to the round trip of one route."""

    station: Station
    rtt_ms: float | None
    """``None`` when not resolvable."""
    plus_minus_ms: float
    share: float | None
    """Of the round trip to the target, in [0, 1]; ``None`` when either is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """How many of the routes seen cross a network, or an exchange point."""

    station: Station
    carried: int
    """Routes it was seen on; on an incomplete route it may be there unseen."""
    seen: int
    """Routes that were looked at."""
    addresses: int
    """MX addresses there are, routes seen or not."""

    @property
    def share(self) -> float:
        """``carried / seen``, in [0, 1]."""
        return self.carried / self.seen


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneShare:
    """How much of one route runs inside networks that buy transit from nobody."""

    target: IPAddress
    networks: tuple[Network, ...]
    """The transit-free ones on it, in order of travel."""
    on_path: int
    """How many networks there are on it in all."""
    whole: bool
    """Whether the route was seen to its end and every stretch of it has an owner; else more of it
    may run there unseen."""
    rtt_ms: float | None
    """What they add to the round trip; ``None`` when not resolvable."""
    plus_minus_ms: float
    share: float | None
    """Of the round trip to the target, in [0, 1]; ``None`` when either is unknown."""
    reason: str = ""
    """Why there is no figure."""

    @property
    def network_share(self) -> float:
        """Share of the networks on the path, in [0, 1]."""
        return len(self.networks) / self.on_path


def backbone_shares(study: Study) -> tuple[BackboneShare, ...]:
    """Return how much of each route seen runs inside transit-free networks, in plan order.

    What they add is the sum of their stations' figures (:mod:`mxpath.graph.stations`) and its
    uncertainty the sum of theirs: intervals that each hold the truth add up to one that does. One
    station without a figure leaves none for the sum. Nothing where no list of such networks is
    known, and nothing for a family that a statement leaves out.
    """
    if study.transit_free is None:
        return ()
    stated = {(claim.value.asn, v) for claim in study.transit_free for v in claim.value.families}
    return tuple(_backbone_share(route, stated) for route in seen_routes(study))


def _backbone_share(route: Route, stated: set[tuple[int, int]]) -> BackboneShare:
    version = route.target.version
    every = stations(route)
    inside = [s for s in every if s.network is not None and (s.network.asn, version) in stated]
    rtt_ms, plus_minus_ms, reason = _sum_of(inside)
    total = route.total_rtt_ms
    return BackboneShare(
        target=route.target,
        networks=tuple(n for n in _once(route.as_path) if (n.asn, version) in stated),
        on_path=len(_once(route.as_path)),
        whole=route.complete and all(s.kind != "unknown" for s in every),
        rtt_ms=rtt_ms,
        plus_minus_ms=plus_minus_ms,
        share=min(rtt_ms / total, 1.0) if rtt_ms is not None and total else None,
        reason=reason,
    )


def _once(path: Sequence[Network]) -> tuple[Network, ...]:
    """The networks of a path, each once: a path may come back to one."""
    return tuple({network.asn: network for network in path}.values())


def _sum_of(inside: Sequence[Station]) -> tuple[float | None, float, str]:
    """What stations add together, its uncertainty, and why there is no figure where there is none."""
    rtt_ms = plus_minus_ms = 0.0
    for station in inside:
        adds = station.differential
        if adds is None or adds.rtt_ms is None:
            why = "no hop of its own answered" if adds is None else adds.reason
            return None, 0.0, f"{station.name}: {why}" if why else station.name
        rtt_ms += adds.rtt_ms
        plus_minus_ms += adds.plus_minus_ms
    return rtt_ms, plus_minus_ms, ""


def latency_shares(route: Route) -> tuple[LatencyShare, ...]:
    """Return each station's share of the round trip of ``route``, in order of travel.

    A station without a hop of its own adds nothing that could be measured and is
    left out. Shares are of the whole round trip; those not resolvable stay ``None``.
    """
    total = route.total_rtt_ms
    return tuple(_share(station, total) for station in stations(route) if station.differential)


def _share(station: Station, total_ms: float | None) -> LatencyShare:
    adds = station.differential
    assert adds is not None, "the caller leaves those out"
    known = adds.rtt_ms is not None and total_ms is not None and total_ms > 0
    return LatencyShare(
        station=station,
        rtt_ms=adds.rtt_ms,
        plus_minus_ms=adds.plus_minus_ms,
        share=min(adds.rtt_ms / total_ms, 1.0) if known and adds.rtt_ms and total_ms else None,
    )


def carried(studies: Sequence[Study]) -> tuple[Carriage, ...]:
    """Return for each network and exchange point how many of the routes cross it, most first."""
    routes = [route for study in studies for route in seen_routes(study)]
    addresses = sum(len(study.mail.addresses) for study in studies)
    first: dict[tuple[str, int | None], Station] = {}
    counts: dict[tuple[str, int | None], int] = {}
    for route in routes:
        for key, station in {s.key: s for s in stations(route) if s.kind != "unknown"}.items():
            first.setdefault(key, station)
            counts[key] = counts.get(key, 0) + 1
    order = sorted(counts, key=lambda key: -counts[key])
    return tuple(
        Carriage(station=first[key], carried=counts[key], seen=len(routes), addresses=addresses)
        for key in order
    )


def seen_routes(study: Study) -> tuple[Route, ...]:
    """Return the routes to MX addresses on which anything was seen, in plan order."""
    found = (study.route_to(address) for address in study.mail.addresses)
    return tuple(route for route in found if route is not None and route.as_path)
