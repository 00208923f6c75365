"""What senders make of unusual MX records: one row of the table a sender.

Of Exim 4.96 and Postfix 3.7 it was measured; ``rfc5321`` is the letter of RFC 5321
section 5.1, RFC 7505 section 3 and RFC 2181 section 10.3, and follows aliases all the
same, since it describes what is in the zone and not one program.
"""

from dataclasses import dataclass
from typing import Literal

from mxpath.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """How one kind of sender reads MX records."""

    name: str
    shown: str
    lone_root: Literal["fault", "null"]
    """The target ``.`` alone, but at another preference than 0: a row with a fault, or as good
    as a null MX."""
    root_beside: Literal["fault", "skip", "refuse"]
    """A null MX beside real records: a row with a fault, skipped, or the domain is refused."""
    literal: Literal["skip", "connect"]
    """A target that is an address: not used, or connected to."""
    repeats: bool
    """Whether a host that is listed again is tried again."""
    families: Literal["any", "v6 first"]
    """Order of addresses of one preference: any, both families mixed; or all IPv6 first."""
    most_addresses: int | None = None
    """How many addresses it tries for one message at most."""


RFC5321 = Sender(
    name="rfc5321",
    shown="RFC 5321",
    lone_root="fault",
    root_beside="fault",
    literal="skip",
    repeats=True,
    families="any",
)
POSTFIX = Sender(
    name="postfix",
    shown="Postfix",
    lone_root="null",
    root_beside="refuse",
    literal="connect",
    repeats=True,
    families="any",
    most_addresses=5,  # smtp_mx_address_limit; smtp_mx_session_limit allows 2 conversations
)
EXIM = Sender(
    name="exim",
    shown="Exim",
    lone_root="null",
    root_beside="skip",
    literal="skip",
    repeats=False,
    families="v6 first",
)

SENDERS = {each.name: each for each in (RFC5321, POSTFIX, EXIM)}
"""Sender models by name."""


def sender_model(name: str) -> Sender:
    """Look a sender model up.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    if name not in SENDERS:
        raise InputError(f"no sender model {name!r}; there is: {', '.join(sorted(SENDERS))}")
    return SENDERS[name]
