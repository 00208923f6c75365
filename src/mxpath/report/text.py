"""The screen: what a terminal shows of a study.

The law: the verdict comes first; every fact is on the screen, wrapped and never
cut; nothing is coloured here, so the text is the same in a pipe and in a mail;
all text from strangers passes through ``printable``.
"""

from collections.abc import Iterator

from mxpath.model.address import IPAddress
from mxpath.model.changes import Changes
from mxpath.model.foreign_text import cut, printable
from mxpath.model.route import Route
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study
from mxpath.model.trace import EndReason, Trace
from mxpath.model.verdict import Verdict
from mxpath.report.amounts import milliseconds
from mxpath.report.bgp_words import (
    likeness_words,
    needs_telling,
    path_words,
    untold_words,
)
from mxpath.report.changes import since_words
from mxpath.report.lines import wrap
from mxpath.report.owners import hosts_words
from mxpath.report.words import (
    beside_words,
    fate_words,
    holder_words,
    influence_words,
    origin_words,
    outcome_words,
    plan_words,
    route_line,
    session_tls_words,
    unseen_words,
)

WIDTH = 100
LABEL = 12
"""Least columns of the left-hand label; what is wrapped starts below the text beside it."""
LABEL_NAME = 14
"""Most columns of a host's name in a label; the plan above has the whole name."""

Row = tuple[str, str]
"""A label and the text beside it."""

_PHASE_NAMES = {"connect": "tcp", "ehlo2": "ehlo again"}


def screen(study: Study, *, width: int = WIDTH, changes: Changes | None = None) -> str:
    """Return the screen of ``study``, at most ``width`` columns wide, ending in a newline.

    ``changes`` since the last look, where there was one, are told in one line. A single word longer than the line (an IPv6 address, a host name) is never broken.
    """
    rows = [("seen from", _seen_from(study)), *_plan_rows(study)]
    for delivery in study.deliveries():
        rows += _address_rows(study, *delivery)
    rows += _summary(study, changes)
    column = max(LABEL, *(len(label) + 1 for label, _ in rows))
    lines = [*_verdict_lines(study, width), ""]
    for label, text in rows:
        lines += wrap(text, width, head=f"{label:<{column}}", hang=" " * column)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _verdict_lines(study: Study, width: int) -> Iterator[str]:
    if not study.verdicts:
        yield from wrap(f"{printable(study.domain)}: the study has no verdict yet.", width)
        return
    first, *others = study.verdicts
    yield from wrap(f"{printable(first.sentence)}   {_tag(first)}", width)
    yield from wrap(f"next: {printable(first.next_step)}", width, hang="      ")
    for verdict in others:
        yield from wrap(
            f"also: {printable(verdict.sentence)}   {_tag(verdict)}", width, hang="      "
        )


def _tag(verdict: Verdict) -> str:
    # No-break spaces keep the tag on one line; they become plain ones at the end.
    tag = f"[{verdict.name} · {verdict.grade.value} · {verdict.owner.value}]"
    return tag.replace(" ", "\u00a0")


def _seen_from(study: Study) -> str:
    here = study.seen_from
    parts = [origin_words(here)]
    parts.append(printable(str(here.network)) if here.network else "network unknown")
    parts.append(f"{study.started_at:%Y-%m-%d %H:%M} UTC")
    parts.append(f"world {study.as_of}" if study.as_of else "no dated data sets")
    if study.provenance.player != "live":
        parts.append(f"{study.provenance.player} network")
    return _joined(parts)


def _joined(parts: list[str]) -> str:
    """Parts with dots between; a line may break before a dot, never inside a figure and its unit."""
    return " · ".join(part.replace(" ", "\u00a0") for part in parts)


def _plan_rows(study: Study) -> Iterator[Row]:
    plan = study.mail.plan
    lines = [words] if (words := plan_words(study)) else []
    column = max((len(f"{h.preference} {printable(h.name)}") for h in plan.hosts), default=0)
    for host in plan.hosts:
        addresses = "  ".join(str(a) for a in host.addresses) or "no address"
        name = f"{host.preference} {printable(host.name)}"
        faults = "".join(f"; {printable(fault)}" for fault in host.faults)
        lines.append(f"{name:<{column}}   {addresses}{faults}")
    lines += [printable(note) for note in plan.notes]
    yield from (("" if n else "MX plan", line) for n, line in enumerate(lines))


def _address_rows(study: Study, preference: int, host: str, address: IPAddress) -> Iterator[Row]:
    name = cut(printable(host).split(".")[0], LABEL_NAME)
    alike = [
        a for _, other, a in study.deliveries() if other == host and a.version == address.version
    ]
    # Of several addresses of one family, each says which it is.
    which = f"{address} · " if len(alike) > 1 else ""
    session = study.session_at(address)
    yield f"{preference} {name} v{address.version}", which + _session_words(study, host, session)
    yield "", _route_words(study, host, address)
    view = study.bgp_to(address)
    if view is not None and needs_telling(view):
        yield "", path_words(view)


def _session_words(study: Study, host: str, session: SmtpSession | None) -> str:
    found = next((h for h in study.mail.plan.hosts if h.name == host), None)
    dns_ms = study.mail.mx_lookup.elapsed_ms + (found.dns_ms if found else 0.0)
    parts = [f"dns {milliseconds(dns_ms)}"]
    if session is None or session.outcome is Outcome.SKIPPED:
        why = f": {printable(session.detail)}" if session is not None and session.detail else ""
        return _joined([f"{parts[0]} ms", "SMTP not tried"]) + why
    parts += _phase_words(session)
    words = _joined(parts) + "\u00a0ms"
    facts = session_tls_words(session)
    if session.outcome is not Outcome.ANSWERED:
        words += f" · {outcome_words(session)}"
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


def _route_words(study: Study, host: str, address: IPAddress) -> str:
    route, trace = study.route_to(address), study.trace_to(address)
    if trace is None:
        return "not traced"
    if trace.end is EndReason.NO_ROUTE:
        return f"no IPv{address.version} route from here"
    if route is None or not route.segments:
        why = "; ".join(printable(note) for note in trace.notes) or trace.end_words
        return f"no route seen ({why})"
    return f"{route_line(route, host)}   {_route_facts(study, route, trace)}"


def _route_facts(study: Study, route: Route, trace: Trace) -> str:
    total = route.total_rtt_ms
    parts = [f"= {milliseconds(total)} ms" if total is not None else f"trace {trace.end_words}"]
    parts += [f"traced by {printable(trace.imported.tool)}"] if trace.imported is not None else []
    parts += [f"crossing {c.grade.value}" for c in route.crossings if c.grade is not None]
    parts.append(likeness_words(study.bgp_to(route.target)))
    owner = study.owners.get(route.target)
    parts += [f"RPKI {owner.rpki.value}"] if owner is not None and owner.rpki is not None else []
    return _joined(list(dict.fromkeys(parts)))


def _summary(study: Study, changes: Changes | None) -> Iterator[Row]:
    beside = beside_words(study)
    if beside:
        yield "beside it", beside
    hosts = hosts_words(study)
    if hosts:
        yield "whose", hosts
    holders = holder_words(study)
    if holders:
        yield "held by", holders
    influence = influence_words(study)
    if influence:
        yield "influence", influence
    fate = fate_words(study)
    if fate:
        yield "shared fate", fate
    if changes is not None:
        yield "since", since_words(changes)
    untold = "; ".join(untold_words(study.bgp))
    if untold:
        yield "BGP paths", untold
    unseen = "; ".join(unseen_words(study))
    if unseen:
        yield "not seen", unseen
