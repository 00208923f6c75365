"""What one study measures: the stages that touch the world, in their order, as far as they come.

Discovery first; then conversations and traces at the same time. Names of addresses are asked when
the traces are over, while conversations may still be under way: the DNS is no part of them. A missing privilege, a broken
network or Ctrl-C ends a stage, leaves a note, and keeps what was seen before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mxpath.attribution.names import name_addresses
from mxpath.attribution.registry import RegistryOptions
from mxpath.attribution.routing_state import RoutingOptions
from mxpath.errors import InputError, PrivilegeError
from mxpath.fallback import look_beside
from mxpath.foreign import choose
from mxpath.mail.discover import discover
from mxpath.model.address import IPAddress
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.evidence import Claim
from mxpath.model.mail import MailDomain, MxPlan, PlanKind
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study
from mxpath.model.trace import EndReason, Trace
from mxpath.smtp.probe import Conversations, SmtpOptions, begin
from mxpath.tracing.known import Knowledge
from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.vantage.ports import Clock, Vantage

if TYPE_CHECKING:
    from mxpath.datasets.own_tables import OwnTable

INTERRUPTED = "interrupted: what follows was not measured"

ASIDE_STRETCH = 2.5
"""How far further queries may stretch a trace while conversations are under way: those take six
round trips or more, a trace without further queries about one and a half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to do of the whole.

    ``only`` keeps one MX host (by name) or one address of the plan; ``naming`` asks for
    the host names of addresses.
    """

    families: tuple[int, ...] = (4, 6)
    sender: str = "rfc5321"
    tracing: bool = True
    conversing: bool = True
    foreign: tuple[Trace, ...] = ()
    """Traces of other tools, to be taken in place of our own."""
    foreign_files: tuple[str, ...] = ()
    """Where those come from: names and digests, for the provenance."""
    only: str | None = None
    naming: bool = True
    fallback: bool = True
    """Look by another protocol where the port does not seem to get out."""
    earlier: tuple[Trace, ...] = ()
    """Traces of an earlier study from the same place: their distances and first hops are used."""
    place: str | None = None
    """Where we stand, by our own word; else what our network says of our address."""
    tables: "tuple[OwnTable, ...]" = ()
    """Routing tables of our own, to be read for the mail hosts' addresses."""
    registry: RegistryOptions = field(default_factory=RegistryOptions)
    routing: RoutingOptions = field(default_factory=RoutingOptions)
    trace: TraceOptions = field(default_factory=TraceOptions)
    smtp: SmtpOptions = field(default_factory=SmtpOptions)


class Measurement:
    """The measuring half of one study, kept as far as it came."""

    def __init__(
        self,
        *,
        vantage: Vantage,
        options: Options,
        known: Sequence[Study],
        progress: Callable[[str], None],
        started_at: datetime,
    ) -> None:
        self.vantage, self.options, self.progress = vantage, options, progress
        self.started_at = started_at
        before = (*options.earlier, *(t for s in known for t in s.traces))
        self.knowledge = Knowledge(before, now=started_at)
        self.known_traces = {t.target: t for s in known for t in s.traces if _stands(t)}
        self.known_sessions = {
            (x.host, x.address): x
            for s in known
            for x in s.sessions
            if x.outcome is not Outcome.SKIPPED
        }
        self.mail: MailDomain | None = None
        self.known_beside = {t.target: t for s in known for t in s.beside if _stands(t)}
        self.traces: tuple[Trace, ...] = ()
        self.beside: tuple[Trace, ...] = ()
        self.sessions: tuple[SmtpSession, ...] = ()
        self.names: dict[IPAddress, Claim[str]] = {}
        self.notes: list[str] = []
        self.registry_questions = 0
        self.routing_questions = 0

    def measure(self, name: str) -> None:
        """Run the stages that touch the world, in order, until done or interrupted.

        Conversations are under way while the paths are traced: neither waits for the other.
        """
        try:
            self._resolve(name)
            talks = self._begin_talking()
            self._trace()
            self._look_beside()
            self._name()
            if talks is not None:
                self._hear(talks)
        except KeyboardInterrupt:
            self._interrupted()

    def _interrupted(self) -> None:
        if INTERRUPTED not in self.notes:
            self.notes.append(INTERRUPTED)

    def _resolve(self, name: str) -> None:
        self.progress(f"{name}: asking the DNS")
        found = discover(
            name, self.vantage, sender=self.options.sender, families=self.options.families
        )
        self.mail = _restrict(found, self.options.only)
        self._say_known()
        tracing = "tracing" if self.options.tracing else ""
        talking = "talking SMTP with" if self.options.conversing else ""
        doing = " and ".join(filter(None, (tracing, talking)))
        if doing and self.mail.addresses:
            self.progress(f"{self.mail.domain}: {doing} {len(self.mail.addresses)} addresses")

    def _trace(self) -> None:
        assert self.mail is not None
        if not (self.options.tracing or self.options.foreign) or not self.mail.addresses:
            return
        addresses = self.mail.addresses
        foreign, notes = choose(self.options.foreign, addresses, self.vantage.origin)
        self.notes += notes
        known = self.known_traces | foreign
        fresh = tuple(a for a in addresses if a not in known) if self.options.tracing else ()
        found = {t.target: t for t in self._trace_fresh(fresh)} if fresh else {}
        both = known | found
        self.traces = tuple(both[a] for a in addresses if a in both)

    def _trace_fresh(self, addresses: tuple[IPAddress, ...]) -> tuple[Trace, ...]:
        traces: tuple[Trace, ...] = ()
        try:
            chosen = self.options.trace
            if self.options.conversing:
                chosen = replace(chosen, stretch=max(chosen.stretch, ASIDE_STRETCH))
            traces = trace(addresses, self.vantage, options=chosen, known=self.knowledge)
        except PrivilegeError as error:
            self.notes.append(f"no traces: {error}")
        except KeyboardInterrupt:
            self._interrupted()
        if any(t.end is EndReason.INTERRUPTED for t in traces):
            self._interrupted()
        return traces

    def _look_beside(self) -> None:
        """By another protocol, where the port does not seem to get out of here."""
        # What another tool has seen tells nothing of our own way out.
        ours = tuple(t for t in self.traces if t.imported is None)
        if not self.options.fallback or not ours or INTERRUPTED in self.notes:
            return
        self.beside = tuple(t for a, t in self.known_beside.items() if self._is_traced(a))
        try:
            if not self.beside:
                self.beside = look_beside(ours, self.vantage, options=self.options.trace)
        except PrivilegeError as error:
            self.notes.append(f"no traces by another protocol: {error}")

    def _is_traced(self, address: IPAddress) -> bool:
        return any(t.target == address for t in self.traces)

    def _name(self) -> None:
        """Ask for host names, now that nothing is being traced any more."""
        if not self.options.naming or INTERRUPTED in self.notes or self.mail is None:
            return
        hops = (
            address
            for t in (*self.traces, *self.beside)
            for hop in t.hops
            for address in hop.responders
        )
        try:
            self.names = name_addresses((*self.mail.addresses, *hops), self.vantage)
        except KeyboardInterrupt:
            self._interrupted()

    def _say_known(self) -> None:
        known = [
            h for h, a in self._hosts() if (h, a) in self.known_sessions or a in self.known_traces
        ]
        if known:
            names = ", ".join(dict.fromkeys(known))
            self.notes.append(f"measured a moment ago, for an earlier domain of this run: {names}")

    def _hosts(self) -> list[tuple[str, IPAddress]]:
        plan = self.mail.plan if self.mail is not None else MxPlan(kind=PlanKind.FAILED)
        return [(host.name, address) for host in plan.hosts for address in host.addresses]

    def _begin_talking(self) -> Conversations | None:
        assert self.mail is not None
        if not self.options.conversing:
            return None
        hosts = [host for host in self._hosts() if host not in self.known_sessions]
        return begin(hosts, self.vantage, options=self.options.smtp)

    def _hear(self, talks: Conversations) -> None:
        found = talks.finish(wait=INTERRUPTED not in self.notes)
        both = self.known_sessions | {(s.host, s.address): s for s in found}
        hosts = self._hosts()
        self.sessions = tuple(both[host] for host in hosts if host in both)
        if any(s.outcome is Outcome.SKIPPED and s.detail == "interrupted" for s in found):
            self._interrupted()


def _stands(trace: Trace) -> bool:
    """Whether a trace came to an end that is the path's own."""
    return trace.end not in (EndReason.INTERRUPTED, EndReason.LOCAL_FAULT)


def moment(clock: Clock) -> datetime:
    """Return the present moment of a clock, in UTC."""
    return datetime.fromtimestamp(clock.now_ns() / 1e9, tz=UTC)


def not_asked(name: str) -> MailDomain:
    """Stand in for the plan of a domain when even the first look-up was interrupted."""
    answer = DnsAnswer(name=name, rdtype="MX", status=DnsStatus.OTHER, detail="interrupted")
    return MailDomain(domain=name, plan=MxPlan(kind=PlanKind.FAILED), mx_lookup=answer)


def _restrict(mail: MailDomain, only: str | None) -> MailDomain:
    """Keep the one host or address that was asked for."""
    if only is None:
        return mail
    wanted = only.rstrip(".").lower()
    hosts = tuple(
        host if host.name == wanted else replace(host, addresses=matching)
        for host in mail.plan.hosts
        if (matching := tuple(a for a in host.addresses if str(a) == wanted)) or host.name == wanted
    )
    if not hosts:
        known = ", ".join(host.name for host in mail.plan.hosts) or "nothing"
        raise InputError(f"{only!r} is not in the MX plan of {mail.domain}; it holds {known}")
    return replace(mail, plan=replace(mail.plan, hosts=hosts))
