"""Hand-made studies of one small world, each the size of a real one.

us (Nordmail) ─ Alpha Transit ─ ◇ FRA-LIX ─ BigMail        10 mx1.bigmail.example
                     └─ Boreal Backbone (ECMP) ─ FarMail   20 mx.farmail.example

Every maker returns a Study without verdicts; ``judged`` adds them. Studies never change, so the
large ones are made once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from ipaddress import ip_address, ip_network

from bgp_made import along_bgp, beside_bgp
from mxpath.graph.verdicts import judge
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution, IxpPort, OriginSet
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.mail import MailDomain, MxHost, MxPlan, PlanKind
from mxpath.model.network import Network
from mxpath.model.origin import Origin
from mxpath.model.probe import Probe, Protocol, Reply, ReplyKind
from mxpath.model.route import Border, Differential, IxpCrossing, Route, Segment
from mxpath.model.session import Outcome, Phase, SmtpReply, SmtpSession, TlsFacts
from mxpath.model.snapshot import SnapshotRef
from mxpath.model.study import Provenance, Study
from mxpath.model.trace import EndReason, Flow, Hop, Trace
from mxpath.model.transit_free import TransitFree

START = datetime(2026, 11, 23, 8, 10, tzinfo=UTC)
START_NS = int(START.timestamp()) * 10**9
AS_OF = date(2026, 6, 17)

NORD = Network(asn=64496, name="Nordmail")
ALPHA = Network(asn=64497, name="Alpha Transit")
BIG = Network(asn=64503, name="BigMail")
FAR = Network(asn=64504, name="FarMail")
BOREAL = Network(asn=64510, name="Boreal Backbone")
PREFIXES = {
    NORD: ("198.18.0.0/20", "2001:db8:1000::/36"),
    ALPHA: ("198.18.16.0/20", "2001:db8:2000::/36"),
    BIG: ("198.18.32.0/20", "2001:db8:3000::/36"),
    FAR: ("198.18.48.0/20", "2001:db8:4000::/36"),
    BOREAL: ("198.18.64.0/20", "2001:db8:5000::/36"),
}


@dataclass(frozen=True, kw_only=True)
class At:
    """A hop of the world: both addresses, the smallest round trip, whose it is."""

    v4: str
    v6: str
    rtt_ms: float
    network: Network
    ixp: bool = False
    silent: bool = False


NORD1 = At(v4="198.18.0.1", v6="2001:db8:1000::1", rtt_ms=0.3, network=NORD)
ALPHA1 = At(v4="198.18.16.1", v6="2001:db8:2000::1", rtt_ms=4.2, network=ALPHA)
ALPHA2 = At(v4="198.18.16.2", v6="2001:db8:2000::2", rtt_ms=18.3, network=ALPHA)
FABRIC = At(v4="198.19.240.3", v6="2001:db8:f000::3", rtt_ms=20.2, network=BIG, ixp=True)
MX1 = At(v4="198.18.33.25", v6="2001:db8:3000::25", rtt_ms=20.7, network=BIG)
BOREAL1 = At(v4="198.18.64.1", v6="2001:db8:5000::1", rtt_ms=12.3, network=BOREAL)
BOREAL2A = At(v4="198.18.64.2", v6="2001:db8:5000::2a", rtt_ms=34.5, network=BOREAL)
BOREAL2B = At(v4="198.18.64.3", v6="2001:db8:5000::2b", rtt_ms=38.6, network=BOREAL)
BOREAL3 = At(v4="198.18.64.4", v6="2001:db8:5000::3", rtt_ms=46.6, network=BOREAL)
FAR1 = At(v4="198.18.48.1", v6="2001:db8:4000::1", rtt_ms=52.7, network=FAR)
MX2 = At(v4="198.18.49.25", v6="2001:db8:4000::25", rtt_ms=53.2, network=FAR)

TO_MX1 = (NORD1, ALPHA1, ALPHA2, FABRIC, MX1)
TO_MX2 = (NORD1, ALPHA1, BOREAL1, BOREAL2A, BOREAL3, FAR1, MX2)
EVERYWHERE = (*TO_MX1, *TO_MX2, BOREAL2B)

SNAPSHOT = SnapshotRef(
    name="origins",
    publisher="first_walk",
    as_of=AS_OF,
    sha256="0" * 64,
    licence="CC0-1.0",
    attribution="Origins of the lab world first_walk",
)
MX1_NAME, MX2_NAME = "mx1.bigmail.example", "mx.farmail.example"


BACKBONE = (
    Claim(
        value=TransitFree(
            asn=BOREAL.asn,
            name=BOREAL.name,
            families=(4, 6),
            stated_on=AS_OF,
            source="https://boreal.example/network",
        ),
        evidence=(
            Evidence(
                source="transit-free",
                rule="stated",
                as_of=AS_OF,
                detail="https://boreal.example/network",
            ),
        ),
    ),
)


def address(at: At, family: int) -> IPAddress:
    return ip_address(at.v4 if family == 4 else at.v6)


def evidence(source: str, rule: str, detail: str = "") -> tuple[Evidence, ...]:
    as_of = AS_OF if source in ("origins", "ixp") else None
    return (Evidence(source=source, rule=rule, as_of=as_of, detail=detail),)


def attribution(at: At, family: int) -> Attribution:
    here = address(at, family)
    if at.ixp:
        port = IxpPort(ix_id=31, ix_name="FRA-LIX", member=at.network, address=here)
        return Attribution(
            address=here,
            ixp_port=Claim(value=port, evidence=evidence("ixp", "member port", str(here))),
        )
    prefix = ip_network(PREFIXES[at.network][0 if family == 4 else 1])
    origin = OriginSet(prefix=prefix, networks=(at.network,))
    return Attribution(
        address=here,
        origin=Claim(value=origin, evidence=evidence("origins", "longest prefix", str(prefix))),
    )


OWNERS = {address(at, family): attribution(at, family) for at in EVERYWHERE for family in (4, 6)}


def hop(at: At, *, ttl: int, target: At, family: int) -> Hop:
    return Hop(
        ttl=ttl,
        probes=tuple(
            _probe(at, ttl=ttl, attempt=attempt, target=target, family=family)
            for attempt in range(3)
        ),
    )


def _probe(at: At, *, ttl: int, attempt: int, target: At, family: int) -> Probe:
    sent = START_NS + (ttl * 3 + attempt) * 10**6
    sequence = (ttl << 6 | attempt) << 20
    if at.silent or (at is target and attempt > 0):
        return Probe(ttl=ttl, attempt=attempt, sequence=sequence, sent_ns=sent)
    jitter_ms = (0.0, 0.24, 1.1)[(attempt + ttl) % 3]
    reply = Reply(
        kind=ReplyKind.SYN_ACK if at is target else ReplyKind.TIME_EXCEEDED,
        responder=address(at, family),
        target=address(target, family),
        source_port=40001,
        destination_port=25,
        sequence=sequence,
        received_ns=sent + int((at.rtt_ms + (0 if at is target else jitter_ms)) * 1e6),
    )
    return Probe(ttl=ttl, attempt=attempt, sequence=sequence, sent_ns=sent, reply=reply)


def trace(path: tuple[At, ...], family: int, *, target: At | None = None) -> Trace:
    """A trace along ``path``; with ``target`` beyond its end, one that never arrived."""
    goal = target or path[-1]
    reached = path[-1] is goal and not goal.silent
    hops = tuple(hop(at, ttl=n, target=goal, family=family) for n, at in enumerate(path, start=1))
    flow = Flow(source_port=40001, destination_port=25, hops=hops)
    other = tuple(
        hop(BOREAL2B if at is BOREAL2A else at, ttl=n, target=goal, family=family)
        for n, at in enumerate(path, start=1)
    )
    flows = (flow, Flow(source_port=50222, destination_port=25, hops=other))
    return Trace(
        target=address(goal, family),
        source=address(
            At(v4="198.18.0.25", v6="2001:db8:1000::25", rtt_ms=0, network=NORD), family
        ),
        protocol=Protocol.TCP,
        port=25,
        engine="raw",
        flows=flows if BOREAL2A in path else flows[:1],
        distance=len(path) if reached else None,
        end=EndReason.REACHED if reached else EndReason.GAVE_UP,
        started_at=START,
        ended_at=START + timedelta(seconds=1),
        packets_sent=3 * len(path),
    )


def route(path: tuple[At, ...], family: int, *, target: At | None = None) -> Route:
    """What the inference would say of :func:`trace`, worked out by hand's rule: minima are exact."""
    goal = target or path[-1]
    runs: list[list[int]] = []
    for n, at in enumerate(path):
        if runs and path[runs[-1][-1]].network == at.network:
            runs[-1].append(n)
        else:
            runs.append([n])
    heard = [[at.rtt_ms for at in path[n:] if not at.silent] for n in range(len(path))]
    envelope = [min(later, default=None) for later in heard]
    return Route(
        target=address(goal, family),
        source=ip_address("198.18.0.25" if family == 4 else "2001:db8:1000::25"),
        as_path=tuple(path[run[0]].network for run in runs),
        segments=tuple(_segment(path, run, family) for run in runs),
        borders=tuple(_border(path, run) for run in runs[1:]),
        crossings=tuple(_crossing(path, n, family) for n, at in enumerate(path) if at.ixp),
        envelope_ms=tuple(envelope),
        complete=path[-1] is goal and not goal.silent,
    )


def _difference(path: tuple[At, ...], last: int, before: int) -> Differential:
    if path[last].silent:
        return Differential(rtt_ms=None, plus_minus_ms=0.0, reason="silent")
    gain = path[last].rtt_ms - (path[before].rtt_ms if before >= 0 else 0.0)
    return Differential(rtt_ms=round(gain, 3), plus_minus_ms=0.2)


def _segment(path: tuple[At, ...], run: list[int], family: int) -> Claim[Segment]:
    value = Segment(
        network=path[run[0]].network,
        first_ttl=run[0] + 1,
        last_ttl=run[-1] + 1,
        addresses=tuple(None if path[n].silent else address(path[n], family) for n in run),
        differential=_difference(path, run[-1], run[0] - 1),
    )
    return Claim(
        value=value, evidence=evidence("origins", "origin of its hops"), grade=Grade.CERTAIN
    )


def _border(path: tuple[At, ...], run: list[int]) -> Claim[Border]:
    value = Border(
        near=path[run[0] - 1].network,
        far=path[run[0]].network,
        far_ttl=run[0] + 1,
        medium="ixp" if path[run[0]].ixp else "unknown",
    )
    return Claim(value=value, evidence=evidence("trace", "owner changes"), grade=Grade.LIKELY)


def _crossing(path: tuple[At, ...], n: int, family: int) -> Claim[IxpCrossing]:
    value = IxpCrossing(
        ix_id=31,
        ix_name="FRA-LIX",
        near=path[n - 1].network,
        far=path[n].network,
        far_ttl=n + 1,
        address=address(path[n], family),
        differential=_difference(path, n, n - 1),
    )
    return Claim(value=value, evidence=evidence("ixp", "member port"), grade=Grade.CERTAIN)


def lookup(name: str, rdtype: str, *records: str, ms: float = 4.0) -> DnsAnswer:
    return DnsAnswer(
        name=name,
        rdtype=rdtype,
        status=DnsStatus.NOERROR,
        records=records,
        ttl_s=300,
        elapsed_ms=ms,
        server="198.18.0.53",
    )


def mx_host(name: str, preference: int, at: At, families: tuple[int, ...] = (4, 6)) -> MxHost:
    found = tuple(address(at, family) for family in families)
    return MxHost(
        name=name,
        preference=preference,
        addresses=found,
        lookups=tuple(
            lookup(
                name,
                "A" if family == 4 else "AAAA",
                *([str(address(at, family))] if family in families else []),
            )
            for family in (4, 6)
        ),
    )


TLS = TlsFacts(
    version="TLSv1.3",
    cipher="TLS_AES_256_GCM_SHA384",
    names=(MX1_NAME,),
    issuer="Lab CA",
    not_before=START - timedelta(days=20),
    not_after=START + timedelta(days=70),
    trusted=True,
    name_matches=True,
)


def phase(
    name: str, rtt_ms: float, *, server_ms: float = 0.3, trips: int = 1, complete: bool = True
) -> Phase:
    network = round(rtt_ms * trips, 3)
    return Phase(
        name=name,
        elapsed_ms=round(network + server_ms, 3),
        round_trips=trips,
        network_ms=network,
        server_ms=server_ms,
        complete=complete,
    )


def session(host: str, at: At, family: int, *, greeting_wait_ms: float = 0.6) -> SmtpSession:
    rtt = at.rtt_ms
    return SmtpSession(
        host=host,
        address=address(at, family),
        port=25,
        outcome=Outcome.ANSWERED,
        started_at=START,
        phases=(
            phase("connect", rtt, server_ms=0.0),
            phase("greeting", rtt, server_ms=greeting_wait_ms),
            phase("ehlo", rtt),
            phase("starttls", rtt),
            phase("tls", rtt, server_ms=3.1),
            phase("ehlo2", rtt),
            phase("quit", rtt),
        ),
        greeting=SmtpReply(code=220, lines=(f"{host} ESMTP ready",)),
        capabilities=("PIPELINING", "SIZE 52428800", "8BITMIME"),
        starttls_offered=True,
        tls=replace(TLS, names=(host,)),
        last_reply=SmtpReply(code=221, lines=("bye",)),
    )


def failed(host: str, at: At, family: int, outcome: Outcome) -> SmtpSession:
    """A session that came to nothing before the greeting."""
    waited = at.rtt_ms if outcome is Outcome.REFUSED else 10_000.0
    phases = (
        ()
        if outcome in (Outcome.SKIPPED, Outcome.UNREACHABLE)
        else (phase("connect", waited, server_ms=0.0, complete=outcome is Outcome.REFUSED),)
    )
    return SmtpSession(
        host=host,
        address=address(at, family),
        port=25,
        outcome=outcome,
        started_at=START,
        phases=phases,
    )


def rejected(host: str, at: At, family: int, *, code: int = 554) -> SmtpSession:
    reply = SmtpReply(code=code, lines=("no SMTP service here",))
    return SmtpSession(
        host=host,
        address=address(at, family),
        port=25,
        outcome=Outcome.REJECTED,
        started_at=START,
        phases=(
            phase("connect", at.rtt_ms, server_ms=0.0),
            phase("greeting", at.rtt_ms, server_ms=0.6),
        ),
        greeting=reply,
        last_reply=reply,
    )


@cache
def fine(domain: str = "fine.example") -> Study:
    """Two MX, both families, all well; hop 4 to mx2 is silent over IPv6."""
    far_v6 = tuple(replace(at, silent=True) if at is BOREAL2A else at for at in TO_MX2)
    paths = ((TO_MX1, 4), (TO_MX1, 6), (TO_MX2, 4), (far_v6, 6))
    return Study(
        mail=MailDomain(
            domain=domain,
            plan=MxPlan(
                kind=PlanKind.MX,
                hosts=(mx_host(MX1_NAME, 10, MX1), mx_host(MX2_NAME, 20, MX2)),
            ),
            mx_lookup=lookup(domain, "MX", f"10 {MX1_NAME}.", f"20 {MX2_NAME}."),
        ),
        owners=OWNERS,
        traces=tuple(trace(path, family) for path, family in paths),
        sessions=tuple(
            session(name, at, family)
            for name, at in ((MX1_NAME, MX1), (MX2_NAME, MX2))
            for family in (4, 6)
        ),
        routes=tuple(route(path, family) for path, family in paths),
        verdicts=(),
        seen_from=Origin(
            address_v4=ip_address("198.18.0.25"),
            address_v6=ip_address("2001:db8:1000::25"),
            network=NORD,
            how="--source",
        ),
        started_at=START,
        ended_at=START + timedelta(seconds=6),
        as_of=AS_OF,
        transit_free=BACKBONE,
        provenance=Provenance(
            version="0.1.0",
            commit="0123456",
            options=(("sender", "rfc5321"),),
            seed=1,
            platform="Linux 6.18",
            player="simulated",
            engine="simulated",
            resolver="198.18.0.53",
            snapshots=(SNAPSHOT,),
            packets_sent=78,
            connections_made=4,
        ),
    )


def with_sessions(study: Study, *changed: SmtpSession) -> Study:
    """The study with the sessions of the same addresses exchanged."""
    new = {one.address: one for one in changed}
    return replace(study, sessions=tuple(new.get(s.address, s) for s in study.sessions))


def slow(domain: str = "slowbank.example") -> Study:
    """The first MX waits four seconds before its greeting; the traces go the way that BGP tells."""
    slow = (session(MX1_NAME, MX1, family, greeting_wait_ms=4001.2) for family in (4, 6))
    return along_bgp(with_sessions(fine(domain), *slow))


def off_path(domain: str = "off-path.example") -> Study:
    """Traces that do not go the way that BGP tells, and one of which nobody tells."""
    return beside_bgp(fine(domain))


def strict(domain: str = "strict.example", *, code: int = 554) -> Study:
    """One MX only, and it greets with a refusal."""
    return with_sessions(
        only_first(fine(domain)), *(rejected(MX1_NAME, MX1, family, code=code) for family in (4, 6))
    )


def only_first(study: Study) -> Study:
    """The study with nothing but its first MX host."""
    host = study.mail.plan.hosts[0]
    keep = host.addresses
    return replace(
        study,
        mail=replace(
            study.mail,
            plan=replace(study.mail.plan, hosts=(host,)),
            mx_lookup=lookup(study.domain, "MX", f"{host.preference} {host.name}."),
        ),
        traces=tuple(t for t in study.traces if t.target in keep),
        sessions=tuple(s for s in study.sessions if s.address in keep),
        routes=tuple(r for r in study.routes if r.target in keep),
    )


def closed_first(domain: str = "closed.example") -> Study:
    """The first MX's port is closed; the second answers."""
    return with_sessions(
        fine(domain), *(failed(MX1_NAME, MX1, family, Outcome.REFUSED) for family in (4, 6))
    )


def all_silent(domain: str = "dropped.example") -> Study:
    """One MX, and every SYN to it vanishes behind its own network's router."""
    study = only_first(fine(domain))
    lost = (*TO_MX1[:-1], replace(MX1, silent=True))
    return replace(
        study,
        traces=tuple(trace(lost, family) for family in (4, 6)),
        routes=tuple(route(lost, family) for family in (4, 6)),
        sessions=tuple(failed(MX1_NAME, MX1, family, Outcome.NO_CONNECTION) for family in (4, 6)),
    )


def egress_blocked(domain: str = "fine.example") -> Study:
    """Nothing gets past the first router: two MX in two networks, all silent."""
    study = fine(domain)
    ends = ((MX1, 4), (MX1, 6), (MX2, 4), (MX2, 6))
    paths = {at: (NORD1, *(replace(at, silent=True) for _ in range(4))) for at, _ in ends}
    return replace(
        study,
        traces=tuple(trace(paths[at], family, target=at) for at, family in ends),
        routes=tuple(route(paths[at][:1], family, target=at) for at, family in ends),
        sessions=tuple(
            failed(MX1_NAME if at is MX1 else MX2_NAME, at, family, Outcome.NO_CONNECTION)
            for at, family in ends
        ),
    )


def v6_broken(domain: str = "half.example") -> Study:
    """The first MX answers over IPv4 only; IPv6 works towards the second."""
    return with_sessions(fine(domain), failed(MX1_NAME, MX1, 6, Outcome.NO_CONNECTION))


def no_v6_here(domain: str = "fine.example") -> Study:
    """This machine has no IPv6 at all."""
    study = with_sessions(
        fine(domain),
        failed(MX1_NAME, MX1, 6, Outcome.UNREACHABLE),
        failed(MX2_NAME, MX2, 6, Outcome.UNREACHABLE),
    )
    return replace(
        study,
        seen_from=replace(study.seen_from, address_v6=None),
        traces=tuple(
            t
            if t.target.version == 4
            else replace(
                t, source=None, flows=(), distance=None, end=EndReason.NO_ROUTE, packets_sent=0
            )
            for t in study.traces
        ),
        routes=tuple(r for r in study.routes if r.target.version == 4),
    )


def dns_slow(domain: str = "lazy.example") -> Study:
    study = fine(domain)
    slow_answer = replace(study.mail.mx_lookup, elapsed_ms=2400.0)
    return replace(study, mail=replace(study.mail, mx_lookup=slow_answer))


def nothing_delivered(domain: str, kind: PlanKind, answer: DnsAnswer) -> Study:
    """A domain whose mail has nowhere to go, as its DNS says."""
    study = fine(domain)
    return replace(
        study,
        mail=MailDomain(domain=domain, plan=MxPlan(kind=kind), mx_lookup=answer),
        owners={},
        traces=(),
        sessions=(),
        routes=(),
        provenance=replace(study.provenance, packets_sent=0, connections_made=0),
    )


def null_mx(domain: str = "nomail.example") -> Study:
    return nothing_delivered(domain, PlanKind.NULL, lookup(domain, "MX", "0 ."))


def nxdomain(domain: str = "nowhere.example") -> Study:
    answer = replace(lookup(domain, "MX"), status=DnsStatus.NXDOMAIN)
    return nothing_delivered(domain, PlanKind.NONE, answer)


def empty(domain: str = "empty.example") -> Study:
    return nothing_delivered(domain, PlanKind.NONE, lookup(domain, "MX"))


def servfail(domain: str = "broken.example", status: DnsStatus = DnsStatus.SERVFAIL) -> Study:
    answer = replace(lookup(domain, "MX"), status=status, ttl_s=None)
    return nothing_delivered(domain, PlanKind.FAILED, answer)


def unprivileged(domain: str = "fine.example") -> Study:
    """No raw sockets: the mail side is there, the path is not."""
    study = fine(domain)
    return replace(
        study,
        traces=(),
        routes=(),
        notes=("no traces: raw sockets need CAP_NET_RAW",),
        provenance=replace(study.provenance, engine=None, packets_sent=0),
    )


def interrupted(domain: str = "fine.example") -> Study:
    """Ctrl-C after the first conversation."""
    study = fine(domain)
    skipped = tuple(
        failed(name, at, family, Outcome.SKIPPED)
        for name, at, family in ((MX1_NAME, MX1, 6), (MX2_NAME, MX2, 4), (MX2_NAME, MX2, 6))
    )
    cut_short = tuple(
        replace(t, end=EndReason.INTERRUPTED, distance=None, flows=()) if n else t
        for n, t in enumerate(study.traces)
    )
    return replace(
        with_sessions(study, *skipped),
        traces=cut_short,
        routes=study.routes[:1],
        notes=("interrupted: what was measured until then is kept",),
    )


def hostile(domain: str = "evil.example") -> Study:
    """Strangers' text everywhere: escapes, markup, right-to-left overrides."""
    study = fine(domain)
    bad = "\x1b[2J<script>alert(1)</script>\u202e&\x00\"'"
    first = study.sessions[0]
    return replace(
        study,
        owners={
            key: replace(
                value,
                origin=Claim(
                    value=replace(
                        value.origin.value,
                        networks=tuple(
                            Network(asn=n.asn, name=bad) for n in value.origin.value.networks
                        ),
                    ),
                    evidence=evidence("origins", "longest prefix", bad),
                ),
            )
            if value.origin
            else value
            for key, value in study.owners.items()
        },
        sessions=(
            replace(
                first,
                greeting=SmtpReply(code=220, lines=(bad, bad)),
                capabilities=(bad,),
                tls=replace(TLS, names=(bad,), issuer=bad, problem=bad),
                detail=bad,
            ),
            *study.sessions[1:],
        ),
        routes=tuple(
            replace(r, as_path=tuple(Network(asn=n.asn, name=bad) for n in r.as_path), notes=(bad,))
            for r in study.routes
        ),
        notes=(bad,),
    )


@cache
def crowded(domain: str = "crowded.example") -> Study:
    """Eight MX hosts over eight ways, with long names, two exchange points and silence."""
    base = fine(domain)
    hosts, traces, routes, sessions = [], [], [], []
    owners = dict(base.owners)
    for n in range(8):
        path = _way(n)
        owners |= {address(at, 4): attribution(at, 4) for at in path}
        name = f"mail-relay-{n}.a-rather-long-host-name.provider-{n}.example"
        hosts.append(mx_host(name, 10 * (n // 2), path[-1], families=(4,)))
        traces.append(trace(path, 4))
        routes.append(route(path, 4))
        sessions.append(
            rejected(name, path[-1], 4, code=451) if n == 5 else session(name, path[-1], 4)
        )
    return replace(
        base,
        mail=MailDomain(
            domain=domain,
            plan=MxPlan(kind=PlanKind.MX, hosts=tuple(hosts)),
            mx_lookup=lookup(domain, "MX"),
        ),
        owners=owners,
        traces=tuple(traces),
        routes=tuple(routes),
        sessions=tuple(sessions),
    )


_LONG_NAMES = (
    "Gesellschaft für wissenschaftliche Datenverarbeitung mbH",
    "Telecommunications Company of the Far North",
    "Ny",
    "International Carrier Services, Inc.",
)


def _way(n: int) -> tuple[At, ...]:
    """The n-th of eight ways: transit by n, an exchange point on every third, a dead end once."""
    middle = [Network(asn=64520 + k, name=_LONG_NAMES[k % 4]) for k in range(n % 4 + (n > 4))]
    last = Network(asn=64540 + n, name=f"Provider number {n} of many")
    path = [NORD1, ALPHA1]
    for k, network in enumerate(middle, start=1):
        PREFIXES.setdefault(network, (f"198.19.{network.asn - 64500}.0/24", "2001:db8:6000::/36"))
        path.append(
            At(
                v4=f"198.19.{network.asn - 64500}.{n + 1}",
                v6="2001:db8:6000::1",
                rtt_ms=5.0 + 7.3 * k + n,
                network=network,
            )
        )
    PREFIXES.setdefault(last, (f"198.19.{last.asn - 64500}.0/24", "2001:db8:7000::/36"))
    block = f"198.19.{last.asn - 64500}"
    if n % 3 == 0:
        path.append(
            At(v4=f"198.19.240.{n + 10}", v6="::1", rtt_ms=40.0 + n, network=last, ixp=True)
        )
    path.append(At(v4=f"{block}.25", v6="::2", rtt_ms=44.0 + n, network=last))
    return tuple(path)


def judged(study: Study) -> Study:
    return replace(study, verdicts=judge(study))


ALL: dict[str, Callable[[], Study]] = {
    "fine": fine,
    "slow": slow,
    "strict": strict,
    "closed_first": closed_first,
    "all_silent": all_silent,
    "egress_blocked": egress_blocked,
    "v6_broken": v6_broken,
    "no_v6_here": no_v6_here,
    "dns_slow": dns_slow,
    "null_mx": null_mx,
    "nxdomain": nxdomain,
    "empty": empty,
    "servfail": servfail,
    "unprivileged": unprivileged,
    "interrupted": interrupted,
    "hostile": hostile,
    "crowded": crowded,
    "off_path": off_path,
}
"""Every maker by name, for tests that run over all of them."""
