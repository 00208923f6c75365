"""To whom a registry gave an address or an AS number, and since when: the delegation statistics.

A block that is *available* or *reserved* is held by nobody: where it is announced all the
same it is a bogon. What no file tells of is unknown, and no bogon.
"""

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Delegation
from mxpath.model.evidence import Claim, Evidence
from mxpath.model.snapshot import SnapshotRef

if TYPE_CHECKING:
    from mxpath.datasets import delegated

_REGISTRIES = {
    "afrinic": "AFRINIC",
    "apnic": "APNIC",
    "arin": "ARIN",
    "iana": "IANA",
    "lacnic": "LACNIC",
    "ripencc": "RIPE NCC",
}


def delegation_claim(address: IPAddress, gazetteer: Gazetteer) -> Claim[Delegation] | None:
    """Return the block around an address, ``None`` where no file tells of it."""
    found = gazetteer.delegation(address)
    if found is None:
        return None
    row, snapshot = found
    kind = IPv4Address if address.version == 4 else IPv6Address
    block = _delegation(row, first=kind(row.start), last=kind(row.end))
    return _claim(block, snapshot, rule="delegated-block")


def number_claim(asn: int, gazetteer: Gazetteer) -> Claim[Delegation] | None:
    """Return the delegation of an AS number, ``None`` where no file tells of it."""
    found = gazetteer.delegation_of(asn)
    if found is None:
        return None
    row, snapshot = found
    block = _delegation(row, first_asn=row.start, last_asn=row.end)
    return _claim(block, snapshot, rule="delegated-number")


def delegation_words(block: Delegation) -> str:
    """Say of a block what its registry did with it.

    Examples
    --------
    >>> delegation_words(Delegation(registry="ripencc", status="reserved"))
    'to nobody: RIPE NCC lists it as reserved'
    """
    registry = _REGISTRIES.get(block.registry, block.registry)
    if not block.is_given:
        return f"to nobody: {registry} lists it as {block.status}"
    since = f" since {block.since}" if block.since is not None else ""
    return f"by {registry}{since}, {block.status}"


def _delegation(
    row: "delegated.Delegation",
    *,
    first: IPAddress | None = None,
    last: IPAddress | None = None,
    first_asn: int | None = None,
    last_asn: int | None = None,
) -> Delegation:
    return Delegation(
        registry=row.registry,
        status=row.status.value,
        country=row.country,
        since=row.since,
        holder_id=row.opaque_id,
        first=first,
        last=last,
        first_asn=first_asn,
        last_asn=last_asn,
    )


def _claim(block: Delegation, snapshot: SnapshotRef, *, rule: str) -> Claim[Delegation]:
    evidence = Evidence(
        source=snapshot.name,
        as_of=snapshot.as_of,
        rule=rule,
        detail=f"{block.range_words} is delegated {delegation_words(block)}",
    )
    return Claim(value=block, evidence=(evidence,))
