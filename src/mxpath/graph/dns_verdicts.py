"""Verdicts that the DNS alone decides."""

from mxpath.graph.sightings import first_hosts
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.mail import PlanKind
from mxpath.model.study import Study
from mxpath.model.verdict import Owner, Verdict

DNS_SLOW_MS = 1000.0
"""Look-ups before the first connection that together take longer are worth a verdict."""

_FAILURES = {
    DnsStatus.SERVFAIL: "the resolver answers SERVFAIL",
    DnsStatus.REFUSED: "the resolver refuses the question",
    DnsStatus.TIMEOUT: "no answer came in time",
    DnsStatus.UNREACHABLE: "the resolver cannot be reached",
    DnsStatus.CNAME_LOOP: "the aliases turn in a circle",
    DnsStatus.MALFORMED: "the answer cannot be read",
    DnsStatus.OTHER: "the resolver answers with an error",
}


def dns_servfail(study: Study) -> Verdict | None:
    """Speak when a look-up that delivery needs gave no usable answer."""
    failed = [answer for answer in _needed(study) if _is_failure(answer)]
    if not failed:
        return None
    worst = failed[0]
    deliverable = bool(study.mail.addresses)
    mine = _is_ours(worst)
    domain = printable(study.domain)
    effect = (
        f"part of the MX plan of {domain} is missing"
        if deliverable
        else f"mail to {domain} cannot be addressed, and waits in the queue"
    ) + (" of every sender that validates" if worst.is_bogus else "")
    return Verdict(
        name="dns_servfail",
        grade=_grade(worst),
        owner=Owner.ME if mine else Owner.DNS,
        sentence=f"The {_question(worst)} fails: {_why(worst)}; {effect}.",
        next_step=_next_step(worst, mine=mine),
        evidence=tuple(_evidence(answer) for answer in failed),
        counter_evidence=_doubts(worst),
        deliverable=deliverable,
    )


def _why(answer: DnsAnswer) -> str:
    """How it failed, and why as far as the resolver says; a wrong signature is told as such."""
    told = ", ".join(dict.fromkeys(error.words for error in answer.extended))
    if answer.is_bogus:
        return f"its DNSSEC signatures do not hold{f' ({told})' if told else ''}"
    return f"{_FAILURES[answer.status]}{f' ({told})' if told else ''}"


def _needed(study: Study) -> tuple[DnsAnswer, ...]:
    """The MX answer, and for hosts left without an address those of both families."""
    hosts = (host for host in study.mail.plan.hosts if not host.addresses)
    first = (host for host in first_hosts(study) if host.addresses)
    answers = [a for host in (*hosts, *first) for a in host.lookups]
    return (study.mail.mx_lookup, *answers)


def _is_failure(answer: DnsAnswer) -> bool:
    if answer.status is DnsStatus.OTHER and answer.detail == "interrupted":
        return False  # never asked
    return answer.status in _FAILURES


def _is_ours(answer: DnsAnswer) -> bool:
    """A resolver out of reach, or one that refuses us, is this machine's own trouble."""
    return answer.status in (DnsStatus.UNREACHABLE, DnsStatus.REFUSED)


def _grade(answer: DnsAnswer) -> Grade:
    if answer.status in (DnsStatus.SERVFAIL, DnsStatus.CNAME_LOOP, DnsStatus.UNREACHABLE):
        return Grade.CERTAIN
    return Grade.LIKELY if answer.status is DnsStatus.REFUSED else Grade.POSSIBLE


def _next_step(answer: DnsAnswer, *, mine: bool) -> str:
    server = printable(answer.server) or "the resolver"
    if mine:
        return f"mend the resolver of this machine ({server}): see resolv.conf and its access list"
    if answer.status is DnsStatus.CNAME_LOOP:
        return f"ask the holder of {printable(answer.name)} to mend its alias"
    if answer.is_bogus:
        return (
            f"tell the holder of {printable(answer.name)} by another way that its DNSSEC is broken "
            "(signatures expired, or a DS record that fits no key); waiting does not help"
        )
    if answer.status is DnsStatus.TIMEOUT:
        asked = ", ".join(map(printable, dict.fromkeys((*answer.silent, answer.server))))
        return (
            f"see whether the resolver answers anything at all ({asked or server}); if it does, ask "
            f"a second one for {printable(answer.name)} {answer.rdtype}"
        )
    return (
        f"ask a second resolver for {printable(answer.name)} {answer.rdtype}; if it fails there too, "
        f"tell the holder of the zone (DNSSEC and name servers first)"
    )


def _doubts(answer: DnsAnswer) -> tuple[Evidence, ...]:
    if answer.status not in (DnsStatus.SERVFAIL, DnsStatus.TIMEOUT):
        return ()
    if answer.is_bogus:
        doubt = "a resolver with a wrong clock or an old trust anchor refuses good signatures, too"
        return (Evidence(source="dns", rule="single resolver", detail=doubt),)
    doubt = "one resolver was asked: the fault may be its own and not the zone's"
    return (Evidence(source="dns", rule="single resolver", detail=doubt),)


def no_service(study: Study) -> Verdict | None:
    """Speak when the DNS says that the domain takes no mail, or that there is nothing to take it."""
    kind, domain = study.mail.plan.kind, printable(study.domain)
    exists = study.mail.mx_lookup.status is not DnsStatus.NXDOMAIN
    if kind is PlanKind.NULL and len(study.mail.mx_lookup.records) > 1:
        sender = printable(study.mail.plan.sender.capitalize())
        sentence = (
            f"{sender} refuses {domain}: it takes a null MX beside other records for a null MX."
        )
        step = (
            f"tell the holder of {domain} by another way: a null MX has to stand alone (RFC 7505)"
        )
    elif kind is PlanKind.NULL:
        sentence = f"{domain} takes no mail, and says so itself (null MX, RFC 7505)."
        step = "send nothing there; if the address came from a person, ask for another one"
    elif kind is PlanKind.MX and not any(host.is_tried for host in study.mail.plan.hosts):
        faults = "; ".join(dict.fromkeys(f for h in study.mail.plan.hosts for f in h.faults))
        sentence = (
            f"No MX record of {domain} names a host that takes its mail: {printable(faults)}."
        )
        step = f"tell the holder of {domain} by another way: its MX records are wrong"
    elif kind is not PlanKind.NONE:
        return None
    elif not exists:
        sentence = f"{domain} does not exist: the DNS answers NXDOMAIN."
        step = "check the spelling; if it is right, the domain has lapsed or was never registered"
    else:
        sentence = (
            f"{domain} exists, but has neither an MX record nor an address: no host takes its mail."
        )
        step = f"tell the holder of {domain} by another way: its zone names no mail host"
    return Verdict(
        name="no_service",
        grade=Grade.CERTAIN,
        # A name that is not there has no holder whom one could ask.
        owner=Owner.THEM if kind is not PlanKind.NULL and exists else Owner.NOBODY,
        sentence=sentence,
        next_step=step,
        evidence=tuple(_evidence(each) for each in study.mail.lookups),
        counter_evidence=tuple(
            Evidence(source="dns", rule="senders differ", detail=printable(note))
            for note in study.mail.plan.notes
            if "Postfix" in note
        ),
        deliverable=False,
    )


def dns_slow(study: Study) -> Verdict | None:
    """Speak when the look-ups before the first connection take more than ``DNS_SLOW_MS``."""
    hosts = first_hosts(study)
    host_ms = max((host.dns_ms for host in hosts), default=0.0)
    total = study.mail.mx_lookup.elapsed_ms + host_ms
    asked = [study.mail.mx_lookup, *(answer for host in hosts for answer in host.lookups)]
    if total <= DNS_SLOW_MS or any(_is_failure(answer) for answer in asked):
        return None
    worst = max(asked, key=lambda answer: answer.elapsed_ms)
    dead = tuple(dict.fromkeys(server for answer in asked for server in answer.silent))
    return Verdict(
        name="dns_slow",
        grade=Grade.LIKELY,
        owner=Owner.ME if dead else Owner.DNS,
        sentence=(
            f"The DNS is slow for {printable(study.domain)}: the look-ups before the first connection "
            f"take {total / 1000:.2f} s, {worst.elapsed_ms / 1000:.2f} s of them the {_question(worst)}"
            + (f", which waited for {_servers(dead)} that did not answer." if dead else ".")
        ),
        next_step=_slow_step(worst, dead),
        evidence=tuple(_evidence(answer) for answer in asked),
        counter_evidence=(
            Evidence(
                source="dns",
                rule="single resolver",
                detail="asked once over one resolver: its own load or a cold cache looks the same",
            ),
        ),
        cost_ms=total,
    )


def _servers(names: tuple[str, ...]) -> str:
    return f"resolver{'s' if len(names) > 1 else ''} {' and '.join(map(printable, names))}"


def _slow_step(worst: DnsAnswer, dead: tuple[str, ...]) -> str:
    if dead:
        return f"mend {_servers(dead)}, or take it out of this machine's resolv.conf: every look-up waits for it"
    return (
        f"ask {printable(worst.server) or 'the resolver'} again: a cached answer is fast; if it stays "
        f"slow, look at the name servers of {printable(worst.name)}"
    )


def _question(answer: DnsAnswer) -> str:
    return f"{answer.rdtype} look-up of {printable(answer.name)}"


def _evidence(answer: DnsAnswer) -> Evidence:
    found = ", ".join(printable(record) for record in answer.records) or "no records"
    server = f" from {printable(answer.server)}" if answer.server else ""
    words = f"{answer.name} {answer.rdtype}: {answer.status.value}, {found}, {answer.elapsed_ms:.0f} ms{server}"
    words += "".join(f"; it says: {e.words} {e.text}".rstrip() for e in answer.extended)
    if answer.unchecked is not None:
        words += f"; told not to validate it says {answer.unchecked.value}"
    return Evidence(source="dns", rule="answer", detail=printable(words))
