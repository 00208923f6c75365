"""Which tables the sections of the gazetteer are made into, and what they are called.

The law: a section has one implementation, its tables; they are opened from columns, wherever
those lie: in a directory that ``mxpath data build`` wrote, or in the cache. The file name of a
table says what it is, its form and all that it was made of (:attr:`.Source.key`). Whoever
changes what the columns of a table mean gives it another form.

The code of a table is loaded when one is first opened: a question that needs one of nine must
not wait for nine. A section without tables is small: its files are read as they are.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mxpath.datasets.catalog import Section
from mxpath.tables.columns import Columns

if TYPE_CHECKING:
    from mxpath.gazetteer.delegations import Delegations
    from mxpath.gazetteer.exchange_table import Exchanges
    from mxpath.gazetteer.geofeed_table import Geofeed
    from mxpath.gazetteer.names import NameTable
    from mxpath.gazetteer.organisation_table import Organisations
    from mxpath.gazetteer.relation_table import RelationTable
    from mxpath.gazetteer.vrp_table import VrpTable
    from mxpath.tables.prefixes import PrefixTable

_T_co = TypeVar("_T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[_T_co]):
    """A kind of table, and the form of its columns."""

    name: str
    form: int
    table: str
    """Module below ``mxpath`` and class, with dots between."""
    options: tuple[tuple[str, Any], ...] = ()
    """What the class wants to know besides the columns."""

    def of(self, columns: Columns) -> _T_co:
        """Put a table together from its columns."""
        module, _, name = self.table.rpartition(".")
        found = getattr(import_module(f"mxpath.{module}"), name)
        table: _T_co = found.of_columns(columns, **dict(self.options))
        return table

    def file_name(self, key: str) -> str:
        """Return what the file of a table is called that was made of what ``key`` says."""
        return f"{self.name}-{self.form}-{key}.columns"

    def is_older(self, file_name: str) -> bool:
        """Whether a file is a table of this kind in another form."""
        return file_name.startswith(f"{self.name}-") and not file_name.startswith(
            f"{self.name}-{self.form}-"
        )


ORIGINS: "dict[int, Kind[PrefixTable]]" = {
    v: Kind(
        name=f"origins{v}", form=1, table="tables.prefixes.PrefixTable", options=(("version", v),)
    )
    for v in (4, 6)
}
NAMES: "Kind[NameTable]" = Kind(name="names", form=2, table="gazetteer.names.NameTable")
VRPS: "dict[int, Kind[VrpTable]]" = {
    v: Kind(
        name=f"vrps{v}", form=1, table="gazetteer.vrp_table.VrpTable", options=(("version", v),)
    )
    for v in (4, 6)
}
RELATIONS: "Kind[RelationTable]" = Kind(
    name="relations", form=1, table="gazetteer.relation_table.RelationTable"
)
EXCHANGES: "Kind[Exchanges]" = Kind(
    name="exchanges", form=1, table="gazetteer.exchange_table.Exchanges"
)
MEMBERS: "Kind[Exchanges]" = Kind(
    name="members", form=1, table="gazetteer.exchange_table.Exchanges"
)
ORGANISATIONS: "Kind[Organisations]" = Kind(
    name="organisations", form=1, table="gazetteer.organisation_table.Organisations"
)
DELEGATIONS: "dict[str, Kind[Delegations]]" = {
    kind: Kind(
        name=f"delegations-{kind}",
        form=1,
        table="gazetteer.delegations.Delegations",
        options=(("kind", kind),),
    )
    for kind in ("asn", "ipv4", "ipv6")
}
"""By what is delegated: the values of ``delegated.Kind``."""
PLACES: "Kind[Geofeed]" = Kind(name="places", form=1, table="gazetteer.geofeed_table.Geofeed")

KINDS: dict[Section, tuple[Kind[Any], ...]] = {
    Section.ORIGINS: tuple(ORIGINS.values()),
    Section.NAMES: (NAMES,),
    Section.RPKI: tuple(VRPS.values()),
    Section.RELATIONS: (RELATIONS,),
    Section.EXCHANGES: (EXCHANGES,),
    Section.MEMBERS: (MEMBERS,),
    Section.ORGANISATIONS: (ORGANISATIONS,),
    Section.DELEGATIONS: tuple(DELEGATIONS.values()),
    Section.PLACES: (PLACES,),
}
JUDGED_BY_SPACE = (Section.ORIGINS, Section.EXCHANGES, Section.MEMBERS)
"""Which special-purpose ranges count as public makes a difference to these."""
