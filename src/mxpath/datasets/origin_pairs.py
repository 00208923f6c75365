"""Prefixes and their origins, collected out of MRT batches by whole columns.

The law
-------
1. Entries of tables count, updates do not: what a peer announced for a moment is no state.
2. The origin is the last network of the path. An empty path was told by a peer inside the network
   that originates the prefix: that network. A path that ends with a set or a confederation, or is
   damaged, tells none; such routes are counted.
3. A prefix keeps all its origins (MOAS), whichever peers told them, each once. Memory is bounded
   by the number of distinct pairs, not by the length of the stream.
4. Left out and counted: default routes; prefixes of a special-purpose registry that do not count
   as public; AS 0 (RFC 7607), AS_TRANS (RFC 6793) and the last AS numbers (RFC 7300), which are no
   network's.
5. Kept and noted: prefixes longer than the customary /24 and /48, and origins of private use
   (RFC 6996) or for documentation (RFC 5398): leaks, most of them, but what the tables say.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from mxpath.datasets import mrt
from mxpath.datasets.mrt_attributes import AS_PATH
from mxpath.datasets.mrt_batches import Batch, RouteKind
from mxpath.datasets.mrt_octets import Flags
from mxpath.datasets.mrt_paths import AS_SEQUENCE
from mxpath.datasets.prefix_arrays import HOSTS, Halves, Ranges
from mxpath.datasets.prefixes import BITS, OriginRow
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError
from mxpath.model.address import Prefix, special_ranges

CUSTOMARY_LENGTH = {4: 24, 6: 48}
"""Most networks filter longer prefixes."""
_NO_NETWORK = (
    ("AS 0, which is no network (RFC 7607)", (0, 0)),
    ("AS_TRANS, which hides the network (RFC 6793)", (23456, 23456)),
    ("the last AS number of its kind (RFC 7300)", (65535, 65535)),
    ("the last AS number of its kind (RFC 7300)", (2**32 - 1, 2**32 - 1)),
)
_NOT_WORLDWIDE = (
    ("origins for private use (RFC 6996)", (64512, 65534)),
    ("origins for private use (RFC 6996)", (4200000000, 4294967294)),
    ("origins for documentation (RFC 5398)", (64496, 64511)),
    ("origins for documentation (RFC 5398)", (65536, 65551)),
)
_WORTH_UNITING = 1_000_000
_NO_PATH, _EMPTY, _NO_ORIGIN, _TOLD = range(4)
_Columns = tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint8], NDArray[np.uint32]]
"""First and second half of the first address, length, origin."""


def read(  # noqa: PLR0913 - what is read into what, how strictly, and who else looks
    source: str,
    file: BinaryIO,
    pairs: "Pairs",
    tally: Tally,
    *,
    lenient: bool = False,
    also: Callable[[str, Batch], None] | None = None,
) -> None:
    """Add the tables of one file to ``pairs``.

    Raises
    ------
    ParseError
        When it is damaged and not read leniently, or holds no table.
    """
    inner, entries = Tally(), 0
    try:
        for batch in mrt.parse(file, source=source, tally=inner, lenient=lenient):
            entries += pairs.add(batch, tally)
            if also is not None:
                also(source, batch)
    except ParseError as error:
        if not lenient or not entries:
            raise ParseError(
                f"{error} ({entries:,} routes of its table were read before; "
                "--lenient takes those, and the table is then not whole)"
            ) from error
        tally.skip("files that end early or are damaged")
    if not entries:
        raise ParseError(
            f"holds no table, only {inner.rows:,} routes of updates: give a RIB", source=source
        )
    for reason, count in inner.skipped.items():
        tally.skip(reason, count)


def rows(ranges: Ranges) -> Iterator[OriginRow]:
    """Yield a row for each prefix, with all its origins."""
    first: OriginRow | None = None
    for place in range(len(ranges.sets)):
        origins = ranges.origins[ranges.sets[place]]
        start = ranges.starts.number(place)
        length = int(ranges.lengths[place])
        if first is not None and (first.start, first.length) == (start, length):
            first = first._replace(origins=first.origins + origins)
            continue
        if first is not None:
            yield first
        first = OriginRow(start, ranges.ends.number(place), ranges.version, origins, length)
    if first is not None:
        yield first


class Pairs:
    """Distinct pairs of prefix and origin, of both families."""

    def __init__(self) -> None:
        self._families = {version: _Family(version) for version in BITS}

    def add(self, batch: Batch, tally: Tally) -> int:
        """Take the table entries of a batch, and return how many there were."""
        routes = batch.routes
        entries = routes.kinds == RouteKind.ENTRY
        entries &= ~batch.prefixes.multicast[routes.prefixes]
        count = int(entries.sum())
        if not count:
            return 0
        state = _states(batch)[routes.attributes[entries]]
        origins = batch.origins[entries]
        empty = state == _EMPTY
        origins[empty] = batch.peers.asns[routes.peers[entries]][empty]
        _skip(tally, "routes without a path", state == _NO_PATH)
        _skip(tally, "routes whose path ends with a set or a confederation", state == _NO_ORIGIN)
        kept = (state == _TOLD) | empty
        # One number for each pair; what repeats stands in the same record, mostly.
        prefixes = routes.prefixes[entries][kept].astype(np.uint64)
        numbers = np.unique(prefixes << np.uint64(32) | origins[kept])
        self._take(batch, (numbers >> np.uint64(32)).astype(np.intp), numbers.astype(np.uint32))
        return count

    def _take(self, batch: Batch, places: NDArray[np.intp], origins: NDArray[np.uint32]) -> None:
        versions = batch.prefixes.versions[places]
        addresses = np.ascontiguousarray(batch.prefixes.addresses[places])
        high, low = addresses.view(">u8").astype(np.uint64).T
        lengths = batch.prefixes.lengths[places]
        for version, family in self._families.items():
            own = versions == version
            first, second = high[own], low[own]
            if version == 4:
                first, second = np.zeros_like(first), first >> np.uint64(32)
            family.add((first, second, lengths[own], origins[own]))

    def ranges(self, tally: Tally, *, public: tuple[Prefix, ...] = ()) -> dict[int, Ranges]:
        """Return the ranges of each family, one row a prefix and origin, ascending."""
        return {version: family.ranges(tally, public) for version, family in self._families.items()}


def _states(batch: Batch) -> NDArray[np.uint8]:
    """What each block of attributes tells of an origin; the last is for routes without a block."""
    paths, told = batch.attributes.paths, batch.attributes.has(AS_PATH)
    states = np.full(len(told) + 1, _NO_PATH, np.uint8)
    within = states[:-1]
    within[told] = _NO_ORIGIN
    within[told & (np.diff(paths.offsets) == 0)] = _EMPTY
    some = np.flatnonzero(told & (np.diff(paths.segment_offsets) > 0))
    last = paths.segment_offsets[some + 1] - 1
    ends = (paths.segment_kinds[last] == AS_SEQUENCE) & (paths.segment_sizes[last] > 0)
    within[some[ends]] = _TOLD
    return states


class _Family:
    """Distinct pairs of one family: those united, and those that have come since."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._parts: list[_Columns] = []
        self._fresh = self._united = 0

    def add(self, columns: _Columns) -> None:
        """Take some pairs; they are united with the others when as many have come as there were."""
        self._parts.append(columns)
        self._fresh += len(columns[0])
        if self._fresh > max(_WORTH_UNITING, self._united):
            self._parts = [self._unite()]

    def _unite(self) -> _Columns:
        high, low, lengths, origins = (
            np.concatenate(parts) for parts in zip(*self._parts, strict=True)
        )
        order = np.lexsort((origins, lengths, low, high))
        high, low, lengths, origins = (one[order] for one in (high, low, lengths, origins))
        new = np.ones(len(order), dtype=bool)
        new[1:] = (
            (high[1:] != high[:-1])
            | (low[1:] != low[:-1])
            | (lengths[1:] != lengths[:-1])
            | (origins[1:] != origins[:-1])
        )
        self._fresh, self._united = 0, int(new.sum())
        return high[new], low[new], lengths[new], origins[new]

    def ranges(self, tally: Tally, public: tuple[Prefix, ...]) -> Ranges:
        """Judge all pairs, and return those that stay."""
        self._parts = self._parts or [_nothing()]
        high, low, lengths, origins = self._unite()
        first = _first_of_each(high, low, lengths)
        kept = np.ones(len(first), dtype=bool)
        for reason, marks in (
            ("default routes", lengths == 0),
            ("prefixes of special purpose", _special(high, low, lengths, self._version, public)),
        ):
            _skip(tally, reason, marks & kept & first)
            kept &= ~marks
        for reason, ends in _NO_NETWORK:
            marks = _between(origins, ends) & kept
            _skip(tally, f"origins that are {reason}", marks)
            kept &= ~marks
        high, low, lengths, origins = (one[kept] for one in (high, low, lengths, origins))
        first = _first_of_each(high, low, lengths)
        tally.rows += int(first.sum())
        longest = CUSTOMARY_LENGTH[self._version]
        _note(tally, f"prefixes longer than /{longest}", first & (lengths > longest))
        for reason, ends in _NOT_WORLDWIDE:
            _note(tally, reason, _between(origins, ends))
        names, sets = np.unique(origins, return_inverse=True)
        starts = Halves(high=high, low=low)
        hosts = HOSTS[self._version][lengths]
        return Ranges(
            version=self._version,
            starts=starts,
            ends=Halves(high=high | hosts.high, low=low | hosts.low),
            lengths=lengths,
            sets=sets.astype(np.uint32),
            origins=tuple(zip(names.tolist(), strict=True)),
        )


def _nothing() -> _Columns:
    none = np.zeros(0, np.uint64)
    return none, none, none.astype(np.uint8), none.astype(np.uint32)


def _first_of_each(
    high: NDArray[np.uint64], low: NDArray[np.uint64], lengths: NDArray[np.uint8]
) -> Flags:
    """Mark the first pair of each prefix; they are sorted."""
    first = np.ones(len(high), dtype=bool)
    first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1]) | (lengths[1:] != lengths[:-1])
    return first


def _special(
    high: NDArray[np.uint64],
    low: NDArray[np.uint64],
    lengths: NDArray[np.uint8],
    version: int,
    public: tuple[Prefix, ...],
) -> Flags:
    """Which prefixes lie in a special-purpose range: the most specific range decides."""
    marks = np.zeros(len(high), dtype=bool)
    ranges = [(found is not None, prefix) for found, prefix in reversed(special_ranges())]
    for special, prefix in (*ranges, *((False, prefix) for prefix in public)):
        if prefix.version != version:
            continue
        bounds = Halves.of([int(prefix.network_address), int(prefix.broadcast_address)])
        hosts = HOSTS[version][[prefix.prefixlen]]
        inside = (lengths >= prefix.prefixlen) & (high & ~hosts.high == bounds.high[0])
        marks[inside & (low & ~hosts.low == bounds.low[0])] = special
    return marks


def _between(numbers: NDArray[np.uint32], ends: tuple[int, int]) -> Flags:
    found: Flags = (numbers >= ends[0]) & (numbers <= ends[1])
    return found


def _skip(tally: Tally, reason: str, marks: Flags) -> None:
    if count := int(marks.sum()):
        tally.skip(reason, count)


def _note(tally: Tally, reason: str, marks: Flags) -> None:
    if count := int(marks.sum()):
        tally.note(reason, count)
