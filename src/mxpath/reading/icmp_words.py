"""ICMP errors in words: every code of RFC 792, 1122, 1812 and 4443, and who may have sent them."""

from mxpath.model.probe import Reply

_UNREACHABLE_4 = {
    0: "network unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    4: "fragmentation needed",
    5: "source route failed",
    6: "destination network unknown",
    7: "destination host unknown",
    8: "source host isolated",
    9: "network administratively prohibited",
    10: "host administratively prohibited",
    11: "network unreachable for this type of service",
    12: "host unreachable for this type of service",
    13: "communication administratively filtered",
    14: "host precedence violation",
    15: "precedence cutoff in effect",
}
"""Type 3: RFC 792 (0 to 5), RFC 1122 section 3.2.2.1 (6 to 12), RFC 1812 section 5.2.7.1 (13 to 15)."""
_UNREACHABLE_6 = {
    0: "no route to destination",
    1: "communication administratively prohibited",
    2: "beyond scope of source address",
    3: "address unreachable",
    4: "port unreachable",
    5: "source address failed ingress or egress policy",
    6: "route to destination rejected",
    7: "error in source routing header",
    8: "headers too long",
}
"""Type 1: RFC 4443 section 3.1; 7 RFC 6550, 8 RFC 8883."""
_EXCEEDED = {0: "time to live exceeded in transit", 1: "fragment reassembly time exceeded"}
_PARAMETER_4 = {0: "pointer tells the error", 1: "required option missing", 2: "bad length"}
_PARAMETER_6 = {
    0: "erroneous header field",
    1: "unrecognised next header",
    2: "unrecognised IPv6 option",
}
_REDIRECT = {
    0: "for the network",
    1: "for the host",
    2: "for this type of service and network",
    3: "for this type of service and host",
}
_TYPES: dict[int, dict[int, tuple[str, dict[int, str]]]] = {
    4: {
        3: ("destination unreachable", _UNREACHABLE_4),
        4: ("source quench", {}),
        5: ("redirect", _REDIRECT),
        11: ("time exceeded", _EXCEEDED),
        12: ("parameter problem", _PARAMETER_4),
    },
    6: {
        1: ("destination unreachable", _UNREACHABLE_6),
        2: ("packet too big", {}),
        3: ("time exceeded", _EXCEEDED),
        4: ("parameter problem", _PARAMETER_6),
    },
}
_FORBIDDEN = {4: {9, 10, 13}, 6: {1, 5, 6}}
"""Codes of "destination unreachable" that say that somebody does not want it."""
_UNREACHABLE = {4: 3, 6: 1}


def icmp_words(version: int, icmp_type: int, code: int | None) -> str:
    """Say what an ICMP error of that type and code means; ``version`` is 4 or 6.

    Examples
    --------
    >>> icmp_words(4, 3, 13)
    'communication administratively filtered (type 3 code 13)'
    >>> icmp_words(6, 1, 77)
    'destination unreachable (type 1 code 77)'
    """
    name, codes = _TYPES[version].get(icmp_type, ("ICMP error", {}))
    numbers = f"type {icmp_type}" + ("" if code is None else f" code {code}")
    return f"{name if code is None else codes.get(code, name)} ({numbers})"


def is_forbidden(reply: Reply) -> bool:
    """Whether a reply says that somebody does not want this packet to pass."""
    version = reply.responder.version
    return reply.icmp_type == _UNREACHABLE[version] and reply.icmp_code in _FORBIDDEN[version]
