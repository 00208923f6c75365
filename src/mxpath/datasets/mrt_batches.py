"""What an MRT stream says, as columns: some ten thousand routes a batch.

A batch has one row a *route*: a prefix that a peer has in its table, announced
or withdrew. What many routes share lies in tables of its own, and the row holds
its number there: peers, prefixes, attribute blocks, records.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from mxpath.datasets.mrt_attributes import NEXT_HOP, Attributes
from mxpath.datasets.mrt_octets import Flags, Ints

TABLE_DUMP, TABLE_DUMP_V2, BGP4MP, BGP4MP_ET = 12, 13, 16, 17


class RouteKind(IntEnum):
    """What is said of a route."""

    ENTRY = 0
    """It stands in a table."""
    WITHDRAWN = 1
    ANNOUNCED = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Peers:
    """Who told the collector, shape (n,) each."""

    asns: NDArray[np.uint32]
    versions: NDArray[np.uint8]
    """Address family of the session, 4 or 6."""
    addresses: NDArray[np.uint8]
    """Packed, an IPv4 one in the first four octets, shape (n, 16)."""
    bgp_ids: NDArray[np.uint32]
    """BGP identifier; 0 where the record has none."""
    local_asns: NDArray[np.uint32]
    """The collector's own AS; 0 where the record has none."""
    local_addresses: NDArray[np.uint8]
    """The collector's own address, as in ``addresses``; zeros where the record has none."""
    interfaces: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.asns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prefixes:
    """Prefixes, bits behind their length cleared, shape (n,) each."""

    versions: NDArray[np.uint8]
    lengths: NDArray[np.uint8]
    addresses: NDArray[np.uint8]
    """Packed, an IPv4 one in the first four octets, shape (n, 16)."""
    multicast: Flags
    """Told for multicast (SAFI 2) instead of unicast."""

    def __len__(self) -> int:
        return len(self.lengths)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Records:
    """Headers of the stretch's records, of all types, shape (n,) each."""

    offsets: Ints
    """Where in the unpacked stream the record begins, in octets."""
    times_s: NDArray[np.uint32]
    """Seconds since 1970."""
    microseconds: NDArray[np.uint32]
    """Beside the seconds, in BGP4MP_ET."""
    types: NDArray[np.uint16]
    subtypes: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.offsets)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Routes:
    """One row a route, in the order of the stream, shape (n,) each."""

    kinds: NDArray[np.uint8]
    """A :class:`RouteKind`."""
    records: Ints
    peers: Ints
    prefixes: Ints
    attributes: Ints
    """Row in the attribute columns; -1 for a withdrawn route."""
    path_ids: NDArray[np.uint32]
    """Path identifier (RFC 7911); 0 where the record has none."""
    originated_s: NDArray[np.uint32]
    """When a table's entry came, in seconds since 1970; 0 in messages."""
    by_reach: Flags
    """The prefix came in MP_REACH_NLRI or MP_UNREACH_NLRI."""

    def __len__(self) -> int:
        return len(self.kinds)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class States:
    """Changes of sessions' states (RFC 6396 section 4.4.1), shape (n,) each."""

    records: Ints
    peers: Ints
    before: NDArray[np.uint16]
    after: NDArray[np.uint16]
    """1 Idle, 2 Connect, 3 Active, 4 OpenSent, 5 OpenConfirm, 6 Established."""

    def __len__(self) -> int:
        return len(self.records)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NextHops:
    """Next hops of a batch's routes, shape (n,) each."""

    versions: NDArray[np.uint8]
    """4 or 6; 0 where none is told."""
    addresses: NDArray[np.uint8]
    """Packed, an IPv4 one in the first four octets, shape (n, 16)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """A stretch of an MRT stream."""

    records: Records
    routes: Routes
    states: States
    peers: Peers
    prefixes: Prefixes
    attributes: Attributes

    def __len__(self) -> int:
        return len(self.routes)

    @property
    def origins(self) -> NDArray[np.uint32]:
        """Origin network of each route; 0 (which is no network) where there is none."""
        origins = np.append(self.attributes.paths.origins, np.uint32(0))
        return origins[self.routes.attributes]

    @property
    def next_hops(self) -> NextHops:
        """Next hop of each route: MP_REACH_NLRI's where the prefix came in it, else NEXT_HOP."""
        rows, attributes = self.routes.attributes, self.attributes
        count = len(attributes) + 1
        table = np.zeros((2 * count, 16), np.uint8)
        table[: count - 1, :4] = attributes.next_hop.astype(">u4").view(np.uint8).reshape(-1, 4)
        table[count:-1] = attributes.reach_next_hop
        versions = np.zeros(2 * count, np.uint8)
        versions[: count - 1] = np.where(attributes.has(NEXT_HOP), 4, 0)
        versions[count:-1] = attributes.reach_version
        six = self.prefixes.versions[self.routes.prefixes] == 6
        entry = self.routes.kinds == RouteKind.ENTRY
        by_reach = np.where(entry, six & (versions[count + rows] > 0), self.routes.by_reach)
        places = rows + count * by_reach  # withdrawn: -1, and both tables end with zeros
        return NextHops(versions=versions[places], addresses=table[places])
