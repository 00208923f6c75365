"""Targets on the command line: addresses as they are, names through the resolver."""

from collections.abc import Iterable, Sequence
from ipaddress import ip_address

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.vantage.ports import Vantage


def resolve(
    texts: Iterable[str], vantage: Vantage, *, families: Sequence[int]
) -> tuple[tuple[str, IPAddress], ...]:
    """Return (name, address) pairs for host names and addresses.

    Raises
    ------
    InputError
        When a text is neither, or a name has no address in these families.
    """
    return tuple(pair for text in texts for pair in _one(text, vantage, families))


def _one(text: str, vantage: Vantage, families: Sequence[int]) -> list[tuple[str, IPAddress]]:
    try:
        return [(text, ip_address(text.strip("[]")))]
    except ValueError:
        from mxpath.mail.mx import normalise_domain  # noqa: PLC0415 - an address needs no DNS
        from mxpath.model.dns import DnsStatus  # noqa: PLC0415

        name = normalise_domain(text)
    answers = [vantage.resolver.ask(name, {4: "A", 6: "AAAA"}[family]) for family in families]
    found = [
        (name, ip_address(record))
        for answer in answers
        if answer.status is DnsStatus.NOERROR
        for record in answer.records
    ]
    if not found:
        said = " and ".join(f"{answer.rdtype} {answer.status}" for answer in answers)
        raise InputError(f"{name} has no address here: the DNS says {said}")
    return found
