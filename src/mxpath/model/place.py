"""Where something is, as somebody says: never proved, but at times refuted."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from mxpath.model.evidence import Claim, Evidence, Grade

_EARTH_KM = 6371.0
"""Mean radius."""
METRO_KM = 50.0
"""Nearer points lie in one metropolitan area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A city, or a country where that is all that is said."""

    country: str | None
    """ISO 3166-1 alpha-2."""
    city: str | None = None
    latitude: float | None = None
    """Of the city's centre, in degrees; ``None`` where no table has it."""
    longitude: float | None = None

    def __str__(self) -> str:
        known = ", ".join(word for word in (self.city, self.country) if word)
        if known or self.latitude is None or self.longitude is None:
            return known
        return f"{self.latitude:.2f}, {self.longitude:.2f}"

    def distance_km(self, other: "Place") -> float | None:
        """Length of the great circle between two cities, ``None`` where one is on no map.

        Examples
        --------
        >>> berlin = Place(country="DE", city="Berlin", latitude=52.52, longitude=13.40)
        >>> madrid = Place(country="ES", city="Madrid", latitude=40.42, longitude=-3.70)
        >>> round(berlin.distance_km(madrid))
        1868
        """
        ends = (self.latitude, self.longitude, other.latitude, other.longitude)
        if any(end is None for end in ends):
            return None
        north, east, north_there, east_there = (radians(end) for end in ends if end is not None)
        half = sin((north_there - north) / 2) ** 2
        half += cos(north) * cos(north_there) * sin((east_there - east) / 2) ** 2
        return 2 * _EARTH_KM * asin(sqrt(min(1.0, half)))

    def agrees(self, other: "Place") -> bool:
        """Whether both can be right: what only one of them says does not count."""
        apart = self.distance_km(other)
        if apart is not None:
            return apart <= METRO_KM
        if self.country and other.country and self.country != other.country:
            return False
        ours, theirs = _words(self.city), _words(other.city)
        shorter = min(len(ours), len(theirs))
        return not shorter or ours[:shorter] == theirs[:shorter]


def _words(city: str | None) -> list[str]:
    return (city or "").casefold().replace("(", " ").replace("-", " ").split()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefutedPlace:
    """A place that something answers from sooner than light in fibre allows."""

    place: Claim[Place]
    """What was said, and by whom."""
    rtt_ms: float
    """Smallest round trip that was measured."""
    least_rtt_ms: float
    """Smallest that the distance allows."""
    distance_km: float
    """From where we stand."""
    here: Grade | None
    """How sure it is where we stand; the refutation is no surer."""
    counter_evidence: tuple[Evidence, ...]
