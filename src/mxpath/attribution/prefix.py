"""Whose is a prefix: what is announced around and inside it, and to whom its parts were given.

The order of questions is that of ``attribute``. Of several tables of origins the first
that knows anything of the prefix answers.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_network
from itertools import islice

from mxpath.attribution.attribute import special_claim
from mxpath.attribution.delegation import delegation_claim
from mxpath.attribution.ixp import lan_claim
from mxpath.attribution.rpki import rpki_claim
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.address import Prefix
from mxpath.model.attribution import Delegation, OriginRange, OriginSet, PrefixAttribution
from mxpath.model.evidence import Claim, Evidence
from mxpath.model.rpki import RouteValidity
from mxpath.model.snapshot import SnapshotRef
from mxpath.tables.prefixes import OriginRow

MOST_SHOWN = 16
"""Ranges inside a prefix, and blocks of registries, that are named; all are counted."""


def attribute_prefix(prefix: Prefix, gazetteer: Gazetteer) -> PrefixAttribution:
    """Say of a prefix whose it is, as far as the gazetteer knows."""
    first, last = prefix.network_address, prefix.broadcast_address
    special = special_claim(first, gazetteer)
    if special is not None and special == special_claim(last, gazetteer):
        return PrefixAttribution(prefix=prefix, special=special)
    lan = lan_claim(first, gazetteer)
    if lan is not None and last in lan.value.prefix:
        return PrefixAttribution(prefix=prefix, ixp_lan=lan)
    found = PrefixAttribution(prefix=prefix, delegations=tuple(_delegations(prefix, gazetteer)))
    for table, snapshot in gazetteer.origin_tables(prefix.version):
        around = tuple(_range(row, gazetteer) for row in table.covering(prefix))
        inside = [row for row in table.covered(prefix) if not _is_all(row, prefix)]
        if around or inside:
            shown = tuple(_range(row, gazetteer) for row in inside[:MOST_SHOWN])
            return PrefixAttribution(
                prefix=prefix,
                covering=_claim(around, snapshot, "covering-prefixes"),
                covered=_claim(shown, snapshot, "covered-prefixes"),
                covered_count=len(inside),
                rpki=_rpki(prefix, around, snapshot, gazetteer),
                delegations=found.delegations,
            )
    return found


def _is_all(row: OriginRow, prefix: Prefix) -> bool:
    ends = int(prefix.network_address), int(prefix.broadcast_address)
    return (row.start, row.end) == ends


def _range(row: OriginRow, gazetteer: Gazetteer) -> OriginRange:
    kind = IPv4Address if row.version == 4 else IPv6Address
    first = kind(row.start)
    prefix = None if row.length is None else ip_network((first, row.length))
    networks = tuple(gazetteer.network(asn) for asn in row.origins)
    return OriginRange(first=first, last=kind(row.end), prefix=prefix, networks=networks)


def _claim(
    ranges: tuple[OriginRange, ...], snapshot: SnapshotRef, rule: str
) -> Claim[tuple[OriginRange, ...]] | None:
    if not ranges:
        return None
    told = (f"{one} by {', '.join(f'AS{n.asn}' for n in one.networks)}" for one in ranges)
    evidence = Evidence(
        source=snapshot.name, as_of=snapshot.as_of, rule=rule, detail="; ".join(told)
    )
    return Claim(value=ranges, evidence=(evidence,))


def _rpki(
    prefix: Prefix, around: Iterable[OriginRange], snapshot: SnapshotRef, gazetteer: Gazetteer
) -> Claim[RouteValidity] | None:
    same = next((one for one in around if one.prefix == prefix), None)
    if same is None:
        return None
    origin = OriginSet(prefix=prefix, networks=same.networks)
    evidence = Evidence(
        source=snapshot.name,
        as_of=snapshot.as_of,
        rule="announced",
        detail=f"{prefix} is originated by {', '.join(map(str, same.networks))}",
    )
    return rpki_claim(Claim(value=origin, evidence=(evidence,)), gazetteer)


def _delegations(prefix: Prefix, gazetteer: Gazetteer) -> Iterator[Claim[Delegation]]:
    """Walk from block to block; the first stretch that no file tells of ends the walk."""
    return islice(_walk(prefix, gazetteer), MOST_SHOWN)


def _walk(prefix: Prefix, gazetteer: Gazetteer) -> Iterator[Claim[Delegation]]:
    """Step to wherever any table tells something else: blocks lie in what other files reserve."""
    tables = [table for table, _ in gazetteer.delegation_tables(prefix.version)]
    kind = IPv4Address if prefix.version == 4 else IPv6Address
    told: set[Delegation] = set()
    number: int | None = int(prefix.network_address)
    while number is not None and number <= int(prefix.broadcast_address):
        block = delegation_claim(kind(number), gazetteer)
        if block is None:
            return
        if block.value not in told:
            told.add(block.value)
            yield block
        ends = (table.index.after(number) for table in tables)
        number = min((end for end in ends if end is not None), default=None)
