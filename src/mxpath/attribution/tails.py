"""What stands behind the address in a line of ``mxpath attribute -``: the short form of an answer.

``line`` writes any answer. ``OriginTails`` puts those of a table of origins together from
parts that many ranges share: half a million lines would be half a million documents else.
"""

import json
from ipaddress import IPv6Address

from mxpath.attribution.given_classes import Given
from mxpath.attribution.organisation import organisation_of
from mxpath.attribution.route_states import RouteStates
from mxpath.datasets.catalog import DATASETS
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model import codec
from mxpath.model.address import Prefix
from mxpath.model.attribution import Attribution
from mxpath.model.documents import Attributed
from mxpath.model.network import Network
from mxpath.model.snapshot import SnapshotRef
from mxpath.tables.prefixes import BITS, LOW, PrefixTable


def attributed(owner: Attribution) -> Attributed:
    """Say in short what ``attribute`` found."""
    claims = (owner.special, owner.ixp_port, owner.ixp_lan, owner.origin, owner.delegation)
    evidence = next((claim.evidence[0] for claim in claims if claim is not None), None)
    ixp = owner.ixp
    prefix: Prefix | None = None
    networks: tuple[Network, ...] = (owner.network,) if owner.network is not None else ()
    if owner.origin is not None:
        prefix, networks = owner.origin.value.prefix, owner.origin.value.networks
    elif owner.ixp_lan is not None:
        prefix = owner.ixp_lan.value.prefix
    return Attributed(
        address=str(owner.address),
        special=owner.special.value if owner.special is not None else None,
        ix_id=ixp.ix_id if ixp is not None else None,
        ix_name=ixp.ix_name if ixp is not None else None,
        prefix=prefix,
        networks=networks,
        rpki=tuple(one.state for one in owner.rpki.value.origins) if owner.rpki else None,
        organisation=owner.organisation.value.name if owner.organisation is not None else None,
        country=owner.country.value if owner.country is not None else None,
        since=owner.delegation.value.since if owner.delegation is not None else None,
        bogon=owner.is_bogon,
        source=evidence.source if evidence is not None else None,
        as_of=evidence.as_of if evidence is not None else None,
    )


def line(found: Attributed) -> bytes:
    """Return the line of an answer."""
    document = {"schema": codec.schema_name(Attributed), **codec.to_data(found)}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class OriginTails:
    """Tails of a table of origins: what differs is the prefix, the networks and the RPKI states."""

    def __init__(self, table: PrefixTable, snapshot: SnapshotRef, gazetteer: Gazetteer) -> None:
        self._table, self._gazetteer = table, gazetteer
        answer = Attributed(address="?", source=snapshot.name, as_of=snapshot.as_of)
        tail = line(answer).partition(b"?")[2]
        told = b'"organisation":null,"country":null,"since":null,"bogon":false'
        front, _, self._rest = tail.partition(b'"prefix":null,"networks":[],"rpki":null,' + told)
        self._front = front + b'"prefix":"'
        self._announced = not DATASETS[snapshot.name].ranges
        self._known: dict[int, bytes] = {}
        """Networks of each origin set that was met; there are at most some hundred thousand."""
        self._holders: dict[int, tuple[str, str, bytes]] = {}
        """Of each such set the organisation's name and country in JSON, and what is said of it where
        nothing is told of the block."""
        vrps = gazetteer.vrps(table.version)
        self._route_states = RouteStates(vrps) if vrps is not None else None

    def tail(self, piece: int, given: Given | None) -> bytes:
        """Return the tail of a piece, in a block of which so much is told."""
        table = self._table
        length, number = table.piece_lengths[piece], table.piece_sets[piece]
        hosts = BITS[table.version] - length
        start = table.pieces[piece] >> hosts << hosts
        prefix = prefix_text(start, length, table.version).encode()
        rpki = self._states(start, length, number)
        holder = self._holder(number, given)
        return self._front + prefix + self._networks(number) + rpki + holder + self._rest

    def _networks(self, number: int) -> bytes:
        found = self._known.get(number)
        if found is None:
            name, asns = self._gazetteer.name, self._table.origin_set(number)
            words = ",".join([f'{{"asn":{asn},"name":{json_text(name(asn))}}}' for asn in asns])
            found = self._known[number] = f'","networks":[{words}],"rpki":'.encode()
        return found

    def _holder(self, number: int, given: Given | None) -> bytes:
        """Organisation of the origins, country, day and bogon."""
        known = self._holders.get(number)
        if known is None:
            found = organisation_of(self._table.origin_set(number), self._gazetteer)
            row = found[0] if found is not None else None
            name = json_text((row.name or row.org_id) if row is not None else None)
            country = json_text(row.country if row is not None else None)
            known = self._holders[number] = name, country, _words(name, country)
        if given is None:
            return known[2]
        country = json_text(given.country) if given.country else known[1]
        since = json_text(given.since.isoformat()) if given.since else "null"
        bogon = not given.is_given and self._announced
        return _words(known[0], country, since=since, bogon="true" if bogon else "false")

    def _states(self, start: int, length: int, number: int) -> bytes:
        if self._route_states is None:
            return b"null"
        state = self._route_states.state
        origins = self._table.origin_set(number)
        states = ",".join([f'"{state(start, length, asn).value}"' for asn in origins])
        return f"[{states}]".encode()


json_text = json.JSONEncoder(ensure_ascii=False).encode
"""Text or ``None`` as JSON; made once, which costs more than a name."""


def _words(name: str, country: str, *, since: str = "null", bogon: str = "false") -> bytes:
    """Write what is said of a holder; each is JSON already."""
    words = f',"organisation":{name},"country":{country},"since":{since},"bogon":{bogon}'
    return words.encode()


def prefix_text(start: int, length: int, version: int) -> str:
    """Write a prefix as RFC 5952 wants it."""
    if version == 4:
        return f"{start >> 24}.{start >> 16 & 255}.{start >> 8 & 255}.{start & 255}/{length}"
    if start & LOW:
        return f"{IPv6Address(start)}/{length}"
    # The second half is the longest run of zeros, with those before it (RFC 5952 section 4.2).
    high = start >> 64
    text = f"{high >> 48:x}:{high >> 32 & 0xFFFF:x}:{high >> 16 & 0xFFFF:x}:{high & 0xFFFF:x}"
    while text.endswith(":0"):
        text = text[:-2]
    return f"{text if high else ''}::/{length}"
