"""A route as stations: the networks and exchange points on it, each with what it adds.

The law: the number that follows a station is what the station *adds* to the round
trip, the envelope at its last hop minus the envelope at the last hop before it.
So the numbers of one route sum to its total, and a station's number is its share.
An exchange point's number is the step over its LAN; it is taken out of the number
of the member behind it, whose first hop answered from that LAN.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mxpath.model.evidence import Claim, Grade
from mxpath.model.network import Network
from mxpath.model.route import Differential, IxpCrossing, Route, Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One network, exchange point or stretch of unknown owner on a route."""

    kind: str
    """``network``, ``ixp`` or ``unknown`` (silent or unattributed hops)."""
    network: Network | None = None
    ix_id: int | None = None
    ix_name: str | None = None
    differential: Differential | None = None
    """What it adds; ``None`` when it was inferred without a hop of its own."""
    grade: Grade | None = None
    hops: int = 0
    """How many TTLs belong to it (an exchange point's LAN is part of the member's)."""
    silent: bool = False
    """Whether none of them answered."""

    @property
    def key(self) -> tuple[str, int | None]:
        """What makes two stations of different routes the same one."""
        asn = self.network.asn if self.network is not None else None
        return (self.kind, self.ix_id if self.kind == "ixp" else asn)

    @property
    def name(self) -> str:
        """Its name as the data sets give it: foreign text, not yet safe for a terminal."""
        if self.kind == "ixp":
            return self.ix_name or f"exchange point {self.ix_id}"
        if self.network is None:
            return "silent" if self.silent else "unknown"
        return self.network.name or f"AS{self.network.asn}"


def stations(route: Route) -> tuple[Station, ...]:
    """Return the stations of ``route`` in order of travel, ours first when it is known.

    A network that was concluded without a hop of its own stands where the AS path has
    it, without a figure. Silence at the end is no station: nothing was seen there.
    """
    segments = list(route.segments)
    while segments and _is_silence(segments[-1].value):
        segments.pop()
    found = [station for segment in segments for station in _of_segment(segment, route)]
    place = 0
    for network in route.as_path:
        here = [n for n, s in enumerate(found) if s.key == ("network", network.asn)]
        if not here:
            found.insert(place, Station(kind="network", network=network))
            here = [place]
        place = here[-1] + 1
    return tuple(found)


def _is_silence(segment: Segment) -> bool:
    return segment.network is None and not any(segment.addresses)


def _of_segment(segment: Claim[Segment], route: Route) -> Iterator[Station]:
    value = segment.value
    adds: Differential | None = value.differential
    for claim in route.crossings:
        if value.first_ttl <= claim.value.far_ttl <= value.last_ttl:
            yield _of_crossing(claim)
            # Where only the port itself answered, all the time is the exchange point's.
            alone = value.first_ttl == value.last_ttl
            adds = None if alone or adds is None else _without(adds, claim.value.differential)
    yield Station(
        kind="unknown" if value.network is None else "network",
        network=value.network,
        differential=adds,
        grade=segment.grade,
        hops=value.last_ttl - value.first_ttl + 1,
        silent=not any(value.addresses),
    )


def _of_crossing(claim: Claim[IxpCrossing]) -> Station:
    value = claim.value
    return Station(
        kind="ixp",
        ix_id=value.ix_id,
        ix_name=value.ix_name,
        differential=value.differential,
        grade=claim.grade,
    )


def _without(whole: Differential, part: Differential) -> Differential:
    """What is left of ``whole`` behind ``part``; all of it when the part is not resolvable."""
    if whole.rtt_ms is None or part.rtt_ms is None:
        return whole
    return Differential(
        rtt_ms=max(whole.rtt_ms - part.rtt_ms, 0.0),
        plus_minus_ms=max(whole.plus_minus_ms, part.plus_minus_ms),
    )
