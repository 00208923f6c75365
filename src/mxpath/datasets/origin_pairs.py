"""Prefixes and their origins, collected out of MRT batches by whole columns.

The law
-------
1. Entries of tables count, updates do not: what a peer announced for a moment is no state.
2. The origin is the last network of the path. An empty path was told by a peer inside the network
   that originates the prefix: that network. A path that ends with a set or a confederation, or is
   damaged, tells none; such routes are counted.
3. A prefix keeps all its origins (MOAS), whichever peers told them, each once. Memory is bounded
   by the number of distinct pairs, not by the length of the stream.
4. Left out and counted: default routes, and prefixes so wide that they stand for one (an address
   that nobody announces would else be theirs); prefixes of a special-purpose registry that do not count
   as public; AS 0 (RFC 7607), AS_TRANS (RFC 6793) and the last AS numbers (RFC 7300), which are no
   network's.
5. Kept and noted: prefixes longer than the customary /24 and /48, and origins of private use
   (RFC 6996) or for documentation (RFC 5398): leaks, most of them, but what the tables say.
"""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mxpath.datasets import mrt
from mxpath.datasets.mrt_attributes import AS_PATH
from mxpath.datasets.mrt_batches import Batch, RouteKind
from mxpath.datasets.mrt_octets import Flags
from mxpath.datasets.mrt_paths import AS_SEQUENCE
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError
from mxpath.model.address import WIDEST_NETWORK, Prefix, special_ranges
from mxpath.tables.prefix_arrays import HOSTS, Halves, Ranges
from mxpath.tables.prefixes import BITS, OriginRow

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
        tally.skip("the rest of a file that ends early or is damaged")
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
            family.add(_Columns(first, second, lengths[own], origins[own]))

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


class _Columns(NamedTuple):
    """Pairs of prefix and origin, shape (n,) each."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    """The halves of the first address; all of an IPv4 one is here."""
    lengths: NDArray[np.uint8]
    origins: NDArray[np.uint32]

    def at(self, places: NDArray[Any]) -> "_Columns":
        """Return the pairs at some places, or those that are marked."""
        return _Columns(
            self.high[places], self.low[places], self.lengths[places], self.origins[places]
        )

    def in_order(self) -> "_Columns":
        """Return the pairs ascending, each once."""
        ordered = self.at(np.lexsort((self.origins, self.lengths, self.low, self.high)))
        new = ordered.first_of_each()
        new[1:] |= ordered.origins[1:] != ordered.origins[:-1]
        return ordered.at(new)

    def first_of_each(self) -> Flags:
        """Mark the first pair of each prefix; they are in order."""
        first = np.ones(len(self.high), dtype=bool)
        first[1:] = (
            (self.high[1:] != self.high[:-1])
            | (self.low[1:] != self.low[:-1])
            | (self.lengths[1:] != self.lengths[:-1])
        )
        return first

    def special(self, version: int, public: tuple[Prefix, ...]) -> Flags:
        """Mark prefixes in special-purpose ranges: the most specific range decides."""
        marks = np.zeros(len(self.high), dtype=bool)
        ranges = [(found is not None, prefix) for found, prefix in reversed(special_ranges())]
        for special, prefix in (*ranges, *((False, prefix) for prefix in public)):
            if prefix.version != version:
                continue
            first = Halves.of([int(prefix.network_address)])
            hosts = HOSTS[version][[prefix.prefixlen]]
            inside = (self.high & ~hosts.high == first.high) & (self.low & ~hosts.low == first.low)
            marks[inside & (self.lengths >= prefix.prefixlen)] = special
        return marks


class _Family:
    """Distinct pairs of one family: those united, and those that have come since."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._parts: list[_Columns] = []
        self._fresh = self._united = 0

    def add(self, pairs: _Columns) -> None:
        """Take some pairs; they are united with the others when as many have come as there were."""
        self._parts.append(pairs)
        self._fresh += len(pairs.high)
        if self._fresh > max(_WORTH_UNITING, self._united):
            united = self._unite()
            self._parts, self._fresh, self._united = [united], 0, len(united.high)

    def _unite(self) -> _Columns:
        parts = self._parts
        return _Columns(
            np.concatenate([part.high for part in parts] or [np.zeros(0, np.uint64)]),
            np.concatenate([part.low for part in parts] or [np.zeros(0, np.uint64)]),
            np.concatenate([part.lengths for part in parts] or [np.zeros(0, np.uint8)]),
            np.concatenate([part.origins for part in parts] or [np.zeros(0, np.uint32)]),
        ).in_order()

    def ranges(self, tally: Tally, public: tuple[Prefix, ...]) -> Ranges:
        """Judge all pairs, and return those that stay."""
        pairs = self._judged(self._unite(), tally, public)
        first, longest = pairs.first_of_each(), CUSTOMARY_LENGTH[self._version]
        tally.rows += int(first.sum())
        _note(tally, f"prefixes longer than /{longest}", first & (pairs.lengths > longest))
        for reason, ends in _NOT_WORLDWIDE:
            _note(tally, reason, _between(pairs.origins, ends))
        names, sets = np.unique(pairs.origins, return_inverse=True)
        hosts = HOSTS[self._version][pairs.lengths]
        return Ranges(
            version=self._version,
            starts=Halves(high=pairs.high, low=pairs.low),
            ends=Halves(high=pairs.high | hosts.high, low=pairs.low | hosts.low),
            lengths=pairs.lengths,
            sets=sets.astype(np.uint32),
            origins=tuple(zip(names.tolist(), strict=True)),
        )

    def _judged(self, pairs: _Columns, tally: Tally, public: tuple[Prefix, ...]) -> _Columns:
        """Leave out what law 4 names."""
        first = pairs.first_of_each()
        kept = pairs.lengths >= WIDEST_NETWORK
        _skip(tally, "default routes", first & ~kept)
        special = pairs.special(self._version, public) & kept
        _skip(tally, "prefixes of special purpose", first & special)
        kept &= ~special
        for reason, ends in _NO_NETWORK:
            nobody = _between(pairs.origins, ends) & kept
            _skip(tally, f"origins that are {reason}", nobody)
            kept &= ~nobody
        return pairs.at(kept)


def _between(numbers: NDArray[np.uint32], ends: tuple[int, int]) -> Flags:
    found: Flags = (numbers >= ends[0]) & (numbers <= ends[1])
    return found


def _skip(tally: Tally, reason: str, marks: Flags) -> None:
    if count := int(marks.sum()):
        tally.skip(reason, count)


def _note(tally: Tally, reason: str, marks: Flags) -> None:
    if count := int(marks.sum()):
        tally.note(reason, count)
