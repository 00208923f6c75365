"""The way that routing tables give to an address, whose word that is, and whether the packets took it."""

from dataclasses import dataclass
from enum import StrEnum

from mxpath.model.address import IPAddress, Prefix
from mxpath.model.bgp import PathGrade, RibEntry
from mxpath.model.evidence import Basis, Claim
from mxpath.model.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class BgpPath:
    """A path of networks towards a prefix, as tables tell or relationships predict it."""

    grade: PathGrade
    networks: tuple[Network, ...]
    """In order of travel, ours first where it is known; prepending and route servers left out."""
    prefix: Prefix | None = None
    """What is announced; ``None`` where nobody knows."""
    origins: tuple[int, ...] = ()
    """Who announces it: more than one where the path ends in an AS_SET."""
    tellers: tuple[RibEntry, ...] = ()
    """The routes that say so; none where it is predicted."""

    @property
    def basis(self) -> Basis:
        """Whether somebody's table says so, or a model of what tables would say."""
        return Basis.PREDICTED if self.grade is PathGrade.PREDICTED else Basis.OBSERVED

    @property
    def asns(self) -> tuple[int, ...]:
        """AS numbers of its networks."""
        return tuple(network.asn for network in self.networks)


class Likeness(StrEnum):
    """How the networks of a trace and those of a BGP path compare."""

    SAME = "same"
    SHORTER = "shorter"
    """The trace shows fewer: what it shows is on the path, in order."""
    LONGER = "longer"
    """The trace shows more: the path is in it, in order."""
    DIVERGENT = "divergent"
    """They part at a network that both have."""
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A trace held against a BGP path."""

    likeness: Likeness
    at: Network | None = None
    """The last network that both have before they differ; ``None`` where they do not, or where
    already the first ones do."""
    only_bgp: tuple[Network, ...] = ()
    """Networks that the trace does not show."""
    only_trace: tuple[Network, ...] = ()
    """Networks that are not on the path."""
    reason: str = ""
    """Why they cannot be compared, or what explains a difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BgpView:
    """What is known of the BGP path to one address."""

    target: IPAddress
    path: Claim[BgpPath] | None = None
    """The best that there is; ``None`` where nothing is known."""
    others: tuple[Claim[BgpPath], ...] = ()
    """Paths of the same grade that differ from it, by how many tell them."""
    agreement: Claim[Agreement] | None = None
    """The trace held against ``path``; ``None`` without one of the two."""
    predicted: Claim[BgpPath] | None = None
    """What relationships predict, whether or not better is known."""
    missing: str = ""
    """Why no path is known, and what would change that."""
    notes: tuple[str, ...] = ()
    """What a reader should know: tables left aside, an origin that others tell differently."""
