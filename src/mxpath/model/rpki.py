"""What the RPKI says of a route: validated payloads, and the state that follows from them."""

from dataclasses import dataclass
from enum import StrEnum

from mxpath.model.address import Prefix


class RpkiState(StrEnum):
    """State of a route (RFC 6811 section 2). Without any VRPs there is none: ``None``, unknown."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_FOUND = "not found"


class RpkiReason(StrEnum):
    """Why a route is invalid."""

    WRONG_ORIGIN = "wrong origin"
    """Others may announce what covers it, this network may not."""
    TOO_SPECIFIC = "too specific"
    """This network may announce what covers it, but not in so small a part."""
    AS0 = "AS0"
    """Nobody may announce it (RFC 6483 section 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vrp:
    """A validated ROA payload: this network may announce this prefix, down to that length."""

    prefix: Prefix
    asn: int
    max_length: int

    def __str__(self) -> str:
        deeper = f" to /{self.max_length}" if self.max_length > self.prefix.prefixlen else ""
        return f"{self.prefix}{deeper} AS{self.asn}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginValidity:
    """The state of one prefix as one network announces it."""

    asn: int
    state: RpkiState
    reason: RpkiReason | None = None
    """For an invalid one."""

    def __str__(self) -> str:
        return f"{self.state} ({self.reason})" if self.reason else str(self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteValidity:
    """The state of a prefix for each network that announces it."""

    prefix: Prefix
    origins: tuple[OriginValidity, ...]
    """In the order of the origins; at least one."""
    covering: tuple[Vrp, ...] = ()
    """What it was judged by, longest prefix first; the first few of many."""

    @property
    def worst(self) -> OriginValidity:
        """The one to worry about: invalid before not found before valid."""
        order = (RpkiState.INVALID, RpkiState.NOT_FOUND, RpkiState.VALID)
        return min(self.origins, key=lambda origin: order.index(origin.state))

    def __str__(self) -> str:
        if len({(o.state, o.reason) for o in self.origins}) == 1:
            return str(self.origins[0])
        return ", ".join(f"AS{origin.asn} {origin}" for origin in self.origins)
