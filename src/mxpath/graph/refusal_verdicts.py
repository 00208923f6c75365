"""Verdicts about a server that says no before any mail is offered: to us, or to everybody.

Whose it is, stands in the server's words. They speak of *us* when they carry an enhanced
code of class X.7 (security and policy, RFC 3463 section 3.8; X.7.25 is the reverse name,
RFC 7372), quote our address, or name a block list or the reverse name: likely ours. Mere
"denied", "blocked" or "your server" is possibly ours. Greylisting and the server's own
load (X.3) are theirs. What says none of this is ``rejected_at_greeting``.

A second sign is one address family refused where the other passes at the same host: a
block on our one address looks so, and so does a server that listens on one family only.
"""

import re
from dataclasses import dataclass

from mxpath.graph.loss_verdicts import is_lossy
from mxpath.graph.sightings import (
    HEARD,
    answers,
    backups,
    desk,
    family_missing,
    first_hosts,
    owner_name,
    sessions_of,
    was_tried,
)
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.mail import MxHost
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study
from mxpath.model.verdict import Owner, Verdict

_REVERSE = re.compile(
    r"\b(ptr|r-?dns|reverse (dns|look-?up|name|host|record|map)|[45]\.7\.25)\b", re.IGNORECASE
)
_LISTED = re.compile(
    r"\b(dnsr?bl|rbl|(block|black|deny|reject) ?-?list\w*|spamhaus|spamcop|barracuda|sorbs|abuseat|"
    r"senderscore|blocked using)\b",
    re.IGNORECASE,
)
_POLICY = re.compile(r"(?<![\d.])[45]\.7\.\d{1,3}(?![\d.])")
_VAGUE = re.compile(
    r"\b(blocked|denied|banned|refused|reputation|unauthori[sz]ed|spam|not (allowed|permitted|authori[sz]ed|welcome)|"
    r"your (ip|address|host|server|network))\b",
    re.IGNORECASE,
)
_THEIR_OWN = re.compile(r"\bgr[ae]y-?list|(?<![\d.])4\.3\.\d{1,3}(?![\d.])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sign:
    """Why a refusal speaks of us."""

    grade: Grade
    words: str
    step: str


_CHECK = "check our address: reverse name, block lists, reputation"
_REVERSED = _Sign(
    grade=Grade.LIKELY,
    words="the reverse name of our address",
    step="give our address a reverse name that leads back to it (PTR and A/AAAA)",
)
_ON_A_LIST = _Sign(
    grade=Grade.LIKELY,
    words="a block list",
    step="look our address up in the list that it names, mend the cause, and ask to be taken off",
)
_NAMED = _Sign(grade=Grade.LIKELY, words="our address", step=_CHECK)
_BY_POLICY = _Sign(grade=Grade.LIKELY, words="its policy towards us (X.7)", step=_CHECK)
_PERHAPS = _Sign(grade=Grade.POSSIBLE, words="who is asking", step=_CHECK)


def _sign(study: Study, session: SmtpSession) -> _Sign | None:
    """Read what a refusal says of us, the firmest first; ``None`` when it says nothing."""
    # A host may well be called "blocked.example"; its name says nothing of us.
    text = _text(session).replace(session.host, "")
    if _THEIR_OWN.search(text):
        return None
    ours = [str(a) for a in (study.seen_from.address_v4, study.seen_from.address_v6) if a]
    signs = (
        (_REVERSE.search(text), _REVERSED),
        (_LISTED.search(text), _ON_A_LIST),
        (any(address in text for address in ours), _NAMED),
        (_POLICY.search(text), _BY_POLICY),
        (_VAGUE.search(text), _PERHAPS),
    )
    return next((sign for found, sign in signs if found), None)


def refused_source(study: Study) -> Verdict | None:
    """Speak when a first host refuses us rather than the mail: by its words, or in one family."""
    rejected = _rejected(study)
    if rejected is not None:
        sign = _sign(study, rejected)
        return _refused_by_words(study, rejected, sign) if sign is not None else None
    for host in first_hosts(study):
        v4 = [s for s in sessions_of(study, host) if s.address.version == 4]
        v6 = [s for s in sessions_of(study, host) if s.address.version == 6]
        shut = bool(v4) and all(s.outcome in _SHUT for s in v4)
        if shut and v4[0].outcome is Outcome.NO_CONNECTION and is_lossy(study):
            continue  # a SYN that was lost tells nothing of us
        if shut and any(s.outcome is Outcome.ANSWERED for s in v6) and not family_missing(study, 4):
            return _refused_in_one_family(study, host, v4)
    return None


_SHUT = (Outcome.REFUSED, Outcome.NO_CONNECTION)


def _refused_by_words(study: Study, session: SmtpSession, sign: _Sign) -> Verdict:
    host = printable(session.host)
    saver, untried = _rescue(study)
    tail = f"; {printable(saver.name)} (preference {saver.preference}) takes it" if saver else ""
    elsewhere = [s for s in study.sessions if s.outcome is Outcome.ANSWERED]
    return Verdict(
        name="refused_source",
        grade=sign.grade,
        owner=Owner.ME,
        sentence=(
            f"{host} refuses this sender, not the mail to {printable(study.domain)}: it answers "
            f"{_refusal(session)[0]} with “{_words(session)}”, which speaks of {sign.words}{tail}."
        ),
        next_step=f"{sign.step}; then ask {desk(study, session.address)}, quoting the reply",
        evidence=_rejections(study),
        counter_evidence=(
            *(
                _saw("smtp", "reply", f"{s.host} {s.address} takes our mail")
                for s in elsewhere
                if owner_name(study, s.address) == owner_name(study, session.address)
            ),
            _saw("smtp", "one source", "asked from one address: another one was not tried"),
        ),
        deliverable=saver is not None or bool(untried),
    )


def _refused_in_one_family(study: Study, host: MxHost, v4: list[SmtpSession]) -> Verdict:
    name, how = printable(host.name), v4[0].outcome.value
    heard = any(s.outcome in HEARD and s.address.version == 4 for s in study.sessions)
    return Verdict(
        name="refused_source",
        grade=Grade.POSSIBLE,
        owner=Owner.ME,
        sentence=(
            f"{name} answers over IPv6 but not over IPv4 ({how}): consistent with a block on "
            f"our IPv4 address{_quoted(study)}, and with a server that serves IPv6 alone."
        ),
        next_step=(
            f"try {v4[0].address} port {v4[0].port} from another address: if it answers there, ask "
            f"{desk(study, v4[0].address)} why ours is refused; until then mail goes over IPv6"
        ),
        evidence=tuple(
            _saw("smtp", "connection", f"{s.address}: {s.outcome.value}")
            for s in sessions_of(study, host)
        ),
        counter_evidence=(
            _saw(
                "smtp",
                "one source",
                "IPv4 works from here to another MX"
                if heard
                else "IPv4 was not seen to work to any mail host: the fault may be nearer to us",
            ),
        ),
        cost_ms=sum(s.total_ms for s in v4) if how == Outcome.REFUSED.value else None,
    )


def _quoted(study: Study) -> str:
    return f" {study.seen_from.address_v4}" if study.seen_from.address_v4 else ""


def rejected_at_greeting(study: Study) -> Verdict | None:
    """Speak when a first host answers with 4xx or 5xx before any mail is offered, and none takes it.

    Where its words speak of us, ``refused_source`` speaks instead.
    """
    session = _rejected(study)
    if session is None or _sign(study, session) is not None:
        return None
    saver, untried = _rescue(study)
    return Verdict(
        name="rejected_at_greeting",
        grade=Grade.CERTAIN,
        owner=Owner.THEM,
        sentence=_rejection_sentence(study, session, saver),
        next_step=_rejection_step(study, session),
        evidence=_rejections(study),
        counter_evidence=(
            _saw(
                "smtp",
                "one source",
                "asked from one address: a refusal may be meant for this sender alone",
            ),
        ),
        deliverable=saver is not None or bool(untried),
    )


def _rejected(study: Study) -> SmtpSession | None:
    """The first conversation that a first host refused, when no first host took one."""
    sessions = [s for host in first_hosts(study) for s in sessions_of(study, host)]
    if any(s.outcome is Outcome.ANSWERED for s in sessions):
        return None
    return next((s for s in sessions if s.outcome is Outcome.REJECTED), None)


def _rescue(study: Study) -> tuple[MxHost | None, list[MxHost]]:
    """The later host that takes the mail, and those of which it is not known."""
    saver = next((host for host in backups(study) if answers(study, host)), None)
    return saver, [host for host in backups(study) if not was_tried(study, host)]


def _rejections(study: Study) -> tuple[Evidence, ...]:
    return tuple(
        _saw("smtp", "reply", f"{s.host} {s.address}: {_words(s)}")
        for host in first_hosts(study)
        for s in sessions_of(study, host)
        if s.outcome is Outcome.REJECTED
    )


def _refusal(session: SmtpSession) -> tuple[str, int]:
    """At which step it was rejected, and with which code."""
    if session.greeting is not None and session.greeting.code >= 400:
        return "the greeting", session.greeting.code
    return "EHLO", session.last_reply.code if session.last_reply else 0


def _text(session: SmtpSession) -> str:
    """The refusing reply, code and all lines: a stranger's text."""
    step, code = _refusal(session)
    reply = session.greeting if step == "the greeting" else session.last_reply
    return f"{code} {' '.join(reply.lines) if reply else ''}".strip()


def _words(session: SmtpSession) -> str:
    return printable(_text(session), limit=120)


def _rejection_sentence(study: Study, session: SmtpSession, saver: MxHost | None) -> str:
    step, code = _refusal(session)
    kind = "for now" if 400 <= code < 500 else "for good"
    tail = (
        f"; {printable(saver.name)} (preference {saver.preference}) takes the mail."
        if saver
        else "; no other MX takes it."
        if backups(study)
        else "."
    )
    return (
        f"{printable(session.host)} rejects mail to {printable(study.domain)} {kind}: "
        f"it answers {step} with “{_words(session)}”{tail}"
    )


def _rejection_step(study: Study, session: SmtpSession) -> str:
    who, code = owner_name(study, session.address), _refusal(session)[1]
    if 400 <= code < 500:
        return f"wait and try again; if it stays, ask {who} about {printable(session.host)}, quoting the reply"
    return f"ask {who} about {printable(session.host)}, quoting the reply; check whether this sender is on a block list"


def _saw(source: str, rule: str, detail: str) -> Evidence:
    return Evidence(source=source, rule=rule, detail=printable(detail))
