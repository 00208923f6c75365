"""Addresses in text read by whole columns: the answers of numerals.py, many at once.

A token is a stretch of the text's bytes. Every function says of each token whether it is
what was asked for; a token that is not is no error here, for the caller knows its line.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

_DOT, _COLON, _NEWLINE = ord("."), ord(":"), ord("\n")
_NONE = 255
_DECIMAL = np.full(256, _NONE, dtype=np.uint8)
_DECIMAL[ord("0") : ord("9") + 1] = np.arange(10)
_HEXADECIMAL = _DECIMAL.copy()
for _letters in (b"abcdef", b"ABCDEF"):
    _HEXADECIMAL[np.frombuffer(_letters, dtype=np.uint8)] = np.arange(10, 16)
_GROUPS = 8
_MAX_GAPS = 3
"""Empty groups of a double colon by itself."""


@dataclass(frozen=True, slots=True)
class Text:
    """Bytes, with room before and behind so that no look around a token leaves them."""

    octets: NDArray[np.uint8]
    _found: dict[int, Places] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, content: bytes) -> "Text":
        """Take UTF-8 bytes."""
        return cls(np.frombuffer(b"\n" * _GROUPS + content + b"\n" * _GROUPS, dtype=np.uint8))

    def where(self, character: int) -> Places:
        """Return all places of a character."""
        if character not in self._found:
            self._found[character] = np.flatnonzero(self.octets == character)
        return self._found[character]

    def lines(self) -> tuple[Places, Places]:
        """Return first and behind-the-last place of every line that is not empty."""
        ends = self.where(_NEWLINE)
        first, after = ends[:-1] + 1, ends[1:]
        filled = after > first
        return first[filled], after[filled]


def whole_numbers(
    text: Text, first: Places, after: Places, *, most: int
) -> tuple[NDArray[np.int64], Flags]:
    """Read numbers in ASCII digits up to ``most``; numbers that are too large are none."""
    sizes = after - first
    longest = len(str(most))
    good = (sizes > 0) & (sizes <= longest)
    values = np.zeros(len(first), dtype=np.int64)
    for n in range(min(longest, int(sizes.max(initial=0)))):
        inside = n < sizes
        digit = _DECIMAL[text.octets[np.where(inside, first + n, first)]]
        good &= ~inside | (digit != _NONE)
        values = np.where(inside, values * 10 + digit, values)
    return values, good & (values <= most)


def addresses_v4(text: Text, first: Places, after: Places) -> tuple[NDArray[np.uint32], Flags]:
    """Read dotted quads without leading zeros, as ``address_v4`` does."""
    dots = text.where(_DOT)
    before = dots.searchsorted(first)
    good = dots.searchsorted(after) - before == 3
    if not len(dots):
        return np.zeros(len(first), dtype=np.uint32), good
    values = np.zeros(len(first), dtype=np.uint32)
    begin = first
    for n in range(4):
        end = dots[np.minimum(before + n, len(dots) - 1)] if n < 3 else after
        value, fine = _octet(text.octets, begin, end)
        values = values << np.uint32(8) | value
        good &= fine
        begin = end + 1
    return values, good


def _octet(
    octets: NDArray[np.uint8], begin: Places, end: Places
) -> tuple[NDArray[np.uint32], Flags]:
    """Read what lies between two dots, backwards from the second."""
    sizes = end - begin
    ones, tens, hundreds = (_DECIMAL[octets[end - n]] for n in (1, 2, 3))
    two, three = sizes > 1, sizes > 2
    good = (sizes > 0) & (sizes < 4) & (ones != _NONE)
    good &= ~two | (tens != _NONE)
    good &= ~three | ((hundreds != _NONE) & (hundreds != 0))
    good &= ~two | three | (tens != 0)
    value = ones + np.where(two, tens, 0).astype(np.uint32) * 10
    value += np.where(three, hundreds, 0).astype(np.uint32) * 100
    return value, good & (value < 256)


def addresses_v6(
    text: Text, first: Places, after: Places
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], Flags]:
    """Read IPv6 addresses in hexadecimal groups, as ``address_v6`` does: both halves."""
    colons = text.where(_COLON)
    if not len(colons):
        none = np.zeros(len(first), dtype=np.uint64)
        return none, none, np.zeros(len(first), dtype=bool)
    before = colons.searchsorted(first)
    count = colons.searchsorted(after) - before  # groups are one more, empty ones included
    good = (count > 1) & (count <= _GROUPS)
    halves = [np.zeros(len(first), dtype=np.uint64) for _ in range(2)]
    gaps = np.zeros(len(first), dtype=np.intp)
    first_gap = np.full(len(first), _GROUPS + 1)
    last_gap = np.full(len(first), -1)
    begin = first
    for n in range(_GROUPS + 1):
        present = n <= count
        if not present.any():
            break
        behind = colons[np.minimum(before + n, len(colons) - 1)]
        end = np.where(present, np.where(n < count, behind, after), begin)
        value, fine, empty = _group(text.octets, begin, end)
        empty &= present
        good &= ~present | fine
        first_gap = np.where(empty & (gaps == 0), n, first_gap)
        last_gap = np.where(empty, n, last_gap)
        gaps += empty
        # Before the double colon groups count from the front, behind it from the back.
        place = np.where(gaps == 0, n, _GROUPS - 1 - (count - n))
        _put(halves, value, place, present & ~empty)
        begin = np.where(present, end + 1, begin)
    good &= _is_one_gap(count, gaps, first_gap, last_gap)
    return halves[0], halves[1], good


def _is_one_gap(count: Places, gaps: Places, first_gap: Any, last_gap: Any) -> Flags:
    """Whether empty groups are those of one double colon, or there are none and none is missing."""
    inner = (gaps == 1) & (first_gap > 0) & (last_gap < count) & (count < _GROUPS)
    in_front = (gaps == 2) & (first_gap == 0) & (last_gap == 1)
    behind = (gaps == 2) & (first_gap == count - 1) & (last_gap == count)
    alone = (gaps == _MAX_GAPS) & (count == 2)
    whole = (gaps == 0) & (count == _GROUPS - 1)
    found: Flags = whole | inner | in_front | behind | alone
    return found


def _group(
    octets: NDArray[np.uint8], begin: Places, end: Places
) -> tuple[NDArray[np.uint64], Flags, Flags]:
    """Read up to four hexadecimal digits, backwards; none at all is an empty group."""
    sizes = end - begin
    good = (sizes >= 0) & (sizes <= 4)
    value = np.zeros(len(begin), dtype=np.uint64)
    for n in range(4):
        inside = n < sizes
        digit = _HEXADECIMAL[octets[end - 1 - n]]
        good &= ~inside | (digit != _NONE)
        value |= np.where(inside, digit, 0).astype(np.uint64) << np.uint64(4 * n)
    return value, good, sizes == 0


def _put(
    halves: list[NDArray[np.uint64]], value: NDArray[np.uint64], place: Places, which: Flags
) -> None:
    """Put groups where they belong; what lies outside has been found wrong already, or will be."""
    for n, half in enumerate(halves):
        here = which & (place >= 4 * n) & (place < 4 * n + 4)
        shift = np.where(here, 4 * n + 3 - place, 0).astype(np.uint64) * np.uint64(16)
        half |= np.where(here, value, 0).astype(np.uint64) << shift  # noqa: PLW2901 - in place
