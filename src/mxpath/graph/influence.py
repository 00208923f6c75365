"""How much of a delivery depends on which network: the observed figures.

Everything here is counted from routes that were seen. What would happen without
a network is another question (predicted), and is not answered here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mxpath.graph.stations import Station, stations
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
