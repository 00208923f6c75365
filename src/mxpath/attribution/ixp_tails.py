"""Tails of addresses in LANs of exchange points: member ports by the hundred thousand.

The law is that of ``attribute``: a port before a LAN, the first snapshot that knows an address
tells, and of a port the member's organisation and the country of its AS number are told.
What members and exchange points have in common is put into octets once for each.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

import numpy as np

from mxpath.attribution.given_classes import Given
from mxpath.attribution.organisation import organisation_of
from mxpath.attribution.tails import json_text, line, prefix_text
from mxpath.gazetteer.exchange_table import Exchanges
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.documents import Attributed
from mxpath.model.snapshot import SnapshotRef
from mxpath.tables.prefix_arrays import Halves, Ranges, cut
from mxpath.tables.prefixes import BITS, Keys

_OPEN = (
    '"ix_id":null,"ix_name":null,"prefix":null,"networks":[],"rpki":null,'
    '"organisation":null,"country":null'
)
_NO_MEMBER = '[],"rpki":null,"organisation":null,"country":null'


class IxpTails:
    """The LANs and ports of one address family."""

    def __init__(self, gazetteer: Gazetteer, version: int) -> None:
        self._gazetteer, self._version = gazetteer, version
        self._parts = [
            _Part(exchanges, snapshot) for exchanges, snapshot in gazetteer.exchange_tables
        ]
        self._members: dict[int, str] = {}
        self.table = cut(_ranges([part.exchanges for part in self._parts], version))
        """A piece for each port and for what of a LAN lies between two."""

    def tail(self, piece: int, _given: Given | None) -> bytes:
        """Return the tail of a piece, which is a port or lies in a LAN."""
        number = self.table.pieces[piece]
        address = IPv4Address(number) if self._version == 4 else IPv6Address(number)
        lan = next(
            (found for part in self._parts if (found := part.lan(number, self._version))), None
        )
        for part in self._parts:
            port = part.exchanges.ports.get(address)
            if port is not None:
                ix_id, asn = port
                return part.tail(ix_id, lan[2] if lan else "null", self._member(asn))
        assert lan is not None
        part, ix_id, prefix = lan
        return part.tail(ix_id, prefix, _NO_MEMBER)

    def _member(self, asn: int) -> str:
        """Network, organisation and country of a member."""
        found = self._members.get(asn)
        if found is None:
            held = organisation_of([asn], self._gazetteer)
            row = held[0] if held is not None else None
            name = json_text((row.name or row.org_id) if row is not None else None)
            country = json_text(row.country if row is not None else None)
            given = self._gazetteer.delegation_of(asn)
            if given is not None and given[0].country is not None:
                country = json_text(given[0].country)
            network = f'[{{"asn":{asn},"name":{json_text(self._gazetteer.name(asn))}}}]'
            told = f'"organisation":{name},"country":{country}'
            found = self._members[asn] = f'{network},"rpki":null,{told}'
        return found


class _Part:
    """The exchange points of one snapshot."""

    def __init__(self, exchanges: Exchanges, snapshot: SnapshotRef) -> None:
        self.exchanges = exchanges
        answer = Attributed(address="?", source=snapshot.name, as_of=snapshot.as_of)
        self._front, _, self._rest = line(answer).decode().partition("?")[2].partition(_OPEN)
        self._names: dict[int, str] = {}

    def lan(self, number: int, version: int) -> "tuple[_Part, int, str] | None":
        """Return the exchange point and the LAN around an address, with this snapshot."""
        found = self.exchanges.lans[version == 6].match(number)
        if found is None:
            return None
        start, length, ix_ids = found
        return self, ix_ids[0], f'"{prefix_text(start, length, version)}"'

    def tail(self, ix_id: int, prefix: str, member: str) -> bytes:
        """Put a tail together."""
        name = self._names.get(ix_id)
        if name is None:
            name = self._names[ix_id] = json_text(self.exchanges.points[ix_id].name)
        told = f'"ix_id":{ix_id},"ix_name":{name},"prefix":{prefix},"networks":{member}'
        return f"{self._front}{told}{self._rest}".encode()


def _ranges(parts: list[Exchanges], version: int) -> Ranges:
    """All LANs and ports; whose they are is asked for later."""
    starts = list(_starts(parts, version))
    lengths = [
        *(np.frombuffer(part.lans[version == 6].lengths, dtype=np.uint8) for part in parts),
        *(np.full(len(_ports(part, version)), BITS[version], dtype=np.uint8) for part in parts),
    ]
    ends = [
        *(_halves(part.lans[version == 6].ends, version) for part in parts),
        *starts[len(parts) :],
    ]
    count = sum(map(len, lengths))
    return Ranges(
        version=version,
        starts=_joined(starts),
        ends=_joined(ends),
        lengths=np.concatenate([np.empty(0, dtype=np.uint8), *lengths]),
        sets=np.zeros(count, dtype=np.uint32),
        origins=((1,),),
    )


def _starts(parts: list[Exchanges], version: int) -> Iterator[Halves]:
    for part in parts:
        yield _halves(part.lans[version == 6].starts, version)
    for part in parts:
        yield _halves(_ports(part, version), version)


def _ports(part: Exchanges, version: int) -> Keys:
    return part.port_addresses.v4 if version == 4 else part.port_addresses.v6


def _halves(numbers: Keys, version: int) -> Halves:
    if version == 4:
        only = np.frombuffer(numbers.high, dtype=np.uint32).astype(np.uint64)
        return Halves(high=np.zeros_like(only), low=only)
    high, low = (np.frombuffer(half, dtype=np.uint64) for half in (numbers.high, numbers.low))
    return Halves(high=high, low=low)


def _joined(parts: list[Halves]) -> Halves:
    nothing = np.empty(0, dtype=np.uint64)
    return Halves(
        high=np.concatenate([nothing, *(part.high for part in parts)]),
        low=np.concatenate([nothing, *(part.low for part in parts)]),
    )
