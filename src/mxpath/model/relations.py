"""Business relationships between networks."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Relation(StrEnum):
    """What the *second* network of a pair is to the first."""

    CUSTOMER = "customer"
    PROVIDER = "provider"
    PEER = "peer"


_REVERSE = {
    Relation.CUSTOMER: Relation.PROVIDER,
    Relation.PROVIDER: Relation.CUSTOMER,
    Relation.PEER: Relation.PEER,
}
KINDS = (Relation.CUSTOMER, Relation.PEER, Relation.PROVIDER)
"""Relations by their number in :attr:`AsRelations.kinds`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """How relations were inferred, as far as their publisher says."""

    clique: tuple[int, ...] = ()
    """Networks without a provider, all of them peers, as the inference took or found them."""
    clique_inferred: bool = False
    """The clique was found, not given."""
    exchanges: tuple[int, ...] = ()
    """AS numbers of exchange points: no link of theirs is told."""
    first_day: date | None = None
    """Day of the first table that the inference read."""
    last_day: date | None = None
    tables: int = 0
    """How many tables it read."""
    methods: tuple[tuple[str, int], ...] = ()
    """By which methods links were found, and how many by each."""


def _none() -> memoryview:
    return memoryview(array("I"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AsRelations:
    """Who is whose customer, provider or peer, as one data set of one date says.

    Build with :meth:`of`; ask with :meth:`between`. The columns are the graph in compressed
    rows, as :class:`numpy.asarray` takes them: the neighbours of network ``n`` stand at
    ``offsets[n]`` to ``offsets[n + 1]``, ascending.
    """

    asns: memoryview = field(default_factory=_none, repr=False)
    """AS numbers of all networks that have a neighbour, ascending: shape (n,), uint32."""
    offsets: memoryview = field(default_factory=lambda: memoryview(array("I", [0])), repr=False)
    """Where the neighbours of each begin: shape (n + 1,), uint32."""
    neighbours: memoryview = field(default_factory=_none, repr=False)
    """Places of the neighbours in ``asns``: shape (2 x links,), uint32."""
    kinds: memoryview = field(default_factory=lambda: memoryview(b""), repr=False)
    """What each neighbour is to the network, as a place in ``KINDS``: uint8."""
    inference: Inference = Inference()
    source: str = ""
    as_of: date | None = None

    @classmethod
    def of(
        cls,
        rows: Iterable[tuple[int, int, Relation]],
        *,
        source: str = "",
        as_of: date | None = None,
    ) -> "AsRelations":
        """From rows ``(a, b, what b is to a)``; the reverse row is implied, and a later row counts.

        Examples
        --------
        >>> known = AsRelations.of([(7, 9, Relation.CUSTOMER)])
        >>> known.between(9, 7)
        <Relation.PROVIDER: 'provider'>
        """
        table: dict[int, dict[int, int]] = {}
        numbers = {relation: number for number, relation in enumerate(KINDS)}
        for first, second, relation in rows:
            table.setdefault(first, {})[second] = numbers[relation]
            table.setdefault(second, {})[first] = numbers[_REVERSE[relation]]
        asns = sorted(table)
        place = {asn: n for n, asn in enumerate(asns)}
        offsets, neighbours, kinds = array("I", [0]), array("I"), bytearray()
        for asn in asns:
            for other, kind in sorted(table[asn].items()):
                neighbours.append(place[other])
                kinds.append(kind)
            offsets.append(len(neighbours))
        return cls(
            asns=memoryview(array("I", asns)),
            offsets=memoryview(offsets),
            neighbours=memoryview(neighbours),
            kinds=memoryview(bytes(kinds)),
            source=source,
            as_of=as_of,
        )

    def between(self, asn: int, other: int) -> Relation | None:
        """What ``other`` is to ``asn``; ``None`` when no relation is known."""
        first, after = self._row(asn)
        wanted = _place(self.asns, other)
        if wanted is None:
            return None
        at = bisect_left(self.neighbours, wanted, first, after)
        return KINDS[self.kinds[at]] if at < after and self.neighbours[at] == wanted else None

    def related(self, asn: int, other: int) -> bool:
        """Whether the two networks are known to exchange traffic directly."""
        return self.between(asn, other) is not None

    def of_kind(self, asn: int, relation: Relation) -> frozenset[int]:
        """All customers (or providers, or peers) of ``asn``."""
        first, after = self._row(asn)
        wanted = KINDS.index(relation)
        rows = (n for n in range(first, after) if self.kinds[n] == wanted)
        return frozenset(self.asns[self.neighbours[n]] for n in rows)

    def _row(self, asn: int) -> tuple[int, int]:
        at = _place(self.asns, asn)
        return (0, 0) if at is None else (self.offsets[at], self.offsets[at + 1])

    def columns(self) -> dict[str, memoryview]:
        """Return the columns by name."""
        return {name: getattr(self, name) for name in _COLUMNS}

    def __reduce__(self) -> tuple[Callable[..., "AsRelations"], tuple[object, ...]]:
        """Pickle by bytes: what is mapped has no other form that another process could take."""
        columns = {name: (view.format, view.tobytes()) for name, view in self.columns().items()}
        return _unpickled, (columns, self.inference, self.source, self.as_of)


_COLUMNS = ("asns", "offsets", "neighbours", "kinds")


def _unpickled(
    columns: Mapping[str, tuple[str, bytes]], inference: Inference, source: str, as_of: date | None
) -> AsRelations:
    views = {name: memoryview(array(code, data)) for name, (code, data) in columns.items()}
    return AsRelations(**views, inference=inference, source=source, as_of=as_of)


def _place(numbers: memoryview, wanted: int) -> int | None:
    """Where a number stands among ascending ones."""
    at = bisect_left(numbers, wanted)
    return at if at < len(numbers) and numbers[at] == wanted else None
