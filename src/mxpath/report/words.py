"""Sentences about parts of a study, for the screen and the report alike.

Every text that came from a stranger leaves here through ``printable``.
"""

from mxpath.graph.influence import carried, latency_shares
from mxpath.graph.redundancy import SharedFate, promises_redundancy, roofs, shared_fate
from mxpath.graph.sightings import family_missing, not_looked_at
from mxpath.graph.stations import Station, stations
from mxpath.model.foreign_text import printable
from mxpath.model.mail import PlanKind
from mxpath.model.origin import Origin
from mxpath.model.route import Route
from mxpath.model.session import Outcome, SmtpSession, TlsFacts
from mxpath.model.study import Study
from mxpath.model.trace import EndReason, Trace
from mxpath.report.amounts import differential_ms, milliseconds, percent
from mxpath.report.backbone import backbone_words

PLAN_WORDS = {
    PlanKind.IMPLICIT: "no MX record: the domain's own address takes its mail (preference 0)",
    PlanKind.NULL: "null MX: the domain takes no mail",
    PlanKind.NONE: "no MX record and no address",
    PlanKind.SELF: "this host itself is the best of its mail hosts",
    PlanKind.FAILED: "unknown: the DNS gave no usable answer",
}


def origin_words(here: Origin) -> str:
    """Return our public addresses, or why they are not known."""
    public = [str(a) for a in (here.address_v4, here.address_v6) if a is not None]
    parts = [" ".join(public)] if public else []
    if here.private:
        parts.append(f"behind NAT or private: {' '.join(map(str, here.private))}")
    if here.first_hop is not None:
        parts.append(f"first global hop {here.first_hop}")
    if here.stranded:
        parts.append(f"no route out for {' '.join(map(str, here.stranded))}")
    return "; ".join(parts) or "address unknown"


def plan_words(study: Study) -> str:
    """Return what became of the MX look-up where it gave no plan; nothing where it did."""
    plan = study.mail.plan
    if plan.notes and not plan.hosts:
        return ""
    return PLAN_WORDS.get(plan.kind, "")


def outcome_words(session: SmtpSession) -> str:
    """Return how a conversation ended, with the reply where there was one."""
    reply = session.last_reply
    if session.outcome is Outcome.REJECTED and reply is not None:
        return f"rejected: {reply.code} {printable(' '.join(reply.lines))}"
    detail = printable(session.detail)
    news = detail and session.outcome.value not in detail.lower()
    detail = f" ({detail})" if news else ""
    return f"{session.outcome.value}{detail}"


def session_tls_words(session: SmtpSession | None) -> str:
    """Return what is known of TLS in a conversation; nothing where it came not so far."""
    if session is None:
        return ""
    if session.tls is not None:
        look = second_look_words(session)
        return f"{tls_words(session.tls)}; {look}" if look else tls_words(session.tls)
    if session.starttls_offered is False:
        return "no TLS: STARTTLS is not offered"
    reply = session.starttls_reply
    if reply is None or reply.code < 400:
        return ""
    words = printable(" ".join(reply.lines))
    return f"no TLS: STARTTLS is offered and refused ({reply.code} {words})"


def second_look_words(session: SmtpSession) -> str:
    """Return what small segments made of a conversation that stalled; nothing without a try."""
    look = session.second_look
    if look is None:
        return ""
    if look.outcome is Outcome.SKIPPED:
        return f"not tried with small segments: {printable(look.detail)}"
    came = "it passes" if look.passed else "it stalls as well"
    return f"with segments of {look.max_segment} bytes {came}"


def tls_words(tls: TlsFacts) -> str:
    """Return what the handshake showed, in words; foreign text neutralised."""
    if not tls.is_established:
        return printable(tls.problem) or "TLS handshake failed"
    trust = {True: "certificate valid", False: "certificate not trusted", None: "trust not checked"}
    match = {True: "", False: ", name does not match", None: ""}
    problem = f" ({printable(tls.problem)})" if tls.problem else ""
    version = printable(tls.version).replace("TLSv", "TLS ")
    until = f", until {tls.not_after:%Y-%m-%d}" if tls.not_after else ""
    return f"{version}, {trust[tls.trusted]}{match[tls.name_matches]}{until}{problem}"


def route_line(route: Route, host: str) -> str:
    """Return the stations of a route with what each adds, in ms; ``✗`` where it did not arrive.

    No-break spaces hold a name and its figure together.
    """
    end = printable(host).split(".")[0] if route.complete else "✗"
    parts = []
    for station in stations(route):
        adds = differential_ms(station.differential)
        parts.append(
            f"{station_name(station)} ─ {adds} ─" if adds else f"{station_name(station)} ─"
        )
    # A line breaks after a dash, so that a name and its figure stay together.
    return " ".join(part.replace(" ", "\u00a0") for part in (*parts, end))


def station_name(station: Station) -> str:
    """Return the name of a station; a diamond marks an exchange point."""
    if station.kind == "ixp":
        return f"◇\u00a0{printable(station.name)}"
    if station.kind == "unknown":
        return f"({station.name})"
    return printable(station.name)


def holder_words(study: Study) -> str:
    """Return who holds the mail hosts' addresses by the registries' word; nothing where unknown."""
    hosts: dict[str, list[str]] = {}
    for _, host, address in study.deliveries():
        owner = study.owners.get(address)
        if owner is not None and owner.registration is not None:
            holder = printable(owner.registration.value.holder_words)
            hosts.setdefault(holder, []).append(printable(host).split(".")[0])
    return "; ".join(
        f"{holder}: {', '.join(dict.fromkeys(names))}" for holder, names in hosts.items()
    )


def influence_words(study: Study) -> str:
    """Return whose share of the first route's time is the largest, and how much is backbone."""
    counts = {c.station.key: c for c in carried((study,))}
    best = None
    for address in study.mail.addresses:
        route = study.route_to(address)
        shares = [s for s in latency_shares(route) if s.share is not None] if route else []
        if route is not None and shares:
            best = max(shares, key=lambda s: s.share or 0.0)
            break
    if best is None or best.share is None or route is None or route.total_rtt_ms is None:
        words = backbone_words(study)
        return f"{words} (observed)" if words else ""
    total = milliseconds(route.total_rtt_ms)
    words = f"{station_name(best.station)} {percent(best.share)} of the path's {total} ms to {route.target}"
    if (count := counts.get(best.station.key)) is not None:
        words += f", on {count.carried} of {count.seen} routes seen"
    ixps = [
        c for c in counts.values() if c.station.kind == "ixp" and c.station.key != best.station.key
    ]
    words += "".join(f"; {station_name(c.station)} on {c.carried} of {c.seen}" for c in ixps)
    if backbone := backbone_words(study, route.target):
        words += f"; {backbone}"
    return f"{words} (observed)"


def beside_words(study: Study) -> str:
    """Say how far another protocol came, where the mail port does not seem to get out."""
    parts = []
    for trace in study.beside:
        how = f"tcp/{trace.port}" if trace.port else str(trace.protocol or "another protocol")
        heard = [hop.ttl for hop in trace.hops if hop.address is not None]
        end = f"heard up to hop {heard[-1]}" if heard else "nothing heard"
        if trace.distance is not None and trace.target_rtt_ms is not None:
            end = f"arrives, {trace.distance} hops, {trace.target_rtt_ms:.1f} ms"
        parts.append(f"{how} to {trace.target}: {end}")
    return f"not the mail flow: {'; '.join(parts)}" if parts else ""


def fate_words(study: Study) -> str:
    """Return what all MX addresses and all routes seen share; nothing where nothing was seen."""
    words = (_roof_words(study), _transit_words(shared_fate(study)))
    return "; ".join(part for part in words if part)


def _roof_words(study: Study) -> str:
    """The narrowest thing that several MX hosts have in common."""
    shared = roofs(study)
    if not shared or not promises_redundancy(study):
        return ""
    return f"all MX addresses lie in {printable(shared[0].words)}"


def _transit_words(fate: SharedFate) -> str:
    if not fate.seen:
        return ""
    seen = _routes_seen(fate)
    names = ", ".join(printable(str(network)) for network in fate.networks)
    if not names:
        return f"{seen}: no transit network in common (observed)" if fate.apart else ""
    verb = "crosses" if fate.seen == 1 else "cross"
    return f"{seen} {verb} {names} (observed; a way round may exist)"


def _routes_seen(fate: SharedFate) -> str:
    if not fate.complete:
        return f"the {fate.seen} routes seen (of {fate.addresses})".replace(
            "the 1 routes", "the one route"
        )
    return {1: "the one route", 2: "both routes"}.get(fate.seen, f"all {fate.seen} routes")


def unseen_words(study: Study) -> tuple[str, ...]:
    """Return what was not seen and why: silent hops, missing privilege, what was skipped."""
    silent: dict[str, list[str]] = {}
    for trace in study.traces:
        parts = filter(None, (_silent_hops(study, trace), _limited_hops(trace)))
        if part := ", ".join(parts):
            silent.setdefault(part, []).append(str(trace.target))
    hops = [f"{part} towards {', '.join(targets)}" for part, targets in silent.items()]
    engines = dict.fromkeys((trace.engine, trace.unseen) for trace in study.traces if trace.unseen)
    blind = (printable(f"{engine} cannot see: {', '.join(unseen)}") for engine, unseen in engines)
    return (
        *not_looked_at(study),
        *hops,
        *(printable(note) for note in study.notes),
        *blind,
    )


def _limited_hops(trace: Trace) -> str:
    limited = [str(hop.ttl) for hop in trace.hops if hop.limited]
    if not limited:
        return ""
    hops, verb = ("hop", "limits its") if len(limited) == 1 else ("hops", "limit their")
    return f"{hops} {', '.join(limited)} {verb} answers (not loss)"


def _silent_hops(study: Study, trace: Trace) -> str:
    if trace.end is EndReason.NO_ROUTE or family_missing(study, trace.target.version):
        return ""
    answered = [hop.ttl for hop in trace.hops if hop.address is not None]
    silent = [hop.ttl for hop in trace.hops if hop.address is None]
    if not silent:
        return ""
    last = max(answered, default=0)
    inner = [str(ttl) for ttl in silent if ttl < last]
    parts = [f"hop {', '.join(inner)} silent"] if inner else []
    if silent[-1] > last:
        parts.append(f"nothing after hop {last}" if last else "no hop answered")
    return " and ".join(parts)
