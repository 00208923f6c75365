"""Addresses, prefixes and the ranges that are not the public Internet.

The tables are the IANA IPv4 and IPv6 Special-Purpose Address Registries
(RFC 6890), states of 2021-02-04 and 2023-03-15, plus what has been registered
since (RFC 9602, RFC 9637, RFC 9780) and multicast (RFC 5771, RFC 4291 section 2.7). The most specific entry decides; entries that IANA
marks "globally reachable" are not special here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from mxpath.errors import InputError

IPAddress = IPv4Address | IPv6Address
Prefix = IPv4Network | IPv6Network

WIDEST_NETWORK = 8
"""Length of the widest prefix, of both families, that stands for a network."""

_NOT_GLOBAL = {
    "0.0.0.0/8": "This network",
    "10.0.0.0/8": "Private-Use",
    "100.64.0.0/10": "Shared Address Space",
    "127.0.0.0/8": "Loopback",
    "169.254.0.0/16": "Link Local",
    "172.16.0.0/12": "Private-Use",
    "192.0.0.0/24": "IETF Protocol Assignments",
    "192.0.2.0/24": "Documentation (TEST-NET-1)",
    "192.88.99.0/24": "Deprecated (6to4 Relay Anycast)",
    "192.168.0.0/16": "Private-Use",
    "198.18.0.0/15": "Benchmarking",
    "198.51.100.0/24": "Documentation (TEST-NET-2)",
    "203.0.113.0/24": "Documentation (TEST-NET-3)",
    "224.0.0.0/4": "Multicast",
    "240.0.0.0/4": "Reserved",
    "::1/128": "Loopback Address",
    "::/128": "Unspecified Address",
    "::ffff:0:0/96": "IPv4-mapped Address",
    "64:ff9b:1::/48": "IPv4-IPv6 Translation",
    "100::/64": "Discard-Only Address Block",
    "100:0:0:1::/64": "Dummy IPv6 Prefix",
    "2001::/23": "IETF Protocol Assignments",
    "2001:db8::/32": "Documentation",
    "2002::/16": "6to4",
    "3fff::/20": "Documentation",
    "5f00::/16": "Segment Routing (SRv6) SIDs",
    "fc00::/7": "Unique-Local",
    "fe80::/10": "Link-Local Unicast",
    "ff00::/8": "Multicast",
}
_GLOBAL_INSIDE = (
    "192.0.0.9/32",
    "192.0.0.10/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:20::/28",
    "2001:30::/28",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialRange:
    """A range of a special-purpose registry."""

    prefix: Prefix
    name: str


SpecialRanges = tuple[tuple[SpecialRange | None, Prefix], ...]
"""Most specific first; ``None`` marks what is globally reachable."""


@lru_cache(maxsize=1)
def special_ranges() -> SpecialRanges:
    """Return all ranges that stand here, of both families."""
    ranges: list[tuple[SpecialRange | None, Prefix]] = [
        (SpecialRange(prefix=ip_network(text), name=name), ip_network(text))
        for text, name in _NOT_GLOBAL.items()
    ]
    ranges += [(None, ip_network(text)) for text in _GLOBAL_INSIDE]
    return tuple(sorted(ranges, key=lambda pair: -pair[1].prefixlen))


def special_range(
    address: IPAddress, *, public: Iterable[Prefix] = (), ranges: SpecialRanges | None = None
) -> SpecialRange | None:
    """Return the special-purpose range that ``address`` lies in, else ``None``.

    Parameters
    ----------
    address
        The address asked about.
    public
        Ranges that count as public although a registry lists them: only a lab
        world that plays in documentation space declares any.
    ranges
        What the registries say; what stands here when ``None``.

    Examples
    --------
    >>> special_range(parse_address("192.168.1.1")).name
    'Private-Use'
    >>> special_range(parse_address("192.0.0.9")) is None
    True
    """
    if any(address in prefix for prefix in public):
        return None
    told = special_ranges() if ranges is None else ranges
    return next((found for found, prefix in told if address in prefix), None)


def is_default(prefix: Prefix) -> bool:
    """Whether a route to ``prefix`` leads everywhere: it stands for no network.

    Beside ``0.0.0.0/0`` and ``::/0`` these are what routers use in their place, such as both
    halves of a family, or ``2000::/3``. Nobody was ever given more than a /8.

    Examples
    --------
    >>> is_default(ip_network("2000::/3")), is_default(ip_network("9.0.0.0/8"))
    (True, False)
    """
    return prefix.prefixlen < WIDEST_NETWORK


def parse_address(text: str) -> IPAddress:
    """Read an IPv4 or IPv6 address.

    Raises
    ------
    InputError
        When ``text`` is neither.
    """
    try:
        return ip_address(text.strip())
    except ValueError as error:
        raise InputError(f"{text!r} is not an IPv4 or IPv6 address") from error
