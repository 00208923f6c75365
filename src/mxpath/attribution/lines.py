"""Attribution of addresses by the million: lines of text in, lines of NDJSON out.

The law: a line is what ``attribute`` says of its address, in short. Addresses of one
range and of blocks of one class (``given_classes``) differ in nothing but themselves, so
they have one *tail*, all that stands behind the address, made when it is first met. Special-purpose ranges
have theirs from ``attribute`` itself; those of exchange points (``ixp_tails``) and origins
(``tails``) are put together from the tables.

Memory does not grow with the input: tails are thrown away when there are too many.
A line that is no address becomes a line with an error.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mxpath.attribution.attribute import attribute
from mxpath.attribution.given_classes import NOTHING, Given, GivenClasses
from mxpath.attribution.ixp_tails import IxpTails
from mxpath.attribution.tails import OriginTails, attributed, line
from mxpath.errors import InputError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.address import Prefix, parse_address
from mxpath.model.documents import Attributed
from mxpath.tables.address_text import Text, addresses_v4, addresses_v6
from mxpath.tables.prefixes import NO_SET, PrefixTable, row_of

_MOST_TAILS = 1 << 17
_MOST_SHOWN = 200
"""Characters of a line that is no address."""

Answer = Callable[[int, Given | None], bytes]
"""The tail of a piece, by its place in a table, with what is told of the block around it."""


class AttributionLines:
    """Turns blocks of lines into blocks of NDJSON, and counts."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._families: dict[int, _Family] = {}
        self.lines = 0
        """Lines that were not blank."""
        self.bad = 0
        """Those that were no address."""
        self.known = False
        """Whether anything was known of any address."""

    def answer(self, block: bytes) -> bytes:
        """Return one line for each line of ``block`` that is not blank, in its order."""
        words = block.split(b"\n")
        if any(mark in block for mark in (b" ", b"\t", b"\r")):
            words = [word.strip() for word in words]
            block = b"\n".join(words)
        words = list(filter(None, words))
        if not words:
            return b""
        text = Text.of(block)
        first, after = text.lines()
        self.lines += len(words)
        tails: list[bytes | None] = [None] * len(words)
        value, good = addresses_v4(text, first, after)
        self._fill(tails, np.flatnonzero(good), 4, value[good], None)
        rest = np.flatnonzero(~good)
        if len(rest):
            high, low, good = addresses_v6(text, first[rest], after[rest])
            self._fill(tails, rest[good], 6, high[good], low[good])
        return b"".join(
            [
                _HEAD + word + tail if tail is not None else self._alone(word)
                for word, tail in zip(words, tails, strict=True)
            ]
        )

    def _fill(
        self,
        tails: list[bytes | None],
        where: NDArray[np.intp],
        version: int,
        high: NDArray[Any],
        low: NDArray[Any] | None,
    ) -> None:
        if not len(where):
            return
        if version not in self._families:
            self._families[version] = _Family(self._gazetteer, version)
        family = self._families[version]
        keys = family.keys(high, low).tolist()
        self.known = self.known or any(key != _NOBODY for key in keys)
        found = family.tails
        if len(found) > _MOST_TAILS:
            found.clear()
        if len(where) == len(tails):
            tails[:] = [found[key] for key in keys]
            return
        for place, key in zip(where.tolist(), keys, strict=True):
            tails[place] = found[key]

    def _alone(self, word: bytes) -> bytes:
        """Answer a word that is written in an unusual way, or is no address."""
        written = word[: 4 * _MOST_SHOWN].decode(errors="replace")[:_MOST_SHOWN]
        try:
            address = parse_address(written)
        except InputError:
            self.bad += 1
            return line(Attributed(address=written, error="not an IPv4 or IPv6 address"))
        found = attributed(attribute([address], self._gazetteer)[address])
        self.known = self.known or found.source is not None
        return line(replace(found, address=written))


_HEAD, _, _EMPTY_TAIL = line(Attributed(address="?")).partition(b"?")
_NOBODY = 0


@dataclass(frozen=True, slots=True)
class _Layer:
    """A table, the first key of its pieces, and what to say of one."""

    table: PrefixTable
    base: int
    held: NDArray[np.bool_]
    """Whether the layer answers for a piece."""
    answer: Answer


_base = attrgetter("base")


class _Tails(dict[int, bytes]):
    """Tails by key, made when they are first asked for."""

    def __init__(self, layers: list[_Layer], given: GivenClasses) -> None:
        super().__init__()
        self._layers, self._given = layers, given
        self.span = 1
        """One more than the largest key of a piece: keys of further classes begin there."""

    def __missing__(self, key: int) -> bytes:
        number, place = divmod(key, self.span)
        given = self._given[number]
        if place == _NOBODY:
            tail = _tail_of_block(given) if given is not None else _EMPTY_TAIL
        else:
            layer = self._layers[bisect_right(self._layers, place, key=_base) - 1]
            tail = layer.answer(place - layer.base, given)
        self[key] = tail
        return tail


def _tail_of_block(given: Given) -> bytes:
    """Of a block that nobody announces."""
    found = Attributed(
        address="?",
        country=given.country,
        since=given.since,
        source=given.snapshot.name,
        as_of=given.snapshot.as_of,
    )
    return line(found).partition(b"?")[2]


class _Family:
    """The tables of one address family in the order of the questions."""

    def __init__(self, gazetteer: Gazetteer, version: int) -> None:
        self._gazetteer, self._version = gazetteer, version
        self._layers: list[_Layer] = []
        self._given = GivenClasses(gazetteer, version)
        self.tails = _Tails(self._layers, self._given)
        special = PrefixTable.of(_special_rows(gazetteer, version), version=version)
        self._add(special, self._asked(special), only=1)
        ixps = IxpTails(gazetteer, version)
        if len(ixps.table):
            self._add(ixps.table, ixps.tail)
        self._announced = self._next_base()
        for table, snapshot in gazetteer.origin_tables(version):
            self._add(table, OriginTails(table, snapshot, gazetteer).tail)
        self.tails.span = self._next_base()

    def _add(self, table: PrefixTable, answer: Answer, *, only: int | None = None) -> None:
        base = self._next_base()
        held = np.frombuffer(table.piece_sets, dtype=np.uint32) != NO_SET
        if only is not None:
            held &= table.first_origins() == only
        self._layers.append(_Layer(table, base, held, answer))

    def _next_base(self) -> int:
        last = self._layers[-1] if self._layers else None
        return last.base + len(last.table.pieces) if last is not None else _NOBODY + 1

    def keys(self, high: NDArray[Any], low: NDArray[Any] | None) -> NDArray[np.intp]:
        """Return for each address the key of its tail."""
        keys = np.full(len(high), _NOBODY, dtype=np.intp)
        for layer in reversed(self._layers):
            places = layer.table.find_many(high, low)
            keys = np.where(layer.held[places], places + layer.base, keys)
        if len(self._given) > 1:
            # Special space and exchange points are no registry's to tell of.
            asked = (keys == _NOBODY) | (keys >= self._announced)
            keys += np.where(asked, self._given.of(high, low), NOTHING) * self.tails.span
        return keys

    def _asked(self, table: PrefixTable) -> Answer:
        """Tails of ranges for which ``attribute`` is asked about their first address."""

        def answer(piece: int, _given: Given | None) -> bytes:
            kind = IPv4Address if self._version == 4 else IPv6Address
            address = kind(table.pieces[piece])
            found = attributed(attribute([address], self._gazetteer)[address])
            return line(replace(found, address="?")).partition(b"?")[2]

        return answer


def _special_rows(gazetteer: Gazetteer, version: int) -> Iterator[Any]:
    """Special-purpose ranges as rows of origin 1, what counts as public inside them as 0."""
    public = gazetteer.public
    for found, prefix in gazetteer.special_space.ranges(version):
        if not any(_inside(prefix, one) for one in public):
            yield row_of(prefix, (0 if found is None else 1,))
    for one in public:
        yield row_of(one, (0,))


def _inside(prefix: Prefix, other: Prefix) -> bool:
    return (
        prefix.version == other.version
        and prefix.prefixlen >= other.prefixlen
        and prefix.network_address in other
    )
