"""Which mail address may be kept of a registry's contacts: a role's, never a person's.

The law:

1. The address itself decides, and nothing else. That its entity has the role ``abuse``, or is of
   the kind ``group``, proves nothing: small holders enter themselves there with their own mailbox.
2. It is a role's when its local part says ``abuse``, with one other word at most (a holder's
   name), or when one is of ``ROLE_WORDS`` and all others are of these or ``BESIDE_WORDS``.
   Words stand between digits and punctuation. All others are left out, though some of them
   are roles too.
3. Of several, one that says ``abuse`` goes first.
4. It has to be an address that can be written to as it is: ASCII, no quotes, a name with a dot.
"""

import re
from collections.abc import Iterable

_RFC_2142 = "noc security info support postmaster hostmaster webmaster"
_ABUSE_TEAMS = """
    antispam cert cirt csirt csoc fraud incident irt phishing safety soc spam spamreport trust
"""
_RESOURCE_TEAMS = """
    admin admins contact contacts helpdesk ipadmin iphostmaster ipmaster lir netadmin neteng netops
    operations ops peering registry rir sysadmin
"""
_BESIDE = """
    afrinic and apnic arin as center centre corp dept desk dns ip isp it lacnic mail net network
    networks of report reports response ripe rtech service services team tech the
"""
ROLE_WORDS = frozenset(f"{_RFC_2142} {_ABUSE_TEAMS} {_RESOURCE_TEAMS}".split())
BESIDE_WORDS = frozenset(_BESIDE.split())
"""What stands beside a role's word, and alone says nothing."""
_ADDRESS = re.compile(
    r"(?P<local>[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?",
    re.ASCII | re.IGNORECASE,
)
_LONGEST = 254
"""Octets of an address (RFC 5321 section 4.5.3.1.3, less the angle brackets)."""
_LONGEST_LOCAL = 64


def role_mailbox(addresses: Iterable[str]) -> str | None:
    """Return the best of ``addresses`` that is a role's; ``None`` where none is.

    Examples
    --------
    >>> role_mailbox(["jane.doe@example.org", "noc@example.org", "net-abuse@example.org"])
    'net-abuse@example.org'
    >>> role_mailbox(["jane.doe@example.org"]) is None
    True
    """
    roles = [address for text in addresses if is_role(address := text.strip())]
    return min(roles, key=lambda address: not any(map(_says_abuse, _words(address))), default=None)


def is_role(address: str) -> bool:
    """Whether ``address`` is a mail address that names a role, and no person (rules 2 and 4)."""
    found = _ADDRESS.fullmatch(address) if len(address) <= _LONGEST else None
    if found is None or len(found["local"]) > _LONGEST_LOCAL:
        return False
    words = set(_words(address))
    abuse = {word for word in words if _says_abuse(word)}
    others = words - abuse - ROLE_WORDS - BESIDE_WORDS
    return len(others) <= 1 if abuse else not others and bool(words & ROLE_WORDS)


def _words(address: str) -> list[str]:
    return re.findall(r"[a-z]+", address.partition("@")[0].lower())


def _says_abuse(word: str) -> bool:
    return word.startswith("abuse") or word.endswith("abuse")
