"""Where mail to a domain goes: one MX question, then each host's addresses once."""

from collections.abc import Sequence

from mxpath.errors import InputError
from mxpath.mail.mx import complete, draft, normalise_domain
from mxpath.mail.senders import sender_model
from mxpath.model.address import IPAddress
from mxpath.model.dns import DnsAnswer, DnsStatus, Security
from mxpath.model.mail import MailDomain
from mxpath.model.origin import Origin
from mxpath.vantage.fanout import fan_out
from mxpath.vantage.ports import Vantage

_RDTYPES = {4: "A", 6: "AAAA"}
_ANSWERED = (DnsStatus.NOERROR, DnsStatus.NXDOMAIN)
Question = tuple[str, str]
_WITNESS: Question = (".", "SOA")
"""A name that is signed, and that every resolver has in its cache."""


def discover(
    domain: str,
    vantage: Vantage,
    *,
    sender: str = "rfc5321",
    families: tuple[int, ...] = (4, 6),
) -> MailDomain:
    """Resolve a domain's MX plan with all addresses (RFC 5321 section 5.1).

    Parameters
    ----------
    domain
        Domain name in any spelling that :func:`normalise_domain` takes.
    vantage
        Its resolver is asked; ``vantage.workers`` questions at a time.
    sender
        Name of the sender model that makes the plan.
    families
        Address families to ask for: 4, 6 or both.

    Raises
    ------
    InputError
        When the domain, the sender model or a family is not usable. What the
        DNS does is a value, never an exception.
    """
    name = normalise_domain(domain)
    sender_model(sender)
    rdtypes = _wanted(families)
    mx_lookup = vantage.resolver.ask(name, "MX")
    drafted = draft(mx_lookup, sender=sender)
    questions = [(host, rdtype) for host in drafted.names for rdtype in rdtypes]
    witness = [_WITNESS] if _needs_witness(mx_lookup) else []
    answers = _ask_all([*questions, *witness], vantage)
    lookups = {host: tuple(answers[host, rdtype] for rdtype in rdtypes) for host in drafted.names}
    validating = _validating(mx_lookup, answers.get(_WITNESS))
    return MailDomain(
        domain=name,
        plan=complete(drafted, lookups, own=_own(vantage.origin)),
        mx_lookup=mx_lookup,
        dnssec=_security(mx_lookup, validating=validating),
        validating=validating,
    )


def _own(origin: Origin) -> tuple[IPAddress, ...]:
    """Addresses of the host that we stand on, as far as they are its own and known."""
    found = (origin.address_v4, origin.address_v6, *origin.private)
    return tuple(address for address in found if address is not None)


def _needs_witness(answer: DnsAnswer) -> bool:
    """Whether only another answer can tell if the resolver validates."""
    said = answer.status in _ANSWERED and not answer.authenticated
    return said and answer.trusted


def _validating(answer: DnsAnswer, witness: DnsAnswer | None) -> bool | None:
    """Whether the resolver validates, as the answer shows, else as the witness does.

    The root is signed. So a resolver whose AD bit may be believed, and that does not set
    it there, does not validate; one that sets it and did not for ``answer`` says that
    ``answer`` is insecure (RFC 4035 section 4.3).
    """
    if answer.authenticated or answer.is_bogus:
        return True
    if witness is None or witness.status not in _ANSWERED:
        return None
    return witness.authenticated


def _security(answer: DnsAnswer, *, validating: bool | None) -> Security:
    if answer.is_bogus:
        return Security.BOGUS
    if answer.authenticated:
        return Security.SECURE
    told = validating and answer.trusted and answer.status in _ANSWERED
    return Security.INSECURE if told else Security.UNKNOWN


def _wanted(families: tuple[int, ...]) -> tuple[str, ...]:
    if not families or any(family not in _RDTYPES for family in families):
        raise InputError(f"address families are 4, 6 or both, not {families!r}")
    return tuple(rdtype for family, rdtype in _RDTYPES.items() if family in families)


def _ask_all(questions: Sequence[Question], vantage: Vantage) -> dict[Question, DnsAnswer]:
    """Ask all questions side by side."""
    answers = fan_out(
        lambda question: vantage.resolver.ask(*question),
        questions,
        vantage.workers,
        clock=vantage.clock,
    )
    return {questions[number]: answer for number, answer in answers}
