"""BGP messages and session states in MRT: BGP4MP and BGP4MP_ET (RFC 6396 section 4.4, RFC 8050)."""

from typing import NamedTuple

import numpy as np

from mxpath.datasets.mrt_attributes import ADD_PATH, AS4, Reading
from mxpath.datasets.mrt_batches import BGP4MP, BGP4MP_ET, RouteKind
from mxpath.datasets.mrt_octets import Flags, Ints, Octets, offsets_of, spread
from mxpath.datasets.mrt_stretch import DAMAGED_BLOCK, Found, Peer, Stretch, walk_prefixes

# Subtype: octets of an AS number, with path identifiers.
_MESSAGES = {
    1: (2, False),
    4: (4, False),
    6: (2, False),
    7: (4, False),
    8: (2, True),
    9: (4, True),
    10: (2, True),
    11: (4, True),
}
_STATES = {0: 2, 5: 4}
_UPDATE = 2
_NAMES = {1: "OPEN", 3: "NOTIFICATION", 4: "KEEPALIVE", 5: "ROUTE-REFRESH"}
_MARKER_BYTES = 16
_ZEBRA_STATE_BYTES = 8
_KNOWN_FAMILIES = np.array([0x101, 0x102, 0x201, 0x202])

KINDS = frozenset(
    kind << 16 | subtype for kind in (BGP4MP, BGP4MP_ET) for subtype in (*_MESSAGES, *_STATES)
)
"""Types and subtypes that are read here."""


class Updates(NamedTuple):
    """UPDATE messages, shape (n,) each."""

    records: Ints
    peers: Ints
    blocks: Ints


def read_messages(stretch: Stretch) -> list[Updates]:
    """Find state changes and the routes that UPDATEs tell outside their attributes.

    Returns
    -------
    list of Updates
        The messages, for :func:`read_reach` when their attributes are read.
    """
    updates: list[Updates] = []
    for kind in (BGP4MP, BGP4MP_ET):
        for width in (2, 4):
            for add_path in (False, True):
                subtypes = [
                    kind << 16 | subtype
                    for subtype, form in _MESSAGES.items()
                    if form == (width, add_path)
                ]
                records = stretch.records_of(subtypes)
                if len(records):
                    updates.append(_messages(stretch, records, kind, width, add_path=add_path))
        for subtype, width in _STATES.items():
            records = stretch.records_of([kind << 16 | subtype])
            if len(records):
                _states(stretch, records, kind, width)
    return updates


def _sessions(stretch: Stretch, records: Ints, kind: int, width: int) -> tuple[Ints, Ints, Ints]:
    """Read which session records speak of; those of no IP session are left out and counted.

    Returns
    -------
    records, peers, after
        Records that were read, their sessions, and where what follows begins.
    """
    octets = stretch.octets
    first = stretch.bodies[records] + (4 if kind == BGP4MP_ET else 0)
    family_at = first + 2 * width + 2
    family = octets.u16(family_at)
    ends = stretch.frames.ends[records]
    good = (family_at + 2 <= ends) & ((family == 1) | (family == 2))
    for strange in family[~good & (family_at + 2 <= ends)].tolist():
        stretch.skip(f"session of address family {strange}", 1)
    after = family_at + 2 + np.where(family == 1, 8, 32)
    cut = (family_at + 2 > ends) | (good & (after > ends))
    stretch.damage(records[cut], "a record that ends before it says whose it is")
    good &= ~cut
    records, first, after = records[good], first[good], after[good]
    peers = [
        _session(stretch, width, stretch.octets.data[begin:end])
        for begin, end in zip(first.tolist(), after.tolist(), strict=True)
    ]
    return records, np.array(peers, np.int64), after


def _session(stretch: Stretch, width: int, key: bytes) -> int:
    """Return the number of a session by the octets that name it."""
    number = stretch.sessions.get((width, key))
    if number is None:
        number = stretch.sessions[width, key] = len(stretch.peers)
        at = 2 * width + 4
        size = (len(key) - at) // 2
        stretch.peers.append(
            Peer(
                asn=int.from_bytes(key[:width]),
                version=4 if size == 4 else 6,
                address=key[at : at + size],
                local_asn=int.from_bytes(key[width : 2 * width]),
                local_address=key[at + size :],
                interface=int.from_bytes(key[2 * width : 2 * width + 2]),
            )
        )
    return number


def _states(stretch: Stretch, records: Ints, kind: int, width: int) -> None:
    octets = stretch.octets
    sizes = stretch.frames.ends[records] - stretch.bodies[records]
    # Zebra wrote such records, without addresses.
    zebra = (sizes == _ZEBRA_STATE_BYTES) & (width == 2) & (kind == BGP4MP)
    stretch.skip("state of a session without addresses", int(zebra.sum()))
    records, peers, at = _sessions(stretch, records[~zebra], kind, width)
    good = at + 4 <= stretch.frames.ends[records]
    stretch.damage(records[~good], "a state that is cut off")
    records, peers, at = records[good], peers[good], at[good]
    stretch.states.append((records, peers, octets.u16(at), octets.u16(at + 2)))


def _messages(stretch: Stretch, records: Ints, kind: int, width: int, *, add_path: bool) -> Updates:
    octets = stretch.octets
    records, peers, at = _sessions(stretch, records, kind, width)
    ends = stretch.frames.ends[records]
    after = at + octets.u16(at + _MARKER_BYTES)
    types = octets.u8(at + _MARKER_BYTES + 2)
    good = (at + _MARKER_BYTES + 3 <= np.minimum(after, ends)) & (after <= ends)
    good &= (octets.sixteen(at) == 255).all(axis=1)
    stretch.damage(records[~good], "no whole BGP message")
    for other in types[good & (types != _UPDATE)].tolist():
        stretch.skip(f"BGP {_NAMES.get(other, f'message {other}')}", 1)
    good &= types == _UPDATE
    records, peers, at, after = records[good], peers[good], at[good], after[good]
    withdrawn = at + _MARKER_BYTES + 5
    withdrawn_end = withdrawn + octets.u16(withdrawn - 2)
    good = withdrawn_end + 2 <= after
    block = np.minimum(withdrawn_end, octets.size) + 2
    block_end = block + octets.u16(block - 2)
    good &= block_end <= after
    stretch.damage(records[~good], "an UPDATE whose parts do not fill it")
    records, peers, after = records[good], peers[good], after[good]
    block, block_end = block[good], block_end[good]
    blocks = stretch.blocks.number(
        (AS4 if width == 4 else 0) | (ADD_PATH if add_path else 0), block, block_end
    )
    updates = Updates(records, peers, blocks)
    _plain(
        stretch, updates, (withdrawn[good], withdrawn_end[good]), withdrawn=True, add_path=add_path
    )
    _plain(stretch, updates, (block_end, after), withdrawn=False, add_path=add_path)
    return updates


def _plain(
    stretch: Stretch,
    updates: Updates,
    bounds: tuple[Ints, Ints],
    *,
    withdrawn: bool,
    add_path: bool,
) -> None:
    """Take the IPv4 prefixes that stand outside the attributes."""
    octets = stretch.octets
    versions = np.full(len(updates.records), 4)
    counts, at, lengths, broken = walk_prefixes(octets, *bounds, versions, add_path=add_path)
    stretch.damage(updates.records[broken], "prefixes that do not fill their list")
    rows = np.repeat(np.arange(len(counts)), counts)
    prefixes = stretch.add_prefixes(
        octets, at, lengths, np.full(len(at), 4), np.zeros(len(at), np.bool_)
    )
    stretch.add(
        Found(
            kind=RouteKind.WITHDRAWN if withdrawn else RouteKind.ANNOUNCED,
            records=updates.records[rows],
            peers=updates.peers[rows],
            prefixes=prefixes,
            blocks=np.full(len(rows), -1) if withdrawn else updates.blocks[rows],
            path_ids=octets.u32(at - 5) if add_path else np.zeros(len(at), np.uint32),
        )
    )


def read_reach(stretch: Stretch, messages: list[Updates], reading: Reading) -> None:
    """Take the prefixes that UPDATEs tell in MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760)."""
    if not messages:
        return
    updates = Updates(*(np.concatenate(column) for column in zip(*messages, strict=True)))
    stretch.damage(updates.records[reading.broken[updates.blocks]], DAMAGED_BLOCK)
    used = np.zeros(len(reading.broken), np.bool_)
    used[updates.blocks] = True
    for kind, (families, first, last) in (
        (RouteKind.WITHDRAWN, reading.unreach),
        (RouteKind.ANNOUNCED, reading.reach),
    ):
        known = np.isin(families, _KNOWN_FAMILIES)
        for strange in families[used & ~known & (families > 0)].tolist():
            stretch.skip(f"family {strange >> 8}/{strange & 255}", 1)
        for form in (0, ADD_PATH):
            blocks = np.flatnonzero(used & known & (reading.forms & ADD_PATH == form))
            if len(blocks):
                bounds = families[blocks], first[blocks], last[blocks]
                _reach(stretch, updates, kind, (reading.octets, blocks, *bounds), bool(form))


def _reach(
    stretch: Stretch,
    updates: Updates,
    kind: RouteKind,
    lists: tuple[Octets, Ints, Ints, Ints, Ints],
    add_path: bool,  # noqa: FBT001 - the last of a row that is unpacked
) -> None:
    octets, blocks, families, first, last = lists
    versions = np.where(families >> 8 == 1, 4, 6)
    counts, at, lengths, broken = walk_prefixes(octets, first, last, versions, add_path=add_path)
    prefixes = stretch.add_prefixes(
        octets,
        at,
        lengths,
        np.repeat(versions, counts),
        np.repeat(families & 255 == 2, counts),
    )
    # Every message that has one of these blocks tells all its prefixes.
    row_of = np.full(int(updates.blocks.max()) + 1, -1)
    here = blocks[blocks < len(row_of)]
    row_of[here] = np.arange(len(here))
    rows = row_of[updates.blocks]
    told: Flags = rows >= 0
    rows, records = rows[told], updates.records[told]
    stretch.damage(records[broken[rows]], "prefixes that do not fill their attribute")
    places = spread(offsets_of(counts)[:-1][rows], counts[rows])
    withdrawn = kind is RouteKind.WITHDRAWN
    stretch.add(
        Found(
            kind=kind,
            records=np.repeat(records, counts[rows]),
            peers=np.repeat(updates.peers[told], counts[rows]),
            prefixes=prefixes[places],
            blocks=np.repeat(
                np.full(len(rows), -1) if withdrawn else updates.blocks[told], counts[rows]
            ),
            path_ids=octets.u32(at[places] - 5) if add_path else np.zeros(len(places), np.uint32),
            by_reach=True,
        )
    )
