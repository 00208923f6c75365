"""Validated ROA payloads, as relying parties write them: JSON of rpki-client or routinator, or CSV.

JSON is an object whose ``roas`` is a list of ``{"asn": 64496 or "AS64496", "prefix": …,
"maxLength": …}``; further members are passed over. CSV has a header line that names
``ASN``, ``IP Prefix`` and ``Max Length``, with or without quotes, in any order.

The law: a list of half a million is read object by object, and never built as one
tree; a row that is no VRP is an error, for a hole in this list makes an invalid route
look unknown.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Any, NamedTuple

from mxpath.datasets.numerals import address_v4, address_v6, whole_number
from mxpath.datasets.snapshot import Spec, Tally, lines_of
from mxpath.errors import ParseError
from mxpath.model.address import Prefix
from mxpath.model.rpki import Vrp

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPEC = Spec(
    name="vrps",
    publisher="your own relying party, or one that publishes its list",
    licence="the terms of the five registries' repositories",
    cadence="every few minutes",
    url="https://rpki.cloudflare.com/rpki.json",
    gives="which network may announce which prefix (RPKI)",
    attribution="RPKI: validated ROA payloads (VRPs) of the relying party named",
)

_SPACE = re.compile(r"[ \t\r\n]*")
_MAX_ASN = 2**32 - 1
_BYTES = {4: 4, 6: 16}
_BITS = {4: 32, 6: 128}
_COLUMNS = ("asn", "ip prefix", "max length")


class VrpRow(NamedTuple):
    """One payload in numbers; there are half a million, each for the time of a parse."""

    version: int
    start: int
    """First address of the prefix."""
    length: int
    max_length: int
    asn: int


def parse(document: bytes, *, source: str, tally: Tally | None = None) -> Iterator[VrpRow]:
    """Read the payloads of a JSON or CSV document, in its order.

    Raises
    ------
    ParseError
        When it is neither, or a row is no payload.
    """
    tally = Tally() if tally is None else tally
    is_json = document[:64].lstrip().startswith(b"{")
    read = _json_rows if is_json else _csv_rows
    for row in read(document, source):
        tally.rows += 1
        yield row


def _json_rows(document: bytes, source: str) -> Iterator[VrpRow]:
    for item in _items(document, source):
        if not isinstance(item, dict):
            raise ParseError(f"expected an object in roas, found {str(item)[:80]!r}", source=source)
        yield _checked(item.get("asn"), item.get("prefix"), item.get("maxLength"), source)


def _items(document: bytes, source: str) -> Iterator[Any]:
    """Yield the members of ``roas`` one by one."""
    try:
        text = document.decode()
        walk = _Walk(text)
        for name in walk.members():
            if name == "roas":
                yield from walk.elements()
                return
            walk.value()
    except UnicodeDecodeError as error:
        raise ParseError("is not UTF-8 text", source=source) from error
    except (ValueError, IndexError, RecursionError) as error:
        raise ParseError(f"not a JSON document: {error}", source=source) from error
    raise ParseError('expected an object with a list "roas"', source=source)


class _Walk:
    """A place in a JSON text, moved value by value; ValueError where there is none."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._decode = json.JSONDecoder().raw_decode

    def _mark(self, wanted: str) -> str:
        at = self._next()
        found = self._text[at : at + 1]
        if not found or found not in wanted:
            raise ValueError(f"expected one of {wanted!r} at character {at}, found {found!r}")
        self._at = at + 1
        return found

    def _next(self) -> int:
        """Where the next mark or value begins."""
        gap = _SPACE.match(self._text, self._at)
        return gap.end() if gap else self._at

    def value(self) -> Any:
        """Return the next value, whole."""
        found, self._at = self._decode(self._text, self._next())
        return found

    def members(self) -> Iterator[str]:
        """Yield the name of each member; the caller takes its value before the next."""
        self._mark("{")
        while True:
            name = self.value()
            self._mark(":")
            yield name
            if self._mark(",}") == "}":
                return

    def elements(self) -> Iterator[Any]:
        """Yield the elements of a list."""
        self._mark("[")
        if self._text.startswith("]", self._next()):
            return
        while True:
            yield self.value()
            if self._mark(",]") == "]":
                return


def _csv_rows(document: bytes, source: str) -> Iterator[VrpRow]:
    reader = csv.reader(lines_of(document, source=source), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        try:
            places = [header.index(name) for name in _COLUMNS]
        except ValueError as error:
            raise ParseError(
                'expected JSON with "roas", or CSV with a header of ASN, IP Prefix, Max Length',
                source=source,
            ) from error
        for fields in reader:
            if not fields:
                continue
            if len(fields) <= max(places):
                raise ParseError("a column is missing", source=source, line=reader.line_num)
            asn, prefix, max_length = (fields[place].strip() for place in places)
            yield _checked(asn, prefix, max_length, source, reader.line_num)
    except csv.Error as error:
        raise ParseError(f"not CSV: {error}", source=source, line=reader.line_num) from error


def _checked(
    asn: Any, prefix: Any, max_length: Any, source: str, line: int | None = None
) -> VrpRow:
    try:
        return _row(_number(asn), prefix, max_length)
    except (ValueError, TypeError, AttributeError) as error:
        shown = f"{str(asn)[:20]} {str(prefix)[:50]} {str(max_length)[:20]}"
        raise ParseError(
            f"expected AS number, prefix and maximal length, found {shown!r}",
            source=source,
            line=line,
        ) from error


def _row(asn: int, prefix: str, max_length: Any) -> VrpRow:
    address, length_text = prefix.split("/")
    version = 6 if ":" in address else 4
    start = address_v6(address) if version == 6 else address_v4(address)
    length = whole_number(length_text)
    # Without one, no part of the prefix may be announced by itself (RFC 9582 section 4.3.2).
    longest = length if max_length in (None, "") else _number(max_length)
    if not length <= longest <= _BITS[version] or asn > _MAX_ASN:
        raise ValueError(prefix)
    if start & ((1 << _BITS[version] - length) - 1):
        raise ValueError(prefix)
    return VrpRow(version, start, length, longest, asn)


def _number(value: Any) -> int:
    if isinstance(value, str):
        return whole_number(value.removeprefix("AS"))
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(value)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class VrpTable:
    """Payloads of one address family, sorted by length and then by prefix."""

    version: int
    keys: "NDArray[np.bytes_]"
    """One byte of prefix length, then the packed address: shape (n,)."""
    max_lengths: "NDArray[np.uint8]"
    asns: "NDArray[np.uint32]"
    lengths: tuple[int, ...]
    """The prefix lengths that occur."""

    @classmethod
    def of(cls, rows: Iterable[VrpRow], *, version: int) -> "VrpTable":
        """Build from rows in any order, repeats allowed; those of the other family are left out."""
        import numpy as np  # noqa: PLC0415 - costs more than all else where there are no VRPs

        size = _BYTES[version]
        kept = sorted(
            {
                (bytes((length,)) + start.to_bytes(size), max_length, asn)
                for family, start, length, max_length, asn in rows
                if family == version
            }
        )
        return cls(
            version=version,
            keys=np.array([key for key, _, _ in kept], dtype=f"S{size + 1}"),
            max_lengths=np.array([max_length for _, max_length, _ in kept], dtype=np.uint8),
            asns=np.array([asn for _, _, asn in kept], dtype=np.uint32),
            lengths=tuple(sorted({key[0] for key, _, _ in kept})),
        )

    def __len__(self) -> int:
        return len(self.keys)

    def covering(self, prefix: Prefix) -> tuple[Vrp, ...]:
        """Return the payloads whose prefix is ``prefix`` or holds it, longest first (RFC 6811)."""
        if prefix.version != self.version:
            return ()
        deep = [length for length in self.lengths if length <= prefix.prefixlen]
        return tuple(vrp for length in reversed(deep) for vrp in self._at(prefix, length))

    def _at(self, prefix: Prefix, length: int) -> Iterator[Vrp]:
        size = _BYTES[self.version]
        bits = _BITS[self.version]
        start = int(prefix.network_address) >> bits - length << bits - length
        key = self.keys.dtype.type(bytes([length]) + start.to_bytes(size))
        first, last = (int(self.keys.searchsorted(key, side=side)) for side in ("left", "right"))
        network = IPv4Network if self.version == 4 else IPv6Network
        for n in range(first, last):
            yield Vrp(
                prefix=network((start, length)),
                asn=int(self.asns[n]),
                max_length=int(self.max_lengths[n]),
            )
