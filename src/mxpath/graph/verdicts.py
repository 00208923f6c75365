"""What is wrong, whose it is, and what to do next: the closed list of verdicts.

The law, in this order:

1. Only what was seen speaks. A session that was skipped, a trace that never ran
   and a look-up that was never made are neither good nor bad.
2. A rule speaks of the hosts a sender tries first (the lowest preference), because
   those decide what happens to a message; the rest of the plan tells whether it
   is saved.
3. What keeps mail out comes before what delays it; then the order of ``VERDICTS``;
   last come remarks, which hurt no ordinary delivery today.
4. ``weak_redundancy`` is no fault: ``nothing_wrong_seen`` stands beside it. Hosts in one
   address block or prefix come before it; one network, transit network or exchange
   point for all, as most domains have it, comes after.
5. Causes are named no more firmly than the evidence allows: "consistent with" where
   another cause would look the same, and then the counter-evidence says so.

``nothing_wrong_seen`` speaks when no other rule does, and says what was not looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from mxpath.graph import (
    change_verdicts,
    delay_verdicts,
    dns_verdicts,
    host_verdicts,
    loss_verdicts,
    path_verdicts,
    redundancy_verdicts,
    refusal_verdicts,
    route_verdicts,
    size_verdicts,
    tls_verdicts,
)
from mxpath.graph.sightings import backups, first_hosts, not_looked_at, owner_name
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.mail import PlanKind
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study
from mxpath.model.verdict import Owner, Verdict


class Rule(Protocol):
    """One rule: a study, and an earlier one of the same domain from the same place if there is."""

    def __call__(self, study: Study, before: Study | None = None, /) -> Verdict | None:
        """Return the verdict that the study supports, ``None`` when it supports none."""


def _alone(rule: Callable[[Study], Verdict | None]) -> Rule:
    """A rule for which no earlier study matters."""
    return lambda study, before=None, /: rule(study)  # noqa: ARG005 - that is what it is for


def judge(study: Study, *, before: Study | None = None) -> tuple[Verdict, ...]:
    """Return every verdict that the study supports, most important first; at least one.

    Parameters
    ----------
    study
        What was seen.
    before
        An earlier study of the same domain from the same place, to tell what has changed.
    """
    found = [v for rule in VERDICTS.values() if (v := rule(study, before)) is not None]
    tempered = (_tempered(study, _whose(study, verdict)) for verdict in found)
    return tuple(sorted(tempered, key=_importance))


def _tempered(study: Study, verdict: Verdict) -> Verdict:
    """What rests on traces of other tools is possible, no more: they are no mail, and not of now."""
    foreign = [trace for trace in study.traces if trace.imported is not None]
    if verdict.name not in _BY_TRACES or not foreign:
        return verdict
    doubts = tuple(
        Evidence(
            source="trace",
            rule="imported",
            detail=printable(f"{trace.target}: {trace.measured_words}"),
        )
        for trace in foreign
    )
    return replace(
        verdict, grade=Grade.POSSIBLE, counter_evidence=(*verdict.counter_evidence, *doubts)
    )


def _whose(study: Study, verdict: Verdict) -> Verdict:
    """A fault of theirs is mine where the hosts that a sender tries first are ours by our own word."""
    addresses = [address for host in first_hosts(study) for address in host.addresses]
    if verdict.owner is Owner.THEM and addresses and all(map(study.is_ours, addresses)):
        return replace(verdict, owner=Owner.ME)
    return verdict


def _importance(verdict: Verdict) -> int:
    """The third and fourth law; what is equal stays in the order of ``VERDICTS``."""
    if verdict.name in _WITHOUT_FAULT:
        return 5 if verdict.name == "weak_redundancy" and verdict.grade is Grade.POSSIBLE else 4
    return 3 if verdict.remark else {False: 0, None: 1, True: 2}[verdict.deliverable]


def nothing_wrong_seen(study: Study, before: Study | None = None) -> Verdict | None:
    """Speak when no other rule does; no firmer than what was looked at."""
    faults = (rule for name, rule in VERDICTS.items() if name not in _WITHOUT_FAULT)
    if any(rule(study, before) is not None for rule in faults):
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
    if study.mail.plan.kind is PlanKind.SELF:
        return f"Mail to {domain} stays here: this host itself is the best of its mail hosts."
    if not answered:
        asked = any(s.outcome is not Outcome.SKIPPED for s in study.sessions)
        lack = "heard" if asked or not study.sessions else "asked"
        return f"No fault of {domain} was seen, but no mail host was {lack}: {'; '.join(missing)}."
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
    if study.mail.plan.kind is PlanKind.SELF:
        return "look at this host's own log, or ask from another host"
    if missing:
        return "run again with what is missing, above all before blaming anybody"
    return (
        "if mail is late all the same, look at the queue's log: a probe sends no message, "
        "so it sees neither greylisting nor filtering"
    )


VERDICTS: Mapping[str, Rule] = {
    "dns_servfail": _alone(dns_verdicts.dns_servfail),
    "no_service": _alone(dns_verdicts.no_service),
    "egress25_blocked": _alone(path_verdicts.egress25_blocked),
    "first_mx_dead": host_verdicts.first_mx_dead,
    "refused_source": _alone(refusal_verdicts.refused_source),
    "rejected_at_greeting": _alone(refusal_verdicts.rejected_at_greeting),
    "loss_at_border": _alone(loss_verdicts.loss_at_border),
    "congested_segment": _alone(loss_verdicts.congested_segment),
    "pmtu_blackhole": _alone(size_verdicts.pmtu_blackhole),
    "v6_broken_v4_works": _alone(path_verdicts.v6_broken_v4_works),
    "origin_or_rpki_changed": change_verdicts.origin_or_rpki_changed,
    "tls_broken": _alone(tls_verdicts.tls_broken),
    "banner_delay": _alone(delay_verdicts.banner_delay),
    "tls_slow": _alone(tls_verdicts.tls_slow),
    "dns_slow": _alone(dns_verdicts.dns_slow),
    "path_detour": _alone(route_verdicts.path_detour),
    "path_changed": change_verdicts.path_changed,
    "nolisting": host_verdicts.nolisting,
    "weak_redundancy": _alone(redundancy_verdicts.weak_redundancy),
    "nothing_wrong_seen": nothing_wrong_seen,
}
"""Every verdict that is built, by name, in order of importance."""

_BY_TRACES = ("loss_at_border", "congested_segment", "path_detour", "path_changed")
"""What is read off paths alone."""

_WITHOUT_FAULT = ("weak_redundancy", "nothing_wrong_seen")
"""A backup under the same roof is no fault: where nothing else is wrong, that is said too."""
