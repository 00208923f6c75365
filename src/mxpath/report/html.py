"""The report: one HTML file that loads nothing, runs nothing and says the verdict first.

Every text from a stranger passes through ``printable`` and then through the
template's escaping; figures are our own drawings.
"""

from collections.abc import Iterator

from mxpath.attribution.delegation import delegation_words
from mxpath.graph.influence import carried
from mxpath.graph.sightings import owner_name
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.changes import Changes
from mxpath.model.dns import DnsAnswer
from mxpath.model.documents import Explained
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.mail import MxHost
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study
from mxpath.model.trace import Hop, Trace
from mxpath.model.verdict import Verdict
from mxpath.report.amounts import milliseconds
from mxpath.report.backbone import backbone_rows
from mxpath.report.bgp_words import bgp_facts
from mxpath.report.changes import since_words
from mxpath.report.explain import claims_of
from mxpath.report.owners import refuted_words
from mxpath.report.pages import inline_figure, render
from mxpath.report.words import (
    beside_words,
    fate_words,
    influence_words,
    origin_words,
    outcome_words,
    plan_words,
    route_line,
    session_tls_words,
    unseen_words,
)

Section = dict[str, object]


def render_report(study: Study, *, changes: Changes | None = None) -> str:
    """Return the report of ``study`` as one self-contained HTML document.

    ``changes`` since the last look, where there was one, are told in one line.
    """
    return render("report.html", page=_page(study, changes))


def _page(study: Study, changes: Changes | None) -> Section:
    drawn = any(route.as_path for route in study.routes)
    return {
        "domain": printable(study.domain),
        "seen_from": _seen_from(study),
        "when": f"{study.started_at:%Y-%m-%d %H:%M} UTC",
        "heard": any(s.outcome is Outcome.ANSWERED for s in study.sessions),
        "verdicts": [_verdict(verdict) for verdict in study.verdicts],
        "plan": [row for host in study.mail.plan.hosts for row in _plan_rows(study, host)],
        "plan_notes": [w for w in (plan_words(study), *map(printable, study.mail.plan.notes)) if w],
        "roadmap": inline_figure("roadmap", study, number=1) if drawn else None,
        "influence": influence_words(study),
        "fate": fate_words(study),
        "beside": beside_words(study),
        "carried": list(_carried(study)),
        "backbone": list(backbone_rows(study)),
        "waterfall": inline_figure("waterfall", study, number=2) if study.sessions else None,
        "hosts": list(_hosts(study)),
        "lookups": [_lookup(answer) for answer in study.mail.lookups],
        "unseen": unseen_words(study),
        "provenance": list(_provenance(study)),
        "snapshots": [_snapshot(study, n) for n in range(len(study.provenance.snapshots))],
        "since": since_words(changes) if changes is not None else "",
        "version": printable(study.provenance.version),
    }


def _seen_from(study: Study) -> str:
    here = study.seen_from
    network = printable(str(here.network)) if here.network else "an unknown network"
    return f"{network} ({origin_words(here)})"


def tone(verdict: Verdict) -> str:
    """Return how bad a verdict is: ``good``, ``unsure``, ``warn`` or ``bad``."""
    if verdict.deliverable is False:
        return "bad"
    if verdict.name != "nothing_wrong_seen":
        return "warn"
    return "unsure" if verdict.grade is Grade.POSSIBLE else "good"


def _verdict(verdict: Verdict) -> Section:
    return {
        "name": verdict.name,
        "sentence": printable(verdict.sentence),
        "grade": verdict.grade.value,
        "owner": verdict.owner.value,
        "cost": milliseconds(verdict.cost_ms) if verdict.cost_ms is not None else "",
        "deliverable": verdict.deliverable,
        "next_step": _sentence(verdict.next_step),
        "tone": tone(verdict),
        "evidence": [_evidence(one) for one in verdict.evidence],
        "counter": [_evidence(one) for one in verdict.counter_evidence],
    }


def _sentence(text: str) -> str:
    shown = printable(text)
    return f"{shown[:1].upper()}{shown[1:]}" + ("" if shown.endswith(".") else ".")


def _evidence(evidence: Evidence) -> Section:
    return {
        "source": printable(evidence.source),
        "rule": printable(evidence.rule),
        "as_of": evidence.as_of,
        "detail": printable(evidence.detail),
    }


def _plan_rows(study: Study, host: MxHost) -> Iterator[Section]:
    about = {
        "preference": host.preference,
        "host": printable(host.name),
        "faults": [printable(fault) for fault in host.faults],
    }
    if not host.addresses:
        nothing = {"address": "none", "owner": "", "rtt": "", "total": ""}
        yield {**about, **nothing, "outcome": "no address", "tone": "bad-word"}
    for address in host.addresses:
        session, route = study.session_at(address), study.route_to(address)
        total = route.total_rtt_ms if route is not None else None
        yield {
            **about,
            "address": str(address),
            "owner": owner_name(study, address),
            "outcome": outcome_words(session) if session is not None else "not tried",
            "tone": _outcome_tone(session),
            "rtt": milliseconds(total) if total is not None else "-",
            "total": milliseconds(_dns_ms(study, host) + session.total_ms)
            if session is not None and session.phases
            else "-",
        }


def _outcome_tone(session: SmtpSession | None) -> str:
    if session is None or session.outcome is Outcome.SKIPPED:
        return "muted"
    return "good-word" if session.outcome is Outcome.ANSWERED else "bad-word"


def _dns_ms(study: Study, host: MxHost) -> float:
    return study.mail.mx_lookup.elapsed_ms + host.dns_ms


def _carried(study: Study) -> Iterator[Section]:
    for row in carried((study,)):
        station = row.station
        name = str(station.network) if station.network is not None else station.name
        yield {
            "ixp": station.kind == "ixp",
            "name": printable(name),
            "count": f"{row.carried} of {row.seen}",
        }


def _hosts(study: Study) -> Iterator[Section]:
    reasons = {claim.key: claim for claim in claims_of(study)}
    for number, (preference, host, address) in enumerate(study.deliveries(), start=3):
        session, trace = study.session_at(address), study.trace_to(address)
        route = study.route_to(address)
        yield {
            "preference": preference,
            "name": printable(host),
            "address": str(address),
            "route": route_line(route, host) if route is not None and route.segments else "",
            "facts": list(_facts(study, host, address, session)),
            "phases": [*_phases(session)],
            "ladder": inline_figure("ladder", study, number=number, target=str(address))
            if trace is not None and trace.hops
            else None,
            "hops": [_hop(study, trace, hop, reasons) for hop in trace.hops] if trace else [],
        }


def _facts(
    study: Study, host: str, address: IPAddress, session: SmtpSession | None
) -> Iterator[tuple[str, str]]:
    yield "Network", owner_name(study, address)
    owner = study.owners.get(address)
    if owner is not None:
        yield from _owner_facts(owner)
    if (provider := study.providers.get(host)) is not None:
        yield "By its name", printable(f"{provider.value.title} ({provider.grade})")
    yield "Conversation", outcome_words(session) if session is not None else "not tried"
    trace = study.trace_to(address)
    yield "Trace", _trace_words(trace) if trace is not None else "none"
    yield from bgp_facts(study.bgp_to(address))
    if session is None:
        return
    if session.greeting is not None:
        yield "Greeting", printable(" / ".join(session.greeting.lines), limit=400)
    if session.capabilities:
        yield "Offers", printable(", ".join(session.capabilities), limit=600)
    if (tls := session_tls_words(session)) != "":
        yield "TLS", tls
    if session.tls is not None:
        yield "Certificate", _certificate_words(session)


def _owner_facts(owner: Attribution) -> Iterator[tuple[str, str]]:
    """Registered, claimed or hinted; the reasons stand below, with the hops."""
    if owner.rpki is not None:
        yield "RPKI", f"{owner.rpki.value} ({owner.rpki.grade})"
    if owner.organisation is not None:
        yield "Organisation", printable(f"{owner.organisation.value} ({owner.organisation.grade})")
    if owner.delegation is not None:
        block = owner.delegation.value
        words = f"{block.range_words} {delegation_words(block)}"
        yield "Delegated", words + (", yet announced: a bogon" if owner.is_bogon else "")
    if owner.country is not None:
        yield "Registered in", f"{owner.country.value} (no proof of place)"
    for place in owner.places:
        yield "Said to be in", printable(f"{place.value} ({place.grade})")
    for refuted in owner.refuted_places:
        yield "Not there", printable(refuted_words(refuted))
    if owner.registration is not None:
        held = owner.registration.value
        yield "Held by", printable(f"{held.holder_words}: {held.range_words}", limit=300)


def _certificate_words(session: SmtpSession) -> str:
    tls = session.tls
    assert tls is not None, "asked only where there was TLS"
    names = printable(", ".join(tls.names), limit=300) or "no name"
    issuer = f"; issued by {printable(tls.issuer)}" if tls.issuer else ""
    return f"{names}{issuer}; {printable(tls.cipher)}"


def _trace_words(trace: Trace) -> str:
    port = f" to port {trace.port}" if trace.port is not None else ""
    what = f"{trace.protocol.upper()}{port}, " if trace.protocol is not None else ""
    how = f"engine {printable(trace.engine)}"
    if trace.imported is not None:
        how = printable(trace.measured_words)
    words = f"{trace.end_words}, {what}{how}"
    if trace.distance is not None:
        words += f", {trace.distance} hops away"
    if trace.packets_sent is not None:
        words += f", {trace.packets_sent} packets sent"
    return words


def _phases(session: SmtpSession | None) -> Iterator[Section]:
    for phase in session.phases if session is not None else ():
        yield {
            "name": {"connect": "TCP handshake", "ehlo2": "EHLO again"}.get(
                phase.name, phase.name.upper() if phase.name != "greeting" else "greeting"
            ),
            "elapsed": milliseconds(phase.elapsed_ms),
            "trips": phase.round_trips,
            # Of a step that never ended nobody knows whose the time was.
            "network": milliseconds(phase.network_ms) if phase.complete else "-",
            "server": milliseconds(phase.server_ms) if phase.complete else "-",
            "complete": phase.complete,
        }


_HOP_REASONS = ("owner", "rpki", "organisation", "country", "place", "refuted", "holder")


def _hop(study: Study, trace: Trace, hop: Hop, reasons: dict[str, Explained]) -> Section:
    owner = study.owners.get(hop.address) if hop.address is not None else None
    special = owner.special.value if owner is not None and owner.special is not None else ""
    keys = [f"{kind}:{a}" for a in hop.responders for kind in _HOP_REASONS]
    keys += [f"{kind}:{trace.target}:{hop.ttl}" for kind in ("crossing", "border")]
    rtt = hop.min_rtt_ms
    answered = sum(probe.reply is not None for probe in hop.probes)
    if hop.told is not None:
        answered = hop.told.received
    return {
        "ttl": hop.ttl,
        "silent": hop.address is None,
        "addresses": [str(address) for address in hop.responders],
        "ixp": printable(owner.ixp.ix_name) if owner is not None and owner.ixp is not None else "",
        "owner": _owner_words(study, hop, special),
        "rtt": f"{rtt:.1f}" if rtt is not None else "",
        "answers": f"{answered} of {hop.loss.sent}",
        "reasons": [_reason(reasons[key]) for key in keys if key in reasons],
    }


def _owner_words(study: Study, hop: Hop, special: str) -> str:
    if hop.address is None:
        return ""
    if special:
        return printable(special)
    owner = study.owners.get(hop.address)
    if owner is None or not (owner.origin or owner.network or owner.registration):
        return "nobody known"
    return owner_name(study, hop.address)


def _reason(claim: Explained) -> Section:
    return {
        "sentence": printable(claim.sentence),
        "grade": claim.grade.value if claim.grade is not None else "",
        "evidence": [_evidence(one) for one in claim.evidence],
    }


def _lookup(answer: DnsAnswer) -> Section:
    return {
        "name": printable(answer.name),
        "rdtype": printable(answer.rdtype),
        "records": [printable(record, limit=200) for record in answer.records],
        "status": answer.status.value,
        "detail": printable(answer.detail, limit=200),
        "ttl": answer.ttl_s if answer.ttl_s is not None else "",
        "took": milliseconds(answer.elapsed_ms),
        "server": printable(answer.server),
    }


_VALIDATES = {
    True: ", which validates (DNSSEC)",
    False: ", which does not validate (DNSSEC)",
    None: "; whether it validates is not known",
}


def _provenance(study: Study) -> Iterator[tuple[str, str]]:
    known = study.provenance
    commit = f" ({known.commit})" if known.commit else ""
    player = {
        "live": "the live network",
        "simulated": "a simulated network",
        "replay": "a recording",
    }
    rows = {
        "Measured": f"{study.started_at:%Y-%m-%d %H:%M:%S} to {study.ended_at:%H:%M:%S} UTC",
        "Answered by": player.get(known.player, known.player),
        "Seen from": f"{_seen_from(study)}; learnt by {study.seen_from.how}",
        "Data as of": str(study.as_of) if study.as_of else "no dated data set",
        "mxpath": f"{known.version}{commit}",
        "Platform": known.platform,
        "Probing engine": known.engine or "none",
        "Resolver": f"{known.resolver or 'not known'}{_VALIDATES[study.mail.validating]}",
        "DNSSEC": f"MX records {study.mail.dnssec.value}",
        "Options": ", ".join(f"{key} {value}" for key, value in known.options),
        "Seed": str(known.seed) if known.seed is not None else "",
        "Sent": f"{known.packets_sent} probes, {known.connections_made} connections to port 25,"
        f" {known.registry_questions} questions to registries,"
        f" {known.routing_questions} to route collectors",
    }
    yield from ((name, printable(value)) for name, value in rows.items() if value)


def _snapshot(study: Study, number: int) -> Section:
    ref = study.provenance.snapshots[number]
    return {
        "name": printable(ref.name),
        "publisher": printable(ref.publisher),
        "as_of": ref.as_of,
        "licence": printable(ref.licence),
        "attribution": printable(ref.attribution),
        "sha256": printable(ref.sha256),
    }
