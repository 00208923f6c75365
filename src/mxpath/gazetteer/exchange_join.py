"""Exchange points, networks and houses of PeeringDB, joined into one view.

The law
-------
1. Only rows with status ``ok`` count.
2. Rows are joined by ids, never by names: ``ixpfx`` and ``netixlan`` name an
   ``ixlan``, the ``ixlan`` names its ``ix``.
3. A LAN in special-purpose space, or around any, never counts: PeeringDB has listed private
   LANs, and half the world's routers would match them. Only a gazetteer that
   declares a range public (a lab world) may use it.
4. A port counts when it lies in a LAN of its own exchange point; where that
   exchange point published no LAN of this family, a port in global space and in
   nobody else's LAN counts too.
5. A port that several members, or several exchange points, claim is nobody's
   known port; a LAN that several exchange points claim is no one's LAN.
6. A port that is said not to be in operation is no port; its owner is a member.
Everything left out is counted with its reason; one bad row does not spoil the others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mxpath.datasets.peeringdb_rows import (
    NEEDED,
    Facility,
    Ix,
    IxFacility,
    IxLan,
    IxPrefix,
    Net,
    NetFacility,
    NetIxLan,
    Org,
    Row,
    read,
)
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError
from mxpath.gazetteer.exchange_table import Exchange, Exchanges, Joined, Port, lan_of
from mxpath.model.address import IPAddress, Prefix, special_range, special_ranges
from mxpath.tables.prefixes import PrefixTable, row_of


def join(
    documents: Mapping[str, Iterable[Row]],
    *,
    public: Iterable[Prefix] = (),
    source: str = "peeringdb",
    tally: Tally | None = None,
) -> Exchanges:
    """Join the rows of the documents, keyed by their kind, into one view.

    Parameters
    ----------
    documents
        Rows as :func:`.peeringdb.documents` returns them.
    public
        Special-purpose ranges that count as public.
    source
        Name for error messages.
    tally
        Receives what was left out and why.

    Raises
    ------
    ParseError
        When a kind that is needed is missing.
    """
    missing = [kind for kind in NEEDED if kind not in documents]
    if missing:
        raise ParseError(f"no document for {', '.join(missing)}", source=source)
    tally = Tally() if tally is None else tally
    return Exchanges.of(_Join(rows=documents, public=tuple(public), tally=tally).joined())


@dataclass(slots=True, kw_only=True)
class _Join:
    """One step of the join a method, in the order of the law."""

    rows: Mapping[str, Iterable[Row]]
    public: tuple[Prefix, ...]
    tally: Tally

    def joined(self) -> Joined:
        points = {
            ix.ix_id: Exchange(ix_id=ix.ix_id, name=ix.name, city=ix.city, country=ix.country)
            for ix in read(self.rows["ix"], Ix.of, tally=self.tally)
        }
        servers: dict[int, set[int]] = {}
        ix_of = self._ix_of_lan(points, servers)
        lans = self._lans(ix_of)
        rows = [row_of(prefix, (ix_id,)) for prefix, ix_id in lans.items()]
        tables = PrefixTable.of(rows, version=4), PrefixTable.of(rows, version=6)
        members: dict[int, set[int]] = {}
        ports = self._ports(ix_of, members, tables, set(lans.items()))
        nets = list(read(self.rows.get("net", ()), Net.of, tally=self.tally))
        return Joined(
            points=points,
            lans=tables,
            ports=ports,
            members=members,
            names={net.asn: net.name for net in nets if net.name is not None},
            route_servers=servers,
            owners=self._owners(nets),
            facilities={
                each.fac_id: each
                for each in read(self.rows.get("fac", ()), Facility.of, tally=self.tally)
            },
            ix_facilities=self._ix_facilities(),
            as_facilities=self._as_facilities(nets),
        )

    def _ix_of_lan(
        self, points: Mapping[int, Exchange], servers: dict[int, set[int]]
    ) -> dict[int, int]:
        found = {}
        for lan in read(self.rows["ixlan"], IxLan.of, tally=self.tally):
            if lan.ix_id not in points:
                self.tally.skip("ixlan of an unknown exchange point")
                continue
            found[lan.ixlan_id] = lan.ix_id
            if lan.route_server_asn is not None:
                servers.setdefault(lan.ix_id, set()).add(lan.route_server_asn)
        return found

    def _lans(self, ix_of: Mapping[int, int]) -> dict[Prefix, int]:
        claims: dict[Prefix, set[int]] = {}
        for row in read(self.rows["ixpfx"], IxPrefix.of, tally=self.tally):
            ix_id = ix_of.get(row.ixlan_id)
            if ix_id is None:
                self.tally.skip("LAN prefix of an unknown exchange point")
            elif self._is_special(row.prefix):
                self.tally.skip("LAN in special-purpose space")
            else:
                claims.setdefault(row.prefix, set()).add(ix_id)
        for _ in range(sum(len(ids) > 1 for ids in claims.values())):
            self.tally.skip("LAN claimed by several exchange points")
        return {prefix: min(ids) for prefix, ids in claims.items() if len(ids) == 1}

    def _is_special(self, lan: Prefix) -> bool:
        """Whether a LAN lies in special-purpose space, or holds some (law 3)."""
        if special_range(lan.network_address, public=self.public) is not None:
            return True
        inside = (range_[0] for _, range_ in special_ranges() if range_.version == lan.version)
        held = (first for first in inside if first in lan)
        return any(special_range(first, public=self.public) is not None for first in held)

    def _ports(
        self,
        ix_of: Mapping[int, int],
        members: dict[int, set[int]],
        tables: Iterable[PrefixTable],
        lans: Iterable[tuple[Prefix, int]],
    ) -> dict[IPAddress, Port]:
        """Return exchange point, member and speed of each port; fills in the members."""
        with_lan = {(ix_id, int(prefix.version)) for prefix, ix_id in lans}
        claims: dict[IPAddress, dict[tuple[int, int], int | None]] = {}
        for row in read(self.rows["netixlan"], NetIxLan.of, tally=self.tally):
            ix_id = ix_of.get(row.ixlan_id)
            if ix_id is None:
                self.tally.skip("port of an unknown exchange point")
                continue
            members.setdefault(ix_id, set()).add(row.asn)
            if row.is_operational is False:
                self.tally.skip("port that is not in operation")
                continue
            for address in row.addresses:
                if self._fits(address, ix_id, tables, with_lan):
                    claims.setdefault(address, {})[ix_id, row.asn] = row.speed_mbps
                else:
                    self.tally.skip("port outside its exchange point's LANs")
        for _ in range(sum(len(owners) > 1 for owners in claims.values())):
            self.tally.skip("port claimed by several members")
        return {
            address: Port(ix_id=ix_id, asn=asn, speed_mbps=speed)
            for address, owners in claims.items()
            if len(owners) == 1
            for (ix_id, asn), speed in owners.items()
        }

    def _fits(
        self,
        address: IPAddress,
        ix_id: int,
        tables: Iterable[PrefixTable],
        with_lan: set[tuple[int, int]],
    ) -> bool:
        lan = lan_of(tables, address)
        if lan is not None:
            return lan[0] == ix_id
        if (ix_id, address.version) in with_lan:
            return False
        return special_range(address, public=self.public) is None

    def _owners(self, nets: Iterable[Net]) -> dict[int, Org]:
        orgs = {org.org_id: org for org in read(self.rows.get("org", ()), Org.of, tally=self.tally)}
        # Without the document of organisations their numbers still tell who are siblings.
        return {
            net.asn: orgs.get(net.org_id) or Org(org_id=net.org_id, name=None, country=None)
            for net in nets
            if net.org_id is not None
        }

    def _ix_facilities(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        for row in read(self.rows.get("ixfac", ()), IxFacility.of, tally=self.tally):
            found.setdefault(row.ix_id, set()).add(row.fac_id)
        return found

    def _as_facilities(self, nets: Iterable[Net]) -> dict[int, set[int]]:
        asn_of = {net.net_id: net.asn for net in nets}
        found: dict[int, set[int]] = {}
        for row in read(self.rows.get("netfac", ()), NetFacility.of, tally=self.tally):
            asn = asn_of.get(row.net_id) or row.asn
            if asn is None:
                self.tally.skip("facility of an unknown network")
            else:
                found.setdefault(asn, set()).add(row.fac_id)
        return found
