"""Business relationships between networks, in CAIDA's text forms.

serial-1: ``provider|customer|-1`` and ``peer|peer|0``;
serial-2: the same with the source of the inference as a fourth column, on both kinds of row.
Lines that begin with ``#`` are comments (sources, the clique, AS numbers of exchange points).
"""

from collections.abc import Iterable, Iterator

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


def parse(lines: Iterable[str], *, source: str, tally: Tally | None = None) -> Iterator[Row]:
    """Read relationships; kinds other than -1 and 0 are left out and counted.

    Raises
    ------
    ParseError
        On a line that is neither a comment nor two AS numbers and a kind.
    """
    tally = Tally() if tally is None else tally
    for number, line in enumerate(lines, start=1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("|")
        try:
            first, second = whole_number(fields[0]), whole_number(fields[1])
            kind = str(int(fields[2]))
        except (ValueError, IndexError) as error:
            raise ParseError(
                f"expected AS|AS|relation, found {line[:80]!r}", source=source, line=number
            ) from error
        relation = _KINDS.get(kind)
        if relation is None or first == second:
            tally.skip(f"relation {kind}" if relation is None else "network related to itself")
            continue
        tally.rows += 1
        yield first, second, relation
