"""The Gazetteer: what the world has published about itself, as of one date.

A gazetteer is a directory: ``gazetteer.toml`` (see manifest.py) and the files of
its snapshots. The law:

1. Opening reads the manifest only and looks whether the files are there; each
   section is read when it is first asked for. Where tables were built from a
   snapshot, they are mapped, and its files need not be there.
2. A snapshot whose bytes are not those of its SHA-256 is never used; nor is a table
   that is not, to the byte, what was built from it.
3. Every answer comes with the snapshot it rests on. Nothing reads "the latest".
4. Where several snapshots answer the same question, the one listed first that
   knows an answer gives it. An exchange point's own export is asked after the lists
   of all exchange points, wherever it stands; and a registry that has given numbers away is
   heard before one that keeps them.
5. A section that is not there answers "unknown"; it is no error.
"""

from __future__ import annotations  # an answer names many values, and opening loads few of them

from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mxpath.datasets.catalog import Section
from mxpath.gazetteer.dates import dated_manifest
from mxpath.gazetteer.sections import Sections
from mxpath.gazetteer.shipped import shipped_directory
from mxpath.gazetteer.source import sources_of
from mxpath.gazetteer.table_kinds import (
    ORIGINS,
    PLACES,
    RELATIONS,
    VRPS,
)
from mxpath.model.attribution import IxpLan, IxpPort, OriginSet
from mxpath.model.network import Network

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from mxpath.datasets.as2org import Organisation
    from mxpath.datasets.delegated import Delegation
    from mxpath.datasets.geofeed import GeofeedRow
    from mxpath.datasets.hostnames import Spot
    from mxpath.datasets.providers import ProviderPattern
    from mxpath.datasets.rdap_bootstrap import Services
    from mxpath.gazetteer.delegations import Delegations
    from mxpath.gazetteer.exchange_table import Exchange, Exchanges
    from mxpath.gazetteer.manifest import Manifest
    from mxpath.gazetteer.summary import SnapshotSummary
    from mxpath.gazetteer.vrp_table import VrpTable
    from mxpath.model.address import IPAddress, Prefix
    from mxpath.model.bgp import RibEntry
    from mxpath.model.relations import AsRelations
    from mxpath.model.rpki import Vrp
    from mxpath.model.snapshot import SnapshotRef
    from mxpath.model.transit_free import TransitFree
    from mxpath.tables.prefixes import PrefixTable


class Gazetteer(Sections):
    """Answers of one dated directory; make it with :meth:`open` or :meth:`shipped`."""

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        super().__init__(sources_of(directory, manifest), public=manifest.public)
        self.directory = directory
        self.as_of: date | None = manifest.as_of
        """The date that the whole stands for; ``None`` when it names none."""
        self.routing: str = manifest.routing
        """Service that tells live routing state; empty where none may be asked."""

    @classmethod
    def open(cls, directory: Path, *, as_of: date | None = None) -> Gazetteer:
        """Open a gazetteer directory.

        Parameters
        ----------
        directory
            Holds ``gazetteer.toml`` and what it names, or directories called by dates that do.
        as_of
            The date it has to stand for; of several the newest when ``None``, and of one any.

        Raises
        ------
        SnapshotError
            When the directory, its manifest or a file is not there, or its date is another;
            the message names the dates that there are.
        ParseError
            When the manifest is malformed or names an unknown data set.
        """
        directory, manifest = dated_manifest(directory, as_of=as_of)
        return cls(directory, manifest)

    @classmethod
    def shipped(cls) -> Gazetteer:
        """Open what comes with mxpath.

        Raises
        ------
        SnapshotError
            When this installation has none.
        """
        return cls.open(shipped_directory() / "snapshots")

    @property
    def snapshots(self) -> tuple[SnapshotRef, ...]:
        """What this gazetteer is made of."""
        return tuple(source.ref for source in self._sources)

    def origin(self, address: IPAddress) -> tuple[OriginSet, SnapshotRef] | None:
        """Return the longest covering prefix and all networks that originate it."""
        for source in self._in(Section.ORIGINS):
            found = source.open(ORIGINS[address.version]).find(address)
            if found is not None:
                prefix, origins = found
                networks = tuple(self.network(asn) for asn in origins)
                announced = not source.dataset.ranges
                found_set = OriginSet(prefix=prefix, networks=networks, announced=announced)
                return found_set, source.ref
        return None

    def origin_tables(self, version: int) -> tuple[tuple[PrefixTable, SnapshotRef], ...]:
        """Return the tables that :meth:`origin` asks for a family, in its order."""
        return tuple(
            (source.open(ORIGINS[version]), source.ref) for source in self._in(Section.ORIGINS)
        )

    @property
    def exchange_tables(self) -> tuple[tuple[Exchanges, SnapshotRef], ...]:
        """The tables that :meth:`ixp_port` and :meth:`ixp_lan` ask, in their order."""
        return tuple((exchanges, source.ref) for source, exchanges in self._exchanges)

    def ixp_port(self, address: IPAddress) -> tuple[IxpPort, SnapshotRef] | None:
        """Return the exchange point and member whose port has this address."""
        for source, exchanges in self._exchanges:
            found = exchanges.ports.get(address)
            if found is not None:
                ix_id, asn = found
                name = exchanges.points[ix_id].name
                member = self.network(asn)
                return IxpPort(
                    ix_id=ix_id, ix_name=name, member=member, address=address
                ), source.ref
        return None

    def ixp_lan(self, address: IPAddress) -> tuple[IxpLan, SnapshotRef] | None:
        """Return the exchange point LAN that the address lies in."""
        for source, exchanges in self._exchanges:
            found = exchanges.lan_of(address)
            if found is not None:
                ix_id, prefix = found
                name = exchanges.points[ix_id].name
                return IxpLan(ix_id=ix_id, ix_name=name, prefix=prefix), source.ref
        return None

    def provider(self, mx_host: str) -> tuple[ProviderPattern, SnapshotRef] | None:
        """Return who runs a mail server, by its name."""
        for source, providers in self._providers:
            found = providers.provider_of(mx_host)
            if found is not None:
                return found, source.ref
        return None

    def place(self, address: IPAddress) -> tuple[GeofeedRow, SnapshotRef] | None:
        """Return where the holder of an address says that it is."""
        for source in self._in(Section.PLACES):
            found = source.open(PLACES).find(address)
            if found is not None:
                return found, source.ref
        return None

    def place_by_name(self, host: str) -> tuple[Spot, SnapshotRef] | None:
        """Return the city that a router's name tells: a hint, no proof."""
        return self.map.by_host_name(host)

    def delegation(self, address: IPAddress) -> tuple[Delegation, SnapshotRef] | None:
        """Return the block that a registry gave away, or keeps, around an address."""
        return self._delegation(f"ipv{address.version}", int(address))

    def delegation_tables(self, version: int) -> tuple[tuple[Delegations, SnapshotRef], ...]:
        """Return the tables that :meth:`delegation` asks for a family, in its order."""
        return tuple(self._delegations(f"ipv{version}"))

    def delegation_of(self, asn: int) -> tuple[Delegation, SnapshotRef] | None:
        """Return to whom and when a registry gave an AS number, or that it keeps it."""
        return self._delegation("asn", asn)

    def _delegation(self, kind: str, number: int) -> tuple[Delegation, SnapshotRef] | None:
        from mxpath.gazetteer.delegations import that_counts  # noqa: PLC0415 - comes with tables

        return that_counts((table.find(number), ref) for table, ref in self._delegations(kind))

    def organisation(self, asn: int) -> tuple[Organisation, SnapshotRef] | None:
        """Return who runs a network, by the first snapshot that knows it.

        Snapshots of organisations are asked first, then what networks say of themselves
        in the lists of exchange points.
        """
        for source, holders in self._holders():
            found = holders.organisation(asn)
            if found is not None:
                return found, source.ref
        return None

    def siblings(self, asn: int) -> tuple[int, ...]:
        """Return the other networks of the same organisation, ascending; none when unknown.

        The snapshot answers that names the organisation, and no other.
        """
        for _, holders in self._holders():
            if holders.organisation(asn) is not None:
                return holders.siblings(asn)
        return ()

    def network(self, asn: int) -> Network:
        """Return the network of an AS number, with its name where a snapshot knows it."""
        return Network(asn=asn, name=self.name(asn))

    def name(self, asn: int) -> str | None:
        """Return what a network is called, by the first snapshot that knows it.

        Where none does, it is called like its organisation.
        """
        for names in self._names:
            found = names.get(asn)
            if found is not None:
                return found
        known = (exchanges.names.get(asn) for _, exchanges in self._exchanges)
        found = next((name for name in known if name is not None), None)
        if found is None and (holder := self.organisation(asn)) is not None:
            found = holder[0].name
        return found

    def members(self, ix_id: int) -> frozenset[int]:
        """Return the AS numbers of an exchange point's members; none when it is unknown."""
        for _, exchanges in self._exchanges:
            if ix_id in exchanges.members:
                return exchanges.members[ix_id]
        return frozenset()

    @property
    def route_servers(self) -> frozenset[int]:
        """AS numbers of exchange points' route servers: they stand in paths, and nobody passes them."""
        return frozenset(
            asn
            for _, exchanges in self._exchanges
            for numbers in exchanges.route_servers.values()
            for asn in numbers
        )

    @property
    def ixps(self) -> tuple[Exchange, ...]:
        """All exchange points by id."""
        points = {
            ix_id: point
            for _, exchanges in reversed(self._exchanges)
            for ix_id, point in exchanges.points.items()
        }
        return tuple(points[ix_id] for ix_id in sorted(points))

    def paths(self, address: IPAddress) -> tuple[tuple[RibEntry, ...], SnapshotRef] | None:
        """Return the routes that were kept of collectors' tables, those of the longest prefix first.

        ``None`` where none were kept that lead to the address: neither are those to a prefix
        around it, where their table has a narrower one whose routes were not kept.
        """
        for source, table in self._paths:
            found = table.covering(address)
            if found and found[0].prefix.prefixlen >= self._narrowest(address, source.ref):
                return found, source.ref
        return None

    def _narrowest(self, address: IPAddress, kept: SnapshotRef) -> int:
        """Length of the prefix around an address in the tables that paths were kept of."""
        for source in self._in(Section.ORIGINS):
            if source.dataset.stream is not None and source.ref.as_of == kept.as_of:
                found = source.open(ORIGINS[address.version]).find(address)
                return found[0].prefixlen if found is not None else 0
        return 0

    @cached_property
    def relations(self) -> AsRelations:
        """Business relationships, of the first snapshot that has them; else none at all."""
        for source in self._in(Section.RELATIONS):
            found = source.open(RELATIONS).relations
            return replace(found, source=source.entry.name, as_of=source.entry.as_of)
        from mxpath.model.relations import AsRelations  # noqa: PLC0415 - most have them

        return AsRelations()

    @cached_property
    def transit_free(self) -> tuple[dict[int, TransitFree], SnapshotRef] | None:
        """Networks that buy transit from nobody, by AS number; ``None`` where no list is known.

        Of several lists the first alone is asked, since each is closed. Without any, the clique
        that AS relationships were inferred from takes its place.
        """
        for source in self._in(Section.TRANSIT_FREE):
            return {row.asn: row for row in source.rows()}, source.ref
        for source in self._in(Section.RELATIONS):
            clique = source.open(RELATIONS).relations.inference.clique
            if clique:
                from mxpath.datasets.transit_free import of_clique  # noqa: PLC0415 - seldom asked

                return of_clique(clique, ref=source.ref, name=self.name), source.ref
        return None

    @cached_property
    def registries(self) -> Services:
        """Which registry answers for what, of all snapshots that know; else nobody."""
        from mxpath.datasets.rdap_bootstrap import Services  # noqa: PLC0415 - to ask registries

        return Services(row for source in self._in(Section.REGISTRIES) for row in source.rows())

    def describe(self) -> tuple[SnapshotSummary, ...]:
        """Say how many rows each snapshot has; what was not built is read whole for that."""
        from mxpath.gazetteer.summary import summary_of  # noqa: PLC0415 - seldom asked

        return tuple(summary_of(source) for source in self._sources)

    def vrps(self, version: int) -> VrpTable | None:
        """Return the payloads of a family that :meth:`vrps_covering` asks."""
        return next((source.open(VRPS[version]) for source in self._in(Section.RPKI)), None)

    def vrps_covering(self, prefix: Prefix) -> tuple[tuple[Vrp, ...], SnapshotRef] | None:
        """Return what may be announced of what ``prefix`` lies in; ``None`` without any VRPs.

        Of several lists the first alone is asked: a payload that another lacks is a
        difference of dates, and no more of an answer.
        """
        for source in self._in(Section.RPKI):
            return source.open(VRPS[prefix.version]).covering(prefix), source.ref
        return None
