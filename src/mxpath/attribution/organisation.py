"""Who runs a network, and which other networks the same organisation has.

The law:

1. The first snapshot that knows an AS number names its organisation: data sets of
   organisations, then what networks say of themselves in PeeringDB. Their identifiers
   are their own, so siblings are those of that same snapshot.
2. An address of several origins has an organisation where all origins are of one.
3. Two networks are siblings where one snapshot gives both to one organisation. Where it
   does not know one of them, nothing is said.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.attribution import Siblings
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.network import Network
from mxpath.model.registry import Organisation
from mxpath.model.snapshot import SnapshotRef

if TYPE_CHECKING:
    from mxpath.datasets.as2org import Organisation as Row

MOST_SHOWN = 8
"""A claim names so many siblings; some organisations have a thousand."""


def organisation_claim(
    networks: Sequence[Network], gazetteer: Gazetteer
) -> Claim[Organisation] | None:
    """Return the one organisation that runs all these networks, ``None`` where none is known."""
    found = organisation_of([network.asn for network in networks], gazetteer)
    if found is None:
        return None
    row, snapshot = found
    value = Organisation(name=row.name or row.org_id, handle=row.org_id, country=row.country)
    numbers = ", ".join(f"AS{network.asn}" for network in networks)
    evidence = Evidence(
        source=snapshot.name,
        as_of=snapshot.as_of,
        rule="organisation-of-network",
        detail=f"{numbers} of {value}" + (f", last changed {row.changed}" if row.changed else ""),
    )
    return Claim(value=value, evidence=(evidence,), grade=Grade.LIKELY)


def organisation_of(asns: Iterable[int], gazetteer: Gazetteer) -> "tuple[Row, SnapshotRef] | None":
    """Return the row of the one organisation that runs all these networks, with its snapshot."""
    first: tuple[Row, SnapshotRef] | None = None
    for asn in asns:
        found = gazetteer.organisation(asn)
        if found is None or (first is not None and not _is_same(first, found)):
            return None
        first = first or found
    return first


def siblings_claim(
    networks: Sequence[Network], organisation: Claim[Organisation] | None, gazetteer: Gazetteer
) -> Claim[Siblings] | None:
    """Return the other networks of an organisation that runs ``networks``, ``None`` without any."""
    if organisation is None:
        return None
    here = {network.asn for network in networks}
    others = [asn for asn in gazetteer.siblings(networks[0].asn) if asn not in here]
    if not others:
        return None
    shown = tuple(gazetteer.network(asn) for asn in others[:MOST_SHOWN])
    why = organisation.evidence[0]
    evidence = Evidence(
        source=why.source,
        as_of=why.as_of,
        rule="same-organisation",
        detail=f"{organisation.value} has {len(others)} more",
    )
    siblings = Siblings(networks=shown, count=len(others))
    return Claim(value=siblings, evidence=(evidence,), grade=Grade.LIKELY)


def are_siblings(first: int, second: int, gazetteer: Gazetteer) -> Claim[bool] | None:
    """Say whether one organisation runs two networks.

    Returns
    -------
    Claim of bool, or None
        ``None`` where the organisation of one is not known, or another data set names it.
    """
    one, other = gazetteer.organisation(first), gazetteer.organisation(second)
    if one is None or other is None or one[1] != other[1]:
        return None
    evidence = Evidence(
        source=one[1].name,
        as_of=one[1].as_of,
        rule="same-organisation",
        detail=f"AS{first} of {one[0].org_id}, AS{second} of {other[0].org_id}",
    )
    return Claim(value=_is_same(one, other), evidence=(evidence,), grade=Grade.LIKELY)


def _is_same(one: "tuple[Row, SnapshotRef]", other: "tuple[Row, SnapshotRef]") -> bool:
    return one[1] == other[1] and one[0].org_id == other[0].org_id
