"""The table of a made Internet's collector, as MRT (TABLE_DUMP_V2, RFC 6396 section 4.3).

One record a prefix, one entry in it for each peer that tells of it. Prefixes of one network
are told in a few ways (:data:`WAYS`): plainly, with prepending, with communities; such a
way is put into octets once and written wherever it is due.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import IPv6Address
from struct import pack

import numpy as np

from mxpath.lab.internet import AS_OF, FAMILIES, Internet, told_by
from mxpath.lab.internet_addresses import BITS, NOBODY
from mxpath.lab.internet_networks import Ints, drawn, generator

WAYS = 6
"""In how many ways a network tells of its prefixes: 0 is plain."""
_WAY_WEIGHTS = np.array([0.55, 0.15, 0.12, 0.08, 0.06, 0.04])
_PREPENDED = (0, 0, 0, 1, 2, 0)
"""How often the origin repeats its number, by way."""
_TIME = int(datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC).timestamp())
_RECORD, _PEER_INDEX, _SUBTYPES = 13, 1, {4: 2, 6: 4}
_COLLECTOR_ID = 0x01000001
_MED, _COMMUNITIES, _LARGE = 4, 8, 32


def records(internet: Internet) -> Iterator[bytes]:
    """Yield the table record by record: the index of peers, then IPv4, then IPv6."""
    yield _record(_PEER_INDEX, _index(internet))
    number = 0
    for version in FAMILIES:
        table = _Entries(internet, version)
        for body in table.bodies(number):
            yield _record(_SUBTYPES[version], body)
        number += len(internet.announced[version])


def _record(subtype: int, body: bytes) -> bytes:
    return pack(">IHHI", _TIME, _RECORD, subtype, len(body)) + body


def _index(internet: Internet) -> bytes:
    """PEER_INDEX_TABLE: every peer with its IPv4, then every one with its IPv6 session."""
    name = internet.publisher.encode()
    parts = [pack(">IH", _COLLECTOR_ID, len(name)), name, pack(">H", 2 * len(internet.routes))]
    for version in FAMILIES:
        for place, routes in enumerate(internet.routes):
            asn = int(internet.networks.asns[routes.peer])
            kind = 2 | (version == 6)
            parts.append(pack(">BI", kind, asn) + _address(version, place) + pack(">I", asn))
    return b"".join(parts)


def _address(version: int, place: int) -> bytes:
    """Address of a peer in the collector's own LAN, of which no data set tells."""
    if version == 4:
        return pack(">I", (193 << 24) + (0xFFFF << 8) + place + 1)
    return (IPv6Address("2001:7f8:ffff::") + place + 1).packed


def ways_of(internet: Internet, version: int) -> Ints:
    """Return in which way each prefix is told of, shape (prefixes,)."""
    count = len(internet.announced[version])
    return drawn(generator(internet.seed, f"ways {version}"), _WAY_WEIGHTS, count)


class _Entries:
    """Entries of one family."""

    def __init__(self, internet: Internet, version: int) -> None:
        self._internet, self._version = internet, version
        self._told = told_by(internet, version)
        asns = internet.networks.asns.astype(">u4")
        self._asns = asns.tolist()
        # Paths as octets, one row of fixed width a destination: a path is a slice of it.
        self._paths = [
            (asns[routes.paths].tobytes(), 4 * routes.paths.shape[1], routes.hops.tolist())
            for routes in internet.routes
        ]
        self._hops = [self._next_hop(place) for place in range(len(internet.routes))]
        self._known: dict[tuple[int, ...], bytes] = {}

    def bodies(self, number: int) -> Iterator[bytes]:
        """Yield the body of each prefix's record, numbered from ``number``."""
        announced = self._internet.announced[self._version]
        seconds = np.where(announced.sets, announced.seconds, NOBODY)
        plain = (announced.seconds == NOBODY).tolist()
        columns = (
            announced.starts.tolist(),
            announced.lengths.tolist(),
            announced.origins.tolist(),
            ways_of(self._internet, self._version).tolist(),
        )
        octets = BITS[self._version] // 8
        for row, (start, length, origin, way) in enumerate(zip(*columns, strict=True)):
            if plain[row]:
                key = (origin, way)
                entries = self._known.get(key) or self._plain(key)
            else:
                entries = self._entries(self._told[:, row].tolist(), way, int(seconds[row]))
            kept = (length + 7) // 8
            prefix = start.to_bytes(octets)[:kept]
            yield b"%b%c%b%b" % (pack(">I", number + row), length, prefix, entries)

    def _plain(self, key: tuple[int, int]) -> bytes:
        """Entries of a network's prefixes that it alone announces, the same for all of them."""
        origin, way = key
        told = [origin] * len(self._paths)
        if self._internet.routes[-1].kinds[origin]:
            told[-1] = NOBODY
        found = self._known[key] = self._entries(told, way, NOBODY)
        return found

    def _entries(self, told: list[int], way: int, joined: int) -> bytes:
        """Count and entries; with ``joined`` the path ends in a set of it and the origin."""
        parts = []
        first = 0 if self._version == 4 else len(self._paths)
        for place, origin in enumerate(told):
            if origin == NOBODY:
                continue
            found = self._attributes(place, origin, way, joined)
            # A few days old, each way and peer another.
            age_s = 60 * (origin % 9973) + 3600 * way + 17 * place
            parts.append(pack(">HIH", first + place, _TIME - age_s, len(found)) + found)
        return pack(">H", len(parts)) + b"".join(parts)

    def _attributes(self, place: int, origin: int, way: int, joined: int) -> bytes:
        octets, width, hops = self._paths[place]
        asn, count = self._asns[origin], hops[origin] + _PREPENDED[way]
        path = octets[origin * width : origin * width + 4 * hops[origin]]
        path += pack(">I", asn) * _PREPENDED[way]
        if joined != NOBODY:
            count -= 1
            members = sorted((asn, self._asns[joined]))
            path = path[:-4] + pack(">BBII", 1, 2, *members)
        if count:
            path = pack(">BB", 2, count) + path
        parts = [b"\x40\x01\x01\x00", pack(">BBB", 0x40, 2, len(path)) + path, self._hops[place]]
        if way == 1:
            parts.append(pack(">BBBI", 0x80, _MED, 4, 10 * (origin % 50)))
        if way in (2, 4):
            parts.append(pack(">BBBHH", 0xC0, _COMMUNITIES, 4, 65535, 100 * place + way))
        if way in (4, 5):
            parts.append(pack(">BBBIII", 0xC0, _LARGE, 12, asn, place, way))
        return b"".join(parts)

    def _next_hop(self, place: int) -> bytes:
        address = _address(self._version, place)
        if self._version == 4:
            return pack(">BBB", 0x40, 3, 4) + address
        # In a table MP_REACH_NLRI is a length and a next hop (RFC 6396 section 4.3.4).
        return pack(">BBBB", 0x80, 14, 17, 16) + address
