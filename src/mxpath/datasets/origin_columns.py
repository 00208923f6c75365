"""Origins read by whole columns: the rows of iplocation.py and pfx2as.py, ten times sooner.

The law: this way reads only what it is sure of. Where anything in a document is not
as usual (another line end, a number too many, bytes that are no text) it returns
``None``, and the parser reads line by line and says what is wrong where.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mxpath.datasets.snapshot import MAX_LINE_CHARACTERS, Tally
from mxpath.tables.address_text import (
    Flags,
    Places,
    Text,
    addresses_v4,
    addresses_v6,
    whole_numbers,
)
from mxpath.tables.prefix_arrays import HOSTS, Halves, Ranges
from mxpath.tables.prefixes import BITS, NO_LENGTH

_MAX_ASN = 2**32 - 1

_Token = tuple[Places, Places]


def ranges(document: bytes, *, version: int, tally: Tally, left_out: str) -> Ranges | None:
    """Read ``start, end, AS number``, with commas or tabs; AS 0 is counted as ``left_out``."""
    lines = _lines(document, separator="\t" if b"\t" in document else ",", version=version)
    if lines is None:
        return None
    text, (first, last, origin) = lines
    start, end = (_addresses(text, token, version) for token in (first, last))
    asns, good = whole_numbers(text, *origin, most=_MAX_ASN)
    if start is None or end is None or not good.all() or _above(start, end).any():
        return None
    held = asns != 0
    _count(held, tally, left_out)
    numbers, sets = np.unique(asns[held], return_inverse=True)
    return Ranges(
        version=version,
        starts=start[held],
        ends=end[held],
        lengths=np.full(len(sets), NO_LENGTH, dtype=np.uint8),
        sets=sets.astype(np.uint32),
        origins=tuple(zip(numbers.tolist(), strict=True)),
    )


def prefixes(
    document: bytes,
    *,
    version: int,
    origins_of: Callable[[str], tuple[int, ...]],
    tally: Tally,
    left_out: str,
) -> Ranges | None:
    """Read ``prefix TAB length TAB origins``; ``origins_of`` reads what is no plain AS number.

    Rows that are left with no origin are counted as ``left_out``.
    """
    lines = _lines(document, separator="\t", version=version, exactly=True)
    if lines is None:
        return None
    text, (prefix, size, origin) = lines
    start = _addresses(text, prefix, version)
    lengths, good = whole_numbers(text, *size, most=BITS[version])
    if start is None or not good.all():
        return None
    hosts = HOSTS[version][lengths]
    if ((start.high & hosts.high) | (start.low & hosts.low)).any():
        return None
    try:
        sets, origins = _origin_sets(text, origin, origins_of)
    except ValueError:
        return None
    held = np.array([bool(one) for one in origins], dtype=bool)[sets]
    _count(held, tally, left_out)
    return Ranges(
        version=version,
        starts=start[held],
        ends=Halves(high=start.high | hosts.high, low=start.low | hosts.low)[held],
        lengths=lengths[held].astype(np.uint8),
        sets=sets[held].astype(np.uint32),
        origins=origins,
    )


def _count(held: Flags, tally: Tally, left_out: str) -> None:
    rows = int(held.sum())
    tally.rows += rows
    if rows < len(held):
        tally.skip(left_out, len(held) - rows)


def joined(parts: Sequence[Ranges]) -> Ranges:
    """Put the rows of several documents of one family behind one another."""
    origins = [one for part in parts for one in part.origins]
    shifts = np.cumsum([0, *(len(part.origins) for part in parts)])[:-1].tolist()
    return Ranges(
        version=parts[0].version,
        starts=_behind_one_another([part.starts for part in parts]),
        ends=_behind_one_another([part.ends for part in parts]),
        lengths=np.concatenate([part.lengths for part in parts]),
        sets=np.concatenate(
            [part.sets + np.uint32(shift) for part, shift in zip(parts, shifts, strict=True)]
        ),
        origins=tuple(origins),
    )


def _behind_one_another(parts: Sequence[Halves]) -> Halves:
    return Halves(
        high=np.concatenate([part.high for part in parts]),
        low=np.concatenate([part.low for part in parts]),
    )


def _lines(
    document: bytes, *, separator: str, version: int, exactly: bool = False
) -> tuple[Text, tuple[_Token, _Token, _Token]] | None:
    """The first three columns of the lines of one family; ``None`` when a line has fewer."""
    if b"\r" in document or not _is_text(document):
        return None
    text = Text.of(document)
    first, after = text.lines()
    kept = text.octets[first] != ord("#")
    first, after = first[kept], after[kept]
    marks = text.where(ord(separator))
    at = marks.searchsorted(first)
    columns = marks.searchsorted(after) - at + 1
    if (after - first > MAX_LINE_CHARACTERS).any() or (columns < 3).any():
        return None
    if exactly and (columns > 3).any():
        return None
    is_v6, is_v4 = (_holds(text.where(ord(mark)), first, marks[at]) for mark in ":.")
    if not (is_v6 | is_v4).all():
        return None
    own = is_v6 == (version == 6)
    first, after, at, columns = first[own], after[own], at[own], columns[own]
    one, two = marks[at], marks[at + 1]
    further = marks[np.minimum(at + 2, len(marks) - 1)]
    three = np.where(columns > 3, further, after)
    return text, ((first, one), (one + 1, two), (two + 1, three))


def _holds(marks: Places, first: Places, after: Places) -> Flags:
    """Whether one of the marks lies in each token."""
    held: Flags = marks.searchsorted(after) > marks.searchsorted(first)
    return held


def _is_text(document: bytes) -> bool:
    if document.isascii():
        return True
    try:
        document.decode()
    except UnicodeDecodeError:
        return False
    return True


def _addresses(text: Text, token: _Token, version: int) -> Halves | None:
    good: Flags
    if version == 4:
        low, good = addresses_v4(text, *token)
        found = Halves(high=np.zeros(len(low), dtype=np.uint64), low=low.astype(np.uint64))
    else:
        high, low_half, good = addresses_v6(text, *token)
        found = Halves(high=high, low=low_half)
    return found if good.all() else None


def _above(one: Halves, other: Halves) -> Flags:
    above: Flags = (one.high > other.high) | ((one.high == other.high) & (one.low > other.low))
    return above


def _origin_sets(
    text: Text, token: _Token, origins_of: Callable[[str], tuple[int, ...]]
) -> tuple[NDArray[np.intp], tuple[tuple[int, ...], ...]]:
    """Number of each row's origins, and the origins by number; those of AS 0 alone are empty."""
    asns, plain = whole_numbers(text, *token, most=_MAX_ASN)
    numbers, places = np.unique(asns[plain], return_inverse=True)
    origins: list[tuple[int, ...]] = [(asn,) if asn else () for asn in numbers.tolist()]
    sets = np.empty(len(asns), dtype=np.intp)
    sets[plain] = places
    known: dict[bytes, int] = {}
    content = text.octets.tobytes()
    for row in np.flatnonzero(~plain).tolist():
        words = content[token[0][row] : token[1][row]]
        if words not in known:
            known[words] = len(origins)
            origins.append(origins_of(words.decode()))
        sets[row] = known[words]
    return sets, tuple(origins)
