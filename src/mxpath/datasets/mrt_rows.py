"""Rows of a batch as values, where a few are looked at: a column costs a thousandth of a row."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from mxpath.datasets import mrt_attributes as known
from mxpath.datasets.mrt_attributes import Attributes, Ragged
from mxpath.datasets.mrt_batches import Batch, RouteKind
from mxpath.datasets.mrt_paths import AS_SEQUENCE
from mxpath.model.address import IPAddress, Prefix

_WITH_PATH_IDS = {13: {8, 9, 10, 11, 12}, 16: {8, 9, 10, 11}, 17: {8, 9, 10, 11}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A segment of an AS path (RFC 4271 section 4.3, RFC 5065 section 3)."""

    kind: int
    """1 set, 2 sequence, 3 confederation sequence, 4 confederation set."""
    asns: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Path attributes of a route; ``None`` is what the peer did not tell."""

    path: tuple[Segment, ...] | None
    origin_asn: int | None
    """Last network of the path; ``None`` behind a set, and without one."""
    origin: int | None
    """0 IGP, 1 EGP, 2 INCOMPLETE."""
    med: int | None
    local_pref: int | None
    atomic_aggregate: bool
    aggregator: tuple[int, IPv4Address] | None
    communities: tuple[int, ...]
    extended_communities: tuple[int, ...]
    large_communities: tuple[tuple[int, ...], ...]

    @property
    def asns(self) -> tuple[int, ...]:
        """Networks of the path, nearest first, members of sets included."""
        return tuple(asn for segment in self.path or () for asn in segment.asns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route that a peer has in its table, announced or withdrew."""

    kind: RouteKind
    told_at: datetime
    """When the record was written, UTC."""
    originated_at: datetime | None
    """When an entry of a table had come, UTC."""
    peer_asn: int
    peer_address: IPAddress
    prefix: Prefix
    multicast: bool
    path_id: int | None
    next_hop: IPAddress | None
    told: Told | None
    """``None`` for a withdrawn route."""


def rows(batch: Batch) -> Iterator[Route]:
    """Yield the routes of a batch one after the other."""
    told: dict[int, Told] = {}
    hops = batch.next_hops
    for number, block in enumerate(batch.routes.attributes.tolist()):
        if block >= 0 and block not in told:
            told[block] = _told(batch.attributes, block)
        version = int(hops.versions[number])
        hop = _address(version, hops.addresses[number].tobytes()) if version else None
        yield _route(batch, number, hop, told.get(block))


def _route(batch: Batch, number: int, hop: IPAddress | None, told: Told | None) -> Route:
    routes, records, peers = batch.routes, batch.records, batch.peers
    record, peer = int(routes.records[number]), int(routes.peers[number])
    prefix = int(routes.prefixes[number])
    kind = RouteKind(int(routes.kinds[number]))
    with_path_id = int(records.subtypes[record]) in _WITH_PATH_IDS.get(
        int(records.types[record]), ()
    )
    since = int(routes.originated_s[number])
    return Route(
        kind=kind,
        told_at=_moment(int(records.times_s[record]))
        + timedelta(microseconds=int(records.microseconds[record])),
        originated_at=_moment(since) if kind is RouteKind.ENTRY else None,
        peer_asn=int(peers.asns[peer]),
        peer_address=_address(int(peers.versions[peer]), peers.addresses[peer].tobytes()),
        prefix=_prefix(batch, prefix),
        multicast=bool(batch.prefixes.multicast[prefix]),
        path_id=int(routes.path_ids[number]) if with_path_id else None,
        next_hop=hop,
        told=told,
    )


def _told(attributes: Attributes, row: int) -> Told:
    present = int(attributes.present[row])

    def number(kind: int, column: Any) -> int | None:
        return int(column[row]) if present >> kind & 1 else None

    asn = number(known.AGGREGATOR, attributes.aggregator_asn)
    return Told(
        path=_path(attributes, row) if present >> known.AS_PATH & 1 else None,
        origin_asn=_origin_asn(attributes, row),
        origin=number(known.ORIGIN, attributes.origin),
        med=number(known.MED, attributes.med),
        local_pref=number(known.LOCAL_PREF, attributes.local_pref),
        atomic_aggregate=bool(present >> known.ATOMIC_AGGREGATE & 1),
        aggregator=None
        if asn is None
        else (asn, IPv4Address(int(attributes.aggregator_address[row]))),
        communities=tuple(_values(attributes.communities, row)),
        extended_communities=tuple(_values(attributes.extended_communities, row)),
        large_communities=tuple(map(tuple, _values(attributes.large_communities, row))),
    )


def _path(attributes: Attributes, row: int) -> tuple[Segment, ...]:
    paths = attributes.paths
    at = int(paths.offsets[row])
    segments = []
    for segment in range(int(paths.segment_offsets[row]), int(paths.segment_offsets[row + 1])):
        size = int(paths.segment_sizes[segment])
        asns = tuple(paths.asns[at : at + size].tolist())
        segments.append(Segment(kind=int(paths.segment_kinds[segment]), asns=asns))
        at += size
    return tuple(segments)


def _origin_asn(attributes: Attributes, row: int) -> int | None:
    path = _path(attributes, row)
    ends_well = path and path[-1].kind == AS_SEQUENCE and path[-1].asns
    return path[-1].asns[-1] or None if ends_well else None


def _values(ragged: Ragged, row: int) -> list[Any]:
    found: list[Any] = ragged.values[
        int(ragged.offsets[row]) : int(ragged.offsets[row + 1])
    ].tolist()
    return found


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _address(version: int, packed: bytes) -> IPAddress:
    return IPv4Address(packed[:4]) if version == 4 else IPv6Address(packed)


def _prefix(batch: Batch, number: int) -> Prefix:
    length = int(batch.prefixes.lengths[number])
    packed = batch.prefixes.addresses[number].tobytes()
    if batch.prefixes.versions[number] == 4:
        return IPv4Network((packed[:4], length))
    return IPv6Network((packed, length))
