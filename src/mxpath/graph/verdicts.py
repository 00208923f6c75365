"""What is wrong, whose it is, and what to do next: the closed list of verdicts.

The law, in this order:

1. Only what was seen speaks. A session that was skipped, a trace that never ran
   and a look-up that was never made are neither good nor bad.
2. A rule speaks of the hosts a sender tries first (the lowest preference), because
   those decide what happens to a message; the rest of the plan tells whether it
   is saved.
3. What keeps mail out comes before what delays it; then the order of ``VERDICTS``.
4. Causes are named no more firmly than the evidence allows: "consistent with" where
   another cause would look the same, and then the counter-evidence says so.

``nothing_wrong_seen`` speaks when no other rule does, and says what was not looked at.
"""

from collections.abc import Callable, Mapping

from mxpath.graph import dns_verdicts, host_verdicts, path_verdicts
from mxpath.graph.sightings import backups, first_hosts, not_looked_at, owner_name
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study
from mxpath.model.verdict import Owner, Verdict

Rule = Callable[[Study], Verdict | None]


def judge(study: Study) -> tuple[Verdict, ...]:
    """Return every verdict that the study supports, most important first; at least one."""
    found = [verdict for rule in VERDICTS.values() if (verdict := rule(study)) is not None]
    return tuple(sorted(found, key=_importance))


def _importance(verdict: Verdict) -> int:
    """What keeps mail out first, then what may, then the rest."""
    return {False: 0, None: 1, True: 2}[verdict.deliverable]


def nothing_wrong_seen(study: Study) -> Verdict | None:
    """Speak when no other rule does; no firmer than what was looked at."""
    if any(rule(study) for name, rule in VERDICTS.items() if name != "nothing_wrong_seen"):
        return None
    answered = [s for s in _sessions(study, first=True) if s.outcome is Outcome.ANSWERED]
    missing = not_looked_at(study)
    troubled = _troubled_backups(study)
    return Verdict(
        name="nothing_wrong_seen",
        grade=Grade.LIKELY if answered and not missing and not troubled else Grade.POSSIBLE,
        owner=Owner.NOBODY,
        # Unheard is not undeliverable: the fault, if any, may be this side's.
        deliverable=True if answered or _backup_answered(study) else None,
        sentence=_good_news(study, answered, missing, troubled),
        next_step=_what_now(study, missing, troubled),
        evidence=tuple(
            Evidence(
                source="smtp",
                rule="conversation",
                detail=f"{printable(s.host)} {s.address} answered in {s.total_ms:,.0f} ms",
            )
            for s in answered
        ),
        counter_evidence=tuple(
            Evidence(source="study", rule="not looked at", detail=part) for part in missing
        )
        + tuple(
            Evidence(
                source="smtp",
                rule="conversation",
                detail=f"{s.host} {s.address}: {s.outcome.value}",
            )
            for s in troubled
        ),
    )


def _sessions(study: Study, *, first: bool) -> list[SmtpSession]:
    hosts = first_hosts(study) if first else backups(study)
    wanted = {address for host in hosts for address in host.addresses}
    return [s for s in study.sessions if s.address in wanted]


def _backup_answered(study: Study) -> bool:
    return any(s.outcome is Outcome.ANSWERED for s in _sessions(study, first=False))


def _troubled_backups(study: Study) -> list[SmtpSession]:
    return [
        session
        for session in _sessions(study, first=False)
        if session.outcome not in (Outcome.ANSWERED, Outcome.SKIPPED, Outcome.UNREACHABLE)
    ]


def _good_news(
    study: Study, answered: list[SmtpSession], missing: tuple[str, ...], troubled: list[SmtpSession]
) -> str:
    domain = printable(study.domain)
    if not answered:
        return f"No fault of {domain} was seen, but no mail host was heard: {'; '.join(missing)}."
    best = min(answered, key=lambda s: s.total_ms)
    hosts = tuple(dict.fromkeys(printable(s.host) for s in answered))
    words = f"{' and '.join(hosts)} answered, the fastest conversation took {best.total_ms:,.0f} ms"
    if troubled:
        names = ", ".join(dict.fromkeys(printable(s.host) for s in troubled))
        return f"Nothing wrong seen at the first MX of {domain} ({words}); but the backup {names} does not take mail."
    if missing:
        return f"Nothing wrong seen with {domain} ({words}); not looked at: {'; '.join(missing)}."
    return f"Nothing wrong seen with {domain}: {words}."


def _what_now(study: Study, missing: tuple[str, ...], troubled: list[SmtpSession]) -> str:
    if troubled:
        who = owner_name(study, troubled[0].address)
        return f"ask {who} about {printable(troubled[0].host)}: when the first MX fails, mail has nowhere else to go"
    if missing:
        return "run again with what is missing, above all before blaming anybody"
    return (
        "if mail is late all the same, look at the queue's log: a probe sends no message, "
        "so it sees neither greylisting nor filtering"
    )


VERDICTS: Mapping[str, Rule] = {
    "dns_servfail": dns_verdicts.dns_servfail,
    "no_service": dns_verdicts.no_service,
    "egress25_blocked": path_verdicts.egress25_blocked,
    "first_mx_dead": host_verdicts.first_mx_dead,
    "rejected_at_greeting": host_verdicts.rejected_at_greeting,
    "v6_broken_v4_works": path_verdicts.v6_broken_v4_works,
    "banner_delay": host_verdicts.banner_delay,
    "dns_slow": dns_verdicts.dns_slow,
    "nothing_wrong_seen": nothing_wrong_seen,
}
"""Every verdict that is built, by name, in order of importance."""
