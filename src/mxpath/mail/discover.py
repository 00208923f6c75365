"""Where mail to a domain goes: one MX question, then each host's addresses once."""

from mxpath.errors import InputError
from mxpath.mail.mx import complete, draft, normalise_domain, sender_model
from mxpath.model.dns import DnsAnswer
from mxpath.model.mail import MailDomain
from mxpath.vantage.fanout import fan_out
from mxpath.vantage.ports import Vantage

_RDTYPES = {4: "A", 6: "AAAA"}


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
    lookups = _ask_all(drafted.names, rdtypes, vantage)
    return MailDomain(
        domain=name, plan=complete(drafted, lookups, sender=sender), mx_lookup=mx_lookup
    )


def _wanted(families: tuple[int, ...]) -> tuple[str, ...]:
    if not families or any(family not in _RDTYPES for family in families):
        raise InputError(f"address families are 4, 6 or both, not {families!r}")
    return tuple(rdtype for family, rdtype in _RDTYPES.items() if family in families)


def _ask_all(
    names: tuple[str, ...], rdtypes: tuple[str, ...], vantage: Vantage
) -> dict[str, tuple[DnsAnswer, ...]]:
    """Ask each name for each type, once; answers in the order of ``rdtypes``."""
    questions = [(name, rdtype) for name in names for rdtype in rdtypes]
    answers = dict(
        fan_out(
            lambda question: vantage.resolver.ask(*question),
            questions,
            vantage.workers,
            clock=vantage.clock,
        )
    )
    found = {question: answers[number] for number, question in enumerate(questions)}
    return {name: tuple(found[name, rdtype] for rdtype in rdtypes) for name in names}
