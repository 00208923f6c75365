"""What can be read off a trace: statistics, loss and anomalies, hop by hop."""

from dataclasses import dataclass
from enum import StrEnum

from mxpath.model.address import IPAddress
from mxpath.model.anomaly import Anomaly
from mxpath.model.statistics import HopStatistics


class LossNature(StrEnum):
    """What the unanswered probes of a hop tell."""

    NONE = "nothing lost"
    FORWARD = "lost on the way there"
    """In some round this probe and all later ones were lost, behind hops that else answer."""
    LIMITED = "answers limited"
    """The hop holds back answers; packets pass it."""
    ENDS = "silent from here on"
    """No hop from here on has ever answered: lost, filtered, or routers that are silent."""
    UNKNOWN = "unknown"
    """Lost there or back, or held back: these probes do not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HopLoss:
    """What became of the probes of one hop."""

    ttl: int
    nature: LossNature
    sent: int
    unanswered: int
    """Probes of this hop without an answer."""
    forward: int
    """Those that were lost on the way there, as far as it can be told."""
    share: float | None
    """``forward`` of ``sent``, in [0, 1]: the least that was lost; ``None`` when nothing was sent."""
    interval: tuple[float, float]
    """What the true share may be, with 95 % confidence (Wilson 1927): from what was lost surely
    to what was lost if all of which nothing can be told were lost, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HopReading:
    """What is read off one hop."""

    ttl: int
    address: IPAddress | None
    statistics: HopStatistics
    loss: HopLoss


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceReading:
    """What is read off one trace."""

    target: IPAddress
    hops: tuple[HopReading, ...]
    """Of the first flow, ascending."""
    anomalies: tuple[Anomaly, ...]
    """Of all flows."""
