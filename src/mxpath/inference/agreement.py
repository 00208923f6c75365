"""Did the packets take the BGP path? A trace's networks held against a path's.

The law
-------
1. Compared are networks in order, ours first, route servers left out of both. Networks of
   one organisation are one: where only the sibling differs, the way does not.
2. Behind a path that ends in an AS_SET, the trace may show the set's members.
3. *Same*: equal. *Shorter*: the trace shows only some of the path's networks, in order.
   *Longer*: the whole path is in the trace, in order. Else *divergent*, at the last network
   before they differ.
4. A trace that ended early is compared as far as it came: where its last network is not on
   the path, they part; where it shows nothing else than the path, they are *not comparable*.
5. Not comparable either: a trace that shows no network at all, or none but ours where the
   path goes on; one that began in another network than ours; and a path without a network,
   as a route of a table that tells neither its own number nor anybody else's.
6. A difference is no proof that packets left the path: routers answer with neighbours'
   addresses, silent hops hide networks, and a network can have several paths. So *same* is
   at most as sure as the path, a difference likely at most, and only possible where hops
   without a network lie on the way.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from mxpath.model.bgp_path import Agreement, BgpPath, Likeness
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.network import Network
from mxpath.model.route import Route

House = Callable[[int], int]
"""Number of a network to one that it shares with those of its organisation alone."""
Kinship = Callable[[int, int], tuple[Evidence, ...]]
"""Why two networks are of one organisation."""
_WEAKER = (Grade.CERTAIN, Grade.LIKELY, Grade.POSSIBLE)


def _alone(asn: int) -> int:
    return asn


def _unsaid(_one: int, _other: int) -> tuple[Evidence, ...]:
    return ()


def agreement(  # noqa: PLR0913 - what is compared, and what is known of its networks
    route: Route,
    path: Claim[BgpPath],
    *,
    route_servers: frozenset[int] = frozenset(),
    house: House = _alone,
    kinship: Kinship = _unsaid,
    apart: bool = False,
) -> Claim[Agreement]:
    """Hold a route's networks against a path's.

    Parameters
    ----------
    route
        What the trace showed.
    path
        What a table tells, or relationships predict.
    route_servers
        AS numbers of exchange points' route servers.
    house, kinship
        Tell siblings, and why they are.
    apart
        Whether the trace began in another network than ours.
    """
    gaps = any(claim.value.network is None for claim in route.segments)
    found = _agreement(route, path.value, route_servers, house, apart=apart)
    if gaps and found.likeness in (Likeness.SHORTER, Likeness.DIVERGENT):
        found = _because(found, "hops that were silent or have no known network lie on the way")
    return Claim(
        value=found,
        evidence=(
            Evidence(source="trace", rule="as-path", detail=words_of(route.as_path)),
            *path.evidence,
            *_kin(found, (*route.as_path, *path.value.networks), house, kinship),
        ),
        grade=_sure(found, path.grade, gaps=gaps),
    )


def _kin(
    found: Agreement, networks: Iterable[Network], house: House, kinship: Kinship
) -> Iterator[Evidence]:
    """Why networks that were taken for one are of one organisation."""
    first: dict[int, int] = {}
    if found.likeness is not Likeness.NOT_COMPARABLE:
        for asn in dict.fromkeys(network.asn for network in networks):
            one = first.setdefault(house(asn), asn)
            yield from kinship(one, asn) if one != asn else ()


def _agreement(
    route: Route, path: BgpPath, route_servers: frozenset[int], house: House, *, apart: bool
) -> Agreement:
    if apart:
        return _not_comparable("the trace began in another network than ours")
    hidden = {asn for entry in path.tellers for asn in entry.path.final_set}
    told = _once(path.networks, house)
    trace = [n for n in route.as_path if n.asn not in route_servers or n.asn in path.asns]
    while trace and trace[-1].asn in hidden and trace[-1].asn not in path.asns:
        trace.pop()
    trace = _once(trace, house)
    if told and len(trace) > 1 and house(trace[1].asn) == house(told[0].asn):
        trace = trace[1:]  # a table that does not say whose it is begins behind us
    if not told:
        return _not_comparable("the path names no network")
    if not trace:
        return _not_comparable("the trace shows no network")
    if len(trace) < 2 and len(told) > 1:
        return _not_comparable("the trace shows no network but ours")
    found = _compared(trace, told, house, complete=route.complete)
    if found.likeness is Likeness.SAME and [n.asn for n in trace] != [n.asn for n in told]:
        return _because(found, "where they differ, the networks belong to one organisation")
    return found


def _once(networks: Iterable[Network], house: House) -> list[Network]:
    """Each house once a visit, by the network through which it is entered."""
    seen: list[Network] = []
    for network in networks:
        if not seen or house(seen[-1].asn) != house(network.asn):
            seen.append(network)
    return seen


def _compared(
    trace: Sequence[Network], told: Sequence[Network], house: House, *, complete: bool
) -> Agreement:
    """Rules 3 and 4."""
    ours, theirs = [house(n.asn) for n in trace], [house(n.asn) for n in told]
    if not complete and ours[-1] in theirs:
        upto = len(theirs) - theirs[::-1].index(ours[-1])
        if _within(ours, theirs[:upto]):
            return _not_comparable(
                f"the trace ended early; as far as {trace[-1]} it shows nothing else than the path"
            )
        told, theirs = told[:upto], theirs[:upto]
    if ours == theirs:
        return Agreement(likeness=Likeness.SAME)
    shared = next(
        (n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b),
        min(len(ours), len(theirs)),
    )
    parted = not complete and ours[-1] not in theirs
    likeness = Likeness.DIVERGENT
    if not parted and _within(ours, theirs):
        likeness = Likeness.SHORTER
    elif not parted and _within(theirs, ours):
        likeness = Likeness.LONGER
    return Agreement(
        likeness=likeness,
        at=trace[shared - 1] if shared else None,
        only_bgp=tuple(n for n in told if house(n.asn) not in ours),
        only_trace=tuple(n for n in trace if house(n.asn) not in theirs),
    )


def _within(few: Sequence[int], many: Sequence[int]) -> bool:
    """Whether ``few`` stand in ``many`` in the same order."""
    rest = iter(many)
    return all(item in rest for item in few)


def _not_comparable(reason: str) -> Agreement:
    return Agreement(likeness=Likeness.NOT_COMPARABLE, reason=reason)


def _because(found: Agreement, reason: str) -> Agreement:
    return Agreement(
        likeness=found.likeness,
        at=found.at,
        only_bgp=found.only_bgp,
        only_trace=found.only_trace,
        reason=reason,
    )


def _sure(found: Agreement, path: Grade | None, *, gaps: bool) -> Grade | None:
    """Rule 6."""
    if found.likeness is Likeness.NOT_COMPARABLE:
        return None
    most = Grade.CERTAIN if found.likeness is Likeness.SAME else Grade.LIKELY
    doubt = Grade.POSSIBLE if gaps and most is not Grade.CERTAIN else most
    return max((most, doubt, path or Grade.POSSIBLE), key=_WEAKER.index)


def words_of(networks: Iterable[Network]) -> str:
    """Networks in order, by number."""
    return " ".join(f"AS{network.asn}" for network in networks) or "no network"
