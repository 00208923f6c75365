"""What a router adds to its ICMP errors: label stacks and interfaces (RFC 4884, 4950, 5837).

The law
-------
1. A message says in its length field where its quote ends and the extensions begin: IPv4 in words
   of four octets (RFC 792 types 3, 11 and 12), ICMPv6 of eight (RFC 4443 types 1 and 3).
2. Routers older than RFC 4884 leave that field empty and put their extensions behind 128 octets
   of quote. There nothing but a right checksum tells them from the rest of the quote, so that one
   must be there; a compliant message may leave it out (RFC 4884 section 7).
3. Reading never raises. An object that does not fit ends the reading, one of an unknown class or
   with a field missing is passed over; what was read before stays.
"""

import struct
from collections.abc import Iterator

from mxpath.model.address import IPAddress
from mxpath.model.probe import InterfaceInfo, InterfaceRole, MplsLabel
from mxpath.vantage.ip_headers import address, checksum

_HEADER = 8
"""Octets of an ICMP error before its quote."""
_LEAST_QUOTE = 128
_TYPES = {4: (3, 11, 12), 6: (1, 3)}
_LENGTH_AT, _UNIT = {4: 5, 6: 4}, {4: 4, 6: 8}
_VERSION = 2
_MPLS, _INTERFACE = 1, 2
_OBJECT = struct.Struct("!HBB")
_LONG = struct.Struct("!I")
_MOST = 32
"""Labels, and interfaces, that are read of one message: no router has more to say."""
_LONGEST_NAME = 64
"""Octets of an interface's name with the one that says so (RFC 5837 section 4.3)."""
_ROLES = tuple(InterfaceRole)
"""In the order of their numbers (RFC 5837 section 4.1)."""


def extensions_at(message: bytes, version: int) -> int | None:
    """Offset of the extension header in an ICMP error; ``None`` where there is none.

    Parameters
    ----------
    message
        From the ICMP type on.
    version
        4 or 6.
    """
    size = len(message)
    if size < _HEADER + 8 or message[0] not in _TYPES[version]:
        return None
    said = message[_LENGTH_AT[version]] * _UNIT[version]
    if said and _is_header(message, _HEADER + said, summed=said < _LEAST_QUOTE):
        return _HEADER + said
    tradition = _HEADER + _LEAST_QUOTE
    return tradition if _is_header(message, tradition, summed=True) else None


def _is_header(message: bytes, at: int, *, summed: bool) -> bool:
    """Whether extensions with a right checksum, or unless ``summed`` with none, begin there."""
    if len(message) < at + 8 or message[at] >> 4 != _VERSION:
        return False
    if message[at + 2 : at + 4] == b"\0\0":
        return not summed
    return checksum(message[at:]) == 0


def labels(message: bytes, at: int) -> tuple[MplsLabel, ...]:
    """Return the label stack with which the expired packet arrived (RFC 4950), outermost first."""
    found = (
        _label(body, start)
        for kind, subtype, body in _objects(message, at)
        if (kind, subtype) == (_MPLS, 1)
        for start in range(0, len(body) - 3, 4)
    )
    return tuple(label for _, label in zip(range(_MOST), found, strict=False))


def interfaces(message: bytes, at: int) -> tuple[InterfaceInfo, ...]:
    """Return what the router says of its interfaces (RFC 5837)."""
    found = (
        _interface(subtype, body)
        for kind, subtype, body in _objects(message, at)
        if kind == _INTERFACE
    )
    whole = (each for each in found if each is not None)
    return tuple(each for _, each in zip(range(_MOST), whole, strict=False))


def _objects(message: bytes, at: int) -> Iterator[tuple[int, int, bytes]]:
    """Class, sub-type and payload of each object."""
    at += 4
    while at + 4 <= len(message):
        length, kind, subtype = _OBJECT.unpack_from(message, at)
        if length < 4 or at + length > len(message):
            return
        yield kind, subtype, message[at + 4 : at + length]
        at += length


def _label(body: bytes, at: int) -> MplsLabel:
    word = _LONG.unpack_from(body, at)[0]
    return MplsLabel(
        label=word >> 12,
        traffic_class=word >> 9 & 7,
        bottom=bool(word >> 8 & 1),
        ttl=word & 0xFF,
    )


def _interface(subtype: int, body: bytes) -> InterfaceInfo | None:
    """Read index, address, name and MTU, each where the sub-type says that it is there."""
    fields = _Fields(body)
    try:
        index = fields.number() if subtype & 8 else None
        home = fields.address() if subtype & 4 else None
        name = fields.name() if subtype & 2 else None
        mtu = fields.number() if subtype & 1 else None
    except (struct.error, ValueError):
        return None
    return InterfaceInfo(role=_ROLES[subtype >> 6], index=index, address=home, name=name, mtu=mtu)


class _Fields:
    """Reads one field after the other; raises ValueError or struct.error where one is not whole."""

    def __init__(self, body: bytes) -> None:
        self._rest = body

    def _take(self, length: int) -> bytes:
        if length > len(self._rest):
            raise ValueError
        taken, self._rest = self._rest[:length], self._rest[length:]
        return taken

    def number(self) -> int:
        """Four octets."""
        found: int = _LONG.unpack(self._take(4))[0]
        return found

    def address(self) -> IPAddress:
        """Address family, two octets of nothing, and the address."""
        family = self.number() >> 16
        return address(self._take({1: 4, 2: 16}.get(family, len(self._rest) + 1)))

    def name(self) -> str | None:
        """A length that counts itself, and UTF-8 padded with zeros."""
        length = self._take(1)[0]
        if not 1 <= length <= _LONGEST_NAME:
            raise ValueError
        return self._take(length - 1).rstrip(b"\0").decode(errors="replace") or None
