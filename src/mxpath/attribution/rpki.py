"""Whether a network may announce a prefix: RFC 6811, with the reason where it may not.

The law (section 2): a VRP *covers* a route when its prefix is the route's or holds
it; it *matches* when it covers, the route is no longer than its maximal length, and
the origin is its AS and not 0. Matched: valid. Covered but not matched: invalid.
Not covered: not found. Where there is no list of VRPs, nothing is said at all.

Why invalid, in this order: every covering VRP is of AS0; the origin has a covering
VRP, then the route is too specific; else it is the wrong origin.
"""

from collections.abc import Sequence

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.address import Prefix
from mxpath.model.attribution import OriginSet
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.rpki import OriginValidity, RouteValidity, RpkiReason, RpkiState, Vrp

_SHOWN = 10
"""A claim names so many covering VRPs; the largest blocks have hundreds."""


def validity(prefix: Prefix, asn: int, covering: Sequence[Vrp]) -> OriginValidity:
    """Return the state of the route ``prefix`` from ``asn``, given all VRPs that cover it."""
    if not covering:
        return OriginValidity(asn=asn, state=RpkiState.NOT_FOUND)
    own = [vrp for vrp in covering if vrp.asn == asn != 0]
    if any(prefix.prefixlen <= vrp.max_length for vrp in own):
        return OriginValidity(asn=asn, state=RpkiState.VALID)
    if all(vrp.asn == 0 for vrp in covering):
        reason = RpkiReason.AS0
    else:
        reason = RpkiReason.TOO_SPECIFIC if own else RpkiReason.WRONG_ORIGIN
    return OriginValidity(asn=asn, state=RpkiState.INVALID, reason=reason)


def rpki_claim(
    origin: Claim[OriginSet] | None, gazetteer: Gazetteer
) -> Claim[RouteValidity] | None:
    """Return the state of an address's route, ``None`` without an origin or without VRPs.

    It is certain where the origin's data set names an announced prefix, and only
    possible where it names a range, because its length decides.
    """
    if origin is None:
        return None
    prefix = origin.value.prefix
    found = gazetteer.vrps_covering(prefix)
    if found is None:
        return None
    covering, snapshot = found
    value = RouteValidity(
        prefix=prefix,
        origins=tuple(validity(prefix, n.asn, covering) for n in origin.value.networks),
        covering=covering[:_SHOWN],
    )
    evidence = Evidence(
        source=snapshot.name,
        as_of=snapshot.as_of,
        rule="rfc6811",
        detail=f"{prefix}: {value}; {_covering_words(covering)}",
    )
    grade = Grade.CERTAIN if origin.value.announced else Grade.POSSIBLE
    return Claim(value=value, evidence=(evidence, *origin.evidence), grade=grade)


def _covering_words(covering: Sequence[Vrp]) -> str:
    if not covering:
        return "no VRP covers it"
    shown = ", ".join(str(vrp) for vrp in covering[:_SHOWN])
    more = f" and {len(covering) - _SHOWN} more" if len(covering) > _SHOWN else ""
    return f"covered by {shown}{more}"
