"""What the mail servers of a world say and show: the same words whoever plays them.

Only words live here. When they are said, and what becomes of the connection, each
player does in its own way; tests hold the two against each other.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mxpath.lab.elements import Behaviour, Certificate, SmtpHost
from mxpath.model.codec import from_data, to_data

TARPIT_S = 1.0
"""A tarpit's wait before each line."""

LARGE_NAMES = 150
"""Names in a large certificate: with some 30 octets each they fill several full packets."""

NO_TLS = b"500 this is no TLS record\r\n"
"""What a server says to a ClientHello when its TLS is broken."""

_SIZE_LIMIT = 10_485_760
_GREETINGS = {
    Behaviour.REJECT: "554 {name} No SMTP service here",
    Behaviour.BUSY: "451 4.3.2 {name} is busy, try again later",
}


def greeting(host: SmtpHost, *, crowded: bool = False) -> str:
    """Return the greeting; ``crowded`` where the client has as many connections as it may."""
    if crowded:
        return f"421 4.7.0 {host.name} Too many connections from your host"
    usual = _GREETINGS.get(host.behaviour, "220 {name} ESMTP").format(name=host.name)
    return f"{usual[:3]} {host.words}" if host.words and not serves(host) else usual


def changed(host: SmtpHost, keys: Mapping[str, Any]) -> SmtpHost:
    """Return a host with some of its keys changed; its name stays.

    Raises
    ------
    ParseError
        When there is no such key or value.
    """
    whole = {**to_data(host), **keys}
    return replace(from_data(SmtpHost, whole, source=f"change of {host.name}"), name=host.name)


def serves(host: SmtpHost) -> bool:
    """Whether the host holds a conversation with who is let in."""
    return host.behaviour in {
        Behaviour.FINE,
        Behaviour.SLOW_GREETING,
        Behaviour.TARPIT,
        Behaviour.LIMITED,
    }


def keywords(host: SmtpHost, *, encrypted: bool) -> tuple[str, ...]:
    """Return the lines of an EHLO reply, without code: the name, then keywords."""
    offer = ("STARTTLS",) if host.starttls and not encrypted else ()
    return (host.name, "PIPELINING", f"SIZE {_SIZE_LIMIT}", *offer, "8BITMIME")


def reply(code: int, lines: tuple[str, ...]) -> tuple[str, ...]:
    """Write a reply of several lines (RFC 5321 section 4.2.1).

    Examples
    --------
    >>> reply(250, ("mx.example", "8BITMIME"))
    ('250-mx.example', '250 8BITMIME')
    """
    return (*(f"{code}-{line}" for line in lines[:-1]), f"{code} {lines[-1]}")


def certificate_names(host: SmtpHost) -> tuple[str, ...]:
    """Return the DNS names in the host's certificate."""
    name = host.name.rstrip(".").lower()
    if host.certificate is Certificate.WRONG_NAME:
        return (f"not-{name}",)
    if host.certificate is Certificate.LARGE:
        return (name, *(f"alias-{number:03}.{name}" for number in range(1, LARGE_NAMES)))
    return (name,)
