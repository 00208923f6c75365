"""Business relationships between networks."""

from collections.abc import Iterable
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AsRelations:
    """Who is whose customer, provider or peer, as one data set of one date says.

    Build with :meth:`of`; ask with :meth:`between`.
    """

    neighbours: dict[int, dict[int, Relation]] = field(default_factory=dict)
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
        """From rows ``(a, b, what b is to a)``; the reverse row is implied."""
        table: dict[int, dict[int, Relation]] = {}
        for first, second, relation in rows:
            table.setdefault(first, {})[second] = relation
            table.setdefault(second, {})[first] = _REVERSE[relation]
        return cls(neighbours=table, source=source, as_of=as_of)

    def between(self, asn: int, other: int) -> Relation | None:
        """What ``other`` is to ``asn``; ``None`` when no relation is known."""
        return self.neighbours.get(asn, {}).get(other)

    def related(self, asn: int, other: int) -> bool:
        """Whether the two networks are known to exchange traffic directly."""
        return other in self.neighbours.get(asn, {})

    def of_kind(self, asn: int, relation: Relation) -> frozenset[int]:
        """All customers (or providers, or peers) of ``asn``."""
        return frozenset(n for n, r in self.neighbours.get(asn, {}).items() if r is relation)
