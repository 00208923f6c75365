"""Relations between networks, and how they were inferred, as columns of a file."""

import json
from array import array
from dataclasses import dataclass, replace
from datetime import date

from mxpath.datasets.asrel import Heading
from mxpath.model.relations import AsRelations, Inference
from mxpath.tables.columns import Column, Columns

_INFERENCE = "inference"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationTable:
    """Relations, to be kept; they know neither the name nor the date of their snapshot."""

    relations: AsRelations

    @classmethod
    def of_columns(cls, columns: Columns) -> "RelationTable":
        """Take the columns that :meth:`columns` gave."""
        told = json.loads(bytes(columns[_INFERENCE]))
        first_day, last_day = (date.fromordinal(day) if day else None for day in told["days"])
        inference = Inference(
            clique=tuple(told["clique"]),
            clique_inferred=told["clique_inferred"],
            exchanges=tuple(told["exchanges"]),
            first_day=first_day,
            last_day=last_day,
            tables=told["tables"],
            methods=tuple((name, count) for name, count in told["methods"]),
        )
        relations = AsRelations(
            asns=columns["asns"],
            offsets=columns["offsets"],
            neighbours=columns["neighbours"],
            kinds=columns["kinds"],
            inference=inference,
        )
        return cls(relations=relations)

    def columns(self) -> dict[str, Column]:
        """Return all columns by name."""
        told = self.relations.inference
        document = {
            "clique": told.clique,
            "clique_inferred": told.clique_inferred,
            "exchanges": told.exchanges,
            "days": [day.toordinal() if day else 0 for day in (told.first_day, told.last_day)],
            "tables": told.tables,
            "methods": told.methods,
        }
        octets = memoryview(array("B", json.dumps(document).encode()))
        return {**self.relations.columns(), _INFERENCE: octets}


def with_heading(relations: AsRelations, heading: Heading) -> RelationTable:
    """Join relations and what their file says of its making."""
    inference = Inference(
        clique=heading.clique,
        clique_inferred=heading.clique_inferred,
        exchanges=heading.exchanges,
        first_day=heading.first_day,
        last_day=heading.last_day,
        tables=heading.tables,
        methods=tuple(heading.methods.items()),
    )
    return RelationTable(relations=replace(relations, inference=inference))
