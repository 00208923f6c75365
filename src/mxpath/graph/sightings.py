"""What a study saw of each mail host: the questions that several verdicts ask."""

from mxpath.model.address import IPAddress
from mxpath.model.egress import EgressState
from mxpath.model.evidence import Grade
from mxpath.model.foreign_text import printable
from mxpath.model.mail import MxHost
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study
from mxpath.model.trace import EndReason, Hop, Trace

HEARD = (Outcome.ANSWERED, Outcome.REJECTED)
"""Somebody spoke SMTP there."""
FAILED = (
    Outcome.REFUSED,
    Outcome.NO_CONNECTION,
    Outcome.UNREACHABLE,
    Outcome.SILENT,
    Outcome.CLOSED,
    Outcome.GARBLED,
)
"""It was tried, and no SMTP service was found."""


def first_hosts(study: Study) -> tuple[MxHost, ...]:
    """Return the hosts of the lowest preference that names any: where a sender begins."""
    hosts = [host for host in study.mail.plan.hosts if host.is_tried]
    lowest = min((host.preference for host in hosts), default=None)
    return tuple(host for host in hosts if host.preference == lowest)


def backups(study: Study) -> tuple[MxHost, ...]:
    """Return the hosts of every higher preference."""
    first = first_hosts(study)
    return tuple(host for host in study.mail.plan.hosts if host not in first)


def sessions_of(study: Study, host: MxHost) -> tuple[SmtpSession, ...]:
    """Return the conversations with ``host``, in the order of its addresses."""
    found = (study.session_at(address) for address in host.addresses)
    return tuple(session for session in found if session is not None)


def answers(study: Study, host: MxHost) -> bool:
    """Whether ``host`` took part in a conversation on any address."""
    return any(session.outcome is Outcome.ANSWERED for session in sessions_of(study, host))


def is_dead(study: Study, host: MxHost) -> bool:
    """Whether every address of ``host`` was tried, and none spoke SMTP.

    An address of a family that this machine cannot reach at all is not a trial;
    a host with no address that could be tried is not known to be dead.
    """
    sessions = sessions_of(study, host)
    if len(sessions) < len(host.addresses):
        return False
    tried = [s for s in sessions if not family_missing(study, s.address.version)]
    return bool(tried) and all(session.outcome in FAILED for session in tried)


def lost_by_size(session: SmtpSession) -> Grade | None:
    """How far it looks as if large packets alone were lost; ``None`` when it does not.

    See ``size_verdicts`` for the law.
    """
    look = session.second_look
    if look is not None and look.passed:
        return Grade.LIKELY
    tls = session.phase("tls")
    stalled = tls is not None and not tls.complete and session.tls is not None
    if not stalled or session.tls is None or not session.tls.timed_out:
        return None
    # A second conversation that came as far as this and stalled again speaks for the server.
    again = look is not None and look.reached in ("starttls", "tls")
    return None if again else Grade.POSSIBLE


def was_tried(study: Study, host: MxHost) -> bool:
    """Whether it is known what ``host`` does: it was heard, or every address failed."""
    sessions = sessions_of(study, host)
    heard = any(s.outcome in HEARD for s in sessions)
    whole = len(sessions) == len(host.addresses)
    return heard or (whole and all(s.outcome in FAILED for s in sessions))


def family_missing(study: Study, version: int) -> bool:
    """Whether this machine plainly has no way out in that IP version.

    Every session of that version must have been unreachable, and nothing may speak
    for a route: no address of ours, no trace that left this machine.
    """
    sessions = [s for s in study.sessions if s.address.version == version]
    ours = study.seen_from.sends_from(version)
    left = any(
        t.target.version == version and t.packets_sent for t in study.traces if t.imported is None
    )
    unreachable = all(s.outcome is Outcome.UNREACHABLE for s in sessions)
    return bool(sessions) and unreachable and ours is None and not left


def egress_is_shut(study: Study) -> bool:
    """Whether the mail port surely does not get out of here, so that no mail host was really tried."""
    shut = [e for e in study.egress if e.state is EgressState.BLOCKED and e.grade is Grade.CERTAIN]
    spoken = any(session.outcome in HEARD for session in study.sessions)
    return bool(shut) and len(shut) == len(study.egress) and not spoken


def owner_name(study: Study, address: IPAddress) -> str:
    """Return whom to ask about ``address``: its network, else plain words."""
    owner = study.owners.get(address)
    if owner is not None and owner.network is not None:
        operator = owner.operator.value.holder_words if owner.operator is not None else ""
        return printable(f"{owner.network} {operator}".strip())
    if owner is not None and owner.origin is not None:
        return " or ".join(printable(str(network)) for network in owner.origin.value.networks)
    if owner is not None and owner.registration is not None:
        return printable(owner.registration.value.holder_words)
    return f"whoever runs {address}"


def desk(study: Study, address: IPAddress) -> str:
    """Return whom to ask about ``address``, with the mailbox of its abuse desk where it is known.

    Only a next step may name it: what is said of others tells no mailbox.
    """
    owner, name = study.owners.get(address), owner_name(study, address)
    claims = (owner.registration, owner.operator) if owner is not None else ()
    known = (claim.value.abuse for claim in claims if claim is not None)
    mailbox = next((abuse for abuse in known if abuse), None)
    return f"{name} ({printable(mailbox)})" if mailbox else name


def last_answer(trace: Trace) -> Hop | None:
    """Return the last hop that answered."""
    return next((hop for hop in reversed(trace.hops) if hop.address is not None), None)


def reached_network(study: Study, address: IPAddress) -> bool:
    """Whether a trace of ours got into the network that ``address`` belongs to."""
    trace, owner = study.trace_to(address), study.owners.get(address)
    if trace is None or trace.imported is not None:
        return False
    if owner is None or owner.network is None:
        return False
    if trace.end is EndReason.REACHED:
        return True
    seen = (study.owners.get(a) for hop in trace.hops for a in hop.responders)
    return any(o is not None and o.network == owner.network for o in seen)


def not_looked_at(study: Study) -> tuple[str, ...]:
    """Return in words what this study did not see, as far as that can be known."""
    targets = study.mail.addresses
    return tuple(part for part in (*_sessions_missing(study), *_traces_missing(study)) if targets)


def _sessions_missing(study: Study) -> tuple[str, ...]:
    parts = []
    skipped = [
        address
        for address in study.mail.addresses
        if (s := study.session_at(address)) is None or s.outcome is Outcome.SKIPPED
    ]
    if skipped:
        parts.append(f"no SMTP session with {_count(study, skipped)}{_why_skipped(study, skipped)}")
    away = [v for v in (4, 6) if family_missing(study, v)]
    parts += [f"no IPv{version} from here" for version in away]
    return tuple(parts)


def _why_skipped(study: Study, skipped: list[IPAddress]) -> str:
    """What held the first of them back, a used-up budget say, and until when."""
    sessions = [session for a in skipped if (session := study.session_at(a)) is not None]
    reasons = [printable(s.detail) for s in sessions if s.detail and s.detail != "interrupted"]
    return f" ({reasons[0]})" if reasons else ""


def _traces_missing(study: Study) -> tuple[str, ...]:
    away = [v for v in (4, 6) if family_missing(study, v)]
    targets = [a for a in study.mail.addresses if a.version not in away]
    none = [
        a for a in targets if (t := study.trace_to(a)) is None or t.end is EndReason.INTERRUPTED
    ]
    short = [
        a for a in targets if (t := study.trace_to(a)) and a not in none and t.distance is None
    ]
    parts = []
    if none:
        parts.append(f"no finished trace to {_count(study, none)}")
    if short:
        whole = len(short) == len(targets)
        parts.append(
            "no trace arrived" if whole else f"the trace to {_count(study, short)} did not arrive"
        )
    return tuple(parts)


def _count(study: Study, addresses: list[IPAddress]) -> str:
    whole = len(study.mail.addresses)
    if len(addresses) == whole:
        return "any MX address" if whole > 1 else str(addresses[0])
    return str(addresses[0]) if len(addresses) == 1 else f"{len(addresses)} of {whole} MX addresses"
