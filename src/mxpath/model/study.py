"""A Study: one domain, seen from one vantage, on one date. The native document of mxpath."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.bgp import RoutingAnswer
from mxpath.model.bgp_path import BgpView
from mxpath.model.egress import Egress
from mxpath.model.evidence import Claim
from mxpath.model.mail import MailDomain, MailProvider
from mxpath.model.origin import Origin
from mxpath.model.route import Route
from mxpath.model.session import SmtpSession
from mxpath.model.snapshot import SnapshotRef
from mxpath.model.trace import Trace
from mxpath.model.transit_free import TransitFree
from mxpath.model.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What it takes to defend or repeat a study."""

    version: str
    commit: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    seed: int | None = None
    platform: str = ""
    player: str = "live"
    """``live``, ``simulated`` or ``replay``: which kind of vantage answered."""
    vantage: str = "live"
    """Name of the vantage: ``live``, ``sim:WORLD``, ``replay:FILE``."""
    engine: str | None = None
    resolver: str | None = None
    snapshots: tuple[SnapshotRef, ...] = ()
    packets_sent: int = 0
    connections_made: int = 0
    registry_questions: int = 0
    """What the cache knew is not among them."""
    routing_questions: int = 0
    """To route collectors, one a prefix whatever it took; what was kept from before is not among
    them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """All that one run learnt about one domain."""

    mail: MailDomain
    owners: dict[IPAddress, Attribution]
    traces: tuple[Trace, ...]
    sessions: tuple[SmtpSession, ...]
    routes: tuple[Route, ...]
    verdicts: tuple[Verdict, ...]
    seen_from: Origin
    started_at: datetime
    ended_at: datetime
    as_of: date | None
    provenance: Provenance
    names: dict[IPAddress, Claim[str]] = field(default_factory=dict)
    """Host names of MX addresses and hops, as their holders have written them down."""
    providers: dict[str, Claim[MailProvider]] = field(default_factory=dict)
    """Who runs the mail hosts, by their names."""
    notes: tuple[str, ...] = ()
    """What was left out and why: missing privilege, an interrupt, a budget."""
    egress: tuple[Egress, ...] = ()
    """Whether the mail port gets out of here, for each address family that was traced."""
    beside: tuple[Trace, ...] = ()
    """Traces by another protocol, where the port does not seem to get out: not the mail flow."""
    transit_free: tuple[Claim[TransitFree], ...] | None = None
    """Of the networks on the routes, those that buy transit from nobody; ``None`` where no list of
    them is known."""
    routing: tuple[RoutingAnswer, ...] = ()
    """What route collectors told of the prefixes of the mail hosts, each with its own time."""
    bgp: tuple[BgpView, ...] = ()
    """The BGP path to each address, as far as it is known, held against the trace."""

    @property
    def domain(self) -> str:
        """The domain asked for, as an A-label name without trailing dot."""
        return self.mail.domain

    @property
    def verdict(self) -> Verdict | None:
        """The first, most important verdict; ``None`` in an unfinished study."""
        return self.verdicts[0] if self.verdicts else None

    def trace_to(self, address: IPAddress) -> Trace | None:
        """The trace towards ``address``, if there is one."""
        return next((trace for trace in self.traces if trace.target == address), None)

    def session_at(self, address: IPAddress) -> SmtpSession | None:
        """The SMTP session held with ``address``, if there is one."""
        return next((session for session in self.sessions if session.address == address), None)

    def route_to(self, address: IPAddress) -> Route | None:
        """The inferred route to ``address``, if there is one."""
        return next((route for route in self.routes if route.target == address), None)

    def routing_to(self, address: IPAddress) -> RoutingAnswer | None:
        """What collectors told of the narrowest prefix around ``address``, if they were asked."""
        around = [
            answer
            for answer in self.routing
            if answer.address == address or (answer.prefix is not None and address in answer.prefix)
        ]
        length = {a.address: -1 if a.prefix is None else a.prefix.prefixlen for a in around}
        return max(around, key=lambda answer: length[answer.address], default=None)

    def bgp_to(self, address: IPAddress) -> BgpView | None:
        """What is known of the BGP path to ``address``; ``None`` where nobody looked."""
        return next((view for view in self.bgp if view.target == address), None)

    def is_ours(self, address: IPAddress) -> bool:
        """Whether ``address`` lies in a network that is ours by our own word."""
        owner = self.owners.get(address)
        return self.seen_from.is_ours(address, owner.network if owner is not None else None)

    def deliveries(self) -> Iterator[tuple[int, str, IPAddress]]:
        """Each (preference, host, address) in the order of the MX plan."""
        for host in self.mail.plan.hosts:
            for address in host.addresses:
                yield host.preference, host.name, address
