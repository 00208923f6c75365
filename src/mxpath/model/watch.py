"""Watching a path: rounds of traces, and what changes between them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mxpath.model.address import IPAddress
from mxpath.model.probe import Protocol
from mxpath.model.statistics import HopStatistics
from mxpath.model.trace import Trace


class RoundKind(StrEnum):
    """What a round asks."""

    PATH = "path"
    """The whole path."""
    CHECK = "check"
    """One probe at the target's known distance: does it still answer from there?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One look at all targets."""

    number: int
    """From 1."""
    kind: RoundKind
    protocol: Protocol
    started_at: datetime
    traces: tuple[Trace, ...]
    """Of a check: one hop with probes, and empty ones before it."""


class ChangeKind(StrEnum):
    """What has become different between two rounds of one protocol."""

    NETWORKS = "networks"
    """Other networks or exchange points on the way."""
    ROUTERS = "routers"
    """The same networks, by other routers of theirs."""
    LOST = "lost"
    """The target no longer answers."""
    BACK = "back"
    """The target answers again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathChange:
    """A change of the path to one target, told by networks and exchange points.

    Hop numbers are no measure of it: one router more near the beginning shifts all that follow.
    """

    target: IPAddress
    protocol: Protocol
    kind: ChangeKind
    seen_at: datetime
    """Start of the round that showed it."""
    gone: tuple[str, ...] = ()
    """Names of stations that left the path, in order; with ``ROUTERS`` addresses."""
    come: tuple[str, ...] = ()
    """What has come into it."""
    behind: str | None = None
    """Last station before the change; ``None`` where the path begins with it."""
    before: str | None = None
    """First station after the change; ``None`` where the path ends with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedHop:
    """One router of the path as it is now, and what all rounds say of it."""

    ttl: int
    address: IPAddress | None
    """``None`` while it has not answered."""
    station: str | None
    """Network or exchange point."""
    statistics: HopStatistics


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedPath:
    """All rounds of one protocol to one target."""

    target: IPAddress
    protocol: Protocol
    rounds: int
    hops: tuple[WatchedHop, ...]
    """Of the path as the last round saw it. Statistics belong to an address, and go on when it
    moves to another TTL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRound:
    """What ``mxpath trace --watch --json`` prints after each round: one line."""

    round: Round
    changes: tuple[PathChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What it prints at the end: one line."""

    rounds: int
    started_at: datetime
    ended_at: datetime
    paths: tuple[WatchedPath, ...]
    changes: tuple[PathChange, ...]
