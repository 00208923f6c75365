"""What is different between two studies of a domain: each fact as it was and as it is.

"Unchanged" is said as plainly as "changed", and what was not seen on one side is neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from mxpath.model.address import IPAddress
from mxpath.model.attribution import OriginSet
from mxpath.model.mail import PlanKind
from mxpath.model.network import Network
from mxpath.model.rpki import RouteValidity
from mxpath.model.session import Outcome

T = TypeVar("T")


class State(StrEnum):
    """Whether a fact is another one now."""

    SAME = "unchanged"
    CHANGED = "changed"
    UNKNOWN = "not comparable"
    """It was not seen on one side, or not in the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair(Generic[T]):
    """One fact, before and after."""

    before: T | None
    after: T | None
    state: State
    reason: str = ""
    """Why they cannot be compared, where they cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A time in milliseconds, before and after; it has changed when it differs by more than ±."""

    name: str
    """``rtt``, a phase of the SMTP session, or the name of a network or exchange point."""
    before_ms: float | None
    after_ms: float | None
    plus_minus_ms: float
    """Uncertainty of the difference: that of both sides together."""
    state: State
    reason: str = ""

    @property
    def difference_ms(self) -> float | None:
        """After minus before, ``None`` where one is not known."""
        if self.before_ms is None or self.after_ms is None:
            return None
        return self.after_ms - self.before_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """A host of the MX plan."""

    preference: int
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The MX plan without its addresses, which are compared one by one."""

    kind: PlanKind
    rows: tuple[PlanRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """An exchange point on the way; ``near_asn`` is ``None`` when that side was silent."""

    ix_id: int
    ix_name: str
    near_asn: int | None
    far_asn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waypoint:
    """A network or exchange point of either path, aligned by what it is and not by hop number."""

    kind: str
    """``network`` or ``ixp``."""
    asn: int | None
    ix_id: int | None
    before: bool
    """Whether it was on the way before."""
    after: bool
    step: Figure
    """What it adds to the round trip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What TLS showed; ``version`` is empty when the session stayed in plain text."""

    version: str
    names: tuple[str, ...] = ()
    issuer: str = ""
    not_after: datetime | None = None
    trusted: bool | None = None
    name_matches: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChanges:
    """One address of one MX host, or the address that took its place."""

    host: str
    family: int
    """4 or 6."""
    address: Pair[IPAddress]
    """``None`` on the side where the host had no such address."""
    origin: Pair[OriginSet]
    rpki: Pair[RouteValidity]
    as_path: Pair[tuple[Network, ...]]
    bgp: Pair[tuple[Network, ...]]
    """The BGP path, where both sides have one of the same grade that somebody told."""
    crossings: Pair[tuple[Crossing, ...]]
    waypoints: tuple[Waypoint, ...]
    rtt: Figure
    outcome: Pair[Outcome]
    phases: tuple[Figure, ...]
    security: Pair[Security]

    @property
    def path_state(self) -> State:
        """AS path and exchange points in one word."""
        states = {self.as_path.state, self.crossings.state}
        if State.CHANGED in states:
            return State.CHANGED
        return State.UNKNOWN if State.UNKNOWN in states else State.SAME

    def states(self) -> Iterator[State]:
        """Yield the state of every fact compared."""
        yield from (self.address.state, self.origin.state, self.rpki.state, self.path_state)
        if self.bgp.state is State.CHANGED:
            yield self.bgp.state
        yield from (self.rtt.state, self.outcome.state, self.security.state)
        yield from (phase.state for phase in self.phases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two studies."""

    domain: str
    started_at: datetime
    vantage: str
    """``live``, ``sim:WORLD``, ``replay:FILE``."""
    network: Network | None
    """The network it was seen from."""
    as_of: date | None
    """Date of the published data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Two studies compared, the earlier one first as a rule."""

    before: Side
    after: Side
    cautions: tuple[str, ...]
    """What makes the two hard to compare; to be said first."""
    plan: Pair[Plan]
    addresses: tuple[AddressChanges, ...]
    """In the order of the later plan; what is gone comes last."""
    verdicts: Pair[tuple[str, ...]]
    """Names, the most important first."""

    @property
    def has_changed(self) -> bool:
        """Whether any fact is another one now."""
        states = [self.plan.state, self.verdicts.state]
        states += [state for each in self.addresses for state in each.states()]
        return State.CHANGED in states
