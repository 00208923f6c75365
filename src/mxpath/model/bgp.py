"""The control plane as somebody told it: AS paths, and whose they are.

A path is told by a *peer* of a collector, or stands in a table of our own. How well
it speaks for the mail that leaves from here is its :class:`PathGrade`; only the first
two may be called "the BGP path".
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mxpath.model.address import IPAddress, Prefix


class PathGrade(StrEnum):
    """Whose BGP path it is, the best first."""

    OWN = "a"
    """Our own table."""
    OUR_NETWORK = "b"
    """A collector's peer inside our AS."""
    UPSTREAM = "c"
    """A collector's peer in our upstream, with our hop prepended."""
    PREDICTED = "d"
    """No table told it: the valley-free route over published relationships."""

    @property
    def is_told(self) -> bool:
        """Whether it may be called "the BGP path"."""
        return self in (PathGrade.OWN, PathGrade.OUR_NETWORK)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsPath:
    """An AS path as announced: nearest first, repeats kept."""

    asns: tuple[int, ...]
    final_set: tuple[int, ...] = ()
    """Members of an AS_SET at the end, ascending: such a path has no one origin (RFC 6811)."""

    @property
    def origin(self) -> int | None:
        """The network that announces the prefix; ``None`` for an AS_SET and an empty path."""
        return None if self.final_set or not self.asns else self.asns[-1]

    @property
    def networks(self) -> tuple[int, ...]:
        """The path without prepending: each AS once for each time it is entered.

        Examples
        --------
        >>> AsPath(asns=(64496, 64497, 64497, 64497, 64499)).networks
        (64496, 64497, 64499)
        """
        pairs = zip((None, *self.asns), self.asns, strict=False)
        return tuple(asn for before, asn in pairs if asn != before)

    def __str__(self) -> str:
        words = " ".join(map(str, self.asns))
        several = "{" + ",".join(map(str, self.final_set)) + "}" if self.final_set else ""
        return f"{words} {several}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class RibEntry:
    """One route of one table: a prefix, and the path to it as a peer told it."""

    prefix: Prefix
    path: AsPath
    collector: str
    """Name of the collector, such as ``rrc00``; of the file for a table of our own."""
    peer_asn: int | None = None
    """Who told it; ``None`` for a route that our own network announces."""
    peer_address: IPAddress | None = None
    heard_at: datetime | None = None
    """Since when the peer has told it so, where that is known."""
    best: bool | None = None
    """Whether a table of our own uses it; ``None`` where the table does not say."""
    local_pref: int | None = None
    """How much a table of our own likes it (RFC 4271 section 5.1.5), where it says so."""


class RoutingFate(StrEnum):
    """What became of a question about a prefix's routes."""

    FOUND = "found"
    NOT_ANNOUNCED = "not announced"
    """No peer of the collectors has a route."""
    OFFLINE = "offline"
    """Not asked, because nothing may be; nothing was kept from before."""
    NOT_ASKED = "not asked"
    """There was no time or number of questions left."""
    TIMEOUT = "timeout"
    FAILED = "failed"
    """No usable answer; ``detail`` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingQuestion:
    """Which routes lead to an address, as collectors see it now."""

    address: IPAddress
    service: str
    """URL that the questions' names are put behind, such as ``https://stat.ripe.net/data``."""
    timeout_s: float = 5.0
    offline: bool = False
    """Answer from what is kept alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingAnswer:
    """The routes that collectors' peers have for an address."""

    address: IPAddress
    fate: RoutingFate
    prefix: Prefix | None = None
    """The longest announced prefix around the address."""
    entries: tuple[RibEntry, ...] = ()
    source: str = ""
    """Service that said so."""
    seen_at: datetime | None = None
    """The moment that the answer stands for."""
    asked: bool = False
    """Whether a question went out; what was kept from before needs none."""
    detail: str = ""
