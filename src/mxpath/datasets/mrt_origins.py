"""Origins of prefixes as the tables of route collectors tell them (MRT): the door of the data set.

What counts as an origin is the law of origin_pairs.py; this file loads without numpy.
"""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from mxpath.datasets.snapshot import Spec, Tally
from mxpath.model.address import Prefix
from mxpath.tables.prefixes import OriginRow

if TYPE_CHECKING:
    from mxpath.datasets.mrt_batches import Batch
    from mxpath.tables.prefix_arrays import Ranges

SPEC = Spec(
    name="mrt",
    publisher="RIPE NCC (RIS), University of Oregon (RouteViews), or your own router",
    licence="RIS: RIPE NCC terms, free with attribution; RouteViews: CC BY 4.0",
    cadence="tables every 2 to 8 hours, updates every 5 to 15 minutes",
    url="https://data.ris.ripe.net/{collector}/{year}.{month}/bview.{date}.{time}.gz",
    gives="AS paths, origins and next hops of prefixes as each peer of a collector told them",
    attribution="Routes: RIPE NCC RIS (ris.ripe.net), RouteViews (routeviews.org)",
)


def stream(
    files: Iterable[tuple[str, BinaryIO]],
    *,
    tally: Tally | None = None,
    public: Iterable[Prefix] = (),
    lenient: bool = False,
    also: "Callable[[str, Batch], None] | None" = None,
) -> "dict[int, Ranges]":
    """Read the tables of one or many collectors in one pass, in memory bounded by what they tell.

    Parameters
    ----------
    files
        Name, and octets to read, plain or packed.
    tally
        Counts distinct prefixes as rows, and what was left out or is odd.
    public
        Special-purpose ranges that count as public: lab worlds only.
    lenient
        Leave out what is damaged, and take of a file that ends early what is whole.
    also
        Is given each batch too, with the name of its file.

    Returns
    -------
    dict
        The ranges of each family, one row a prefix and origin, ascending.

    Raises
    ------
    ParseError
        When a file is damaged (the message says how far it was read), or holds no table.
    """
    from mxpath.datasets.origin_pairs import Pairs, read  # noqa: PLC0415 - loads numpy

    tally = Tally() if tally is None else tally
    pairs = Pairs()
    for source, file in files:
        read(source, file, pairs, tally, lenient=lenient, also=also)
    return pairs.ranges(tally, public=tuple(public))


def parse(
    document: bytes, *, source: str, tally: Tally | None = None, version: int | None = None
) -> Iterator[OriginRow]:
    """Read the tables of one document; with ``version``, those of one family only.

    Raises
    ------
    ParseError
        As :func:`stream` does.
    """
    from mxpath.datasets.origin_pairs import rows  # noqa: PLC0415 - loads numpy

    own = Tally()
    found = stream([(source, BytesIO(document))], tally=own)
    if tally is not None:
        tally.add(own)
    for family, ranges in found.items():
        if version in (None, family):
            yield from rows(ranges)
