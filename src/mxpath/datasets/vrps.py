"""Validated ROA payloads, as relying parties write them: JSON of rpki-client or routinator, or CSV.

JSON is an object whose ``roas`` is a list of ``{"asn": 64496 or "AS64496", "prefix": …,
"maxLength": …}``; further members are passed over. CSV has a header line that names
``ASN``, ``IP Prefix`` and ``Max Length``, with or without quotes, in any order. Lists of
before 2017 have no header and say of each ROA whether it was valid; what was not is left out
and counted. A single address stands there for its host prefix:

    64496,192.0.2.0/24,24,True
    64496,192.0.2.1,32,False

The law: a list of half a million is read object by object, and never built as one
tree; a row that is no VRP is an error, for a hole in this list makes an invalid route
look unknown.
"""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from mxpath.datasets.json_walk import Walk
from mxpath.datasets.numerals import address_v4, address_v6, whole_number
from mxpath.datasets.snapshot import Spec, Tally, lines_of
from mxpath.errors import ParseError

SPEC = Spec(
    name="vrps",
    publisher="your own relying party, or one that publishes its list",
    licence="the terms of the five registries' repositories",
    cadence="every few minutes",
    url="https://console.rpki-client.org/vrps.json",
    gives="which network may announce which prefix (RPKI)",
    attribution="RPKI: validated ROA payloads (VRPs) of the relying party named",
)

_MAX_ASN = 2**32 - 1
_BITS = {4: 32, 6: 128}
_COLUMNS = ("asn", "ip prefix", "max length")
_JUDGEMENTS = {"True": True, "False": False}


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
    for row in read(document, source, tally):
        tally.rows += 1
        yield row


def _json_rows(document: bytes, source: str, _: Tally) -> Iterator[VrpRow]:
    for item in _items(document, source):
        if not isinstance(item, dict):
            raise ParseError(f"expected an object in roas, found {str(item)[:80]!r}", source=source)
        yield _checked(item.get("asn"), item.get("prefix"), item.get("maxLength"), source)


def _items(document: bytes, source: str) -> Iterator[Any]:
    """Yield the members of ``roas`` one by one."""
    try:
        text = document.decode()
        walk = Walk(text)
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


def _csv_rows(document: bytes, source: str, tally: Tally) -> Iterator[VrpRow]:
    reader = csv.reader(lines_of(document, source=source), strict=True)
    try:
        first = next(reader, [])
        if len(first) == 4 and first[3] in _JUDGEMENTS:
            yield from _judged_rows(chain([first], reader), source, tally)
            return
        places = _places(first, source)
        for fields in filter(None, reader):
            if len(fields) <= max(places):
                raise ParseError("a column is missing", source=source, line=reader.line_num)
            asn, prefix, max_length = (fields[place].strip() for place in places)
            yield _checked(asn, prefix, max_length, source, reader.line_num)
    except csv.Error as error:
        raise ParseError(f"not CSV: {error}", source=source, line=reader.line_num) from error


def _places(header: list[str], source: str) -> list[int]:
    names = [name.strip().lower() for name in header]
    try:
        return [names.index(name) for name in _COLUMNS]
    except ValueError as error:
        raise ParseError(
            'expected JSON with "roas", or CSV with a header of ASN, IP Prefix, Max Length',
            source=source,
        ) from error


def _judged_rows(rows: Iterable[list[str]], source: str, tally: Tally) -> Iterator[VrpRow]:
    for number, fields in enumerate(rows, start=1):
        if not fields:
            continue
        if len(fields) != 4 or fields[3] not in _JUDGEMENTS:
            raise ParseError(
                f"expected AS number, prefix, maximal length, and True or False, "
                f"found {','.join(fields)[:80]!r}",
                source=source,
                line=number,
            )
        asn, prefix, max_length, judgement = fields
        if "/" not in prefix:
            prefix += f"/{_BITS[6 if ':' in prefix else 4]}"
        row = _checked(asn, prefix, max_length, source, number)
        if _JUDGEMENTS[judgement]:
            yield row
        else:
            tally.skip("a ROA that was not valid")


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
