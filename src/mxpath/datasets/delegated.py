"""Who holds which numbers since when: the statistics files of the regional Internet registries.

Both editions, *delegated* and *delegated-extended* (RIR statistics exchange format,
https://www.apnic.net/db/rir-stats-format.html):

    2|afrinic|20260505|19286|00000000|20260505|00000        version line
    afrinic|*|ipv4|*|5958|summary                           one a kind of resource
    afrinic|ZA|asn|1228|1|19910301|allocated|F36B9F4B       number, how many
    apnic|AU|ipv4|1.0.0.0|256|20110811|assigned             first address, how many
    lacnic|BR|ipv6|2001:1280::|32|20071220|allocated        prefix, its length

The extended edition names holders by an opaque identifier, the same for all
numbers of one holder, and lists what is available and reserved too. A count of
IPv4 addresses need be no power of two: a row is a range.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, summarize_address_range
from typing import NamedTuple

from mxpath.datasets.numerals import address_v4, address_v6, whole_number
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError
from mxpath.model.address import Prefix

SPEC = Spec(
    name="delegated",
    publisher="AFRINIC, APNIC, ARIN, LACNIC and RIPE NCC",
    licence="free use with attribution (NRO statistics)",
    cadence="daily",
    url="https://ftp.ripe.net/pub/stats/{registry}/delegated-{registry}-extended-latest",
    gives="registry, country, date and holder of address blocks and AS numbers",
    attribution="Delegation statistics: AFRINIC, APNIC, ARIN, LACNIC, RIPE NCC (nro.net)",
)

_MAX_V4 = 2**32 - 1
_MAX_ASN = 2**32 - 1
_MAX_ROWS = 2**32
_MAX_OPAQUE_CHARACTERS = 200
_NO_COUNTRY = ("", "ZZ")
_NO_DATE = ("", "00000000")
_COUNTRY = re.compile(r"[A-Z]{2}")
_REGISTRIES = frozenset({"afrinic", "apnic", "arin", "iana", "lacnic", "ripencc"})


class Kind(StrEnum):
    """What is delegated."""

    ASN = "asn"
    IPV4 = "ipv4"
    IPV6 = "ipv6"


class Status(StrEnum):
    """What became of a block; the last two stand in the extended edition alone."""

    ALLOCATED = "allocated"
    ASSIGNED = "assigned"
    AVAILABLE = "available"
    RESERVED = "reserved"

    @property
    def is_given(self) -> bool:
        """Whether somebody holds the block."""
        return self in (Status.ALLOCATED, Status.ASSIGNED)


_KINDS = {kind.value: kind for kind in Kind}
_STATUSES = {status.value: status for status in Status}


class Delegation(NamedTuple):
    """A block of numbers, and to whom its registry gave it.

    A named tuple, not a dataclass: the five registries have a million of them.
    """

    registry: str
    kind: Kind
    start: int
    """First number or address."""
    end: int
    """Last number or address, inclusive."""
    status: Status
    country: str | None
    """ISO 3166 code that the registry wrote down (also EU and AP), no proof of place."""
    since: date | None
    opaque_id: str | None
    """The same for all blocks of one holder at one registry and date of the file."""

    def prefixes(self) -> tuple[Prefix, ...]:
        """Return the fewest prefixes that make up the block, none for AS numbers.

        Examples
        --------
        >>> row = "afrinic|ZA|ipv4|192.0.2.0|768|20010101|allocated"
        >>> [str(prefix) for prefix in next(parse([row], source="")).prefixes()]
        ['192.0.2.0/23', '192.0.4.0/24']
        """
        if self.kind is Kind.ASN:
            return ()
        address = IPv4Address if self.kind is Kind.IPV4 else IPv6Address
        return tuple(summarize_address_range(address(self.start), address(self.end)))


@dataclass(slots=True, kw_only=True)
class Heading:
    """What a file says of itself; :func:`parse` fills it while the rows stream by."""

    version: str | None = None
    registry: str | None = None
    serial: str | None = None
    """Mostly the date of the file."""
    records: int | None = None
    """How many rows the file says it has."""
    ends: date | None = None
    """Last day that the rows tell of."""
    summaries: dict[Kind, int] = field(default_factory=dict)
    """How many rows of each kind the file says it has."""


def parse(
    lines: Iterable[str],
    *,
    source: str,
    tally: Tally | None = None,
    heading: Heading | None = None,
) -> Iterator[Delegation]:
    """Read delegations; ``heading`` is filled with what the first lines say.

    Kinds, states and registries that the format does not know are left out and
    counted, and so are rows that a summary promises and the file does not hold.

    Raises
    ------
    ParseError
        On a line that is no line of such a file.
    """
    tally = Tally() if tally is None else tally
    heading = Heading() if heading is None else heading
    promised: dict[Kind, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line or line[0] == "#":
            continue
        fields = line.split("|")
        try:
            if len(fields) == 6 and fields[5] == "summary":
                _summarize(fields, heading, promised)
                continue
            if fields[0][:1].isdigit():
                _head(fields, heading)
                continue
            row = _row(fields, tally)
        except ValueError as error:
            raise ParseError(
                f"no line of delegation statistics: {line[:80]!r}", source=source, line=number
            ) from error
        if fields[2] in promised:
            promised[_KINDS[fields[2]]] -= 1
        if row is not None:
            tally.rows += 1
            yield row
    for kind, lacking in promised.items():
        if lacking > 0:
            tally.skip(f"{kind} rows of the summary that the file lacks", lacking)


def _summarize(fields: list[str], heading: Heading, promised: dict[Kind, int]) -> None:
    """Take a summary line; ValueError when it has no count."""
    kind, rows = _KINDS.get(fields[2]), _count(fields[4])
    if kind is not None:
        heading.summaries[kind] = heading.summaries.get(kind, 0) + rows
        promised[kind] = promised.get(kind, 0) + rows


def _head(fields: list[str], heading: Heading) -> None:
    """Take the version line; ValueError when it is none."""
    heading.version, heading.registry, heading.serial, records, _, ends = fields[:6]
    heading.records = _count(records)
    heading.ends = _date(ends)


def _row(fields: list[str], tally: Tally) -> Delegation | None:
    """Return the row, ``None`` for one that is not known; ValueError when it is none."""
    registry, country, kind_name, first, size, since, status_name, *more = fields
    kind, status = _KINDS.get(kind_name), _STATUSES.get(status_name)
    if registry not in _REGISTRIES:
        tally.skip(f"registry {registry[:20]!r}")
    elif kind is None:
        tally.skip(f"kind {kind_name[:20]!r}")
    elif status is None:
        tally.skip(f"status {status_name[:20]!r}")
    else:
        start, end = _block(kind, first, size)
        return Delegation(
            registry,
            kind,
            start,
            end,
            status,
            _country(country),
            _date(since),
            (more[0][:_MAX_OPAQUE_CHARACTERS] or None) if more else None,
        )
    return None


def _block(kind: Kind, first: str, size: str) -> tuple[int, int]:
    number = whole_number(size)
    if kind is Kind.IPV6:
        start = address_v6(first)
        hosts = (1 << 128 - number) - 1 if number <= 128 else -1
        if hosts < 0 or start & hosts:
            raise ValueError(first)
        return start, start | hosts
    start, largest = (
        (address_v4(first), _MAX_V4) if kind is Kind.IPV4 else (whole_number(first), _MAX_ASN)
    )
    end = start + number - 1
    if not start <= end <= largest:
        raise ValueError(size)
    return start, end


def _count(text: str) -> int:
    number = whole_number(text)
    if number > _MAX_ROWS:
        raise ValueError(text)
    return number


def _country(text: str) -> str | None:
    if text in _NO_COUNTRY:
        return None
    if not _COUNTRY.fullmatch(text):
        raise ValueError(text)
    return text


@lru_cache(maxsize=4096)
def _date(text: str) -> date | None:
    if text in _NO_DATE:
        return None
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        raise ValueError(text)
    return date.fromisoformat(text)
