"""The screen: what a terminal shows of a study.

The law: the verdict comes first; every fact is on the screen, wrapped and never
cut; nothing is coloured here, so the text is the same in a pipe and in a mail;
all text from strangers passes through ``printable``.
"""

import textwrap
from collections.abc import Iterator

from mxpath.graph.influence import SharedFate, carried, latency_shares, shared_fate
from mxpath.graph.sightings import family_missing, not_looked_at
from mxpath.graph.stations import Station, stations
from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import printable
from mxpath.model.mail import PlanKind
from mxpath.model.route import Route
from mxpath.model.session import Outcome, SmtpSession, TlsFacts
from mxpath.model.study import Study
from mxpath.model.trace import EndReason, Trace
from mxpath.model.verdict import Verdict
from mxpath.report.figures_in_words import differential_ms, milliseconds, percent

WIDTH = 100
LABEL = 12
"""Columns of the left-hand label; what is wrapped starts below the text beside it."""

_PHASE_NAMES = {"connect": "tcp", "ehlo2": "ehlo again"}
_PLAN_WORDS = {
    PlanKind.IMPLICIT: "no MX record: the domain's own address takes its mail (preference 0)",
    PlanKind.NULL: "null MX: the domain takes no mail",
    PlanKind.NONE: "no MX record and no address",
    PlanKind.FAILED: "unknown: the DNS gave no usable answer",
}


def screen(study: Study, *, width: int = WIDTH) -> str:
    """Return the screen of ``study``, at most ``width`` columns wide, ending in a newline.

    A single word longer than the line (an IPv6 address, a host name) is never broken.
    """
    lines = [*_verdict_lines(study, width), ""]
    lines += _labelled("seen from", _seen_from(study), width)
    lines += _plan_lines(study, width)
    for preference, host, address in study.deliveries():
        lines += _address_lines(study, (preference, host, address), width)
    for label, text in _summary(study):
        lines += _labelled(label, text, width)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _verdict_lines(study: Study, width: int) -> Iterator[str]:
    if not study.verdicts:
        yield from _wrap(f"{printable(study.domain)}: the study has no verdict yet.", width)
        return
    first, *others = study.verdicts
    yield from _wrap(f"{first.sentence}   {_tag(first)}", width)
    yield from _wrap(f"next: {first.next_step}", width, hang="      ")
    for verdict in others:
        yield from _wrap(f"also: {verdict.sentence}   {_tag(verdict)}", width, hang="      ")


def _tag(verdict: Verdict) -> str:
    # No-break spaces keep the tag on one line; they become plain ones at the end.
    tag = f"[{verdict.name} · {verdict.grade.value} · {verdict.owner.value}]"
    return tag.replace(" ", "\u00a0")


def _seen_from(study: Study) -> str:
    here = study.seen_from
    addresses = [str(a) for a in (here.address_v4, here.address_v6) if a is not None]
    parts = [" ".join(addresses) or "address unknown"]
    parts.append(printable(str(here.network)) if here.network else "network unknown")
    parts.append(f"{study.started_at:%Y-%m-%d %H:%M} UTC")
    parts.append(f"world {study.as_of}" if study.as_of else "no dated data sets")
    if study.provenance.player != "live":
        parts.append(f"{study.provenance.player} network")
    return _joined(parts)


def _joined(parts: list[str]) -> str:
    """Parts with dots between; a line may break before a dot, never inside a figure and its unit."""
    return " · ".join(part.replace(" ", "\u00a0") for part in parts)


def _plan_lines(study: Study, width: int) -> Iterator[str]:
    plan = study.mail.plan
    label = "MX plan"
    if plan.kind is not PlanKind.MX:
        yield from _labelled(label, _PLAN_WORDS[plan.kind], width)
        label = ""
    column = max((len(f"{h.preference} {printable(h.name)}") for h in plan.hosts), default=0)
    for host in plan.hosts:
        addresses = "  ".join(str(a) for a in host.addresses) or "no address"
        words = f"{host.preference} {printable(host.name)}"
        faults = "".join(f"; {printable(fault)}" for fault in host.faults)
        yield from _labelled(label, f"{words:<{column}}   {addresses}{faults}", width)
        label = ""
    for note in plan.notes:
        yield from _labelled("", printable(note), width)


def _address_lines(study: Study, delivery: tuple[int, str, IPAddress], width: int) -> Iterator[str]:
    preference, host, address = delivery
    label = f"{preference} {printable(host).split('.')[0]} v{address.version}"
    if len(label) > LABEL - 1:
        yield label
        label = ""
    session = study.session_at(address)
    yield from _labelled(label, _session_words(study, host, session), width)
    yield from _labelled("", _route_words(study, host, address), width)


def _session_words(study: Study, host: str, session: SmtpSession | None) -> str:
    found = next((h for h in study.mail.plan.hosts if h.name == host), None)
    dns_ms = study.mail.mx_lookup.elapsed_ms + (found.dns_ms if found else 0.0)
    parts = [f"dns {milliseconds(dns_ms)}"]
    if session is None or session.outcome is Outcome.SKIPPED:
        return _joined([f"{parts[0]} ms", "SMTP not tried"])
    parts += _phase_words(session)
    words = _joined(parts) + "\u00a0ms"
    facts = _tls_words(session)
    if session.outcome is not Outcome.ANSWERED:
        words += f" · {_outcome(session)}"
    # The facts about TLS stay on one line, beside the figures where there is room.
    beside = facts.replace(" ", "\u00a0")
    return f"{words}     {beside}" if facts else words


def _phase_words(session: SmtpSession) -> Iterator[str]:
    """The phases a sender waits for; what follows TLS only where it failed."""
    starttls = session.phase("starttls")
    for phase in session.phases:
        told = phase.name in ("connect", "greeting", "ehlo", "tls")
        if phase.complete and not told:
            continue
        name = _PHASE_NAMES.get(phase.name, phase.name)
        elapsed = phase.elapsed_ms
        if phase.name == "tls" and starttls is not None:
            elapsed += starttls.elapsed_ms
        figure = milliseconds(elapsed)
        if not phase.complete:
            yield f"{name} ✗ after {figure}"
        elif phase.name == "greeting":
            yield f"{name} {figure} (server {milliseconds(phase.server_ms)})"
        else:
            yield f"{name} {figure}"


def _outcome(session: SmtpSession) -> str:
    reply = session.last_reply
    if session.outcome is Outcome.REJECTED and reply is not None:
        return f"rejected: {reply.code} {printable(' '.join(reply.lines))}"
    detail = f" ({printable(session.detail)})" if session.detail else ""
    return f"{session.outcome.value}{detail}"


def _tls_words(session: SmtpSession | None) -> str:
    if session is None:
        return ""
    if session.tls is None:
        return "no TLS: STARTTLS is not offered" if session.starttls_offered is False else ""
    return tls_words(session.tls)


def tls_words(tls: TlsFacts) -> str:
    """Return what the handshake showed, in words; foreign text neutralised."""
    trust = {True: "certificate valid", False: "certificate not trusted", None: "trust not checked"}
    match = {True: "", False: ", name does not match", None: ""}
    problem = f" ({printable(tls.problem)})" if tls.problem else ""
    version = printable(tls.version).replace("TLSv", "TLS ")
    until = f", until {tls.not_after:%Y-%m-%d}" if tls.not_after else ""
    return f"{version}, {trust[tls.trusted]}{match[tls.name_matches]}{until}{problem}"


def _route_words(study: Study, host: str, address: IPAddress) -> str:
    route, trace = study.route_to(address), study.trace_to(address)
    if trace is None:
        return "not traced"
    if trace.end is EndReason.NO_ROUTE:
        return f"no IPv{address.version} route from here"
    if route is None or not route.segments:
        return f"no route seen ({trace.end.value})"
    return f"{_line(route, host)}   {_route_facts(route, trace)}"


def _line(route: Route, host: str) -> str:
    end = printable(host).split(".")[0] if route.complete else "✗"
    parts = []
    for station in stations(route):
        adds = differential_ms(station.differential)
        parts.append(
            f"{_station_name(station)} ─ {adds} ─" if adds else f"{_station_name(station)} ─"
        )
    # A line breaks after a dash, so that a name and its figure stay together.
    return " ".join(part.replace(" ", "\u00a0") for part in (*parts, end))


def _station_name(station: Station) -> str:
    if station.kind == "ixp":
        return f"◇ {printable(station.name)}"
    if station.kind == "unknown":
        return "(unknown)"
    return printable(station.name)


def _route_facts(route: Route, trace: Trace) -> str:
    total = route.total_rtt_ms
    parts = [f"= {milliseconds(total)} ms" if total is not None else f"trace {trace.end.value}"]
    parts += [f"crossing {c.grade.value}" for c in route.crossings if c.grade is not None]
    return _joined(list(dict.fromkeys(parts)))


def _summary(study: Study) -> Iterator[tuple[str, str]]:
    influence = influence_words(study)
    if influence:
        yield "influence", influence
    fate = fate_words(study)
    if fate:
        yield "shared fate", fate
    unseen = "; ".join(unseen_words(study))
    if unseen:
        yield "not seen", unseen


def influence_words(study: Study) -> str:
    """Return which network has the largest share of the first route's time, and what it carries."""
    counts = {c.station.key: c for c in carried((study,))}
    best = None
    for address in study.mail.addresses:
        route = study.route_to(address)
        shares = [s for s in latency_shares(route) if s.share is not None] if route else []
        if route is not None and shares:
            best = max(shares, key=lambda s: s.share or 0.0)
            break
    if best is None or best.share is None or route is None or route.total_rtt_ms is None:
        return ""
    total = milliseconds(route.total_rtt_ms)
    words = f"{_station_name(best.station)} {percent(best.share)} of the path's {total} ms to {route.target}"
    if (count := counts.get(best.station.key)) is not None:
        words += f", on {count.carried} of {count.seen} routes seen"
    ixps = [
        c for c in counts.values() if c.station.kind == "ixp" and c.station.key != best.station.key
    ]
    words += "".join(f"; {_station_name(c.station)} on {c.carried} of {c.seen}" for c in ixps)
    return f"{words} (observed)"


def fate_words(study: Study) -> str:
    """Return which transit networks all routes share; nothing where no route was seen."""
    fate = shared_fate(study)
    if not fate.seen:
        return ""
    seen = _routes_seen(fate)
    names = ", ".join(printable(str(network)) for network in fate.networks)
    if not names:
        return f"{seen}: no transit network in common (observed)"
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
        if (part := _silent_hops(study, trace)) != "":
            silent.setdefault(part, []).append(str(trace.target))
    hops = [f"{part} towards {', '.join(targets)}" for part, targets in silent.items()]
    return (*not_looked_at(study), *hops, *(printable(note) for note in study.notes))


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


def _labelled(label: str, text: str, width: int) -> list[str]:
    return _wrap(text, width, head=f"{label:<{LABEL}}", hang=" " * LABEL)


def _wrap(text: str, width: int, *, head: str = "", hang: str = "") -> list[str]:
    """Wrap at plain spaces only; no-break spaces hold together what belongs together."""
    lines = textwrap.wrap(
        text,
        width=width,
        initial_indent=head,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return [line.replace("\u00a0", " ") for line in lines] or [""]
