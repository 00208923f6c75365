"""One stretch of a stream while it is read: what the decoders found, and how it becomes a batch."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mxpath.datasets.mrt_attributes import Attributes, Blocks
from mxpath.datasets.mrt_batches import (
    BGP4MP_ET,
    Batch,
    Peers,
    Prefixes,
    Records,
    RouteKind,
    Routes,
    States,
)
from mxpath.datasets.mrt_framing import HEADER_BYTES, Frames
from mxpath.datasets.mrt_octets import Flags, Ints, Octets, strides
from mxpath.datasets.snapshot import Tally

_BITS = {4: 32, 6: 128}
BIT_MASKS = np.packbits(np.tri(129, 128, -1, dtype=np.uint8), axis=1)
"""Which bits a prefix of each length keeps, shape (129, 16)."""
_NONE = np.zeros(0, np.int64)
DAMAGED_BLOCK = "attributes that do not fill their block"


class Peer(NamedTuple):
    """A peer, or a session with one: a row of :class:`Peers`."""

    asn: int
    version: int
    address: bytes
    bgp_id: int = 0
    local_asn: int = 0
    local_address: bytes = b""
    interface: int = 0


class Found(NamedTuple):
    """Routes of one kind that a decoder found, shape (n,) each."""

    kind: RouteKind
    records: Ints
    peers: Ints
    prefixes: Ints
    """Numbers that :meth:`Stretch.add_prefixes` gave."""
    blocks: Ints
    path_ids: NDArray[np.uint32]
    originated_s: NDArray[np.uint32] | None = None
    by_reach: bool = False


class Stretch:
    """The records of one buffer, and what has been found in them so far."""

    def __init__(self, frames: Frames, tally: Tally) -> None:
        self.frames, self.tally = frames, tally
        self.octets = frames.octets
        self.bodies = frames.at + HEADER_BYTES
        self.blocks = Blocks(self.octets)
        self.peers: list[Peer] = []
        self.sessions: dict[tuple[int, bytes], int] = {}
        self.states: list[tuple[Ints, Ints, Ints, Ints]] = []
        self.damaged: dict[int, str] = {}
        self._kinds = frozenset(np.unique(frames.kinds).tolist())
        self._found: list[Found] = []
        self._prefixes: list[tuple[NDArray[np.uint8], NDArray[np.uint8], Flags]] = []
        self._versions: list[NDArray[np.uint8]] = []
        self._prefix_count = 0

    def records_of(self, kinds: Iterable[int]) -> Ints:
        """Return the records of these types and subtypes (``type << 16 | subtype``)."""
        here = [kind for kind in kinds if kind in self._kinds]
        found = np.zeros(len(self.frames), np.bool_)
        for kind in here:
            found |= self.frames.kinds == kind
        return np.flatnonzero(found) if here else _NONE

    def other_than(self, kinds: frozenset[int]) -> Ints:
        """Return the records of all other types."""
        return self.records_of(self._kinds - kinds)

    def damage(self, records: Ints, why: str) -> None:
        """Remember records that are not what they say they are."""
        for record in records.tolist():
            self.damaged.setdefault(record, why)

    def damage_entries(self, broken: Flags) -> None:
        """Remember the records of table entries whose attribute blocks are broken."""
        for part in self._found:
            if part.kind is RouteKind.ENTRY:
                self.damage(np.unique(part.records[broken[part.blocks]]), DAMAGED_BLOCK)

    def skip(self, reason: str, times: int) -> None:
        """Count what was readable but of no use."""
        for _ in range(times):
            self.tally.skip(reason)

    def add(self, found: Found) -> None:
        """Take routes into the batch."""
        if len(found.records):
            self._found.append(found)

    def add_prefixes(
        self, octets: Octets, at: Ints, lengths: Ints, versions: Ints, multicast: Flags
    ) -> Ints:
        """Read prefixes whose octets begin at these places, and return their numbers."""
        masks = BIT_MASKS[np.minimum(lengths, 128)]
        addresses = octets.sixteen(at) & masks
        self._prefixes.append((lengths.astype(np.uint8), addresses, multicast))
        self._versions.append(versions.astype(np.uint8))
        first = self._prefix_count
        self._prefix_count += len(at)
        return np.arange(first, self._prefix_count)

    def batch(self, kept: Flags) -> Batch:
        """Build the columns of the records that are kept; call after all decoders."""
        return Batch(
            records=self._records(),
            routes=self._routes(kept),
            states=self._states(kept),
            peers=_peers(self.peers),
            prefixes=self._prefix_columns(),
            attributes=self.attributes,
        )

    attributes: Attributes
    """Set by the one who has read ``blocks``."""

    def _records(self) -> Records:
        frames = self.frames
        types = (frames.kinds >> 16).astype(np.uint16)
        stamps = self.octets.u32(self.bodies)
        return Records(
            offsets=frames.base + frames.at,
            times_s=frames.times_s,
            microseconds=np.where(types == BGP4MP_ET, stamps, np.uint32(0)),
            types=types,
            subtypes=(frames.kinds & 0xFFFF).astype(np.uint16),
        )

    def _routes(self, kept: Flags) -> Routes:
        parts = self._found
        records = _joined([part.records for part in parts])
        order = np.flatnonzero(kept[records])
        if len(parts) > 1:
            # Within a message: withdrawn before announced, plain before multiprotocol ones.
            ranks = [np.full(len(part.records), 2 * part.kind + part.by_reach) for part in parts]
            keys = records[order] * 8 + _joined(ranks)[order]
            order = order[np.argsort(keys, kind="stable")]
        nothing = np.zeros(0, np.uint32)
        stamps = [
            np.zeros(len(part.records), np.uint32) if part.originated_s is None
            else part.originated_s
            for part in parts
        ]  # fmt: skip
        kinds = [np.full(len(part.records), part.kind) for part in parts]
        return Routes(
            kinds=_joined(kinds)[order].astype(np.uint8),
            records=records[order],
            peers=_joined([part.peers for part in parts])[order],
            prefixes=_joined([part.prefixes for part in parts])[order],
            attributes=_joined([part.blocks for part in parts])[order],
            path_ids=np.concatenate([nothing, *(part.path_ids for part in parts)])[order],
            originated_s=np.concatenate([nothing, *stamps])[order],
            by_reach=_joined([np.full(len(p.records), p.by_reach) for p in parts])[order] > 0,
        )

    def _states(self, kept: Flags) -> States:
        columns = [_joined([part[at] for part in self.states]) for at in range(4)]
        order = np.flatnonzero(kept[columns[0]])
        order = order[np.argsort(columns[0][order], kind="stable")]
        records, peers, before, after = (column[order] for column in columns)
        return States(
            records=records,
            peers=peers,
            before=before.astype(np.uint16),
            after=after.astype(np.uint16),
        )

    def _prefix_columns(self) -> Prefixes:
        octet = np.zeros(0, np.uint8)
        return Prefixes(
            versions=np.concatenate([octet, *self._versions]),
            lengths=np.concatenate([octet, *(part[0] for part in self._prefixes)]),
            addresses=np.concatenate(
                [np.zeros((0, 16), np.uint8), *(part[1] for part in self._prefixes)]
            ),
            multicast=_joined([part[2] for part in self._prefixes]) > 0,
        )


def walk_prefixes(
    octets: Octets, first: Ints, last: Ints, versions: Ints, *, add_path: bool
) -> tuple[Ints, Ints, Ints, Flags]:
    """Walk lists of prefixes as messages hold them (RFC 4271 section 4.3, RFC 7911 section 3).

    Returns
    -------
    counts, at, lengths, broken
        How many prefixes each list has; where the octets of each begin; their
        lengths in bits; and which lists run over their end or hold a longer
        prefix than their family has bits.
    """
    head = 4 if add_path else 0

    def after(at: Ints) -> Ints:
        return at + head + 1 + (octets.u8(at + head) + 7) // 8

    counts, at, broken = strides(first, last, after)
    at = at + head + 1
    lengths = octets.u8(at - 1)
    long = lengths > np.repeat(np.where(versions == 4, 32, 128), counts)
    broken[np.repeat(np.arange(len(counts)), counts)[long]] = True
    return counts, at, lengths, broken


def _joined(parts: Iterable[NDArray[np.generic]]) -> Ints:
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _addresses(addresses: Iterable[bytes]) -> NDArray[np.uint8]:
    joined = b"".join(address.ljust(16, b"\0") for address in addresses)
    return np.frombuffer(joined, np.uint8).reshape(-1, 16)


def _peers(peers: list[Peer]) -> Peers:
    return Peers(
        asns=np.array([peer.asn for peer in peers], np.uint32),
        versions=np.array([peer.version for peer in peers], np.uint8),
        addresses=_addresses(peer.address for peer in peers),
        bgp_ids=np.array([peer.bgp_id for peer in peers], np.uint32),
        local_asns=np.array([peer.local_asn for peer in peers], np.uint32),
        local_addresses=_addresses(peer.local_address for peer in peers),
        interfaces=np.array([peer.interface for peer in peers], np.uint16),
    )
