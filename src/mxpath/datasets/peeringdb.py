"""Exchange points, their LANs and their members' ports: PeeringDB's JSON documents.

A document is what the API returns for one kind of object: ``{"data": […]}``.

The law of the join
-------------------
1. Only rows with status ``ok`` count.
2. Rows are joined by ids, never by names: ``ixpfx`` and ``netixlan`` name an
   ``ixlan``, the ``ixlan`` names its ``ix``.
3. A LAN in special-purpose space never counts: PeeringDB has listed private
   LANs, and half the world's routers would match them. Only a gazetteer that
   declares a range public (a lab world) may use it.
4. A port counts when it lies in a LAN of its own exchange point; where that
   exchange point published no LAN of this family, a port in global space and in
   nobody else's LAN counts too.
5. A port that several members, or several exchange points, claim is nobody's
   known port; a LAN that several exchange points claim is no one's LAN.
Everything left out is counted with its reason.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from mxpath.datasets.asnames import clean_name
from mxpath.datasets.prefixes import PrefixTable, row_of
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError
from mxpath.model.address import IPAddress, Prefix, special_range

SPEC = Spec(
    name="peeringdb",
    publisher="PeeringDB",
    licence="PeeringDB Acceptable Use Policy",
    cadence="continuous",
    url="https://www.peeringdb.com/api/{kind}",
    gives="exchange points, their LANs, members and the members' ports",
    attribution="Exchange point data: PeeringDB (peeringdb.com)",
)

KINDS = ("ix", "ixlan", "ixpfx", "netixlan", "net")
"""The documents that make up the data set; ``net`` may be missing."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An exchange point."""

    ix_id: int
    name: str
    city: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanges:
    """All exchange points of one snapshot, joined and checked."""

    points: dict[int, Exchange] = field(default_factory=dict)
    lans: tuple[PrefixTable, ...] = ()
    """One table a family; the origin of a LAN's prefix is the exchange point's id."""
    ports: dict[IPAddress, tuple[int, int]] = field(default_factory=dict)
    """Port to exchange point id and member AS."""
    members: dict[int, frozenset[int]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    """AS number to the name of the network."""

    def lan_of(self, address: IPAddress) -> tuple[int, Prefix] | None:
        """Return the exchange point and the LAN that ``address`` lies in."""
        for table in self.lans:
            found = table.find(address)
            if found is not None:
                return found[1][0], found[0]
        return None


def parse(document: bytes, *, source: str, tally: Tally | None = None) -> tuple[Row, ...]:
    """Read the rows of one API document; those whose status is not ``ok`` are counted only.

    Raises
    ------
    ParseError
        When it is not JSON of the form ``{"data": [{"id": …}, …]}``.
    """
    tally = Tally() if tally is None else tally
    try:
        data = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not a JSON document: {error}", source=source) from error
    rows = data.get("data") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise ParseError('expected {"data": […]}, as the API returns it', source=source)
    kept = []
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or not isinstance(row.get("id"), int):
            raise ParseError(f"data[{number}] is no object with an id", source=source)
        if row.get("status") != "ok":
            tally.skip("status is not ok")
            continue
        tally.rows += 1
        kept.append(row)
    return tuple(kept)


def join(
    documents: Mapping[str, Iterable[Row]],
    *,
    public: Iterable[Prefix] = (),
    source: str = SPEC.name,
    tally: Tally | None = None,
) -> Exchanges:
    """Join the rows of the documents, keyed by their kind, into one view.

    Parameters
    ----------
    documents
        Rows as :func:`parse` returns them, by kind (see ``KINDS``).
    public
        Special-purpose ranges that count as public.
    source
        Name for error messages.
    tally
        Receives what was left out and why.

    Raises
    ------
    ParseError
        When a kind is missing or a field does not hold what it should.
    """
    join_ = _Join(public=tuple(public), source=source, tally=Tally() if tally is None else tally)
    missing = [kind for kind in KINDS[:4] if kind not in documents]
    if missing:
        raise ParseError(f"no document for {', '.join(missing)}", source=source)
    points = join_.points(documents["ix"])
    ix_of = join_.ix_of_lan(documents["ixlan"], points)
    lans = join_.lans(documents["ixpfx"], ix_of)
    exchanges = Exchanges(
        points=points,
        lans=tuple(
            PrefixTable.of((row_of(p, (ix,)) for p, ix in lans.items()), version=version)
            for version in (4, 6)
        ),
    )
    ports, members = join_.ports(documents["netixlan"], ix_of, exchanges)
    return Exchanges(
        points=points,
        lans=exchanges.lans,
        ports=ports,
        members=members,
        names=join_.names(documents.get("net", ())),
    )


@dataclass(slots=True, kw_only=True)
class _Join:
    """One step of the join a method, in the order of the law."""

    public: tuple[Prefix, ...]
    source: str
    tally: Tally

    def _number(self, row: Row, kind: str, name: str) -> int:
        value = row.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ParseError(
                f"{kind} {row['id']}: {name} is {value!r}, no number", source=self.source
            )
        return value

    def points(self, rows: Iterable[Row]) -> dict[int, Exchange]:
        found = {}
        for row in rows:
            name = clean_name(str(row.get("name") or "")) or f"IX {row['id']}"
            city = clean_name(str(row.get("city") or "")) or ""
            found[int(row["id"])] = Exchange(ix_id=int(row["id"]), name=name, city=city)
        return found

    def ix_of_lan(self, rows: Iterable[Row], points: Mapping[int, Exchange]) -> dict[int, int]:
        found = {}
        for row in rows:
            ix_id = self._number(row, "ixlan", "ix_id")
            if ix_id in points:
                found[int(row["id"])] = ix_id
            else:
                self.tally.skip("ixlan of an unknown exchange point")
        return found

    def lans(self, rows: Iterable[Row], ix_of: Mapping[int, int]) -> dict[Prefix, int]:
        claims: dict[Prefix, set[int]] = {}
        for row in rows:
            ix_id = ix_of.get(self._number(row, "ixpfx", "ixlan_id"))
            prefix = self._prefix(row)
            if ix_id is None:
                self.tally.skip("LAN prefix of an unknown exchange point")
            elif special_range(prefix.network_address, public=self.public) is not None:
                self.tally.skip("LAN in special-purpose space")
            else:
                claims.setdefault(prefix, set()).add(ix_id)
        contested = sum(len(ids) > 1 for ids in claims.values())
        for _ in range(contested):
            self.tally.skip("LAN claimed by several exchange points")
        return {prefix: min(ids) for prefix, ids in claims.items() if len(ids) == 1}

    def _prefix(self, row: Row) -> Prefix:
        try:
            return ip_network(str(row.get("prefix")))
        except ValueError as error:
            raise ParseError(
                f"ixpfx {row['id']}: {row.get('prefix')!r} is no prefix", source=self.source
            ) from error

    def ports(
        self, rows: Iterable[Row], ix_of: Mapping[int, int], exchanges: Exchanges
    ) -> tuple[dict[IPAddress, tuple[int, int]], dict[int, frozenset[int]]]:
        claims: dict[IPAddress, set[tuple[int, int]]] = {}
        with_lan = {
            (ix_id, table.version) for table in exchanges.lans for ix_id in set(table.origins)
        }
        members: dict[int, set[int]] = {}
        for row in rows:
            ix_id = ix_of.get(self._number(row, "netixlan", "ixlan_id"))
            asn = self._number(row, "netixlan", "asn")
            if ix_id is None or asn == 0:
                self.tally.skip("port of an unknown exchange point or network")
                continue
            members.setdefault(ix_id, set()).add(asn)
            for address in self._addresses(row):
                if self._fits(address, ix_id, exchanges, with_lan):
                    claims.setdefault(address, set()).add((ix_id, asn))
                else:
                    self.tally.skip("port outside its exchange point's LANs")
        for _ in range(sum(len(owners) > 1 for owners in claims.values())):
            self.tally.skip("port claimed by several members")
        ports = {a: next(iter(owners)) for a, owners in claims.items() if len(owners) == 1}
        return ports, {ix_id: frozenset(asns) for ix_id, asns in members.items()}

    def _fits(
        self,
        address: IPAddress,
        ix_id: int,
        exchanges: Exchanges,
        with_lan: set[tuple[int, int]],
    ) -> bool:
        lan = exchanges.lan_of(address)
        if lan is not None:
            return lan[0] == ix_id
        if (ix_id, address.version) in with_lan:
            return False
        return special_range(address, public=self.public) is None

    def _addresses(self, row: Row) -> tuple[IPAddress, ...]:
        texts = [row.get("ipaddr4"), row.get("ipaddr6")]
        try:
            return tuple(ip_address(text) for text in texts if isinstance(text, str) and text)
        except ValueError as error:
            raise ParseError(f"netixlan {row['id']}: {error}", source=self.source) from error

    def names(self, rows: Iterable[Row]) -> dict[int, str]:
        found = {}
        for row in rows:
            name = clean_name(str(row.get("name") or ""))
            if name is not None:
                found[self._number(row, "net", "asn")] = name
        return found
