"""Tables in MRT: TABLE_DUMP (RFC 6396 section 4.2), TABLE_DUMP_V2 (4.3), with paths (RFC 8050)."""

from struct import Struct, error

import numpy as np

from mxpath.datasets.mrt_attributes import ADD_PATH, AS4, SHORTENED
from mxpath.datasets.mrt_batches import TABLE_DUMP, TABLE_DUMP_V2, RouteKind
from mxpath.datasets.mrt_octets import Flags, Ints, strides
from mxpath.datasets.mrt_stretch import Found, Peer, Stretch

_PEER_INDEX_TABLE = TABLE_DUMP_V2 << 16 | 1
_UNICAST, _MULTICAST = 1, 2
# Subtype: family (AFI << 8 | SAFI, None where the record says it), with path identifiers.
_RIBS = {
    2: (0x101, False),
    3: (0x102, False),
    4: (0x201, False),
    5: (0x202, False),
    6: (None, False),
    8: (0x101, True),
    9: (0x102, True),
    10: (0x201, True),
    11: (0x202, True),
    12: (None, True),
}
# Subtype: octets of an address, octets of an AS number.
_OLD = {1: (4, 2), 2: (16, 2), 3: (4, 4), 4: (16, 4)}
_KNOWN_FAMILIES = np.array([0x101, 0x102, 0x201, 0x202])

KINDS = frozenset(
    {_PEER_INDEX_TABLE}
    | {TABLE_DUMP_V2 << 16 | subtype for subtype in _RIBS}
    | {TABLE_DUMP << 16 | subtype for subtype in _OLD}
)
"""Types and subtypes that are read here."""

_SHORT = Struct(">H").unpack_from
_ENTRY = {2: Struct(">4sH"), 4: Struct(">4sI")}


def read_tables(stretch: Stretch, peers: tuple[Peer, ...]) -> tuple[Peer, ...]:
    """Find the routes of all tables; ``peers`` are those of the last index before the stretch.

    Returns
    -------
    tuple of Peer
        The peers of the last index in the stretch.
    """
    tables = [(-1, len(stretch.peers), len(peers))]
    stretch.peers += peers
    for record in stretch.records_of([_PEER_INDEX_TABLE]).tolist():
        try:
            peers = _index(stretch, record)
        except (error, ValueError):
            stretch.damage(np.array([record]), "a damaged index of peers")
            peers = ()
        tables.append((record, len(stretch.peers), len(peers)))
        stretch.peers += peers
    index = np.array(tables, np.int64)
    for subtype, (family, add_path) in _RIBS.items():
        records = stretch.records_of([TABLE_DUMP_V2 << 16 | subtype])
        if len(records):
            _rib(stretch, records, index, family, add_path=add_path)
    for subtype in _OLD:
        records = stretch.records_of([TABLE_DUMP << 16 | subtype])
        if len(records):
            _old(stretch, records, subtype)
    return peers


def _index(stretch: Stretch, record: int) -> tuple[Peer, ...]:
    """Read a PEER_INDEX_TABLE; struct.error or ValueError when it is none."""
    body = stretch.octets.data[stretch.bodies[record] : stretch.frames.ends[record]]
    (name_length,) = _SHORT(body, 4)
    at = 6 + name_length
    (count,) = _SHORT(body, at)
    at += 2
    peers = []
    for _ in range(count):
        if at >= len(body):
            raise ValueError(at)
        kind = body[at]
        octets, width = 16 if kind & 1 else 4, 4 if kind & 2 else 2
        address = body[at + 5 : at + 5 + octets]
        bgp_id = int.from_bytes(body[at + 1 : at + 5])
        asn = body[at + 5 + octets : at + 5 + octets + width]
        at += 5 + octets + width
        if at > len(body):
            raise ValueError(at)
        peers.append(Peer(int.from_bytes(asn), 6 if kind & 1 else 4, address, bgp_id=bgp_id))
    return tuple(peers)


def _rib(
    stretch: Stretch, records: Ints, index: Ints, family: int | None, *, add_path: bool
) -> None:
    """Read records that hold the entries of one prefix each."""
    octets = stretch.octets
    if family is None:
        records, at, families = _generic(stretch, records)
    else:
        at, families = stretch.bodies[records] + 4, np.full(len(records), family)
    ends = stretch.frames.ends[records]
    lengths = octets.u8(at)
    first = at + 3 + (lengths + 7) // 8
    good = (first <= ends) & (lengths <= np.where(families >> 8 == 1, 32, 128))
    head = 12 if add_path else 8
    counts, entries, broken = strides(
        np.where(good, first, ends), ends, lambda at: at + head + octets.u16(at + head - 2)
    )
    good &= ~broken & (counts == octets.u16(np.minimum(first, octets.size) - 2))
    stretch.damage(records[~good], "entries that do not fill their record")
    prefixes = stretch.add_prefixes(
        octets, at + 1, lengths, np.where(families >> 8 == 1, 4, 6), families & 255 == _MULTICAST
    )
    rows = np.repeat(np.arange(len(records)), counts)
    whole = good[rows]
    rows, entries = rows[whole], entries[whole]
    form = AS4 | SHORTENED | (ADD_PATH if add_path else 0)
    stretch.add(
        Found(
            kind=RouteKind.ENTRY,
            records=records[rows],
            peers=_told_by(stretch, records[rows], octets.u16(entries), index),
            prefixes=prefixes[rows],
            blocks=stretch.blocks.number(
                form,
                entries + head,
                entries + head + octets.u16(entries + head - 2),
            ),
            path_ids=octets.u32(entries + 6) if add_path else np.zeros(len(rows), np.uint32),
            originated_s=octets.u32(entries + 2),
        )
    )


def _generic(stretch: Stretch, records: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the RIB_GENERIC records of known families, where their prefixes begin, and these."""
    at = stretch.bodies[records] + 4
    families = stretch.octets.u16(at) << 8 | stretch.octets.u8(at + 2)
    known = np.isin(families, _KNOWN_FAMILIES)
    for strange in families[~known].tolist():
        stretch.skip(f"family {strange >> 8}/{strange & 255}", 1)
    return records[known], at[known] + 3, families[known]


def _told_by(stretch: Stretch, records: Ints, numbers: Ints, index: Ints) -> Ints:
    """Return the peers that entries name by their number in the last index before them."""
    table = np.searchsorted(index[:, 0], records) - 1
    beyond = numbers >= index[table, 2]
    if beyond.any():
        stretch.damage(np.unique(records[beyond]), "an entry of a peer that no index names")
    return np.where(beyond, 0, index[table, 1] + numbers)


def _old(stretch: Stretch, records: Ints, subtype: int) -> None:
    """Read TABLE_DUMP records: one route each."""
    size, width = _OLD[subtype]
    octets, bodies = stretch.octets, stretch.bodies[records]
    peer_at = bodies + 10 + size
    first = peer_at + size + width + 2
    lengths = octets.u8(bodies + 4 + size)
    last = first + octets.u16(first - 2)
    good: Flags = (last <= stretch.frames.ends[records]) & (lengths <= size * 8)
    stretch.damage(records[~good], "a table entry that does not fit into its record")
    records, bodies, lengths = records[good], bodies[good], lengths[good]
    first, last, peer_at = first[good], last[good], peer_at[good]
    version = 4 if size == 4 else 6
    form = SHORTENED | (AS4 if width == 4 else 0)
    stretch.add(
        Found(
            kind=RouteKind.ENTRY,
            records=records,
            peers=_peers_of(stretch, subtype, peer_at, peer_at + size + width),
            prefixes=stretch.add_prefixes(
                octets,
                bodies + 4,
                lengths,
                np.full(len(records), version),
                np.zeros(len(records), np.bool_),
            ),
            blocks=stretch.blocks.number(form, first, last),
            path_ids=np.zeros(len(records), np.uint32),
            originated_s=octets.u32(peer_at - 4),
        )
    )


def _peers_of(stretch: Stretch, subtype: int, first: Ints, last: Ints) -> Ints:
    """Return the numbers of peers that are told by address and AS."""
    size, _ = _OLD[subtype]
    data, numbers = stretch.octets.data, []
    known: dict[bytes, int] = {}
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        key = data[begin:end]
        number = known.get(key)
        if number is None:
            number = known[key] = len(stretch.peers)
            asn = int.from_bytes(key[size:])
            stretch.peers.append(Peer(asn, 4 if size == 4 else 6, key[:size]))
        numbers.append(number)
    return np.array(numbers, np.int64)
