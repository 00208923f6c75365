"""An MRT stream cut into records (RFC 6396 section 2): time, type, subtype, length, body."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from mxpath.datasets.mrt_octets import Flags, Ints, Octets
from mxpath.errors import ParseError

HEADER_BYTES = 12
MAX_RECORD_BYTES = 16 * 2**20
"""A record that says to be longer is not believed: 65,535 entries of 250 octets each fit."""

REGISTERED_TYPES = frozenset({*range(14), 16, 17, 32, 33, 48, 49})
"""Types that IANA's MRT registry knows, used or not; any other means that the framing is lost."""

_HEAD = Struct(">HHI").unpack_from


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frames:
    """Whole records that lie in one buffer, one after the other."""

    octets: Octets
    base: int
    """Where in the unpacked stream the buffer begins, in octets."""
    at: Ints
    """Where each record's header begins in the buffer, shape (n,)."""
    ends: Ints
    """Where each record's body ends."""
    kinds: Ints
    """Type and subtype as ``type << 16 | subtype``."""
    times_s: NDArray[np.uint32]
    """Seconds since 1970."""

    def __len__(self) -> int:
        return len(self.at)

    def only(self, kept: Flags) -> "Frames":
        """Return some of the records, in the same buffer."""
        return replace(
            self,
            at=self.at[kept],
            ends=self.ends[kept],
            kinds=self.kinds[kept],
            times_s=self.times_s[kept],
        )


def frames(blocks: Iterable[bytes], *, source: str) -> Iterator[Frames]:
    """Yield the records of a stream, as many at once as a block holds.

    Raises
    ------
    ParseError
        When the stream ends inside a record, or when the octets cannot be the
        header of one; the whole records before have been yielded.
    """
    rest, base = b"", 0
    for block in blocks:
        data = rest + block if rest else block
        starts, end, problem = _cut(data)
        if starts:
            yield _frames(data, starts, end, base)
        if problem:
            raise ParseError(f"byte {base + end}: {problem}", source=source)
        rest, base = data[end:], base + end
    if rest:
        raise ParseError(f"byte {base}: the data end inside a record", source=source)


def _cut(data: bytes) -> tuple[list[int], int, str | None]:
    """Return where records begin, where the last one ends, and why it cannot go on."""
    starts: list[int] = []
    at, size = 0, len(data)
    while at + HEADER_BYTES <= size:
        kind, _, length = _HEAD(data, at + 4)
        if kind not in REGISTERED_TYPES:
            return starts, at, f"there is no record type {kind}"
        if length > MAX_RECORD_BYTES:
            return starts, at, f"a record of {length} bytes"
        if at + HEADER_BYTES + length > size:
            break
        starts.append(at)
        at += HEADER_BYTES + length
    return starts, at, None


def _frames(data: bytes, starts: list[int], end: int, base: int) -> Frames:
    octets = Octets(data)
    at = np.array(starts, np.int64)
    return Frames(
        octets=octets,
        base=base,
        at=at,
        ends=np.append(at[1:], end),
        kinds=octets.u32(at + 4).astype(np.int64),
        times_s=octets.u32(at),
    )
