"""Routes around a few addresses out of an MRT table of any size.

1. Only records about a prefix around a wanted address are read: the others are left
   out before anybody looks at their attributes (:func:`about`), so a collector's
   twenty million routes cost little more than their unpacking.
2. Of those, routes of unicast tables are kept (:func:`entries_of`). A table in MRT does
   not say which of its routes is in use.
3. BIRD writes routes that nobody told it, such as its own prefixes, under a peer without
   a number, and without AS_PATH: their path is empty.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from mxpath.datasets import mrt
from mxpath.datasets.as_path_text import path_of
from mxpath.datasets.mrt_attributes import AS_PATH, LOCAL_PREF
from mxpath.datasets.mrt_batches import TABLE_DUMP, TABLE_DUMP_V2, Batch, RouteKind
from mxpath.datasets.mrt_framing import HEADER_BYTES, Frames
from mxpath.datasets.mrt_octets import Flags, Ints
from mxpath.datasets.mrt_stretch import BIT_MASKS
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError
from mxpath.model.address import IPAddress
from mxpath.model.bgp import AsPath, RibEntry
from mxpath.tables.covering import Overlapping, Wanted

# Subtype of TABLE_DUMP_V2: version; in all of them the prefix follows a sequence number.
_TABLES_V2 = {2: 4, 3: 4, 8: 4, 9: 4, 4: 6, 5: 6, 10: 6, 11: 6}
# Subtype of TABLE_DUMP: version; view and sequence, then a whole address and the length.
_TABLES_V1 = {1: 4, 3: 4, 2: 6, 4: 6}
_WHOLE_BYTES = {4: 4, 6: 16}
# An index of peers, and tables whose records say themselves of which family they are.
_ALWAYS = [TABLE_DUMP_V2 << 16 | subtype for subtype in (1, 6, 12)]


def rib_entries(
    content: bytes | BinaryIO,
    addresses: Iterable[IPAddress],
    *,
    source: str,
    tally: Tally | None = None,
) -> tuple[RibEntry, ...]:
    """Return all routes of an MRT table whose prefix covers one of ``addresses``.

    Parameters
    ----------
    content
        The octets, plain or packed, or a file opened for reading them.
    addresses
        What is asked about.
    source
        Its name: for messages, and as the routes' ``collector``.
    tally
        Counts routes that were read but are of no use.

    Raises
    ------
    ParseError
        When the octets are no MRT, damaged, or hold messages and no table.
    """
    tally = Tally() if tally is None else tally
    wanted, found, tables = Wanted(addresses), list[RibEntry](), 0
    counted = Tally()

    def chosen(frames: Frames) -> Frames:
        nonlocal tables
        tables += int(np.isin(frames.kinds >> 16, (TABLE_DUMP, TABLE_DUMP_V2)).sum())
        return about(frames, wanted)

    for batch in mrt.parse(content, source=source, tally=counted, chosen=chosen):
        found += entries_of(batch, wanted, collector=source, tally=tally)
    for reason, count in counted.skipped.items():
        tally.skip(reason, count)
    if not tables:
        raise ParseError(
            "holds no table: messages alone do not say which routes there are "
            "(dump the table instead; RIS calls it bview, RouteViews rib)",
            source=source,
        )
    return tuple(found)


def about(frames: Frames, wanted: Wanted) -> Frames:
    """Return the records that a table's wanted routes are read from, in their order."""
    kept = np.isin(frames.kinds, _ALWAYS)
    for kind, tables in ((TABLE_DUMP_V2, _TABLES_V2), (TABLE_DUMP, _TABLES_V1)):
        for subtype, version in tables.items():
            rows = np.flatnonzero(frames.kinds == kind << 16 | subtype)
            if len(rows):
                kept[rows] = _around(frames, rows, wanted, (kind, version))
    return frames.only(kept)


def _around(frames: Frames, rows: Ints, wanted: Wanted, form: tuple[int, int]) -> Flags:
    """Whether records of one form are about wanted addresses; damaged ones are kept, to be told."""
    kind, version = form
    octets, at = frames.octets, frames.at[rows] + HEADER_BYTES + 4
    lengths = octets.u8(at if kind == TABLE_DUMP_V2 else at + _WHOLE_BYTES[version])
    addresses = octets.sixteen(at + (kind == TABLE_DUMP_V2))
    whole = lengths <= 8 * _WHOLE_BYTES[version]
    bits: NDArray[np.uint8] = np.where(whole, lengths, 0).astype(np.uint8)
    versions = np.full(len(rows), version, np.uint8)
    return wanted.covered(versions, addresses & BIT_MASKS[bits], bits) | ~whole


def entries_of(
    batch: Batch, wanted: Overlapping, *, collector: str, tally: Tally | None = None
) -> Iterator[RibEntry]:
    """Yield the routes of a batch whose prefix covers something wanted, or lies in it."""
    tally = Tally() if tally is None else tally
    prefixes, routes = batch.prefixes, batch.routes
    good = wanted.covered(prefixes.versions, prefixes.addresses, prefixes.lengths)
    good &= ~prefixes.multicast
    paths: dict[tuple[int, bool], AsPath | str] = {}
    nobody = batch.peers.asns == 0
    rows = np.flatnonzero(good[routes.prefixes] & (routes.kinds == RouteKind.ENTRY))
    for row in rows.tolist():
        key = int(routes.attributes[row]), bool(nobody[routes.peers[row]])
        if key not in paths:
            paths[key] = _path(batch, key[0], own=key[1])
        path = paths[key]
        if isinstance(path, str):
            tally.skip(path)
            continue
        tally.rows += 1
        yield _entry(batch, row, path, collector)


def _path(batch: Batch, block: int, *, own: bool) -> AsPath | str:
    """The path of a block of attributes, or why there is none to use."""
    attributes, paths = batch.attributes, batch.attributes.paths
    if not int(attributes.present[block]) >> AS_PATH & 1 and not own:
        return "a route without AS_PATH"
    at, segments = int(paths.offsets[block]), []
    for segment in range(int(paths.segment_offsets[block]), int(paths.segment_offsets[block + 1])):
        size = int(paths.segment_sizes[segment])
        segments.append((int(paths.segment_kinds[segment]), paths.asns[at : at + size].tolist()))
        at += size
    return path_of(segments) or "an AS_SET inside a path"


def _entry(batch: Batch, row: int, path: AsPath, collector: str) -> RibEntry:
    routes, peers = batch.routes, batch.peers
    prefix, peer = int(routes.prefixes[row]), int(routes.peers[row])
    block, since = int(routes.attributes[row]), int(routes.originated_s[row])
    size = _WHOLE_BYTES[int(batch.prefixes.versions[prefix])]
    octets = batch.prefixes.addresses[prefix].tobytes()[:size]
    speaks = batch.peers.addresses[peer].tobytes()[: _WHOLE_BYTES[int(peers.versions[peer])]]
    preferred = int(batch.attributes.present[block]) >> LOCAL_PREF & 1
    return RibEntry(
        prefix=ip_network((octets, int(batch.prefixes.lengths[prefix]))),
        path=path,
        collector=collector,
        peer_asn=int(peers.asns[peer]) or None,
        peer_address=ip_address(speaks) if any(speaks) else None,
        heard_at=datetime.fromtimestamp(since, UTC) if since else None,
        local_pref=int(batch.attributes.local_pref[block]) if preferred else None,
    )
