"""Fields of warts records: numbers, texts, addresses, and parameters that flags announce.

Source: warts(5), "Flags and parameters", "Addresses", "Embedding other types". All numbers are in
network byte order. A parameter that is not known here ends the reading of its set: the set's
length says where to go on, so that files of newer versions are read as far as they are known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Any, NoReturn

from mxpath.errors import ParseError
from mxpath.model.address import IPAddress
from mxpath.model.probe import MplsLabel

_MORE = 0x80
"""Bit of a flag octet: another one follows."""
MAX_FLAG_OCTETS = 16
_SIZES = {1: 4, 2: 16, 3: 6, 4: 8}
"""Octets of an address by type: IPv4, IPv6, Ethernet, FireWire."""
_MPLS = (1, 1)
"""Class and type of an incoming MPLS label stack (RFC 4950)."""

Address = IPAddress | None
"""``None``: an address of a link layer."""


@dataclass(slots=True)
class Cursor:
    """A place in the octets of a file, and how far it may go."""

    content: bytes
    source: str
    offset: int
    end: int
    shared: Sequence[Address] = ()
    """Addresses by number that records of their own have defined (deprecated)."""
    own: list[Address] = field(default_factory=list)
    """Addresses that this record has defined so far."""

    def fail(self, words: str) -> NoReturn:
        """Raise the ParseError that something is wrong here."""
        raise ParseError(f"byte {self.offset}: {words}", source=self.source)

    def take(self, size: int) -> bytes:
        """Return the next octets."""
        if size > self.end - self.offset:
            self.fail(f"ends within a field of {size} bytes")
        taken = self.content[self.offset : self.offset + size]
        self.offset += size
        return taken

    def number(self, size: int) -> int:
        """Return a number of so many octets."""
        return int.from_bytes(self.take(size))

    def octet(self) -> int:
        """Return a number of 8 bits."""
        return self.number(1)

    def word(self) -> int:
        """Return a number of 16 bits."""
        return self.number(2)

    def long(self) -> int:
        """Return a number of 32 bits."""
        return self.number(4)

    def stamp(self) -> int:
        """Return a moment in ns since 1970."""
        seconds, micros = self.long(), self.long()
        return seconds * 10**9 + min(micros, 10**6) * 1000

    def rtt(self) -> int:
        """Return a round-trip time in ns."""
        return self.long() * 1000

    def text(self) -> bytes:
        """Return a text that ends in a zero octet."""
        stop = self.content.find(b"\0", self.offset, self.end)
        if stop < 0:
            self.fail("a text without end")
        return self.take(stop - self.offset + 1)[:-1]

    def shared_address(self) -> Address:
        """Return an address by its number in the file."""
        number = self.long()
        if not 1 <= number <= len(self.shared):
            self.fail(f"address {number} is not defined")
        return self.shared[number - 1]

    def address(self) -> Address:
        """Return an address that is defined here, or by its number in this record."""
        size = self.octet()
        if size:
            self.own.append(self.plain_address(size))
            return self.own[-1]
        number = self.long()
        if number >= len(self.own):
            self.fail(f"address {number} of this record is not defined")
        return self.own[number]

    def plain_address(self, size: int) -> Address:
        """Return an address that begins with its type."""
        kind = self.octet()
        if _SIZES.get(kind) != size:
            self.fail(f"an address of type {kind} and {size} bytes")
        packed = self.take(size)
        if kind == 1:
            return IPv4Address(packed)
        if kind != 2:
            return None
        address = IPv6Address(packed)
        return address.ipv4_mapped or address

    def labels(self) -> tuple[MplsLabel, ...]:
        """Return the label stacks of a set of ICMP extensions (RFC 4884)."""
        stop = self.word() + self.offset
        if stop > self.end:
            self.fail("ICMP extensions longer than their record")
        found: list[MplsLabel] = []
        while self.offset < stop:
            size, kind = self.word(), (self.octet(), self.octet())
            data = self.take(size)
            if kind == _MPLS:
                found += [label(data[n : n + 4]) for n in range(0, size - 3, 4)]
        return tuple(found)

    def parameters(self, known: Mapping[int, Callable[["Cursor"], Any]]) -> dict[int, Any]:
        """Return the values of a set of parameters by number, from 1."""
        flags = self._flags()
        if not flags:
            return {}
        stop = self.word() + self.offset
        if stop > self.end:
            self.fail("parameters longer than their record")
        inside = Cursor(self.content, self.source, self.offset, stop, self.shared, self.own)
        values: dict[int, Any] = {}
        for number in flags:
            if number not in known:
                break
            values[number] = known[number](inside)
        self.offset = stop
        return values

    def _flags(self) -> list[int]:
        octets = [self.octet()]
        while octets[-1] & _MORE:
            if len(octets) == MAX_FLAG_OCTETS:
                self.fail(f"more than {MAX_FLAG_OCTETS} bytes of flags")
            octets.append(self.octet())
        places = ((place, bit) for place in range(len(octets)) for bit in range(7))
        return [7 * place + bit + 1 for place, bit in places if octets[place] >> bit & 1]


def label(entry: bytes) -> MplsLabel:
    """Decode a label stack entry of four octets (RFC 3032)."""
    number = int.from_bytes(entry)
    return MplsLabel(
        label=number >> 12,
        traffic_class=number >> 9 & 7,
        bottom=bool(number >> 8 & 1),
        ttl=number & 0xFF,
    )
