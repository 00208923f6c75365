"""Which networks announce an address: the longest covering prefix, every origin of it."""

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.address import IPAddress
from mxpath.model.attribution import OriginSet
from mxpath.model.evidence import Claim, Evidence


def origin_claim(address: IPAddress, gazetteer: Gazetteer) -> Claim[OriginSet] | None:
    """Return the origin networks of an address, ``None`` when no data set covers it."""
    found = gazetteer.origin(address)
    if found is None:
        return None
    origins, snapshot = found
    numbers = ", ".join(f"AS{network.asn}" for network in origins.networks)
    rule = "longest-prefix" if len(origins.networks) == 1 else "longest-prefix-several-origins"
    evidence = Evidence(
        source=snapshot.name,
        as_of=snapshot.as_of,
        rule=rule,
        detail=f"{origins.prefix} is originated by {numbers}",
    )
    return Claim(value=origins, evidence=(evidence,))
