"""Business relationships between networks, in CAIDA's text forms.

serial-1: ``provider|customer|-1`` and ``peer|peer|0``;
serial-2: the same with the source of the inference as a fourth column, on both kinds of row.
Lines that begin with ``#`` are comments. Three of them say what the inference started from:

    # source:topology|BGP|20181201|ripe|rrc00      a table of a collector, and its day
    # input clique: 174 209 286                    networks without a provider, peers of each other
    # IXP ASes: 1200 4635 5507                     route servers, taken out of the paths beforehand

(``# inferred clique:`` where the clique was not given.) See Luckie et al., "AS
Relationships, Customer Cones, and Validation", IMC 2013.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from mxpath.datasets.numerals import whole_number
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError
from mxpath.model.relations import Relation

SPEC = Spec(
    name="asrel",
    publisher="CAIDA",
    licence="CAIDA Acceptable Use Agreement",
    cadence="monthly",
    url="https://publicdata.caida.org/datasets/as-relationships/serial-2/{date}.as-rel2.txt.bz2",
    gives="who is whose provider, customer or peer",
    attribution="AS relationships: CAIDA",
)

Row = tuple[int, int, Relation]
"""Two networks, and what the second is to the first."""

_KINDS = {"-1": Relation.CUSTOMER, "0": Relation.PEER}
_MAX_ASN = 2**32 - 1
_MAX_METHODS = 20


@dataclass(slots=True, kw_only=True)
class Heading:
    """What a file says of its making; :func:`parse` fills it while the rows stream by."""

    clique: tuple[int, ...] = ()
    """Networks without a provider, as the inference took or found them."""
    clique_inferred: bool = False
    """The clique was found, not given."""
    exchanges: tuple[int, ...] = ()
    """AS numbers of exchange points: no link of theirs is in the rows."""
    first_day: date | None = None
    """Day of the first table that the inference read."""
    last_day: date | None = None
    tables: int = 0
    """How many tables it read."""
    methods: dict[str, int] = field(default_factory=dict)
    """What the fourth column says (``bgp``, ``mlp``), and how often; empty in serial-1."""


def parse(
    lines: Iterable[str],
    *,
    source: str,
    tally: Tally | None = None,
    heading: Heading | None = None,
) -> Iterator[Row]:
    """Read relationships; kinds other than -1 and 0 are left out and counted.

    ``heading`` is filled with what the comments before the first row say.

    Raises
    ------
    ParseError
        On a line that is neither a comment nor two AS numbers and a kind.
    """
    tally = Tally() if tally is None else tally
    heading = Heading() if heading is None else heading
    begun = False
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            if line[0] == "#":
                if not begun:
                    _comment(line, heading)
                continue
            row = _row(line, heading, tally)
        except (ValueError, IndexError) as error:
            raise ParseError(
                f"expected AS|AS|relation, found {line[:80]!r}", source=source, line=number
            ) from error
        begun = True
        if row is not None:
            tally.rows += 1
            yield row


def _row(line: str, heading: Heading, tally: Tally) -> Row | None:
    fields = line.split("|")
    first, second, kind = _asn(fields[0]), _asn(fields[1]), str(int(fields[2]))
    relation = _KINDS.get(kind)
    if relation is None or first == second:
        tally.skip(f"relation {kind[:20]}" if relation is None else "network related to itself")
        return None
    if len(fields) > 3:
        known = heading.methods
        method = fields[3] if fields[3] in known or len(known) < _MAX_METHODS else "other"
        known[method] = known.get(method, 0) + 1
    return first, second, relation


def _comment(line: str, heading: Heading) -> None:
    """Take what a comment says of the making; ValueError for a list that is none."""
    word, _, rest = line[1:].strip().partition(":")
    match word:
        case "input clique" | "inferred clique":
            heading.clique = tuple(_asn(text) for text in rest.split())
            heading.clique_inferred = word == "inferred clique"
        case "IXP ASes":
            heading.exchanges = tuple(_asn(text) for text in rest.split())
        case "source":
            _table(rest.split("|"), heading)


def _table(fields: list[str], heading: Heading) -> None:
    text = fields[2] if len(fields) > 2 else ""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return  # another kind of source: the format does not list them
    day = date.fromisoformat(text)
    heading.first_day = min(heading.first_day or day, day)
    heading.last_day = max(heading.last_day or day, day)
    heading.tables += 1


def _asn(text: str) -> int:
    asn = whole_number(text)
    if asn > _MAX_ASN:
        raise ValueError(text)
    return asn
