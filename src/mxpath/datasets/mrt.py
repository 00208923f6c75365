"""MRT: what route collectors write down (RFC 6396, RFC 8050), read to column batches.

The law
-------
1. A stream is read in stretches of some megabytes, so memory is bounded whatever
   its length. A packed one (gzip, bzip2, xz) is unpacked while it is read.
2. TABLE_DUMP, TABLE_DUMP_V2, BGP4MP and BGP4MP_ET are read. Records of other
   registered types, messages other than UPDATE and families other than IPv4 and
   IPv6 unicast and multicast are left out and counted.
3. What is damaged is never guessed at: all routes of the records before are
   given, then a ParseError says at which octet of the unpacked stream the first
   damaged record begins. With ``lenient`` a damaged record whose framing is
   whole is left out and counted instead.
4. A single attribute that is not what its type wants is left out and counted
   (RFC 7606): the route stays.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np

from mxpath.datasets import mrt_messages, mrt_tables
from mxpath.datasets.mrt_batches import Batch
from mxpath.datasets.mrt_framing import Frames, frames
from mxpath.datasets.mrt_origins import SPEC
from mxpath.datasets.mrt_stretch import Peer, Stretch
from mxpath.datasets.mrt_unpacking import blocks
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError

__all__ = ("SPEC", "parse")

_KINDS = mrt_tables.KINDS | mrt_messages.KINDS


def parse(
    content: bytes | BinaryIO,
    *,
    source: str,
    tally: Tally | None = None,
    lenient: bool = False,
    chosen: Callable[[Frames], Frames] | None = None,
) -> Iterator[Batch]:
    """Read an MRT stream, plain or packed, batch by batch.

    Parameters
    ----------
    content
        The octets, or a file opened for reading them.
    source
        Its name, for messages.
    tally
        Counts routes as rows, and what was left out.
    lenient
        Leave out damaged records inside sound framing instead of ending there.
    chosen
        Says which records of a stretch are to be read at all; all where it is left out.

    Raises
    ------
    ParseError
        At the first octets that cannot be read, after all that could be.
    """
    tally = Tally() if tally is None else tally
    peers: tuple[Peer, ...] = ()
    for stretch_frames in frames(blocks(content, source=source), source=source):
        if chosen is not None:
            stretch_frames = chosen(stretch_frames)  # noqa: PLW2901 - the same, or fewer of them
        batch, peers, problem = _read(stretch_frames, peers, tally, lenient=lenient)
        tally.rows += len(batch)
        if len(batch) or len(batch.states):
            yield batch
        if problem:
            raise ParseError(problem, source=source)


def _read(
    found: Frames, peers: tuple[Peer, ...], tally: Tally, *, lenient: bool
) -> tuple[Batch, tuple[Peer, ...], str | None]:
    """Read one stretch; the problem that ends the stream, where there is one."""
    stretch = Stretch(found, tally)
    for kind in found.kinds[stretch.other_than(_KINDS)].tolist():
        tally.skip(f"record type {kind >> 16}, subtype {kind & 0xFFFF}")
    peers = mrt_tables.read_tables(stretch, peers)
    updates = mrt_messages.read_messages(stretch)
    reading = stretch.blocks.read()
    stretch.attributes = reading.attributes
    mrt_messages.read_reach(stretch, updates, reading)
    stretch.damage_entries(reading.broken)
    for kind, times in reading.discarded.items():
        stretch.skip(f"damaged attribute of type {kind}", times)
    kept, problem = np.ones(len(found), np.bool_), None
    if stretch.damaged and lenient:
        for why in stretch.damaged.values():
            tally.skip(why)
        kept[list(stretch.damaged)] = False
    elif stretch.damaged:
        first = min(stretch.damaged)
        problem = f"byte {found.base + int(found.at[first])}: {stretch.damaged[first]}"
        kept[first:] = False
    return stretch.batch(kept), peers, problem
