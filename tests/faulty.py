"""Hand-made studies in which something is wrong, one for each verdict that ``studies`` lacks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import studies
from mxpath.inference.quality import qualities
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.network import Network
from mxpath.model.rpki import OriginValidity, RouteValidity, RpkiReason, RpkiState
from mxpath.model.session import Outcome, SecondLook, SmtpReply, SmtpSession, TlsFacts
from mxpath.model.study import Study
from mxpath.model.trace import Trace
from studies import BIG, MX1, MX1_NAME, TO_MX1, At

SHOP0, SHOP1 = "mx0.shop.example", "mx1.shop.example"
TWIN = At(v4="198.18.34.25", v6="2001:db8:3000:1::25", rtt_ms=20.9, network=BIG)
THIEF = Network(asn=64666, name="Somebody")
NEIGHBOUR = At(v4="198.18.33.26", v6="2001:db8:3000::26", rtt_ms=20.9, network=BIG)


def two_hosts(
    domain: str,
    *hosts: tuple[str, At],
    sessions: Callable[[str, At, int], SmtpSession] | None = None,
) -> Study:
    """A domain with these hosts at 10, 20 …, all behind the exchange point and all well."""
    base = studies.fine(domain)
    places = dict.fromkeys(at for _, at in hosts)
    paths = [((*TO_MX1[:-1], at), family) for at in places for family in (4, 6)]
    owners = {
        studies.address(at, family): studies.attribution(at, family)
        for at in places
        for family in (4, 6)
    }
    plan = tuple(studies.mx_host(name, 10 * n, at) for n, (name, at) in enumerate(hosts, start=1))
    held = sessions or studies.session
    named = {at: name for name, at in reversed(hosts)}
    return replace(
        base,
        mail=replace(base.mail, plan=replace(base.mail.plan, hosts=plan)),
        owners=base.owners | owners,
        traces=tuple(studies.trace(path, family) for path, family in paths),
        routes=tuple(studies.route(path, family) for path, family in paths),
        sessions=tuple(held(named[at], at, family) for at in places for family in (4, 6)),
    )


def nolisting(domain: str = "shop.example", *, outcome: Outcome = Outcome.REFUSED) -> Study:
    """The first of two hosts in one network and domain is closed."""

    def held(name: str, at: At, family: int) -> SmtpSession:
        if name == SHOP0:
            return studies.failed(name, at, family, outcome)
        return studies.session(name, at, family)

    return two_hosts(domain, (SHOP0, MX1), (SHOP1, TWIN), sessions=held)


def sandwich() -> Study:
    """The closed host is the last one, too."""
    study = nolisting()
    plan = study.mail.plan
    last = replace(plan.hosts[0], preference=30)
    return replace(study, mail=replace(study.mail, plan=replace(plan, hosts=(*plan.hosts, last))))


def one_room(domain: str = "room.example") -> Study:
    """Two hosts, one /24 and one /48."""
    return two_hosts(domain, (SHOP0, MX1), (SHOP1, NEIGHBOUR))


def one_network(domain: str = "net.example") -> Study:
    """Two hosts in two prefixes of one network."""
    study = two_hosts(domain, (SHOP0, MX1), (SHOP1, TWIN))
    owners = dict(study.owners)
    for family in (4, 6):
        here = studies.address(TWIN, family)
        origin = owners[here].origin
        assert origin is not None
        deeper = ip_network((here, 24 if family == 4 else 64), strict=False)
        value = replace(origin.value, prefix=deeper)
        owners[here] = replace(owners[here], origin=replace(origin, value=value))
    return replace(study, owners=owners)


def refused(words: str, *, code: int = 554, domain: str = "picky.example") -> Study:
    """One MX, whose greeting is a refusal in these words."""
    study = studies.strict(domain, code=code)
    reply = SmtpReply(code=code, lines=tuple(words.split("\n")))
    return studies.with_sessions(
        study, *(replace(s, greeting=reply, last_reply=reply) for s in study.sessions)
    )


def listed() -> Study:
    return refused(
        "5.7.1 Service unavailable; Client host [198.18.0.25] blocked using zen.list.example"
    )


def v4_shut() -> Study:
    """The first MX refuses IPv4 and answers over IPv6."""
    return studies.with_sessions(
        studies.fine("half.example"), studies.failed(MX1_NAME, MX1, 4, Outcome.REFUSED)
    )


def handshake_fails(*families: int) -> Study:
    """The first MX agrees to STARTTLS, and then no TLS comes of it."""
    return studies.with_sessions(
        studies.fine("tls.example"), *(_without_tls(family) for family in families or (4, 6))
    )


def _without_tls(family: int) -> SmtpSession:
    base = studies.session(MX1_NAME, MX1, family)
    broken = studies.phase("tls", MX1.rtt_ms, complete=False)
    return replace(
        base,
        phases=(*base.phases[:4], broken),
        tls=replace(
            studies.TLS,
            version="",
            cipher="",
            names=(),
            trusted=None,
            name_matches=None,
            problem="wrong version number",
        ),
    )


def large_lost(*, passed: bool | None = True) -> Study:
    """The first MX's certificates never come over IPv4; ``passed`` is the second look's, if made."""
    base = studies.session(MX1_NAME, MX1, 4)
    stalled = studies.phase("tls", 15_000.0, complete=False)
    look = (
        None
        if passed is None
        else SecondLook(
            max_segment=536,
            outcome=Outcome.ANSWERED,
            reached="quit" if passed else "starttls",
            passed=passed,
        )
    )
    nothing = TlsFacts(version="", cipher="", problem="no answer in time", timed_out=True)
    session = replace(base, phases=(*base.phases[:4], stalled), tls=nothing, second_look=look)
    return studies.with_sessions(studies.fine("large.example"), session)


def bad_certificate(
    *, problem: str = "the certificate expired on 2026-01-01", matches: bool = True
) -> Study:
    """The first MX shows a certificate that a verifying sender refuses."""
    bad = replace(studies.TLS, trusted=not problem, problem=problem, name_matches=matches)
    return studies.with_sessions(
        studies.fine("old.example"),
        *(replace(studies.session(MX1_NAME, MX1, f), tls=bad) for f in (4, 6)),
    )


def slow_tls(wait_ms: float = 2500.0) -> Study:
    """The first MX takes its time over the handshake."""

    def slow(family: int) -> SmtpSession:
        base = studies.session(MX1_NAME, MX1, family)
        tls = studies.phase("tls", MX1.rtt_ms, server_ms=wait_ms)
        return replace(base, phases=(*base.phases[:4], tls, *base.phases[5:]))

    return studies.with_sessions(studies.fine("busy.example"), slow(4), slow(6))


def v6_detour() -> Study:
    """IPv6 to the first MX goes round by the backbone, 70 ms instead of 21."""
    far = replace(MX1, rtt_ms=70.2)
    round_trip = (*studies.TO_MX2[:-2], replace(studies.BOREAL3, rtt_ms=66.0), far)
    handshake = studies.session(MX1_NAME, far, 6)
    study = studies.with_sessions(studies.fine("round.example"), handshake)
    return replace(
        study,
        traces=tuple(
            studies.trace(round_trip, 6) if t.target == studies.address(MX1, 6) else t
            for t in study.traces
        ),
        routes=tuple(
            studies.route(round_trip, 6) if r.target == studies.address(MX1, 6) else r
            for r in study.routes
        ),
    )


def yesterday(study: Study) -> Study:
    return replace(
        study,
        started_at=study.started_at - timedelta(days=1),
        ended_at=study.ended_at - timedelta(days=1),
    )


def sampled(
    domain: str,
    *,
    from_ttl: int,
    samples: int = 10,
    lost: int = 0,
    jitter_ms: float = 0.0,
    only: int | None = None,
) -> Study:
    """Many samples a hop; from one hop on (or at one alone) some are lost, or come late."""
    study = studies.fine(domain)
    traces = tuple(
        _sampled(t, from_ttl=from_ttl, samples=samples, lost=lost, jitter_ms=jitter_ms, only=only)
        for t in study.traces
    )
    routes = tuple(
        replace(route, quality=qualities(trace))
        for route, trace in zip(study.routes, traces, strict=True)
    )
    return replace(study, traces=traces, routes=routes)


def _sampled(
    trace: Trace, *, from_ttl: int, samples: int, lost: int, jitter_ms: float, only: int | None
) -> Trace:
    assert trace.flow is not None
    hops = []
    for hop in trace.flow.hops:
        answered = hop.probes[0]
        if answered.reply is None or hop.ttl == trace.distance:
            hops.append(hop)
            continue
        hit = hop.ttl == only if only is not None else hop.ttl >= from_ttl
        assert answered.sent_ns is not None
        received = answered.sent_ns + round((hop.min_rtt_ms or 0.0) * 1e6)
        late = round(jitter_ms * 1e6) if hit else 0
        probes = tuple(
            replace(
                answered,
                attempt=n,
                reply=None
                if hit and n >= samples - lost
                else replace(answered.reply, received_ns=received + (late * n * 2) // samples),
            )
            for n in range(samples)
        )
        hops.append(replace(hop, probes=probes))
    return replace(trace, flows=(replace(trace.flow, hops=tuple(hops)), *trace.flows[1:]))


def lossy() -> Study:
    """From the third hop on, behind our own provider's first router, three of ten are lost."""
    return sampled("lossy.example", from_ttl=3, lost=3)


def jittery() -> Study:
    """From the third hop on, round trips vary by 30 ms."""
    return sampled("busy.example", from_ttl=3, jitter_ms=30.0)


def announced_by(study: Study, network: Network, state: RpkiState | None = None) -> Study:
    """The IPv4 address of the first MX, announced by somebody else."""
    here = studies.address(studies.MX1, 4)
    owner = study.owners[here]
    assert owner.origin is not None
    value = replace(owner.origin.value, networks=(network,))
    return replace(
        study,
        owners=study.owners
        | {
            here: replace(
                owner, origin=replace(owner.origin, value=value), rpki=_rpki(state, network)
            )
        },
    )


def _rpki(state: RpkiState | None, network: Network) -> Claim[RouteValidity] | None:
    if state is None:
        return None
    reason = RpkiReason.WRONG_ORIGIN if state is RpkiState.INVALID else None
    origin = OriginValidity(asn=network.asn, state=state, reason=reason)
    return Claim(
        value=RouteValidity(prefix=ip_network("198.18.32.0/20"), origins=(origin,)),
        evidence=(Evidence(source="vrps", rule="rfc6811"),),
        grade=Grade.CERTAIN,
    )


FAULTY: dict[str, tuple[Callable[[], Study], tuple[str, ...]]] = {
    "nolisting": (nolisting, ("nolisting", "weak_redundancy")),
    "sandwich": (sandwich, ("nolisting", "weak_redundancy")),
    "one_room": (one_room, ("weak_redundancy", "nothing_wrong_seen")),
    "one_network": (one_network, ("nothing_wrong_seen", "weak_redundancy")),
    "listed": (listed, ("refused_source",)),
    "v4_shut": (v4_shut, ("refused_source",)),
    "handshake_fails": (handshake_fails, ("tls_broken",)),
    "bad_certificate": (bad_certificate, ("tls_broken",)),
    "large_lost": (large_lost, ("pmtu_blackhole",)),
    "lossy": (lossy, ("loss_at_border",)),
    "jittery": (jittery, ("congested_segment",)),
    "slow_tls": (slow_tls, ("tls_slow",)),
    "v6_detour": (v6_detour, ("path_detour",)),
}
"""Maker and the verdicts it gets, in order."""

CHANGED: dict[str, tuple[Callable[[], Study], Callable[[], Study], tuple[str, ...]]] = {
    "rerouted": (
        v6_detour,
        lambda: yesterday(studies.fine("round.example")),
        ("path_detour", "path_changed"),
    ),
    "other_origin": (
        lambda: announced_by(studies.fine(), THIEF),
        lambda: yesterday(studies.fine()),
        ("origin_or_rpki_changed",),
    ),
    "unchanged": (
        studies.fine,
        lambda: yesterday(studies.fine()),
        ("nothing_wrong_seen",),
    ),
}
"""Maker, that of the study a day before, and the verdicts, in order."""
