"""The pipeline: one domain in, one Study out. The only place that knows the order of the stages.

    discover ─┬─ trace ──────── attribute ─┬─ infer_route ─ judge ─ Study
              └─ converse (SMTP) ──────────┘

Traces and conversations are under way at the same time. Whatever else is to be asked about
addresses (names, registries) is asked when both are over: nothing is looked up during a trace.

What was measured is never thrown away: a missing privilege, a broken network or
Ctrl-C leaves a note in the Study, and everything that was seen before it.
"""

import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from mxpath import __version__
from mxpath.attribution.attribute import attribute
from mxpath.attribution.names import name_addresses
from mxpath.attribution.registry import RegistryOptions, enrich
from mxpath.datasets.catalog import Section
from mxpath.datasets.gazetteer import Gazetteer
from mxpath.errors import InputError, PrivilegeError
from mxpath.graph.verdicts import judge
from mxpath.inference.routes import infer_route
from mxpath.mail.discover import discover
from mxpath.mail.mx import normalise_domain
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.evidence import Claim
from mxpath.model.mail import MailDomain, MxPlan, PlanKind
from mxpath.model.route import Route
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Origin, Provenance, Study
from mxpath.model.trace import EndReason, Trace
from mxpath.revision import commit
from mxpath.smtp.probe import Conversations, SmtpOptions, begin
from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.vantage.ports import Clock, Vantage

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
    only: str | None = None
    naming: bool = True
    registry: RegistryOptions = field(default_factory=RegistryOptions)
    trace: TraceOptions = field(default_factory=TraceOptions)
    smtp: SmtpOptions = field(default_factory=SmtpOptions)


def _silent(_step: str) -> None:
    """Tell nobody."""


def analyze(  # noqa: PLR0913 - what is asked, of whom, against what; and three things at will
    domain: str,
    vantage: Vantage,
    gazetteer: Gazetteer,
    *,
    options: Options | None = None,
    known: Sequence[Study] = (),
    progress: Callable[[str], None] = _silent,
) -> Study:
    """Measure and explain where mail to ``domain`` goes.

    Parameters
    ----------
    domain
        A domain name in any spelling; IDNs are accepted.
    vantage
        Where we stand: live, simulated or replayed.
    gazetteer
        What the world has published about itself.
    options
        What to leave out or restrict.
    known
        Studies of the same run, with the same options: what they measured at an address is
        taken over and not asked again, since many domains share their mail hosts.
    progress
        Called with a short phrase as each stage begins.

    Returns
    -------
    Study
        Complete or not: ``notes`` says what was left out and why.

    Raises
    ------
    InputError
        When ``domain`` is no domain name, or ``options.only`` names nothing in its plan.
    """
    options = options or Options()
    name = normalise_domain(domain)
    work = _Work(
        vantage=vantage,
        options=options,
        known=known,
        progress=progress,
        started_at=_now(vantage.clock),
    )
    work.measure(name)
    names = _names(work)
    owners = _with_holders(
        work, attribute(_addresses_of(work, vantage.origin), gazetteer), gazetteer
    )
    origin = _locate(vantage.origin, work.traces, owners)
    study = Study(
        mail=work.mail or _not_asked(name),
        owners=owners,
        traces=work.traces,
        sessions=work.sessions,
        routes=_routes(work.traces, owners, gazetteer, origin),
        verdicts=(),
        seen_from=origin,
        started_at=work.started_at,
        ended_at=_now(vantage.clock),
        as_of=gazetteer.as_of,
        provenance=_provenance(vantage, gazetteer, options, work),
        names=names,
        notes=(*work.notes, *_resolvers(work.mail), *_blind_spots(work.traces, gazetteer)),
    )
    return replace(study, verdicts=judge(study))


class _Work:
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
        self.known_traces = {t.target: t for s in known for t in s.traces if _stands(t)}
        self.known_sessions = {
            (x.host, x.address): x
            for s in known
            for x in s.sessions
            if x.outcome is not Outcome.SKIPPED
        }
        self.mail: MailDomain | None = None
        self.traces: tuple[Trace, ...] = ()
        self.sessions: tuple[SmtpSession, ...] = ()
        self.notes: list[str] = []
        self.registry_questions = 0

    def measure(self, name: str) -> None:
        """Run the stages that touch the world, in order, until done or interrupted.

        Conversations are under way while the paths are traced: neither waits for the other.
        """
        try:
            self._resolve(name)
            talks = self._begin_talking()
            self._trace()
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
        if not self.options.tracing or not self.mail.addresses:
            return
        addresses = self.mail.addresses
        fresh = tuple(a for a in addresses if a not in self.known_traces)
        found = {t.target: t for t in self._trace_now(fresh)} if fresh else {}
        both = self.known_traces | found
        self.traces = tuple(both[a] for a in addresses if a in both)

    def _trace_now(self, addresses: tuple[IPAddress, ...]) -> tuple[Trace, ...]:
        traces: tuple[Trace, ...] = ()
        try:
            chosen = self.options.trace
            if self.options.conversing:
                chosen = replace(chosen, stretch=max(chosen.stretch, ASIDE_STRETCH))
            traces = trace(addresses, self.vantage, options=chosen)
        except PrivilegeError as error:
            self.notes.append(f"no traces: {error}")
        except KeyboardInterrupt:
            self._interrupted()
        if any(t.end is EndReason.INTERRUPTED for t in traces):
            self._interrupted()
        return traces

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


def _now(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock.now_ns() / 1e9, tz=UTC)


def _not_asked(name: str) -> MailDomain:
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


def _addresses_of(work: _Work, origin: Origin) -> tuple[IPAddress, ...]:
    """Every address that wants an owner, each once."""
    found = [a for version in (4, 6) if (a := origin.sends_from(version)) is not None]
    found += work.mail.addresses if work.mail else ()
    found += [address for t in work.traces for hop in t.hops for address in hop.responders]
    return tuple(dict.fromkeys(found))


def _names(work: _Work) -> dict[IPAddress, Claim[str]]:
    """Ask for host names, now that nothing is being measured any more."""
    if not work.options.naming or INTERRUPTED in work.notes or work.mail is None:
        return {}
    hops = (address for t in work.traces for hop in t.hops for address in hop.responders)
    try:
        return name_addresses((*work.mail.addresses, *hops), work.vantage)
    except KeyboardInterrupt:
        work.notes.append(INTERRUPTED)
        return {}


def _resolvers(mail: MailDomain | None) -> Iterator[str]:
    """Say which resolvers were silent while others answered; a failed look-up speaks for itself."""
    lost: dict[str, DnsAnswer] = {}
    for answer in mail.lookups if mail is not None else ():
        for server in answer.silent:
            if server != answer.server:
                lost.setdefault(server, answer)
    for server, answer in lost.items():
        yield (
            f"the resolver {server} was silent when it was asked for {answer.name} {answer.rdtype};"
            f" {answer.server} answered in its place, after {answer.elapsed_ms / 1000:.1f} s in all"
        )


def _with_holders(
    work: _Work, owners: dict[IPAddress, Attribution], gazetteer: Gazetteer
) -> dict[IPAddress, Attribution]:
    """Add what the registries say, unless Ctrl-C has ended the asking."""
    if INTERRUPTED in work.notes or work.mail is None or not gazetteer.registries.hosts:
        return owners
    work.progress(f"{work.mail.domain}: asking the registries")
    found = enrich(
        owners,
        work.vantage,
        gazetteer,
        first=work.mail.addresses,
        options=work.options.registry,
    )
    work.notes += found.notes
    work.registry_questions = found.questions
    if found.interrupted:
        work.notes.append(INTERRUPTED)
    return found.owners


def _locate(
    origin: Origin, traces: Iterable[Trace], owners: dict[IPAddress, Attribution]
) -> Origin:
    """Say which network we stand in: by our own address, else by the first global hop.

    1. An address that we send from is our public one unless a special-purpose registry
       lists it. A private address is translated on the way, and is moved aside.
    2. A public address names our network, where a data set attributes it.
    3. Else the first responder that any data set attributes is the best witness; that it
       is ours, and not already our provider's, is likely and no more.
    """
    ours = [a for version in (4, 6) if (a := origin.sends_from(version)) is not None]
    private = tuple(a for a in ours if owners[a].special is not None)
    public = {a.version: a for a in ours if a not in private}
    origin = replace(origin, address_v4=public.get(4), address_v6=public.get(6), private=private)
    if origin.network is not None:
        return origin
    for address in public.values():
        if (network := owners[address].network) is not None:
            return replace(origin, network=network)
    for each in traces:
        for address in (hop.address for hop in each.hops if hop.address is not None):
            if (network := owners[address].network) is not None:
                how = f"{origin.how}; network by the first global hop"
                return replace(origin, network=network, first_hop=address, how=how)
    return origin


def _routes(
    traces: Iterable[Trace],
    owners: dict[IPAddress, Attribution],
    gazetteer: Gazetteer,
    origin: Origin,
) -> tuple[Route, ...]:
    exchanges = {owner.ixp.ix_id for owner in owners.values() if owner.ixp is not None}
    members = {ix_id: gazetteer.members(ix_id) for ix_id in exchanges}
    return tuple(
        infer_route(
            each, owners, relations=gazetteer.relations, members=members, home=origin.network
        )
        for each in traces
    )


_WITHOUT = {
    Section.ORIGINS: "origins of prefixes (networks cannot be told)",
    Section.EXCHANGES: "exchange points (crossings cannot be told)",
    Section.RELATIONS: "business relationships (borders are told by addresses alone)",
}


def _blind_spots(traces: Iterable[Trace], gazetteer: Gazetteer) -> Iterator[str]:
    """Say what the gazetteer cannot answer about a path, so that nobody takes it for absent."""
    lacking = [words for section, words in _WITHOUT.items() if section in gazetteer.missing]
    if lacking and any(each.hops for each in traces):
        yield f"no data set here tells of {', nor of '.join(lacking)}"


def _provenance(
    vantage: Vantage, gazetteer: Gazetteer, options: Options, work: _Work
) -> Provenance:
    origin = vantage.origin
    sources = [origin.sends_from(v) for v in (4, 6)] if "--source" in origin.how else []
    sources = [address for address in sources if address is not None]
    chosen = {
        "families": ",".join(str(family) for family in options.families),
        "sender": options.sender,
        "tracing": str(options.tracing).lower(),
        "conversing": str(options.conversing).lower(),
        "naming": str(options.naming).lower(),
        "port": str(options.trace.port),
        "queries": str(options.trace.queries),
        "only": options.only,
        "helo": options.smtp.helo,
        "source": " ".join(map(str, sources)) if sources else None,
    }
    return Provenance(
        version=__version__,
        commit=commit(),
        options=tuple((key, value) for key, value in chosen.items() if value is not None),
        seed=vantage.seed,
        platform=platform.platform() if vantage.player == "live" else vantage.player,
        player=vantage.player,
        vantage=vantage.name,
        engine=vantage.engine if work.traces else None,
        resolver=vantage.resolver_address,
        snapshots=gazetteer.snapshots,
        packets_sent=sum(each.packets_sent for each in work.traces),
        connections_made=sum(bool(session.phases) for session in work.sessions),
        registry_questions=work.registry_questions,
    )
