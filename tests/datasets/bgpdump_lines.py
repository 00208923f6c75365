"""The lines that ``bgpdump -m`` prints for a batch, made from our columns alone."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from mxpath.datasets.mrt_attributes import (
    AGGREGATOR,
    ATOMIC_AGGREGATE,
    Attributes,
    Ragged,
)
from mxpath.datasets.mrt_batches import Batch, RouteKind

LOCAL = {6, 7, 10, 11}
PATHS = {"BGP4MP": {8, 9, 10, 11}, "BGP4MP_ET": {8, 9, 10, 11}, "TABLE_DUMP2": {8, 10}}
NAMES = {12: "TABLE_DUMP", 13: "TABLE_DUMP2", 16: "BGP4MP", 17: "BGP4MP_ET"}
BRACKETS = {1: "{}", 2: ("", ""), 3: "()", 4: "[]"}
WELL_KNOWN = {0xFFFFFF01: "no-export", 0xFFFFFF02: "no-advertise", 0xFFFFFF03: "local-AS"}
NO_NEXT_HOP = "255.255.255.255"
ORIGINS = ("IGP", "EGP", "INCOMPLETE")


def lines(batch: Batch) -> Iterator[str]:
    """Yield lines in bgpdump's order, states between the routes."""
    states = list(zip(batch.states.records.tolist(), range(len(batch.states)), strict=True))
    for record, line in zip(batch.routes.records.tolist(), _routes(batch), strict=True):
        while states and states[0][0] < record:
            yield _state(batch, states.pop(0)[1])
        yield line
    for _, row in states:
        yield _state(batch, row)


def _routes(batch: Batch) -> Iterator[str]:
    routes = batch.routes
    peers, prefixes = _peers(batch), _prefixes(batch)
    heads, tails = _paths(batch.attributes), _tails(batch.attributes)
    next_hops = batch.next_hops
    hops = [
        _address(version, packed) if version else NO_NEXT_HOP
        for version, packed in zip(
            next_hops.versions.tolist(), next_hops.addresses.tolist(), strict=True
        )
    ]
    stamps, names, with_paths = _heads(batch)
    for kind, record, peer, prefix, block, path_id, hop in zip(
        routes.kinds.tolist(),
        routes.records.tolist(),
        routes.peers.tolist(),
        routes.prefixes.tolist(),
        routes.attributes.tolist(),
        routes.path_ids.tolist(),
        hops,
        strict=True,
    ):
        letter = {RouteKind.ENTRY: "B", RouteKind.WITHDRAWN: "W", RouteKind.ANNOUNCED: "A"}[kind]
        what = f"{prefixes[prefix]}|{path_id}" if with_paths[record] else prefixes[prefix]
        start = f"{names[record]}|{stamps[record]}|{letter}|{peers[peer]}|{what}"
        told = "" if kind == RouteKind.WITHDRAWN else f"|{heads[block]}|{hop}|{tails[block]}"
        yield start + told


def _heads(batch: Batch) -> tuple[list[str], list[str], list[bool]]:
    stamps, names, with_paths = [], [], []
    for kind, subtype, time, micro in zip(
        batch.records.types.tolist(),
        batch.records.subtypes.tolist(),
        batch.records.times_s.tolist(),
        batch.records.microseconds.tolist(),
        strict=True,
    ):
        name = NAMES.get(kind, "")
        stamps.append(f"{time}.{micro:06}" if kind == 17 else str(time))
        with_path = subtype in PATHS.get(name, ())
        local = "_LOCAL" if kind > 13 and subtype in LOCAL else ""
        names.append(f"{name}{local}{'_AP' if with_path else ''}")
        with_paths.append(with_path)
    return stamps, names, with_paths


def _state(batch: Batch, row: int) -> str:
    states, records = batch.states, batch.records
    record = int(states.records[row])
    stamps, names, _ = _heads(batch)
    peer = _peers(batch)[int(states.peers[row])]
    assert records.subtypes[record] in (0, 5)
    return f"{names[record]}|{stamps[record]}|STATE|{peer}|{states.before[row]}|{states.after[row]}"


def _address(version: int, octets: list[int]) -> str:
    if version == 4:
        return "{}.{}.{}.{}".format(*octets[:4])
    address = IPv6Address(bytes(octets))
    # As the C library writes it.
    return str(address) if address.ipv4_mapped is None else f"::ffff:{address.ipv4_mapped}"


def _peers(batch: Batch) -> list[str]:
    return [
        f"{_address(version, packed)}|{asn}"
        for version, packed, asn in zip(
            batch.peers.versions.tolist(),
            batch.peers.addresses.tolist(),
            batch.peers.asns.tolist(),
            strict=True,
        )
    ]


def _prefixes(batch: Batch) -> list[str]:
    return [
        f"{_address(version, packed)}/{length}"
        for version, packed, length in zip(
            batch.prefixes.versions.tolist(),
            batch.prefixes.addresses.tolist(),
            batch.prefixes.lengths.tolist(),
            strict=True,
        )
    ]


def _paths(attributes: Attributes) -> list[str]:
    """AS path and origin."""
    paths, asns = attributes.paths, attributes.paths.asns.tolist()
    at, found = 0, []
    kinds, sizes = paths.segment_kinds.tolist(), paths.segment_sizes.tolist()
    begins = paths.segment_offsets.tolist()
    has_origin = attributes.has(1).tolist()
    for row, origin in enumerate(attributes.origin.tolist()):
        words = []
        for segment in range(begins[row], begins[row + 1]):
            named = asns[at : at + sizes[segment]]
            at += sizes[segment]
            opening, closing = BRACKETS[kinds[segment]]
            words.append(opening + (" ,"[kinds[segment] in (1, 4)]).join(map(str, named)) + closing)
        found.append(f"{' '.join(words)}|{ORIGINS[origin] if has_origin[row] else 'INCOMPLETE'}")
    return found


def _row(ragged: Ragged, values: list[int], row: int) -> list[int]:
    return values[int(ragged.offsets[row]) : int(ragged.offsets[row + 1])]


def _tails(attributes: Attributes) -> list[str]:
    """Local preference, MED, communities, aggregation."""
    values = attributes.communities.values.tolist()
    atomic = attributes.has(ATOMIC_AGGREGATE).tolist()
    aggregated = attributes.has(AGGREGATOR).tolist()
    found = []
    for row, (pref, med, asn, where) in enumerate(
        zip(
            attributes.local_pref.tolist(),
            attributes.med.tolist(),
            attributes.aggregator_asn.tolist(),
            attributes.aggregator_address.tolist(),
            strict=True,
        )
    ):
        communities = " ".join(
            WELL_KNOWN.get(value, f"{value >> 16}:{value & 0xFFFF}")
            for value in _row(attributes.communities, values, row)
        )
        aggregator = f"{asn} {IPv4Address(where)}" if aggregated[row] else ""
        found.append(f"{pref}|{med}|{communities}|{'AG' if atomic[row] else 'NAG'}|{aggregator}|")
    return found
